//! The first line: what is played, and when it is. The last line: keys, what is typed, and what the
//! player has to say.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::Line;

use super::text::{cut, exact, instant, piece, plain};
use crate::render::words;
use crate::tui::app::{App, Mode, SPEEDS};

/// Keys that are named while the player is watched, the most important first.
const KEYS: [(&str, &str); 13] = [
    ("?", "help"),
    ("q", "quit"),
    ("space", "play"),
    ("←→", "1 s"),
    (", .", "event"),
    ("[ ]", "rescale"),
    ("e", "explain"),
    ("w", "what-if"),
    ("/", "search"),
    ("g", "go to"),
    ("+ -", "zoom"),
    ("< >", "speed"),
    ("f", "follow"),
];

/// Draws the first line.
pub fn title(app: &App, rect: Rect, buffer: &mut Buffer) {
    let take = app.take();
    let bold = app.theme.strong();
    let play = if app.playing { "▶" } else { "❚❚" };
    let speed = words::count(f64::from(SPEEDS[app.speed]));
    // A lesson stops at the end of a second.
    let now = if app.lesson.is_some() { instant(app.now()) } else { exact(app.now()) };
    let labels: Vec<&str> = app.takes.iter().map(|take| take.label.as_str()).collect();
    let mut line = vec![
        piece(format!(" {} ", labels.join(" | ")), bold.add_modifier(Modifier::REVERSED)),
        piece(format!(" {now}"), bold),
        plain(format!(" / {}  {play} {speed}x  seed {}", instant(take.end()), take.scenario.seed)),
    ];
    if let Some(workload) = take.workload(app.workload) {
        let count = take.report.workloads.len();
        let which = if count > 1 {
            format!("  {} ({} of {count}, tab)", workload.name, app.workload + 1)
        } else {
            format!("  {}", workload.name)
        };
        line.push(plain(which));
    }
    if app.takes.len() > 1 {
        line.push(piece(format!("  details of {} (x)", take.label), app.theme.strong()));
    }
    buffer.set_line(rect.x, rect.y, &Line::from(line), rect.width);
}

/// Draws the last line.
pub fn status(app: &App, rect: Rect, buffer: &mut Buffer) {
    let theme = app.theme;
    let line = match &app.mode {
        Mode::Goto(text) => typed("go to: ", text, app),
        Mode::Search(text) => typed("/", text, app),
        Mode::WhatIf(_) if app.note.is_empty() => Line::from(plain(
            " ↑↓ choose   type a value   del as it was   enter play again   esc leave",
        )),
        Mode::Reading(_) => Line::from(plain(" ↑↓ scroll   esc close")),
        Mode::Watch | Mode::WhatIf(_) | Mode::Lesson(_) if !app.note.is_empty() => {
            let note = cut(&app.note, usize::from(rect.width.saturating_sub(2)));
            Line::from(piece(format!(" {note}"), theme.strong()))
        }
        Mode::Watch | Mode::WhatIf(_) | Mode::Lesson(_) => keys(app, rect.width),
    };
    buffer.set_line(rect.x, rect.y, &line, rect.width);
}

fn typed(prompt: &str, text: &str, app: &App) -> Line<'static> {
    Line::from(vec![
        piece(format!(" {prompt}"), app.theme.strong()),
        plain(text.to_owned()),
        piece(" ", app.theme.chosen()),
        piece("   enter: go   esc: leave", app.theme.dim()),
    ])
}

/// As many keys as fit.
fn keys(app: &App, width: u16) -> Line<'static> {
    let mut line = Vec::new();
    let mut used = 0;
    for (key, what) in KEYS {
        let what = if key == "space" && app.playing { "pause" } else { what };
        let length = (key.chars().count() + what.chars().count() + 4) as u16;
        if used + length > width {
            break;
        }
        used += length;
        line.push(piece(format!(" {key}"), app.theme.key()));
        line.push(piece(format!(" {what}  "), app.theme.dim()));
    }
    Line::from(line)
}
