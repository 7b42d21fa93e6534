//! Mirrors pkg/controller/nodelifecycle/node_lifecycle_controller.go (v1.36): nodes whose kubelet
//! has fallen silent, and the taints that follow from a node's condition. Left out: conditions
//! other than Ready, labels of architecture and system, failed writes and their retries, nodes that
//! register without a status (and so `node-startup-grace-period`), pods that are bound to a node
//! that is not ready.
//!
//! Upstream looks at all nodes every five seconds. Here a pass is only run where it could find
//! something: at the first tick after a node or machine changed, and when a silence gets too long.
//! What a healthy kubelet would have renewed meanwhile is worked out.

pub mod config;
pub mod reason;
mod zones;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::api::core::Taint;
use crate::api::meta::ConditionStatus;
use crate::engine::random::RandomStream;
use crate::kube::apiserver::watch::{NODE_MONITOR, NODE_TAINTER};
use crate::kube::apiserver::write::PodStatus;
use crate::kube::apiserver::{Api, EventType, Write};
use crate::kube::objects::ids::{NodeId, ObjectId, PodId};
use crate::kube::objects::node::{NodeObject, taint, zone_key};
use crate::kube::objects::pod::PodCondition;
use crate::kube::reason::Reason;
use crate::units::{SimDuration, SimTime};
use config::NodeLifecycleConfiguration;
use reason::NodeLifecycleReason;
use zones::{Counts, Zones};

/// How often kubelets renew the lease of their node.
const LEASE_RENEW_INTERVAL: SimDuration = SimDuration::from_secs(10);
/// Label of nodes that do not count for the state of their zone.
const EXCLUDE_DISRUPTION: &str = "node.kubernetes.io/exclude-disruption";

/// The node life cycle controller.
#[derive(Clone, Debug)]
pub struct NodeLifecycleController {
    configuration: NodeLifecycleConfiguration,
    seed: u64,
    /// A pass is at this instant, and each period before and after it.
    phase: SimTime,
    last_pass: SimTime,
    /// When the first node was created.
    born_at: SimTime,
    /// By number of the node; `None` for those that the controller has not seen.
    health: Vec<Option<NodeHealth>>,
    zones: Zones,
}

/// What the controller remembers of a node.
#[derive(Clone, Debug)]
struct NodeHealth {
    name: Arc<str>,
    /// No silence counts from before this.
    probe_timestamp: SimTime,
}

impl NodeLifecycleController {
    /// A controller that has seen nothing yet; the phase of its passes is drawn.
    pub fn new(seed: u64, configuration: NodeLifecycleConfiguration) -> NodeLifecycleController {
        let period = configuration.node_monitor_period.0.max(1);
        let phase = RandomStream::new(seed, "node-lifecycle/phase").below(period as u64) as i64;
        NodeLifecycleController {
            zones: Zones::new(&configuration),
            configuration,
            seed,
            phase: SimTime(phase),
            last_pass: SimTime::MIN,
            born_at: SimTime::MAX,
            health: Vec::new(),
        }
    }

    /// Looks at all nodes, if now is the time for it. Mirrors `monitorNodeHealth`.
    pub fn monitor_node_health(&mut self, api: &mut Api<'_>) {
        let now = api.now();
        let earliest = if self.last_pass == now { now + SimDuration(1) } else { now };
        let tick = self.tick(earliest);
        if tick > now {
            return api.wake(NODE_MONITOR, 0, tick);
        }
        self.last_pass = now;
        self.classify_nodes(api);
        let nodes: Vec<NodeId> = api.cluster().nodes().map(|node| node.id).collect();
        let mut counts: BTreeMap<String, Counts> = BTreeMap::new();
        let mut next = SimTime::MAX;
        for &node in &nodes {
            next = next.min(self.monitor_node(api, node));
        }
        for node in api.cluster().nodes() {
            if !node.node.metadata.labels.contains_key(EXCLUDE_DISRUPTION) {
                counts.entry(zone_key(&node.node)).or_default().count(node.is_ready());
            }
        }
        if self.handle_disruption(api, &counts, &nodes) {
            next = now + SimDuration(1);
        }
        if next < SimTime::MAX {
            api.wake(NODE_MONITOR, 0, self.tick(next));
        }
        self.wake_tainter(api);
    }

    /// The first pass at or after an instant.
    fn tick(&self, at: SimTime) -> SimTime {
        let period = self.configuration.node_monitor_period.0.max(1);
        at + SimDuration((self.phase - at).0.rem_euclid(period))
    }

    /// Takes in new nodes, and forgets those that are gone. Mirrors `classifyNodes`.
    fn classify_nodes(&mut self, api: &mut Api<'_>) {
        let mut added = Vec::new();
        // Those that came with the world are registered already.
        let first = api.cluster().nodes().map(|node| node.created_at).min();
        self.born_at = self.born_at.min(first.unwrap_or(SimTime::MAX));
        for node in api.cluster().nodes() {
            if self.health.len() <= node.id.index() {
                self.health.resize(node.id.index() + 1, None);
            }
            let health = &mut self.health[node.id.index()];
            if health.is_none() {
                let name: Arc<str> = Arc::from(node.node.metadata.name.as_str());
                *health = Some(NodeHealth { name, probe_timestamp: SimTime::MIN });
                if node.created_at > self.born_at {
                    added.push(node.id);
                }
                self.zones.add(&node.node);
            }
        }
        for node in added {
            event(api, node, NodeLifecycleReason::RegisteredNode { node: self.name(node) });
        }
        for index in 0..self.health.len() {
            let node = NodeId(index as u32);
            if self.health[index].is_some() && api.cluster().node(node).is_none() {
                event(api, node, NodeLifecycleReason::RemovingNode { node: self.name(node) });
                self.health[index] = None;
                self.zones.forget(node);
            }
        }
    }

    fn name(&self, node: NodeId) -> Arc<str> {
        let health = self.health.get(node.index()).and_then(Option::as_ref);
        health.map_or_else(|| Arc::from(""), |health| Arc::clone(&health.name))
    }

    /// Looks at one node; when it has to be looked at again if nothing changes.
    fn monitor_node(&mut self, api: &mut Api<'_>, id: NodeId) -> SimTime {
        let node = api.cluster().node(id).expect("nodes stay during a pass");
        let observed = node.ready;
        let silent_at = self.silent_at(node);
        if silent_at <= api.now() && observed != ConditionStatus::Unknown {
            let write = Write::NodeReady { node: id, ready: ConditionStatus::Unknown };
            send(api, write, NodeLifecycleReason::NodeStatusUnknown);
        }
        let current = api.cluster().node(id).map_or(observed, |node| node.ready);
        self.process_taint_base_eviction(api, id, current);
        if current != ConditionStatus::True && observed == ConditionStatus::True {
            event(api, id, NodeLifecycleReason::NodeNotReady { node: self.name(id) });
            mark_pods_not_ready(api, id);
        }
        if silent_at > api.now() { silent_at } else { SimTime::MAX }
    }

    /// When a node's silence gets too long; [`SimTime::MAX`] while its kubelet reports. A pass runs
    /// a moment after its instant, so that the one at the end of the grace period finds it over.
    /// Mirrors `tryUpdateNodeHealth`.
    fn silent_at(&self, node: &NodeObject) -> SimTime {
        if node.answers() {
            return SimTime::MAX;
        }
        let health = self.health.get(node.id.index()).and_then(Option::as_ref);
        let forgiven = health.map_or(SimTime::MIN, |health| health.probe_timestamp);
        let noticed = self.tick(self.last_renewal(node));
        noticed.max(forgiven).saturating_add(self.configuration.node_monitor_grace_period)
    }

    /// When a kubelet that has fallen silent renewed its lease for the last time: each has its own
    /// phase.
    fn last_renewal(&self, node: &NodeObject) -> SimTime {
        let mut stream = RandomStream::numbered(self.seed, "kubelet/lease", u64::from(node.id.0));
        let phase = stream.below(LEASE_RENEW_INTERVAL.0 as u64) as i64;
        let since = node.machine_since;
        let age = (since.0 - phase).rem_euclid(LEASE_RENEW_INTERVAL.0);
        (since - SimDuration(age)).max(node.created_at)
    }

    /// Mirrors `processTaintBaseEviction`.
    fn process_taint_base_eviction(
        &mut self,
        api: &mut Api<'_>,
        id: NodeId,
        ready: ConditionStatus,
    ) {
        let node = api.cluster().node(id).expect("nodes stay during a pass");
        let (own, opposite) = match ready {
            ConditionStatus::True => return self.mark_node_as_reachable(api, id),
            ConditionStatus::False => (taint::NOT_READY, taint::UNREACHABLE),
            ConditionStatus::Unknown => (taint::UNREACHABLE, taint::NOT_READY),
        };
        if node.has_taint(opposite, taint::NO_EXECUTE) {
            swap_taints(api, id, taint::NO_EXECUTE, &[own], &[opposite]);
        } else {
            let zone = zone_key(&node.node);
            let tainted = node.has_taint(own, taint::NO_EXECUTE);
            self.zones.mark_node_for_tainting(&zone, id, tainted);
        }
    }

    /// Mirrors `markNodeAsReachable`.
    fn mark_node_as_reachable(&mut self, api: &mut Api<'_>, id: NodeId) {
        self.zones.forget(id);
        swap_taints(api, id, taint::NO_EXECUTE, &[], &[taint::UNREACHABLE, taint::NOT_READY]);
    }

    /// Slows evictions down where many nodes of a zone are not ready, and stops them where all are;
    /// whether anything changed. Mirrors `handleDisruption`.
    fn handle_disruption(
        &mut self,
        api: &mut Api<'_>,
        counts: &BTreeMap<String, Counts>,
        nodes: &[NodeId],
    ) -> bool {
        let change = self.zones.handle_disruption(counts, api.now());
        match change {
            zones::Disruption::None => return false,
            zones::Disruption::Zones => {}
            zones::Disruption::Begins => {
                for &node in nodes {
                    self.mark_node_as_reachable(api, node);
                }
            }
            zones::Disruption::Ends => {
                for health in self.health.iter_mut().flatten() {
                    health.probe_timestamp = api.now();
                }
            }
        }
        true
    }

    /// Adds `NoExecute` taints, as many as the zones' rates allow. Mirrors
    /// `doNoExecuteTaintingPass`.
    pub fn do_no_execute_tainting_pass(&mut self, api: &mut Api<'_>) {
        for id in self.zones.take_due(api.now()) {
            let Some(node) = api.cluster().node(id) else { continue };
            let (own, opposite) = match node.ready {
                ConditionStatus::True => continue,
                ConditionStatus::False => (taint::NOT_READY, taint::UNREACHABLE),
                ConditionStatus::Unknown => (taint::UNREACHABLE, taint::NOT_READY),
            };
            swap_taints(api, id, taint::NO_EXECUTE, &[own], &[opposite]);
        }
        self.wake_tainter(api);
    }

    fn wake_tainter(&mut self, api: &mut Api<'_>) {
        if let Some(at) = self.zones.next_at(api.now()) {
            api.wake(NODE_TAINTER, 0, at);
        }
    }

    /// Makes the `NoSchedule` taints of a node those that its condition and cordon ask for. Mirrors
    /// `doNoScheduleTaintingPass`.
    pub fn do_no_schedule_tainting_pass(&self, api: &mut Api<'_>, id: NodeId) {
        let Some(node) = api.cluster().node(id) else { return };
        let wanted = [
            (taint::NOT_READY, node.ready == ConditionStatus::False),
            (taint::UNREACHABLE, node.ready == ConditionStatus::Unknown),
            (taint::UNSCHEDULABLE, node.unschedulable),
        ];
        let has = |key: &str| node.has_taint(key, taint::NO_SCHEDULE);
        let of = |want: bool| wanted.iter().filter(move |&&(_, wants)| wants == want);
        let add: Vec<&str> = of(true).map(|&(key, _)| key).filter(|key| !has(key)).collect();
        let remove: Vec<&str> = of(false).map(|&(key, _)| key).filter(|key| has(key)).collect();
        swap_taints(api, id, taint::NO_SCHEDULE, &add, &remove);
    }
}

/// Says of all pods of a node that they are not ready: nobody knows. Mirrors `MarkPodsNotReady`.
fn mark_pods_not_ready(api: &mut Api<'_>, node: NodeId) {
    let pods: Vec<PodId> = api.cluster().node(node).expect("nodes stay").pods.clone();
    for id in pods {
        let Some(pod) = api.cluster().pod(id) else { continue };
        let status = ConditionStatus::False;
        if pod.ready.is_none_or(|ready| ready.status == status) {
            continue;
        }
        let ready = Some(PodCondition { status, last_transition_time: api.now() });
        let status = PodStatus { ready, ..pod.status() };
        send(api, Write::PodStatus { pod: id, status }, NodeLifecycleReason::PodNotReady);
        let about = Write::Event { object: ObjectId::Pod(id), type_: EventType::Warning };
        send(api, about, NodeLifecycleReason::PodNotReady);
    }
}

/// Adds and removes taints of one effect. Mirrors `SwapNodeControllerTaint`.
fn swap_taints(api: &mut Api<'_>, id: NodeId, effect: &'static str, add: &[&str], remove: &[&str]) {
    let Some(node) = api.cluster().node(id) else { return };
    let goes = |taint: &Taint| taint.effect == effect && remove.contains(&taint.key.as_str());
    let mut taints: Vec<Taint> = node.taints.iter().filter(|one| !goes(one)).cloned().collect();
    for key in add.iter().filter(|key| !node.has_taint(key, effect)) {
        let (key, effect) = ((*key).to_owned(), effect.to_owned());
        taints.push(Taint { key, value: String::new(), effect });
    }
    if taints != node.taints {
        let unschedulable = node.unschedulable;
        let write = Write::UpdateNode { node: id, unschedulable, taints: Arc::from(taints) };
        send(api, write, NodeLifecycleReason::SwapTaints { effect });
    }
}

/// An event about a node, which may be gone.
fn event(api: &mut Api<'_>, node: NodeId, reason: NodeLifecycleReason) {
    let write = Write::Event { object: ObjectId::Node(node), type_: EventType::Normal };
    send(api, write, reason);
}

/// Writes an object that was just read.
fn send(api: &mut Api<'_>, write: Write, reason: NodeLifecycleReason) {
    let written = api.write(write, Reason::NodeLifecycle(reason));
    written.expect("an object that exists can be written");
}
