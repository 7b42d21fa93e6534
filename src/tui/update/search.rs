//! Searching in the log.

use crate::tui::app::{App, Mode};
use crate::tui::message::{Message, Way};

/// Words are typed.
pub(super) fn type_words(app: &mut App, message: Message) {
    let Mode::Search(words) = &mut app.mode else { return };
    match message {
        Message::Type(letter) => words.push(letter),
        Message::Erase => {
            words.pop();
        }
        Message::Accept => {
            let typed = std::mem::take(words);
            app.mode = Mode::Watch;
            if !typed.is_empty() {
                app.search = typed;
            }
            find(app, Way::Forward);
        }
        Message::Close => app.mode = Mode::Watch,
        _ => {}
    }
}

/// To the next or previous entry that has the words.
pub(super) fn find(app: &mut App, way: Way) {
    let words = app.search.to_lowercase();
    if words.is_empty() {
        "nothing was searched yet: / searches".clone_into(&mut app.note);
        return;
    }
    let take = app.take();
    let told = app.place().told as usize;
    let has = |place: &usize| take.tell(&take.log[*place]).haystack().contains(&words);
    let found = match way {
        Way::Forward => (told..take.log.len()).find(has),
        Way::Back => (0..told.saturating_sub(1)).rev().find(has),
    };
    if let Some(place) = found {
        app.seek_entry(place as u32);
    } else {
        let side = if way.is_forward() { "after" } else { "before" };
        app.note = format!("no event {side} this instant has `{}`", app.search);
    }
}
