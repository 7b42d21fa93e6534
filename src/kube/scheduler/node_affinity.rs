//! Mirrors pkg/scheduler/framework/plugins/nodeaffinity/node_affinity.go and
//! k8s.io/component-helpers/scheduling/corev1/nodeaffinity/nodeaffinity.go (v1.36). Left out: an
//! affinity that the scheduler's own configuration adds. A term that validation refuses matches
//! no node.

use std::collections::BTreeSet;

use crate::api::core::{Node, NodeAffinity, NodeSelectorTerm, PodSpec};
use crate::api::meta::{LabelSelectorRequirement, StringMap};

/// The only field that a term can ask for.
const OBJECT_NAME_FIELD: &str = "metadata.name";

/// Node selector and required node affinity of a pod. Mirrors `RequiredNodeAffinity`.
#[derive(Clone, Debug, Default)]
pub(in crate::kube) struct RequiredNodeAffinity {
    labels: StringMap,
    terms: Option<Vec<Term>>,
}

impl RequiredNodeAffinity {
    /// Mirrors `GetRequiredNodeAffinity`.
    pub(in crate::kube) fn of(spec: &PodSpec) -> RequiredNodeAffinity {
        let required = node_affinity(spec).and_then(|affinity| affinity.required.as_ref());
        RequiredNodeAffinity {
            labels: spec.node_selector.clone(),
            terms: required.map(|terms| terms.iter().filter_map(Term::compile).collect()),
        }
    }

    /// Whether a node meets it.
    pub(in crate::kube) fn matches(&self, node: &Node) -> bool {
        let labels = &node.metadata.labels;
        self.labels.iter().all(|(key, value)| labels.get(key) == Some(value))
            && self.terms.as_ref().is_none_or(|terms| terms.iter().any(|term| term.matches(node)))
    }
}

/// Preferred terms with their weights. Mirrors `PreferredSchedulingTerms`.
#[derive(Clone, Debug, Default)]
pub(super) struct PreferredNodeAffinity {
    terms: Vec<(i64, Term)>,
}

impl PreferredNodeAffinity {
    /// Mirrors `NewPreferredSchedulingTerms`; absent when the pod prefers nothing.
    pub(super) fn of(spec: &PodSpec) -> Option<PreferredNodeAffinity> {
        let preferred = &node_affinity(spec)?.preferred;
        if preferred.is_empty() {
            return None;
        }
        let compile = |(weight, term): (i32, &NodeSelectorTerm)| {
            Some((i64::from(weight), Term::compile(term)?))
        };
        let terms = preferred.iter().map(|term| (term.weight, &term.preference));
        Some(PreferredNodeAffinity { terms: terms.filter_map(compile).collect() })
    }

    /// The weights of the terms that a node meets.
    pub(super) fn score(&self, node: &Node) -> i64 {
        let met = self.terms.iter().filter(|(_, term)| term.matches(node));
        met.map(|(weight, _)| weight).sum()
    }
}

fn node_affinity(spec: &PodSpec) -> Option<&NodeAffinity> {
    spec.affinity.as_ref()?.node_affinity.as_ref()
}

/// Which nodes a pod names by a required affinity to `metadata.name`, before any node is looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum NamedNodes {
    /// None, so all of them.
    #[default]
    All,
    /// These.
    Only(BTreeSet<String>),
    /// Several names at once, which no node has.
    Conflict,
}

impl NamedNodes {
    /// Mirrors `NodeAffinity.PreFilter`.
    pub(super) fn of(spec: &PodSpec) -> NamedNodes {
        let required = node_affinity(spec).and_then(|affinity| affinity.required.as_ref());
        let mut names = BTreeSet::new();
        for term in required.into_iter().flatten() {
            match term_node_names(term) {
                None => return NamedNodes::All,
                Some(of_term) => names.extend(of_term),
            }
        }
        match required {
            None => NamedNodes::All,
            Some(terms) if terms.is_empty() => NamedNodes::All,
            Some(_) if names.is_empty() => NamedNodes::Conflict,
            Some(_) => NamedNodes::Only(names),
        }
    }

    /// Whether a node is among them.
    pub(super) fn has(&self, name: &str) -> bool {
        match self {
            NamedNodes::All => true,
            NamedNodes::Only(names) => names.contains(name),
            NamedNodes::Conflict => false,
        }
    }
}

/// The names that a term allows, if it is about names at all.
fn term_node_names(term: &NodeSelectorTerm) -> Option<BTreeSet<String>> {
    let by_name = term
        .match_fields
        .iter()
        .filter(|field| field.key == OBJECT_NAME_FIELD && field.operator == "In");
    let sets = by_name.map(|field| field.values.iter().cloned().collect::<BTreeSet<_>>());
    sets.reduce(|names, more| names.intersection(&more).cloned().collect())
}

/// A term, ready to match.
#[derive(Clone, Debug)]
struct Term {
    labels: Vec<(String, Demand)>,
    name: Vec<Demand>,
    /// It cannot be read, so it matches nothing.
    broken: bool,
}

impl Term {
    /// Absent for an empty term, which matches nothing.
    fn compile(term: &NodeSelectorTerm) -> Option<Term> {
        if term.match_expressions.is_empty() && term.match_fields.is_empty() {
            return None;
        }
        let labels: Option<Vec<_>> = term
            .match_expressions
            .iter()
            .map(|expression| Some((expression.key.clone(), Demand::of_label(expression)?)))
            .collect();
        let name: Option<Vec<_>> = term.match_fields.iter().map(Demand::of_field).collect();
        let broken = labels.is_none() || name.is_none();
        let (labels, name) = (labels.unwrap_or_default(), name.unwrap_or_default());
        Some(Term { labels, name, broken })
    }

    fn matches(&self, node: &Node) -> bool {
        let labels = &node.metadata.labels;
        !self.broken
            && self.labels.iter().all(|(key, demand)| demand.holds(labels.get(key)))
            && self.name.iter().all(|demand| demand.holds(Some(&node.metadata.name)))
    }
}

/// A demand on a label or field.
#[derive(Clone, Debug)]
enum Demand {
    In(Vec<String>),
    NotIn(Vec<String>),
    Exists,
    DoesNotExist,
    Gt(i64),
    Lt(i64),
}

impl Demand {
    /// Mirrors `nodeSelectorRequirementsAsSelector`; absent for what it refuses.
    fn of_label(expression: &LabelSelectorRequirement) -> Option<Demand> {
        let values = || expression.values.clone();
        let number = || match expression.values.as_slice() {
            [value] => value.parse().ok(),
            _ => None,
        };
        match (expression.operator.as_str(), expression.values.is_empty()) {
            ("In", false) => Some(Demand::In(values())),
            ("NotIn", false) => Some(Demand::NotIn(values())),
            ("Exists", true) => Some(Demand::Exists),
            ("DoesNotExist", true) => Some(Demand::DoesNotExist),
            ("Gt", _) => number().map(Demand::Gt),
            ("Lt", _) => number().map(Demand::Lt),
            _ => None,
        }
    }

    /// Mirrors `nodeSelectorRequirementsAsFieldSelector`; absent for what it refuses.
    fn of_field(expression: &LabelSelectorRequirement) -> Option<Demand> {
        if expression.key != OBJECT_NAME_FIELD || expression.values.len() != 1 {
            return None;
        }
        match expression.operator.as_str() {
            "In" => Some(Demand::In(expression.values.clone())),
            "NotIn" => Some(Demand::NotIn(expression.values.clone())),
            _ => None,
        }
    }

    fn holds(&self, value: Option<&String>) -> bool {
        let number = || value.and_then(|value| value.parse::<i64>().ok());
        match self {
            Demand::In(values) => value.is_some_and(|value| values.contains(value)),
            Demand::NotIn(values) => value.is_none_or(|value| !values.contains(value)),
            Demand::Exists => value.is_some(),
            Demand::DoesNotExist => value.is_none(),
            Demand::Gt(bound) => number().is_some_and(|number| number > *bound),
            Demand::Lt(bound) => number().is_some_and(|number| number < *bound),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::core::Affinity;
    use crate::api::meta::ObjectMeta;

    fn demand(key: &str, operator: &str, values: &[&str]) -> LabelSelectorRequirement {
        LabelSelectorRequirement {
            key: key.to_owned(),
            operator: operator.to_owned(),
            values: values.iter().map(|&value| value.to_owned()).collect(),
        }
    }

    fn names(values: &[&[&str]]) -> NodeSelectorTerm {
        let match_fields =
            values.iter().map(|values| demand(OBJECT_NAME_FIELD, "In", values)).collect();
        NodeSelectorTerm { match_fields, match_expressions: Vec::new() }
    }

    fn requiring(terms: Vec<NodeSelectorTerm>) -> PodSpec {
        let node_affinity = NodeAffinity { required: Some(terms), preferred: Vec::new() };
        let affinity = Affinity { node_affinity: Some(node_affinity), ..Affinity::default() };
        PodSpec { affinity: Some(affinity), ..PodSpec::default() }
    }

    fn node(name: &str, labels: &[(&str, &str)]) -> Node {
        let labels = labels.iter().map(|&(key, value)| (key.to_owned(), value.to_owned()));
        let metadata =
            ObjectMeta { name: name.to_owned(), labels: labels.collect(), ..ObjectMeta::default() };
        Node { metadata, ..Node::default() }
    }

    #[test]
    fn names_are_intersected_within_a_term_and_united_over_terms() {
        let only =
            |names: &[&str]| NamedNodes::Only(names.iter().map(|&name| name.to_owned()).collect());
        let spec = requiring(vec![names(&[&["a", "b"], &["b"]]), names(&[&["c"]])]);
        assert_eq!(NamedNodes::of(&spec), only(&["b", "c"]));
        let spec = requiring(vec![names(&[&["a"], &["b"]])]);
        assert_eq!(NamedNodes::of(&spec), NamedNodes::Conflict);
        let spec = requiring(vec![names(&[&["a"]]), NodeSelectorTerm::default()]);
        assert_eq!(NamedNodes::of(&spec), NamedNodes::All);
        assert_eq!(NamedNodes::of(&requiring(Vec::new())), NamedNodes::All);
    }

    #[test]
    fn terms_that_are_empty_or_cannot_be_read_match_nothing() {
        let tier = |operator: &str, value: &str| NodeSelectorTerm {
            match_expressions: vec![demand("tier", operator, &[value])],
            match_fields: Vec::new(),
        };
        let five = node("n", &[("tier", "5")]);
        let matches = |terms| RequiredNodeAffinity::of(&requiring(terms)).matches(&five);
        assert!(matches(vec![NodeSelectorTerm::default(), tier("Gt", "4")]));
        assert!(!matches(vec![NodeSelectorTerm::default()]));
        assert!(!matches(Vec::new()));
        assert!(!matches(vec![tier("Gt", "four")]));
        assert!(!matches(vec![tier("Near", "5")]));
        assert!(matches(vec![tier("Lt", "x"), tier("NotIn", "6")]));
    }
}
