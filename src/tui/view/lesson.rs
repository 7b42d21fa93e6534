//! A question of a lesson, over the lower part of the screen.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::{Block, Clear, Widget as _};

use super::text::{instant, piece, wrap};
use crate::tui::app::App;
use crate::tui::lesson::{Card, panel_name};

/// Widest card \[columns\].
const WIDTH_MAX: u16 = 100;

/// Draws the card.
pub fn draw(app: &App, card: &Card, area: Rect, buffer: &mut Buffer) {
    let width = area.width.min(WIDTH_MAX);
    let lines = lines(app, card, usize::from(width - 4));
    let height = (lines.len() as u16 + 2).min(area.height - 1);
    let y = area.bottom() - 1 - height;
    let rect = Rect { x: area.x + (area.width - width) / 2, y, width, height };
    let steps = app.takes[0].scenario.lesson.len();
    Clear.render(rect, buffer);
    let title = format!(" question {} of {steps} ", card.step + 1);
    Block::bordered().title(title).title_style(app.theme.strong()).render(rect, buffer);
    let inner = Rect { x: rect.x + 2, y: y + 1, width: width - 4, height: height - 2 };
    super::text::lines(&lines, inner, buffer);
}

fn lines(app: &App, card: &Card, width: usize) -> Vec<Line<'static>> {
    let theme = app.theme;
    let step = &app.takes[0].scenario.lesson[card.step];
    let styled = |text: &str, style: Style| {
        wrap(text, width).into_iter().map(move |line| Line::from(piece(line, style)))
    };
    let question = format!("{}: {}", instant(step.at), step.question);
    let mut lines: Vec<Line<'static>> = styled(&question, theme.strong()).collect();
    if let Some(panel) = step.look {
        lines.push(Line::from(piece(format!("look at {}", panel_name(panel)), theme.dim())));
    }
    for (place, choice) in step.choices.iter().enumerate() {
        let number = (place + 1).to_string();
        let chosen = card.guess == number;
        let right = card.told && step.right == Some(place as u32);
        let mark = match (right, chosen) {
            (true, _) => '✓',
            (false, true) if card.told => '✗',
            (false, true) => '▸',
            (false, false) => ' ',
        };
        let style = if chosen || right { theme.strong() } else { Style::new() };
        let text = format!("{mark} {number}  {choice}");
        lines.extend(styled(&text, style));
    }
    if !card.told {
        let ask = if step.choices.is_empty() { "your guess: " } else { "your choice: " };
        lines.push(Line::from(vec![
            piece(format!("{ask}{}", card.guess), theme.strong()),
            piece(" ", theme.chosen()),
            piece("   enter: the answer   esc: look around", theme.dim()),
        ]));
        return lines;
    }
    let verdict = match card.right {
        Some(true) => "right: ".to_owned(),
        Some(false) => "not quite: ".to_owned(),
        None if card.guess.trim().is_empty() => String::new(),
        None => format!("you said {}: ", card.guess.trim()),
    };
    lines.push(Line::default());
    lines.extend(styled(&format!("{verdict}{}", step.answer), Style::new()));
    let keys = "enter: go on   e: the whole chain   esc: look around";
    lines.push(Line::from(piece(keys, theme.dim())));
    lines
}
