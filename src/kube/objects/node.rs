//! Nodes.

use std::sync::Arc;

use super::ids::{NodeId, PodId};
use crate::api::core::{Amounts, Node, Taint};
use crate::units::SimTime;

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
    /// Whether the kubelet reports; a node that is lost keeps its pods until they are evicted.
    pub ready: bool,
    /// Allocatable, ready to compare.
    pub allocatable: Amounts,
    /// All pods bound to it that are not gone, in order of binding.
    pub pods: Vec<PodId>,
}
