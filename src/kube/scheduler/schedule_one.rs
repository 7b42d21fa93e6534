//! Mirrors `schedulePod` and what it calls in pkg/scheduler/schedule_one.go (v1.36). Left out:
//! nominated nodes, extenders, batches of equal pods. Nodes are looked at one after the other, so
//! that of 100 nodes and more the same ones are scored each time.

use std::collections::BTreeMap;
use std::sync::Arc;

use smallvec::smallvec;

use super::filter::Filters;
use super::node_affinity::NamedNodes;
use super::plan::{Plans, PodPlan};
use super::plugin::{Plugin, PluginSet};
use super::pod_topology_spread::SpreadConstraint;
use super::reason::{Code, FitError, Preemption, RejectReason, Rejection, SchedulingError};
use super::score::{Candidates, Scores};
use super::snapshot::Snapshot;
use crate::kube::objects::ids::NodeId;

/// Of fewer feasible nodes all are scored.
const MIN_FEASIBLE_NODES_TO_FIND: u32 = 100;
/// The least share of nodes that is looked for [%].
const MIN_FEASIBLE_NODES_PERCENTAGE_TO_FIND: u32 = 5;

/// One attempt to place a pod; the memory is used again.
#[derive(Clone, Debug, Default)]
pub(super) struct Cycle {
    filters: Filters,
    scores: Scores,
    /// Nodes that the pod fits, in the order in which they were found.
    pub(super) feasible: Vec<NodeId>,
    /// Nodes that were rejected, in the order in which they were looked at.
    pub(super) rejected: Vec<Rejection>,
    /// Of the feasible nodes those with the highest score, in order of number.
    pub(super) best: Vec<NodeId>,
    /// Where the next attempt begins to look.
    next_start_node_index: usize,
}

/// A pod, and what there is to place it by.
#[derive(Clone, Copy)]
pub(super) struct Task<'a> {
    pub(super) plan: &'a PodPlan,
    pub(super) plans: &'a Plans,
    pub(super) snapshot: &'a Snapshot,
    /// Soft constraints, the pod's own or the scheduler's.
    pub(super) soft_spread: &'a [SpreadConstraint],
}

/// Why no node was found.
pub(super) struct NoNode {
    pub(super) error: SchedulingError,
    /// The plugins that rejected nodes.
    pub(super) plugins: PluginSet,
}

impl Cycle {
    /// Finds the best nodes for a pod. Mirrors `schedulePod`.
    pub(super) fn schedule_pod(&mut self, task: Task<'_>) -> Result<(), NoNode> {
        self.best.clear();
        self.feasible.clear();
        self.rejected.clear();
        if task.snapshot.order().is_empty() {
            let error = SchedulingError::NoNodesAvailable;
            return Err(NoNode { error, plugins: PluginSet::default() });
        }
        if task.plan.named_nodes == NamedNodes::Conflict {
            return Err(self.conflict(task));
        }
        self.find_nodes_that_fit_pod(task);
        match self.feasible.len() {
            0 => return Err(self.no_fit(task)),
            1 => self.best.push(self.feasible[0]),
            _ => self.prioritize_nodes(task),
        }
        Ok(())
    }

    /// Mirrors `findNodesThatFitPod` and `findNodesThatPassFilters`.
    fn find_nodes_that_fit_pod(&mut self, task: Task<'_>) {
        let Task { plan, plans, snapshot, .. } = task;
        self.filters.pre_filter(plan, plans, snapshot);
        let order = snapshot.order();
        let named = |id: &NodeId| plan.named_nodes.has(&snapshot.node(*id).node.metadata.name);
        let candidates = match &plan.named_nodes {
            NamedNodes::All => order.len(),
            _ => order.iter().filter(|id| named(id)).count(),
        };
        let wanted = num_feasible_nodes_to_find(candidates as u32) as usize;
        let mut looked_at = 0;
        for place in 0..order.len() {
            let id = order[(self.next_start_node_index + place) % order.len()];
            if !named(&id) {
                self.rejected.push(not_named(id));
                continue;
            }
            if self.feasible.len() == wanted {
                break;
            }
            looked_at += 1;
            match self.filters.filter(plan, snapshot, snapshot.node(id)) {
                None => self.feasible.push(id),
                Some(rejection) => self.rejected.push(rejection),
            }
        }
        self.next_start_node_index = (self.next_start_node_index + looked_at) % order.len();
    }

    /// Mirrors `prioritizeNodes` and the choice of the highest score.
    fn prioritize_nodes(&mut self, task: Task<'_>) {
        let Task { plan, plans, snapshot, soft_spread } = task;
        let feasible = &self.feasible;
        self.scores.score(Candidates { plan, plans, snapshot, soft_spread, feasible });
        let totals = self.scores.totals();
        let top = totals.iter().max().copied().unwrap_or(0);
        let best = feasible.iter().zip(totals).filter(|&(_, &total)| total == top);
        self.best.extend(best.map(|(&id, _)| id));
        self.best.sort_unstable();
    }

    /// What each plugin gave the feasible node of that place; only after a scoring.
    pub(super) fn scores_of(&self, place: usize) -> (Vec<(Plugin, i64)>, i64) {
        (self.scores.of_node(place), self.scores.totals()[place])
    }

    /// The pod asks for a node of several names.
    fn conflict(&mut self, task: Task<'_>) -> NoNode {
        let reason = RejectReason::NodeAffinityConflict;
        self.rejected.extend(task.snapshot.order().iter().map(|&node| Rejection {
            node,
            plugin: Some(Plugin::NodeAffinity),
            code: Code::UnschedulableAndUnresolvable,
            reasons: smallvec![reason.clone()],
        }));
        let mut no_node = self.no_fit(task);
        if let SchedulingError::Fit(error) = &mut no_node.error {
            error.pre_filter = Some(reason);
        }
        no_node
    }

    fn no_fit(&self, task: Task<'_>) -> NoNode {
        let mut plugins = PluginSet::default();
        if task.plan.named_nodes != NamedNodes::All {
            plugins.insert(Plugin::NodeAffinity);
        }
        let mut reasons: BTreeMap<&RejectReason, u32> = BTreeMap::new();
        let mut curable = 0;
        for rejection in &self.rejected {
            if let Some(plugin) = rejection.plugin {
                plugins.insert(plugin);
            }
            curable += u32::from(rejection.code == Code::Unschedulable);
            for reason in &rejection.reasons {
                *reasons.entry(reason).or_default() += 1;
            }
        }
        let nodes = self.rejected.len() as u32;
        let never = task.plan.template.spec.preemption_policy.as_deref() == Some("Never");
        let preemption = if never {
            Preemption::NotEligible
        } else {
            Preemption::NoCandidates { without_victims: curable, not_helpful: nodes - curable }
        };
        let reasons = reasons.into_iter().map(|(reason, count)| (reason.clone(), count)).collect();
        let error = FitError { nodes, pre_filter: None, reasons, preemption };
        NoNode { error: SchedulingError::Fit(error), plugins }
    }
}

/// A node that the pod does not name.
fn not_named(node: NodeId) -> Rejection {
    Rejection {
        node,
        plugin: None,
        code: Code::UnschedulableAndUnresolvable,
        reasons: smallvec![RejectReason::NotNamed],
    }
}

/// Mirrors `numFeasibleNodesToFind`.
fn num_feasible_nodes_to_find(nodes: u32) -> u32 {
    if nodes < MIN_FEASIBLE_NODES_TO_FIND {
        return nodes;
    }
    let percentage = 50_u32.saturating_sub(nodes / 125).max(MIN_FEASIBLE_NODES_PERCENTAGE_TO_FIND);
    let wanted = u64::from(nodes) * u64::from(percentage) / 100;
    (wanted as u32).max(MIN_FEASIBLE_NODES_TO_FIND)
}

/// How a pod would be placed now, and why. What [`super::Scheduler::placement`] gives.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Placement {
    /// Nodes that the pod fits, in order of number.
    pub feasible: Vec<NodeId>,
    /// The other nodes that were looked at, in order of number.
    pub rejected: Vec<Rejection>,
    /// Scores of the feasible nodes, in order of number; none for fewer than two.
    pub scores: Vec<NodeScore>,
    /// The nodes of the highest score, in order of number; one of them is drawn.
    pub best: Vec<NodeId>,
    /// Why there is no node.
    pub error: Option<Arc<SchedulingError>>,
}

/// The score of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeScore {
    /// The node.
    pub node: NodeId,
    /// What each plugin gave, normalized and weighted; plugins with nothing to score by are absent.
    pub plugins: Vec<(Plugin, i64)>,
    /// The sum.
    pub total: i64,
}

impl Cycle {
    /// What the last attempt came to.
    pub(super) fn placement(&self, error: Option<Arc<SchedulingError>>) -> Placement {
        let mut placement = Placement {
            feasible: self.feasible.clone(),
            rejected: self.rejected.clone(),
            scores: Vec::new(),
            best: self.best.clone(),
            error,
        };
        if self.feasible.len() > 1 {
            let score = |(place, &node): (usize, &NodeId)| {
                let (plugins, total) = self.scores_of(place);
                NodeScore { node, plugins, total }
            };
            placement.scores = self.feasible.iter().enumerate().map(score).collect();
        }
        placement.feasible.sort_unstable();
        placement.rejected.sort_by_key(|rejection| rejection.node);
        placement.scores.sort_by_key(|score| score.node);
        placement
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_clusters_are_searched_in_part() {
        let wanted = [0, 99, 100, 200, 1000, 6000, 100_000].map(num_feasible_nodes_to_find);
        assert_eq!(wanted, [0, 99, 100, 100, 420, 300, 5000]);
    }
}
