//! Drains in sentences.

use super::at;
use crate::render::words::{span, things};
use crate::report::{EvictionRow, Report};

/// Most pods that a drain did not get rid of and that are named.
const NAMED_MAX: usize = 3;

/// How drains fared with the pods that they wanted to evict.
pub fn evictions(report: &Report) -> Option<String> {
    let (first, rest) = report.evictions.split_first()?;
    let all = things(rest.len() as f64 + 1.0, "pod");
    let end = report.scenario.duration_seconds;
    let left: Vec<&EvictionRow> =
        report.evictions.iter().filter(|row| row.gone_seconds.is_none()).collect();
    let begin = format!("From {} on kubectl drain wanted to evict {all}", moment(first));
    let refusals: u32 = report.evictions.iter().map(|row| row.refusals).sum();
    let refused = match refusals {
        0 => String::new(),
        number => format!(", and met {}", things(f64::from(number), "refusal")),
    };
    let outcome = if left.is_empty() { gone(report) } else { stuck(&left, end) };
    let way_out = way_out(report, &left).unwrap_or_default();
    Some(format!("{begin}{refused}; {outcome}{}{way_out}", because(report)))
}

fn moment(row: &EvictionRow) -> String {
    at(row.from_seconds).trim_start_matches("at ").to_owned()
}

/// `all went, each within 35 s.`
fn gone(report: &Report) -> String {
    let took = |row: &EvictionRow| row.gone_seconds.map(|gone| gone - row.from_seconds);
    let longest = report.evictions.iter().filter_map(took).fold(0.0, f64::max);
    format!("all went, each within {}.", span(longest))
}

/// `web-1 and 2 more were still there at the end, after 50 min.`
fn stuck(left: &[&EvictionRow], end: f64) -> String {
    let names: Vec<&str> = left.iter().take(NAMED_MAX).map(|row| row.pod.as_str()).collect();
    let more = match left.len().saturating_sub(NAMED_MAX) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let from = left.iter().map(|row| row.from_seconds).fold(f64::INFINITY, f64::min);
    let were = if left.len() == 1 { "was" } else { "were" };
    let waited = span(end - from);
    format!("{}{more} {were} still there at the end, {waited} later.", names.join(", "))
}

/// What the server said about a pod that was refused most.
fn because(report: &Report) -> String {
    let most = report.evictions.iter().max_by_key(|row| (row.gone_seconds.is_none(), row.refusals));
    let said = most.and_then(|row| row.refusal.as_deref()).map(|said| said.trim_end_matches('.'));
    said.map_or_else(String::new, |said| format!(" The server said: {said}."))
}

/// What would let the pods go, where that is certain: a budget that needs every pod that its
/// workload is to have never lets one go.
fn way_out(report: &Report, left: &[&EvictionRow]) -> Option<String> {
    let row = left.iter().find(|row| row.refusal.is_some())?;
    let said = row.refusal.as_deref()?;
    let needed: i32 = said.split_once(" needs ")?.1.split(' ').next()?.parse().ok()?;
    let workload = report.workloads.iter().find(|workload| {
        let rest = row.pod.strip_prefix(&workload.name);
        workload.namespace == row.namespace
            && rest.is_some_and(|rest| rest.starts_with('-') && rest.matches('-').count() == 2)
    })?;
    (workload.scaling.end_pods <= needed).then(|| {
        " It needs all pods that there are to be; with `maxUnavailable: 1` in its place one may go \
         at a time."
            .to_owned()
    })
}
