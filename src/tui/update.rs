//! A message -> what the player knows afterwards. No terminal, no clock.

mod lesson;
mod search;
mod watch;
mod what_if;

use super::app::{App, Mode};
use super::message::{Message, Way};
use super::what_if::Change;

pub use lesson::begin as begin_lesson;
pub use what_if::take_answer;

/// Something that the player cannot do itself.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// Plays the first take again with changes; the answer goes to [`take_answer`].
    Play(Vec<Change>),
    /// Writes changes as a patch; the answer is a note.
    WritePatch(Vec<Change>),
}

/// Takes a message in.
pub fn update(app: &mut App, message: Message) -> Option<Request> {
    if !matches!(message, Message::Elapsed(_) | Message::Resize(..)) {
        app.note.clear();
    }
    match message {
        Message::Quit => app.quit = true,
        Message::Resize(width, height) => app.size = (width, height),
        Message::Elapsed(milliseconds) => watch::play(app, milliseconds),
        Message::WritePatch if app.mode == Mode::Watch => return what_if::write_patch(app),
        message => match &app.mode {
            Mode::WhatIf(_) => return what_if::type_value(app, message),
            Mode::Lesson(_) => lesson::update(app, message),
            Mode::Watch => watch::update(app, message),
            Mode::Reading(_) => reading(app, message),
            Mode::Goto(_) => watch::type_instant(app, message),
            Mode::Search(_) => search::type_words(app, message),
        },
    }
    None
}

/// A page is open: it is turned, or closed.
fn reading(app: &mut App, message: Message) {
    let height = u32::from(app.size.1.saturating_sub(6)).max(1);
    let Mode::Reading(page) = &mut app.mode else { return };
    let last = (page.lines.len() as u32).saturating_sub(height);
    let by = match message {
        Message::Line(way) | Message::Wheel(_, _, way) => way.sign(),
        Message::Page(way) => way.sign() * i64::from(height),
        Message::Edge(Way::Back) => i64::MIN / 2,
        Message::Edge(Way::Forward) => i64::MAX / 2,
        Message::Close | Message::Accept | Message::Open(_) => {
            app.mode = Mode::Watch;
            return;
        }
        message => {
            // Time can be walked through while a page is open.
            app.mode = Mode::Watch;
            watch::update(app, message);
            return;
        }
    };
    page.first = (i64::from(page.first) + by).clamp(0, i64::from(last)) as u32;
}
