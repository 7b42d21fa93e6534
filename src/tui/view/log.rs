//! The log, in kubectl's words.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::text::{self, instant, piece, plain};
use crate::tui::app::{App, Filter};
use crate::tui::log::{Kind, Told};

/// Draws the panel: the newest entry stands last.
pub fn draw(app: &App, rect: Rect, buffer: &mut Buffer) {
    let title = match app.follow.filter(|_| app.filter == Filter::Followed) {
        Some(pod) => {
            let object = crate::kube::objects::ids::ObjectId::Pod(pod);
            format!("events of {}", app.take().names.object(object))
        }
        None if app.takes.len() > 1 => {
            format!("events: 1 {}, 2 {}, = both", app.takes[0].label, app.takes[1].label)
        }
        None if app.filter == Filter::Brief => {
            "events (v: with what is routine for pods)".to_owned()
        }
        None => "events".to_owned(),
    };
    let inner = text::head(app, rect, &title, buffer);
    for (row, shown) in (inner.y..).zip(shown(app, inner.height)) {
        buffer.set_line(inner.x, row, &line(app, &shown), inner.width);
    }
}

/// The take and the entry in a row of the screen.
pub fn entry_at(app: &App, rect: Rect, row: u16) -> Option<(usize, u32)> {
    let row = row.checked_sub(rect.y + 1)?;
    let shown = shown(app, rect.height.saturating_sub(1));
    shown.get(usize::from(row)).map(|shown| (shown.take, shown.entry))
}

/// An entry that is shown.
struct Shown {
    take: usize,
    entry: u32,
    told: Told,
    /// Of two takes: whether both tell it at this instant.
    both: bool,
}

/// The entries that are shown, in order of time; of two takes those of both.
fn shown(app: &App, height: u16) -> Vec<Shown> {
    let mut shown = latest(app, 0, height);
    if app.takes.len() > 1 {
        for other in latest(app, 1, height) {
            match shown.iter_mut().find(|own| own.told == other.told && !own.both) {
                Some(own) => own.both = true,
                None => shown.push(other),
            }
        }
        // Entries of one take are in order already; sorting keeps it.
        shown.sort_by_key(|shown| (shown.told.at, shown.take));
        // What only one of the lists is too short for would look like a difference.
        let surplus = shown.len().saturating_sub(usize::from(height));
        shown.drain(..surplus);
    }
    shown
}

/// The latest entries of a take, in order of time.
fn latest(app: &App, number: usize, height: u16) -> Vec<Shown> {
    let take = &app.takes[number];
    let about = app.follow.filter(|_| app.filter == Filter::Followed);
    let told = app.place_of(number).told.saturating_sub(app.log_back);
    let fits = |place: &u32| {
        let entry = &take.log[*place as usize];
        // What is told again later stands where it was told last.
        entry.again.is_none_or(|again| again >= told)
            && !(app.filter == Filter::Brief && entry.is_routine(&take.recording))
            && about.is_none_or(|pod| entry.is_about(&take.recording, pod))
    };
    let latest = (0..told).rev().filter(fits).take(usize::from(height));
    let mut shown: Vec<Shown> = latest
        .map(|entry| {
            let told = take.tell(&take.log[entry as usize]);
            Shown { take: number, entry, told, both: false }
        })
        .collect();
    shown.reverse();
    shown
}

fn line(app: &App, shown: &Shown) -> Line<'static> {
    let (theme, told) = (app.theme, &shown.told);
    let whose = match (app.takes.len() > 1, shown.both, shown.take) {
        (false, _, _) => "",
        (true, true, _) => "= ",
        (true, false, 0) => "1 ",
        (true, false, _) => "2 ",
    };
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
        piece(whose, if shown.both { theme.dim() } else { theme.strong() }),
        piece(format!("{:>7} {mark}", instant(told.at)), time),
        piece(format!("{} ", told.reason), style),
        message,
    ])
}
