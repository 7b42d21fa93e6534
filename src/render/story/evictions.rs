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
    let way_out = way_out(&left).unwrap_or_default();
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

/// `kubectl gave up on web-1 and web-2 at 12m20s; both had ended otherwise by 21m.`
fn stuck(left: &[&EvictionRow], end: f64) -> String {
    let given_up: Vec<&EvictionRow> =
        left.iter().filter(|row| row.gave_up_seconds.is_some()).copied().collect();
    let waiting: Vec<&EvictionRow> =
        left.iter().filter(|row| row.gave_up_seconds.is_none()).copied().collect();
    let parts = [gave_up(&given_up), still_there(&waiting, end)];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ") + "."
}

/// `kubectl gave up on web-1 at 12m20s; it was still there at the end`
fn gave_up(rows: &[&EvictionRow]) -> Option<String> {
    let last = rows.iter().filter_map(|row| row.gave_up_seconds).reduce(f64::max)?;
    let ended = rows.iter().filter(|row| row.ended_seconds.is_some()).count();
    let named = named(rows);
    let fate = match (rows.len(), ended) {
        (1, 0) => "it was still there at the end".to_owned(),
        (1, _) => "it ended later for another reason".to_owned(),
        (_, 0) => "all were still there at the end".to_owned(),
        (all, ended) if all == ended => "all ended later for other reasons".to_owned(),
        (all, ended) => format!(
            "{ended} of them ended later for other reasons, {} stayed to the end",
            all - ended
        ),
    };
    let moment = at(last);
    let moment = if rows.len() > 1 { format!(", the last {moment}") } else { format!(" {moment}") };
    Some(format!("kubectl gave up on {named}{moment}; {fate}"))
}

/// `web-1 and 2 more were still there at the end, 50 min later`
fn still_there(rows: &[&EvictionRow], end: f64) -> Option<String> {
    let ends = |row: &&EvictionRow| row.ended_seconds.is_some();
    let (ended, stay): (Vec<&EvictionRow>, Vec<&EvictionRow>) =
        rows.iter().copied().partition(ends);
    let stayed = (!stay.is_empty()).then(|| {
        let from = stay.iter().map(|row| row.from_seconds).fold(f64::INFINITY, f64::min);
        let were = if stay.len() == 1 { "was" } else { "were" };
        let waited = span(end - from);
        format!("{} {were} still there at the end, {waited} later", named(&stay))
    });
    let others = (!ended.is_empty()).then(|| format!("{} ended otherwise", named(&ended)));
    let parts: Vec<String> = stayed.into_iter().chain(others).collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// `web-1, web-2, web-3 and 2 more`
fn named(rows: &[&EvictionRow]) -> String {
    let names: Vec<&str> = rows.iter().take(NAMED_MAX).map(|row| row.pod.as_str()).collect();
    let more = match rows.len().saturating_sub(NAMED_MAX) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{}{more}", names.join(", "))
}

/// What the server said about a pod that was refused most.
fn because(report: &Report) -> String {
    let most = report.evictions.iter().max_by_key(|row| (row.gone_seconds.is_none(), row.refusals));
    let said = most.and_then(|row| row.refusal.as_deref()).map(|said| said.trim_end_matches('.'));
    said.map_or_else(String::new, |said| format!(" The server said: {said}."))
}

/// What would let the pods go, where that is certain: a budget that needs every pod that its
/// workload is to have never lets one go.
fn way_out(left: &[&EvictionRow]) -> Option<String> {
    left.iter().find(|row| row.refusal.is_some())?.needs_all.then(|| {
        " It needs all pods that there are to be; with `maxUnavailable: 1` in its place one may go \
         at a time."
            .to_owned()
    })
}
