//! The cluster autoscaler through the pipe: when nodes come, when they go, and what keeps them.

use podtide::kube::apiserver::{Cluster, Write};
use podtide::kube::cluster_autoscaler::reason::ClusterAutoscalerReason;
use podtide::kube::reason::Reason;
use podtide::recording::Recording;
use podtide::units::SimTime;

use crate::pipe::{play, scenario, try_scenario};

/// Pods of which four fit on a node of one core.
const WEB: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: web:v1
          resources: {requests: {cpu: 250m, memory: 256Mi}}
";

const BUDGET: &str = "\
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {minAvailable: 100%, selector: {matchLabels: {app: web}}}
";

/// One pool of small nodes, with flags and events.
fn played(manifests: &str, pool: &str, rest: &str) -> Recording {
    play(&scenario(manifests, &spec(pool, rest)))
}

fn spec(pool: &str, rest: &str) -> String {
    format!(
        "  seed: 7\n  cluster:\n    nodes:\n      - {{name: pool, {pool}, \
         allocatable: {{cpu: 1, memory: 4Gi}}}}\n{rest}"
    )
}

/// What the autoscaler said, with the second at which it did.
fn said(recording: &Recording, word: &str) -> Vec<(i64, String)> {
    let ours = recording.facts.iter().filter(|fact| {
        let by = matches!(fact.reason, Reason::ClusterAutoscaler(_));
        by && fact.reason.word() == word && !matches!(fact.write, Write::UpdateNode { .. })
    });
    ours.map(|fact| (fact.at.0 / 1000, fact.reason.to_string())).collect()
}

fn nodes_at(recording: &Recording, seconds: i64) -> Vec<String> {
    let cluster = recording.state_at(SimTime::from_secs(seconds));
    cluster.nodes().map(|node| node.node.metadata.name.clone()).collect()
}

fn running(cluster: &Cluster) -> usize {
    cluster.pods().iter().filter(|pod| pod.is_ready()).count()
}

const UP: &str = "
  duration: 20m
  events:
    - {at: 1m, scale: {deployment: web, replicas: 10}}
";

#[test]
fn pods_without_a_node_bring_nodes_after_their_provisioning_time() {
    let recording = played(WEB, "min: 1, max: 5, provisioning: 90s", UP);
    let up = said(&recording, "ScaledUpGroup");
    assert_eq!(up.len(), 1, "{up:?}");
    let (at, text) = &up[0];
    // Within a scan interval, and pods of less than 2 s wait for the next one.
    assert!((62..=73).contains(at), "{at}");
    assert_eq!(text, "Scale-up: group pool size set to 3 instead of 1 (max: 5)");
    let triggered = said(&recording, "TriggeredScaleUp");
    assert_eq!(triggered.len(), 6, "{triggered:?}");
    assert_eq!(triggered[0].1, "pod triggered scale-up: [{pool 1->3 (max: 5)}]");
    let ready: Vec<i64> = recording
        .facts
        .iter()
        .filter(|fact| matches!(fact.write, Write::NodeReady { .. }) && fact.at > SimTime::ZERO)
        .map(|fact| fact.at.0 / 1000)
        .collect();
    assert_eq!(ready, [at + 90, at + 90]);
    assert_eq!(nodes_at(&recording, 600), ["pool-1", "pool-2", "pool-3"]);
    assert_eq!(running(&recording.state_at(SimTime::from_secs(600))), 10);
}

#[test]
fn it_stops_at_the_maximum_and_says_so() {
    let recording = played(WEB, "min: 1, max: 2, provisioning: 90s", UP);
    let up = said(&recording, "ScaledUpGroup");
    assert_eq!(up.len(), 1, "{up:?}");
    assert_eq!(up[0].1, "Scale-up: group pool size set to 2 instead of 1 (max: 2)");
    let not = said(&recording, "NotTriggerScaleUp");
    assert_eq!(not.len(), 2, "each pod that stays hears it once: {not:?}");
    assert_eq!(not[0].1, "pod didn't trigger scale-up: 1 max node group size reached");
    assert_eq!(nodes_at(&recording, 1199).len(), 2);
}

#[test]
fn pods_that_fit_no_node_of_a_group_bring_none() {
    let large = WEB.replace("cpu: 250m", "cpu: 1500m");
    let recording = played(&large, "min: 1, max: 5", "  duration: 10m\n  world: cold\n");
    assert!(said(&recording, "ScaledUpGroup").is_empty());
    let not = said(&recording, "NotTriggerScaleUp");
    assert_eq!(not.len(), 3);
    assert_eq!(not[0].1, "pod didn't trigger scale-up: 1 Insufficient cpu");
}

const DOWN: &str = "
  duration: 40m
  events:
    - {at: 1m, scale: {deployment: web, replicas: 10}}
    - {at: 15m, scale: {deployment: web, replicas: 3}}
";

#[test]
fn nodes_go_when_they_were_not_needed_for_ten_minutes() {
    let recording = played(WEB, "min: 1, max: 5, provisioning: 90s", DOWN);
    assert_eq!(nodes_at(&recording, 24 * 60).len(), 3);
    assert_eq!(nodes_at(&recording, 39 * 60).len(), 1);
    let unneeded = said(&recording, "Unneeded");
    assert!(unneeded.len() >= 2, "{unneeded:?}");
    let removed: Vec<i64> = recording
        .facts
        .iter()
        .filter(|fact| matches!(fact.write, Write::DeleteNode(_)))
        .map(|fact| fact.at.0 / 1000)
        .collect();
    assert_eq!(removed.len(), 2);
    assert!(removed.iter().all(|at| (1500..1600).contains(at)), "{removed:?}");
    assert_eq!(running(&recording.state_at(SimTime::from_secs(2399))), 3);
}

#[test]
fn flags_shorten_that() {
    let flags = "    clusterAutoscaler: {scale-down-unneeded-time: 2m, \
                 scale-down-delay-after-add: 1m, scan-interval: 5s}\n";
    let recording = played(WEB, "min: 1, max: 5, provisioning: 90s", &format!("{flags}{DOWN}"));
    assert_eq!(nodes_at(&recording, 15 * 60).len(), 3);
    assert_eq!(nodes_at(&recording, 18 * 60 + 30).len(), 1);
}

#[test]
fn no_node_goes_soon_after_one_came() {
    let rest = "
  duration: 30m
  events:
    - {at: 1m, scale: {deployment: web, replicas: 10}}
    - {at: 2m, scale: {deployment: web, replicas: 3}}
";
    let flags = "    clusterAutoscaler: {scale-down-unneeded-time: 1m}\n";
    let recording = played(WEB, "min: 1, max: 5, provisioning: 90s", &format!("{flags}{rest}"));
    let added = said(&recording, "ScaledUpGroup")[0].0;
    let removed = recording.facts.iter().find(|fact| matches!(fact.write, Write::DeleteNode(_)));
    let removed = removed.expect("empty nodes go").at.0 / 1000;
    assert!((added + 600..added + 630).contains(&removed), "{added} {removed}");
}

/// Four pods stay, two on each of two nodes, which is one half of a node.
fn half_full(minutes: u32, more: &str) -> String {
    let down = DOWN.replace("replicas: 3", "replicas: 4").replace("40m", &format!("{minutes}m"));
    format!("    clusterAutoscaler: {{scale-down-utilization-threshold: 0.6{more}}}\n{down}")
}

#[test]
fn a_budget_without_room_keeps_a_node() {
    let manifests = format!("{WEB}{BUDGET}");
    let recording = played(&manifests, "min: 1, max: 5, provisioning: 90s", &half_full(40, ""));
    let kept = said(&recording, "NoScaleDown");
    assert!(
        kept.iter().any(|(_, text)| text.contains("not enough pod disruption budget to move")
            && text.contains("(budget web)")),
        "{kept:?}"
    );
    let evicted = recording.facts.iter().any(|fact| matches!(fact.reason, Reason::Eviction(_)));
    assert!(!evicted);
    let hosts = |cluster: &Cluster| {
        let hosts: std::collections::BTreeSet<_> =
            cluster.pods().iter().filter_map(|pod| pod.node).collect();
        hosts.len()
    };
    let end = recording.state_at(SimTime::from_secs(2399));
    assert_eq!(hosts(&end), end.nodes().count(), "only nodes that run nothing went");
    assert!(end.nodes().count() > 1, "the others wait for their budget");
}

#[test]
fn a_drain_moves_pods_by_evictions_one_node_at_a_time() {
    let budget = BUDGET.replace("minAvailable: 100%", "maxUnavailable: 1");
    let manifests = format!("{WEB}{budget}");
    let recording = played(&manifests, "min: 1, max: 5, provisioning: 90s", &half_full(60, ""));
    assert_eq!(nodes_at(&recording, 3599).len(), 1);
    let draining = said(&recording, "ScaleDown");
    let texts: Vec<&str> = draining.iter().map(|(_, text)| text.as_str()).collect();
    assert!(texts.iter().any(|text| text.starts_with("Scale-down: removing node pool-")));
    assert!(texts.contains(&"marked the node as toBeDeleted/unschedulable"));
    assert!(texts.contains(&"deleting pod for node scale down"));
    assert!(texts.contains(&"node removed by cluster autoscaler"));
    assert_eq!(running(&recording.state_at(SimTime::from_secs(3599))), 4);
}

#[test]
fn pods_that_must_not_move_keep_their_node() {
    let cases = [
        ("annotations: {cluster-autoscaler.kubernetes.io/safe-to-evict: \"false\"}, ", "", "safe"),
        ("", "      volumes: [{name: data, emptyDir: {}}]\n", "local storage"),
    ];
    for (annotation, volumes, word) in cases {
        let web = WEB.replace("metadata: {labels", &format!("metadata: {{{annotation}labels"));
        let web = format!("{web}{volumes}");
        let rest = half_full(40, "");
        let recording = played(&web, "min: 1, max: 5, provisioning: 90s", &rest);
        let kept = said(&recording, "NoScaleDown");
        assert!(kept.iter().any(|(_, text)| text.contains(word)), "{word}: {kept:?}");
        assert!(nodes_at(&recording, 2399).len() > 1);
    }
    let web = format!("{WEB}      volumes: [{{name: data, emptyDir: {{}}}}]\n");
    let rest = half_full(60, ", skip-nodes-with-local-storage: false");
    let recording = played(&web, "min: 1, max: 5, provisioning: 90s", &rest);
    assert_eq!(nodes_at(&recording, 3599).len(), 1);
}

#[test]
fn a_node_at_or_above_the_threshold_is_needed() {
    // Two pods of four fill a node to one half.
    let manifests = WEB.replace("replicas: 3", "replicas: 6");
    let rest = "  duration: 30m\n";
    let pool = "count: 3, min: 1, max: 5";
    let recording = played(&manifests, pool, rest);
    assert!(said(&recording, "Unneeded").is_empty());
    assert_eq!(nodes_at(&recording, 1799).len(), 3);
    let flags = "    clusterAutoscaler: {scale-down-utilization-threshold: 0.6}\n";
    let recording = played(&manifests, pool, &format!("{flags}{rest}"));
    assert_eq!(nodes_at(&recording, 1799).len(), 2, "six pods need two nodes");
}

#[test]
fn it_comes_to_rest() {
    let rest = "
  duration: 4h
  events:
    - {at: 1m, scale: {deployment: web, replicas: 9}}
    - {at: 1h, scale: {deployment: web, replicas: 5}}
";
    let recording = played(WEB, "min: 1, max: 6, provisioning: 90s", rest);
    let changes = |from: i64, to: i64| {
        let within = |at: SimTime| (from * 60_000..to * 60_000).contains(&at.0);
        let moves = recording.facts.iter().filter(|fact| {
            within(fact.at) && matches!(fact.write, Write::CreateNode(_) | Write::DeleteNode(_))
        });
        moves.count()
    };
    assert_eq!(changes(10, 60), 0, "no reason to change anything");
    assert!(changes(60, 120) > 0);
    assert_eq!(changes(120, 240), 0);
    assert!(said(&recording, "NeededAgain").len() < 5);
}

#[test]
fn nodes_that_never_come_are_given_up() {
    let flags = "    clusterAutoscaler: {max-node-provision-time: 3m}\n";
    let rest = UP.replace("20m", "40m");
    let recording = played(WEB, "min: 1, max: 5, provisioning: 1h", &format!("{flags}{rest}"));
    let late = said(&recording, "ScaleUpTimedOut");
    assert!(late.len() >= 2, "{late:?}");
    assert!(late[0].1.starts_with("Nodes added to group pool failed to register within 3"));
    let not = said(&recording, "NotTriggerScaleUp");
    assert_eq!(not[0].1, "pod didn't trigger scale-up: 1 in backoff after failed scale-up");
    let up = said(&recording, "ScaledUpGroup");
    // 5 min of backoff, then 10.
    assert!(up[1].0 - late[0].0 >= 300 && up[1].0 - late[0].0 < 320, "{up:?} {late:?}");
    assert_eq!(nodes_at(&recording, 2399).len(), 1);
}

#[test]
fn the_same_scenario_gives_the_same_facts() {
    let scenario = scenario(WEB, &spec("min: 1, max: 5, provisioning: 90s", DOWN));
    let (one, other) = (play(&scenario), play(&scenario));
    assert_eq!(one.facts, other.facts);
}

#[test]
fn the_group_with_least_waste_grows() {
    let rest = "
  duration: 10m
  seed: 3
  cluster:
    nodes:
      - {name: base, count: 1, allocatable: {cpu: 1, memory: 4Gi}}
      - {name: large, count: 0, min: 0, max: 5, allocatable: {cpu: 16, memory: 64Gi}}
      - {name: small, count: 0, min: 0, max: 5, allocatable: {cpu: 1, memory: 1Gi}}
  events:
    - {at: 1m, scale: {deployment: web, replicas: 8}}
";
    let recording = play(&scenario(WEB, rest));
    let groups: Vec<String> = recording
        .facts
        .iter()
        .filter_map(|fact| match &fact.reason {
            Reason::ClusterAutoscaler(ClusterAutoscalerReason::ScaledUpGroup {
                change, ..
            }) => Some(change.group.to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(groups, ["small"]);
}

#[test]
fn wrong_pools_and_flags_are_all_found() {
    let text = format!(
        "{WEB}---
apiVersion: podtide.dev/v1alpha1
kind: Scenario
metadata: {{name: wrong}}
spec:
  cluster:
    clusterAutoscaler: {{scan-interval: 10ms, expander: cheapest, \
         scale-down-utilization-threshold: 2}}
    nodes:
      - {{name: a, min: 3, allocatable: {{cpu: 1, memory: 1Gi}}}}
      - {{name: b, min: 3, max: 2, allocatable: {{cpu: 1, memory: 1Gi}}}}
      - {{name: c, count: 9, min: 1, max: 2, allocatable: {{cpu: 1, memory: 1Gi}}}}
"
    );
    let errors = try_scenario(&text).expect_err("much is wrong");
    for part in [
        "has only one bound",
        "`max` is below `min`",
        "`count` is not within",
        "`scan-interval` is shorter",
        "`expander` cannot be",
        "the threshold is out of range",
    ] {
        assert!(errors.contains(part), "{part}: {errors}");
    }
}
