//! Metrics of an HPA: what people call them, their units, and their values over time.

use std::collections::BTreeMap;

use super::decision::MetricUnit;
use super::readings::Subject;
use super::series::MetricSeries;
use super::track::Track;
use crate::api::autoscaling::{HorizontalPodAutoscalerSpec, MetricSpec};
use crate::api::core::PodSpec;
use crate::api::quantity::Quantity;
use crate::kube::controllers::podautoscaler::decision::{
    Decision, MetricDecision, MetricKind, Path,
};

fn is_utilization(kind: MetricKind) -> bool {
    matches!(kind, MetricKind::ResourceUtilization | MetricKind::ContainerResourceUtilization)
}

pub(super) fn value(metric: &MetricDecision) -> f64 {
    if is_utilization(metric.kind) {
        f64::from(metric.utilization)
    } else {
        metric.reported as f64 / 1000.0
    }
}

pub(super) fn target(metric: &MetricDecision) -> f64 {
    let target = metric.target as f64;
    if is_utilization(metric.kind) { target } else { target / 1000.0 }
}

fn spec_of(spec: &HorizontalPodAutoscalerSpec, place: u32) -> Option<&MetricSpec> {
    spec.metrics.as_deref()?.get(place as usize)
}

/// Name of a metric: `cpu`, `cpu of app`, `http_requests`.
pub fn name(spec: &HorizontalPodAutoscalerSpec, place: u32) -> String {
    let Some(metric) = spec_of(spec, place) else { return format!("metric {place}") };
    if let Some(resource) = &metric.resource {
        return resource.name.clone();
    }
    if let Some(resource) = &metric.container_resource {
        return format!("{} of {}", resource.name, resource.container);
    }
    let identifier = metric.pods.as_ref().map(|pods| &pods.metric);
    let identifier = identifier.or(metric.object.as_ref().map(|object| &object.metric));
    let identifier = identifier.or(metric.external.as_ref().map(|external| &external.metric));
    identifier.map_or_else(|| metric.type_.clone(), |identifier| identifier.name.clone())
}

/// Unit of a metric's value and target.
pub fn unit(spec: &HorizontalPodAutoscalerSpec, place: u32, kind: MetricKind) -> MetricUnit {
    let resource = spec_of(spec, place).and_then(|metric| {
        let resource = metric.resource.as_ref().map(|resource| resource.name.as_str());
        resource.or(metric.container_resource.as_ref().map(|resource| resource.name.as_str()))
    });
    match kind {
        kind if is_utilization(kind) => MetricUnit::Percent,
        MetricKind::ResourceAverageValue | MetricKind::ContainerResourceAverageValue => {
            match resource {
                Some("cpu") => MetricUnit::Cores,
                Some("memory") => MetricUnit::Bytes,
                _ => MetricUnit::AveragePerPod,
            }
        }
        MetricKind::ObjectValue | MetricKind::ExternalValue => MetricUnit::Total,
        _ => MetricUnit::AveragePerPod,
    }
}

/// Targets of an HPA as people say them: `cpu 70 %`.
pub(super) fn targets(spec: &HorizontalPodAutoscalerSpec) -> Vec<String> {
    let metrics = spec.metrics.as_deref().unwrap_or_default();
    (0..)
        .zip(metrics)
        .map(|(place, metric)| format!("{} {}", name(spec, place), aim(metric)))
        .collect()
}

fn aim(metric: &MetricSpec) -> String {
    let resource = metric.resource.as_ref().map(|resource| &resource.target);
    let target = resource
        .or(metric.container_resource.as_ref().map(|resource| &resource.target))
        .or(metric.pods.as_ref().map(|pods| &pods.target))
        .or(metric.object.as_ref().map(|object| &object.target))
        .or(metric.external.as_ref().map(|external| &external.target));
    let Some(target) = target else { return String::new() };
    match (target.average_utilization, &target.average_value, &target.value) {
        (Some(percent), _, _) => format!("{percent} %"),
        (None, Some(average), _) => format!("{} a pod", average.canonical()),
        (None, None, Some(value)) => value.canonical(),
        (None, None, None) => String::new(),
    }
}

/// Each metric over time, as the HPA saw it.
pub(super) fn series(decisions: &[&Decision], subject: &Subject<'_>) -> Vec<MetricSeries> {
    let metrics = subject.spec.metrics.as_deref().unwrap_or_default();
    (0..).zip(metrics).map(|(place, spec)| metric_series(place, spec, decisions, subject)).collect()
}

fn metric_series(
    place: u32,
    spec: &MetricSpec,
    decisions: &[&Decision],
    subject: &Subject<'_>,
) -> MetricSeries {
    let mut track = Track::default();
    let mut last = None;
    for decision in decisions {
        let read = (decision.path == Path::Metrics)
            .then(|| decision.metrics().get(place as usize))
            .flatten()
            .filter(|metric| metric.basis.is_valid());
        track.push(decision.at.0 as f64, read.map_or(f64::NAN, value));
        last = read.or(last);
    }
    let unit = last.map_or(MetricUnit::Percent, |metric| unit(subject.spec, place, metric.kind));
    MetricSeries {
        name: name(subject.spec, place),
        unit,
        value: track,
        target: last.map_or(f64::NAN, target),
        tolerance_up: subject.tolerance.up,
        tolerance_down: subject.tolerance.down,
        limit: container_limit(spec, subject.pod, unit),
    }
}

/// The limit of what a resource metric measures, in the metric's unit.
fn container_limit(spec: &MetricSpec, pod: &PodSpec, unit: MetricUnit) -> Option<f64> {
    let (resource, container) = match (&spec.resource, &spec.container_resource) {
        (Some(resource), _) => (&resource.name, None),
        (None, Some(resource)) => (&resource.name, Some(&resource.container)),
        (None, None) => return None,
    };
    let mut sums = (0.0, 0.0);
    for own in pod.containers.iter().filter(|own| container.is_none_or(|name| *name == own.name)) {
        let of = |list: &BTreeMap<String, Quantity>| {
            list.get(resource).map(Quantity::as_approximate_f64)
        };
        sums.0 += of(&own.resources.limits)?;
        sums.1 += of(&own.resources.requests).unwrap_or(0.0);
    }
    match unit {
        MetricUnit::Percent if sums.1 > 0.0 => Some(sums.0 / sums.1 * 100.0),
        MetricUnit::Cores | MetricUnit::Bytes => Some(sums.0),
        _ => None,
    }
}
