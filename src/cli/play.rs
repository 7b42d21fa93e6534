//! A checked Scenario -> its numbers.

use crate::recording::Recording;
use crate::report::{Report, summarize};
use crate::scenario::Scenario;
use crate::sim::simulate;

/// Plays a Scenario and sums it up.
pub fn play(scenario: &Scenario) -> Report {
    let mut recording = Recording::default();
    simulate(scenario, &mut recording);
    summarize(scenario, &recording)
}
