//! Mirrors `pkg/controller/deployment/rolling.go` (v1.36): strategy `RollingUpdate`. Left out:
//! nothing.

use super::reason::ScalingCause;
use super::util::{self, ReplicaSetCopy};
use super::{ReplicaSets, Sync};
use crate::kube::apiserver::Refused;

impl Sync<'_, '_> {
    /// One step of a rolling update: the new ReplicaSet grows, or else the old ones shrink.
    pub(super) fn rollout_rolling(&mut self, rs_list: &[ReplicaSetCopy]) -> Result<(), Refused> {
        let sets = self.get_all_replica_sets_and_sync_revision(rs_list, true)?;
        let new = sets.new.as_ref().expect("the new ReplicaSet was made if there was none");
        if self.reconcile_new_replica_set(&sets, new)? {
            return self.sync_rollout_status(&sets);
        }
        if self.reconcile_old_replica_sets(&sets, new) {
            return self.sync_rollout_status(&sets);
        }
        self.cleanup_if_complete(&sets)?;
        self.sync_rollout_status(&sets)
    }

    /// Drops old revisions, if the status that was read says that the rollout is done.
    pub(super) fn cleanup_if_complete(&mut self, sets: &ReplicaSets) -> Result<(), Refused> {
        let deployment = &self.deployment;
        if util::deployment_complete(&deployment.spec, deployment.generation, &deployment.status) {
            return self.cleanup_deployment(&sets.old);
        }
        Ok(())
    }

    fn reconcile_new_replica_set(
        &mut self,
        sets: &ReplicaSets,
        new: &ReplicaSetCopy,
    ) -> Result<bool, Refused> {
        let replicas = util::replicas(&self.deployment.spec);
        if new.replicas == replicas {
            return Ok(false);
        }
        if new.replicas > replicas {
            let cause = ScalingCause::NewTooLarge;
            return Ok(self.scale_replica_set(new, replicas, cause, false)?.0);
        }
        let total = util::replica_count(sets.all());
        let (size, max_total) =
            util::new_rs_new_replicas(&self.deployment.spec, total, new.replicas)
                .map_err(|error| Refused::Internal(error.into()))?;
        let cause = ScalingCause::MaxSurge { total, max_total };
        Ok(self.scale_replica_set(new, size, cause, false)?.0)
    }

    /// Shrinks old ReplicaSets as far as enough pods stay available: first by what is not available
    /// there. Tells whether any shrank. A refused write is left to the next sync, as upstream does.
    fn reconcile_old_replica_sets(&mut self, sets: &ReplicaSets, new: &ReplicaSetCopy) -> bool {
        let mut old = util::filter_active(sets.old.iter());
        if old.is_empty() {
            return false;
        }
        let spec = &self.deployment.spec;
        let min_available = util::replicas(spec) - util::max_unavailable(spec);
        let new_unavailable = new.replicas.wrapping_sub(new.status.available_replicas);
        let total = util::replica_count(sets.all());
        let most = total.wrapping_sub(min_available).wrapping_sub(new_unavailable);
        if most <= 0 {
            return false;
        }
        let Ok(cleaned) = self.cleanup_unhealthy_replicas(&mut old, most) else { return false };
        let Ok(scaled) = self.scale_down_old_replica_sets(&old, new, min_available) else {
            return false;
        };
        cleaned.wrapping_add(scaled) > 0
    }

    /// Takes pods that are not available away from old ReplicaSets, oldest first; how many.
    fn cleanup_unhealthy_replicas(
        &mut self,
        old: &mut [ReplicaSetCopy],
        most: i32,
    ) -> Result<i32, Refused> {
        let mut cleaned: i32 = 0;
        for copy in old {
            if cleaned >= most {
                break;
            }
            let unhealthy = copy.replicas.wrapping_sub(copy.status.available_replicas);
            if unhealthy == 0 {
                continue;
            }
            let count = unhealthy.min(most - cleaned);
            if count < 0 {
                // The status lags behind a size that has just been cut.
                return Err(Refused::Internal("more pods are available than wanted".into()));
            }
            let cause = ScalingCause::CleanupUnhealthyReplicas { unhealthy };
            let size = copy.replicas - count;
            *copy = self.scale_replica_set(copy, size, cause, false)?.1;
            cleaned += count;
        }
        Ok(cleaned)
    }

    /// Shrinks old ReplicaSets, oldest first, by the pods that are available beyond what must be;
    /// by how many.
    fn scale_down_old_replica_sets(
        &mut self,
        old: &[ReplicaSetCopy],
        new: &ReplicaSetCopy,
        min_available: i32,
    ) -> Result<i32, Refused> {
        let all = old.iter().chain([new]);
        let available = util::sum_of_status(all, |status| status.available_replicas);
        let most = available.wrapping_sub(min_available);
        let cause = ScalingCause::MaxUnavailable { available, min_available };
        let mut scaled = 0;
        for copy in old {
            if scaled >= most {
                break;
            }
            let count = copy.replicas.min(most - scaled);
            if count > 0 {
                self.scale_replica_set(copy, copy.replicas - count, cause, false)?;
                scaled += count;
            }
        }
        Ok(scaled)
    }
}
