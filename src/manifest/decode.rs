//! Trees -> the types of `api`. What does not fit its field becomes the zero value here, in
//! silence: [`super::fields`] has reported it, in all fields at once.

mod apps;
mod autoscaling;
mod container;
mod meta;
mod pod;
mod scheduling;
mod service;

use std::collections::BTreeMap;

use super::fields::quantity_text;
use super::yaml::{Node, Value};
use crate::api::int_or_percent::IntOrPercent;
use crate::api::quantity::Quantity;

/// A type that a tree can be decoded to.
pub(in crate::manifest) trait Decode: Default {
    /// The value, with zero values where the tree does not fit. A `null` never comes here.
    fn decode(node: &Node) -> Self;
}

/// The value of a field; the zero value if the field is absent or `null`.
pub(in crate::manifest) fn field<T: Decode>(node: &Node, key: &str) -> T {
    node.field(key).map(T::decode).unwrap_or_default()
}

/// Decodes a struct field by field; fields that are not named get their zero value.
macro_rules! decode {
    ($type:ty { $($field:ident: $key:literal),* $(,)? }) => {
        impl $crate::manifest::decode::Decode for $type {
            fn decode(node: &$crate::manifest::yaml::Node) -> Self {
                Self { $($field: $crate::manifest::decode::field(node, $key)),* }
            }
        }
    };
}
pub(in crate::manifest) use decode;

impl<T: Decode> Decode for Option<T> {
    fn decode(node: &Node) -> Self {
        Some(T::decode(node))
    }
}

impl<T: Decode> Decode for Vec<T> {
    fn decode(node: &Node) -> Self {
        let item = |item: &Node| if item.is_null() { T::default() } else { T::decode(item) };
        node.items().iter().map(item).collect()
    }
}

impl<T: Decode> Decode for BTreeMap<String, T> {
    fn decode(node: &Node) -> Self {
        let entry = |node: &Node| if node.is_null() { T::default() } else { T::decode(node) };
        node.entries().iter().map(|item| (item.key.clone(), entry(&item.value))).collect()
    }
}

impl Decode for bool {
    fn decode(node: &Node) -> Self {
        node.as_bool().unwrap_or_default()
    }
}

impl Decode for i32 {
    fn decode(node: &Node) -> Self {
        node.as_i64().and_then(|number| i32::try_from(number).ok()).unwrap_or_default()
    }
}

impl Decode for i64 {
    fn decode(node: &Node) -> Self {
        node.as_i64().unwrap_or_default()
    }
}

impl Decode for String {
    fn decode(node: &Node) -> Self {
        node.as_str().unwrap_or_default().to_owned()
    }
}

impl Decode for Quantity {
    fn decode(node: &Node) -> Self {
        Quantity::parse(quantity_text(node).trim()).unwrap_or_default()
    }
}

impl Decode for IntOrPercent {
    fn decode(node: &Node) -> Self {
        match &node.value {
            Value::String(text) => IntOrPercent::String(text.clone()),
            _ => IntOrPercent::Int(i32::decode(node)),
        }
    }
}

/// The fields of a map but for some, as canonical JSON; empty if nothing is left.
fn rest(node: &Node, but: &[&str]) -> String {
    let entries: Vec<_> = node
        .entries()
        .iter()
        .filter(|entry| !entry.value.is_null() && !but.contains(&entry.key.as_str()))
        .cloned()
        .collect();
    if entries.is_empty() {
        return String::new();
    }
    Node::new(Value::Map(entries), node.span.clone()).to_json()
}

#[cfg(test)]
mod tests;
