//! What steers pods to nodes. Mirrors its part of `pkg/apis/core/validation/validation.go` (v1.36).
//! Left out: rules on `matchLabelKeys`, and on fields of nodes.

use std::collections::BTreeSet;

use super::invalid_each;
use super::metadata::validate_label_selector;
use crate::api::core::{
    Affinity, NodeAffinity, NodeSelectorTerm, PodAffinity, PodAffinityTerm, Taint, Toleration,
    TopologySpreadConstraint,
};
use crate::api::meta::LabelSelectorRequirement;
use crate::manifest::field_error::{
    FieldError, duplicate, forbidden, invalid, not_supported, required,
};
use crate::manifest::names::{dns_1123_label, label_value, qualified_name};

const EFFECTS: [&str; 3] = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

/// `validateAffinity`.
pub(super) fn validate_affinity(affinity: &Affinity, path: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if let Some(nodes) = &affinity.node_affinity {
        errors.extend(validate_node_affinity(nodes, &format!("{path}.nodeAffinity")));
    }
    for (name, pods) in
        [("podAffinity", &affinity.pod_affinity), ("podAntiAffinity", &affinity.pod_anti_affinity)]
    {
        if let Some(pods) = pods {
            errors.extend(validate_pod_affinity(pods, &format!("{path}.{name}")));
        }
    }
    errors
}

fn validate_node_affinity(affinity: &NodeAffinity, path: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if let Some(terms) = &affinity.required {
        let path =
            format!("{path}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms");
        if terms.is_empty() {
            errors.push(required(path.clone(), "must have at least one node selector term"));
        }
        for (index, term) in terms.iter().enumerate() {
            errors.extend(validate_node_selector_term(term, true, &format!("{path}[{index}]")));
        }
    }
    for (index, term) in affinity.preferred.iter().enumerate() {
        let path = format!("{path}.preferredDuringSchedulingIgnoredDuringExecution[{index}]");
        errors.extend(validate_weight(term.weight, &path));
        // A value that no node can have does no harm where it is only preferred.
        let path = format!("{path}.preference");
        errors.extend(validate_node_selector_term(&term.preference, false, &path));
    }
    errors
}

fn validate_weight(weight: i32, path: &str) -> Option<FieldError> {
    let fits = (1..=100).contains(&weight);
    (!fits).then(|| invalid(format!("{path}.weight"), &weight, "must be in the range 1-100"))
}

fn validate_node_selector_term(
    term: &NodeSelectorTerm,
    check_values: bool,
    path: &str,
) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for (index, requirement) in term.match_expressions.iter().enumerate() {
        let path = format!("{path}.matchExpressions[{index}]");
        errors.extend(validate_node_selector_requirement(requirement, check_values, &path));
    }
    errors
}

/// `ValidateNodeSelectorRequirement`.
fn validate_node_selector_requirement(
    requirement: &LabelSelectorRequirement,
    check_values: bool,
    path: &str,
) -> Vec<FieldError> {
    let values = format!("{path}.values");
    let count = requirement.values.len();
    let mut errors = Vec::new();
    match requirement.operator.as_str() {
        "In" | "NotIn" if count == 0 => {
            errors.push(required(
                values.clone(),
                "must be specified when `operator` is 'In' or 'NotIn'",
            ));
        }
        "Exists" | "DoesNotExist" if count > 0 => errors.push(forbidden(
            values.clone(),
            "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
        )),
        "Gt" | "Lt" if count != 1 => errors.push(required(
            values.clone(),
            "must be specified single value when `operator` is 'Lt' or 'Gt'",
        )),
        "In" | "NotIn" | "Exists" | "DoesNotExist" | "Gt" | "Lt" => {}
        operator => {
            let field = format!("{path}.operator");
            errors.push(invalid(field, operator, "not a valid selector operator"));
        }
    }
    let key = &requirement.key;
    errors.extend(invalid_each(&format!("{path}.key"), key, qualified_name(key)));
    for (index, value) in requirement.values.iter().enumerate().filter(|_| check_values) {
        errors.extend(invalid_each(&format!("{values}[{index}]"), value, label_value(value)));
    }
    errors
}

fn validate_pod_affinity(affinity: &PodAffinity, path: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for (index, term) in affinity.required.iter().enumerate() {
        let path = format!("{path}.requiredDuringSchedulingIgnoredDuringExecution[{index}]");
        errors.extend(validate_pod_affinity_term(term, &path));
    }
    for (index, term) in affinity.preferred.iter().enumerate() {
        let path = format!("{path}.preferredDuringSchedulingIgnoredDuringExecution[{index}]");
        errors.extend(validate_weight(term.weight, &path));
        let path = format!("{path}.podAffinityTerm");
        errors.extend(validate_pod_affinity_term(&term.pod_affinity_term, &path));
    }
    errors
}

/// `validatePodAffinityTerm`.
fn validate_pod_affinity_term(term: &PodAffinityTerm, path: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for (name, selector) in
        [("labelSelector", &term.label_selector), ("namespaceSelector", &term.namespace_selector)]
    {
        if let Some(selector) = selector {
            errors.extend(validate_label_selector(selector, &format!("{path}.{name}")));
        }
    }
    for namespace in &term.namespaces {
        let field = format!("{path}.namespace");
        errors.extend(invalid_each(&field, namespace, dns_1123_label(namespace)));
    }
    let field = format!("{path}.topologyKey");
    if term.topology_key.is_empty() {
        errors.push(required(field.clone(), "can not be empty"));
    }
    errors.extend(invalid_each(&field, &term.topology_key, qualified_name(&term.topology_key)));
    errors
}

/// `ValidateTolerations`.
pub(super) fn validate_tolerations(tolerations: &[Toleration], path: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for (index, toleration) in tolerations.iter().enumerate() {
        errors.extend(validate_toleration(toleration, &format!("{path}[{index}]")));
    }
    errors
}

fn validate_toleration(toleration: &Toleration, path: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let operator = format!("{path}.operator");
    if toleration.key.is_empty() {
        if toleration.operator != "Exists" {
            let detail = "operator must be Exists when `key` is empty, \
                          which means \"match all values and all keys\"";
            errors.push(invalid(operator.clone(), &toleration.operator, detail));
        }
    } else {
        let key = &toleration.key;
        errors.extend(invalid_each(&format!("{path}.key"), key, qualified_name(key)));
    }
    if toleration.toleration_seconds.is_some() && toleration.effect != "NoExecute" {
        let detail = "effect must be 'NoExecute' when `tolerationSeconds` is set";
        errors.push(invalid(format!("{path}.effect"), &toleration.effect, detail));
    }
    let value = &toleration.value;
    match toleration.operator.as_str() {
        "" | "Equal" => {
            let wrong = label_value(value);
            if !wrong.is_empty() {
                errors.push(invalid(operator, value, &wrong.join(";")));
            }
        }
        "Exists" if !value.is_empty() => {
            errors.push(invalid(
                operator,
                value,
                "value must be empty when `operator` is 'Exists'",
            ));
        }
        "Exists" => {}
        other => errors.push(not_supported(operator, other, &["Equal", "Exists"])),
    }
    if !toleration.effect.is_empty() {
        errors.extend(validate_effect(&toleration.effect, &format!("{path}.effect")));
    }
    errors
}

fn validate_effect(effect: &str, path: &str) -> Option<FieldError> {
    (!EFFECTS.contains(&effect)).then(|| not_supported(path, effect, &EFFECTS))
}

/// `validateNodeTaints`.
pub(super) fn validate_taints(taints: &[Taint], path: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let mut seen = BTreeSet::new();
    for (index, taint) in taints.iter().enumerate() {
        let path = format!("{path}[{index}]");
        errors.extend(invalid_each(&format!("{path}.key"), &taint.key, qualified_name(&taint.key)));
        let wrong = label_value(&taint.value);
        if !wrong.is_empty() {
            errors.push(invalid(format!("{path}.value"), &taint.value, &wrong.join(";")));
        }
        let effect = format!("{path}.effect");
        if taint.effect.is_empty() {
            errors.push(required(effect, ""));
        } else {
            errors.extend(validate_effect(&taint.effect, &effect));
        }
        if !seen.insert((&taint.effect, &taint.key)) {
            let mut error = duplicate(path, &taint.key);
            error.message.push_str(": taints must be unique by key and effect pair");
            errors.push(error);
        }
    }
    errors
}

/// `validateTopologySpreadConstraints`.
pub(super) fn validate_topology_spread_constraints(
    constraints: &[TopologySpreadConstraint],
    path: &str,
) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for (index, constraint) in constraints.iter().enumerate() {
        let path = format!("{path}[{index}]");
        errors.extend(validate_constraint(constraint, &path));
        let again = constraints[index + 1..].iter().any(|other| {
            other.topology_key == constraint.topology_key
                && other.when_unsatisfiable == constraint.when_unsatisfiable
        });
        if again {
            let pair =
                format!("{{{}, {}}}", constraint.topology_key, constraint.when_unsatisfiable);
            errors.push(duplicate(format!("{path}.{{topologyKey, whenUnsatisfiable}}"), &pair));
        }
        if let Some(selector) = &constraint.label_selector {
            errors.extend(validate_label_selector(selector, &format!("{path}.labelSelector")));
        }
    }
    errors
}

fn validate_constraint(constraint: &TopologySpreadConstraint, path: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if constraint.max_skew <= 0 {
        let field = format!("{path}.maxSkew");
        errors.push(invalid(field, &constraint.max_skew, "must be greater than 0"));
    }
    if constraint.topology_key.is_empty() {
        errors.push(required(format!("{path}.topologyKey"), "can not be empty"));
    }
    let action = constraint.when_unsatisfiable.as_str();
    let actions = ["DoNotSchedule", "ScheduleAnyway"];
    if !actions.contains(&action) {
        errors.push(not_supported(format!("{path}.whenUnsatisfiable"), action, &actions));
    }
    if let Some(count) = constraint.min_domains {
        let field = format!("{path}.minDomains");
        if count <= 0 {
            errors.push(invalid(field.clone(), &count, "must be greater than 0"));
        }
        if action != "DoNotSchedule" {
            let detail =
                format!("can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {action}");
            errors.push(invalid(field, &count, &detail));
        }
    }
    for (name, policy) in [
        ("nodeAffinityPolicy", &constraint.node_affinity_policy),
        ("nodeTaintsPolicy", &constraint.node_taints_policy),
    ] {
        if let Some(policy) = policy.as_deref().filter(|text| !matches!(*text, "Honor" | "Ignore"))
        {
            errors.push(not_supported(format!("{path}.{name}"), policy, &["Honor", "Ignore"]));
        }
    }
    errors
}
