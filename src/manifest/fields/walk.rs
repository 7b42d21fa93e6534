//! Walks an object beside the table of its type, as Go's JSON decoder walks it beside a struct.

use std::fmt::Write as _;
use std::ops::RangeInclusive;

use super::{FieldFault, Fields, Problem, find};
use crate::api::quantity::Quantity;
use crate::diagnostic::Span;
use crate::manifest::suggest::nearest;
use crate::manifest::yaml::{Node, Value, go_float};

/// How many faults of one object are told.
const FAULTS_MAX: usize = 100;

/// See [`Fields::check`].
pub(super) fn check(fields: &Fields, object: &Node, type_name: &str) -> Vec<FieldFault> {
    let mut walk = Walk { fields, faults: Vec::new(), go_path: Vec::new(), go_struct: "" };
    walk.value(object, type_name, &mut String::new());
    walk.faults
}

struct Walk<'f> {
    fields: &'f Fields,
    faults: Vec<FieldFault>,
    /// Names of the fields on the way, without indexes and keys: Go's `FieldStack`.
    go_path: Vec<&'static str>,
    /// The struct of the last of them; empty at the root.
    go_struct: &'static str,
}

impl Walk<'_> {
    fn value(&mut self, node: &Node, type_name: &str, path: &mut String) {
        if node.is_null() || type_name == "any" || self.faults.len() >= FAULTS_MAX {
            return;
        }
        if let Some(item) = type_name.strip_prefix("[]") {
            self.list(node, type_name, item, path);
        } else if let Some(item) = type_name.strip_prefix("map[string]") {
            self.map(node, type_name, item, path);
        } else if self.fields.is_struct(type_name) {
            self.object(node, type_name, path);
        } else {
            self.scalar(node, type_name, path);
        }
    }

    fn list(&mut self, node: &Node, type_name: &str, item: &str, path: &mut String) {
        let Value::Seq(items) = &node.value else {
            return self.mismatch(node, type_name, path);
        };
        for (index, value) in items.iter().enumerate() {
            let length = path.len();
            write!(path, "[{index}]").expect("writing to a String cannot fail");
            self.value(value, item, path);
            path.truncate(length);
        }
    }

    fn map(&mut self, node: &Node, type_name: &str, item: &str, path: &mut String) {
        if !node.is_map() {
            return self.mismatch(node, type_name, path);
        }
        for entry in node.entries() {
            let length = path.len();
            write!(path, "[{}]", entry.key).expect("writing to a String cannot fail");
            self.value(&entry.value, item, path);
            path.truncate(length);
        }
    }

    fn object(&mut self, node: &Node, type_name: &str, path: &mut String) {
        if !node.is_map() {
            return self.mismatch(node, type_name, path);
        }
        let outer = self.go_struct;
        for entry in node.entries() {
            let length = path.len();
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(&entry.key);
            match self.fields.of(type_name).find(|(name, _)| *name == entry.key) {
                Some((name, field_type)) => {
                    self.go_struct = self.struct_name(type_name);
                    self.go_path.push(name);
                    self.value(&entry.value, field_type, path);
                    self.go_path.pop();
                    self.go_struct = outer;
                }
                None => self.unknown(&entry.key, &entry.key_span, type_name, path),
            }
            path.truncate(length);
        }
    }

    fn struct_name(&self, type_name: &str) -> &'static str {
        let known = find(&self.fields.types, type_name).map_or("", |(name, _)| name);
        known.rsplit('.').next().unwrap_or_default()
    }

    fn unknown(&mut self, key: &str, span: &Span, type_name: &str, path: &str) {
        if self.faults.len() >= FAULTS_MAX {
            return;
        }
        let near = nearest(key, self.fields.of(type_name).map(|(name, _)| name));
        let elsewhere = self.fields.find_below(type_name, key);
        let problem = Problem::Unknown { key: key.to_owned(), near, elsewhere };
        self.faults.push(FieldFault { path: path.to_owned(), span: span.clone(), problem });
    }

    fn scalar(&mut self, node: &Node, type_name: &str, path: &str) {
        match type_name {
            "string" | "bytes" | "time" if node.as_str().is_none() => {
                self.mismatch(node, "string", path);
            }
            "bool" if node.as_bool().is_none() => self.mismatch(node, "bool", path),
            "int32" => {
                self.integer(node, type_name, i64::from(i32::MIN)..=i64::from(i32::MAX), path);
            }
            "int64" => self.integer(node, type_name, i64::MIN..=i64::MAX, path),
            "float64" if node.as_f64().is_none() => self.mismatch(node, "float64", path),
            "quantity" => self.quantity(node, path),
            "int-or-string" => self.int_or_string(node, path),
            _ => {}
        }
    }

    fn integer(&mut self, node: &Node, type_name: &str, range: RangeInclusive<i64>, path: &str) {
        match integer_of(node) {
            Some(number) if range.contains(&number) => {}
            _ => self.mismatch(node, type_name, path),
        }
    }

    fn quantity(&mut self, node: &Node, path: &str) {
        let text = quantity_text(node);
        if let Err(error) = Quantity::parse(text.trim()) {
            let expected = "a quantity such as `250m`, `1.5` or `128Mi`";
            self.fault(node, path, error.to_string(), expected);
        }
    }

    fn int_or_string(&mut self, node: &Node, path: &str) {
        let number = integer_of(node).and_then(|number| i32::try_from(number).ok());
        if node.as_str().is_none() && number.is_none() {
            let message = format!(
                "json: cannot unmarshal {} into Go value of type int32",
                go_value(node, true)
            );
            self.fault(node, path, message, "a whole number or a percentage such as `25%`");
        }
    }

    fn mismatch(&mut self, node: &Node, type_name: &str, path: &str) {
        let literal = matches!(type_name, "int32" | "int64" | "float64");
        let (value, go_type) = (go_value(node, literal), go_type(type_name));
        let message = if self.go_path.is_empty() {
            format!("json: cannot unmarshal {value} into Go value of type {go_type}")
        } else {
            let field = self.go_path.join(".");
            let name = self.go_struct;
            format!(
                "json: cannot unmarshal {value} into Go struct field {name}.{field} \
                 of type {go_type}"
            )
        };
        self.fault(node, path, message, expected(type_name));
    }

    fn fault(&mut self, node: &Node, path: &str, message: String, expected: &'static str) {
        let problem = Problem::Decode { message, expected };
        self.faults.push(FieldFault { path: path.to_owned(), span: node.span.clone(), problem });
    }
}

/// The number if it is whole: YAML's reader hands `3.0` to the decoder as `3`.
fn integer_of(node: &Node) -> Option<i64> {
    match node.value {
        Value::Int(number) => Some(number),
        Value::Float(number) if number.fract() == 0.0 && number.abs() < 9.2e18 => {
            Some(number as i64)
        }
        _ => None,
    }
}

/// What Go's decoder calls a JSON value; of numbers with the digits, where it tried to read them.
fn go_value(node: &Node, literal: bool) -> String {
    match &node.value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) => "bool".to_owned(),
        Value::Int(number) if literal => format!("number {number}"),
        Value::Float(number) if literal => format!("number {}", go_float(*number)),
        Value::Int(_) | Value::Float(_) => "number".to_owned(),
        Value::String(_) => "string".to_owned(),
        Value::Seq(_) => "array".to_owned(),
        Value::Map(_) => "object".to_owned(),
    }
}

/// What Go calls a type: `api/core/v1.Container` is `v1.Container` to it.
fn go_type(type_name: &str) -> String {
    let (prefix, name) = match type_name.rfind(']') {
        Some(end) => type_name.split_at(end + 1),
        None => ("", type_name),
    };
    let name = match name {
        "quantity" => "resource.Quantity",
        "int-or-string" => "intstr.IntOrString",
        "time" => "v1.Time",
        "bytes" => "[]uint8",
        "any" => "interface {}",
        name => name.rsplit('/').next().unwrap_or(name),
    };
    format!("{prefix}{name}")
}

fn expected(type_name: &str) -> &'static str {
    match type_name {
        "string" => "text; put numbers, `true` and `false` in quotes",
        "bool" => "`true` or `false`",
        "int32" | "int64" => "a whole number, without quotes",
        "float64" => "a number",
        list if list.starts_with("[]") => "a list: items that begin with `- `",
        _ => "a map: lines of `key: value`",
    }
}

/// The JSON text that `Quantity.UnmarshalJSON` would see, without quotes.
pub(in crate::manifest) fn quantity_text(node: &Node) -> String {
    match node.as_str() {
        Some(text) => text.to_owned(),
        None => node.to_json(),
    }
}
