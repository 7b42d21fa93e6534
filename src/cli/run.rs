//! `podtide run`.

use anyhow::Context as _;
use rayon::prelude::*;
use serde_json::Value;

use super::Outcome;
use super::args::{Format, InputArgs, RunArgs};
use super::input::{Prepared, Session, prepare_to_play};
use super::output;
use super::play::play;
use crate::diagnostic::{Severity, has_errors};
use crate::render::text::{TextOptions, side_by_side, text};
use crate::render::{csv, json, spread};
use crate::report::Report;
use crate::report::spread::{Numbers, Spread};

/// Plays what the arguments name and tells what happened.
///
/// # Errors
/// When the result cannot be written.
pub fn run(arguments: &RunArgs) -> anyhow::Result<Outcome> {
    let session = prepare_to_play(&arguments.input.with(&arguments.events.at));
    if session.is_refused(arguments.input.strict) {
        output::tell_findings(&session.findings, &session.sources);
        return Ok(Outcome::WrongInput);
    }
    // Warnings stand in the summary; errors that did not keep the rest from playing do not.
    let told = session
        .findings
        .iter()
        .filter(|finding| arguments.format != Format::Text || finding.severity == Severity::Error);
    output::tell_findings(&told.cloned().collect::<Vec<_>>(), &session.sources);
    if arguments.format == Format::Csv && (session.scenarios.len() > 1 || arguments.runs > 1) {
        anyhow::bail!("CSV tells of one run of one Scenario: give one, or take `--format json`");
    }
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(arguments.threads.map_or(0, usize::from))
        .build()
        .context("cannot start threads")?;
    let played: Vec<Played> = pool.install(|| {
        let all = session.scenarios.par_iter();
        all.filter_map(|prepared| play_runs(&session, prepared, arguments.runs)).collect()
    });
    let shown = match arguments.format {
        Format::Text => show_text(&session, &played, arguments),
        Format::Json => show_json(&played)?,
        Format::Csv => played.iter().map(|played| csv::series(&played.report, None)).collect(),
    };
    output::write(shown.as_bytes(), arguments.output.as_deref())?;
    Ok(if has_errors(&session.findings) { Outcome::WrongInput } else { Outcome::Fine })
}

/// A Scenario's first run, and how far the others lie apart.
struct Played {
    origin: String,
    report: Report,
    spread: Option<Spread>,
}

/// Plays a Scenario with its seed, and with those that follow.
fn play_runs(session: &Session, prepared: &Prepared, runs: u32) -> Option<Played> {
    let scenario = prepared.scenario.as_ref()?;
    let report = play(scenario);
    let others = (1..runs).into_par_iter().filter_map(|run| {
        let seed = scenario.seed.wrapping_add(u64::from(run));
        Some(Numbers::of(&play(&session.with_seed(prepared, seed)?)))
    });
    let mut numbers = vec![Numbers::of(&report)];
    numbers.extend(others.collect::<Vec<_>>());
    let spread = (runs > 1).then(|| Spread::of(&numbers));
    Some(Played { origin: prepared.origin.clone(), report, spread })
}

/// One screen for each Scenario.
fn show_text(session: &Session, played: &[Played], arguments: &RunArgs) -> String {
    let style = output::style(arguments.output.is_some());
    let mut pages = Vec::with_capacity(played.len());
    let (input, count) = (arguments.input.with(&arguments.events.at), played.len());
    for (place, played) in played.iter().enumerate() {
        // Findings are of all inputs together: they stand on the first page.
        let warnings = match place {
            0 => output::warnings(&session.findings, &session.sources, style),
            _ => Vec::new(),
        };
        let options = TextOptions {
            style,
            all_assumptions: arguments.assumptions,
            warnings,
            explain: explain_command(&input, &played.origin, count),
            ..TextOptions::default()
        };
        let mut page = text(&played.report, &options);
        if let Some(runs) = &played.spread {
            page = format!("{page}\n{}", spread::table(runs, &played.report));
        }
        pages.push(page);
    }
    if played.len() > 1 {
        let reports: Vec<&Report> = played.iter().map(|played| &played.report).collect();
        pages.push(side_by_side(&reports, style));
    }
    pages.join("\n\n")
}

/// How to ask why, where a Scenario's file is all that was given.
fn explain_command(input: &InputArgs, origin: &str, scenarios: usize) -> Option<String> {
    let InputArgs { kustomize, traffic, saturate_at, set, seed, duration, events, .. } = input;
    let as_it_is = [kustomize.is_empty(), traffic.is_empty(), set.is_empty(), events.is_empty()]
        .into_iter()
        .all(|empty| empty)
        && (saturate_at.is_none() && seed.is_none() && duration.is_none());
    let is_file = input.files.len() == scenarios
        && input.files.iter().any(|file| file.to_str() == Some(origin) && file.is_file());
    let is_word = !origin.contains(char::is_whitespace);
    (as_it_is && is_file && is_word).then(|| format!("podtide explain {origin}"))
}

/// The report of the one Scenario, or a list of them. With several runs each has its `spread`.
fn show_json(played: &[Played]) -> anyhow::Result<String> {
    if let [Played { report, spread: None, .. }] = played {
        return Ok(json::json(report));
    }
    let mut values = Vec::with_capacity(played.len());
    for played in played {
        let mut value: Value = serde_json::from_str(&json::json(&played.report))?;
        value["origin"] = Value::from(played.origin.as_str());
        if let Some(spread) = &played.spread {
            value["spread"] = serde_json::from_str(&json::spread(spread))?;
        }
        values.push(value);
    }
    let value = if values.len() == 1 { values.remove(0) } else { Value::from(values) };
    Ok(format!("{value:#}\n"))
}
