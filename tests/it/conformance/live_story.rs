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
use super::recording::{Case, folder, is_somebodys_own};
use super::tally::{Outcome, guarded};
use compare::{Comparison, LATE_MS, compare};
use scene::{Pace, SYNC_MS};
use story::Story;

/// Seeds that are tried until one agrees: what is chance in a live cluster (ties of the scheduler,
/// the order of equal pods) is a seed here.
const SEEDS: u64 = 8;

/// Least share of a recording of somebody's own that has to agree [%]: a race that a live cluster
/// decides the other way is no fault, a story that goes another way is.
const OWN_SHARE_MIN: u64 = 90;

#[test]
#[expect(clippy::print_stdout, reason = "the line per recording is what the test is read for")]
fn live_story() {
    let (mut poor, mut is_there) = (Vec::new(), false);
    for live in Live::all() {
        is_there = true;
        let upstream = recorded::story(&live);
        let (seed, mut comparison) = best(&live, &upstream, Pace::Usual);
        let apart = comparison.apart();
        let tally = &mut comparison.tally;
        tally.note(format!("apart {apart}"));
        if let Some(note) = on_our_own(&live, &upstream, seed) {
            tally.note(note);
        }
        if seed > 1 {
            tally.note(format!("seed {seed}"));
        }
        tally.tell(&live.name.replace("live/", "live/story/"));
        if tally.agree() * 100 < (tally.agree() + tally.differ()) * OWN_SHARE_MIN {
            poor.push(live.name.clone());
        }
        chart::keep(&live, &upstream, seed);
    }
    if !is_there {
        println!("conformance live/story: not in {}", folder().display());
    }
    assert!(poor.is_empty(), "conformance live/story: these go another way: {poor:?}");
}

/// This story differs because a pod got Ready just after the HPA looked and not just before: with
/// latencies of ours that one step in ten is slower than, it is the live one.
#[test]
fn live_race() {
    let mut recordings = Live::all().filter(|live| live.name == "live/hpa-v1");
    let Some(live) = recordings.next().filter(|_| !is_somebodys_own()) else { return };
    let upstream = recorded::story(&live);
    let [usual, slow] = [Pace::Usual, Pace::P90].map(|pace| {
        let (_, comparison) = best(&live, &upstream, pace);
        comparison.tally.differ()
    });
    assert!(usual > 0 && slow == 0, "{usual} differ, {slow} when it is slower");
}

/// The seed that agrees best, and how.
fn best(live: &Live, upstream: &Story, pace: Pace) -> (u64, Comparison) {
    let mut best = (1, played(live, upstream, 1, pace));
    for seed in 2..=SEEDS {
        if best.1.tally.differ() == 0 {
            break;
        }
        let next = played(live, upstream, seed, pace);
        if next.tally.differ() < best.1.tally.differ() {
            best = (seed, next);
        }
    }
    best
}

/// How a recording compares with what one seed makes of it.
fn played(live: &Live, upstream: &Story, seed: u64, pace: Pace) -> Comparison {
    let mut comparison = Comparison::default();
    let outcome = guarded(|| {
        let ours = played::story(live, &scene::scenario(live, seed, pace));
        comparison = compare(&live.name, upstream, &ours, LATE_MS);
        Outcome::Agrees
    });
    if !matches!(outcome, Outcome::Agrees) {
        let case = Case { line: 0, value: json!({ "id": live.name }) };
        comparison.tally.count(&case, outcome);
    }
    comparison
}

/// How a recording with HPAs compares when not even the instants of their syncs are taken from it.
fn on_our_own(live: &Live, upstream: &Story, seed: u64) -> Option<String> {
    let mut scenario = scene::scenario(live, seed, Pace::Usual);
    if std::mem::take(&mut scenario.cluster.hpa_syncs).is_empty() {
        return None;
    }
    let ours = played::story(live, &scenario);
    let tally = compare(&live.name, upstream, &ours, LATE_MS + SYNC_MS).tally;
    let all = tally.agree() + tally.differ();
    Some(format!("{} of {all} by our own timer", tally.agree()))
}
