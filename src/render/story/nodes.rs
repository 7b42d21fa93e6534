//! The cluster autoscaler in sentences.

use super::at;
use crate::render::words::{amount, count, instant, span, things};
use crate::report::{ClusterAutoscalerReport, KeptRow, Report, ScaleDownRow, ScaleUpRow};

/// Most nodes that could not be removed and are named.
const NAMED_MAX: usize = 3;

/// What the cluster autoscaler did; each entry is a paragraph.
pub fn nodes(report: &Report) -> Vec<String> {
    let Some(autoscaler) = &report.cluster_autoscaler else { return Vec::new() };
    let mut story = vec![added(autoscaler)];
    story.extend(not_triggered(autoscaler));
    story.extend(removed(autoscaler));
    story.extend(kept(&autoscaler.kept));
    story.push(cost(autoscaler));
    story
}

/// How nodes came, and how long pods had to wait for them.
fn added(autoscaler: &ClusterAutoscalerReport) -> String {
    let rows = &autoscaler.scale_ups;
    let Some(first) = rows.first() else {
        return "The cluster autoscaler added no node.".to_owned();
    };
    let nodes: u32 = rows.iter().map(|row| row.to - row.from).sum();
    let pods: u32 = rows.iter().map(|row| row.pods).sum();
    let waited = rows.iter().map(|row| row.longest_wait_seconds).fold(0.0, f64::max);
    let steps = match rows.len() {
        1 => String::new(),
        steps => format!(" in {steps} steps"),
    };
    let came = rows.iter().all(|row| row.ready_seconds.is_some());
    let added = if came { "added" } else { "ordered" };
    format!(
        "The cluster autoscaler {added} {}{steps}: {}; {} waited for a node, the longest for {}.",
        things(f64::from(nodes), "node"),
        first_order(first, rows.len() > 1),
        things(f64::from(pods), "pod"),
        span(waited)
    )
}

/// `ordered 7 s after pods found no room at 5m33s, ready 2 min later`
fn first_order(row: &ScaleUpRow, several: bool) -> String {
    let the_first = if several { "the first " } else { "" };
    let since = at(row.since_seconds);
    let ordered = span(row.at_seconds - row.since_seconds);
    let ready = match row.ready_seconds {
        Some(ready) => format!("ready {} later", span(ready - row.at_seconds)),
        None => "never ready".to_owned(),
    };
    let verb = if several || row.ready_seconds.is_some() { "ordered " } else { "" };
    format!("{the_first}{verb}{ordered} after pods found no room {since}, {ready}")
}

fn not_triggered(autoscaler: &ClusterAutoscalerReport) -> Option<String> {
    let said = autoscaler.not_triggered_message.as_ref()?;
    let pods = things(f64::from(autoscaler.not_triggered_pods), "pod");
    Some(format!("For {pods} it could do nothing: {said}."))
}

/// How nodes went.
fn removed(autoscaler: &ClusterAutoscalerReport) -> Option<String> {
    let gone = |row: &&ScaleDownRow| row.gone_seconds.is_some();
    let rows: Vec<&ScaleDownRow> = autoscaler.scale_downs.iter().filter(gone).collect();
    let failed = autoscaler.scale_downs.iter().rev().find(|row| row.failure.is_some());
    let failed = failed.map(|row| {
        let failures = autoscaler.scale_downs.iter().filter(|row| row.failure.is_some()).count();
        let why = row.failure.as_deref().unwrap_or_default();
        format!(
            " {} failed, last {}: {why}.",
            things(failures as f64, "removal"),
            at(row.at_seconds)
        )
    });
    let Some(first) = rows.first() else { return failed.map(|text| text.trim().to_owned()) };
    let moved: u32 = rows.iter().map(|row| row.pods).sum();
    let moved = match moved {
        0 => "no pod had to move".to_owned(),
        pods => format!("{} had to move", things(f64::from(pods), "pod")),
    };
    let least = rows.iter().map(|row| row.unneeded_seconds).fold(f64::INFINITY, f64::min);
    Some(format!(
        "It removed {}, from {} on, each after {} or more without need; {moved}.{}",
        things(rows.len() as f64, "node"),
        instant(first.at_seconds, false),
        span(least),
        failed.unwrap_or_default()
    ))
}

/// Nodes that have little to do and stay.
fn kept(rows: &[KeptRow]) -> Option<String> {
    let first = rows.first()?;
    let names: Vec<&str> = rows.iter().take(NAMED_MAX).map(|row| row.node.as_str()).collect();
    let more = match rows.len().saturating_sub(NAMED_MAX) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let has = if rows.len() == 1 { "has" } else { "have" };
    let stays = if rows.len() == 1 { "stays" } else { "stay" };
    let since = instant(first.since_seconds, false);
    let why = &first.why;
    Some(format!(
        "{}{more} {has} little to do and {stays}, since {since}: {why}.",
        names.join(", ")
    ))
}

/// `There were 2 to 5 nodes, 3.4 node-hours in all.`
fn cost(autoscaler: &ClusterAutoscalerReport) -> String {
    let (least, most) = (autoscaler.min_nodes, autoscaler.peak_nodes);
    let nodes = if least == most {
        things(f64::from(most), "node")
    } else {
        format!("{least} to {} nodes", count(f64::from(most)))
    };
    let cost =
        autoscaler.node_cost.map_or(String::new(), |it| format!(", which cost {}", amount(it)));
    format!("There were {nodes}, {} node-hours in all{cost}.", amount(autoscaler.node_hours))
}
