//! What the terminal says -> messages.

use ratatui::crossterm::event::{
    Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};

use super::app::Mode;
use super::message::{Message, Page, Way};

/// The message that an event of the terminal stands for, given what is open.
pub fn message(event: &Event, mode: &Mode) -> Option<Message> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => key_message(*key, mode),
        Event::Mouse(mouse) => mouse_message(*mouse),
        Event::Resize(width, height) => Some(Message::Resize(*width, *height)),
        _ => None,
    }
}

fn key_message(key: KeyEvent, mode: &Mode) -> Option<Message> {
    if key.modifiers.contains(KeyModifiers::CONTROL) && matches!(key.code, KeyCode::Char('c' | 'd'))
    {
        return Some(Message::Quit);
    }
    match mode {
        Mode::Goto(_) | Mode::Search(_) | Mode::WhatIf(_) => typed(key.code),
        Mode::Lesson(card) if !card.told => typed(key.code),
        Mode::Lesson(_) | Mode::Reading(_) | Mode::Watch => pressed(key),
    }
}

/// Keys while a field is typed.
fn typed(code: KeyCode) -> Option<Message> {
    match code {
        KeyCode::Char(letter) => Some(Message::Type(letter)),
        KeyCode::Backspace => Some(Message::Erase),
        KeyCode::Enter => Some(Message::Accept),
        KeyCode::Delete => Some(Message::Revert),
        KeyCode::Tab => Some(Message::Line(Way::Forward)),
        KeyCode::BackTab => Some(Message::Line(Way::Back)),
        KeyCode::Esc => Some(Message::Close),
        KeyCode::Up => Some(Message::Line(Way::Back)),
        KeyCode::Down => Some(Message::Line(Way::Forward)),
        _ => None,
    }
}

/// Keys while nothing is typed.
fn pressed(key: KeyEvent) -> Option<Message> {
    let shift = key.modifiers.contains(KeyModifiers::SHIFT);
    let seconds = if shift { 60 } else { 1 };
    let message = match key.code {
        KeyCode::Left => Message::Seconds(-seconds),
        KeyCode::Right => Message::Seconds(seconds),
        KeyCode::PageUp => Message::Page(Way::Back),
        KeyCode::PageDown => Message::Page(Way::Forward),
        KeyCode::Home => Message::Edge(Way::Back),
        KeyCode::End => Message::Edge(Way::Forward),
        KeyCode::Up => Message::Line(Way::Back),
        KeyCode::Down => Message::Line(Way::Forward),
        KeyCode::Tab => Message::Workload(Way::Forward),
        KeyCode::BackTab => Message::Workload(Way::Back),
        KeyCode::Esc => Message::Close,
        KeyCode::Enter => Message::Accept,
        KeyCode::Char(letter) => return letter_message(letter),
        _ => return None,
    };
    Some(message)
}

fn letter_message(letter: char) -> Option<Message> {
    Some(match letter {
        ' ' => Message::TogglePlay,
        '>' => Message::Speed(Way::Forward),
        '<' => Message::Speed(Way::Back),
        '.' => Message::Event(Way::Forward),
        ',' => Message::Event(Way::Back),
        ']' => Message::Rescale(Way::Forward),
        '[' => Message::Rescale(Way::Back),
        '}' => Message::Sync(Way::Forward),
        '{' => Message::Sync(Way::Back),
        '+' => Message::Zoom(Way::Forward),
        '-' => Message::Zoom(Way::Back),
        '=' | '0' => Message::Whole,
        'f' => Message::Follow(Way::Forward),
        'F' => Message::Follow(Way::Back),
        'v' => Message::Brief,
        'o' => Message::OnlyFollowed,
        'x' => Message::Other,
        'n' => Message::Found(Way::Forward),
        'N' => Message::Found(Way::Back),
        'g' | ':' => Message::Open(Page::Goto),
        '/' => Message::Open(Page::Search),
        'h' => Message::Open(Page::Hpa),
        'e' => Message::Open(Page::Explain),
        'p' => Message::WritePatch,
        'u' => Message::Undo,
        'w' => Message::Open(Page::WhatIf),
        '?' => Message::Open(Page::Help),
        'q' => Message::Quit,
        _ => return None,
    })
}

fn mouse_message(mouse: MouseEvent) -> Option<Message> {
    let (column, row) = (mouse.column, mouse.row);
    match mouse.kind {
        MouseEventKind::Down(MouseButton::Left) | MouseEventKind::Drag(MouseButton::Left) => {
            Some(Message::Click(column, row))
        }
        MouseEventKind::ScrollUp => Some(Message::Wheel(column, row, Way::Back)),
        MouseEventKind::ScrollDown => Some(Message::Wheel(column, row, Way::Forward)),
        _ => None,
    }
}
