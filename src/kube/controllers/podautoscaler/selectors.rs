//! Which HPA selects which pods. Mirrors `pkg/controller/util/selectors/bimultimap.go` (v1.36):
//! there pods and selectors meet by labels, here by distinct sets of labels, of which there are
//! few.

use std::sync::Arc;

use crate::api::labels::Selector;
use crate::kube::objects::ids::LabelSetId;
use crate::kube::objects::pod::LabelSet;

/// Selectors of keys (numbers of the controller's own), and the label sets that they match.
#[derive(Clone, Debug, Default)]
pub(super) struct Selectors {
    registered: Vec<Registered>,
    /// Keys whose selector matches, by label set.
    selecting: Vec<Vec<u32>>,
}

#[derive(Clone, Debug, Default)]
struct Registered {
    namespace: Arc<str>,
    /// `None` selects nothing.
    selector: Option<Arc<Selector>>,
    /// Label sets that the selector matches.
    matches: Vec<LabelSetId>,
}

impl Selectors {
    /// Registers the selector of a key, in place of the one that it had.
    pub(super) fn put(
        &mut self,
        key: u32,
        namespace: &Arc<str>,
        selector: &Arc<Selector>,
        label_sets: &[LabelSet],
    ) {
        self.take_in(label_sets);
        let index = key as usize;
        if self.registered.len() <= index {
            self.registered.resize(index + 1, Registered::default());
        }
        let known = self.registered[index].selector.as_ref();
        if known.is_some_and(|known| Arc::ptr_eq(known, selector) || known == selector) {
            return;
        }
        self.remove(key);
        self.registered[index].namespace = Arc::clone(namespace);
        self.registered[index].selector = Some(Arc::clone(selector));
        for (place, label_set) in label_sets.iter().enumerate() {
            self.meet(key, LabelSetId(place as u32), label_set);
        }
    }

    /// Makes a key select nothing.
    pub(super) fn remove(&mut self, key: u32) {
        let Some(registered) = self.registered.get_mut(key as usize) else { return };
        registered.selector = None;
        for label_set in registered.matches.drain(..) {
            self.selecting[label_set.index()].retain(|&other| other != key);
        }
    }

    /// Label sets that the selector of a key matches.
    pub(super) fn label_sets(&self, key: u32) -> &[LabelSetId] {
        self.registered.get(key as usize).map_or(&[], |registered| &registered.matches)
    }

    /// Keys whose selectors match a label set.
    pub(super) fn keys(&self, label_set: LabelSetId) -> &[u32] {
        self.selecting.get(label_set.index()).map_or(&[], Vec::as_slice)
    }

    /// Looks at label sets that are new since the last time.
    fn take_in(&mut self, label_sets: &[LabelSet]) {
        let known = self.selecting.len();
        for (place, label_set) in label_sets.iter().enumerate().skip(known) {
            self.selecting.push(Vec::new());
            for key in 0..self.registered.len() {
                self.meet(key as u32, LabelSetId(place as u32), label_set);
            }
        }
    }

    fn meet(&mut self, key: u32, id: LabelSetId, label_set: &LabelSet) {
        let registered = &mut self.registered[key as usize];
        let Some(selector) = &registered.selector else { return };
        if registered.namespace == label_set.namespace && selector.matches(&label_set.labels) {
            registered.matches.push(id);
            self.selecting[id.index()].push(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label_set(namespace: &str, app: &str) -> LabelSet {
        let labels = [("app".to_owned(), app.to_owned())].into_iter().collect();
        LabelSet { namespace: Arc::from(namespace), labels: Arc::new(labels) }
    }

    fn selector(text: &str) -> Arc<Selector> {
        Arc::new(Selector::parse(text).expect("the test's selectors are fine"))
    }

    #[test]
    fn keys_and_label_sets_meet_whoever_comes_first() {
        let namespace = Arc::from("default");
        let mut label_sets = vec![label_set("default", "web"), label_set("other", "web")];
        let mut selectors = Selectors::default();
        selectors.put(0, &namespace, &selector("app=web"), &label_sets);
        assert_eq!(selectors.label_sets(0), [LabelSetId(0)]);

        label_sets.push(label_set("default", "db"));
        selectors.put(2, &namespace, &selector("app"), &label_sets);
        assert_eq!(selectors.label_sets(2), [LabelSetId(0), LabelSetId(2)]);
        assert_eq!(selectors.keys(LabelSetId(0)), [0, 2]);

        selectors.put(2, &namespace, &selector("app=db"), &label_sets);
        assert_eq!(selectors.keys(LabelSetId(0)), [0]);
        label_sets.push(label_set("default", "web"));
        selectors.put(0, &namespace, &selector("app=web"), &label_sets);
        assert_eq!(selectors.label_sets(0), [LabelSetId(0), LabelSetId(3)]);

        selectors.remove(0);
        assert!(selectors.keys(LabelSetId(3)).is_empty() && selectors.label_sets(0).is_empty());
    }
}
