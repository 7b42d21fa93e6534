//! A column of panels over one axis of time, with all that is marked on it.

use super::paint::text_width;
use super::panel::{Panel, Sizes};
use super::panels::Span;
use super::picture::{Anchor, Look, Picture};
use super::scale::Frame;
use crate::render::palette::Thing;
use crate::render::ticks::time_step;
use crate::render::words::{instant, span};
use crate::report::{EventRow, Window, WorkloadReport};

/// Panels one above the other.
pub(super) struct Column<'a> {
    /// From top to bottom.
    pub(super) entries: Vec<Entry<'a>>,
    /// What part of time.
    pub(super) span: Span,
    /// Events of the scenario.
    pub(super) events: &'a [EventRow],
    /// Whose changes of the scale are marked under the axis.
    pub(super) scalings: Option<&'a WorkloadReport>,
}

/// A panel and whose it is, if times under capacity are to be shaded.
pub(super) struct Entry<'a> {
    pub(super) panel: Panel,
    pub(super) workload: Option<&'a WorkloadReport>,
}

/// Upper left and lower right corner \[px\].
type Area = ((f64, f64), (f64, f64));

impl Column<'_> {
    /// Draws everything into an area.
    pub(super) fn draw(&self, picture: &mut Picture, area: Area, sizes: &Sizes) {
        let frames = self.frames(area, sizes);
        let names = self.entries.iter().any(|entry| entry.panel.names_shade);
        let mut head = 0.0;
        for (place, (entry, frame)) in self.entries.iter().zip(&frames).enumerate() {
            if let Some(workload) = entry.workload {
                shade(picture, workload, frame, sizes);
            }
            // Where there is no panel of the load, the first one says what is shaded.
            let first = place == 0 && !names && self.scalings.is_some();
            let mut key = None;
            if entry.panel.names_shade || first {
                key = name_longest(picture, entry, frame, sizes);
            }
            let end = entry.panel.draw(picture, frame, key.as_deref(), sizes);
            head = if place == 0 { end } else { head };
        }
        self.events(picture, &frames, head, sizes);
        if let Some(last) = frames.last() {
            time_axis(picture, last, sizes);
            if let Some(workload) = self.scalings {
                scalings(picture, workload, last, sizes);
            }
        }
    }

    /// Where each panel's values lie.
    fn frames(&self, ((left, top), (right, bottom)): Area, sizes: &Sizes) -> Vec<Frame> {
        let text = sizes.text;
        let panels = || self.entries.iter().map(|entry| &entry.panel);
        let axis = panels().map(|panel| panel.axis_width(sizes)).fold(0.0, f64::max);
        let labels = panels().map(|panel| panel.label_width(sizes)).fold(text * 2.0, f64::max);
        let (left, right) = (left + axis + text * 0.5, right - labels - text * 0.5);
        let under = if self.scalings.is_some() { 2.9 } else { 1.9 };
        let over = if self.has_events() { 1.4 } else { 0.2 };
        let (mut y, bottom) = (top + text * over, bottom - text * under);
        let head = text * 2.1;
        let heights = bottom - y - head * self.entries.len() as f64;
        let weights: f64 = panels().map(|panel| panel.weight).sum();
        let (from_ms, to_ms) = self.span;
        let mut frames = Vec::new();
        for panel in panels() {
            let top = y + head;
            y = top + (heights * panel.weight / weights.max(0.1)).max(text);
            let value = panel.top;
            frames.push(Frame { left, right, top, bottom: y, from_ms, to_ms, value });
        }
        frames
    }

    fn has_events(&self) -> bool {
        self.events.iter().any(|event| in_span(event.at_seconds, self.span))
    }

    /// Events of the scenario: a dashed vertical through all panels, named above the first, whose
    /// head ends at `head`.
    fn events(&self, picture: &mut Picture, frames: &[Frame], head: f64, sizes: &Sizes) {
        let Some(first) = frames.first() else { return };
        let (text, theme) = (sizes.text, sizes.theme);
        let y = first.top - text * 2.0;
        let mut free_from = f64::MIN;
        for event in self.events.iter().filter(|event| in_span(event.at_seconds, self.span)) {
            let x = first.x(event.at_seconds * 1000.0);
            for frame in frames {
                let (from, to) = ((x, frame.top), (x, frame.bottom));
                picture.dashed(from, to, theme.faint(), sizes.line * 0.6);
            }
            let long = text_width(&event.text, text, false);
            let start = x.min(first.right - long).max(first.left);
            if start > free_from {
                picture.text((start, y), &event.text, &sizes.look(theme.ink(), Anchor::Start));
                if x > head {
                    let stem = vec![(x, y + text * 0.25), (x, first.top)];
                    picture.line(stem, theme.faint(), sizes.line * 0.4);
                }
                free_from = start + long + text * 0.8;
            }
        }
    }
}

/// Shades the time under capacity.
fn shade(picture: &mut Picture, workload: &WorkloadReport, frame: &Frame, sizes: &Sizes) {
    let color = sizes.theme.of(Thing::Failed);
    for window in windows(workload, frame) {
        let from = frame.x(window.from_seconds * 1000.0);
        let to = frame.x(window.to_seconds * 1000.0).max(from + 1.0);
        picture.rectangle((from, frame.top), (to, frame.bottom), color, 0.12);
    }
}

fn windows<'a>(workload: &'a WorkloadReport, frame: &Frame) -> impl Iterator<Item = &'a Window> {
    let (from, to) = (frame.from_ms / 1000.0, frame.to_ms / 1000.0);
    let inside = move |window: &&Window| window.to_seconds > from && window.from_seconds < to;
    workload.under_capacity.iter().filter(inside)
}

/// Names the longest time under capacity beside its shade, where no line passes; gives the name
/// back where there is no such place.
fn name_longest(
    picture: &mut Picture,
    entry: &Entry<'_>,
    frame: &Frame,
    sizes: &Sizes,
) -> Option<String> {
    let length = |window: &Window| window.to_seconds - window.from_seconds;
    let windows = entry.workload.into_iter().flat_map(|workload| windows(workload, frame));
    let longest = windows.max_by(|a, b| length(a).total_cmp(&length(b)));
    let window = longest?;
    let words = format!("under capacity {}", span(length(window)));
    let (text, gap) = (sizes.text, sizes.text * 0.5);
    let width = text_width(&words, text, true);
    let (from, to) = (frame.x(window.from_seconds * 1000.0), frame.x(window.to_seconds * 1000.0));
    let heights = [0.12, 0.3, 0.48, 0.66, 0.82];
    let lefts = [f64::midpoint(from, to) - width / 2.0, to + gap, from - gap - width];
    let fits = |left: f64, baseline: f64| {
        let inside = left >= frame.left && left + width <= frame.right;
        let wide = left < to && left + width > from && to - from < width + gap;
        let room = ((left, left + width), (baseline - text, baseline + text * 0.35));
        inside && !wide && !entry.panel.is_taken(frame, room.0, room.1)
    };
    let spots = heights.iter().flat_map(|share| {
        let baseline = frame.top + (frame.bottom - frame.top) * share + text * 0.36;
        lefts.map(|left| (left, baseline))
    });
    let mut spots = spots.filter(|(left, baseline)| fits(*left, *baseline));
    let Some(spot) = spots.next() else { return Some(words) };
    let look = Look { bold: true, ..sizes.look(sizes.theme.of(Thing::Failed), Anchor::Start) };
    picture.text(spot, &words, &look);
    None
}

fn time_axis(picture: &mut Picture, frame: &Frame, sizes: &Sizes) {
    let (text, theme) = (sizes.text, sizes.theme);
    let seconds = (frame.to_ms - frame.from_ms) / 1000.0;
    let room = (frame.right - frame.left) / (text * 4.5);
    let step = time_step(seconds, (room as u32).clamp(2, 12));
    let first = (frame.from_ms / 1000.0 / step).ceil() as i64;
    let last = (frame.to_ms / 1000.0 / step + 1e-9).floor() as i64;
    for tick in first..=last {
        let at = tick as f64 * step;
        let x = frame.x(at * 1000.0);
        let down = vec![(x, frame.bottom), (x, frame.bottom + text * 0.3)];
        picture.line(down, theme.axis(), sizes.line * 0.5);
        let look = sizes.look(theme.faint(), Anchor::Middle);
        picture.text((x, frame.bottom + text * 1.4), &instant(at, step < 1.0), &look);
    }
}

/// A mark for each change of the scale, below the axis: up or down.
fn scalings(picture: &mut Picture, workload: &WorkloadReport, frame: &Frame, sizes: &Sizes) {
    let (text, theme) = (sizes.text, sizes.theme);
    let rows = workload.decisions.iter();
    let mut rows =
        rows.filter(|row| in_span(row.at_seconds, (frame.from_ms, frame.to_ms))).peekable();
    if rows.peek().is_none() {
        return;
    }
    let (half, y) = (text * 0.36, frame.bottom + text * 2.3);
    for row in rows {
        let (x, up) = (frame.x(row.at_seconds * 1000.0), row.to > row.from);
        let (tip, base) = if up { (y - half, y + half) } else { (y + half, y - half) };
        let color = theme.of(if up { Thing::Desired } else { Thing::Current });
        picture.area(vec![(x, tip), (x - half, base), (x + half, base)], color, 0.95);
    }
    let at = (frame.right + text * 0.5, y + text * 0.36);
    picture.text(at, "scaling", &sizes.look(theme.faint(), Anchor::Start));
}

fn in_span(seconds: f64, (from_ms, to_ms): Span) -> bool {
    (from_ms..=to_ms).contains(&(seconds * 1000.0))
}
