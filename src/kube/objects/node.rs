//! Nodes.

use std::sync::Arc;

use serde::Serialize;

use super::ids::{NodeId, PodId};
use crate::api::core::{Amounts, Node, NodeStatus, Taint};
use crate::api::meta::ConditionStatus;
use crate::units::SimTime;

/// What is so about a machine, whether or not the API server knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Machine {
    /// It runs, and its kubelet reports.
    #[default]
    Running,
    /// It runs, but its kubelet does not: what runs in its containers goes on, and nobody starts,
    /// probes or stops anything.
    KubeletDown,
    /// It does not run.
    Stopped,
}

impl Machine {
    /// Whether somebody who asks the kubelet gets an answer.
    pub fn answers(self) -> bool {
        self == Machine::Running
    }
}

/// A node as the API server stores it.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeObject {
    /// Number.
    pub id: NodeId,
    /// The last change of the node or of its pods that may matter to the scheduler: a number that
    /// grows over all nodes. Mirrors `NodeInfo.Generation`.
    pub generation: u64,
    /// Labels, annotations, capacity, as given.
    pub node: Arc<Node>,
    /// Exact instant of creation.
    pub created_at: SimTime,
    /// Cordoned.
    pub unschedulable: bool,
    /// Taints now.
    pub taints: Vec<Taint>,
    /// Condition `Ready`; `Unknown` when its kubelet has not reported for long.
    pub ready: ConditionStatus,
    /// The machine; no object of the API shows it.
    pub machine: Machine,
    /// Since when the kubelet answers, or does not.
    pub machine_since: SimTime,
    /// Allocatable, ready to compare.
    pub allocatable: Amounts,
    /// All pods bound to it that are not gone, in order of binding.
    pub pods: Vec<PodId>,
}

/// Keys and effect of the taints that a node gets for its own condition.
pub mod taint {
    /// The node is not ready.
    pub const NOT_READY: &str = "node.kubernetes.io/not-ready";
    /// The node has not reported for long.
    pub const UNREACHABLE: &str = "node.kubernetes.io/unreachable";
    /// Somebody knows that the node does not run.
    pub const OUT_OF_SERVICE: &str = "node.kubernetes.io/out-of-service";
    /// The node is cordoned.
    pub const UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";
    /// No new pods that do not tolerate it.
    pub const NO_SCHEDULE: &str = "NoSchedule";
    /// No pods that do not tolerate it, or not any longer.
    pub const NO_EXECUTE: &str = "NoExecute";
}

impl NodeObject {
    /// The pods that are bound to it, by number.
    pub fn pods_by_number(&self) -> Vec<PodId> {
        let mut pods = self.pods.clone();
        pods.sort_unstable();
        pods
    }

    /// Whether the condition `Ready` is `True`.
    pub fn is_ready(&self) -> bool {
        self.ready == ConditionStatus::True
    }

    /// Whether somebody who asks the kubelet gets an answer.
    pub fn answers(&self) -> bool {
        self.machine.answers()
    }

    /// Whether it has such a taint.
    pub fn has_taint(&self, key: &str, effect: &str) -> bool {
        self.taints.iter().any(|taint| taint.key == key && taint.effect == effect)
    }
}

/// Region and zone of a node. Mirrors `GetZoneKey` of component-helpers/node/topology.
pub fn zone_key(node: &Node) -> String {
    let label = |beta: &str, stable: &str| {
        let labels = &node.metadata.labels;
        labels.get(beta).or_else(|| labels.get(stable)).map_or("", String::as_str)
    };
    let zone = label("failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone");
    let region = label("failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/region");
    format!("{region}:\0:{zone}")
}

/// Allocatable amounts, the capacity where they are absent; 110 pods when neither says.
pub fn allocatable(status: &NodeStatus) -> Amounts {
    let list = if status.allocatable.is_empty() { &status.capacity } else { &status.allocatable };
    let mut amounts = Amounts { pods: 110, ..Amounts::default() };
    for (name, quantity) in list {
        match name.as_str() {
            "cpu" => amounts.milli_cpu = quantity.milli_value(),
            "memory" => amounts.memory = quantity.value(),
            "ephemeral-storage" => amounts.ephemeral_storage = quantity.value(),
            "pods" => amounts.pods = quantity.value(),
            _ => {
                amounts.scalars.insert(name.clone(), quantity.value());
            }
        }
    }
    amounts
}
