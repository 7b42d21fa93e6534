//! Sentences of the summary about what went wrong: drains, bounds, pauses, and who did what.

use podtide::render::story;
use podtide::report::{Report, summarize};

use crate::pipe::{WEB, play, scenario};

const LOAD: &str = "
  duration: 30m
  seed: 7
  cluster:
    nodes:
      - {name: pool, count: 3, allocatable: {cpu: \"4\", memory: 16Gi}}
  traffic:
    - to: {service: web}
      layers:
        - constant: 60/s
        - spike: {at: 5m, height: 400/s, rise: 30s, hold: 8m, fall: 1m}
  profiles:
    - {deployment: web, cpuPerRequest: 8ms, latency: 20ms, timeout: 2s, startup: {time: 20s}}
";

fn report(manifests: &str, events: &str) -> Report {
    let scenario = scenario(manifests, &format!("{LOAD}  events:\n{events}"));
    summarize(&scenario, &play(&scenario))
}

fn told(report: &Report) -> String {
    story::workload(&report.workloads[0]).join("\n")
}

#[test]
fn a_drain_that_gave_up_left_nothing_to_the_end() {
    let budget = "\
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}
";
    let event = "    - {at: 9m, drain: {nodes: [pool-1, pool-2, pool-3], timeout: 20s}}\n";
    let report = report(&format!("{WEB}{budget}"), event);
    let given_up = report.evictions.iter().filter(|row| row.gave_up_seconds.is_some());
    let ended = given_up.clone().filter(|row| row.ended_seconds.is_some()).count();
    assert!(ended > 0, "a scale-down took pods that the drain left: {:?}", report.evictions);
    assert!(report.evictions.iter().all(|row| !row.needs_all));
    let said = story::evictions(&report).expect("there was a drain");
    assert!(said.contains("kubectl gave up on "), "{said}");
    assert!(said.contains(&format!("{ended} of them ended later for other reasons")), "{said}");
    assert!(!said.contains("It needs all pods"), "{said}");
}

#[test]
fn pods_that_never_were_are_not_idle() {
    let report = report(WEB, "    - {at: 9m, scale: {deployment: web, replicas: 100000}}\n");
    let web = &report.workloads[0];
    let idle = web.resources.idle_pod_hours.expect("need is known");
    assert!(idle <= web.resources.pod_hours, "{idle} of {}", web.resources.pod_hours);
    assert!(web.scaling.peak_pods < 100_000, "{}", web.scaling.peak_pods);
}

#[test]
fn an_hpa_that_its_maximum_bound_did_react() {
    let event = "    - {at: 9m, edit: {object: hpa/web, path: spec.maxReplicas, value: 5}}\n";
    let report = report(WEB, event);
    let said = told(&report);
    assert!(!said.contains("did not react"), "{said}");
    assert!(said.starts_with("The HPA reacted "), "{said}");
    assert!(said.contains("The HPA itself lowered the count to 5"), "{said}");
}

#[test]
fn what_failed_of_a_later_rise_is_no_event_s_fault() {
    let report = report(WEB, "    - {at: 2m, slowImagePull: {factor: 10, for: 20m}}\n");
    let last = report.totals.last_failure.expect("the rise comes too fast");
    assert_eq!(last.event, None);
}

#[test]
fn a_paused_rollout_is_called_so() {
    let report = report(
        WEB,
        "    - {at: 9m, pause: {deployment: web}}\n    \
         - {at: 10m, setImage: {deployment: web, image: \"web:v2\"}}\n",
    );
    let said = told(&report);
    let expected = "was not complete at the end, as the Deployment is paused: 0 of";
    assert!(said.contains(expected) && said.contains("had it and were ready"), "{said}");
}
