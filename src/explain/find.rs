//! From names to objects, and what to say when there is none.

use std::fmt;

use strsim::damerau_levenshtein;

use crate::kube::apiserver::{Cluster, Write};
use crate::kube::objects::ids::HpaId;
use crate::recording::Recording;
use crate::units::SimTime;

/// Most names that are listed for a name that is unknown.
const LISTED_MAX: usize = 30;

/// A name that nothing has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unknown {
    /// What was looked for: `HPA`, `pod`, `Deployment`, `concept`.
    pub what: &'static str,
    /// The name as it was given; empty if none was.
    pub name: String,
    /// The name that may have been meant.
    pub nearest: Option<String>,
    /// All names that there are.
    pub known: Vec<String>,
}

/// An object that was found.
#[derive(Clone, Debug)]
pub(super) struct Found<I> {
    pub(super) id: I,
    pub(super) namespace: String,
    pub(super) name: String,
}

impl Unknown {
    /// For a name among those that there are.
    pub(super) fn new(what: &'static str, name: &str, mut known: Vec<String>) -> Unknown {
        known.sort();
        known.dedup();
        let short = |text: &str| text.rsplit('/').next().unwrap_or_default().to_lowercase();
        let wanted = short(name);
        let limit = (wanted.chars().count() / 3).clamp(1, 3);
        let near = known
            .iter()
            .filter(|_| !wanted.is_empty() && wanted.len() <= 100)
            .map(|other| (damerau_levenshtein(&wanted, &short(other)), other))
            .filter(|(distance, _)| *distance <= limit)
            .min_by_key(|(distance, _)| *distance);
        let nearest = near.map(|(_, other)| other.clone());
        Unknown { what, name: name.to_owned(), nearest, known }
    }
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = self.what;
        match self.name.as_str() {
            "" => write!(f, "there is no {what} to explain")?,
            name => write!(f, "there is no {what} `{name}`")?,
        }
        if let Some(nearest) = &self.nearest {
            return write!(f, "; did you mean `{nearest}`?");
        }
        if self.known.is_empty() {
            return if self.name.is_empty() { Ok(()) } else { write!(f, ", nor any other") };
        }
        let listed = &self.known[..self.known.len().min(LISTED_MAX)];
        write!(f, "; there is {}", listed.join(", "))?;
        match self.known.len() - listed.len() {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

impl std::error::Error for Unknown {}

/// The HPA of a name, at or before an instant.
pub(super) fn hpa(recording: &Recording, name: &str, at: SimTime) -> Result<Found<HpaId>, Unknown> {
    let all = hpas(recording, at);
    let found = all.iter().rev().find(|hpa| is_called(hpa, name)).cloned();
    found.ok_or_else(|| Unknown::new("HPA", name, all.iter().map(full_name).collect()))
}

/// All HPAs that were ever there until an instant, in order of number.
pub(super) fn hpas(recording: &Recording, at: SimTime) -> Vec<Found<HpaId>> {
    let start = recording.state_after(0);
    let mut all: Vec<Found<HpaId>> = start.hpas().map(|hpa| of_hpa(&start, hpa.id)).collect();
    let mut next = all.last().map_or(0, |hpa| hpa.id.0 + 1);
    for fact in recording.facts.iter().take_while(|fact| fact.at <= at) {
        if let Write::CreateHpa(hpa) = &fact.write {
            let (namespace, name) = (hpa.metadata.namespace.clone(), hpa.metadata.name.clone());
            all.push(Found { id: HpaId(next), namespace, name });
            next += 1;
        }
    }
    all
}

fn of_hpa(cluster: &Cluster, id: HpaId) -> Found<HpaId> {
    let metadata = &cluster.hpa(id).expect("it was just listed").metadata;
    Found { id, namespace: metadata.namespace.clone(), name: metadata.name.clone() }
}

/// Whether `[namespace/]name` names that object.
pub(super) fn is_called<I>(object: &Found<I>, name: &str) -> bool {
    match name.split_once('/') {
        Some((namespace, name)) => object.namespace == namespace && object.name == name,
        None => object.name == name,
    }
}

/// `name`, with its namespace unless that is `default`.
pub(super) fn full_name<I>(object: &Found<I>) -> String {
    match object.namespace.as_str() {
        "" | "default" => object.name.clone(),
        namespace => format!("{namespace}/{}", object.name),
    }
}
