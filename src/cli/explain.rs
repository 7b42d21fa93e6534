//! `podtide explain`.

use anyhow::Context as _;

use super::Outcome;
use super::args::{ExplainArgs, ExplainFormat};
use super::input::{Prepared, prepare_to_play};
use super::output;
use crate::explain::{self, Explanation, Unknown};
use crate::recording::Recording;
use crate::render;
use crate::render::text::Style;
use crate::scenario::Scenario;
use crate::scenario::file::scalar::parse_duration;
use crate::sim::simulate;
use crate::units::SimTime;

/// Explains what the arguments ask for.
///
/// # Errors
/// When nothing has such a name, or the result cannot be written.
pub fn run(arguments: &ExplainArgs) -> anyhow::Result<Outcome> {
    let style = output::style(arguments.output.is_some());
    let has_input = !arguments.input.files.is_empty() || !arguments.input.kustomize.is_empty();
    if let Some(name) = &arguments.concept {
        let Some(name) = name.as_deref().filter(|name| is_lesson(name)) else {
            return list_concepts(arguments, name.as_deref(), style);
        };
        if !has_input {
            let lesson = explain::concept(name, None).context("it was just found")?;
            return show(arguments, &lesson, style);
        }
    }
    anyhow::ensure!(has_input, "what is to be played? Give a Scenario or manifests");
    let session = prepare_to_play(&arguments.input.with(&arguments.events));
    output::tell_findings(&session.findings, &session.sources);
    if session.is_refused(arguments.input.strict) {
        return Ok(Outcome::WrongInput);
    }
    let [prepared] = session.scenarios.as_slice() else {
        anyhow::bail!("`explain` plays one Scenario, {} were given", session.scenarios.len());
    };
    let scenario = prepared.scenario.as_ref().context("nothing can be played")?;
    let mut recording = Recording::default();
    simulate(scenario, &mut recording);
    if arguments.lesson {
        return show_lesson(arguments, prepared, scenario, &recording);
    }
    let explanation = explanation(arguments, scenario, &recording)?;
    show(arguments, &explanation, style)
}

fn show(
    arguments: &ExplainArgs,
    explanation: &Explanation,
    style: Style,
) -> anyhow::Result<Outcome> {
    let shown = match arguments.format {
        ExplainFormat::Text => render::explain::text(explanation, style),
        ExplainFormat::Json => render::explain::json(explanation),
    };
    output::write(shown.as_bytes(), arguments.output.as_deref())?;
    Ok(Outcome::Fine)
}

/// The questions of a lesson with their answers.
fn show_lesson(
    arguments: &ExplainArgs,
    prepared: &Prepared,
    scenario: &Scenario,
    recording: &Recording,
) -> anyhow::Result<Outcome> {
    let lesson = explain::lesson(scenario, recording);
    anyhow::ensure!(!lesson.is_empty(), "`{}` has no lesson", scenario.name);
    let style = output::style(arguments.output.is_some());
    let shown = match arguments.format {
        ExplainFormat::Text => {
            let command = format!("podtide explain {}", prepared.origin);
            render::explain::lesson(&scenario.name, &lesson, &command, style)
        }
        ExplainFormat::Json => render::explain::lesson_json(&lesson),
    };
    output::write(shown.as_bytes(), arguments.output.as_deref())?;
    Ok(Outcome::Fine)
}

fn explanation(
    arguments: &ExplainArgs,
    scenario: &Scenario,
    recording: &Recording,
) -> anyhow::Result<Explanation> {
    if let Some(Some(name)) = &arguments.concept {
        return explain::concept(name, Some((scenario, recording))).context("it was just found");
    }
    let at = instant(arguments)?;
    anyhow::ensure!(
        at <= recording.end,
        "`--at {at}` lies behind the end: {} are played (`--duration` plays longer)",
        recording.end
    );
    let ExplainArgs { hpa, pod, deployment, .. } = arguments;
    Ok(match (hpa, pod, deployment) {
        (Some(name), _, _) => explain::hpa(scenario, recording, name, at)?,
        (_, Some(name), _) => explain::pod(scenario, recording, name, at)?,
        (_, _, Some(name)) => explain::deployment(scenario, recording, name, at)?,
        (None, None, None) => explain::at(scenario, recording, at)?,
    })
}

fn instant(arguments: &ExplainArgs) -> anyhow::Result<SimTime> {
    let text = arguments.at.as_deref().context("which instant? Write `--at 12m30s`")?;
    match parse_duration(text) {
        Ok(at) => Ok(SimTime::ZERO + at),
        Err(why) => anyhow::bail!("`--at {text}`: {why}; write an instant such as `12m30s`"),
    }
}

fn is_lesson(name: &str) -> bool {
    explain::concepts().iter().any(|concept| concept.name == name)
}

/// All lessons; an unknown name is an error that lists them too.
fn list_concepts(
    arguments: &ExplainArgs,
    name: Option<&str>,
    style: Style,
) -> anyhow::Result<Outcome> {
    let concepts = explain::concepts();
    if let Some(name) = name {
        let unknown: Unknown = explain::unknown_concept(name);
        anyhow::bail!("{unknown}");
    }
    let shown = match arguments.format {
        ExplainFormat::Text => render::explain::concepts(&concepts, style),
        ExplainFormat::Json => render::explain::concepts_json(&concepts),
    };
    output::write(shown.as_bytes(), arguments.output.as_deref())?;
    Ok(Outcome::Fine)
}
