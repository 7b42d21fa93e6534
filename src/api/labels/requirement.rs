//! One demand of a selector. Mirrors `Requirement` of `k8s.io/apimachinery/pkg/labels/selector.go`
//! (v1.36).

use std::fmt;

use super::names::{label_key_faults, label_value_faults};
use super::{Operator, Requirement, SelectorError};
use crate::api::meta::StringMap;

impl Requirement {
    /// `labels.NewRequirement`.
    ///
    /// # Errors
    /// If the number of values does not fit the operator, or the key or a value is no label's.
    pub fn new(
        key: String,
        operator: Operator,
        mut values: Vec<String>,
    ) -> Result<Requirement, SelectorError> {
        let mut faults = Vec::new();
        let of_key = label_key_faults(&key);
        if !of_key.is_empty() {
            faults.push(format!("key: Invalid value: {key:?}: {}", of_key.join("; ")));
        }
        count_faults(operator, &values, &mut faults);
        for (place, value) in values.iter().enumerate() {
            let of_value = label_value_faults(value);
            if !of_value.is_empty() {
                let of_value = of_value.join("; ");
                faults
                    .push(format!("values[{place}][{key}]: Invalid value: {value:?}: {of_value}"));
            }
        }
        if let Some(text) = aggregate(faults) {
            return Err(SelectorError::new(text));
        }
        values.sort();
        Ok(Requirement { key, operator, values })
    }

    /// Whether labels meet this demand.
    pub fn matches(&self, labels: &StringMap) -> bool {
        let value = labels.get(&self.key);
        let is_among = || value.is_some_and(|value| self.values.contains(value));
        match self.operator {
            Operator::In | Operator::Equals | Operator::DoubleEquals => is_among(),
            Operator::NotIn | Operator::NotEquals => !is_among(),
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
            Operator::GreaterThan | Operator::LessThan => self.compares(value),
        }
    }

    /// Whether a value is a greater, or smaller, integer than the one that is asked.
    fn compares(&self, value: Option<&String>) -> bool {
        let (Some(value), [bound]) = (value.and_then(|value| integer(value)), &self.values[..])
        else {
            return false;
        };
        let Some(bound) = integer(bound) else { return false };
        if self.operator == Operator::GreaterThan { value > bound } else { value < bound }
    }
}

/// What is wrong with the number of values.
fn count_faults(operator: Operator, values: &[String], faults: &mut Vec<String>) {
    let wrong = match operator {
        Operator::In | Operator::NotIn if values.is_empty() => {
            "for 'in', 'notin' operators, values set can't be empty"
        }
        Operator::Equals | Operator::DoubleEquals | Operator::NotEquals if values.len() != 1 => {
            "exact-match compatibility requires one single value"
        }
        Operator::Exists | Operator::DoesNotExist if !values.is_empty() => {
            "values set must be empty for exists and does not exist"
        }
        Operator::GreaterThan | Operator::LessThan if values.len() != 1 => {
            "for 'Gt', 'Lt' operators, exactly one value is required"
        }
        _ => "",
    };
    if !wrong.is_empty() {
        faults.push(format!("values: Invalid value: {}: {wrong}", json(values)));
    }
    if matches!(operator, Operator::GreaterThan | Operator::LessThan) {
        for (place, value) in
            values.iter().enumerate().filter(|(_, value)| integer(value).is_none())
        {
            faults.push(format!(
                "values[{place}]: Invalid value: {value:?}: \
                 for 'Gt', 'Lt' operators, the value must be an integer"
            ));
        }
    }
}

/// Mirrors `utilerrors.NewAggregate`: several errors in brackets, each once.
fn aggregate(faults: Vec<String>) -> Option<String> {
    let mut distinct: Vec<String> = Vec::with_capacity(faults.len());
    for fault in faults {
        if !distinct.contains(&fault) {
            distinct.push(fault);
        }
    }
    match distinct.len() {
        0 | 1 => distinct.pop(),
        _ => Some(format!("[{}]", distinct.join(", "))),
    }
}

/// Values as upstream's field errors print them: JSON, where no values are `null`.
fn json(values: &[String]) -> String {
    if values.is_empty() {
        return "null".to_owned();
    }
    serde_json::to_string(values).expect("texts are JSON")
}

/// Mirrors `strconv.ParseInt(text, 10, 64)`.
fn integer(text: &str) -> Option<i64> {
    text.parse().ok()
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (before, after) = match self.operator {
            Operator::DoesNotExist => return write!(f, "!{}", self.key),
            Operator::Exists => return f.write_str(&self.key),
            Operator::Equals => ("=", ""),
            Operator::DoubleEquals => ("==", ""),
            Operator::NotEquals => ("!=", ""),
            Operator::In => (" in (", ")"),
            Operator::NotIn => (" notin (", ")"),
            Operator::GreaterThan => (">", ""),
            Operator::LessThan => ("<", ""),
        };
        write!(f, "{}{before}{}{after}", self.key, self.values.join(","))
    }
}
