//! Rollouts in sentences.

use super::{at, unit};
use crate::render::words::{count, span, things};
use crate::report::{EventRow, Report, Rollout, RolloutState, WorkloadKind, WorkloadReport};

/// Most rollouts that are told, each in a paragraph.
const ROLLOUTS_MAX: usize = 3;
/// Most other workloads whose rollouts are told.
const OTHERS_MAX: usize = 5;

/// What became of each new version, the first ones of many.
pub(super) fn rollouts(workload: &WorkloadReport) -> Vec<String> {
    let all = &workload.rollouts;
    let mut told: Vec<String> =
        all.iter().take(ROLLOUTS_MAX).map(|rollout| tell(workload, rollout)).collect();
    if all.len() > ROLLOUTS_MAX {
        let more = things((all.len() - ROLLOUTS_MAX) as f64, "more rollout");
        told.push(format!("There were {more}."));
    }
    told
}

/// `pod`, or `task` of a service of Swarm.
pub(super) fn thing(workload: &WorkloadReport) -> &'static str {
    match workload.kind {
        WorkloadKind::Deployment => "pod",
        WorkloadKind::SwarmService => "task",
    }
}

fn tell(workload: &WorkloadReport, rollout: &Rollout) -> String {
    let what = match (rollout.back, workload.kind) {
        (true, _) => "roll-back",
        (false, WorkloadKind::Deployment) => "rollout",
        (false, WorkloadKind::SwarmService) => "update",
    };
    let version = match &rollout.to {
        to if *to == rollout.from => "of another template".to_owned(),
        to => format!("to {to}"),
    };
    let failed = failed(workload, rollout);
    let said = match (&rollout.message, rollout.state) {
        (Some(message), RolloutState::Paused | RolloutState::RolledBack) => {
            format!(" Swarm said: {message}.")
        }
        _ => String::new(),
    };
    let outcome = outcome(workload, rollout);
    format!("The {what} {version} {} {outcome}{failed}.{said}", at(rollout.at_seconds))
}

fn outcome(workload: &WorkloadReport, rollout: &Rollout) -> String {
    let thing = thing(workload);
    let of_all = |number: i32| {
        let all = things(f64::from(rollout.desired_pods), thing);
        format!("{} of {all}", count(f64::from(number)))
    };
    match rollout.state {
        RolloutState::Complete => {
            let took = rollout.took_seconds.unwrap_or(0.0);
            let took = if took > 0.0 { span(took) } else { "no time".to_owned() };
            let extra = match rollout.extra_pods {
                0 => String::new(),
                extra => {
                    format!(" and up to {}", things(f64::from(extra), &format!("extra {thing}")))
                }
            };
            let ready = of_all(rollout.min_ready_pods.min(rollout.desired_pods));
            format!("took {took}, with at least {ready} ready{extra}")
        }
        RolloutState::Superseded => {
            let next = at(rollout.next_seconds.unwrap_or(0.0));
            let updated = of_all(rollout.updated_pods);
            format!(
                "was not complete when the next one began {next}: {updated} had it and were ready"
            )
        }
        RolloutState::Progressing => {
            let paused = if rollout.on_hold { ", as the Deployment is paused" } else { "" };
            let updated = of_all(rollout.updated_pods);
            format!("was not complete at the end{paused}: {updated} had it and were ready")
        }
        RolloutState::Paused => {
            format!("was paused when {} had run it", of_all(rollout.updated_pods))
        }
        RolloutState::RolledBack => {
            let after = rollout.next_seconds.unwrap_or(rollout.at_seconds) - rollout.at_seconds;
            format!(
                "reached {} and was taken back after {}",
                of_all(rollout.updated_pods),
                span(after)
            )
        }
    }
}

fn failed(workload: &WorkloadReport, rollout: &Rollout) -> String {
    let (Some(requests), Some(failed)) = (&workload.requests, rollout.failed) else {
        return String::new();
    };
    let unit = unit(requests);
    match failed {
        failed if failed < 0.5 => "; nothing failed meanwhile".to_owned(),
        failed => format!("; {} {unit} failed meanwhile", count(failed)),
    }
}

/// What a workload without an HPA had, and of what kind it is.
pub(super) fn unscaled(workload: &WorkloadReport, range: &str) -> String {
    match workload.kind {
        WorkloadKind::Deployment => format!("No HPA scales {}: it had {range}.", workload.name),
        WorkloadKind::SwarmService => format!("The service {} had {range}.", workload.name),
    }
}

/// What became of the last rollout of each workload but one, in one paragraph.
pub fn of_others(report: &Report, shown: usize) -> Option<String> {
    let others = report.workloads.iter().enumerate().filter(|(place, _)| *place != shown);
    let told: Vec<String> = others
        .filter_map(|(_, workload)| {
            let last = workload.rollouts.last()?;
            Some(format!("{} {}", workload.name, outcome(workload, last)))
        })
        .collect();
    let more = match told.len().saturating_sub(OTHERS_MAX) {
        0 => String::new(),
        more => format!("; and {}", things(more as f64, "other")),
    };
    let named = told.iter().take(OTHERS_MAX).cloned().collect::<Vec<_>>().join("; ");
    (!told.is_empty()).then(|| format!("Rollouts of the others: {named}{more}."))
}

/// How long it took until what was done had helped; nothing if nobody did anything.
pub fn last_failure(report: &Report) -> Option<String> {
    let last = report.totals.last_failure.as_ref()?;
    let (event, after) = (last.event.as_ref()?, last.after_seconds?);
    if last.at_seconds >= report.scenario.duration_seconds - 1.0 {
        return Some("Requests failed to the end.".to_owned());
    }
    let at = at(last.at_seconds);
    Some(format!("The last request failed {at}, {} after `{event}`.", span(after)))
}

/// What a chart of a workload marks: events of the scenario, and when Swarm took an update back.
pub fn marks(report: &Report, workload: &WorkloadReport) -> Vec<EventRow> {
    let taken_back =
        workload.rollouts.iter().filter(|rollout| rollout.state == RolloutState::RolledBack);
    let mark = |rollout: &Rollout| {
        let at_seconds = rollout.next_seconds?;
        Some(EventRow { at_seconds, text: "rolled back".to_owned(), ..EventRow::default() })
    };
    let mut marks: Vec<EventRow> = report.events.clone();
    marks.extend(taken_back.filter_map(mark));
    marks.sort_by(|one, other| one.at_seconds.total_cmp(&other.at_seconds));
    marks
}
