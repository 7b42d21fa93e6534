//! HorizontalPodAutoscalers with the status that their controller reports.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value, json};
use smallvec::SmallVec;

use super::ids::HpaId;
use crate::api::autoscaling::{HorizontalPodAutoscalerSpec, MetricSpec};
use crate::api::meta::{ConditionStatus, ObjectMeta};
use crate::api::quantity::{Format, Quantity};
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
#[derive(Debug, Default, PartialEq)]
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

impl Clone for HpaStatus {
    fn clone(&self) -> HpaStatus {
        HpaStatus {
            last_scale_time: self.last_scale_time,
            current_replicas: self.current_replicas,
            desired_replicas: self.desired_replicas,
            current_metrics: SmallVec::from_slice(&self.current_metrics),
            conditions: self.conditions.clone(),
        }
    }
}

impl HpaStatus {
    /// Takes over all but the conditions, which seldom change.
    pub(in crate::kube) fn copy_numbers(&mut self, source: &HpaStatus) {
        self.current_metrics.clear();
        self.current_metrics.extend_from_slice(&source.current_metrics);
        self.last_scale_time = source.last_scale_time;
        self.current_replicas = source.current_replicas;
        self.desired_replicas = source.desired_replicas;
    }

    /// Whether two statuses differ in anything but the values of metrics.
    pub fn differs_beyond_metrics(&self, other: &HpaStatus) -> bool {
        self.last_scale_time != other.last_scale_time
            || self.current_replicas != other.current_replicas
            || self.desired_replicas != other.desired_replicas
            || self.conditions != other.conditions
    }

    /// The condition of a type, if there is one.
    pub fn condition(&self, type_: HpaConditionType) -> Option<&HpaCondition> {
        self.conditions.iter().find(|condition| condition.type_ == type_)
    }
}

/// `status.currentMetrics[i]`. Which metric it is stands in the spec at the same place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MetricStatus {
    /// Whether the metric could be read; a failed one leaves an entry with an empty `type`.
    pub valid: bool,
    /// Utilization [% of the requests].
    pub average_utilization: Option<i32>,
    /// Average over pods \[milli-units\].
    pub average_value_milli: Option<i64>,
    /// Total \[milli-units\].
    pub value_milli: Option<i64>,
}

impl MetricStatus {
    /// The average over pods as the API prints it, of the metric that it is of.
    pub fn average_value(&self, spec: &MetricSpec) -> Option<Quantity> {
        self.average_value_milli.map(|milli| as_stored(milli, format(spec)))
    }

    /// The total as the API prints it, of the metric that it is of.
    pub fn value(&self, spec: &MetricSpec) -> Option<Quantity> {
        self.value_milli.map(|milli| as_stored(milli, format(spec)))
    }

    /// The entry as the API spells it, of the metric that it is of.
    pub fn to_json(&self, spec: &MetricSpec) -> Value {
        if !self.valid {
            return json!({ "type": "" });
        }
        let mut current = Map::new();
        if let Some(utilization) = self.average_utilization {
            current.insert("averageUtilization".to_owned(), json!(utilization));
        }
        let (average, value) = (self.average_value(spec), self.value(spec));
        for (name, quantity) in [("averageValue", average), ("value", value)] {
            if let Some(quantity) = quantity {
                current.insert(name.to_owned(), json!(quantity));
            }
        }
        // The member of the spec, with what was measured in place of the target.
        let mut entry = json!(spec);
        for (_, member) in entry.as_object_mut().into_iter().flatten() {
            if let Some(member) = member.as_object_mut() {
                member.remove("target");
                member.insert("current".to_owned(), Value::Object(current.clone()));
            }
        }
        entry
    }
}

/// A quantity as clients read it back: what was written as `150000000` comes back as `150M`,
/// because a text without a suffix does not tell its format.
fn as_stored(milli: i64, format: Format) -> Quantity {
    let quantity = Quantity::from_milli(milli, format);
    Quantity::parse(&quantity.to_string()).unwrap_or(quantity)
}

/// Only memory is told in powers of 1024.
fn format(spec: &MetricSpec) -> Format {
    let container = spec.container_resource.as_ref().map(|source| &source.name);
    match spec.resource.as_ref().map(|source| &source.name).or(container) {
        Some(name) if name == "memory" => Format::BinarySi,
        _ => Format::DecimalSi,
    }
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
