//! Who hears of which change: the event handlers that upstream's controllers register on their
//! informers (`addPod`, `updateReplicaSet`, ...), as one table.

use std::sync::Arc;

use super::change::{Change, PodChange, PodFacts};
use super::cluster::Cluster;
use super::write::{EventType, Write};
use crate::api::core::Taint;
use crate::api::meta::ConditionStatus;
use crate::engine::wakes::Component;
use crate::kube::cluster_autoscaler::Task;
use crate::kube::controllers::disruption::reason::DisruptionReason;
use crate::kube::controllers::disruption::stale_disruption_at;
use crate::kube::objects::ids::{DeploymentId, NodeId, ObjectId, PdbId, PodId, ReplicaSetId};
use crate::kube::objects::node::taint;
use crate::kube::objects::pod::Pod;
use crate::kube::reason::Reason;
use crate::units::SimDuration;

/// The Deployment controller; keys are Deployments.
pub const DEPLOYMENT: Component = Component { number: 0, rank: 0 };
/// The ReplicaSet controller; keys are ReplicaSets.
pub const REPLICA_SET: Component = Component { number: 1, rank: 1 };
/// The disruption controller; keys are budgets.
pub const DISRUPTION: Component = Component { number: 2, rank: 2 };
/// The node life cycle controller; keys are nodes.
pub const NODE_LIFECYCLE: Component = Component { number: 3, rank: 2 };
/// The scheduler; it has one key, 0: look at the queue.
pub const SCHEDULER: Component = Component { number: 4, rank: 3 };
/// The kubelets; keys are pods.
pub const KUBELET: Component = Component { number: 5, rank: 4 };
/// The EndpointSlice controller; keys are Services.
pub const ENDPOINTS: Component = Component { number: 6, rank: 5 };
/// kube-proxy; keys are Services.
pub const KUBE_PROXY: Component = Component { number: 7, rank: 5 };
/// Whoever plays the user: edits, drains, faults; after all controllers.
pub const USER: Component = Component { number: 8, rank: 7 };

/// The disruption controller again: an eviction should have shown; keys are budgets.
pub const DISRUPTION_RECHECK: Component = Component { number: 9, rank: 2 };
/// The disruption controller again: a pod that was to be disrupted should be gone; keys are pods.
pub const STALE_POD_DISRUPTION: Component = Component { number: 10, rank: 2 };

/// Swarm's orchestrator; keys are the Deployments that stand for its services.
pub const SWARM: Component = Component { number: 11, rank: 0 };
/// The node life cycle controller again: a look at all nodes; it has one key, 0.
pub const NODE_MONITOR: Component = Component { number: 12, rank: 2 };
/// The node life cycle controller again: nodes wait for their taints; it has one key, 0.
pub const NODE_TAINTER: Component = Component { number: 13, rank: 2 };
/// The taint eviction controller: taints of a node changed, or a pod came to it; keys are nodes.
pub const TAINT_EVICTION: Component = Component { number: 14, rank: 2 };
/// The taint eviction controller again: the time of a pod has come; keys are pods.
pub const TAINT_EVICTION_POD: Component = Component { number: 15, rank: 2 };
/// The kubelets again: the machine or the kubelet of a node stopped or started; keys are nodes.
pub const KUBELET_NODE: Component = Component { number: 16, rank: 4 };
/// The garbage collector of pods; it has one key, 0.
pub const POD_GC: Component = Component { number: 18, rank: 2 };
/// Commands of users that take time; keys are those of [`USER`].
pub const KUBECTL: Component = Component { number: 17, rank: 7 };
/// The cluster autoscaler; its keys are those of [`crate::kube::cluster_autoscaler::Task`].
pub const CLUSTER_AUTOSCALER: Component = Component { number: 19, rank: 7 };

/// Above every rank: a wake of any component is due.
pub const ANY_RANK: u8 = 8;

/// Wakes the components that a change concerns.
pub(super) fn notify(cluster: &mut Cluster, change: Change) {
    let timings = cluster.timings;
    wake_autoscaler(cluster, change);
    match change {
        Change::Deployment(deployment) => {
            wake_owner(cluster, Some(deployment), timings.deployment_sync);
        }
        Change::DeploymentStatus(deployment) => {
            wake_owner(cluster, Some(deployment), timings.deployment_status);
        }
        Change::ReplicaSet(replica_set, owner) => {
            if !owner.is_some_and(|owner| is_of_swarm(cluster, owner)) {
                let at = cluster.now + timings.replica_set_sync;
                cluster.wakes.wake_last(REPLICA_SET, replica_set.0, at);
            }
            wake_owner(cluster, owner, timings.deployment_status);
        }
        Change::ReplicaSetStatus(replica_set, owner) => {
            // Nothing is left to do, but to try again what failed.
            if has_failed(cluster, replica_set) {
                wake_replica_set(cluster, replica_set, timings.replica_set_status);
            }
            wake_owner(cluster, owner, timings.deployment_status);
        }
        Change::ReplicaSetDeleted(_, owner) => {
            wake_owner(cluster, owner, timings.deployment_status);
        }
        Change::Pod(pod, what, facts) => notify_pod(cluster, pod, what, facts),
        Change::Pdb(pdb) | Change::PdbStatus(pdb) => {
            wake(cluster, DISRUPTION, pdb.0, timings.disruption_sync);
        }
        Change::Node(node) => notify_node(cluster, node),
        Change::Machine(node) => {
            wake(cluster, KUBELET_NODE, node.0, SimDuration::ZERO);
            wake(cluster, NODE_MONITOR, 0, SimDuration::ZERO);
        }
        Change::Service(service) => wake(cluster, ENDPOINTS, service.0, SimDuration::ZERO),
        Change::Endpoints(service) => wake(cluster, KUBE_PROXY, service.0, SimDuration::ZERO),
        Change::None | Change::HpaCreated(_) | Change::HpaDeleted(_) => {}
    }
}

/// A cluster autoscaler, if there is one, looks at what changed at its next scan.
fn wake_autoscaler(cluster: &mut Cluster, change: Change) {
    let Some(scans) = cluster.scans else { return };
    if let Change::Pod(..) | Change::Node(_) | Change::Pdb(_) | Change::PdbStatus(_) = change {
        let at = scans.next(cluster.now);
        cluster.wakes.wake(CLUSTER_AUTOSCALER, Task::Scan as u32, at);
    }
}

fn notify_node(cluster: &mut Cluster, id: NodeId) {
    let timings = cluster.timings;
    wake(cluster, SCHEDULER, 0, SimDuration::ZERO);
    wake_swarm(cluster);
    wake(cluster, NODE_LIFECYCLE, id.0, timings.node_lifecycle);
    wake(cluster, NODE_MONITOR, 0, SimDuration::ZERO);
    wake(cluster, TAINT_EVICTION, id.0, SimDuration::ZERO);
    if cluster.node(id).is_some_and(|node| node.ready == ConditionStatus::False) {
        wake(cluster, KUBELET_NODE, id.0, timings.node_ready);
    }
    let out_of_service = |one: &Taint| one.key == taint::OUT_OF_SERVICE;
    if cluster.node(id).is_none_or(|node| node.taints.iter().any(out_of_service)) {
        wake(cluster, POD_GC, 0, SimDuration::ZERO);
    }
}

/// A pod came to a node that not every pod stands.
fn wake_taint_eviction(cluster: &mut Cluster, node: Option<NodeId>) {
    let Some(node) = node.and_then(|node| cluster.node(node)) else { return };
    let id = node.id;
    if node.taints.iter().any(|taint| taint.effect == taint::NO_EXECUTE) {
        wake(cluster, TAINT_EVICTION, id.0, SimDuration::ZERO);
    }
}

fn notify_pod(cluster: &mut Cluster, pod: PodId, what: PodChange, facts: PodFacts) {
    let timings = cluster.timings;
    wake_replica_sets(cluster, what, facts);
    match what {
        PodChange::Removed => wake_recreate(cluster, facts),
        PodChange::Bound => wake_taint_eviction(cluster, facts.node),
        _ => {}
    }
    match what {
        PodChange::Added => {
            wake(cluster, SCHEDULER, 0, timings.schedule);
            // For a scripted kubelet, which binds pods itself; the modelled one finds nothing to
            // do.
            wake(cluster, KUBELET, pod.0, SimDuration::ZERO);
        }
        PodChange::Bound | PodChange::Marked | PodChange::Released => {
            wake(cluster, KUBELET, pod.0, SimDuration::ZERO);
        }
        PodChange::Removed => {
            wake(cluster, SCHEDULER, 0, SimDuration::ZERO);
            wake(cluster, KUBELET, pod.0, SimDuration::ZERO);
        }
        // Other labels may match other terms; a pod that ended holds nothing more.
        PodChange::Metadata => wake(cluster, SCHEDULER, 0, SimDuration::ZERO),
        PodChange::Readiness if cluster.pod(pod).is_some_and(Pod::is_terminal) => {
            wake(cluster, SCHEDULER, 0, SimDuration::ZERO);
        }
        PodChange::Status | PodChange::Readiness => {}
    }
    if !matches!(what, PodChange::Status | PodChange::Released) {
        wake_services(cluster, facts);
        // A budget counts a pod the same with and without a node.
        if what != PodChange::Bound {
            wake_budget(cluster, pod, facts);
        }
        wake_stale_pod(cluster, pod);
    }
}

/// The ReplicaSets of a pod: its owner, or for a pod of nobody's all that match. Mirrors `addPod`,
/// `updatePod` and `deletePod` of the ReplicaSet controller; it has nothing to do for a change that
/// it does not count, unless it failed and any event lets it try again.
fn wake_replica_sets(cluster: &mut Cluster, what: PodChange, facts: PodFacts) {
    let delay = cluster.timings.replica_set_status;
    let uncounted = matches!(what, PodChange::Status | PodChange::Bound | PodChange::Released);
    for owner in [facts.owner, facts.former_owner].into_iter().flatten() {
        if !uncounted || has_failed(cluster, owner) {
            wake_replica_set(cluster, owner, delay);
        }
    }
    if facts.owner.is_some() || !matches!(what, PodChange::Added | PodChange::Metadata) {
        return;
    }
    let set = &cluster.label_sets[facts.labels.index()];
    let matching: Vec<ReplicaSetId> = cluster
        .replica_sets()
        .filter(|replica_set| replica_set.namespace == set.namespace)
        .filter(|replica_set| replica_set.selector.matches(&set.labels))
        .map(|replica_set| replica_set.id)
        .collect();
    for replica_set in matching {
        wake_replica_set(cluster, replica_set, delay);
    }
}

fn has_failed(cluster: &Cluster, replica_set: ReplicaSetId) -> bool {
    let replica_set = cluster.replica_set(replica_set);
    replica_set.is_some_and(|replica_set| replica_set.status.replica_failure.is_some())
}

/// A Deployment of strategy `Recreate` whose last pod is gone. Mirrors `deletePod` of the
/// Deployment controller.
fn wake_recreate(cluster: &mut Cluster, facts: PodFacts) {
    let replica_set = facts.owner.and_then(|owner| cluster.replica_set(owner));
    let owner = replica_set.and_then(|replica_set| replica_set.owner);
    let Some(deployment) = owner.and_then(|owner| cluster.deployment(owner)) else { return };
    let has_pods = deployment
        .replica_sets
        .iter()
        .filter_map(|&id| cluster.replica_set(id))
        .any(|replica_set| !replica_set.pods.is_empty());
    if deployment.spec.strategy.type_ == "Recreate" && !has_pods {
        let delay = cluster.timings.deployment_status;
        wake_owner(cluster, owner, delay);
    }
}

/// The Services of a pod by its labels. Mirrors `getServicesToUpdateOnPodChange`.
fn wake_services(cluster: &mut Cluster, facts: PodFacts) {
    let mut services = cluster.services_selecting(facts.labels);
    if facts.former_labels != facts.labels {
        services.extend(cluster.services_selecting(facts.former_labels));
        services.sort_unstable();
        services.dedup();
    }
    for service in services {
        wake(cluster, ENDPOINTS, service, SimDuration::ZERO);
    }
}

/// The budget of a pod by its labels: of several the first by name, and the pod gets an event.
/// Mirrors `getPdbForPod` of the disruption controller.
fn wake_budget(cluster: &mut Cluster, pod: PodId, facts: PodFacts) {
    let matching = cluster.budgets_selecting(facts.labels);
    let budgets = matching.iter().filter_map(|&number| cluster.pdb(PdbId(number)));
    let first = budgets.min_by(|one, other| one.metadata.name.cmp(&other.metadata.name));
    let Some(first) = first else { return };
    let id = first.id;
    if matching.len() > 1 {
        let set = &cluster.label_sets[facts.labels.index()];
        let object = cluster.pods().get(pod).or_else(|| cluster.pods().last_removed());
        let reason = DisruptionReason::MultiplePodDisruptionBudgets {
            namespace: Arc::clone(&set.namespace),
            pod: object.map_or_else(|| Arc::from(""), |object| Arc::clone(&object.name)),
            pdb: Arc::from(first.metadata.name.as_str()),
        };
        let write = Write::Event { object: ObjectId::Pod(pod), type_: EventType::Warning };
        cluster.keep(write, Reason::Disruption(reason));
    }
    let delay = cluster.timings.disruption_sync;
    wake(cluster, DISRUPTION, id.0, delay);
}

/// A pod that is to be disrupted and is still there will be looked at again. Mirrors `addPod` and
/// `updatePod` of the disruption controller.
fn wake_stale_pod(cluster: &mut Cluster, pod: PodId) {
    if let Some(at) = cluster.pod(pod).and_then(stale_disruption_at) {
        let at = at.max(cluster.now);
        cluster.wakes.wake(STALE_POD_DISRUPTION, pod.0, at);
    }
}

/// The controller of a Deployment; of a service of Swarm its orchestrator, which hears at once.
fn wake_owner(cluster: &mut Cluster, owner: Option<DeploymentId>, delay: SimDuration) {
    match owner {
        Some(owner) if is_of_swarm(cluster, owner) => {
            wake(cluster, SWARM, owner.0, SimDuration::ZERO);
        }
        Some(owner) => wake(cluster, DEPLOYMENT, owner.0, delay),
        None => {}
    }
}

/// The controller of a ReplicaSet; for one of Swarm its orchestrator.
fn wake_replica_set(cluster: &mut Cluster, replica_set: ReplicaSetId, delay: SimDuration) {
    let owner = cluster.replica_set(replica_set).and_then(|replica_set| replica_set.owner);
    match owner.filter(|&owner| is_of_swarm(cluster, owner)) {
        Some(owner) => wake(cluster, SWARM, owner.0, SimDuration::ZERO),
        None => wake(cluster, REPLICA_SET, replica_set.0, delay),
    }
}

/// All services of Swarm: something changed that may concern any of them.
fn wake_swarm(cluster: &mut Cluster) {
    for index in 0..cluster.deployments.len() {
        if is_of_swarm(cluster, DeploymentId(index as u32)) {
            wake(cluster, SWARM, index as u32, SimDuration::ZERO);
        }
    }
}

fn is_of_swarm(cluster: &Cluster, deployment: DeploymentId) -> bool {
    let deployment = cluster.deployment(deployment);
    deployment.is_some_and(|deployment| deployment.spec.strategy.swarm.is_some())
}

fn wake(cluster: &mut Cluster, component: Component, key: u32, delay: SimDuration) {
    let at = cluster.now + delay;
    cluster.wakes.wake(component, key, at);
}
