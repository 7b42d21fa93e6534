//! What the player asks for: the same inputs again with changes, and patches.

use std::fs;
use std::path::Path;

use crate::cli::args::InputArgs;
use crate::cli::input::{Session, prepare_to_play};
use crate::diagnostic::{Severity, SourceMap};
use crate::manifest::edit::Edit;
use crate::manifest::edit::patch::strategic_merge_patch;
use crate::tui::session::Studio;
use crate::tui::take::Take;
use crate::tui::what_if::Change;

/// Name of the first patch.
const PATCH: &str = "podtide-patch.yaml";

/// Plays the inputs again.
pub(super) struct Director {
    /// The inputs.
    pub(super) input: InputArgs,
}

impl Director {
    /// Changes as options: edits, and what is in the place of `--traffic`.
    fn edits(&self, changes: &[Change]) -> Result<(Vec<String>, Vec<String>), String> {
        let session = prepare_to_play(&self.input);
        let (mut edits, mut traffic) = (Vec::new(), self.input.traffic.clone());
        for change in changes {
            match change {
                Change::Edit(edit) => edits.push(edit.clone()),
                Change::StartupTime { deployment, time } => {
                    edits.push(startup(&session, deployment, time)?);
                }
                Change::TrafficScale(factor) if traffic.is_empty() => {
                    edits.extend(scale(&session, factor)?);
                }
                Change::TrafficScale(factor) => {
                    for line in &mut traffic {
                        *line = format!("{line}+scale:{factor}");
                    }
                }
            }
        }
        Ok((edits, traffic))
    }
}

/// The profile of a Deployment, with its time to start.
fn startup(session: &Session, deployment: &str, time: &str) -> Result<String, String> {
    let prepared = session.scenarios.first().ok_or("there is no Scenario")?;
    let profiles = &prepared.file.spec.profiles;
    let own = profiles.iter().position(|it| it.deployment.value.name == deployment);
    if let Some(place) = own {
        return Ok(format!("profiles[{place}].startup.time={time}"));
    }
    let place = profiles.len();
    Ok(format!("profiles[{place}]={{deployment: {deployment}, startup: {{time: {time}}}}}"))
}

/// A layer behind all others of each traffic.
fn scale(session: &Session, factor: &str) -> Result<Vec<String>, String> {
    let prepared = session.scenarios.first().ok_or("there is no Scenario")?;
    let traffic = prepared.file.spec.traffic.iter().enumerate();
    let edits: Vec<String> = traffic
        .filter_map(|(place, entry)| {
            let layers = entry.layers.as_ref()?.value.len();
            Some(format!("traffic[{place}].layers[{layers}]={{scale: {factor}}}"))
        })
        .collect();
    if edits.is_empty() {
        return Err("the traffic has no layers that could be scaled".to_owned());
    }
    Ok(edits)
}

impl Studio for Director {
    fn play(&mut self, changes: &[Change]) -> Result<Take, String> {
        let (edits, traffic) = self.edits(changes)?;
        let mut input = self.input.clone();
        input.set.extend(edits);
        input.traffic = traffic;
        let session = prepare_to_play(&input);
        if session.is_refused(input.strict) {
            let errors = session.findings.iter().filter(|it| it.severity == Severity::Error);
            let texts = errors.map(|finding| finding.message.clone());
            return Err(texts.collect::<Vec<_>>().join("\n"));
        }
        let prepared = session.scenarios.first().ok_or("there is no Scenario")?;
        let scenario = prepared.scenario.clone().ok_or("nothing can be played")?;
        Ok(Take::play("what if", scenario))
    }

    fn write_patch(&mut self, changes: &[Change]) -> Result<String, String> {
        let (edits, traffic) = self.edits(changes)?;
        let mut sources = SourceMap::default();
        let parsed: Result<Vec<Edit>, _> =
            edits.iter().map(|edit| Edit::parse(&mut sources, "--set", edit)).collect();
        let parsed = parsed.map_err(|finding| finding.message)?;
        let mut text = strategic_merge_patch(&parsed);
        if traffic != self.input.traffic {
            text.extend(traffic.iter().map(|line| format!("# --traffic '{line}'\n")));
        }
        let path = free_name();
        fs::write(&path, text).map_err(|error| format!("cannot write `{path}`: {error}"))?;
        Ok(path)
    }
}

/// A name that no file has yet.
fn free_name() -> String {
    let numbered = (2..).map(|number| format!("podtide-patch-{number}.yaml"));
    let mut names = std::iter::once(PATCH.to_owned()).chain(numbered);
    names.find(|name| !Path::new(name).exists()).expect("there are endless numbers")
}
