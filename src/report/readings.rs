//! What the HPA saw and did, from its decisions and events.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::decision::{DecisionRow, HpaFailure, LimitRow, MetricReading};
use super::metrics::{name, target, unit, value};
use super::need::Tolerance;
use super::series::Need;
use crate::api::autoscaling::HorizontalPodAutoscalerSpec;
use crate::api::core::PodSpec;
use crate::kube::apiserver::Write;
use crate::kube::controllers::podautoscaler::decision::{
    Decision, Limit, LimitedBy, Outcome, Path, PolicyType, RateLimit,
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
    /// Its spec at the start.
    pub(super) spec: &'a HorizontalPodAutoscalerSpec,
    /// All its specs, each with the instant from which it holds.
    pub(super) specs: &'a [HpaSpecAt],
    /// Pods of the target, for the limits of its containers.
    pub(super) pod: &'a PodSpec,
    pub(super) tolerance: Tolerance,
    pub(super) end: SimTime,
}

/// A spec of an HPA, and from when on it holds \[ms\].
pub(super) type HpaSpecAt = (f64, Arc<HorizontalPodAutoscalerSpec>);

impl Subject<'_> {
    /// The spec that a sync went by.
    fn spec_at(&self, at: SimTime) -> &HorizontalPodAutoscalerSpec {
        let later = self.specs.iter().rev().find(|(from, _)| *from <= at.0 as f64);
        later.map_or(self.spec, |(_, spec)| spec)
    }
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
        let mut open: BTreeMap<Option<u32>, (HpaFailure, Texts)> = BTreeMap::new();
        for decision in decisions {
            let now = failing(decision);
            let over: Vec<Option<u32>> =
                open.keys().filter(|what| !now.contains(what)).copied().collect();
            for what in over {
                let (failure, texts) = open.remove(&what).expect("its key was just seen");
                let mut failure = with_most_frequent(failure, &texts);
                failure.to_seconds = decision.at.as_secs_f64();
                done.push(failure);
            }
            for what in now {
                let told = self.failure(decision, what, subject);
                let text = (told.reason.clone(), told.message.clone());
                let (failure, texts) = open.entry(what).or_insert_with(|| (told, Texts::new()));
                failure.syncs += 1;
                match texts.iter_mut().find(|(known, _)| *known == text) {
                    Some((_, count)) => *count += 1,
                    None => texts.push((text, 1)),
                }
            }
        }
        let left = open.into_values();
        done.extend(left.map(|(failure, texts)| with_most_frequent(failure, &texts)));
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
            metric: what.map(|metric| name(subject.spec_at(decision.at), metric)),
            reason: said.map_or("", HpaReason::word).to_owned(),
            message: said.map_or_else(String::new, ToString::to_string),
            syncs: 0,
            message_syncs: 0,
        }
    }
}

/// Words and texts of a failure, and how often they were said.
type Texts = Vec<((String, String), u32)>;

/// A failure as it was told most often; the first of several.
fn with_most_frequent(failure: HpaFailure, texts: &Texts) -> HpaFailure {
    let most = texts.iter().map(|(_, count)| *count).max().unwrap_or(0);
    match texts.iter().find(|(_, count)| *count == most) {
        Some(((reason, message), count)) => HpaFailure {
            reason: reason.clone(),
            message: message.clone(),
            message_syncs: *count,
            ..failure
        },
        None => failure,
    }
}

/// All specs of an HPA, the first from the start on.
pub(super) fn specs_of(
    recording: &Recording,
    hpa: Option<HpaId>,
    first: &HorizontalPodAutoscalerSpec,
) -> Vec<HpaSpecAt> {
    let mut specs = vec![(0.0, Arc::new(first.clone()))];
    specs.extend(recording.facts.iter().filter_map(|fact| match &fact.write {
        Write::UpdateHpa { hpa: changed, spec } if Some(*changed) == hpa => {
            Some((fact.at.0 as f64, Arc::clone(spec)))
        }
        _ => None,
    }));
    specs
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
    let spec = subject.spec_at(decision.at);
    metrics
        .map(|(place, metric)| {
            let valid = metric.basis.is_valid();
            let unit = unit(spec, place, metric.kind);
            MetricReading {
                name: name(spec, place),
                value: valid.then(|| value(metric)),
                target: target(metric),
                unit,
                proposal: valid.then_some(metric.proposal),
                won: decision.winner == Some(place),
            }
        })
        .collect()
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
        LimitedBy::ScaleUpRate => ("ScaleUpLimit", rate_words(rate, decision.current, true)),
        LimitedBy::ScaleDownRate => ("ScaleDownLimit", rate_words(rate, decision.current, false)),
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
fn rate_words(rate: Option<RateLimit>, current: i32, up: bool) -> String {
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
        // Without `behavior`: twice the count, but at least 4.
        None if up && current < 2 => "4 pods".to_owned(),
        None if up => format!("2 x {current} pods"),
        None => "no policy allows more".to_owned(),
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

/// Decisions by the HPA that took them, each in order of time.
pub(super) struct Decisions<'a> {
    by_hpa: Vec<Vec<&'a Decision>>,
}

impl<'a> Decisions<'a> {
    /// All decisions of a recording.
    pub(super) fn new(recording: &'a Recording) -> Decisions<'a> {
        let mut by_hpa: Vec<Vec<&Decision>> = Vec::new();
        for decision in &recording.decisions {
            let hpa = decision.hpa.index();
            if by_hpa.len() <= hpa {
                by_hpa.resize(hpa + 1, Vec::new());
            }
            by_hpa[hpa].push(decision);
        }
        Decisions { by_hpa }
    }

    /// Those of one HPA.
    pub(super) fn of(&self, hpa: Option<HpaId>) -> &[&'a Decision] {
        hpa.and_then(|hpa| self.by_hpa.get(hpa.index())).map_or(&[], Vec::as_slice)
    }
}

/// The pod of a Deployment's latest spec before the end.
pub(super) fn pod_of(specs: &[(f64, Arc<crate::api::apps::DeploymentSpec>)]) -> Option<&PodSpec> {
    specs.last().map(|(_, spec)| &spec.template.spec)
}
