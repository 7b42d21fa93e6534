//! A take: a Scenario that was played, with its recording, its numbers, and what is needed to find
//! one's way in it quickly.

use super::log::{self, Entry, Told};
use super::names::Names;
use crate::kube::controllers::podautoscaler::decision::{Decision, Outcome};
use crate::kube::objects::ids::{DeploymentId, HpaId};
use crate::recording::Recording;
use crate::report::{Report, WorkloadReport, WorkloadSeries, summarize};
use crate::scenario::Scenario;
use crate::sim::simulate;
use crate::units::SimTime;
use crate::workload::Segment;

/// How many segments are looked at for the one of a service: more than there are services that
/// change at one instant.
const SEGMENTS_LOOKED_AT: usize = 1000;

/// A Scenario that was played.
#[derive(Debug)]
pub struct Take {
    /// What it is called in titles.
    pub label: String,
    /// What was played.
    pub scenario: Scenario,
    /// What happened.
    pub recording: Recording,
    /// The numbers, with the values over time.
    pub report: Report,
    /// What objects are called.
    pub names: Names,
    /// What the log tells, in order of time.
    pub log: Vec<Entry>,
    /// Each Deployment, in order of the report.
    pub subjects: Vec<Subject>,
}

/// A Deployment and its HPA.
#[derive(Clone, Debug, Default)]
pub struct Subject {
    /// Its number, if it ever existed.
    pub deployment: Option<DeploymentId>,
    /// Number of its HPA.
    pub hpa: Option<HpaId>,
    /// Places of the HPA's syncs in `Recording::decisions`.
    pub syncs: Vec<u32>,
    /// Those of them that changed the scale.
    pub rescales: Vec<u32>,
}

impl Take {
    /// Plays a Scenario.
    pub fn play(label: impl Into<String>, scenario: Scenario) -> Take {
        let mut recording = Recording::default();
        simulate(&scenario, &mut recording);
        Take::new(label, scenario, recording)
    }

    /// Takes over a finished recording.
    ///
    /// # Panics
    /// When nothing was recorded.
    pub fn new(label: impl Into<String>, scenario: Scenario, recording: Recording) -> Take {
        let report = summarize(&scenario, &recording);
        let names = Names::of(&recording);
        let log = log::entries(&scenario, &recording);
        let subject = |workload| subject(workload, &names, &recording);
        let subjects = report.workloads.iter().map(subject).collect();
        Take { label: label.into(), scenario, recording, report, names, log, subjects }
    }

    /// When it ends.
    pub fn end(&self) -> SimTime {
        self.recording.end
    }

    /// Values over time of a workload.
    pub fn series(&self, workload: usize) -> Option<&WorkloadSeries> {
        self.report.series.workloads.get(workload)
    }

    /// Numbers of a workload.
    pub fn workload(&self, workload: usize) -> Option<&WorkloadReport> {
        self.report.workloads.get(workload)
    }

    /// Syncs of a workload's HPA up to and at an instant, in order of time.
    pub fn syncs_until(&self, workload: usize, at: SimTime) -> &[u32] {
        let Some(subject) = self.subjects.get(workload) else { return &[] };
        let passed = subject.syncs.partition_point(|sync| self.decision(*sync).at <= at);
        &subject.syncs[..passed]
    }

    /// The last sync of a workload's HPA up to and at an instant.
    pub fn last_sync(&self, workload: usize, at: SimTime) -> Option<&Decision> {
        self.syncs_until(workload, at).last().map(|sync| self.decision(*sync))
    }

    /// The decision of that place.
    pub fn decision(&self, place: u32) -> &Decision {
        &self.recording.decisions[place as usize]
    }

    /// When, among these decisions, the next one falls after an instant, or the last one before it.
    pub fn neighbour(&self, among: &[u32], at: SimTime, forward: bool) -> Option<SimTime> {
        let when = |place: &u32| self.decision(*place).at;
        if forward {
            among.get(among.partition_point(|place| when(place) <= at)).map(when)
        } else {
            let before = among.partition_point(|place| when(place) < at).checked_sub(1)?;
            among.get(before).map(when)
        }
    }

    /// CPU that requests take of a pod that serves, in the mean over a workload's pods \[cores\];
    /// none where nothing serves or that is not known.
    pub fn cpu_per_pod(&self, workload: usize, at: SimTime) -> Option<f64> {
        let names = &self.workload(workload)?.services;
        let served = self.series(workload)?.traffic.as_ref()?.served.at(at.0 as f64);
        let numbers = self.scenario.workload.service_of.iter().enumerate();
        let own = numbers.filter(|(_, of)| {
            let name = of.map(|of| &self.scenario.services[of as usize].metadata.name);
            name.is_some_and(|name| names.contains(name))
        });
        let (mut pods, mut requests, mut busy) = (0.0, 0.0, 0.0);
        for (number, _) in own {
            let Some(segment) = self.segment(number as u32, at) else { continue };
            for part in &segment.parts {
                if part.cpu <= 0.0 && part.service_time > 0.0 {
                    return None;
                }
                let count = f64::from(part.pods);
                pods += count;
                requests += count * part.served;
                busy += count * part.served * part.cpu;
            }
        }
        (pods > 0.0 && requests > 0.0).then(|| served * busy / requests / pods)
    }

    /// How a service of the model fared at an instant.
    fn segment(&self, service: u32, at: SimTime) -> Option<&Segment> {
        let at_ms = at.0 as f64;
        // Segments are in order of their ends.
        let first = self.recording.segments.partition_point(|segment| segment.to_ms <= at_ms);
        let mut later = self.recording.segments[first..].iter().take(SEGMENTS_LOOKED_AT);
        later.find(|segment| segment.service == service && segment.from_ms <= at_ms)
    }

    /// An entry of the log in words.
    pub fn tell(&self, entry: &Entry) -> Told {
        entry.tell(&self.scenario, &self.recording, &self.names)
    }
}

fn subject(workload: &WorkloadReport, names: &Names, recording: &Recording) -> Subject {
    let namespace = workload.namespace.as_str();
    let hpa = workload.hpa.as_ref().and_then(|hpa| names.hpa(namespace, &hpa.name));
    let all = recording.decisions.iter().enumerate();
    let own: Vec<u32> = all
        .filter(|(_, decision)| Some(decision.hpa) == hpa)
        .map(|(place, _)| place as u32)
        .collect();
    let rescaled = |place: &u32| {
        let decision = &recording.decisions[*place as usize];
        decision.outcome == Outcome::Rescaled && decision.desired != decision.current
    };
    Subject {
        deployment: names.deployment(namespace, &workload.name),
        hpa,
        rescales: own.iter().copied().filter(rescaled).collect(),
        syncs: own,
    }
}
