//! Numbers from a finished simulation: what happened, how fast, at what price.
//!
//! A [`Report`] holds numbers and names only; sentences and pictures are made from it by `render`.
//! Its field names are stable and documented in `docs/output.md`; what each number means is
//! defined in `docs/numbers.md`. Every field carries its unit in its name: seconds, hours, pods.
//!
//! - [`track`]: a value over time, and what can be asked of one.
//! - [`series`]: the values over time of a workload, extracted once for charts and CSV.
//! - [`numbers`]: the groups of numbers that a workload has.
//! - [`spread`]: how far the numbers of several runs lie apart.
//! - [`decision`]: what the HPA did, one row for each time it changed the scale.

pub mod decision;
pub mod evictions;
pub mod incidents;
mod last_failure;
mod metrics;
mod need;
pub mod nodes;
pub mod numbers;
mod pods;
mod readings;
mod rollouts;
mod scaling;
pub mod series;
pub mod spread;
mod summarize;
pub mod track;
mod traffic;

use serde::Serialize;

pub use decision::{DecisionRow, HpaFailure};
pub use evictions::EvictionRow;
pub use incidents::{Crashes, Victim};
pub use metrics::{name as metric_name, unit as metric_unit};
pub use nodes::{ClusterAutoscalerReport, KeptRow, NodeSeries, ScaleDownRow, ScaleUpRow};
pub use numbers::{
    Attempts, Cause, CountChange, Fall, Hpa, LastFailure, Latency, LoadUnit, Pending, Requests,
    Resources, Rise, Rollout, RolloutState, Scaling, Window, WorkloadKind,
};
pub use scaling::{measure, worst};
pub use series::{MetricSeries, Need, Series, TrafficSeries, WorkloadSeries};
pub use summarize::summarize;

/// Version of the fields of a [`Report`]; changes when one is renamed or removed.
pub const API_VERSION: &str = "podtide.dev/report/v1";

/// All numbers of one simulation.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// [`API_VERSION`].
    pub api_version: &'static str,
    /// What was played.
    pub scenario: ScenarioInfo,
    /// The whole cluster.
    pub totals: Totals,
    /// Each Deployment, in order of the scenario.
    pub workloads: Vec<WorkloadReport>,
    /// Events of the scenario, in order of time.
    pub events: Vec<EventRow>,
    /// Pods that `kubectl drain` wanted to evict.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub evictions: Vec<EvictionRow>,
    /// What the cluster autoscaler did; absent without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster_autoscaler: Option<ClusterAutoscalerReport>,
    /// What was assumed because nobody said it.
    pub assumptions: Vec<AssumptionRow>,
    /// Values over time, for charts and CSV; no part of the JSON.
    #[serde(skip)]
    pub series: Series,
}

/// What was played.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ScenarioInfo {
    /// Name.
    pub name: String,
    /// The question that it asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub question: Option<String>,
    /// Seed of every random stream.
    pub seed: u64,
    /// How long it lasted \[s\].
    pub duration_seconds: f64,
    /// Kubernetes release whose rules were played, as in `1.36`.
    pub kubernetes: String,
}

/// Numbers of one Deployment, with its HPA and its traffic.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkloadReport {
    /// Namespace.
    pub namespace: String,
    /// Name of the Deployment.
    pub name: String,
    /// Whether it is one, or a service of Docker Swarm.
    pub kind: WorkloadKind,
    /// Services that send it traffic, by name; a Service of two Deployments is named in both.
    pub services: Vec<String>,
    /// Its HPA.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hpa: Option<Hpa>,
    /// How it scaled.
    pub scaling: Scaling,
    /// Its traffic; absent without any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests: Option<Requests>,
    /// The same in tries, retries included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts: Option<Attempts>,
    /// Latency of what was served; absent where there is none (CPU work, or nothing served).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency: Option<Latency>,
    /// What it took.
    pub resources: Resources,
    /// Pods that waited for a node.
    pub pending: Pending,
    /// When the load rose beyond what the HPA had, in order of time.
    pub rises: Vec<Rise>,
    /// When the load fell below what the HPA had, in order of time.
    pub falls: Vec<Fall>,
    /// When the load was above capacity, in order of time.
    pub under_capacity: Vec<Window>,
    /// Each change of the scale by the HPA, in order of time.
    pub decisions: Vec<DecisionRow>,
    /// Changes of the count by others than the HPA, in order of time.
    pub other_changes: Vec<CountChange>,
    /// Each new template, in order of time.
    pub rollouts: Vec<Rollout>,
    /// When the HPA could not do its work, in order of time.
    pub hpa_failures: Vec<HpaFailure>,
    /// Containers that ended by themselves, by version.
    pub crashes: Vec<Crashes>,
    /// Pods that were deleted because there were to be fewer, in order of time.
    pub scale_down_victims: Vec<Victim>,
}

/// Numbers of the whole cluster.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Totals {
    /// Deployments.
    pub workloads: u32,
    /// Nodes at the end.
    pub nodes: u32,
    /// Requests over all Services, each counted once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests: Option<Requests>,
    /// What all Deployments took.
    pub resources: Resources,
    /// Pods of all Deployments that waited for a node.
    pub pending: Pending,
    /// The most pods on nodes at once.
    pub peak_pods: u32,
    /// When the last request failed; absent if none did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_failure: Option<LastFailure>,
    /// Time during which any Deployment was under capacity \[s\].
    pub under_capacity_seconds: f64,
    /// Changes of the scale by HPAs.
    pub decisions: u32,
}

/// One event of the scenario.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EventRow {
    /// When \[s\].
    pub at_seconds: f64,
    /// What, as in `scale shop to 5`.
    pub text: String,
    /// What kubectl or the API server said against it, if it came to nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// One assumption.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AssumptionRow {
    /// About what.
    pub subject: String,
    /// The fact with its value.
    pub text: String,
}
