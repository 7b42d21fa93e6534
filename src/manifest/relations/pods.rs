//! Which pods there will be, found by their labels without comparing all with all.

use std::collections::BTreeMap;

use crate::api::labels::{Operator, Selector};
use crate::api::meta::StringMap;

/// How many pods are compared with one selector at most; who has more of one label is not told
/// about everything.
const COMPARED_MAX: usize = 2000;

/// Labels of pods, each with a tag that says whose they are.
pub(super) struct PodIndex<'m, T> {
    namespaces: BTreeMap<&'m str, Namespace<'m, T>>,
}

/// Pods with their tags.
type Tagged<'m, T> = Vec<(&'m StringMap, T)>;

struct Namespace<'m, T> {
    pods: Tagged<'m, T>,
    /// By key and value of a label.
    by_label: BTreeMap<&'m str, BTreeMap<&'m str, Tagged<'m, T>>>,
}

impl<'m, T: Copy> PodIndex<'m, T> {
    pub(super) fn new() -> PodIndex<'m, T> {
        PodIndex { namespaces: BTreeMap::new() }
    }

    pub(super) fn add(&mut self, namespace: &'m str, labels: &'m StringMap, tag: T) {
        let empty = || Namespace { pods: Vec::new(), by_label: BTreeMap::new() };
        let here = self.namespaces.entry(namespace).or_insert_with(empty);
        here.pods.push((labels, tag));
        for (key, value) in labels {
            here.by_label.entry(key).or_default().entry(value).or_default().push((labels, tag));
        }
    }

    /// The tags of pods that a selector selects.
    pub(super) fn selected<'i>(
        &'i self,
        namespace: &str,
        selector: &'i Selector,
    ) -> impl Iterator<Item = T> + 'i {
        let candidates = self.candidates(namespace, selector).iter().take(COMPARED_MAX);
        candidates.filter(|(labels, _)| selector.matches(labels)).map(|(_, tag)| *tag)
    }

    /// Whether a selector selects anybody; in doubt it does.
    pub(super) fn selects_any(&self, namespace: &str, selector: &Selector) -> bool {
        self.selected(namespace, selector).next().is_some()
            || self.candidates(namespace, selector).len() > COMPARED_MAX
    }

    /// Everybody who may be selected: the shortest list for a label that is asked for, else all of
    /// the namespace.
    fn candidates(&self, namespace: &str, selector: &Selector) -> &[(&'m StringMap, T)] {
        let Some(here) = self.namespaces.get(namespace) else { return &[] };
        let asked = selector.requirements.iter().filter_map(|requirement| {
            match (requirement.operator, requirement.values.as_slice()) {
                (Operator::In, [value]) => Some((requirement.key.as_str(), value.as_str())),
                _ => None,
            }
        });
        let with_label = |(key, value): (&str, &str)| {
            let list = here.by_label.get(key).and_then(|values| values.get(value));
            list.map(Vec::as_slice).unwrap_or_default()
        };
        asked.map(with_label).min_by_key(|list| list.len()).unwrap_or(&here.pods)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::meta::LabelSelector;

    fn labels(pairs: &[(&str, &str)]) -> StringMap {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn selectors_find_the_pods_of_their_namespace() {
        let (web, canary) = (labels(&[("app", "web")]), labels(&[("app", "web"), ("v", "2")]));
        let mut index = PodIndex::new();
        index.add("a", &web, 0);
        index.add("a", &canary, 1);
        index.add("b", &web, 2);
        let check = |namespace, pairs: &[(&str, &str)], expect: &[i32]| {
            let selector = LabelSelector { match_labels: labels(pairs), ..Default::default() };
            let selector = Selector::from_label_selector(Some(&selector));
            assert_eq!(index.selected(namespace, &selector).collect::<Vec<_>>(), expect);
            assert_eq!(index.selects_any(namespace, &selector), !expect.is_empty());
        };
        check("a", &[("app", "web")], &[0, 1]);
        check("a", &[("app", "web"), ("v", "2")], &[1]);
        check("a", &[], &[0, 1]);
        check("b", &[("v", "2")], &[]);
        check("c", &[], &[]);
    }
}
