//! A spec, ready to use: targets as milli-units, selectors read, kinds looked up. It is made once
//! for each spec, so that a sync reads no text.

use std::sync::Arc;

use super::super::behavior::Behavior;
use super::super::config::HpaControllerConfiguration;
use super::super::decision::MetricKind;
use super::super::reason::{MetricError, ScaleFault};
use super::super::replica_calculator::Tolerances;
use super::super::requests::Requests;
use super::super::scale::ScaleTarget;
use crate::api::autoscaling::{
    HorizontalPodAutoscalerSpec, HpaScalingRules, MetricSpec, MetricTarget, ResourceMetricSource,
};
use crate::api::labels::{Selector, SelectorError};
use crate::api::meta::LabelSelector;
use crate::api::quantity::Quantity;

/// Target of the metric of an HPA that names none [% of the request].
const DEFAULT_CPU_UTILIZATION: i32 = 80;

/// A spec, ready to use.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// The spec that it was made from.
    pub(super) source: Arc<HorizontalPodAutoscalerSpec>,
    /// The same with at least one metric.
    pub(super) spec: Arc<HorizontalPodAutoscalerSpec>,
    /// What is scaled.
    pub(super) target: Result<ScaleTarget, ScaleFault>,
    /// `minReplicas`, or 1.
    pub(super) min: i32,
    /// `maxReplicas`.
    pub(super) max: i32,
    /// One entry for each metric.
    pub(super) metrics: Vec<MetricPlan>,
    /// Tolerances of both directions.
    pub(super) tolerances: Tolerances,
    /// Rules of both directions, if there are any.
    pub(super) behavior: Option<Behavior>,
    /// Whether a metric can be read without pods.
    pub(super) has_object_or_external: bool,
}

/// A metric, ready to use.
#[derive(Clone, Debug)]
pub(super) struct MetricPlan {
    /// What kind of metric and of target.
    pub(super) kind: MetricKind,
    /// Whether the type exists.
    pub(super) is_known_type: bool,
    /// The target [% for a utilization, else milli-units].
    pub(super) target: i64,
    /// The metric's own selector; a resource's matches everything.
    selector: Result<Selector, SelectorError>,
    /// Requests to compare with.
    pub(super) requests: Requests,
}

impl Plan {
    /// Makes the plan of a spec.
    pub(super) fn new(
        source: &Arc<HorizontalPodAutoscalerSpec>,
        namespace: &Arc<str>,
        config: &HpaControllerConfiguration,
    ) -> Plan {
        let spec = with_a_metric(source);
        let specs = spec.metrics.as_deref().unwrap_or_default();
        let flag = config.downscale_stabilization;
        let pod_level = config.feature_gates.pod_level_resources;
        Plan {
            source: Arc::clone(source),
            target: ScaleTarget::new(namespace, &spec.scale_target_ref),
            min: spec.min_replicas.unwrap_or(1),
            max: spec.max_replicas,
            metrics: specs.iter().map(|metric| MetricPlan::new(metric, pod_level)).collect(),
            tolerances: tolerances_for_hpa(&spec, config),
            behavior: spec.behavior.as_ref().map(|behavior| Behavior::new(behavior, flag)),
            has_object_or_external: specs
                .iter()
                .any(|metric| matches!(metric.type_.as_str(), "Object" | "External")),
            spec,
        }
    }
}

/// The API server stores no HPA without a metric; one that comes from elsewhere gets the default.
fn with_a_metric(source: &Arc<HorizontalPodAutoscalerSpec>) -> Arc<HorizontalPodAutoscalerSpec> {
    if source.metrics.as_ref().is_some_and(|metrics| !metrics.is_empty()) {
        return Arc::clone(source);
    }
    let target = MetricTarget {
        type_: "Utilization".to_owned(),
        average_utilization: Some(DEFAULT_CPU_UTILIZATION),
        ..MetricTarget::default()
    };
    let metric = MetricSpec {
        type_: "Resource".to_owned(),
        resource: Some(ResourceMetricSource { name: "cpu".to_owned(), target }),
        ..MetricSpec::default()
    };
    let mut spec = HorizontalPodAutoscalerSpec::clone(source);
    spec.metrics = Some(vec![metric]);
    Arc::new(spec)
}

/// Mirrors `tolerancesForHpa`.
fn tolerances_for_hpa(
    spec: &HorizontalPodAutoscalerSpec,
    config: &HpaControllerConfiguration,
) -> Tolerances {
    let of = |rules: Option<&HpaScalingRules>| {
        let own = rules.and_then(|rules| rules.tolerance.as_ref());
        let own = own.filter(|_| config.feature_gates.configurable_tolerance);
        own.map_or(config.tolerance, as_stored)
    };
    let behavior = spec.behavior.as_ref();
    Tolerances {
        scale_down: of(behavior.and_then(|behavior| behavior.scale_down.as_ref())),
        scale_up: of(behavior.and_then(|behavior| behavior.scale_up.as_ref())),
    }
}

/// A quantity as a float after it went through the API server, which stores the canonical form:
/// `0.3` comes back as `300m`, and these are two floats.
fn as_stored(quantity: &Quantity) -> f64 {
    let stored = Quantity::parse(&quantity.canonical());
    stored.as_ref().unwrap_or(quantity).as_approximate_f64()
}

impl MetricPlan {
    fn new(metric: &MetricSpec, pod_level_resources: bool) -> MetricPlan {
        let mut plan = MetricPlan {
            kind: MetricKind::Invalid,
            is_known_type: true,
            target: 0,
            selector: Ok(Selector::everything()),
            requests: Requests::new("", None, pod_level_resources),
        };
        match metric.type_.as_str() {
            "Resource" => {
                if let Some(source) = &metric.resource {
                    use MetricKind::{ResourceAverageValue, ResourceUtilization};
                    plan.take_resource(&source.target, ResourceAverageValue, ResourceUtilization);
                    plan.requests = Requests::new(&source.name, None, pod_level_resources);
                }
            }
            "ContainerResource" => {
                if let Some(source) = &metric.container_resource {
                    use MetricKind::{
                        ContainerResourceAverageValue as Average,
                        ContainerResourceUtilization as Utilization,
                    };
                    plan.take_resource(&source.target, Average, Utilization);
                    let container = Some(source.container.as_str());
                    plan.requests = Requests::new(&source.name, container, pod_level_resources);
                }
            }
            "Pods" => {
                if let Some(source) = &metric.pods {
                    plan.take_value(MetricKind::Pods, source.target.average_value.as_ref());
                    plan.take_selector(source.metric.selector.as_ref());
                }
            }
            "Object" => {
                if let Some(source) = &metric.object {
                    plan.take_object(&source.target);
                    plan.take_selector(source.metric.selector.as_ref());
                }
            }
            "External" => {
                if let Some(source) = &metric.external {
                    plan.take_external(&source.target);
                    plan.take_selector(source.metric.selector.as_ref());
                }
            }
            _ => plan.is_known_type = false,
        }
        plan
    }

    /// The metric's own selector.
    pub(super) fn selector(&self) -> Result<&Selector, MetricError> {
        self.selector.as_ref().map_err(|error| MetricError::Selector(error.clone()))
    }

    /// `averageValue` goes before `averageUtilization`, whatever the target's type says.
    fn take_resource(&mut self, target: &MetricTarget, average: MetricKind, percent: MetricKind) {
        if target.average_value.is_some() {
            self.take_value(average, target.average_value.as_ref());
        } else if let Some(utilization) = target.average_utilization {
            self.kind = percent;
            self.target = i64::from(utilization);
        }
    }

    /// Here alone the target's type decides.
    fn take_object(&mut self, target: &MetricTarget) {
        match target.type_.as_str() {
            "Value" => self.take_value(MetricKind::ObjectValue, target.value.as_ref()),
            "AverageValue" => {
                self.take_value(MetricKind::ObjectAverageValue, target.average_value.as_ref());
            }
            _ => {}
        }
    }

    fn take_external(&mut self, target: &MetricTarget) {
        if target.average_value.is_some() {
            self.take_value(MetricKind::ExternalAverageValue, target.average_value.as_ref());
        } else {
            self.take_value(MetricKind::ExternalValue, target.value.as_ref());
        }
    }

    fn take_value(&mut self, kind: MetricKind, value: Option<&Quantity>) {
        if let Some(value) = value {
            self.kind = kind;
            self.target = value.milli_value();
        }
    }

    /// An absent selector means all series, as an empty one does.
    fn take_selector(&mut self, selector: Option<&LabelSelector>) {
        self.selector = match selector {
            None => Ok(Selector::everything()),
            selector => Selector::try_from_label_selector(selector),
        };
    }
}
