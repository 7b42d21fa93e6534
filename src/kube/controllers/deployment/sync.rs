//! Mirrors `pkg/controller/deployment/sync.go` (v1.36): which ReplicaSet is the new one, the status
//! and the history. Left out: namespaces that terminate; scaling is in `scale`.

use std::sync::Arc;

use super::annotations::{
    POD_TEMPLATE_HASH, REVISION, max_revision, new_replica_set_annotations, revision, set_replicas,
};
use super::conditions;
use super::hash::{compute_hash, generate_replica_set_name};
use super::reason::{DeploymentConditionReason, DeploymentReason, ScalingCause};
use super::util::{self, ReplicaSetCopy};
use super::{ReplicaSets, Sync, reason_of};
use crate::api::labels::{Operator, Requirement};
use crate::api::meta::{ConditionStatus, StringMap};
use crate::kube::apiserver::write::NewReplicaSet;
use crate::kube::apiserver::{Applied, EventType, Refused, Write};
use crate::kube::objects::deployment::{DeploymentConditionType, DeploymentStatus};
use crate::kube::objects::ids::ObjectId;

impl Sync<'_, '_> {
    /// The status and nothing else: the Deployment is being deleted.
    pub(super) fn sync_status_only(&mut self, rs_list: &[ReplicaSetCopy]) -> Result<(), Refused> {
        let sets = self.get_all_replica_sets_and_sync_revision(rs_list, false)?;
        self.sync_deployment_status(&sets)
    }

    /// A change of size, or a paused Deployment: no rollout.
    pub(super) fn sync(&mut self, rs_list: &[ReplicaSetCopy]) -> Result<(), Refused> {
        let mut sets = self.get_all_replica_sets_and_sync_revision(rs_list, false)?;
        self.scale(&mut sets)?;
        if self.deployment.spec.paused && self.rollback_to().is_none() {
            self.cleanup_deployment(&sets.old)?;
        }
        self.sync_deployment_status(&sets)
    }

    /// Says that the Deployment is paused, or resumed.
    pub(super) fn check_paused_conditions(&mut self) -> Result<(), Refused> {
        let spec = &self.deployment.spec;
        if util::progress_deadline(spec).is_none() {
            return Ok(());
        }
        let progressing = self.deployment.status.condition(DeploymentConditionType::Progressing);
        let current = progressing.map(|condition| &condition.reason);
        if let Some(DeploymentConditionReason::ProgressDeadlineExceeded(_)) = current {
            return Ok(());
        }
        let said = matches!(current, Some(DeploymentConditionReason::DeploymentPaused));
        let reason = match (spec.paused, said) {
            (true, false) => DeploymentConditionReason::DeploymentPaused,
            (false, true) => DeploymentConditionReason::DeploymentResumed,
            _ => return Ok(()),
        };
        self.set_progressing(ConditionStatus::Unknown, reason.clone());
        self.update_status(None, DeploymentReason::Condition(reason))
    }

    pub(super) fn set_progressing(
        &mut self,
        status: ConditionStatus,
        reason: DeploymentConditionReason,
    ) {
        let type_ = DeploymentConditionType::Progressing;
        let condition = conditions::new(type_, status, reason, self.api.now());
        conditions::set(&mut self.deployment.status, condition);
    }

    /// Tells the new ReplicaSet from the old ones and brings its notes up to date; if there is none
    /// and `create` says so, makes it.
    pub(super) fn get_all_replica_sets_and_sync_revision(
        &mut self,
        rs_list: &[ReplicaSetCopy],
        create: bool,
    ) -> Result<ReplicaSets, Refused> {
        let template = self.deployment.template;
        let found = rs_list.iter().position(|copy| copy.base_template == template);
        let mut old = rs_list.to_vec();
        let existing = found.map(|index| old.remove(index));
        let new_revision = max_revision(old.iter().map(|copy| &*copy.annotations)) + 1;
        let new = match existing {
            Some(existing) => Some(self.existing_replica_set(existing, new_revision)?),
            None if create => Some(self.create_replica_set(&old, new_revision)?),
            None => None,
        };
        Ok(ReplicaSets { new, old })
    }

    /// `getNewReplicaSet` where there is one.
    fn existing_replica_set(
        &mut self,
        existing: ReplicaSetCopy,
        new_revision: i64,
    ) -> Result<ReplicaSetCopy, Refused> {
        let stored = self.api.cluster().deployment(self.deployment.id);
        let stored = stored.expect("a Deployment exists while it is synced");
        let annotations = &stored.metadata.annotations;
        let update = new_replica_set_annotations(annotations, &existing.annotations, new_revision);
        let min_ready_seconds = self.deployment.spec.min_ready_seconds;
        if update.is_some() || existing.min_ready_seconds != min_ready_seconds {
            let mut changed = ReplicaSetCopy { min_ready_seconds, ..existing };
            if let Some(annotations) = update {
                changed.annotations = Arc::new(annotations);
            }
            let replica_set = Arc::clone(&changed.name);
            let reason = DeploymentReason::NewReplicaSetAnnotations { replica_set };
            return self.update_replica_set(changed, reason);
        }
        let noted = existing.annotations.get(REVISION).cloned().unwrap_or_default();
        let revision = self.with_revision(noted);
        let type_ = DeploymentConditionType::Progressing;
        let found = util::progress_deadline(&self.deployment.spec).is_some()
            && self.deployment.status.condition(type_).is_none();
        let mut reason = DeploymentReason::SetDeploymentRevision;
        if found {
            let found = DeploymentConditionReason::FoundNewReplicaSet(Arc::clone(&existing.name));
            self.set_progressing(ConditionStatus::True, found.clone());
            reason = DeploymentReason::Condition(found);
        }
        if found || revision.is_some() {
            self.update_status(revision, reason)?;
        }
        Ok(existing)
    }

    /// The Deployment's annotations with a revision; none if they have it
    /// (`SetDeploymentRevision`).
    fn with_revision(&self, revision: String) -> Option<StringMap> {
        let stored = self.api.cluster().deployment(self.deployment.id)?;
        let noted = stored.metadata.annotations.get(REVISION);
        if noted.map_or("", String::as_str) == revision {
            return None;
        }
        let mut annotations = self.annotations();
        annotations.insert(REVISION.to_owned(), revision);
        Some(annotations)
    }

    /// `getNewReplicaSet` where there is none yet.
    fn create_replica_set(
        &mut self,
        old: &[ReplicaSetCopy],
        new_revision: i64,
    ) -> Result<ReplicaSetCopy, Refused> {
        let total = util::replica_count(old.iter());
        let (replicas, max_total) =
            util::new_rs_new_replicas(&self.deployment.spec, total, 0).map_err(internal)?;
        let new = self.new_replica_set(replicas, new_revision);
        let name = Arc::clone(&new.name);
        let cause = ScalingCause::MaxSurge { total, max_total };
        let reason =
            DeploymentReason::NewReplicaSet { replica_set: Arc::clone(&name), replicas, cause };
        match self.write(Write::CreateReplicaSet(Box::new(new)), reason) {
            Ok(applied) => self.replica_set_created(&applied, new_revision, cause),
            Err(Refused::AlreadyExists(error)) => self.hash_collision(&name, error, new_revision),
            Err(refused) => Err(self.replica_set_create_error(name, refused)),
        }
    }

    fn new_replica_set(&self, replicas: i32, new_revision: i64) -> NewReplicaSet {
        let stored = self.api.cluster().deployment(self.deployment.id);
        let stored = stored.expect("a Deployment exists while it is synced");
        let spec = &self.deployment.spec;
        let hash = compute_hash(&spec.template, self.deployment.status.collision_count);
        let mut template = spec.template.clone();
        template.metadata.labels.insert(POD_TEMPLATE_HASH.to_owned(), hash.clone());
        let mut selector = (*stored.selector).clone();
        selector.requirements.push(Requirement {
            key: POD_TEMPLATE_HASH.to_owned(),
            operator: Operator::In,
            values: vec![hash.clone()],
        });
        selector.requirements.sort();
        let none = StringMap::new();
        let annotations = &stored.metadata.annotations;
        let noted = new_replica_set_annotations(annotations, &none, new_revision);
        let mut annotations = noted.unwrap_or_default();
        set_replicas(&mut annotations, util::replicas(spec), util::max_replicas(spec));
        NewReplicaSet {
            name: Arc::from(generate_replica_set_name(&stored.metadata.name, &hash)),
            namespace: Arc::from(stored.metadata.namespace.as_str()),
            owner: Some(self.deployment.id),
            labels: template.metadata.labels.clone(),
            annotations,
            replicas,
            min_ready_seconds: spec.min_ready_seconds,
            selector,
            template: Arc::new(template),
            base_template: self.deployment.template,
        }
    }

    fn replica_set_created(
        &mut self,
        applied: &Applied,
        new_revision: i64,
        cause: ScalingCause,
    ) -> Result<ReplicaSetCopy, Refused> {
        let Applied::Created(ObjectId::ReplicaSet(id)) = *applied else {
            unreachable!("creating a ReplicaSet gives {applied:?}");
        };
        let stored = self.api.cluster().replica_set(id);
        let created = ReplicaSetCopy::new(stored.expect("a ReplicaSet just created is there"));
        let name = || Arc::clone(&created.name);
        if created.replicas > 0 {
            let (replica_set, to) = (name(), created.replicas);
            let reason = DeploymentReason::ScalingReplicaSet { replica_set, from: 0, to, cause };
            self.event(EventType::Normal, reason);
        }
        let revision = self.with_revision(new_revision.to_string());
        let has_deadline = util::progress_deadline(&self.deployment.spec).is_some();
        let reason = DeploymentConditionReason::NewReplicaSetCreated(name());
        if has_deadline {
            self.set_progressing(ConditionStatus::True, reason.clone());
        }
        if has_deadline || revision.is_some() {
            self.update_status(revision, DeploymentReason::Condition(reason))?;
        }
        Ok(created)
    }

    /// The name is taken: by our own ReplicaSet of the same template, or by one of another
    /// template with the same hash.
    fn hash_collision(
        &mut self,
        name: &str,
        error: Arc<str>,
        new_revision: i64,
    ) -> Result<ReplicaSetCopy, Refused> {
        let (id, template) = (self.deployment.id, self.deployment.template);
        let namespace = self.api.cluster().deployment(id).map(|stored| &stored.metadata.namespace);
        let taken = self.api.cluster().replica_sets().find(|other| {
            *other.name == *name && namespace.is_some_and(|own| **own == *other.namespace)
        });
        if let Some(taken) = taken
            && taken.owner == Some(id)
            && taken.base_template == template
        {
            let copy = ReplicaSetCopy::new(taken);
            if let Some(revision) = self.with_revision(new_revision.to_string()) {
                self.update_status(Some(revision), DeploymentReason::SetDeploymentRevision)?;
            }
            return Ok(copy);
        }
        let count = self.deployment.status.collision_count.unwrap_or(0).wrapping_add(1);
        self.deployment.status.collision_count = Some(count);
        // The error asks for another sync anyway.
        let _ = self.update_status(None, DeploymentReason::HashCollision { count });
        Err(Refused::AlreadyExists(error))
    }

    fn replica_set_create_error(&mut self, replica_set: Arc<str>, refused: Refused) -> Refused {
        let error = Arc::from(refused.to_string());
        let reason = DeploymentConditionReason::ReplicaSetCreateError { replica_set, error };
        if util::progress_deadline(&self.deployment.spec).is_some() {
            self.set_progressing(ConditionStatus::False, reason.clone());
            // The failed creation is the error that counts.
            let _ = self.update_status(None, DeploymentReason::Condition(reason.clone()));
        }
        self.event(EventType::Warning, DeploymentReason::Condition(reason));
        refused
    }

    /// Deletes the oldest ReplicaSets beyond what the history keeps, as far as they are empty.
    pub(super) fn cleanup_deployment(&mut self, old: &[ReplicaSetCopy]) -> Result<(), Refused> {
        let Some(limit) = util::revision_history_limit(&self.deployment.spec) else {
            return Ok(());
        };
        let surplus = old.len().saturating_sub(limit.max(0) as usize);
        let mut by_revision: Vec<&ReplicaSetCopy> = old.iter().collect();
        by_revision.sort_by(|one, other| {
            match (revision(&one.annotations), revision(&other.annotations)) {
                (Some(mine), Some(others)) if mine != others => mine.cmp(&others),
                _ => util::by_creation_timestamp(one, other),
            }
        });
        for copy in by_revision.into_iter().take(surplus) {
            let status = &copy.status;
            let empty = status.replicas == 0 && copy.replicas == 0;
            if !empty || copy.generation > status.observed_generation {
                continue;
            }
            let reason = DeploymentReason::RevisionHistoryLimit {
                replica_set: Arc::clone(&copy.name),
                limit,
            };
            match self.write(Write::DeleteReplicaSet(copy.id), reason) {
                Ok(_) | Err(Refused::NotFound(_)) => {}
                Err(refused) => return Err(refused),
            }
        }
        Ok(())
    }

    fn sync_deployment_status(&mut self, sets: &ReplicaSets) -> Result<(), Refused> {
        let status = self.calculate_status(sets);
        if status == self.deployment.status {
            return Ok(());
        }
        let reason = reason_of(changed_condition(&self.deployment.status, &status));
        self.deployment.status = status;
        self.update_status(None, reason)
    }

    /// Counts of all ReplicaSets, and whether enough pods are available.
    pub(super) fn calculate_status(&self, sets: &ReplicaSets) -> DeploymentStatus {
        let deployment = &self.deployment;
        let available = util::sum_of_status(sets.all(), |status| status.available_replicas);
        let total = util::replica_count(sets.all());
        let mut status = DeploymentStatus {
            observed_generation: deployment.generation,
            replicas: util::sum_of_status(sets.all(), |status| status.replicas),
            updated_replicas: util::sum_of_status(sets.new.iter(), |status| status.replicas),
            ready_replicas: util::sum_of_status(sets.all(), |status| status.ready_replicas),
            available_replicas: available,
            unavailable_replicas: total.wrapping_sub(available).max(0),
            terminating_replicas: util::terminating_replica_count(sets.all()),
            collision_count: deployment.status.collision_count,
            conditions: deployment.status.conditions.clone(),
        };
        let spec = &deployment.spec;
        let enough = available >= util::replicas(spec) - util::max_unavailable(spec);
        let reason = if enough {
            DeploymentConditionReason::MinimumReplicasAvailable
        } else {
            DeploymentConditionReason::MinimumReplicasUnavailable
        };
        let type_ = DeploymentConditionType::Available;
        let condition = conditions::new(type_, enough.into(), reason, self.api.now());
        conditions::set(&mut status, condition);
        status
    }
}

fn internal(error: String) -> Refused {
    Refused::Internal(Arc::from(error))
}

/// A condition that is not as it was, for whose sake a status is written; progress first.
pub(super) fn changed_condition<'a>(
    before: &DeploymentStatus,
    after: &'a DeploymentStatus,
) -> Option<&'a DeploymentConditionReason> {
    let changed = after.conditions.iter().filter(|&condition| {
        before.condition(condition.type_).is_none_or(|former| former.reason != condition.reason)
    });
    let changed = changed.max_by_key(|condition| {
        (condition.type_ == DeploymentConditionType::Progressing, condition.type_)
    });
    changed.map(|condition| &condition.reason)
}
