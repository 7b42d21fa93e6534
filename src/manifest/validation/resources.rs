//! Requests, limits and capacities. Mirrors the resource parts of
//! `pkg/apis/core/validation/validation.go` and `pkg/apis/core/helper/helpers.go` (v1.36). Left
//! out: page sizes, claims, and how requests of a pod and of its containers go together.

use super::invalid_each;
use crate::api::core::ResourceRequirements;
use crate::api::quantity::Quantity;
use crate::manifest::field_error::{FieldError, forbidden, invalid, not_supported, required};
use crate::manifest::names::qualified_name;

/// Resources that containers may have by a name without domain.
const STANDARD_CONTAINER: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];

/// Names of resources and of quotas that need no domain.
const STANDARD: [&str; 20] = [
    "cpu",
    "memory",
    "ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.ephemeral-storage",
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "storage",
    "requests.storage",
    "services.nodeports",
    "services.loadbalancers",
];

/// Names of things that are counted.
const INTEGER: [&str; 9] = [
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "services.nodeports",
    "services.loadbalancers",
];

fn is_huge_page(name: &str) -> bool {
    name.starts_with("hugepages-")
}

/// `IsNativeResource`: no domain, or Kubernetes' own.
fn is_native(name: &str) -> bool {
    !name.contains('/') || name.contains("kubernetes.io/")
}

/// `IsExtendedResourceName`.
fn is_extended(name: &str) -> bool {
    !is_native(name)
        && !name.starts_with("requests.")
        && qualified_name(&format!("requests.{name}")).is_empty()
}

/// `IsOvercommitAllowed`.
fn may_be_overcommitted(name: &str) -> bool {
    is_native(name) && !is_huge_page(name)
}

/// `ValidateContainerResourceName`.
pub(super) fn validate_container_resource_name(name: &str, path: &str) -> Vec<FieldError> {
    let mut errors = validate_resource_name(name, path);
    let standard = STANDARD_CONTAINER.contains(&name) || is_huge_page(name);
    if !name.contains('/') && !standard {
        errors.push(invalid(path, name, "must be a standard resource for containers"));
    } else if !is_native(name) && !is_extended(name) {
        errors.push(invalid(path, name, "doesn't follow extended resource name standard"));
    }
    errors
}

/// `validatePodResourceName`.
fn validate_pod_resource_name(name: &str, path: &str) -> Vec<FieldError> {
    let errors = validate_resource_name(name, path);
    if !errors.is_empty() || matches!(name, "cpu" | "memory") || is_huge_page(name) {
        return errors;
    }
    vec![not_supported(path, name, &["cpu", "hugepages-", "memory"])]
}

/// `validateResourceName`.
fn validate_resource_name(name: &str, path: &str) -> Vec<FieldError> {
    let errors = invalid_each(path, name, qualified_name(name));
    let huge = is_huge_page(name) || name.starts_with("requests.hugepages-");
    if errors.is_empty() && !name.contains('/') && !STANDARD.contains(&name) && !huge {
        let detail = "must be a standard resource type or fully qualified";
        return vec![invalid(path, name, detail)];
    }
    errors
}

/// `ValidateResourceQuantityValue`.
pub(super) fn validate_quantity(name: &str, quantity: &Quantity, path: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let text = quantity.to_string();
    if quantity.sign() < 0 {
        errors.push(invalid(path, &text, "must be greater than or equal to 0"));
    }
    let counted = INTEGER.contains(&name) || is_extended(name);
    if counted && quantity.milli_value() % 1000 != 0 {
        errors.push(invalid(path, &text, "must be an integer"));
    }
    errors
}

/// `ValidateContainerResourceRequirements`.
pub(super) fn validate_container_requirements(
    resources: &ResourceRequirements,
    path: &str,
) -> Vec<FieldError> {
    validate_requirements(resources, validate_container_resource_name, path)
}

/// `validatePodResourceRequirements`.
pub(super) fn validate_pod_requirements(
    resources: &ResourceRequirements,
    path: &str,
) -> Vec<FieldError> {
    validate_requirements(resources, validate_pod_resource_name, path)
}

/// `validateResourceRequirements`.
fn validate_requirements(
    resources: &ResourceRequirements,
    name_rule: fn(&str, &str) -> Vec<FieldError>,
    path: &str,
) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for (name, limit) in &resources.limits {
        let field = format!("{path}.limits[{name}]");
        errors.extend(name_rule(name, &field));
        errors.extend(validate_quantity(name, limit, &field));
    }
    for (name, request) in &resources.requests {
        let field = format!("{path}.requests[{name}]");
        errors.extend(name_rule(name, &field));
        errors.extend(validate_quantity(name, request, &field));
        errors.extend(validate_request_beside_limit(name, request, resources, path));
    }
    let has = |test: fn(&str) -> bool| {
        resources.limits.keys().chain(resources.requests.keys()).any(|name| test(name))
    };
    if has(is_huge_page) && !has(|name| matches!(name, "cpu" | "memory")) {
        errors.push(forbidden(path, "HugePages require cpu or memory"));
    }
    errors
}

/// A request may not exceed its limit; what cannot be overcommitted must equal it.
fn validate_request_beside_limit(
    name: &str,
    request: &Quantity,
    resources: &ResourceRequirements,
    path: &str,
) -> Option<FieldError> {
    let Some(limit) = resources.limits.get(name) else {
        let detail = "Limit must be set for non overcommitable resources";
        return (!may_be_overcommitted(name)).then(|| required(format!("{path}.limits"), detail));
    };
    let order = request.compare(limit);
    let detail = if order.is_ne() && !may_be_overcommitted(name) {
        format!("must be equal to {name} limit of {limit}")
    } else if order.is_gt() {
        format!("must be less than or equal to {name} limit of {limit}")
    } else {
        return None;
    };
    Some(invalid(format!("{path}.requests"), &request.to_string(), &detail))
}
