//! Stopping for a question, and its answer.

use crate::tui::app::{App, Mode};
use crate::tui::lesson::{Card, Lesson, stop};
use crate::tui::message::{Message, Page, Way};
use crate::tui::pages;

/// Begins the lesson of the take that is played; whether it has one.
pub fn begin(app: &mut App) -> bool {
    let steps = app.takes[0].scenario.lesson.len();
    if steps == 0 {
        return false;
    }
    app.lesson = Some(Lesson::default());
    app.note = format!("a lesson with {steps} questions: space plays, enter goes to the first");
    true
}

/// Stops at a step and asks its question.
pub(super) fn ask(app: &mut App, step: usize) {
    let at = stop(&app.takes[0].scenario.lesson[step]);
    app.playing = false;
    app.seek(at);
    if let Some(lesson) = &mut app.lesson {
        lesson.next = step + 1;
    }
    app.mode = Mode::Lesson(Card { step, ..Card::default() });
}

/// To the next question, or to what remains.
pub(super) fn go_on(app: &mut App) {
    let Some(lesson) = app.lesson else { return };
    if lesson.next < app.takes[0].scenario.lesson.len() {
        ask(app, lesson.next);
    } else {
        app.note = score(lesson);
    }
}

fn score(lesson: Lesson) -> String {
    match lesson.guessed {
        0 => "that was the lesson".to_owned(),
        guessed => format!("that was the lesson: {} of {guessed} choices were right", lesson.right),
    }
}

/// A question is open.
pub(super) fn update(app: &mut App, message: Message) {
    let Mode::Lesson(card) = &mut app.mode else { return };
    let step = &app.takes[0].scenario.lesson[card.step];
    let choices = step.choices.len();
    match message {
        Message::Type(letter) if choices == 0 => card.guess.push(letter),
        Message::Type(letter) if letter.is_ascii_digit() => card.guess = letter.to_string(),
        Message::Erase => {
            card.guess.pop();
        }
        Message::Line(way) if choices > 0 && !card.told => {
            let chosen = card.guess.parse::<usize>().unwrap_or(0);
            let next = if way == Way::Forward { chosen + 1 } else { chosen.saturating_sub(1) };
            card.guess = next.clamp(1, choices).to_string();
        }
        Message::Accept if card.told => leave(app),
        Message::Accept => tell(app),
        Message::Open(Page::Explain) => {
            let step = card.step;
            app.mode = Mode::Reading(pages::explain_step(app, step));
        }
        Message::Open(Page::Hpa) => app.mode = Mode::Reading(pages::hpa(app)),
        Message::Close => app.mode = Mode::Watch,
        Message::TogglePlay if card.told => {
            leave(app);
            app.playing = true;
        }
        _ => {}
    }
}

/// Tells the answer, and whether the choice was right.
fn tell(app: &mut App) {
    let Mode::Lesson(card) = &mut app.mode else { return };
    let step = &app.takes[0].scenario.lesson[card.step];
    card.told = true;
    let chosen = card.guess.trim().parse::<u32>().ok();
    if let (Some(right), Some(chosen)) = (step.right, chosen) {
        // Choices are numbered from 1 on the screen.
        let is_right = chosen == right + 1;
        card.right = Some(is_right);
        if let Some(lesson) = &mut app.lesson {
            lesson.guessed += 1;
            lesson.right += u32::from(is_right);
        }
    }
}

fn leave(app: &mut App) {
    app.mode = Mode::Watch;
    let Some(lesson) = app.lesson else { return };
    if lesson.next < app.takes[0].scenario.lesson.len() {
        "space plays on, enter goes to the next question".clone_into(&mut app.note);
    } else {
        app.note = score(lesson);
    }
}
