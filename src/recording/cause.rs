//! What made each write happen, back to the user, the load, or the world as it stood at time 0.
//!
//! Facts carry their reasons; what follows from what stands in their order. [`Causes::of`] walks
//! through a finished recording once and gives every fact its cause, so that the loop need not keep
//! any. A chain is read from its end: a pod was created, because its ReplicaSet was scaled, because
//! the Deployment was, because an HPA wanted it, because of a sync.

mod ledger;
mod nodes;
mod pods;
mod walk;
mod workloads;

use std::collections::BTreeMap;

use super::Recording;
use crate::kube::objects::ids::PodId;

/// What made something happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The manifests, and the world as it stood at time 0.
    Start,
    /// An event of the scenario, by its place in `Scenario::events`.
    Event(u32),
    /// A write, by its place in [`Recording::facts`].
    Fact(u32),
    /// A sync of an HPA, by its place in [`Recording::decisions`].
    Decision(u32),
}

/// The life of a pod: what was written at each of its turns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Life {
    /// Its creation; absent if it was there at time 0.
    pub created: Option<u32>,
    /// Its binding to a node; absent if it had none, or had it at time 0.
    pub placed: Option<u32>,
    /// Each change of its readiness: the fact, and whether it was ready from then on.
    pub readiness: Vec<(u32, bool)>,
    /// The first sign that it is evicted.
    pub evicted: Option<u32>,
    /// Its first mark for deletion.
    pub marked: Option<u32>,
    /// Its end: it left the API server, or will never run again.
    pub ended: Option<u32>,
}

/// The causes of all facts of a recording.
#[derive(Clone, Debug, Default)]
pub struct Causes {
    causes: Vec<Option<Cause>>,
    lives: BTreeMap<PodId, Life>,
}

impl Causes {
    /// Finds the causes of all facts, in time that grows with their number.
    ///
    /// # Panics
    /// When nothing was recorded.
    pub fn of(recording: &Recording) -> Causes {
        walk::Walk::new(recording).run()
    }

    /// What made a fact happen. None where nothing in the cluster did: the load, a machine, an
    /// application; and where nobody asks, as for counts in a status.
    pub fn cause(&self, fact: u32) -> Option<Cause> {
        *self.causes.get(fact as usize)?
    }

    /// A fact, what made it happen, what made that happen, and so on; the first cause stands last.
    pub fn chain(&self, fact: u32) -> Vec<Cause> {
        let next = |cause: &Cause| match *cause {
            Cause::Fact(fact) => self.cause(fact),
            Cause::Start | Cause::Event(_) | Cause::Decision(_) => None,
        };
        std::iter::successors(Some(Cause::Fact(fact)), next).collect()
    }

    /// The life of a pod, if there was such a pod.
    pub fn life(&self, pod: PodId) -> Option<&Life> {
        self.lives.get(&pod)
    }

    /// The lives of all pods, in order of their numbers.
    pub fn lives(&self) -> impl Iterator<Item = (PodId, &Life)> {
        self.lives.iter().map(|(pod, life)| (*pod, life))
    }
}
