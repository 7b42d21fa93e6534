//! `podtide explain`.

use anyhow::Context as _;

use super::Outcome;
use super::args::{ExplainArgs, ExplainFormat};
use super::input::prepare_to_play;
use super::output;
use crate::explain::{self, Explanation};
use crate::recording::Recording;
use crate::render;
use crate::scenario::Scenario;
use crate::scenario::file::scalar::parse_duration;
use crate::sim::simulate;
use crate::units::SimTime;

/// Explains what the arguments ask for.
///
/// # Errors
/// When nothing has such a name, or the result cannot be written.
pub fn run(arguments: &ExplainArgs) -> anyhow::Result<Outcome> {
    let session = prepare_to_play(&arguments.input);
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
    let explanation = explanation(arguments, scenario, &recording)?;
    let style = output::style(arguments.output.is_some());
    let shown = match arguments.format {
        ExplainFormat::Text => render::explain::text(&explanation, style),
        ExplainFormat::Json => render::explain::json(&explanation),
    };
    output::write(shown.as_bytes(), arguments.output.as_deref())?;
    Ok(Outcome::Fine)
}

fn explanation(
    arguments: &ExplainArgs,
    scenario: &Scenario,
    recording: &Recording,
) -> anyhow::Result<Explanation> {
    let text = arguments.at.as_deref().context("which instant? Write `--at 12m30s`")?;
    let at = parse_duration(text)
        .map_err(|why| anyhow::anyhow!("`--at {text}`: {why}; write an instant such as `8m30s`"))?;
    let at = SimTime::ZERO + at;
    let ExplainArgs { hpa, pod, deployment, .. } = arguments;
    Ok(match (hpa, pod, deployment) {
        (Some(name), _, _) => explain::hpa(scenario, recording, name, at)?,
        (_, Some(name), _) => explain::pod(scenario, recording, name, at)?,
        (_, _, Some(name)) => explain::deployment(scenario, recording, name, at)?,
        (None, None, None) => explain::at(scenario, recording, at)?,
    })
}
