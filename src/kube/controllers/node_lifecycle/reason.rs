//! What the node life cycle controller says: conditions and events. Mirrors the texts of
//! pkg/controller/nodelifecycle and pkg/controller/util/node (v1.36); words that upstream has no
//! event or condition for are named after its functions.

use std::fmt;
use std::sync::Arc;

/// Why the controller wrote something, or what an event of its tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeLifecycleReason {
    /// A node is new.
    RegisteredNode {
        /// Its name.
        node: Arc<str>,
    },
    /// A node is gone.
    RemovingNode {
        /// Its name.
        node: Arc<str>,
    },
    /// A node is not ready any more.
    NodeNotReady {
        /// Its name.
        node: Arc<str>,
    },
    /// A kubelet has been silent for too long.
    NodeStatusUnknown,
    /// The node of a pod is not ready any more.
    PodNotReady,
    /// The taints of a node follow its condition, or its cordon.
    SwapTaints {
        /// Effect of those that changed.
        effect: &'static str,
    },
}

impl NodeLifecycleReason {
    /// Upstream's CamelCase word.
    pub fn word(&self) -> &'static str {
        match self {
            NodeLifecycleReason::RegisteredNode { .. } => "RegisteredNode",
            NodeLifecycleReason::RemovingNode { .. } => "RemovingNode",
            NodeLifecycleReason::NodeNotReady { .. } | NodeLifecycleReason::PodNotReady => {
                "NodeNotReady"
            }
            NodeLifecycleReason::NodeStatusUnknown => "NodeStatusUnknown",
            NodeLifecycleReason::SwapTaints { .. } => "SwapNodeControllerTaint",
        }
    }
}

impl fmt::Display for NodeLifecycleReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NodeLifecycleReason::RegisteredNode { node } => {
                write!(f, "Node {node} event: Registered Node {node} in Controller")
            }
            NodeLifecycleReason::RemovingNode { node } => {
                write!(f, "Node {node} event: Removing Node {node} from Controller")
            }
            NodeLifecycleReason::NodeNotReady { node } => {
                write!(f, "Node {node} status is now: NodeNotReady")
            }
            NodeLifecycleReason::NodeStatusUnknown => {
                f.write_str("Kubelet stopped posting node status.")
            }
            NodeLifecycleReason::PodNotReady => f.write_str("Node is not ready"),
            NodeLifecycleReason::SwapTaints { effect } => {
                write!(f, "taints of effect {effect} follow the condition of the node")
            }
        }
    }
}
