//! Which containers run on which node: what cAdvisor finds there.

use super::application::ContainerRun;
use crate::kube::objects::ids::NodeId;
use crate::units::SimTime;

/// A container that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunningContainer {
    /// Which run of which container.
    pub run: ContainerRun,
    /// Since when.
    pub started_at: SimTime,
}

/// The containers that run on one node.
#[derive(Clone, Debug, Default)]
struct NodeContainers {
    containers: Vec<RunningContainer>,
    /// Grows with each start and end.
    changes: u64,
}

/// The containers that run, by node.
#[derive(Clone, Debug, Default)]
pub(super) struct RunningContainers {
    by_node: Vec<NodeContainers>,
    /// Grows with each start and end.
    changes: u64,
}

impl RunningContainers {
    /// All containers that run on a node, in order of their starts.
    pub(super) fn on(&self, node: NodeId) -> &[RunningContainer] {
        self.by_node.get(node.index()).map_or(&[], |node| &node.containers)
    }

    /// All containers that run, by node.
    pub(super) fn iter(&self) -> impl Iterator<Item = &RunningContainer> {
        self.by_node.iter().flat_map(|node| &node.containers)
    }

    pub(super) fn changes(&self) -> u64 {
        self.changes
    }

    pub(super) fn changes_on(&self, node: NodeId) -> u64 {
        self.by_node.get(node.index()).map_or(0, |node| node.changes)
    }

    pub(super) fn start(&mut self, node: NodeId, run: ContainerRun, started_at: SimTime) {
        if self.by_node.len() <= node.index() {
            self.by_node.resize(node.index() + 1, NodeContainers::default());
        }
        let node = &mut self.by_node[node.index()];
        node.containers.push(RunningContainer { run, started_at });
        node.changes += 1;
        self.changes += 1;
    }

    pub(super) fn end(&mut self, node: NodeId, run: ContainerRun) {
        let Some(node) = self.by_node.get_mut(node.index()) else { return };
        node.containers.retain(|container| container.run != run);
        node.changes += 1;
        self.changes += 1;
    }
}
