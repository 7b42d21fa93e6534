//! Which fields Kubernetes' objects have, and whether a manifest keeps to them.
//!
//! A field is modelled, or known to Kubernetes and without effect here (both are silent), or
//! unknown. The tables list every field of v1.36 by type, so that values of the wrong type are
//! found in all of them, with the words of Go's JSON decoder (`sigs.k8s.io/json`).

mod walk;

use crate::diagnostic::Span;

use super::yaml::Node;

pub(in crate::manifest) use walk::quantity_text;

const CURRENT: &str = include_str!("fields.txt");
const OLD: &str = include_str!("old_fields.txt");

/// The tables: types of kinds, and fields of types.
#[derive(Clone, Debug)]
pub struct Fields {
    /// `apiVersion Kind` and its type, sorted.
    kinds: Vec<(&'static str, &'static str)>,
    /// Type and `FIELD=TYPE FIELD=TYPE ...`, sorted.
    types: Vec<(&'static str, &'static str)>,
}

/// Something wrong with one field.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldFault {
    /// The field, as in `spec.metrics[0].type`.
    pub path: String,
    /// The key if the field does not exist, else the value.
    pub span: Span,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq)]
pub enum Problem {
    /// There is no such field.
    Unknown {
        /// The key as written.
        key: String,
        /// The field that was probably meant.
        near: Option<&'static str>,
        /// Where below this place a field of exactly this name exists.
        elsewhere: Option<String>,
    },
    /// The value cannot be decoded.
    Decode {
        /// Upstream's words.
        message: String,
        /// What the field takes, in words: `a whole number`.
        expected: &'static str,
    },
}

impl Default for Fields {
    fn default() -> Fields {
        Fields::new()
    }
}

impl Fields {
    /// Reads the tables.
    pub fn new() -> Fields {
        let mut fields = Fields { kinds: Vec::new(), types: Vec::new() };
        for line in CURRENT.lines().chain(OLD.lines()) {
            if line.starts_with('#') {
                continue;
            }
            let (name, rest) = line.split_once(": ").unwrap_or((line.trim_end_matches(':'), ""));
            match name.strip_prefix("= ") {
                Some(kind) => fields.kinds.push((kind, rest)),
                None => fields.types.push((name, rest)),
            }
        }
        fields.kinds.sort_unstable();
        fields.types.sort_unstable();
        fields
    }

    /// The type of a kind, as in `apps/v1.Deployment`; none if the kind is not in the tables.
    pub fn type_of(&self, api_version: &str, kind: &str) -> Option<&'static str> {
        find(&self.kinds, &format!("{api_version} {kind}")).map(|(_, type_name)| type_name)
    }

    /// Names and types of a type's fields; none if it has none or is no struct.
    pub fn of(&self, type_name: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
        let fields = find(&self.types, type_name).map_or("", |(_, fields)| fields);
        fields.split_ascii_whitespace().filter_map(|field| field.split_once('='))
    }

    /// All types, in order of name.
    pub fn types(&self) -> impl Iterator<Item = &'static str> {
        self.types.iter().map(|(name, _)| *name)
    }

    /// All kinds with their types, in order of `apiVersion Kind`.
    pub fn kinds(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.kinds.iter().copied()
    }

    fn is_struct(&self, type_name: &str) -> bool {
        find(&self.types, type_name).is_some()
    }

    /// Where below a type a field of this name exists, as in `template.spec.containers`: the
    /// nearest one, by the path that leads there without lists. None if there is none.
    pub fn find_below(&self, type_name: &str, field: &str) -> Option<String> {
        const DEPTH_MAX: usize = 4;
        let mut level = vec![(String::new(), type_name)];
        for _ in 0..DEPTH_MAX {
            let mut below = Vec::new();
            for (path, type_name) in level {
                for (name, field_type) in self.of(type_name).filter(|_| self.is_struct(type_name)) {
                    if name == field && !path.is_empty() {
                        return Some(format!("{path}{name}"));
                    }
                    if name != "status" && name != "metadata" {
                        below.push((format!("{path}{name}."), field_type));
                    }
                }
            }
            level = below;
        }
        None
    }

    /// Everything wrong with an object of a type, in the order of the text; no more than the first
    /// hundred faults.
    pub fn check(&self, object: &Node, type_name: &str) -> Vec<FieldFault> {
        walk::check(self, object, type_name)
    }
}

fn find(table: &[(&'static str, &'static str)], key: &str) -> Option<(&'static str, &'static str)> {
    table.binary_search_by(|(name, _)| (*name).cmp(key)).ok().map(|index| table[index])
}

#[cfg(test)]
mod tests;
