//! Pods, and the templates and label sets that they share.

use std::sync::Arc;

use serde::Serialize;

use super::ids::{LabelSetId, NodeId, PodId, ReplicaSetId, TemplateId};
use crate::api::core::PodTemplateSpec;
use crate::api::meta::{ConditionStatus, StringMap};
use crate::kube::apiserver::write::PodStatus;
use crate::kube::scheduler::reason::SchedulerReason;
use crate::units::SimTime;

/// `status.phase` of a pod.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum PodPhase {
    /// Not all containers have been started.
    #[default]
    Pending,
    /// Bound, and at least one container runs or is to run again.
    Running,
    /// All containers ended well and stay so.
    Succeeded,
    /// All containers ended, one of them badly.
    Failed,
    /// The node does not answer.
    Unknown,
}

impl PodPhase {
    /// Whether a pod never leaves this phase. Mirrors `podutil.IsPodPhaseTerminal`.
    pub fn is_terminal(self) -> bool {
        matches!(self, PodPhase::Succeeded | PodPhase::Failed)
    }
}

/// What the kubelet is doing with a pod; finer than the phase, for the eye.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum PodActivity {
    /// Waits for a node.
    #[default]
    Unscheduled,
    /// Bound; its image is being pulled.
    Pulling,
    /// Image there; containers start and are not ready yet.
    Starting,
    /// Containers run.
    Running,
    /// Waits to restart a container that keeps ending (`CrashLoopBackOff`).
    CrashLoopBackOff,
    /// Waits to pull again (`ImagePullBackOff`).
    ImagePullBackOff,
    /// A container was killed for its memory and has not started again.
    OomKilled,
    /// preStop hooks run or SIGTERM was sent.
    Stopping,
    /// All containers have ended.
    Ended,
}

/// A condition without texts: status and the whole second of its last change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct PodCondition {
    /// Whether it holds.
    pub status: ConditionStatus,
    /// `lastTransitionTime`, a whole second.
    pub last_transition_time: SimTime,
}

impl PodCondition {
    /// The condition as the API server stores it: its time cut to a whole second.
    #[must_use]
    pub fn as_stored(self) -> PodCondition {
        PodCondition { last_transition_time: self.last_transition_time.floor_second(), ..self }
    }
}

/// Why a pod is to be disrupted: `reason` of its condition `DisruptionTarget`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum DisruptionTargetReason {
    /// Somebody asked the eviction subresource.
    EvictionByEvictionApi,
    /// Its node has a taint that it does not stand, or not any longer.
    DeletionByTaintManager,
    /// Its node is gone.
    DeletionByPodGc,
}

impl DisruptionTargetReason {
    /// Upstream's CamelCase word.
    pub const fn word(self) -> &'static str {
        match self {
            DisruptionTargetReason::EvictionByEvictionApi => "EvictionByEvictionAPI",
            DisruptionTargetReason::DeletionByTaintManager => "DeletionByTaintManager",
            DisruptionTargetReason::DeletionByPodGc => "DeletionByPodGC",
        }
    }

    /// Upstream's text.
    pub const fn message(self) -> &'static str {
        match self {
            DisruptionTargetReason::EvictionByEvictionApi => "Eviction API: evicting",
            DisruptionTargetReason::DeletionByTaintManager => {
                "Taint manager: deleting due to NoExecute taint"
            }
            DisruptionTargetReason::DeletionByPodGc => "PodGC: node no longer exists",
        }
    }
}

/// The condition `DisruptionTarget`: the pod is about to be disrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct DisruptionTarget {
    /// Whether it holds.
    pub status: ConditionStatus,
    /// Why; absent once it was taken back.
    pub reason: Option<DisruptionTargetReason>,
    /// `lastTransitionTime`, a whole second.
    pub last_transition_time: SimTime,
}

/// Condition `PodScheduled` of a pod for which the scheduler found no node; gone once it has one.
#[derive(Clone, Debug, PartialEq)]
pub struct Unscheduled {
    /// Why.
    pub reason: SchedulerReason,
    /// `lastTransitionTime`, a whole second.
    pub last_transition_time: SimTime,
}

/// The delete mark of a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Deletion {
    /// When the deletion was asked for, exact.
    pub requested_at: SimTime,
    /// `deletionTimestamp`: request plus grace, a whole second.
    pub deletion_timestamp: SimTime,
    /// `deletionGracePeriodSeconds` \[s\].
    pub grace_period_seconds: i64,
}

/// A controller of a kind that is not simulated, which brings its pods back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControllerRef {
    /// Its kind, such as `DaemonSet`.
    pub kind: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
}

/// A pod as the API server stores it.
#[derive(Clone, Debug, PartialEq)]
pub struct Pod {
    /// Number, in order of creation.
    pub id: PodId,
    /// Name.
    pub name: Arc<str>,
    /// Namespace.
    pub namespace: Arc<str>,
    /// The ReplicaSet that controls it, if one does.
    pub owner: Option<ReplicaSetId>,
    /// The controller that it has instead, if that is of another kind.
    pub other_controller: Option<Arc<ControllerRef>>,
    /// What it was made from.
    pub template: TemplateId,
    /// Its labels now.
    pub labels: LabelSetId,
    /// `creationTimestamp`, a whole second.
    pub creation_timestamp: SimTime,
    /// Exact instant of creation.
    pub created_at: SimTime,
    /// `spec.nodeName`.
    pub node: Option<NodeId>,
    /// Condition `PodScheduled` while it is `False`.
    pub unscheduled: Option<Box<Unscheduled>>,
    /// `status.phase`.
    pub phase: PodPhase,
    /// What the kubelet is doing with it.
    pub activity: PodActivity,
    /// `status.startTime`, a whole second.
    pub start_time: Option<SimTime>,
    /// Condition `Ready`; absent until the kubelet reports one.
    pub ready: Option<PodCondition>,
    /// Condition `DisruptionTarget`.
    pub disruption_target: Option<DisruptionTarget>,
    /// Delete mark.
    pub deletion: Option<Deletion>,
    /// `restartCount`, the highest over regular containers.
    pub restarts: i32,
    /// The same over sidecars.
    pub sidecar_restarts: i32,
    /// Annotation `controller.kubernetes.io/pod-deletion-cost`; 0 when absent or unreadable.
    pub deletion_cost: i32,
    /// Whether it may start: a task of Docker Swarm waits until its desired state is RUNNING.
    pub released: bool,
}

impl Pod {
    /// What its kubelet reports, as it stands.
    pub fn status(&self) -> PodStatus {
        PodStatus {
            phase: self.phase,
            activity: self.activity,
            start_time: self.start_time,
            ready: self.ready,
            restarts: self.restarts,
            sidecar_restarts: self.sidecar_restarts,
        }
    }

    /// Whether the condition `Ready` is `True`. Mirrors `podutil.IsPodReady`.
    pub fn is_ready(&self) -> bool {
        self.ready.is_some_and(|ready| ready.status == ConditionStatus::True)
    }

    /// Whether the pod is neither finished nor marked for deletion.
    /// Mirrors `controller.IsPodActive`.
    pub fn is_active(&self) -> bool {
        !self.is_terminal() && self.deletion.is_none()
    }

    /// Whether the phase is one that never changes. Mirrors `podutil.IsPodTerminal`.
    pub fn is_terminal(&self) -> bool {
        self.phase.is_terminal()
    }

    /// The condition `DisruptionTarget` that says so from now on: only a new status is a
    /// transition. Mirrors `podutil.UpdatePodCondition`.
    pub fn to_be_disrupted(
        &self,
        reason: DisruptionTargetReason,
        now: SimTime,
    ) -> DisruptionTarget {
        let status = ConditionStatus::True;
        let former = self.disruption_target.filter(|former| former.status == status);
        let last_transition_time = former.map_or(now, |former| former.last_transition_time);
        DisruptionTarget { status, reason: Some(reason), last_transition_time }
    }
}

/// Annotation that says which pods should go first.
pub const POD_DELETION_COST: &str = "controller.kubernetes.io/pod-deletion-cost";

/// The deletion cost that annotations say; 0 when absent or unreadable: a leading `+`, leading
/// zeros, beyond 32 bits. Mirrors `helper.GetDeletionCostFromPodAnnotations`.
pub fn deletion_cost(annotations: &StringMap) -> i32 {
    let Some(text) = annotations.get(POD_DELETION_COST) else { return 0 };
    let starts_well =
        text == "0" || text.starts_with(|c: char| c == '-' || ('1'..='9').contains(&c));
    if starts_well { text.parse().unwrap_or(0) } else { 0 }
}

/// A distinct pod template, shared by all pods made from it.
#[derive(Clone, Debug, PartialEq)]
pub struct PodTemplate {
    /// Labels, annotations and spec, defaulted.
    pub spec: Arc<PodTemplateSpec>,
}

/// A distinct set of labels in a namespace, shared by all pods that carry it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelSet {
    /// Namespace of the pods.
    pub namespace: Arc<str>,
    /// The labels.
    pub labels: Arc<StringMap>,
}
