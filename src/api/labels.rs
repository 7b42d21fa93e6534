//! Selectors that are ready to match. Mirrors `k8s.io/apimachinery/pkg/labels/selector.go`.

use super::meta::{LabelSelector, StringMap};

/// A set of demands, all of which must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector {
    /// No demand at all matches nothing (upstream's `labels.Nothing()`).
    pub nothing: bool,
    /// The demands, sorted by key.
    pub requirements: Vec<Requirement>,
}

/// One demand on a label.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Requirement {
    /// Label key.
    pub key: String,
    /// What is asked.
    pub operator: Operator,
    /// Values, sorted.
    pub values: Vec<String>,
}

/// What a [`Requirement`] asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operator {
    /// The value is one of these.
    In,
    /// The label is absent, or its value is none of these.
    NotIn,
    /// The label is there.
    Exists,
    /// The label is absent.
    DoesNotExist,
}

impl Selector {
    /// `metav1.LabelSelectorAsSelector`: absent matches nothing, empty matches everything.
    /// Expressions with an operator that does not exist match nothing (validation refuses them).
    pub fn from_label_selector(selector: Option<&LabelSelector>) -> Selector {
        let Some(selector) = selector else {
            return Selector { nothing: true, requirements: Vec::new() };
        };
        let mut nothing = false;
        let mut requirements: Vec<Requirement> = selector
            .match_labels
            .iter()
            .map(|(key, value)| Requirement {
                key: key.clone(),
                operator: Operator::In,
                values: vec![value.clone()],
            })
            .collect();
        for expression in &selector.match_expressions {
            let operator = match expression.operator.as_str() {
                "In" => Operator::In,
                "NotIn" => Operator::NotIn,
                "Exists" => Operator::Exists,
                "DoesNotExist" => Operator::DoesNotExist,
                _ => {
                    nothing = true;
                    continue;
                }
            };
            let mut values = expression.values.clone();
            values.sort();
            requirements.push(Requirement { key: expression.key.clone(), operator, values });
        }
        requirements.sort();
        Selector { nothing, requirements }
    }

    /// Whether labels meet all demands.
    pub fn matches(&self, labels: &StringMap) -> bool {
        !self.nothing && self.requirements.iter().all(|requirement| requirement.matches(labels))
    }
}

impl Requirement {
    /// Whether labels meet this demand.
    pub fn matches(&self, labels: &StringMap) -> bool {
        let value = labels.get(&self.key);
        let is_among = || value.is_some_and(|value| self.values.contains(value));
        match self.operator {
            Operator::In => is_among(),
            Operator::NotIn => !is_among(),
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
        }
    }
}
