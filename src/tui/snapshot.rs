//! One screen as plain text, for documents and tests.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::app::App;
use super::view;

/// The screen of an app at its size, without colours; lines end where their text ends.
pub fn text(app: &mut App) -> String {
    let buffer = screen(app);
    let (width, height) = app.size;
    let line = |row: u16| {
        let cells = (0..width).map(|column| buffer[(column, row)].symbol());
        cells.collect::<String>().trim_end().to_owned()
    };
    (0..height).map(|row| line(row) + "\n").collect()
}

/// The screen of an app at its size.
pub fn screen(app: &mut App) -> Buffer {
    let (width, height) = app.size;
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    app.prepare();
    view::view(app, &mut buffer);
    buffer
}
