//! Rollouts: from a new template of a workload until all its pods are of that template, or until
//! the next one.

use super::numbers::{Rollout, RolloutState};
use super::pods::PodHistory;
use super::track::Track;
use super::traffic::Failures;
use crate::api::apps::DeploymentSpec;
use crate::api::core::PodTemplateSpec;
use crate::kube::swarm::reason::UpdateStatus;

/// All rollouts of a workload, in order of time.
pub(super) fn rollouts(
    pods: &PodHistory,
    traffic: Option<&Failures<'_>>,
    end_ms: f64,
) -> Vec<Rollout> {
    let changes: Vec<usize> = (1..pods.specs.len())
        .filter(|&place| pods.specs[place].1.template != pods.specs[place - 1].1.template)
        .collect();
    let mut rollouts = Vec::with_capacity(changes.len());
    for (number, &place) in changes.iter().enumerate() {
        let next = changes.get(number + 1).map(|&next| pods.specs[next].0);
        let course = Course { pods, traffic, at_ms: pods.specs[place].0, next_ms: next, end_ms };
        rollouts.push(course.rollout(place));
    }
    rollouts
}

/// The time of one rollout.
struct Course<'a> {
    pods: &'a PodHistory,
    traffic: Option<&'a Failures<'a>>,
    at_ms: f64,
    /// When the next one begins.
    next_ms: Option<f64>,
    end_ms: f64,
}

impl Course<'_> {
    fn rollout(&self, place: usize) -> Rollout {
        let specs = &self.pods.specs;
        let template = |place: usize| &specs[place].1.template;
        let done_ms = self.done_ms();
        // An instant belongs to it even if it took none.
        let until_ms = done_ms.unwrap_or(self.last_ms()).max(self.at_ms + 1.0);
        let desired = self.pods.desired.at(self.at_ms);
        let held = or(self.pods.held.max(self.at_ms, until_ms), desired);
        let ready = or(self.pods.ready.min(self.at_ms, until_ms), 0.0);
        let updated = or(self.pods.updated.max(self.at_ms, self.last_ms().max(until_ms)), 0.0);
        let failed = self.traffic.map(|failures| failures.between(self.at_ms, until_ms));
        let status = self.status();
        Rollout {
            at_seconds: self.at_ms / 1000.0,
            from: image_of(&specs[place - 1].1, template(place)),
            to: image_of(&specs[place].1, template(place - 1)),
            back: (0..place - 1).any(|earlier| template(earlier) == template(place)),
            on_hold: self.next_ms.is_none()
                && done_ms.is_none()
                && specs.last().is_some_and(|(_, spec)| spec.paused),
            state: self.state(done_ms, status),
            message: status.map(ToString::to_string),
            took_seconds: done_ms.map(|done| (done - self.at_ms) / 1000.0),
            next_seconds: self.next_ms.map(|next| next / 1000.0),
            desired_pods: desired as i32,
            updated_pods: updated as i32,
            extra_pods: (held - desired).max(0.0) as i32,
            min_ready_pods: ready as i32,
            failed,
        }
    }

    fn last_ms(&self) -> f64 {
        self.next_ms.unwrap_or(self.end_ms)
    }

    /// The first instant at which all pods that are wanted are of the new template and ready, and
    /// no others are left.
    fn done_ms(&self) -> Option<f64> {
        let tracks = [&self.pods.updated, &self.pods.outdated, &self.pods.desired];
        let points = tracks.iter().flat_map(|track| track.points()).map(|point| point.at_ms);
        let within = |at: &f64| *at > self.at_ms && *at < self.last_ms();
        let mut instants: Vec<f64> = points.filter(within).chain([self.at_ms]).collect();
        instants.sort_by(f64::total_cmp);
        let at = |track: &Track, at_ms: f64| or(track.at(at_ms), 0.0);
        instants.into_iter().find(|&instant| {
            at(&self.pods.outdated, instant) < 0.5
                && at(&self.pods.updated, instant) >= at(&self.pods.desired, instant)
        })
    }

    /// What Swarm said last of this update; what it says at the very instant of the next one is
    /// about this one, if it is why the next one comes.
    fn status(&self) -> Option<&UpdateStatus> {
        let own = |(at, status): &&(f64, UpdateStatus)| {
            let begins = *at == self.at_ms && !status.is_rollback() || *at > self.at_ms;
            let last =
                self.next_ms.is_none_or(|next| *at < next || (*at == next && status.is_rollback()));
            begins && last
        };
        self.pods.updates.iter().rfind(own).map(|(_, status)| status)
    }

    fn state(&self, done_ms: Option<f64>, status: Option<&UpdateStatus>) -> RolloutState {
        match status {
            Some(UpdateStatus::Paused { .. } | UpdateStatus::RollbackPaused { .. }) => {
                RolloutState::Paused
            }
            Some(UpdateStatus::RollbackStarted { .. }) => RolloutState::RolledBack,
            _ if done_ms.is_some() => RolloutState::Complete,
            _ if self.next_ms.is_some() => RolloutState::Superseded,
            _ => RolloutState::Progressing,
        }
    }
}

/// The image of the first container whose image is another one in the other template; of the first
/// container if none is.
fn image_of(spec: &DeploymentSpec, other: &PodTemplateSpec) -> String {
    let containers = &spec.template.spec.containers;
    let others = &other.spec.containers;
    let differs = |name: &str, image: &str| {
        others.iter().any(|other| other.name == name && other.image != image)
    };
    let found = containers.iter().find(|it| differs(&it.name, &it.image)).or(containers.first());
    found.map_or_else(String::new, |container| container.image.clone())
}

fn or(value: f64, absent: f64) -> f64 {
    if value.is_nan() { absent } else { value }
}
