//! Why: the chain that led to a number, in plain words with all its numbers.
//!
//! A [`Scenario`] and its finished [`Recording`] go in, an [`Explanation`] comes out; showing it is
//! `render::explain`. Every sentence is made from data: a `Decision`, the `Reason` of a write, the
//! objects as they stood. Nothing is guessed. What a recording does not keep, the reading of each
//! pod, is had by simulating again up to that sync.
//!
//! - [`hpa`]: one sync of an HPA, from the metrics to the scale.
//! - [`pod`]: the life of a pod so far, with what caused each turn.
//! - [`deployment`]: why the ReplicaSets of a Deployment have their sizes.
//! - [`at`]: whichever of these happened at an instant.
//! - [`lesson`]: the steps of a scenario's lesson with their answers.
//! - [`concept`]: short lessons, with the user's own numbers where there are any.

mod choose;
mod concept;
mod cycles;
mod deployment;
mod find;
mod hpa;
mod lesson;
mod pod;
mod story;
mod words;

use serde::Serialize;

use crate::recording::Recording;
use crate::scenario::Scenario;
use crate::units::{SimDuration, SimTime};
use choose::Chosen;
use story::Story;

pub use concept::{Concept, concept, concepts, unknown_concept};
pub use find::Unknown;
pub use lesson::{Taught, lesson, lesson_faults};

/// What is explained.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// A sync of a HorizontalPodAutoscaler.
    #[default]
    Hpa,
    /// The life of a pod.
    Pod,
    /// The ReplicaSets of a Deployment.
    Deployment,
    /// An idea, not an object.
    Concept,
}

/// An answer to a question, step by step.
///
/// Texts are plain: one sentence or phrase each, without line breaks, with Kubernetes' words.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// What kind of thing it is about.
    pub kind: Kind,
    /// Namespace of the object; empty for a concept.
    pub namespace: String,
    /// Name of the object or concept.
    pub name: String,
    /// The instant that is explained \[s\]; absent for a concept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_seconds: Option<f64>,
    /// The answer in one line: `shop at 10m15s: 3 -> 6 pods, although the metrics asked for 8`.
    pub title: String,
    /// The question that is answered: `why 6 and not 8`.
    pub question: String,
    /// Why another instant is explained than the one that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The chain, in order.
    pub steps: Vec<Step>,
    /// What was written to the API server in the end, one line each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub written: Vec<String>,
    /// What comes next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Pods that are wanted in the end: of an HPA its final number, of a Deployment
    /// `spec.replicas`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<i32>,
    /// Pods that the metrics of an HPA asked for, before windows, policies and bounds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proposal: Option<i32>,
}

/// One link of the chain.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// What it is about, in a word or two: `stabilization`.
    pub name: String,
    /// What happened, in one phrase.
    pub text: String,
    /// More about it, one line each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<String>,
    /// The pods of a metric with their readings.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pods: Vec<PodReading>,
    /// When it happened \[s\], where the steps are a history.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_seconds: Option<f64>,
    /// The lesson about it: a name for [`concept`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concept: Option<&'static str>,
}

/// What a metric said about one pod, and what the HPA made of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PodReading {
    /// Name of the pod.
    pub pod: String,
    /// Whether its sample counts.
    pub group: PodUse,
    /// The value with its unit: `412m`; absent without a sample.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Its request of the resource, where that counts: `250m`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// Why it does not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// What an HPA makes of a pod.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum PodUse {
    /// Its sample counts.
    #[default]
    Counted,
    /// Not up yet: it counts as 0 on the way up and not at all on the way down.
    Unready,
    /// Without a sample: it counts as 0 on the way up, and as if it were at its request (or at the
    /// target) on the way down.
    Missing,
    /// Deleted or failed: not there.
    Ignored,
}

impl Step {
    fn new(name: impl Into<String>, text: impl Into<String>) -> Step {
        Step { name: name.into(), text: text.into(), ..Step::default() }
    }

    fn about(mut self, concept: &'static str) -> Step {
        self.concept = Some(concept);
        self
    }

    fn detail(mut self, line: impl Into<String>) -> Step {
        self.details.push(line.into());
        self
    }
}

/// Why an HPA wants the number of pods that it wants.
///
/// `name` is `[namespace/]name`. If there is no sync at the instant, the last one before it is
/// explained, or the first one if there is none before, and [`Explanation::note`] says so.
///
/// # Errors
/// If there is no such HPA at that time.
pub fn hpa(
    scenario: &Scenario,
    recording: &Recording,
    name: &str,
    at: SimTime,
) -> Result<Explanation, Unknown> {
    let found = find::hpa(recording, name, at)?;
    Ok(hpa::explain(scenario, recording, &found, at))
}

/// Why a pod is as it is: its life until an instant, with what caused each turn.
///
/// `name` is `[namespace/]name`; of several pods of that name the last one that was there.
///
/// # Errors
/// If there never is such a pod.
pub fn pod(
    scenario: &Scenario,
    recording: &Recording,
    name: &str,
    at: SimTime,
) -> Result<Explanation, Unknown> {
    let (story, at) = (Story::new(scenario, recording), until(at));
    let found = pod::find(&story, name, at)?;
    Ok(pod::explain(&story, &found, at))
}

/// Why the ReplicaSets of a Deployment have the sizes that they have at an instant.
///
/// `name` is `[namespace/]name`.
///
/// # Errors
/// If there is no such Deployment at that time.
pub fn deployment(
    scenario: &Scenario,
    recording: &Recording,
    name: &str,
    at: SimTime,
) -> Result<Explanation, Unknown> {
    let at = until(at);
    let found = deployment::find(recording, name, at)?;
    Ok(deployment::explain(&Story::new(scenario, recording), &found, at))
}

/// Whatever happened at an instant: a change by an HPA, else a rollout, else what befell a pod;
/// where nothing happened, the last sync before it.
///
/// # Errors
/// If there is nothing to explain: neither an HPA nor a Deployment.
pub fn at(scenario: &Scenario, recording: &Recording, at: SimTime) -> Result<Explanation, Unknown> {
    let story = Story::new(scenario, recording);
    match choose::choose(&story, at) {
        Some(Chosen::Hpa(found)) => Ok(hpa::explain(scenario, recording, &found, at)),
        Some(Chosen::Pod(found)) => Ok(pod::explain(&story, &found, until(at))),
        Some(Chosen::Deployment(found)) => Ok(deployment::explain(&story, &found, until(at))),
        None => Err(Unknown::new("HPA or Deployment", "", Vec::new())),
    }
}

/// Instants are written to the second: whatever is written with that second has happened.
fn until(at: SimTime) -> SimTime {
    if at.0 % 1000 == 0 { at.saturating_add(SimDuration::from_millis(499)) } else { at }
}
