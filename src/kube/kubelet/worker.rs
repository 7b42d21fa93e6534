//! What a pod's worker remembers: the pod, its containers, and how far its sync is.

use std::sync::Arc;

use smallvec::SmallVec;

use super::PodWaits;
use super::application::{ContainerExit, ProbeKind};
use super::backoff::Backoff;
use super::plan::PodPlan;
use super::probe::Worker;
use super::status::{ContainerStatus, WaitingReason};
use super::terminate::Stop;
use crate::kube::apiserver::write::PodStatus;
use crate::kube::objects::ids::{NodeId, PodId};
use crate::kube::objects::pod::PodCondition;
use crate::units::SimTime;

/// A pod on its node.
#[derive(Debug, Default)]
pub(super) struct PodWorker {
    pub(super) pod: PodId,
    pub(super) node: NodeId,
    pub(super) plan: Arc<PodPlan>,
    pub(super) waits: Option<PodWaits>,
    pub(super) containers: Vec<Container>,
    pub(super) stage: Stage,
    /// Somebody asked for a sync while one was going on or about to begin.
    pub(super) requested: bool,
    /// The next sync does not begin before this.
    pub(super) earliest: SimTime,
    /// What the sync that is going on has left to do, the next first.
    pub(super) actions: SmallVec<[Action; 4]>,
    /// How far the first of them is.
    pub(super) step: Step,
    pub(super) outcome: Outcome,
    /// What the latest sync saw: statuses, and whether readiness probes are to be run at once.
    pub(super) seen: Vec<(ContainerStatus, bool)>,
    /// When ends of containers will be seen, the next first.
    pub(super) exits_seen: SmallVec<[SimTime; 4]>,
    /// Whether the probe workers have been made.
    pub(super) probing: bool,
    /// Grace period of the termination that is going on \[s\].
    pub(super) grace: i64,
    pub(super) start_time: Option<SimTime>,
    pub(super) ready: Option<PodCondition>,
    pub(super) was_ready: bool,
    /// What the API server was told last.
    pub(super) reported: Option<PodStatus>,
}

/// What a pod's worker is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Stage {
    /// Between syncs; the next one at this instant, unless somebody asks for one.
    Idle(SimTime),
    /// The next sync begins then.
    Armed(SimTime),
    /// In a sync.
    #[default]
    Syncing,
    /// Ending the pod.
    Terminating,
    /// The pod has ended for good and waits for its deletion.
    Ended,
    /// Nothing is left.
    Gone,
}

/// One thing that a sync does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Stop a container because of its liveness or startup probe.
    Kill(u16, ProbeKind),
    /// Start a container.
    Start(u16),
}

/// How far an action is, when it takes time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Step {
    /// Not begun.
    #[default]
    Begin,
    /// The image is being pulled.
    Pulling { asked: SimTime, begins: SimTime, ends: SimTime },
    /// The postStart hook runs.
    PostStart(SimTime),
    /// The container is being stopped.
    Stopping,
}

/// What came of the actions of a sync so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) acted: bool,
    pub(super) failed: bool,
    /// The first end of a back-off that held something back.
    pub(super) expiry: Option<SimTime>,
}

/// A container of a pod on its node.
#[derive(Debug, Default)]
pub(super) struct Container {
    /// Number of the latest run, from 0.
    pub(super) restart: u32,
    /// What the runtime knows of that run; `None` before the first.
    pub(super) run: Option<Run>,
    /// When the latest run that has ended did.
    pub(super) last_exit: Option<SimTime>,
    /// The same as the sync that is going on saw it at its begin.
    pub(super) seen_exit: Option<SimTime>,
    pub(super) stop: Option<Stop>,
    /// When the call that stopped the latest run returns, if that is still to come.
    pub(super) stop_returns: Option<SimTime>,
    pub(super) backoff: Backoff,
    pub(super) image_backoff: Backoff,
    /// Why the latest sync could not start it.
    pub(super) error: Option<WaitingReason>,
    /// What is stored and reported.
    pub(super) status: ContainerStatus,
    /// By [`ProbeKind`].
    pub(super) workers: [Option<Worker>; 3],
}

/// A run of a container, as the runtime knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Run {
    Running { started_at: SimTime },
    Exited(ContainerExit),
}

impl Container {
    pub(super) fn is_running(&self) -> bool {
        matches!(self.run, Some(Run::Running { .. }))
    }

    /// Whether it does not run, and nobody waits for its end any more.
    pub(super) fn is_stopped(&self, now: SimTime) -> bool {
        !self.is_running() && self.stop_returns.is_none_or(|at| at <= now)
    }

    pub(super) fn worker(&self, kind: ProbeKind) -> Option<&Worker> {
        self.workers[kind as usize].as_ref()
    }

    pub(super) fn worker_mut(&mut self, kind: ProbeKind) -> Option<&mut Worker> {
        self.workers[kind as usize].as_mut()
    }
}

impl PodWorker {
    /// Takes on a pod. Memory of the pod before is used again.
    pub(super) fn begin(
        &mut self,
        pod: PodId,
        node: NodeId,
        plan: Arc<PodPlan>,
        waits: PodWaits,
        now: SimTime,
    ) {
        let mut containers = std::mem::take(&mut self.containers);
        containers.clear();
        containers.resize_with(plan.containers.len(), Container::default);
        for place in plan.places() {
            containers[usize::from(place)].status = ContainerStatus::new(place, &plan);
        }
        *self = PodWorker {
            pod,
            node,
            plan,
            waits: Some(waits),
            containers,
            stage: Stage::Armed(now),
            earliest: now,
            ..PodWorker::default()
        };
    }
}
