//! `live`: recordings of a live control plane, played from their inputs by `simulate`. Only the
//! instants at which the HPA controller looked are taken from what came out.
//!
//! With `PODTIDE_FIDELITY` it also draws what some of them came to, see `docs/fidelity.md`.

mod chart;
mod compare;
mod deed;
mod played;
mod recorded;
mod scene;
mod story;

use serde_json::json;

use super::live::Live;
use super::recording::{Case, folder};
use super::tally::{Outcome, guarded};
use compare::{Comparison, compare};
use story::Story;

/// Seeds that are tried until one agrees: what is chance in a live cluster (ties of the scheduler,
/// the order of equal pods) is a seed here.
const SEEDS: u64 = 16;

#[test]
#[expect(clippy::print_stdout, reason = "the line per recording is what the test is read for")]
fn live_story() {
    let (mut differ, mut is_there) = (0, false);
    for live in Live::all() {
        is_there = true;
        let upstream = recorded::story(&live);
        let mut best = (1, played(&live, &upstream, 1));
        for seed in 2..=SEEDS {
            if best.1.tally.differ() > 0 {
                let next = played(&live, &upstream, seed);
                if next.tally.differ() < best.1.tally.differ() {
                    best = (seed, next);
                }
            }
        }
        let (seed, mut comparison) = best;
        differ += comparison.tally.differ();
        let apart = comparison.apart();
        comparison.tally.note(format!("apart {apart}"));
        if seed > 1 {
            comparison.tally.note(format!("seed {seed}"));
        }
        comparison.tally.tell(&live.name.replace("live/", "live/story/"));
        chart::keep(&live, &upstream, seed);
    }
    if !is_there {
        println!("conformance live/story: not in {}", folder().display());
    }
    assert!(differ == 0, "conformance live/story: {differ} differ");
}

/// How a recording compares with what one seed makes of it.
fn played(live: &Live, upstream: &Story, seed: u64) -> Comparison {
    let mut comparison = Comparison::default();
    let outcome = guarded(|| {
        let ours = played::story(&scene::scenario(live, seed), live.at(0));
        comparison = compare(&live.name, upstream, &ours);
        Outcome::Agrees
    });
    if !matches!(outcome, Outcome::Agrees) {
        let case = Case { line: 0, value: json!({ "id": live.name }) };
        comparison.tally.count(&case, outcome);
    }
    comparison
}
