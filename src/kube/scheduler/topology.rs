//! The domains that node labels make: which nodes share a value of a label, as small numbers.
//! Mirrors the maps from topology pairs to counts of the plugins `podtopologyspread` and
//! `interpodaffinity` (v1.36). Left out: nothing; labels of a node do not change here.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::api::core::Node;

/// `kubernetes.io/hostname`.
pub(super) const LABEL_HOSTNAME: &str = "kubernetes.io/hostname";
/// `topology.kubernetes.io/zone`.
pub(super) const LABEL_TOPOLOGY_ZONE: &str = "topology.kubernetes.io/zone";

/// Number of a node label that makes domains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct TopologyKey(u32);

/// Number of a domain within its topology.
pub(super) type Domain = u32;

/// The node lacks the label.
const MISSING: Domain = u32::MAX;
/// The domain of nodes whose label is there and empty.
const EMPTY: Domain = 0;

/// All labels that make domains, and the domain of each node.
#[derive(Clone, Debug, Default)]
pub(super) struct Topologies {
    topologies: Vec<Topology>,
    nodes: Vec<Option<Arc<Node>>>,
}

#[derive(Clone, Debug)]
struct Topology {
    key: String,
    values: BTreeMap<String, Domain>,
    /// By the node's number.
    domains: Vec<Domain>,
}

impl Topology {
    fn new(key: &str) -> Topology {
        let values = BTreeMap::from([(String::new(), EMPTY)]);
        Topology { key: key.to_owned(), values, domains: Vec::new() }
    }

    fn note(&mut self, node: usize, labels: Option<&Node>) {
        let value = labels.and_then(|node| node.metadata.labels.get(&self.key));
        let domain = match value {
            None => MISSING,
            Some(value) => {
                let next = self.values.len() as Domain;
                *self.values.entry(value.clone()).or_insert(next)
            }
        };
        if self.domains.len() <= node {
            self.domains.resize(node + 1, MISSING);
        }
        self.domains[node] = domain;
    }
}

impl Topologies {
    /// The number of a label.
    pub(super) fn key(&mut self, key: &str) -> TopologyKey {
        let known = self.topologies.iter().position(|topology| topology.key == key);
        let index = known.unwrap_or_else(|| {
            let mut topology = Topology::new(key);
            for (index, node) in self.nodes.iter().enumerate() {
                topology.note(index, node.as_deref());
            }
            self.topologies.push(topology);
            self.topologies.len() - 1
        });
        TopologyKey(index as u32)
    }

    /// The label of a number.
    pub(super) fn name(&self, key: TopologyKey) -> &str {
        &self.topologies[key.0 as usize].key
    }

    /// Takes a node in, or notes that it is gone.
    pub(super) fn set_node(&mut self, index: usize, node: Option<Arc<Node>>) {
        for topology in &mut self.topologies {
            topology.note(index, node.as_deref());
        }
        if self.nodes.len() <= index {
            self.nodes.resize(index + 1, None);
        }
        self.nodes[index] = node;
    }

    /// The domain of a node; absent if it lacks the label.
    pub(super) fn domain(&self, key: TopologyKey, node: usize) -> Option<Domain> {
        let domain = *self.topologies[key.0 as usize].domains.get(node)?;
        (domain != MISSING).then_some(domain)
    }

    /// The domain of a node; a missing label counts as an empty one.
    pub(super) fn domain_or_empty(&self, key: TopologyKey, node: usize) -> Domain {
        self.domain(key, node).unwrap_or(EMPTY)
    }
}

/// Numbers by domain, for some topologies.
#[derive(Clone, Debug, Default)]
pub(super) struct TopologyCounts {
    by_key: Vec<Vec<i64>>,
    any: bool,
}

impl TopologyCounts {
    /// Forgets all numbers and keeps the memory.
    pub(super) fn clear(&mut self) {
        if self.any {
            self.by_key.iter_mut().for_each(Vec::clear);
        }
        self.any = false;
    }

    /// Whether nothing was ever added.
    pub(super) fn is_empty(&self) -> bool {
        !self.any
    }

    /// Adds to the number of a domain.
    pub(super) fn add(&mut self, key: TopologyKey, domain: Domain, number: i64) {
        let (key, domain) = (key.0 as usize, domain as usize);
        if self.by_key.len() <= key {
            self.by_key.resize(key + 1, Vec::new());
        }
        let numbers = &mut self.by_key[key];
        if numbers.len() <= domain {
            numbers.resize(domain + 1, 0);
        }
        numbers[domain] += number;
        self.any = true;
    }

    /// The number of a domain; 0 if nothing was added.
    pub(super) fn get(&self, key: TopologyKey, domain: Domain) -> i64 {
        let numbers = self.by_key.get(key.0 as usize);
        numbers.and_then(|numbers| numbers.get(domain as usize)).copied().unwrap_or(0)
    }

    /// The topologies to which something may have been added.
    pub(super) fn keys(&self) -> impl Iterator<Item = TopologyKey> {
        let used = self.by_key.iter().enumerate().filter(|(_, numbers)| !numbers.is_empty());
        used.map(|(index, _)| TopologyKey(index as u32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::meta::ObjectMeta;

    fn node(zone: Option<&str>) -> Arc<Node> {
        let labels = zone.iter().map(|zone| ("zone".to_owned(), (*zone).to_owned()));
        let metadata = ObjectMeta { labels: labels.collect(), ..ObjectMeta::default() };
        Arc::new(Node { metadata, ..Node::default() })
    }

    #[test]
    fn nodes_share_a_domain_by_value_whenever_they_come() {
        let mut topologies = Topologies::default();
        topologies.set_node(0, Some(node(Some("a"))));
        topologies.set_node(2, Some(node(None)));
        let zone = topologies.key("zone");
        topologies.set_node(1, Some(node(Some("a"))));
        topologies.set_node(3, Some(node(Some(""))));
        assert_eq!(topologies.domain(zone, 0), topologies.domain(zone, 1));
        assert_eq!(topologies.domain(zone, 2), None);
        assert_eq!(topologies.domain_or_empty(zone, 2), topologies.domain_or_empty(zone, 3));
        topologies.set_node(0, None);
        assert_eq!(topologies.domain(zone, 0), None);
    }

    #[test]
    fn counts_tell_nothing_added_from_a_sum_of_zero() {
        let mut counts = TopologyCounts::default();
        assert!(counts.is_empty());
        counts.add(TopologyKey(1), 2, 5);
        counts.add(TopologyKey(1), 2, -5);
        assert!(!counts.is_empty());
        assert_eq!(counts.keys().collect::<Vec<_>>(), [TopologyKey(1)]);
        counts.clear();
        assert!(counts.is_empty() && counts.keys().next().is_none());
    }
}
