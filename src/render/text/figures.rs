//! The key numbers, the table of workloads, and the assumptions.

use super::TextOptions;
use super::paint::{Style, cut, flow, width};
use crate::render::words::{amount, brief, count, instant, milliseconds, share};
use crate::report::{LoadUnit, Report, WorkloadReport};

/// Most workloads that the table lists.
const WORKLOADS_MAX: usize = 12;

/// The key numbers of a workload, side by side.
pub(super) fn lines(workload: &WorkloadReport, style: Style) -> Vec<String> {
    let mut lines = flow(&service(workload), style.columns());
    lines.extend(flow(&effort(workload), style.columns()));
    lines
}

/// What users felt.
fn service(workload: &WorkloadReport) -> Vec<String> {
    let scaling = &workload.scaling;
    let mut items = Vec::new();
    if let Some(reaction) = scaling.reaction_seconds {
        items.push(format!("reaction {}", brief(reaction)));
    }
    if let Some(full) = scaling.full_scale_seconds {
        items.push(format!("full scale {}", brief(full)));
    }
    let Some(requests) = &workload.requests else {
        return items;
    };
    items.push(format!("under capacity {}", brief(scaling.under_capacity_seconds)));
    if requests.unit == LoadUnit::CoreSeconds {
        items.push(format!("unserved {} core-s", amount(requests.failed)));
        return items;
    }
    items.push(format!("failed {}", share(requests.failed_share)));
    if let Some(latency) = &workload.latency {
        if latency.objective_seconds.is_some() {
            items.push(format!("late {}", share(requests.late_share)));
        }
        let of = [latency.p50_seconds, latency.p95_seconds, latency.p99_seconds];
        items.push(format!("p50/p95/p99 {} ms", of.map(milliseconds).join("/")));
    }
    items
}

/// What it took.
fn effort(workload: &WorkloadReport) -> Vec<String> {
    let (scaling, resources) = (&workload.scaling, &workload.resources);
    let mut items = vec![
        format!("pod-hours {}", amount(resources.pod_hours)),
        format!(
            "requested {} core-h, {} GiB-h",
            amount(resources.requested_core_hours),
            amount(resources.requested_gib_hours)
        ),
    ];
    items.extend(resources.cost.map(|cost| format!("cost {}", amount(cost))));
    let Some(hpa) = &workload.hpa else {
        return items;
    };
    items.push(format!("peak {} of {}", scaling.peak_pods, hpa.max_replicas));
    items.extend(scaling.overshoot_pods.map(|pods| format!("overshoot {pods}")));
    items.push(format!(
        "decisions {} ({} up, {} down)",
        scaling.decisions, scaling.decisions_up, scaling.decisions_down
    ));
    items.push(format!("flaps {}", scaling.flaps));
    items
}

/// One line for each workload, those that hurt most first.
pub(super) fn table(report: &Report, style: Style) -> Vec<String> {
    let mut sorted: Vec<&WorkloadReport> = report.workloads.iter().collect();
    let key = |w: &WorkloadReport| (w.scaling.under_capacity_seconds, w.scaling.decisions);
    sorted.sort_by(|a, b| key(b).partial_cmp(&key(a)).unwrap_or(std::cmp::Ordering::Equal));
    let mut rows = vec![
        [
            "workload",
            "pods",
            "mean",
            "under capacity",
            "failed",
            "p95 ms",
            "pod-hours",
            "decisions",
        ]
        .map(str::to_owned),
    ];
    rows.extend(sorted.iter().take(WORKLOADS_MAX).map(|workload| row(workload)));
    let mut lines = aligned(&rows, style);
    if sorted.len() > WORKLOADS_MAX {
        lines.push(format!("... {} more", sorted.len() - WORKLOADS_MAX));
    }
    lines
}

fn row(workload: &WorkloadReport) -> [String; 8] {
    let (scaling, none) = (&workload.scaling, || "-".to_owned());
    let requests = workload.requests.as_ref();
    [
        workload.name.clone(),
        format!("{}..{}", scaling.min_pods, scaling.peak_pods),
        amount(scaling.mean_pods),
        requests.map_or_else(none, |_| brief(scaling.under_capacity_seconds)),
        requests.map_or_else(none, |requests| share(requests.failed_share)),
        workload.latency.map_or_else(none, |latency| milliseconds(latency.p95_seconds)),
        amount(workload.resources.pod_hours),
        count(f64::from(scaling.decisions)),
    ]
}

/// The first column to the left, the others to the right, as wide as their widest cell.
pub(super) fn aligned<const N: usize>(rows: &[[String; N]], style: Style) -> Vec<String> {
    let wide = |column: usize| rows.iter().map(|row| width(&row[column])).max().unwrap_or(0);
    let first = wide(0).min(style.columns() / 3);
    let line = |row: &[String; N]| {
        let head = format!("{:<first$}", cut(&row[0], first, style.ascii));
        let rest = row.iter().enumerate().skip(1);
        let rest = rest.map(|(column, cell)| format!("  {cell:>pad$}", pad = wide(column)));
        head + &rest.collect::<String>()
    };
    let mut lines: Vec<String> = rows.iter().map(line).collect();
    lines[0] = style.dim(&lines[0]);
    lines
}

/// The most refused events that are listed.
const REFUSED_MAX: usize = 5;

/// Events of the scenario that came to nothing, and why.
pub(super) fn refused(report: &Report, columns: usize) -> Vec<String> {
    let refused = report.events.iter().filter_map(|event| Some((event, event.refused.as_ref()?)));
    let mut lines: Vec<String> = Vec::new();
    for (event, why) in refused.clone().take(REFUSED_MAX) {
        let at = instant(event.at_seconds, false);
        let line = format!("refused at {at}: {}: {why}", event.text);
        lines.extend(super::paint::wrap(&line, columns));
    }
    let more = refused.count().saturating_sub(REFUSED_MAX);
    if more > 0 {
        lines.push(format!("and {more} more that were refused"));
    }
    lines
}

/// What was assumed: a line or two, or all of it.
pub(super) fn assumptions(report: &Report, options: &TextOptions) -> Vec<String> {
    let texts: Vec<String> =
        report.assumptions.iter().map(|row| format!("{}: {}", row.subject, row.text)).collect();
    if texts.is_empty() {
        return Vec::new();
    }
    if options.all_assumptions {
        let head = "assumed:".to_owned();
        return std::iter::once(head).chain(texts.iter().map(|text| format!("  {text}"))).collect();
    }
    let columns = options.style.columns();
    let mut line = "assumed: ".to_owned();
    let more = format!("   (--assumptions for all {})", texts.len());
    for (place, text) in texts.iter().enumerate() {
        let joined = if place == 0 { text.clone() } else { format!("; {text}") };
        if place > 0 && width(&line) + width(&joined) + width(&more) > columns * 2 {
            line.push_str(&more);
            break;
        }
        line.push_str(&joined);
    }
    super::paint::wrap(&line, columns)
}
