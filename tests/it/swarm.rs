//! The swarm: scenarios made from a seed, with every feature and fault switched at random, played
//! twice each and watched after every event.
//!
//! `PODTIDE_SWARM=100000` plays so many, `PODTIDE_SWARM_SEED=17` that one. A failure is shrunk and
//! printed as a file that `podtide run` takes.

mod generate;
mod recipe;
mod run;
mod story;
mod watch;

use std::env;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use recipe::Recipe;
use run::Words;
use watch::Violation;

/// How many scenarios are played unless somebody says otherwise.
const SCENARIOS: u64 = 10_000;
/// From how many scenarios on the swarm must have been everywhere.
const SCENARIOS_ENOUGH: u64 = 2000;

/// What must have been said somewhere in a large swarm: if not, the scenarios have become tame.
const WORDS: &[&str] = &[
    "BackOff",
    "CrashLoopBackOff",
    "ContainersNotReady",
    "ContainersReady",
    "Cordoned",
    "DeletionByPodGC",
    "DeletionByTaintManager",
    "Drained",
    "EndpointsChanged",
    "Evicted",
    "Error",
    "EvictionByEvictionAPI",
    "FailedComputeMetricsReplicas",
    "FailedGetResourceMetric",
    "FailedScheduling",
    "InsufficientPods",
    "InternalError",
    "Killing",
    "MinimumReplicasUnavailable",
    "MultiplePodDisruptionBudgets",
    "NewReplicaSetAvailable",
    "NoScaleDown",
    "NodeNotReady",
    "NodeReady",
    "NodeStatusUnknown",
    "NotTriggerScaleUp",
    "OOMKilled",
    "ProgressDeadlineExceeded",
    "Pulled",
    "RevisionHistoryLimit",
    "ScaleDown",
    "ScaleDownEmpty",
    "ScaledUpGroup",
    "ScalingReplicaSet",
    "Scenario",
    "Scheduled",
    "SuccessfulCreate",
    "SuccessfulDelete",
    "SuccessfulRescale",
    "SufficientPods",
    "TaintManagerEviction",
    "Terminated",
    "TooManyRequests",
    "TriggeredScaleUp",
    "Unhealthy",
];

#[test]
fn nothing_goes_wrong_in_the_swarm() {
    let number = |name| env::var(name).ok().and_then(|text| text.parse().ok());
    if let Some(seed) = number("PODTIDE_SWARM_SEED") {
        let played = run::play(&Recipe::drawn(seed));
        played.unwrap_or_else(|violation| panic!("{}", explain(seed, &violation)));
        return;
    }
    let scenarios = number("PODTIDE_SWARM").unwrap_or(SCENARIOS);
    let words = play_all(scenarios).unwrap_or_else(|seed| {
        let violation = run::play(&Recipe::drawn(seed)).expect_err("it has just failed");
        panic!("{}", explain(seed, &violation))
    });
    let missing: Vec<_> = WORDS.iter().filter(|word| !words.contains(*word)).collect();
    assert!(missing.is_empty() || scenarios < SCENARIOS_ENOUGH, "nobody said {missing:?}");
}

/// Plays scenarios on all cores; gives all words that were said.
///
/// # Errors
/// The lowest seed that fails.
fn play_all(scenarios: u64) -> Result<Words, u64> {
    let (next, failed) = (AtomicU64::new(0), AtomicU64::new(u64::MAX));
    let words = Mutex::new(Words::new());
    let play = || loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if seed >= scenarios || seed > failed.load(Ordering::Relaxed) {
            break;
        }
        match run::play(&Recipe::drawn(seed)) {
            Ok(said) => words.lock().expect("nobody panics with it").extend(said),
            Err(_) => drop(failed.fetch_min(seed, Ordering::Relaxed)),
        }
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(play);
        }
    });
    match failed.into_inner() {
        u64::MAX => Ok(words.into_inner().expect("nobody panics with it")),
        seed => Err(seed),
    }
}

/// What went wrong, how to play it again, and the smallest scenario in which it does.
fn explain(seed: u64, found: &Violation) -> String {
    let same = |other: &Violation| other.invariant == found.invariant;
    let least =
        run::shrink(Recipe::drawn(seed), |recipe| run::play(recipe).is_err_and(|it| same(&it)));
    let text = generate::text(&least);
    let again = run::play(&least).err().unwrap_or_else(|| found.clone());
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("swarm-{seed}.yaml"));
    let written = match fs::write(&path, &text) {
        Ok(()) => path.display().to_string(),
        Err(error) => format!("not written: {error}"),
    };
    format!(
        "seed {seed}: `{}` does not hold at {}: {}\n\
         play it again: PODTIDE_SWARM_SEED={seed} cargo test --test it swarm\n\
         smallest ({:?}), {written}: at {}: {}\n{text}",
        found.invariant, found.at, found.text, least.features, again.at, again.text
    )
}
