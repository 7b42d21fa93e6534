//! `tests/conformance/workloads/timelines`: rollouts from their first instant to their last, played
//! by `simulate` with a scripted kubelet in place of the modelled one.

mod compare;
mod story;
mod told;

use podtide::sim::simulate;

use super::tally::replay;
use told::Told;

#[test]
fn workloads_timelines() {
    replay("workloads/timelines", |case| {
        let scenario = story::scenario(case);
        let mut told = Told::default();
        simulate(&scenario, &mut told);
        compare::compare(case, &told.instants)
    });
}
