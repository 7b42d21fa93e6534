//! What was written -> what is played: resolves names, fills in defaults, and finds all that cannot
//! be played.
//!
//! Every default that is used becomes an [`Assumption`]. Absence is only reported when the Scenario
//! file could be read as a whole, so that one wrong line is not reported twice.

mod asked;
mod cluster;
mod cluster_autoscaler;
mod cpu;
mod events;
mod faults;
mod layers;
mod lesson;
mod metrics;
mod node_flags;
mod pool;
mod profiles;
mod services;
mod targets;
mod traces;
mod traffic;
mod warm;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::file::ScenarioFile;
use super::file::scalar::{Amount, clip};
use super::file::traffic::Layer as WrittenLayer;
use super::{Assumption, DeploymentPlan, Prices, Scenario, WorkloadSpec, World};
use crate::api::apps::Deployment;
use crate::diagnostic::{Diagnostic, SourceId, SourceMap, Span, has_errors};
use crate::manifest::{Loaded, Manifests};
use crate::units::{SimDuration, SimTime};
use crate::workload::ModelConfig;
use crate::workload::traffic::{LoadContext, WallClock};

/// The most pods that may exist at once, all Deployments together at their largest.
pub const MAX_PODS: i64 = 100_000;
/// The most nodes.
pub const MAX_NODES: i64 = 10_000;
/// The most events, repetitions included.
pub const MAX_EVENTS: usize = 100_000;
/// The most periodic instants (HPA syncs and scrapes) of one simulation.
pub const MAX_PERIODS: i64 = 100_000_000;

/// 2026-01-05T00:00:00Z, a Monday: the wall clock of the start when nobody says one.
const DEFAULT_CLOCK: WallClock =
    WallClock { unix_ms: 1_767_571_200_000, offset: SimDuration::ZERO };
const DEFAULT_DURATION: SimDuration = SimDuration::from_secs(3600);
const DEFAULT_SEED: u64 = 1;

/// All that [`check`] works on.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// What was written; empty without a Scenario.
    pub file: &'a ScenarioFile,
    /// Name when the Scenario has none.
    pub name: &'a str,
    /// The objects of the manifests.
    pub objects: &'a Manifests,
    /// Manifests that events apply, by path as written.
    pub applied: &'a BTreeMap<String, Manifests>,
    /// Recordings by path as written. One that is not here could not be read, which has been said.
    pub recordings: &'a BTreeMap<String, SourceId>,
    /// The texts.
    pub sources: &'a SourceMap,
    /// Traffic from the command line, in place of the Scenario's.
    pub lines: &'a [TrafficLine],
    /// Rate at which a pod uses its CPU request, from the command line \[requests/s\].
    pub saturate_at: Option<f64>,
}

/// Traffic from the command line.
#[derive(Clone, Debug, PartialEq)]
pub struct TrafficLine {
    /// Who is asked, if it was said.
    pub target: Option<LineTarget>,
    /// The layers.
    pub layers: Vec<WrittenLayer>,
    /// Where all of it stands.
    pub span: Span,
}

/// Whom traffic from the command line asks.
#[derive(Clone, Debug, PartialEq)]
pub struct LineTarget {
    /// `service` or `deployment`; whichever exists if absent.
    pub kind: Option<&'static str>,
    /// The name.
    pub name: super::file::scalar::ObjectName,
    /// Where it stands.
    pub span: Span,
}

/// Makes a [`Scenario`] of what was written; none when a finding is an error.
pub fn check(input: &Input<'_>) -> (Option<Scenario>, Vec<Diagnostic>) {
    let mut checker = Checker { input, findings: Vec::new(), assumptions: Vec::new() };
    let scenario = checker.scenario();
    let sound = !has_errors(&checker.findings) && input.file.complete;
    (sound.then_some(scenario), checker.findings)
}

/// What has been found so far.
struct Checker<'a> {
    input: &'a Input<'a>,
    findings: Vec<Diagnostic>,
    assumptions: Vec<Assumption>,
}

impl Checker<'_> {
    fn report(&mut self, finding: Diagnostic) {
        self.findings.push(finding);
    }

    /// Reports something that seems to be missing, unless it may stand in what could not be read.
    fn report_absence(&mut self, finding: Diagnostic) {
        if self.input.file.complete {
            self.findings.push(finding);
        }
    }

    /// Reports something that is there, or that seems to be missing.
    fn report_unless_absent(&mut self, finding: Diagnostic, absent: bool) {
        if absent {
            self.report_absence(finding);
        } else {
            self.report(finding);
        }
    }

    fn assume(&mut self, subject: impl Into<String>, text: impl Into<String>) {
        self.assumptions.push(Assumption { subject: subject.into(), text: text.into() });
    }

    fn scenario(&mut self) -> Scenario {
        let (file, objects) = (self.input.file, self.input.objects);
        let seed = file.spec.seed.as_ref().map_or(DEFAULT_SEED, |seed| seed.value);
        let clock = file.spec.clock.as_ref().map_or(DEFAULT_CLOCK, |clock| clock.value);
        let world = self.world();
        self.check_pods();
        let written = self.traffic_entries(clock);
        let duration = self.duration(&written);
        let planned = self.plan_events(duration, clock);
        let time = LoadContext { duration, clock, seed, stream: "" };
        let mut services = self.compile_traffic(&written, &planned.scales, &time);
        let profiles = self.profiles(&services);
        self.profile_retries(&mut services, &profiles);
        let warm = self.warm_replicas(&services, &profiles);
        let behaviors = self.fill_profiles(&services, profiles, &warm);
        let metrics = self.metrics(&services, &planned.versions, duration, clock);
        let cluster = self.cluster(world, duration);
        let events = self.events(planned, duration, &cluster.nodes);
        let prices = self.prices();
        let lesson = self.lesson(duration);
        self.not_yet();
        let workload = WorkloadSpec {
            config: ModelConfig { seed, services: services.configs(), profiles: behaviors },
            profile_of: (0..objects.deployments.len() as u32).collect(),
            consumes_of: services.consumes_of(objects.deployments.len()),
            service_of: services.service_of(),
            metrics,
        };
        Scenario {
            name: file.name.clone().unwrap_or_else(|| self.input.name.to_owned()),
            question: file.comment.clone(),
            seed,
            duration,
            clock,
            world,
            cluster,
            deployments: self.plans(&warm),
            hpas: metrics::simulated_hpas(objects)
                .into_iter()
                .map(|loaded| Arc::new(loaded.object.clone()))
                .collect(),
            pdbs: objects.pdbs.iter().map(|loaded| Arc::new(loaded.object.clone())).collect(),
            services: services.objects,
            workload,
            prices,
            events,
            lesson,
            assumptions: std::mem::take(&mut self.assumptions),
        }
    }

    fn plans(&self, warm: &[i32]) -> Vec<DeploymentPlan> {
        let deployments = self.input.objects.deployments.iter().zip(warm);
        deployments
            .map(|(loaded, warm)| DeploymentPlan {
                object: Arc::new(loaded.object.clone()),
                warm_replicas: *warm,
            })
            .collect()
    }

    fn world(&mut self) -> World {
        let Some(written) = &self.input.file.spec.world else { return World::Warm };
        match written.value.as_str() {
            "warm" => World::Warm,
            "cold" => World::Cold,
            _ => {
                self.report(
                    Diagnostic::error("scenario-value", "`spec.world`: no such world")
                        .at(written.span.clone(), "")
                        .help("write `warm` (all rolled out at the start) or `cold` (empty)"),
                );
                World::Warm
            }
        }
    }

    /// As written; else until the last thing that traffic and events do, and 10 minutes to watch
    /// it.
    fn duration(&mut self, written: &traffic::Entries) -> SimDuration {
        if let Some(duration) = &self.input.file.spec.duration {
            if duration.value.0 < 1000 {
                self.report(
                    Diagnostic::error("scenario-value", "`spec.duration` is shorter than a second")
                        .at(duration.span.clone(), "")
                        .help("write a longer one, such as `1h`"),
                );
                return DEFAULT_DURATION;
            }
            return duration.value;
        }
        let events = self.input.file.spec.events.iter();
        let last_event = events.map(|event| event.at.value + event.lasts().unwrap_or_default());
        let duration = match written.last_change() {
            Some(last) if last.0 > 0 => {
                let last = last_event.fold(last, SimTime::max);
                SimDuration((last.0 + 600_000).min(super::file::scalar::MAX_DURATION.0))
            }
            _ => {
                let late = last_event.max().map_or(0, |last| last.0.saturating_add(600_000));
                DEFAULT_DURATION.max(SimDuration(late.min(super::file::scalar::MAX_DURATION.0)))
            }
        };
        self.assume("scenario", format!("duration {duration}"));
        duration
    }

    fn prices(&mut self) -> Option<Prices> {
        let written = self.input.file.spec.prices.as_ref()?;
        for (price, key) in [(&written.cpu_hour, "cpuHour"), (&written.gib_hour, "gibHour")] {
            if !(0.0..=1e9).contains(&price.value) {
                let message = format!("`spec.prices.{key}` is no price");
                self.report(
                    Diagnostic::error("scenario-value", message)
                        .at(price.span.clone(), "")
                        .help("write a number from 0 to 1,000,000,000"),
                );
            }
        }
        Some(Prices { cpu_hour: written.cpu_hour.value, gib_hour: written.gib_hour.value })
    }

    /// Says what is read but has no effect yet.
    fn not_yet(&mut self) {
        let assertions = &self.input.file.spec.assertions;
        if let Some(first) = assertions.first() {
            let message = format!("{} assertions are not evaluated yet", assertions.len());
            self.report(
                Diagnostic::warning("not-yet", message)
                    .at(first.span.clone(), "the first of them")
                    .help("the rest of the Scenario runs"),
            );
        }
    }
}

/// Finds the Deployments that could grow beyond what is simulated.
impl Checker<'_> {
    fn check_pods(&mut self) {
        let objects = self.input.objects;
        let all: Vec<MostPods> =
            objects.deployments.iter().map(|loaded| most_pods(objects, loaded)).collect();
        let total = all.iter().fold(0_i64, |sum, most| sum.saturating_add(most.pods()));
        let Some(largest) = all.into_iter().max_by_key(MostPods::pods) else { return };
        if total > MAX_PODS {
            self.report(
                Diagnostic::error(
                    "too-many-pods",
                    format!("there may be {total} pods, {MAX_PODS} can be simulated"),
                )
                .at(largest.span, largest.why)
                .help("lower maxReplicas or replicas"),
            );
        }
    }
}

/// The most pods that a Deployment may have, and what says so.
struct MostPods {
    replicas: i64,
    surge: i64,
    span: Span,
    why: String,
}

impl MostPods {
    fn pods(&self) -> i64 {
        self.replicas.saturating_add(self.surge)
    }
}

fn most_pods(objects: &Manifests, loaded: &Loaded<Deployment>) -> MostPods {
    let written = i64::from(loaded.object.spec.replicas.unwrap_or(1));
    let mut most = MostPods {
        replicas: written,
        surge: 0,
        span: objects.locate(loaded.origin, "spec.replicas").span,
        why: format!("{written} replicas"),
    };
    for hpa in objects.hpas_of(&loaded.object.metadata) {
        let max = i64::from(hpa.object.spec.max_replicas);
        if max > most.replicas {
            most.replicas = max;
            most.span = objects.locate(hpa.origin, "spec.maxReplicas").span;
            most.why = format!("maxReplicas is {max}");
        }
    }
    let rolling = loaded.object.spec.strategy.rolling_update.as_ref();
    let surge = rolling.and_then(|rolling| rolling.max_surge.as_ref());
    let pods = i32::try_from(most.replicas).unwrap_or(i32::MAX);
    most.surge = surge.and_then(|surge| surge.scaled_value(pods, true).ok()).unwrap_or(0).max(0);
    most
}

/// The unit of an amount in words.
fn unit_of(amount: Amount) -> &'static str {
    match amount {
        Amount::Requests(_) => "requests/s",
        Amount::Cores(_) => "cores",
    }
}
