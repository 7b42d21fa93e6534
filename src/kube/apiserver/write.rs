//! What can be written to the cluster, and what comes of it.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use crate::api::apps::{Deployment, DeploymentSpec};
use crate::api::autoscaling::{HorizontalPodAutoscaler, HorizontalPodAutoscalerSpec};
use crate::api::core::{Node, PodTemplateSpec, Service, Taint};
use crate::api::meta::{ConditionStatus, ObjectMeta, StringMap};
use crate::api::policy::{PodDisruptionBudget, PodDisruptionBudgetSpec};
use crate::kube::objects::deployment::{DeploymentStatus, ReplicaSetStatus};
use crate::kube::objects::disruption::PdbStatus;
use crate::kube::objects::hpa::HpaStatus;
use crate::kube::objects::ids::{
    DeploymentId, HpaId, NodeId, ObjectId, PdbId, PodId, ReplicaSetId, ServiceId, TemplateId,
};
use crate::kube::objects::node::Machine;
use crate::kube::objects::pod::{
    ControllerRef, DisruptionTarget, PodActivity, PodCondition, PodPhase,
};
use crate::kube::objects::service::Endpoint;
use crate::kube::reason::Reason;
use crate::kube::scheduler::reason::SchedulerReason;
use crate::units::SimTime;

/// One write. Large ones are shared or boxed, so that a fact stays small.
#[derive(Clone, Debug, PartialEq)]
pub enum Write {
    /// A node joins.
    CreateNode(Arc<Node>),
    /// Cordon and taints of a node, as they are from now on.
    UpdateNode {
        /// Which.
        node: NodeId,
        /// Cordoned.
        unschedulable: bool,
        /// All taints.
        taints: Arc<[Taint]>,
    },
    /// Condition `Ready` of a node.
    NodeReady {
        /// Which.
        node: NodeId,
        /// Whether it is.
        ready: ConditionStatus,
    },
    /// The machine of a node, or its kubelet, stops or starts. Nothing in the API tells.
    SetMachine {
        /// Which.
        node: NodeId,
        /// What is so from now on.
        machine: Machine,
    },
    /// A node leaves; pods that it holds are left to their garbage collector.
    DeleteNode(NodeId),
    /// A DaemonSet, of which only the name is known: none of its pods are made.
    CreateDaemonSet {
        /// Namespace.
        namespace: Arc<str>,
        /// Name.
        name: Arc<str>,
    },
    /// A Namespace, or its labels as they are from now on.
    SetNamespace(Arc<ObjectMeta>),
    /// A Service.
    CreateService(Arc<Service>),
    /// A Service as it is from now on (a selector switch).
    UpdateService {
        /// Which.
        service: ServiceId,
        /// As written.
        object: Arc<Service>,
    },
    /// What the EndpointSlice controller made.
    SetEndpoints {
        /// Whose.
        service: ServiceId,
        /// All endpoints, in order of pod number.
        endpoints: Arc<[Endpoint]>,
    },
    /// What kube-proxy sends traffic to from now on.
    SetProxied {
        /// Whose.
        service: ServiceId,
        /// In order of number.
        pods: Arc<[PodId]>,
    },
    /// A budget.
    CreatePdb(Arc<PodDisruptionBudget>),
    /// The spec of a budget as it is from now on.
    UpdatePdb {
        /// Which.
        pdb: PdbId,
        /// Defaulted.
        spec: Arc<PodDisruptionBudgetSpec>,
    },
    /// A budget goes.
    DeletePdb(PdbId),
    /// Status of a budget.
    PdbStatus {
        /// Which.
        pdb: PdbId,
        /// All of it.
        status: Box<PdbStatus>,
    },
    /// An HPA.
    CreateHpa(Arc<HorizontalPodAutoscaler>),
    /// The spec of an HPA as it is from now on.
    UpdateHpa {
        /// Which.
        hpa: HpaId,
        /// Defaulted.
        spec: Arc<HorizontalPodAutoscalerSpec>,
    },
    /// An HPA goes.
    DeleteHpa(HpaId),
    /// Status of an HPA. If only metric values changed, that is no fact of its own, and the status
    /// comes back in [`Applied::HpaStatus`], so that its memory can be used again.
    HpaStatus {
        /// Which.
        hpa: HpaId,
        /// All of it.
        status: Box<HpaStatus>,
    },
    /// A Deployment.
    CreateDeployment(Arc<Deployment>),
    /// Annotations and spec of a Deployment as they are from now on.
    UpdateDeployment {
        /// Which.
        deployment: DeploymentId,
        /// All annotations.
        annotations: Arc<StringMap>,
        /// Defaulted.
        spec: Arc<DeploymentSpec>,
    },
    /// The `scale` subresource of a Deployment.
    UpdateScale {
        /// Which.
        deployment: DeploymentId,
        /// `spec.replicas`.
        replicas: i32,
    },
    /// Status of a Deployment, and annotations that come with it without a new generation.
    DeploymentStatus {
        /// Which.
        deployment: DeploymentId,
        /// All of it.
        status: Box<DeploymentStatus>,
        /// All annotations, when they change too.
        annotations: Option<Arc<StringMap>>,
    },
    /// A Deployment goes; its ReplicaSets are left to the garbage collector.
    DeleteDeployment(DeploymentId),
    /// A ReplicaSet.
    CreateReplicaSet(Box<NewReplicaSet>),
    /// Size, annotations and minReadySeconds of a ReplicaSet as they are from now on.
    UpdateReplicaSet {
        /// Which.
        replica_set: ReplicaSetId,
        /// `spec.replicas`.
        replicas: i32,
        /// All annotations.
        annotations: Arc<StringMap>,
        /// `spec.minReadySeconds` \[s\].
        min_ready_seconds: i32,
    },
    /// Status of a ReplicaSet.
    ReplicaSetStatus {
        /// Which.
        replica_set: ReplicaSetId,
        /// All of it.
        status: Box<ReplicaSetStatus>,
    },
    /// A ReplicaSet goes; its pods are left to the garbage collector.
    DeleteReplicaSet(ReplicaSetId),
    /// A pod.
    CreatePod(Box<NewPod>),
    /// The scheduler binds a pod to a node.
    BindPod {
        /// Which.
        pod: PodId,
        /// Where to.
        node: NodeId,
    },
    /// A task of Docker Swarm may start: its desired state is RUNNING.
    ReleasePod(PodId),
    /// The scheduler found no node for a pod: condition `PodScheduled` is `False`.
    PodUnscheduled {
        /// Which.
        pod: PodId,
        /// Why.
        reason: SchedulerReason,
    },
    /// The kubelet, or somebody in its place, reports on a pod.
    PodStatus {
        /// Which.
        pod: PodId,
        /// What is so from now on.
        status: PodStatus,
    },
    /// Condition `DisruptionTarget` of a pod.
    DisruptionTarget {
        /// Which.
        pod: PodId,
        /// The condition.
        condition: DisruptionTarget,
    },
    /// DELETE of a pod. Without a node, or finished, it is gone at once; else it is marked. One
    /// that is marked gets less grace, never more.
    DeletePod {
        /// Which.
        pod: PodId,
        /// Grace \[s\]; the pod's own when absent.
        grace_period_seconds: Option<i64>,
    },
    /// The kubelet is done with a marked pod, or the garbage collector takes it.
    RemovePod(PodId),
    /// Labels of a pod as they are from now on.
    RelabelPod {
        /// Which.
        pod: PodId,
        /// All labels.
        labels: Arc<StringMap>,
    },
    /// Controller of a pod as it is from now on (adopted or released).
    SetPodOwner {
        /// Which.
        pod: PodId,
        /// Whose.
        owner: Option<ReplicaSetId>,
    },
    /// Controller of a pod, of a kind that is not simulated.
    SetPodController {
        /// Which.
        pod: PodId,
        /// Whose.
        controller: Arc<ControllerRef>,
    },
    /// Annotation `controller.kubernetes.io/pod-deletion-cost` of a pod.
    SetDeletionCost {
        /// Which.
        pod: PodId,
        /// Its number; 0 when unreadable.
        cost: i32,
    },
    /// Something that changed no object and is worth telling: an answer of the API server, a line
    /// that a command printed. The write's [`Reason`] says what.
    Note(
        /// About whom; it may be gone.
        ObjectId,
    ),
    /// An Event object; its reason and message are those of the write's [`Reason`].
    Event {
        /// About whom.
        object: ObjectId,
        /// `Normal` or `Warning`.
        type_: EventType,
    },
}

/// `type` of an Event object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum EventType {
    /// As it should be.
    Normal,
    /// Something went wrong.
    Warning,
}

/// A ReplicaSet to create.
#[derive(Clone, Debug, PartialEq)]
pub struct NewReplicaSet {
    /// Name.
    pub name: Arc<str>,
    /// Namespace.
    pub namespace: Arc<str>,
    /// Its Deployment.
    pub owner: Option<DeploymentId>,
    /// Labels.
    pub labels: StringMap,
    /// Annotations.
    pub annotations: StringMap,
    /// `spec.replicas`.
    pub replicas: i32,
    /// `spec.minReadySeconds` \[s\].
    pub min_ready_seconds: i32,
    /// The Deployment's selector and the pod-template-hash.
    pub selector: crate::api::labels::Selector,
    /// The template with the pod-template-hash.
    pub template: Arc<PodTemplateSpec>,
    /// The Deployment's template.
    pub base_template: TemplateId,
}

/// A pod to create.
#[derive(Clone, Debug, PartialEq)]
pub struct NewPod {
    /// Name.
    pub name: Arc<str>,
    /// Namespace.
    pub namespace: Arc<str>,
    /// The ReplicaSet that creates it, if one does.
    pub owner: Option<ReplicaSetId>,
    /// What it is made from.
    pub template: Arc<PodTemplateSpec>,
}

/// What a kubelet reports of a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PodStatus {
    /// `status.phase`.
    pub phase: PodPhase,
    /// What is going on, for the eye.
    pub activity: PodActivity,
    /// `status.startTime`.
    pub start_time: Option<SimTime>,
    /// Condition `Ready`.
    pub ready: Option<PodCondition>,
    /// `restartCount`, the highest over regular containers.
    pub restarts: i32,
    /// The same over sidecars.
    pub sidecar_restarts: i32,
}

/// A write that was carried out, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// When.
    pub at: SimTime,
    /// What.
    pub write: Write,
    /// Why.
    pub reason: Reason,
}

/// What a write gave back to its writer.
#[derive(Clone, Debug, PartialEq)]
pub enum Applied {
    /// Nothing but success.
    Done,
    /// It changed nothing, so it was no write.
    Unchanged,
    /// An object was created.
    Created(ObjectId),
    /// A pod was removed at once, or marked.
    Deleted {
        /// Whether it is gone already.
        gone: bool,
    },
    /// The status of an HPA, which was copied and which no fact keeps.
    HpaStatus(Box<HpaStatus>),
}

/// Upstream's error, when the API server refuses a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// 409: somebody else wrote in between.
    Conflict(Arc<str>),
    /// 409: the name is taken.
    AlreadyExists(Arc<str>),
    /// 403: a quota, or a rule.
    Forbidden(Arc<str>),
    /// 404.
    NotFound(Arc<str>),
    /// 429: a budget has no room; retry after so many seconds, if said.
    TooManyRequests {
        /// Text.
        message: Arc<str>,
        /// `Retry-After` \[s\].
        retry_after_seconds: Option<u32>,
    },
    /// 500.
    Internal(Arc<str>),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refused::Conflict(message)
            | Refused::AlreadyExists(message)
            | Refused::Forbidden(message)
            | Refused::NotFound(message)
            | Refused::TooManyRequests { message, .. }
            | Refused::Internal(message) => f.write_str(message),
        }
    }
}
