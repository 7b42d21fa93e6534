//! What the orchestrator knows of a task. Mirrors `api.Task` of SwarmKit, as far as it decides.

use std::sync::Arc;

use super::reason::Slot;
use crate::api::swarm::{RestartPolicy, TaskSpec};
use crate::kube::apiserver::Cluster;
use crate::kube::objects::ids::{NodeId, PodId, TemplateId};
use crate::kube::objects::pod::{Pod, PodPhase};
use crate::units::{SimDuration, SimTime};

/// How long a task waits for the one before it to stop. Mirrors `defaultOldTaskTimeout`.
const OLD_TASK_TIMEOUT: SimDuration = SimDuration::from_secs(60);

/// A task.
#[derive(Clone, Debug)]
pub(super) struct Task {
    pub(super) pod: PodId,
    /// Its id, the last part of its name.
    pub(super) id: Arc<str>,
    pub(super) slot: Slot,
    /// What it was made from.
    pub(super) template: TemplateId,
    /// The version of the service's spec that it was made from.
    pub(super) spec_version: u64,
    pub(super) spec: Arc<TaskSpec>,
    pub(super) desired: Desired,
    pub(super) observed: Observed,
    /// When it ended.
    pub(super) ended_at: SimTime,
    /// What holds its start back, while its desired state is READY.
    pub(super) start: Option<DelayedStart>,
    /// Whether its slot is gone, too.
    pub(super) removed: bool,
}

/// The state that a task should have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Desired {
    Ready,
    Running,
    Shutdown,
}

/// The state that a task has, as far as the orchestrator distinguishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Observed {
    /// Anything before RUNNING.
    Starting,
    Running,
    /// COMPLETE.
    Complete,
    /// FAILED, SHUTDOWN, or gone.
    Ended,
}

/// What holds the start of a task back. Mirrors `DelayStart` of the restart supervisor.
#[derive(Clone, Copy, Debug)]
pub(super) struct DelayedStart {
    not_before: SimTime,
    /// The task that should have stopped first.
    wait_for: Option<PodId>,
    /// When that is waited for no longer.
    give_up_at: SimTime,
}

impl Task {
    /// Whether it is meant to run, now or soon.
    pub(super) fn is_wanted(&self) -> bool {
        self.desired <= Desired::Running
    }

    /// Whether it has ended.
    pub(super) fn has_ended(&self) -> bool {
        self.observed > Observed::Running
    }

    pub(super) fn restart_policy(&self) -> &RestartPolicy {
        &self.spec.restart
    }
}

impl Observed {
    /// The state of a task as the store has it.
    pub(super) fn of(pod: Option<&Pod>) -> Observed {
        match pod {
            Some(pod) if pod.phase == PodPhase::Succeeded => Observed::Complete,
            Some(pod) if pod.is_terminal() => Observed::Ended,
            Some(pod) if pod.is_ready() => Observed::Running,
            Some(_) => Observed::Starting,
            None => Observed::Ended,
        }
    }
}

impl DelayedStart {
    pub(super) fn new(now: SimTime, delay: SimDuration, wait_for: Option<PodId>) -> DelayedStart {
        let not_before = now + delay;
        DelayedStart { not_before, wait_for, give_up_at: now + OLD_TASK_TIMEOUT }
    }

    /// Whether the task may start.
    pub(super) fn is_over(&self, cluster: &Cluster, now: SimTime) -> bool {
        let stopped = |pod: PodId| {
            let object = cluster.pod(pod);
            let ended = Observed::of(object) > Observed::Running;
            ended || is_down(cluster, object.and_then(|pod| pod.node))
        };
        now >= self.not_before && (now >= self.give_up_at || self.wait_for.is_none_or(stopped))
    }

    /// When that has to be looked at again, unless something changes before.
    pub(super) fn next_at(&self, now: SimTime) -> SimTime {
        match self.wait_for {
            _ if now < self.not_before => self.not_before,
            Some(_) => self.give_up_at.max(self.not_before),
            None => self.not_before,
        }
    }
}

/// Whether nothing is heard of a node.
pub(super) fn is_down(cluster: &Cluster, node: Option<NodeId>) -> bool {
    node.is_some_and(|node| cluster.node(node).is_none_or(|node| !node.is_ready()))
}
