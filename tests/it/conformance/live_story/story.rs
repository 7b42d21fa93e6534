//! What is compared of a story, the same for a live control plane and for ours.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// Numbers that are compared of the status of a Deployment.
pub(super) const DEPLOYMENT: &[&str] = &[
    "replicas",
    "updatedReplicas",
    "readyReplicas",
    "availableReplicas",
    "unavailableReplicas",
    "terminatingReplicas",
];
/// The same of a ReplicaSet.
pub(super) const REPLICA_SET: &[&str] =
    &["replicas", "readyReplicas", "availableReplicas", "terminatingReplicas"];
/// The same of a budget.
pub(super) const PDB: &[&str] =
    &["currentHealthy", "desiredHealthy", "disruptionsAllowed", "expectedPods"];
/// The same of an HPA.
pub(super) const HPA: &[&str] = &["currentReplicas", "desiredReplicas"];

/// What came of a case.
#[derive(Debug, Default)]
pub(super) struct Story {
    /// What was told of whom, in order of time.
    pub(super) lines: BTreeMap<String, Vec<Told>>,
    /// Objects as they stand at the end.
    pub(super) ends: BTreeMap<String, Value>,
    /// Ready pods of Deployments, by name; not compared.
    pub(super) ready: BTreeMap<String, Vec<(i64, i64)>>,
}

/// A number that changed, or an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Told {
    /// When [ms since the case began].
    pub(super) at_ms: i64,
    /// What.
    pub(super) what: String,
}

impl Story {
    /// Takes in a number of somebody, if it is another one.
    pub(super) fn number(&mut self, whose: String, at_ms: i64, number: i64) {
        self.text(whose, at_ms, number.to_string());
    }

    /// Takes in what somebody says, if it is something else.
    pub(super) fn text(&mut self, whose: String, at_ms: i64, what: String) {
        let line = self.lines.entry(whose).or_default();
        if line.last().is_none_or(|last| last.what != what) {
            line.push(Told { at_ms, what });
        }
    }

    /// Takes in a pod that is marked for deletion, as it is then.
    pub(super) fn went(&mut self, image: &str, phase: &str, ready: Option<&str>, cost: i32) {
        let ready = ready.unwrap_or("Unknown");
        let kind = format!("{image}, {phase}, Ready {ready}, deletion cost {cost}");
        let went = self.ends.entry("pods that went".to_owned()).or_insert_with(|| json!({}));
        went[&kind] = json!(went[&kind].as_i64().unwrap_or(0) + 1);
    }

    /// Takes in a pod that is there at the end, in a zone if it has a node.
    pub(super) fn stays(&mut self, zone: Option<&str>) {
        let spread = self.ends.entry("pods by zone".to_owned()).or_insert_with(|| json!({}));
        let zone = zone.unwrap_or("none yet");
        spread[zone] = json!(spread[zone].as_i64().unwrap_or(0) + 1);
    }

    /// Takes in how many pods of a Deployment are ready, for charts.
    pub(super) fn ready(&mut self, deployment: &str, at_ms: i64, count: i64) {
        self.ready.entry(deployment.to_owned()).or_default().push((at_ms, count));
    }

    /// Takes in the answer to an eviction.
    pub(super) fn eviction(&mut self, at_ms: i64, what: String) {
        self.lines.entry("evictions".to_owned()).or_default().push(Told { at_ms, what });
    }
}

impl Story {
    /// Names of all Deployments.
    pub(super) fn deployments(&self) -> impl Iterator<Item = &str> {
        self.lines.keys().filter_map(|whose| whose.strip_prefix("Deployment "))
    }

    /// The most pods that all ReplicaSets of a Deployment asked for together.
    pub(super) fn most(&self, deployment: &str) -> i64 {
        let prefix = format!("ReplicaSet {deployment} ");
        let own = self.lines.iter().filter(|(whose, _)| whose.starts_with(&prefix));
        let told = own.flat_map(|(whose, line)| line.iter().map(move |told| (told, whose)));
        let mut told: Vec<(&Told, &String)> = told.collect();
        told.sort_by_key(|(told, _)| told.at_ms);
        let (mut sizes, mut most) = (BTreeMap::new(), 0);
        for (told, whose) in told {
            sizes.insert(whose, told.what.parse::<i64>().unwrap_or(0));
            most = most.max(sizes.values().sum());
        }
        most
    }
}

/// What a ReplicaSet is called by its role: `app 2` is the second that was made for `app`.
#[derive(Debug, Default)]
pub(super) struct Roles {
    /// Name of the Deployment, name of the ReplicaSet; in order of creation.
    replica_sets: Vec<(String, String)>,
}

impl Roles {
    /// The role of a ReplicaSet that may be new.
    pub(super) fn of(&mut self, name: &str) -> String {
        let deployment = name.rsplit_once('-').map_or(name, |(deployment, _)| deployment);
        if !self.replica_sets.iter().any(|(_, known)| known == name) {
            self.replica_sets.push((deployment.to_owned(), name.to_owned()));
        }
        let own = self.replica_sets.iter().filter(|(owner, _)| owner == deployment);
        let before = own.take_while(|(_, known)| known != name).count();
        format!("{deployment} {}", before + 1)
    }

    /// A text with roles in the place of names.
    pub(super) fn told(&mut self, text: &str) -> String {
        let names: Vec<String> = self.replica_sets.iter().map(|(_, name)| name.clone()).collect();
        let mut text = text.to_owned();
        for name in names {
            text = text.replace(&name, &self.of(&name));
        }
        text
    }
}
