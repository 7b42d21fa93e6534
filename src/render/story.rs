//! What happened, in sentences. Each one is made from numbers of the report; none is a judgement.

mod bounds;
mod evictions;
mod incidents;
mod nodes;
mod rollouts;
mod subject;
mod title;

use crate::render::words::{amount, count, instant, latency, share, span, things};
use crate::report::{
    Cause, Fall, HpaFailure, LoadUnit, Report, Requests, Rise, Totals, WorkloadReport,
};

pub use evictions::evictions;
pub use nodes::nodes;
pub use rollouts::{last_failure, marks, of_others};
pub use subject::{rules, setup, subject, time};
pub use title::{cluster_title, finding, title};

/// Idle pods are worth a sentence from so many pod-hours on.
const IDLE_POD_HOURS_MIN: f64 = 0.05;
/// Changes of direction are worth a sentence from so many on.
const FLAPS_MIN: u32 = 3;
/// Waiting for a node is worth a sentence from so many seconds on.
const PENDING_SECONDS_MIN: f64 = 5.0;

/// What happened to one workload, most important first; each entry is a paragraph.
pub fn workload(workload: &WorkloadReport) -> Vec<String> {
    let mut story = vec![scaling(workload)];
    let lacks_nodes = title::lacks_nodes(workload);
    story.extend(pending(workload).filter(|_| lacks_nodes));
    story.extend(rollouts::rollouts(workload));
    story.extend(incidents::crashes(workload));
    story.extend(lost_with_capacity(workload));
    story.extend(bounds::lowered(workload));
    story.extend(at_maximum(workload));
    story.extend(other_changes(workload));
    story.extend(pending(workload).filter(|_| !lacks_nodes));
    story.extend(workload.hpa_failures.iter().max_by_key(|f| f.syncs).map(failure));
    story.extend(worst_fall(workload).map(|fall| idle(workload, fall)));
    story.extend(flaps(workload));
    story.extend(incidents::victims(workload));
    story
}

/// What happened over several workloads, in one paragraph.
pub fn cluster(report: &Report) -> String {
    let mut short: Vec<&WorkloadReport> = report
        .workloads
        .iter()
        .filter(|workload| workload.scaling.under_capacity_seconds > 0.0)
        .collect();
    short.sort_by(|a, b| {
        b.scaling.under_capacity_seconds.total_cmp(&a.scaling.under_capacity_seconds)
    });
    let all = things(f64::from(report.totals.workloads), "workload");
    let first = if short.is_empty() {
        format!("Capacity was above demand for all {all}")
    } else {
        let named: Vec<String> = short
            .iter()
            .take(3)
            .map(|w| format!("{} ({})", w.name, span(w.scaling.under_capacity_seconds)))
            .collect();
        let more = if short.len() > 3 { ", ..." } else { "" };
        format!(
            "Demand was above capacity for {} of {all}: {}{more}",
            short.len(),
            named.join(", ")
        )
    };
    format!("{first}.{}", cluster_failures(&report.totals))
}

fn cluster_failures(totals: &Totals) -> String {
    match &totals.requests {
        Some(requests) => format!(" {}.", capital(&failures(requests))),
        None => String::new(),
    }
}

/// Places of workloads, those that hurt most first: by what failed, then by time under capacity,
/// then by how often they were scaled.
pub fn worst_first(report: &Report) -> Vec<usize> {
    let pain = |place: &usize| {
        let workload = &report.workloads[*place];
        let failed = workload.requests.map_or(0.0, |requests| requests.failed.round());
        [failed, workload.scaling.under_capacity_seconds, f64::from(workload.scaling.decisions)]
    };
    let mut places: Vec<usize> = (0..report.workloads.len()).collect();
    places.sort_by(|a, b| {
        let (a, b) = (pain(a), pain(b));
        b.partial_cmp(&a).unwrap_or(std::cmp::Ordering::Equal)
    });
    places
}

/// The rise that hurt most.
pub fn worst_rise(workload: &WorkloadReport) -> Option<&Rise> {
    crate::report::worst(&workload.rises)
}

/// The fall that left most idle pod-hours, if any is worth telling.
pub fn worst_fall(workload: &WorkloadReport) -> Option<&Fall> {
    let falls = workload.falls.iter().filter(|fall| fall.idle_pod_hours >= IDLE_POD_HOURS_MIN);
    falls.max_by(|a, b| a.idle_pod_hours.total_cmp(&b.idle_pod_hours))
}

/// Whether the metrics asked for more than `maxReplicas`.
pub fn held_by_maximum(workload: &WorkloadReport) -> bool {
    let (Some(hpa), Some(needed)) = (&workload.hpa, workload.scaling.needed_pods) else {
        return false;
    };
    needed > hpa.max_replicas && workload.scaling.seconds_at_max > 0.0
}

/// The first paragraph: how the HPA followed the load, and what that cost the users.
fn scaling(workload: &WorkloadReport) -> String {
    let harm = harm(workload);
    let followed = match (&workload.hpa, worst_rise(workload)) {
        (None, _) => rollouts::unscaled(workload, &pods_range(workload)),
        (Some(_), None) => unasked(workload),
        (Some(_), Some(rise)) => return format!("{} {harm}", rise_sentence(rise, workload)),
    };
    format!("{followed} {harm}")
}

/// What the HPA did where the load never asked for more pods than there were.
fn unasked(workload: &WorkloadReport) -> String {
    let scaling = &workload.scaling;
    match scaling.needed_pods {
        Some(needed) if scaling.decisions_up > 0 && needed < scaling.peak_pods => format!(
            "The HPA went to {}, although the load never asked for more than {}.",
            pods(scaling.peak_pods),
            count(f64::from(needed))
        ),
        _ => format!(
            "The HPA had no reason to add pods: the load never asked for more than {}.",
            pods(scaling.peak_pods)
        ),
    }
}

fn rise_sentence(rise: &Rise, workload: &WorkloadReport) -> String {
    let at = at(rise.from_seconds);
    let begin = match rise.cause {
        Cause::Load => format!("the load rose {at}"),
        Cause::Count => format!("the count was lowered to {} {at}", rise.from_pods),
        Cause::Hpa => format!("the HPA itself lowered the count to {} {at}", rise.from_pods),
    };
    if rise.cause == Cause::Hpa && rise.reaction_seconds.is_none() {
        return format!(
            "{}, below what the load asks for{}.",
            capital(&begin),
            bounds::bound(rise, workload)
        );
    }
    let Some(reaction) = rise.reaction_seconds else {
        let stayed = pods(rise.from_pods);
        return format!("{}, and the HPA did not react: it stayed at {stayed}.", capital(&begin));
    };
    let window = workload.hpa.as_ref().map_or(0.0, |hpa| hpa.scale_up_window_seconds);
    let window = match window {
        window if window > 0.0 => format!(" (scale-up window of {})", span(window)),
        _ => String::new(),
    };
    let pods = pods(rise.to_pods);
    let reached = match (rise.full_scale_seconds, rise.ready_seconds) {
        (Some(full), _) => format!(", went to {pods}, and caught up after {}", span(full)),
        (None, Some(ready)) => format!(" and had {pods} ready after {}", span(ready)),
        (None, None) => format!(" and went to {pods}"),
    };
    let others = match workload.rises.len() {
        1 => String::new(),
        rises => format!(" (the worst of {} rises)", count(rises as f64)),
    };
    format!("The HPA reacted {} after {begin}{others}{window}{reached}.", span(reaction))
}

/// What users felt of it.
fn harm(workload: &WorkloadReport) -> String {
    let short = workload.scaling.under_capacity_seconds;
    let Some(requests) = &workload.requests else {
        return "No traffic is sent to it.".to_owned();
    };
    let felt = failures(requests) + &percentile(workload);
    match worst_rise(workload) {
        _ if short <= 0.0 && requests.failed < 0.5 => {
            format!("Capacity was above demand all the time: {felt}.")
        }
        _ if short <= 0.0 => format!("Capacity was above demand all the time, but {felt}."),
        Some(rise)
            if rise.under_capacity_seconds >= short * 0.999
                && rise.full_scale_seconds.is_some() =>
        {
            let whole = format!("Until then demand was above capacity for {}", span(short));
            match workload.attempts.map_or(0.0, |attempts| attempts.failed_with_capacity) {
                lost if lost < 0.5 => format!("{whole}: {felt}."),
                _ => format!("{whole}. In all {felt}."),
            }
        }
        _ => format!("Demand was above capacity for {} in all: {felt}.", span(short)),
    }
}

/// `8,412 of 1,310,450 requests failed (0.64 %)`
fn failures(requests: &Requests) -> String {
    let unit = unit(requests);
    if requests.failed < 0.5 {
        return format!("none of {} {unit} failed", count(requests.offered));
    }
    format!(
        "{} of {} {unit} failed ({})",
        count(requests.failed),
        count(requests.offered),
        share(requests.failed_share)
    )
}

/// `, p95 rose to 2.0 s`
fn percentile(workload: &WorkloadReport) -> String {
    let rise = worst_rise(workload).and_then(|rise| rise.p95_seconds);
    match (rise, &workload.latency) {
        (Some(p95), Some(all)) if p95 > all.p50_seconds * 1.5 => {
            format!(", p95 rose to {}", latency(p95))
        }
        (_, Some(all)) => format!(", p95 was {}", latency(all.p95_seconds)),
        (_, None) => String::new(),
    }
}

/// What failed beside the time under capacity.
fn lost_with_capacity(workload: &WorkloadReport) -> Option<String> {
    let (requests, attempts) = (workload.requests?, workload.attempts?);
    let lost = attempts.failed_with_capacity;
    let told = workload.scaling.under_capacity_seconds > 0.0 && lost >= 0.5;
    told.then(|| {
        let one = unit(&requests).trim_end_matches('s');
        format!("{} failed while capacity was above demand.", things(lost.round(), one))
    })
}

fn at_maximum(workload: &WorkloadReport) -> Option<String> {
    let (hpa, needed) = (workload.hpa.as_ref()?, workload.scaling.needed_pods?);
    held_by_maximum(workload).then(|| {
        format!(
            "It stood at its maximum of {} for {}; the peak load asks for {}.",
            pods(hpa.max_replicas),
            span(workload.scaling.seconds_at_max),
            count(f64::from(needed))
        )
    })
}

fn idle(workload: &WorkloadReport, fall: &Fall) -> String {
    let window = workload.hpa.as_ref().map_or(0.0, |hpa| hpa.scale_down_window_seconds);
    let default = workload.hpa.as_ref().is_some_and(|hpa| hpa.default_scale_down_window);
    let window = match (window, default) {
        (window, true) if window > 0.0 => {
            format!(" (default scale-down window of {})", span(window))
        }
        (window, false) if window > 0.0 => format!(" (scale-down window of {})", span(window)),
        _ => String::new(),
    };
    let at = at(fall.from_seconds);
    let begin = match fall.cause {
        Cause::Load => format!("the load fell {at}"),
        Cause::Count => format!("the count was raised to {} {at}", fall.from_pods),
        Cause::Hpa => format!("the HPA raised the count to {} {at}", fall.from_pods),
    };
    format!(
        "After {begin}, up to {} stayed for {}{window}: {} pod-hours.",
        things(f64::from(fall.idle_pods), "idle pod"),
        span(fall.to_seconds - fall.from_seconds),
        amount(fall.idle_pod_hours)
    )
}

fn other_changes(workload: &WorkloadReport) -> Option<String> {
    workload.hpa.as_ref()?;
    let first = workload.other_changes.first()?;
    let times = match workload.other_changes.len() {
        1 => "once".to_owned(),
        number => format!("{number} times"),
    };
    let (from, to) = (first.from, first.to);
    Some(format!(
        "Others than the HPA changed the count {times}, first {} from {from} to {to}.",
        at(first.at_seconds)
    ))
}

fn flaps(workload: &WorkloadReport) -> Option<String> {
    let flaps = workload.scaling.flaps;
    (flaps >= FLAPS_MIN).then(|| {
        format!("It turned round {flaps} times within 10 minutes of its last change (flapping).")
    })
}

fn pending(workload: &WorkloadReport) -> Option<String> {
    let pending = &workload.pending;
    if pending.longest_seconds < PENDING_SECONDS_MIN {
        return None;
    }
    let said = pending.message.as_ref().map_or(String::new(), |said| format!(": {said}"));
    let still = match pending.at_end_pods {
        0 => String::new(),
        left => format!(", {} to the end", count(f64::from(left))),
    };
    let pods = format!("up to {}", things(f64::from(pending.peak_pods), "pod"));
    let pods = if title::lacks_nodes(workload) {
        format!("Nodes were missing: {pods}")
    } else {
        capital(&pods)
    };
    Some(format!(
        "{pods} waited for a node, the longest for {}{still}{said}",
        span(pending.longest_seconds)
    ))
}

fn failure(failure: &HpaFailure) -> String {
    let what = match &failure.metric {
        Some(metric) => format!("could not read {metric}"),
        None => "could not scale".to_owned(),
    };
    let often = match (failure.message_syncs, failure.syncs) {
        (some, all) if some < all => {
            format!(", {} of {} syncs", count(f64::from(some)), count(f64::from(all)))
        }
        _ => String::new(),
    };
    format!(
        "From {} to {} the HPA {what} ({}{often}): {}",
        instant(failure.from_seconds, false),
        instant(failure.to_seconds, false),
        failure.reason,
        failure.message
    )
}

/// `requests`, `messages` or `core-seconds`.
pub fn unit(requests: &Requests) -> &'static str {
    match requests.unit {
        LoadUnit::Requests => "requests",
        LoadUnit::Messages => "messages",
        LoadUnit::CoreSeconds => "core-seconds",
    }
}

fn pods(number: i32) -> String {
    things(f64::from(number), "pod")
}

fn pods_range(workload: &WorkloadReport) -> String {
    let scaling = &workload.scaling;
    let peak = things(f64::from(scaling.peak_pods), rollouts::thing(workload));
    if scaling.min_pods == scaling.peak_pods {
        return format!("{peak} all the time");
    }
    format!("{} to {peak}", scaling.min_pods)
}

fn at(seconds: f64) -> String {
    if seconds <= 0.0 {
        "at the start".to_owned()
    } else {
        format!("at {}", instant(seconds, false))
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().collect::<String>() + letters.as_str()
    })
}
