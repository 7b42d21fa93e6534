//! Small things that all panels draw with.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::tui::app::App;
use crate::units::SimTime;

/// An instant as the title shows it: to the second, or finer where it is finer.
pub fn exact(at: SimTime) -> String {
    crate::render::words::instant(at.as_secs_f64(), at.0 % 1000 != 0)
}

/// An instant as it is shown everywhere else, to the second.
pub fn instant(at: SimTime) -> String {
    crate::render::words::instant(at.as_secs_f64(), false)
}

/// A rule with a title, over the first row of a panel; gives the rest of the panel.
pub fn head(app: &App, rect: Rect, title: &str, buffer: &mut Buffer) -> Rect {
    if rect.height == 0 {
        return rect;
    }
    let rule = "─".repeat(usize::from(rect.width));
    buffer.set_stringn(rect.x, rect.y, rule, usize::from(rect.width), app.theme.dim());
    let room = usize::from(rect.width.saturating_sub(3));
    if !title.is_empty() {
        let title = format!(" {} ", cut(title, room.saturating_sub(2)));
        buffer.set_stringn(rect.x + 1, rect.y, title, room, app.theme.strong());
    }
    Rect { y: rect.y + 1, height: rect.height - 1, ..rect }
}

/// A wall between two panels, from a row to the row before another.
pub fn wall(column: u16, from: u16, to: u16, app: &App, buffer: &mut Buffer) {
    for row in from..to {
        buffer[(column, row)].set_char('│').set_style(app.theme.dim());
    }
}

/// Lines from the top of a rectangle, as many as fit.
pub fn lines(all: &[Line<'_>], rect: Rect, buffer: &mut Buffer) {
    for (row, line) in (rect.y..rect.bottom()).zip(all) {
        buffer.set_line(rect.x, row, line, rect.width);
    }
}

/// A text that is at most so long; what is cut ends in an ellipsis.
pub fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(width.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// A piece of a line.
pub fn piece(text: impl Into<String>, style: Style) -> Span<'static> {
    Span::styled(text.into(), style)
}

/// A piece of a line without a style.
pub fn plain(text: impl Into<String>) -> Span<'static> {
    Span::raw(text.into())
}

/// A text in lines of at most so many columns, cut between words.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let indent: String = paragraph.chars().take_while(|letter| *letter == ' ').collect();
        let mut line = indent.clone();
        for word in paragraph.split_whitespace() {
            let long = line.chars().count() + 1 + word.chars().count() > width;
            if long && line.len() > indent.len() {
                lines.push(std::mem::replace(&mut line, indent.clone()));
            }
            if line.len() > indent.len() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_whole() {
        assert_eq!(wrap("  one two three", 9), ["  one two", "  three"]);
        assert_eq!(wrap("a\n\nb", 9), ["a", "", "b"]);
        assert_eq!(cut("abcdef", 4), "abc…");
    }
}
