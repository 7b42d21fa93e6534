//! HorizontalPodAutoscaler as `autoscaling/v2` has it.

use super::decode;
use crate::api::autoscaling::{
    ContainerResourceMetricSource, CrossVersionObjectReference, ExternalMetricSource,
    HorizontalPodAutoscaler, HorizontalPodAutoscalerBehavior, HorizontalPodAutoscalerSpec,
    HpaScalingPolicy, HpaScalingRules, MetricIdentifier, MetricSpec, MetricTarget,
    ObjectMetricSource, PodsMetricSource, ResourceMetricSource,
};

decode!(HorizontalPodAutoscaler { metadata: "metadata", spec: "spec" });

decode!(HorizontalPodAutoscalerSpec {
    scale_target_ref: "scaleTargetRef",
    min_replicas: "minReplicas",
    max_replicas: "maxReplicas",
    metrics: "metrics",
    behavior: "behavior",
});

decode!(CrossVersionObjectReference { api_version: "apiVersion", kind: "kind", name: "name" });

decode!(MetricSpec {
    type_: "type",
    resource: "resource",
    container_resource: "containerResource",
    pods: "pods",
    object: "object",
    external: "external",
});

decode!(ResourceMetricSource { name: "name", target: "target" });

decode!(ContainerResourceMetricSource { name: "name", container: "container", target: "target" });

decode!(PodsMetricSource { metric: "metric", target: "target" });

decode!(ObjectMetricSource {
    described_object: "describedObject",
    metric: "metric",
    target: "target",
});

decode!(ExternalMetricSource { metric: "metric", target: "target" });

decode!(MetricIdentifier { name: "name", selector: "selector" });

decode!(MetricTarget {
    type_: "type",
    value: "value",
    average_value: "averageValue",
    average_utilization: "averageUtilization",
});

decode!(HorizontalPodAutoscalerBehavior { scale_up: "scaleUp", scale_down: "scaleDown" });

decode!(HpaScalingRules {
    stabilization_window_seconds: "stabilizationWindowSeconds",
    select_policy: "selectPolicy",
    policies: "policies",
    tolerance: "tolerance",
});

decode!(HpaScalingPolicy { type_: "type", value: "value", period_seconds: "periodSeconds" });
