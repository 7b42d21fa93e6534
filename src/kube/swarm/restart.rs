//! Mirrors manager/orchestrator/restart/restart.go of SwarmKit: which tasks that have ended are
//! followed by others, and when those may start. Left out: nodes that come and go while a restart
//! waits.

use std::collections::BTreeMap;

use super::Turn;
use super::reason::{Slot, SwarmReason};
use super::task::{DelayedStart, Desired, Observed, Task, is_down};
use crate::api::swarm::RestartCondition;
use crate::kube::objects::pod::Pod;
use crate::units::{SimDuration, SimTime};

/// The most restarts of a service. Upstream has no such limit; tasks that fail within milliseconds
/// for days would take all memory.
const RESTARTS_MAX: u64 = 20_000;

/// Restarts so far.
#[derive(Debug, Default)]
pub(super) struct History {
    by_slot: BTreeMap<Slot, Restarts>,
    all: u64,
}

/// Restarts in one slot.
#[derive(Debug, Default)]
struct Restarts {
    /// Of tasks of this version.
    spec_version: u64,
    total: u64,
    /// When they were, as far as that may still count.
    at: Vec<SimTime>,
}

impl History {
    /// Whether another task follows one that has ended. Mirrors `shouldRestart`.
    pub(super) fn should_restart(&mut self, task: &Task) -> bool {
        let policy = task.restart_policy();
        let completed = task.observed == Observed::Complete;
        match policy.condition {
            RestartCondition::None => return false,
            RestartCondition::OnFailure if completed => return false,
            RestartCondition::OnFailure | RestartCondition::Any => {}
        }
        if self.all >= RESTARTS_MAX {
            return false;
        }
        let Some(restarts) = self.by_slot.get_mut(&task.slot) else { return true };
        if policy.max_attempts == 0 || restarts.spec_version != task.spec_version {
            return true;
        }
        if policy.window <= SimDuration::ZERO {
            return restarts.total < policy.max_attempts;
        }
        let lookback = task.ended_at - policy.window;
        restarts.at.retain(|&at| at > lookback);
        let before = restarts.at.iter().filter(|&&at| at < task.ended_at).count();
        (before as u64) < policy.max_attempts
    }

    /// Mirrors `recordRestartHistory`.
    fn record(&mut self, task: &Task, now: SimTime) {
        self.all += 1;
        let policy = task.restart_policy();
        if policy.max_attempts == 0 {
            return;
        }
        let restarts = self.by_slot.entry(task.slot).or_default();
        if restarts.spec_version != task.spec_version {
            let spec_version = task.spec_version;
            *restarts = Restarts { spec_version, ..Restarts::default() };
        }
        restarts.total += 1;
        if policy.window > SimDuration::ZERO {
            restarts.at.push(now);
        }
    }
}

impl Turn<'_, '_> {
    /// Restarts tasks that should run and do not, or that have to leave their nodes.
    pub(super) fn restart_ended(&mut self) {
        for place in 0..self.service.tasks.len() {
            let task = &self.service.tasks[place];
            if !task.is_wanted() {
                continue;
            }
            let object = self.api.cluster().pod(task.pod);
            let leaves = object.is_some_and(|pod| pod.deletion.is_some());
            let down = is_down(self.api.cluster(), object.and_then(|pod: &Pod| pod.node));
            if task.has_ended() || leaves || down {
                self.restart(place, down, leaves);
            }
        }
    }

    /// Mirrors `Restart`.
    fn restart(&mut self, place: usize, down: bool, leaves: bool) {
        let task = self.service.tasks[place].clone();
        let ended = task.has_ended();
        self.shut_down(place, SwarmReason::LostNode { slot: task.slot });
        // Where a task was told to leave, its condition does not matter.
        if !(self.service.history.should_restart(&task) || (leaves && !ended)) {
            return;
        }
        let delay = if leaves { SimDuration::ZERO } else { task.restart_policy().delay };
        let slot = task.slot;
        let reason = if ended {
            SwarmReason::Restart { slot, ended: task.id, delay }
        } else {
            SwarmReason::LostNode { slot }
        };
        let wait_for = (!ended && !down).then_some(task.pod);
        let Some(place) = self.create_task(slot, reason) else { return };
        let new = &mut self.service.tasks[place];
        new.start = Some(DelayedStart::new(self.now, delay, wait_for));
        self.service.history.record(new, self.now);
    }

    /// Starts tasks that nothing holds back any more; whether there were any.
    pub(super) fn start_due(&mut self) -> bool {
        let mut started = false;
        for place in 0..self.service.tasks.len() {
            let task = &self.service.tasks[place];
            let waits = task.desired == Desired::Ready;
            let over = |start: DelayedStart| start.is_over(self.api.cluster(), self.now);
            if waits && task.start.is_some_and(over) {
                self.release(place);
                started = true;
            }
        }
        started
    }

    /// When the start of a task has to be looked at again.
    pub(super) fn start_at(&self, task: &Task) -> Option<SimTime> {
        let start = task.start.filter(|_| task.desired == Desired::Ready)?;
        Some(start.next_at(self.now))
    }
}
