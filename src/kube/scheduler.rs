//! kube-scheduler with its default profile.
//! Mirrors pkg/scheduler/{scheduler,schedule_one,eventhandlers}.go (v1.36). Left out: preemption
//! (an attempt that fails says what it would say if no pod could be preempted), volumes, resource
//! claims, pod groups, other profiles. An attempt takes no time, and a binding takes effect at
//! once.
//!
//! The scheduler keeps its own picture of the nodes (`snapshot`) and compares it with the cluster
//! each time it is woken: what differs are the events that let waiting pods be tried again. What
//! plugins take from a pod is worked out once for all pods of a template (`plan`).

pub mod cluster_snapshot;
pub mod default_pool;
mod filter;
mod image_locality;
mod inter_pod_affinity;
pub(super) mod node_affinity;
mod node_ports;
mod node_resources;
mod plan;
pub mod plugin;
mod pod_topology_spread;
mod queue;
pub mod reason;
pub mod requests;
mod schedule_one;
mod score;
mod selectors;
mod snapshot;
pub mod taint_toleration;
mod topology;

use std::collections::BTreeMap;
use std::sync::Arc;

use self::image_locality::ImageStates;
use self::plan::{Failure, PlanId, Plans, Verdict, Verdicts};
use self::plugin::{Plugin, PluginSet};
use self::pod_topology_spread::SpreadConstraint;
use self::queue::{QueuedPodInfo, SchedulingQueue};
use self::reason::{SchedulerReason, SchedulingError};
use self::schedule_one::{Cycle, NoNode, Task};
use self::snapshot::{ClusterEvent, Snapshot};
use crate::engine::random::RandomStream;
use crate::kube::apiserver::watch::SCHEDULER;
use crate::kube::apiserver::{Api, Cluster, EventType, Write};
use crate::kube::objects::ids::{LabelSetId, NodeId, ObjectId, PodId, ReplicaSetId};
use crate::kube::objects::pod::Pod;
use crate::kube::reason::Reason;
use crate::units::SimTime;

pub use self::schedule_one::{NodeScore, Placement};

/// Period of the scheduler's look at pods that waited long \[ms\].
const FLUSH_PERIOD_MS: u64 = 30_000;

/// The scheduler with its memory.
#[derive(Clone, Debug)]
pub struct Scheduler {
    snapshot: Snapshot,
    plans: Plans,
    queue: SchedulingQueue,
    cycle: Cycle,
    /// Draws among nodes of the same score.
    ties: RandomStream,
    /// The first pod that was not seen yet.
    next_pod: PodId,
    images: (u64, ImageStates),
    default_spread: DefaultSpread,
    events: Vec<ClusterEvent>,
}

/// The scheduler's own soft constraints, by what they depend on.
#[derive(Clone, Debug, Default)]
struct DefaultSpread {
    /// State of the Services that they are about.
    services: u64,
    known: BTreeMap<(LabelSetId, Option<ReplicaSetId>), Vec<SpreadConstraint>>,
}

impl Scheduler {
    /// A scheduler that knows nothing of its cluster yet.
    pub fn new(seed: u64) -> Scheduler {
        let phase = RandomStream::new(seed, "scheduler/flush").below(FLUSH_PERIOD_MS);
        Scheduler {
            snapshot: Snapshot::default(),
            plans: Plans::default(),
            queue: SchedulingQueue::new(SimTime(phase as i64)),
            cycle: Cycle::default(),
            ties: RandomStream::new(seed, "scheduler/ties"),
            next_pod: PodId(0),
            images: (0, ImageStates::default()),
            default_spread: DefaultSpread::default(),
            events: Vec::new(),
        }
    }

    /// Takes in what changed and tries to place all pods that may have a place now.
    /// Mirrors `ScheduleOne`, once for each pod.
    pub fn reconcile(&mut self, api: &mut Api<'_>) {
        loop {
            self.observe(api.cluster());
            let Some((pod, info)) = self.queue.pop() else { break };
            self.schedule_one(api, pod, info);
        }
        let wake = self.next_wake(api.cluster());
        if wake < SimTime::MAX {
            api.wake(SCHEDULER, 0, wake);
        }
    }

    /// How a pod would be placed now. Changes nothing but what the scheduler has seen.
    pub fn placement(&mut self, cluster: &Cluster, pod: PodId) -> Placement {
        self.observe(cluster);
        let Some(pod) = cluster.pod(pod) else { return Placement::default() };
        let plan = self.plans.of(cluster, pod, &mut self.snapshot.topologies);
        self.prepare(cluster, pod, plan);
        let error = self.attempt(pod, plan).err().map(|no_node| Arc::new(no_node.error));
        self.cycle.placement(error)
    }

    /// Takes in nodes, pods and the passing of time.
    fn observe(&mut self, cluster: &Cluster) {
        let had_nodes = !self.snapshot.order().is_empty();
        self.plans.extend(cluster);
        self.snapshot.update(cluster, &mut self.plans, &mut self.events);
        if !had_nodes && !self.snapshot.order().is_empty() {
            self.queue.skip_errors(cluster.now);
        }
        if !self.events.is_empty() {
            let waits = |pod: &Pod| pod.node.is_none();
            self.queue.retain(|pod| cluster.pod(pod).is_some_and(waits));
        }
        for event in self.events.drain(..) {
            self.queue.move_all(&event, &self.plans, &self.snapshot, cluster.now);
        }
        self.add_new_pods(cluster);
        self.queue.flush(cluster.now);
    }

    /// Mirrors `addPod` for pods without a node, each as long after its creation as that takes.
    fn add_new_pods(&mut self, cluster: &Cluster) {
        while self.next_pod < cluster.pods().next_id() {
            let id = self.next_pod;
            if let Some(pod) = cluster.pod(id) {
                if pod.created_at + cluster.timings.schedule > cluster.now {
                    return;
                }
                if pod.node.is_none() && !pod.is_terminal() {
                    let plan = self.plans.of(cluster, pod, &mut self.snapshot.topologies);
                    self.queue.add(id, plan, self.plans.get(plan).priority, cluster.now);
                }
            }
            self.next_pod = PodId(id.0 + 1);
        }
    }

    /// When there is something to do even if nothing happens.
    fn next_wake(&self, cluster: &Cluster) -> SimTime {
        let new = cluster.pod(self.next_pod);
        let new = new.map_or(SimTime::MAX, |pod| pod.created_at + cluster.timings.schedule);
        new.min(self.queue.next_flush(!self.snapshot.order().is_empty()))
    }

    fn schedule_one(&mut self, api: &mut Api<'_>, id: PodId, mut info: QueuedPodInfo) {
        let cluster = api.cluster();
        let Some(pod) = cluster.pod(id).filter(|pod| pod.node.is_none()) else { return };
        let plan = self.plans.of(cluster, pod, &mut self.snapshot.topologies);
        let spec = &self.plans.get(plan).template.spec;
        if !spec.scheduling_gates.is_empty() {
            let reason = SchedulerReason::SchedulingGated;
            write(api, Write::PodUnscheduled { pod: id, reason: reason.clone() }, reason);
            return;
        }
        if let Some(name) = spec.node_name.as_ref().filter(|name| !name.is_empty()) {
            match self.snapshot.nodes().find(|info| info.node.metadata.name == *name) {
                Some(info) => bind_named(api, id, info.id),
                None => self.queue.add_unschedulable(id, info, named(), api.now()),
            }
            return;
        }
        self.prepare(cluster, pod, plan);
        match self.select_host(pod, plan) {
            Ok(node) => bind(api, id, node),
            Err((error, plugins)) => {
                info.plan = plan;
                self.queue.add_unschedulable(id, info, plugins, api.now());
                handle_scheduling_failure(api, id, error);
            }
        }
    }

    /// The node for a pod, drawn among the best. An attempt that failed for a pod of the same plan
    /// fails again as long as nothing changes.
    fn select_host(
        &mut self,
        pod: &Pod,
        plan: PlanId,
    ) -> Result<NodeId, (Arc<SchedulingError>, PluginSet)> {
        let epoch = self.snapshot.epoch;
        if let Some(failure) = &self.plans.get(plan).failure
            && failure.epoch == epoch
        {
            return Err((Arc::clone(&failure.error), failure.plugins));
        }
        if let Err(NoNode { error, plugins }) = self.attempt(pod, plan) {
            let error = Arc::new(error);
            let failure = Failure { epoch, error: Arc::clone(&error), plugins };
            self.plans.get_mut(plan).failure = Some(failure);
            return Err((error, plugins));
        }
        let best = &self.cycle.best;
        let draw = if best.len() > 1 { self.ties.below(best.len() as u64) as usize } else { 0 };
        Ok(best[draw])
    }

    /// Brings what is remembered for a pod up to date.
    fn prepare(&mut self, cluster: &Cluster, pod: &Pod, plan: PlanId) {
        let epoch = self.snapshot.node_epoch;
        if self.images.0 != epoch {
            self.images = (epoch, ImageStates::of(&self.snapshot));
        }
        if self.plans.get(plan).verdicts.epoch != epoch {
            let verdicts = self.judge_nodes(plan, epoch);
            self.plans.get_mut(plan).verdicts = verdicts;
        }
        if !self.plans.get(plan).has_spread {
            let topologies = &mut self.snapshot.topologies;
            self.default_spread.prepare(cluster, pod, topologies);
        }
    }

    fn judge_nodes(&self, plan: PlanId, epoch: u64) -> Verdicts {
        let plan = self.plans.get(plan);
        let mut by_node = Vec::new();
        for info in self.snapshot.nodes() {
            let node = info.id.index();
            if by_node.len() <= node {
                by_node.resize(node + 1, Verdict::default());
            }
            by_node[node] = Verdict::new(plan, info, &self.images.1);
        }
        Verdicts { epoch, by_node }
    }

    fn attempt(&mut self, pod: &Pod, plan: PlanId) -> Result<(), NoNode> {
        let plan = self.plans.get(plan);
        let soft_spread =
            if plan.has_spread { &plan.soft_spread } else { self.default_spread.of(pod) };
        let task = Task { plan, plans: &self.plans, snapshot: &self.snapshot, soft_spread };
        self.cycle.schedule_pod(task)
    }
}

impl DefaultSpread {
    /// Works the constraints of a pod out, if they are not known. Mirrors
    /// `buildDefaultConstraints`.
    fn prepare(&mut self, cluster: &Cluster, pod: &Pod, topologies: &mut topology::Topologies) {
        let services = cluster.generations().services;
        if self.services != services {
            self.known.clear();
            self.services = services;
        }
        let constraints = self.known.entry((pod.labels, pod.owner)).or_insert_with(|| {
            let selector = selectors::default_selector(cluster, pod.labels, pod.owner);
            let set = cluster.label_set(pod.labels);
            SpreadConstraint::system_defaults(&selector, set, topologies)
        });
        for constraint in constraints {
            constraint.extend(cluster);
        }
    }

    fn of(&self, pod: &Pod) -> &[SpreadConstraint] {
        self.known.get(&(pod.labels, pod.owner)).map_or(&[], Vec::as_slice)
    }
}

/// Why a pod waits whose node is not there yet; a new node lets it be looked at again.
fn named() -> PluginSet {
    let mut plugins = PluginSet::default();
    plugins.insert(Plugin::NodeName);
    plugins
}

/// Gives a pod the node that its spec names. Upstream such a pod has its node from the start, and
/// the scheduler never sees it.
fn bind_named(api: &mut Api<'_>, id: PodId, node: NodeId) {
    let _ = api.write(Write::BindPod { pod: id, node }, Reason::Scenario);
}

/// Mirrors `bind` and `finishBinding`.
fn bind(api: &mut Api<'_>, id: PodId, node: NodeId) {
    let cluster = api.cluster();
    let (Some(pod), Some(host)) = (cluster.pod(id), cluster.node(node)) else { return };
    let reason = SchedulerReason::Scheduled {
        namespace: Arc::clone(&pod.namespace),
        pod: Arc::clone(&pod.name),
        node: Arc::clone(&host.node),
    };
    write(api, Write::BindPod { pod: id, node }, reason.clone());
    write(api, event(id, EventType::Normal), reason);
}

/// Tells why a pod has no node, unless that was told before: the API server would only count the
/// event up. Mirrors `handleSchedulingFailure`.
fn handle_scheduling_failure(api: &mut Api<'_>, id: PodId, error: Arc<SchedulingError>) {
    let reason = SchedulerReason::Unschedulable(Arc::clone(&error));
    let pod = api.cluster().pod(id);
    let told = pod.and_then(|pod| pod.unscheduled.as_ref());
    if told.is_some_and(|told| told.reason == reason) {
        return;
    }
    write(api, event(id, EventType::Warning), SchedulerReason::FailedScheduling(error));
    write(api, Write::PodUnscheduled { pod: id, reason: reason.clone() }, reason);
}

fn event(pod: PodId, type_: EventType) -> Write {
    Write::Event { object: ObjectId::Pod(pod), type_ }
}

/// Writes; a pod that went in between is nobody's concern any more.
fn write(api: &mut Api<'_>, write: Write, reason: SchedulerReason) {
    let _ = api.write(write, Reason::Scheduler(reason));
}

#[cfg(test)]
mod tests;
