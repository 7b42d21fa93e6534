//! How updates go: parallelism, order, delay, monitoring.

use super::played::{Played, at};

/// Six tasks that are healthy 8 s after their start.
fn six(update: &str) -> String {
    format!(
        "services:
  web:
    image: web:v1
    healthcheck: {{test: [CMD, 'true'], interval: 8s}}
    deploy:
      replicas: 6
      update_config: {{{update}}}
"
    )
}

/// They take 2 s to stop.
const PROFILE: &str = "{deployment: web, startup: {time: 8s, cpu: 0}, shutdown: 2s}";

#[test]
fn a_service_without_an_update_stays_as_it_is() {
    let played = Played::new(&six("parallelism: 2"), "");
    assert_eq!((played.running(0.0), played.running(300.0)), (6, 6));
    assert_eq!(played.messages(), [""; 0]);
}

/// Example 1: three rounds of 2 + 8 + 10 s, and 5 s of monitoring.
#[test]
fn stop_first_goes_in_rounds() {
    let played = Played::update(&six("parallelism: 2, delay: 10s, monitor: 5s"), PROFILE);
    assert_eq!(played.statuses(), [at(0.0, "updating"), at(65.0, "completed")]);
    assert_eq!(played.messages(), ["update in progress", "update completed"]);
    let counts = |seconds: f64| (played.running(seconds), played.running_with("web:v2", seconds));
    assert_eq!((counts(0.0), counts(9.999), counts(10.0)), ((4, 0), (4, 0), (6, 2)));
    assert_eq!((counts(19.999), counts(20.0), counts(30.0)), ((6, 2), (4, 2), (6, 4)));
    assert_eq!((counts(40.0), counts(50.0), counts(65.0)), ((4, 4), (6, 6), (6, 6)));
    assert_eq!(played.bounds(), (4, 6));
    // The old task is there until it has stopped, and the new one waits beside it.
    assert_eq!((played.tasks(1.999), played.tasks(2.0)), (8, 6));
}

/// Example 2: the same with the new task first; stopping is not waited for.
#[test]
fn start_first_keeps_what_it_has() {
    let update = "parallelism: 2, delay: 10s, monitor: 5s, order: start-first";
    let played = Played::update(&six(update), PROFILE);
    assert_eq!(played.statuses(), [at(0.0, "updating"), at(59.0, "completed")]);
    assert_eq!(played.bounds(), (6, 6));
    assert_eq!((played.tasks(-1.0), played.tasks(0.0), played.tasks(9.999)), (6, 8, 8));
    assert_eq!((played.tasks(10.0), played.running_with("web:v2", 8.0)), (6, 2));
}

/// Example 3: nobody serves for the 10 s that it takes.
#[test]
fn all_at_once_is_an_outage() {
    let played = Played::update(&six("parallelism: 0"), PROFILE);
    assert_eq!((played.running(0.0), played.running(9.999), played.running(10.0)), (0, 0, 6));
    assert_eq!(played.statuses(), [at(0.0, "updating"), at(15.0, "completed")]);
}

#[test]
fn a_second_update_takes_the_place_of_the_first() {
    let events = "  profiles:\n    - {deployment: web, startup: {time: 8s, cpu: 0}}
  events:
    - {at: 1m, setImage: {deployment: web, image: 'web:v2'}}
    - {at: 75s, setImage: {deployment: web, image: 'web:v3'}}
";
    let played = Played::new(&six("parallelism: 2, delay: 10s"), events);
    // Two slots have v2 by then; all six go to v3, two at a time.
    assert_eq!(played.running_with("web:v2", 14.0), 2);
    let expected = [at(0.0, "updating"), at(15.0, "updating"), at(15.0 + 59.0, "completed")];
    assert_eq!(played.statuses(), expected);
    assert_eq!(played.running_with("web:v3", 74.0), 6);
}

#[test]
fn scaling_does_not_use_the_update_config() {
    let events = "  profiles:\n    - {deployment: web, startup: {time: 8s, cpu: 0}}
  events:
    - {at: 1m, scale: {deployment: web, replicas: 9}}
    - {at: 2m, scale: {deployment: web, replicas: 2}}
";
    let played = Played::new(&six("parallelism: 1, delay: 10s"), events);
    assert_eq!((played.running(7.999), played.running(8.0), played.running(60.0)), (6, 9, 2));
    assert_eq!(played.messages(), [""; 0]);
    let cluster = played.at(70.0);
    let names = cluster.pods().iter().map(|pod| pod.name.split('.').nth(1).unwrap_or_default());
    let mut slots: Vec<&str> = names.collect();
    slots.sort_unstable();
    slots.dedup();
    assert_eq!(slots.len(), 2, "{slots:?}");
}

#[test]
fn a_global_service_has_a_task_on_each_node() {
    let compose = "services:
  agent:
    image: agent:v1
    deploy:
      mode: global
      placement: {constraints: [node.labels.disk == ssd]}
";
    let nodes = "    nodes:
      - {name: a, count: 3, allocatable: {cpu: '4', memory: 16Gi}, labels: {disk: ssd}}
      - {name: b, count: 2, allocatable: {cpu: '4', memory: 16Gi}}
  events: [{at: 1m, setImage: {deployment: agent, image: 'agent:v2'}}]
";
    let played = Played::new(compose, nodes);
    assert_eq!((played.running(-1.0), played.running_with("agent:v2", 60.0)), (3, 3));
    let cluster = played.at(60.0);
    let mut nodes: Vec<u32> = cluster.pods().iter().filter_map(|pod| Some(pod.node?.0)).collect();
    nodes.sort_unstable();
    assert_eq!(nodes, [0, 1, 2]);
}
