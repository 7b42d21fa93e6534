//! Colours of the terminal. The same thing has the same colour as in charts; nothing needs a colour
//! to be read.

use ratatui::style::{Color, Modifier, Style};

use super::pods::PodState;
use crate::render::palette::Thing;

/// How many colours the terminal has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// None, or nobody wants any (`NO_COLOR`).
    #[default]
    Plain,
    /// The 16 of every terminal.
    Sixteen,
    /// All.
    True,
}

impl Theme {
    /// Colour of a thing.
    pub fn thing(self, thing: Thing) -> Style {
        match self {
            Theme::Plain => Style::new(),
            Theme::Sixteen => Style::new().fg(sixteen(thing)),
            Theme::True => {
                let color = thing.on_dark();
                Style::new().fg(Color::Rgb(color.0, color.1, color.2))
            }
        }
    }

    /// What is less important.
    pub fn dim(self) -> Style {
        match self {
            Theme::Plain => Style::new().add_modifier(Modifier::DIM),
            Theme::Sixteen => Style::new().fg(Color::DarkGray),
            Theme::True => Style::new().fg(Color::Rgb(140, 140, 140)),
        }
    }

    /// What is most important.
    pub fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// What hurts.
    pub fn bad(self) -> Style {
        self.thing(Thing::Failed).add_modifier(Modifier::BOLD)
    }

    /// What was chosen.
    pub fn chosen(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// A key that can be pressed.
    pub fn key(self) -> Style {
        self.strong()
    }

    /// The state of a pod.
    pub fn pod(self, state: PodState) -> Style {
        let (sixteen, (red, green, blue)) = match state {
            PodState::Pending => (Color::Gray, (180, 180, 180)),
            PodState::Pulling => (Color::Blue, (86, 180, 233)),
            PodState::Starting => (Color::Yellow, (240, 228, 66)),
            PodState::Ready => (Color::Green, (38, 190, 146)),
            PodState::Unready => (Color::Magenta, (225, 155, 192)),
            PodState::Terminating => (Color::DarkGray, (150, 150, 150)),
            PodState::CrashLoop => (Color::LightRed, (240, 120, 40)),
            PodState::OomKilled => (Color::Red, (230, 80, 60)),
            PodState::Completed => (Color::DarkGray, (120, 120, 120)),
        };
        match self {
            Theme::Plain => Style::new(),
            Theme::Sixteen => Style::new().fg(sixteen),
            Theme::True => Style::new().fg(Color::Rgb(red, green, blue)),
        }
    }
}

fn sixteen(thing: Thing) -> Color {
    match thing {
        Thing::Offered => Color::LightBlue,
        Thing::Capacity | Thing::Ready => Color::Green,
        Thing::Failed => Color::LightRed,
        Thing::Desired => Color::Yellow,
        Thing::Current => Color::Cyan,
        Thing::Metric => Color::Magenta,
        Thing::Target | Thing::Bound => Color::Gray,
    }
}
