//! Mirrors pkg/kubelet/prober/worker.go and prober/results (v1.36). Left out: errors of the prober
//! itself, the random delay of first probes just after the kubelet's own start.
//!
//! A worker's ticks stand at its anchor plus whole periods. Ticks that would change nothing are
//! skipped: [`Turn::next_probe_at`] finds the first that may.

use super::application::{ContainerRun, ProbeAnswer, ProbeKind};
use super::lifecycle::Turn;
use super::plan::{Handler, ProbePlan, RestartPolicy};
use super::reason::{KubeletReason, ProbeOutput};
use super::status::ContainerState;
use super::worker::Stage;
use crate::kube::apiserver::EventType;
use crate::units::{SimDuration, SimTime};

/// All kinds, in the order in which workers are made.
pub(super) const KINDS: [ProbeKind; 3] =
    [ProbeKind::Startup, ProbeKind::Readiness, ProbeKind::Liveness];

/// What is known of a run by its probes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum ProbeResult {
    Unknown,
    // The zero value of upstream's type, which a new worker's last result has.
    #[default]
    Success,
    Failure,
}

/// Runs the probes of one kind on one container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Worker {
    /// Ticks stand at this instant plus 1, 2, 3, ... periods.
    anchor: SimTime,
    /// Ticks up to here are over.
    ticked: SimTime,
    flight: Option<Flight>,
    /// A probe at once was asked for while one was running.
    triggered: bool,
    /// The run that it has seen last.
    run: Option<u32>,
    /// The result kept for that run.
    result: Option<ProbeResult>,
    last_result: ProbeResult,
    /// How many times in a row.
    result_run: u32,
    on_hold: bool,
}

/// A probe that is running.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Flight {
    ends: SimTime,
    answer: ProbeAnswer,
}

impl Worker {
    fn new(now: SimTime) -> Worker {
        Worker {
            anchor: now,
            ticked: now,
            flight: None,
            triggered: false,
            run: None,
            result: None,
            last_result: ProbeResult::default(),
            result_run: 0,
            on_hold: false,
        }
    }

    /// The result kept for a run.
    pub(super) fn result_of(&self, run: u32) -> Option<ProbeResult> {
        self.result.filter(|_| self.run == Some(run))
    }

    /// The first tick after an instant that is not over.
    fn tick_after(&self, instant: SimTime, period: SimDuration) -> SimTime {
        let since = (instant.max(self.ticked) - self.anchor).0;
        self.anchor + SimDuration((since.div_euclid(period.0) + 1) * period.0)
    }

    fn restart_period(&mut self, now: SimTime) {
        self.anchor = now;
        self.ticked = now;
    }
}

impl Turn<'_, '_> {
    /// Makes the workers and runs each once. Mirrors `manager.AddPod`.
    pub(super) fn add_workers(&mut self) {
        if std::mem::replace(&mut self.worker.probing, true) {
            return;
        }
        for (place, kind) in self.probes() {
            let now = self.now;
            self.container_mut(place).workers[kind as usize] = Some(Worker::new(now));
            self.do_probe(place, kind);
        }
    }

    /// Every probe that the pod's template has.
    fn probes(&self) -> impl Iterator<Item = (u16, ProbeKind)> + use<> {
        let plan = self.plan.clone();
        plan.places()
            .flat_map(|place| KINDS.map(|kind| (place, kind)))
            .filter(move |&(place, kind)| plan.container(place).probe(kind).is_some())
    }

    fn probe_plan(&self, place: u16, kind: ProbeKind) -> ProbePlan {
        *self.container_plan(place).probe(kind).expect("a worker has a probe")
    }

    fn probe_worker(&mut self, place: u16, kind: ProbeKind) -> &mut Worker {
        self.container_mut(place).worker_mut(kind).expect("the worker exists")
    }

    /// Runs the readiness probe at once and restarts its period; after the probe that is running,
    /// if one is; after a tick of this instant. Mirrors `manualTriggerCh`.
    pub(super) fn trigger_readiness(&mut self, place: u16) {
        let now = self.now;
        self.tick_probe(place, ProbeKind::Readiness);
        let worker = self.probe_worker(place, ProbeKind::Readiness);
        if worker.flight.is_some() {
            worker.triggered = true;
            return;
        }
        worker.restart_period(now);
        self.do_probe(place, ProbeKind::Readiness);
    }

    /// Ticks of this instant; whether there were any.
    pub(super) fn tick_probes(&mut self) -> bool {
        let mut ticked = false;
        for (place, kind) in self.probes() {
            ticked |= self.tick_probe(place, kind);
        }
        ticked
    }

    fn tick_probe(&mut self, place: u16, kind: ProbeKind) -> bool {
        let (now, period) = (self.now, self.probe_plan(place, kind).period);
        let Some(worker) = self.container_mut(place).worker_mut(kind) else { return false };
        let just_before = now - SimDuration(1);
        if worker.flight.is_some() || worker.tick_after(just_before, period) != now {
            return false;
        }
        worker.ticked = now;
        self.do_probe(place, kind);
        true
    }

    /// Probes that are over; whether there were any.
    pub(super) fn finish_probes(&mut self) -> bool {
        let mut finished = false;
        for (place, kind) in self.probes() {
            let now = self.now;
            let Some(worker) = self.container_mut(place).worker_mut(kind) else { continue };
            let Some(flight) = worker.flight.filter(|flight| flight.ends <= now) else { continue };
            worker.flight = None;
            finished = true;
            self.finish_probe(place, kind, flight.answer);
            self.work_off_waiting(place, kind);
        }
        finished
    }

    /// What a worker was asked for while its probe was running.
    fn work_off_waiting(&mut self, place: u16, kind: ProbeKind) {
        let (now, period) = (self.now, self.probe_plan(place, kind).period);
        let Some(worker) = self.container_mut(place).worker_mut(kind) else { return };
        if std::mem::take(&mut worker.triggered) {
            worker.restart_period(now);
        } else if worker.tick_after(SimTime::MIN, period) <= now {
            worker.ticked = now;
        } else {
            return;
        }
        self.do_probe(place, kind);
    }

    /// Mirrors `worker.doProbe`, up to the probe itself.
    fn do_probe(&mut self, place: u16, kind: ProbeKind) {
        let status = self.container(place).status;
        let Some(run) = status.run else { return };
        self.meet_run(place, kind, run);
        if self.probe_worker(place, kind).on_hold {
            return;
        }
        let ContainerState::Running { started_at } = status.state else {
            self.probe_stopped(place, kind, status.state);
            return;
        };
        let plan = self.probe_plan(place, kind);
        let age = (self.now - started_at.floor_second()).0.div_euclid(1000);
        if age < plan.initial_delay || status.started == (kind == ProbeKind::Startup) {
            return;
        }
        let run = ContainerRun { pod: self.worker.pod, container: place, restart: run };
        let reply = self.application.probe(run, kind, plan.timeout, self.now);
        let ends = self.now + reply.takes;
        self.probe_worker(place, kind).flight = Some(Flight { ends, answer: reply.answer });
    }

    /// A new run begins without results.
    fn meet_run(&mut self, place: u16, kind: ProbeKind, run: u32) {
        let worker = self.probe_worker(place, kind);
        if worker.run == Some(run) {
            return;
        }
        worker.run = Some(run);
        worker.result = None;
        worker.on_hold = false;
        let initial = match kind {
            ProbeKind::Startup => ProbeResult::Unknown,
            ProbeKind::Readiness => ProbeResult::Failure,
            ProbeKind::Liveness => ProbeResult::Success,
        };
        self.set_result(place, kind, initial);
    }

    /// The container does not run: a failure, and the end of the worker if it never will again.
    fn probe_stopped(&mut self, place: u16, kind: ProbeKind, state: ContainerState) {
        self.set_result(place, kind, ProbeResult::Failure);
        let terminated = matches!(state, ContainerState::Terminated { .. });
        if terminated && self.plan.restart_policy == RestartPolicy::Never {
            self.container_mut(place).workers[kind as usize] = None;
        }
    }

    /// Mirrors `worker.doProbe`, after the probe itself.
    fn finish_probe(&mut self, place: u16, kind: ProbeKind, answer: ProbeAnswer) {
        let plan = self.probe_plan(place, kind);
        let result = match answer {
            ProbeAnswer::Success => ProbeResult::Success,
            _ => ProbeResult::Failure,
        };
        if result == ProbeResult::Failure {
            let output = output_of(&plan, answer);
            self.event(EventType::Warning, KubeletReason::Unhealthy { probe: kind, output });
        }
        let worker = self.probe_worker(place, kind);
        worker.result_run =
            if worker.last_result == result { worker.result_run.saturating_add(1) } else { 1 };
        worker.last_result = result;
        let threshold = match result {
            ProbeResult::Failure => plan.failure_threshold,
            _ => plan.success_threshold,
        };
        if worker.result_run < threshold {
            return;
        }
        if kind == ProbeKind::Startup
            || (kind == ProbeKind::Liveness && result == ProbeResult::Failure)
        {
            worker.on_hold = true;
            worker.result_run = 0;
        }
        self.set_result(place, kind, result);
    }

    /// Keeps a result and tells those who watch results. Mirrors `results.manager.Set` and the
    /// cases of `syncLoopIteration` that hear of it.
    fn set_result(&mut self, place: u16, kind: ProbeKind, result: ProbeResult) {
        let worker = self.probe_worker(place, kind);
        if worker.result == Some(result) {
            return;
        }
        worker.result = Some(result);
        let run = worker.run;
        let success = result == ProbeResult::Success;
        match kind {
            ProbeKind::Liveness if result != ProbeResult::Failure => return,
            ProbeKind::Liveness => {}
            ProbeKind::Readiness => self.set_container_readiness(place, run, success),
            ProbeKind::Startup => self.set_container_startup(place, run, success),
        }
        self.request_sync();
    }

    /// When the probes of a container may change something next.
    pub(super) fn next_probe_at(&mut self, place: u16) -> SimTime {
        let mut at = SimTime::MAX;
        for kind in KINDS {
            let Some(worker) = self.container(place).worker(kind).copied() else { continue };
            at = at.min(match worker.flight {
                Some(flight) => flight.ends,
                None => self.next_tick_at(place, kind, &worker),
            });
        }
        at
    }

    /// The next tick that may change something, with the status as it stands.
    fn next_tick_at(&mut self, place: u16, kind: ProbeKind, worker: &Worker) -> SimTime {
        let status = self.container(place).status;
        let plan = self.probe_plan(place, kind);
        let next = worker.tick_after(self.now, plan.period);
        let Some(run) = status.run else { return SimTime::MAX };
        if worker.run != Some(run) {
            return next;
        }
        if worker.on_hold {
            return SimTime::MAX;
        }
        let ContainerState::Running { started_at } = status.state else {
            let known = worker.result == Some(ProbeResult::Failure);
            return if known { SimTime::MAX } else { next };
        };
        if status.started == (kind == ProbeKind::Startup) {
            return SimTime::MAX;
        }
        let old_enough = started_at.floor_second() + SimDuration::from_secs(plan.initial_delay);
        let mut from = old_enough;
        if worker.result == Some(ProbeResult::Success)
            && worker.result_run > 0
            && worker.last_result == ProbeResult::Success
        {
            let run = ContainerRun { pod: self.worker.pod, container: place, restart: run };
            from = from.max(self.application.succeeds_until(run, kind, self.now));
        }
        if from == SimTime::MAX {
            return from;
        }
        next.max(worker.tick_after(from - SimDuration(1), plan.period))
    }

    /// Stops the workers of a kind; their results are forgotten.
    pub(super) fn remove_workers(&mut self, kinds: &[ProbeKind]) {
        for container in &mut self.worker.containers {
            for &kind in kinds {
                container.workers[kind as usize] = None;
            }
        }
    }

    /// Whether probing goes on at all.
    pub(super) fn is_ending(&self) -> bool {
        matches!(self.worker.stage, Stage::Terminating | Stage::Ended | Stage::Gone)
    }
}

fn output_of(plan: &ProbePlan, answer: ProbeAnswer) -> ProbeOutput {
    match (plan.handler, answer) {
        (Handler::Command, ProbeAnswer::TimedOut) => {
            ProbeOutput::CommandTimedOut((plan.timeout.0 / 1000) as i32)
        }
        (Handler::Command, _) => ProbeOutput::Nothing,
        (_, ProbeAnswer::TimedOut) => ProbeOutput::RequestTimedOut,
        (_, ProbeAnswer::Refused) | (Handler::Socket, _) => ProbeOutput::Refused,
        (Handler::Http, _) => ProbeOutput::StatusCode(503),
    }
}
