//! What is done to a text before it is parsed: texts that are no text are refused, and the
//! documents of a stream are told apart, so that a fault in one does not hide the others.

use super::span;
use crate::diagnostic::{Diagnostic, SourceId};

/// Texts that are no text, or too long for a [`Span`].
pub(super) fn refuse(source: SourceId, text: &str) -> Option<Diagnostic> {
    if u32::try_from(text.len()).is_err() {
        return Some(Diagnostic::error("yaml-limit", "the text is longer than 4 GiB"));
    }
    let control = text.bytes().position(|byte| {
        byte < 0x20 && !matches!(byte, b'\n' | b'\r' | b'\t' | 0x0c) || byte == 0x7f
    })?;
    let byte = text.as_bytes()[control];
    Some(
        Diagnostic::error(
            "yaml-binary",
            format!("this is not text: it has a control character (byte {byte:#04x})"),
        )
        .at(span(source, control, control + 1), "")
        .help("give YAML or JSON files as UTF-8 text"),
    )
}

/// The pieces of a stream: a line `---` begins one. Directives and comments before it belong to it.
pub(super) fn split(text: &str) -> Vec<(usize, usize)> {
    let mut starts = vec![0];
    let mut line_start = 0;
    let mut piece_has_content = false;
    for line in text.split_inclusive('\n') {
        let begins = line
            .strip_prefix("---")
            .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\n', '\r']));
        if begins && piece_has_content {
            starts.push(line_start);
        }
        let bare = line.trim_start_matches('\u{feff}').trim();
        piece_has_content |= begins || !(bare.is_empty() || bare.starts_with(['#', '%']));
        line_start += line.len();
    }
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    starts.iter().copied().zip(ends).collect()
}
