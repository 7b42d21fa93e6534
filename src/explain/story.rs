//! What made something happen, in words: the chain of causes of a fact.

use std::collections::BTreeMap;

use super::find::{Found, full_name, hpas};
use super::words::instant;
use crate::kube::apiserver::{Fact, Write};
use crate::kube::controllers::replica_set::reason::ReplicaSetReason;
use crate::kube::kubelet::reason::KubeletReason;
use crate::kube::objects::ids::{HpaId, PodId};
use crate::kube::objects::pod::PodActivity;
use crate::kube::reason::Reason;
use crate::recording::Recording;
use crate::recording::cause::{Cause, Causes};
use crate::scenario::Scenario;
use crate::units::SimTime;

/// A recording with the causes of its facts and the names of its objects.
pub(super) struct Story<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) recording: &'a Recording,
    pub(super) causes: Causes,
    pub(super) pods: BTreeMap<PodId, Found<PodId>>,
    hpas: Vec<Found<HpaId>>,
}

impl<'a> Story<'a> {
    pub(super) fn new(scenario: &'a Scenario, recording: &'a Recording) -> Story<'a> {
        Story {
            scenario,
            recording,
            causes: Causes::of(recording),
            pods: pods_of(recording),
            hpas: hpas(recording, SimTime::MAX),
        }
    }

    /// What made a fact happen, the nearest cause first; one line each. Ends where something is
    /// told already.
    pub(super) fn because(&self, fact: u32, told: impl Fn(u32) -> bool) -> Vec<String> {
        let mut chain = self.causes.chain(fact);
        let is_told = |cause: &Cause| matches!(cause, Cause::Fact(place) if told(*place));
        if let Some(end) = chain.iter().skip(1).position(is_told) {
            chain.truncate(end + 1);
        }
        let mut lines: Vec<String> = Vec::new();
        let mut word = self.recording.facts[fact as usize].reason.word();
        for cause in &chain[1..] {
            if let Cause::Fact(place) = cause {
                let fact = &self.recording.facts[*place as usize];
                // What a user did is told by the event; the same thing is not told twice.
                let is_told = fact.reason.word() == word
                    || matches!(fact.reason, Reason::ScenarioEvent(_) | Reason::Scenario);
                if is_told {
                    continue;
                }
                word = fact.reason.word();
            }
            lines.push(format!("because: {}", self.phrase(*cause)));
        }
        lines
    }

    /// One cause, with its instant.
    fn phrase(&self, cause: Cause) -> String {
        match cause {
            Cause::Start => "the manifests, at the start".to_owned(),
            Cause::Event(place) => {
                let event = &self.scenario.events[place as usize];
                let title = event.action.title(self.scenario);
                format!("event {} of the scenario, {title}, at {}", place + 1, instant(event.at))
            }
            Cause::Decision(place) => {
                let decision = &self.recording.decisions[place as usize];
                let hpa = self.hpas.iter().find(|hpa| hpa.id == decision.hpa);
                let name = hpa.map_or_else(String::new, full_name);
                format!(
                    "sync of HPA {name} at {}: {} -> {}",
                    instant(decision.at),
                    decision.current,
                    decision.desired
                )
            }
            Cause::Fact(place) => {
                let fact = &self.recording.facts[place as usize];
                let subject = self.subject(fact);
                format!("{subject}{} at {}: {}", fact.reason.word(), instant(fact.at), text(fact))
            }
        }
    }

    /// `pod web-7d9-x2: `, of another pod.
    fn subject(&self, fact: &Fact) -> String {
        // A ReplicaSet's text names its pod.
        if matches!(fact.reason, Reason::ReplicaSet(_)) {
            return String::new();
        }
        let pod = fact.write.pod().and_then(|pod| self.pods.get(&pod));
        pod.map_or_else(String::new, |pod| format!("pod {}: ", pod.name))
    }
}

/// The text of a fact's reason, with the numbers that upstream's event does not say.
pub(super) fn text(fact: &Fact) -> String {
    match &fact.reason {
        Reason::ReplicaSet(ReplicaSetReason::SuccessfulDelete {
            active, replicas, rule, ..
        }) => {
            let many = if *active == 1 { "pod is" } else { "pods are" };
            format!("{}; {active} {many} active and {replicas} wanted, and {rule}", fact.reason)
        }
        Reason::ReplicaSet(ReplicaSetReason::SuccessfulCreate { active, replicas, .. }) => {
            let many = if *active == 1 { "pod is" } else { "pods are" };
            format!("{}; {active} {many} active and {replicas} wanted", fact.reason)
        }
        reason => reason.to_string(),
    }
}

/// All pods that ever were, by number.
fn pods_of(recording: &Recording) -> BTreeMap<PodId, Found<PodId>> {
    let start = recording.state_after(0);
    let found = |id, namespace: &str, name: &str| Found {
        id,
        namespace: namespace.to_owned(),
        name: name.to_owned(),
    };
    let there = start.pods().iter();
    let mut all: BTreeMap<PodId, Found<PodId>> =
        there.map(|pod| (pod.id, found(pod.id, &pod.namespace, &pod.name))).collect();
    let mut next = start.pods().next_id();
    for fact in &recording.facts {
        if let Write::CreatePod(new) = &fact.write {
            all.insert(next, found(next, &new.namespace, &new.name));
            next = PodId(next.0 + 1);
        }
    }
    all
}

/// Whether what a kubelet tells of a pod is trouble.
pub(super) fn is_trouble(reason: &KubeletReason) -> bool {
    matches!(
        reason,
        KubeletReason::ContainersNotReady { .. }
            | KubeletReason::PodFailed
            | KubeletReason::Exited { .. }
            | KubeletReason::Activity(
                PodActivity::CrashLoopBackOff
                    | PodActivity::OomKilled
                    | PodActivity::ImagePullBackOff
            )
    )
}
