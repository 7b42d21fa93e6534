//! Writes of Deployments and ReplicaSets.

use std::sync::Arc;

use super::super::change::Change;
use super::super::cluster::{Cluster, Outcome};
use super::super::write::{Applied, NewReplicaSet, Refused};
use super::{UNCHANGED, created, done, not_found, set};
use crate::api::apps::{Deployment, DeploymentSpec};
use crate::api::labels::Selector;
use crate::api::meta::StringMap;
use crate::kube::objects::deployment::{
    DeploymentObject, DeploymentStatus, ReplicaSetObject, ReplicaSetStatus,
};
use crate::kube::objects::ids::{DeploymentId, ObjectId, ReplicaSetId};

impl Cluster {
    pub(super) fn create_deployment(&mut self, deployment: &Deployment) -> (Change, Applied) {
        let id = DeploymentId(self.deployments.len() as u32);
        let template = self.intern_template(&Arc::new(deployment.spec.template.clone()));
        self.deployments.push(Some(DeploymentObject {
            id,
            metadata: deployment.metadata.clone(),
            resource_version: 1,
            generation: 1,
            creation_timestamp: self.now.floor_second(),
            deleting: false,
            spec: Arc::new(deployment.spec.clone()),
            selector: Arc::new(Selector::from_label_selector(deployment.spec.selector.as_ref())),
            template,
            replica_sets: Vec::new(),
            status: DeploymentStatus::default(),
        }));
        created(Change::Deployment(id), ObjectId::Deployment(id))
    }

    /// Mirrors `deploymentStrategy.PrepareForUpdate`: the generation grows with spec or
    /// annotations.
    pub(super) fn update_deployment(
        &mut self,
        id: DeploymentId,
        annotations: &StringMap,
        spec: &Arc<DeploymentSpec>,
    ) -> Outcome {
        let template = self.intern_template(&Arc::new(spec.template.clone()));
        let deployment = self.deployment_mut(id)?;
        if deployment.spec == *spec && deployment.metadata.annotations == *annotations {
            return Ok(UNCHANGED);
        }
        deployment.spec = Arc::clone(spec);
        deployment.template = template;
        deployment.metadata.annotations.clone_from(annotations);
        deployment.generation += 1;
        deployment.resource_version += 1;
        Ok(done(Change::Deployment(id)))
    }

    pub(super) fn update_scale(&mut self, id: DeploymentId, replicas: i32) -> Outcome {
        let deployment = self.deployment_mut(id)?;
        if deployment.replicas() == replicas {
            return Ok(UNCHANGED);
        }
        Arc::make_mut(&mut deployment.spec).replicas = Some(replicas);
        deployment.generation += 1;
        deployment.resource_version += 1;
        Ok(done(Change::Deployment(id)))
    }

    pub(super) fn deployment_status(
        &mut self,
        id: DeploymentId,
        status: &DeploymentStatus,
        annotations: Option<&StringMap>,
    ) -> Outcome {
        let deployment = self.deployment_mut(id)?;
        let mut changed = set(&mut deployment.status, as_stored(status));
        if let Some(annotations) = annotations {
            changed |= set(&mut deployment.metadata.annotations, annotations.clone());
        }
        if !changed {
            return Ok(UNCHANGED);
        }
        deployment.resource_version += 1;
        Ok(done(Change::DeploymentStatus(id)))
    }

    pub(super) fn delete_deployment(&mut self, id: DeploymentId) -> Outcome {
        self.deployment_mut(id)?;
        self.deployments[id.index()] = None;
        Ok(done(Change::Deployment(id)))
    }

    fn deployment_mut(&mut self, id: DeploymentId) -> Result<&mut DeploymentObject, Refused> {
        let deployment = self.deployments.get_mut(id.index()).and_then(Option::as_mut);
        deployment.ok_or_else(|| not_found("deployments.apps", id.0))
    }

    pub(super) fn create_replica_set(&mut self, new: &NewReplicaSet) -> Outcome {
        let taken =
            |other: &ReplicaSetObject| other.name == new.name && other.namespace == new.namespace;
        if self.replica_sets().any(taken) {
            let message = format!("replicasets.apps \"{}\" already exists", new.name);
            return Err(Refused::AlreadyExists(Arc::from(message)));
        }
        let id = ReplicaSetId(self.replica_sets.len() as u32);
        let template = self.intern_template(&new.template);
        self.replica_sets.push(Some(ReplicaSetObject {
            id,
            name: Arc::clone(&new.name),
            namespace: Arc::clone(&new.namespace),
            owner: new.owner,
            labels: new.labels.clone(),
            annotations: Arc::new(new.annotations.clone()),
            resource_version: 1,
            generation: 1,
            creation_timestamp: self.now.floor_second(),
            replicas: new.replicas,
            min_ready_seconds: new.min_ready_seconds,
            selector: Arc::new(new.selector.clone()),
            template,
            base_template: new.base_template,
            pods: Vec::new(),
            status: ReplicaSetStatus::default(),
        }));
        if let Some(owner) = new.owner
            && let Ok(deployment) = self.deployment_mut(owner)
        {
            deployment.replica_sets.push(id);
        }
        Ok(created(Change::ReplicaSet(id, new.owner), ObjectId::ReplicaSet(id)))
    }

    pub(super) fn update_replica_set(
        &mut self,
        id: ReplicaSetId,
        replicas: i32,
        annotations: &Arc<StringMap>,
        min_ready_seconds: i32,
    ) -> Outcome {
        let replica_set = self.replica_set_mut(id)?;
        let mut spec_changed = set(&mut replica_set.replicas, replicas);
        spec_changed |= set(&mut replica_set.min_ready_seconds, min_ready_seconds);
        let annotations_changed = set(&mut replica_set.annotations, Arc::clone(annotations));
        if !spec_changed && !annotations_changed {
            return Ok(UNCHANGED);
        }
        replica_set.resource_version += 1;
        replica_set.generation += i64::from(spec_changed);
        Ok(done(Change::ReplicaSet(id, replica_set.owner)))
    }

    pub(super) fn replica_set_status(
        &mut self,
        id: ReplicaSetId,
        status: &ReplicaSetStatus,
    ) -> Outcome {
        let replica_set = self.replica_set_mut(id)?;
        let mut status = status.clone();
        if let Some(failure) = &mut status.replica_failure {
            failure.last_transition_time = failure.last_transition_time.floor_second();
        }
        if !set(&mut replica_set.status, status) {
            return Ok(UNCHANGED);
        }
        replica_set.resource_version += 1;
        Ok(done(Change::ReplicaSetStatus(id, replica_set.owner)))
    }

    pub(super) fn delete_replica_set(&mut self, id: ReplicaSetId) -> Outcome {
        let owner = self.replica_set_mut(id)?.owner;
        self.replica_sets[id.index()] = None;
        if let Some(owner) = owner
            && let Ok(deployment) = self.deployment_mut(owner)
        {
            deployment.replica_sets.retain(|&other| other != id);
        }
        Ok((Change::ReplicaSetDeleted(id, owner), Applied::Done))
    }

    pub(super) fn replica_set_mut(
        &mut self,
        id: ReplicaSetId,
    ) -> Result<&mut ReplicaSetObject, Refused> {
        let replica_set = self.replica_sets.get_mut(id.index()).and_then(Option::as_mut);
        replica_set.ok_or_else(|| not_found("replicasets.apps", id.0))
    }
}

/// A status as the API server stores it: its times cut to whole seconds.
fn as_stored(status: &DeploymentStatus) -> DeploymentStatus {
    let mut status = status.clone();
    for condition in &mut status.conditions {
        condition.last_update_time = condition.last_update_time.floor_second();
        condition.last_transition_time = condition.last_transition_time.floor_second();
    }
    status
}
