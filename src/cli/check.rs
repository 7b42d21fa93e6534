//! `podtide check`.

use std::collections::BTreeMap;

use super::Outcome;
use super::args::{CheckArgs, CheckFormat};
use super::input::{Session, prepare};
use super::output;
use crate::diagnostic::{Diagnostic, Severity, has_errors};
use crate::render::diagnostic::{all_to_text, to_json};

/// Finds what is wrong or questionable, and plays nothing.
///
/// # Errors
/// When the result cannot be written.
pub fn run(arguments: &CheckArgs) -> anyhow::Result<Outcome> {
    let session = prepare(&arguments.input.with(&arguments.events.at), true);
    let text = match arguments.format {
        CheckFormat::Text => text(&session),
        CheckFormat::Json => json(&session)? + "\n",
    };
    output::print(text.as_bytes())?;
    let warned = session.findings.iter().any(|finding| finding.severity == Severity::Warning);
    Ok(match (has_errors(&session.findings), warned) {
        (true, _) => Outcome::WrongInput,
        (false, true) if arguments.input.strict => Outcome::WrongInput,
        (false, true) => Outcome::ExpectationFailed,
        (false, false) => Outcome::Fine,
    })
}

fn json(session: &Session) -> serde_json::Result<String> {
    let list = session.findings.iter().map(|finding| to_json(finding, &session.sources));
    serde_json::to_string_pretty(&list.collect::<serde_json::Value>())
}

/// The findings, and what was looked at.
fn text(session: &Session) -> String {
    let color = output::style(false).color;
    let mut text = all_to_text(&session.findings, &session.sources, color);
    if !text.is_empty() {
        text.push('\n');
    }
    text + &counts(session) + "\n"
}

/// `4 files, 3 objects, 2 kinds ignored (ConfigMap 1, Secret 1): 1 warning`
fn counts(session: &Session) -> String {
    let mut ignored: BTreeMap<&str, u32> = BTreeMap::new();
    let mut objects = 0;
    for prepared in &session.scenarios {
        let manifests = &prepared.objects;
        objects += manifests.documents.objects.len();
        for (kind, count) in &manifests.ignored {
            *ignored.entry(kind).or_default() += count;
        }
    }
    let files = session.sources.iter().filter(|source| !source.name.starts_with("--")).count();
    let mut text = format!("{}, {}", things(files, "file"), things(objects, "object"));
    if !ignored.is_empty() {
        let listed: Vec<String> =
            ignored.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
        let kinds = things(ignored.len(), "kind");
        text = format!("{text}, {kinds} ignored ({})", listed.join(", "));
    }
    format!("{text}: {}", verdict(&session.findings))
}

/// `2 errors, 1 warning`; notes do not count.
fn verdict(findings: &[Diagnostic]) -> String {
    let of = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    let parts: Vec<String> = [(of(Severity::Error), "error"), (of(Severity::Warning), "warning")]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| things(count, word))
        .collect();
    if parts.is_empty() { "nothing found".to_owned() } else { parts.join(", ") }
}

fn things(count: usize, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}
