//! Trees -> JSON text, and the spelling of numbers and texts in Go's messages.

use std::fmt::Write as _;

use super::{Node, Value};

impl Node {
    /// This tree as JSON on one line, keys sorted, numbers as Go's encoder writes them.
    /// Not a number and infinity, which JSON cannot hold, become `null`.
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        write_json(self, &mut out);
        out
    }
}

fn write_json(node: &Node, out: &mut String) {
    match &node.value {
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Int(number) => write!(out, "{number}").expect("writing to a String cannot fail"),
        Value::Float(number) if number.is_finite() => out.push_str(&go_float(*number)),
        Value::Null | Value::Float(_) => out.push_str("null"),
        Value::String(text) => out.push_str(&go_quote(text)),
        Value::Seq(items) => write_list(items, out),
        Value::Map(_) => write_map(node, out),
    }
}

fn write_list(items: &[Node], out: &mut String) {
    out.push('[');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_json(item, out);
    }
    out.push(']');
}

fn write_map(node: &Node, out: &mut String) {
    let mut entries: Vec<_> = node.entries().iter().collect();
    entries.sort_by(|a, b| a.key.cmp(&b.key));
    out.push('{');
    for (index, entry) in entries.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        out.push_str(&go_quote(&entry.key));
        out.push(':');
        write_json(&entry.value, out);
    }
    out.push('}');
}

/// A number as Go's JSON encoder writes a `float64`: `0.1`, `1000000000`, `1e+21`.
pub fn go_float(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let magnitude = number.abs();
    if magnitude == 0.0 || (1e-6..1e21).contains(&magnitude) {
        return format!("{number}");
    }
    let text = format!("{number:e}");
    match text.split_once('e') {
        Some((mantissa, exponent)) if !exponent.starts_with('-') => {
            format!("{mantissa}e+{exponent}")
        }
        _ => text,
    }
}

/// A text in double quotes with JSON's escapes, as Go's encoder writes it without HTML escapes.
pub fn go_quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\0'..'\u{20}' | '\u{2028}' | '\u{2029}' => {
                write!(out, "\\u{:04x}", character as u32)
                    .expect("writing to a String cannot fail");
            }
            _ => out.push(character),
        }
    }
    out.push('"');
    out
}
