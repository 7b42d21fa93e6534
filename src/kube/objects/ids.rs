//! Numbers of objects. A number is given at creation, in order, and never used again.

use serde::Serialize;

macro_rules! id {
    ($(#[$doc:meta] $name:ident)*) => {$(
        #[$doc]
        #[derive(
            Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize,
        )]
        pub struct $name(pub u32);

        impl $name {
            /// The number as an index into a table by number.
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

id! {
    /// Number of a Deployment.
    DeploymentId
    /// Number of a ReplicaSet.
    ReplicaSetId
    /// Number of a pod.
    PodId
    /// Number of a node.
    NodeId
    /// Number of a HorizontalPodAutoscaler.
    HpaId
    /// Number of a PodDisruptionBudget.
    PdbId
    /// Number of a Service.
    ServiceId
    /// Number of a distinct pod template.
    TemplateId
    /// Number of a distinct set of labels of a namespace.
    LabelSetId
}

impl PodId {
    /// The pod's uid, which follows from its number.
    pub fn uid(self) -> String {
        format!("{:08x}", (self.0.wrapping_add(1)).wrapping_mul(2_654_435_761))
    }
}

/// Any object, as the subject of an event or a chain of reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum ObjectId {
    /// A Deployment.
    Deployment(DeploymentId),
    /// A ReplicaSet.
    ReplicaSet(ReplicaSetId),
    /// A pod.
    Pod(PodId),
    /// A node.
    Node(NodeId),
    /// A HorizontalPodAutoscaler.
    Hpa(HpaId),
    /// A PodDisruptionBudget.
    Pdb(PdbId),
    /// A Service.
    Service(ServiceId),
    /// The ConfigMap in which the cluster autoscaler tells its status.
    ClusterAutoscaler,
}
