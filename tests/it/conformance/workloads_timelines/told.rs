//! The observer: what happened in each millisecond, and the state at its end.

use std::collections::{BTreeMap, BTreeSet};

use podtide::kube::apiserver::{Cluster, Fact, Write};
use podtide::kube::objects::ids::{ObjectId, PodId, ReplicaSetId};
use podtide::recording::Observer;
use podtide::units::SimTime;
use serde_json::{Map, Value, json};

use crate::conformance::workloads_state::{
    Aliases, Event, SpamFilter, deployment_state, event, hpa_state, pdb_states, replica_set_state,
    tidy, without_absent,
};

/// What changed in one millisecond, with the state that it left.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Instant {
    pub(crate) at_ms: i64,
    /// ReplicaSet, size before (none at its creation), size after.
    pub(crate) writes: Vec<(u32, Option<i32>, i32)>,
    /// Pods by ReplicaSet.
    pub(crate) created: BTreeMap<u32, BTreeSet<u32>>,
    pub(crate) deleted: BTreeSet<u32>,
    pub(crate) gone: BTreeSet<u32>,
    pub(crate) state: Value,
    pub(crate) events: Vec<Event>,
}

/// Plays the facts on a cluster of its own: that they suffice is part of the proof.
#[derive(Default)]
pub(crate) struct Told {
    pub(crate) instants: Vec<Instant>,
    cluster: Cluster,
    aliases: Aliases,
    limit: SpamFilter,
    current: Instant,
    before: Value,
}

impl Observer for Told {
    fn start(&mut self, cluster: &Cluster) {
        self.cluster = cluster.clone();
        self.before = json!({});
    }

    fn facts(&mut self, facts: &mut Vec<Fact>, _: &Cluster) {
        for fact in facts {
            self.turn(fact.at);
            self.see(fact);
        }
    }

    fn end(&mut self, _: SimTime, cluster: &Cluster) {
        self.close();
        assert_eq!(state(&self.cluster, &self.aliases), state(cluster, &self.aliases));
    }
}

impl Told {
    fn turn(&mut self, at: SimTime) {
        if at.0 != self.current.at_ms {
            self.close();
            self.current.at_ms = at.0;
        }
    }

    /// Ends an instant; one that left no trace is dropped.
    fn close(&mut self) {
        let mut instant = std::mem::take(&mut self.current);
        instant.state = state(&self.cluster, &self.aliases);
        tidy(&mut instant.events);
        let trace =
            Instant { at_ms: instant.at_ms, state: self.before.clone(), ..Instant::default() };
        if instant != trace {
            self.before = instant.state.clone();
            self.instants.push(instant);
        }
    }

    fn see(&mut self, fact: &Fact) {
        match &fact.write {
            Write::UpdateReplicaSet { replica_set, replicas, .. } => {
                let before = self.cluster.replica_set(*replica_set).map(|it| it.replicas);
                if before != Some(*replicas) {
                    self.current.writes.push((replica_set.0 + 1, before, *replicas));
                }
            }
            Write::DeletePod { pod, .. } | Write::RemovePod(pod) => self.deleted(*pod),
            Write::Event { object, type_ } => {
                let word = fact.reason.word();
                let left_out = ["SuccessfulCreate", "SuccessfulDelete"].contains(&word);
                if !left_out && self.is_posted(*object, fact) {
                    let event = event(&self.cluster, *object, *type_, &fact.reason, &self.aliases);
                    self.current.events.push(event);
                }
            }
            _ => {}
        }
        let pods = self.cluster.pods().len();
        self.cluster.replay(fact);
        match &fact.write {
            Write::CreateReplicaSet(new) => self.replica_set_created(&new.name, new.replicas),
            Write::CreatePod(new) => self.pod_created(new.owner),
            Write::DeletePod { pod, .. } | Write::RemovePod(pod)
                if self.cluster.pods().len() < pods =>
            {
                self.current.gone.insert(pod.0 + 1);
            }
            _ => {}
        }
    }

    fn deleted(&mut self, pod: PodId) {
        if self.cluster.pod(pod).is_some_and(|pod| pod.deletion.is_none()) {
            self.current.deleted.insert(pod.0 + 1);
        }
    }

    /// Events of the disruption controller went through the limit of its client.
    fn is_posted(&mut self, object: ObjectId, fact: &Fact) -> bool {
        let limited = matches!(fact.reason, podtide::kube::reason::Reason::Disruption(_));
        !limited || self.limit.lets(object, fact.at)
    }

    fn replica_set_created(&mut self, name: &std::sync::Arc<str>, replicas: i32) {
        let created = self.cluster.replica_sets().last().expect("it was just created");
        let number = created.id.0 + 1;
        let deployment = name.rsplit_once('-').map_or("", |(start, _)| start);
        self.aliases.add(name, format!("{deployment}-rs{number}"));
        self.current.writes.push((number, None, replicas));
    }

    fn pod_created(&mut self, owner: Option<ReplicaSetId>) {
        let number = self.cluster.pods().next_id().0;
        let owner = owner.map_or(0, |owner| owner.0 + 1);
        self.current.created.entry(owner).or_default().insert(number);
        let pod = self.cluster.pod(PodId(number - 1)).expect("it was just created");
        let replica_set = pod.owner.and_then(|owner| self.cluster.replica_set(owner));
        let replica_set = replica_set.map_or_else(String::new, |it| self.aliases.write(&it.name));
        self.aliases.add(&pod.name, format!("{replica_set}-{number:05}"));
    }
}

/// The state as the recording shows it.
fn state(cluster: &Cluster, aliases: &Aliases) -> Value {
    let replica_sets = cluster
        .replica_sets()
        .map(|it| ((it.id.0 + 1).to_string(), replica_set_state(it, aliases)));
    without_absent(json!({
        "deployment": cluster.deployments().next().map(|it| deployment_state(it, aliases)),
        "replicasets": replica_sets.collect::<Map<_, _>>(),
        "pdbs": pdb_states(cluster, aliases),
        "hpa": cluster.hpas().next().map(hpa_state),
    }))
}
