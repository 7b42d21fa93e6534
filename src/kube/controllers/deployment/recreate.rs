//! Mirrors `pkg/controller/deployment/recreate.go` (v1.36): strategy `Recreate`. Left out: nothing.

use super::reason::ScalingCause;
use super::util::{self, ReplicaSetCopy};
use super::{ReplicaSets, Sync};
use crate::kube::apiserver::Refused;

impl Sync<'_, '_> {
    /// One step of a rollout that lets all old pods go before it makes new ones.
    pub(super) fn rollout_recreate(&mut self, rs_list: &[ReplicaSetCopy]) -> Result<(), Refused> {
        let mut sets = self.get_all_replica_sets_and_sync_revision(rs_list, false)?;
        if self.scale_down_old_replica_sets_for_recreate(&sets)? {
            return self.sync_rollout_status(&sets);
        }
        if self.old_pods_running(&sets, rs_list) {
            return self.sync_rollout_status(&sets);
        }
        if sets.new.is_none() {
            sets = self.get_all_replica_sets_and_sync_revision(rs_list, true)?;
        }
        let new = sets.new.as_ref().expect("the new ReplicaSet was made if there was none");
        let replicas = util::replicas(&self.deployment.spec);
        self.scale_replica_set(new, replicas, ScalingCause::RecreateScaleUp, false)?;
        self.cleanup_if_complete(&sets)?;
        self.sync_rollout_status(&sets)
    }

    fn scale_down_old_replica_sets_for_recreate(
        &mut self,
        sets: &ReplicaSets,
    ) -> Result<bool, Refused> {
        let mut scaled = false;
        for copy in util::filter_active(sets.old.iter()) {
            let cause = ScalingCause::RecreateScaleDown;
            scaled |= self.scale_replica_set(&copy, 0, cause, false)?.0;
        }
        Ok(scaled)
    }

    /// Whether a pod of an old template may still run: one that is being deleted does, until it is
    /// gone.
    fn old_pods_running(&self, sets: &ReplicaSets, rs_list: &[ReplicaSetCopy]) -> bool {
        if util::sum_of_status(sets.old.iter(), |status| status.replicas) > 0 {
            return true;
        }
        let new = sets.new.as_ref().map(|new| new.id);
        let cluster = self.api.cluster();
        rs_list
            .iter()
            .filter(|copy| Some(copy.id) != new)
            .filter_map(|copy| cluster.replica_set(copy.id))
            .flat_map(|replica_set| &replica_set.pods)
            .filter_map(|&pod| cluster.pod(pod))
            .any(|pod| !pod.is_terminal())
    }
}
