//! Colours of paper and ink, and sizes that go with the picture's width.

use crate::render::palette::{Color, Thing};

/// Light or dark ground.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// Dark on white.
    #[default]
    Light,
    /// Light on nearly black.
    Dark,
}

impl Theme {
    /// Colour behind everything.
    pub(super) fn paper(self) -> Color {
        match self {
            Theme::Light => Color(255, 255, 255),
            Theme::Dark => Color(19, 23, 28),
        }
    }

    /// Colour of text.
    pub(super) fn ink(self) -> Color {
        match self {
            Theme::Light => Color(28, 30, 33),
            Theme::Dark => Color(236, 239, 243),
        }
    }

    /// Colour of text of less weight.
    pub(super) fn faint(self) -> Color {
        match self {
            Theme::Light => Color(92, 98, 106),
            Theme::Dark => Color(163, 171, 181),
        }
    }

    /// Colour of the grid.
    pub(super) fn grid(self) -> Color {
        match self {
            Theme::Light => Color(228, 231, 235),
            Theme::Dark => Color(44, 51, 60),
        }
    }

    /// Colour of axes.
    pub(super) fn axis(self) -> Color {
        match self {
            Theme::Light => Color(140, 147, 156),
            Theme::Dark => Color(98, 107, 118),
        }
    }

    /// Colour of a thing.
    pub(super) fn of(self, thing: Thing) -> Color {
        match self {
            Theme::Light => thing.on_light(),
            Theme::Dark => thing.on_dark(),
        }
    }
}
