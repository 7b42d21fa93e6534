//! Mirrors `pkg/controller/replicaset/replica_set_utils.go` (v1.36): the status. Left out: the
//! retry after a conflict (nobody else writes it).

use std::sync::Arc;

use super::claim::Claimed;
use crate::kube::controllers::controller_utils::is_pod_available;
use crate::kube::objects::deployment::{ReplicaSetCondition, ReplicaSetObject, ReplicaSetStatus};
use crate::units::SimTime;

/// The counts of a ReplicaSet's pods; observed generation and failure are as they were.
pub(super) fn count(
    replica_set: &ReplicaSetObject,
    claimed: &Claimed,
    now: SimTime,
) -> ReplicaSetStatus {
    let min_ready_seconds = replica_set.min_ready_seconds;
    let available = claimed
        .ready
        .iter()
        .filter(|&&ready| is_pod_available(Some(ready), min_ready_seconds, now));
    ReplicaSetStatus {
        observed_generation: replica_set.status.observed_generation,
        replicas: claimed.active.len() as i32,
        fully_labeled_replicas: claimed.fully_labeled,
        ready_replicas: claimed.ready.len() as i32,
        available_replicas: available.count() as i32,
        terminating_replicas: Some(claimed.terminating),
        replica_failure: replica_set.status.replica_failure.clone(),
    }
}

/// Says that pods could not be created or deleted; a failure that is already told keeps its first
/// text, and goes with the first sync without error.
pub(super) fn set_failure(
    status: &mut ReplicaSetStatus,
    wanted: i32,
    error: Option<&Arc<str>>,
    now: SimTime,
) {
    match error {
        None => status.replica_failure = None,
        Some(_) if status.replica_failure.is_some() => {}
        Some(error) => {
            let reason = if status.replicas < wanted { "FailedCreate" } else { "FailedDelete" };
            status.replica_failure = Some(ReplicaSetCondition {
                reason,
                message: Arc::clone(error),
                last_transition_time: now,
            });
        }
    }
}
