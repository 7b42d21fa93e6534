//! The numbers of two takes beside each other.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::text::{self, cut, instant, piece, plain};
use crate::render::words;
use crate::report::{Report, WorkloadReport};
use crate::tui::app::App;
use crate::units::SimTime;

/// Columns of the names of numbers.
const NAME: usize = 17;
/// Columns of a number.
const NUMBER: usize = 11;

/// A number of a workload, or of the whole scenario as `run` tells it.
struct Number {
    name: &'static str,
    value: fn(&Report, &WorkloadReport) -> Option<f64>,
    text: fn(f64) -> String,
}

/// The numbers, the most important first.
const NUMBERS: [Number; 12] = [
    Number {
        name: "failed requests",
        value: |_, it| it.requests.map(|requests| requests.failed.round()),
        text: words::count,
    },
    Number {
        name: "under capacity",
        value: |_, it| Some(it.scaling.under_capacity_seconds),
        text: words::brief,
    },
    Number {
        name: "latency p95",
        value: |_, it| it.latency.map(|latency| latency.p95_seconds),
        text: words::latency,
    },
    Number {
        name: "pod-hours",
        value: |all, _| Some(all.totals.resources.pod_hours),
        text: words::amount,
    },
    Number {
        name: "peak pods",
        value: |all, _| Some(f64::from(all.totals.peak_pods)),
        text: words::count,
    },
    Number { name: "mean pods", value: |_, it| Some(it.scaling.mean_pods), text: words::amount },
    Number { name: "reaction", value: |_, it| it.scaling.reaction_seconds, text: words::brief },
    Number { name: "full scale", value: |_, it| it.scaling.full_scale_seconds, text: words::brief },
    Number {
        name: "decisions",
        value: |_, it| Some(f64::from(it.scaling.decisions)),
        text: words::count,
    },
    Number { name: "flaps", value: |_, it| Some(f64::from(it.scaling.flaps)), text: words::count },
    Number {
        name: "at maximum",
        value: |_, it| Some(it.scaling.seconds_at_max),
        text: words::brief,
    },
    Number { name: "cost", value: |_, it| it.resources.cost, text: words::amount },
];

/// Draws the panel.
pub fn draw(app: &App, rect: Rect, buffer: &mut Buffer) {
    let inner = text::head(app, rect, &title(app), buffer);
    let [one, other] = &app.takes[..] else { return };
    let label = |text: &str| format!("{:>NUMBER$}", cut(text, NUMBER));
    let head = format!(" {:<NAME$}{} {}  difference", "", label(&one.label), label(&other.label));
    let mut lines = vec![Line::from(piece(head, app.theme.dim()))];
    let reports =
        [one, other].map(|take| Some((&take.report, take.workload(app.workload_in(take))?)));
    if let [Some(one), Some(other)] = reports {
        lines.extend(NUMBERS.iter().filter_map(|number| line(app, number, one, other)));
    }
    text::lines(&lines, inner, buffer);
}

/// Where the two part.
fn title(app: &App) -> String {
    match app.columns.parted() {
        Some(at) => format!("numbers: they part at {}", instant(at)),
        None => "numbers: replicas are the same throughout".to_owned(),
    }
}

/// The first instant at which the wanted or the ready pods differ.
pub fn first_difference(app: &App) -> Option<SimTime> {
    let [one, other] = &app.takes[..] else { return None };
    let one = one.series(app.workload_in(one))?;
    let other = other.series(app.workload_in(other))?;
    let pairs = [(&one.desired, &other.desired), (&one.ready, &other.ready)];
    let firsts = pairs.into_iter().filter_map(|(one, other)| {
        let mut times = one.points().iter().chain(other.points()).map(|point| point.at_ms);
        let differs = |at: &f64| {
            let (one, other) = (one.at(*at), other.at(*at));
            one != other && !(one.is_nan() && other.is_nan())
        };
        let all: Vec<f64> = times.by_ref().filter(differs).collect();
        all.into_iter().min_by(f64::total_cmp)
    });
    firsts.min_by(f64::total_cmp).map(|at_ms| SimTime(at_ms as i64))
}

fn line(
    app: &App,
    number: &Number,
    one: (&Report, &WorkloadReport),
    other: (&Report, &WorkloadReport),
) -> Option<Line<'static>> {
    let (one, other) = ((number.value)(one.0, one.1), (number.value)(other.0, other.1));
    if one.is_none() && other.is_none() {
        return None;
    }
    let told = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), number.text);
    let (first, second) = (told(one), told(other));
    let difference = match (one, other) {
        (Some(one), Some(other)) if first != second => {
            let sign = if other > one { "+" } else { "-" };
            format!("{sign}{}", (number.text)((other - one).abs()))
        }
        _ if first == second => "=".to_owned(),
        _ => "≠".to_owned(),
    };
    let same = difference == "=";
    let style = if same { app.theme.dim() } else { app.theme.strong() };
    Some(Line::from(vec![
        plain(format!(" {:<NAME$}{first:>NUMBER$} {second:>NUMBER$}  ", number.name)),
        piece(difference, style),
    ]))
}
