//! A report as JSON. The fields are documented in `docs/output.md`.

use serde::Serialize;
use serde_json::Value;

use crate::explain::{Concept, Explanation, Taught};
use crate::report::Report;
use crate::report::spread::Spread;

/// A report, indented, with a line break at the end.
pub fn json(report: &Report) -> String {
    written(report)
}

/// The spread of several runs, indented, with a line break at the end.
pub fn spread(spread: &Spread) -> String {
    written(spread)
}

/// An explanation, indented, with a line break at the end.
pub fn explanation(explanation: &Explanation) -> String {
    written(explanation)
}

/// The lessons that there are, indented, with a line break at the end.
pub fn concepts(concepts: &[Concept]) -> String {
    written(&concepts)
}

/// A lesson, indented, with a line break at the end.
pub fn lesson(lesson: &[Taught]) -> String {
    written(&lesson)
}

fn written(of: &impl Serialize) -> String {
    let mut value = serde_json::to_value(of).expect("a report can be written as JSON");
    round(&mut value);
    format!("{value:#}\n")
}

/// Cuts numbers to six decimals: what lies behind them is rounding, not result.
fn round(value: &mut Value) {
    match value {
        Value::Number(number) if number.is_f64() => {
            let exact = number.as_f64().expect("it was just seen to be one");
            let rounded = (exact * 1e6).round() / 1e6;
            if rounded.is_finite() {
                *value = Value::from(rounded);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(round),
        Value::Object(fields) => fields.values_mut().for_each(round),
        _ => {}
    }
}
