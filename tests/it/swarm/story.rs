//! All that a simulation says, to be compared with what it says the next time.

use std::fmt::Debug;

use podtide::kube::apiserver::{Cluster, Fact};
use podtide::kube::controllers::podautoscaler::decision::Decision;
use podtide::recording::Observer;
use podtide::units::SimTime;
use podtide::workload::Segment;

/// Facts with their reasons, decisions, segments and the end of one run.
#[derive(Debug, Default)]
pub(crate) struct Story {
    pub(crate) facts: Vec<Fact>,
    pub(crate) decisions: Vec<Decision>,
    pub(crate) segments: Vec<Segment>,
    pub(crate) end: Option<SimTime>,
}

impl Observer for Story {
    fn facts(&mut self, facts: Vec<Fact>, _: &Cluster) {
        self.facts.extend(facts);
    }

    fn decision(&mut self, decision: Decision) {
        self.decisions.push(decision);
    }

    fn segment(&mut self, segment: Segment) {
        self.segments.push(segment);
    }

    fn end(&mut self, at: SimTime, _: &Cluster) {
        self.end = Some(at);
    }
}

impl Story {
    /// Where another run first says something else.
    pub(crate) fn difference(&self, other: &Story) -> Option<String> {
        first("fact", &self.facts, &other.facts)
            .or_else(|| first("decision", &self.decisions, &other.decisions))
            .or_else(|| first("segment", &self.segments, &other.segments))
            .or_else(|| (self.end != other.end).then(|| "the ends differ".to_owned()))
    }
}

fn first<T: PartialEq + Debug>(what: &str, one: &[T], other: &[T]) -> Option<String> {
    if one.len() != other.len() {
        return Some(format!("{} or {} {what}s", one.len(), other.len()));
    }
    // A ratio may be no number, which equals nothing: the text decides.
    let differ = |(one, other): &(&T, &T)| one != other && show(one) != show(other);
    let (one, other) = one.iter().zip(other).find(differ)?;
    Some(format!("{what} {}, then {}", show(one), show(other)))
}

fn show(what: &impl Debug) -> String {
    format!("{what:?}")
}
