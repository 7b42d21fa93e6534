//! Mirrors `claimPods` of `pkg/controller/replicaset/replica_set.go` and
//! `pkg/controller/controller_ref_manager.go` (v1.36): which pods are a ReplicaSet's. Left out: the
//! recheck before an adoption (the store is never stale).

use crate::kube::apiserver::Cluster;
use crate::kube::objects::deployment::ReplicaSetObject;
use crate::kube::objects::ids::{LabelSetId, PodId};
use crate::kube::objects::pod::{Pod, PodCondition, PodPhase};

/// Which sets of labels a ReplicaSet's selector matches, kept because neither ever changes.
#[derive(Clone, Debug, Default)]
pub(super) struct MatchingLabels {
    known: usize,
    sets: Vec<MatchingSet>,
}

#[derive(Clone, Copy, Debug)]
struct MatchingSet {
    id: LabelSetId,
    /// Whether the set has all labels of the ReplicaSet's template.
    fully: bool,
}

impl MatchingLabels {
    /// Looks at sets of labels that have appeared since the last time.
    fn update(&mut self, cluster: &Cluster, replica_set: &ReplicaSetObject) {
        let label_sets = cluster.label_sets();
        let template = &cluster.template(replica_set.template).spec.metadata.labels;
        for (index, set) in label_sets.iter().enumerate().skip(self.known) {
            if set.namespace == replica_set.namespace && replica_set.selector.matches(&set.labels) {
                let fully = template.iter().all(|(key, value)| set.labels.get(key) == Some(value));
                self.sets.push(MatchingSet { id: LabelSetId(index as u32), fully });
            }
        }
        self.known = label_sets.len();
    }

    /// Whether pods with these labels match, and if so, whether fully.
    fn find(&self, labels: LabelSetId) -> Option<bool> {
        self.sets.iter().find(|set| set.id == labels).map(|set| set.fully)
    }

    /// All pods with such labels, whosesoever they are.
    pub(super) fn pods<'a>(&self, cluster: &'a Cluster) -> impl Iterator<Item = &'a Pod> {
        let pods = self.sets.iter().flat_map(|set| cluster.pods().with_labels(set.id));
        pods.filter_map(|&pod| cluster.pod(pod))
    }
}

/// What each ReplicaSet's selector matches, by its number.
#[derive(Clone, Debug, Default)]
pub(super) struct Selections(Vec<MatchingLabels>);

impl Selections {
    /// What a ReplicaSet's selector matches now.
    pub(super) fn of(
        &mut self,
        cluster: &Cluster,
        replica_set: &ReplicaSetObject,
    ) -> &MatchingLabels {
        let index = replica_set.id.index();
        if self.0.len() <= index {
            self.0.resize_with(index + 1, MatchingLabels::default);
        }
        self.0[index].update(cluster, replica_set);
        &self.0[index]
    }
}

/// The pods of a ReplicaSet, sorted by what it does with them.
#[derive(Clone, Debug, Default)]
pub(super) struct Claimed {
    /// Neither finished nor being deleted.
    pub(super) active: Vec<PodId>,
    /// Ready conditions of the active ones that are ready.
    pub(super) ready: Vec<PodCondition>,
    /// How many of the active ones have all labels of the template.
    pub(super) fully_labeled: i32,
    /// Being deleted, not finished, not gone.
    pub(super) terminating: i32,
    /// Active and nobody's: to adopt.
    pub(super) adopt: Vec<PodId>,
    /// Active and no longer matching: to release.
    pub(super) release: Vec<PodId>,
}

impl Claimed {
    /// Sorts the pods of a ReplicaSet and the orphans that it matches, in order of creation.
    pub(super) fn new(
        cluster: &Cluster,
        replica_set: &ReplicaSetObject,
        labels: &MatchingLabels,
    ) -> Claimed {
        let mut claimed = Claimed::default();
        let mut matching = 0;
        for pod in replica_set.pods.iter().filter_map(|&pod| cluster.pod(pod)) {
            let matched = labels.find(pod.labels);
            matching += usize::from(matched.is_some());
            match matched {
                Some(fully) => claimed.take(pod, fully),
                None if pod.is_active() => claimed.release.push(pod.id),
                None => {}
            }
        }
        let with_labels = |set: &MatchingSet| cluster.pods().with_labels(set.id);
        if labels.sets.iter().map(|set| with_labels(set).len()).sum::<usize>() > matching {
            for set in &labels.sets {
                let pods = with_labels(set).iter().filter_map(|&pod| cluster.pod(pod));
                for pod in pods.filter(|pod| pod.owner.is_none() && pod.is_active()) {
                    claimed.adopt.push(pod.id);
                    claimed.take(pod, set.fully);
                }
            }
            claimed.active.sort_unstable();
        }
        claimed
    }

    fn take(&mut self, pod: &Pod, fully: bool) {
        if pod.is_active() {
            self.active.push(pod.id);
            self.fully_labeled += i32::from(fully);
            self.ready.extend(pod.ready.filter(|_| pod.is_ready()));
        } else if pod.deletion.is_some()
            && !matches!(pod.phase, PodPhase::Succeeded | PodPhase::Failed)
        {
            self.terminating += 1;
        }
    }
}
