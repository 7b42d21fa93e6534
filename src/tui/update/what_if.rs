//! Changing values, and playing again.

use super::Request;
use crate::tui::app::{App, Mode};
use crate::tui::message::{Message, Way};
use crate::tui::take::Take;
use crate::tui::what_if::knobs;

/// Opens the form, as it was left the last time.
pub(super) fn open(app: &mut App) {
    if app.takes.len() > 1 && app.what_if.is_none() {
        "two takes are compared: what-if changes one".clone_into(&mut app.note);
        return;
    }
    let form = match app.what_if.take() {
        Some((form, changes)) => {
            app.what_if = Some((form.clone(), changes));
            form
        }
        None => knobs(app.take(), app.workload),
    };
    app.playing = false;
    app.mode = Mode::WhatIf(form);
}

/// A value is typed.
pub(super) fn type_value(app: &mut App, message: Message) -> Option<Request> {
    let Mode::WhatIf(form) = &mut app.mode else { return None };
    match message {
        Message::Type(letter) => form.knob()?.now.push(letter),
        Message::Erase => {
            form.knob()?.now.pop();
        }
        Message::Revert => {
            let knob = form.knob()?;
            knob.now.clone_from(&knob.was);
        }
        Message::Line(way) | Message::Wheel(_, _, way) => {
            let last = form.knobs.len().saturating_sub(1);
            form.chosen = match way {
                Way::Forward => (form.chosen + 1).min(last),
                Way::Back => form.chosen.saturating_sub(1),
            };
        }
        Message::Close => app.mode = Mode::Watch,
        Message::Accept => return accept(app),
        _ => {}
    }
    None
}

fn accept(app: &mut App) -> Option<Request> {
    let Mode::WhatIf(form) = &mut app.mode else { return None };
    form.error.clear();
    match form.changes() {
        Ok(changes) if changes.is_empty() => {
            form.error = vec!["nothing was changed yet".to_owned()];
            None
        }
        Ok(changes) => {
            app.what_if = Some((form.clone(), changes.clone()));
            "playing ...".clone_into(&mut app.note);
            Some(Request::Play(changes))
        }
        Err(wrong) => {
            form.error = vec![wrong];
            None
        }
    }
}

/// Takes in what came of [`Request::Play`]: the take, or what is wrong.
pub fn take_answer(app: &mut App, answer: Result<Take, String>) {
    match answer {
        Ok(take) => {
            app.mode = Mode::Watch;
            app.set_other(Some(take));
            "x: details of the other   p: write the patch   u: leave the what-if"
                .clone_into(&mut app.note);
        }
        Err(wrong) => {
            if let Mode::WhatIf(form) = &mut app.mode {
                form.error = wrong.lines().map(str::to_owned).collect();
            }
            app.note.clear();
        }
    }
}

/// Back to what was played first.
pub(super) fn undo(app: &mut App) {
    if app.what_if.take().is_some() {
        app.set_other(None);
    } else {
        "there is no what-if to leave".clone_into(&mut app.note);
    }
}

/// Writes the changes of the last what-if.
pub(super) fn write_patch(app: &mut App) -> Option<Request> {
    if let Some((_, changes)) = app.what_if.as_ref().filter(|_| app.takes.len() > 1) {
        return Some(Request::WritePatch(changes.clone()));
    }
    "nothing was changed: w asks what if".clone_into(&mut app.note);
    None
}
