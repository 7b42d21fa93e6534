//! What the orchestrator does to the store. Mirrors `orchestrator.NewTask`, and the changes of a
//! task's desired state.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::reason::{Slot, SwarmReason, UpdateStatus};
use super::task::{Desired, Observed, Task};
use super::{RETRY, Turn};
use crate::api::labels::Selector;
use crate::api::meta::StringMap;
use crate::api::swarm::{ServiceMode, TaskSpec};
use crate::engine::random::RandomStream;
use crate::kube::apiserver::write::{NewPod, NewReplicaSet};
use crate::kube::apiserver::{Applied, EventType, Write};
use crate::kube::objects::deployment::{DeploymentStatus, ReplicaSetStatus};
use crate::kube::objects::ids::{NodeId, ObjectId, PodId, ReplicaSetId};
use crate::kube::objects::pod::Pod;
use crate::kube::reason::Reason;
use crate::units::SimTime;

/// Digits of ids, and how many an id has.
const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
const ID_LENGTH: usize = 25;
/// Number of a version, as the Deployment controller writes it.
const REVISION: &str = "deployment.kubernetes.io/revision";

impl Turn<'_, '_> {
    /// Makes a task of the service's version with the desired state READY, of a global service
    /// bound to its node; gives its place, or none if the API server refused.
    pub(super) fn create_task(&mut self, slot: Slot, reason: SwarmReason) -> Option<usize> {
        let object = self.api.cluster().deployment(self.id)?;
        let (template, metadata) = (object.template, object.metadata.clone());
        let owner = self.replica_set()?;
        let global = self.strategy().mode == ServiceMode::Global;
        let id = self.task_id();
        let place = match self.api.cluster().node(NodeId(slot.0)).filter(|_| global) {
            Some(node) => node.node.metadata.name.clone(),
            None => slot.to_string(),
        };
        let new = NewPod {
            name: Arc::from(format!("{}.{place}.{id}", metadata.name)),
            namespace: Arc::from(metadata.namespace),
            owner: Some(owner),
            template: Arc::clone(&self.api.cluster().template(template).spec),
        };
        let spec = new.template.spec.task.clone().unwrap_or_default();
        let written = self.api.write(Write::CreatePod(Box::new(new)), Reason::Swarm(reason));
        let Ok(Applied::Created(ObjectId::Pod(pod))) = written else {
            self.service.retry_at = Some(self.now + RETRY);
            return None;
        };
        if global {
            let write = Write::BindPod { pod, node: NodeId(slot.0) };
            let bound = self.api.write(write, Reason::Swarm(SwarmReason::UpdateSlot { slot }));
            bound.expect("a new pod can be bound to a node that exists");
        }
        Some(self.remember(pod, id, slot, spec))
    }

    fn remember(&mut self, pod: PodId, id: Arc<str>, slot: Slot, spec: Arc<TaskSpec>) -> usize {
        let object = self.api.cluster().pod(pod).expect("it was just created");
        self.service.tasks.push(Task {
            pod,
            id,
            slot,
            template: object.template,
            spec_version: self.service.spec_version,
            spec,
            desired: Desired::Ready,
            observed: Observed::Starting,
            ended_at: SimTime::MAX,
            start: None,
            removed: false,
        });
        self.service.recount = true;
        self.service.tasks.len() - 1
    }

    /// An id as Swarm gives them: 25 digits of base 36.
    fn task_id(&self) -> Arc<str> {
        let number = u64::from(self.api.cluster().pods().next_id().0);
        let mut stream = RandomStream::numbered(self.seed, "swarm/task-ids", number);
        let digit = |_| char::from(DIGITS[stream.below(DIGITS.len() as u64) as usize]);
        Arc::from((0..ID_LENGTH).map(digit).collect::<String>())
    }

    /// The desired state of a task becomes RUNNING.
    pub(super) fn release(&mut self, place: usize) {
        let task = &mut self.service.tasks[place];
        task.desired = Desired::Running;
        task.start = None;
        // The pod may be gone already, as if somebody had deleted it.
        let _ = self.api.write(Write::ReleasePod(task.pod), Reason::Swarm(SwarmReason::Release));
    }

    /// The desired state of a task becomes SHUTDOWN.
    pub(super) fn shut_down(&mut self, place: usize, reason: SwarmReason) {
        let task = &mut self.service.tasks[place];
        if !task.is_wanted() {
            return;
        }
        task.desired = Desired::Shutdown;
        self.service.recount = true;
        if task.has_ended() {
            return;
        }
        let write = Write::DeletePod { pod: task.pod, grace_period_seconds: None };
        // It may be gone already, or marked.
        let _ = self.api.write(write, Reason::Swarm(reason));
    }

    /// Shuts down all other tasks of a slot; gives the last of them.
    pub(super) fn shut_down_others(&mut self, slot: Slot, but: PodId) -> Option<PodId> {
        let mut last = None;
        for place in 0..self.service.tasks.len() {
            let task = &self.service.tasks[place];
            if task.slot == slot && task.pod != but && task.is_wanted() {
                last = Some(task.pod);
                self.shut_down(place, SwarmReason::ShutDown { slot });
            }
        }
        last
    }

    /// Forgets tasks that were shut down and have ended, but the last of each slot.
    pub(super) fn forget_ended(&mut self) {
        let over = |task: &Task| !task.is_wanted() && task.has_ended();
        let mut seen = BTreeSet::new();
        let mut gone: Vec<usize> = Vec::new();
        for (place, task) in self.service.tasks.iter().enumerate().rev() {
            if over(task) && (!seen.insert(task.slot) || task.removed) {
                gone.push(place);
            }
        }
        for place in gone {
            let pod = self.service.tasks.remove(place).pod;
            if self.api.cluster().pod(pod).is_some_and(Pod::is_terminal) {
                let write = Write::DeletePod { pod, grace_period_seconds: Some(0) };
                let _ = self.api.write(write, Reason::Swarm(SwarmReason::History));
            }
        }
    }

    /// All tasks go, because the service is gone.
    pub(super) fn remove_all(&mut self) {
        for place in 0..self.service.tasks.len() {
            self.shut_down(place, SwarmReason::Scale { replicas: 0 });
        }
    }

    /// Tells how the update fares.
    pub(super) fn set_status(&mut self, status: UpdateStatus) {
        let failed = !matches!(
            status,
            UpdateStatus::Updating | UpdateStatus::Completed | UpdateStatus::RollbackCompleted
        );
        let type_ = if failed { EventType::Warning } else { EventType::Normal };
        self.service.status = Some(status.clone());
        let write = Write::Event { object: ObjectId::Deployment(self.id), type_ };
        let told = self.api.write(write, Reason::Swarm(SwarmReason::Update(status)));
        told.expect("an event is never refused");
    }

    /// The ReplicaSet of the service's version; made if there is none.
    fn replica_set(&mut self) -> Option<ReplicaSetId> {
        let cluster = self.api.cluster();
        let object = cluster.deployment(self.id)?;
        let sets = object.replica_sets.iter().filter_map(|&id| cluster.replica_set(id));
        if let Some(set) = sets.clone().find(|set| set.base_template == object.template) {
            return Some(set.id);
        }
        let revision = sets.filter_map(|set| set.annotations.get(REVISION)?.parse::<u64>().ok());
        let revision = revision.max().unwrap_or(0) + 1;
        let new = NewReplicaSet {
            name: Arc::from(format!("{}-{revision}", object.metadata.name)),
            namespace: Arc::from(object.metadata.namespace.as_str()),
            owner: Some(self.id),
            labels: object.spec.template.metadata.labels.clone(),
            annotations: StringMap::from([(REVISION.to_owned(), revision.to_string())]),
            replicas: object.replicas(),
            min_ready_seconds: 0,
            selector: Selector::from_label_selector(object.spec.selector.as_ref()),
            template: Arc::clone(&cluster.template(object.template).spec),
            base_template: object.template,
        };
        let write = Write::CreateReplicaSet(Box::new(new));
        match self.api.write(write, Reason::Swarm(SwarmReason::NewVersion)) {
            Ok(Applied::Created(ObjectId::ReplicaSet(id))) => Some(id),
            _ => None,
        }
    }

    /// A version that is not the newest any more and comes back is the newest again, as for the
    /// Deployment controller.
    pub(super) fn note_version(&mut self) {
        let cluster = self.api.cluster();
        let Some(object) = cluster.deployment(self.id) else { return };
        let revision = |id: &ReplicaSetId| {
            cluster.replica_set(*id)?.annotations.get(REVISION)?.parse::<u64>().ok()
        };
        let newest = object.replica_sets.iter().filter_map(revision).max().unwrap_or(0);
        let own = object.replica_sets.iter().find(|id| {
            cluster.replica_set(**id).is_some_and(|set| set.base_template == object.template)
        });
        let Some(id) = own.filter(|id| revision(id) != Some(newest)) else { return };
        let set = cluster.replica_set(*id).expect("it was just found");
        let mut annotations = (*set.annotations).clone();
        annotations.insert(REVISION.to_owned(), (newest + 1).to_string());
        let write = Write::UpdateReplicaSet {
            replica_set: *id,
            replicas: set.replicas,
            annotations: Arc::new(annotations),
            min_ready_seconds: 0,
        };
        let written = self.api.write(write, Reason::Swarm(SwarmReason::NewVersion));
        written.expect("a ReplicaSet that exists can be changed");
    }

    /// Counts tasks, of the service and of its versions.
    pub(super) fn report_counts(&mut self) {
        let Some(object) = self.api.cluster().deployment(self.id) else { return };
        let (wanted, updated) = (object.replicas(), object.template);
        let count = |of: &dyn Fn(&Task) -> bool| {
            let tasks = self.service.tasks.iter().filter(|task| task.is_wanted());
            tasks.filter(|task| !task.has_ended() && of(task)).count() as i32
        };
        let ready = count(&|task| task.observed == Observed::Running);
        let status = DeploymentStatus {
            observed_generation: object.generation,
            replicas: count(&|_| true),
            updated_replicas: count(&|task| task.template == updated),
            ready_replicas: ready,
            available_replicas: ready,
            unavailable_replicas: (wanted - ready).max(0),
            ..DeploymentStatus::default()
        };
        let sets = object.replica_sets.iter().filter_map(|&id| self.api.cluster().replica_set(id));
        let sets: Vec<(ReplicaSetId, ReplicaSetStatus)> = sets
            .map(|set| {
                let own = |task: &Task| task.template == set.base_template;
                let ready = count(&|task| own(task) && task.observed == Observed::Running);
                let replicas = count(&own);
                let status = ReplicaSetStatus {
                    observed_generation: set.generation,
                    replicas,
                    fully_labeled_replicas: replicas,
                    ready_replicas: ready,
                    available_replicas: ready,
                    ..ReplicaSetStatus::default()
                };
                (set.id, status)
            })
            .collect();
        for (replica_set, status) in sets {
            let write = Write::ReplicaSetStatus { replica_set, status: Box::new(status) };
            let _ = self.api.write(write, Reason::Swarm(SwarmReason::Status));
        }
        let (deployment, status) = (self.id, Box::new(status));
        let write = Write::DeploymentStatus { deployment, status, annotations: None };
        let _ = self.api.write(write, Reason::Swarm(SwarmReason::Status));
    }
}
