//! The JSON in annotations, as Go's `encoding/json` reads and writes it: keys in any case on the
//! way in, fields in the order of the struct on the way out.

use std::fmt::Write as _;

use super::flat_metrics::{FlatExternal, FlatMetricSpec, FlatObject, FlatPods, FlatResource};
use crate::api::autoscaling::{HorizontalPodAutoscalerBehavior, HpaScalingPolicy, HpaScalingRules};
use crate::api::meta::{LabelSelector, StringMap};
use crate::diagnostic::{SourceId, Span};
use crate::manifest::fields::{Fields, Problem};
use crate::manifest::yaml::{Entry, Node, Value, go_quote};

/// A JSON text as a tree of a type, with its keys spelled as the type spells them; nothing if the
/// text is no JSON or does not decode to the type.
pub(super) fn read_json(text: &str, type_name: &str) -> Option<Node> {
    let json: serde_json::Value = serde_json::from_str(text).ok()?;
    let fields = Fields::new();
    let mut node = to_node(json);
    spell(&fields, &mut node, type_name);
    let faults = fields.check(&node, type_name);
    let decodes = faults.iter().all(|fault| matches!(fault.problem, Problem::Unknown { .. }));
    decodes.then_some(node)
}

fn to_node(json: serde_json::Value) -> Node {
    let value = match json {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(value) => Value::Bool(value),
        serde_json::Value::Number(number) => match number.as_i64() {
            Some(number) => Value::Int(number),
            None => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        serde_json::Value::String(text) => Value::String(text),
        serde_json::Value::Array(items) => Value::Seq(items.into_iter().map(to_node).collect()),
        serde_json::Value::Object(entries) => Value::Map(
            entries
                .into_iter()
                .map(|(key, value)| Entry { key, key_span: span(), value: to_node(value) })
                .collect(),
        ),
    };
    Node::new(value, span())
}

/// Text inside a text has no place of its own.
fn span() -> Span {
    Span { source: SourceId(0), bytes: 0..0 }
}

/// Gives keys the case that the fields of a type have.
fn spell(fields: &Fields, node: &mut Node, type_name: &str) {
    match &mut node.value {
        Value::Seq(items) => {
            if let Some(item) = type_name.strip_prefix("[]") {
                for node in items {
                    spell(fields, node, item);
                }
            }
        }
        Value::Map(entries) => {
            for entry in entries {
                let same = |name: &str| name.eq_ignore_ascii_case(&entry.key);
                if let Some((name, field_type)) = fields.of(type_name).find(|(name, _)| same(name))
                {
                    name.clone_into(&mut entry.key);
                    spell(fields, &mut entry.value, field_type);
                }
            }
        }
        _ => {}
    }
}

/// The metrics of an HPA for the annotation.
pub(super) fn write_metrics(metrics: &[FlatMetricSpec]) -> String {
    list(metrics.iter().map(metric))
}

fn metric(metric: &FlatMetricSpec) -> String {
    Object::new()
        .text("type", &metric.type_)
        .some("object", metric.object.as_ref().map(object))
        .some("pods", metric.pods.as_ref().map(pods))
        .some("resource", metric.resource.as_ref().map(|source| resource(source).end()))
        .some("containerResource", metric.container_resource.as_ref().map(container_resource))
        .some("external", metric.external.as_ref().map(external))
        .end()
}

fn object(source: &FlatObject) -> String {
    let target = Object::new()
        .text("kind", &source.target.kind)
        .text("name", &source.target.name)
        .text_unless_empty("apiVersion", &source.target.api_version)
        .end();
    Object::new()
        .raw("target", &target)
        .text("metricName", &source.metric_name)
        .text("targetValue", &source.target_value.to_string())
        .some("selector", source.selector.as_ref().map(selector))
        .some("averageValue", source.average_value.as_ref().map(|value| quote(&value.to_string())))
        .end()
}

fn pods(source: &FlatPods) -> String {
    Object::new()
        .text("metricName", &source.metric_name)
        .text("targetAverageValue", &source.target_average_value.to_string())
        .some("selector", source.selector.as_ref().map(selector))
        .end()
}

fn resource(source: &FlatResource) -> Object {
    let average = source.target_average_value.as_ref();
    Object::new()
        .text("name", &source.name)
        .some("targetAverageUtilization", source.target_average_utilization.map(number))
        .some("targetAverageValue", average.map(|value| quote(&value.to_string())))
}

fn container_resource(source: &FlatResource) -> String {
    resource(source).text("container", &source.container).end()
}

fn external(source: &FlatExternal) -> String {
    let average = source.target_average_value.as_ref();
    Object::new()
        .text("metricName", &source.metric_name)
        .some("metricSelector", source.metric_selector.as_ref().map(selector))
        .some("targetValue", source.target_value.as_ref().map(|value| quote(&value.to_string())))
        .some("targetAverageValue", average.map(|value| quote(&value.to_string())))
        .end()
}

fn selector(selector: &LabelSelector) -> String {
    let expressions = selector.match_expressions.iter().map(|expression| {
        let values = &expression.values;
        Object::new()
            .text("key", &expression.key)
            .text("operator", &expression.operator)
            .some(
                "values",
                (!values.is_empty()).then(|| list(values.iter().map(|text| quote(text)))),
            )
            .end()
    });
    let has_labels = !selector.match_labels.is_empty();
    let has_expressions = !selector.match_expressions.is_empty();
    Object::new()
        .some("matchLabels", has_labels.then(|| string_map(&selector.match_labels)))
        .some("matchExpressions", has_expressions.then(|| list(expressions)))
        .end()
}

fn string_map(map: &StringMap) -> String {
    map.iter().fold(Object::new(), |object, (key, value)| object.text(key, value)).end()
}

/// The behavior of an HPA for the annotation: Go's internal type, whose fields have no JSON names.
pub(super) fn write_behavior(behavior: &HorizontalPodAutoscalerBehavior) -> String {
    Object::new()
        .or_null("ScaleUp", behavior.scale_up.as_ref().map(rules))
        .or_null("ScaleDown", behavior.scale_down.as_ref().map(rules))
        .end()
}

fn rules(rules: &HpaScalingRules) -> String {
    let tolerance = rules.tolerance.as_ref();
    Object::new()
        .or_null("StabilizationWindowSeconds", rules.stabilization_window_seconds.map(number))
        .or_null("SelectPolicy", rules.select_policy.as_ref().map(|policy| quote(policy)))
        .or_null("Policies", rules.policies.as_ref().map(|list_| list(list_.iter().map(policy))))
        .or_null("Tolerance", tolerance.map(|value| quote(&value.to_string())))
        .end()
}

fn policy(policy: &HpaScalingPolicy) -> String {
    Object::new()
        .text("Type", &policy.type_)
        .raw("Value", &number(policy.value))
        .raw("PeriodSeconds", &number(policy.period_seconds))
        .end()
}

fn number(number: i32) -> String {
    number.to_string()
}

/// As [`go_quote`], with the HTML escapes of Go's `json.Marshal`.
fn quote(text: &str) -> String {
    go_quote(text).replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

fn list(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(","))
}

/// A JSON object that grows field by field.
struct Object(String);

impl Object {
    fn new() -> Object {
        Object("{".to_owned())
    }

    fn raw(mut self, key: &str, value: &str) -> Object {
        let comma = if self.0.len() > 1 { "," } else { "" };
        write!(self.0, "{comma}{}:{value}", quote(key)).expect("writing to a String cannot fail");
        self
    }

    fn text(self, key: &str, value: &str) -> Object {
        self.raw(key, &quote(value))
    }

    fn text_unless_empty(self, key: &str, value: &str) -> Object {
        if value.is_empty() { self } else { self.text(key, value) }
    }

    fn some(self, key: &str, value: Option<String>) -> Object {
        match value {
            Some(value) => self.raw(key, &value),
            None => self,
        }
    }

    fn or_null(self, key: &str, value: Option<String>) -> Object {
        self.some(key, value.or_else(|| Some("null".to_owned())))
    }

    fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }
}
