//! Nodes through the pipe: drains, failures, taints, and nodes that join.

use std::collections::BTreeSet;

use podtide::kube::apiserver::eviction::answer::Pass;
use podtide::kube::apiserver::eviction::reason::EvictionReason;
use podtide::kube::apiserver::{Cluster, Fact, Write};
use podtide::kube::objects::ids::{ObjectId, PodId};
use podtide::kube::objects::pod::Pod;
use podtide::kube::reason::Reason;
use podtide::recording::Recording;
use podtide::units::SimTime;

use crate::pipe::{WEB, play, scenario, try_scenario};

/// Three nodes with room for some pods each.
const NODES: &str = "
  cluster:
    nodes:
      - {name: pool, count: 3, allocatable: {cpu: \"4\", memory: 16Gi}}
";

const TRAFFIC: &str = "
  seed: 7
  traffic: [{to: {service: web}, layers: [{constant: 200/s}]}]
  profiles:
    - {deployment: web, cpuPerRequest: 8ms, latency: 20ms, timeout: 2s, startup: {time: 20s}}
";

const BUDGET: &str = "\
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}
";

fn played(manifests: &str, spec: &str) -> Recording {
    play(&scenario(manifests, &format!("{NODES}{TRAFFIC}{spec}")))
}

/// What was said, with the second at which it was: facts of that word.
fn said(recording: &Recording, word: &str) -> Vec<(i64, String)> {
    let facts = recording.facts.iter().filter(|fact| fact.reason.word() == word);
    facts.map(|fact| (fact.at.0 / 1000, fact.reason.to_string())).collect()
}

fn pods_on<'a>(cluster: &'a Cluster, node: &str) -> Vec<&'a Pod> {
    let node = cluster.nodes().find(|other| other.node.metadata.name == node);
    let node = node.expect("the node exists");
    node.pods.iter().filter_map(|&pod| cluster.pod(pod)).collect()
}

fn ready(cluster: &Cluster) -> usize {
    let serves = |pod: &&Pod| pod.is_ready() && pod.deletion.is_none();
    cluster.pods().iter().filter(serves).count()
}

fn at(seconds: i64) -> SimTime {
    SimTime::from_secs(seconds)
}

#[test]
fn a_drain_waits_for_its_budget_while_a_rollout_and_an_hpa_go_on() {
    let manifests = format!("{WEB}{BUDGET}");
    let recording = played(
        &manifests,
        "
  duration: 30m
  events:
    - {at: 5m, setImage: {deployment: web, image: \"web:v2\"}}
    - {at: 5m30s, drain: {node: pool-1, ignoreDaemonSets: true}}
",
    );
    let before = recording.state_at(at(329));
    let there: BTreeSet<PodId> = pods_on(&before, "pool-1").iter().map(|pod| pod.id).collect();
    assert!(there.len() > 1, "the drain has something to do");
    let drained = said(&recording, "Drained");
    assert_eq!(drained.len(), 1, "{drained:?}");
    assert_eq!(drained[0].1, "node/pool-1 drained");
    let after = recording.state_at(at(drained[0].0 + 1));
    assert!(pods_on(&after, "pool-1").is_empty());
    assert!(after.nodes().next().is_some_and(|node| node.unschedulable));
    assert!(!said(&recording, "WillRetry").is_empty(), "the budget makes the drain wait");
    every_eviction_was_allowed(&recording);
    assert!(ready(&recording.state_at(at(1799))) >= 3);
}

/// Each eviction that was let through came at a time when the budget had room, or by a rule that
/// exempts the pod.
fn every_eviction_was_allowed(recording: &Recording) {
    let mut passes = Vec::new();
    for (place, fact) in recording.facts.iter().enumerate() {
        if let (Write::PdbStatus { pdb, .. }, Reason::Eviction(reason)) =
            (&fact.write, &fact.reason)
        {
            assert!(matches!(reason, EvictionReason::CheckAndDecrement { .. }));
            let before = recording.state_after(place as u32);
            let budget = before.pdb(*pdb).expect("the budget exists");
            assert!(budget.status.disruptions_allowed > 0, "at {}", fact.at);
        }
        if let (Write::DeletePod { .. }, Reason::Eviction(reason)) = (&fact.write, &fact.reason) {
            let EvictionReason::EvictionByEvictionApi(pass) = reason else {
                panic!("{reason:?} deletes no pod");
            };
            passes.push(*pass);
        }
    }
    assert!(passes.iter().any(|pass| matches!(pass, Pass::Charged(_))), "{passes:?}");
    assert!(passes.iter().all(|pass| !matches!(pass, Pass::NoBudget)), "{passes:?}");
}

#[test]
fn a_node_that_fails_loses_its_pods_after_five_minutes() {
    let recording = played(
        WEB,
        "
  duration: 25m
  events:
    - {at: 5m, failNode: {node: pool-2}}
    - {at: 20m, recoverNode: {node: pool-2}}
",
    );
    let before = recording.state_at(at(299));
    let lost: Vec<PodId> = pods_on(&before, "pool-2").iter().map(|pod| pod.id).collect();
    assert!(!lost.is_empty());
    let unknown = said(&recording, "NodeStatusUnknown");
    assert_eq!(unknown.len(), 1, "{unknown:?}");
    // The last lease is up to 10 s old, and is noticed up to 5 s later.
    let unknown_at = unknown[0].0;
    assert!((340..=355).contains(&unknown_at), "{unknown_at}");
    let then = recording.state_at(at(unknown_at + 1));
    assert!(lost.iter().all(|&pod| then.pod(pod).is_some_and(|pod| !pod.is_ready())));
    let taints = |cluster: &Cluster| {
        let node = cluster.nodes().find(|node| node.node.metadata.name == "pool-2");
        let taints = node.expect("the node stays").taints.iter();
        taints.map(|taint| format!("{}:{}", taint.key, taint.effect)).collect::<BTreeSet<_>>()
    };
    let unreachable = "node.kubernetes.io/unreachable";
    let expect = [format!("{unreachable}:NoSchedule"), format!("{unreachable}:NoExecute")];
    assert_eq!(taints(&then), BTreeSet::from(expect));
    // Their time counts from the taint.
    let marked = said(&recording, "TaintManagerEviction");
    assert_eq!(marked.len(), lost.len());
    assert!(marked.iter().all(|(at, _)| (unknown_at + 300..=unknown_at + 301).contains(at)));
    let then = recording.state_at(at(unknown_at + 302));
    assert!(lost.iter().all(|&pod| then.pod(pod).is_some_and(|pod| pod.deletion.is_some())));
    let then = recording.state_at(at(unknown_at + 360));
    assert!(ready(&then) >= 3, "replacements run elsewhere");
    assert!(lost.iter().all(|&pod| then.pod(pod).is_some()), "nobody confirms their end");
    let back = recording.state_at(at(1210));
    assert!(lost.iter().all(|&pod| back.pod(pod).is_none()), "the kubelet that is back does");
    assert!(taints(&back).is_empty());
    assert!(back.nodes().all(podtide::kube::objects::node::NodeObject::is_ready));
}

#[test]
fn a_short_failure_costs_restarts_and_no_pods() {
    let recording = played(
        WEB,
        "
  duration: 15m
  events:
    - {at: 5m, failNode: {node: pool-2}}
    - {at: 7m, recoverNode: {node: pool-2}}
",
    );
    let lost: Vec<PodId> =
        pods_on(&recording.state_at(at(299)), "pool-2").iter().map(|pod| pod.id).collect();
    let end = recording.state_at(at(899));
    for pod in lost {
        let pod = end.pod(pod).expect("it was not replaced");
        assert!(pod.is_ready() && pod.restarts == 1, "{pod:?}");
    }
    let cancelled = said(&recording, "TaintManagerEviction");
    assert!(cancelled.iter().all(|(_, text)| text.starts_with("Cancelling")), "{cancelled:?}");
    assert!(!cancelled.is_empty());
}

#[test]
fn a_kubelet_that_fails_alone_leaves_its_containers_alone() {
    let recording = played(
        WEB,
        "
  duration: 12m
  events:
    - {at: 5m, failNode: {node: pool-2, what: kubelet}}
    - {at: 7m, recoverNode: {node: pool-2}}
",
    );
    let ids: Vec<PodId> =
        pods_on(&recording.state_at(at(299)), "pool-2").iter().map(|pod| pod.id).collect();
    let silent = recording.state_at(at(400));
    assert!(ids.iter().all(|&pod| silent.pod(pod).is_some_and(|pod| !pod.is_ready())));
    let back = recording.state_at(at(421));
    assert!(ids.iter().all(|&pod| back.pod(pod).is_some_and(Pod::is_ready)), "at once");
    assert!(ids.iter().all(|&pod| back.pod(pod).is_some_and(|pod| pod.restarts == 0)));
}

#[test]
fn requests_fail_until_endpoints_know_of_a_dead_node() {
    let failed = |spec: &str| {
        let recording = played(WEB, &format!("\n  duration: 12m\n{spec}"));
        recording.segments.iter().map(|segment| segment.failed).sum::<f64>()
    };
    let healthy = failed("");
    let lost = failed("  events: [{at: 5m, failNode: {node: pool-2}}]\n");
    assert!(healthy < 1.0, "{healthy}");
    // A third of 200 requests a second for about 50 s.
    assert!((1000.0..6000.0).contains(&lost), "{lost}");
}

#[test]
fn taints_of_a_user_evict_and_keep_away() {
    let recording = played(
        WEB,
        "
  duration: 10m
  events:
    - {at: 2m, taint: {node: pool-1, taints: [\"dedicated=db:NoExecute\"]}}
    - {at: 6m, taint: {node: pool-1, taints: [\"dedicated-\"]}}
    - {at: 7m, taint: {node: pool-1, taints: [\"dedicated-\"]}}
",
    );
    assert!(!pods_on(&recording.state_at(at(119)), "pool-1").is_empty());
    let after = recording.state_at(at(180));
    assert!(pods_on(&after, "pool-1").is_empty());
    assert!(ready(&after) >= 3);
    assert_eq!(
        said(&recording, "Tainted").into_iter().map(|(_, text)| text).collect::<Vec<_>>(),
        ["node/pool-1 tainted", "node/pool-1 untainted"]
    );
    assert_eq!(
        said(&recording, "TaintError"),
        [(420, "error: taint \"dedicated\" not found".to_owned())]
    );
}

#[test]
fn a_cordon_keeps_new_pods_away_until_it_is_lifted() {
    let recording = played(
        WEB,
        "
  duration: 10m
  events:
    - {at: 1m, cordon: {nodes: [pool-1, pool-2]}}
    - {at: 2m, scale: {deployment: web, replicas: 9}}
    - {at: 5m, uncordon: {nodes: [pool-1, pool-2, pool-3]}}
",
    );
    let bound = |from: i64, to: i64| {
        let facts =
            recording.facts.iter().filter(move |fact| (at(from)..at(to)).contains(&fact.at));
        facts.filter_map(|fact| match fact.write {
            Write::BindPod { node, .. } => Some(node.0),
            _ => None,
        })
    };
    assert!(bound(61, 300).count() > 0);
    assert!(bound(61, 300).all(|node| node == 2), "only the third node takes pods");
    let cordoned = recording.state_at(at(100));
    let unschedulable = "node.kubernetes.io/unschedulable";
    let tainted = cordoned.nodes().filter(|node| node.has_taint(unschedulable, "NoSchedule"));
    assert_eq!(tainted.count(), 2);
    let lines: Vec<String> =
        said(&recording, "Uncordoned").into_iter().map(|(_, text)| text).collect();
    let expect =
        ["node/pool-1 uncordoned", "node/pool-2 uncordoned", "node/pool-3 already uncordoned"];
    assert_eq!(lines, expect);
    let end = recording.state_at(at(599));
    assert!(end.nodes().all(|node| node.taints.is_empty()));
}

#[test]
fn nodes_that_join_take_pods_that_wait() {
    let (without_hpa, _) = WEB.rsplit_once("---").expect("several manifests");
    let recording = play(&scenario(
        &without_hpa.replace("cpu: 250m", "cpu: 1500m").replace("cpu: 500m", "cpu: 2"),
        &format!(
            "{TRAFFIC}
  duration: 10m
  cluster: {{nodes: [{{name: pool, count: 2, allocatable: {{cpu: \"4\", memory: 16Gi}}}}]}}
  events:
    - {{at: 1m, scale: {{deployment: web, replicas: 8}}}}
    - {{at: 3m, addNodes: {{like: pool, count: 2}}}}
    - {{at: 4m, addNodes: {{pool: {{name: big, allocatable: {{cpu: \"8\", memory: 16Gi}}}}}}}}
"
        ),
    ));
    let pending =
        |cluster: &Cluster| cluster.pods().iter().filter(|pod| pod.node.is_none()).count();
    assert!(pending(&recording.state_at(at(179))) > 0);
    let names: Vec<String> =
        recording.state_at(at(300)).nodes().map(|node| node.node.metadata.name.clone()).collect();
    assert_eq!(names, ["pool-1", "pool-2", "pool-3", "pool-4", "big"]);
    let joined = recording.facts.iter().find(|fact| matches!(fact.write, Write::NodeReady { .. }));
    let joined = joined.expect("a new node reports").at;
    assert!((joined - at(180)).0 < 1000, "{joined}");
    let first_bound = recording
        .facts
        .iter()
        .find(|fact| matches!(fact.write, Write::BindPod { .. }) && fact.at > at(180));
    assert!(first_bound.is_some_and(|fact| fact.at >= joined && (fact.at - joined).0 < 500));
    assert_eq!(pending(&recording.state_at(at(599))), 0);
}

#[test]
fn pods_of_a_node_that_is_gone_are_collected() {
    let recording = played(
        WEB,
        "
  duration: 10m
  events:
    - {at: 2m, failNode: {node: pool-2}}
    - {at: 3m, deleteNode: {node: pool-2}}
",
    );
    let lost: Vec<PodId> =
        pods_on(&recording.state_at(at(119)), "pool-2").iter().map(|pod| pod.id).collect();
    assert!(!lost.is_empty());
    // A pass each 20 s; the node must have been gone for 40 s.
    let collected = said(&recording, "DeletionByPodGC");
    assert!(!collected.is_empty());
    assert!(collected.iter().all(|(at, _)| (220..=240).contains(at)), "{collected:?}");
    let after = recording.state_at(at(241));
    assert!(lost.iter().all(|&pod| after.pod(pod).is_none()));
    let end = recording.state_at(at(599));
    assert!(ready(&end) >= 3);
    assert_eq!(end.nodes().count(), 2);
}

#[test]
fn a_node_out_of_service_lets_go_of_its_pods_at_once() {
    let recording = played(
        WEB,
        "
  duration: 10m
  events:
    - {at: 2m, failNode: {node: pool-2}}
    - at: 4m
      taint: {node: pool-2, taints: [\"node.kubernetes.io/out-of-service=nodeshutdown:NoExecute\"]}
",
    );
    let lost: Vec<PodId> =
        pods_on(&recording.state_at(at(119)), "pool-2").iter().map(|pod| pod.id).collect();
    let marked = recording.state_at(at(241));
    assert!(lost.iter().all(|&pod| marked.pod(pod).is_none_or(|pod| pod.deletion.is_some())));
    let after = recording.state_at(at(261));
    assert!(lost.iter().all(|&pod| after.pod(pod).is_none()));
    assert!(ready(&recording.state_at(at(400))) >= 3);
}

/// Two evictions at once write the budget's status at once: the server looks at the second again,
/// and the budget is up to date by then.
#[test]
fn evictions_that_meet_are_answered_one_after_the_other() {
    let manifests = format!("{WEB}{BUDGET}").replace("replicas: 3", "replicas: 9");
    let manifests = manifests.replace("minReplicas: 3", "minReplicas: 9");
    let manifests = manifests.replace("maxReplicas: 30", "maxReplicas: 9");
    let recording = played(
        &manifests,
        "
  duration: 5m
  events: [{at: 1m, drain: {node: pool-1}}]
",
    );
    let tries = said(&recording, "EvictingPod").into_iter().filter(|(at, _)| *at == 60).count();
    assert!(tries > 1);
    let answers: Vec<&Fact> =
        recording.facts.iter().filter(|fact| fact.reason.word() == "TooManyRequests").collect();
    assert!(answers.len() >= tries - 1);
    for answer in &answers[..tries - 1] {
        assert_eq!((answer.at - at(60)).0, 525);
        let text = answer.reason.to_string();
        assert!(text.ends_with("web needs 8 healthy pods and has 8 currently"), "{text}");
    }
}

#[test]
fn where_all_nodes_fail_nobody_is_evicted() {
    let recording = played(
        WEB,
        "
  duration: 20m
  events: [{at: 2m, failNode: {nodes: [pool-1, pool-2, pool-3]}}]
",
    );
    assert_eq!(said(&recording, "NodeStatusUnknown").len(), 3);
    assert!(said(&recording, "DeletionByTaintManager").is_empty());
    let end = recording.state_at(at(1199));
    assert_eq!(ready(&end), 0);
    assert!(end.pods().iter().all(|pod| pod.deletion.is_none()));
}

#[test]
fn a_drain_that_may_not_delete_pods_refuses_and_leaves_the_cordon() {
    let manifests = WEB.replace(
        "      containers:",
        "      volumes: [{name: scratch, emptyDir: {}}]\n      containers:",
    );
    let spec = "
  duration: 5m
  events: [{at: 1m, drain: {node: pool-1}}]
";
    let recording = played(&manifests, spec);
    let lines = said(&recording, "UnableToDrain");
    assert_eq!(lines.len(), 1);
    let start = "error: unable to drain node \"pool-1\" due to error: cannot delete Pods with local \
                 storage (use --delete-emptydir-data to override): default/web-";
    assert!(lines[0].1.starts_with(start), "{}", lines[0].1);
    assert!(lines[0].1.ends_with(", continuing command..."));
    let end = recording.state_at(at(299));
    assert!(end.nodes().next().is_some_and(|node| node.unschedulable));
    assert!(!pods_on(&end, "pool-1").is_empty());
    let recording =
        played(&manifests, &spec.replace("pool-1}", "pool-1, deleteEmptyDirData: true}"));
    assert_eq!(said(&recording, "Drained").len(), 1);
}

#[test]
fn a_drain_gives_up_when_its_time_is_up() {
    let budget = BUDGET.replace("maxUnavailable: 1", "maxUnavailable: 0");
    let recording = played(
        &format!("{WEB}{budget}"),
        "
  duration: 5m
  events: [{at: 1m, drain: {node: pool-1, timeout: 42s}}]
",
    );
    let tries: Vec<i64> = said(&recording, "EvictingPod").into_iter().map(|(at, _)| at).collect();
    let first: BTreeSet<i64> = tries.iter().copied().collect();
    assert_eq!(first.first(), Some(&60));
    assert_eq!(first.len(), 10, "every 5 s, and once more to find that the time is up: {first:?}");
    assert_eq!(recording.refusals.len(), 1, "the summary tells of it");
    let lines = said(&recording, "UnableToDrain");
    assert!(lines[0].1.contains("global timeout reached: 42s"), "{}", lines[0].1);
    let answers: Vec<&Fact> =
        recording.facts.iter().filter(|fact| fact.reason.word() == "TooManyRequests").collect();
    assert!(answers.iter().all(|fact| matches!(fact.write, Write::Note(ObjectId::Pod(_)))));
    let answer = answers[0].reason.to_string();
    assert!(answer.contains("The disruption budget web needs "), "{answer}");
}

#[test]
fn facts_are_enough_with_nodes_too() {
    let manifests = format!("{WEB}{BUDGET}");
    let recording = played(
        &manifests,
        "
  duration: 12m
  events:
    - {at: 1m, drain: {nodes: [pool-1, pool-2], timeout: 2m}}
    - {at: 3m, failNode: {node: pool-3}}
    - {at: 4m, addNodes: {like: pool, count: 1}}
    - {at: 5m, uncordon: {nodes: [pool-1, pool-2]}}
    - {at: 6m, recoverNode: {node: pool-3}}
",
    );
    let again = recording.state_after(recording.facts.len() as u32);
    let end = recording.state_at(recording.end);
    assert_eq!(again.pods(), end.pods());
    assert!(again.nodes().eq(end.nodes()));
}

#[test]
fn what_is_wrong_with_an_event_about_nodes_is_said() {
    let wrong = |event: &str| {
        let text = format!(
            "{WEB}\n---\napiVersion: podtide.dev/v1alpha1\nkind: Scenario\n\
             metadata: {{name: test}}\nspec:{NODES}{TRAFFIC}\n  duration: 5m\n  events:\n    \
             - {{at: 1m, {event}}}\n"
        );
        try_scenario(&text).err().unwrap_or_else(|| panic!("{event} is accepted"))
    };
    assert!(wrong("drain: {node: pool-4}").contains("no node is called `pool-4`"));
    assert!(wrong("drain: {}").contains("it is not clear which node"));
    assert!(
        wrong("cordon: {node: pool-1, nodes: [pool-2]}").contains("it is not clear which node")
    );
    assert!(wrong("drain: {node: pool-1, podSelector: \"a in\"}").contains("podSelector"));
    assert!(wrong("drain: {node: pool-1, gracePeriod: 1500ms}").contains("whole seconds"));
    assert!(wrong("taint: {node: pool-1, taints: [\"a=b\"]}").contains("invalid taint spec: a=b"));
    assert!(wrong("taint: {node: pool-1, taints: [\"a b:NoExecute\"]}").contains("Invalid value"));
    assert!(wrong("taint: {node: pool-1}").contains("at least one taint update"));
    assert!(wrong("failNode: {node: pool-1, what: disk}").contains("`what` cannot be `disk`"));
    assert!(wrong("addNodes: {count: 2}").contains("not exactly once"));
    assert!(wrong("addNodes: {like: poll, count: 2}").contains("no node is called `poll`"));
    assert!(wrong("addNodes: {like: pool, count: 0}").contains("no node joins"));
    assert!(wrong("addNodes: {like: pool, count: 20000}").contains("there may be 20003 nodes"));
}

#[test]
fn tasks_of_swarm_on_a_machine_that_fails_end_and_are_replaced() {
    let compose = "services:\n  web:\n    image: web:v1\n    deploy: {replicas: 6}\n";
    let recording = play(&scenario(
        compose,
        &format!(
            "{NODES}
  duration: 10m
  events:
    - {{at: 2m, failNode: {{node: pool-2}}}}
    - {{at: 5m, recoverNode: {{node: pool-2}}}}
"
        ),
    ));
    let there: Vec<PodId> =
        pods_on(&recording.state_at(at(119)), "pool-2").iter().map(|pod| pod.id).collect();
    assert!(!there.is_empty());
    let silent = recording.state_at(at(130));
    assert!(there.iter().all(|&pod| silent.pod(pod).is_some_and(|pod| !pod.is_terminal())));
    assert_eq!(ready(&recording.state_at(at(240))), 6, "others have taken their place");
    let back = recording.state_at(at(310));
    let ended = |pod: &PodId| back.pod(*pod).is_none_or(Pod::is_terminal);
    assert!(there.iter().all(ended), "the agent tells what it finds");
}

#[test]
fn events_on_a_node_that_is_gone_or_needs_nothing_are_refused() {
    let recording = played(
        WEB,
        "
  duration: 10m
  events:
    - {at: 1m, recoverNode: {node: pool-1}}
    - {at: 2m, deleteNode: {node: pool-2}}
    - {at: 3m, drain: {nodes: [pool-1, pool-2]}}
    - {at: 3m, cordon: {nodes: [pool-1, pool-2]}}
    - {at: 3m, uncordon: {node: pool-2}}
    - {at: 3m, deleteNode: {node: pool-2}}
    - {at: 4m, recoverNode: {node: pool-2}}
    - {at: 4m, taint: {nodes: [pool-2, pool-1], taints: [\"a=b:NoSchedule\"]}}
    - {at: 4m, failNode: {nodes: [pool-2, pool-3]}}
    - {at: 5m, failNode: {node: pool-3}}
",
    );
    let told: Vec<(i64, &str)> =
        recording.refusals.iter().map(|it| (it.at.whole_seconds(), &*it.why)).collect();
    let gone = "nodes \"pool-2\" not found";
    let mut expect = vec![(60, "pool-1 runs: there is nothing to recover from")];
    expect.extend([180; 4].map(|at| (at, gone)));
    expect.extend([240; 3].map(|at| (at, gone)));
    expect.push((300, "pool-3 has failed already"));
    assert_eq!(told, expect);
    let end = recording.state_at(recording.end);
    let node = |name: &str| end.nodes().find(|node| node.node.metadata.name == name);
    let first = node("pool-1").expect("it stays");
    assert!(!first.unschedulable, "kubectl finds all nodes before it cordons one");
    assert!(first.has_taint("a", "NoSchedule"), "kubectl taints the nodes that there are");
    assert!(node("pool-3").is_some_and(|node| !node.answers()), "the others fail");
}
