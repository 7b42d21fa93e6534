//! Metrics with flat targets, as `autoscaling/v1` writes them into its annotation and
//! `autoscaling/v2beta1` into its spec. Mirrors `pkg/apis/autoscaling/v1/conversion.go` (v1.36) and
//! v2beta1's of older releases.

use super::autoscaling_v1::take_behavior;
use super::drop_round_trip_annotations;
use crate::api::autoscaling::{
    ContainerResourceMetricSource, CrossVersionObjectReference, ExternalMetricSource,
    HorizontalPodAutoscaler, MetricIdentifier, MetricSpec, MetricTarget, ObjectMetricSource,
    PodsMetricSource, ResourceMetricSource,
};
use crate::api::meta::LabelSelector;
use crate::api::quantity::Quantity;
use crate::manifest::decode::{Decode, decode, field};
use crate::manifest::yaml::Node;

/// A metric, with the source that its type names.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct FlatMetricSpec {
    pub(super) type_: String,
    pub(super) object: Option<FlatObject>,
    pub(super) pods: Option<FlatPods>,
    pub(super) resource: Option<FlatResource>,
    pub(super) container_resource: Option<FlatResource>,
    pub(super) external: Option<FlatExternal>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct FlatObject {
    /// What is measured; elsewhere `describedObject`.
    pub(super) target: CrossVersionObjectReference,
    pub(super) metric_name: String,
    pub(super) target_value: Quantity,
    pub(super) selector: Option<LabelSelector>,
    pub(super) average_value: Option<Quantity>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct FlatPods {
    pub(super) metric_name: String,
    pub(super) target_average_value: Quantity,
    pub(super) selector: Option<LabelSelector>,
}

/// Of a pod, or with a container's name of that container.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct FlatResource {
    pub(super) name: String,
    pub(super) target_average_utilization: Option<i32>,
    pub(super) target_average_value: Option<Quantity>,
    pub(super) container: String,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct FlatExternal {
    pub(super) metric_name: String,
    pub(super) metric_selector: Option<LabelSelector>,
    pub(super) target_value: Option<Quantity>,
    pub(super) target_average_value: Option<Quantity>,
}

decode!(FlatMetricSpec {
    type_: "type",
    object: "object",
    pods: "pods",
    resource: "resource",
    container_resource: "containerResource",
    external: "external",
});

decode!(FlatObject {
    target: "target",
    metric_name: "metricName",
    target_value: "targetValue",
    selector: "selector",
    average_value: "averageValue",
});

decode!(FlatPods {
    metric_name: "metricName",
    target_average_value: "targetAverageValue",
    selector: "selector",
});

decode!(FlatResource {
    name: "name",
    target_average_utilization: "targetAverageUtilization",
    target_average_value: "targetAverageValue",
    container: "container",
});

decode!(FlatExternal {
    metric_name: "metricName",
    metric_selector: "metricSelector",
    target_value: "targetValue",
    target_average_value: "targetAverageValue",
});

/// An HPA of `autoscaling/v2beta1`; its behavior comes from the annotation.
pub(in crate::manifest) fn decode_autoscaling_v2beta1(node: &Node) -> HorizontalPodAutoscaler {
    let mut hpa = HorizontalPodAutoscaler::decode(node);
    let spec = node.field("spec").cloned().unwrap_or_default();
    let metrics: Option<Vec<FlatMetricSpec>> = field(&spec, "metrics");
    hpa.spec.metrics = metrics.map(|list| list.into_iter().map(MetricSpec::from).collect());
    hpa.spec.behavior = take_behavior(&hpa.metadata);
    drop_round_trip_annotations(&mut hpa.metadata);
    hpa
}

impl From<FlatMetricSpec> for MetricSpec {
    fn from(flat: FlatMetricSpec) -> MetricSpec {
        MetricSpec {
            type_: flat.type_,
            resource: flat.resource.map(|flat| ResourceMetricSource {
                name: flat.name.clone(),
                target: flat.target(),
            }),
            container_resource: flat.container_resource.map(|flat| ContainerResourceMetricSource {
                name: flat.name.clone(),
                container: flat.container.clone(),
                target: flat.target(),
            }),
            pods: flat.pods.map(PodsMetricSource::from),
            object: flat.object.map(ObjectMetricSource::from),
            external: flat.external.map(ExternalMetricSource::from),
        }
    }
}

impl FlatResource {
    fn target(self) -> MetricTarget {
        let utilization = self.target_average_utilization.is_some();
        MetricTarget {
            type_: if utilization { "Utilization" } else { "AverageValue" }.to_owned(),
            value: None,
            average_value: self.target_average_value,
            average_utilization: self.target_average_utilization,
        }
    }
}

impl From<FlatPods> for PodsMetricSource {
    fn from(flat: FlatPods) -> PodsMetricSource {
        PodsMetricSource {
            metric: MetricIdentifier { name: flat.metric_name, selector: flat.selector },
            target: MetricTarget {
                type_: "AverageValue".to_owned(),
                average_value: Some(flat.target_average_value),
                ..MetricTarget::default()
            },
        }
    }
}

impl From<FlatObject> for ObjectMetricSource {
    fn from(flat: FlatObject) -> ObjectMetricSource {
        let averages = flat.average_value.is_some();
        // The flat form cannot leave the value out; beside an average a zero means that it would.
        let keep_value = !averages || !flat.target_value.is_zero();
        ObjectMetricSource {
            described_object: flat.target,
            metric: MetricIdentifier { name: flat.metric_name, selector: flat.selector },
            target: MetricTarget {
                type_: if averages { "AverageValue" } else { "Value" }.to_owned(),
                value: keep_value.then_some(flat.target_value),
                average_value: flat.average_value,
                average_utilization: None,
            },
        }
    }
}

impl From<FlatExternal> for ExternalMetricSource {
    fn from(flat: FlatExternal) -> ExternalMetricSource {
        let total = flat.target_value.is_some();
        ExternalMetricSource {
            metric: MetricIdentifier { name: flat.metric_name, selector: flat.metric_selector },
            target: MetricTarget {
                type_: if total { "Value" } else { "AverageValue" }.to_owned(),
                value: flat.target_value,
                average_value: flat.target_average_value,
                average_utilization: None,
            },
        }
    }
}

impl From<&MetricSpec> for FlatMetricSpec {
    fn from(metric: &MetricSpec) -> FlatMetricSpec {
        FlatMetricSpec {
            type_: metric.type_.clone(),
            object: metric.object.as_ref().map(FlatObject::from),
            pods: metric.pods.as_ref().map(FlatPods::from),
            resource: metric
                .resource
                .as_ref()
                .map(|source| flat_resource(&source.name, "", &source.target)),
            container_resource: metric
                .container_resource
                .as_ref()
                .map(|source| flat_resource(&source.name, &source.container, &source.target)),
            external: metric.external.as_ref().map(FlatExternal::from),
        }
    }
}

fn flat_resource(name: &str, container: &str, target: &MetricTarget) -> FlatResource {
    FlatResource {
        name: name.to_owned(),
        target_average_utilization: target.average_utilization,
        target_average_value: target.average_value.clone(),
        container: container.to_owned(),
    }
}

impl From<&ObjectMetricSource> for FlatObject {
    fn from(source: &ObjectMetricSource) -> FlatObject {
        FlatObject {
            target: source.described_object.clone(),
            metric_name: source.metric.name.clone(),
            target_value: source.target.value.clone().unwrap_or_default(),
            selector: source.metric.selector.clone(),
            average_value: source.target.average_value.clone(),
        }
    }
}

impl From<&PodsMetricSource> for FlatPods {
    fn from(source: &PodsMetricSource) -> FlatPods {
        FlatPods {
            metric_name: source.metric.name.clone(),
            target_average_value: source.target.average_value.clone().unwrap_or_default(),
            selector: source.metric.selector.clone(),
        }
    }
}

impl From<&ExternalMetricSource> for FlatExternal {
    fn from(source: &ExternalMetricSource) -> FlatExternal {
        FlatExternal {
            metric_name: source.metric.name.clone(),
            metric_selector: source.metric.selector.clone(),
            target_value: source.target.value.clone(),
            target_average_value: source.target.average_value.clone(),
        }
    }
}
