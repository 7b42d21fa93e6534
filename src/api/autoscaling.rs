//! HorizontalPodAutoscaler as `autoscaling/v2` has it. Mirrors
//! `k8s.io/api/autoscaling/v2/types.go`.
//!
//! Strings that validation restricts (`type`, `selectPolicy`) stay strings, because an object may
//! hold any text until it is validated, and messages quote it.

use serde::Serialize;

use super::meta::{LabelSelector, ObjectMeta};
use super::quantity::Quantity;

/// An HPA as its user wrote it; the status lives in the cluster.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct HorizontalPodAutoscaler {
    /// Name and namespace.
    pub metadata: ObjectMeta,
    /// What the user asks for.
    pub spec: HorizontalPodAutoscalerSpec,
}

/// `spec` of an HPA.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HorizontalPodAutoscalerSpec {
    /// The object whose `scale` subresource is written.
    pub scale_target_ref: CrossVersionObjectReference,
    /// Lower bound; 1 when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_replicas: Option<i32>,
    /// Upper bound.
    pub max_replicas: i32,
    /// What is measured; the highest proposal wins.
    #[serde(skip_serializing_if = "is_none_or_empty")]
    pub metrics: Option<Vec<MetricSpec>>,
    /// How fast the count may move. Absent is not the same as empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub behavior: Option<HorizontalPodAutoscalerBehavior>,
}

/// A reference to an object of any version of its kind, in the same namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CrossVersionObjectReference {
    /// Group and version; only the group counts.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub api_version: String,
    /// Kind.
    pub kind: String,
    /// Name.
    pub name: String,
}

/// One metric: `type` and the one member that it names.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MetricSpec {
    /// `Resource`, `ContainerResource`, `Pods`, `Object` or `External`.
    #[serde(rename = "type")]
    pub type_: String,
    /// Usage of pods, against their requests or as an average.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<ResourceMetricSource>,
    /// The same of one container in each pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container_resource: Option<ContainerResourceMetricSource>,
    /// A custom metric of each pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pods: Option<PodsMetricSource>,
    /// A custom metric of one object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<ObjectMetricSource>,
    /// A metric from outside the cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external: Option<ExternalMetricSource>,
}

/// Source of a `Resource` metric.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ResourceMetricSource {
    /// `cpu`, `memory` or another resource.
    pub name: String,
    /// What to hold.
    pub target: MetricTarget,
}

/// Source of a `ContainerResource` metric.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ContainerResourceMetricSource {
    /// `cpu`, `memory` or another resource.
    pub name: String,
    /// Name of the container.
    pub container: String,
    /// What to hold.
    pub target: MetricTarget,
}

/// Source of a `Pods` metric.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PodsMetricSource {
    /// Which metric.
    pub metric: MetricIdentifier,
    /// What to hold; only `averageValue` counts.
    pub target: MetricTarget,
}

/// Source of an `Object` metric.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectMetricSource {
    /// The object that is measured.
    pub described_object: CrossVersionObjectReference,
    /// Which metric.
    pub metric: MetricIdentifier,
    /// What to hold; here `type` decides between the values.
    pub target: MetricTarget,
}

/// Source of an `External` metric.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ExternalMetricSource {
    /// Which metric.
    pub metric: MetricIdentifier,
    /// What to hold.
    pub target: MetricTarget,
}

/// Name of a metric, and which of its series.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct MetricIdentifier {
    /// Name.
    pub name: String,
    /// Which series; absent means all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selector: Option<LabelSelector>,
}

/// The value to hold.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MetricTarget {
    /// `Utilization`, `Value` or `AverageValue`.
    #[serde(rename = "type")]
    pub type_: String,
    /// A total.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Quantity>,
    /// An average over pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub average_value: Option<Quantity>,
    /// An average over pods [% of the request].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub average_utilization: Option<i32>,
}

/// `spec.behavior`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HorizontalPodAutoscalerBehavior {
    /// Rules on the way up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale_up: Option<HpaScalingRules>,
    /// Rules on the way down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale_down: Option<HpaScalingRules>,
}

/// `HPAScalingRules`: window, policies and tolerance of one direction.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HpaScalingRules {
    /// How far back recommendations count \[s\].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stabilization_window_seconds: Option<i32>,
    /// `Max`, `Min` or `Disabled`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub select_policy: Option<String>,
    /// Limits of the change; absent is not the same as empty, but both are left out in JSON.
    #[serde(skip_serializing_if = "is_none_or_empty")]
    pub policies: Option<Vec<HpaScalingPolicy>>,
    /// Share of the target within which nothing is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tolerance: Option<Quantity>,
}

/// `HPAScalingPolicy`: so much change in so much time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HpaScalingPolicy {
    /// `Pods` or `Percent`.
    #[serde(rename = "type")]
    pub type_: String,
    /// Pods, or percent of the count at the start of the period.
    pub value: i32,
    /// Length of the period \[s\].
    pub period_seconds: i32,
}

#[expect(clippy::ref_option, reason = "serde passes fields by reference")]
fn is_none_or_empty<T>(list: &Option<Vec<T>>) -> bool {
    list.as_ref().is_none_or(Vec::is_empty)
}
