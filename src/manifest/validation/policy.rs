//! Mirrors `pkg/apis/policy/validation/validation.go` (v1.36). Left out: the status.

use super::apps::{validate_not_more_than_100_percent, validate_positive_int_or_percent};
use super::metadata::{validate_label_selector, validate_object_meta};
use crate::api::policy::PodDisruptionBudget;
use crate::manifest::field_error::{FieldError, invalid_json, not_supported};
use crate::manifest::names::dns_1123_subdomain;

/// `ValidatePodDisruptionBudget`, with the metadata that the strategy validates.
pub fn validate_pod_disruption_budget(budget: &PodDisruptionBudget) -> Vec<FieldError> {
    let mut errors = validate_object_meta(&budget.metadata, Some(dns_1123_subdomain), true);
    let spec = &budget.spec;
    if spec.min_available.is_some() && spec.max_unavailable.is_some() {
        let detail = "minAvailable and maxUnavailable cannot be both set";
        errors.push(invalid_json("spec", spec, detail));
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
