//! The groups of numbers that a workload has. `docs/numbers.md` defines each one.

use serde::Serialize;

/// What traffic counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum LoadUnit {
    /// Requests.
    #[default]
    Requests,
    /// Messages of a queue.
    Messages,
    /// CPU work \[core-seconds\], where only CPU is known.
    CoreSeconds,
}

/// An HPA, as far as its numbers are needed to read a report.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Hpa {
    /// Name.
    pub name: String,
    /// `minReplicas`.
    pub min_replicas: i32,
    /// `maxReplicas`.
    pub max_replicas: i32,
    /// Its metrics in order of the spec, as in `cpu 70 %`.
    pub metrics: Vec<String>,
    /// Window of scaling up \[s\].
    pub scale_up_window_seconds: f64,
    /// Window of scaling down \[s\].
    pub scale_down_window_seconds: f64,
    /// Whether that window is the controller's default and not the user's.
    pub default_scale_down_window: bool,
}

/// How a workload scaled.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Scaling {
    /// From the load's rise to the HPA's first write, of the rise that hurt most \[s\].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reaction_seconds: Option<f64>,
    /// From the load's rise to capacity above load for good, of the same rise \[s\].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub full_scale_seconds: Option<f64>,
    /// Peak of desired pods beyond what the peak load needs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overshoot_pods: Option<i32>,
    /// Pods that the metrics ask for at the peak load, without regard to `maxReplicas`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub needed_pods: Option<i32>,
    /// Time with the load above capacity \[s\].
    pub under_capacity_seconds: f64,
    /// Least desired pods.
    pub min_pods: i32,
    /// Mean of desired pods over time.
    pub mean_pods: f64,
    /// Most desired pods of those that existed.
    pub peak_pods: i32,
    /// Desired pods at the start.
    pub start_pods: i32,
    /// Desired pods at the end.
    pub end_pods: i32,
    /// Least ready pods.
    pub min_ready_pods: i32,
    /// Most ready pods.
    pub peak_ready_pods: i32,
    /// Time with as many desired pods as `maxReplicas` \[s\].
    pub seconds_at_max: f64,
    /// Changes of the scale by the HPA.
    pub decisions: u32,
    /// Those that went up.
    pub decisions_up: u32,
    /// Those that went down.
    pub decisions_down: u32,
    /// Those that a limit cut short.
    pub decisions_limited: u32,
    /// Reversals of direction within 10 minutes.
    pub flaps: u32,
    /// Times that the HPA looked.
    pub syncs: u32,
    /// Times that it could not read at least one metric.
    pub failed_syncs: u32,
}

/// What became of the users' requests; of messages or core-seconds where `unit` says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Requests {
    /// What is counted.
    pub unit: LoadUnit,
    /// Asked for.
    pub offered: f64,
    /// Answered.
    pub served: f64,
    /// Given up: the last try failed.
    pub failed: f64,
    /// Answered later than the objective; 0 without one.
    pub late: f64,
    /// Neither answered nor given up at the end.
    pub waiting: f64,
    /// Failed of offered, 0 to 1.
    pub failed_share: f64,
    /// Late of served, 0 to 1.
    pub late_share: f64,
    /// Highest rate offered \[1/s\].
    pub peak_offered_per_second: f64,
    /// Mean rate offered \[1/s\].
    pub mean_offered_per_second: f64,
}

/// Tries, retries included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempts {
    /// Sent.
    pub offered: f64,
    /// Answered.
    pub served: f64,
    /// Failed.
    pub failed: f64,
    /// Those that failed while capacity was above load.
    pub failed_with_capacity: f64,
}

/// Latency of answered requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Latency {
    /// Median \[s\].
    pub p50_seconds: f64,
    /// 95th percentile \[s\].
    pub p95_seconds: f64,
    /// 99th percentile \[s\].
    pub p99_seconds: f64,
    /// The objective \[s\].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub objective_seconds: Option<f64>,
}

/// What the pods took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Resources {
    /// Pods on nodes, times hours.
    pub pod_hours: f64,
    /// CPU that they requested, times hours.
    pub requested_core_hours: f64,
    /// Memory that they requested \[GiB\], times hours.
    pub requested_gib_hours: f64,
    /// Desired pods on nodes beyond what load and `minReplicas` need, times hours; absent where
    /// that cannot be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle_pod_hours: Option<f64>,
    /// What that cost at the given prices, in their currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<f64>,
}

/// Pods that waited for a node.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Pending {
    /// Pods waiting, times seconds.
    pub pod_seconds: f64,
    /// Most pods waiting at once.
    pub peak_pods: u32,
    /// Longest wait of one pod \[s\].
    pub longest_seconds: f64,
    /// Pods that wait at the end.
    pub at_end_pods: u32,
    /// What the scheduler last said about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// A time in which the load was above capacity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Window {
    /// Begin \[s\].
    pub from_seconds: f64,
    /// End \[s\].
    pub to_seconds: f64,
    /// Load that was above capacity, summed \[requests\].
    pub shortfall: f64,
    /// Greatest load above capacity \[1/s\].
    pub worst_shortfall_per_second: f64,
    /// What failed in it \[requests\].
    pub failed: f64,
}

/// Why the load and the count came apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Cause {
    /// The load moved.
    #[default]
    Load,
    /// The count did.
    Count,
    /// The HPA itself changed the count.
    Hpa,
}

/// A change of the count by others than the HPA.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CountChange {
    /// When \[s\].
    pub at_seconds: f64,
    /// Pods before.
    pub from: i32,
    /// Pods after.
    pub to: i32,
}

/// A rise of the load beyond what the HPA had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rise {
    /// When the load came to ask for more pods than desired \[s\].
    pub from_seconds: f64,
    /// Whether that was because the load rose, or because the count was lowered and by whom.
    pub cause: Cause,
    /// When the HPA no longer wanted more and capacity was above load \[s\].
    pub to_seconds: f64,
    /// From the begin to the first write that added pods \[s\].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reaction_seconds: Option<f64>,
    /// From the begin to capacity above load for good \[s\]; absent if it always was, or never
    /// became.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub full_scale_seconds: Option<f64>,
    /// From the begin until all pods that it led to were ready \[s\].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready_seconds: Option<f64>,
    /// Time under capacity in it \[s\].
    pub under_capacity_seconds: f64,
    /// Desired pods before.
    pub from_pods: i32,
    /// Most desired pods in it.
    pub to_pods: i32,
    /// Highest load in it \[1/s\].
    pub peak_per_second: f64,
    /// What failed in it \[requests\].
    pub failed: f64,
    /// 95th percentile of the latency of what was served in it; only where it was under capacity
    /// \[s\].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p95_seconds: Option<f64>,
}

/// A fall of the load below what the HPA had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Fall {
    /// When the load came to ask for fewer pods than desired \[s\].
    pub from_seconds: f64,
    /// Whether that was because the load fell or because the count was raised.
    pub cause: Cause,
    /// When desired was down to that \[s\].
    pub to_seconds: f64,
    /// From the begin to the first write that removed pods \[s\].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reaction_seconds: Option<f64>,
    /// Desired pods at its begin.
    pub from_pods: i32,
    /// Most pods beyond need in it.
    pub idle_pods: i32,
    /// Pods beyond need, times hours.
    pub idle_pod_hours: f64,
}

/// When the last request failed, and what was done before.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LastFailure {
    /// When \[s\].
    pub at_seconds: f64,
    /// The last event of the scenario before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// How much later it was than that event \[s\].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_seconds: Option<f64>,
}

/// A new template of a workload, and what became of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rollout {
    /// When it began \[s\].
    pub at_seconds: f64,
    /// The image before.
    pub from: String,
    /// The image from then on; the same as before if something else changed.
    pub to: String,
    /// Whether the workload had this template before.
    pub back: bool,
    /// How it ended.
    pub state: RolloutState,
    /// Whether it went on at the end and the Deployment was paused.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub on_hold: bool,
    /// What Swarm said of it last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Until all pods were of the new template and ready, and no others left \[s\].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub took_seconds: Option<f64>,
    /// When the next rollout began \[s\].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_seconds: Option<f64>,
    /// Desired pods at its begin.
    pub desired_pods: i32,
    /// The most pods of the new template that were ready, until the next rollout.
    pub updated_pods: i32,
    /// The most pods on nodes beyond the desired ones, those being deleted too.
    pub extra_pods: i32,
    /// The fewest ready pods.
    pub min_ready_pods: i32,
    /// Tries that failed meanwhile; absent without traffic.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<f64>,
}

/// How a rollout ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum RolloutState {
    /// It went on at the end.
    #[default]
    Progressing,
    /// All pods are of the new template.
    Complete,
    /// The next one began before it was complete.
    Superseded,
    /// Swarm stopped it.
    Paused,
    /// Swarm took it back.
    RolledBack,
}

/// Who keeps the pods of a workload.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum WorkloadKind {
    /// A Deployment.
    #[default]
    Deployment,
    /// A service of Docker Swarm.
    SwarmService,
}
