//! One sync of an HPA.

mod limits;
mod memory;
mod metric;
mod pods;
mod rules;
mod written;

use std::sync::Arc;

use super::find::{Found, full_name};
use super::words::{instant, list, nearest_second, pods, span};
use super::{Explanation, Kind, Step};
use crate::api::autoscaling::HorizontalPodAutoscalerSpec;
use crate::kube::apiserver::{Fact, Write};
use crate::kube::controllers::podautoscaler::decision::{Decision, Outcome, Path};
use crate::kube::controllers::podautoscaler::reason::HpaReason;
use crate::kube::objects::ids::{HpaId, ObjectId};
use crate::kube::reason::Reason;
use crate::recording::Recording;
use crate::scenario::Scenario;
use crate::sim::{SyncDetail, sync_detail};
use crate::units::SimTime;

pub(super) use memory::ScaleEvent;
pub(super) use rules::{Direction, Rules, Select};

/// A sync with all that its explanation is made from.
pub(super) struct Sync<'a> {
    scenario: &'a Scenario,
    hpa: &'a Found<HpaId>,
    /// What the controller saw.
    detail: SyncDetail,
    spec: Arc<HorizontalPodAutoscalerSpec>,
    /// All syncs of this HPA.
    all: Vec<&'a Decision>,
    /// Place of this sync among them.
    place: usize,
    /// What the sync wrote.
    facts: Vec<&'a Fact>,
}

/// Explains the sync at an instant, or the one before it.
pub(super) fn explain(
    scenario: &Scenario,
    recording: &Recording,
    hpa: &Found<HpaId>,
    at: SimTime,
) -> Explanation {
    let all: Vec<&Decision> = recording.decisions.iter().filter(|it| it.hpa == hpa.id).collect();
    let Some(place) = sync_at(&all, at) else { return never_synced(hpa, at) };
    let decision = all[place];
    let detail = sync_detail(scenario, hpa.id, decision.at)
        .expect("the scenario that was recorded syncs at the same instants again");
    assert_eq!(detail.decision, *decision, "a sync decides the same when it is played again");
    let spec = detail.cluster.hpa(hpa.id).map(|hpa| Arc::clone(&hpa.spec));
    let spec = spec.expect("a sync is of an HPA that is there");
    let facts = facts_of(recording, &spec, hpa, decision.at);
    let sync = Sync { scenario, hpa, detail, spec, all, place, facts };
    sync.explain(at)
}

/// The sync that falls on the instant, as it is written; else the last before it; else the first.
pub(super) fn sync_at(all: &[&Decision], at: SimTime) -> Option<usize> {
    let exact = all.iter().position(|decision| decision.at == at);
    let written = || all.iter().position(|decision| nearest_second(decision.at) == at);
    let before = || all.partition_point(|decision| decision.at <= at).checked_sub(1);
    let first = || (!all.is_empty()).then_some(0);
    exact.or_else(written).or_else(before).or_else(first)
}

/// What a sync wrote.
fn facts_of<'a>(
    recording: &'a Recording,
    spec: &HorizontalPodAutoscalerSpec,
    hpa: &Found<HpaId>,
    at: SimTime,
) -> Vec<&'a Fact> {
    let first = recording.facts.partition_point(|fact| fact.at < at);
    let now = recording.facts[first..].iter().take_while(|fact| fact.at == at);
    let cluster = recording.state_at(at);
    let is_target = |deployment| {
        cluster.deployment(deployment).is_some_and(|it| {
            it.metadata.name == spec.scale_target_ref.name && it.metadata.namespace == hpa.namespace
        })
    };
    now.filter(|fact| match &fact.write {
        Write::HpaStatus { hpa: other, .. } | Write::Event { object: ObjectId::Hpa(other), .. } => {
            *other == hpa.id
        }
        Write::UpdateScale { deployment, .. } => {
            matches!(fact.reason, Reason::Hpa(_)) && is_target(*deployment)
        }
        _ => false,
    })
    .collect()
}

fn never_synced(hpa: &Found<HpaId>, at: SimTime) -> Explanation {
    let name = full_name(hpa);
    Explanation {
        kind: Kind::Hpa,
        namespace: hpa.namespace.clone(),
        name: hpa.name.clone(),
        at_seconds: Some(at.as_secs_f64()),
        title: format!("{name} at {}: the HPA never synced", instant(at)),
        question: "why nothing happened".to_owned(),
        steps: vec![Step::new(
            "sync",
            "no sync of this HPA falls into the time that was played: the first comes a sync \
             period after it was created",
        )],
        ..Explanation::default()
    }
}

impl Sync<'_> {
    fn explain(&self, asked: SimTime) -> Explanation {
        let decision = &self.detail.decision;
        Explanation {
            kind: Kind::Hpa,
            namespace: self.hpa.namespace.clone(),
            name: self.hpa.name.clone(),
            at_seconds: Some(decision.at.as_secs_f64()),
            title: self.title(),
            question: question(decision),
            note: self.note(asked),
            steps: self.steps(),
            written: self.written(),
            next: Some(self.next()),
            replicas: Some(decision.desired),
            proposal: decision.proposal.map(|proposal| proposal.max(0)),
        }
    }

    /// The answer in one line.
    fn title(&self) -> String {
        let decision = &self.detail.decision;
        let head = format!("{} at {}", full_name(self.hpa), instant(decision.at));
        let (current, desired) = (decision.current, decision.desired);
        let answer = match decision.outcome {
            Outcome::Rescaled => format!("{current} -> {}", pods(i64::from(desired))),
            Outcome::Nothing => format!("stays at {}", pods(i64::from(desired))),
            Outcome::FailedUpdateScale => format!("{desired} pods could not be written"),
            Outcome::FailedComputeMetricsReplicas => {
                format!("left at {}, because metrics failed", pods(i64::from(current)))
            }
            Outcome::InvalidSelector | Outcome::AmbiguousSelector => {
                format!("left at {}, because of the selector", pods(i64::from(current)))
            }
            Outcome::InvalidApiVersion | Outcome::UnknownKind | Outcome::FailedGetScale => {
                "its target's scale could not be read".to_owned()
            }
        };
        let though = match decision.proposal {
            Some(proposal) if proposal.max(0) != desired && is_decided(decision) => {
                let who = if decision.metric_count == 1 { "metric" } else { "metrics" };
                format!(", although the {who} asked for {}", proposal.max(0))
            }
            _ => String::new(),
        };
        format!("{head}: {answer}{though}")
    }

    /// Says so if no sync falls on the instant.
    fn note(&self, asked: SimTime) -> Option<String> {
        let at = self.detail.decision.at;
        if at == asked || nearest_second(at) == asked {
            return None;
        }
        let which = if at < asked { "the last one before it" } else { "the first one of all" };
        let next = self.all.get(self.place + 1).filter(|_| at < asked);
        let next = next.map(|next| format!(", the next one at {}", instant(next.at)));
        Some(format!(
            "no sync at {}: this is {which}, at {}{}",
            instant(asked),
            instant(at),
            next.unwrap_or_default()
        ))
    }

    fn steps(&self) -> Vec<Step> {
        let decision = &self.detail.decision;
        let mut steps = Vec::new();
        match decision.path {
            Path::NoScale => steps.push(Step::new("scale", self.failure())),
            Path::Disabled => steps.push(Step::new(
                "scale",
                "the target has 0 replicas: scaling is disabled until somebody scales it up",
            )),
            Path::AboveMax => steps.push(Step::new(
                "bounds",
                format!(
                    "{} are above maxReplicas {}: straight to it, without asking metrics",
                    pods(i64::from(decision.current)),
                    decision.max_replicas
                ),
            )),
            Path::BelowMin => steps.push(Step::new(
                "bounds",
                format!(
                    "{} are below minReplicas {}: straight to it, without asking metrics",
                    pods(i64::from(decision.current)),
                    decision.min_replicas
                ),
            )),
            Path::Metrics => self.metric_path(&mut steps),
        }
        if decision.outcome == Outcome::FailedUpdateScale {
            steps.push(Step::new("write", self.failure()));
        }
        steps
    }

    fn metric_path(&self, steps: &mut Vec<Step>) {
        let decision = &self.detail.decision;
        if matches!(decision.outcome, Outcome::InvalidSelector | Outcome::AmbiguousSelector) {
            steps.push(Step::new("selector", self.failure()));
            return;
        }
        for metric in 0..decision.metrics().len() as u32 {
            self.metric_steps(metric, steps);
        }
        if decision.metric_count > 1 {
            steps.push(self.highest());
        }
        if decision.outcome == Outcome::FailedComputeMetricsReplicas {
            steps.push(self.blocked());
        }
        steps.extend(self.stabilization());
        steps.extend(self.policies());
        steps.extend(self.bounds());
    }

    /// What several metrics come to.
    fn highest(&self) -> Step {
        let decision = &self.detail.decision;
        let asks = (0..).zip(decision.metrics()).map(|(place, metric)| {
            let name = self.metric_name(place);
            if metric.basis.is_valid() {
                format!("{name} asks for {}", metric.proposal)
            } else {
                format!("{name} failed")
            }
        });
        let asks = list(&asks.collect::<Vec<_>>());
        let more = decision.metric_count - decision.metrics().len() as u32;
        let more = if more == 0 { String::new() } else { format!(" (and {more} more)") };
        let text = match (decision.winner, decision.proposal) {
            (Some(winner), Some(proposal)) => format!(
                "{asks}{more}: the highest wins, {proposal} by {}",
                self.metric_name(winner)
            ),
            _ => format!("{asks}{more}: no number comes of it"),
        };
        Step::new("highest wins", text).about("several-metrics")
    }

    /// Why nothing is done when metrics fail.
    fn blocked(&self) -> Step {
        let decision = &self.detail.decision;
        let (invalid, count) = (decision.invalid_count, decision.metric_count);
        let text = match (invalid, count) {
            (_, 1) => "without its only metric the HPA leaves the count alone".to_owned(),
            (invalid, count) if invalid >= count => {
                format!("all {count} metrics failed: the count is left alone")
            }
            _ => format!(
                "{invalid} of {count} metrics failed, and what the others ask for is less than \
                 the current {}: a count is never lowered on part of the metrics",
                decision.current
            ),
        };
        Step::new("failed metrics", text).about("missing-metrics")
    }

    /// What the controller itself said of a sync that failed.
    fn failure(&self) -> String {
        let said = self.said().find(|reason| {
            !matches!(reason, HpaReason::Metric(_) | HpaReason::SuccessfulRescale { .. })
        });
        said.map_or_else(
            || "the controller said nothing".to_owned(),
            |reason| format!("{}: {reason}", reason.word()),
        )
    }

    /// Events of this sync.
    fn said(&self) -> impl Iterator<Item = &HpaReason> {
        self.facts.iter().filter_map(|fact| match (&fact.write, &fact.reason) {
            (Write::Event { .. }, Reason::Hpa(reason)) => Some(reason),
            _ => None,
        })
    }

    fn metric_name(&self, place: u32) -> String {
        crate::report::metric_name(&self.spec, place)
    }

    /// The next sync and what it came to.
    fn next_sync(&self) -> String {
        let period = self.scenario.cluster.controller_manager.sync_period;
        let Some(next) = self.all.get(self.place + 1) else {
            return format!("no further sync was played; they come every {}", span(period));
        };
        let came = match (next.outcome, next.current == next.desired) {
            (Outcome::Rescaled, _) => format!("goes from {} to {}", next.current, next.desired),
            (Outcome::Nothing, _) => {
                format!("leaves {} as they are", pods(i64::from(next.current)))
            }
            (_, _) => "fails".to_owned(),
        };
        format!("the next sync, at {}, {came}", instant(next.at))
    }
}

/// Whether a sync came as far as a number.
fn is_decided(decision: &Decision) -> bool {
    matches!(decision.outcome, Outcome::Rescaled | Outcome::Nothing)
}

fn question(decision: &Decision) -> String {
    let (current, desired) = (decision.current, decision.desired);
    let proposal = decision.proposal.map(|proposal| proposal.max(0));
    match decision.outcome {
        Outcome::Rescaled | Outcome::Nothing => match proposal {
            Some(proposal) if proposal != desired => format!("why {desired} and not {proposal}"),
            _ if current != desired => format!("why {desired} and no longer {current}"),
            _ => "why nothing happened".to_owned(),
        },
        Outcome::FailedUpdateScale => format!("why not {desired}"),
        _ => "why nothing happened".to_owned(),
    }
}
