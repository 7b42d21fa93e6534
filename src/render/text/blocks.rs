//! Small charts of block characters: areas and lines over columns of time.

use super::paint::{Style, width};
use crate::render::palette::Thing;
use crate::render::ticks::time_step;
use crate::render::words;

/// Share of what arrives from which on a loss is shown however small it is.
const LOSS_SHOWN: f64 = 0.01;
/// Levels of a character cell, from empty to full.
const LEVELS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// One band of a chart: what is, as an area; what is lost, on top of it; what is possible, as a
/// line.
#[derive(Clone, Debug, Default)]
pub(super) struct Band {
    /// Head, as in `requests/s`.
    pub(super) title: String,
    /// Value at the upper edge; the lower edge is 0.
    pub(super) top: f64,
    /// Rows of characters.
    pub(super) rows: u16,
    /// The area and its name.
    pub(super) area: Layer,
    /// What lies on top of the area.
    pub(super) lost: Option<Layer>,
    /// A line, seen where the area does not cover it.
    pub(super) line: Option<Layer>,
}

/// A value in each column, with its name.
#[derive(Clone, Debug, Default)]
pub(super) struct Layer {
    /// Name for the legend.
    pub(super) name: String,
    /// What it is, for its colour.
    pub(super) thing: Option<Thing>,
    /// One value a column; 0 where nothing is known.
    pub(super) values: Vec<f64>,
}

/// Marks below a chart: one character a column.
#[derive(Clone, Debug, Default)]
pub(super) struct Marks {
    /// Head.
    pub(super) title: String,
    /// A character and its colour by column.
    pub(super) marks: Vec<(char, Option<Thing>)>,
}

/// Columns left of a chart: labels and the axis.
pub(super) const GUTTER: usize = 12;

/// Draws a band: a head with its legend, then its rows.
pub(super) fn band(band: &Band, style: Style) -> Vec<String> {
    let mut lines = vec![head(band, style)];
    let rows = usize::from(band.rows.max(1));
    for row in (0..rows).rev() {
        let label = match row {
            row if row == rows - 1 => words::short(band.top),
            0 => "0".to_owned(),
            _ => String::new(),
        };
        let axis = match (label.is_empty(), style.ascii) {
            (true, false) => '│',
            (false, false) => '┤',
            (_, true) => '|',
        };
        let gutter = format!("{label:>width$} ", width = GUTTER - 2);
        lines.push(style.dim(&format!("{gutter}{axis}")) + &cells(band, row, rows, style));
    }
    lines
}

/// `requests/s        █ served  ░ failed  ─ capacity`
fn head(band: &Band, style: Style) -> String {
    let samples = if style.ascii { ['#', ':', '-'] } else { ['█', '░', '─'] };
    let layers = [Some(&band.area), band.lost.as_ref(), band.line.as_ref()];
    let legend: Vec<String> = layers
        .into_iter()
        .zip(samples)
        .filter_map(|(layer, sample)| {
            let layer = layer?;
            Some(format!("{} {}", style.colored(&sample.to_string(), layer.thing), layer.name))
        })
        .collect();
    let title = format!("{:>pad$}", band.title, pad = GUTTER - 2);
    let room = (GUTTER + 2).saturating_sub(width(&title)).max(2);
    format!("{}{}{}", style.bold(&title), " ".repeat(room), legend.join("   "))
}

/// One row of characters; neighbours of one colour share its codes.
fn cells(band: &Band, row: usize, rows: usize, style: Style) -> String {
    let columns = band.area.values.len();
    let mut line = String::new();
    let mut run = (String::new(), None);
    for column in 0..columns {
        let (glyph, thing) = cell(band, row, rows, column, style.ascii);
        if thing != run.1 && glyph != ' ' {
            line.push_str(&style.colored(&run.0, run.1));
            run = (String::new(), thing);
        }
        run.0.push(glyph);
    }
    line.push_str(&style.colored(run.0.trim_end(), run.1));
    line.trim_end().to_owned()
}

fn cell(band: &Band, row: usize, rows: usize, column: usize, ascii: bool) -> (char, Option<Thing>) {
    let value = |layer: &Layer| layer.values.get(column).copied().unwrap_or(0.0);
    let area = value(&band.area);
    let lost = band.lost.as_ref().map_or(0.0, value);
    if is_lost(area, lost, band.top, row, rows) {
        let thing = band.lost.as_ref().and_then(|lost| lost.thing);
        return (if ascii { ':' } else { '░' }, thing);
    }
    let filled = level(area, band.top, rows).saturating_sub(row * 8).min(8);
    if filled > 0 {
        let glyph = if ascii { if filled >= 4 { '#' } else { '_' } } else { LEVELS[filled] };
        return (glyph, band.area.thing);
    }
    if let Some(line) = &band.line {
        let height = level(value(line), band.top, rows);
        if height > 0 && (height - 1) / 8 == row {
            return (if ascii { '-' } else { '─' }, line.thing);
        }
    }
    (' ', None)
}

/// Whether a cell shows what is lost: it lies mostly above the area and under the whole. A loss of
/// more than [`LOSS_SHOWN`] has at least one cell, the one over the area, or its last one.
fn is_lost(area: f64, lost: f64, top: f64, row: usize, rows: usize) -> bool {
    if lost <= 0.0 {
        return false;
    }
    let (under, all) = (level(area, top, rows), level(area + lost, top, rows));
    let covered = all.saturating_sub(row * 8);
    let first = under.div_ceil(8).min(rows - 1);
    row * 8 >= under && covered >= 4 || lost > LOSS_SHOWN * (area + lost) && row == first
}

/// Eighths of a row that a value fills, from 0 to `8 * rows`; at least one if it is above 0.
fn level(value: f64, top: f64, rows: usize) -> usize {
    if value.is_nan() || value <= 0.0 || top <= 0.0 {
        return 0;
    }
    let most = rows as f64 * 8.0;
    (value / top * most).round().clamp(1.0, most) as usize
}

/// A row of marks.
pub(super) fn marks(marks: &Marks, style: Style) -> String {
    let mut line = format!("{:>pad$}  ", marks.title, pad = GUTTER - 2);
    line = style.dim(&line);
    for (mark, thing) in &marks.marks {
        match mark {
            ' ' => line.push(' '),
            mark => line.push_str(&style.colored(&mark.to_string(), *thing)),
        }
    }
    line.trim_end().to_owned()
}

/// The axis of time, with a label at each tick: `└0────10m────20m──`.
pub(super) fn axis(seconds: f64, columns: usize, style: Style) -> String {
    let (corner, dash) = if style.ascii { ('+', '-') } else { ('└', '─') };
    let mut line: Vec<char> = vec![dash; columns];
    let step = time_step(seconds, (columns / 9).clamp(2, 12) as u32);
    let mut free_from = 0;
    for tick in 0..=(seconds / step) as u32 {
        let at = f64::from(tick) * step;
        let column = (at / seconds * columns as f64) as usize;
        let label = words::instant(at, false);
        if column >= free_from && column + width(&label) <= columns {
            for (place, letter) in label.chars().enumerate() {
                line[column + place] = letter;
            }
            free_from = column + width(&label) + 2;
        }
    }
    let line: String = line.into_iter().collect();
    style.dim(&format!("{:>pad$}{corner}{line}", "", pad = GUTTER - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Band {
        let layer = |name: &str, values: &[f64]| Layer {
            name: name.to_owned(),
            thing: None,
            values: values.to_vec(),
        };
        Band {
            title: "requests/s".to_owned(),
            top: 8.0,
            rows: 2,
            area: layer("served", &[1.0, 2.0, 4.0, 4.0, 8.0, 3.0]),
            lost: Some(layer("failed", &[0.0, 0.0, 0.0, 3.0, 0.0, 0.0])),
            line: Some(layer("capacity", &[4.0, 4.0, 4.0, 4.0, 8.0, 8.0])),
        }
    }

    #[test]
    fn areas_lines_and_losses_share_the_cells() {
        let lines = band(&sample(), Style::default());
        assert_eq!(lines[0], "requests/s    █ served   ░ failed   ─ capacity");
        assert_eq!(lines[1], "         8 ┤   ░█─");
        assert_eq!(lines[2], "         0 ┤▂▄███▆");
    }

    #[test]
    fn ascii_needs_no_font() {
        let lines = band(&sample(), Style { ascii: true, ..Style::default() });
        assert_eq!(lines[1], "         8 |   :#-");
        assert!(lines.iter().all(|line| line.is_ascii()));
    }

    #[test]
    fn ticks_have_labels() {
        let line = axis(3600.0, 60, Style::default());
        assert_eq!(
            line.trim_start(),
            "└0─────────10m───────20m───────30m───────40m───────50m───────"
        );
        assert_eq!(axis(3600.0, 60, Style { ascii: true, ..Style::default() }).len(), 72);
    }

    #[test]
    fn odd_values_do_no_harm() {
        assert_eq!(level(f64::NAN, 1.0, 4), 0);
        assert_eq!(level(f64::INFINITY, 1.0, 4), 32);
        assert_eq!(level(1.0, 0.0, 4), 0);
        assert_eq!(level(1e-9, 1.0, 4), 1);
    }
}
