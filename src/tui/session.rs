//! The loop: draw, read, update. While nothing plays it waits for the terminal and needs no CPU.
#![expect(
    clippy::disallowed_methods,
    reason = "the time that the viewer sees go by comes from the clock"
)]

use std::time::{Duration, Instant};

use anyhow::Context as _;
use ratatui::crossterm::event::{poll, read};

use super::app::App;
use super::event;
use super::message::Message;
use super::terminal::Screen;
use super::update::update;
use super::view;

/// Time between two pictures while it plays.
const FRAME: Duration = Duration::from_millis(33);

/// Plays until the viewer leaves.
///
/// # Errors
/// When the terminal cannot be used.
pub fn run(app: &mut App) -> anyhow::Result<()> {
    let mut screen = Screen::enter()?;
    let size = screen.terminal.size().context("cannot tell the size of the terminal")?;
    app.size = (size.width, size.height);
    let mut last = Instant::now();
    while !app.quit {
        draw(app, &mut screen)?;
        if app.playing {
            let left = FRAME.saturating_sub(last.elapsed());
            if poll(left).context("cannot read the terminal")? {
                take_events(app)?;
            }
            let elapsed = last.elapsed();
            last = Instant::now();
            update(app, Message::Elapsed(elapsed.as_secs_f64() * 1000.0));
        } else {
            take_events(app)?;
            last = Instant::now();
        }
    }
    Ok(())
}

fn draw(app: &mut App, screen: &mut Screen) -> anyhow::Result<()> {
    app.prepare();
    let drawn = screen.terminal.draw(|frame| {
        // The terminal may have changed its size since it was last told.
        let area = frame.area();
        if (area.width, area.height) != app.size {
            app.size = (area.width, area.height);
            app.prepare();
        }
        view::view(app, frame.buffer_mut());
    });
    drawn.context("cannot draw on this terminal")?;
    Ok(())
}

/// Waits for an event, and takes in those that are there already too.
fn take_events(app: &mut App) -> anyhow::Result<()> {
    loop {
        let event = read().context("cannot read the terminal")?;
        if let Some(message) = event::message(&event, &app.mode) {
            update(app, message);
        }
        if app.quit || !poll(Duration::ZERO).context("cannot read the terminal")? {
            return Ok(());
        }
    }
}
