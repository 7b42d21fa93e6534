//! One chart of characters: an area, what is lost on top of it, and lines.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use crate::render::words;
use crate::tui::theme::Theme;

/// Columns left of a plot: labels and the axis.
pub const GUTTER: u16 = 6;
/// Share of the upper edge from which on a loss is shown.
const LOSS_SHOWN: f64 = 0.005;
/// The line of a bound.
pub const BOUND: char = '┈';
/// Levels of a character cell, from empty to full.
const LEVELS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// What a plot shows. All values have one entry for each column.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plot<'a> {
    /// Value at the upper edge; the lower edge is 0.
    pub top: f64,
    /// The area, and its colours.
    pub area: (&'a [f64], Style),
    /// What lies on top of it.
    pub lost: Option<(&'a [f64], Style)>,
    /// Lines, the most important last.
    pub lines: Vec<(&'a [f64], char, Style)>,
    /// Column of the cursor.
    pub cursor: Option<u16>,
}

/// Draws a plot with its labels.
pub fn draw(plot: &Plot<'_>, rect: Rect, theme: Theme, buffer: &mut Buffer) {
    if rect.height == 0 || rect.width <= GUTTER {
        return;
    }
    for row in 0..rect.height {
        let label = match row {
            0 => words::short(plot.top),
            row if row == rect.height - 1 => "0".to_owned(),
            _ => String::new(),
        };
        let axis = if label.is_empty() { '│' } else { '┤' };
        let label = format!("{label:>width$}{axis}", width = usize::from(GUTTER) - 1);
        buffer.set_string(rect.x, rect.y + row, label, theme.dim());
    }
    let inner = Rect { x: rect.x + GUTTER, width: rect.width - GUTTER, ..rect };
    for column in 0..inner.width {
        for row in 0..inner.height {
            let (glyph, style) = cell(plot, column, inner.height - 1 - row, inner.height);
            let at_cursor = plot.cursor == Some(column);
            let (glyph, style) = match (at_cursor, glyph) {
                (true, ' ') => ('│', theme.strong()),
                (true, glyph) => (glyph, style.add_modifier(Modifier::REVERSED)),
                (false, glyph) => (glyph, style),
            };
            buffer[(inner.x + column, inner.y + row)].set_char(glyph).set_style(style);
        }
    }
}

/// The character at a column and a row from below.
fn cell(plot: &Plot<'_>, column: u16, row: u16, rows: u16) -> (char, Style) {
    let unit = plot.top.max(f64::MIN_POSITIVE) / f64::from(rows);
    let value = |values: &[f64]| values.get(usize::from(column)).copied().unwrap_or(0.0).max(0.0);
    let (area, style) = plot.area;
    let level = value(area) / unit - f64::from(row);
    let eighths = (level.clamp(0.0, 1.0) * 8.0).round() as usize;
    let loss = plot.lost.map(|(lost, style)| (value(lost), style));
    if let Some((lost, style)) = loss.filter(|(lost, _)| *lost > plot.top * LOSS_SHOWN) {
        let above = (value(area) + lost) / unit - f64::from(row);
        // However small it is, it shows in the row on top of the area.
        let first = level <= 0.0 && level > -1.0;
        if eighths == 0 && (above >= 0.5 || first) {
            return ('░', style);
        }
    }
    for (values, glyph, style) in plot.lines.iter().rev() {
        let height = value(values) / unit;
        let shown = height > f64::from(row) && height <= f64::from(row) + 1.0;
        // Where the area is as high, the line says nothing more.
        if shown && eighths == 0 {
            return (*glyph, *style);
        }
        // Below the area a bound says nothing, and what is wanted does.
        if shown && eighths == 8 && *glyph != BOUND && value(values) < value(area) * 0.98 {
            let ground = plot.area.1.fg;
            return (*glyph, ground.map_or(*style, |ground| style.bg(ground)));
        }
    }
    if eighths > 0 { (LEVELS[eighths], style) } else { (' ', Style::new()) }
}
