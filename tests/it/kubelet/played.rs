//! The kubelet at work in whole scenarios.

use podtide::kube::apiserver::Write;
use podtide::recording::Recording;

use crate::pipe::{WEB, play, scenario};

const CALM: &str = "
  duration: 20m
  seed: 7
  traffic:
    - to: {service: web}
      layers: [{constant: 60/s}]
";

/// Texts of all events of that word, with their times [ms].
fn events(recording: &Recording, word: &str) -> Vec<(i64, String)> {
    let of_word = recording
        .facts
        .iter()
        .filter(|fact| matches!(fact.write, Write::Event { .. }) && fact.reason.word() == word);
    of_word.map(|fact| (fact.at.0, fact.reason.to_string())).collect()
}

#[test]
fn a_startup_probe_shorter_than_the_start_up_ends_in_a_crash_loop() {
    let probe =
        "startupProbe: {httpGet: {path: /, port: 80}, periodSeconds: 2, failureThreshold: 3}
          readinessProbe";
    let manifests = WEB.replace("readinessProbe", probe);
    let profile = "
  profiles:
    - {deployment: web, cpuPerRequest: 8ms, startup: {time: 20s, cpu: 250m}}
";
    let recording = play(&scenario(&manifests, &format!("{CALM}{profile}")));
    assert!(!events(&recording, "BackOff").is_empty());
    let kills = events(&recording, "Killing");
    let why = "Container web failed startup probe, will be restarted";
    assert!(kills.iter().all(|(_, text)| text == why), "{kills:?}");
    // The first probe after a start comes with the next tick, and the third fails 4 s later.
    let starts = events(&recording, "Started");
    assert_eq!(kills.len(), starts.len());
    let runs = starts.iter().zip(&kills).map(|((start, _), (kill, _))| kill - start);
    assert!(runs.into_iter().all(|run| (4000..=6000).contains(&run)));
    let cluster = recording.state_at(recording.end);
    assert!(cluster.pods().iter().all(|pod| !pod.is_ready() && pod.restarts > 3));
}

#[test]
fn a_warm_world_has_its_images_on_every_node() {
    let spike = "
  duration: 20m
  seed: 7
  traffic:
    - to: {service: web}
      layers: [{constant: 60/s}, {spike: {at: 5m, height: 600/s, rise: 30s, hold: 5m, fall: 1m}}]
  profiles:
    - {deployment: web, cpuPerRequest: 8ms}
";
    let recording = play(&scenario(WEB, spike));
    assert!(events(&recording, "Started").len() > 5);
    assert!(events(&recording, "Pulling").is_empty());
    let cold = spike.replace("seed: 7", "seed: 7\n  world: cold");
    assert!(!events(&play(&scenario(WEB, &cold)), "Pulling").is_empty());
}

/// Requests that failed in a scenario whose Deployment is scaled from 6 pods to 3.
fn failed_in_scale_down(manifests: &str) -> f64 {
    let without_hpa = manifests.split("---\napiVersion: autoscaling").next().unwrap_or_default();
    let spec = "
  duration: 10m
  seed: 7
  traffic:
    - to: {service: web}
      layers: [{constant: 60/s}]
  profiles:
    - {deployment: web, replicas: 6, cpuPerRequest: 8ms, latency: 20ms}
  events:
    - {at: 2m, scale: {deployment: web, replicas: 3}}
";
    let recording = play(&scenario(without_hpa, spec));
    let cluster = recording.state_at(recording.end);
    assert_eq!(cluster.pods().len(), 3);
    recording.segments.iter().map(|segment| segment.failed).sum()
}

#[test]
fn requests_to_pods_that_stop_fail_unless_a_hook_waits_for_the_endpoints() {
    // Three of six pods get SIGTERM a second before kube-proxy stops sending them requests.
    let failed = failed_in_scale_down(WEB);
    assert!((20.0..40.0).contains(&failed), "{failed}");
    let hook = "lifecycle: {preStop: {sleep: {seconds: 5}}}\n          readinessProbe";
    let failed = failed_in_scale_down(&WEB.replace("readinessProbe", hook));
    assert!(failed < 1e-6, "{failed}");
}
