//! Lessons: the questions of a scenario with their answers, and whether these are still true.

use serde::Serialize;

use super::words::instant;
use super::{Explanation, Unknown, at, deployment, hpa, until};
use crate::kube::apiserver::Cluster;
use crate::kube::objects::deployment::DeploymentObject;
use crate::kube::objects::pod::{Pod, PodPhase};
use crate::recording::Recording;
use crate::scenario::Scenario;
use crate::scenario::lesson::{Expect, LessonStep, Panel, Subject};

/// A step of a lesson with all that is told of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Taught {
    /// When \[s\].
    pub at_seconds: f64,
    /// The same as it is written: `10m18s`.
    pub at: String,
    /// What is asked.
    pub question: String,
    /// Answers to choose from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
    /// Place of the right one among them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub right: Option<u32>,
    /// What is so, and why.
    pub answer: String,
    /// Where to look.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub look: Option<Panel>,
    /// Why it is so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<Explanation>,
}

/// The lesson of a scenario; empty if it has none.
pub fn lesson(scenario: &Scenario, recording: &Recording) -> Vec<Taught> {
    let taught = |step: &LessonStep| Taught {
        at_seconds: step.at.as_secs_f64(),
        at: instant(step.at),
        question: step.question.clone(),
        choices: step.choices.clone(),
        right: step.right,
        answer: step.answer.clone(),
        look: step.look,
        explanation: explanation(scenario, recording, step).ok(),
    };
    scenario.lesson.iter().map(taught).collect()
}

/// The explanation that belongs to a step.
fn explanation(
    scenario: &Scenario,
    recording: &Recording,
    step: &LessonStep,
) -> Result<Explanation, Unknown> {
    match &step.explain {
        Some(Subject::Hpa(name)) => hpa(scenario, recording, name, step.at),
        Some(Subject::Deployment(name)) => deployment(scenario, recording, name, step.at),
        None => at(scenario, recording, step.at),
    }
}

/// What does not hold of what a lesson expects: one line each; none if all of it does.
pub fn lesson_faults(scenario: &Scenario, recording: &Recording) -> Vec<String> {
    let mut faults = Vec::new();
    for step in &scenario.lesson {
        match explanation(scenario, recording, step) {
            Ok(explanation) => {
                let found = found(recording, step, &explanation);
                let fault = |(what, wanted, is): (&str, Option<i32>, Option<i32>)| {
                    let wanted = wanted.filter(|_| wanted != is)?;
                    let is = is.map_or_else(|| "not known".to_owned(), |is| is.to_string());
                    let at = instant(step.at);
                    Some(format!("at {at}: {what} is {is}, the lesson expects {wanted}"))
                };
                let Expect { replicas, proposal, ready, pending } = step.expect;
                faults.extend(
                    [
                        ("replicas", replicas, found.replicas),
                        ("proposal", proposal, found.proposal),
                        ("ready", ready, found.ready),
                        ("pending", pending, found.pending),
                    ]
                    .into_iter()
                    .filter_map(fault),
                );
            }
            Err(unknown) => faults.push(format!("at {}: {unknown}", instant(step.at))),
        }
    }
    faults
}

/// How things are at a step.
fn found(recording: &Recording, step: &LessonStep, explanation: &Explanation) -> Expect {
    let at = until(step.at);
    let cluster = recording.state_at(at);
    let pods = workload(&cluster, step, explanation).map(|it| pods_of(&cluster, it));
    let count = |fits: &dyn Fn(&Pod) -> bool| {
        pods.as_ref().map(|pods| pods.iter().filter(|pod| fits(pod)).count() as i32)
    };
    Expect {
        replicas: explanation.replicas,
        proposal: explanation.proposal,
        ready: count(&|pod| pod.is_ready() && pod.deletion.is_none()),
        pending: count(&|pod| pod.phase == PodPhase::Pending),
    }
}

/// The Deployment that a step is about: the one that is explained, or that the HPA scales.
fn workload<'c>(
    cluster: &'c Cluster,
    step: &LessonStep,
    explanation: &Explanation,
) -> Option<&'c DeploymentObject> {
    let mut target = explanation.name.clone();
    if !matches!(step.explain, Some(Subject::Deployment(_))) {
        let hpa = cluster.hpas().find(|hpa| hpa.metadata.name == explanation.name);
        if let Some(hpa) = hpa {
            target.clone_from(&hpa.spec.scale_target_ref.name);
        }
    }
    let mut all = cluster.deployments();
    let named = cluster
        .deployments()
        .find(|it| it.metadata.name == target && it.metadata.namespace == explanation.namespace);
    // Of one Deployment everything is meant.
    named.or_else(|| all.next().filter(|_| all.next().is_none()))
}

fn pods_of<'c>(cluster: &'c Cluster, deployment: &DeploymentObject) -> Vec<&'c Pod> {
    let replica_sets = deployment.replica_sets.iter();
    let replica_sets = replica_sets.filter_map(|&replica_set| cluster.replica_set(replica_set));
    replica_sets.flat_map(|it| &it.pods).filter_map(|&pod| cluster.pod(pod)).collect()
}
