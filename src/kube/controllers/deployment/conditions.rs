//! Mirrors the conditions of `pkg/controller/deployment/util/deployment_util.go` (v1.36). Left out:
//! nothing.

use std::sync::Arc;

use super::reason::DeploymentConditionReason;
use crate::api::meta::ConditionStatus;
use crate::kube::objects::deployment::{
    DeploymentCondition, DeploymentConditionType, DeploymentStatus, ReplicaSetCondition,
};
use crate::units::SimTime;

/// A condition that holds, or not, from now on (`NewDeploymentCondition`).
pub fn new(
    type_: DeploymentConditionType,
    status: ConditionStatus,
    reason: DeploymentConditionReason,
    now: SimTime,
) -> DeploymentCondition {
    DeploymentCondition { type_, status, reason, last_update_time: now, last_transition_time: now }
}

/// Sets a condition, unless one of its status and reason is there
/// (`SetDeploymentCondition`). Tells whether it did.
pub fn set(status: &mut DeploymentStatus, mut condition: DeploymentCondition) -> bool {
    if let Some(current) = status.condition(condition.type_)
        && current.status == condition.status
    {
        if current.reason.word() == condition.reason.word() {
            return false;
        }
        condition.last_transition_time = current.last_transition_time;
    }
    remove(status, condition.type_);
    status.conditions.push(condition);
    true
}

/// Removes a condition (`RemoveDeploymentCondition`).
pub fn remove(status: &mut DeploymentStatus, type_: DeploymentConditionType) {
    status.conditions.retain(|condition| condition.type_ != type_);
}

/// A ReplicaSet's failure as a condition of its Deployment (`ReplicaSetToDeploymentCondition`).
pub fn of_replica_set(failure: &ReplicaSetCondition) -> DeploymentCondition {
    let reason = DeploymentConditionReason::ReplicaFailure {
        reason: failure.reason,
        error: Arc::clone(&failure.message),
    };
    let type_ = DeploymentConditionType::ReplicaFailure;
    new(type_, ConditionStatus::True, reason, failure.last_transition_time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_reason_again_changes_nothing_and_another_one_keeps_the_transition() {
        let available = |status, reason, at| {
            new(DeploymentConditionType::Available, status, reason, SimTime(at))
        };
        let (enough, few) = (
            DeploymentConditionReason::MinimumReplicasAvailable,
            DeploymentConditionReason::MinimumReplicasUnavailable,
        );
        let mut status = DeploymentStatus::default();
        assert!(set(&mut status, available(ConditionStatus::True, enough.clone(), 1)));
        assert!(!set(&mut status, available(ConditionStatus::True, enough, 2)));
        assert!(set(&mut status, available(ConditionStatus::True, few.clone(), 3)));
        assert_eq!(status.conditions[0].last_transition_time, SimTime(1));
        assert_eq!(status.conditions[0].last_update_time, SimTime(3));
        assert!(set(&mut status, available(ConditionStatus::False, few, 4)));
        assert_eq!(status.conditions[0].last_transition_time, SimTime(4));
        remove(&mut status, DeploymentConditionType::Available);
        assert_eq!(status, DeploymentStatus::default());
    }
}
