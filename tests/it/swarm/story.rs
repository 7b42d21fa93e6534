//! Two recordings of one scenario, and what is to be found in every recording.

use std::fmt::Debug;

use podtide::recording::Recording;
use podtide::recording::cause::{Cause, Causes};

/// Reasons that nothing in the cluster causes: the load, an application, a machine.
const ROOTS: [&str; 5] = ["Completed", "Error", "Evicted", "OOMKilled", "Unhealthy"];

/// Where another run first says something else.
pub(crate) fn difference(one: &Recording, other: &Recording) -> Option<String> {
    first("fact", &one.facts, &other.facts)
        .or_else(|| first("decision", &one.decisions, &other.decisions))
        .or_else(|| first("segment", &one.segments, &other.segments))
        .or_else(|| (one.end != other.end).then(|| "the ends differ".to_owned()))
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

/// A turn in the life of a pod that nobody can explain.
pub(crate) fn unexplained(recording: &Recording) -> Option<String> {
    let causes = Causes::of(recording);
    for (pod, life) in causes.lives() {
        let readiness = life.readiness.iter().map(|(fact, _)| *fact);
        let turns = [life.created, life.placed, life.evicted, life.marked, life.ended];
        for fact in turns.into_iter().flatten().chain(readiness) {
            let chain = causes.chain(fact);
            if !is_explained(recording, &chain) {
                let words: Vec<String> = chain.iter().map(|it| word(recording, *it)).collect();
                return Some(format!("{pod:?}: {}", words.join(" <- ")));
            }
        }
    }
    None
}

/// Each cause comes before what it causes, and the first one stands for itself.
fn is_explained(recording: &Recording, chain: &[Cause]) -> bool {
    let goes_back = chain.windows(2).all(|pair| match (pair[0], pair[1]) {
        (Cause::Fact(effect), Cause::Fact(cause)) => cause < effect,
        (Cause::Fact(_), _) => true,
        _ => false,
    });
    let is_first = match chain.last() {
        Some(Cause::Fact(fact)) => ROOTS.contains(&recording.facts[*fact as usize].reason.word()),
        Some(Cause::Start | Cause::Event(_) | Cause::Decision(_)) => true,
        None => false,
    };
    goes_back && is_first
}

/// The word of a cause.
pub(crate) fn word(recording: &Recording, cause: Cause) -> String {
    match cause {
        Cause::Start => "start".to_owned(),
        Cause::Event(place) => format!("event {}", place + 1),
        Cause::Fact(place) => recording.facts[place as usize].reason.word().to_owned(),
        Cause::Decision(_) => "decision".to_owned(),
    }
}
