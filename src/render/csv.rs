//! Values over time and decisions as CSV. The columns are documented in `docs/output.md`.

use std::collections::BTreeSet;

use crate::report::track::Track;
use crate::report::{NodeSeries, Report, WorkloadReport, WorkloadSeries};

/// Columns of [`series`] before those of metrics.
const SERIES_COLUMNS: [&str; 15] = [
    "timeSeconds",
    "namespace",
    "workload",
    "desiredPods",
    "currentPods",
    "readyPods",
    "pendingPods",
    "requestsPerSecond",
    "attemptsPerSecond",
    "capacityPerSecond",
    "servedPerSecond",
    "failedPerSecond",
    "waiting",
    "nodes",
    "readyNodes",
];

/// Columns of [`decisions`].
const DECISION_COLUMNS: [&str; 13] = [
    "timeSeconds",
    "namespace",
    "workload",
    "from",
    "to",
    "reason",
    "message",
    "proposal",
    "stabilized",
    "limitReason",
    "limitBy",
    "wanted",
    "allowed",
];

/// Values over time: for each workload a row at each instant at which one of its values changes, or
/// each `step_seconds`. Empty cells are values that are not known.
pub fn series(report: &Report, step_seconds: Option<f64>) -> String {
    let metrics = metric_names(report);
    let mut table = Table::new();
    let columns = SERIES_COLUMNS.iter().map(|&name| name.to_owned());
    table.row(columns.chain(metrics.iter().map(|name| format!("metric:{name}"))));
    for (workload, series) in report.workloads.iter().zip(&report.series.workloads) {
        let end_ms = report.series.end.0 as f64;
        let instants = match step_seconds {
            Some(step) if step > 0.0 => every(step * 1000.0, end_ms),
            _ => changes(series, &report.series.nodes, end_ms),
        };
        for at_ms in instants {
            let nodes = &report.series.nodes;
            table.row(series_row(workload, (series, nodes), &metrics, at_ms));
        }
    }
    table.finish()
}

/// Names of all metrics, each once, in order of workloads.
fn metric_names(report: &Report) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for metric in report.series.workloads.iter().flat_map(|workload| &workload.metrics) {
        if !names.contains(&metric.name) {
            names.push(metric.name.clone());
        }
    }
    names
}

fn every(step_ms: f64, end_ms: f64) -> Vec<f64> {
    let count = (end_ms / step_ms + 1e-9).floor().min(1e8) as u32;
    (0..=count).map(|place| f64::from(place) * step_ms).collect()
}

/// Instants \[ms\] at which a value changes, to the whole millisecond.
fn changes(series: &WorkloadSeries, nodes: &NodeSeries, end_ms: f64) -> Vec<f64> {
    let mut tracks = vec![&series.desired, &series.current, &series.ready, &series.pending];
    if let Some(traffic) = &series.traffic {
        let rates = [&traffic.requests, &traffic.attempts, &traffic.capacity];
        tracks.extend(rates);
        tracks.extend([&traffic.served, &traffic.failed, &traffic.backlog]);
    }
    tracks.extend(series.metrics.iter().map(|metric| &metric.value));
    tracks.extend([&nodes.total, &nodes.ready]);
    let points = tracks.iter().flat_map(|track| track.points());
    let inside = points.map(|point| point.at_ms.ceil().clamp(0.0, end_ms) as i64);
    let instants: BTreeSet<i64> = inside.collect();
    instants.into_iter().map(|at_ms| at_ms as f64).collect()
}

fn series_row(
    workload: &WorkloadReport,
    (series, nodes): (&WorkloadSeries, &NodeSeries),
    metrics: &[String],
    at_ms: f64,
) -> Vec<String> {
    let none = Track::default();
    let traffic = series.traffic.as_ref();
    let tracks = [
        &series.desired,
        &series.current,
        &series.ready,
        &series.pending,
        traffic.map_or(&none, |traffic| &traffic.requests),
        traffic.map_or(&none, |traffic| &traffic.attempts),
        traffic.map_or(&none, |traffic| &traffic.capacity),
        traffic.map_or(&none, |traffic| &traffic.served),
        traffic.map_or(&none, |traffic| &traffic.failed),
        traffic.map_or(&none, |traffic| &traffic.backlog),
        &nodes.total,
        &nodes.ready,
    ];
    let own = |name: &String| series.metrics.iter().find(|metric| metric.name == *name);
    let metrics = metrics.iter().map(|name| own(name).map_or(&none, |metric| &metric.value));
    let head = [number(at_ms / 1000.0), workload.namespace.clone(), workload.name.clone()];
    let values = tracks.into_iter().chain(metrics).map(|track| number(track.at(at_ms)));
    head.into_iter().chain(values).collect()
}

/// One row for each change of the scale by an HPA.
pub fn decisions(report: &Report) -> String {
    let mut table = Table::new();
    table.row(DECISION_COLUMNS.iter().map(|&name| name.to_owned()));
    for workload in &report.workloads {
        for row in &workload.decisions {
            let count = |count: Option<i32>| count.map_or_else(String::new, |it| it.to_string());
            let limit = row.limit.clone().unwrap_or_default();
            let limited = row.limit.is_some();
            table.row([
                number(row.at_seconds),
                workload.namespace.clone(),
                workload.name.clone(),
                row.from.to_string(),
                row.to.to_string(),
                row.reason.clone(),
                row.message.clone(),
                count(row.proposal),
                count(row.stabilized),
                limit.reason,
                limit.by,
                count(limited.then_some(limit.wanted)),
                count(limited.then_some(limit.allowed)),
            ]);
        }
    }
    table.finish()
}

/// A number to six decimals, without zeros at the end; nothing for one that is not known.
fn number(value: f64) -> String {
    if value.is_nan() {
        return String::new();
    }
    let text = format!("{value:.6}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// Rows in memory.
struct Table(csv::Writer<Vec<u8>>);

impl Table {
    fn new() -> Table {
        Table(csv::Writer::from_writer(Vec::new()))
    }

    fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.0.write_record(cells).expect("memory takes rows of equal length");
    }

    fn finish(self) -> String {
        let bytes = self.0.into_inner().expect("memory takes all rows");
        String::from_utf8(bytes).expect("only text was written")
    }
}
