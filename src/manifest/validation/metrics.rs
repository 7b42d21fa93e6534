//! The metrics of an HPA. Mirrors the second half of
//! `pkg/apis/autoscaling/validation/validation.go` (v1.36).

use super::autoscaling::{Options, validate_reference};
use super::invalid_each;
use super::resources::validate_container_resource_name;
use crate::api::autoscaling::{
    ContainerResourceMetricSource, ExternalMetricSource, HorizontalPodAutoscalerSpec,
    MetricIdentifier, MetricSpec, MetricTarget, ObjectMetricSource, PodsMetricSource,
    ResourceMetricSource,
};
use crate::api::quantity::Quantity;
use crate::manifest::field_error::{FieldError, forbidden, invalid, not_supported, required};
use crate::manifest::names::{dns_1123_label, path_segment};

const TYPES: [&str; 5] = ["ContainerResource", "External", "Object", "Pods", "Resource"];

/// `validateMetrics`.
pub(super) fn validate_metrics(
    spec: &HorizontalPodAutoscalerSpec,
    path: &str,
    options: Options,
) -> Vec<FieldError> {
    let metrics = spec.metrics.as_deref().unwrap_or_default();
    let mut errors = Vec::new();
    for (index, metric) in metrics.iter().enumerate() {
        errors.extend(validate_metric(metric, &format!("{path}[{index}]"), options));
    }
    let measures_without_pods =
        metrics.iter().any(|metric| matches!(metric.type_.as_str(), "Object" | "External"));
    if spec.min_replicas == Some(0) && !measures_without_pods {
        errors.push(forbidden(
            path,
            "must specify at least one Object or External metric \
             to support scaling to zero replicas",
        ));
    }
    errors
}

fn validate_metric(metric: &MetricSpec, path: &str, options: Options) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let type_path = format!("{path}.type");
    if metric.type_.is_empty() {
        errors.push(required(type_path.clone(), "must specify a metric source type"));
    }
    let known = TYPES.contains(&metric.type_.as_str());
    if !known {
        errors.push(not_supported(type_path.clone(), &metric.type_, &TYPES));
    }
    errors.extend(validate_first_source(metric, path, options));
    // The API server reports an unknown type twice.
    if !known {
        errors.push(not_supported(type_path, &metric.type_, &TYPES));
    }
    errors.extend(validate_sources_present(metric, path));
    errors
}

/// Only the first source present is looked into.
fn validate_first_source(metric: &MetricSpec, path: &str, options: Options) -> Vec<FieldError> {
    if let Some(source) = &metric.object {
        validate_object(source, &format!("{path}.object"), options)
    } else if let Some(source) = &metric.external {
        validate_external(source, &format!("{path}.external"))
    } else if let Some(source) = &metric.pods {
        validate_pods(source, &format!("{path}.pods"))
    } else if let Some(source) = &metric.resource {
        validate_resource(source, &format!("{path}.resource"))
    } else if let Some(source) = &metric.container_resource {
        validate_container_resource(source, &format!("{path}.containerResource"))
    } else {
        Vec::new()
    }
}

/// The source that the type names must be there, and no other. Upstream reports strays in random
/// order; here they are sorted by name.
fn validate_sources_present(metric: &MetricSpec, path: &str) -> Vec<FieldError> {
    let sources = [
        ("ContainerResource", "containerResource", metric.container_resource.is_some()),
        ("External", "external", metric.external.is_some()),
        ("Object", "object", metric.object.is_some()),
        ("Pods", "pods", metric.pods.is_some()),
        ("Resource", "resource", metric.resource.is_some()),
    ];
    let mut errors = Vec::new();
    for (_, field, _) in sources.iter().filter(|(type_, _, has)| metric.type_ == *type_ && !has) {
        let detail = "must populate information for the given metric source";
        errors.push(required(format!("{path}.{field}"), detail));
    }
    if sources.iter().filter(|(_, _, has)| *has).count() == 1 {
        return errors;
    }
    for (_, field, _) in sources.iter().filter(|(type_, _, has)| metric.type_ != *type_ && *has) {
        let detail = "must populate the given metric source only";
        errors.push(forbidden(format!("{path}.{field}"), detail));
    }
    errors
}

fn validate_object(source: &ObjectMetricSource, path: &str, options: Options) -> Vec<FieldError> {
    let described = format!("{path}.describedObject");
    let mut errors =
        validate_reference(&source.described_object, &described, options.object_metrics);
    errors.extend(validate_identifier(&source.metric, path));
    errors.extend(validate_target(&source.target, path));
    if source.target.value.is_none() && source.target.average_value.is_none() {
        let detail = "must set either a target value or averageValue";
        errors.push(required(format!("{path}.target.averageValue"), detail));
    }
    errors
}

fn validate_external(source: &ExternalMetricSource, path: &str) -> Vec<FieldError> {
    let mut errors = validate_identifier(&source.metric, path);
    errors.extend(validate_target(&source.target, path));
    match (&source.target.value, &source.target.average_value) {
        (None, None) => {
            let detail = "must set either a target value for metric or a per-pod target";
            errors.push(required(format!("{path}.target.averageValue"), detail));
        }
        (Some(_), Some(_)) => {
            let detail = "may not set both a target value for metric and a per-pod target";
            errors.push(forbidden(format!("{path}.target.value"), detail));
        }
        _ => {}
    }
    errors
}

fn validate_pods(source: &PodsMetricSource, path: &str) -> Vec<FieldError> {
    let mut errors = validate_identifier(&source.metric, path);
    errors.extend(validate_target(&source.target, path));
    if source.target.average_value.is_none() {
        let detail = "must specify a positive target averageValue";
        errors.push(required(format!("{path}.target.averageValue"), detail));
    }
    errors
}

fn validate_resource(source: &ResourceMetricSource, path: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if source.name.is_empty() {
        errors.push(required(format!("{path}.name"), "must specify a resource name"));
    }
    errors.extend(validate_target(&source.target, path));
    errors.extend(validate_resource_target(&source.target, path));
    errors
}

fn validate_container_resource(
    source: &ContainerResourceMetricSource,
    path: &str,
) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let (name, container) = (format!("{path}.name"), format!("{path}.container"));
    if source.name.is_empty() {
        errors.push(required(name, "must specify a resource name"));
    } else {
        errors.extend(validate_container_resource_name(&source.name, &name));
    }
    if source.container.is_empty() {
        errors.push(required(container, "must specify a container"));
    } else {
        errors.extend(invalid_each(
            &container,
            &source.container,
            dns_1123_label(&source.container),
        ));
    }
    errors.extend(validate_target(&source.target, path));
    errors.extend(validate_resource_target(&source.target, path));
    errors
}

/// Utilization or average, and not both.
fn validate_resource_target(target: &MetricTarget, path: &str) -> Vec<FieldError> {
    match (target.average_utilization, &target.average_value) {
        (None, None) => {
            let detail = "must set either a target raw value or a target utilization";
            vec![required(format!("{path}.target.averageUtilization"), detail)]
        }
        (Some(_), Some(_)) => {
            let detail = "may not set both a target raw value and a target utilization";
            vec![forbidden(format!("{path}.target.averageValue"), detail)]
        }
        _ => Vec::new(),
    }
}

/// `validateMetricIdentifier`.
fn validate_identifier(metric: &MetricIdentifier, path: &str) -> Vec<FieldError> {
    let field = format!("{path}.metric.name");
    if metric.name.is_empty() {
        return vec![required(field, "must specify a metric name")];
    }
    invalid_each(&field, &metric.name, path_segment(&metric.name))
}

/// `validateMetricTarget`. The type is not compared with the values that are set.
fn validate_target(target: &MetricTarget, path: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let type_path = format!("{path}.target.type");
    if target.type_.is_empty() {
        errors.push(required(type_path.clone(), "must specify a metric target type"));
    }
    if !["Utilization", "Value", "AverageValue"].contains(&target.type_.as_str()) {
        let detail = "must be either Utilization, Value, or AverageValue";
        errors.push(invalid(type_path, &target.type_, detail));
    }
    let mut positive = |name: &str, value: &Option<Quantity>| {
        if let Some(value) = value.as_ref().filter(|value| value.sign() <= 0) {
            let field = format!("{path}.target.{name}");
            errors.push(invalid(field, &value.to_string(), "must be positive"));
        }
    };
    positive("value", &target.value);
    positive("averageValue", &target.average_value);
    if let Some(percent) = target.average_utilization.filter(|percent| *percent < 1) {
        let field = format!("{path}.target.averageUtilization");
        errors.push(invalid(field, &percent, "must be greater than 0"));
    }
    errors
}
