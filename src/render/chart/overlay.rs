//! Several runs of the same over one axis of time, drawn over each other.

use super::column::{Column, Entry};
use super::layout::{empty, foot, heading};
use super::panel::{Line, Panel, Unit};
use super::picture::Picture;
use super::{Theme, paint};
use crate::render::palette::Thing;
use crate::report::EventRow;
use crate::report::track::Track;

/// What is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Overlay {
    /// Width \[px\]; held within [`super::SIZE_LIMITS`].
    pub width: u32,
    /// Height \[px\]; held within [`super::SIZE_LIMITS`].
    pub height: u32,
    /// Light or dark.
    pub theme: Theme,
    /// What was found.
    pub title: String,
    /// What is compared.
    pub subtitle: String,
    /// What made the chart.
    pub made_by: String,
    /// Begin and end \[ms\].
    pub span: (f64, f64),
    /// What happened meanwhile.
    pub events: Vec<EventRow>,
    /// From top to bottom.
    pub panels: Vec<OverlayPanel>,
}

/// What is drawn in one frame: counts of the same in several runs.
#[derive(Clone, Debug, PartialEq)]
pub struct OverlayPanel {
    /// Head, as in `Replicas`.
    pub title: String,
    /// From back to front.
    pub lines: Vec<OverlayLine>,
}

/// One run.
#[derive(Clone, Debug, PartialEq)]
pub struct OverlayLine {
    /// Name of the run.
    pub name: String,
    /// What gives it its colour.
    pub thing: Thing,
    /// Width over that of a usual line: what lies behind has to be wider to be seen.
    pub width: f64,
    /// Counts over time.
    pub track: Track,
}

/// The chart as SVG.
pub fn svg(overlay: &Overlay) -> String {
    paint::svg(&picture(overlay))
}

/// The chart as PNG.
pub fn png(overlay: &Overlay) -> Vec<u8> {
    paint::png(&picture(overlay))
}

fn picture(overlay: &Overlay) -> Picture {
    let (mut picture, sizes) = empty(overlay.width, overlay.height, overlay.theme);
    let top = heading(&mut picture, &sizes, &overlay.title, &overlay.subtitle);
    let bottom = foot(&mut picture, &sizes, &overlay.made_by);
    let entry = |panel| Entry { panel: drawn(panel, overlay.span), workload: None };
    let entries = overlay.panels.iter().map(entry).collect();
    let column = Column { entries, span: overlay.span, events: &overlay.events, scalings: None };
    let right = f64::from(picture.width) - sizes.text * 1.2;
    column.draw(&mut picture, ((sizes.text * 1.2, top), (right, bottom)), &sizes);
    picture
}

fn drawn(panel: &OverlayPanel, (from, to): (f64, f64)) -> Panel {
    let highest = panel.lines.iter().map(|line| line.track.max(from, to)).fold(1.0, f64::max);
    let line = |line: &OverlayLine| Line {
        name: line.name.clone(),
        thing: line.thing,
        track: line.track.clone(),
        width: line.width,
    };
    Panel {
        title: panel.title.clone(),
        weight: 1.0,
        top: highest * 1.12,
        unit: Unit::Whole,
        lines: panel.lines.iter().map(line).collect(),
        ..Panel::default()
    }
}
