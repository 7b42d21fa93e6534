//! Mirrors pkg/scheduler/framework/plugins/podtopologyspread/{common,filtering,scoring}.go (v1.36).
//! Left out: what preemption needs; other default constraints than the system's.

use super::plan::PodPlan;
use super::plugin::Plugin;
use super::reason::{Code, RejectReason};
use super::score::MAX_NODE_SCORE;
use super::selectors::{PodSelector, add_label_keys};
use super::snapshot::{NodeInfo, Snapshot};
use super::topology::{Domain, LABEL_HOSTNAME, LABEL_TOPOLOGY_ZONE, Topologies, TopologyKey};
use crate::api::core::TopologySpreadConstraint;
use crate::api::labels::{Operator, Selector};
use crate::kube::apiserver::Cluster;
use crate::kube::objects::ids::NodeId;
use crate::kube::objects::pod::LabelSet;

/// Number of matching pods where there is no domain at all.
const NO_DOMAIN: i64 = i32::MAX as i64;

/// Whether a demand of the pod keeps nodes out of the count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NodeInclusionPolicy {
    /// Nodes that do not meet it are left out.
    Honor,
    /// All nodes count.
    Ignore,
}

impl NodeInclusionPolicy {
    fn of(policy: Option<&str>, default: NodeInclusionPolicy) -> NodeInclusionPolicy {
        match policy {
            Some("Honor") => NodeInclusionPolicy::Honor,
            Some("Ignore") => NodeInclusionPolicy::Ignore,
            _ => default,
        }
    }

    fn includes(self, meets: bool) -> bool {
        meets || self == NodeInclusionPolicy::Ignore
    }
}

/// A constraint of a pod, ready to count.
#[derive(Clone, Debug)]
pub(super) struct SpreadConstraint {
    max_skew: i64,
    pub(super) topology_key: TopologyKey,
    is_hostname: bool,
    selector: PodSelector,
    /// Whether the pod counts among those that it is spread among.
    matches_itself: bool,
    min_domains: i64,
    node_affinity_policy: NodeInclusionPolicy,
    node_taints_policy: NodeInclusionPolicy,
}

impl SpreadConstraint {
    /// A constraint that a pod with those labels has. Mirrors `filterTopologySpreadConstraints`.
    pub(super) fn new(
        constraint: &TopologySpreadConstraint,
        set: &LabelSet,
        topologies: &mut Topologies,
    ) -> SpreadConstraint {
        let mut selector = Selector::from_label_selector(constraint.label_selector.as_ref());
        if constraint.label_selector.is_some() {
            let keys = &constraint.match_label_keys;
            add_label_keys(&mut selector, keys, Operator::In, &set.labels);
        }
        let selector = PodSelector::new(&set.namespace, selector);
        SpreadConstraint {
            max_skew: i64::from(constraint.max_skew),
            topology_key: topologies.key(&constraint.topology_key),
            is_hostname: constraint.topology_key == LABEL_HOSTNAME,
            matches_itself: selector.selects(&set.labels),
            selector,
            min_domains: i64::from(constraint.min_domains.unwrap_or(1)),
            node_affinity_policy: NodeInclusionPolicy::of(
                constraint.node_affinity_policy.as_deref(),
                NodeInclusionPolicy::Honor,
            ),
            node_taints_policy: NodeInclusionPolicy::of(
                constraint.node_taints_policy.as_deref(),
                NodeInclusionPolicy::Ignore,
            ),
        }
    }

    /// The constraints of a pod that has none. Mirrors `systemDefaultConstraints`.
    pub(super) fn system_defaults(
        selector: &Selector,
        set: &LabelSet,
        topologies: &mut Topologies,
    ) -> Vec<SpreadConstraint> {
        if selector.requirements.is_empty() {
            return Vec::new();
        }
        let constraint = |(key, max_skew): (&str, i64)| SpreadConstraint {
            max_skew,
            topology_key: topologies.key(key),
            is_hostname: key == LABEL_HOSTNAME,
            selector: PodSelector::new(&set.namespace, selector.clone()),
            matches_itself: selector.matches(&set.labels),
            min_domains: 1,
            node_affinity_policy: NodeInclusionPolicy::Honor,
            node_taints_policy: NodeInclusionPolicy::Ignore,
        };
        [(LABEL_HOSTNAME, 3), (LABEL_TOPOLOGY_ZONE, 5)].map(constraint).into()
    }

    /// Takes in the label sets that are new.
    pub(super) fn extend(&mut self, cluster: &Cluster) {
        self.selector.extend(cluster);
    }

    /// Whether a pod is one of those that are spread, as queueing hints see it.
    pub(super) fn matches_hint(&self, set: &LabelSet, namespace: &str) -> bool {
        *set.namespace == *namespace && self.selector.selects(&set.labels)
    }

    /// Whether a node is one of those among which pods are counted.
    /// Mirrors `matchNodeInclusionPolicies`.
    fn includes(&self, plan: &PodPlan, node: usize) -> bool {
        let verdict = &plan.verdicts.by_node[node];
        self.node_affinity_policy.includes(verdict.meets_node_affinity)
            && self.node_taints_policy.includes(!verdict.has_untolerated_taint)
    }

    /// Mirrors `countPodsMatchSelector`.
    fn count(&self, info: &NodeInfo) -> i64 {
        let counted = info.groups.iter().filter(|(labels, _)| self.selector.counts(*labels));
        counted.map(|(_, pods)| pods).sum()
    }
}

/// Whether a node has all labels of some constraints. Mirrors `nodeLabelsMatchSpreadConstraints`.
pub(super) fn has_all_labels(
    constraints: &[SpreadConstraint],
    topologies: &Topologies,
    node: usize,
) -> bool {
    let has =
        |constraint: &SpreadConstraint| topologies.domain(constraint.topology_key, node).is_some();
    constraints.iter().all(has)
}

/// Numbers by domain; domains that have none differ from those that have 0.
#[derive(Clone, Debug, Default)]
struct DomainCounts {
    counts: Vec<i64>,
    domains: i64,
}

/// A domain without a number.
const ABSENT: i64 = -1;

impl DomainCounts {
    fn clear(&mut self) {
        self.counts.clear();
        self.domains = 0;
    }

    /// Gives the domain a number, if it has none.
    fn enter(&mut self, domain: Domain) {
        let domain = domain as usize;
        if self.counts.len() <= domain {
            self.counts.resize(domain + 1, ABSENT);
        }
        if self.counts[domain] == ABSENT {
            self.counts[domain] = 0;
            self.domains += 1;
        }
    }

    fn get(&self, domain: Domain) -> Option<i64> {
        let count = *self.counts.get(domain as usize)?;
        (count != ABSENT).then_some(count)
    }

    /// Adds to the number of a domain that has one.
    fn add(&mut self, domain: Domain, number: i64) {
        if let Some(count) = self.counts.get_mut(domain as usize)
            && *count != ABSENT
        {
            *count += number;
        }
    }

    fn min(&self) -> i64 {
        let present = self.counts.iter().copied().filter(|&count| count != ABSENT);
        present.min().unwrap_or(NO_DOMAIN)
    }
}

/// How pods are spread now, for filters. Mirrors `preFilterState`; the memory is used again.
#[derive(Clone, Debug, Default)]
pub(super) struct SpreadFilter {
    counts: Vec<DomainCounts>,
    /// The least number of each constraint.
    min_match: Vec<i64>,
}

impl SpreadFilter {
    /// Mirrors `calPreFilterState`.
    pub(super) fn pre_filter(&mut self, plan: &PodPlan, snapshot: &Snapshot) {
        let constraints = &plan.hard_spread;
        self.counts.iter_mut().for_each(DomainCounts::clear);
        if constraints.is_empty() {
            return;
        }
        self.counts.resize_with(constraints.len().max(self.counts.len()), DomainCounts::default);
        for info in snapshot.nodes() {
            let node = info.id.index();
            if !has_all_labels(constraints, &snapshot.topologies, node) {
                continue;
            }
            for (constraint, counts) in constraints.iter().zip(&mut self.counts) {
                if constraint.includes(plan, node) {
                    let key = constraint.topology_key;
                    let domain = snapshot.topologies.domain_or_empty(key, node);
                    counts.enter(domain);
                    counts.add(domain, constraint.count(info));
                }
            }
        }
        let pairs = constraints.iter().zip(&self.counts);
        let least = pairs.map(|(constraint, counts)| min_match_num(constraint, counts));
        self.min_match.clear();
        self.min_match.extend(least);
    }

    /// Mirrors `PodTopologySpread.Filter`.
    pub(super) fn filter(
        &self,
        plan: &PodPlan,
        topologies: &Topologies,
        node: usize,
    ) -> Option<(Plugin, Code, RejectReason)> {
        for (index, constraint) in plan.hard_spread.iter().enumerate() {
            let Some(domain) = topologies.domain(constraint.topology_key, node) else {
                let code = Code::UnschedulableAndUnresolvable;
                return Some((Plugin::PodTopologySpread, code, RejectReason::SpreadLabelMissing));
            };
            let matching = self.counts[index].get(domain).unwrap_or(0);
            let own = i64::from(constraint.matches_itself);
            if matching + own - self.min_match[index] > constraint.max_skew {
                let code = Code::Unschedulable;
                return Some((Plugin::PodTopologySpread, code, RejectReason::Spread));
            }
        }
        None
    }
}

/// Mirrors `minMatchNum`.
fn min_match_num(constraint: &SpreadConstraint, counts: &DomainCounts) -> i64 {
    if counts.domains < constraint.min_domains { 0 } else { counts.min() }
}

/// How pods are spread now, for scores. Mirrors `preScoreState`; the memory is used again.
#[derive(Clone, Debug, Default)]
pub(super) struct SpreadScore {
    counts: Vec<DomainCounts>,
    weights: Vec<f64>,
    /// Whether a node without one of the labels is left out of account.
    requires_all_labels: bool,
}

impl SpreadScore {
    /// Counts pods in the domains of the feasible nodes; false if there is nothing to score by.
    /// Mirrors `PodTopologySpread.PreScore`.
    pub(super) fn pre_score(
        &mut self,
        plan: &PodPlan,
        constraints: &[SpreadConstraint],
        snapshot: &Snapshot,
        feasible: &[NodeId],
    ) -> bool {
        if constraints.is_empty() {
            return false;
        }
        self.requires_all_labels = plan.has_spread;
        self.init(constraints, snapshot, feasible);
        let topologies = &snapshot.topologies;
        for info in snapshot.nodes() {
            let node = info.id.index();
            if self.is_ignored(constraints, topologies, node) {
                continue;
            }
            for (constraint, counts) in constraints.iter().zip(&mut self.counts) {
                if constraint.is_hostname || !constraint.includes(plan, node) {
                    continue;
                }
                let domain = topologies.domain_or_empty(constraint.topology_key, node);
                if counts.get(domain).is_some() {
                    counts.add(domain, constraint.count(info));
                }
            }
        }
        true
    }

    /// Enters the domains of the feasible nodes. Mirrors `initPreScoreState`.
    fn init(&mut self, constraints: &[SpreadConstraint], snapshot: &Snapshot, feasible: &[NodeId]) {
        self.counts.iter_mut().for_each(DomainCounts::clear);
        self.counts.resize_with(constraints.len().max(self.counts.len()), DomainCounts::default);
        let mut scored = 0;
        for node in feasible.iter().map(|id| id.index()) {
            if self.is_ignored(constraints, &snapshot.topologies, node) {
                continue;
            }
            scored += 1;
            for (constraint, counts) in constraints.iter().zip(&mut self.counts) {
                if !constraint.is_hostname {
                    let key = constraint.topology_key;
                    counts.enter(snapshot.topologies.domain_or_empty(key, node));
                }
            }
        }
        let pairs = constraints.iter().zip(&self.counts);
        let sizes = pairs.map(
            |(constraint, counts)| {
                if constraint.is_hostname { scored } else { counts.domains }
            },
        );
        self.weights.clear();
        self.weights.extend(sizes.map(topology_normalizing_weight));
    }

    fn is_ignored(
        &self,
        constraints: &[SpreadConstraint],
        topologies: &Topologies,
        node: usize,
    ) -> bool {
        self.requires_all_labels && !has_all_labels(constraints, topologies, node)
    }

    /// The raw score of a feasible node; absent if it is left out of account.
    /// Mirrors `PodTopologySpread.Score`.
    pub(super) fn score(
        &self,
        constraints: &[SpreadConstraint],
        topologies: &Topologies,
        info: &NodeInfo,
    ) -> Option<i64> {
        let node = info.id.index();
        if self.is_ignored(constraints, topologies, node) {
            return None;
        }
        let mut score = 0.0;
        for (index, constraint) in constraints.iter().enumerate() {
            let Some(domain) = topologies.domain(constraint.topology_key, node) else { continue };
            let count = if constraint.is_hostname {
                constraint.count(info)
            } else {
                self.counts[index].get(domain).unwrap_or(0)
            };
            score += score_for_count(count, constraint.max_skew, self.weights[index]);
        }
        Some(score.round() as i64)
    }
}

/// Mirrors `PodTopologySpread.NormalizeScore`: the fewer pods, the better.
pub(super) fn normalize_score(scores: &mut [Option<i64>]) {
    let counted = || scores.iter().flatten().copied();
    let min = counted().min().unwrap_or(0);
    let max = counted().max().unwrap_or(0).max(0);
    for score in scores {
        *score = Some(match *score {
            None => 0,
            Some(_) if max == 0 => MAX_NODE_SCORE,
            Some(score) => MAX_NODE_SCORE * (max + min - score) / max,
        });
    }
}

/// Mirrors `topologyNormalizingWeight`.
fn topology_normalizing_weight(size: i64) -> f64 {
    libm::log((size + 2) as f64)
}

/// Mirrors `scoreForCount`.
fn score_for_count(count: i64, max_skew: i64, weight: f64) -> f64 {
    count as f64 * weight + (max_skew - 1) as f64
}
