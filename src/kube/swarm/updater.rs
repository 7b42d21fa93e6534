//! Mirrors manager/orchestrator/update/updater.go of SwarmKit: workers replace the tasks of one
//! slot after the other, failures are counted, and too many of them pause the update or bring the
//! version before back.
//!
//! As upstream, failures are only heeded between two slots and at the end: one that comes while the
//! last workers finish is looked at when they have, and then counts if it is not older than the
//! monitoring period. A failing roll-back is paused; upstream's own message for that case is used.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Turn;
use super::reason::{Slot, SwarmReason, UpdateStatus};
use super::task::{DelayedStart, Desired, Observed, Task};
use crate::api::swarm::{FailureAction, UpdateConfig, UpdateOrder};
use crate::kube::apiserver::Write;
use crate::kube::objects::ids::PodId;
use crate::kube::reason::Reason;
use crate::units::{SimDuration, SimTime};

/// An update that is going on.
#[derive(Debug)]
pub(super) struct Updater {
    config: UpdateConfig,
    /// Slots that have to change, and how many of them were handed out.
    slots: Vec<Slot>,
    handed: usize,
    workers: Vec<Worker>,
    /// Tasks that this update made, with their ids, and when they were seen to run.
    updated: BTreeMap<PodId, (Arc<str>, Option<SimTime>)>,
    failed: BTreeSet<PodId>,
    /// Tasks that have ended and that have not been looked at.
    pub(super) failures: Vec<PodId>,
    phase: Phase,
    /// Whether no further slots are to be changed.
    stopped: bool,
}

/// What one worker does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Worker {
    Free,
    /// Waits until the task may start.
    Starting {
        slot: Slot,
        pod: PodId,
        created: bool,
    },
    /// Waits until the task runs, or has failed.
    Waiting {
        slot: Slot,
        pod: PodId,
    },
    /// Pauses.
    Delay(SimTime),
}

/// How far the update is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Slots are handed to workers.
    Handing,
    /// Workers finish.
    Draining,
    /// All is done; tasks may still fail until then.
    Monitoring(SimTime),
}

impl Updater {
    fn new(config: UpdateConfig, slots: Vec<Slot>) -> Updater {
        let at_once = match config.parallelism {
            0 => slots.len(),
            parallelism => slots.len().min(parallelism as usize),
        };
        Updater {
            config,
            slots,
            handed: 0,
            workers: vec![Worker::Free; at_once],
            updated: BTreeMap::new(),
            failed: BTreeSet::new(),
            failures: Vec::new(),
            phase: Phase::Handing,
            stopped: false,
        }
    }

    /// Whether a worker is changing a slot.
    pub(super) fn works_on(&self, wanted: Slot) -> bool {
        self.workers.iter().any(|worker| match worker {
            Worker::Starting { slot, .. } | Worker::Waiting { slot, .. } => *slot == wanted,
            Worker::Free | Worker::Delay(_) => false,
        })
    }

    /// When something is due without any change.
    pub(super) fn next_at(&self, now: SimTime) -> Option<SimTime> {
        let delays = self.workers.iter().filter_map(|worker| match worker {
            Worker::Delay(until) => Some(*until),
            _ => None,
        });
        let monitoring = match self.phase {
            Phase::Monitoring(until) => Some(until),
            Phase::Handing | Phase::Draining => None,
        };
        delays.chain(monitoring).filter(|&at| at > now).min()
    }

    fn is_idle(&self) -> bool {
        self.workers.iter().all(|&worker| worker == Worker::Free)
    }

    /// Takes a task that has ended off the list, and tells its id if it counts as failed and makes
    /// one too many. Mirrors `failureTriggersAction`.
    fn take_failure(&mut self, now: SimTime) -> Option<Arc<str>> {
        let watches = self.config.failure_action != FailureAction::Continue;
        for pod in std::mem::take(&mut self.failures) {
            let Some((id, started_at)) = self.updated.get(&pod).filter(|_| watches) else {
                continue;
            };
            let counts = started_at.is_none_or(|at| now - at <= self.config.monitor);
            if !counts || !self.failed.insert(pod) {
                continue;
            }
            let share = self.failed.len() as f32 / self.slots.len() as f32;
            if share > self.config.max_failure_ratio {
                return Some(Arc::clone(id));
            }
        }
        None
    }
}

impl Turn<'_, '_> {
    /// Begins an update if somebody changed the service and slots have tasks of another version.
    /// Mirrors `Supervisor.Update` and the begin of `Updater.Run`.
    pub(super) fn begin_update(&mut self, order: &[Slot]) {
        if !std::mem::take(&mut self.service.look_for_dirty) {
            return;
        }
        let status = self.service.status.clone();
        if status.as_ref().is_some_and(UpdateStatus::is_paused) {
            return;
        }
        let slots = self.slots();
        let is_dirty = |slot: &&Slot| {
            let places = slots.get(slot).map_or(&[][..], Vec::as_slice);
            places.len() > 1
                || places.iter().any(|&place| self.is_dirty(&self.service.tasks[place]))
        };
        let dirty: Vec<Slot> = order.iter().filter(is_dirty).copied().collect();
        if dirty.is_empty() {
            if status.is_some() {
                self.complete();
            }
            return;
        }
        if status.is_none() {
            self.set_status(UpdateStatus::Updating);
        }
        let strategy = self.strategy();
        let config = if self.rolls_back() { strategy.rollback } else { strategy.update };
        self.service.updater = Some(Updater::new(config, dirty));
    }

    /// Whether a task is of another version than the service.
    pub(super) fn is_dirty(&self, task: &Task) -> bool {
        let object = self.api.cluster().deployment(self.id);
        object.is_some_and(|object| object.template != task.template)
    }

    fn rolls_back(&self) -> bool {
        self.service.status.as_ref().is_some_and(UpdateStatus::is_rollback)
    }

    fn complete(&mut self) {
        let rolls_back = self.rolls_back();
        let completed = UpdateStatus::Completed;
        self.set_status(if rolls_back { UpdateStatus::RollbackCompleted } else { completed });
    }

    /// Does what is due of the update; whether there was anything.
    pub(super) fn update(&mut self) -> bool {
        let Some(mut updater) = self.service.updater.take() else { return false };
        let mut worked = false;
        loop {
            let mut moved = self.advance_workers(&mut updater);
            match self.advance_phase(&mut updater) {
                Some(more) => moved |= more,
                None => return true,
            }
            if !moved {
                break;
            }
            worked = true;
        }
        self.service.updater = Some(updater);
        worked
    }

    /// Whether anything was done; `None` when the update is over.
    fn advance_phase(&mut self, updater: &mut Updater) -> Option<bool> {
        if updater.phase != Phase::Draining
            && let Some(task) = updater.take_failure(self.now)
        {
            if self.act_on_failure(updater.config.failure_action, task) {
                return None;
            }
            updater.stopped = true;
            updater.phase = Phase::Draining;
            return Some(true);
        }
        match updater.phase {
            Phase::Handing => {
                let handed = self.hand_slots(updater);
                let all = updater.handed == updater.slots.len();
                if all {
                    updater.phase = Phase::Draining;
                }
                Some(handed || all)
            }
            Phase::Draining if !updater.is_idle() => Some(false),
            Phase::Draining if updater.stopped => None,
            Phase::Draining => {
                updater.phase = Phase::Monitoring(self.now + updater.config.monitor);
                Some(true)
            }
            Phase::Monitoring(until) if until <= self.now => {
                self.complete();
                None
            }
            Phase::Monitoring(_) => Some(false),
        }
    }

    /// Pauses, or rolls back; whether the update ends at once. Never rolls back a roll-back.
    fn act_on_failure(&mut self, action: FailureAction, task: Arc<str>) -> bool {
        if self.rolls_back() {
            self.set_status(UpdateStatus::RollbackPaused { task });
            return false;
        }
        let previous = match action {
            FailureAction::Rollback => self.service.previous.take(),
            FailureAction::Pause | FailureAction::Continue => None,
        };
        let Some(spec) = previous else {
            self.set_status(UpdateStatus::Paused { task });
            return false;
        };
        let live = self.api.cluster().deployment(self.id).expect("the service was just seen");
        let annotations = Arc::new(live.metadata.annotations.clone());
        let status = UpdateStatus::RollbackStarted { task };
        self.set_status(status.clone());
        let write = Write::UpdateDeployment { deployment: self.id, annotations, spec };
        let written = self.api.write(write, Reason::Swarm(SwarmReason::Update(status)));
        written.expect("a service that exists can be changed");
        self.see_own_spec();
        self.service.spec_version += 1;
        self.service.look_for_dirty = true;
        self.service.recount = true;
        self.note_version();
        true
    }

    /// The service's spec is what the orchestrator itself wrote.
    pub(super) fn see_own_spec(&mut self) {
        let object = self.api.cluster().deployment(self.id);
        self.service.spec = Arc::clone(&object.expect("it was just written").spec);
    }

    fn hand_slots(&mut self, updater: &mut Updater) -> bool {
        let before = updater.handed;
        for place in 0..updater.workers.len() {
            if updater.workers[place] != Worker::Free || updater.handed == updater.slots.len() {
                continue;
            }
            let slot = updater.slots[updater.handed];
            updater.handed += 1;
            updater.workers[place] = self.begin_slot(updater, slot);
        }
        updater.handed > before
    }

    /// Mirrors the body of `worker`: takes a task of the new version that is there already, or
    /// makes one.
    fn begin_slot(&mut self, updater: &mut Updater, slot: Slot) -> Worker {
        let fresh = |&(_, task): &(usize, &Task)| {
            task.slot == slot && task.is_wanted() && !self.is_dirty(task)
        };
        let tasks = || self.service.tasks.iter().enumerate().filter(fresh);
        let running = tasks().find(|(_, task)| task.desired == Desired::Running);
        let existing = running.or_else(|| tasks().next_back());
        if let Some((place, task)) = existing {
            let (pod, held) = (task.pod, task.desired == Desired::Ready);
            let old = self.shut_down_others(slot, pod);
            if held {
                let start = DelayedStart::new(self.now, SimDuration::ZERO, old);
                self.service.tasks[place].start = Some(start);
            }
            return Worker::Starting { slot, pod, created: false };
        }
        let Some(place) = self.create_task(slot, SwarmReason::UpdateSlot { slot }) else {
            return Worker::Delay(self.now + updater.config.delay);
        };
        let task = &self.service.tasks[place];
        let pod = task.pod;
        updater.updated.insert(pod, (Arc::clone(&task.id), None));
        let old = match updater.config.order {
            UpdateOrder::StartFirst => None,
            UpdateOrder::StopFirst => self.shut_down_others(slot, pod),
        };
        let start = DelayedStart::new(self.now, SimDuration::ZERO, old);
        self.service.tasks[place].start = Some(start);
        Worker::Starting { slot, pod, created: true }
    }

    /// Workers go on as far as they can; whether any did.
    fn advance_workers(&mut self, updater: &mut Updater) -> bool {
        let mut moved = false;
        for place in 0..updater.workers.len() {
            let now = updater.workers[place];
            let next = self.advance_worker(updater, now);
            moved |= next != now;
            updater.workers[place] = next;
        }
        moved
    }

    /// What a worker does next. Mirrors `updateTask` and `useExistingTask`, after their begin.
    fn advance_worker(&mut self, updater: &mut Updater, worker: Worker) -> Worker {
        let task = |pod: PodId| self.service.tasks.iter().find(|task| task.pod == pod);
        let delay = Worker::Delay(self.now + updater.config.delay);
        match worker {
            Worker::Starting { slot, pod, created } => {
                let held = task(pod).is_some_and(|task| task.desired == Desired::Ready);
                match (held, created) {
                    (true, _) => worker,
                    (false, true) => Worker::Waiting { slot, pod },
                    (false, false) => delay,
                }
            }
            Worker::Waiting { slot, pod } => {
                let observed = task(pod).map_or(Observed::Ended, |task| task.observed);
                if observed < Observed::Running {
                    return worker;
                }
                if let Some((_, started_at)) = updater.updated.get_mut(&pod) {
                    *started_at = Some(self.now);
                }
                let start_first = updater.config.order == UpdateOrder::StartFirst;
                if start_first && observed == Observed::Running {
                    self.shut_down_others(slot, pod);
                }
                delay
            }
            Worker::Delay(until) if until <= self.now => Worker::Free,
            Worker::Delay(_) | Worker::Free => worker,
        }
    }
}
