//! `tests/conformance/quantity`: quantities and percentages.

use podtide::api::int_or_percent::IntOrPercent;
use podtide::api::quantity::{Format, Quantity};
use serde_json::{Value, json};

use super::tally::{Outcome, replay};

#[test]
fn quantity_parse() {
    replay("quantity/parse", |case| {
        let ours = match Quantity::parse(text(&case["text"])) {
            Err(error) => json!({"error": error.to_string()}),
            Ok(quantity) => json!({
                "format": quantity.format(),
                "string": quantity.to_string(),
                "canonical": quantity.canonical(),
                "value": quantity.value(),
                "milli": quantity.milli_value(),
            }),
        };
        let kind = if case["error"].is_string() { "invalid" } else { "valid" };
        Outcome::of_json(kind, &without(case, &["id", "text"]), &ours)
    });
}

#[test]
fn quantity_print() {
    replay("quantity/print", |case| {
        let number = integer(&case["number"]);
        let format = format_named(text(&case["format"]));
        let scale = text(&case["scale"]);
        let quantity = match scale {
            "unit" => Quantity::new(number, format),
            "milli" => Quantity::from_milli(number, format),
            _ => panic!("scale {scale}"),
        };
        Outcome::of(&format!("{format}, {scale}"), &text(&case["string"]), &&*quantity.to_string())
    });
}

#[test]
fn quantity_arithmetic() {
    replay("quantity/arithmetic", |case| {
        let quantity = |name: &str| {
            let text = text(&case[name]);
            Quantity::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
        };
        let (left, right) = (quantity("left"), quantity("right"));
        let (mut sum, mut difference) = (left.clone(), left.clone());
        sum.add(&right);
        difference.sub(&right);
        let ours = json!({
            "compare": left.compare(&right) as i8,
            "sum": sum.to_string(),
            "difference": difference.to_string(),
        });
        Outcome::of_json("arithmetic", &without(case, &["id", "left", "right"]), &ours)
    });
}

#[test]
fn quantity_percent() {
    replay("quantity/percent", |case| {
        let value = match &case["value"] {
            Value::String(text) => IntOrPercent::String(text.clone()),
            number => IntOrPercent::Int(integer(number) as i32),
        };
        let total = integer(&case["total"]) as i32;
        match value.scaled_value(total, case["roundUp"] == json!(true)) {
            Ok(scaled) => Outcome::of_json("scaled", &case["scaled"], &json!(scaled)),
            Err(error) => Outcome::of_json("error", &case["error"], &json!(error)),
        }
    });
}

fn integer(value: &Value) -> i64 {
    value.as_i64().unwrap_or_else(|| panic!("{value} is no integer"))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

fn format_named(name: &str) -> Format {
    let all = [Format::DecimalSi, Format::BinarySi, Format::DecimalExponent];
    all.into_iter()
        .find(|format| format.to_string() == name)
        .unwrap_or_else(|| panic!("format {name}"))
}

/// What a case expects: the case without its inputs.
fn without(case: &Value, inputs: &[&str]) -> Value {
    let mut expected = case.clone();
    if let Value::Object(fields) = &mut expected {
        fields.retain(|name, _| !inputs.contains(&name.as_str()));
    }
    expected
}
