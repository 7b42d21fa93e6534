//! Where everything stands: title, columns of panels, foot.

use super::column::{Column, Entry};
use super::paint::text_width;
use super::panel::Sizes;
use super::panels::{PanelKind, Span, of_many, panels};
use super::picture::{Anchor, Look, Picture};
use super::{ChartOptions, SIZE_LIMITS, Theme};
use crate::render::story;
use crate::report::Report;

/// Least height of an em \[px\].
const TEXT_MIN: f64 = 11.0;
/// Height of an em over the picture's width: 22 px at 1600, which are 11 px on a page of 800.
const TEXT_SHARE: f64 = 22.0 / 1600.0;
/// Most workloads side by side.
const WORKLOADS_MAX: usize = 4;

/// The picture of a report.
pub(super) fn chart(report: &Report, options: &ChartOptions) -> Picture {
    let (picture, sizes) = empty(options.width, options.height, options.theme);
    let mut sheet = Sheet { picture, sizes, options, report };
    sheet.draw();
    sheet.picture
}

/// A picture without shapes, and the sizes that go with it.
pub(super) fn empty(width: u32, height: u32, theme: Theme) -> (Picture, Sizes) {
    let (least, most) = SIZE_LIMITS;
    let width = width.clamp(least, most);
    let text = (f64::from(width) * TEXT_SHARE).max(TEXT_MIN);
    let picture = Picture {
        width,
        height: height.clamp(least, most),
        background: theme.paper(),
        title: String::new(),
        shapes: Vec::new(),
    };
    (picture, Sizes { text, line: text / 7.0, theme })
}

struct Sheet<'a> {
    picture: Picture,
    sizes: Sizes,
    options: &'a ChartOptions,
    report: &'a Report,
}

impl Sheet<'_> {
    fn draw(&mut self) {
        let report = self.report;
        let asked =
            self.options.workload.as_ref().and_then(|name| {
                report.workloads.iter().position(|workload| workload.name == *name)
            });
        match (asked, report.workloads.len()) {
            (None, 0) => {
                let (title, why) = ("Nothing to draw", "the scenario has no workload");
                heading(&mut self.picture, &self.sizes, title, why);
            }
            (None, 1) => self.one(0),
            (Some(place), _) => self.one(place),
            (None, _) => self.many(),
        }
    }

    /// All panels of one workload, one above the other.
    fn one(&mut self, place: usize) {
        let report = self.report;
        let (workload, series) = (&report.workloads[place], &report.series.workloads[place]);
        let finding = story::title(report, workload);
        let setup = format!("{} of {}", story::time(report), story::subject(workload));
        let (top, bottom) = self.around(&finding, &setup);
        let span = self.span();
        let mut kinds = self.options.panels.clone();
        if report.cluster_autoscaler.is_some() && kinds == PanelKind::USUAL {
            kinds.insert(2, PanelKind::Nodes);
        }
        let panels = panels(series, &report.series.nodes, &kinds, span);
        let entries =
            panels.into_iter().map(|panel| Entry { panel, workload: Some(workload) }).collect();
        let events = story::marks(report, workload);
        let column = Column { entries, span, events: &events, scalings: Some(workload) };
        let right = f64::from(self.picture.width) - self.sizes.text * 1.2;
        let area = ((self.sizes.text * 1.2, top), (right, bottom));
        column.draw(&mut self.picture, area, &self.sizes);
    }

    /// Loads at the left, replicas at the right, one workload above the other.
    fn many(&mut self) {
        let report = self.report;
        let order = story::worst_first(report);
        let shown = &order[..order.len().min(WORKLOADS_MAX)];
        let mut setup = story::setup(report);
        if order.len() > shown.len() {
            setup = format!("{setup}, the {} that hurt most", shown.len());
        }
        let (top, bottom) = self.around(&story::cluster_title(report), &setup);
        let (span, width, text) = (self.span(), f64::from(self.picture.width), self.sizes.text);
        let named = || {
            let of = |place: &usize| {
                (report.workloads[*place].name.as_str(), &report.series.workloads[*place])
            };
            shown.iter().map(of)
        };
        let middle = width / 2.0;
        for (kind, left, right) in [
            (PanelKind::Load, text * 1.2, middle - text * 0.2),
            (PanelKind::Replicas, middle + text * 0.2, width - text * 1.2),
        ] {
            let panels = of_many(named(), kind, span).into_iter().zip(shown);
            let entry = |(panel, place): (_, &usize)| {
                let workload = Some(&report.workloads[*place]);
                Entry { panel, workload }
            };
            let entries = panels.map(entry).collect();
            let column = Column { entries, span, events: &report.events, scalings: None };
            column.draw(&mut self.picture, ((left, top), (right, bottom)), &self.sizes);
        }
    }

    /// Title and foot; gives the heights between which there is room.
    fn around(&mut self, finding: &str, setup: &str) -> (f64, f64) {
        let title = self.options.title.as_deref().unwrap_or(finding);
        let scenario = &self.report.scenario;
        let subtitle = format!("{}: {setup}, {}", scenario.name, story::rules(self.report));
        let top = heading(&mut self.picture, &self.sizes, title, &subtitle);
        let seed = format!("{}, seed {}", self.options.made_by, scenario.seed);
        (top, foot(&mut self.picture, &self.sizes, &seed))
    }

    fn span(&self) -> Span {
        let end = self.report.series.end.as_secs_f64();
        let from = self.options.from_seconds.unwrap_or(0.0).clamp(0.0, end);
        let to = self.options.to_seconds.unwrap_or(end).clamp(0.0, end);
        if to > from { (from * 1000.0, to * 1000.0) } else { (0.0, end.max(0.001) * 1000.0) }
    }
}

/// Title and subtitle; gives the height that they took.
pub(super) fn heading(picture: &mut Picture, sizes: &Sizes, title: &str, subtitle: &str) -> f64 {
    let text = sizes.text;
    let room = f64::from(picture.width) - text * 2.5;
    title.clone_into(&mut picture.title);
    let mut y = text * 0.6;
    let size = text * 1.5;
    for line in fitted(title, size, true, room) {
        y += size * 1.2;
        let look = Look { size, color: sizes.theme.ink(), anchor: Anchor::Start, bold: true };
        picture.text((text * 1.2, y), &line, &look);
    }
    y += text * 0.2;
    for line in fitted(subtitle, text, false, room) {
        y += text * 1.35;
        let look = sizes.look(sizes.theme.faint(), Anchor::Start);
        picture.text((text * 1.2, y), &line, &look);
    }
    y
}

/// What made the chart; gives the height at which it begins.
pub(super) fn foot(picture: &mut Picture, sizes: &Sizes, made_by: &str) -> f64 {
    let text = sizes.text;
    let y = f64::from(picture.height) - text * 0.9;
    let room = f64::from(picture.width) - text * 2.5;
    let line = fitted(made_by, text, false, room).swap_remove(0);
    let look = sizes.look(sizes.theme.faint(), Anchor::Start);
    picture.text((text * 1.2, y), &line, &look);
    y - text * 1.2
}

/// A text in lines that fit into a width: two at most, the second one cut.
fn fitted(text: &str, size: f64, bold: bool, room: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if line.is_empty() || text_width(&longer, size, bold) <= room {
            line = longer;
        } else if lines.is_empty() {
            lines.push(std::mem::replace(&mut line, word.to_owned()));
        } else {
            line.push('…');
            break;
        }
    }
    lines.push(line);
    lines
}
