//! Mirrors `scale`, `scaleReplicaSet` and `isScalingEvent` of
//! `pkg/controller/deployment/sync.go` (v1.36). Left out: nothing.

use std::sync::Arc;

use super::annotations::{replicas_need_update, set_replicas};
use super::reason::{DeploymentReason, ScalingCause};
use super::util::{self, ReplicaSetCopy};
use super::{ReplicaSets, Sync};
use crate::kube::apiserver::{EventType, Refused};

impl Sync<'_, '_> {
    /// Whether the Deployment's size is not the one for which a ReplicaSet was last scaled.
    pub(super) fn is_scaling_event(&mut self, rs_list: &[ReplicaSetCopy]) -> Result<bool, Refused> {
        let sets = self.get_all_replica_sets_and_sync_revision(rs_list, false)?;
        let replicas = util::replicas(&self.deployment.spec);
        let mut active = sets.all().filter(|copy| copy.replicas > 0);
        Ok(active.any(|copy| copy.desired_replicas().is_some_and(|noted| noted != replicas)))
    }

    /// Takes a change of size over to the ReplicaSets, in proportion when several have pods.
    pub(super) fn scale(&mut self, sets: &mut ReplicaSets) -> Result<(), Refused> {
        let spec = Arc::clone(&self.deployment.spec);
        let replicas = util::replicas(&spec);
        if let Some(copy) = util::find_active_or_latest(sets.new.as_ref(), &mut sets.old) {
            let cause = ScalingCause::ActiveOrLatest;
            return self.scale_replica_set(&copy, replicas, cause, false).map(|_| ());
        }
        if util::is_saturated(&spec, sets.new.as_ref()) {
            for copy in util::filter_active(sets.old.iter()) {
                self.scale_replica_set(&copy, 0, ScalingCause::Saturated, false)?;
            }
            return Ok(());
        }
        if util::is_rolling_update(&spec) {
            return self.scale_proportionally(sets);
        }
        Ok(())
    }

    fn scale_proportionally(&mut self, sets: &ReplicaSets) -> Result<(), Refused> {
        let spec = Arc::clone(&self.deployment.spec);
        let mut active = util::filter_active(sets.all());
        let total = util::replica_count(active.iter());
        let allowed = if util::replicas(&spec) > 0 { util::max_replicas(&spec) } else { 0 };
        let to_add = allowed.wrapping_sub(total);
        if to_add > 0 {
            active.sort_by(util::by_size_newer);
        } else if to_add < 0 {
            active.sort_by(util::by_size_older);
        }
        let status_replicas = self.deployment.status.replicas;
        let mut added: i32 = 0;
        let mut sizes = Vec::with_capacity(active.len());
        for copy in &active {
            let change = util::replica_set_proportion(copy, &spec, status_replicas, to_add, added);
            sizes.push(copy.replicas.wrapping_add(change));
            added = added.wrapping_add(change);
        }
        // What roundings left goes to the largest.
        if let Some(first) = sizes.first_mut()
            && to_add != 0
        {
            *first = first.wrapping_add(to_add.wrapping_sub(added)).max(0);
        }
        let cause = ScalingCause::Proportional { total, allowed };
        for (copy, size) in active.iter().zip(sizes) {
            self.scale_replica_set(copy, size, cause, true)?;
        }
        Ok(())
    }

    /// Gives a ReplicaSet a size; with `force` its notes are brought up to date even if it has that
    /// size. Tells whether the size changed, and gives the newest copy.
    pub(super) fn scale_replica_set(
        &mut self,
        copy: &ReplicaSetCopy,
        size: i32,
        cause: ScalingCause,
        force: bool,
    ) -> Result<(bool, ReplicaSetCopy), Refused> {
        let resized = copy.replicas != size;
        let spec = &self.deployment.spec;
        let (desired, max) = (util::replicas(spec), util::max_replicas(spec));
        let notes_differ = replicas_need_update(&copy.annotations, desired, max);
        let needs_update = resized || (force && notes_differ);
        if !needs_update {
            return Ok((false, copy.clone()));
        }
        let mut changed = ReplicaSetCopy { replicas: size, ..copy.clone() };
        if notes_differ {
            set_replicas(Arc::make_mut(&mut changed.annotations), desired, max);
        }
        let replica_set = Arc::clone(&copy.name);
        if !resized {
            let reason = DeploymentReason::ReplicasAnnotations { replica_set };
            return Ok((false, self.update_replica_set(changed, reason)?));
        }
        let from = copy.replicas;
        let reason = DeploymentReason::ScalingReplicaSet { replica_set, from, to: size, cause };
        let updated = self.update_replica_set(changed, reason.clone())?;
        self.event(EventType::Normal, reason);
        Ok((true, updated))
    }
}
