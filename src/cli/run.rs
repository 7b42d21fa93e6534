//! `podtide run`.

use anyhow::Context as _;
use rayon::prelude::*;

use super::Outcome;
use super::args::{Format, RunArgs};
use super::input::{Prepared, Session, prepare};
use super::output;
use super::play::play;
use crate::render::text::{TextOptions, text};
use crate::report::Report;

/// Plays what the arguments name and tells what happened.
///
/// # Errors
/// When the result cannot be written.
pub fn run(arguments: &RunArgs) -> anyhow::Result<Outcome> {
    let session = prepare(&arguments.input, arguments.input.strict);
    if session.is_refused(arguments.input.strict) {
        output::tell_findings(&session.findings, &session.sources);
        return Ok(Outcome::WrongInput);
    }
    if arguments.format != Format::Text {
        output::tell_findings(&session.findings, &session.sources);
    }
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(arguments.threads.map_or(0, usize::from))
        .build()
        .context("cannot start threads")?;
    let played = pool.install(|| play_all(&session, arguments.runs));
    let bytes = show(&session, &played, arguments)?;
    output::write(&bytes, arguments.output.as_deref())?;
    Ok(Outcome::Fine)
}

/// The reports of a Scenario's runs, the first one first.
struct Played {
    reports: Vec<Report>,
}

fn play_all(session: &Session, runs: u32) -> Vec<Played> {
    let play_runs = |prepared: &Prepared| {
        let reports = (0..runs).into_par_iter().filter_map(|run| play_run(session, prepared, run));
        Played { reports: reports.collect() }
    };
    session.scenarios.par_iter().map(play_runs).collect()
}

/// Plays a Scenario with the seed that it has, or one of those that follow.
fn play_run(session: &Session, prepared: &Prepared, run: u32) -> Option<Report> {
    let scenario = prepared.scenario.as_ref()?;
    if run == 0 {
        return Some(play(scenario).1);
    }
    let seed = scenario.seed.wrapping_add(u64::from(run));
    session.with_seed(prepared, seed).map(|scenario| play(&scenario).1)
}

fn show(session: &Session, played: &[Played], arguments: &RunArgs) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for (place, played) in played.iter().enumerate() {
        if place > 0 && arguments.format == Format::Text {
            bytes.extend(b"\n\n");
        }
        bytes.extend(show_one(session, played, arguments)?);
    }
    Ok(bytes)
}

fn show_one(session: &Session, played: &Played, arguments: &RunArgs) -> anyhow::Result<Vec<u8>> {
    let report = played.reports.first().context("nothing was played")?;
    match arguments.format {
        Format::Text => {
            let style = output::style(arguments.output.is_some());
            let options = TextOptions {
                style,
                all_assumptions: arguments.assumptions,
                warnings: output::warnings(&session.findings, &session.sources, style),
                ..TextOptions::default()
            };
            Ok(text(report, &options).into_bytes())
        }
        Format::Json => Ok((serde_json::to_string_pretty(report)? + "\n").into_bytes()),
        Format::Csv => anyhow::bail!("CSV is not written yet"),
    }
}
