//! HorizontalPodAutoscaler of `autoscaling/v1`, which carries in annotations what it has no fields
//! for. Mirrors `pkg/apis/autoscaling/v1/conversion.go` (v1.36). Left out: the status.

use serde::Serialize;

use super::flat_metrics::FlatMetricSpec;
use super::go_json::{read_json, write_behavior, write_metrics};
use super::{BEHAVIOR_ANNOTATION, METRICS_ANNOTATION, drop_round_trip_annotations};
use crate::api::autoscaling::{
    CrossVersionObjectReference, HorizontalPodAutoscaler, HorizontalPodAutoscalerBehavior,
    HorizontalPodAutoscalerSpec, MetricSpec,
};
use crate::api::meta::ObjectMeta;
use crate::manifest::decode::{Decode, decode};
use crate::manifest::defaults::autoscaling::{DEFAULT_CPU_UTILIZATION, cpu_utilization};
use crate::manifest::yaml::Node;

/// An HPA as `autoscaling/v1` has it, without its status.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct HorizontalPodAutoscalerV1 {
    /// Name and namespace, and annotations with what has no field.
    pub metadata: ObjectMeta,
    /// What the user asks for.
    pub spec: HorizontalPodAutoscalerSpecV1,
}

/// `spec` of an HPA of `autoscaling/v1`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HorizontalPodAutoscalerSpecV1 {
    /// The object whose `scale` subresource is written.
    pub scale_target_ref: CrossVersionObjectReference,
    /// Lower bound; 1 when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_replicas: Option<i32>,
    /// Upper bound.
    pub max_replicas: i32,
    /// The one metric that has a field [% of the request].
    #[serde(rename = "targetCPUUtilizationPercentage", skip_serializing_if = "Option::is_none")]
    pub target_cpu_utilization_percentage: Option<i32>,
}

decode!(HorizontalPodAutoscalerV1 { metadata: "metadata", spec: "spec" });

decode!(HorizontalPodAutoscalerSpecV1 {
    scale_target_ref: "scaleTargetRef",
    min_replicas: "minReplicas",
    max_replicas: "maxReplicas",
    target_cpu_utilization_percentage: "targetCPUUtilizationPercentage",
});

/// `Convert_v1_HorizontalPodAutoscaler_To_autoscaling_HorizontalPodAutoscaler`, after v1's own
/// defaults. An annotation that cannot be decoded is ignored.
pub fn from_v1(v1: HorizontalPodAutoscalerV1) -> HorizontalPodAutoscaler {
    let mut metadata = v1.metadata;
    let other = metadata.annotations.get(METRICS_ANNOTATION).and_then(|text| {
        let metrics = read_json(text, "[]autoscaling/v2beta1.MetricSpec")?;
        Some(Vec::<FlatMetricSpec>::decode(&metrics))
    });
    let mut metrics: Vec<MetricSpec> =
        other.unwrap_or_default().into_iter().map(MetricSpec::from).collect();
    metrics.extend(v1.spec.target_cpu_utilization_percentage.map(cpu_utilization));
    if metrics.is_empty() {
        metrics.push(cpu_utilization(DEFAULT_CPU_UTILIZATION));
    }
    let behavior = take_behavior(&metadata);
    drop_round_trip_annotations(&mut metadata);
    let spec = HorizontalPodAutoscalerSpec {
        scale_target_ref: v1.spec.scale_target_ref,
        min_replicas: Some(v1.spec.min_replicas.unwrap_or(1)),
        max_replicas: v1.spec.max_replicas,
        metrics: Some(metrics),
        behavior,
    };
    HorizontalPodAutoscaler { metadata, spec }
}

/// The behavior of the annotation, if it can be decoded and says anything.
pub(super) fn take_behavior(metadata: &ObjectMeta) -> Option<HorizontalPodAutoscalerBehavior> {
    let text = metadata.annotations.get(BEHAVIOR_ANNOTATION)?;
    let node = read_json(text, "autoscaling/v2.HorizontalPodAutoscalerBehavior")?;
    let behavior = HorizontalPodAutoscalerBehavior::decode(&node);
    Some(behavior).filter(|behavior| *behavior != HorizontalPodAutoscalerBehavior::default())
}

/// Decodes and converts an object of `autoscaling/v1`.
pub(in crate::manifest) fn decode_autoscaling_v1(node: &Node) -> HorizontalPodAutoscaler {
    from_v1(HorizontalPodAutoscalerV1::decode(node))
}

/// `Convert_autoscaling_HorizontalPodAutoscaler_To_v1_HorizontalPodAutoscaler`: the first cpu
/// utilization becomes the field, further ones are lost, all else goes to annotations.
pub fn to_v1(hpa: &HorizontalPodAutoscaler) -> HorizontalPodAutoscalerV1 {
    let mut metadata = hpa.metadata.clone();
    drop_round_trip_annotations(&mut metadata);
    let metrics = hpa.spec.metrics.as_deref().unwrap_or_default();
    let other: Vec<FlatMetricSpec> = metrics
        .iter()
        .filter(|metric| cpu_percentage(metric).is_none())
        .map(FlatMetricSpec::from)
        .collect();
    if !other.is_empty() {
        metadata.annotations.insert(METRICS_ANNOTATION.to_owned(), write_metrics(&other));
    }
    if let Some(behavior) = &hpa.spec.behavior {
        metadata.annotations.insert(BEHAVIOR_ANNOTATION.to_owned(), write_behavior(behavior));
    }
    let spec = HorizontalPodAutoscalerSpecV1 {
        scale_target_ref: hpa.spec.scale_target_ref.clone(),
        min_replicas: hpa.spec.min_replicas,
        max_replicas: hpa.spec.max_replicas,
        target_cpu_utilization_percentage: metrics.iter().find_map(cpu_percentage),
    };
    HorizontalPodAutoscalerV1 { metadata, spec }
}

/// The percentage of a metric that is a cpu utilization.
fn cpu_percentage(metric: &MetricSpec) -> Option<i32> {
    let resource = metric.resource.as_ref()?;
    let is_cpu = metric.type_ == "Resource" && resource.name == "cpu";
    resource.target.average_utilization.filter(|_| is_cpu)
}
