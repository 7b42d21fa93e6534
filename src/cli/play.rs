//! A checked Scenario -> what happened, and its numbers.

use crate::recording::Recording;
use crate::report::{Report, summarize};
use crate::scenario::Scenario;
use crate::sim::simulate;

/// Plays a Scenario.
pub fn play(scenario: &Scenario) -> (Recording, Report) {
    let mut recording = Recording::default();
    simulate(scenario, &mut recording);
    let report = summarize(scenario, &recording);
    (recording, report)
}
