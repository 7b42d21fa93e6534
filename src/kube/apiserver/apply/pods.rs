//! Writes of pods.

use std::sync::Arc;

use super::super::change::{Change, PodChange, PodFacts};
use super::super::cluster::{Cluster, Outcome};
use super::super::write::{Applied, NewPod, PodStatus, Refused};
use super::{UNCHANGED, created, done, not_found, set};
use crate::api::meta::StringMap;
use crate::kube::objects::ids::{NodeId, ObjectId, PodId, ReplicaSetId};
use crate::kube::objects::pod::{
    ControllerRef, Deletion, DisruptionTarget, Pod, PodActivity, PodCondition, PodPhase,
    Unscheduled, deletion_cost,
};
use crate::kube::scheduler::reason::SchedulerReason;
use crate::units::{SimDuration, SimTime};

/// `terminationGracePeriodSeconds` of a pod that does not say \[s\].
const DEFAULT_GRACE_PERIOD_SECONDS: i64 = 30;
/// Longest grace that is kept \[s\]; longer ones are cut, far beyond any simulation.
const GRACE_PERIOD_SECONDS_MAX: i64 = 1_000_000_000;

impl Cluster {
    pub(super) fn create_pod(&mut self, new: &NewPod) -> Outcome {
        if self.script.pod_quota.is_some_and(|quota| i64::from(self.pods.len()) >= quota) {
            return Err(self.quota_exceeded());
        }
        let id = self.pods.next_id();
        let template = self.intern_template(&new.template);
        let labels = self.intern_labels(&new.namespace, &new.template.metadata.labels);
        self.pods.insert(Pod {
            id,
            name: Arc::clone(&new.name),
            namespace: Arc::clone(&new.namespace),
            owner: new.owner,
            other_controller: None,
            template,
            labels,
            creation_timestamp: self.now.floor_second(),
            created_at: self.now,
            node: None,
            unscheduled: None,
            phase: PodPhase::Pending,
            activity: PodActivity::Unscheduled,
            start_time: None,
            ready: None,
            disruption_target: None,
            deletion: None,
            restarts: 0,
            sidecar_restarts: 0,
            deletion_cost: deletion_cost(&new.template.metadata.annotations),
            released: new.template.spec.task.is_none(),
        });
        if let Some(owner) = new.owner
            && let Ok(replica_set) = self.replica_set_mut(owner)
        {
            replica_set.pods.push(id);
        }
        let facts = self.pod_facts(id);
        Ok(created(Change::Pod(id, PodChange::Added, facts), ObjectId::Pod(id)))
    }

    /// The text of the `ResourceQuota` admission plugin for a quota named `pods`.
    fn quota_exceeded(&self) -> Refused {
        let (used, limit) = (self.pods.len(), self.script.pod_quota.unwrap_or_default());
        Refused::Forbidden(Arc::from(format!(
            "pods is forbidden: exceeded quota: pods, requested: pods=1, used: pods={used}, \
             limited: pods={limit}"
        )))
    }

    pub(super) fn bind_pod(&mut self, id: PodId, node: NodeId) -> Outcome {
        let pod = self.pod_mut(id)?;
        assert!(pod.node.is_none(), "a pod is bound once");
        pod.node = Some(node);
        pod.unscheduled = None;
        let object = self.nodes.get_mut(node.index()).and_then(Option::as_mut);
        object.expect("a pod is bound to a node that exists").pods.push(id);
        self.touch_node(node);
        Ok(done(Change::Pod(id, PodChange::Bound, self.pod_facts(id))))
    }

    pub(super) fn release_pod(&mut self, id: PodId) -> Outcome {
        if !set(&mut self.pod_mut(id)?.released, true) {
            return Ok(UNCHANGED);
        }
        Ok(done(Change::Pod(id, PodChange::Released, self.pod_facts(id))))
    }

    pub(super) fn pod_unscheduled(&mut self, id: PodId, reason: &SchedulerReason) -> Outcome {
        let now = self.now.floor_second();
        let pod = self.pod_mut(id)?;
        let former = pod.unscheduled.as_ref();
        let last_transition_time = former.map_or(now, |former| former.last_transition_time);
        let condition = Unscheduled { reason: reason.clone(), last_transition_time };
        let changed = set(&mut pod.unscheduled, Some(Box::new(condition)));
        Ok(if changed { done(Change::None) } else { UNCHANGED })
    }

    pub(super) fn pod_status(&mut self, id: PodId, status: &PodStatus) -> Outcome {
        let pod = self.pod_mut(id)?;
        let start_time = status.start_time.map(SimTime::floor_second);
        let ready = status.ready.map(PodCondition::as_stored);
        let former_phase = pod.phase;
        let visible = set(&mut pod.phase, status.phase) | set(&mut pod.ready, ready);
        let mut changed = visible | set(&mut pod.activity, status.activity);
        changed |= set(&mut pod.start_time, start_time);
        changed |= set(&mut pod.restarts, status.restarts);
        changed |= set(&mut pod.sidecar_restarts, status.sidecar_restarts);
        if !changed {
            return Ok(UNCHANGED);
        }
        let what = if visible { PodChange::Readiness } else { PodChange::Status };
        if status.phase.is_terminal() != former_phase.is_terminal() {
            self.touch_node_of(id);
        }
        Ok(done(Change::Pod(id, what, self.pod_facts(id))))
    }

    pub(super) fn disruption_target(&mut self, id: PodId, condition: DisruptionTarget) -> Outcome {
        let last_transition_time = condition.last_transition_time.floor_second();
        let condition = DisruptionTarget { last_transition_time, ..condition };
        let pod = self.pod_mut(id)?;
        if !set(&mut pod.disruption_target, Some(condition)) {
            return Ok(UNCHANGED);
        }
        Ok(done(Change::Pod(id, PodChange::Metadata, self.pod_facts(id))))
    }

    /// Mirrors `rest.BeforeDelete` and `podStrategy.CheckGracefulDelete`.
    pub(super) fn delete_pod(&mut self, id: PodId, grace: Option<i64>) -> Outcome {
        let now = self.now;
        let pod = self.pod(id).ok_or_else(|| not_found("pods", id.0))?;
        // A negative grace means one second.
        let asked = grace.map(|grace| if grace < 0 { 1 } else { grace });
        let deletion = match (pod.deletion, asked) {
            (Some(former), Some(grace)) if grace < former.grace_period_seconds => {
                shortened(former, grace, now)
            }
            (Some(_), _) => return Ok(UNCHANGED),
            (None, _) => {
                let grace_period_seconds = self.grace_of(pod, asked);
                let deletion_timestamp =
                    now.saturating_add(SimDuration::from_secs(grace_period_seconds)).floor_second();
                Deletion { requested_at: now, deletion_timestamp, grace_period_seconds }
            }
        };
        if deletion.grace_period_seconds == 0 {
            let (change, _) = self.remove_pod(id)?;
            return Ok((change, Applied::Deleted { gone: true }));
        }
        self.pod_mut(id)?.deletion = Some(deletion);
        self.touch_node_of(id);
        let change = Change::Pod(id, PodChange::Marked, self.pod_facts(id));
        Ok((change, Applied::Deleted { gone: false }))
    }

    /// The grace of a pod that is being deleted: that which is asked for, else its own. None for
    /// one that no kubelet has, or that has ended.
    fn grace_of(&self, pod: &Pod, asked: Option<i64>) -> i64 {
        if pod.node.is_none() || pod.is_terminal() {
            return 0;
        }
        let own = self.template(pod.template).spec.spec.termination_grace_period_seconds;
        let grace = asked.or(own).unwrap_or(DEFAULT_GRACE_PERIOD_SECONDS);
        if grace < 0 { 1 } else { grace.min(GRACE_PERIOD_SECONDS_MAX) }
    }

    pub(super) fn remove_pod(&mut self, id: PodId) -> Outcome {
        self.pod_mut(id)?;
        let facts = self.pod_facts(id);
        self.pods.remove(id);
        if let Some(owner) = facts.owner
            && let Ok(replica_set) = self.replica_set_mut(owner)
        {
            replica_set.pods.retain(|&other| other != id);
        }
        if let Some(node) = facts.node
            && let Some(object) = self.nodes.get_mut(node.index()).and_then(Option::as_mut)
        {
            object.pods.retain(|&other| other != id);
            self.touch_node(node);
        }
        Ok(done(Change::Pod(id, PodChange::Removed, facts)))
    }

    pub(super) fn relabel_pod(&mut self, id: PodId, labels: &StringMap) -> Outcome {
        let namespace = Arc::clone(&self.pod_mut(id)?.namespace);
        let former_labels = self.pod_facts(id).labels;
        let labels = self.intern_labels(&namespace, labels);
        if labels == former_labels {
            return Ok(UNCHANGED);
        }
        self.pods.relabel(id, labels);
        self.touch_node_of(id);
        let facts = PodFacts { former_labels, ..self.pod_facts(id) };
        Ok(done(Change::Pod(id, PodChange::Metadata, facts)))
    }

    pub(super) fn set_pod_owner(&mut self, id: PodId, owner: Option<ReplicaSetId>) -> Outcome {
        let former_owner = self.pod_facts(id).owner;
        if !set(&mut self.pod_mut(id)?.owner, owner) {
            return Ok(UNCHANGED);
        }
        if let Some(former) = former_owner
            && let Ok(replica_set) = self.replica_set_mut(former)
        {
            replica_set.pods.retain(|&other| other != id);
        }
        if let Some(owner) = owner
            && let Ok(replica_set) = self.replica_set_mut(owner)
        {
            let place = replica_set.pods.partition_point(|&other| other < id);
            replica_set.pods.insert(place, id);
        }
        let facts = PodFacts { former_owner, ..self.pod_facts(id) };
        Ok(done(Change::Pod(id, PodChange::Metadata, facts)))
    }

    pub(super) fn set_pod_controller(
        &mut self,
        id: PodId,
        controller: &Arc<ControllerRef>,
    ) -> Outcome {
        if !set(&mut self.pod_mut(id)?.other_controller, Some(Arc::clone(controller))) {
            return Ok(UNCHANGED);
        }
        Ok(done(Change::Pod(id, PodChange::Metadata, self.pod_facts(id))))
    }

    pub(super) fn set_deletion_cost(&mut self, id: PodId, cost: i32) -> Outcome {
        if !set(&mut self.pod_mut(id)?.deletion_cost, cost) {
            return Ok(UNCHANGED);
        }
        Ok(done(Change::Pod(id, PodChange::Metadata, self.pod_facts(id))))
    }

    /// Notes that something changed that a pod holds on its node, if it has one.
    fn touch_node_of(&mut self, id: PodId) {
        if let Some(node) = self.pods.get(id).and_then(|pod| pod.node) {
            self.touch_node(node);
        }
    }

    fn pod_facts(&self, id: PodId) -> PodFacts {
        let pod = self.pods.get(id).expect("facts are asked of a pod that exists");
        PodFacts {
            owner: pod.owner,
            former_owner: None,
            node: pod.node,
            labels: pod.labels,
            former_labels: pod.labels,
        }
    }

    fn pod_mut(&mut self, id: PodId) -> Result<&mut Pod, Refused> {
        self.pods.get_mut(id).ok_or_else(|| not_found("pods", id.0))
    }
}

/// A mark with less grace, counted from when it was first asked for. One that would be over is over
/// now, and its kubelet is left a second to notice.
fn shortened(former: Deletion, grace: i64, now: SimTime) -> Deletion {
    let less = SimDuration::from_secs(former.grace_period_seconds - grace);
    let deletion_timestamp = former.deletion_timestamp - less;
    if deletion_timestamp >= now {
        return Deletion { deletion_timestamp, grace_period_seconds: grace, ..former };
    }
    let grace_period_seconds = grace.min(1);
    Deletion { deletion_timestamp: now.floor_second(), grace_period_seconds, ..former }
}
