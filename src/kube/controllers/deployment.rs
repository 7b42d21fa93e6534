//! Mirrors `pkg/controller/deployment/deployment_controller.go` (v1.36): one sync of a Deployment.
//! Left out: adoption of ReplicaSets (only this controller makes them), several workers.
//!
//! A sync works on what it read at its start, as upstream works on copies from its cache: an object
//! that it has written itself and writes again from the older copy is refused, and the sync that
//! the first write woke does the rest.

pub mod annotations;
pub mod conditions;
mod hash;
mod progress;
pub mod reason;
mod recreate;
mod rollback;
mod rolling;
mod scale;
mod sync;
pub mod util;

pub(crate) use hash::SAFE_CHARACTERS;

use std::sync::Arc;

use super::flowcontrol::TokenBucket;
use super::workqueue::RateLimitingQueue;
use crate::api::apps::DeploymentSpec;
use crate::api::meta::StringMap;
use crate::kube::apiserver::watch::DEPLOYMENT;
use crate::kube::apiserver::{Api, Applied, EventType, Refused, Write};
use crate::kube::objects::deployment::{DeploymentObject, DeploymentStatus};
use crate::kube::objects::ids::{DeploymentId, ObjectId, TemplateId};
use crate::kube::reason::Reason;
use crate::kube::timings::Timings;
use crate::units::{SimDuration, SimTime};
use reason::{DeploymentConditionReason, DeploymentReason};
use util::ReplicaSetCopy;

/// How often a sync that fails is tried again before the next change is waited for.
const MAX_RETRIES: u32 = 15;

/// The Deployment controller.
#[derive(Clone, Debug)]
pub struct DeploymentController {
    queue: RateLimitingQueue,
    client: TokenBucket,
}

impl DeploymentController {
    /// A controller that has seen nothing yet, with the client limits of `timings`.
    pub fn new(timings: &Timings) -> DeploymentController {
        DeploymentController {
            queue: RateLimitingQueue::new(DEPLOYMENT),
            client: TokenBucket::new(timings.client_writes_per_second, timings.client_burst),
        }
    }

    /// Brings a Deployment a step nearer to its spec; wakes itself when another look is due.
    ///
    /// `again` says that the key was added more than once. Then upstream's worker goes on at once
    /// with another sync, on what the cache has by then: if this one wrote the Deployment, that is
    /// the version before, the other one meets a conflict, and the key is tried again.
    pub fn reconcile(&mut self, api: &mut Api<'_>, deployment: DeploymentId, again: bool) {
        let (key, now) = (deployment.0, api.now());
        let version = version_of(api, deployment);
        self.queue.start(key, now);
        let free = self.client.available_at(now);
        if free > now {
            self.queue.add_after(key, now, free - now);
        } else {
            let result = self.sync_deployment(api, deployment);
            self.handle_err(key, now, result.is_err());
            let lags = api.cluster().timings.deployment_status == SimDuration::ZERO;
            if again && lags && result.is_ok() && version_of(api, deployment) != version {
                self.queue.add_rate_limited(key, now);
                self.queue.forget(key);
            }
        }
        self.queue.done(api, key);
    }

    fn handle_err(&mut self, key: u32, now: SimTime, failed: bool) {
        if failed && self.queue.num_requeues(key) < MAX_RETRIES {
            self.queue.add_rate_limited(key, now);
        } else {
            self.queue.forget(key);
        }
    }

    fn sync_deployment(&mut self, api: &mut Api<'_>, id: DeploymentId) -> Result<(), Refused> {
        let Some(object) = api.cluster().deployment(id) else { return Ok(()) };
        let deployment = DeploymentCopy::new(object);
        let selects_all = object.selector.requirements.is_empty() && !object.selector.nothing;
        let deleting = object.deleting;
        let rs_list = read_replica_sets(api, object);
        let DeploymentController { queue, client } = self;
        let mut sync = Sync { api, queue, client, deployment };
        if selects_all {
            sync.selecting_all();
            return Ok(());
        }
        if deleting {
            return sync.sync_status_only(&rs_list);
        }
        sync.check_paused_conditions()?;
        if sync.deployment.spec.paused {
            return sync.sync(&rs_list);
        }
        if let Some(revision) = sync.rollback_to() {
            return sync.rollback(&rs_list, revision);
        }
        if sync.is_scaling_event(&rs_list)? {
            return sync.sync(&rs_list);
        }
        match sync.deployment.spec.strategy.type_.as_str() {
            "Recreate" => sync.rollout_recreate(&rs_list),
            "RollingUpdate" => sync.rollout_rolling(&rs_list),
            other => Err(Refused::Internal(Arc::from(format!(
                "unexpected deployment strategy type: {other}"
            )))),
        }
    }
}

fn version_of(api: &Api<'_>, id: DeploymentId) -> Option<u64> {
    api.cluster().deployment(id).map(|deployment| deployment.resource_version)
}

/// All ReplicaSets of a Deployment, oldest first.
fn read_replica_sets(api: &Api<'_>, object: &DeploymentObject) -> Vec<ReplicaSetCopy> {
    let owned = object.replica_sets.iter();
    let mut copies: Vec<ReplicaSetCopy> =
        owned.filter_map(|&id| api.cluster().replica_set(id)).map(ReplicaSetCopy::new).collect();
    copies.sort_by(util::by_creation_timestamp);
    copies
}

/// A Deployment as a sync has read it, with what the sync does to its status.
struct DeploymentCopy {
    id: DeploymentId,
    resource_version: u64,
    generation: i64,
    spec: Arc<DeploymentSpec>,
    template: TemplateId,
    status: DeploymentStatus,
}

impl DeploymentCopy {
    fn new(object: &DeploymentObject) -> DeploymentCopy {
        DeploymentCopy {
            id: object.id,
            resource_version: object.resource_version,
            generation: object.generation,
            spec: Arc::clone(&object.spec),
            template: object.template,
            status: object.status.clone(),
        }
    }
}

/// One sync: the Deployment, and the means to act.
struct Sync<'a, 'b> {
    api: &'a mut Api<'b>,
    queue: &'a mut RateLimitingQueue,
    client: &'a mut TokenBucket,
    deployment: DeploymentCopy,
}

/// The ReplicaSet of the present template, and all others, oldest first.
struct ReplicaSets {
    new: Option<ReplicaSetCopy>,
    old: Vec<ReplicaSetCopy>,
}

impl ReplicaSets {
    fn all(&self) -> impl Iterator<Item = &ReplicaSetCopy> + Clone {
        self.old.iter().chain(&self.new)
    }
}

impl Sync<'_, '_> {
    fn selecting_all(&mut self) {
        self.event(EventType::Warning, DeploymentReason::SelectingAll);
        if self.deployment.status.observed_generation < self.deployment.generation {
            self.deployment.status.observed_generation = self.deployment.generation;
            // Upstream does not look at the answer.
            let _ = self.update_status(None, DeploymentReason::SelectingAll);
        }
    }

    fn write(&mut self, write: Write, reason: DeploymentReason) -> Result<Applied, Refused> {
        self.client.reserve(self.api.now());
        self.api.write(write, Reason::Deployment(reason))
    }

    /// An event about the Deployment.
    fn event(&mut self, type_: EventType, reason: DeploymentReason) {
        let object = ObjectId::Deployment(self.deployment.id);
        let written = self.api.write(Write::Event { object, type_ }, Reason::Deployment(reason));
        written.expect("an event is never refused");
    }

    /// Writes the copy's status, and annotations if they come with it.
    fn update_status(
        &mut self,
        annotations: Option<StringMap>,
        reason: DeploymentReason,
    ) -> Result<(), Refused> {
        self.ensure_newest()?;
        let write = Write::DeploymentStatus {
            deployment: self.deployment.id,
            status: Box::new(self.deployment.status.clone()),
            annotations: annotations.map(Arc::new),
        };
        self.write(write, reason).map(|_| ())
    }

    /// Refuses what the API server would refuse: a write of a copy that is not the newest.
    fn ensure_newest(&self) -> Result<(), Refused> {
        let stored = self.api.cluster().deployment(self.deployment.id);
        match stored {
            Some(stored) if stored.resource_version == self.deployment.resource_version => Ok(()),
            Some(stored) => Err(conflict("deployments.apps", &stored.metadata.name)),
            None => Err(Refused::NotFound(Arc::from("the deployment is gone"))),
        }
    }

    /// Writes size, annotations and minReadySeconds of a copy; gives the newest copy.
    fn update_replica_set(
        &mut self,
        changed: ReplicaSetCopy,
        reason: DeploymentReason,
    ) -> Result<ReplicaSetCopy, Refused> {
        let id = changed.id;
        let stored = self.api.cluster().replica_set(id);
        if stored.is_some_and(|stored| stored.resource_version != changed.resource_version) {
            return Err(conflict("replicasets.apps", &changed.name));
        }
        let write = Write::UpdateReplicaSet {
            replica_set: id,
            replicas: changed.replicas,
            annotations: changed.annotations,
            min_ready_seconds: changed.min_ready_seconds,
        };
        self.write(write, reason)?;
        let stored = self.api.cluster().replica_set(id);
        Ok(ReplicaSetCopy::new(stored.expect("a ReplicaSet that was just written is there")))
    }

    /// Name of the Deployment.
    fn name(&self) -> Arc<str> {
        let object = self.api.cluster().deployment(self.deployment.id);
        object.map_or_else(|| Arc::from(""), |object| Arc::from(object.metadata.name.as_str()))
    }

    /// Annotations of the Deployment. No copy: only a sync itself changes them while it runs.
    fn annotations(&self) -> StringMap {
        let object = self.api.cluster().deployment(self.deployment.id);
        object.map(|object| object.metadata.annotations.clone()).unwrap_or_default()
    }
}

fn conflict(resource: &str, name: &str) -> Refused {
    Refused::Conflict(Arc::from(format!(
        "Operation cannot be fulfilled on {resource} \"{name}\": the object has been modified; \
         please apply your changes to the latest version and try again"
    )))
}

/// What a status is written for.
fn reason_of(condition: Option<&DeploymentConditionReason>) -> DeploymentReason {
    condition.cloned().map_or(DeploymentReason::SyncStatus, DeploymentReason::Condition)
}
