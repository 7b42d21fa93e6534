//! The log, in kubectl's words.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::text::{self, instant, piece, plain};
use crate::tui::app::App;
use crate::tui::log::{Kind, Told};

/// Draws the panel: the newest entry stands last.
pub fn draw(app: &App, rect: Rect, buffer: &mut Buffer) {
    let title = match app.follow.filter(|_| app.only_followed) {
        Some(pod) => {
            let object = crate::kube::objects::ids::ObjectId::Pod(pod);
            format!("events of {}", app.take().names.object(object))
        }
        None => "events".to_owned(),
    };
    let inner = text::head(app, rect, &title, buffer);
    let shown = shown(app, inner.height);
    for (row, entry) in (inner.y..).zip(shown) {
        let told = app.take().tell(&app.take().log[entry as usize]);
        buffer.set_line(inner.x, row, &line(app, &told), inner.width);
    }
}

/// The entry in a row of the screen.
pub fn entry_at(app: &App, rect: Rect, row: u16) -> Option<u32> {
    let row = row.checked_sub(rect.y + 1)?;
    shown(app, rect.height.saturating_sub(1)).get(usize::from(row)).copied()
}

/// The entries that are shown, in order of time.
fn shown(app: &App, height: u16) -> Vec<u32> {
    let take = app.take();
    let about = app.follow.filter(|_| app.only_followed);
    let told = app.place().told.saturating_sub(app.log_back);
    let fits = |place: &u32| {
        let entry = &take.log[*place as usize];
        // What is told again later stands where it was told last.
        entry.again.is_none_or(|again| again >= told)
            && about.is_none_or(|pod| entry.is_about(&take.recording, pod))
    };
    let mut shown: Vec<u32> = (0..told).rev().filter(fits).take(usize::from(height)).collect();
    shown.reverse();
    shown
}

fn line(app: &App, told: &Told) -> Line<'static> {
    let theme = app.theme;
    let style = match told.kind {
        Kind::Normal => theme.strong(),
        Kind::Warning => theme.bad(),
        Kind::User => theme.strong(),
    };
    let mark = match told.kind {
        Kind::Normal => ' ',
        Kind::Warning => '!',
        Kind::User => '◆',
    };
    let now = told.at == app.now();
    let time = if now { theme.strong() } else { theme.dim() };
    let searched = app.search.to_lowercase();
    let found = !searched.is_empty() && told.haystack().contains(&searched);
    let times = if told.times > 1 { format!("x{} ", told.times) } else { String::new() };
    let message = format!("{} {times}{}", told.object, told.message);
    let message = plain(message.trim_start().to_owned());
    let message = if found { message.style(theme.chosen()) } else { message };
    Line::from(vec![
        piece(format!("{:>7} {mark}", instant(told.at)), time),
        piece(format!("{} ", told.reason), style),
        message,
    ])
}
