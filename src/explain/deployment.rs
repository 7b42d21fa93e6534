//! Why the ReplicaSets of a Deployment have their sizes.

use super::find::{Found, full_name, is_called};
use super::story::{self, Story};
use super::words::{instant, list, pods, span};
use super::{Explanation, Kind, Step, Unknown};
use crate::api::int_or_percent::IntOrPercent;
use crate::kube::apiserver::{Cluster, Fact, Write};
use crate::kube::controllers::controller_utils::is_pod_available;
use crate::kube::controllers::deployment::annotations::revision;
use crate::kube::controllers::deployment::reason::{
    DeploymentConditionReason, DeploymentReason, ScalingCause,
};
use crate::kube::controllers::deployment::util::{
    is_rolling_update, max_surge, max_unavailable, progress_deadline,
};
use crate::kube::objects::deployment::{
    DeploymentConditionType, DeploymentObject, ReplicaSetObject,
};
use crate::kube::objects::ids::{DeploymentId, ReplicaSetId};
use crate::kube::objects::pod::{Pod, PodActivity};
use crate::kube::reason::Reason;
use crate::recording::Recording;
use crate::units::SimTime;

/// Most pods that are not available and are told one by one.
const PODS_MAX: usize = 6;

/// The Deployment of a name, at an instant.
pub(super) fn find(
    recording: &Recording,
    name: &str,
    at: SimTime,
) -> Result<Found<DeploymentId>, Unknown> {
    let cluster = recording.state_at(at);
    let found = |it: &DeploymentObject| Found {
        id: it.id,
        namespace: it.metadata.namespace.clone(),
        name: it.metadata.name.clone(),
    };
    let all: Vec<Found<DeploymentId>> = cluster.deployments().map(found).collect();
    let named = all.iter().find(|it| is_called(it, name)).cloned();
    named.ok_or_else(|| Unknown::new("Deployment", name, all.iter().map(full_name).collect()))
}

/// A Deployment as it stands at an instant.
struct View<'a> {
    story: &'a Story<'a>,
    cluster: &'a Cluster,
    deployment: &'a DeploymentObject,
    at: SimTime,
}

/// Explains a Deployment as it stands at an instant.
pub(super) fn explain(story: &Story<'_>, found: &Found<DeploymentId>, at: SimTime) -> Explanation {
    let cluster = story.recording.state_at(at);
    let deployment = cluster.deployment(found.id).expect("it was found at that instant");
    let view = View { story, cluster: &cluster, deployment, at };
    let (answer, question) = view.answer();
    Explanation {
        kind: Kind::Deployment,
        namespace: found.namespace.clone(),
        name: found.name.clone(),
        at_seconds: Some(at.as_secs_f64()),
        title: format!("{} at {}: {answer}", full_name(found), instant(at)),
        question,
        steps: view.steps(),
        next: view.next(),
        replicas: Some(deployment.replicas()),
        ..Explanation::default()
    }
}

impl View<'_> {
    fn replica_sets(&self) -> impl Iterator<Item = &ReplicaSetObject> {
        let all = self.deployment.replica_sets.iter();
        all.filter_map(|&id| self.cluster.replica_set(id))
    }

    fn is_new(&self, replica_set: &ReplicaSetObject) -> bool {
        replica_set.base_template == self.deployment.template
    }

    /// Pods of an old ReplicaSet that are wanted and there: after a rollback, Swarm leaves the
    /// count of a version as it was although its tasks are gone.
    fn there(&self, replica_set: &ReplicaSetObject) -> i32 {
        let pods = replica_set.pods.iter().filter_map(|&pod| self.cluster.pod(pod));
        let active = pods.filter(|pod| pod.is_active()).count() as i32;
        active.min(replica_set.replicas)
    }

    fn answer(&self) -> (String, String) {
        let status = &self.deployment.status;
        let replicas = self.deployment.replicas();
        let old: i32 =
            self.replica_sets().filter(|it| !self.is_new(it)).map(|it| self.there(it)).sum();
        let new: i32 = self.replica_sets().filter(|it| self.is_new(it)).map(|it| it.replicas).sum();
        let available = format!("{} of {replicas} available", status.available_replicas);
        let is_late = status.condition(DeploymentConditionType::Progressing).is_some_and(|it| {
            matches!(it.reason, DeploymentConditionReason::ProgressDeadlineExceeded(_))
        });
        match (old, self.deployment.spec.paused) {
            (_, true) if old > 0 => (
                format!("a rollout is paused with {new} new and {old} old pods, {available}"),
                "why does the rollout stand still".to_owned(),
            ),
            (0, _) if is_late => (
                format!("the rollout has exceeded its progress deadline, {available}"),
                "why is the rollout stuck".to_owned(),
            ),
            (0, _) => (
                format!("{}, {available}", pods(i64::from(new))),
                format!("why {}", pods(i64::from(new))),
            ),
            (_, _) if is_late => (
                format!(
                    "the rollout has exceeded its progress deadline with {new} new and {old} old \
                     pods, {available}"
                ),
                "why is the rollout stuck".to_owned(),
            ),
            (_, _) => (
                format!("a rollout, with {new} new and {old} old pods, {available}"),
                format!("why {new} new and {old} old pods"),
            ),
        }
    }

    fn steps(&self) -> Vec<Step> {
        let mut steps = vec![self.wanted(), self.strategy()];
        for replica_set in self.replica_sets() {
            steps.extend(self.size(replica_set));
        }
        steps.extend(self.waiting());
        steps.extend(self.progress());
        steps
    }

    /// `spec.replicas`, and who set it.
    fn wanted(&self) -> Step {
        let text = format!("spec.replicas {}", self.deployment.replicas());
        let mut step = Step::new("wanted", text);
        let scaled = self.scaled();
        match scaled {
            Some(place) => {
                let fact = &self.story.recording.facts[place as usize];
                let told = match &fact.reason {
                    Reason::ScenarioEvent(_) => None,
                    reason => Some(format!("{} at {}: {reason}", reason.word(), instant(fact.at))),
                };
                step.details.extend(told);
                step.details.extend(self.story.because(place, |_| false));
            }
            None => step.details.push("because: it stands so since the start".to_owned()),
        }
        step
    }

    /// The last write until the instant that changed `spec.replicas`.
    fn scaled(&self) -> Option<u32> {
        let recording = self.story.recording;
        let start = recording.state_after(0);
        let mut known = start.deployment(self.deployment.id).map(DeploymentObject::replicas);
        let mut last = None;
        let facts = (0..).zip(&recording.facts).take_while(|(_, fact)| fact.at <= self.at);
        for (place, fact) in facts {
            let now = match &fact.write {
                Write::UpdateScale { deployment, replicas }
                    if *deployment == self.deployment.id =>
                {
                    *replicas
                }
                Write::UpdateDeployment { deployment, spec, .. }
                    if *deployment == self.deployment.id =>
                {
                    spec.replicas.unwrap_or(1)
                }
                _ => continue,
            };
            if known.replace(now) != Some(now) {
                last = Some(place);
            }
        }
        last
    }

    /// What the strategy allows.
    fn strategy(&self) -> Step {
        let spec = &self.deployment.spec;
        if spec.strategy.swarm.is_some() {
            return Step::new("strategy", "a service of Docker Swarm: update_config rules");
        }
        if !is_rolling_update(spec) {
            return Step::new("strategy", "Recreate: all old pods go before new ones come");
        }
        let (surge, unavailable) = (max_surge(spec), max_unavailable(spec));
        let replicas = self.deployment.replicas();
        let none = crate::api::apps::RollingUpdateDeployment::default();
        let bounds = spec.strategy.rolling_update.as_ref().unwrap_or(&none);
        let words = |amount: Option<&IntOrPercent>| {
            amount.map_or_else(|| "none".to_owned(), ToString::to_string)
        };
        let text = format!(
            "RollingUpdate: maxSurge {} = {surge}, maxUnavailable {} = {unavailable}: at most {} \
             together, at least {} available",
            words(bounds.max_surge.as_ref()),
            words(bounds.max_unavailable.as_ref()),
            pods(i64::from(replicas) + i64::from(surge)),
            replicas - unavailable
        );
        Step::new("strategy", text).about("surge-and-unavailable")
    }

    /// The size of a ReplicaSet, and what gave it.
    fn size(&self, replica_set: &ReplicaSetObject) -> Option<Step> {
        let place = self.last_fact(|fact| sizes(fact, replica_set.id, &replica_set.name));
        if replica_set.replicas == 0 && replica_set.pods.is_empty() && !self.is_new(replica_set) {
            return None;
        }
        let revision = revision(&replica_set.annotations).unwrap_or(0);
        let which = if self.is_new(replica_set) { "new" } else { "old" };
        let status = &replica_set.status;
        let images = self.images(replica_set);
        let going = status.terminating_replicas.filter(|&going| going > 0);
        let going = going.map_or_else(String::new, |going| format!(", {going} terminating"));
        let text = format!(
            "{} ({which}, revision {revision}, {images}): {} wanted, {} there, {} ready, {} \
             available{going}",
            replica_set.name,
            replica_set.replicas,
            status.replicas,
            status.ready_replicas,
            status.available_replicas
        );
        let mut step = Step::new("ReplicaSet", text);
        if let Some(place) = place {
            let fact = &self.story.recording.facts[place as usize];
            let why = match &fact.reason {
                Reason::Deployment(
                    DeploymentReason::ScalingReplicaSet { cause, .. }
                    | DeploymentReason::NewReplicaSet { cause, .. },
                ) => self.cause(*cause),
                _ => String::new(),
            };
            let at = instant(fact.at);
            step.details.push(format!(
                "{} at {at}: {}{why}",
                fact.reason.word(),
                story::text(fact)
            ));
            step.details.extend(self.story.because(place, |_| false));
        }
        Some(step)
    }

    /// What asked for a size. Under `Recreate` a new ReplicaSet gets all at once; no surge bounds
    /// it.
    fn cause(&self, cause: ScalingCause) -> String {
        match cause {
            ScalingCause::MaxSurge { .. } if !is_rolling_update(&self.deployment.spec) => {
                format!(": {}", ScalingCause::RecreateScaleUp)
            }
            cause => format!(": {cause}"),
        }
    }

    fn images(&self, replica_set: &ReplicaSetObject) -> String {
        let template = &self.cluster.template(replica_set.base_template).spec;
        let images: Vec<String> =
            template.spec.containers.iter().map(|container| container.image.clone()).collect();
        list(&images)
    }

    /// Pods that a rollout waits for.
    fn waiting(&self) -> Option<Step> {
        let min_ready = self.deployment.spec.min_ready_seconds;
        let all = self.replica_sets().filter(|it| self.is_new(it)).flat_map(|it| &it.pods);
        let all = all.filter_map(|&pod| self.cluster.pod(pod)).filter(|pod| pod.is_active());
        let waits: Vec<&Pod> =
            all.filter(|pod| !is_pod_available(pod.ready, min_ready, self.at)).collect();
        if waits.is_empty() {
            return None;
        }
        let text = format!("{} of the new ReplicaSet not available yet", pods(waits.len() as i64));
        let mut step = Step::new("waits for", text).about("readiness");
        let shown = waits.iter().take(PODS_MAX);
        step.details = shown.map(|pod| format!("{}: {}", pod.name, stands(pod))).collect();
        if waits.len() > PODS_MAX {
            step.details.push(format!("and {} more", waits.len() - PODS_MAX));
        }
        Some(step)
    }

    /// What the condition Progressing says.
    fn progress(&self) -> Option<Step> {
        let condition = self.deployment.status.condition(DeploymentConditionType::Progressing)?;
        let reason = &condition.reason;
        let text = format!(
            "Progressing={:?} {}: {reason} (since {})",
            condition.status,
            reason.word(),
            instant(condition.last_update_time)
        );
        let mut step = Step::new("progress", text).about("progress-deadline");
        let runs = !matches!(
            reason,
            DeploymentConditionReason::NewReplicaSetAvailable(_)
                | DeploymentConditionReason::ProgressDeadlineExceeded(_)
                | DeploymentConditionReason::DeploymentPaused
        );
        if let Some(deadline) = progress_deadline(&self.deployment.spec).filter(|_| runs) {
            let until = condition.last_update_time + deadline;
            step.details.push(format!(
                "without further progress it exceeds its deadline of {} after {}",
                span(deadline),
                instant(until)
            ));
        }
        if self.deployment.spec.paused {
            step.details.push("spec.paused is true: no new pods are rolled out".to_owned());
        }
        Some(step)
    }

    /// The last fact until the instant that fits.
    fn last_fact(&self, fits: impl Fn(&Fact) -> bool) -> Option<u32> {
        let until = self.story.recording.facts.partition_point(|fact| fact.at <= self.at);
        let facts = &self.story.recording.facts[..until];
        facts.iter().rposition(fits).map(|place| place as u32)
    }

    /// The next change of a size.
    fn next(&self) -> Option<String> {
        let from = self.story.recording.facts.partition_point(|fact| fact.at <= self.at);
        let later = self.story.recording.facts[from..].iter();
        let own: Vec<ReplicaSetId> = self.deployment.replica_sets.clone();
        let mut changes = later.filter(|fact| match &fact.write {
            Write::UpdateReplicaSet { replica_set, .. } => {
                own.contains(replica_set) && is_scaling(fact)
            }
            Write::CreateReplicaSet(new) => new.owner == Some(self.deployment.id),
            _ => false,
        });
        let fact = changes.next()?;
        Some(format!("at {}: {}", instant(fact.at), fact.reason))
    }
}

fn is_scaling(fact: &Fact) -> bool {
    match &fact.reason {
        Reason::Deployment(reason) => {
            matches!(reason, DeploymentReason::ScalingReplicaSet { .. })
        }
        Reason::Swarm(_) => true,
        _ => false,
    }
}

/// Whether a fact gave a ReplicaSet its size.
fn sizes(fact: &Fact, id: ReplicaSetId, name: &str) -> bool {
    match &fact.write {
        Write::UpdateReplicaSet { replica_set, .. } => *replica_set == id && is_scaling(fact),
        Write::CreateReplicaSet(new) => *new.name == *name,
        _ => false,
    }
}

/// Why a pod is not available.
fn stands(pod: &Pod) -> String {
    match pod.activity {
        PodActivity::Unscheduled => match &pod.unscheduled {
            Some(unscheduled) => format!("Pending: {}", unscheduled.reason),
            None => "Pending: the scheduler has not come to it yet".to_owned(),
        },
        PodActivity::Pulling => "its image is being pulled".to_owned(),
        PodActivity::ImagePullBackOff => "its image cannot be pulled".to_owned(),
        PodActivity::CrashLoopBackOff => {
            format!("CrashLoopBackOff, restarted {} times", pod.restarts)
        }
        PodActivity::OomKilled => "OOMKilled".to_owned(),
        PodActivity::Ended => "its containers have ended".to_owned(),
        PodActivity::Stopping => "its containers are being stopped".to_owned(),
        PodActivity::Starting | PodActivity::Running => match pod.ready {
            _ if pod.is_ready() => "ready, but not yet for minReadySeconds".to_owned(),
            Some(ready) => format!("not ready since {}", instant(ready.last_transition_time)),
            None => "starting".to_owned(),
        },
    }
}
