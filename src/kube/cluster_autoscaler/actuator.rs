//! How nodes go: a taint, a moment, evictions, and the end. Mirrors cluster-autoscaler/core/
//! scaledown/actuation/{actuator,drain,delete_in_batch}.go of kubernetes/autoscaler. Left out: pods
//! of DaemonSets, which nobody evicts, batches of the cloud provider, whose answer comes at once.

use std::sync::Arc;

use super::drainability::moving_pods;
use super::planner::set_taint;
use super::reason::{ClusterAutoscalerReason, ScaleDownFailure, Utilization};
use super::{ClusterAutoscaler, TO_BE_DELETED_TAINT, send};
use crate::kube::apiserver::eviction::Eviction;
use crate::kube::apiserver::eviction::answer::Answer;
use crate::kube::apiserver::{Api, EventType, Write};
use crate::kube::objects::ids::{NodeId, ObjectId, PodId};
use crate::kube::objects::node::taint::NO_SCHEDULE;
use crate::units::{SimDuration, SimTime};

/// From an eviction that was refused to the next try (`DefaultEvictionRetryTime`).
const EVICTION_RETRY_TIME: SimDuration = SimDuration::from_secs(10);
/// How much longer than their grace pods may take (`DefaultPodEvictionHeadroom`).
const POD_EVICTION_HEADROOM: SimDuration = SimDuration::from_secs(30);
/// From one look at pods that end to the next.
const POLL_INTERVAL: SimDuration = SimDuration::from_secs(5);

/// A node that is to go.
#[derive(Clone, Debug)]
pub(super) struct Removal {
    pub(super) node: NodeId,
    pub(super) group: usize,
    pub(super) name: Arc<str>,
    /// For how long it was not needed.
    pub(super) unneeded: SimDuration,
    pub(super) utilization: Utilization,
    /// Pods that have to move; none if it runs nothing.
    pub(super) pods: Vec<PodId>,
}

/// A removal that goes on.
#[derive(Clone, Debug)]
pub(super) struct Deletion {
    pub(super) node: NodeId,
    pub(super) removal: Removal,
    step: Step,
    pods: Vec<Evicting>,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    /// The taint has to be seen by the scheduler.
    Tainted { until: SimTime },
    /// Pods are being evicted; no new tries after this instant.
    Evicting { retry_until: SimTime },
    /// Pods end.
    Waiting { look_at: SimTime, give_up_at: SimTime },
}

/// A pod that has to go.
#[derive(Clone, Debug)]
struct Evicting {
    pod: PodId,
    name: Arc<str>,
    /// Grace that it gets \[s\].
    grace_seconds: i64,
    /// The next try; none once it is let go.
    try_at: Option<SimTime>,
}

/// How a step ended.
enum Progress {
    /// There is more to do at once, or later.
    GoOn,
    /// The node can be deleted.
    Done,
    Failed(ScaleDownFailure),
}

impl Deletion {
    fn due(&self) -> SimTime {
        match self.step {
            Step::Tainted { until } => until,
            Step::Evicting { .. } => {
                self.pods.iter().filter_map(|pod| pod.try_at).min().unwrap_or(SimTime::MIN)
            }
            Step::Waiting { look_at, .. } => look_at,
        }
    }
}

impl ClusterAutoscaler {
    /// When a removal goes on.
    pub(super) fn next_deletion_step(&self) -> SimTime {
        self.deletions.iter().map(Deletion::due).min().unwrap_or(SimTime::MAX)
    }

    /// Taints a node that is to go, and tells of it. Mirrors `StartDeletion`.
    pub(super) fn start_deletion(&mut self, api: &mut Api<'_>, removal: Removal) {
        let (node, name) = (removal.node, Arc::clone(&removal.name));
        let pods = removal.pods.iter().filter_map(|&pod| api.cluster().pod(pod));
        let pods: Arc<[Arc<str>]> =
            pods.map(|pod| Arc::from(format!("{}/{}", pod.namespace, pod.name))).collect();
        let Removal { utilization, unneeded, .. } = removal;
        let reason = if removal.pods.is_empty() {
            ClusterAutoscalerReason::ScaleDownEmpty { node: name, unneeded }
        } else {
            ClusterAutoscalerReason::ScaleDown { node: name, utilization, unneeded, pods }
        };
        tell(api, ObjectId::ClusterAutoscaler, EventType::Normal, reason);
        let reason = ClusterAutoscalerReason::ToBeDeleted;
        set_taint(api, node, (TO_BE_DELETED_TAINT, NO_SCHEDULE), true, reason.clone());
        tell(api, ObjectId::Node(node), EventType::Normal, reason);
        self.forget_unneeded(node);
        let until = api.now() + self.options.node_delete_delay_after_taint;
        let step = Step::Tainted { until };
        self.deletions.push(Deletion { node, removal, step, pods: Vec::new() });
    }

    /// Does what is due.
    pub(super) fn advance_deletions(&mut self, api: &mut Api<'_>) {
        let mut going = std::mem::take(&mut self.deletions);
        going.retain_mut(|deletion| self.advance(api, deletion));
        self.deletions = going;
    }

    /// Whether the removal goes on.
    fn advance(&mut self, api: &mut Api<'_>, deletion: &mut Deletion) -> bool {
        while deletion.due() <= api.now() {
            if api.cluster().node(deletion.node).is_none() {
                return false;
            }
            match self.step(api, deletion) {
                Progress::GoOn => {}
                Progress::Done => {
                    self.remove(api, deletion);
                    return false;
                }
                Progress::Failed(why) => {
                    self.abort(api, deletion.node, why);
                    return false;
                }
            }
        }
        true
    }

    fn step(&mut self, api: &mut Api<'_>, deletion: &mut Deletion) -> Progress {
        match deletion.step {
            Step::Tainted { .. } => self.begin(api, deletion),
            Step::Evicting { retry_until } => self.evict(api, deletion, retry_until),
            Step::Waiting { give_up_at, .. } => look(api, deletion, give_up_at),
        }
    }

    /// The scheduler has seen the taint: what is there now has to go.
    fn begin(&self, api: &mut Api<'_>, deletion: &mut Deletion) -> Progress {
        let (cluster, now) = (api.cluster(), api.now());
        let node = cluster.node(deletion.node).expect("it was just seen");
        let most = self.options.max_graceful_termination_sec;
        let evicting = moving_pods(cluster, node).map(|pod| {
            let spec = &cluster.template(pod.template).spec.spec;
            let own = spec.termination_grace_period_seconds.unwrap_or(30);
            let name = Arc::clone(&pod.name);
            Evicting { pod: pod.id, name, grace_seconds: own.min(most), try_at: Some(now) }
        });
        deletion.pods = evicting.collect();
        if deletion.removal.pods.is_empty() {
            let empty = deletion.pods.is_empty();
            return if empty {
                Progress::Done
            } else {
                Progress::Failed(ScaleDownFailure::NewPods)
            };
        }
        for pod in &deletion.pods {
            let reason = ClusterAutoscalerReason::DeletingPod;
            tell(api, ObjectId::Pod(pod.pod), EventType::Normal, reason);
        }
        deletion.step = Step::Evicting { retry_until: now + self.options.max_pod_eviction_time };
        Progress::GoOn
    }

    /// Mirrors `DrainNode` and `evictPod`.
    fn evict(
        &mut self,
        api: &mut Api<'_>,
        deletion: &mut Deletion,
        retry_until: SimTime,
    ) -> Progress {
        let now = api.now();
        let began = retry_until - self.options.max_pod_eviction_time;
        let tries = |pod: &&Evicting| pod.try_at.is_some();
        if now >= retry_until && now > began && deletion.pods.iter().any(|pod| tries(&pod)) {
            let left = deletion.pods.iter().filter(tries).map(|pod| Arc::clone(&pod.name));
            return Progress::Failed(ScaleDownFailure::NotEvicted(left.collect()));
        }
        let due = |pod: &&mut Evicting| pod.try_at.is_some_and(|at| at <= now);
        for pod in deletion.pods.iter_mut().filter(due) {
            let mut eviction = Eviction::new(pod.pod, Arc::clone(&pod.name));
            eviction.grace_period_seconds = Some(pod.grace_seconds);
            pod.try_at = match api.evict(&eviction) {
                Answer::Allowed(_) | Answer::NotFound { .. } => None,
                _ => Some(now + EVICTION_RETRY_TIME),
            };
        }
        if deletion.pods.iter().all(|pod| pod.try_at.is_none()) {
            let grace = deletion.pods.iter().map(|pod| pod.grace_seconds).max().unwrap_or(0);
            let give_up_at = now + SimDuration::from_secs(grace.max(0)) + POD_EVICTION_HEADROOM;
            deletion.step = Step::Waiting { look_at: now, give_up_at };
        }
        Progress::GoOn
    }

    fn remove(&self, api: &mut Api<'_>, deletion: &Deletion) {
        let Removal { node, group, unneeded, .. } = deletion.removal;
        let group = Arc::clone(&self.groups.get(group).name);
        let reason = ClusterAutoscalerReason::NodeRemoved { group, unneeded };
        send(api, Write::DeleteNode(node), reason.clone());
        tell(api, ObjectId::Node(node), EventType::Normal, reason);
    }

    fn abort(&mut self, api: &mut Api<'_>, node: NodeId, why: ScaleDownFailure) {
        self.last_scale_down_fail = api.now();
        let reason = ClusterAutoscalerReason::ScaleDownFailed { why };
        set_taint(api, node, (TO_BE_DELETED_TAINT, NO_SCHEDULE), false, reason.clone());
        tell(api, ObjectId::Node(node), EventType::Warning, reason);
    }
}

/// One look at pods that end.
fn look(api: &Api<'_>, deletion: &mut Deletion, give_up_at: SimTime) -> Progress {
    let now = api.now();
    let cluster = api.cluster();
    let there = |pod: &&Evicting| cluster.pod(pod.pod).is_some_and(|pod| !pod.is_terminal());
    let left: Arc<[Arc<str>]> =
        deletion.pods.iter().filter(there).map(|pod| Arc::clone(&pod.name)).collect();
    if left.is_empty() {
        return Progress::Done;
    }
    if now >= give_up_at {
        return Progress::Failed(ScaleDownFailure::NotGone(left));
    }
    deletion.step = Step::Waiting { look_at: now + POLL_INTERVAL, give_up_at };
    Progress::GoOn
}

fn tell(api: &mut Api<'_>, object: ObjectId, type_: EventType, reason: ClusterAutoscalerReason) {
    send(api, Write::Event { object, type_ }, reason);
}
