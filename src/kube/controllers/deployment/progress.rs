//! Mirrors `pkg/controller/deployment/progress.go` (v1.36): the status of a rollout. Left out:
//! nothing.

use std::sync::Arc;

use super::reason::{DeploymentConditionReason, Subject};
use super::sync::changed_condition;
use super::{ReplicaSets, Sync, conditions, reason_of, util};
use crate::api::meta::ConditionStatus;
use crate::kube::apiserver::Refused;
use crate::kube::objects::deployment::{
    DeploymentCondition, DeploymentConditionType, DeploymentStatus,
};
use crate::units::{SimDuration, SimTime};

const PROGRESSING: DeploymentConditionType = DeploymentConditionType::Progressing;

impl Sync<'_, '_> {
    /// Writes the status of a rollout, with its progress and the failures of its ReplicaSets; or
    /// looks again when it may have come to a standstill.
    pub(super) fn sync_rollout_status(&mut self, sets: &ReplicaSets) -> Result<(), Refused> {
        let mut status = self.calculate_status(sets);
        if util::progress_deadline(&self.deployment.spec).is_none() {
            conditions::remove(&mut status, PROGRESSING);
        } else {
            self.note_progress(sets, &mut status);
        }
        match replica_failure(sets) {
            Some(failure) => {
                conditions::set(&mut status, failure);
            }
            None => conditions::remove(&mut status, DeploymentConditionType::ReplicaFailure),
        }
        if status == self.deployment.status {
            self.requeue_stuck_deployment();
            return Ok(());
        }
        let reason = reason_of(changed_condition(&self.deployment.status, &status));
        self.deployment.status = status;
        self.update_status(None, reason)
    }

    fn note_progress(&self, sets: &ReplicaSets, status: &mut DeploymentStatus) {
        let deployment = &self.deployment;
        let current = deployment.status.condition(PROGRESSING);
        let done = current.is_some_and(|current| {
            matches!(current.reason, DeploymentConditionReason::NewReplicaSetAvailable(_))
        });
        if done && status.replicas == status.updated_replicas {
            return;
        }
        let now = self.api.now();
        let of = |status, reason| conditions::new(PROGRESSING, status, reason, now);
        if util::deployment_complete(&deployment.spec, deployment.generation, status) {
            let reason = DeploymentConditionReason::NewReplicaSetAvailable(self.subject(sets));
            conditions::set(status, of(ConditionStatus::True, reason));
        } else if util::deployment_progressing(&deployment.status, status) {
            let reason = DeploymentConditionReason::ReplicaSetUpdated(self.subject(sets));
            let mut condition = of(ConditionStatus::True, reason);
            // Set anew even with the same reason, so that the deadline starts again.
            if let Some(current) = current {
                if current.status == ConditionStatus::True {
                    condition.last_transition_time = current.last_transition_time;
                }
                conditions::remove(status, PROGRESSING);
            }
            conditions::set(status, condition);
        } else if util::deployment_timed_out(&deployment.spec, status, a_moment_after(now)) {
            let reason = DeploymentConditionReason::ProgressDeadlineExceeded(self.subject(sets));
            conditions::set(status, of(ConditionStatus::False, reason));
        }
    }

    fn subject(&self, sets: &ReplicaSets) -> Subject {
        match &sets.new {
            Some(new) => Subject::ReplicaSet(Arc::clone(&new.name)),
            None => Subject::Deployment(self.name()),
        }
    }

    /// Nobody tells the controller that a deadline is over: it looks again itself.
    ///
    /// Upstream also looks again, ten times a second, once the deadline of a rollout that had been
    /// done is over while pods are missing. That finds nothing to do: such a rollout never times
    /// out. It is left out.
    fn requeue_stuck_deployment(&mut self) {
        let deployment = &self.deployment;
        let Some(deadline) = util::progress_deadline(&deployment.spec) else { return };
        let Some(current) = deployment.status.condition(PROGRESSING) else { return };
        let decided = matches!(
            current.reason,
            DeploymentConditionReason::ProgressDeadlineExceeded(_)
                | DeploymentConditionReason::NewReplicaSetAvailable(_)
        );
        let status = &deployment.status;
        if decided || util::deployment_complete(&deployment.spec, deployment.generation, status) {
            return;
        }
        let (key, now) = (deployment.id.0, self.api.now());
        let second = SimDuration::from_secs(1);
        let after = current.last_update_time + deadline - now;
        if current.last_update_time + deadline < a_moment_after(now) + second {
            self.queue.add_rate_limited(key, now);
        } else {
            self.queue.add_after(key, now, after + second);
        }
    }
}

/// The failure to show: the new ReplicaSet's, else that of the first that has one.
fn replica_failure(sets: &ReplicaSets) -> Option<DeploymentCondition> {
    let mut failures =
        sets.new.iter().chain(sets.all()).filter_map(|copy| {
            copy.status.replica_failure.as_ref().map(conditions::of_replica_set)
        });
    failures.next()
}

/// A sync runs a moment after the instant that woke it, so a deadline that ends just then is over.
fn a_moment_after(now: SimTime) -> SimTime {
    now + SimDuration(1)
}
