//! What the HPA saw and did, from its decisions and events.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::decision::{DecisionRow, HpaFailure, LimitRow, MetricReading, MetricUnit};
use super::need::Tolerance;
use super::series::{MetricSeries, Need};
use super::track::Track;
use crate::api::autoscaling::{HorizontalPodAutoscalerSpec, MetricSpec};
use crate::api::core::PodSpec;
use crate::api::quantity::Quantity;
use crate::kube::apiserver::Write;
use crate::kube::controllers::podautoscaler::decision::{
    Decision, Limit, LimitedBy, MetricDecision, MetricKind, Outcome, Path, PolicyType, RateLimit,
};
use crate::kube::controllers::podautoscaler::reason::HpaReason;
use crate::kube::objects::ids::{HpaId, ObjectId};
use crate::kube::reason::Reason;
use crate::recording::Recording;
use crate::units::SimTime;

/// What the HPAs of a recording said, and which number each one has.
#[derive(Clone, Debug, Default)]
pub(super) struct HpaLog {
    /// Number by namespace and name.
    ids: BTreeMap<(String, String), HpaId>,
    /// Events of each HPA in order of time.
    said: BTreeMap<HpaId, Vec<(SimTime, HpaReason)>>,
}

/// One HPA and its target, as far as its readings need them.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) spec: &'a HorizontalPodAutoscalerSpec,
    /// Pods of the target, for the limits of its containers.
    pub(super) pod: &'a PodSpec,
    pub(super) tolerance: Tolerance,
    pub(super) end: SimTime,
}

impl HpaLog {
    /// Reads a recording.
    pub(super) fn new(recording: &Recording) -> HpaLog {
        let mut log = HpaLog::default();
        let start = recording.state_after(0);
        let mut next = 0;
        for hpa in start.hpas() {
            let name = (hpa.metadata.namespace.clone(), hpa.metadata.name.clone());
            log.ids.insert(name, hpa.id);
            next = hpa.id.0 + 1;
        }
        for fact in &recording.facts {
            match (&fact.write, &fact.reason) {
                (Write::CreateHpa(hpa), _) => {
                    let name = (hpa.metadata.namespace.clone(), hpa.metadata.name.clone());
                    log.ids.insert(name, HpaId(next));
                    next += 1;
                }
                (Write::Event { object: ObjectId::Hpa(hpa), .. }, Reason::Hpa(reason)) => {
                    log.said.entry(*hpa).or_default().push((fact.at, reason.clone()));
                }
                _ => {}
            }
        }
        log
    }

    /// The number of an HPA.
    pub(super) fn id(&self, namespace: &str, name: &str) -> Option<HpaId> {
        self.ids.get(&(namespace.to_owned(), name.to_owned())).copied()
    }

    /// What an HPA said at an instant and that fits.
    fn said_at(
        &self,
        hpa: HpaId,
        at: SimTime,
        fits: impl Fn(&HpaReason) -> bool,
    ) -> Option<&HpaReason> {
        let said = self.said.get(&hpa)?;
        let first = said.partition_point(|(when, _)| *when < at);
        let now = said[first..].iter().take_while(|(when, _)| *when == at);
        now.map(|(_, reason)| reason).find(|reason| fits(reason))
    }

    /// One row for each change of the scale.
    pub(super) fn rows(&self, decisions: &[&Decision], subject: &Subject<'_>) -> Vec<DecisionRow> {
        let written = decisions.iter().filter(|decision| decision.outcome == Outcome::Rescaled);
        written.map(|decision| self.row(decision, subject)).collect()
    }

    fn row(&self, decision: &Decision, subject: &Subject<'_>) -> DecisionRow {
        let rescale = |reason: &HpaReason| matches!(reason, HpaReason::SuccessfulRescale { .. });
        let said = self.said_at(decision.hpa, decision.at, rescale);
        DecisionRow {
            at_seconds: decision.at.as_secs_f64(),
            from: decision.current,
            to: decision.desired,
            reason: said.map_or("SuccessfulRescale", HpaReason::word).to_owned(),
            message: said.map_or_else(String::new, ToString::to_string),
            metrics: readings(decision, subject),
            proposal: decision.proposal,
            stabilized: decision.stabilization.map(|stabilization| stabilization.value),
            limit: limit(decision),
        }
    }

    /// Times in which the HPA could not do its work.
    pub(super) fn failures(
        &self,
        decisions: &[&Decision],
        subject: &Subject<'_>,
    ) -> Vec<HpaFailure> {
        let mut done = Vec::new();
        let mut open: BTreeMap<Option<u32>, HpaFailure> = BTreeMap::new();
        for decision in decisions {
            let now = failing(decision);
            let over: Vec<Option<u32>> =
                open.keys().filter(|what| !now.contains(what)).copied().collect();
            for what in over {
                let mut failure = open.remove(&what).expect("its key was just seen");
                failure.to_seconds = decision.at.as_secs_f64();
                done.push(failure);
            }
            for what in now {
                let failure =
                    open.entry(what).or_insert_with(|| self.failure(decision, what, subject));
                failure.syncs += 1;
            }
        }
        done.extend(open.into_values());
        done.sort_by(|a, b| a.from_seconds.total_cmp(&b.from_seconds));
        done
    }

    fn failure(&self, decision: &Decision, what: Option<u32>, subject: &Subject<'_>) -> HpaFailure {
        let fits = |reason: &HpaReason| match (what, reason) {
            (Some(metric), HpaReason::Metric(fault)) => fault.metric.metric == metric,
            (None, HpaReason::Metric(_) | HpaReason::SuccessfulRescale { .. }) | (Some(_), _) => {
                false
            }
            (None, _) => true,
        };
        let said = self.said_at(decision.hpa, decision.at, fits);
        HpaFailure {
            from_seconds: decision.at.as_secs_f64(),
            to_seconds: subject.end.as_secs_f64(),
            metric: what.map(|metric| name(subject.spec, metric)),
            reason: said.map_or("", HpaReason::word).to_owned(),
            message: said.map_or_else(String::new, ToString::to_string),
            syncs: 0,
        }
    }
}

/// What failed at a sync: metrics by their places, or the sync itself.
fn failing(decision: &Decision) -> Vec<Option<u32>> {
    let whole = matches!(
        decision.outcome,
        Outcome::InvalidApiVersion
            | Outcome::UnknownKind
            | Outcome::FailedGetScale
            | Outcome::InvalidSelector
            | Outcome::AmbiguousSelector
            | Outcome::FailedUpdateScale
    );
    if whole {
        return vec![None];
    }
    if decision.path != Path::Metrics {
        return Vec::new();
    }
    let metrics = (0..).zip(decision.metrics());
    metrics.filter(|(_, metric)| !metric.basis.is_valid()).map(|(place, _)| Some(place)).collect()
}

/// Syncs at which something failed.
pub(super) fn failed_syncs(decisions: &[&Decision]) -> u32 {
    decisions.iter().filter(|decision| !failing(decision).is_empty()).count() as u32
}

/// Each metric as it was read at a sync.
fn readings(decision: &Decision, subject: &Subject<'_>) -> Vec<MetricReading> {
    if decision.path != Path::Metrics {
        return Vec::new();
    }
    let metrics = (0..).zip(decision.metrics());
    metrics
        .map(|(place, metric)| {
            let valid = metric.basis.is_valid();
            let unit = unit(subject.spec, place, metric.kind);
            MetricReading {
                name: name(subject.spec, place),
                value: valid.then(|| value(metric)),
                target: target(metric),
                unit,
                proposal: valid.then_some(metric.proposal),
                won: decision.winner == Some(place),
            }
        })
        .collect()
}

fn is_utilization(kind: MetricKind) -> bool {
    matches!(kind, MetricKind::ResourceUtilization | MetricKind::ContainerResourceUtilization)
}

fn value(metric: &MetricDecision) -> f64 {
    if is_utilization(metric.kind) {
        f64::from(metric.utilization)
    } else {
        metric.reported as f64 / 1000.0
    }
}

fn target(metric: &MetricDecision) -> f64 {
    let target = metric.target as f64;
    if is_utilization(metric.kind) { target } else { target / 1000.0 }
}

fn spec_of(spec: &HorizontalPodAutoscalerSpec, place: u32) -> Option<&MetricSpec> {
    spec.metrics.as_deref()?.get(place as usize)
}

/// Name of a metric: `cpu`, `cpu of app`, `http_requests`.
pub(super) fn name(spec: &HorizontalPodAutoscalerSpec, place: u32) -> String {
    let Some(metric) = spec_of(spec, place) else { return format!("metric {place}") };
    if let Some(resource) = &metric.resource {
        return resource.name.clone();
    }
    if let Some(resource) = &metric.container_resource {
        return format!("{} of {}", resource.name, resource.container);
    }
    let identifier = metric.pods.as_ref().map(|pods| &pods.metric);
    let identifier = identifier.or(metric.object.as_ref().map(|object| &object.metric));
    let identifier = identifier.or(metric.external.as_ref().map(|external| &external.metric));
    identifier.map_or_else(|| metric.type_.clone(), |identifier| identifier.name.clone())
}

fn unit(spec: &HorizontalPodAutoscalerSpec, place: u32, kind: MetricKind) -> MetricUnit {
    let resource = spec_of(spec, place).and_then(|metric| {
        let resource = metric.resource.as_ref().map(|resource| resource.name.as_str());
        resource.or(metric.container_resource.as_ref().map(|resource| resource.name.as_str()))
    });
    match kind {
        kind if is_utilization(kind) => MetricUnit::Percent,
        MetricKind::ResourceAverageValue | MetricKind::ContainerResourceAverageValue => {
            match resource {
                Some("cpu") => MetricUnit::Cores,
                Some("memory") => MetricUnit::Bytes,
                _ => MetricUnit::AveragePerPod,
            }
        }
        MetricKind::ObjectValue | MetricKind::ExternalValue => MetricUnit::Total,
        _ => MetricUnit::AveragePerPod,
    }
}

/// Targets of an HPA as people say them: `cpu 70 %`.
pub(super) fn targets(spec: &HorizontalPodAutoscalerSpec) -> Vec<String> {
    let metrics = spec.metrics.as_deref().unwrap_or_default();
    (0..)
        .zip(metrics)
        .map(|(place, metric)| format!("{} {}", name(spec, place), aim(metric)))
        .collect()
}

fn aim(metric: &MetricSpec) -> String {
    let resource = metric.resource.as_ref().map(|resource| &resource.target);
    let target = resource
        .or(metric.container_resource.as_ref().map(|resource| &resource.target))
        .or(metric.pods.as_ref().map(|pods| &pods.target))
        .or(metric.object.as_ref().map(|object| &object.target))
        .or(metric.external.as_ref().map(|external| &external.target));
    let Some(target) = target else { return String::new() };
    match (target.average_utilization, &target.average_value, &target.value) {
        (Some(percent), _, _) => format!("{percent} %"),
        (None, Some(average), _) => format!("{} a pod", average.canonical()),
        (None, None, Some(value)) => value.canonical(),
        (None, None, None) => String::new(),
    }
}

/// What held a change back, if anything did.
fn limit(decision: &Decision) -> Option<LimitRow> {
    let Limit { by, rate } = decision.limit?;
    let (reason, by) = match by {
        LimitedBy::Nothing => return None,
        LimitedBy::MinReplicas => {
            ("TooFewReplicas", format!("minReplicas {}", decision.min_replicas))
        }
        LimitedBy::MaxReplicas => {
            ("TooManyReplicas", format!("maxReplicas {}", decision.max_replicas))
        }
        LimitedBy::ScaleUpRate => ("ScaleUpLimit", rate_words(rate, true)),
        LimitedBy::ScaleDownRate => ("ScaleDownLimit", rate_words(rate, false)),
    };
    let wanted = decision.stabilization.map(|stabilization| stabilization.value);
    Some(LimitRow {
        reason: reason.to_owned(),
        by,
        wanted: wanted.or(decision.proposal).unwrap_or(decision.desired),
        allowed: decision.desired,
    })
}

/// `+100 % in 15 s from 3`
fn rate_words(rate: Option<RateLimit>, up: bool) -> String {
    let sign = if up { '+' } else { '-' };
    match rate.and_then(|rate| rate.policy) {
        Some(policy) => {
            let unit = match policy.type_ {
                PolicyType::Pods if policy.value == 1 => "pod",
                PolicyType::Pods => "pods",
                PolicyType::Percent => "%",
            };
            let (value, period) = (policy.value, policy.period);
            format!("{sign}{value} {unit} in {period} from {}", policy.period_start_replicas)
        }
        None if up => "twice the count at most".to_owned(),
        None => "no policy allows more".to_owned(),
    }
}

/// Each metric over time, as the HPA saw it.
pub(super) fn series(decisions: &[&Decision], subject: &Subject<'_>) -> Vec<MetricSeries> {
    let metrics = subject.spec.metrics.as_deref().unwrap_or_default();
    (0..).zip(metrics).map(|(place, spec)| metric_series(place, spec, decisions, subject)).collect()
}

fn metric_series(
    place: u32,
    spec: &MetricSpec,
    decisions: &[&Decision],
    subject: &Subject<'_>,
) -> MetricSeries {
    let mut track = Track::default();
    let mut last = None;
    for decision in decisions {
        let read = (decision.path == Path::Metrics)
            .then(|| decision.metrics().get(place as usize))
            .flatten()
            .filter(|metric| metric.basis.is_valid());
        track.push(decision.at.0 as f64, read.map_or(f64::NAN, value));
        last = read.or(last);
    }
    let unit = last.map_or(MetricUnit::Percent, |metric| unit(subject.spec, place, metric.kind));
    MetricSeries {
        name: name(subject.spec, place),
        unit,
        value: track,
        target: last.map_or(f64::NAN, target),
        tolerance_up: subject.tolerance.up,
        tolerance_down: subject.tolerance.down,
        limit: container_limit(spec, subject.pod, unit),
    }
}

/// The limit of what a resource metric measures, in the metric's unit.
fn container_limit(spec: &MetricSpec, pod: &PodSpec, unit: MetricUnit) -> Option<f64> {
    let (resource, container) = match (&spec.resource, &spec.container_resource) {
        (Some(resource), _) => (&resource.name, None),
        (None, Some(resource)) => (&resource.name, Some(&resource.container)),
        (None, None) => return None,
    };
    let mut sums = (0.0, 0.0);
    for own in pod.containers.iter().filter(|own| container.is_none_or(|name| *name == own.name)) {
        let of = |list: &BTreeMap<String, Quantity>| {
            list.get(resource).map(Quantity::as_approximate_f64)
        };
        sums.0 += of(&own.resources.limits)?;
        sums.1 += of(&own.resources.requests).unwrap_or(0.0);
    }
    match unit {
        MetricUnit::Percent if sums.1 > 0.0 => Some(sums.0 / sums.1 * 100.0),
        MetricUnit::Cores | MetricUnit::Bytes => Some(sums.0),
        _ => None,
    }
}

/// What the metrics asked for at each sync, where it does not follow from the load.
pub(super) fn proposals(decisions: &[&Decision]) -> Need {
    let mut need = Need::default();
    for decision in decisions {
        let proposal = decision.proposal.unwrap_or(decision.current);
        for track in [&mut need.least, &mut need.exact, &mut need.most] {
            track.push(decision.at.0 as f64, f64::from(proposal));
        }
    }
    need
}

/// Decisions of one HPA, in order of time.
pub(super) fn decisions_of(recording: &Recording, hpa: Option<HpaId>) -> Vec<&Decision> {
    recording.decisions.iter().filter(|decision| Some(decision.hpa) == hpa).collect()
}

/// The pod of a Deployment's latest spec before the end.
pub(super) fn pod_of(specs: &[(f64, Arc<crate::api::apps::DeploymentSpec>)]) -> Option<&PodSpec> {
    specs.last().map(|(_, spec)| &spec.template.spec)
}
