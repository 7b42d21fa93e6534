//! The pods of a cluster: slots that are used again, found by number, grouped by label set.

use crate::kube::objects::ids::{LabelSetId, PodId};
use crate::kube::objects::pod::Pod;

/// All pods that exist.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pods {
    slots: Vec<Option<Pod>>,
    free: Vec<u32>,
    slot_of: Vec<u32>,
    by_labels: Vec<Vec<PodId>>,
    live: u32,
    last_removed: Option<Pod>,
    revision: Revision,
}

/// Counts changes. How often pods were changed is no part of what they are, so that two of these
/// are always equal.
#[derive(Clone, Copy, Debug, Default)]
struct Revision(u64);

impl PartialEq for Revision {
    fn eq(&self, _: &Revision) -> bool {
        true
    }
}

const GONE: u32 = u32::MAX;

impl Pods {
    /// The pod of that number, if it exists.
    pub fn get(&self, id: PodId) -> Option<&Pod> {
        let slot = *self.slot_of.get(id.index())?;
        self.slots.get(slot as usize)?.as_ref()
    }

    /// All pods of a label set, in order of number.
    pub fn with_labels(&self, labels: LabelSetId) -> &[PodId] {
        self.by_labels.get(labels.index()).map_or(&[], Vec::as_slice)
    }

    /// All pods in order of number.
    pub fn iter(&self) -> impl Iterator<Item = &Pod> {
        self.slot_of.iter().filter_map(|&slot| self.slots.get(slot as usize)?.as_ref())
    }

    /// How many exist.
    pub fn len(&self) -> u32 {
        self.live
    }

    /// Whether none exists.
    pub fn is_empty(&self) -> bool {
        self.live == 0
    }

    /// The number that the next pod gets.
    pub fn next_id(&self) -> PodId {
        PodId(self.slot_of.len() as u32)
    }

    /// A number that grows with every change of a pod; while it stays the same, so do all pods.
    pub fn revision(&self) -> u64 {
        self.revision.0
    }

    /// The pod that was removed last, as it was: those who hear of its end may ask for its name.
    pub fn last_removed(&self) -> Option<&Pod> {
        self.last_removed.as_ref()
    }

    pub(super) fn get_mut(&mut self, id: PodId) -> Option<&mut Pod> {
        self.revision.0 += 1;
        let slot = *self.slot_of.get(id.index())?;
        self.slots.get_mut(slot as usize)?.as_mut()
    }

    /// Takes in a pod; its number must be [`Pods::next_id`].
    pub(super) fn insert(&mut self, pod: Pod) {
        assert_eq!(pod.id, self.next_id(), "pods are numbered in order of creation");
        let (id, labels) = (pod.id, pod.labels);
        self.revision.0 += 1;
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.slots.len() as u32 - 1
        });
        self.slots[slot as usize] = Some(pod);
        self.slot_of.push(slot);
        self.group(labels).push(id);
        self.live += 1;
    }

    pub(super) fn remove(&mut self, id: PodId) {
        let Some(&slot) = self.slot_of.get(id.index()) else { return };
        self.revision.0 += 1;
        let Some(pod) = self.slots.get_mut(slot as usize).and_then(Option::take) else { return };
        self.slot_of[id.index()] = GONE;
        self.free.push(slot);
        self.ungroup(pod.labels, id);
        self.live -= 1;
        self.last_removed = Some(pod);
    }

    pub(super) fn relabel(&mut self, id: PodId, labels: LabelSetId) {
        let Some(pod) = self.get_mut(id) else { return };
        let former = std::mem::replace(&mut pod.labels, labels);
        self.ungroup(former, id);
        let group = self.group(labels);
        let place = group.partition_point(|&other| other < id);
        group.insert(place, id);
    }

    fn group(&mut self, labels: LabelSetId) -> &mut Vec<PodId> {
        if self.by_labels.len() <= labels.index() {
            self.by_labels.resize(labels.index() + 1, Vec::new());
        }
        &mut self.by_labels[labels.index()]
    }

    fn ungroup(&mut self, labels: LabelSetId, id: PodId) {
        let group = self.group(labels);
        if let Ok(place) = group.binary_search(&id) {
            group.remove(place);
        }
    }
}
