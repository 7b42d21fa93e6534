//! Reads values of a Compose file and keeps what is wrong with them.

use std::collections::BTreeMap;

use super::units::{interpolate, parse_duration};
use crate::diagnostic::{Diagnostic, Severity};
use crate::manifest::load::Options;
use crate::manifest::suggest::nearest;
use crate::manifest::yaml::{Node, Value};
use crate::units::SimDuration;

/// A value, and the way to it.
pub(super) struct Field<'n> {
    pub(super) node: &'n Node,
    /// As in `services.web.deploy`; empty at the top.
    pub(super) path: String,
}

impl<'n> Field<'n> {
    pub(super) fn new(node: &'n Node, path: impl Into<String>) -> Field<'n> {
        Field { node, path: path.into() }
    }

    /// The value of a key, unless it is absent or nothing.
    pub(super) fn get(&self, key: &str) -> Option<Field<'n>> {
        Some(Field { node: self.node.field(key)?, path: join(&self.path, key) })
    }
}

/// Reads, and keeps what is wrong.
pub(super) struct Reader<'o> {
    pub(super) options: &'o Options,
    pub(super) findings: Vec<Diagnostic>,
    /// Keys that Swarm does not look at, with the services that have them.
    pub(super) ignored: BTreeMap<String, Vec<String>>,
}

impl<'o> Reader<'o> {
    pub(super) fn new(options: &'o Options) -> Reader<'o> {
        Reader { options, findings: Vec::new(), ignored: BTreeMap::new() }
    }

    pub(super) fn report(&mut self, finding: Diagnostic) {
        self.findings.push(finding);
    }

    /// A value that is not what belongs here.
    pub(super) fn wrong_type(&mut self, field: &Field<'_>, expected: &str) {
        let message = format!("`{}` is {}, not {expected}", field.path, field.node.describe());
        self.report(
            Diagnostic::error("field-type", message)
                .at(field.node.span.clone(), "")
                .help(format!("`{}` takes {expected}", field.path)),
        );
    }

    /// A value of the right type that cannot be.
    pub(super) fn refuse(&mut self, field: &Field<'_>, why: &str, help: impl Into<String>) {
        self.report(
            Diagnostic::error("field-invalid", format!("`{}`: {why}", field.path))
                .at(field.node.span.clone(), format!("this is {}", field.node.describe()))
                .help(help),
        );
    }

    /// A part that is a map, with its keys checked; none when it is absent or something else.
    pub(super) fn part<'n>(
        &mut self,
        parent: &Field<'n>,
        key: &str,
        known: &[&str],
        elsewhere: impl Fn(&str) -> Option<String>,
    ) -> Option<Field<'n>> {
        let field = parent.get(key)?;
        if !field.node.is_map() {
            self.wrong_type(&field, "a map");
            return None;
        }
        self.known_keys(&field, known, elsewhere);
        Some(field)
    }

    /// Reports keys that nobody knows. Keys that begin with `x-` are everybody's own.
    pub(super) fn known_keys(
        &mut self,
        field: &Field<'_>,
        known: &[&str],
        elsewhere: impl Fn(&str) -> Option<String>,
    ) {
        let strict = self.options.strict;
        let severity = if strict { Severity::Error } else { Severity::Warning };
        for entry in field.node.entries() {
            let key = entry.key.as_str();
            if known.contains(&key) || key.starts_with("x-") {
                continue;
            }
            let message = format!("a Compose file has no key `{}`", join(&field.path, key));
            let finding = Diagnostic::new("field-unknown", severity, message)
                .at(entry.key_span.clone(), "Compose has no such key here");
            let near = nearest(key, known.iter().copied());
            self.findings.push(match (elsewhere(key), near) {
                (Some(below), _) => {
                    let place = join(&field.path, &below);
                    finding.help(format!("it belongs at `{place}`; check the indentation"))
                }
                (None, Some(near)) => finding.help(format!("did you mean `{near}`?")),
                (None, None) => finding,
            });
        }
    }

    /// The text of a scalar with its variables filled in; numbers as they would be written.
    pub(super) fn text(&mut self, field: &Field<'_>, expected: &str) -> Option<String> {
        let text = match &field.node.value {
            Value::String(text) => text.clone(),
            Value::Int(number) => number.to_string(),
            Value::Float(number) if number.is_finite() => number.to_string(),
            Value::Bool(value) => value.to_string(),
            _ => {
                self.wrong_type(field, expected);
                return None;
            }
        };
        match interpolate(&text) {
            Ok(text) => Some(text),
            Err(name) => {
                let shown: String = name.chars().take(60).collect();
                let message = format!("the variable `{shown}` has no value");
                self.report(
                    Diagnostic::error("placeholder", message)
                        .at(field.node.span.clone(), "this is not a value yet")
                        .help("fill it in first: `docker compose config | podtide run -`"),
                );
                None
            }
        }
    }

    /// A scalar below a key, read by a function whose error is a phrase.
    pub(super) fn value<T>(
        &mut self,
        parent: &Field<'_>,
        key: &str,
        expected: &str,
        help: &str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let field = parent.get(key)?;
        let text = self.text(&field, expected)?;
        match parse(&text) {
            Ok(value) => Some(value),
            Err(why) => {
                self.refuse(&field, &why, help);
                None
            }
        }
    }

    /// A span of time below a key.
    pub(super) fn duration(&mut self, parent: &Field<'_>, key: &str) -> Option<SimDuration> {
        let help = "write a number with its unit, such as `10s` or `1m30s`";
        self.value(parent, key, "a span of time", help, parse_duration)
    }

    /// A whole number below a key, from 0 up to a greatest one.
    pub(super) fn count(&mut self, parent: &Field<'_>, key: &str, most: i64) -> Option<i64> {
        let help = format!("write a whole number from 0 to {most}");
        self.value(parent, key, "a whole number", &help, |text| {
            let number = text.trim().parse::<i64>().map_err(|_| "not a whole number".to_owned())?;
            if (0..=most).contains(&number) { Ok(number) } else { Err("out of range".to_owned()) }
        })
    }

    /// One of several words below a key.
    pub(super) fn choice<T: Copy>(
        &mut self,
        parent: &Field<'_>,
        key: &str,
        known: &[(&str, T)],
    ) -> Option<T> {
        let words: Vec<String> = known.iter().map(|(word, _)| format!("`{word}`")).collect();
        let help = format!("write {}", words.join(" or "));
        self.value(parent, key, "a word", &help, |text| {
            let found = known.iter().find(|(word, _)| *word == text);
            found.map(|(_, value)| *value).ok_or_else(|| "no such word is known".to_owned())
        })
    }
}

/// The path of a key.
pub(super) fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}
