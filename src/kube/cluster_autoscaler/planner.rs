//! Which nodes are not needed, since when, and what keeps the others. Mirrors cluster-autoscaler/
//! core/scaledown/{planner,eligibility,unneeded,unremovable} and simulator/cluster.go of
//! kubernetes/autoscaler. Left out: limits of how many nodes are looked at in a scan.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::actuator::Removal;
use super::drainability::{RemainingPdbTracker, pods_to_move};
use super::reason::{ClusterAutoscalerReason, UnremovableReason, Utilization};
use super::{
    ClusterAutoscaler, DELETION_CANDIDATE_TAINT, SCALE_DOWN_DISABLED, TO_BE_DELETED_TAINT, send,
};
use crate::api::core::Taint;
use crate::kube::apiserver::{Api, Cluster, Write};
use crate::kube::objects::ids::{NodeId, ObjectId, PodId};
use crate::kube::objects::node::NodeObject;
use crate::kube::scheduler::cluster_snapshot::Fork;
use crate::units::{SimDuration, SimTime};

/// What is remembered of nodes.
#[derive(Clone, Debug, Default)]
pub(super) struct Planner {
    unneeded: BTreeMap<NodeId, Unneeded>,
    unremovable: BTreeMap<NodeId, Unremovable>,
    /// What was last told of a node that is kept.
    told: BTreeMap<NodeId, (UnremovableReason, SimTime)>,
}

/// A node that is not needed.
#[derive(Clone, Debug)]
struct Unneeded {
    since: SimTime,
    utilization: Utilization,
    /// Pods that would move.
    pods: Vec<PodId>,
}

/// A node that could not be removed.
#[derive(Clone, Debug)]
struct Unremovable {
    why: UnremovableReason,
    utilization: Utilization,
    /// Until when it is left alone.
    until: SimTime,
}

/// A node with little to do.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    node: NodeId,
    utilization: Utilization,
}

/// What a pass over the candidates works on.
struct Simulation<'a> {
    cluster: &'a Cluster,
    fork: &'a mut Fork,
    budgets: RemainingPdbTracker,
    /// Nodes that would be gone.
    gone: BTreeSet<NodeId>,
}

impl Planner {
    pub(super) fn has_unneeded(&self) -> bool {
        !self.unneeded.is_empty()
    }

    /// When a node that was left alone is looked at again.
    pub(super) fn next_recheck(&self) -> SimTime {
        self.unremovable.values().map(|kept| kept.until).min().unwrap_or(SimTime::MAX)
    }
}

impl ClusterAutoscaler {
    /// Looks at all nodes with little to do. Mirrors `UpdateClusterState`.
    pub(super) fn update_unneeded(&mut self, api: &mut Api<'_>, fork: &mut Fork) {
        let cluster = api.cluster();
        let now = cluster.now;
        let former = std::mem::take(&mut self.planner.unneeded);
        let candidates = self.candidates(cluster, fork, &former);
        let little: BTreeSet<NodeId> = candidates.iter().map(|candidate| candidate.node).collect();
        self.planner.unremovable.retain(|node, _| little.contains(node));
        self.tell_released(api, fork, &little);
        let cluster = api.cluster();
        let mut simulation = Simulation {
            cluster,
            fork,
            budgets: RemainingPdbTracker::new(cluster),
            gone: BTreeSet::new(),
        };
        for Candidate { node, utilization } in candidates {
            let left_alone = self.planner.unremovable.get(&node);
            if left_alone.is_some_and(|kept| kept.until > now) {
                continue;
            }
            match self.simulate_node_removal(&mut simulation, node) {
                Ok(pods) => {
                    let since = former.get(&node).map_or(now, |former| former.since);
                    self.planner.unremovable.remove(&node);
                    self.planner.unneeded.insert(node, Unneeded { since, utilization, pods });
                }
                Err(why) => {
                    let until = now + self.options.unremovable_node_recheck_timeout;
                    let kept = Unremovable { why, utilization, until };
                    self.planner.unremovable.insert(node, kept);
                }
            }
        }
        self.tell_changes(api, fork, &former);
    }

    /// Nodes that may go as far as their group and their use are concerned: those that run nothing
    /// first, then those that were not needed before. Mirrors `FilterOutUnremovable`.
    fn candidates(
        &self,
        cluster: &Cluster,
        fork: &Fork,
        former: &BTreeMap<NodeId, Unneeded>,
    ) -> Vec<Candidate> {
        let sizes: Vec<u32> =
            self.groups.places().map(|it| self.groups.target_size(cluster, it)).collect();
        let mut candidates = Vec::new();
        for node in cluster.nodes().filter(|node| !self.is_being_deleted(node.id)) {
            let Some(group) = self.groups.of(node) else { continue };
            if sizes[group] <= self.groups.get(group).min {
                continue;
            }
            let utilization = self.utilization(fork, node.id);
            if utilization.share < utilization.threshold {
                let order = (!node.pods.is_empty(), !former.contains_key(&node.id), node.id);
                candidates.push((order, Candidate { node: node.id, utilization }));
            }
        }
        candidates.sort_by_key(|(order, _)| *order);
        candidates.into_iter().map(|(_, candidate)| candidate).collect()
    }

    /// Mirrors `utilization.Calculate`.
    fn utilization(&self, fork: &Fork, node: NodeId) -> Utilization {
        let threshold = self.options.scale_down_utilization_threshold;
        let Some((offered, requested)) = fork.amounts(node) else {
            return Utilization { share: 0.0, threshold };
        };
        let share = |requested: i64, offered: i64| {
            if offered > 0 { requested as f64 / offered as f64 } else { 0.0 }
        };
        let cpu = share(requested.milli_cpu, offered.milli_cpu);
        let memory = share(requested.memory, offered.memory);
        Utilization { share: cpu.max(memory), threshold }
    }

    /// The pods that would have to move, if all of them find a place; they are put there then.
    /// Mirrors `SimulateNodeRemoval`.
    fn simulate_node_removal(
        &mut self,
        simulation: &mut Simulation<'_>,
        id: NodeId,
    ) -> Result<Vec<PodId>, UnremovableReason> {
        let cluster = simulation.cluster;
        let node = cluster.node(id).expect("candidates are nodes that exist");
        let annotation = node.node.metadata.annotations.get(SCALE_DOWN_DISABLED);
        if annotation.is_some_and(|value| value == "true") {
            return Err(UnremovableReason::ScaleDownDisabledAnnotation);
        }
        let pods = pods_to_move(cluster, node, &self.options, &simulation.budgets)?;
        let mut trial = simulation.fork.clone();
        self.snapshot.remove_node(&mut trial, id);
        let stays = |other: NodeId| {
            other != id && cluster.node(other).is_some() && !simulation.gone.contains(&other)
        };
        for pod in pods.iter().filter_map(|&pod| cluster.pod(pod)) {
            let class = self.snapshot.class_of(cluster, pod);
            let Some(place) = self.snapshot.find(&trial, class, stays) else {
                let name = format!("{}/{}", pod.namespace, pod.name);
                return Err(UnremovableReason::NoPlaceToMovePods(Arc::from(name)));
            };
            self.snapshot.add_pod(&mut trial, class, pod.id, place);
        }
        *simulation.fork = trial;
        simulation.gone.insert(id);
        simulation.budgets.remove_pods(cluster, &pods);
        Ok(pods)
    }

    /// Notes what is different from the scan before, for those who ask why a node stays.
    fn tell_changes(
        &mut self,
        api: &mut Api<'_>,
        fork: &Fork,
        former: &BTreeMap<NodeId, Unneeded>,
    ) {
        let now = api.now();
        let mut notes: Vec<(NodeId, ClusterAutoscalerReason)> = Vec::new();
        for node in api.cluster().nodes().filter(|node| self.groups.of(node).is_some()) {
            let id = node.id;
            let name = || Arc::from(node.node.metadata.name.as_str());
            let kept = self.planner.unremovable.get(&id);
            if let Some(unneeded) = self.planner.unneeded.get(&id) {
                self.planner.told.remove(&id);
                if !former.contains_key(&id) {
                    let Unneeded { utilization, pods, .. } = unneeded;
                    let (utilization, pods) = (*utilization, pods.len() as u32);
                    let reason =
                        ClusterAutoscalerReason::Unneeded { node: name(), utilization, pods };
                    notes.push((id, reason));
                }
            } else if let Some(Unremovable { why, utilization, .. }) = kept {
                if self.planner.told.get(&id).is_some_and(|(told, _)| told.is_like(why)) {
                    continue;
                }
                self.planner.told.insert(id, (why.clone(), now));
                let (why, utilization) = (why.clone(), *utilization);
                let reason =
                    ClusterAutoscalerReason::Unremovable { node: name(), utilization, why };
                notes.push((id, reason));
            } else if let Some(former) = former.get(&id).filter(|_| !self.is_being_deleted(id)) {
                let (after, utilization) = (now - former.since, self.utilization(fork, id));
                let reason =
                    ClusterAutoscalerReason::NeededAgain { node: name(), utilization, after };
                notes.push((id, reason));
            }
        }
        for (node, reason) in notes {
            send(api, Write::Note(ObjectId::Node(node)), reason);
        }
    }

    /// Notes that nodes of which it was told that they are kept are no candidates any more: they
    /// have more to do, or are as few as may be.
    fn tell_released(&mut self, api: &mut Api<'_>, fork: &Fork, little: &BTreeSet<NodeId>) {
        let told = std::mem::take(&mut self.planner.told);
        let (kept, released) = told.into_iter().partition(|(node, _)| little.contains(node));
        self.planner.told = kept;
        let released: BTreeMap<NodeId, (UnremovableReason, SimTime)> = released;
        for (id, (_, since)) in released {
            let Some(node) = api.cluster().node(id) else { continue };
            let name = Arc::from(node.node.metadata.name.as_str());
            let (utilization, after) = (self.utilization(fork, id), api.now() - since);
            let reason = if utilization.share < utilization.threshold {
                let why = UnremovableReason::NodeGroupMinSizeReached;
                ClusterAutoscalerReason::Unremovable { node: name, utilization, why }
            } else {
                ClusterAutoscalerReason::NeededAgain { node: name, utilization, after }
            };
            send(api, Write::Note(ObjectId::Node(id)), reason);
        }
    }

    /// Nodes that were not needed for long enough, as many as may go at once, and when the next one
    /// will have been. Mirrors `NodesToDelete` and `CropNodes`.
    pub(super) fn nodes_to_delete(&self, cluster: &Cluster) -> (Vec<Removal>, SimTime) {
        let (now, mut next) = (cluster.now, SimTime::MAX);
        let mut removals = Vec::new();
        for (&id, unneeded) in &self.planner.unneeded {
            let Some(node) = cluster.node(id) else { continue };
            let Some(group) = self.groups.of(node) else { continue };
            let due = unneeded.since + self.unneeded_time(node);
            if due > now {
                next = next.min(due);
                continue;
            }
            removals.push(Removal {
                node: id,
                group,
                name: Arc::from(node.node.metadata.name.as_str()),
                unneeded: now - unneeded.since,
                utilization: unneeded.utilization,
                pods: unneeded.pods.clone(),
            });
        }
        (self.crop(cluster, removals), next)
    }

    fn unneeded_time(&self, node: &NodeObject) -> SimDuration {
        if node.is_ready() {
            self.options.scale_down_unneeded_time
        } else {
            self.options.scale_down_unready_time
        }
    }

    /// Those that leave enough of their group, empty ones first, and not too many.
    fn crop(&self, cluster: &Cluster, mut removals: Vec<Removal>) -> Vec<Removal> {
        removals.sort_by_key(|removal| (!removal.pods.is_empty(), removal.node));
        let mut sizes: Vec<u32> = self
            .groups
            .places()
            .map(|group| {
                let going =
                    self.deletions.iter().filter(|it| it.removal.group == group).count() as u32;
                self.groups.target_size(cluster, group).saturating_sub(going)
            })
            .collect();
        let mut all = self.options.max_scale_down_parallelism;
        all = all.saturating_sub(self.deletions.len() as u32);
        let draining = self.deletions.iter().filter(|it| !it.removal.pods.is_empty()).count();
        let mut drains = self.options.max_drain_parallelism.saturating_sub(draining as u32);
        removals.retain(|removal| {
            let drain = !removal.pods.is_empty();
            let size = &mut sizes[removal.group];
            if *size <= self.groups.get(removal.group).min || all == 0 || (drain && drains == 0) {
                return false;
            }
            *size -= 1;
            all -= 1;
            drains -= u32::from(drain);
            true
        });
        removals
    }

    /// Forgets a node that is being removed.
    pub(super) fn forget_unneeded(&mut self, node: NodeId) {
        self.planner.unneeded.remove(&node);
    }
}

/// The taint of candidates, which keeps pods away where there is another place.
impl ClusterAutoscaler {
    pub(super) fn has_stale_soft_taints(&self, cluster: &Cluster) -> bool {
        cluster.nodes().any(|node| self.soft_taint_change(node).is_some())
    }

    /// Whether a node should get the taint, or lose it.
    fn soft_taint_change(&self, node: &NodeObject) -> Option<bool> {
        let is_candidate = self.planner.unneeded.contains_key(&node.id);
        let has = |key: &str| node.taints.iter().any(|taint| taint.key == key);
        let ours = self.groups.of(node).is_some() && !has(TO_BE_DELETED_TAINT);
        (ours && is_candidate != has(DELETION_CANDIDATE_TAINT)).then_some(is_candidate)
    }

    /// Mirrors `UpdateSoftDeletionTaints`.
    pub(super) fn update_soft_deletion_taints(&mut self, api: &mut Api<'_>) {
        let changes = api.cluster().nodes().filter_map(|node| {
            let is_candidate = self.soft_taint_change(node)?;
            Some((node.id, is_candidate))
        });
        let most = self.options.max_bulk_soft_taint_count as usize;
        let changes: Vec<(NodeId, bool)> = changes.take(most).collect();
        for (node, is_candidate) in changes {
            let reason = ClusterAutoscalerReason::DeletionCandidate { is_candidate };
            set_taint(
                api,
                node,
                (DELETION_CANDIDATE_TAINT, "PreferNoSchedule"),
                is_candidate,
                reason,
            );
        }
    }
}

/// Puts a taint on a node, or takes it away.
pub(super) fn set_taint(
    api: &mut Api<'_>,
    id: NodeId,
    (key, effect): (&str, &str),
    present: bool,
    reason: ClusterAutoscalerReason,
) {
    let value = api.now().whole_seconds().to_string();
    let Some(node) = api.cluster().node(id) else { return };
    let mut taints = node.taints.clone();
    taints.retain(|taint| taint.key != key);
    if present {
        taints.push(Taint { key: key.to_owned(), value, effect: effect.to_owned() });
    }
    let unschedulable = node.unschedulable;
    send(api, Write::UpdateNode { node: id, unschedulable, taints: Arc::from(taints) }, reason);
}
