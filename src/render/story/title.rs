//! What was found, in one line.

use super::{capital, held_by_maximum, pods, unit, worst_fall, worst_rise};
use crate::render::words::{count, share, span, things};
use crate::report::{Report, Requests, WorkloadReport};

/// Nodes are what was missing where a pod waited for one for this share of the time under capacity.
const PENDING_SHARE_MIN: f64 = 0.5;

/// The title of a chart of one workload: what was found.
pub fn title(report: &Report, workload: &WorkloadReport) -> String {
    let finding = finding(workload);
    if report.workloads.len() > 1 {
        format!("{}: {finding}", workload.name)
    } else {
        capital(&finding)
    }
}

/// The finding in one line.
pub fn finding(workload: &WorkloadReport) -> String {
    let short = workload.scaling.under_capacity_seconds;
    match &workload.requests {
        Some(requests) if requests.failed >= 0.5 => loss(workload, requests),
        Some(_) if short > 0.0 => {
            format!("demand was above capacity for {}, nothing failed", span(short))
        }
        Some(_) => match worst_fall(workload) {
            Some(fall) => format!(
                "nothing failed; {} stayed for {} after the load fell",
                things(f64::from(fall.idle_pods), "idle pod"),
                span(fall.to_seconds - fall.from_seconds)
            ),
            None => "capacity was above demand all the time".to_owned(),
        },
        None => format!(
            "{} to {} without traffic",
            workload.scaling.min_pods,
            pods(workload.scaling.peak_pods)
        ),
    }
}

/// What failed, and why.
fn loss(workload: &WorkloadReport, requests: &Requests) -> String {
    let short = workload.scaling.under_capacity_seconds;
    // A share that rounds to nothing says less than the number.
    let lost = match requests.failed_share {
        share if share < 1e-4 => format!("{} {} failed", count(requests.failed), unit(requests)),
        _ => format!("{} of {} failed", share(requests.failed_share), unit(requests)),
    };
    match worst_rise(workload) {
        _ if lacks_nodes(workload) => format!("{lost}: {}", without_node(workload)),
        Some(_) if held_by_maximum(workload) => {
            format!("{lost}: the HPA's maximum of {} was too low", pods(workload.scaling.peak_pods))
        }
        Some(rise) if short > 0.0 && rise.full_scale_seconds.is_some() => {
            format!("{lost} before the HPA caught up")
        }
        _ if short > 0.0 => format!("{lost}: demand was above capacity for {}", span(short)),
        _ => format!("{lost} although there was capacity"),
    }
}

/// Whether pods waited for a node for most of the time in which there were too few of them.
pub(super) fn lacks_nodes(workload: &WorkloadReport) -> bool {
    let short = workload.scaling.under_capacity_seconds;
    short > 0.0 && workload.pending.longest_seconds >= short * PENDING_SHARE_MIN
}

/// `up to 4 pods had no node, the longest for 17 min 52 s`
fn without_node(workload: &WorkloadReport) -> String {
    let pending = &workload.pending;
    let pods = things(f64::from(pending.peak_pods), "pod");
    format!("up to {pods} had no node, for {}", span(pending.longest_seconds))
}

/// The title of a chart of several workloads.
pub fn cluster_title(report: &Report) -> String {
    let short = |workload: &&WorkloadReport| workload.scaling.under_capacity_seconds > 0.0;
    let all = things(f64::from(report.totals.workloads), "workload");
    let number = report.workloads.iter().filter(short).count();
    let first = if number == 0 {
        format!("Capacity was above demand for all {all}")
    } else {
        format!("{number} of {all} had too little capacity for a time")
    };
    match &report.totals.requests {
        Some(requests) if requests.failed >= 0.5 => {
            format!("{first}; {} of {} failed", share(requests.failed_share), unit(requests))
        }
        _ => first,
    }
}
