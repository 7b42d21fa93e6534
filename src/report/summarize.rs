//! `summarize`: a Recording -> a Report.

use super::evictions::evictions;
use super::last_failure::last_failure;
use super::metrics;
use super::need::{self, Demand};
use super::nodes;
use super::numbers::{Hpa, LastFailure, Pending, Resources, Rise, WorkloadKind};
use super::pods::{self, PodHistory};
use super::readings::{self, Decisions, HpaLog, HpaSpecAt, Subject};
use super::rollouts;
use super::scaling::measure;
use super::series::{Series, WorkloadSeries};
use super::track::{Track, plus};
use super::traffic::{self, Failures, ServiceHistory};
use super::{API_VERSION, AssumptionRow, EventRow, Report, ScenarioInfo, Totals, WorkloadReport};
use crate::api::autoscaling::{HorizontalPodAutoscaler, HpaScalingRules};
use crate::api::meta::StringMap;
use crate::kube::controllers::podautoscaler::decision::Decision;
use crate::recording::Recording;
use crate::scenario::action::Pods;
use crate::scenario::{Action, DeploymentPlan, Prices, Scenario, ScenarioEvent};

/// The release whose rules are played.
const KUBERNETES: &str = "1.36";
/// In how many rises of a workload latencies are looked at.
const PERCENTILES_MAX: usize = 100;
const GIB: f64 = 1_073_741_824.0;

/// All numbers of a finished simulation, and its values over time.
///
/// # Panics
/// When nothing was recorded.
pub fn summarize(scenario: &Scenario, recording: &Recording) -> Report {
    let names: Vec<(String, String)> = scenario.deployments.iter().map(name_of).collect();
    let inputs = Inputs {
        scenario,
        recording,
        log: HpaLog::new(recording),
        decisions: Decisions::new(recording),
        pods: pods::walk(recording, &names),
        services: traffic::histories(&scenario.workload.config, recording),
    };
    let parts = (0..scenario.deployments.len()).map(|place| inputs.workload(place));
    let (workloads, series): (Vec<WorkloadReport>, Vec<WorkloadSeries>) = parts.unzip();
    let events = events(scenario, recording);
    let (nodes, autoscaler) = nodes::nodes(recording, scenario.prices);
    Report {
        api_version: API_VERSION,
        scenario: ScenarioInfo {
            name: scenario.name.clone(),
            question: scenario.question.clone(),
            seed: scenario.seed,
            duration_seconds: recording.end.as_secs_f64(),
            kubernetes: KUBERNETES.to_owned(),
        },
        totals: inputs.totals(&workloads, &events),
        workloads,
        events,
        evictions: evictions(recording),
        cluster_autoscaler: scenario.cluster.cluster_autoscaler.as_ref().map(|_| autoscaler),
        assumptions: scenario
            .assumptions
            .iter()
            .map(|it| AssumptionRow { subject: it.subject.clone(), text: it.text.clone() })
            .collect(),
        series: Series { end: recording.end, workloads: series, nodes },
    }
}

fn name_of(plan: &DeploymentPlan) -> (String, String) {
    (plan.object.metadata.namespace.clone(), plan.object.metadata.name.clone())
}

/// A scenario, its recording, and what was read from it so far.
struct Inputs<'a> {
    scenario: &'a Scenario,
    recording: &'a Recording,
    log: HpaLog,
    decisions: Decisions<'a>,
    pods: Vec<PodHistory>,
    services: Vec<ServiceHistory>,
}

impl Inputs<'_> {
    fn end_ms(&self) -> f64 {
        self.recording.end.0 as f64
    }

    fn workload(&self, place: usize) -> (WorkloadReport, WorkloadSeries) {
        let (namespace, name) = name_of(&self.scenario.deployments[place]);
        let services = self.services_of(place);
        let histories: Vec<&ServiceHistory> =
            services.iter().map(|service| &self.services[*service]).collect();
        let traffic = traffic::together(&histories, self.end_ms());
        let hpa = self.hpa_of(place);
        let id = hpa.and_then(|hpa| self.log.id(&namespace, &hpa.metadata.name));
        let decisions = self.decisions.of(id);
        let mut report = WorkloadReport {
            namespace,
            name,
            services: services.iter().map(|service| self.service_name(*service)).collect(),
            hpa: hpa.map(|hpa| self.hpa_info(hpa)),
            pending: pending(&self.pods[place], self.end_ms()),
            requests: traffic.as_ref().map(|traffic| traffic.requests),
            attempts: traffic.as_ref().map(|traffic| traffic.attempts),
            latency: traffic.as_ref().and_then(ServiceHistory::latency),
            ..WorkloadReport::default()
        };
        let mut series = self.pod_series(place);
        series.traffic = traffic.map(|traffic| traffic.series);
        if let Some(hpa) = hpa {
            self.read_hpa(place, hpa, decisions, &mut report, &mut series);
        }
        report.scaling.syncs = decisions.len() as u32;
        report.scaling.failed_syncs = readings::failed_syncs(decisions);
        measure(&mut report, &series, self.recording.end);
        report.kind = self.kind(place);
        let (recording, histories) = (self.recording, &self.services);
        let failures = Failures { recording, histories, services: &services };
        let traffic = series.traffic.is_some().then_some(&failures);
        report.crashes = self.pods[place].incidents.crashes();
        report.scale_down_victims.clone_from(&self.pods[place].incidents.victims);
        report.rollouts = rollouts::rollouts(&self.pods[place], traffic, self.end_ms());
        if !report.rollouts.is_empty() {
            series.updated = self.pods[place].updated.clone();
        }
        self.add_percentiles(&services, &mut report.rises);
        report.resources = self.resources(place, report.resources.idle_pod_hours);
        (report, series)
    }

    fn kind(&self, place: usize) -> WorkloadKind {
        match self.scenario.deployments[place].object.spec.strategy.swarm {
            Some(_) => WorkloadKind::SwarmService,
            None => WorkloadKind::Deployment,
        }
    }

    /// How long requests took in rises that hurt.
    fn add_percentiles(&self, services: &[usize], rises: &mut [Rise]) {
        let config = &self.scenario.workload.config;
        let hurt = rises.iter_mut().filter(|rise| rise.under_capacity_seconds > 0.0);
        for rise in hurt.take(PERCENTILES_MAX) {
            let span = (rise.from_seconds * 1000.0, rise.to_seconds * 1000.0);
            rise.p95_seconds = traffic::p95(config, self.recording, services, span);
        }
    }

    /// What the HPA saw and did.
    fn read_hpa(
        &self,
        place: usize,
        hpa: &HorizontalPodAutoscaler,
        decisions: &[&Decision],
        report: &mut WorkloadReport,
        series: &mut WorkloadSeries,
    ) {
        let flags = &self.scenario.cluster.controller_manager;
        let tolerance = need::tolerance(&hpa.spec, flags);
        let plan = &self.scenario.deployments[place].object.spec.template.spec;
        let pod = readings::pod_of(&self.pods[place].specs).unwrap_or(plan);
        let id = self.log.id(&hpa.metadata.namespace, &hpa.metadata.name);
        let specs = readings::specs_of(self.recording, id, &hpa.spec);
        let end = self.recording.end;
        let subject = Subject { spec: &hpa.spec, specs: &specs, pod, tolerance, end };
        report.decisions = self.log.rows(decisions, &subject);
        report.hpa_failures = self.log.failures(decisions, &subject);
        series.metrics = metrics::series(decisions, &subject);
        for (at_ms, spec) in &specs {
            series.min_replicas.push(*at_ms, f64::from(spec.min_replicas.unwrap_or(1)));
            series.max_replicas.push(*at_ms, f64::from(spec.max_replicas));
        }
        series.need = self.need(place, &specs, tolerance, series);
        if series.need.exact.is_empty() {
            series.need = readings::proposals(decisions);
        }
    }

    fn need(
        &self,
        place: usize,
        hpas: &[HpaSpecAt],
        tolerance: need::Tolerance,
        series: &WorkloadSeries,
    ) -> super::Need {
        let workload = &self.scenario.workload;
        let profile = workload.profile_of.get(place);
        let profile = profile.and_then(|profile| workload.config.profiles.get(*profile as usize));
        let (Some(profile), Some(traffic)) = (profile, &series.traffic) else {
            return super::Need::default();
        };
        let demand = Demand {
            hpas,
            profile,
            tolerance,
            wirings: &workload.metrics,
            core_seconds: traffic.unit == super::LoadUnit::CoreSeconds,
        };
        need::over_time(&demand, &self.pods[place].specs, &traffic.requests, self.end_ms())
    }

    fn resources(&self, place: usize, idle_pod_hours: Option<f64>) -> Resources {
        let taken = self.pods[place].taken;
        let (core_hours, gib_hours) = (taken.cores / 3600.0, taken.bytes / GIB / 3600.0);
        Resources {
            pod_hours: taken.pods / 3600.0,
            requested_core_hours: core_hours,
            requested_gib_hours: gib_hours,
            idle_pod_hours,
            cost: self.scenario.prices.map(|prices| cost(prices, core_hours, gib_hours)),
        }
    }

    fn pod_series(&self, place: usize) -> WorkloadSeries {
        let pods = &self.pods[place];
        WorkloadSeries {
            desired: pods.desired.clone(),
            current: pods.current.clone(),
            ready: pods.ready.clone(),
            pending: pods.pending.clone(),
            ..WorkloadSeries::default()
        }
    }

    /// Services of the model that send a Deployment traffic, by their places.
    fn services_of(&self, place: usize) -> Vec<usize> {
        let plan = &self.scenario.deployments[place].object;
        let labels = &plan.spec.template.metadata.labels;
        let has = |(key, value): (&String, &String)| labels.get(key) == Some(value);
        let fits = |selector: &StringMap| !selector.is_empty() && selector.iter().all(has);
        let selects = |number: u32| {
            let service = &self.scenario.services[number as usize];
            let same = service.metadata.namespace == plan.metadata.namespace;
            // As it is, or as an event makes it.
            let switched = self.scenario.events.iter().any(|event| {
                matches!(&event.action, Action::Service { service, what }
                    if *service == number && fits(what.selector()))
            });
            same && (fits(&service.spec.selector) || switched)
        };
        let services = self.scenario.workload.service_of.iter().enumerate();
        services.filter(|(_, of)| of.is_some_and(selects)).map(|(place, _)| place).collect()
    }

    fn service_name(&self, place: usize) -> String {
        let service = self.scenario.workload.service_of.get(place).copied().flatten();
        service.map_or_else(String::new, |service| {
            self.scenario.services[service as usize].metadata.name.clone()
        })
    }

    /// The HPA whose target a Deployment is.
    fn hpa_of(&self, place: usize) -> Option<&HorizontalPodAutoscaler> {
        let metadata = &self.scenario.deployments[place].object.metadata;
        let scales = |hpa: &&HorizontalPodAutoscaler| {
            let target = &hpa.spec.scale_target_ref;
            target.kind == "Deployment"
                && target.name == metadata.name
                && hpa.metadata.namespace == metadata.namespace
        };
        self.scenario.hpas.iter().map(|hpa| &**hpa).find(scales)
    }

    fn hpa_info(&self, hpa: &HorizontalPodAutoscaler) -> Hpa {
        let behavior = hpa.spec.behavior.as_ref();
        let of = |rules: Option<&HpaScalingRules>| rules?.stabilization_window_seconds;
        let up = of(behavior.and_then(|behavior| behavior.scale_up.as_ref()));
        let window = of(behavior.and_then(|behavior| behavior.scale_down.as_ref()));
        let flags = &self.scenario.cluster.controller_manager;
        Hpa {
            name: hpa.metadata.name.clone(),
            min_replicas: hpa.spec.min_replicas.unwrap_or(1),
            max_replicas: hpa.spec.max_replicas,
            metrics: metrics::targets(&hpa.spec),
            scale_up_window_seconds: up.map_or(0.0, f64::from),
            scale_down_window_seconds: window
                .map_or(flags.downscale_stabilization.as_secs_f64(), f64::from),
            default_scale_down_window: window.is_none(),
        }
    }

    /// The most pods on nodes at once.
    fn peak_pods(&self) -> u32 {
        let end_ms = self.end_ms();
        let add = |sum: Track, pods: &PodHistory| plus(&sum, &pods.held, 1.0, 0.0, end_ms);
        let peak = self.pods.iter().fold(Track::constant(0.0), add).max(0.0, end_ms);
        if peak.is_nan() { 0 } else { peak as u32 }
    }

    fn last_failure(&self, events: &[EventRow]) -> Option<LastFailure> {
        let serving: Vec<Vec<usize>> =
            (0..self.scenario.deployments.len()).map(|place| self.services_of(place)).collect();
        let concerns = |event: usize, service: usize| {
            let Some(event) = self.scenario.events.get(event) else { return false };
            let serves = |place: u32| {
                serving.get(place as usize).is_some_and(|services| services.contains(&service))
            };
            match &event.action {
                Action::Deployment { deployment, .. }
                | Action::Pod {
                    which: Pods::OldestOf { deployment, .. } | Pods::NewestOf { deployment, .. },
                    ..
                } => serves(*deployment),
                Action::Service { service: number, .. } => {
                    self.scenario.workload.service_of.get(service) == Some(&Some(*number))
                }
                Action::Hpa { hpa, .. } => {
                    (0..serving.len() as u32).filter(|it| serves(*it)).any(|place| {
                        let own = self.hpa_of(place as usize);
                        let changed = self.scenario.hpas.get(*hpa as usize);
                        own.zip(changed)
                            .is_some_and(|(own, changed)| own.metadata == changed.metadata)
                    })
                }
                Action::Refused { .. } => false,
                _ => true,
            }
        };
        last_failure(&self.services, events, concerns, self.end_ms())
    }

    fn totals(&self, workloads: &[WorkloadReport], events: &[EventRow]) -> Totals {
        let mut totals = Totals {
            workloads: workloads.len() as u32,
            nodes: self.scenario.cluster.nodes.len() as u32,
            peak_pods: self.peak_pods(),
            last_failure: self.last_failure(events),
            ..Totals::default()
        };
        for workload in workloads {
            add_resources(&mut totals.resources, &workload.resources);
            add_pending(&mut totals.pending, &workload.pending);
            totals.decisions += workload.scaling.decisions;
            totals.under_capacity_seconds += workload.scaling.under_capacity_seconds;
        }
        for service in &self.services {
            if service.requests.unit != super::LoadUnit::CoreSeconds {
                let sum = totals.requests.unwrap_or_default();
                totals.requests = Some(traffic::sum_of(&sum, &service.requests));
            }
        }
        totals
    }
}

fn cost(prices: Prices, core_hours: f64, gib_hours: f64) -> f64 {
    core_hours * prices.cpu_hour + gib_hours * prices.gib_hour
}

fn pending(pods: &PodHistory, end_ms: f64) -> Pending {
    let peak = pods.pending.max(0.0, end_ms);
    Pending {
        pod_seconds: pods.pending.integral(0.0, end_ms),
        peak_pods: if peak.is_nan() { 0 } else { peak as u32 },
        longest_seconds: pods.longest_wait_ms as f64 / 1000.0,
        at_end_pods: if pods.pending.is_empty() { 0 } else { pods.pending.last() as u32 },
        message: pods.scheduler_said.clone(),
    }
}

fn add_resources(sum: &mut Resources, more: &Resources) {
    let both = |a: Option<f64>, b: Option<f64>| match (a, b) {
        (None, None) => None,
        (a, b) => Some(a.unwrap_or(0.0) + b.unwrap_or(0.0)),
    };
    sum.pod_hours += more.pod_hours;
    sum.requested_core_hours += more.requested_core_hours;
    sum.requested_gib_hours += more.requested_gib_hours;
    sum.idle_pod_hours = both(sum.idle_pod_hours, more.idle_pod_hours);
    sum.cost = both(sum.cost, more.cost);
}

fn add_pending(sum: &mut Pending, more: &Pending) {
    sum.pod_seconds += more.pod_seconds;
    sum.peak_pods += more.peak_pods;
    sum.longest_seconds = sum.longest_seconds.max(more.longest_seconds);
    sum.at_end_pods += more.at_end_pods;
    sum.message = sum.message.take().or_else(|| more.message.clone());
}

fn events(scenario: &Scenario, recording: &Recording) -> Vec<EventRow> {
    let row = |event: &ScenarioEvent| EventRow {
        at_seconds: event.at.as_secs_f64(),
        text: event.action.title(scenario),
        refused: None,
    };
    let mut rows: Vec<EventRow> = scenario.events.iter().map(row).collect();
    for refusal in &recording.refusals {
        rows[refusal.event as usize].refused = Some(refusal.why.to_string());
    }
    rows
}
