//! One panel: a frame with its grid, areas, lines, and their labels.

use super::paint::text_width;
use super::picture::{Anchor, Look, Picture};
use super::scale::{Frame, level};
use super::theme::Theme;
use crate::render::palette::{Color, Thing};
use crate::render::ticks::value_step;
use crate::report::track::Track;

/// What a panel shows.
#[derive(Clone, Debug, Default)]
pub(super) struct Panel {
    /// Head, as in `Load, requests/s`.
    pub(super) title: String,
    /// What else is to be said in the head.
    pub(super) notes: Vec<String>,
    /// Whether it says what a shaded span means.
    pub(super) names_shade: bool,
    /// Share of the height.
    pub(super) weight: f64,
    /// Value at the upper edge.
    pub(super) top: f64,
    /// How a value is written on the axis.
    pub(super) unit: Unit,
    /// Areas, from back to front.
    pub(super) areas: Vec<Area>,
    /// Lines, from back to front.
    pub(super) lines: Vec<Line>,
    /// Values that stand for all time.
    pub(super) levels: Vec<Level>,
}

/// How values are written on an axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Unit {
    /// Numbers, shortened.
    #[default]
    Number,
    /// Whole numbers only.
    Whole,
    /// Percent.
    Percent,
    /// Bytes.
    Bytes,
    /// Cores.
    Cores,
}

/// A filled area.
#[derive(Clone, Debug)]
pub(super) struct Area {
    pub(super) name: String,
    pub(super) thing: Thing,
    pub(super) shape: AreaShape,
    pub(super) alpha: f64,
}

/// Where an area lies.
#[derive(Clone, Debug)]
pub(super) enum AreaShape {
    /// From the lower edge of the frame.
    Under(Track),
    /// Between two tracks, over spans of time \[ms\].
    Between(Track, Track, Vec<(f64, f64)>),
    /// Between two values.
    Band(f64, f64),
}

/// A line.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) name: String,
    pub(super) thing: Thing,
    pub(super) track: Track,
    /// Width over that of a usual line.
    pub(super) width: f64,
}

/// A dashed line at one value.
#[derive(Clone, Debug)]
pub(super) struct Level {
    pub(super) name: String,
    pub(super) thing: Thing,
    pub(super) value: f64,
}

/// Sizes that go with the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sizes {
    /// Height of an em of usual text \[px\].
    pub(super) text: f64,
    /// Width of a usual line \[px\].
    pub(super) line: f64,
    pub(super) theme: Theme,
}

impl Sizes {
    /// A usual text.
    pub(super) fn look(&self, color: Color, anchor: Anchor) -> Look {
        Look { size: self.text, color, anchor, bold: false }
    }
}

/// A label beside the frame.
struct Label {
    name: String,
    color: Color,
    y: f64,
}

impl Panel {
    /// Widest label at the right \[px\].
    pub(super) fn label_width(&self, sizes: &Sizes) -> f64 {
        let names = self.lines.iter().map(|line| format!("{} ↑", line.name));
        let names = names.chain(self.levels.iter().map(|level| level.name.clone()));
        names.map(|name| text_width(&name, sizes.text, false)).fold(0.0, f64::max)
    }

    /// Widest number at the left \[px\].
    pub(super) fn axis_width(&self, sizes: &Sizes) -> f64 {
        let ticks = self.ticks(4).into_iter();
        ticks.map(|(_, text)| text_width(&text, sizes.text, false)).fold(0.0, f64::max)
    }

    /// Whether a line passes through a box of the picture.
    pub(super) fn is_taken(&self, frame: &Frame, x: (f64, f64), y: (f64, f64)) -> bool {
        let line = |line: &Line| frame.passes(&line.track, x, y);
        let level = |own: &Level| frame.passes(&level(own.value), x, y);
        self.lines.iter().any(line) || self.levels.iter().any(level)
    }

    /// Draws all of it; `shade` is what a shaded span means, if the head is to say it. Gives where
    /// the head ends \[px from the left\].
    pub(super) fn draw(
        &self,
        picture: &mut Picture,
        frame: &Frame,
        shade: Option<&str>,
        sizes: &Sizes,
    ) -> f64 {
        for area in &self.areas {
            area.draw(picture, frame, sizes);
        }
        self.grid(picture, frame, sizes);
        for level in &self.levels {
            if level.value <= frame.value {
                let color = sizes.theme.of(level.thing);
                let y = frame.y(level.value);
                picture.dashed((frame.left, y), (frame.right, y), color, sizes.line * 0.6);
            }
        }
        for line in &self.lines {
            line.draw(picture, frame, sizes);
        }
        self.labels(picture, frame, sizes);
        self.head(picture, frame, shade, sizes)
    }

    fn grid(&self, picture: &mut Picture, frame: &Frame, sizes: &Sizes) {
        let theme = sizes.theme;
        let room = (frame.bottom - frame.top) / (sizes.text * 1.7);
        for (value, text) in self.ticks((room as u32).clamp(1, 4)) {
            let y = frame.y(value);
            let color = if value == 0.0 { theme.axis() } else { theme.grid() };
            picture.line(vec![(frame.left, y), (frame.right, y)], color, sizes.line * 0.4);
            let look = sizes.look(theme.faint(), Anchor::End);
            picture.text((frame.left - sizes.text * 0.5, y + sizes.text * 0.36), &text, &look);
        }
    }

    /// Values and texts along the axis.
    fn ticks(&self, most: u32) -> Vec<(f64, String)> {
        let step = match self.unit {
            Unit::Whole => value_step(self.top, most).max(1.0).ceil(),
            Unit::Bytes => byte_step(self.top, most),
            _ => value_step(self.top, most),
        };
        let count = (self.top / step + 1e-9) as u32;
        (0..=count).map(|tick| f64::from(tick) * step).map(|v| (v, self.unit.text(v))).collect()
    }

    /// Name of the panel, and what its areas and the shade are.
    fn head(
        &self,
        picture: &mut Picture,
        frame: &Frame,
        shade: Option<&str>,
        sizes: &Sizes,
    ) -> f64 {
        let (theme, y) = (sizes.theme, frame.top - sizes.text * 0.55);
        let bold = Look { bold: true, ..sizes.look(theme.ink(), Anchor::Start) };
        picture.text((frame.left, y), &self.title, &bold);
        let mut x = frame.left + text_width(&self.title, sizes.text, true) + sizes.text * 1.2;
        let areas = self.areas.iter().filter(|area| !area.name.is_empty());
        let areas = areas.map(|area| (area.name.as_str(), area.thing, area.alpha));
        for (name, thing, alpha) in areas.chain(shade.map(|name| (name, Thing::Failed, 0.2))) {
            let side = sizes.text * 0.75;
            picture.rectangle((x, y - side), (x + side, y), theme.of(thing), alpha.max(0.2));
            x += side + sizes.text * 0.4;
            picture.text((x, y), name, &sizes.look(theme.faint(), Anchor::Start));
            x += text_width(name, sizes.text, false) + sizes.text;
        }
        let notes = self.notes.join(", ");
        if frame.right - text_width(&notes, sizes.text, false) > x {
            picture.text((frame.right, y), &notes, &sizes.look(theme.faint(), Anchor::End));
        }
        x
    }

    /// Names of lines at their ends, moved apart where they would overlap.
    fn labels(&self, picture: &mut Picture, frame: &Frame, sizes: &Sizes) {
        let lines = self.lines.iter().filter_map(|line| {
            let value = line.track.at(frame.to_ms);
            let up = if value > frame.value { " ↑" } else { "" };
            (!value.is_nan()).then(|| (format!("{}{up}", line.name), line.thing, value))
        });
        let levels = self.levels.iter().filter(|level| level.value <= frame.value);
        let levels = levels.map(|level| (level.name.clone(), level.thing, level.value));
        let mut labels: Vec<Label> = lines
            .chain(levels)
            .filter(|(name, _, _)| !name.is_empty())
            .map(|(name, thing, value)| Label {
                name,
                color: sizes.theme.of(thing),
                y: frame.y(value),
            })
            .collect();
        let step = sizes.text * 1.15;
        spread(&mut labels, (frame.top + sizes.text * 0.2, frame.bottom), step);
        for label in labels {
            let look = sizes.look(label.color, Anchor::Start);
            let at = (frame.right + sizes.text * 0.5, label.y + sizes.text * 0.36);
            picture.text(at, &label.name, &look);
        }
    }
}

/// Moves labels apart, so that each has its room between two heights, and none goes further than it
/// must.
fn spread(labels: &mut [Label], (top, bottom): (f64, f64), step: f64) {
    labels.sort_by(|a, b| a.y.total_cmp(&b.y));
    let mut least = top;
    for label in labels.iter_mut() {
        label.y = label.y.max(least);
        least = label.y + step;
    }
    let mut most = bottom;
    for label in labels.iter_mut().rev() {
        label.y = label.y.min(most);
        most = label.y - step;
    }
}

impl Line {
    fn draw(&self, picture: &mut Picture, frame: &Frame, sizes: &Sizes) {
        let color = sizes.theme.of(self.thing);
        let crowded = frame.is_crowded(&self.track);
        if crowded {
            for points in frame.ranges(&self.track) {
                picture.area(points, color, 0.35);
            }
        }
        let width = sizes.line * self.width * if crowded { 0.6 } else { 1.0 };
        for points in frame.lines(&self.track) {
            picture.line(points, color, width);
        }
    }
}

impl Area {
    fn draw(&self, picture: &mut Picture, frame: &Frame, sizes: &Sizes) {
        let color = sizes.theme.of(self.thing);
        match &self.shape {
            AreaShape::Under(track) => {
                for points in frame.area(track) {
                    picture.area(points, color, self.alpha);
                }
            }
            AreaShape::Between(lower, upper, spans) => {
                for span in spans {
                    picture.area(frame.between(lower, upper, *span), color, self.alpha);
                }
            }
            AreaShape::Band(low, high) => {
                let span = (frame.from_ms, frame.to_ms);
                let points = frame.between(&level(*low), &level(*high), span);
                picture.area(points, color, self.alpha);
            }
        }
    }
}

impl Unit {
    fn text(self, value: f64) -> String {
        use crate::render::words;
        match self {
            Unit::Number => words::short(value),
            Unit::Whole => words::count(value),
            Unit::Percent => format!("{} %", words::count(value)),
            Unit::Bytes => words::bytes(value),
            Unit::Cores => words::cores(value),
        }
    }
}

/// A step of a power of two of bytes.
fn byte_step(top: f64, most: u32) -> f64 {
    let mut step = 1.0;
    while top / step > f64::from(most) {
        step *= 2.0;
    }
    step
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(heights: &[f64], expect: &[f64]) {
        let label = |y: &f64| Label { name: String::new(), color: Color(0, 0, 0), y: *y };
        let mut labels: Vec<Label> = heights.iter().map(label).collect();
        spread(&mut labels, (0.0, 100.0), 10.0);
        assert_eq!(labels.iter().map(|label| label.y).collect::<Vec<_>>(), expect);
    }

    #[test]
    fn labels_are_moved_apart() {
        check(&[50.0, 20.0], &[20.0, 50.0]);
        check(&[50.0, 52.0, 53.0], &[50.0, 60.0, 70.0]);
        check(&[99.0, 100.0], &[90.0, 100.0]);
    }
}
