//! Results go to standard output or a file, everything else to standard error. A closed pipe is a
//! silent success.

use std::fs;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::Path;

use anstream::{AutoStream, ColorChoice};
use anyhow::Context as _;

use super::files::in_words;
use crate::diagnostic::{Diagnostic, Severity, SourceMap};
use crate::render::diagnostic::{FINDINGS_MAX, all_to_text, to_text};
use crate::render::text::Style;

/// Writes a result to a file, or to standard output.
///
/// # Errors
/// When it cannot be written.
pub fn write(bytes: &[u8], file: Option<&Path>) -> anyhow::Result<()> {
    let Some(file) = file.filter(|file| file.as_os_str() != "-") else {
        return print(bytes);
    };
    fs::write(file, bytes)
        .map_err(|error| anyhow::anyhow!("{}", in_words(&error)))
        .with_context(|| format!("cannot write `{}`", file.display()))
}

/// Writes to standard output.
///
/// # Errors
/// When it cannot be written, other than because nobody reads any more.
pub fn print(bytes: &[u8]) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to standard output")
        }
        _ => Ok(()),
    }
}

/// Writes a message to standard error; nobody can be told when that fails.
pub fn tell(text: &str) {
    let mut err = io::stderr().lock();
    let _ = writeln!(err, "{text}");
}

/// Shows findings on standard error.
pub fn tell_findings(all: &[Diagnostic], sources: &SourceMap) {
    let color = AutoStream::choice(&io::stderr()) != ColorChoice::Never;
    if !all.is_empty() {
        tell(&all_to_text(all, sources, color));
    }
}

/// Warnings as they are shown in a result.
pub fn warnings(all: &[Diagnostic], sources: &SourceMap, style: Style) -> Vec<String> {
    all.iter()
        .filter(|finding| finding.severity == Severity::Warning)
        .take(FINDINGS_MAX)
        .map(|finding| to_text(finding, sources, style.color))
        .collect()
}

/// How text looks: colours and the terminal's width on a terminal, 80 plain columns elsewhere.
pub fn style(to_file: bool) -> Style {
    let stdout = io::stdout();
    if to_file || !stdout.is_terminal() {
        return Style::default();
    }
    let color = AutoStream::choice(&stdout) != ColorChoice::Never;
    let size = terminal_size::terminal_size();
    let width = size.map_or(80, |(width, _)| width.0).clamp(60, 120);
    Style { width, color, ..Style::default() }
}
