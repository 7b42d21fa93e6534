//! The summary on one screen: what happened in sentences, a small chart, the key numbers, what the
//! HPA did, and what was assumed.

mod blocks;
mod figures;
mod history;
mod paint;
mod side_by_side;

use crate::render::story;
use crate::report::Report;

pub use paint::{Style, width, wrap};
pub use side_by_side::side_by_side;

/// What of a report becomes text, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct TextOptions {
    /// How it looks.
    pub style: Style,
    /// Most decisions that are listed.
    pub decisions_max: u32,
    /// Whether all assumptions are listed, or as many as fit a line or two.
    pub all_assumptions: bool,
    /// Findings about the input, as they are to be shown.
    pub warnings: Vec<String>,
    /// What is named for more on a decision, as in `podtide explain scenario.yaml`.
    pub explain: Option<String>,
}

impl Default for TextOptions {
    fn default() -> TextOptions {
        TextOptions {
            style: Style::default(),
            decisions_max: 8,
            all_assumptions: false,
            warnings: Vec::new(),
            explain: None,
        }
    }
}

/// The summary of a simulation.
pub fn text(report: &Report, options: &TextOptions) -> String {
    let style = options.style;
    let mut page = Page { lines: vec![title(report, style)], columns: style.columns() };
    let shown = story::worst_first(report).first().copied();
    if report.workloads.len() > 1 {
        page.paragraphs([story::cluster(report)]);
        page.block(figures::table(report, style));
    }
    if let Some(place) = shown {
        let workload = &report.workloads[place];
        let whole = story::nodes(report).into_iter().chain(story::evictions(report));
        let whole = whole.chain(story::last_failure(report));
        let others = story::of_others(report, place);
        page.paragraphs(story::workload(workload).into_iter().chain(others).chain(whole));
        page.block(history::chart(
            workload,
            &report.series.workloads[place],
            report.series.end,
            style,
        ));
        page.block(figures::lines(workload, style));
        page.block(history::decisions(workload, options));
    }
    page.block(figures::refused(report, style.columns()));
    page.block(options.warnings.iter().flat_map(|text| text.lines().map(str::to_owned)).collect());
    page.block(figures::assumptions(report, options));
    page.finish()
}

/// `flash-sale   1 h of shop (...)   seed 7   Kubernetes v1.36 rules`, in two lines if need be.
fn title(report: &Report, style: Style) -> String {
    let scenario = &report.scenario;
    let rules = format!("seed {}   {}", scenario.seed, story::rules(report));
    let (name, setup) = (&scenario.name, story::setup(report));
    let one = format!("   {setup}   {rules}");
    if width(name) + width(&one) <= style.columns() {
        return style.bold(name) + &one;
    }
    let setup = paint::wrap(&setup, style.columns()).join("\n");
    format!("{}   {rules}\n{setup}", style.bold(name))
}

/// Blocks of lines with an empty line between them.
struct Page {
    lines: Vec<String>,
    columns: usize,
}

impl Page {
    fn block(&mut self, lines: Vec<String>) {
        if !lines.is_empty() {
            self.lines.push(String::new());
            self.lines.extend(lines);
        }
    }

    fn paragraphs(&mut self, texts: impl IntoIterator<Item = String>) {
        let wrapped = texts.into_iter().flat_map(|text| paint::wrap(&text, self.columns)).collect();
        self.block(wrapped);
    }

    fn finish(self) -> String {
        self.lines.join("\n") + "\n"
    }
}
