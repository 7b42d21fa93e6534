//! Deployments. Mirrors `pkg/apis/apps/validation/validation.go` (v1.36). Left out: other kinds,
//! the status, rollbacks.

use serde_json::json;

use super::core::validate_pod_template_spec;
use super::invalid_each;
use super::metadata::{validate_label_selector, validate_object_meta, validate_object_meta_update};
use super::nonnegative;
use crate::api::apps::{Deployment, DeploymentSpec, DeploymentStrategy, RollingUpdateDeployment};
use crate::api::int_or_percent::IntOrPercent;
use crate::api::labels::Selector;
use crate::api::meta::LabelSelector;
use crate::manifest::field_error::{
    FieldError, forbidden, invalid, invalid_json, not_supported, not_supported_json, required,
};
use crate::manifest::names::{dns_1123_subdomain, percent};

/// `ValidateDeployment`, or `ValidateDeploymentUpdate` if the object replaces another.
pub fn validate_deployment(deployment: &Deployment, old: Option<&Deployment>) -> Vec<FieldError> {
    let mut errors = match old {
        None => validate_object_meta(&deployment.metadata, Some(dns_1123_subdomain), true),
        Some(old) => validate_object_meta_update(&deployment.metadata, &old.metadata),
    };
    errors.extend(validate_spec(&deployment.spec));
    if let Some(old) = old
        && old.spec.selector != deployment.spec.selector
    {
        errors.push(invalid_json("spec.selector", &deployment.spec.selector, "field is immutable"));
    }
    errors
}

/// `ValidateDeploymentSpec`.
fn validate_spec(spec: &DeploymentSpec) -> Vec<FieldError> {
    let mut errors = Vec::new();
    errors.extend(nonnegative("spec.replicas", spec.replicas.unwrap_or_default().into()));
    errors.extend(validate_selector(spec.selector.as_ref()));
    if selector_converts(spec.selector.as_ref()) {
        errors.extend(validate_template(spec));
    } else {
        errors.push(invalid_json("spec.selector", &spec.selector, "invalid label selector"));
    }
    errors.extend(validate_strategy(&spec.strategy));
    errors.extend(nonnegative("spec.minReadySeconds", spec.min_ready_seconds.into()));
    if let Some(limit) = spec.revision_history_limit {
        errors.extend(nonnegative("spec.revisionHistoryLimit", limit.into()));
    }
    if let Some(deadline) = spec.progress_deadline_seconds {
        let field = "spec.progressDeadlineSeconds";
        errors.extend(nonnegative(field, deadline.into()));
        if deadline <= spec.min_ready_seconds {
            errors.push(invalid(field, &deadline, "must be greater than minReadySeconds"));
        }
    }
    errors
}

fn validate_selector(selector: Option<&LabelSelector>) -> Vec<FieldError> {
    let Some(selector) = selector else { return vec![required("spec.selector", "")] };
    let mut errors = validate_label_selector(selector, "spec.selector");
    if selector.match_labels.is_empty() && selector.match_expressions.is_empty() {
        let detail = "empty selector is invalid for deployment";
        errors.push(invalid_json("spec.selector", selector, detail));
    }
    errors
}

/// Whether `LabelSelectorAsSelector` succeeds: it looks at operators, values and keys alike.
fn selector_converts(selector: Option<&LabelSelector>) -> bool {
    selector.is_none_or(|selector| validate_label_selector(selector, "").is_empty())
}

/// `ValidatePodTemplateSpecForReplicaSet`.
fn validate_template(spec: &DeploymentSpec) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let labels = &spec.template.metadata.labels;
    // An absent selector matches nothing, an empty one everything.
    if !Selector::from_label_selector(spec.selector.as_ref()).matches(labels) {
        let detail = "`selector` does not match template `labels`";
        errors.push(invalid_json("spec.template.metadata.labels", labels, detail));
    }
    errors.extend(validate_pod_template_spec(&spec.template, "spec.template"));
    let pod = &spec.template.spec;
    let restart = pod.restart_policy.as_deref().unwrap_or_default();
    if restart != "Always" {
        errors.push(not_supported("spec.template.spec.restartPolicy", restart, &["Always"]));
    }
    if pod.active_deadline_seconds.is_some() {
        errors.push(forbidden(
            "spec.template.spec.activeDeadlineSeconds",
            "activeDeadlineSeconds in ReplicaSet is not Supported",
        ));
    }
    errors
}

/// `ValidateDeploymentStrategy`.
fn validate_strategy(strategy: &DeploymentStrategy) -> Vec<FieldError> {
    match (strategy.type_.as_str(), &strategy.rolling_update) {
        ("Recreate", None) => Vec::new(),
        ("Recreate", Some(_)) => vec![forbidden(
            "spec.strategy.rollingUpdate",
            "may not be specified when strategy `type` is 'Recreate'",
        )],
        ("RollingUpdate", Some(update)) => validate_rolling_update(update),
        ("RollingUpdate", None) => {
            let detail = "this should be defaulted and never be nil";
            vec![required("spec.strategy.rollingUpdate", detail)]
        }
        (type_, update) => {
            // Upstream prints its internal type, whose fields have no JSON names.
            let update = update.as_ref().map(|update| {
                json!({"MaxUnavailable": update.max_unavailable, "MaxSurge": update.max_surge})
            });
            let value = json!({"Type": type_, "RollingUpdate": update});
            vec![not_supported_json("spec.strategy", &value, &["Recreate", "RollingUpdate"])]
        }
    }
}

/// `ValidateRollingUpdateDeployment`. Bounds are compared as raw numbers: `0%` counts as 0.
fn validate_rolling_update(update: &RollingUpdateDeployment) -> Vec<FieldError> {
    const UNAVAILABLE: &str = "spec.strategy.rollingUpdate.maxUnavailable";
    let unavailable = update.max_unavailable.clone().unwrap_or_default();
    let surge = update.max_surge.clone().unwrap_or_default();
    let mut errors = validate_positive_int_or_percent(&unavailable, UNAVAILABLE);
    errors.extend(validate_positive_int_or_percent(&surge, "spec.strategy.rollingUpdate.maxSurge"));
    if raw_number(&unavailable) == 0 && raw_number(&surge) == 0 {
        let detail = "may not be 0 when `maxSurge` is 0";
        errors.push(invalid_json(UNAVAILABLE, &unavailable, detail));
    }
    errors.extend(validate_not_more_than_100_percent(&unavailable, UNAVAILABLE));
    errors
}

/// `ValidatePositiveIntOrPercent`.
pub(super) fn validate_positive_int_or_percent(
    value: &IntOrPercent,
    field: &str,
) -> Vec<FieldError> {
    match value {
        IntOrPercent::Int(number) => nonnegative(field, i64::from(*number)),
        IntOrPercent::String(text) => invalid_each(field, text, percent(text)),
    }
}

/// `IsNotMoreThan100Percent`.
pub(super) fn validate_not_more_than_100_percent(
    value: &IntOrPercent,
    field: &str,
) -> Option<FieldError> {
    let too_much = percentage(value).is_some_and(|percent| percent > 100);
    too_much.then(|| invalid_json(field, value, "must not be greater than 100%"))
}

/// `getPercentValue`; held at the largest number, as Go's `Atoi` is.
fn percentage(value: &IntOrPercent) -> Option<i64> {
    match value {
        IntOrPercent::String(text) if percent(text).is_empty() => {
            Some(text.trim_end_matches('%').parse().unwrap_or(i64::MAX))
        }
        _ => None,
    }
}

/// `getIntOrPercentValue`: the number, whatever it means; 0 for a text that is none.
fn raw_number(value: &IntOrPercent) -> i64 {
    match value {
        IntOrPercent::Int(number) => i64::from(*number),
        IntOrPercent::String(text) => {
            percentage(value).unwrap_or_else(|| text.parse().unwrap_or_default())
        }
    }
}
