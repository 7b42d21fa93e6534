//! Which pods of a node have to move before it can go, and which ones keep it. Mirrors
//! cluster-autoscaler/simulator/drain.go and simulator/drainability/rules of kubernetes/autoscaler.
//! Left out: replica counts (`min-replica-count` is 0), volumes other than `emptyDir`, the
//! annotation `safe-to-evict-local-volumes`, controllers that upstream does not know.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::config::AutoscalingOptions;
use super::reason::UnremovableReason;
use crate::kube::apiserver::Cluster;
use crate::kube::apiserver::eviction::budgets_of;
use crate::kube::objects::ids::{PdbId, PodId};
use crate::kube::objects::node::NodeObject;
use crate::kube::objects::pod::Pod;
use crate::units::{SimDuration, SimTime};

/// Annotation of pods that may go, or not.
const SAFE_TO_EVICT: &str = "cluster-autoscaler.kubernetes.io/safe-to-evict";
/// Annotation of pods that a kubelet made of its own files.
const MIRROR_POD: &str = "kubernetes.io/config.mirror";
/// How much longer than its grace a pod may take to end before nobody waits for it.
const POD_LONG_TERMINATING_EXTRA_THRESHOLD: SimDuration = SimDuration::from_secs(30);

/// How many more pods each budget lets go. Mirrors `RemainingPdbTracker`.
#[derive(Clone, Debug, Default)]
pub(super) struct RemainingPdbTracker(BTreeMap<PdbId, i32>);

impl RemainingPdbTracker {
    pub(super) fn new(cluster: &Cluster) -> RemainingPdbTracker {
        let budgets = cluster.pdbs().map(|pdb| (pdb.id, pdb.status.disruptions_allowed));
        RemainingPdbTracker(budgets.collect())
    }

    fn remaining(&self, pdb: PdbId) -> i32 {
        self.0.get(&pdb).copied().unwrap_or(0)
    }

    /// Counts pods that would go.
    pub(super) fn remove_pods(&mut self, cluster: &Cluster, pods: &[PodId]) {
        for pod in pods.iter().filter_map(|&pod| cluster.pod(pod)) {
            for budget in budgets_of(cluster, pod) {
                self.0.entry(budget.id).and_modify(|left| *left -= 1);
            }
        }
    }
}

/// The pods of a node that have to move. Mirrors `GetPodsToMove`.
///
/// # Errors
/// What keeps the node.
pub(super) fn pods_to_move(
    cluster: &Cluster,
    node: &NodeObject,
    options: &AutoscalingOptions,
    budgets: &RemainingPdbTracker,
) -> Result<Vec<PodId>, UnremovableReason> {
    let mut pods = Vec::new();
    for pod in moving_pods(cluster, node) {
        check(cluster, pod, options, budgets)?;
        pods.push(pod.id);
    }
    Ok(pods)
}

/// The pods of a node that matter when it goes, whether or not they may.
pub(super) fn moving_pods<'a>(
    cluster: &'a Cluster,
    node: &'a NodeObject,
) -> impl Iterator<Item = &'a Pod> {
    let pods = node.pods.iter().filter_map(|&pod| cluster.pod(pod));
    pods.filter(|pod| !is_skipped(cluster, pod))
}

fn is_skipped(cluster: &Cluster, pod: &Pod) -> bool {
    let annotations = &cluster.template(pod.template).spec.metadata.annotations;
    let is_daemon = pod.other_controller.as_ref().is_some_and(|it| &*it.kind == "DaemonSet");
    pod.is_terminal()
        || is_daemon
        || annotations.contains_key(MIRROR_POD)
        || is_long_terminating(pod, cluster.now)
}

/// Whether a pod should have ended long ago. Mirrors `IsPodLongTerminating`.
fn is_long_terminating(pod: &Pod, now: SimTime) -> bool {
    pod.deletion.is_some_and(|deletion| {
        let grace = SimDuration::from_secs(deletion.grace_period_seconds);
        deletion.deletion_timestamp + grace + POD_LONG_TERMINATING_EXTRA_THRESHOLD < now
    })
}

/// The rules in upstream's order.
fn check(
    cluster: &Cluster,
    pod: &Pod,
    options: &AutoscalingOptions,
    budgets: &RemainingPdbTracker,
) -> Result<(), UnremovableReason> {
    let template = &cluster.template(pod.template).spec;
    let safe = template.metadata.annotations.get(SAFE_TO_EVICT).map(String::as_str);
    let name = || -> Arc<str> { Arc::from(format!("{}/{}", pod.namespace, pod.name)) };
    if safe != Some("true") {
        if pod.owner.is_none() && pod.other_controller.is_none() {
            return Err(UnremovableReason::NotReplicated(name()));
        }
        let is_system = &*pod.namespace == "kube-system" && options.skip_nodes_with_system_pods;
        if is_system && budgets_of(cluster, pod).next().is_none() {
            return Err(UnremovableReason::UnmovableKubeSystemPod(name()));
        }
        if safe == Some("false") {
            return Err(UnremovableReason::NotSafeToEvictAnnotation(name()));
        }
        if template.spec.has_empty_dir && options.skip_nodes_with_local_storage {
            return Err(UnremovableReason::LocalStorageRequested(name()));
        }
    }
    let empty = budgets_of(cluster, pod).find(|budget| budgets.remaining(budget.id) < 1);
    match empty {
        None => Ok(()),
        Some(budget) => Err(UnremovableReason::NotEnoughPdb {
            pod: name(),
            budget: Arc::from(budget.metadata.name.as_str()),
        }),
    }
}
