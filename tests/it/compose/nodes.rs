//! Nodes that leave: their tasks go elsewhere.

use super::played::Played;

const COMPOSE: &str = "services:
  web:
    image: web:v1
    deploy: {replicas: 6}
";

fn spec(event: &str) -> String {
    format!(
        "    nodes: [{{name: node, count: 3, allocatable: {{cpu: '4', memory: 16Gi}}}}]
  profiles: [{{deployment: web, shutdown: 2s}}]
  events: [{{at: 1m, {event}}}]
"
    )
}

/// Tasks that run on the first node, and all that run.
fn counts(played: &Played, seconds: f64) -> (usize, usize) {
    let cluster = played.at(seconds);
    let runs = cluster.pods().iter().filter(|pod| pod.is_ready() && pod.deletion.is_none());
    let here = runs.filter(|pod| pod.node.is_some_and(|node| node.0 == 0)).count();
    (here, played.running(seconds))
}

#[test]
fn a_drain_sends_tasks_away_without_a_delay() {
    let played = Played::new(COMPOSE, &spec("drain: {node: node-1}"));
    assert_eq!(counts(&played, -1.0), (2, 6));
    assert_eq!((counts(&played, 1.0), counts(&played, 2.5)), ((0, 4), (0, 6)));
}

/// The manager notices after a while; then the restart delay of 5 s passes.
#[test]
fn tasks_of_a_node_that_fails_are_started_elsewhere() {
    let played = Played::new(COMPOSE, &spec("failNode: {node: node-1}"));
    let lost = (0..60).find(|&second| counts(&played, f64::from(second)).0 == 0);
    let lost = f64::from(lost.expect("the node is noticed within a minute"));
    assert_eq!((counts(&played, lost), counts(&played, lost + 6.0)), ((0, 4), (0, 6)));
}

#[test]
fn a_deleted_task_is_replaced_when_it_has_stopped() {
    let played = Played::new(COMPOSE, &spec("deletePod: {deployment: web}"));
    assert_eq!((played.running(0.0), played.running(1.9), played.running(2.0)), (5, 5, 6));
}
