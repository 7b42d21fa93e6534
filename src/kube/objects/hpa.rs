//! HorizontalPodAutoscalers with the status that their controller reports.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use smallvec::SmallVec;

use super::ids::HpaId;
use crate::api::autoscaling::HorizontalPodAutoscalerSpec;
use crate::api::meta::{ConditionStatus, ObjectMeta};
use crate::kube::controllers::podautoscaler::reason::HpaConditionReason;
use crate::units::SimTime;

/// An HPA as the API server stores it.
#[derive(Clone, Debug, PartialEq)]
pub struct HpaObject {
    /// Number.
    pub id: HpaId,
    /// Name and namespace.
    pub metadata: ObjectMeta,
    /// Spec, defaulted.
    pub spec: Arc<HorizontalPodAutoscalerSpec>,
    /// What the controller reports.
    pub status: HpaStatus,
}

/// `status` of an HPA. All of it is inline, because it is written at nearly every sync.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HpaStatus {
    /// When the controller last changed the scale; a whole second.
    pub last_scale_time: Option<SimTime>,
    /// `spec.replicas` of the scale as read.
    pub current_replicas: i32,
    /// What the controller wants.
    pub desired_replicas: i32,
    /// One entry for each metric of the spec; none when metrics were not read.
    pub current_metrics: SmallVec<[MetricStatus; 2]>,
    /// In order of first appearance.
    pub conditions: SmallVec<[HpaCondition; 4]>,
}

/// `status.currentMetrics[i]`. Which metric it is stands in the spec at the same place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MetricStatus {
    /// Whether the metric could be read; a failed one leaves an entry with an empty `type`.
    pub valid: bool,
    /// Utilization [% of the requests].
    pub average_utilization: Option<i32>,
    /// Average over pods [milli-units].
    pub average_value_milli: Option<i64>,
    /// Total [milli-units].
    pub value_milli: Option<i64>,
}

/// Type of a condition of an HPA.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum HpaConditionType {
    /// Whether the scale can be read and written, and whether a window holds it back.
    AbleToScale,
    /// Whether a count can be computed.
    ScalingActive,
    /// Whether a limit changed the count.
    ScalingLimited,
    /// Whether the controller scaled to 0 (gate `HPAScaleToZero`).
    ScaledToZero,
}

/// A condition of an HPA. Its message is made from the reason when somebody reads it.
#[derive(Clone, Debug, PartialEq)]
pub struct HpaCondition {
    /// Type.
    pub type_: HpaConditionType,
    /// Whether it holds.
    pub status: ConditionStatus,
    /// Reason with its numbers.
    pub reason: HpaConditionReason,
    /// Last change of the status; a whole second.
    pub last_transition_time: SimTime,
}

impl fmt::Display for HpaConditionType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            HpaConditionType::AbleToScale => "AbleToScale",
            HpaConditionType::ScalingActive => "ScalingActive",
            HpaConditionType::ScalingLimited => "ScalingLimited",
            HpaConditionType::ScaledToZero => "ScaledToZero",
        })
    }
}
