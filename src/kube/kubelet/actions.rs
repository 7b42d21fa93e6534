//! Mirrors `computePodActions` and `computeInitContainerActions` of
//! pkg/kubelet/kuberuntime/kuberuntime_manager.go (v1.36). Left out: sandboxes, changed
//! definitions, resize, containers in unknown state.

use super::application::ProbeKind;
use super::lifecycle::Turn;
use super::plan::{RestartPolicy, Role};
use super::probe::ProbeResult;
use super::worker::{Action, Run};

impl Turn<'_, '_> {
    /// Decides which containers to stop and to start, in upstream's order: stops, init containers,
    /// regular containers.
    pub(super) fn compute_pod_actions(&mut self) {
        self.worker.actions.clear();
        if self.compute_init_container_actions() {
            for place in self.plan.regular() {
                self.compute_container_actions(place);
            }
        }
        self.worker.actions.sort_by_key(|action| matches!(action, Action::Start(_)));
    }

    fn compute_container_actions(&mut self, place: u16) {
        match self.container(place).run {
            None => self.act(Action::Start(place)),
            Some(Run::Exited(exit)) => {
                if self.restarts(place, exit) {
                    self.act(Action::Start(place));
                }
            }
            Some(Run::Running { .. }) => {
                let Some(probe) = self.failed_probe(place) else { return };
                self.act(Action::Kill(place, probe));
                if self.plan.restart_policy != RestartPolicy::Never {
                    self.act(Action::Start(place));
                }
            }
        }
    }

    /// The probe that asks for an end of the container, liveness first.
    fn failed_probe(&self, place: u16) -> Option<ProbeKind> {
        [ProbeKind::Liveness, ProbeKind::Startup]
            .into_iter()
            .find(|&kind| self.result(place, kind) == Some(ProbeResult::Failure))
    }

    fn result(&self, place: u16, kind: ProbeKind) -> Option<ProbeResult> {
        let container = self.container(place);
        container.worker(kind)?.result_of(container.restart)
    }

    fn act(&mut self, action: Action) {
        self.worker.actions.push(action);
    }

    /// Decides about init containers; whether the regular ones may run. Goes from the last one to
    /// the first: the last that has begun tells how far the pod is, and of those before it only
    /// sidecars matter.
    fn compute_init_container_actions(&mut self) -> bool {
        let inits = self.plan.inits;
        let mut initialized =
            inits == 0 || self.plan.regular().any(|place| self.container(place).is_running());
        let mut found = initialized;
        for place in (0..inits).rev() {
            let sidecar = self.container_plan(place).role == Role::Sidecar;
            match self.container(place).run {
                None if found && sidecar => self.act(Action::Start(place)),
                None => {}
                Some(_) if found && !sidecar => {}
                Some(run) => {
                    let over = self.compute_init_actions(place, run, sidecar);
                    initialized |= over && place + 1 == inits;
                    if over && !found && place + 1 < inits {
                        self.act(Action::Start(place + 1));
                    }
                    found = true;
                }
            }
        }
        if !found {
            self.act(Action::Start(0));
        }
        self.worker.actions.reverse();
        initialized
    }

    /// Decides about one init container that has begun; whether the next one may.
    fn compute_init_actions(&mut self, place: u16, run: Run, sidecar: bool) -> bool {
        match run {
            _ if sidecar => self.compute_sidecar_actions(place, run),
            Run::Running { .. } => false,
            Run::Exited(exit) => {
                if self.restarts(place, exit) {
                    self.act(Action::Start(place));
                }
                exit.code() == 0
            }
        }
    }

    /// Keeps a sidecar running; whether it has started as far as the next one waits for it.
    fn compute_sidecar_actions(&mut self, place: u16, run: Run) -> bool {
        let Run::Running { .. } = run else {
            self.act(Action::Start(place));
            return false;
        };
        if let Some(probe) = self.failed_probe(place) {
            self.act(Action::Kill(place, probe));
            self.act(Action::Start(place));
            return probe == ProbeKind::Liveness;
        }
        let has_startup_probe = self.container_plan(place).probe(ProbeKind::Startup).is_some();
        !has_startup_probe || self.result(place, ProbeKind::Startup) == Some(ProbeResult::Success)
    }
}
