//! What the player knows -> a screen. Pure: a buffer is filled from the [`App`], and nothing is
//! kept.
//!
//! - [`layout`]: which panel stands where, and what lies under the mouse.
//! - [`charts`] and [`plot`]: load and replicas over time.
//! - [`pods`], [`hpa`], [`state`], [`log`]: the panels.
//! - [`compare`]: the numbers of two takes beside each other; [`what_if`]: the form.
//! - [`bars`]: the first and the last line; [`popup`]: what is open over the panels.

pub mod bars;
pub mod charts;
pub mod compare;
pub mod hpa;
pub mod layout;
pub mod lesson;
pub mod log;
pub mod plot;
pub mod pods;
pub mod popup;
pub mod state;
pub mod text;
pub mod what_if;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::app::App;
use layout::Layout;

/// The least size that anything can be shown in.
pub const SIZE_MIN: (u16, u16) = (60, 16);

/// Fills a buffer with the screen. The app must be prepared for its size.
pub fn view(app: &App, buffer: &mut Buffer) {
    let area = buffer.area;
    if area.width < SIZE_MIN.0 || area.height < SIZE_MIN.1 {
        too_small(area, buffer);
        return;
    }
    let layout = Layout::of(app);
    bars::title(app, layout.title, buffer);
    charts::draw(app, &layout, buffer);
    if let Some(rect) = layout.numbers {
        compare::draw(app, rect, buffer);
    }
    if layout.pods.height > 0 {
        pods::draw(app, layout.pods, buffer);
    }
    let wall_end = if layout.numbers.is_some() { layout.pods.y } else { layout.log.y };
    match layout.hpa {
        Some(rect) => {
            hpa::draw(app, rect, buffer);
            state::draw(app, layout.state, buffer);
            text::wall(rect.x - 1, layout.title.bottom(), wall_end, app, buffer);
        }
        None if layout.state.height > 0 => state::draw_short(app, layout.state, buffer),
        None => {}
    }
    log::draw(app, layout.log, buffer);
    bars::status(app, layout.status, buffer);
    popup::draw(app, area, buffer);
}

fn too_small(area: Rect, buffer: &mut Buffer) {
    let (width, height) = SIZE_MIN;
    let message = format!("the player needs {width}x{height}");
    buffer.set_stringn(
        0,
        area.height / 2,
        message,
        usize::from(area.width),
        ratatui::style::Style::new(),
    );
}
