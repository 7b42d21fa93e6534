//! Which panels there are, and what each one shows.

use super::panel::{Area, AreaShape, Level, Line, Panel, Unit};
use crate::render::palette::Thing;
use crate::render::words;
use crate::report::decision::MetricUnit;
use crate::report::track::{Course, Track, plus, spans_above};
use crate::report::{LoadUnit, MetricSeries, NodeSeries, TrafficSeries, WorkloadSeries};

/// A kind of panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PanelKind {
    /// Load against capacity, with what fails.
    Load,
    /// Pods: desired, current, ready.
    Replicas,
    /// Each metric of the HPA against its target.
    Metrics,
    /// Requests that wait.
    Backlog,
    /// Nodes, and pods that wait for one.
    Nodes,
}

impl PanelKind {
    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            PanelKind::Load => "load",
            PanelKind::Replicas => "replicas",
            PanelKind::Metrics => "metrics",
            PanelKind::Backlog => "backlog",
            PanelKind::Nodes => "nodes",
        }
    }

    /// All kinds, in the order in which they are stacked.
    pub const ALL: [PanelKind; 5] = [
        PanelKind::Load,
        PanelKind::Replicas,
        PanelKind::Metrics,
        PanelKind::Backlog,
        PanelKind::Nodes,
    ];

    /// The kinds that are drawn when nobody says which; nodes too, if a cluster autoscaler works.
    pub const USUAL: [PanelKind; 3] = [PanelKind::Load, PanelKind::Replicas, PanelKind::Metrics];

    /// The kind of that name.
    pub fn parse(name: &str) -> Option<PanelKind> {
        PanelKind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// One panel for each of several workloads: their loads, or their replicas, under their names.
pub(super) fn of_many<'a>(
    workloads: impl Iterator<Item = (&'a str, &'a WorkloadSeries)>,
    kind: PanelKind,
    span: Span,
) -> Vec<Panel> {
    let named = workloads.map(|(name, series)| {
        let found = panels(series, &NodeSeries::default(), &[kind], span).into_iter().next();
        let panel = found.unwrap_or_else(|| Panel { top: 1.0, ..Panel::default() });
        let title = match panel.title.as_str() {
            "" => format!("{name}: no traffic"),
            "Replicas" => format!("{name}: replicas"),
            other => format!("{name}: {}", other.trim_start_matches("Load, ")),
        };
        Panel { title, weight: 1.0, notes: Vec::new(), ..panel }
    });
    named.collect()
}

/// A part of time \[ms\].
pub(super) type Span = (f64, f64);

/// The panels of a workload over a part of time.
pub(super) fn panels(
    series: &WorkloadSeries,
    of_nodes: &NodeSeries,
    kinds: &[PanelKind],
    span: Span,
) -> Vec<Panel> {
    let mut panels = Vec::new();
    for kind in kinds {
        match kind {
            PanelKind::Load => panels.extend(series.traffic.as_ref().map(|it| load(it, span))),
            PanelKind::Replicas => panels.push(replicas(series, span)),
            PanelKind::Metrics => {
                panels.extend(series.metrics.iter().filter_map(|it| metric(it, span)));
            }
            PanelKind::Nodes => panels.push(nodes(of_nodes, span)),
            PanelKind::Backlog => {
                panels.extend(series.traffic.as_ref().map(|it| backlog(it, span)));
            }
        }
    }
    panels
}

fn load(traffic: &TrafficSeries, (from, to): Span) -> Panel {
    let highest = traffic.attempts.max(from, to).max(1e-9);
    let capacity = traffic.capacity.max(from, to);
    // Capacity far above the load would press the load flat.
    let most = if capacity > highest * 4.0 { highest * 2.0 } else { capacity };
    let top = highest.max(most) * 1.08;
    let mut notes = Vec::new();
    if capacity > top {
        notes.push(format!("capacity up to {}, off the scale", words::short(capacity)));
    }
    let (title, failed) = match traffic.unit {
        LoadUnit::Requests => ("Load, requests/s", "failed"),
        LoadUnit::Messages => ("Load, messages/s", "failed"),
        LoadUnit::CoreSeconds => ("Load, cores", "not served"),
    };
    let sums = [&traffic.requests, &traffic.attempts].map(|track| track.integral(from, to));
    let retries = sums[1] > sums[0] * 1.001;
    let mut lines = vec![line("capacity", Thing::Capacity, &traffic.capacity, 0.8)];
    if retries {
        lines.push(line("with retries", Thing::Offered, &traffic.attempts, 0.6));
    }
    lines.push(line("load", Thing::Offered, &traffic.requests, 1.0));
    let mut areas = vec![Area {
        name: String::new(),
        thing: Thing::Offered,
        shape: AreaShape::Under(traffic.requests.clone()),
        alpha: 0.12,
    }];
    areas.extend(failed_area(traffic, failed, (from, to)));
    Panel {
        title: title.to_owned(),
        names_shade: true,
        weight: 1.25,
        top,
        unit: Unit::Number,
        notes,
        areas,
        lines,
        ..Panel::default()
    }
}

/// What fails, as the uppermost part of what arrives.
fn failed_area(traffic: &TrafficSeries, name: &str, (from, to): Span) -> Option<Area> {
    let spans = spans_above(&traffic.failed, &Track::constant(0.0), from, to);
    if spans.is_empty() {
        return None;
    }
    let rest = plus(&traffic.attempts, &traffic.failed, -1.0, from, to);
    let rest = if rest.min(from, to) < 0.0 { at_least_zero(&rest) } else { rest };
    let shape = AreaShape::Between(rest, traffic.attempts.clone(), spans);
    Some(Area { name: name.to_owned(), thing: Thing::Failed, shape, alpha: 0.75 })
}

fn at_least_zero(track: &Track) -> Track {
    let mut above = Track::new(Course::Lines);
    for point in track.points() {
        above.push(point.at_ms, point.value.max(0.0));
    }
    above
}

fn replicas(series: &WorkloadSeries, (from, to): Span) -> Panel {
    let highest = series.desired.max(from, to).max(series.current.max(from, to)).max(1.0);
    let most = series.max_replicas.max(from, to);
    let shown = most <= highest * 2.0;
    let top = if shown { highest.max(most) } else { highest } * 1.12;
    let mut levels = Vec::new();
    for (name, track) in [("max", &series.max_replicas), ("min", &series.min_replicas)] {
        let value = track.max(from, to);
        if !value.is_nan() && value <= top {
            levels.push(Level { name: format!("{name} {value}"), thing: Thing::Bound, value });
        }
    }
    let mut lines = Vec::new();
    if series.current != series.ready {
        lines.push(line("current", Thing::Current, &series.current, 0.7));
    }
    if !series.updated.is_empty() {
        lines.push(line("newest version", Thing::Metric, &series.updated, 0.9));
    }
    lines.push(line("ready", Thing::Ready, &series.ready, 0.8));
    lines.push(line("desired", Thing::Desired, &series.desired, 1.0));
    let note = format!("max {most}, off the scale");
    Panel {
        title: "Replicas".to_owned(),
        names_shade: false,
        notes: if shown || most.is_nan() { Vec::new() } else { vec![note] },
        weight: 1.0,
        top,
        unit: Unit::Whole,
        areas: vec![Area {
            name: String::new(),
            thing: Thing::Ready,
            shape: AreaShape::Under(series.ready.clone()),
            alpha: 0.18,
        }],
        lines,
        levels,
    }
}

fn metric(metric: &MetricSeries, (from, to): Span) -> Option<Panel> {
    if metric.target.is_nan() {
        return None;
    }
    let highest = metric.value.max(from, to).max(metric.target * (1.0 + metric.tolerance_up));
    let top = highest * 1.12;
    let mut levels = vec![Level {
        name: format!("target {}", amount(metric.target, metric.unit)),
        thing: Thing::Target,
        value: metric.target,
    }];
    let mut notes = Vec::new();
    let request = (metric.unit == MetricUnit::Percent).then_some(("request", 100.0));
    let limit = metric.limit.map(|limit| ("limit", limit));
    for (name, value) in request.into_iter().chain(limit) {
        let name = format!("{name} {}", amount(value, metric.unit));
        if value <= top {
            levels.push(Level { name, thing: Thing::Bound, value });
        } else if value > 0.0 && name.starts_with("limit") {
            notes.push(format!("{name}, off the scale"));
        }
    }
    let band = AreaShape::Band(
        metric.target * (1.0 - metric.tolerance_down),
        metric.target * (1.0 + metric.tolerance_up),
    );
    let tolerance =
        Area { name: "tolerance".to_owned(), thing: Thing::Target, shape: band, alpha: 0.16 };
    Some(Panel {
        title: metric_title(metric),
        names_shade: false,
        notes,
        weight: 0.9,
        top,
        unit: axis_unit(metric.unit),
        areas: vec![tolerance],
        lines: vec![line(&metric.name, Thing::Metric, &metric.value, 1.0)],
        levels,
    })
}

fn metric_title(metric: &MetricSeries) -> String {
    let unit = match metric.unit {
        MetricUnit::Percent => "% of request, mean of pods",
        MetricUnit::Cores => "cores a pod",
        MetricUnit::Bytes => "bytes a pod",
        MetricUnit::AveragePerPod => "a pod",
        MetricUnit::Total => "total",
    };
    format!("{} as the HPA sees it, {unit}", metric.name)
}

fn axis_unit(unit: MetricUnit) -> Unit {
    match unit {
        MetricUnit::Percent => Unit::Percent,
        MetricUnit::Cores => Unit::Cores,
        MetricUnit::Bytes => Unit::Bytes,
        MetricUnit::AveragePerPod | MetricUnit::Total => Unit::Number,
    }
}

fn amount(value: f64, unit: MetricUnit) -> String {
    match unit {
        MetricUnit::Percent => format!("{} %", words::count(value)),
        MetricUnit::Cores => words::cores(value),
        MetricUnit::Bytes => words::bytes(value),
        MetricUnit::AveragePerPod | MetricUnit::Total => words::short(value),
    }
}

fn backlog(traffic: &TrafficSeries, (from, to): Span) -> Panel {
    Panel {
        title: "Waiting, requests".to_owned(),
        weight: 0.7,
        top: traffic.backlog.max(from, to).max(1.0) * 1.1,
        areas: vec![Area {
            name: String::new(),
            thing: Thing::Failed,
            shape: AreaShape::Under(traffic.backlog.clone()),
            alpha: 0.2,
        }],
        lines: vec![line("waiting", Thing::Failed, &traffic.backlog, 0.8)],
        ..Panel::default()
    }
}

fn nodes(nodes: &NodeSeries, (from, to): Span) -> Panel {
    let pending = nodes.pending.max(from, to);
    let mut lines = Vec::new();
    if pending > 0.0 {
        lines.push(line("pods without node", Thing::Failed, &nodes.pending, 0.8));
    }
    if nodes.total != nodes.ready {
        lines.push(line("ready", Thing::Ready, &nodes.ready, 0.8));
    }
    lines.push(line("nodes", Thing::Desired, &nodes.total, 1.0));
    Panel {
        title: "Nodes".to_owned(),
        weight: 0.8,
        top: nodes.total.max(from, to).max(pending).max(1.0) * 1.15,
        unit: Unit::Whole,
        areas: vec![Area {
            name: String::new(),
            thing: Thing::Ready,
            shape: AreaShape::Under(nodes.ready.clone()),
            alpha: 0.18,
        }],
        lines,
        ..Panel::default()
    }
}

fn line(name: &str, thing: Thing, track: &Track, width: f64) -> Line {
    Line { name: name.to_owned(), thing, track: track.clone(), width }
}
