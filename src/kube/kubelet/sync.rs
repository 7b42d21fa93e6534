//! Mirrors `Kubelet.SyncPod` of pkg/kubelet/kubelet.go and `kubeGenericRuntimeManager.SyncPod` of
//! pkg/kubelet/kuberuntime/kuberuntime_manager.go (v1.36): one look at a pod and what follows.
//! Left out: sandboxes, ephemeral containers, resize.

use super::application::{ContainerExit, ProbeKind};
use super::lifecycle::Turn;
use super::probe::KINDS;
use super::reason::KillReason;
use super::status::ContainerStatus;
use super::worker::{Action, Stage, Step};
use crate::kube::apiserver::write::PodStatus;
use crate::kube::objects::pod::PodPhase;

impl Turn<'_, '_> {
    /// Looks at the pod, stores and reports what it sees, and decides what to do.
    pub(super) fn begin_sync(&mut self) {
        self.worker.stage = Stage::Syncing;
        self.worker.start_time.get_or_insert(self.now);
        self.look();
        if matches!(
            self.worker.reported,
            Some(PodStatus { phase: PodPhase::Succeeded | PodPhase::Failed, .. })
        ) {
            self.remove_workers(&KINDS);
            self.worker.stage = Stage::Ended;
            return;
        }
        self.add_workers();
        self.worker.step = Step::Begin;
        self.compute_pod_actions();
        self.worker.outcome.acted = !self.worker.actions.is_empty();
        for place in self.plan.places() {
            self.container_mut(place).error = None;
        }
        self.continue_sync();
    }

    /// Computes the statuses of all containers and stores them; runs readiness probes that are due
    /// because of them, before or after, as the pod's waits say.
    fn look(&mut self) {
        let mut seen = std::mem::take(&mut self.worker.seen);
        seen.clear();
        seen.extend(self.plan.places().map(|place| self.look_at(place)));
        if !self.waits.status_first {
            self.trigger_unready(&seen);
        }
        for (place, &(status, _)) in self.plan.places().zip(&seen) {
            let container = self.container_mut(place);
            container.seen_exit = container.last_exit;
            self.store(place, status);
        }
        self.report();
        if self.waits.status_first {
            self.trigger_unready(&seen);
        }
        self.worker.seen = seen;
    }

    fn trigger_unready(&mut self, seen: &[(ContainerStatus, bool)]) {
        for (place, &(_, trigger)) in self.plan.places().zip(seen) {
            if trigger {
                self.trigger_readiness(place);
            }
        }
    }

    /// Does what is left of the sync, as far as it takes no time; whether anything was done.
    pub(super) fn continue_sync(&mut self) -> bool {
        let mut worked = false;
        while let Some(&action) = self.worker.actions.first() {
            let done = match action {
                Action::Kill(place, probe) => self.kill(place, probe),
                Action::Start(place) => self.start(place),
            };
            if !done {
                return worked;
            }
            worked = true;
            self.worker.actions.remove(0);
            self.worker.step = Step::Begin;
        }
        self.end_sync();
        self.report();
        true
    }

    /// Stops a container because of a probe; whether that is done. Mirrors `killContainer`.
    fn kill(&mut self, place: u16, probe: ProbeKind) -> bool {
        if self.worker.step == Step::Begin && self.container(place).is_running() {
            self.worker.step = Step::Stopping;
            let restart = self.restarts(place, ContainerExit::Killed);
            let why = match probe {
                ProbeKind::Startup => KillReason::Startup { restart },
                _ => KillReason::Liveness { restart },
            };
            let own = self.container_plan(place).probe(probe).and_then(|probe| probe.grace);
            self.begin_stop(place, why, own.unwrap_or(self.plan.grace));
        }
        self.continue_stop(place);
        self.container(place).is_stopped(self.now)
    }
}
