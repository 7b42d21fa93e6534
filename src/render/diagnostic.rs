//! Findings -> text with the lines they are about, or JSON.

use std::fmt::Write as _;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use serde_json::{Value, json};

use crate::diagnostic::{Diagnostic, Label, Severity, SourceId, SourceMap, SourceText};

/// Lines longer than this are not shown, only named \[bytes\].
const LINE_BYTES_MAX: usize = 1000;
/// Labels farther apart than this are shown in snippets of their own \[bytes\].
const SNIPPET_BYTES_MAX: usize = 16 * 1024;
/// How many findings [`all_to_text`] shows.
pub const FINDINGS_MAX: usize = 100;
/// How many labels of one finding are shown.
const LABELS_MAX: usize = 8;

/// One finding as text of several lines, without a newline at its end: code and message, the lines
/// with the labels below them, and the help. Colours are ANSI escapes.
pub fn to_text(diagnostic: &Diagnostic, sources: &SourceMap, colour: bool) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let mut group = Group::with_title(level.primary_title(&diagnostic.message).id(diagnostic.code));
    for labels in by_snippet(&diagnostic.labels, sources) {
        group = show(group, &labels, sources);
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help));
    }
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    renderer.render(&[group])
}

/// All findings as text, with an empty line between them and a newline at the end; empty if there
/// are none. Of very many only the first [`FINDINGS_MAX`] are shown, and the rest is counted.
pub fn all_to_text(diagnostics: &[Diagnostic], sources: &SourceMap, colour: bool) -> String {
    let mut text = String::new();
    for diagnostic in diagnostics.iter().take(FINDINGS_MAX) {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&to_text(diagnostic, sources, colour));
        text.push('\n');
    }
    if let Some(rest) = diagnostics.len().checked_sub(FINDINGS_MAX).filter(|rest| *rest > 0) {
        writeln!(text, "\n... and {rest} more").expect("writing to a String cannot fail");
    }
    text
}

/// One finding as JSON: `code`, `severity`, `message`, `help`, and `labels` with `file`, `line`,
/// `column` (both from 1, columns in characters), `text` and `primary`.
pub fn to_json(diagnostic: &Diagnostic, sources: &SourceMap) -> Value {
    let labels: Vec<Value> = diagnostic
        .labels
        .iter()
        .map(|label| {
            let position = sources.line_column(&label.span);
            json!({
                "file": sources.get(label.span.source).map(|source| source.name.as_str()),
                "line": position.map(|(line, _)| line),
                "column": position.map(|(_, column)| column),
                "text": label.text,
                "primary": label.primary,
            })
        })
        .collect();
    json!({
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        "help": diagnostic.help,
        "labels": labels,
    })
}

/// Labels of one snippet: of one source, and not far apart.
struct Together<'d> {
    source: SourceId,
    labels: Vec<&'d Label>,
    /// The lines that are shown \[bytes\].
    start: usize,
    end: usize,
}

fn by_snippet<'d>(labels: &'d [Label], sources: &SourceMap) -> Vec<Together<'d>> {
    let mut snippets: Vec<Together<'d>> = Vec::new();
    for label in labels.iter().take(LABELS_MAX) {
        let source = label.span.source;
        let Some(text) = sources.get(source) else { continue };
        let (start, end) = line_of(&text.text, label.span.bytes.start as usize);
        let fits = |other: &&mut Together<'_>| {
            let length = other.end.max(end) - other.start.min(start);
            other.source == source && length <= SNIPPET_BYTES_MAX
        };
        match snippets.iter_mut().find(fits) {
            Some(snippet) => {
                snippet.labels.push(label);
                snippet.start = snippet.start.min(start);
                snippet.end = snippet.end.max(end);
            }
            None => snippets.push(Together { source, labels: vec![label], start, end }),
        }
    }
    snippets
}

/// First and last byte of the line at a byte, without its newline.
fn line_of(text: &str, at: usize) -> (usize, usize) {
    let at = floor_boundary(text, at);
    let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let end = text[at..].find('\n').map_or(text.len(), |length| at + length);
    (start, end)
}

/// The byte at or before `at` where a character begins, or the end.
fn floor_boundary(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

fn show<'s>(group: Group<'s>, shown: &Together<'s>, sources: &'s SourceMap) -> Group<'s> {
    let Some(SourceText { name, text }) = sources.get(shown.source) else { return group };
    let lines = &text[shown.start..shown.end];
    let first = shown.labels.first().and_then(|label| sources.line_column(&label.span));
    if lines.lines().any(|line| line.len() > LINE_BYTES_MAX) {
        let (line, column) = first.unwrap_or((1, 1));
        let origin = Origin::path(name).line(line as usize).char_column(column as usize);
        return group.element(origin);
    }
    let line_start = text[..shown.start].bytes().filter(|byte| *byte == b'\n').count() + 1;
    let annotations = shown.labels.iter().map(|label| annotation(label, shown, text));
    let snippet = Snippet::source(lines).path(name).line_start(line_start);
    group.element(snippet.annotations(annotations))
}

/// A label in the coordinates of its snippet. Of a value of several lines, the first is marked.
fn annotation<'d>(label: &'d Label, shown: &Together<'_>, text: &str) -> Annotation<'d> {
    let kind = if label.primary { AnnotationKind::Primary } else { AnnotationKind::Context };
    let start = floor_boundary(text, (label.span.bytes.start as usize).min(shown.end));
    let (_, line_end) = line_of(text, start);
    let end = floor_boundary(text, (label.span.bytes.end as usize).clamp(start, line_end));
    let annotation = kind.span(start - shown.start..end - shown.start);
    if label.text.is_empty() { annotation } else { annotation.label(&label.text) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Span;

    #[test]
    fn a_finding_shows_its_lines() {
        let mut sources = SourceMap::default();
        let source = sources.add("hpa.yaml", "spec:\n  minReplicas: 5\n  maxReplicas: 3\n");
        let span = |bytes| Span { source, bytes };
        let finding = Diagnostic::error("hpa-replica-bounds", "maxReplicas is below minReplicas")
            .beside(span(21..22), "minReplicas is 5")
            .at(span(38..39), "3 is less than minReplicas")
            .help("write `maxReplicas: 5` or more");
        let expect = "\
error[hpa-replica-bounds]: maxReplicas is below minReplicas
 --> hpa.yaml:3:16
  |
2 |   minReplicas: 5
  |                - minReplicas is 5
3 |   maxReplicas: 3
  |                ^ 3 is less than minReplicas
  |
  = help: write `maxReplicas: 5` or more";
        assert_eq!(to_text(&finding, &sources, false), expect);
        assert_eq!(to_json(&finding, &sources)["labels"][0]["line"], 3);
    }

    #[test]
    fn places_that_are_hard_to_show_do_no_harm() {
        let mut sources = SourceMap::default();
        let long = sources.add("long.json", "x".repeat(5000));
        let wide = sources.add("wide.yaml", "ä: ö\r\n\u{0}");
        let empty = sources.add("empty.yaml", "");
        for (source, bytes) in [(long, 4000..4001), (wide, 1..900), (wide, 8..8), (empty, 0..9)] {
            let finding = Diagnostic::error("x", "y").at(Span { source, bytes }, "z");
            assert!(to_text(&finding, &sources, true).contains('y'));
        }
    }
}
