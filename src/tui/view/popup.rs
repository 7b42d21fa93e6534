//! What is open over the panels.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::{Block, Clear, Widget as _};

use super::{lesson, what_if};
use crate::tui::app::{App, Mode, Reading};

/// Draws what is open.
pub fn draw(app: &App, area: Rect, buffer: &mut Buffer) {
    match &app.mode {
        Mode::Reading(page) => reading(app, page, area, buffer),
        Mode::Lesson(card) => lesson::draw(app, card, area, buffer),
        Mode::WhatIf(form) => what_if::draw(app, form, area, buffer),
        Mode::Watch | Mode::Goto(_) | Mode::Search(_) => {}
    }
}

/// A rectangle in the middle of the screen, with a border and a title; gives what is inside.
pub fn window(app: &App, title: &str, size: (u16, u16), area: Rect, buffer: &mut Buffer) -> Rect {
    let width = (size.0 + 4).min(area.width);
    let height = (size.1 + 2).min(area.height - 1);
    let rect = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - 1 - height) / 2,
        width,
        height,
    };
    Clear.render(rect, buffer);
    Block::bordered()
        .title(format!(" {title} "))
        .title_style(app.theme.strong())
        .render(rect, buffer);
    Rect { x: rect.x + 2, y: rect.y + 1, width: width - 4, height: height - 2 }
}

fn reading(app: &App, page: &Reading, area: Rect, buffer: &mut Buffer) {
    let width = page.lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
    let width = width.max(page.title.chars().count() + 2) as u16;
    let inner = window(app, &page.title, (width, page.lines.len() as u16), area, buffer);
    let shown = page.lines.iter().skip(page.first as usize);
    for (row, line) in (inner.y..inner.bottom()).zip(shown) {
        buffer.set_stringn(inner.x, row, line, usize::from(inner.width), Style::new());
    }
    let rest = (page.lines.len() as u32).saturating_sub(page.first + u32::from(inner.height));
    if rest > 0 {
        let note = format!(" {rest} more lines ↓ ");
        buffer.set_string(inner.x, inner.bottom(), note, app.theme.dim());
    }
}
