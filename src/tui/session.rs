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
use super::take::Take;
use super::terminal::Screen;
use super::update::{Request, take_answer, update};
use super::view;
use super::what_if::Change;

/// Time between two pictures while it plays.
const FRAME: Duration = Duration::from_millis(33);

/// What the player cannot do itself: it reads no files and drives no engine.
pub trait Studio {
    /// Plays the first take again, with changes.
    ///
    /// # Errors
    /// When the changes make no sense: what is wrong, in lines.
    fn play(&mut self, changes: &[Change]) -> Result<Take, String>;

    /// Writes changes as a patch, and tells where to.
    ///
    /// # Errors
    /// When it cannot be written: why.
    fn write_patch(&mut self, changes: &[Change]) -> Result<String, String>;
}

/// Plays until the viewer leaves.
///
/// # Errors
/// When the terminal cannot be used.
pub fn run(app: &mut App, studio: &mut dyn Studio) -> anyhow::Result<()> {
    let mut screen = Screen::enter()?;
    let size = screen.terminal.size().context("cannot tell the size of the terminal")?;
    app.size = (size.width, size.height);
    let mut last = Instant::now();
    while !app.quit {
        draw(app, &mut screen)?;
        if app.playing {
            let left = FRAME.saturating_sub(last.elapsed());
            if poll(left).context("cannot read the terminal")? {
                take_events(app, studio, &mut screen)?;
            }
            let elapsed = last.elapsed();
            last = Instant::now();
            update(app, Message::Elapsed(elapsed.as_secs_f64() * 1000.0));
        } else {
            take_events(app, studio, &mut screen)?;
            last = Instant::now();
        }
    }
    Ok(())
}

fn answer(app: &mut App, request: Request, studio: &mut dyn Studio) {
    match request {
        Request::Play(changes) => take_answer(app, studio.play(&changes)),
        Request::WritePatch(changes) => {
            app.note = match studio.write_patch(&changes) {
                Ok(path) => format!("the patch is in {path}"),
                Err(why) => why,
            };
        }
    }
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
fn take_events(app: &mut App, studio: &mut dyn Studio, screen: &mut Screen) -> anyhow::Result<()> {
    loop {
        let event = read().context("cannot read the terminal")?;
        let message = event::message(&event, &app.mode);
        if let Some(request) = message.and_then(|message| update(app, message)) {
            draw(app, screen)?;
            answer(app, request, studio);
        }
        // What means nothing, such as a move of the mouse, needs no new picture.
        let waits = message.is_none() && !app.playing;
        if app.quit || !waits && !poll(Duration::ZERO).context("cannot read the terminal")? {
            return Ok(());
        }
    }
}
