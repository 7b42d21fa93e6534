//! Mirrors `SyncTerminatingPod` and `SyncTerminatedPod` of pkg/kubelet/kubelet.go, and
//! `killContainer` of pkg/kubelet/kuberuntime/kuberuntime_container.go (v1.36).
//! Left out: the time that volumes and cgroups take.

use super::application::ProbeKind;
use super::lifecycle::Turn;
use super::plan::Role;
use super::reason::{KillReason, KubeletReason};
use super::status::{ContainerState, ContainerStatus};
use super::worker::{Run, Stage, Step};
use crate::kube::apiserver::{EventType, Write};
use crate::kube::objects::pod::Pod;
use crate::kube::reason::Reason;
use crate::units::{SimDuration, SimTime};

/// No container gets less from SIGTERM to SIGKILL \[s\] (`minimumGracePeriodInSeconds`).
const MINIMUM_GRACE: i64 = 2;
/// Grace of a pod whose object is gone already \[s\].
const ORPHAN_GRACE: i64 = 1;

/// A container that is being stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stop {
    begun: SimTime,
    /// \[s\]
    grace: i64,
    /// When the preStop hook is over.
    hook_ends: SimTime,
    /// Whether the hook would take longer than that.
    hook_cut: bool,
    /// When SIGKILL follows; `None` before SIGTERM.
    kill_at: Option<SimTime>,
}

impl Stop {
    /// Whether SIGTERM was sent.
    pub(super) fn is_signalled(self) -> bool {
        self.kill_at.is_some()
    }

    fn shorten(&mut self, now: SimTime, grace: i64) {
        self.grace = self.grace.min(grace);
        let hook_until = now + SimDuration::from_secs(grace);
        self.hook_cut |= self.hook_ends > hook_until;
        self.hook_ends = self.hook_ends.min(hook_until);
        let kill_at = now + SimDuration::from_secs(grace.max(MINIMUM_GRACE));
        self.kill_at = self.kill_at.map(|at| at.min(kill_at));
    }
}

impl Turn<'_, '_> {
    /// Notices that the pod was marked for deletion, or its object removed.
    pub(super) fn note_deletion(&mut self) -> bool {
        let grace = match self.api.cluster().pod(self.worker.pod) {
            None => ORPHAN_GRACE,
            Some(Pod { deletion: Some(deletion), .. }) => deletion.grace_period_seconds.max(1),
            Some(_) => return false,
        };
        if !self.is_ending() || self.worker.stage == Stage::Ended {
            self.begin_termination(grace);
            return true;
        }
        if self.worker.stage == Stage::Terminating && grace < self.worker.grace {
            self.shorten_termination(grace);
            return true;
        }
        false
    }

    fn begin_termination(&mut self, grace: i64) {
        self.worker.stage = Stage::Terminating;
        self.worker.grace = grace;
        self.worker.requested = false;
        self.worker.actions.clear();
        self.worker.step = Step::Begin;
        self.remove_workers(&[ProbeKind::Startup, ProbeKind::Liveness]);
        for place in self.plan.places() {
            if self.container(place).is_running() {
                self.begin_stop(place, KillReason::Stopping, grace);
            }
        }
        self.report();
    }

    fn shorten_termination(&mut self, grace: i64) {
        self.worker.grace = grace;
        let now = self.now;
        for place in self.plan.places() {
            if let Some(stop) = &mut self.container_mut(place).stop {
                stop.shorten(now, grace);
            }
        }
    }

    /// Begins to stop a running container: its preStop hook.
    pub(super) fn begin_stop(&mut self, place: u16, why: KillReason, grace: i64) {
        let plan = self.container_plan(place);
        let (container, init) = (plan.name.clone(), plan.role != Role::Regular);
        let hook = plan.pre_stop.filter(|_| grace > 0).unwrap_or_default();
        let limit = SimDuration::from_secs(grace);
        self.event(EventType::Normal, KubeletReason::Killing { container, why, init });
        let now = self.now;
        let stop = &mut self.container_mut(place).stop;
        match stop {
            Some(stop) => stop.shorten(now, grace),
            None => {
                *stop = Some(Stop {
                    begun: now,
                    grace,
                    hook_ends: now + hook.min(limit),
                    hook_cut: hook > limit,
                    kill_at: None,
                });
            }
        }
    }

    /// Sends SIGTERM to a container that is being stopped when its time has come; whether it has.
    pub(super) fn continue_stop(&mut self, place: u16) -> bool {
        let now = self.now;
        let Some(stop) = self.container(place).stop else { return false };
        if stop.kill_at.is_some() || self.signal_at(place) > now {
            return false;
        }
        if stop.hook_cut {
            self.event(EventType::Warning, KubeletReason::FailedPreStopHook);
        }
        let elapsed = (now - stop.begun).0.div_euclid(1000);
        let left = (stop.grace - elapsed).max(MINIMUM_GRACE);
        let kill_at = now + SimDuration::from_secs(left);
        self.container_mut(place).stop = Some(Stop { kill_at: Some(kill_at), ..stop });
        self.application.sigterm(self.run_of(place), now, kill_at);
        true
    }

    /// When SIGTERM is due, as far as is known: after the preStop hook and, for a sidecar of a pod
    /// that ends, after the containers before it in the order of termination.
    pub(super) fn signal_at(&self, place: u16) -> SimTime {
        let Some(stop) = self.container(place).stop.filter(|stop| stop.kill_at.is_none()) else {
            return SimTime::MAX;
        };
        if !self.must_wait_for_others(place) {
            return stop.hook_ends;
        }
        let limit = stop.begun + SimDuration::from_secs(stop.grace);
        stop.hook_ends.max(limit)
    }

    /// Mirrors `terminationOrdering`: regular containers end first, then sidecars, the last first.
    fn must_wait_for_others(&self, place: u16) -> bool {
        self.worker.stage == Stage::Terminating
            && self.container_plan(place).role == Role::Sidecar
            && (place + 1..self.plan.containers.len() as u16).any(|later| {
                self.container_plan(later).role != Role::Init && self.container(later).is_running()
            })
    }

    /// When a container that got SIGTERM gets SIGKILL.
    pub(super) fn kill_at(&self, place: u16) -> SimTime {
        self.container(place).stop.and_then(|stop| stop.kill_at).unwrap_or(SimTime::MAX)
    }

    /// Goes on ending the pod; whether anything was done.
    pub(super) fn continue_termination(&mut self) -> bool {
        let mut worked = false;
        for place in self.plan.places() {
            worked |= self.continue_stop(place);
        }
        if !self.plan.places().all(|place| self.container(place).is_stopped(self.now)) {
            return worked;
        }
        self.end_termination();
        true
    }

    /// All containers have ended: tells how, and removes the pod from the API server.
    fn end_termination(&mut self) {
        for place in self.plan.places() {
            if let Some(Run::Exited(exit)) = self.container(place).run {
                let run = Some(self.container(place).restart);
                let state = ContainerState::Terminated(exit);
                let last_exit = Some(exit);
                self.store(place, ContainerStatus { run, state, last_exit, ..Default::default() });
            }
        }
        self.worker.stage = Stage::Gone;
        self.report();
        let pod = self.worker.pod;
        if self.api.cluster().pod(pod).is_some() {
            self.api
                .write(Write::RemovePod(pod), Reason::Kubelet(KubeletReason::Terminated))
                .expect("a pod that exists can be removed");
        }
    }
}
