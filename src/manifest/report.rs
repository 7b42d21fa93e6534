//! What is wrong with a field, as a finding that points at it.

use super::field_error::{ErrorType, FieldError};
use super::fields::{FieldFault, Problem};
use super::object::ObjectTree;
use super::yaml::{Node, Value};
use crate::diagnostic::{Diagnostic, Severity, Span};

/// A broken rule, at its field.
pub(super) fn field_error(error: &FieldError, tree: &ObjectTree) -> Diagnostic {
    let field = written_path(&error.field);
    let place = tree.locate(&field);
    let node = tree.field(&field);
    if let Some(placeholder) = node.and_then(placeholder) {
        return placeholder;
    }
    let message = format!("{} is invalid: {error}", tree.title());
    let label = match (node, &place.missing) {
        (Some(node), _) if !matches!(node.value, Value::Map(_) | Value::Seq(_)) => {
            format!("this is {}", node.describe())
        }
        (None, Some(missing)) if is_default(error) => {
            format!("`{missing}` is not given here, and this is its default")
        }
        (None, Some(missing)) => format!("`{missing}` is missing here"),
        _ => String::new(),
    };
    let finding = Diagnostic::error(error.type_.code(), message).at(place.span, label);
    match help_for(error, tree) {
        Some(help) => finding.help(help),
        None => finding,
    }
}

/// Upstream's paths of some fields are not where they stand.
fn written_path(field: &str) -> String {
    field
        .replace("spec.template.labels", "spec.template.metadata.labels")
        .replace("spec.template.annotations", "spec.template.metadata.annotations")
        .replace("metadata.taints", "spec.taints")
}

/// Whether the value that breaks the rule can only come from a default.
fn is_default(error: &FieldError) -> bool {
    error.type_ == ErrorType::Invalid && !error.message.starts_with("Invalid value: \"\"")
}

/// What to write instead, for the rules that are broken most.
fn help_for(error: &FieldError, tree: &ObjectTree) -> Option<String> {
    let message = error.message.as_str();
    let help = if message.ends_with("apiVersion must specify API group") {
        match tree.field("spec.scaleTargetRef.kind").and_then(Node::as_str) {
            Some("Rollout") => "write `apiVersion: argoproj.io/v1alpha1`",
            _ => "write `apiVersion: apps/v1`",
        }
    } else if message.ends_with("greater than or equal to `minReplicas`") {
        let min = tree.field("spec.minReplicas").and_then(Node::as_i64).unwrap_or(1);
        return Some(format!("write `maxReplicas: {}` or more", min.max(1)));
    } else if message.ends_with("does not match template `labels`") {
        "give the template all labels of `spec.selector.matchLabels`"
    } else if error.field == "spec.scaleTargetRef.kind" && message == "Required value" {
        "write `kind: Deployment`"
    } else if error.field == "spec.selector" && message == "Required value" {
        "write `selector: {matchLabels: {...}}` with labels of the template; \
         a kustomization may add it: `podtide run -k FOLDER`"
    } else if message.ends_with("must specify a metric target type") {
        "write `type: Utilization`, `type: AverageValue` or `type: Value`"
    } else if message.ends_with("may not be 0 when `maxSurge` is 0") {
        "let one of them be 1 or more, or the rollout could not begin"
    } else {
        return None;
    };
    Some(help.to_owned())
}

/// A field that cannot be decoded, or does not exist. `known` tells whether the kind plays a part:
/// elsewhere nothing is worse than a warning.
pub(super) fn field_fault(
    fault: &FieldFault,
    tree: &ObjectTree,
    unknown: Severity,
    decode: Severity,
) -> Diagnostic {
    match &fault.problem {
        Problem::Unknown { key, near, elsewhere } => {
            let message = format!("{} has an unknown field `{}`", tree.title(), fault.path);
            let finding = Diagnostic::new("field-unknown", unknown, message)
                .at(fault.span.clone(), "Kubernetes has no such field here");
            help_for_unknown(finding, key, *near, elsewhere.as_deref(), &fault.path, tree)
        }
        Problem::Decode { message, expected } => {
            let node = tree.field(&fault.path);
            if let Some(placeholder) = node.and_then(placeholder) {
                return placeholder;
            }
            let message = format!("{} cannot be read: {message}", tree.title());
            let label = node.map(|node| format!("this is {}", node.describe()));
            Diagnostic::new("field-type", decode, message)
                .at(fault.span.clone(), label.unwrap_or_default())
                .help(format!("`{}` takes {expected}", fault.path))
        }
    }
}

fn help_for_unknown(
    finding: Diagnostic,
    key: &str,
    near: Option<&str>,
    elsewhere: Option<&str>,
    path: &str,
    tree: &ObjectTree,
) -> Diagnostic {
    if let Some(help) = version_help(key, tree) {
        return finding.help(help);
    }
    if let Some(near) = near {
        return finding.help(format!("did you mean `{near}`?"));
    }
    match elsewhere {
        Some(below) => {
            let parent = path.strip_suffix(key).unwrap_or_default();
            finding.help(format!("it belongs at `{parent}{below}`; check the indentation"))
        }
        None => finding,
    }
}

/// Fields that exist in another version of the same kind.
fn version_help(key: &str, tree: &ObjectTree) -> Option<String> {
    let api_version = tree.api_version.as_str();
    let help = match key {
        "targetCPUUtilizationPercentage" => {
            "this is a field of autoscaling/v1; here write a metric of `type: Resource`, \
             `resource: {name: cpu, target: {type: Utilization, averageUtilization: N}}`"
        }
        "targetAverageUtilization" => "write `target: {type: Utilization, averageUtilization: N}`",
        "targetAverageValue" => "write `target: {type: AverageValue, averageValue: N}`",
        "metrics" | "behavior" if api_version == "autoscaling/v1" => {
            "autoscaling/v1 has no such field; write `apiVersion: autoscaling/v2`"
        }
        "behavior" if api_version == "autoscaling/v2beta1" => {
            "autoscaling/v2beta1 has no such field; write `apiVersion: autoscaling/v2`"
        }
        _ => return None,
    };
    Some(help.to_owned())
}

/// A value that a template or a shell was to fill in.
pub(super) fn placeholder(node: &Node) -> Option<Diagnostic> {
    let text = node.as_str()?;
    if let Some(at) = text.find("{{") {
        return Some(template(text, at, node.span.clone()));
    }
    let at = text.find("${")?;
    let length = text[at..].find('}')? + 1;
    let name = &text[at..at + length];
    Some(
        Diagnostic::error("placeholder", format!("the placeholder `{name}` was not filled in"))
            .at(node.span.clone(), "this is not a value yet")
            .help("fill it in first: `envsubst < FILE | podtide run -`"),
    )
}

fn template(text: &str, at: usize, span: Span) -> Diagnostic {
    let length = text[at..].find("}}").map_or(text.len() - at, |length| length + 2);
    let shown: String = text[at..at + length].chars().take(60).collect();
    Diagnostic::error(
        "helm-template",
        format!("the template expression `{shown}` was not rendered"),
    )
    .at(span, "this is not a value yet")
    .help("render it first: `helm template CHART | podtide run -`")
}

/// How many names a note lists.
const NAMES_MAX: usize = 10;

/// Names in backticks; of very many the first.
pub(super) fn list(names: &[&str]) -> String {
    let shown: Vec<String> = names.iter().take(NAMES_MAX).map(|name| format!("`{name}`")).collect();
    let rest = names.len().saturating_sub(NAMES_MAX);
    let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    shown.join(", ") + &more
}
