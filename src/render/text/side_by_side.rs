//! Several scenarios in one table.

use super::figures::aligned;
use super::paint::Style;
use crate::render::words::{amount, brief, count, share};
use crate::report::Report;

/// One line for each scenario: what failed, how long after somebody did something, and what it
/// took.
pub fn side_by_side(reports: &[&Report], style: Style) -> String {
    let head =
        ["scenario", "failed", "share", "last failure", "after event", "peak pods", "pod-hours"];
    let mut rows = vec![head.map(str::to_owned)];
    rows.extend(reports.iter().map(|report| row(report)));
    aligned(&rows, style).join("\n") + "\n"
}

fn row(report: &Report) -> [String; 7] {
    let (totals, none) = (&report.totals, || "-".to_owned());
    let requests = totals.requests.as_ref();
    let last = totals.last_failure.as_ref();
    [
        report.scenario.name.clone(),
        requests.map_or_else(none, |requests| count(requests.failed)),
        requests.map_or_else(none, |requests| share(requests.failed_share)),
        last.map_or_else(none, |last| brief(last.at_seconds)),
        last.and_then(|last| last.after_seconds).map_or_else(none, brief),
        count(f64::from(totals.peak_pods)),
        amount(totals.resources.pod_hours),
    ]
}
