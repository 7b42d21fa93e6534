//! Mirrors `getPodsToDelete` and `getPodsRankedByRelatedPodsOnSameNode` of
//! `pkg/controller/replicaset/replica_set.go` (v1.36): which pods go. Left out: the metric on their
//! age.

use std::collections::BTreeMap;

use super::claim::Selections;
use crate::kube::apiserver::Cluster;
use crate::kube::controllers::controller_utils::{
    DeletionRule, RankedPod, compare_active_pods, sort_by_preference,
};
use crate::kube::objects::deployment::ReplicaSetObject;
use crate::kube::objects::ids::{NodeId, PodId};
use crate::kube::objects::pod::Pod;

/// The pods to delete, in order, each with the rule that put it before the first that stays.
pub(super) fn pods_to_delete(
    cluster: &Cluster,
    replica_set: &ReplicaSetObject,
    selections: &mut Selections,
    active: &[PodId],
    count: usize,
) -> Vec<(PodId, DeletionRule)> {
    if count >= active.len() {
        return active.iter().map(|&pod| (pod, DeletionRule::All)).collect();
    }
    let per_node = related_pods_per_node(cluster, replica_set, selections);
    let rank = |pod: &Pod| {
        let rank = per_node.get(&pod.node).copied().unwrap_or(0);
        (pod.id, RankedPod::new(pod, rank))
    };
    let now = cluster.now;
    let before = |(_, one): &(PodId, RankedPod), (_, other): &(PodId, RankedPod)| {
        compare_active_pods(one, other, now).0.is_lt()
    };
    // What is listed has its order before it is known which pods are active and which to adopt:
    // that matters where the preference leaves several sequences.
    let owned = replica_set.pods.iter().filter_map(|&pod| cluster.pod(pod));
    let mut ranked: Vec<(PodId, RankedPod)> = owned.map(rank).collect();
    sort_by_preference(&mut ranked, before);
    ranked.retain(|(pod, _)| active.binary_search(pod).is_ok());
    let is_adopted = |pod: &&Pod| pod.owner != Some(replica_set.id);
    let adopted = active.iter().filter_map(|&pod| cluster.pod(pod)).filter(is_adopted);
    ranked.extend(adopted.map(rank));
    sort_by_preference(&mut ranked, before);
    let (_, first_kept) = ranked[count];
    let victims = ranked[..count].iter();
    victims.map(|(pod, traits)| (*pod, compare_active_pods(traits, &first_kept, now).1)).collect()
}

/// Active pods that the ReplicaSets of the same owner select, by node (`getIndirectlyRelatedPods`).
fn related_pods_per_node(
    cluster: &Cluster,
    replica_set: &ReplicaSetObject,
    selections: &mut Selections,
) -> BTreeMap<Option<NodeId>, u32> {
    let mut per_node = BTreeMap::new();
    let siblings = replica_set.owner.and_then(|owner| cluster.deployment(owner));
    let siblings = siblings.map_or(&[][..], |owner| owner.replica_sets.as_slice());
    // Their selectors differ in the hash of the template, so no pod is counted twice.
    for sibling in siblings.iter().filter_map(|&sibling| cluster.replica_set(sibling)) {
        let selected = selections.of(cluster, sibling).pods(cluster);
        for pod in selected.filter(|pod| pod.is_active()) {
            *per_node.entry(pod.node).or_insert(0) += 1;
        }
    }
    per_node
}
