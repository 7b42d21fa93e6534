//! Surge and unavailability of rollouts.

use podtide::kube::apiserver::{Cluster, Fact, Write};
use podtide::kube::controllers::deployment::reason::{DeploymentReason, ScalingCause};
use podtide::kube::objects::deployment::{DeploymentObject, ReplicaSetObject};
use podtide::kube::objects::ids::DeploymentId;
use podtide::kube::objects::pod::Pod;
use podtide::kube::reason::Reason;
use podtide::units::SimDuration;

use super::Checked;

/// Sizes of a Deployment's ReplicaSets together, before the Deployment controller writes one.
#[derive(Clone, Copy)]
pub(super) struct Sizes {
    deployment: DeploymentId,
    sum: i64,
}

/// The sizes before a write of the Deployment controller; none if it is another's.
pub(super) fn sizes(cluster: &Cluster, fact: &Fact) -> Option<Sizes> {
    let Reason::Deployment(_) = &fact.reason else { return None };
    let deployment = match &fact.write {
        Write::CreateReplicaSet(new) => new.owner,
        Write::UpdateReplicaSet { replica_set, .. } => cluster.replica_set(*replica_set)?.owner,
        _ => None,
    }?;
    Some(Sizes { deployment, sum: sum(cluster, cluster.deployment(deployment)?) })
}

/// No write raises the sizes above what they were, or above replicas + surge.
pub(super) fn check(cluster: &Cluster, before: Option<Sizes>) -> Checked {
    let Some(before) = before else { return Ok(()) };
    let Some(deployment) = cluster.deployment(before.deployment) else { return Ok(()) };
    let after = sum(cluster, deployment);
    let most = i64::from(deployment.replicas()) + surge(deployment);
    if after <= before.sum.max(most) {
        return Ok(());
    }
    let name = &deployment.metadata.name;
    Err(format!("{name}: {} became {after}, {most} are allowed", before.sum))
}

/// No write of a rollout takes pods that must stay available, counted as the controller counts them
/// in the status of ReplicaSets; and where it sees everything at once, counted one by one.
pub(super) fn check_available(cluster: &Cluster, fact: &Fact, instant: bool) -> Checked {
    let Reason::Deployment(DeploymentReason::ScalingReplicaSet { from, to, cause, .. }) =
        &fact.reason
    else {
        return Ok(());
    };
    let Write::UpdateReplicaSet { replica_set, .. } = &fact.write else { return Ok(()) };
    let is_rollout = matches!(
        cause,
        ScalingCause::CleanupUnhealthyReplicas { .. } | ScalingCause::MaxUnavailable { .. }
    );
    let replica_set = cluster.replica_set(*replica_set).ok_or("no such ReplicaSet")?;
    let Some(deployment) = replica_set.owner.and_then(|owner| cluster.deployment(owner)) else {
        return Ok(());
    };
    if !is_rollout || to >= from {
        return Ok(());
    }
    let said = |replica_set: &ReplicaSetObject| replica_set.status.available_replicas;
    check_loss(cluster, deployment, replica_set, *from, *to, said)?;
    if !instant {
        return Ok(());
    }
    let counted = |replica_set: &ReplicaSetObject| available_pods(cluster, replica_set);
    check_loss(cluster, deployment, replica_set, *from, *to, counted)
}

/// Pods that are not available go first.
fn check_loss(
    cluster: &Cluster,
    deployment: &DeploymentObject,
    replica_set: &ReplicaSetObject,
    from: i32,
    to: i32,
    available_of: impl Fn(&ReplicaSetObject) -> i32,
) -> Checked {
    let available: i64 = owned(cluster, deployment).map(|one| i64::from(available_of(one))).sum();
    let own = available_of(replica_set);
    let lost = i64::from(own.min(from) - own.min(to));
    let least = i64::from(deployment.replicas()) - unavailable(deployment);
    if available - lost >= available.min(least) {
        return Ok(());
    }
    let name = &replica_set.name;
    Err(format!(
        "{name} from {from} to {to}: {available} are available, {lost} go, {least} must stay"
    ))
}

fn available_pods(cluster: &Cluster, replica_set: &ReplicaSetObject) -> i32 {
    let pods = replica_set.pods.iter().filter_map(|&pod| cluster.pod(pod));
    let seconds = SimDuration::from_secs(i64::from(replica_set.min_ready_seconds));
    let since = |pod: &Pod| pod.ready.map(|ready| ready.last_transition_time);
    let is_available = |pod: &&Pod| {
        pod.is_active()
            && pod.is_ready()
            && since(pod).is_some_and(|since| since + seconds <= cluster.now)
    };
    pods.filter(is_available).count() as i32
}

fn owned<'a>(
    cluster: &'a Cluster,
    deployment: &'a DeploymentObject,
) -> impl Iterator<Item = &'a ReplicaSetObject> {
    deployment.replica_sets.iter().filter_map(|&id| cluster.replica_set(id))
}

fn sum(cluster: &Cluster, deployment: &DeploymentObject) -> i64 {
    owned(cluster, deployment).map(|replica_set| i64::from(replica_set.replicas)).sum()
}

/// maxSurge, rounded up; 0 without a rolling update.
fn surge(deployment: &DeploymentObject) -> i64 {
    bounds(deployment).0
}

/// maxUnavailable, rounded down; 1 if both would be 0.
fn unavailable(deployment: &DeploymentObject) -> i64 {
    bounds(deployment).1
}

fn bounds(deployment: &DeploymentObject) -> (i64, i64) {
    let Some(rolling) = &deployment.spec.strategy.rolling_update else { return (0, 0) };
    let replicas = deployment.replicas();
    let scaled = |value: &Option<podtide::api::int_or_percent::IntOrPercent>, up| {
        value.as_ref().and_then(|value| value.scaled_value(replicas, up).ok()).unwrap_or(0)
    };
    match (scaled(&rolling.max_surge, true), scaled(&rolling.max_unavailable, false)) {
        (0, 0) => (0, 1),
        bounds => bounds,
    }
}
