//! Mirrors `getExpectedPodCount` and the finders of `pkg/controller/disruption/disruption.go`
//! (v1.36). Left out: the finders of controllers that are not simulated.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::api::int_or_percent::IntOrPercent;
use crate::api::policy::PodDisruptionBudgetSpec;
use crate::kube::apiserver::Cluster;
use crate::kube::objects::ids::{ObjectId, PodId, ReplicaSetId};

/// How many pods a budget counts on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Expected {
    /// All pods, or all that their controllers want.
    pub(super) count: i32,
    /// How many must be healthy.
    pub(super) desired_healthy: i32,
    /// Whether pods were left out that have no controller.
    pub(super) has_unmanaged: bool,
}

/// How many pods are expected, and how many of them must be healthy. Percentages round up.
pub(super) fn expected_pod_count(
    cluster: &Cluster,
    spec: &PodDisruptionBudgetSpec,
    pods: &[PodId],
) -> Result<Expected, Arc<str>> {
    if let Some(max_unavailable) = &spec.max_unavailable {
        let (count, has_unmanaged) = expected_scale(cluster, pods)?;
        let unavailable = max_unavailable.scaled_value(count, true)? as i32;
        let desired_healthy = count.wrapping_sub(unavailable).max(0);
        return Ok(Expected { count, desired_healthy, has_unmanaged });
    }
    match &spec.min_available {
        None => Ok(Expected::default()),
        Some(IntOrPercent::Int(desired_healthy)) => Ok(Expected {
            count: pods.len() as i32,
            desired_healthy: *desired_healthy,
            has_unmanaged: false,
        }),
        Some(min_available @ IntOrPercent::String(_)) => {
            let (count, has_unmanaged) = expected_scale(cluster, pods)?;
            let desired_healthy = min_available.scaled_value(count, true)? as i32;
            Ok(Expected { count, desired_healthy, has_unmanaged })
        }
    }
}

/// Sum of the sizes of all controllers of the pods, and whether some have none.
fn expected_scale(cluster: &Cluster, pods: &[PodId]) -> Result<(i32, bool), Arc<str>> {
    let mut scales: BTreeMap<ObjectId, i32> = BTreeMap::new();
    let mut last = None;
    let mut has_unmanaged = false;
    for pod in pods.iter().filter_map(|&pod| cluster.pod(pod)) {
        let Some(owner) = pod.owner else {
            has_unmanaged = true;
            continue;
        };
        // Neighbours mostly share their owner.
        if last == Some(owner) {
            continue;
        }
        let Some((controller, scale)) = controller_scale(cluster, owner) else {
            return Err(Arc::from(format!("found no controllers for pod \"{}\"", pod.name)));
        };
        scales.insert(controller, scale);
        last = Some(owner);
    }
    Ok((scales.values().fold(0, |sum: i32, scale| sum.wrapping_add(*scale)), has_unmanaged))
}

/// The Deployment of a ReplicaSet, else the ReplicaSet itself, and its `spec.replicas`.
fn controller_scale(cluster: &Cluster, owner: ReplicaSetId) -> Option<(ObjectId, i32)> {
    let replica_set = cluster.replica_set(owner)?;
    match replica_set.owner.and_then(|deployment| cluster.deployment(deployment)) {
        Some(deployment) => Some((ObjectId::Deployment(deployment.id), deployment.replicas())),
        None => Some((ObjectId::ReplicaSet(owner), replica_set.replicas)),
    }
}
