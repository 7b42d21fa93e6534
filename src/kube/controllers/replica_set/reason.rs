//! What the ReplicaSet controller says: events with their numbers.
//! Mirrors the texts of `pkg/controller/controller_utils.go` and `pkg/controller/replicaset`
//! (v1.36); words that upstream has no event for are named after its functions.

use std::fmt;
use std::sync::Arc;

use crate::kube::controllers::controller_utils::DeletionRule;

/// Why the controller wrote something, or what an event of its tells.
#[derive(Clone, Debug, PartialEq)]
pub enum ReplicaSetReason {
    /// Too few replicas: a pod was created.
    SuccessfulCreate {
        /// Name of the pod.
        pod: Arc<str>,
        /// Active pods when the controller looked.
        active: i32,
        /// How many there have to be.
        replicas: i32,
    },
    /// Too few replicas, and a pod could not be created.
    FailedCreate {
        /// The API server's answer.
        error: Arc<str>,
    },
    /// Too many replicas: a pod was deleted.
    SuccessfulDelete {
        /// Name of the pod.
        pod: Arc<str>,
        /// Active pods when the controller looked.
        active: i32,
        /// How many there have to be.
        replicas: i32,
        /// Why this pod and not the first that stayed.
        rule: DeletionRule,
    },
    /// Too many replicas, and a pod could not be deleted.
    FailedDelete {
        /// The API server's answer.
        error: Arc<str>,
    },
    /// Counts of the status changed.
    UpdateStatus,
    /// A pod that was nobody's matches the selector.
    AdoptPod,
    /// A pod no longer matches the selector.
    ReleasePod,
}

impl ReplicaSetReason {
    /// Upstream's CamelCase word.
    pub fn word(&self) -> &'static str {
        match self {
            ReplicaSetReason::SuccessfulCreate { .. } => "SuccessfulCreate",
            ReplicaSetReason::FailedCreate { .. } => "FailedCreate",
            ReplicaSetReason::SuccessfulDelete { .. } => "SuccessfulDelete",
            ReplicaSetReason::FailedDelete { .. } => "FailedDelete",
            ReplicaSetReason::UpdateStatus => "UpdateReplicaSetStatus",
            ReplicaSetReason::AdoptPod => "AdoptPod",
            ReplicaSetReason::ReleasePod => "ReleasePod",
        }
    }
}

impl fmt::Display for ReplicaSetReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReplicaSetReason::SuccessfulCreate { pod, .. } => write!(f, "Created pod: {pod}"),
            ReplicaSetReason::FailedCreate { error } => write!(f, "Error creating: {error}"),
            ReplicaSetReason::SuccessfulDelete { pod, .. } => write!(f, "Deleted pod: {pod}"),
            ReplicaSetReason::FailedDelete { error } => write!(f, "Error deleting: {error}"),
            ReplicaSetReason::UpdateStatus => f.write_str("Counts of its pods changed"),
            ReplicaSetReason::AdoptPod => f.write_str("The pod was nobody's and matches"),
            ReplicaSetReason::ReleasePod => f.write_str("The pod no longer matches"),
        }
    }
}

/// Says why a pod was chosen to go, as the end of a sentence about it.
impl fmt::Display for DeletionRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DeletionRule::All => f.write_str("all pods had to go"),
            DeletionRule::Unassigned => f.write_str("it has no node"),
            DeletionRule::Phase => f.write_str("it does not run yet"),
            DeletionRule::NotReady => f.write_str("it is not ready"),
            DeletionRule::DeletionCost { cost, kept } => {
                write!(f, "its deletion cost is {cost}, that of the next {kept}")
            }
            DeletionRule::MorePodsOnNode { pods, kept } => {
                write!(f, "its node has {pods} pods of the deployment, that of the next {kept}")
            }
            DeletionRule::ReadyForLess => f.write_str("it has been ready for less time"),
            DeletionRule::Uid => f.write_str("it is as old as the next and its uid comes first"),
            DeletionRule::MoreRestarts => f.write_str("it restarted more often"),
            DeletionRule::Younger => f.write_str("it is younger"),
            DeletionRule::Equal => f.write_str("it equals the next and was created first"),
        }
    }
}
