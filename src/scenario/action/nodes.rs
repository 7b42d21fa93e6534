//! What can be done to nodes, and what can happen to them.

use std::sync::Arc;

use crate::api::core::Node;
use crate::kube::kubectl::drain::Flags;
use crate::kube::kubectl::taint::TaintEdit;
use crate::kube::objects::node::Machine;

/// Names of nodes, in the order in which their turn comes. Those that do not exist then are told as
/// refusals.
pub type NodeNames = Arc<[Arc<str>]>;

/// What somebody does to nodes, or what happens to them.
#[derive(Clone, Debug, PartialEq)]
pub enum NodeAction {
    /// `kubectl drain`.
    Drain {
        /// Which nodes.
        nodes: NodeNames,
        /// Options.
        flags: Box<Flags>,
    },
    /// `kubectl cordon`.
    Cordon(NodeNames),
    /// `kubectl uncordon`.
    Uncordon(NodeNames),
    /// `kubectl taint nodes`.
    Taint {
        /// Which nodes.
        nodes: NodeNames,
        /// Taints that come and go.
        edit: Box<TaintEdit>,
    },
    /// Machines, or their kubelets, stop or start.
    Machine {
        /// Which nodes.
        nodes: NodeNames,
        /// What is so from now on.
        machine: Machine,
    },
    /// `kubectl delete node`: pods on it go some time later.
    Delete(NodeNames),
    /// Nodes join.
    Add(Arc<NewNodes>),
}

/// Nodes that join.
#[derive(Clone, Debug, PartialEq)]
pub struct NewNodes {
    /// Name of the pool: nodes are called NAME-1, NAME-2, ... after those that exist. Without a
    /// count it is the node's own name.
    pub name: Arc<str>,
    /// How many; one with that name if absent.
    pub count: Option<u32>,
    /// What each of them is like; its name does not matter.
    pub shape: Node,
}

impl NodeAction {
    /// What is done, in a few words.
    pub(super) fn title(&self) -> String {
        match self {
            NodeAction::Drain { nodes, .. } => format!("drain {}", listed(nodes)),
            NodeAction::Cordon(nodes) => format!("cordon {}", listed(nodes)),
            NodeAction::Uncordon(nodes) => format!("uncordon {}", listed(nodes)),
            NodeAction::Taint { nodes, .. } => format!("taint {}", listed(nodes)),
            NodeAction::Machine { nodes, machine } => match machine {
                Machine::Running => format!("{} is back", listed(nodes)),
                Machine::KubeletDown => format!("the kubelet of {} stops", listed(nodes)),
                Machine::Stopped => format!("{} fails", listed(nodes)),
            },
            NodeAction::Delete(nodes) => format!("delete {}", listed(nodes)),
            NodeAction::Add(new) => match new.count {
                Some(count) => format!("add {count} nodes to {}", new.name),
                None => format!("add node {}", new.name),
            },
        }
    }
}

pub(super) fn listed(nodes: &NodeNames) -> String {
    match &nodes[..] {
        [one] => one.to_string(),
        [first, others @ ..] => format!("{first} and {} more", others.len()),
        [] => "no node".to_owned(),
    }
}
