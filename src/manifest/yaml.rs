//! YAML text -> trees that know where each value stands. The only place that knows the YAML
//! library.
//!
//! JSON is read too, being YAML. A tree holds what the text says, not what a field wants: types are
//! resolved as Kubernetes' own reader resolves them (`1_000` and `010` are numbers), with the one
//! exception that `yes`, `no`, `on` and `off` stay text.

mod fault;
mod limits;
mod read;
mod scalar;
mod split;
mod write;

use crate::diagnostic::{SourceId, Span};

pub use limits::{
    MAX_ALIASED_BYTES, MAX_ALIASED_NODES, MAX_DEPTH, MAX_DOCUMENTS, MAX_FINDINGS, MAX_NODES,
};
pub use read::{Document, parse, parse_value};
pub use write::{go_float, go_quote};

/// A value with the place where it stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Where it stands; of a map or list, all of it. An aliased value has the place of its anchor.
    pub span: Span,
    /// Whether a text was written in quotes or as a block, and so could be nothing but text.
    pub quoted: bool,
}

/// What a [`Node`] holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// `null`, `~` or nothing.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction or exponent, or too large for 64 bits; also `.nan` and `.inf`.
    Float(f64),
    /// Text.
    String(String),
    /// A list.
    Seq(Vec<Node>),
    /// A map, in the order written.
    Map(Vec<Entry>),
}

/// One key of a map with its value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Entry {
    /// The key; numbers and the like as they were written.
    pub key: String,
    /// Where the key stands.
    pub key_span: Span,
    /// The value.
    pub value: Node,
}

impl Node {
    /// A value at a place.
    pub fn new(value: Value, span: Span) -> Node {
        Node { value, span, quoted: false }
    }

    /// The value of a key; nothing when it is absent, or when this is not a map.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// As [`Node::get`], but a `null` counts as absent, as it does in Kubernetes.
    pub fn field(&self, key: &str) -> Option<&Node> {
        self.get(key).filter(|node| !node.is_null())
    }

    /// The key and value of a key.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    /// As [`Node::get`], to change the value.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        match &mut self.value {
            Value::Map(entries) => {
                entries.iter_mut().find(|entry| entry.key == key).map(|entry| &mut entry.value)
            }
            _ => None,
        }
    }

    /// Keys and values in the order written; none when this is not a map.
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// Items of a list; none when this is not a list.
    pub fn items(&self) -> &[Node] {
        match &self.value {
            Value::Seq(items) => items,
            _ => &[],
        }
    }

    /// The text, if this is text.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The whole number, if this is one; `3.0` is one too.
    pub fn as_i64(&self) -> Option<i64> {
        match self.value {
            Value::Int(number) => Some(number),
            Value::Float(number) if number.fract() == 0.0 && number.abs() < 9e15 => {
                Some(number as i64)
            }
            _ => None,
        }
    }

    /// The number, if this is one.
    pub fn as_f64(&self) -> Option<f64> {
        match self.value {
            Value::Int(number) => Some(number as f64),
            Value::Float(number) => Some(number),
            _ => None,
        }
    }

    /// The truth value, if this is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self.value {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// Whether this is `null` or nothing.
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// Whether this is a map.
    pub fn is_map(&self) -> bool {
        matches!(self.value, Value::Map(_))
    }

    /// What kind of value this is, in words for a message: `a list`, `text`, `the number 3`.
    pub fn describe(&self) -> String {
        match &self.value {
            Value::Null => "nothing".to_owned(),
            Value::Bool(value) => format!("`{value}`"),
            Value::Int(number) => format!("the number {number}"),
            Value::Float(number) => format!("the number {}", go_float(*number)),
            Value::String(text) if text.chars().count() <= 40 => {
                format!("the text {}", go_quote(text))
            }
            Value::String(_) => "a text".to_owned(),
            Value::Seq(_) => "a list".to_owned(),
            Value::Map(_) => "a map".to_owned(),
        }
    }

    /// Number of values in this tree, this one included.
    pub fn count(&self) -> usize {
        1 + match &self.value {
            Value::Seq(items) => items.iter().map(Node::count).sum(),
            Value::Map(entries) => entries.iter().map(|entry| entry.value.count()).sum(),
            _ => 0,
        }
    }
}

fn span(source: SourceId, start: usize, end: usize) -> Span {
    Span { source, bytes: start as u32..end as u32 }
}

#[cfg(test)]
mod tests;
