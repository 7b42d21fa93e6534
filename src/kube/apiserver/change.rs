//! What changed in the store: what watches tell to controllers.

use crate::kube::objects::ids::{
    DeploymentId, HpaId, LabelSetId, NodeId, PdbId, PodId, ReplicaSetId, ServiceId,
};

/// What changed in the store; what watches tell to controllers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Nothing that anybody watches.
    None,
    /// A node was created, changed or deleted.
    Node(NodeId),
    /// The machine of a node, or its kubelet, stopped or started.
    Machine(NodeId),
    /// A Service was created or changed.
    Service(ServiceId),
    /// The endpoints of a Service changed.
    Endpoints(ServiceId),
    /// A budget was created or its spec changed or deleted.
    Pdb(PdbId),
    /// The status of a budget changed.
    PdbStatus(PdbId),
    /// An HPA was created.
    HpaCreated(HpaId),
    /// An HPA was deleted.
    HpaDeleted(HpaId),
    /// A Deployment was created, or its spec or annotations changed.
    Deployment(DeploymentId),
    /// The status of a Deployment changed.
    DeploymentStatus(DeploymentId),
    /// A ReplicaSet was created, or its spec or annotations changed.
    ReplicaSet(ReplicaSetId, Option<DeploymentId>),
    /// The status of a ReplicaSet changed.
    ReplicaSetStatus(ReplicaSetId, Option<DeploymentId>),
    /// A ReplicaSet is gone.
    ReplicaSetDeleted(ReplicaSetId, Option<DeploymentId>),
    /// Something happened to a pod.
    Pod(PodId, PodChange, PodFacts),
}

/// What happened to a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PodChange {
    /// It was created.
    Added,
    /// It got a node.
    Bound,
    /// Its status changed, but not its readiness or phase.
    Status,
    /// Its readiness changed, or its phase.
    Readiness,
    /// It was marked for deletion.
    Marked,
    /// It is gone.
    Removed,
    /// Its labels, annotations or owner changed.
    Metadata,
    /// It may start now.
    Released,
}

/// Facts of a pod that its watchers need even when it is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PodFacts {
    /// Its ReplicaSet.
    pub owner: Option<ReplicaSetId>,
    /// Its ReplicaSet before, when that is what changed.
    pub former_owner: Option<ReplicaSetId>,
    /// Its node.
    pub node: Option<NodeId>,
    /// Its labels.
    pub labels: LabelSetId,
    /// Its labels before, when those are what changed.
    pub former_labels: LabelSetId,
}
