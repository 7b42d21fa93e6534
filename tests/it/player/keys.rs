//! What the terminal says -> messages.

use podtide::tui::app::Mode;
use podtide::tui::event::message;
use podtide::tui::message::{Message, Page, Way};
use ratatui::crossterm::event::{
    Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};

fn key(code: KeyCode, modifiers: KeyModifiers) -> Event {
    Event::Key(KeyEvent::new(code, modifiers))
}

fn pressed(code: KeyCode, mode: &Mode) -> Option<Message> {
    message(&key(code, KeyModifiers::NONE), mode)
}

#[test]
fn keys_mean_different_things_in_fields() {
    let (watch, search) = (Mode::Watch, Mode::Search(String::new()));
    assert_eq!(pressed(KeyCode::Char('q'), &watch), Some(Message::Quit));
    assert_eq!(pressed(KeyCode::Char('q'), &search), Some(Message::Type('q')));
    assert_eq!(pressed(KeyCode::Char(':'), &watch), Some(Message::Open(Page::Goto)));
    assert_eq!(pressed(KeyCode::Up, &watch), Some(Message::Line(Way::Back)));
    assert_eq!(pressed(KeyCode::F(1), &watch), None);
}

#[test]
fn control_c_leaves_everything() {
    let event = key(KeyCode::Char('c'), KeyModifiers::CONTROL);
    for mode in [Mode::Watch, Mode::Goto(String::new())] {
        assert_eq!(message(&event, &mode), Some(Message::Quit));
    }
}

#[test]
fn shift_takes_longer_steps_and_releases_mean_nothing() {
    let event = key(KeyCode::Right, KeyModifiers::SHIFT);
    assert_eq!(message(&event, &Mode::Watch), Some(Message::Seconds(60)));
    let mut released = KeyEvent::new(KeyCode::Right, KeyModifiers::NONE);
    released.kind = KeyEventKind::Release;
    assert_eq!(message(&Event::Key(released), &Mode::Watch), None);
}

#[test]
fn the_mouse_points_drags_and_scrolls() {
    let mouse = |kind| {
        let modifiers = KeyModifiers::NONE;
        message(&Event::Mouse(MouseEvent { kind, column: 3, row: 4, modifiers }), &Mode::Watch)
    };
    assert_eq!(mouse(MouseEventKind::Down(MouseButton::Left)), Some(Message::Click(3, 4)));
    assert_eq!(mouse(MouseEventKind::Drag(MouseButton::Left)), Some(Message::Click(3, 4)));
    assert_eq!(mouse(MouseEventKind::ScrollUp), Some(Message::Wheel(3, 4, Way::Back)));
    assert_eq!(mouse(MouseEventKind::Moved), None);
    assert_eq!(message(&Event::Resize(90, 30), &Mode::Watch), Some(Message::Resize(90, 30)));
}
