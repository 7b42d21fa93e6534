//! Usage of pods and values of other metrics that are given, whatever runs in the pods.
//!
//! A recording of a live control plane has no application: it says how much CPU all pods of a
//! Deployment use together, and what its metrics APIs answered when.

use std::sync::Arc;

use crate::units::{MilliCpu, SimDuration, SimTime};
use crate::workload::Load;

/// What the metrics APIs answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Usage {
    /// What pods use.
    pub loads: Vec<UsageLoad>,
    /// Custom and external metrics.
    pub signals: Vec<Signal>,
    /// When usage is measured; absent is at the instant of asking.
    pub scrapes: Option<Scrapes>,
    /// Window that samples claim which are measured at the instant of asking.
    pub window: SimDuration,
    /// When the APIs answer less.
    pub outages: Vec<Outage>,
}

/// What the pods of a Deployment use.
#[derive(Clone, Debug, PartialEq)]
pub struct UsageLoad {
    /// Name of the Deployment.
    pub deployment: Arc<str>,
    /// Of all pods together [10⁻³ cores]: those that are Ready and not being deleted share it.
    pub total: Arc<Load>,
    /// No pod uses more than this.
    pub limit: Option<MilliCpu>,
    /// What a pod uses that runs and is not Ready.
    pub unready: MilliCpu,
    /// Its containers.
    pub containers: Vec<ContainerUsage>,
}

/// The part of a container.
#[derive(Clone, Debug, PartialEq)]
pub struct ContainerUsage {
    /// Name of the container.
    pub name: Arc<str>,
    /// Its part of the pod's CPU.
    pub cpu_share: f64,
    /// Its memory \[MiB\].
    pub memory: Arc<Load>,
}

/// Readings of all pods at once, with mean CPU since the one before. A pod is listed from its
/// second on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scrapes {
    /// The first.
    pub first: SimTime,
    /// From one to the next, longer than 0.
    pub period: SimDuration,
}

/// A custom or external metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Signal {
    /// Which metrics of HPAs it answers.
    pub kind: SignalKind,
    /// Name of the metric.
    pub metric: Arc<str>,
    /// Its value; of pods, that of all together.
    pub value: Arc<Load>,
}

/// Which metrics of HPAs a [`Signal`] answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignalKind {
    /// `Pods`: pods that are Ready share it.
    Pods,
    /// `Object`.
    Object,
    /// `External`.
    External,
}

/// A time in which the metrics APIs answer less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outage {
    /// From when.
    pub from: SimTime,
    /// Until when.
    pub to: SimTime,
    /// What is missing.
    pub missing: Missing,
}

/// What is missing in an outage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// Everything: the server answers with an error.
    All,
    /// The pods 0, n, 2n, ... in order of name.
    Every(u32),
}

impl Usage {
    /// What is missing at an instant; the first outage that is on.
    pub fn missing(&self, at: SimTime) -> Option<Missing> {
        let on = self.outages.iter().find(|outage| outage.from <= at && at < outage.to);
        on.map(|outage| outage.missing)
    }
}
