//! The same input and seed give the same bytes, and time that passes costs no memory.

use std::thread;

use podtide::kube::objects::deployment::DeploymentObject;
use podtide::recording::Deaf;
use podtide::report::summarize;
use podtide::scenario::Scenario;
use podtide::sim::simulate;
use podtide::units::SimTime;

use crate::pipe::{WEB, play, scenario};

const NOISY: &str = "
  duration: 30m
  seed: SEED
  traffic:
    - to: {service: web}
      layers:
        - constant: 60/s
        - spike: {at: 5m, height: 400/s, rise: 30s, hold: 5m, fall: 1m}
        - noise: {stddev: 10%, correlation: 30s}
  profiles:
    - {deployment: web, cpuPerRequest: 8ms, latency: 20ms, timeout: 2s}
";

fn noisy(seed: u32) -> Scenario {
    scenario(WEB, &NOISY.replace("SEED", &seed.to_string()))
}

/// Everything that a run says, as text.
fn trace(scenario: &Scenario) -> String {
    let recording = play(scenario);
    let report = serde_json::to_string(&summarize(scenario, &recording)).expect("a report is JSON");
    format!("{:?}\n{:?}\n{report}", recording.facts, recording.decisions)
}

#[test]
fn two_runs_and_two_threads_give_the_same_bytes() {
    let first = trace(&noisy(7));
    assert_eq!(first, trace(&noisy(7)), "two runs one after the other");
    let threads: Vec<_> = (0..2).map(|_| thread::spawn(|| trace(&noisy(7)))).collect();
    for thread in threads {
        assert_eq!(first, thread.join().expect("a thread ends"), "two runs side by side");
    }
}

#[test]
fn another_seed_is_another_run() {
    assert_ne!(trace(&noisy(7)), trace(&noisy(8)));
}

#[test]
fn a_recording_gives_the_cluster_of_any_instant() {
    let scenario = noisy(3);
    let recording = play(&scenario);
    for minute in [0, 1, 6, 12, 29] {
        let at = SimTime::from_secs(minute * 60);
        let cluster = recording.state_at(at);
        let desired = recording.decisions.iter().rev().find(|decision| decision.at < at);
        let replicas = cluster.deployments().next().map(DeploymentObject::replicas);
        if let (Some(decision), Some(replicas)) = (desired, replicas) {
            assert_eq!(replicas, decision.desired, "at {at}");
        }
    }
}

#[test]
fn no_memory_is_taken_as_time_passes() {
    let allocations = |hours: u32| {
        let spec = format!(
            "
  duration: {hours}h
  seed: 1
  traffic:
    - to: {{service: web}}
      layers:
        - constant: 60/s
        - noise: {{stddev: 1%, correlation: 10s}}
  profiles:
    - {{deployment: web, cpuPerRequest: 8ms}}
"
        );
        let scenario = scenario(WEB, &spec);
        allocation_counter::measure(|| simulate(&scenario, &mut Deaf)).count_total
    };
    let (short, long) = (allocations(1), allocations(5));
    assert!(long <= short + 64, "1 h takes {short} allocations, 5 h {long}");
}
