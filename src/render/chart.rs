//! Charts as SVG and PNG: panels stacked on one axis of time, titled by what was found.
//!
//! What is drawn follows from the report alone; the same report and options give the same bytes.

mod column;
mod layout;
pub mod overlay;
mod paint;
mod panel;
mod panels;
mod picture;
mod scale;
mod theme;

use crate::report::Report;

pub use panels::PanelKind;
pub use theme::Theme;

/// Smallest and largest picture \[px\].
pub const SIZE_LIMITS: (u32, u32) = (320, 8000);

/// What is drawn, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct ChartOptions {
    /// Width \[px\]; held within [`SIZE_LIMITS`].
    pub width: u32,
    /// Height \[px\]; held within [`SIZE_LIMITS`].
    pub height: u32,
    /// Light or dark.
    pub theme: Theme,
    /// Which panels, in this order.
    pub panels: Vec<PanelKind>,
    /// Begin \[s\]; the start when absent.
    pub from_seconds: Option<f64>,
    /// End \[s\]; the end when absent.
    pub to_seconds: Option<f64>,
    /// Which workload, by name; the one that hurt most when absent.
    pub workload: Option<String>,
    /// The title; what was found when absent.
    pub title: Option<String>,
    /// What made the chart, for its foot: version and command.
    pub made_by: String,
}

impl Default for ChartOptions {
    fn default() -> ChartOptions {
        ChartOptions {
            width: 1600,
            height: 900,
            theme: Theme::Light,
            panels: PanelKind::USUAL.to_vec(),
            from_seconds: None,
            to_seconds: None,
            workload: None,
            title: None,
            made_by: format!("podtide {}", env!("CARGO_PKG_VERSION")),
        }
    }
}

/// The chart as SVG.
pub fn svg(report: &Report, options: &ChartOptions) -> String {
    paint::svg(&layout::chart(report, options))
}

/// The chart as PNG.
pub fn png(report: &Report, options: &ChartOptions) -> Vec<u8> {
    paint::png(&layout::chart(report, options))
}
