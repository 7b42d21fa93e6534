//! Mirrors `k8s.io/apimachinery/pkg/api/validation/objectmeta.go` (v1.36). Left out: generated
//! names, generation, owner references, finalizers and managed fields, which manifests do not
//! decide.

use super::invalid_each;
use crate::api::meta::{LabelSelector, ObjectMeta, StringMap};
use crate::manifest::field_error::{FieldError, forbidden, invalid, required, too_long};
use crate::manifest::names::{dns_1123_label, label_value, qualified_name};

/// `TotalAnnotationSizeLimitB` \[bytes\].
const ANNOTATION_BYTES_MAX: usize = 256 * 1024;

/// What a kind's names must look like.
pub(super) type NameRule = fn(&str) -> Vec<String>;

/// `ValidateObjectMeta` of an object, at `metadata`.
pub(super) fn validate_object_meta(
    meta: &ObjectMeta,
    name_rule: Option<NameRule>,
    namespaced: bool,
) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if meta.name.is_empty() {
        errors.push(required("metadata.name", "name or generateName is required"));
    } else if let Some(rule) = name_rule {
        errors.extend(invalid_each("metadata.name", &meta.name, rule(&meta.name)));
    }
    if namespaced && meta.namespace.is_empty() {
        errors.push(required("metadata.namespace", ""));
    } else if namespaced {
        let wrong = dns_1123_label(&meta.namespace);
        errors.extend(invalid_each("metadata.namespace", &meta.namespace, wrong));
    } else if !meta.namespace.is_empty() {
        errors.push(forbidden("metadata.namespace", "not allowed on this type"));
    }
    errors.extend(validate_labels(&meta.labels, "metadata.labels"));
    errors.extend(validate_annotations(&meta.annotations, "metadata.annotations"));
    errors
}

/// `ValidateObjectMetaUpdate`.
pub(super) fn validate_object_meta_update(new: &ObjectMeta, old: &ObjectMeta) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for (field, new, old) in [
        ("metadata.name", &new.name, &old.name),
        ("metadata.namespace", &new.namespace, &old.namespace),
    ] {
        if new != old {
            errors.push(invalid(field, new, "field is immutable"));
        }
    }
    errors.extend(validate_labels(&new.labels, "metadata.labels"));
    errors.extend(validate_annotations(&new.annotations, "metadata.annotations"));
    errors
}

/// `ValidateLabels`.
pub(super) fn validate_labels(labels: &StringMap, path: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for (key, value) in labels {
        errors.extend(invalid_each(path, key, qualified_name(key)));
        errors.extend(invalid_each(path, value, label_value(value)));
    }
    errors
}

/// `ValidateAnnotations`.
pub(super) fn validate_annotations(annotations: &StringMap, path: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for key in annotations.keys() {
        errors.extend(invalid_each(path, key, qualified_name(&key.to_lowercase())));
    }
    let bytes: usize = annotations.iter().map(|(key, value)| key.len() + value.len()).sum();
    if bytes > ANNOTATION_BYTES_MAX {
        errors.push(too_long(path, ANNOTATION_BYTES_MAX));
    }
    errors
}

/// `ValidateLabelSelector` of `k8s.io/apimachinery/pkg/apis/meta/v1/validation`.
pub(super) fn validate_label_selector(selector: &LabelSelector, path: &str) -> Vec<FieldError> {
    let mut errors = validate_labels(&selector.match_labels, &format!("{path}.matchLabels"));
    for (index, expression) in selector.match_expressions.iter().enumerate() {
        let path = format!("{path}.matchExpressions[{index}]");
        let has_values = !expression.values.is_empty();
        match expression.operator.as_str() {
            "In" | "NotIn" if !has_values => errors.push(required(
                format!("{path}.values"),
                "must be specified when `operator` is 'In' or 'NotIn'",
            )),
            "Exists" | "DoesNotExist" if has_values => errors.push(forbidden(
                format!("{path}.values"),
                "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
            )),
            "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
            operator => {
                let field = format!("{path}.operator");
                errors.push(invalid(field, operator, "not a valid selector operator"));
            }
        }
        errors.extend(invalid_each(
            &format!("{path}.key"),
            &expression.key,
            qualified_name(&expression.key),
        ));
        for (index, value) in expression.values.iter().enumerate() {
            let field = format!("{path}.values[{index}]");
            errors.extend(invalid_each(&field, value, label_value(value)));
        }
    }
    errors
}
