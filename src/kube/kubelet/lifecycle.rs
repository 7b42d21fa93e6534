//! Mirrors pkg/kubelet/pod_workers.go (v1.36): the worker of a pod does one sync after the other;
//! what asks for a sync during one or during its wait asks for one further sync.
//! Left out: the random part of a retry after an error.

use std::sync::Arc;

use super::PodWaits;
use super::application::{Application, ContainerExit, ContainerRun};
use super::images::Images;
use super::plan::{ContainerPlan, PodPlan, Role};
use super::reason::KubeletReason;
use super::running::RunningContainers;
use super::terminate::Stop;
use super::worker::{Container, PodWorker, Run, Stage, Step};
use crate::kube::apiserver::watch::KUBELET;
use crate::kube::apiserver::{Api, EventType, Write};
use crate::kube::objects::ids::ObjectId;
use crate::kube::objects::pod::PodActivity;
use crate::kube::reason::Reason;
use crate::units::{SimDuration, SimTime};

/// Longest wait for the next sync after one that was held back (`--sync-frequency`).
const RETRY_MAX: SimDuration = SimDuration::from_secs(60);
/// Wait after a sync that failed for another reason (`backOffPeriod`).
const RETRY_AFTER_ERROR: SimDuration = SimDuration::from_secs(10);

/// All that a pod's worker does at one instant.
pub(super) struct Turn<'a, 'b> {
    pub(super) api: &'a mut Api<'b>,
    pub(super) application: &'a mut dyn Application,
    pub(super) images: &'a mut Images,
    pub(super) running: &'a mut RunningContainers,
    pub(super) worker: &'a mut PodWorker,
    pub(super) plan: Arc<PodPlan>,
    pub(super) waits: PodWaits,
    pub(super) now: SimTime,
}

impl<'a, 'b> Turn<'a, 'b> {
    pub(super) fn new(
        api: &'a mut Api<'b>,
        application: &'a mut dyn Application,
        images: &'a mut Images,
        running: &'a mut RunningContainers,
        worker: &'a mut PodWorker,
    ) -> Turn<'a, 'b> {
        let (plan, now) = (Arc::clone(&worker.plan), api.now());
        let waits = worker.waits.expect("a worker at work has its waits");
        let mut turn = Turn { api, application, images, running, worker, plan, waits, now };
        turn.skip_resyncs();
        turn
    }

    /// Does all that is due, then asks for the next wake.
    pub(super) fn run(&mut self) {
        while self.advance() {}
        let at = self.next_at();
        if at < SimTime::MAX {
            self.api.wake(KUBELET, self.worker.pod.0, at);
        }
    }

    /// Whether the pod is gone and its worker free.
    pub(super) fn is_gone(&self) -> bool {
        self.worker.stage == Stage::Gone
    }

    /// One round over all that may be due; whether there was anything.
    ///
    /// A probe that is due at the instant of a sync sees what the sync stores, or what was stored
    /// before, as the pod's waits say.
    fn advance(&mut self) -> bool {
        let mut worked = self.note_deletion();
        worked |= self.end_processes();
        worked |= self.finish_probes();
        worked |= self.see_exits();
        if !self.waits.status_first {
            worked |= self.tick_probes();
        }
        worked |= self.advance_stage();
        if self.waits.status_first {
            worked |= self.tick_probes();
        }
        worked
    }

    fn advance_stage(&mut self) -> bool {
        match self.worker.stage {
            Stage::Idle(due) if due <= self.now => {
                self.worker.stage = Stage::Armed(self.now.max(self.worker.earliest));
                true
            }
            Stage::Armed(at) if at <= self.now => {
                self.begin_sync();
                true
            }
            Stage::Syncing => self.continue_sync(),
            Stage::Terminating => self.continue_termination(),
            Stage::Idle(_) | Stage::Armed(_) | Stage::Ended | Stage::Gone => false,
        }
    }

    /// Somebody wants a sync.
    pub(super) fn request_sync(&mut self) {
        match self.worker.stage {
            Stage::Idle(_) => {
                self.worker.stage = Stage::Armed(self.now.max(self.worker.earliest));
            }
            Stage::Armed(_) | Stage::Syncing => self.worker.requested = true,
            Stage::Terminating | Stage::Ended | Stage::Gone => {}
        }
    }

    /// The sync that was going on is over: when does the next one come?
    pub(super) fn end_sync(&mut self) {
        let outcome = std::mem::take(&mut self.worker.outcome);
        let wait = match outcome.expiry {
            Some(expiry) => (expiry - self.now).clamp(SimDuration::ZERO, RETRY_MAX),
            None if outcome.failed => RETRY_AFTER_ERROR,
            // Never at once, or a pod that is not ready would be looked at without end.
            None => self.waits.resync.max(SimDuration(1)),
        };
        let changed = outcome.acted && !outcome.failed;
        self.worker.earliest = if changed { self.now } else { self.now + self.waits.relist };
        self.worker.stage = Stage::Idle(self.now + wait);
        if std::mem::take(&mut self.worker.requested) || changed {
            self.request_sync();
        }
    }

    /// Regular syncs of a pod in which nothing is to be done are not run; this finds out which was
    /// the last of them.
    pub(super) fn skip_resyncs(&mut self) {
        let Stage::Idle(due) = self.worker.stage else { return };
        let resync = self.waits.resync;
        if due >= self.now || resync <= SimDuration::ZERO {
            return;
        }
        let last = due + SimDuration((self.now - due).0 / resync.0 * resync.0);
        if last == self.now {
            self.worker.stage = Stage::Idle(last);
        } else {
            self.worker.earliest = last + self.waits.relist;
            self.worker.stage = Stage::Idle(last + resync);
        }
    }

    /// Ends of containers that are noticed now.
    fn see_exits(&mut self) -> bool {
        let seen = self.worker.exits_seen.iter().take_while(|&&at| at <= self.now).count();
        self.worker.exits_seen.drain(..seen);
        for _ in 0..seen {
            self.request_sync();
        }
        seen > 0
    }

    /// Processes that end by themselves, or by SIGKILL.
    fn end_processes(&mut self) -> bool {
        let mut ended = false;
        for place in self.plan.places() {
            if !self.container(place).is_running() {
                continue;
            }
            let exit = match self.application.exits_at(self.run_of(place)) {
                Some((at, code)) if at <= self.now => Some(ContainerExit::Exited(code)),
                _ if self.kill_at(place) <= self.now => Some(ContainerExit::Killed),
                _ => None,
            };
            if let Some(exit) = exit {
                self.exit(place, exit);
                ended = true;
            }
        }
        ended
    }

    /// A container has ended.
    pub(super) fn exit(&mut self, place: u16, exit: ContainerExit) {
        let (now, run) = (self.now, self.run_of(place));
        let seen_at = now + self.waits.exit_seen_after;
        let container = self.container_mut(place);
        if !container.is_running() {
            return;
        }
        container.run = Some(Run::Exited(exit));
        container.last_exit = Some(now);
        let stop = container.stop.take();
        let signalled = stop.is_some_and(Stop::is_signalled);
        self.running.end(self.worker.node, run);
        self.application.container_stopped(run, now, exit);
        if signalled {
            let returns = self.application.stop_returns_at(run, now);
            self.container_mut(place).stop_returns = (returns > now).then_some(returns);
        }
        self.worker.exits_seen.push(seen_at);
        self.tell_of_exit(place, exit, stop.is_some());
    }

    /// Says why a container ended that nobody stopped. Upstream writes it into the container's
    /// status, which is not modelled.
    fn tell_of_exit(&mut self, place: u16, exit: ContainerExit, stopping: bool) {
        let is_init = self.container_plan(place).role == Role::Init;
        let reason = match exit {
            ContainerExit::OomKilled => KubeletReason::Activity(PodActivity::OomKilled),
            ContainerExit::Exited(code) if !(stopping || is_init && code == 0) => {
                let container = Arc::clone(&self.plan.names[place as usize]);
                KubeletReason::Exited { container, code }
            }
            _ => return,
        };
        let pod = self.worker.pod;
        if self.api.cluster().pod(pod).is_some() {
            let told = self.api.write(Write::Note(ObjectId::Pod(pod)), Reason::Kubelet(reason));
            told.expect("a note is never refused");
        }
    }

    /// When something is to be done next.
    fn next_at(&mut self) -> SimTime {
        let mut at = match self.worker.stage {
            Stage::Idle(due) if !self.is_settled() => due,
            Stage::Armed(at) => at,
            Stage::Gone => return SimTime::MAX,
            _ => SimTime::MAX,
        };
        at = at.min(match self.worker.step {
            Step::Pulling { ends: until, .. } | Step::PostStart(until) => until,
            Step::Begin | Step::Stopping => SimTime::MAX,
        });
        if matches!(self.worker.stage, Stage::Idle(_) | Stage::Armed(_) | Stage::Syncing) {
            at = at.min(self.worker.exits_seen.first().copied().unwrap_or(SimTime::MAX));
        }
        for place in self.plan.places() {
            at = at.min(self.next_of_container(place)).min(self.next_probe_at(place));
        }
        at
    }

    fn next_of_container(&mut self, place: u16) -> SimTime {
        if !self.container(place).is_running() {
            let returns = self.container(place).stop_returns;
            return returns.filter(|&at| at > self.now).unwrap_or(SimTime::MAX);
        }
        let exit = self.application.exits_at(self.run_of(place));
        let exit = exit.map_or(SimTime::MAX, |(at, _)| at);
        exit.min(self.kill_at(place)).min(self.signal_at(place))
    }

    /// Whether a sync would find nothing to do and nothing to say.
    fn is_settled(&self) -> bool {
        self.plan.places().all(|place| {
            let container = self.container(place);
            let status = &container.status;
            let known = status.run == container.run.map(|_| container.restart);
            known
                && match self.plan.container(place).role {
                    Role::Init => container.run == Some(Run::Exited(ContainerExit::Exited(0))),
                    Role::Sidecar | Role::Regular => container.is_running() && status.ready,
                }
        })
    }

    pub(super) fn container(&self, place: u16) -> &Container {
        &self.worker.containers[usize::from(place)]
    }

    pub(super) fn container_mut(&mut self, place: u16) -> &mut Container {
        &mut self.worker.containers[usize::from(place)]
    }

    pub(super) fn container_plan(&self, place: u16) -> &ContainerPlan {
        self.plan.container(place)
    }

    /// The latest run of a container.
    pub(super) fn run_of(&self, place: u16) -> ContainerRun {
        let restart = self.container(place).restart;
        ContainerRun { pod: self.worker.pod, container: place, restart }
    }

    /// Writes an Event about the pod, if it still exists.
    pub(super) fn event(&mut self, type_: EventType, reason: KubeletReason) {
        let pod = self.worker.pod;
        if self.api.cluster().pod(pod).is_some() {
            let object = ObjectId::Pod(pod);
            self.api
                .write(Write::Event { object, type_ }, Reason::Kubelet(reason))
                .expect("an event is never refused");
        }
    }
}
