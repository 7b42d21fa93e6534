//! The walk through the facts: nodes that come, get ready and go, pods that wait for one, and what
//! the cluster autoscaler said.

use std::collections::BTreeMap;

use super::{ClusterAutoscalerReport, KeptRow, NodeSeries, ScaleDownRow, ScaleUpRow};
use crate::api::core::Node;
use crate::api::meta::ConditionStatus;
use crate::kube::apiserver::{Fact, Write};
use crate::kube::cluster_autoscaler::reason::{
    ClusterAutoscalerReason, GroupChange, UnremovableReason,
};
use crate::kube::objects::ids::{NodeId, ObjectId, PodId};
use crate::kube::objects::node::allocatable;
use crate::kube::reason::Reason;
use crate::recording::Recording;
use crate::scenario::Prices;
use crate::units::SimTime;

const GIB: f64 = 1_073_741_824.0;
const HOUR_MS: f64 = 3_600_000.0;

/// What nodes offered, times hours.
#[derive(Clone, Copy, Debug, Default)]
struct Offered {
    nodes: f64,
    cores: f64,
    gib: f64,
}

/// A node that is there.
#[derive(Clone, Debug)]
struct There {
    name: String,
    cores: f64,
    gib: f64,
    is_ready: bool,
    /// The scale-up that ordered it, by its place.
    ordered_by: Option<usize>,
}

/// A pod that waits for a node.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    created_at: SimTime,
    /// Since when the scheduler says that there is none.
    since: Option<SimTime>,
    /// The scale-up that is to help, by its place.
    helped_by: Option<usize>,
    /// Whether nothing can be done for it.
    is_left: bool,
}

pub(super) struct Walk {
    at: SimTime,
    next_node: u32,
    next_pod: u32,
    there: BTreeMap<NodeId, There>,
    waiting: BTreeMap<PodId, Waiting>,
    kept: BTreeMap<NodeId, KeptRow>,
    /// Ordered nodes that are not ready yet, by scale-up.
    missing: Vec<u32>,
    hours: Offered,
    series: NodeSeries,
    report: ClusterAutoscalerReport,
}

impl Walk {
    pub(super) fn new(recording: &Recording) -> Walk {
        let cluster = recording.state_after(0);
        let mut walk = Walk {
            at: SimTime::ZERO,
            next_node: cluster.nodes().next_back().map_or(0, |node| node.id.0 + 1),
            next_pod: cluster.pods().next_id().0,
            there: BTreeMap::new(),
            waiting: BTreeMap::new(),
            kept: BTreeMap::new(),
            missing: Vec::new(),
            hours: Offered::default(),
            series: NodeSeries::default(),
            report: ClusterAutoscalerReport::default(),
        };
        for node in cluster.nodes() {
            let there = There { is_ready: node.is_ready(), ..There::new(&node.node, None) };
            walk.there.insert(node.id, there);
        }
        for pod in cluster.pods().iter().filter(|pod| pod.node.is_none() && pod.is_active()) {
            let since = pod.unscheduled.as_ref().map(|it| it.last_transition_time);
            let waiting = Waiting { since, ..Waiting::new(pod.created_at) };
            walk.waiting.insert(pod.id, waiting);
        }
        walk.draw();
        walk
    }

    /// Enters the numbers of this instant.
    fn draw(&mut self) {
        let at_ms = self.at.0 as f64;
        let ready = self.there.values().filter(|node| node.is_ready).count();
        let pending = self.waiting.values().filter(|pod| pod.since.is_some()).count();
        self.series.total.push(at_ms, self.there.len() as f64);
        self.series.ready.push(at_ms, ready as f64);
        self.series.pending.push(at_ms, pending as f64);
    }

    /// Adds up what nodes offered until now.
    fn pass(&mut self, at: SimTime) {
        let hours = (at - self.at).0 as f64 / HOUR_MS;
        for node in self.there.values().filter(|_| hours > 0.0) {
            self.hours.nodes += hours;
            self.hours.cores += node.cores * hours;
            self.hours.gib += node.gib * hours;
        }
        self.at = at;
    }

    pub(super) fn fact(&mut self, fact: &Fact) {
        if let Reason::ClusterAutoscaler(reason) = &fact.reason {
            self.said(fact, reason);
        }
        let changed = match &fact.write {
            Write::CreateNode(_) | Write::NodeReady { .. } | Write::DeleteNode(_) => {
                self.pass(fact.at);
                self.node(fact)
            }
            Write::CreatePod(_)
            | Write::BindPod { .. }
            | Write::PodUnscheduled { .. }
            | Write::DeletePod { .. }
            | Write::RemovePod(_) => {
                self.pass(fact.at);
                self.pod(fact)
            }
            _ => false,
        };
        if changed {
            self.draw();
        }
    }

    fn node(&mut self, fact: &Fact) -> bool {
        match &fact.write {
            Write::CreateNode(node) => {
                let id = NodeId(self.next_node);
                self.next_node += 1;
                let ordered_by = self.ordered_by(&fact.reason);
                let is_ready = fact.reason == Reason::Scenario;
                let there = There { is_ready, ..There::new(node, ordered_by) };
                self.there.insert(id, there);
            }
            Write::NodeReady { node, ready } => {
                let Some(there) = self.there.get_mut(node) else { return false };
                there.is_ready = *ready == ConditionStatus::True;
                if let Some(place) = there.ordered_by.take().filter(|_| there.is_ready) {
                    self.missing[place] -= 1;
                    if self.missing[place] == 0 {
                        self.report.scale_ups[place].ready_seconds = Some(fact.at.as_secs_f64());
                    }
                }
            }
            Write::DeleteNode(node) => {
                self.there.remove(node);
                self.kept.remove(node);
            }
            _ => {}
        }
        true
    }

    /// The oldest scale-up of a group whose nodes are not all there.
    fn ordered_by(&self, reason: &Reason) -> Option<usize> {
        let Reason::ClusterAutoscaler(ClusterAutoscalerReason::NodeRegistered { group, .. }) =
            reason
        else {
            return None;
        };
        let registered = |place: usize| {
            let of_place = self.there.values().filter(|it| it.ordered_by == Some(place));
            of_place.count() as u32
        };
        (0..self.missing.len()).find(|&place| {
            self.report.scale_ups[place].group == **group && registered(place) < self.missing[place]
        })
    }

    fn pod(&mut self, fact: &Fact) -> bool {
        match &fact.write {
            Write::CreatePod(_) => {
                self.waiting.insert(PodId(self.next_pod), Waiting::new(fact.at));
                self.next_pod += 1;
                return false;
            }
            Write::PodUnscheduled { pod, .. } => {
                let Some(waiting) = self.waiting.get_mut(pod) else { return false };
                waiting.since = waiting.since.or(Some(fact.at));
            }
            Write::BindPod { pod, .. } | Write::DeletePod { pod, .. } | Write::RemovePod(pod) => {
                let Some(waiting) = self.waiting.remove(pod) else { return false };
                self.end_wait(waiting, fact.at);
                return waiting.since.is_some();
            }
            _ => {}
        }
        true
    }

    fn end_wait(&mut self, waiting: Waiting, at: SimTime) {
        if let Some(place) = waiting.helped_by {
            let row = &mut self.report.scale_ups[place];
            let waited = (at - waiting.created_at).as_secs_f64();
            row.longest_wait_seconds = row.longest_wait_seconds.max(waited);
        }
    }

    /// Takes in what the autoscaler said.
    fn said(&mut self, fact: &Fact, reason: &ClusterAutoscalerReason) {
        let node = match &fact.write {
            Write::Note(ObjectId::Node(node)) => Some(*node),
            Write::Event { object: ObjectId::Node(node), .. } => Some(*node),
            _ => None,
        };
        match (reason, &fact.write) {
            (ClusterAutoscalerReason::ScaledUpGroup { change, pods }, _) => {
                self.grow(fact.at, change, *pods);
            }
            (
                ClusterAutoscalerReason::TriggeredScaleUp(_)
                | ClusterAutoscalerReason::NotTriggerScaleUp { .. },
                Write::Event { object: ObjectId::Pod(pod), .. },
            ) => self.told_pod(*pod, reason),
            (ClusterAutoscalerReason::ScaleUpTimedOut { group, .. }, _) => {
                for place in 0..self.missing.len() {
                    if self.report.scale_ups[place].group == **group {
                        self.missing[place] = 0;
                    }
                }
            }
            (
                ClusterAutoscalerReason::Unremovable {
                    why: UnremovableReason::NodeGroupMinSizeReached,
                    ..
                },
                _,
            ) => {
                node.and_then(|node| self.kept.remove(&node));
            }
            (ClusterAutoscalerReason::Unremovable { node: name, why, .. }, _) => {
                let row = KeptRow {
                    node: name.to_string(),
                    since_seconds: fact.at.as_secs_f64(),
                    why: why.to_string(),
                    budget: why.budget().map(ToString::to_string),
                };
                self.kept.extend(node.map(|node| (node, row)));
            }
            (
                ClusterAutoscalerReason::Unneeded { .. }
                | ClusterAutoscalerReason::NeededAgain { .. },
                _,
            ) => {
                node.and_then(|node| self.kept.remove(&node));
            }
            _ => self.shrink(fact, reason, node),
        }
    }

    fn grow(&mut self, at: SimTime, change: &GroupChange, pods: u32) {
        let GroupChange { group, from, to, max } = change;
        self.report.scale_ups.push(ScaleUpRow {
            at_seconds: at.as_secs_f64(),
            group: group.to_string(),
            from: *from,
            to: *to,
            max: *max,
            pods,
            since_seconds: at.as_secs_f64(),
            ..ScaleUpRow::default()
        });
        self.missing.push(to - from);
    }

    fn told_pod(&mut self, pod: PodId, reason: &ClusterAutoscalerReason) {
        let Some(waiting) = self.waiting.get_mut(&pod) else { return };
        if let ClusterAutoscalerReason::NotTriggerScaleUp { .. } = reason {
            self.report.not_triggered_pods += u32::from(!waiting.is_left);
            self.report.not_triggered_message = Some(reason.to_string());
            waiting.is_left = true;
            return;
        }
        let Some(place) = self.report.scale_ups.len().checked_sub(1) else { return };
        waiting.helped_by = Some(place);
        if let Some(since) = waiting.since {
            let row = &mut self.report.scale_ups[place];
            row.since_seconds = row.since_seconds.min(since.as_secs_f64());
        }
    }

    /// What is said of a node that goes.
    fn shrink(&mut self, fact: &Fact, reason: &ClusterAutoscalerReason, node: Option<NodeId>) {
        let at_seconds = fact.at.as_secs_f64();
        let name = node.and_then(|node| self.there.get(&node)).map(|it| it.name.clone());
        let rows = &mut self.report.scale_downs;
        let (name, unneeded, pods) = match reason {
            ClusterAutoscalerReason::ScaleDownEmpty { node, unneeded } => (node, unneeded, 0),
            ClusterAutoscalerReason::ScaleDown { node, unneeded, pods, .. } => {
                (node, unneeded, pods.len() as u32)
            }
            ClusterAutoscalerReason::ScaleDownFailed { why } => {
                let row = rows.iter_mut().rev().find(|row| Some(&row.node) == name.as_ref());
                if let Some(row) = row {
                    row.failure = Some(why.to_string());
                }
                return;
            }
            ClusterAutoscalerReason::NodeRemoved { .. } => {
                if let Write::DeleteNode(node) = &fact.write
                    && let Some(there) = self.there.get(node)
                    && let Some(row) = rows.iter_mut().rev().find(|row| row.node == there.name)
                {
                    row.gone_seconds = Some(at_seconds);
                }
                return;
            }
            _ => return,
        };
        let (node, unneeded_seconds) = (name.to_string(), unneeded.as_secs_f64());
        rows.push(ScaleDownRow { at_seconds, node, unneeded_seconds, pods, ..Default::default() });
    }

    pub(super) fn finish(
        mut self,
        end: SimTime,
        prices: Option<Prices>,
    ) -> (NodeSeries, ClusterAutoscalerReport) {
        self.pass(end);
        for waiting in std::mem::take(&mut self.waiting).into_values() {
            self.end_wait(waiting, end);
        }
        let (end_ms, total) = (end.0 as f64, &self.series.total);
        let whole = |number: f64| if number.is_nan() { 0 } else { number as u32 };
        let mut report = self.report;
        report.start_nodes = whole(total.at(0.0));
        report.min_nodes = whole(total.min(0.0, end_ms));
        report.peak_nodes = whole(total.max(0.0, end_ms));
        report.end_nodes = self.there.len() as u32;
        report.node_hours = self.hours.nodes;
        report.node_cost =
            prices.map(|it| self.hours.cores * it.cpu_hour + self.hours.gib * it.gib_hour);
        report.kept = self.kept.into_values().collect();
        (self.series, report)
    }
}

impl There {
    fn new(node: &Node, ordered_by: Option<usize>) -> There {
        let offered = allocatable(&node.status);
        There {
            name: node.metadata.name.clone(),
            cores: offered.milli_cpu as f64 / 1000.0,
            gib: offered.memory as f64 / GIB,
            is_ready: false,
            ordered_by,
        }
    }
}

impl Waiting {
    fn new(created_at: SimTime) -> Waiting {
        Waiting { created_at, since: None, helped_by: None, is_left: false }
    }
}
