//! What is wrong with a text that is no YAML, in words that say what to do about it.

use serde_saphyr::granit_parser::{ErrorKind, ScanError};

use super::limits::MAX_DEPTH;
use super::span;
use crate::diagnostic::{Diagnostic, SourceId, Span};

/// The finding for a parser's error in the bytes `start..end` of a text.
pub(super) fn scan_error(
    source: SourceId,
    text: &str,
    (start, end): (usize, usize),
    error: &ScanError,
) -> Diagnostic {
    let offset = error.marker().byte_offset().unwrap_or(0);
    let mut at = (start + offset).min(end);
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let width = text[at..end].chars().next().map_or(0, char::len_utf8);
    if let Some(braces) = template_before(&text[start..end], at - start) {
        return template(span(source, start + braces, start + braces + 2));
    }
    let here = span(source, at, at + width);
    if matches!(error.kind(), ErrorKind::RecursionLimitExceeded) {
        return too_deep(here);
    }
    let (message, help) = explain(error.kind());
    let finding = Diagnostic::error("yaml-syntax", message).at(here, "");
    match help {
        Some(help) => finding.help(help),
        None => finding,
    }
}

/// Where a `{{` stands outside quotes, no later than the line of the fault: it is taken for the
/// cause, because a template's braces often break the text only further down.
fn template_before(text: &str, fault: usize) -> Option<usize> {
    let mut line_start = 0;
    for line in text.split_inclusive('\n') {
        if line_start > fault {
            return None;
        }
        let code = line.split(" #").next().unwrap_or_default();
        let bare = code.trim_start();
        let opens = bare.starts_with("{{") || code.contains(": {{") || code.contains("- {{");
        if opens && !bare.starts_with('#') {
            return code.find("{{").map(|at| line_start + at);
        }
        line_start += line.len();
    }
    None
}

pub(super) fn too_deep(at: Span) -> Diagnostic {
    Diagnostic::error("yaml-limit", format!("maps and lists are nested deeper than {MAX_DEPTH}"))
        .at(at, "this is one too many")
}

pub(super) fn bad_merge(at: Span) -> Diagnostic {
    Diagnostic::error("yaml-syntax", "`<<` takes a map, or a list of maps").at(at, "")
}

pub(super) fn template(at: Span) -> Diagnostic {
    Diagnostic::error("helm-template", "this is a template that was not rendered")
        .at(at, "`{{` begins an expression of Helm or the like")
        .help("render it first: `helm template CHART | podtide run -`")
}

/// What is wrong with the text, and what to do about it.
fn explain(kind: &ErrorKind) -> (String, Option<&'static str>) {
    let (message, help) = match kind {
        ErrorKind::UnclosedQuotedScalar => {
            ("this quote is never closed", Some("end the text with the quote that it began with"))
        }
        ErrorKind::InvalidQuotedScalarIndent => (
            "a text in quotes goes on here without indentation",
            Some("its quote is probably not closed on a line before"),
        ),
        ErrorKind::TabInIndentation
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabNotAllowed
        | ErrorKind::TabAtBlockScalarStart
        | ErrorKind::TabInPlainScalar
        | ErrorKind::UnexpectedCharacter { character: '\t' } => {
            ("a tab stands where YAML wants blanks", Some("indent with blanks"))
        }
        ErrorKind::UnknownAnchor => (
            "no anchor of this name stands before",
            Some("put a text that begins with `*` in quotes"),
        ),
        ErrorKind::MappingValueNotAllowed => (
            "a `key: value` cannot begin here",
            Some("put a text with `: ` in quotes, or check the indentation of this line"),
        ),
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => (
            "a `:` is missing after this key",
            Some("write `key: value`; check the indentation of this line and the one before"),
        ),
        ErrorKind::ExpectedBlockMappingKey | ErrorKind::InvalidIndentation => (
            "this line does not fit the indentation of the lines before",
            Some("keys of one map begin in the same column"),
        ),
        kind => return (format!("this is not YAML: {}", lower_first(&kind.to_string())), None),
    };
    (message.to_owned(), help)
}

fn lower_first(text: &str) -> String {
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_lowercase().chain(characters).collect(),
        None => String::new(),
    }
}
