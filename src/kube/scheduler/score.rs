//! Mirrors `RunPreScorePlugins` and `RunScorePlugins` of pkg/scheduler/framework/runtime/
//! framework.go with the default profile, and pkg/scheduler/framework/plugins/helper/
//! normalize_score.go (v1.36). Left out: extenders; plugins for volumes and resource claims.

use super::inter_pod_affinity::{self, AffinityScore};
use super::node_resources;
use super::plan::{Plans, PodPlan};
use super::plugin::{Plugin, PluginSet};
use super::pod_topology_spread::{self, SpreadConstraint, SpreadScore};
use super::snapshot::Snapshot;
use crate::kube::objects::ids::NodeId;

/// The best score that a plugin gives.
pub(super) const MAX_NODE_SCORE: i64 = 100;

/// The plugins that score, in upstream's order.
const SCORING: [Plugin; 7] = [
    Plugin::TaintToleration,
    Plugin::NodeAffinity,
    Plugin::NodeResourcesFit,
    Plugin::PodTopologySpread,
    Plugin::InterPodAffinity,
    Plugin::NodeResourcesBalancedAllocation,
    Plugin::ImageLocality,
];

/// Scores of the feasible nodes; the memory is used again.
#[derive(Clone, Debug, Default)]
pub(super) struct Scores {
    spread: SpreadScore,
    affinity: AffinityScore,
    /// Plugins that had something to score by.
    ran: PluginSet,
    /// By plugin that ran, then by feasible node: normalized and weighted.
    by_plugin: Vec<Vec<Option<i64>>>,
    /// By feasible node.
    totals: Vec<i64>,
}

/// A pod and the nodes that it fits.
#[derive(Clone, Copy)]
pub(super) struct Candidates<'a> {
    pub(super) plan: &'a PodPlan,
    pub(super) plans: &'a Plans,
    pub(super) snapshot: &'a Snapshot,
    /// Soft constraints, the pod's own or the scheduler's.
    pub(super) soft_spread: &'a [SpreadConstraint],
    pub(super) feasible: &'a [NodeId],
}

impl Scores {
    /// Scores all candidates.
    pub(super) fn score(&mut self, candidates: Candidates<'_>) {
        self.pre_score(candidates);
        self.totals.clear();
        self.totals.resize(candidates.feasible.len(), 0);
        self.by_plugin.resize(SCORING.len(), Vec::new());
        for (index, plugin) in SCORING.into_iter().enumerate() {
            if !self.ran.has(plugin) {
                continue;
            }
            let mut scores = std::mem::take(&mut self.by_plugin[index]);
            scores.clear();
            let nodes = candidates.feasible.iter();
            scores.extend(nodes.map(|&node| self.score_node(candidates, plugin, node)));
            normalize_score(plugin, &mut scores);
            for (score, total) in scores.iter_mut().flatten().zip(&mut self.totals) {
                *score *= plugin.weight();
                *total += *score;
            }
            self.by_plugin[index] = scores;
        }
    }

    /// Which plugins have something to score by.
    fn pre_score(&mut self, candidates: Candidates<'_>) {
        let Candidates { plan, plans, snapshot, soft_spread, feasible } = candidates;
        self.ran = PluginSet::default();
        self.ran.insert(Plugin::TaintToleration);
        self.ran.insert(Plugin::NodeResourcesFit);
        self.ran.insert(Plugin::ImageLocality);
        if plan.preferred_node_affinity.is_some() {
            self.ran.insert(Plugin::NodeAffinity);
        }
        if self.spread.pre_score(plan, soft_spread, snapshot, feasible) {
            self.ran.insert(Plugin::PodTopologySpread);
        }
        if self.affinity.pre_score(plan, plans, snapshot) {
            self.ran.insert(Plugin::InterPodAffinity);
        }
        if !node_resources::is_best_effort(plan) {
            self.ran.insert(Plugin::NodeResourcesBalancedAllocation);
        }
    }

    /// The raw score that a plugin gives a node; absent if the plugin leaves it out of account.
    fn score_node(&self, candidates: Candidates<'_>, plugin: Plugin, node: NodeId) -> Option<i64> {
        let Candidates { plan, snapshot, soft_spread, .. } = candidates;
        let verdict = &plan.verdicts.by_node[node.index()];
        let info = snapshot.node(node);
        Some(match plugin {
            Plugin::TaintToleration => verdict.intolerable_taints,
            Plugin::NodeAffinity => verdict.preferred_weight,
            Plugin::NodeResourcesFit => node_resources::least_allocated(plan, info),
            Plugin::PodTopologySpread => {
                return self.spread.score(soft_spread, &snapshot.topologies, info);
            }
            Plugin::InterPodAffinity => self.affinity.score(&snapshot.topologies, node.index()),
            Plugin::NodeResourcesBalancedAllocation => {
                node_resources::balanced_allocation(plan, info)
            }
            Plugin::ImageLocality => verdict.image_score,
            Plugin::NodeUnschedulable
            | Plugin::NodeName
            | Plugin::NodePorts
            | Plugin::DynamicResources => return None,
        })
    }

    /// The sums, by feasible node.
    pub(super) fn totals(&self) -> &[i64] {
        &self.totals
    }

    /// What each plugin that ran gave the feasible node of that place.
    pub(super) fn of_node(&self, place: usize) -> Vec<(Plugin, i64)> {
        let ran = SCORING.into_iter().enumerate().filter(|&(_, plugin)| self.ran.has(plugin));
        let given = |index: usize| self.by_plugin[index][place].unwrap_or(0);
        let mut scores: Vec<_> = ran.map(|(index, plugin)| (plugin, given(index))).collect();
        scores.push((Plugin::DynamicResources, 0));
        scores
    }
}

fn normalize_score(plugin: Plugin, scores: &mut [Option<i64>]) {
    match plugin {
        Plugin::TaintToleration => default_normalize_score(true, scores),
        Plugin::NodeAffinity => default_normalize_score(false, scores),
        Plugin::PodTopologySpread => pod_topology_spread::normalize_score(scores),
        Plugin::InterPodAffinity => inter_pod_affinity::normalize_score(scores),
        _ => {}
    }
}

/// Stretches scores to 0 to 100. Mirrors `DefaultNormalizeScore`.
fn default_normalize_score(reverse: bool, scores: &mut [Option<i64>]) {
    let max = scores.iter().flatten().copied().max().unwrap_or(0);
    for score in scores.iter_mut().flatten() {
        let stretched = if max == 0 { 0 } else { MAX_NODE_SCORE * *score / max };
        *score = if reverse { MAX_NODE_SCORE - stretched } else { stretched };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_score_becomes_100_or_0() {
        let normalize = |reverse, scores: [i64; 3]| {
            let mut scores = scores.map(Some);
            default_normalize_score(reverse, &mut scores);
            scores.map(|score| score.expect("all nodes were scored"))
        };
        assert_eq!(normalize(true, [0, 1, 2]), [100, 50, 0]);
        assert_eq!(normalize(true, [0, 0, 0]), [100, 100, 100]);
        assert_eq!(normalize(false, [3, 1, 0]), [100, 33, 0]);
        assert_eq!(normalize(false, [0, 0, 0]), [0, 0, 0]);
    }
}
