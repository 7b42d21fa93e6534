//! Mirrors `pkg/apis/autoscaling/validation/validation.go` (v1.36), with the bounds that
//! `pkg/registry/autoscaling/horizontalpodautoscaler/strategy.go` derives from the object that is
//! replaced. Left out: status updates, `ValidateScale`.

use super::invalid_each;
use super::metadata::{validate_object_meta, validate_object_meta_update};
use super::metrics::validate_metrics;
use crate::api::autoscaling::{
    CrossVersionObjectReference, HorizontalPodAutoscaler, HorizontalPodAutoscalerBehavior,
    HorizontalPodAutoscalerSpec, HpaScalingPolicy, HpaScalingRules,
};
use crate::manifest::field_error::{FieldError, invalid, not_supported, required};
use crate::manifest::names::{dns_1123_subdomain, path_segment};

/// `MaxPeriodSeconds` \[s\].
const PERIOD_SECONDS_MAX: i32 = 1800;
/// `MaxStabilizationWindowSeconds` \[s\].
const STABILIZATION_WINDOW_SECONDS_MAX: i32 = 3600;

/// What an update may keep although a new object may not have it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Options {
    min_replicas_bound: i32,
    scale_target_ref: ReferenceOptions,
    pub(super) object_metrics: ReferenceOptions,
}

/// What a reference may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct ReferenceOptions {
    allow_empty_group: bool,
    allow_invalid_api_version: bool,
}

/// `ValidateHorizontalPodAutoscaler`, or `ValidateHorizontalPodAutoscalerUpdate` if the object
/// replaces another. The object is taken as defaulted; the gate `HPAScaleToZero` is off.
pub fn validate_horizontal_pod_autoscaler(
    hpa: &HorizontalPodAutoscaler,
    old: Option<&HorizontalPodAutoscaler>,
) -> Vec<FieldError> {
    let options = options(hpa, old);
    let mut errors = match old {
        None => validate_object_meta(&hpa.metadata, Some(dns_1123_subdomain), true),
        Some(old) => validate_object_meta_update(&hpa.metadata, &old.metadata),
    };
    errors.extend(validate_spec(&hpa.spec, options));
    errors
}

/// `validationOptionsForHorizontalPodAutoscaler`.
fn options(hpa: &HorizontalPodAutoscaler, old: Option<&HorizontalPodAutoscaler>) -> Options {
    let mut options = Options {
        min_replicas_bound: 1,
        scale_target_ref: ReferenceOptions {
            allow_empty_group: false,
            allow_invalid_api_version: false,
        },
        object_metrics: ReferenceOptions {
            allow_empty_group: true,
            allow_invalid_api_version: false,
        },
    };
    let Some(old) = old else { return options };
    if old.spec.min_replicas == Some(0) {
        options.min_replicas_bound = 0;
    }
    let (new_ref, old_ref) = (&hpa.spec.scale_target_ref, &old.spec.scale_target_ref);
    options.scale_target_ref.allow_invalid_api_version =
        new_ref.kind == old_ref.kind && new_ref.api_version == old_ref.api_version;
    let objects = old.spec.metrics.iter().flatten().filter(|metric| metric.type_ == "Object");
    let described = objects.filter_map(|metric| metric.object.as_ref());
    options.object_metrics.allow_invalid_api_version = described
        .map(|object| &object.described_object)
        .any(|reference| validate_api_version(reference, options.object_metrics).is_some());
    options
}

fn validate_spec(spec: &HorizontalPodAutoscalerSpec, options: Options) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let bound = options.min_replicas_bound;
    if let Some(min) = spec.min_replicas.filter(|min| *min < bound) {
        let detail = format!("must be greater than or equal to {bound}");
        errors.push(invalid("spec.minReplicas", &min, &detail));
    }
    let max = spec.max_replicas;
    if max == 0 {
        errors.push(required("spec.maxReplicas", "must be set and greater than 0"));
    } else if max < 0 {
        errors.push(invalid("spec.maxReplicas", &max, "must be greater than or equal to 1"));
    }
    if spec.min_replicas.is_some_and(|min| max < min) {
        let detail = "must be greater than or equal to `minReplicas`";
        errors.push(invalid("spec.maxReplicas", &max, detail));
    }
    let reference = &spec.scale_target_ref;
    errors.extend(validate_reference(reference, "spec.scaleTargetRef", options.scale_target_ref));
    errors.extend(validate_metrics(spec, "spec.metrics", options));
    if let Some(behavior) = &spec.behavior {
        errors.extend(validate_behavior(behavior));
    }
    errors
}

/// `ValidateCrossVersionObjectReference`.
pub(super) fn validate_reference(
    reference: &CrossVersionObjectReference,
    path: &str,
    options: ReferenceOptions,
) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for (name, value) in [("kind", &reference.kind), ("name", &reference.name)] {
        let field = format!("{path}.{name}");
        if value.is_empty() {
            errors.push(required(field, ""));
        } else {
            errors.extend(invalid_each(&field, value, path_segment(value)));
        }
    }
    if let Some(detail) = validate_api_version(reference, options) {
        errors.push(invalid(format!("{path}.apiVersion"), &reference.api_version, &detail));
    }
    errors
}

/// `ValidateAPIVersion`: what is wrong with the group and version of a reference.
fn validate_api_version(
    reference: &CrossVersionObjectReference,
    options: ReferenceOptions,
) -> Option<String> {
    if options.allow_invalid_api_version {
        return None;
    }
    let version = reference.api_version.as_str();
    let group = match version.split('/').collect::<Vec<_>>().as_slice() {
        [_] | ["", ""] => "",
        [group, _] => group,
        _ => return Some(format!("unexpected GroupVersion string: {version}")),
    };
    let may_be_empty = options.allow_empty_group || reference.kind == "ReplicationController";
    (group.is_empty() && !may_be_empty).then(|| "apiVersion must specify API group".to_owned())
}

fn validate_behavior(behavior: &HorizontalPodAutoscalerBehavior) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for (name, rules) in [("scaleUp", &behavior.scale_up), ("scaleDown", &behavior.scale_down)] {
        if let Some(rules) = rules {
            errors.extend(validate_scaling_rules(rules, &format!("spec.behavior.{name}")));
        }
    }
    errors
}

fn validate_scaling_rules(rules: &HpaScalingRules, path: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let field = format!("{path}.stabilizationWindowSeconds");
    match rules.stabilization_window_seconds {
        Some(window) if window < 0 => {
            errors.push(invalid(field, &window, "must be greater than or equal to zero"));
        }
        Some(window) if window > STABILIZATION_WINDOW_SECONDS_MAX => {
            let detail =
                format!("must be less than or equal to {STABILIZATION_WINDOW_SECONDS_MAX}");
            errors.push(invalid(field, &window, &detail));
        }
        _ => {}
    }
    if let Some(select) = &rules.select_policy {
        let supported = ["Disabled", "Max", "Min"];
        if !supported.contains(&select.as_str()) {
            errors.push(not_supported(format!("{path}.selectPolicy"), select, &supported));
        }
    }
    let policies = rules.policies.as_deref().unwrap_or_default();
    if policies.is_empty() {
        errors.push(required(format!("{path}.policies"), "must specify at least one Policy"));
    }
    for (index, policy) in policies.iter().enumerate() {
        errors.extend(validate_scaling_policy(policy, &format!("{path}.policies[{index}]")));
    }
    if let Some(tolerance) = rules.tolerance.as_ref().filter(|tolerance| tolerance.sign() < 0) {
        let detail = "must be greater than or equal to 0";
        errors.push(invalid(format!("{path}.tolerance"), &tolerance.to_string(), detail));
    }
    errors
}

fn validate_scaling_policy(policy: &HpaScalingPolicy, path: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let supported = ["Percent", "Pods"];
    if !supported.contains(&policy.type_.as_str()) {
        errors.push(not_supported(format!("{path}.type"), &policy.type_, &supported));
    }
    if policy.value <= 0 {
        errors.push(invalid(format!("{path}.value"), &policy.value, "must be greater than zero"));
    }
    let period = policy.period_seconds;
    if period <= 0 {
        errors.push(invalid(format!("{path}.periodSeconds"), &period, "must be greater than zero"));
    } else if period > PERIOD_SECONDS_MAX {
        let detail = format!("must be less than or equal to {PERIOD_SECONDS_MAX}");
        errors.push(invalid(format!("{path}.periodSeconds"), &period, &detail));
    }
    errors
}
