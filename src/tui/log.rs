//! What can be read in the log of events: Event objects, answers of commands, and what the user
//! did, in order of time. Sentences are made when a line is shown.

use std::collections::BTreeMap;

use super::names::Names;
use crate::kube::apiserver::{EventType, Write};
use crate::kube::objects::ids::{ObjectId, PodId};
use crate::kube::reason::Reason;
use crate::recording::Recording;
use crate::scenario::Scenario;
use crate::units::{SimDuration, SimTime};

/// What is told again within this time stands in one line, as where clients correlate events.
const REPEATED_WITHIN: SimDuration = SimDuration::from_secs(600);

/// What an entry tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// An event of the scenario, by its place.
    User(u32),
    /// A fact, by its place in the recording.
    Fact(u32),
    /// A refused event of the scenario, by its place in `Recording::refusals`.
    Refusal(u32),
}

/// One entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When.
    pub at: SimTime,
    /// What it tells of.
    pub source: Source,
    /// How often the same was told up to here, as kubectl's `x4` has it.
    pub times: u32,
    /// The place of the entry that tells the same again.
    pub again: Option<u32>,
}

/// How an entry is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `Normal`.
    Normal,
    /// `Warning`.
    Warning,
    /// The user, or a command of the user's.
    User,
}

/// One entry as it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// When.
    pub at: SimTime,
    /// How it is shown.
    pub kind: Kind,
    /// Upstream's CamelCase word.
    pub reason: &'static str,
    /// About whom, as in `pod/shop-1`; empty if the message says it.
    pub object: String,
    /// The message.
    pub message: String,
    /// How often it was told up to here.
    pub times: u32,
}

/// Finds all entries of a recording.
pub fn entries(scenario: &Scenario, recording: &Recording) -> Vec<Entry> {
    let entry = |at: SimTime, source: Source| Entry { at, source, times: 1, again: None };
    let user = scenario.events.iter().enumerate();
    let user = user.filter(|(_, event)| event.at <= recording.end);
    let mut all: Vec<Entry> =
        user.map(|(place, event)| entry(event.at, Source::User(place as u32))).collect();
    let refusals = recording.refusals.iter().enumerate();
    all.extend(refusals.map(|(place, refusal)| entry(refusal.at, Source::Refusal(place as u32))));
    let told = recording.facts.iter().enumerate();
    let told = told.filter(|(_, fact)| {
        let is_told = matches!(fact.write, Write::Event { .. } | Write::Note(_));
        is_told && !matches!(fact.reason, Reason::ScenarioEvent(_))
    });
    all.extend(told.map(|(place, fact)| entry(fact.at, Source::Fact(place as u32))));
    // What the user does at an instant stands before what comes of it; facts keep their order.
    all.sort_by_key(|entry| entry.at);
    count_repeated(recording, &mut all);
    all
}

/// Finds entries that tell the same of the same object again.
fn count_repeated(recording: &Recording, all: &mut [Entry]) {
    let mut last: BTreeMap<(ObjectId, &'static str), u32> = BTreeMap::new();
    for place in 0..all.len() {
        let Some((object, reason)) = all[place].said(recording) else { continue };
        let Some(former) = last.insert((object, reason.word()), place as u32) else { continue };
        let before = all[former as usize];
        let same = before.said(recording).is_some_and(|(_, said)| said == reason);
        if same && all[place].at - before.at <= REPEATED_WITHIN {
            all[former as usize].again = Some(place as u32);
            all[place].times = before.times + 1;
        }
    }
}

impl Entry {
    /// How many facts have happened once this entry has.
    pub fn facts(&self, recording: &Recording) -> u32 {
        match self.source {
            Source::Fact(place) => place + 1,
            Source::User(_) => recording.facts.partition_point(|fact| fact.at < self.at) as u32,
            Source::Refusal(_) => recording.facts.partition_point(|fact| fact.at <= self.at) as u32,
        }
    }

    fn said<'r>(&self, recording: &'r Recording) -> Option<(ObjectId, &'r Reason)> {
        let Source::Fact(place) = self.source else { return None };
        Some((self.object(recording)?, &recording.facts[place as usize].reason))
    }

    /// The object that it is about.
    pub fn object(&self, recording: &Recording) -> Option<ObjectId> {
        let Source::Fact(place) = self.source else { return None };
        match recording.facts[place as usize].write {
            Write::Event { object, .. } | Write::Note(object) => Some(object),
            _ => None,
        }
    }

    /// Whether it is about a pod.
    pub fn is_about(&self, recording: &Recording, pod: PodId) -> bool {
        self.object(recording) == Some(ObjectId::Pod(pod))
    }

    /// Whether it is what every pod that comes or goes writes, and nothing went wrong.
    pub fn is_routine(&self, recording: &Recording) -> bool {
        let Source::Fact(place) = self.source else { return false };
        let of_pods =
            matches!(self.object(recording), Some(ObjectId::Pod(_) | ObjectId::ReplicaSet(_)));
        let write = &recording.facts[place as usize].write;
        of_pods && matches!(write, Write::Event { type_: EventType::Normal, .. })
    }

    /// The entry in words.
    pub fn tell(&self, scenario: &Scenario, recording: &Recording, names: &Names) -> Told {
        let times = self.times;
        match self.source {
            Source::User(place) => Told {
                at: self.at,
                kind: Kind::User,
                reason: "Scenario",
                object: String::new(),
                message: scenario.events[place as usize].action.title(scenario),
                times,
            },
            Source::Refusal(place) => Told {
                at: self.at,
                kind: Kind::Warning,
                reason: "Refused",
                object: String::new(),
                message: recording.refusals[place as usize].why.to_string(),
                times,
            },
            Source::Fact(place) => {
                let fact = &recording.facts[place as usize];
                let kind = match (&fact.write, &fact.reason) {
                    (Write::Event { type_: EventType::Normal, .. }, _) => Kind::Normal,
                    (_, Reason::Kubectl(_)) => Kind::User,
                    // What is only noted is a refusal, or a container that was killed.
                    _ => Kind::Warning,
                };
                Told {
                    at: self.at,
                    kind,
                    reason: fact.reason.word(),
                    object: self.object(recording).map_or_else(String::new, |it| names.object(it)),
                    message: fact.reason.to_string(),
                    times,
                }
            }
        }
    }
}

impl Told {
    /// Everything that a search looks at, in lower case.
    pub fn haystack(&self) -> String {
        format!("{} {} {}", self.reason, self.object, self.message).to_lowercase()
    }
}
