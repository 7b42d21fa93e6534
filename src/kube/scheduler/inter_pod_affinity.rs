//! Mirrors pkg/scheduler/framework/plugins/interpodaffinity/{filtering,scoring}.go (v1.36).
//! Left out: what preemption needs; `ignorePreferredTermsOfExistingPods`, which is off by default.

use super::plan::{Plans, PodPlan};
use super::plugin::Plugin;
use super::reason::{Code, RejectReason};
use super::score::MAX_NODE_SCORE;
use super::selectors::AffinityTerm;
use super::snapshot::{NodeInfo, Snapshot};
use super::topology::{Topologies, TopologyCounts};
use crate::kube::objects::ids::LabelSetId;

/// What a required affinity of a running pod counts for, `hardPodAffinityWeight` by default.
const HARD_POD_AFFINITY_WEIGHT: i64 = 1;

/// Who is where, for filters. Mirrors `preFilterState`; the memory is used again.
#[derive(Clone, Debug, Default)]
pub(super) struct AffinityFilter {
    /// Running pods whose required anti-affinity is about the pod.
    existing_anti_affinity: TopologyCounts,
    /// Running pods that the pod wants to be near.
    affinity: TopologyCounts,
    /// Running pods that the pod wants to be away from.
    anti_affinity: TopologyCounts,
}

impl AffinityFilter {
    /// Mirrors `InterPodAffinity.PreFilter`.
    pub(super) fn pre_filter(&mut self, plan: &PodPlan, plans: &Plans, snapshot: &Snapshot) {
        self.existing_anti_affinity.clear();
        self.affinity.clear();
        self.anti_affinity.clear();
        let incoming =
            !plan.affinity.required.is_empty() || !plan.anti_affinity.required.is_empty();
        for info in snapshot.nodes() {
            for &(other, pods) in &info.affine {
                let terms = &plans.get(other).anti_affinity.required;
                let counts = &mut self.existing_anti_affinity;
                count_terms(counts, terms, plan.labels, pods, &snapshot.topologies, info);
            }
            if incoming {
                self.count_incoming(plan, plans, snapshot, info);
            }
        }
    }

    /// Mirrors `getIncomingAffinityAntiAffinityCounts` for one node.
    fn count_incoming(
        &mut self,
        plan: &PodPlan,
        plans: &Plans,
        snapshot: &Snapshot,
        info: &NodeInfo,
    ) {
        let topologies = &snapshot.topologies;
        let near = &plan.affinity.required;
        for entry in &info.pods {
            let labels = plans.get(entry.plan).labels;
            if matches_all(near, labels) {
                for term in near {
                    add(&mut self.affinity, term, 1, topologies, info);
                }
            }
            let away = &plan.anti_affinity.required;
            count_terms(&mut self.anti_affinity, away, labels, 1, topologies, info);
        }
    }

    /// Mirrors `InterPodAffinity.Filter`.
    pub(super) fn filter(
        &self,
        plan: &PodPlan,
        topologies: &Topologies,
        node: usize,
    ) -> Option<(Plugin, Code, RejectReason)> {
        let (code, reason) = if !self.satisfies_affinity(plan, topologies, node) {
            (Code::UnschedulableAndUnresolvable, RejectReason::PodAffinity)
        } else if !self.satisfies_anti_affinity(plan, topologies, node) {
            (Code::Unschedulable, RejectReason::PodAntiAffinity)
        } else if !self.satisfies_existing_anti_affinity(topologies, node) {
            (Code::Unschedulable, RejectReason::ExistingPodAntiAffinity)
        } else {
            return None;
        };
        Some((Plugin::InterPodAffinity, code, reason))
    }

    /// Mirrors `satisfyPodAffinity`.
    fn satisfies_affinity(&self, plan: &PodPlan, topologies: &Topologies, node: usize) -> bool {
        let terms = &plan.affinity.required;
        let mut pods_exist = true;
        for term in terms {
            match topologies.domain(term.topology_key, node) {
                None => return false,
                Some(domain) => {
                    pods_exist &= self.affinity.get(term.topology_key, domain) > 0;
                }
            }
        }
        // The first of a series that wants to be together would wait for ever.
        pods_exist || (self.affinity.is_empty() && matches_all(terms, plan.labels))
    }

    /// Mirrors `satisfyPodAntiAffinity`.
    fn satisfies_anti_affinity(
        &self,
        plan: &PodPlan,
        topologies: &Topologies,
        node: usize,
    ) -> bool {
        plan.anti_affinity.required.iter().all(|term| {
            let domain = topologies.domain(term.topology_key, node);
            domain.is_none_or(|domain| self.anti_affinity.get(term.topology_key, domain) <= 0)
        })
    }

    /// Mirrors `satisfyExistingPodsAntiAffinity`.
    fn satisfies_existing_anti_affinity(&self, topologies: &Topologies, node: usize) -> bool {
        self.existing_anti_affinity.keys().all(|key| {
            let domain = topologies.domain(key, node);
            domain.is_none_or(|domain| self.existing_anti_affinity.get(key, domain) <= 0)
        })
    }
}

/// Mirrors `podMatchesAllAffinityTerms`.
fn matches_all(terms: &[AffinityTerm], labels: LabelSetId) -> bool {
    !terms.is_empty() && terms.iter().all(|term| term.matches(labels))
}

/// Adds a number in the domains of a node, for each term that is about pods of a label set.
fn count_terms(
    counts: &mut TopologyCounts,
    terms: &[AffinityTerm],
    labels: LabelSetId,
    number: i64,
    topologies: &Topologies,
    info: &NodeInfo,
) {
    for term in terms.iter().filter(|term| term.matches(labels)) {
        add(counts, term, number, topologies, info);
    }
}

fn add(
    counts: &mut TopologyCounts,
    term: &AffinityTerm,
    number: i64,
    topologies: &Topologies,
    info: &NodeInfo,
) {
    if let Some(domain) = topologies.domain(term.topology_key, info.id.index()) {
        counts.add(term.topology_key, domain, number);
    }
}

/// What domains are worth to a pod. Mirrors `preScoreState`; the memory is used again.
#[derive(Clone, Debug, Default)]
pub(super) struct AffinityScore {
    topology_score: TopologyCounts,
}

impl AffinityScore {
    /// Sums the weights; false if there is nothing to score by.
    /// Mirrors `InterPodAffinity.PreScore`.
    pub(super) fn pre_score(&mut self, plan: &PodPlan, plans: &Plans, snapshot: &Snapshot) -> bool {
        self.topology_score.clear();
        for info in snapshot.nodes() {
            if plan.has_preferred_terms() {
                for entry in &info.pods {
                    self.process_terms(plan, plans.get(entry.plan).labels, 1, snapshot, info);
                }
            }
            for &(other, pods) in &info.affine {
                let other = plans.get(other);
                self.process_terms(other, plan.labels, pods, snapshot, info);
                for term in other.affinity.required.iter().filter(|one| one.matches(plan.labels)) {
                    let weight = HARD_POD_AFFINITY_WEIGHT * pods;
                    add(&mut self.topology_score, term, weight, &snapshot.topologies, info);
                }
            }
        }
        !self.topology_score.is_empty()
    }

    /// Adds what one pod's preferred terms make of pods of a label set. Mirrors `processTerms`.
    fn process_terms(
        &mut self,
        whose: &PodPlan,
        labels: LabelSetId,
        pods: i64,
        snapshot: &Snapshot,
        info: &NodeInfo,
    ) {
        let near = whose.affinity.preferred.iter().map(|term| (term, 1));
        let away = whose.anti_affinity.preferred.iter().map(|term| (term, -1));
        for (term, sign) in near.chain(away).filter(|(term, _)| term.matches(labels)) {
            let weight = sign * term.weight * pods;
            add(&mut self.topology_score, term, weight, &snapshot.topologies, info);
        }
    }

    /// The raw score of a node. Mirrors `InterPodAffinity.Score`.
    pub(super) fn score(&self, topologies: &Topologies, node: usize) -> i64 {
        let of_key = |key| match topologies.domain(key, node) {
            None => 0,
            Some(domain) => self.topology_score.get(key, domain),
        };
        self.topology_score.keys().map(of_key).sum()
    }
}

/// Mirrors `InterPodAffinity.NormalizeScore`.
pub(super) fn normalize_score(scores: &mut [Option<i64>]) {
    let counted = || scores.iter().flatten().copied();
    let (Some(min), Some(max)) = (counted().min(), counted().max()) else { return };
    let difference = max - min;
    for score in scores.iter_mut().flatten() {
        *score = if difference > 0 {
            let share = (*score - min) as f64 / difference as f64;
            (MAX_NODE_SCORE as f64 * share) as i64
        } else {
            0
        };
    }
}
