//! How it went: the small chart of load and replicas, and the list of decisions.

use super::TextOptions;
use super::blocks::{self, Band, GUTTER, Layer, Marks};
use super::paint::{Style, cut, width};
use crate::render::palette::Thing;
use crate::render::story::worst_rise;
use crate::render::words;
use crate::report::decision::{DecisionRow, MetricReading, MetricUnit};
use crate::report::track::Track;
use crate::report::{LoadUnit, TrafficSeries, WorkloadReport, WorkloadSeries};
use crate::units::SimTime;

/// Rows of one band of the chart.
const ROWS: u16 = 4;
/// Widest plot \[columns\].
const COLUMNS_MAX: usize = 110;

/// Load and replicas over time.
pub(super) fn chart(
    workload: &WorkloadReport,
    series: &WorkloadSeries,
    end: SimTime,
    style: Style,
) -> Vec<String> {
    let columns = (style.columns() - GUTTER).min(COLUMNS_MAX);
    let end_ms = end.0 as f64;
    if end_ms <= 0.0 {
        return Vec::new();
    }
    let plot = Plot { columns, end_ms };
    let mut lines = Vec::new();
    lines.extend(series.traffic.iter().flat_map(|it| blocks::band(&plot.load(it), style)));
    lines.extend(blocks::band(&plot.replicas(series), style));
    let seconds = end.as_secs_f64();
    if !workload.decisions.is_empty() {
        lines.push(blocks::marks(&plot.scalings(workload, style.ascii), style));
    }
    lines.push(blocks::axis(seconds, columns, style));
    lines
}

/// The columns of a chart.
struct Plot {
    columns: usize,
    end_ms: f64,
}

impl Plot {
    fn peaks(&self, track: &Track) -> Vec<f64> {
        let columns = track.columns(0.0, self.end_ms, self.columns as u32);
        columns.iter().map(|column| column.map_or(0.0, |column| column.max)).collect()
    }

    fn means(&self, track: &Track) -> Vec<f64> {
        let columns = track.columns(0.0, self.end_ms, self.columns as u32);
        columns.iter().map(|column| column.map_or(0.0, |column| column.mean)).collect()
    }

    fn layer(&self, name: &str, thing: Thing, track: &Track) -> Layer {
        Layer { name: name.to_owned(), thing: Some(thing), values: self.peaks(track) }
    }

    fn load(&self, traffic: &TrafficSeries) -> Band {
        let offered = self.peaks(&traffic.attempts);
        let lost = Layer {
            name: "failed".to_owned(),
            thing: Some(Thing::Failed),
            values: self.means(&traffic.failed),
        };
        let kept = |(offered, lost): (&f64, &f64)| (offered - lost).max(0.0);
        let area = Layer {
            name: "served".to_owned(),
            thing: Some(Thing::Offered),
            values: offered.iter().zip(&lost.values).map(kept).collect(),
        };
        let top = offered.iter().copied().fold(0.0, f64::max);
        let line = self.layer("capacity", Thing::Capacity, &traffic.capacity);
        let title = match traffic.unit {
            LoadUnit::Requests => "requests/s",
            LoadUnit::Messages => "messages/s",
            LoadUnit::CoreSeconds => "cores",
        };
        let failed = traffic.failed.max(0.0, self.end_ms) > 0.0;
        Band {
            title: title.to_owned(),
            top: if top > 0.0 { top } else { 1.0 },
            rows: ROWS,
            area,
            lost: failed.then_some(lost),
            line: Some(line),
        }
    }

    fn replicas(&self, series: &WorkloadSeries) -> Band {
        let desired = self.layer("desired", Thing::Desired, &series.desired);
        let ready = self.layer("ready", Thing::Ready, &series.ready);
        let top = desired.values.iter().chain(&ready.values).copied().fold(1.0, f64::max);
        Band {
            title: "replicas".to_owned(),
            top,
            rows: ROWS,
            area: ready,
            lost: None,
            line: Some(desired),
        }
    }

    /// Where the scale was changed: up, down, or both within one column.
    fn scalings(&self, workload: &WorkloadReport, ascii: bool) -> Marks {
        let glyphs = if ascii { ['^', 'v', 'x'] } else { ['▲', '▼', '◆'] };
        let mut marks = vec![(' ', None); self.columns];
        for row in &workload.decisions {
            let share = row.at_seconds * 1000.0 / self.end_ms;
            let column = ((share * self.columns as f64) as usize).min(self.columns - 1);
            let own = if row.to > row.from { glyphs[0] } else { glyphs[1] };
            let mark = &mut marks[column];
            let both = mark.0 != ' ' && mark.0 != own;
            *mark = (if both { glyphs[2] } else { own }, Some(Thing::Desired));
        }
        Marks { title: "scaling".to_owned(), marks }
    }
}

/// The list of decisions, from the rise that hurt most on.
pub(super) fn decisions(workload: &WorkloadReport, options: &TextOptions) -> Vec<String> {
    let rows = &workload.decisions;
    let most = options.decisions_max as usize;
    let from = worst_rise(workload).map_or(0.0, |rise| rise.from_seconds);
    let first = rows.partition_point(|row| row.at_seconds < from);
    let first = if rows.len() <= most { 0 } else { first.min(rows.len() - most) };
    let shown = &rows[first..rows.len().min(first + most)];
    let mut lines: Vec<String> = Vec::new();
    if first > 0 {
        lines.push(format!("... {first} before"));
    }
    let columns = options.style.columns();
    let milliseconds = crowded(shown);
    let at = |row: &DecisionRow| words::instant(row.at_seconds, milliseconds);
    let widest = shown.iter().map(|row| width(&at(row))).max().unwrap_or(0);
    lines.extend(shown.iter().map(|row| {
        let head = format!("{:>widest$}  ", at(row));
        cut(&format!("{head}{}", line(row, columns)), columns, options.style.ascii)
    }));
    let after = rows.len() - first - shown.len();
    let hint = match (&options.explain, shown.first()) {
        (Some(command), Some(row)) => {
            format!("{command} --at {}", at(row))
        }
        _ => String::new(),
    };
    let more = if after > 0 { format!("... {after} more") } else { String::new() };
    let rest = [more, hint].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>();
    if !rest.is_empty() {
        lines.push(options.style.dim(&rest.join("   ")));
    }
    lines
}

/// Whether two of them fall into the same second.
fn crowded(rows: &[DecisionRow]) -> bool {
    rows.windows(2).any(|pair| pair[1].at_seconds - pair[0].at_seconds < 1.0)
}

/// `3 -> 6   SuccessfulRescale   cpu 168 %, target 70 %   (wanted 8; ...)`
fn line(row: &DecisionRow, columns: usize) -> String {
    let move_ = format!("{:>3} -> {}", row.from, row.to);
    let word = if columns >= 100 { format!("{:<18}  ", row.reason) } else { String::new() };
    let why = reading(row).unwrap_or_else(|| row.message.clone());
    let limit = row.limit.as_ref().map_or(String::new(), |limit| {
        let reason = if columns >= 100 { format!("{}: ", limit.reason) } else { String::new() };
        format!("   (wanted {}; {reason}{})", limit.wanted, limit.by)
    });
    format!("{move_:<11}  {word}{why}{limit}")
}

/// The metric that decided: the one that won, else the highest.
fn reading(row: &DecisionRow) -> Option<String> {
    let known = || row.metrics.iter().filter(|metric| metric.value.is_some());
    let metric =
        known().find(|metric| metric.won).or_else(|| known().max_by_key(|m| m.proposal))?;
    let value = metric.value?;
    let target = quantity(metric.target, metric.unit);
    Some(format!("{} {}, target {target}", label(metric), quantity(value, metric.unit)))
}

fn label(metric: &MetricReading) -> &str {
    &metric.name
}

/// A metric's value with its unit: `168 %`, `412m`, `180Mi`, `25`.
pub(crate) fn quantity(value: f64, unit: MetricUnit) -> String {
    match unit {
        MetricUnit::Percent => format!("{} %", words::count(value)),
        MetricUnit::Cores => words::cores(value),
        MetricUnit::Bytes => words::bytes(value),
        MetricUnit::AveragePerPod => format!("{} a pod", words::amount(value)),
        MetricUnit::Total => words::amount(value),
    }
}
