//! The walk through the facts: what each of them is about, and who is asked for its cause.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::nodes::NodeTrail;
use super::pods::Trail;
use super::workloads::{DeploymentTrail, ReplicaSetTrail};
use super::{Cause, Causes, Life};
use crate::kube::apiserver::{Cluster, Fact, Write};
use crate::kube::controllers::podautoscaler::decision::Outcome;
use crate::kube::objects::ids::{DeploymentId, NodeId, ObjectId, PodId, ReplicaSetId};
use crate::kube::reason::Reason;
use crate::recording::Recording;
use crate::units::SimTime;

/// Facts before an Event object among which the write is looked for that it tells of.
const EVENT_LAG: usize = 4;

/// Everything that a cause may be found in.
pub(super) struct Walk<'a> {
    recording: &'a Recording,
    /// The cluster before the fact that is looked at, as far as it bears on causes.
    pub(super) cluster: Cluster,
    /// The place of that fact.
    pub(super) now: u32,
    pub(super) pods: BTreeMap<PodId, Trail>,
    pub(super) replica_sets: BTreeMap<ReplicaSetId, ReplicaSetTrail>,
    pub(super) deployments: BTreeMap<DeploymentId, DeploymentTrail>,
    pub(super) nodes: BTreeMap<NodeId, NodeTrail>,
    /// The last write that may have let some pod fit somewhere.
    pub(super) moved: Option<u32>,
    /// The last time that the scheduler found no node for a pod.
    pub(super) rejected: Option<u32>,
    /// What the cluster autoscaler last told of a group that grows, and of a node that goes.
    pub(super) scaled: [Option<u32>; 2],
    /// When it last found a node unneeded, by the node's name.
    pub(super) unneeded: BTreeMap<Arc<str>, u32>,
    /// The last event of the scenario that was carried out, and when.
    event: Option<(SimTime, u32)>,
    causes: Vec<Option<Cause>>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(recording: &'a Recording) -> Walk<'a> {
        let cluster = recording.state_after(0);
        let pods = cluster.pods().iter().map(|pod| (pod.id, Trail::at_start())).collect();
        let mut walk = Walk {
            recording,
            now: 0,
            pods,
            replica_sets: BTreeMap::new(),
            deployments: BTreeMap::new(),
            nodes: BTreeMap::new(),
            moved: None,
            rejected: None,
            scaled: [None; 2],
            unneeded: BTreeMap::new(),
            event: None,
            causes: Vec::with_capacity(recording.facts.len()),
            cluster,
        };
        walk.begin_workloads();
        walk
    }

    pub(super) fn run(mut self) -> Causes {
        let recording = self.recording;
        for (place, fact) in recording.facts.iter().enumerate() {
            self.now = place as u32;
            let cause = self.cause(fact);
            self.causes.push(cause);
            self.follow(fact);
        }
        let lives: BTreeMap<PodId, Life> =
            self.pods.into_iter().map(|(pod, trail)| (pod, trail.life)).collect();
        Causes { causes: self.causes, lives }
    }

    /// What made a fact happen.
    fn cause(&mut self, fact: &Fact) -> Option<Cause> {
        if let Write::Event { .. } = fact.write
            && let Some(told) = self.told_of(fact)
        {
            return Some(Cause::Fact(told));
        }
        match &fact.reason {
            Reason::Scenario => Some(Cause::Start),
            Reason::ScenarioEvent(number) => {
                self.event = Some((fact.at, *number));
                Some(Cause::Event(*number))
            }
            Reason::Hpa(_) => self.of_scale(fact),
            Reason::Deployment(reason) => self.of_deployment(&fact.write, reason),
            Reason::ReplicaSet(reason) => self.of_replica_set(&fact.write, reason),
            Reason::Scheduler(reason) => self.of_scheduler(&fact.write, reason),
            Reason::Kubelet(reason) => self.of_kubelet(&fact.write, reason),
            Reason::Eviction(_) => self.of_eviction(&fact.write),
            Reason::Kubectl(reason) => self.of_kubectl(&fact.write, reason, fact.at),
            Reason::NodeLifecycle(reason) => self.of_node_lifecycle(&fact.write, reason),
            Reason::TaintEviction(reason) => self.of_taint_eviction(&fact.write, reason),
            Reason::PodGc(reason) => self.of_pod_gc(&fact.write, *reason),
            Reason::Swarm(_) => self.of_swarm(&fact.write),
            Reason::ClusterAutoscaler(reason) => self.of_autoscaler(&fact.write, reason),
            Reason::Plain { .. } => self.of_pressure(&fact.write),
            Reason::Disruption(_) | Reason::Endpoints(_) => None,
        }
    }

    /// The write that an Event object tells of: just before it, with the same reason.
    fn told_of(&self, fact: &Fact) -> Option<u32> {
        let before = &self.recording.facts[..self.now as usize];
        let last = before.iter().enumerate().rev().take(EVENT_LAG);
        let mut same = last.filter(|(_, other)| other.at == fact.at && other.reason == fact.reason);
        let (place, told) = same.next()?;
        // The container starts and the pod's status says so: the status tells of the event.
        (!matches!(told.write, Write::Event { .. } | Write::PodStatus { .. }))
            .then_some(place as u32)
    }

    /// The sync in which an HPA wrote a scale.
    fn of_scale(&self, fact: &Fact) -> Option<Cause> {
        let Write::UpdateScale { deployment, replicas } = &fact.write else { return None };
        let name = &self.cluster.deployment(*deployment)?.metadata;
        let decisions = &self.recording.decisions;
        let first = decisions.partition_point(|decision| decision.at < fact.at);
        let now = decisions[first..].iter().take_while(|decision| decision.at == fact.at);
        let scales = |hpa| {
            self.cluster.hpa(hpa).is_some_and(|hpa| {
                hpa.spec.scale_target_ref.name == name.name
                    && hpa.metadata.namespace == name.namespace
            })
        };
        let place = now.clone().position(|decision| {
            decision.outcome == Outcome::Rescaled
                && decision.desired == *replicas
                && scales(decision.hpa)
        })?;
        Some(Cause::Decision((first + place) as u32))
    }

    /// What a command that was just typed follows from.
    pub(super) fn typed(&self, at: SimTime) -> Option<Cause> {
        let (_, number) = self.event.filter(|(when, _)| *when == at)?;
        Some(Cause::Event(number))
    }

    /// Takes in what a fact changed.
    fn follow(&mut self, fact: &Fact) {
        match &fact.write {
            Write::Event { object, .. } | Write::Note(object) => {
                if let ObjectId::Pod(pod) = object {
                    self.follow_pod_event(*pod, &fact.reason);
                }
                return self.follow_node(&fact.write, &fact.reason);
            }
            Write::HpaStatus { .. }
            | Write::PdbStatus { .. }
            | Write::DeploymentStatus { .. }
            | Write::ReplicaSetStatus { .. }
            | Write::SetEndpoints { .. }
            | Write::SetProxied { .. } => return,
            _ => {}
        }
        let former = self.look(&fact.write);
        self.cluster.replay(fact);
        self.follow_workload(&fact.write);
        self.follow_node(&fact.write, &fact.reason);
        self.follow_pod(&fact.write, &fact.reason, former);
    }
}
