//! Load and replicas over time, with the cursor.

mod marks;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use self::marks::{column_at, mark_differences, marks};
use super::compare::first_difference;
use super::layout::{ChartPair, Layout};
use super::plot::{self, GUTTER, Plot};
use super::text::{self, piece, plain};
use crate::render::palette::Thing;
use crate::render::ticks::time_step;
use crate::render::words;
use crate::report::track::Track;
use crate::report::{LoadUnit, TrafficSeries};
use crate::tui::app::{App, Span};
use crate::tui::take::Take;
use crate::units::SimTime;

/// What the charts draw: computed when the span or the size changes, and kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Columns {
    key: Option<Key>,
    takes: Vec<TakeColumns>,
    parted: Option<SimTime>,
}

/// What the columns depend on.
#[derive(Clone, Debug, PartialEq)]
struct Key {
    span: Span,
    workload: usize,
    widths: Vec<(u16, u16)>,
}

/// Columns of one take.
#[derive(Clone, Debug, Default, PartialEq)]
struct TakeColumns {
    load: Option<LoadColumns>,
    desired: Vec<f64>,
    current: Vec<f64>,
    ready: Vec<f64>,
    least: Vec<f64>,
    most: Vec<f64>,
    marks: [Vec<char>; 2],
}

#[derive(Clone, Debug, Default, PartialEq)]
struct LoadColumns {
    served: Vec<f64>,
    failed: Vec<f64>,
    capacity: Vec<f64>,
}

impl Columns {
    /// Computes what has changed.
    pub fn prepare(&mut self, app: &App) {
        let width = |rect: Rect| rect.width.saturating_sub(GUTTER);
        let pairs = Layout::of(app).charts;
        let widths = pairs.iter().map(|pair| (width(pair.load), width(pair.replicas)));
        let key = Key { span: app.span, workload: app.workload, widths: widths.collect() };
        if self.key.as_ref() == Some(&key) {
            return;
        }
        let takes = app.takes.iter().zip(&key.widths);
        self.takes = takes.map(|(take, widths)| columns(take, app, *widths)).collect();
        mark_differences(&mut self.takes);
        self.parted = first_difference(app);
        self.key = Some(key);
    }

    /// The first instant at which replicas of two takes differ.
    pub fn parted(&self) -> Option<SimTime> {
        self.parted
    }
}

fn columns(take: &Take, app: &App, (load, replicas): (u16, u16)) -> TakeColumns {
    let workload = app.workload_in(take);
    let Some(series) = take.series(workload) else { return TakeColumns::default() };
    let span = app.span;
    let until = |width: u16| {
        let share = (take.end().0 as f64 - span.from_ms) / span.length();
        (share.clamp(0.0, 1.0) * f64::from(width)).ceil() as usize
    };
    // A take that ends before the other has nothing to show from there on.
    let peaks = |track: &Track| {
        let mut all = peaks(track, span, replicas);
        all.truncate(until(replicas));
        all
    };
    let cut = |mut columns: LoadColumns| {
        for all in [&mut columns.served, &mut columns.failed, &mut columns.capacity] {
            all.truncate(until(load));
        }
        columns
    };
    TakeColumns {
        load: series.traffic.as_ref().map(|traffic| cut(load_columns(traffic, span, load))),
        desired: peaks(&series.desired),
        current: peaks(&series.current),
        ready: peaks(&series.ready),
        least: peaks(&series.min_replicas),
        most: peaks(&series.max_replicas),
        marks: [marks(take, app, load), marks(take, app, replicas)],
    }
}

fn peaks(track: &Track, span: Span, width: u16) -> Vec<f64> {
    let columns = track.columns(span.from_ms, span.to_ms, u32::from(width));
    columns.iter().map(|column| column.map_or(0.0, |column| column.max)).collect()
}

fn load_columns(traffic: &TrafficSeries, span: Span, width: u16) -> LoadColumns {
    let offered = peaks(&traffic.attempts, span, width);
    let failed = traffic.failed.columns(span.from_ms, span.to_ms, u32::from(width));
    let failed: Vec<f64> =
        failed.iter().map(|column| column.map_or(0.0, |column| column.mean)).collect();
    let served = offered.iter().zip(&failed).map(|(all, failed)| (all - failed).max(0.0)).collect();
    LoadColumns { served, failed, capacity: peaks(&traffic.capacity, span, width) }
}

/// The instant under a column of a chart \[ms\]: the middle of what it shows, but for the edges.
pub fn time_at(span: Span, rect: Rect, column: u16) -> f64 {
    let width = f64::from(rect.width.saturating_sub(GUTTER).max(1));
    let column = f64::from(column.saturating_sub(rect.x + GUTTER));
    if column + 1.0 >= width {
        return span.to_ms;
    }
    let offset = if column == 0.0 { 0.0 } else { 0.5 };
    let at_ms = span.from_ms + span.length() * (column + offset) / width;
    // Whole seconds are easier to talk about, where a column shows more than one.
    if span.length() / width >= 1000.0 { (at_ms / 1000.0).round() * 1000.0 } else { at_ms }
}

/// Draws the charts of all takes.
pub fn draw(app: &App, layout: &Layout, buffer: &mut Buffer) {
    let tops = tops(app);
    for (number, pair) in layout.charts.iter().enumerate() {
        let (Some(take), Some(columns)) = (app.takes.get(number), app.columns.takes.get(number))
        else {
            continue;
        };
        let workload = app.workload_in(take);
        let chart = Chart { app, take, workload, columns, tops, named: app.takes.len() > 1 };
        chart.draw(*pair, buffer);
    }
}

/// Upper edges of both charts, the same for all takes.
fn tops(app: &App) -> (f64, f64) {
    let most = |values: &[f64]| values.iter().copied().fold(0.0, f64::max);
    let (mut load, mut replicas): (f64, f64) = (0.0, 1.0);
    for columns in &app.columns.takes {
        if let Some(own) = &columns.load {
            let sums = own.served.iter().zip(&own.failed).map(|(served, failed)| served + failed);
            let offered = sums.fold(0.0, f64::max);
            load = load.max(offered).max(most(&own.capacity).min(offered * 1.5));
        }
        let pods = [&columns.desired, &columns.current, &columns.ready];
        replicas = pods.into_iter().fold(replicas, |top, values| top.max(most(values)));
    }
    (if load > 0.0 { load } else { 1.0 }, replicas)
}

/// The charts of one take.
struct Chart<'a> {
    app: &'a App,
    take: &'a Take,
    workload: usize,
    columns: &'a TakeColumns,
    tops: (f64, f64),
    named: bool,
}

impl Chart<'_> {
    fn draw(&self, pair: ChartPair, buffer: &mut Buffer) {
        let name = if self.named { format!("{}: ", self.take.label) } else { String::new() };
        let unit = self.unit();
        let inner = text::head(self.app, pair.load, &format!("{name}{unit}"), buffer);
        let cursor = self.cursor(inner);
        if let Some(load) = &self.columns.load {
            buffer.set_line(
                inner.x,
                inner.y,
                &self.load_legend(usize::from(inner.width)),
                inner.width,
            );
            plot::draw(&self.load(load, cursor), plot_area(inner), self.app.theme, buffer);
        } else {
            let style = self.app.theme.dim();
            buffer.set_string(inner.x, inner.y, "no traffic reaches it", style);
        }
        self.axis(inner, &self.columns.marks[0], buffer);
        let inner = text::head(self.app, pair.replicas, &format!("{name}replicas"), buffer);
        buffer.set_line(inner.x, inner.y, &self.replicas_legend(), inner.width);
        let cursor = self.cursor(inner);
        plot::draw(&self.replicas(cursor), plot_area(inner), self.app.theme, buffer);
        self.axis(inner, &self.columns.marks[1], buffer);
    }

    fn unit(&self) -> &'static str {
        let series = self.take.series(self.workload);
        match series.and_then(|series| series.traffic.as_ref()).map(|traffic| traffic.unit) {
            Some(LoadUnit::Messages) => "messages/s",
            Some(LoadUnit::CoreSeconds) => "work (cores)",
            _ => "requests/s",
        }
    }

    fn cursor(&self, rect: Rect) -> Option<u16> {
        column_at(self.app.span, rect.width.saturating_sub(GUTTER), self.app.now().0 as f64)
    }

    fn load<'a>(&self, load: &'a LoadColumns, cursor: Option<u16>) -> Plot<'a> {
        let theme = self.app.theme;
        Plot {
            top: self.tops.0,
            area: (&load.served, theme.thing(Thing::Offered)),
            lost: Some((&load.failed, theme.thing(Thing::Failed))),
            lines: vec![(&load.capacity, '─', theme.thing(Thing::Capacity))],
            cursor,
        }
    }

    fn replicas(&self, cursor: Option<u16>) -> Plot<'_> {
        let theme = self.app.theme;
        let columns = self.columns;
        Plot {
            top: self.tops.1,
            area: (&columns.ready, theme.thing(Thing::Ready)),
            lost: None,
            lines: vec![
                (&columns.least, plot::BOUND, theme.thing(Thing::Bound)),
                (&columns.current, '╌', theme.thing(Thing::Current)),
                (&columns.desired, '━', theme.thing(Thing::Desired)),
            ],
            cursor,
        }
    }

    fn value(&self, track: &Track) -> f64 {
        let value = track.at(self.app.now().0 as f64);
        if value.is_nan() { 0.0 } else { value }
    }

    /// What stands in the place of numbers behind the end of the take.
    fn ended(&self) -> Option<Line<'static>> {
        let end = self.take.end();
        let text = format!("ended at {}", text::instant(end));
        (self.app.now() > end).then(|| Line::from(piece(text, self.app.theme.dim())))
    }

    fn load_legend(&self, width: usize) -> Line<'static> {
        let theme = self.app.theme;
        if let Some(ended) = self.ended() {
            return ended;
        }
        let series = self.take.series(self.workload);
        let Some(traffic) = series.and_then(|series| series.traffic.as_ref()) else {
            return Line::default();
        };
        let item = |glyph: &str, name: &str, thing: Thing, track: &Track| {
            let value = words::short(rounded(self.value(track)));
            [piece(glyph, theme.thing(thing)), plain(format!("{name} {value} "))]
        };
        let mut line: Vec<_> = item("█", "served", Thing::Offered, &traffic.served).into();
        line.extend(item("░", "failed", Thing::Failed, &traffic.failed));
        line.extend(item("─", "capacity", Thing::Capacity, &traffic.capacity));
        let waiting = self.value(&traffic.backlog);
        let mut line = Line::from(line);
        let waiting = format!("waiting {}", words::short(waiting.round()));
        if waiting != "waiting 0" && line.width() + waiting.len() <= width {
            line.push_span(piece(waiting, theme.bad()));
        }
        line
    }

    fn replicas_legend(&self) -> Line<'static> {
        let theme = self.app.theme;
        if let Some(ended) = self.ended() {
            return ended;
        }
        let Some(series) = self.take.series(self.workload) else { return Line::default() };
        let item = |glyph: &str, name: &str, thing: Thing, track: &Track| {
            let value = words::count(self.value(track));
            [piece(glyph, theme.thing(thing)), plain(format!("{name} {value} "))]
        };
        let mut line: Vec<_> = item("━", "desired", Thing::Desired, &series.desired).into();
        line.extend(item("╌", "current", Thing::Current, &series.current));
        line.extend(item("█", "ready", Thing::Ready, &series.ready));
        Line::from(line)
    }

    /// The time axis: marks of decisions and events, and below it the times.
    fn axis(&self, inner: Rect, marks: &[char], buffer: &mut Buffer) {
        if inner.height < 3 {
            return;
        }
        let (app, theme) = (self.app, self.app.theme);
        let row = inner.bottom() - 2;
        let x = inner.x + GUTTER;
        buffer.set_string(x - 1, row, "└", theme.dim());
        for (column, mark) in marks.iter().enumerate().take(usize::from(inner.width - GUTTER)) {
            let style = match mark {
                '─' => theme.dim(),
                '◆' | '≠' => theme.strong(),
                _ => theme.thing(Thing::Desired),
            };
            buffer[(x + column as u16, row)].set_char(*mark).set_style(style);
        }
        let width = inner.width - GUTTER;
        let cursor = column_at(app.span, width, app.now().0 as f64);
        self.times(x, row + 1, width, cursor, buffer);
        if let Some(cursor) = cursor {
            let cell = &mut buffer[(x + cursor, row)];
            if cell.symbol() == "─" {
                cell.set_char('┴');
            }
            cell.set_style(theme.chosen());
        }
    }

    /// The instant of the cursor, and round times where they leave it room.
    fn times(&self, x: u16, row: u16, width: u16, cursor: Option<u16>, buffer: &mut Buffer) {
        let theme = self.app.theme;
        let mut taken = (0, 0);
        if let Some(cursor) = cursor {
            let label = format!("▲{}", text::instant(self.app.now()));
            let length = label.chars().count() as u16;
            let label = if cursor + length > width { format!("{}▲", &label[3..]) } else { label };
            let from = if cursor + length > width { cursor + 1 - length } else { cursor };
            buffer.set_string(x + from, row, label, theme.strong());
            taken = (from, from + length);
        }
        let span = self.app.span;
        let step = time_step(span.length() / 1000.0, u32::from(width / 8).max(1));
        let mut at = (span.from_ms / 1000.0 / step).ceil() * step;
        while at * 1000.0 <= span.to_ms {
            let label = words::instant(at, false);
            let from = column_at(span, width, at * 1000.0).unwrap_or(0);
            let to = from + label.chars().count() as u16;
            if to <= width && (to < taken.0 || from > taken.1 || taken == (0, 0)) {
                buffer.set_string(x + from, row, label, theme.dim());
            }
            at += step;
        }
    }
}

/// Rates are told without digits that nobody reads.
fn rounded(value: f64) -> f64 {
    if value >= 20.0 { value.round() } else { (value * 10.0).round() / 10.0 }
}

/// The rows between the legend and the axis.
fn plot_area(inner: Rect) -> Rect {
    Rect { y: inner.y + 1, height: inner.height.saturating_sub(3), ..inner }
}
