//! Teaching: the player stops at the moments of a lesson, asks, lets the viewer guess, and tells.

use crate::scenario::lesson::{LessonStep, Panel};
use crate::tui::take::Take;
use crate::units::{SimDuration, SimTime};

/// How far a lesson has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lesson {
    /// The step that comes next.
    pub next: usize,
    /// Questions with choices that were answered.
    pub guessed: u32,
    /// Those of them that were answered right.
    pub right: u32,
}

/// A question that is open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Card {
    /// Place of the step in the lesson.
    pub step: usize,
    /// What the viewer typed: the number of a choice, or a guess.
    pub guess: String,
    /// Whether the answer is told.
    pub told: bool,
    /// Whether the choice was right; none for a free guess.
    pub right: Option<bool>,
}

/// The instant at which a step stops: all that is written with its second has happened.
pub fn stop(step: &LessonStep) -> SimTime {
    if step.at.0 % 1000 == 0 { step.at + SimDuration::from_millis(499) } else { step.at }
}

/// The first step from a place on that stops after an instant and not after another.
pub fn stop_between(take: &Take, next: usize, from: SimTime, to: SimTime) -> Option<usize> {
    let steps = take.scenario.lesson.iter().enumerate().skip(next);
    let mut due = steps.filter(|(_, step)| from < stop(step) && stop(step) <= to);
    due.next().map(|(place, _)| place)
}

/// What a panel is called on the screen.
pub fn panel_name(panel: Panel) -> &'static str {
    match panel {
        Panel::Load => "the load",
        Panel::Replicas => "the replicas",
        Panel::Pods => "the pods",
        Panel::Hpa => "the HPA's view (h shows all of it)",
        Panel::Pdb => "the budgets",
        Panel::Rollout => "the rollout",
        Panel::Events => "the events",
    }
}
