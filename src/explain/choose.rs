//! What happened at an instant: which of the explanations tells most of it.

use super::find::{self, Found};
use super::story::{Story, is_trouble};
use crate::kube::apiserver::{Fact, Write};
use crate::kube::controllers::deployment::reason::{DeploymentConditionReason, DeploymentReason};
use crate::kube::controllers::podautoscaler::decision::{Decision, Outcome};
use crate::kube::kubectl::drain::EVICT_ERROR_RETRY_DELAY;
use crate::kube::kubectl::drain::reason::KubectlReason;
use crate::kube::objects::ids::{DeploymentId, HpaId, ObjectId, PodId};
use crate::kube::reason::Reason;
use crate::recording::Recording;
use crate::units::{SimDuration, SimTime};

/// How far from an instant things still happen at it: instants are written to the second.
const NEAR: SimDuration = SimDuration::from_millis(500);

/// Whom an explanation is about.
#[derive(Clone, Debug)]
pub(super) enum Chosen {
    Hpa(Found<HpaId>),
    Pod(Found<PodId>),
    Deployment(Found<DeploymentId>),
}

/// What happened at an instant: a change by an HPA first, then a rollout, then what befell a pod;
/// where nothing did, the HPA that synced last, or the first Deployment.
pub(super) fn choose(story: &Story<'_>, at: SimTime) -> Option<Chosen> {
    let recording = story.recording;
    let hpas = find::hpas(recording, SimTime::MAX);
    let hpa = |id: HpaId| hpas.iter().find(|hpa| hpa.id == id).cloned().map(Chosen::Hpa);
    let from = recording.decisions.partition_point(|decision| decision.at < at - NEAR);
    let near = recording.decisions[from..].iter().take_while(|decision| decision.at < at + NEAR);
    let rescaled = near.clone().find(|decision| decision.outcome == Outcome::Rescaled);
    if let Some(decision) = rescaled {
        return hpa(decision.hpa);
    }
    if let Some(chosen) = of_facts(story, at) {
        return Some(chosen);
    }
    let failed = |decision: &&Decision| decision.outcome != Outcome::Nothing;
    let last =
        recording.decisions[..recording.decisions.partition_point(|it| it.at < at + NEAR)].last();
    let now = near.clone().find(failed).or(near.clone().next());
    if let Some(chosen) = refused(story, at).filter(|_| now.is_none()) {
        return Some(chosen);
    }
    let decision = now.or(last);
    let decision = decision.or(recording.decisions.first());
    decision.and_then(|decision| hpa(decision.hpa)).or_else(|| {
        let cluster = recording.state_at(at);
        let first = cluster.deployments().next()?;
        deployment(recording, first.id, at)
    })
}

/// What the facts of an instant are about.
fn of_facts(story: &Story<'_>, at: SimTime) -> Option<Chosen> {
    let facts = &story.recording.facts;
    let from = facts.partition_point(|fact| fact.at < at - NEAR);
    let to = facts.partition_point(|fact| fact.at < at + NEAR);
    let near = &facts[from..to];
    let rollout = near.iter().find_map(|fact| rollout_of(story.recording, fact));
    if let Some(id) = rollout {
        return deployment(story.recording, id, at);
    }
    let pod = near.iter().find(|fact| befalls(fact)).and_then(|fact| fact.write.pod())?;
    story.pods.get(&pod).cloned().map(Chosen::Pod)
}

/// The pod whose eviction is refused again and again around an instant, between two attempts.
fn refused(story: &Story<'_>, at: SimTime) -> Option<Chosen> {
    let facts = &story.recording.facts;
    let to = facts.partition_point(|fact| fact.at < at + NEAR);
    let from = at - EVICT_ERROR_RETRY_DELAY - NEAR;
    let mut recent = facts[..to].iter().rev().take_while(|fact| fact.at >= from);
    let fact = recent
        .find(|fact| matches!(fact.reason, Reason::Kubectl(KubectlReason::WillRetry { .. })))?;
    let pod = fact.write.pod()?;
    story.recording.state_at(at).pod(pod).filter(|pod| pod.deletion.is_none())?;
    story.pods.get(&pod).cloned().map(Chosen::Pod)
}

fn deployment(recording: &Recording, id: DeploymentId, at: SimTime) -> Option<Chosen> {
    let cluster = recording.state_at(at + NEAR);
    let object = cluster.deployment(id)?;
    let (namespace, name) = (object.metadata.namespace.clone(), object.metadata.name.clone());
    Some(Chosen::Deployment(Found { id, namespace, name }))
}

/// The Deployment whose rollout a fact moves.
fn rollout_of(recording: &Recording, fact: &Fact) -> Option<DeploymentId> {
    let owner = |replica_set| recording.state_at(fact.at).replica_set(replica_set)?.owner;
    match (&fact.write, &fact.reason) {
        (
            Write::UpdateReplicaSet { replica_set, .. },
            Reason::Deployment(DeploymentReason::ScalingReplicaSet { .. }),
        ) => owner(*replica_set),
        (Write::CreateReplicaSet(new), _) => new.owner,
        (Write::UpdateDeployment { deployment, .. }, Reason::ScenarioEvent(_)) => Some(*deployment),
        (
            Write::DeploymentStatus { deployment, .. },
            Reason::Deployment(DeploymentReason::Condition(
                DeploymentConditionReason::ProgressDeadlineExceeded(_)
                | DeploymentConditionReason::DeploymentPaused
                | DeploymentConditionReason::DeploymentResumed,
            )),
        ) => Some(*deployment),
        _ => None,
    }
}

/// Whether a fact is something that befalls a pod.
fn befalls(fact: &Fact) -> bool {
    match (&fact.write, &fact.reason) {
        (
            Write::PodUnscheduled { .. }
            | Write::DisruptionTarget { .. }
            | Write::DeletePod { .. }
            | Write::Note(ObjectId::Pod(_)),
            _,
        ) => true,
        (Write::PodStatus { .. }, Reason::Kubelet(reason)) => is_trouble(reason),
        _ => false,
    }
}
