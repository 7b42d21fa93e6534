//! Selectors of pods that know which label sets they match.
//! Mirrors `AffinityTerm` of k8s.io/kube-scheduler/framework and
//! pkg/scheduler/framework/plugins/helper/spread.go (v1.36). Left out: StatefulSets and
//! ReplicationControllers. What the API server adds to a pod's selectors at its creation
//! (`matchLabelKeys`, `mismatchLabelKeys`) is added here.

use std::collections::BTreeSet;

use super::topology::{Topologies, TopologyKey};
use crate::api::core::PodAffinityTerm;
use crate::api::labels::{Operator, Requirement, Selector};
use crate::api::meta::StringMap;
use crate::kube::apiserver::Cluster;
use crate::kube::objects::ids::{LabelSetId, ReplicaSetId};
use crate::kube::objects::pod::LabelSet;

/// For each label set whether something matches it; grows with the cluster's table.
#[derive(Clone, Debug, Default)]
pub(super) struct Matches {
    known: Vec<bool>,
}

impl Matches {
    /// Whether it matches a label set that it was extended to.
    pub(super) fn has(&self, labels: LabelSetId) -> bool {
        self.known.get(labels.index()).copied().unwrap_or(false)
    }

    /// Takes in the label sets that are new.
    fn extend(&mut self, sets: &[LabelSet], matches: impl Fn(&LabelSet) -> bool) {
        let new = sets.get(self.known.len()..).unwrap_or_default();
        self.known.extend(new.iter().map(matches));
    }
}

/// Pods of one namespace that a selector matches.
#[derive(Clone, Debug)]
pub(super) struct PodSelector {
    namespace: String,
    selector: Selector,
    matches: Matches,
}

impl PodSelector {
    pub(super) fn new(namespace: &str, selector: Selector) -> PodSelector {
        PodSelector { namespace: namespace.to_owned(), selector, matches: Matches::default() }
    }

    /// Takes in the label sets that are new. An empty selector counts no pod
    /// (`countPodsMatchSelector`).
    pub(super) fn extend(&mut self, cluster: &Cluster) {
        let empty = self.selector.requirements.is_empty();
        self.matches.extend(cluster.label_sets(), |set| {
            !empty && *set.namespace == *self.namespace && self.selector.matches(&set.labels)
        });
    }

    /// Whether pods of a label set are counted.
    pub(super) fn counts(&self, labels: LabelSetId) -> bool {
        self.matches.has(labels)
    }

    /// Whether the selector matches labels; an empty one matches all.
    pub(super) fn selects(&self, labels: &StringMap) -> bool {
        self.selector.matches(labels)
    }
}

/// A term of an affinity or anti-affinity to pods.
#[derive(Clone, Debug)]
pub(super) struct AffinityTerm {
    namespaces: BTreeSet<String>,
    namespace_selector: Selector,
    selector: Selector,
    /// What "near" means.
    pub(super) topology_key: TopologyKey,
    /// Weight of a preferred term; 0 of a required one.
    pub(super) weight: i64,
    matches: Matches,
}

impl AffinityTerm {
    /// Mirrors `newAffinityTerm` for a pod with those labels at its creation.
    pub(super) fn new(
        (term, weight): (&PodAffinityTerm, i32),
        namespace: &str,
        labels: &StringMap,
        topologies: &mut Topologies,
    ) -> AffinityTerm {
        let mut namespaces: BTreeSet<String> = term.namespaces.iter().cloned().collect();
        if namespaces.is_empty() && term.namespace_selector.is_none() {
            namespaces.insert(namespace.to_owned());
        }
        let mut selector = Selector::from_label_selector(term.label_selector.as_ref());
        if term.label_selector.is_some() {
            add_label_keys(&mut selector, &term.match_label_keys, Operator::In, labels);
            add_label_keys(&mut selector, &term.mismatch_label_keys, Operator::NotIn, labels);
        }
        AffinityTerm {
            namespaces,
            namespace_selector: Selector::from_label_selector(term.namespace_selector.as_ref()),
            selector,
            topology_key: topologies.key(&term.topology_key),
            weight: i64::from(weight),
            matches: Matches::default(),
        }
    }

    /// Takes in the label sets that are new.
    pub(super) fn extend(&mut self, cluster: &Cluster) {
        self.matches.extend(cluster.label_sets(), |set| {
            let namespaces = &self.namespaces;
            (namespaces.contains(&*set.namespace)
                || self.namespace_selector.matches(&cluster.namespace_labels(&set.namespace)))
                && self.selector.matches(&set.labels)
        });
    }

    /// Forgets what it matches, because labels of namespaces changed.
    pub(super) fn forget(&mut self) {
        self.matches = Matches::default();
    }

    /// Whether it is about pods of a label set. Mirrors `AffinityTerm.Matches`.
    pub(super) fn matches(&self, labels: LabelSetId) -> bool {
        self.matches.has(labels)
    }

    /// The same as queueing hints see it: they do not know the labels of namespaces.
    pub(super) fn matches_hint(&self, set: &LabelSet) -> bool {
        (self.namespaces.contains(&*set.namespace)
            || self.namespace_selector.matches(&StringMap::new()))
            && self.selector.matches(&set.labels)
    }
}

/// Mirrors `podMatchesAllAffinityTerms` for queueing hints.
pub(super) fn matches_all_hint(terms: &[AffinityTerm], set: &LabelSet) -> bool {
    !terms.is_empty() && terms.iter().all(|term| term.matches_hint(set))
}

/// Mirrors `applyLabelKeysToLabelSelector`.
pub(super) fn add_label_keys(
    selector: &mut Selector,
    keys: &[String],
    operator: Operator,
    labels: &StringMap,
) {
    let added = keys.iter().filter_map(|key| {
        let values = vec![labels.get(key)?.clone()];
        Some(Requirement { key: key.clone(), operator, values })
    });
    selector.requirements.extend(added);
    selector.requirements.sort();
}

/// What pods the scheduler spreads a pod among that says nothing itself: those of its Services and
/// of its ReplicaSet. Mirrors `DefaultSelector`.
pub(super) fn default_selector(
    cluster: &Cluster,
    labels: LabelSetId,
    owner: Option<ReplicaSetId>,
) -> Selector {
    let set = cluster.label_set(labels);
    let mut merged = StringMap::new();
    for service in cluster.services() {
        let service = &service.service;
        let selector = &service.spec.selector;
        let serves = |(key, value)| set.labels.get(key) == Some(value);
        if *set.namespace == *service.metadata.namespace && selector.iter().all(serves) {
            merged.extend(selector.iter().map(|(key, value)| (key.clone(), value.clone())));
        }
    }
    let mut requirements: Vec<Requirement> = merged
        .into_iter()
        .map(|(key, value)| Requirement { key, operator: Operator::In, values: vec![value] })
        .collect();
    if let Some(replica_set) = owner.and_then(|owner| cluster.replica_set(owner)) {
        requirements.extend(replica_set.selector.requirements.iter().cloned());
    }
    requirements.sort();
    Selector { nothing: false, requirements }
}
