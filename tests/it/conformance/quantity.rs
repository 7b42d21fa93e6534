//! `tests/conformance/quantity`: quantities and percentages.

use podtide::api::int_or_percent::IntOrPercent;
use serde_json::{Value, json};

use super::tally::{Outcome, replay};

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
