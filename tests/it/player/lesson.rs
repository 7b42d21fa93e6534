//! Teaching: stops, guesses and answers.

use podtide::tui::app::{App, Mode};
use podtide::tui::lesson::Card;
use podtide::tui::message::{Message, Page};
use podtide::tui::snapshot;
use podtide::tui::take::Take;
use podtide::tui::update::begin_lesson;

use super::{BUDGET, SPIKE, player, send, spike};
use crate::pipe::{WEB, scenario};

const LESSON: &str = "
  lesson:
    - at: 2m33s
      question: How many pods does the HPA ask for?
      choices: ['4', '8', '12']
      right: 2
      answer: 8, because a pod without a sample counts as if it used nothing.
      look: hpa
    - at: 9m3s
      question: Why do only three pods go?
      answer: The highest recommendation of the last five minutes counts.
";

fn taught() -> App {
    let spec = format!("{SPIKE}{LESSON}");
    let take = Take::play("lesson", scenario(&format!("{WEB}{BUDGET}"), &spec));
    let mut app = player(take, (80, 24));
    assert!(begin_lesson(&mut app));
    app
}

fn card(app: &App) -> &Card {
    let Mode::Lesson(card) = &app.mode else { panic!("a question is open: {:?}", app.mode) };
    card
}

#[test]
fn it_stops_asks_and_tells() {
    let mut app = taught();
    assert!(app.note.starts_with("a lesson with 2 questions"), "{}", app.note);
    send(&mut app, [Message::TogglePlay, Message::Elapsed(2000.0)]);
    assert_eq!((app.now().0, &app.mode), (120_000, &Mode::Watch));
    send(&mut app, [Message::Elapsed(2000.0)]);
    assert_eq!((app.now().0, app.playing), (153_499, false), "it stops at the question");
    insta::assert_snapshot!("question_80", snapshot::text(&mut app));
    send(&mut app, [Message::Type('1'), Message::Type('2'), Message::Accept]);
    assert_eq!((card(&app).told, card(&app).right), (true, Some(true)));
    insta::assert_snapshot!("answer_80", snapshot::text(&mut app));
    send(&mut app, [Message::Open(Page::Explain), Message::Close]);
    assert_eq!(app.mode, Mode::Watch);
    send(&mut app, [Message::Accept]);
    assert_eq!(card(&app).step, 1);
    send(&mut app, "windows".chars().map(Message::Type));
    send(&mut app, [Message::Accept]);
    let screen = snapshot::text(&mut app);
    assert!(screen.contains("you said windows: The highest"), "{screen}");
    send(&mut app, [Message::Accept]);
    assert_eq!(app.note, "that was the lesson: 1 of 1 choices were right");
}

#[test]
fn without_a_lesson_there_is_none() {
    assert!(!begin_lesson(&mut player(spike(), (80, 24))));
}
