//! What the controller asks of the metrics APIs.
//! Mirrors `pkg/controller/podautoscaler/metrics/{interfaces,client}.go` (v1.36).
//! Left out: the time stamp of a whole answer, which only metrics about the controller use.

use std::fmt;
use std::sync::Arc;

use crate::api::autoscaling::CrossVersionObjectReference;
use crate::api::labels::Selector;
use crate::kube::apiserver::Cluster;
use crate::kube::objects::ids::{HpaId, PodId};
use crate::units::{SimDuration, SimTime};

/// Upstream's `MetricsClient`: resource, custom and external metrics.
///
/// Values are milli-units: a core is 1000, a byte of memory is 1000, a request a second is 1000.
/// Answers go into buffers of the caller, which are empty when they come and are used again.
pub trait MetricsClient {
    /// `GetResourceMetric`: usage of cpu, memory or another resource, of each pod or of one
    /// container in each.
    ///
    /// # Errors
    /// If there is no answer, or none for any pod.
    fn get_resource_metric(
        &mut self,
        asked: Asked<'_>,
        resource: &str,
        container: Option<&str>,
        pods: &[PodId],
        answer: &mut PodMetricsInfo,
    ) -> Result<(), MetricsError>;

    /// Sum of what [`MetricsClient::get_resource_metric`] would answer for whole pods, where each
    /// of them has a sample \[milli-units\]; the client keeps in `alike` what lets it answer
    /// faster than pod by pod. `None` if it cannot. Only while no pod changes.
    fn get_resource_sum(
        &mut self,
        _asked: Asked<'_>,
        _resource: &str,
        _pods: &[PodId],
        _alike: &mut Alike,
    ) -> Option<i64> {
        None
    }

    /// `GetRawMetric`: a custom metric of each pod.
    ///
    /// # Errors
    /// If there is no answer, or none for any pod.
    fn get_raw_metric(
        &mut self,
        asked: Asked<'_>,
        name: &str,
        selector: &Selector,
        pods: &[PodId],
        answer: &mut PodMetricsInfo,
    ) -> Result<(), MetricsError>;

    /// `GetObjectMetric`: a custom metric of one object.
    ///
    /// # Errors
    /// If there is no answer.
    fn get_object_metric(
        &mut self,
        asked: Asked<'_>,
        name: &str,
        object: &CrossVersionObjectReference,
        selector: &Selector,
    ) -> Result<i64, MetricsError>;

    /// `GetExternalMetric`: all series of an external metric that the selector matches.
    ///
    /// # Errors
    /// If there is no answer, or no series.
    fn get_external_metric(
        &mut self,
        asked: Asked<'_>,
        name: &str,
        selector: &Selector,
        answer: &mut Vec<i64>,
    ) -> Result<(), MetricsError>;
}

/// Pods that have the same sample, as a client has found them; the caller keeps it from one answer
/// to the next.
#[derive(Clone, Debug, Default)]
pub struct Alike {
    /// Of what the client has found it out; the client's own count.
    pub stamp: u64,
    /// How many pods are in which group; the client's own numbers.
    pub groups: Vec<AlikeGroup>,
}

/// Pods that have the same sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlikeGroup {
    /// Where the group is, and its number there.
    pub group: (u32, u32),
    /// How many pods.
    pub pods: u32,
    /// Sum of their working sets \[bytes\].
    pub memory: i64,
}

/// Who asks, and when.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The cluster; its `now` is the instant of asking.
    pub cluster: &'a Cluster,
    /// The HPA.
    pub hpa: HpaId,
    /// Place in its `spec.metrics`.
    pub metric: u32,
    /// Its namespace.
    pub namespace: &'a str,
}

/// Samples of pods: upstream's map by pod name, as lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodMetricsInfo {
    /// One entry for each pod that was asked about, in that order; `None` where there is no sample.
    /// Pods behind the end of the list have none either.
    pub samples: Vec<Option<PodMetric>>,
    /// Values of pods that were not asked about, because they are gone or not known yet
    /// \[milli-units\].
    pub ghosts: Vec<i64>,
}

impl PodMetricsInfo {
    /// Forgets all samples and keeps the memory.
    pub fn clear(&mut self) {
        self.samples.clear();
        self.ghosts.clear();
    }
}

/// One sample of one pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PodMetric {
    /// Mean over the window, of all containers or of the one that was asked for \[milli-units\].
    pub value: i64,
    /// End of the window; a whole second on the wire.
    pub timestamp: SimTime,
    /// Length of the window.
    pub window: SimDuration,
}

/// Which of the metrics APIs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricsApi {
    /// `metrics.k8s.io`.
    Resource,
    /// `custom.metrics.k8s.io`.
    Custom,
    /// `external.metrics.k8s.io`.
    External,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MetricsError {
    /// The API knows no sample.
    NoMetrics(MetricsApi),
    /// The API itself failed.
    Unable {
        /// Which.
        api: MetricsApi,
        /// Its error.
        error: Arc<str>,
    },
    /// Anything else, as a text.
    Other(Arc<str>),
}

impl fmt::Display for MetricsApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            MetricsApi::Resource => "resource",
            MetricsApi::Custom => "custom",
            MetricsApi::External => "external",
        })
    }
}

impl fmt::Display for MetricsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MetricsError::NoMetrics(api) => write!(f, "no metrics returned from {api} metrics API"),
            MetricsError::Unable { api, error } => {
                write!(f, "unable to fetch metrics from {api} metrics API: {error}")
            }
            MetricsError::Other(text) => f.write_str(text),
        }
    }
}
