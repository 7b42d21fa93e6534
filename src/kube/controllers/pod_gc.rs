//! Mirrors pkg/controller/podgc/gc_controller.go (v1.36): takes away pods that no kubelet will, on
//! nodes that are gone, or that somebody has declared out of service. Left out: finished pods
//! beyond `--terminated-pod-gc-threshold`; pods that are being deleted and have no node, which are
//! gone at once here.
//!
//! Upstream looks every 20 s. Here a pass is only run where it could find something.

pub mod reason;

use std::collections::BTreeMap;

use crate::engine::random::RandomStream;
use crate::kube::apiserver::watch::POD_GC;
use crate::kube::apiserver::write::PodStatus;
use crate::kube::apiserver::{Api, Cluster, Write};
use crate::kube::objects::ids::{NodeId, PodId};
use crate::kube::objects::node::{NodeObject, taint};
use crate::kube::objects::pod::{DisruptionTargetReason, Pod, PodPhase};
use crate::kube::reason::Reason;
use crate::units::{SimDuration, SimTime};
use reason::PodGcReason;

/// From one pass to the next (`gcCheckPeriod`).
const GC_CHECK_PERIOD: SimDuration = SimDuration::from_secs(20);
/// How long a node must have been gone before its pods go (`quarantineTime`).
const QUARANTINE_TIME: SimDuration = SimDuration::from_secs(40);

/// The garbage collector of pods.
#[derive(Clone, Debug)]
pub struct PodGcController {
    /// A pass is at this instant, and each period before and after it.
    phase: SimTime,
    last_pass: SimTime,
    /// Nodes that are gone, and until when they might come back.
    quarantine: BTreeMap<NodeId, SimTime>,
}

impl PodGcController {
    /// A collector that has seen nothing yet; the phase of its passes is drawn.
    pub fn new(seed: u64) -> PodGcController {
        let mut phases = RandomStream::new(seed, "pod-gc/phase");
        let phase = SimTime(phases.below(GC_CHECK_PERIOD.0 as u64) as i64);
        PodGcController { phase, last_pass: SimTime::MIN, quarantine: BTreeMap::new() }
    }

    /// Makes a pass, if now is the time for it.
    pub fn gc(&mut self, api: &mut Api<'_>) {
        let now = api.now();
        let earliest = if self.last_pass == now { now + SimDuration(1) } else { now };
        let tick = earliest + SimDuration((self.phase - earliest).0.rem_euclid(GC_CHECK_PERIOD.0));
        if tick > now {
            return api.wake(POD_GC, 0, tick);
        }
        self.last_pass = now;
        gc_terminating(api);
        self.gc_orphaned(api);
        let out_of_service = api.cluster().nodes().any(is_out_of_service);
        if out_of_service || !self.quarantine.is_empty() {
            api.wake(POD_GC, 0, now + GC_CHECK_PERIOD);
        }
    }

    /// Mirrors `gcOrphaned`.
    fn gc_orphaned(&mut self, api: &mut Api<'_>) {
        let now = api.now();
        let orphans: Vec<(PodId, NodeId)> = orphans(api.cluster()).collect();
        for &(_, node) in &orphans {
            self.quarantine.entry(node).or_insert(now + QUARANTINE_TIME);
        }
        let gone: Vec<NodeId> =
            self.quarantine.iter().filter(|(_, at)| **at <= now).map(|(&node, _)| node).collect();
        self.quarantine.retain(|node, _| !gone.contains(node));
        for (pod, _) in orphans.into_iter().filter(|(_, node)| gone.contains(node)) {
            mark_failed_and_delete(api, pod, PodGcReason::Orphaned);
        }
    }
}

/// Pods whose node is gone.
fn orphans(cluster: &Cluster) -> impl Iterator<Item = (PodId, NodeId)> {
    let bound = cluster.pods().iter().filter_map(|pod| Some((pod.id, pod.node?)));
    bound.filter(|(_, node)| cluster.node(*node).is_none())
}

/// Whether somebody has said that a node does not run, and it seems to be so.
fn is_out_of_service(node: &NodeObject) -> bool {
    !node.is_ready() && node.taints.iter().any(|taint| taint.key == taint::OUT_OF_SERVICE)
}

/// Mirrors `gcTerminating`.
fn gc_terminating(api: &mut Api<'_>) {
    let cluster = api.cluster();
    let pods = cluster.nodes().filter(|node| is_out_of_service(node)).flat_map(|node| &node.pods);
    let marked = |pod: &&PodId| cluster.pod(**pod).is_some_and(|pod| pod.deletion.is_some());
    let terminating: Vec<PodId> = pods.filter(marked).copied().collect();
    for pod in terminating {
        mark_failed_and_delete(api, pod, PodGcReason::OutOfService);
    }
}

/// Mirrors `markFailedAndDeletePodWithCondition`.
fn mark_failed_and_delete(api: &mut Api<'_>, id: PodId, reason: PodGcReason) {
    let Some(pod) = api.cluster().pod(id).filter(|pod| !pod.is_terminal()) else {
        return delete(api, id, reason);
    };
    let status = PodStatus { phase: PodPhase::Failed, ..pod.status() };
    let now = api.now();
    let condition = |pod: &Pod| pod.to_be_disrupted(DisruptionTargetReason::DeletionByPodGc, now);
    let condition = (reason == PodGcReason::Orphaned).then(|| condition(pod));
    send(api, Write::PodStatus { pod: id, status }, reason);
    if let Some(condition) = condition.filter(|_| api.cluster().pod(id).is_some()) {
        send(api, Write::DisruptionTarget { pod: id, condition }, reason);
    }
    delete(api, id, reason);
}

fn delete(api: &mut Api<'_>, pod: PodId, reason: PodGcReason) {
    if api.cluster().pod(pod).is_some() {
        send(api, Write::DeletePod { pod, grace_period_seconds: Some(0) }, reason);
    }
}

/// Writes an object that was just read.
fn send(api: &mut Api<'_>, write: Write, reason: PodGcReason) {
    let written = api.write(write, Reason::PodGc(reason));
    written.expect("an object that exists can be written");
}
