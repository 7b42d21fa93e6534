//! The form of what-if.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::popup::window;
use super::text::{cut, piece, plain, wrap};
use crate::tui::app::App;
use crate::tui::what_if::{Form, Knob};

/// Columns of the form.
const WIDTH: u16 = 72;
/// Columns of the names of fields.
const NAME: usize = 36;

/// Draws the form over the panels.
pub fn draw(app: &App, form: &Form, area: Rect, buffer: &mut Buffer) {
    let mut lines: Vec<Line<'static>> = Vec::new();
    let mut chosen = 0;
    for (place, knob) in form.knobs.iter().enumerate() {
        let former = place.checked_sub(1).map(|before| &form.knobs[before].group);
        if former != Some(&knob.group) {
            lines.push(Line::from(piece(knob.group.clone(), app.theme.strong())));
        }
        if place == form.chosen {
            chosen = lines.len();
        }
        lines.push(line(app, knob, place == form.chosen));
    }
    let wrong: Vec<String> =
        form.error.iter().flat_map(|it| wrap(it, usize::from(WIDTH) - 4)).collect();
    let errors = wrong.len().min(6);
    let height = (lines.len() + errors) as u16;
    let inner = window(app, "what if", (WIDTH, height), area, buffer);
    let rows = usize::from(inner.height).saturating_sub(errors).max(1);
    let first = (chosen + 2).saturating_sub(rows).min(lines.len().saturating_sub(rows));
    let shown = lines.iter().skip(first).take(rows);
    for (row, line) in (inner.y..).zip(shown) {
        buffer.set_line(inner.x, row, line, inner.width);
    }
    let from = inner.bottom() - (errors as u16).min(inner.height);
    for (row, wrong) in (from..inner.bottom()).zip(&wrong) {
        let wrong = cut(wrong, usize::from(inner.width));
        buffer.set_string(inner.x, row, wrong, app.theme.bad());
    }
}

/// `maxReplicas            20 -> 30`
fn line(app: &App, knob: &Knob, chosen: bool) -> Line<'static> {
    let theme = app.theme;
    let mark = if chosen { "▸" } else { " " };
    let name = format!("{mark} {:<NAME$} ", cut(&knob.name, NAME));
    let changed = knob.now.trim() != knob.was;
    let mut line = vec![if chosen { piece(name, theme.strong()) } else { plain(name) }];
    if changed {
        let was = if knob.was.is_empty() { "default" } else { &knob.was };
        line.push(piece(format!("{was} → "), theme.dim()));
        line.push(piece(knob.now.clone(), theme.strong()));
    } else {
        line.push(plain(knob.now.clone()));
    }
    if chosen {
        line.push(piece(" ", theme.chosen()));
    }
    if knob.now.is_empty() {
        line.push(piece(format!(" ({})", knob.hint), theme.dim()));
    }
    Line::from(line)
}
