//! Mirrors `pkg/apis/policy/validation/validation.go` (v1.36). Left out: the status.

use serde_json::json;

use super::apps::{validate_not_more_than_100_percent, validate_positive_int_or_percent};
use super::metadata::{validate_label_selector, validate_object_meta};
use crate::api::policy::PodDisruptionBudget;
use crate::manifest::field_error::{FieldError, invalid_json, not_supported};
use crate::manifest::names::path_segment;

/// `ValidatePodDisruptionBudget`, with the metadata that the strategy validates.
pub fn validate_pod_disruption_budget(budget: &PodDisruptionBudget) -> Vec<FieldError> {
    let mut errors = validate_object_meta(&budget.metadata, Some(path_segment), true);
    let spec = &budget.spec;
    if spec.min_available.is_some() && spec.max_unavailable.is_some() {
        let detail = "minAvailable and maxUnavailable cannot be both set";
        // Upstream prints its internal type, whose fields have no JSON names.
        let value = json!({
            "MinAvailable": spec.min_available,
            "Selector": spec.selector,
            "MaxUnavailable": spec.max_unavailable,
            "UnhealthyPodEvictionPolicy": spec.unhealthy_pod_eviction_policy,
        });
        errors.push(invalid_json("spec", &value, detail));
    }
    for (field, value) in
        [("spec.minAvailable", &spec.min_available), ("spec.maxUnavailable", &spec.max_unavailable)]
    {
        if let Some(value) = value {
            errors.extend(validate_positive_int_or_percent(value, field));
            errors.extend(validate_not_more_than_100_percent(value, field));
        }
    }
    if let Some(selector) = &spec.selector {
        errors.extend(validate_label_selector(selector, "spec.selector"));
    }
    let supported = ["AlwaysAllow", "IfHealthyBudget"];
    if let Some(policy) = &spec.unhealthy_pod_eviction_policy
        && !supported.contains(&policy.as_str())
    {
        errors.push(not_supported("spec.unhealthyPodEvictionPolicy", policy, &supported));
    }
    errors
}
