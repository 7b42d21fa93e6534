//! Mirrors `pkg/controller/deployment/util/deployment_util.go` (v1.36): the arithmetic of rollouts.
//! Left out: listing objects by a client (the store is at hand), annotations (in `annotations`),
//! conditions (in `conditions`).

use std::cmp::Ordering;
use std::sync::Arc;

use super::annotations::{DESIRED_REPLICAS, MAX_REPLICAS, non_negative_int32};
use crate::api::apps::{DeploymentSpec, RollingUpdateDeployment};
use crate::api::int_or_percent::IntOrPercent;
use crate::api::meta::StringMap;
use crate::kube::objects::deployment::{
    DeploymentConditionType, DeploymentStatus, ReplicaSetObject, ReplicaSetStatus,
};
use crate::kube::objects::ids::{ReplicaSetId, TemplateId};
use crate::units::{SimDuration, SimTime};

use super::reason::DeploymentConditionReason;

/// A ReplicaSet as a sync has read it: upstream's copy from its cache.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplicaSetCopy {
    /// Number.
    pub id: ReplicaSetId,
    /// Name.
    pub name: Arc<str>,
    /// Version that was read; a write of a copy that is no longer the newest is refused.
    pub resource_version: u64,
    /// Generation.
    pub generation: i64,
    /// A whole second.
    pub creation_timestamp: SimTime,
    /// `spec.replicas`.
    pub replicas: i32,
    /// `spec.minReadySeconds` \[s\].
    pub min_ready_seconds: i32,
    /// The Deployment's template that it was made from.
    pub base_template: TemplateId,
    /// Annotations.
    pub annotations: Arc<StringMap>,
    /// Status.
    pub status: ReplicaSetStatus,
}

impl ReplicaSetCopy {
    /// The copy of a stored ReplicaSet.
    pub fn new(object: &ReplicaSetObject) -> ReplicaSetCopy {
        ReplicaSetCopy {
            id: object.id,
            name: Arc::clone(&object.name),
            resource_version: object.resource_version,
            generation: object.generation,
            creation_timestamp: object.creation_timestamp,
            replicas: object.replicas,
            min_ready_seconds: object.min_ready_seconds,
            base_template: object.base_template,
            annotations: Arc::clone(&object.annotations),
            status: object.status.clone(),
        }
    }

    /// The Deployment's size when this ReplicaSet was last scaled, if noted and readable.
    pub fn desired_replicas(&self) -> Option<i32> {
        non_negative_int32(&self.annotations, DESIRED_REPLICAS)
    }

    fn max_replicas(&self) -> Option<i32> {
        non_negative_int32(&self.annotations, MAX_REPLICAS)
    }
}

/// Older first, then by name (`ReplicaSetsByCreationTimestamp`).
pub fn by_creation_timestamp(one: &ReplicaSetCopy, other: &ReplicaSetCopy) -> Ordering {
    (one.creation_timestamp, &one.name).cmp(&(other.creation_timestamp, &other.name))
}

/// Larger first, then older (`ReplicaSetsBySizeOlder`).
pub fn by_size_older(one: &ReplicaSetCopy, other: &ReplicaSetCopy) -> Ordering {
    other.replicas.cmp(&one.replicas).then_with(|| by_creation_timestamp(one, other))
}

/// Larger first, then newer (`ReplicaSetsBySizeNewer`).
pub fn by_size_newer(one: &ReplicaSetCopy, other: &ReplicaSetCopy) -> Ordering {
    other.replicas.cmp(&one.replicas).then_with(|| by_creation_timestamp(other, one))
}

/// Those that want pods (`FilterActiveReplicaSets`).
pub fn filter_active<'a>(
    replica_sets: impl Iterator<Item = &'a ReplicaSetCopy>,
) -> Vec<ReplicaSetCopy> {
    replica_sets.filter(|replica_set| replica_set.replicas > 0).cloned().collect()
}

/// Sum of `spec.replicas` (`GetReplicaCountForReplicaSets`); it wraps where upstream's would.
pub fn replica_count<'a>(replica_sets: impl Iterator<Item = &'a ReplicaSetCopy>) -> i32 {
    replica_sets.fold(0, |sum, replica_set| sum.wrapping_add(replica_set.replicas))
}

/// Sum of a number of the status.
pub fn sum_of_status<'a>(
    replica_sets: impl Iterator<Item = &'a ReplicaSetCopy>,
    number: impl Fn(&ReplicaSetStatus) -> i32,
) -> i32 {
    replica_sets.fold(0, |sum, replica_set| sum.wrapping_add(number(&replica_set.status)))
}

/// Sum of terminating pods; none if one ReplicaSet that was synced does not tell
/// (`GetTerminatingReplicaCountForReplicaSets`).
pub fn terminating_replica_count<'a>(
    replica_sets: impl Iterator<Item = &'a ReplicaSetCopy>,
) -> Option<i32> {
    let mut sum: i32 = 0;
    for replica_set in replica_sets {
        match replica_set.status.terminating_replicas {
            Some(terminating) => sum = sum.wrapping_add(terminating),
            None if replica_set.status.observed_generation == 0 => {}
            None => return None,
        }
    }
    Some(sum)
}

/// `spec.replicas`, defaulted.
pub fn replicas(spec: &DeploymentSpec) -> i32 {
    spec.replicas.unwrap_or(1)
}

/// Surge and unavailable pods of a rolling update of so many replicas; if both come out 0, one may
/// be unavailable, or the rollout would never move.
///
/// # Errors
/// Upstream's message, when a text is no percentage.
pub fn resolve_fenceposts(
    max_surge: Option<&IntOrPercent>,
    max_unavailable: Option<&IntOrPercent>,
    desired: i32,
) -> Result<(i32, i32), String> {
    let scaled = |amount: Option<&IntOrPercent>, round_up| match amount {
        Some(amount) => amount.scaled_value(desired, round_up),
        None => Ok(0),
    };
    let (surge, mut unavailable) = (scaled(max_surge, true)?, scaled(max_unavailable, false)?);
    if surge == 0 && unavailable == 0 {
        unavailable = 1;
    }
    Ok((surge as i32, unavailable as i32))
}

/// Whether the strategy is `RollingUpdate`.
pub fn is_rolling_update(spec: &DeploymentSpec) -> bool {
    spec.strategy.type_ == "RollingUpdate"
}

/// How many pods may be missing.
pub fn max_unavailable(spec: &DeploymentSpec) -> i32 {
    let replicas = replicas(spec);
    if !is_rolling_update(spec) || replicas == 0 {
        return 0;
    }
    fenceposts(spec).1.min(replicas)
}

/// How many pods must be available.
pub fn min_available(spec: &DeploymentSpec) -> i32 {
    if !is_rolling_update(spec) {
        return 0;
    }
    replicas(spec) - max_unavailable(spec)
}

/// How many pods may be there beyond the replicas.
pub fn max_surge(spec: &DeploymentSpec) -> i32 {
    if !is_rolling_update(spec) {
        return 0;
    }
    fenceposts(spec).0
}

/// Replicas and surge, as noted on ReplicaSets.
pub fn max_replicas(spec: &DeploymentSpec) -> i32 {
    replicas(spec).wrapping_add(max_surge(spec))
}

/// (0, 0) when a text is no percentage: validation refuses that.
fn fenceposts(spec: &DeploymentSpec) -> (i32, i32) {
    let none = RollingUpdateDeployment::default();
    let bounds = spec.strategy.rolling_update.as_ref().unwrap_or(&none);
    let (surge, unavailable) = (bounds.max_surge.as_ref(), bounds.max_unavailable.as_ref());
    resolve_fenceposts(surge, unavailable, replicas(spec)).unwrap_or_default()
}

/// By how much a ReplicaSet changes when `to_add` replicas are shared out and `added` of them are
/// spent (`GetReplicaSetProportion`).
pub fn replica_set_proportion(
    replica_set: &ReplicaSetCopy,
    spec: &DeploymentSpec,
    status_replicas: i32,
    to_add: i32,
    added: i32,
) -> i32 {
    if replica_set.replicas == 0 || to_add == 0 || to_add == added {
        return 0;
    }
    let fraction = replica_set_fraction(replica_set, spec, status_replicas);
    let allowed = to_add.wrapping_sub(added);
    if to_add > 0 { fraction.min(allowed) } else { fraction.max(allowed) }
}

fn replica_set_fraction(
    replica_set: &ReplicaSetCopy,
    spec: &DeploymentSpec,
    status_replicas: i32,
) -> i32 {
    if replicas(spec) == 0 {
        return -replica_set.replicas;
    }
    let max_before = replica_set.max_replicas().filter(|&noted| noted != 0);
    let max_before = max_before.unwrap_or(status_replicas);
    if max_before == 0 {
        return 0;
    }
    // Upstream multiplies in 32 bits.
    let product = replica_set.replicas.wrapping_mul(max_replicas(spec));
    round_to_int32(f64::from(product) / f64::from(max_before)).wrapping_sub(replica_set.replicas)
}

/// Half away from zero.
fn round_to_int32(number: f64) -> i32 {
    if number < 0.0 { (number - 0.5) as i32 } else { (number + 0.5) as i32 }
}

/// The size that the new ReplicaSet may have while all together have `total`
/// (`NewRSNewReplicas`), and the bound on all together that gave it.
///
/// # Errors
/// Upstream's message, when maxSurge is no percentage or the strategy is unknown.
pub fn new_rs_new_replicas(
    spec: &DeploymentSpec,
    total: i32,
    new_replicas: i32,
) -> Result<(i32, i32), String> {
    let replicas = replicas(spec);
    match spec.strategy.type_.as_str() {
        "Recreate" => Ok((replicas, replicas)),
        "RollingUpdate" => {
            let bounds = spec.strategy.rolling_update.as_ref();
            let max_surge = match bounds.and_then(|bounds| bounds.max_surge.as_ref()) {
                Some(max_surge) => max_surge.scaled_value(replicas, true)? as i32,
                None => 0,
            };
            let max_total = replicas.wrapping_add(max_surge);
            if total >= max_total {
                return Ok((new_replicas, max_total));
            }
            let room = max_total.wrapping_sub(total);
            let missing = replicas.wrapping_sub(new_replicas);
            Ok((new_replicas.wrapping_add(room.min(missing)), max_total))
        }
        other => Err(format!("deployment type {other} isn't supported")),
    }
}

/// The ReplicaSet that takes a change of size alone: the only one with pods, or without any the
/// newest; none if several have pods. Leaves the old ones sorted, newest first.
pub fn find_active_or_latest(
    new: Option<&ReplicaSetCopy>,
    old: &mut [ReplicaSetCopy],
) -> Option<ReplicaSetCopy> {
    old.sort_by(|one, other| by_creation_timestamp(other, one));
    let mut active = filter_active(old.iter().chain(new));
    match active.len() {
        0 => new.or(old.first()).cloned(),
        1 => active.pop(),
        _ => None,
    }
}

/// Whether the new ReplicaSet has all that the Deployment asks for, and it is available.
pub fn is_saturated(spec: &DeploymentSpec, new: Option<&ReplicaSetCopy>) -> bool {
    let Some(new) = new else { return false };
    let replicas = replicas(spec);
    let noted = new.annotations.get(DESIRED_REPLICAS).and_then(|text| text.parse::<i64>().ok());
    noted.is_some_and(|desired| desired as i32 == replicas)
        && new.replicas == replicas
        && new.status.available_replicas == replicas
}

/// Whether a rollout is done.
pub fn deployment_complete(spec: &DeploymentSpec, generation: i64, new: &DeploymentStatus) -> bool {
    let replicas = replicas(spec);
    new.updated_replicas == replicas
        && new.replicas == replicas
        && new.available_replicas == replicas
        && new.observed_generation >= generation
}

/// Whether a rollout has moved between two statuses.
pub fn deployment_progressing(stored: &DeploymentStatus, new: &DeploymentStatus) -> bool {
    let old_pods = |status: &DeploymentStatus| status.replicas - status.updated_replicas;
    new.updated_replicas > stored.updated_replicas
        || old_pods(new) < old_pods(stored)
        || new.ready_replicas > stored.ready_replicas
        || new.available_replicas > stored.available_replicas
}

/// Whether a rollout has not moved for longer than its deadline.
pub fn deployment_timed_out(spec: &DeploymentSpec, new: &DeploymentStatus, now: SimTime) -> bool {
    let Some(deadline) = progress_deadline(spec) else { return false };
    let Some(condition) = new.condition(DeploymentConditionType::Progressing) else {
        return false;
    };
    match condition.reason {
        DeploymentConditionReason::NewReplicaSetAvailable(_) => false,
        DeploymentConditionReason::ProgressDeadlineExceeded(_) => true,
        _ => condition.last_update_time + deadline < now,
    }
}

/// `spec.progressDeadlineSeconds`, unless it says never (`HasProgressDeadline`).
pub fn progress_deadline(spec: &DeploymentSpec) -> Option<SimDuration> {
    let seconds = spec.progress_deadline_seconds.filter(|&seconds| seconds != i32::MAX)?;
    Some(SimDuration::from_secs(i64::from(seconds)))
}

/// `spec.revisionHistoryLimit`, unless it says all (`HasRevisionHistoryLimit`).
pub fn revision_history_limit(spec: &DeploymentSpec) -> Option<i32> {
    spec.revision_history_limit.filter(|&limit| limit != i32::MAX)
}
