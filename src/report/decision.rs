//! What the HPA did: one row for each time that it changed the scale.

use serde::Serialize;

/// One change of the scale by an HPA.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DecisionRow {
    /// When \[s\].
    pub at_seconds: f64,
    /// Pods before.
    pub from: i32,
    /// Pods after.
    pub to: i32,
    /// Upstream's word, as in `SuccessfulRescale`.
    pub reason: String,
    /// Upstream's text of the event.
    pub message: String,
    /// Each metric in order of the spec.
    pub metrics: Vec<MetricReading>,
    /// Highest proposal of the metrics; absent when none was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proposal: Option<i32>,
    /// The proposal after stabilisation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stabilized: Option<i32>,
    /// What held the change back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<LimitRow>,
}

/// One metric as the HPA read it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MetricReading {
    /// Name, as in `cpu` or `http_requests`.
    pub name: String,
    /// Value; absent if it could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// Target.
    pub target: f64,
    /// Unit of both.
    pub unit: MetricUnit,
    /// Pods that it asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proposal: Option<i32>,
    /// Whether its proposal was the highest.
    pub won: bool,
}

/// Unit of a metric's value and target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum MetricUnit {
    /// Percent of the request.
    #[default]
    Percent,
    /// Cores a pod.
    Cores,
    /// Bytes a pod.
    Bytes,
    /// Whatever the metric counts, a pod.
    AveragePerPod,
    /// Whatever the metric counts, in all.
    Total,
}

/// What held a change back.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LimitRow {
    /// Upstream's word, as in `ScaleUpLimit` or `TooManyReplicas`.
    pub reason: String,
    /// The policy or bound, as in `100 % in 15 s` or `maxReplicas 20`.
    pub by: String,
    /// Pods that were wanted.
    pub wanted: i32,
    /// Pods that were allowed.
    pub allowed: i32,
}

/// A time in which an HPA could not do its work.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HpaFailure {
    /// From \[s\].
    pub from_seconds: f64,
    /// To: the first time that it could again, or the end \[s\].
    pub to_seconds: f64,
    /// Name of the metric that could not be read; absent if it was something else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric: Option<String>,
    /// Upstream's word, as in `FailedGetResourceMetric`.
    pub reason: String,
    /// Upstream's text; of several the most frequent.
    pub message: String,
    /// Syncs that failed.
    pub syncs: u32,
    /// Those with this text.
    pub message_syncs: u32,
}
