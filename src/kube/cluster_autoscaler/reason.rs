//! What the cluster autoscaler says: events, and what it only logs. Mirrors the texts of
//! cluster-autoscaler/{core/scaleup,core/scaledown/actuation,processors/status,utils/drain} of
//! kubernetes/autoscaler.

use std::fmt;
use std::sync::Arc;

use crate::units::SimDuration;

/// Why the cluster autoscaler wrote something, what an event of its tells, or what it noticed.
#[derive(Clone, Debug, PartialEq)]
pub enum ClusterAutoscalerReason {
    /// A pod without a node made a group grow.
    TriggeredScaleUp(GroupChange),
    /// No group that may grow has room for a pod.
    NotTriggerScaleUp {
        /// What stands in their way.
        obstacles: Obstacles,
    },
    /// A group grows.
    ScaledUpGroup {
        /// How far.
        change: GroupChange,
        /// Pods that it is for.
        pods: u32,
    },
    /// A node that was ordered registers.
    NodeRegistered {
        /// Its group.
        group: Arc<str>,
        /// How long it took.
        after: SimDuration,
    },
    /// Ordered nodes did not register, and are given up.
    ScaleUpTimedOut {
        /// Their group.
        group: Arc<str>,
        /// How many.
        nodes: u32,
        /// How long they were waited for.
        after: SimDuration,
    },
    /// From now on a node is not needed: its pods fit elsewhere.
    Unneeded {
        /// The node.
        node: Arc<str>,
        /// How much of it is requested.
        utilization: Utilization,
        /// Pods that would move.
        pods: u32,
    },
    /// A node that was not needed is.
    NeededAgain {
        /// The node.
        node: Arc<str>,
        /// How much of it is requested.
        utilization: Utilization,
        /// For how long it was not.
        after: SimDuration,
    },
    /// A node has little to do and cannot go.
    Unremovable {
        /// The node.
        node: Arc<str>,
        /// How much of it is requested.
        utilization: Utilization,
        /// What keeps it.
        why: UnremovableReason,
    },
    /// Taint `DeletionCandidateOfClusterAutoscaler` comes or goes.
    DeletionCandidate {
        /// Whether the node is a candidate from now on.
        is_candidate: bool,
    },
    /// A node that runs nothing is removed.
    ScaleDownEmpty {
        /// The node.
        node: Arc<str>,
        /// For how long it was not needed.
        unneeded: SimDuration,
    },
    /// A node is drained and removed.
    ScaleDown {
        /// The node.
        node: Arc<str>,
        /// How much of it is requested.
        utilization: Utilization,
        /// For how long it was not needed.
        unneeded: SimDuration,
        /// Pods that go.
        pods: Arc<[Arc<str>]>,
    },
    /// Taint `ToBeDeletedByClusterAutoscaler`.
    ToBeDeleted,
    /// A pod goes because its node does.
    DeletingPod,
    /// A node is gone.
    NodeRemoved {
        /// Its group.
        group: Arc<str>,
        /// How long it was not needed.
        unneeded: SimDuration,
    },
    /// A node stays after all.
    ScaleDownFailed {
        /// Why.
        why: ScaleDownFailure,
    },
}

/// For each obstacle, in order of text, the number of groups in whose way it stands.
pub type Obstacles = Arc<[(u32, Arc<str>)]>;

/// A group grows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupChange {
    /// Its name.
    pub group: Arc<str>,
    /// Nodes before, those that are on their way too.
    pub from: u32,
    /// Nodes that are asked for from now on.
    pub to: u32,
    /// The most that it may have.
    pub max: u32,
}

/// How much of a node pods request: of CPU or memory, whichever is the greater share.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Utilization {
    /// The share.
    pub share: f64,
    /// Below which it may be unneeded.
    pub threshold: f64,
}

/// What keeps a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnremovableReason {
    /// Annotation `cluster-autoscaler.kubernetes.io/scale-down-disabled`.
    ScaleDownDisabledAnnotation,
    /// A pod without a controller would not come back.
    NotReplicated(Arc<str>),
    /// Annotation `cluster-autoscaler.kubernetes.io/safe-to-evict: "false"` of a pod.
    NotSafeToEvictAnnotation(Arc<str>),
    /// A pod would lose its data.
    LocalStorageRequested(Arc<str>),
    /// A pod of `kube-system` without a budget.
    UnmovableKubeSystemPod(Arc<str>),
    /// The budget of a pod lets none go.
    NotEnoughPdb {
        /// The pod.
        pod: Arc<str>,
        /// Its budget.
        budget: Arc<str>,
    },
    /// Its group has as few nodes as it may.
    NodeGroupMinSizeReached,
    /// A pod fits on no other node.
    NoPlaceToMovePods(Arc<str>),
}

impl UnremovableReason {
    /// The budget that keeps a node, if one does.
    pub fn budget(&self) -> Option<&Arc<str>> {
        match self {
            UnremovableReason::NotEnoughPdb { budget, .. } => Some(budget),
            _ => None,
        }
    }

    /// Whether it is the same obstacle, of whichever pod.
    pub fn is_like(&self, other: &UnremovableReason) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
            && self.budget() == other.budget()
    }
}

/// Why a removal ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScaleDownFailure {
    /// Pods could not be evicted in time.
    NotEvicted(Arc<[Arc<str>]>),
    /// Pods did not end in time.
    NotGone(Arc<[Arc<str>]>),
    /// New pods came to an empty node.
    NewPods,
}

impl ClusterAutoscalerReason {
    /// Upstream's CamelCase word; for what it only logs, one in its style.
    pub fn word(&self) -> &'static str {
        match self {
            ClusterAutoscalerReason::TriggeredScaleUp(_) => "TriggeredScaleUp",
            ClusterAutoscalerReason::NotTriggerScaleUp { .. } => "NotTriggerScaleUp",
            ClusterAutoscalerReason::ScaledUpGroup { .. } => "ScaledUpGroup",
            ClusterAutoscalerReason::NodeRegistered { .. } => "NodeRegistered",
            ClusterAutoscalerReason::ScaleUpTimedOut { .. } => "ScaleUpTimedOut",
            ClusterAutoscalerReason::Unneeded { .. } => "Unneeded",
            ClusterAutoscalerReason::NeededAgain { .. } => "NeededAgain",
            ClusterAutoscalerReason::Unremovable { .. } => "NoScaleDown",
            ClusterAutoscalerReason::DeletionCandidate { .. } => "DeletionCandidate",
            ClusterAutoscalerReason::ScaleDownEmpty { .. } => "ScaleDownEmpty",
            ClusterAutoscalerReason::ScaleDown { .. }
            | ClusterAutoscalerReason::ToBeDeleted
            | ClusterAutoscalerReason::DeletingPod
            | ClusterAutoscalerReason::NodeRemoved { .. } => "ScaleDown",
            ClusterAutoscalerReason::ScaleDownFailed { .. } => "ScaleDownFailed",
        }
    }
}

impl fmt::Display for GroupChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{} {}->{} (max: {})}}", self.group, self.from, self.to, self.max)
    }
}

impl fmt::Display for Utilization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2}", self.share)
    }
}

impl fmt::Display for UnremovableReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            UnremovableReason::ScaleDownDisabledAnnotation => {
                f.write_str("scale-down is disabled by annotation")
            }
            UnremovableReason::NodeGroupMinSizeReached => {
                f.write_str("node group min size reached")
            }
            UnremovableReason::NotReplicated(pod) => write!(f, "{pod} is not replicated"),
            UnremovableReason::NotSafeToEvictAnnotation(pod) => {
                write!(f, "pod annotated as not safe to evict present: {pod}")
            }
            UnremovableReason::LocalStorageRequested(pod) => {
                write!(f, "pod with local storage present: {pod}")
            }
            UnremovableReason::UnmovableKubeSystemPod(pod) => {
                write!(
                    f,
                    "non-daemonset, non-mirrored, non-pdb-assigned kube-system pod present: {pod}"
                )
            }
            UnremovableReason::NotEnoughPdb { pod, budget } => {
                write!(f, "not enough pod disruption budget to move {pod} (budget {budget})")
            }
            UnremovableReason::NoPlaceToMovePods(pod) => write!(f, "can't find place for {pod}"),
        }
    }
}

impl fmt::Display for ScaleDownFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ScaleDownFailure::NotEvicted(pods) => {
                let pods = pods.join(",");
                write!(f, "failed to drain the node, aborting ScaleDown: could not evict {pods}")
            }
            ScaleDownFailure::NotGone(pods) => {
                let pods = pods.join(",");
                write!(
                    f,
                    "failed to drain the node, aborting ScaleDown: pods remaining after timeout: \
                     {pods}"
                )
            }
            ScaleDownFailure::NewPods => {
                f.write_str("failed to delete empty node, new pods scheduled")
            }
        }
    }
}

impl fmt::Display for ClusterAutoscalerReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ClusterAutoscalerReason::TriggeredScaleUp(change) => {
                write!(f, "pod triggered scale-up: [{change}]")
            }
            ClusterAutoscalerReason::NotTriggerScaleUp { obstacles } => {
                f.write_str("pod didn't trigger scale-up: ")?;
                write_counted(f, obstacles)
            }
            ClusterAutoscalerReason::ScaledUpGroup { change, .. } => {
                let GroupChange { group, from, to, max } = change;
                write!(f, "Scale-up: group {group} size set to {to} instead of {from} (max: {max})")
            }
            ClusterAutoscalerReason::NodeRegistered { group, after } => {
                write!(f, "node of group {group} registered {after} after it was ordered")
            }
            ClusterAutoscalerReason::ScaleUpTimedOut { group, after, .. } => {
                write!(f, "Nodes added to group {group} failed to register within {after}")
            }
            ClusterAutoscalerReason::NodeRemoved { .. } => {
                f.write_str("node removed by cluster autoscaler")
            }
            ClusterAutoscalerReason::ToBeDeleted => {
                f.write_str("marked the node as toBeDeleted/unschedulable")
            }
            ClusterAutoscalerReason::DeletingPod => f.write_str("deleting pod for node scale down"),
            ClusterAutoscalerReason::ScaleDownFailed { why } => why.fmt(f),
            of_nodes => write_node(f, of_nodes),
        }
    }
}

/// `1 Insufficient cpu, 2 max node group size reached`
fn write_counted(f: &mut fmt::Formatter<'_>, obstacles: &[(u32, Arc<str>)]) -> fmt::Result {
    for (place, (groups, obstacle)) in obstacles.iter().enumerate() {
        let comma = if place == 0 { "" } else { ", " };
        write!(f, "{comma}{groups} {obstacle}")?;
    }
    Ok(())
}

/// What becomes of a node.
fn write_node(f: &mut fmt::Formatter<'_>, reason: &ClusterAutoscalerReason) -> fmt::Result {
    match reason {
        ClusterAutoscalerReason::Unneeded { node, utilization, pods } => {
            let threshold = utilization.threshold;
            write!(
                f,
                "node {node} is unneeded: utilization {utilization} is below {threshold}, and its \
                 {pods} pods fit elsewhere"
            )
        }
        ClusterAutoscalerReason::NeededAgain { node, utilization, after } => {
            write!(f, "node {node} is needed again after {after}: utilization {utilization}")
        }
        ClusterAutoscalerReason::Unremovable { node, utilization, why } => {
            write!(f, "node {node} cannot be removed: {why} (utilization {utilization})")
        }
        ClusterAutoscalerReason::DeletionCandidate { is_candidate: true } => {
            f.write_str("the node is a candidate for deletion")
        }
        ClusterAutoscalerReason::DeletionCandidate { is_candidate: false } => {
            f.write_str("the node is no candidate for deletion any more")
        }
        ClusterAutoscalerReason::ScaleDownEmpty { node, .. } => {
            write!(f, "Scale-down: removing empty node \"{node}\"")
        }
        ClusterAutoscalerReason::ScaleDown { node, utilization, pods, .. } => {
            let pods = pods.join(",");
            write!(
                f,
                "Scale-down: removing node {node}, utilization: {utilization}, pods to \
                 reschedule: {pods}"
            )
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn upstreams_words() {
        let change = GroupChange { group: Arc::from("pool-a"), from: 1, to: 2, max: 5 };
        let up = ClusterAutoscalerReason::TriggeredScaleUp(change.clone());
        assert_eq!(up.to_string(), "pod triggered scale-up: [{pool-a 1->2 (max: 5)}]");
        let group = ClusterAutoscalerReason::ScaledUpGroup { change, pods: 3 };
        assert_eq!(group.to_string(), "Scale-up: group pool-a size set to 2 instead of 1 (max: 5)");
        let obstacles: Arc<[(u32, Arc<str>)]> = Arc::from([
            (1, Arc::from("Insufficient cpu")),
            (2, Arc::from("max node group size reached")),
        ]);
        let not = ClusterAutoscalerReason::NotTriggerScaleUp { obstacles };
        assert_eq!(
            not.to_string(),
            "pod didn't trigger scale-up: 1 Insufficient cpu, 2 max node group size reached"
        );
        let kept = UnremovableReason::NotEnoughPdb {
            pod: Arc::from("default/web-1"),
            budget: Arc::from("web"),
        };
        assert_eq!(
            kept.to_string(),
            "not enough pod disruption budget to move default/web-1 (budget web)"
        );
    }
}
