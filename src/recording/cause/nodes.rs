//! Nodes: who cordons or taints them, what stops them, and what that does to their pods.

use std::sync::Arc;

use super::Cause;
use super::pods::latest;
use super::walk::Walk;
use crate::kube::apiserver::Write;
use crate::kube::cluster_autoscaler::reason::ClusterAutoscalerReason;
use crate::kube::controllers::node_lifecycle::reason::NodeLifecycleReason;
use crate::kube::controllers::pod_gc::reason::PodGcReason;
use crate::kube::controllers::taint_eviction::reason::TaintEvictionReason;
use crate::kube::kubectl::drain::reason::KubectlReason;
use crate::kube::objects::ids::{NodeId, ObjectId};
use crate::kube::reason::Reason;
use crate::units::SimTime;

/// What happened to a node last.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct NodeTrail {
    /// It came.
    created: Option<u32>,
    /// It came, or its cordon or taints changed.
    pub(super) changed: Option<u32>,
    /// A pod left it, or ended there.
    pub(super) freed: Option<u32>,
    /// The machine stopped or started.
    pub(super) machine: Option<u32>,
    /// Its condition `Ready` changed.
    ready: Option<u32>,
    /// kubectl cordoned or uncordoned it.
    cordoned: Option<u32>,
    /// Its taints changed.
    tainted: Option<u32>,
    /// Its taints changed, and those of effect NoExecute may have.
    evicts: Option<u32>,
    /// It left.
    gone: Option<u32>,
}

/// The node that a write is about.
fn node_of(write: &Write) -> Option<NodeId> {
    match write {
        Write::UpdateNode { node, .. }
        | Write::NodeReady { node, .. }
        | Write::SetMachine { node, .. }
        | Write::DeleteNode(node)
        | Write::Note(ObjectId::Node(node))
        | Write::Event { object: ObjectId::Node(node), .. } => Some(*node),
        _ => None,
    }
}

/// Whether a write to a node may have changed its taints of effect NoExecute, the only ones that
/// evict.
fn may_evict(reason: &Reason) -> bool {
    match reason {
        Reason::NodeLifecycle(NodeLifecycleReason::SwapTaints { effect }) => *effect == "NoExecute",
        Reason::Kubectl(KubectlReason::Cordon { .. }) => false,
        _ => true,
    }
}

impl Walk<'_> {
    /// What happened to the node of a pod, or to the node itself, that a write is about.
    fn node_trail(&self, write: &Write) -> NodeTrail {
        let of_pod = || self.cluster.pod(write.pod()?)?.node;
        let node = node_of(write).or_else(of_pod);
        node.and_then(|node| self.nodes.get(&node)).copied().unwrap_or_default()
    }

    /// The machine under a pod stopped or started.
    pub(super) fn machine_of(&self, write: &Write) -> Option<u32> {
        self.node_trail(write).machine
    }

    /// A silent kubelet makes its node not ready, that taints it and its pods are not ready.
    pub(super) fn of_node_lifecycle(
        &self,
        write: &Write,
        reason: &NodeLifecycleReason,
    ) -> Option<Cause> {
        let node = self.node_trail(write);
        let cause = match reason {
            NodeLifecycleReason::RegisteredNode { .. }
            | NodeLifecycleReason::RemovingNode { .. } => node.created,
            NodeLifecycleReason::NodeStatusUnknown => node.machine,
            NodeLifecycleReason::NodeNotReady { .. } | NodeLifecycleReason::PodNotReady => {
                node.ready
            }
            NodeLifecycleReason::SwapTaints { .. } => {
                latest([node.ready, node.cordoned, node.created])
            }
        };
        cause.map(Cause::Fact)
    }

    /// A kubelet says that its node is ready when its machine is there again.
    pub(super) fn of_node_ready(&self, write: &Write) -> Option<Cause> {
        let node = self.node_trail(write);
        latest([node.machine, node.created]).map(Cause::Fact)
    }

    /// A pod that does not stand the taints of its node is told so, and then deleted.
    pub(super) fn of_taint_eviction(
        &self,
        write: &Write,
        reason: &TaintEvictionReason,
    ) -> Option<Cause> {
        let trail = self.pods.get(&write.pod()?)?;
        let cause = match (reason, write) {
            (TaintEvictionReason::TaintManagerEviction { .. }, _) => {
                let node = self.node_trail(write);
                node.evicts.or(node.tainted)
            }
            (TaintEvictionReason::DeletionByTaintManager, Write::DeletePod { .. }) => {
                trail.life.evicted
            }
            (TaintEvictionReason::DeletionByTaintManager, _) => trail.evicting,
        };
        cause.map(Cause::Fact)
    }

    /// A pod is collected because its node is gone, or because somebody tainted it as out of
    /// service.
    pub(super) fn of_pod_gc(&self, write: &Write, reason: PodGcReason) -> Option<Cause> {
        let node = self.node_trail(write);
        let cause = match reason {
            PodGcReason::Orphaned => node.gone,
            PodGcReason::OutOfService => node.tainted,
        };
        cause.map(Cause::Fact)
    }

    /// What kubectl does at once follows from what the user typed; what it does about a pod later
    /// from the cordon of its node.
    pub(super) fn of_kubectl(
        &self,
        write: &Write,
        reason: &KubectlReason,
        at: SimTime,
    ) -> Option<Cause> {
        let trail = write.pod().and_then(|pod| self.pods.get(&pod));
        let cordon = self.node_trail(write).cordoned;
        match (reason, trail) {
            (KubectlReason::Finished { .. }, Some(trail)) => trail.life.ended.map(Cause::Fact),
            (_, Some(_)) => cordon.map(Cause::Fact).or_else(|| self.typed(at)),
            (_, None) => self.typed(at).or(cordon.map(Cause::Fact)),
        }
    }

    /// A group grows for a pod that found no node; a node goes because it was seen to be unneeded.
    pub(super) fn of_autoscaler(
        &self,
        write: &Write,
        reason: &ClusterAutoscalerReason,
    ) -> Option<Cause> {
        let rejected = || self.pods.get(&write.pod()?)?.rejected;
        let [grown, shrunk] = self.scaled;
        // A pod that has no node since before time 0 was rejected before anybody looked.
        let or_start = |rejected: Option<u32>| rejected.map_or(Cause::Start, Cause::Fact);
        let cause = match reason {
            ClusterAutoscalerReason::ScaledUpGroup { .. } => return Some(or_start(self.rejected)),
            ClusterAutoscalerReason::TriggeredScaleUp(_)
            | ClusterAutoscalerReason::NotTriggerScaleUp { .. } => {
                return Some(or_start(rejected()));
            }
            ClusterAutoscalerReason::NodeRegistered { .. } => grown,
            ClusterAutoscalerReason::Unneeded { .. } => {
                let node = self.node_trail(write);
                return Some(or_start(latest([node.freed, node.created])));
            }
            ClusterAutoscalerReason::ScaleDown { node, .. }
            | ClusterAutoscalerReason::ScaleDownEmpty { node, .. } => {
                self.unneeded.get(node).copied()
            }
            ClusterAutoscalerReason::ToBeDeleted => shrunk,
            ClusterAutoscalerReason::DeletingPod
            | ClusterAutoscalerReason::NodeRemoved { .. }
            | ClusterAutoscalerReason::ScaleDownFailed { .. } => self.node_trail(write).tainted,
            _ => None,
        };
        cause.map(Cause::Fact)
    }

    /// Takes in what a fact did to a node; the cluster has it already.
    pub(super) fn follow_node(&mut self, write: &Write, reason: &Reason) {
        let created = || self.cluster.nodes().next_back().map(|node| node.id);
        let node = match write {
            Write::CreateNode(_) => created(),
            _ => node_of(write),
        };
        if let Reason::ClusterAutoscaler(reason) = reason {
            match reason {
                ClusterAutoscalerReason::ScaledUpGroup { .. } => self.scaled[0] = Some(self.now),
                ClusterAutoscalerReason::Unneeded { node, .. } => {
                    self.unneeded.insert(Arc::clone(node), self.now);
                }
                ClusterAutoscalerReason::ScaleDown { .. }
                | ClusterAutoscalerReason::ScaleDownEmpty { .. } => self.scaled[1] = Some(self.now),
                _ => {}
            }
        }
        let Some(node) = node else { return };
        let (now, trail) = (Some(self.now), self.nodes.entry(node).or_default());
        if let Reason::Kubectl(KubectlReason::Cordon { .. }) = reason {
            trail.cordoned = now;
        }
        match write {
            Write::CreateNode(_) => {
                trail.created = now;
                trail.changed = now;
            }
            Write::UpdateNode { .. } => {
                trail.changed = now;
                trail.tainted = now;
                if may_evict(reason) {
                    trail.evicts = now;
                }
            }
            Write::NodeReady { .. } => trail.ready = now,
            Write::SetMachine { .. } => trail.machine = now,
            Write::DeleteNode(_) => trail.gone = now,
            _ => return,
        }
        self.moved = now;
    }
}
