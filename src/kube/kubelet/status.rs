//! Mirrors pkg/kubelet/kubelet_pods.go, pkg/kubelet/status and `UpdatePodStatus` of
//! pkg/kubelet/prober (v1.36): what the kubelet makes of its containers, keeps, and reports.
//! Left out: conditions other than Ready, readiness gates, addresses.

use super::application::{ContainerExit, ProbeKind};
use super::lifecycle::Turn;
use super::plan::{PodPlan, RestartPolicy, Role};
use super::probe::ProbeResult;
use super::reason::KubeletReason;
use super::worker::{Run, Stage};
use crate::api::meta::ConditionStatus;
use crate::kube::apiserver::Write;
use crate::kube::apiserver::write::PodStatus;
use crate::kube::objects::pod::{PodActivity, PodCondition, PodPhase};
use crate::kube::reason::Reason;
use crate::units::SimTime;

/// The status of a container as the kubelet keeps it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ContainerStatus {
    /// Which run it speaks of, from 0: what `containerID` tells; `None` before the first.
    pub run: Option<u32>,
    /// `state`.
    pub state: ContainerState,
    /// How the run ended, if it has: `state.terminated` or `lastState.terminated`.
    pub last_exit: Option<ContainerExit>,
    /// `started`.
    pub started: bool,
    /// `ready`.
    pub ready: bool,
}

/// `state` of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContainerState {
    /// It does not run, and this is why.
    Waiting(WaitingReason),
    /// It runs.
    Running {
        /// `startedAt`, exact.
        started_at: SimTime,
    },
    /// It has ended.
    Terminated(ContainerExit),
}

/// `state.waiting.reason`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitingReason {
    /// It is being made.
    ContainerCreating,
    /// Init containers come first.
    PodInitializing,
    /// It keeps ending and is held back.
    CrashLoopBackOff,
    /// The pull of its image failed.
    ErrImagePull,
    /// The pull of its image failed and is held back.
    ImagePullBackOff,
    /// Its image is absent and may not be pulled.
    ErrImageNeverPull,
}

impl WaitingReason {
    /// Upstream's CamelCase word.
    pub const fn word(self) -> &'static str {
        match self {
            WaitingReason::ContainerCreating => "ContainerCreating",
            WaitingReason::PodInitializing => "PodInitializing",
            WaitingReason::CrashLoopBackOff => "CrashLoopBackOff",
            WaitingReason::ErrImagePull => "ErrImagePull",
            WaitingReason::ImagePullBackOff => "ImagePullBackOff",
            WaitingReason::ErrImageNeverPull => "ErrImageNeverPull",
        }
    }
}

impl Default for ContainerState {
    fn default() -> ContainerState {
        ContainerState::Waiting(WaitingReason::ContainerCreating)
    }
}

impl ContainerStatus {
    /// The status of a container that has not been started.
    pub(super) fn new(place: u16, plan: &PodPlan) -> ContainerStatus {
        let waits_for_init = plan.inits > 0 && plan.container(place).role == Role::Regular;
        let reason = if waits_for_init {
            WaitingReason::PodInitializing
        } else {
            WaitingReason::ContainerCreating
        };
        ContainerStatus { state: ContainerState::Waiting(reason), ..ContainerStatus::default() }
    }

    fn is_running(&self) -> bool {
        matches!(self.state, ContainerState::Running { .. })
    }
}

impl Turn<'_, '_> {
    /// The status of a container as a sync finds it, and whether its readiness probe is to be run
    /// at once. Mirrors `convertToAPIContainerStatuses` and `UpdatePodStatus`.
    pub(super) fn look_at(&self, place: u16) -> (ContainerStatus, bool) {
        let container = self.container(place);
        let Some(run) = container.run else {
            let mut status = ContainerStatus::new(place, &self.plan);
            if let Some(error) = container.error {
                status.state = ContainerState::Waiting(error);
            }
            return (status, false);
        };
        let mut status = ContainerStatus { run: Some(container.restart), ..container.status };
        (status.started, status.ready) = (false, false);
        match run {
            Run::Exited(exit) => {
                status.last_exit = Some(exit);
                status.state = match container.error.filter(|_| self.restarts(place, exit)) {
                    Some(error) => ContainerState::Waiting(error),
                    None => ContainerState::Terminated(exit),
                };
                let role = self.container_plan(place).role;
                status.ready = role == Role::Init && exit == ContainerExit::Exited(0);
                (status, false)
            }
            Run::Running { started_at } => {
                status.state = ContainerState::Running { started_at };
                let triggers = self.look_at_probes(place, &mut status);
                (status, triggers)
            }
        }
    }

    fn look_at_probes(&self, place: u16, status: &mut ContainerStatus) -> bool {
        let container = self.container(place);
        let result =
            |kind| container.worker(kind).map(|worker| worker.result_of(container.restart));
        status.started = match result(ProbeKind::Startup) {
            None => true,
            Some(result) => result == Some(ProbeResult::Success),
        };
        if !status.started || self.container_plan(place).role == Role::Init {
            return false;
        }
        let readiness = result(ProbeKind::Readiness);
        status.ready = readiness.is_none_or(|result| result == Some(ProbeResult::Success));
        !status.ready
    }

    /// Whether a container that ended so is started again. Mirrors `ContainerShouldRestart`.
    pub(super) fn restarts(&self, place: u16, exit: ContainerExit) -> bool {
        if self.container_plan(place).role == Role::Sidecar {
            return true;
        }
        let failed = exit.code() != 0;
        match (self.container_plan(place).role, self.plan.restart_policy) {
            (_, RestartPolicy::Never) => false,
            (Role::Init, _) | (_, RestartPolicy::OnFailure) => failed,
            (_, RestartPolicy::Always) => true,
        }
    }

    /// Stores the status of a container.
    pub(super) fn store(&mut self, place: u16, status: ContainerStatus) {
        self.container_mut(place).status = status;
        self.application.container_status(self.worker.pod, place, &status, self.now);
    }

    /// Mirrors `manager.SetContainerReadiness`.
    pub(super) fn set_container_readiness(&mut self, place: u16, run: Option<u32>, ready: bool) {
        let status = self.container(place).status;
        if status.run == run && status.ready != ready {
            self.store(place, ContainerStatus { ready, ..status });
            self.report();
        }
    }

    /// Mirrors `manager.SetContainerStartup`.
    pub(super) fn set_container_startup(&mut self, place: u16, run: Option<u32>, started: bool) {
        let status = self.container(place).status;
        if status.run == run && status.started != started {
            self.store(place, ContainerStatus { started, ..status });
        }
    }

    /// Tells the API server what is stored, if that is new.
    pub(super) fn report(&mut self) {
        let phase = self.phase();
        let terminal = matches!(phase, PodPhase::Succeeded | PodPhase::Failed);
        let unready = self.unready_containers();
        self.set_ready(unready == 0 && !terminal);
        let status = PodStatus {
            phase,
            activity: self.activity(terminal),
            start_time: self.worker.start_time,
            ready: self.worker.ready,
            restarts: self.restarts_of(Role::Regular),
            sidecar_restarts: self.restarts_of(Role::Sidecar),
        };
        let former = self.worker.reported.replace(status);
        if former == Some(status) {
            return;
        }
        let reason = self.reason_of(former, status, unready);
        let pod = self.worker.pod;
        if self.api.cluster().pod(pod).is_some() {
            self.api
                .write(Write::PodStatus { pod, status }, Reason::Kubelet(reason))
                .expect("the status of a pod that exists is never refused");
        }
    }

    fn set_ready(&mut self, ready: bool) {
        let status = if ready { ConditionStatus::True } else { ConditionStatus::False };
        if self.worker.ready.is_some_and(|former| former.status == status) {
            return;
        }
        let changed = ready || self.worker.ready.is_some();
        self.worker.ready = Some(PodCondition { status, last_transition_time: self.now });
        self.worker.was_ready |= ready;
        if changed {
            self.application.ready_changed(self.worker.pod, ready, self.now);
        }
    }

    /// A bit for each container that keeps the pod from being ready. Mirrors
    /// `GenerateContainersReadyCondition`.
    fn unready_containers(&self) -> u64 {
        let unready = |place: &u16| {
            let counts = self.container_plan(*place).role != Role::Init;
            counts && !self.container(*place).status.ready
        };
        self.plan.places().filter(unready).fold(0, |bits, place| bits | 1 << place.min(63))
    }

    fn restarts_of(&self, role: Role) -> i32 {
        let of_role = |place: &u16| self.container_plan(*place).role == role;
        let restarts = |place: u16| self.container(place).status.run.unwrap_or(0) as i32;
        self.plan.places().filter(of_role).map(restarts).max().unwrap_or(0)
    }

    /// Mirrors `getPhase`.
    fn phase(&self) -> PodPhase {
        if self.worker.stage == Stage::Gone {
            return self.final_phase();
        }
        let mut initializing = false;
        for place in 0..self.plan.inits {
            let status = &self.container(place).status;
            let exit = match status.state {
                ContainerState::Running { .. } => None,
                _ => status.last_exit,
            };
            if self.container_plan(place).role == Role::Sidecar {
                initializing |= status.run.is_none();
            } else if exit.is_some_and(|exit| exit.code() != 0) {
                if self.plan.restart_policy == RestartPolicy::Never {
                    return PodPhase::Failed;
                }
                initializing = true;
            } else {
                initializing |= exit.is_none();
            }
        }
        if initializing { PodPhase::Pending } else { self.phase_of_regular() }
    }

    fn phase_of_regular(&self) -> PodPhase {
        let statuses = || self.plan.regular().map(|place| &self.container(place).status);
        if statuses().any(|status| !status.is_running() && status.last_exit.is_none()) {
            PodPhase::Pending
        } else if statuses().any(ContainerStatus::is_running)
            || self.plan.restart_policy == RestartPolicy::Always
        {
            PodPhase::Running
        } else if statuses().all(|status| status.last_exit == Some(ContainerExit::Exited(0))) {
            PodPhase::Succeeded
        } else if self.plan.restart_policy == RestartPolicy::Never {
            PodPhase::Failed
        } else {
            PodPhase::Running
        }
    }

    /// The phase of a pod whose containers were all stopped.
    fn final_phase(&self) -> PodPhase {
        let well = |place| self.container(place).status.last_exit == Some(ContainerExit::Exited(0));
        if self.plan.regular().all(well) { PodPhase::Succeeded } else { PodPhase::Failed }
    }

    /// What is going on, for the eye; not upstream's.
    fn activity(&self, terminal: bool) -> PodActivity {
        let places = || self.plan.places().map(|place| self.container(place));
        let waits_for = |reason| places().any(|container| container.error == Some(reason));
        let ended_by_memory =
            places().any(|container| container.run == Some(Run::Exited(ContainerExit::OomKilled)));
        if terminal {
            PodActivity::Ended
        } else if self.is_ending() {
            PodActivity::Stopping
        } else if waits_for(WaitingReason::CrashLoopBackOff) {
            PodActivity::CrashLoopBackOff
        } else if waits_for(WaitingReason::ErrImagePull)
            || waits_for(WaitingReason::ImagePullBackOff)
            || waits_for(WaitingReason::ErrImageNeverPull)
        {
            PodActivity::ImagePullBackOff
        } else if ended_by_memory {
            PodActivity::OomKilled
        } else if self.is_pulling() {
            PodActivity::Pulling
        } else if self.worker.was_ready {
            PodActivity::Running
        } else {
            PodActivity::Starting
        }
    }

    fn reason_of(&self, former: Option<PodStatus>, new: PodStatus, unready: u64) -> KubeletReason {
        let former_ready = former.map(|former| former.ready);
        match new.phase {
            PodPhase::Succeeded => KubeletReason::PodCompleted,
            PodPhase::Failed => KubeletReason::PodFailed,
            _ if former_ready == Some(new.ready) => KubeletReason::Activity(new.activity),
            _ if unready == 0 => KubeletReason::ContainersReady,
            _ => KubeletReason::ContainersNotReady { names: self.plan.names.clone(), unready },
        }
    }
}
