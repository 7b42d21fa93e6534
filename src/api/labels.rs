//! Selectors that are ready to match. Mirrors `k8s.io/apimachinery/pkg/labels/selector.go` and
//! `LabelSelectorAsSelector` of `pkg/apis/meta/v1/helpers.go` (v1.36).
//! Left out: selectors that are changed after they were made.

mod names;
mod parse;
mod requirement;

use std::fmt;
use std::sync::Arc;

use super::meta::{LabelSelector, StringMap};

/// A set of demands, all of which must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector {
    /// Matches no labels at all (upstream's `labels.Nothing()`).
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
    /// The value is this one, written `=`.
    Equals,
    /// The value is this one, written `==`.
    DoubleEquals,
    /// The label is absent, or its value is another.
    NotEquals,
    /// The value is a greater integer.
    GreaterThan,
    /// The value is a smaller integer.
    LessThan,
}

/// Why something is no selector. Prints in upstream's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelectorError(Arc<str>);

impl Selector {
    /// `labels.Parse`: reads `app=web,tier in (a, b),!legacy`.
    ///
    /// # Errors
    /// If the text is no selector, or a key or value is no label's.
    pub fn parse(text: &str) -> Result<Selector, SelectorError> {
        parse::parse(text)
    }

    /// `metav1.LabelSelectorAsSelector`: absent matches nothing, empty matches everything.
    ///
    /// # Errors
    /// If there is no such operator, its number of values is wrong, or a key or value is no
    /// label's.
    pub fn try_from_label_selector(
        selector: Option<&LabelSelector>,
    ) -> Result<Selector, SelectorError> {
        let Some(selector) = selector else {
            return Ok(Selector::nothing());
        };
        let mut requirements = Vec::new();
        for (key, value) in &selector.match_labels {
            let values = vec![value.clone()];
            requirements.push(Requirement::new(key.clone(), Operator::Equals, values)?);
        }
        for expression in &selector.match_expressions {
            let operator = Operator::of_expression(&expression.operator)?;
            let values = expression.values.clone();
            requirements.push(Requirement::new(expression.key.clone(), operator, values)?);
        }
        Ok(Selector::of(requirements))
    }

    /// The same of a selector that was validated: what is wrong with it makes it match nothing.
    pub fn from_label_selector(selector: Option<&LabelSelector>) -> Selector {
        Selector::try_from_label_selector(selector).unwrap_or_else(|_| Selector::nothing())
    }

    /// `labels.Nothing()`.
    pub fn nothing() -> Selector {
        Selector { nothing: true, requirements: Vec::new() }
    }

    /// `labels.Everything()`.
    pub fn everything() -> Selector {
        Selector::default()
    }

    /// A selector of these demands.
    fn of(mut requirements: Vec<Requirement>) -> Selector {
        requirements.sort_by(|one, other| one.key.cmp(&other.key));
        Selector { nothing: false, requirements }
    }

    /// Whether labels meet all demands.
    pub fn matches(&self, labels: &StringMap) -> bool {
        !self.nothing && self.requirements.iter().all(|requirement| requirement.matches(labels))
    }
}

impl Operator {
    /// The operator of a `matchExpressions` entry.
    fn of_expression(word: &str) -> Result<Operator, SelectorError> {
        match word {
            "In" => Ok(Operator::In),
            "NotIn" => Ok(Operator::NotIn),
            "Exists" => Ok(Operator::Exists),
            "DoesNotExist" => Ok(Operator::DoesNotExist),
            _ => {
                Err(SelectorError::new(format!("{word:?} is not a valid label selector operator")))
            }
        }
    }
}

impl SelectorError {
    /// An error of that text.
    fn new(text: impl Into<Arc<str>>) -> SelectorError {
        SelectorError(text.into())
    }
}

/// As upstream prints it, and [`Selector::parse`] reads it: `app=web,tier in (a,b)`.
/// Both everything and nothing print as an empty text.
impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, requirement) in self.requirements.iter().enumerate() {
            if place > 0 {
                f.write_str(",")?;
            }
            requirement.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for SelectorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SelectorError {}

#[cfg(test)]
mod tests;
