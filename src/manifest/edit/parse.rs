//! `path=value` -> [`Edit`].

use super::{Edit, ObjectAddress};
use crate::diagnostic::{Diagnostic, SourceId, SourceMap, Span};
use crate::manifest::path::parse_edit_path;
use crate::manifest::yaml::{Document, Node, Value, parse};

impl Edit {
    /// Reads `[kind/[namespace/]name:]path=value`. The value is YAML; nothing at all is `null`, and
    /// the empty text is `''`. The text is added to the sources under `name` (the
    /// option that it came from), so that findings can show it.
    ///
    /// # Errors
    /// When the text has no `=`, or address or value cannot be read.
    pub fn parse(sources: &mut SourceMap, name: &str, text: &str) -> Result<Edit, Diagnostic> {
        let source = sources.add(name, text);
        let span = |start: usize, end: usize| Span { source, bytes: start as u32..end as u32 };
        let Some(equals) = find_equals(text) else {
            return Err(Diagnostic::error("edit-syntax", "an edit has no `=`")
                .at(span(0, text.len()), "")
                .help("write `path=value`, as in `hpa/shop:spec.maxReplicas=20`"));
        };
        let value = parse_value_at(source, text, equals + 1)?;
        let (object, path_start) = match split_object(&text[..equals]) {
            Some((address, length)) => (
                Some(parse_object(address).map_err(|help| bad_object(span(0, length), help))?),
                length + 1,
            ),
            None => (None, 0),
        };
        let path = parse_edit_path(&text[path_start..equals]).map_err(|(message, at)| {
            let at = path_start + at;
            Diagnostic::error("edit-syntax", message).at(span(at, equals.max(at)), "")
        })?;
        Ok(Edit { object, path, value, span: span(0, equals) })
    }

    /// An edit whose value stands in a tree already, as in a scenario's events.
    ///
    /// # Errors
    /// When the address cannot be read.
    pub fn from_address(address: &str, value: Node, span: Span) -> Result<Edit, Diagnostic> {
        let at = |finding: Diagnostic| finding.at(span.clone(), "");
        let (object, path) = match split_object(address) {
            Some((text, length)) => {
                let object = parse_object(text).map_err(|help| bad_object(span.clone(), help))?;
                (Some(object), &address[length + 1..])
            }
            None => (None, address),
        };
        let path = parse_edit_path(path)
            .map_err(|(message, _)| at(Diagnostic::error("edit-syntax", message)))?;
        Ok(Edit { object, path, value, span })
    }
}

/// The first `=` that is not inside brackets or quotes.
fn find_equals(text: &str) -> Option<usize> {
    let mut quoted = false;
    let mut depth = 0;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'[' if !quoted => depth += 1,
            b']' if !quoted => depth -= 1,
            b'=' if !quoted && depth <= 0 => return Some(at),
            _ => {}
        }
    }
    None
}

/// The part before the first `:` that is not inside brackets or quotes, and its length.
fn split_object(address: &str) -> Option<(&str, usize)> {
    let end = address.find([':', '"', '['])?;
    (address.as_bytes()[end] == b':').then(|| (&address[..end], end))
}

pub(super) fn parse_object(text: &str) -> Result<ObjectAddress, &'static str> {
    let parts: Vec<&str> = text.split('/').collect();
    match parts.as_slice() {
        parts if parts.iter().any(|part| part.is_empty()) => Err("a part of the address is empty"),
        [kind, name] => Ok(ObjectAddress::new(kind, None, name)),
        [kind, namespace, name] => Ok(ObjectAddress::new(kind, Some(namespace), name)),
        _ => Err("write `kind/name:` or `kind/namespace/name:`"),
    }
}

fn bad_object(span: Span, help: &'static str) -> Diagnostic {
    Diagnostic::error("edit-syntax", "this does not say which object is meant")
        .at(span, "")
        .help(help)
}

/// Reads the value behind byte `start`, with spans in the whole text.
fn parse_value_at(source: SourceId, text: &str, start: usize) -> Result<Node, Diagnostic> {
    // Blanks keep the bytes where they are: an address has no other use here.
    let padded = " ".repeat(start) + &text[start..];
    let (mut documents, mut findings) = parse(source, &padded);
    if let Some(finding) = findings.pop() {
        return Err(finding);
    }
    let whole = Span { source, bytes: start as u32..text.len() as u32 };
    match documents.len() {
        0 => Ok(Node::new(Value::Null, whole)),
        1 => {
            let Document { root, .. } = documents.swap_remove(0);
            Ok(root)
        }
        _ => Err(Diagnostic::error("edit-syntax", "an edit has one value").at(whole, "")),
    }
}
