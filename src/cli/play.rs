//! A checked Scenario -> its numbers.

use crate::report::Report;
use crate::scenario::Scenario;

/// Plays a Scenario.
///
/// # Errors
/// As long as the simulation is not built in.
pub fn play(scenario: &Scenario) -> anyhow::Result<Report> {
    anyhow::bail!("`{}` cannot be played yet: the simulation is not built in", scenario.name)
}
