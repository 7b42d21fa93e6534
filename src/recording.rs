//! What a simulation tells while it runs, and the observer that keeps it.

pub mod cause;

use std::sync::Arc;

use crate::kube::apiserver::{Cluster, Fact};
use crate::kube::controllers::podautoscaler::decision::Decision;
use crate::units::SimTime;
use crate::workload::Segment;

/// How many facts lie between two keyframes of a [`Recording`].
pub const FACTS_PER_KEYFRAME: u32 = 4096;

/// Memory is kept ready for so many syncs of HPAs at most.
const SYNCS_EXPECTED_MAX: u32 = 1 << 20;

/// Somebody who listens to a simulation. All calls come in order of time.
pub trait Observer {
    /// About how many syncs of HPAs there will be; told first.
    fn expect(&mut self, _syncs: u32) {}
    /// The world at time 0, before anything has happened.
    fn start(&mut self, _cluster: &Cluster) {}
    /// Writes that were carried out, and the cluster after the last of them.
    /// What is left in the list is dropped.
    fn facts(&mut self, _facts: &mut Vec<Fact>, _cluster: &Cluster) {}
    /// One sync of an HPA.
    fn decision(&mut self, _decision: Decision) {}
    /// Syncs of HPAs at one instant; what is left in the list is dropped.
    fn decisions(&mut self, decisions: &mut Vec<Decision>) {
        decisions.drain(..).for_each(|decision| self.decision(decision));
    }
    /// How a service fared between two changes.
    fn segment(&mut self, _segment: Segment) {}
    /// An event of the scenario came to nothing.
    fn refused(&mut self, _refusal: Refusal) {}
    /// The end.
    fn end(&mut self, _at: SimTime, _cluster: &Cluster) {}
}

/// Nobody listens: for timings of the simulation alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct Deaf;

impl Observer for Deaf {}

/// An event of the scenario that came to nothing, because kubectl or the API server said no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// When.
    pub at: SimTime,
    /// Place in the scenario's events.
    pub event: u32,
    /// What was said.
    pub why: Arc<str>,
}

/// All that happened: facts, decisions, segments, and the cluster every so many facts.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    /// Writes in order of time.
    pub facts: Vec<Fact>,
    /// HPA syncs in order of time.
    pub decisions: Vec<Decision>,
    /// How services fared, in order of their ends.
    pub segments: Vec<Segment>,
    /// Events of the scenario that came to nothing, in order of time.
    pub refusals: Vec<Refusal>,
    /// When it ended.
    pub end: SimTime,
    keyframes: Vec<Keyframe>,
}

/// The cluster after so many facts.
#[derive(Clone, Debug)]
struct Keyframe {
    facts: u32,
    cluster: Arc<Cluster>,
}

impl Recording {
    /// The cluster as it was after all writes up to and at an instant.
    ///
    /// The cluster is built from the keyframe before it, so the cost is bounded by
    /// [`FACTS_PER_KEYFRAME`] and what one instant holds.
    ///
    /// # Panics
    /// When nothing was recorded.
    pub fn state_at(&self, at: SimTime) -> Cluster {
        let facts = self.facts.partition_point(|fact| fact.at <= at) as u32;
        self.state_after(facts)
    }

    /// The cluster as it was after so many facts.
    ///
    /// # Panics
    /// When nothing was recorded.
    pub fn state_after(&self, facts: u32) -> Cluster {
        let keyframe = self.keyframe(facts);
        let mut cluster = Cluster::clone(&keyframe.cluster);
        for fact in &self.facts[keyframe.facts as usize..facts as usize] {
            cluster.replay(fact);
        }
        cluster
    }

    /// How many facts the last keyframe holds that has at most so many.
    ///
    /// # Panics
    /// When nothing was recorded.
    pub fn keyframe_before(&self, facts: u32) -> u32 {
        self.keyframe(facts).facts
    }

    fn keyframe(&self, facts: u32) -> &Keyframe {
        let next = self.keyframes.partition_point(|keyframe| keyframe.facts <= facts);
        &self.keyframes[next.checked_sub(1).expect("the start is a keyframe")]
    }

    fn keep(&mut self, cluster: &Cluster) {
        let cluster = Arc::new(cluster.clone());
        self.keyframes.push(Keyframe { facts: self.facts.len() as u32, cluster });
    }
}

impl Observer for Recording {
    fn expect(&mut self, syncs: u32) {
        self.decisions.reserve_exact(syncs.min(SYNCS_EXPECTED_MAX) as usize);
    }

    fn start(&mut self, cluster: &Cluster) {
        self.keep(cluster);
    }

    fn facts(&mut self, facts: &mut Vec<Fact>, cluster: &Cluster) {
        self.facts.append(facts);
        let last = self.keyframes.last().map_or(0, |keyframe| keyframe.facts);
        if self.facts.len() as u32 - last >= FACTS_PER_KEYFRAME {
            self.keep(cluster);
        }
    }

    fn decision(&mut self, decision: Decision) {
        self.decisions.push(decision);
    }

    fn decisions(&mut self, decisions: &mut Vec<Decision>) {
        self.decisions.append(decisions);
    }

    fn segment(&mut self, segment: Segment) {
        self.segments.push(segment);
    }

    fn refused(&mut self, refusal: Refusal) {
        self.refusals.push(refusal);
    }

    fn end(&mut self, at: SimTime, _: &Cluster) {
        self.end = at;
    }
}
