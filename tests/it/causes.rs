//! Each turn in the life of a pod can be traced to what caused it, in upstream's words.

use podtide::kube::objects::ids::PodId;
use podtide::recording::Recording;
use podtide::recording::cause::{Cause, Causes, Life};

use crate::pipe::{WEB, play, scenario};

/// A recording with its causes.
struct Told {
    recording: Recording,
    causes: Causes,
}

impl Told {
    fn new(manifests: &str, spec: &str) -> Told {
        let recording = play(&scenario(manifests, spec));
        let causes = Causes::of(&recording);
        Told { recording, causes }
    }

    /// A chain in words: `SuccessfulCreate <- ScalingReplicaSet <- ...`.
    fn chain(&self, fact: u32) -> String {
        let word = |cause: &Cause| match *cause {
            Cause::Start => "start".to_owned(),
            Cause::Event(place) => format!("event {}", place + 1),
            Cause::Fact(place) => self.recording.facts[place as usize].reason.word().to_owned(),
            Cause::Decision(_) => "decision".to_owned(),
        };
        let words: Vec<String> = self.causes.chain(fact).iter().map(word).collect();
        words.join(" <- ")
    }

    /// The different chains that end in a turn of some pod's life.
    fn chains(&self, turn: impl Fn(&Life) -> Option<u32>) -> Vec<String> {
        let turns = self.causes.lives().filter_map(|(_, life)| turn(life));
        let mut chains: Vec<String> = turns.map(|fact| self.chain(fact)).collect();
        chains.sort();
        chains.dedup();
        chains
    }

    fn created(&self) -> Vec<String> {
        self.chains(|life| life.created)
    }

    fn first_ready(&self) -> Vec<String> {
        self.chains(|life| life.readiness.iter().find(|(_, ready)| *ready).map(|(fact, _)| *fact))
    }
}

const CREATED_COLD: &str = "SuccessfulCreate <- NewReplicaSet <- Scenario <- start";

#[test]
fn pods_of_a_cold_world_come_from_the_manifests() {
    let told = Told::new(WEB, "  duration: 1m\n  world: cold\n");
    assert_eq!(told.created(), [CREATED_COLD]);
    let placed = told.chains(|life| life.placed);
    assert_eq!(placed, [format!("Scheduled <- {CREATED_COLD}")]);
    let up = "ContainersReady <- Started <- Created <- Pulled <- Pulling <- Scheduled";
    assert_eq!(told.first_ready(), [format!("{up} <- {CREATED_COLD}")]);
}

#[test]
fn pods_that_were_there_have_no_creation() {
    let told = Told::new(WEB, "  duration: 1m\n");
    let life = told.causes.life(PodId(0)).expect("the first pod of a warm world");
    assert_eq!(*life, Life::default());
    assert!(told.created().is_empty());
}

const SPIKE: &str = "
  duration: 30m
  seed: 7
  traffic:
    - to: {service: web}
      layers:
        - constant: 60/s
        - spike: {at: 5m, height: 300/s, rise: 30s, hold: 5m, fall: 1m}
  profiles:
    - {deployment: web, cpuPerRequest: 8ms, startup: {time: 20s, cpu: 250m}}
";

#[test]
fn an_hpa_creates_and_deletes_pods() {
    let told = Told::new(WEB, SPIKE);
    let rescale = "ScalingReplicaSet <- SuccessfulRescale <- decision";
    assert_eq!(told.created(), [format!("SuccessfulCreate <- {rescale}")]);
    assert_eq!(
        told.chains(|life| life.marked),
        [format!("SuccessfulDelete <- {rescale}")],
        "marked"
    );
    let ended = told.chains(|life| life.ended);
    assert_eq!(ended, [format!("PodCompleted <- Killing <- SuccessfulDelete <- {rescale}")]);
}

#[test]
fn a_decision_is_the_sync_that_wrote_the_scale() {
    let told = Told::new(WEB, SPIKE);
    let created =
        told.causes.lives().find_map(|(_, life)| life.created).expect("a pod was created");
    let chain = told.causes.chain(created);
    let Some(Cause::Decision(place)) = chain.last() else { panic!("{chain:?}") };
    let decision = &told.recording.decisions[*place as usize];
    assert!(decision.desired > decision.current, "{decision:?}");
    assert!(decision.at <= told.recording.facts[created as usize].at);
}

/// `web` without its HPA.
fn without_hpa() -> String {
    let end = WEB.rfind("---").expect("the HPA stands last");
    WEB[..end].to_owned()
}

#[test]
fn a_user_who_scales_creates_and_deletes_pods() {
    let events = "  duration: 10m\n  events:\n    \
                  - {at: 1m, scale: {deployment: web, replicas: 5}}\n    \
                  - {at: 5m, scale: {deployment: web, replicas: 2}}\n";
    let told = Told::new(&without_hpa(), events);
    let by = |event: u32| format!("ScalingReplicaSet <- ScenarioEvent <- event {event}");
    assert_eq!(told.created(), [format!("SuccessfulCreate <- {}", by(1))]);
    assert_eq!(told.chains(|life| life.marked), [format!("SuccessfulDelete <- {}", by(2))]);
}

#[test]
fn a_rollout_creates_and_deletes_pods() {
    let events = "  duration: 10m\n  events:\n    \
                  - {at: 1m, setImage: {deployment: web, image: \"web:v2\"}}\n";
    let event = "ScenarioEvent <- event 1";
    for strategy in ["RollingUpdate", "Recreate"] {
        let spec = format!("spec:\n  strategy: {{type: {strategy}}}\n  replicas: 3");
        let manifests = without_hpa().replacen("spec:\n  replicas: 3", &spec, 1);
        let told = Told::new(&manifests, events);
        let mut created = vec![format!("SuccessfulCreate <- NewReplicaSet <- {event}")];
        if strategy == "RollingUpdate" {
            created.push(format!("SuccessfulCreate <- ScalingReplicaSet <- {event}"));
        }
        assert_eq!(told.created(), created);
        let deleted = format!("SuccessfulDelete <- ScalingReplicaSet <- {event}");
        assert_eq!(told.chains(|life| life.marked), [deleted]);
    }
}

#[test]
fn a_pod_is_placed_when_another_makes_room() {
    let spec = "
  duration: 10m
  cluster: {nodes: [{name: only, allocatable: {cpu: 1, memory: 4Gi}}]}
  events:
    - {at: 1m, scale: {deployment: web, replicas: 5}}
    - {at: 2m, setImage: {deployment: web, image: \"web:v2\"}}
";
    let rolling = "spec:\n  strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 2}}\n";
    let manifests = without_hpa().replacen("spec:\n", rolling, 1);
    let placed = Told::new(&manifests, spec).chains(|life| life.placed);
    let room = "Scheduled <- PodCompleted <- Killing <- SuccessfulDelete <- ScalingReplicaSet <- \
                ScenarioEvent <- event 2";
    assert!(placed.iter().any(|chain| chain == room), "{placed:#?}");
}

const LEAK: &str = "
  duration: 10m
  profiles:
    - {deployment: web, cpuPerRequest: 8ms, startup: {time: 2s}, memory: {base: 64Mi, growth: GROWTH}}
";

#[test]
fn a_container_that_was_killed_for_its_memory_comes_back() {
    let told = Told::new(&without_hpa(), &LEAK.replace("GROWTH", "420Mi/h"));
    let readiness = |wanted| {
        move |life: &Life| {
            life.readiness.iter().find(|(_, ready)| *ready == wanted).map(|(fact, _)| *fact)
        }
    };
    assert_eq!(told.chains(readiness(false)), ["ContainersNotReady <- OOMKilled"]);
    let back = "ContainersReady <- Started <- Created <- Pulled <- OOMKilled";
    assert_eq!(told.chains(readiness(true)), [back]);
}

#[test]
fn a_pod_that_is_evicted_by_its_node_is_replaced() {
    let manifests = without_hpa().replace(", limits: {cpu: 500m, memory: 512Mi}", "");
    let nodes = "  cluster: {nodes: [{name: a, allocatable: {cpu: 4, memory: 2Gi}}]}\n";
    let leak = LEAK.replace("GROWTH", "20Gi/h");
    let told = Told::new(&manifests, &format!("{leak}{nodes}"));
    assert_eq!(told.chains(|life| life.evicted), ["Evicted"]);
    assert_eq!(told.chains(|life| life.ended), ["Evicted <- Evicted"]);
    assert_eq!(told.created(), ["SuccessfulCreate <- Evicted <- Evicted"]);
}

#[test]
fn a_probe_that_fails_restarts_a_container() {
    let probe =
        "livenessProbe: {httpGet: {path: /, port: 80}, periodSeconds: 1, failureThreshold: 2}";
    let manifests =
        without_hpa().replace("readinessProbe:", &format!("{probe}\n          readinessProbe:"));
    let spec = "  duration: 2m\n  world: cold\n  profiles:\n    \
                - {deployment: web, cpuPerRequest: 8ms, startup: {time: 20s, cpu: 100m}}\n";
    let told = Told::new(&manifests, spec);
    let kills = told.recording.facts.iter().enumerate();
    let kills: Vec<u32> = kills
        .filter(|(_, fact)| fact.reason.word() == "CrashLoopBackOff")
        .map(|(place, _)| place as u32)
        .collect();
    let chains: Vec<String> = kills.iter().map(|&fact| told.chain(fact)).collect();
    assert!(!chains.is_empty());
    assert!(
        chains.iter().all(|chain| chain == "CrashLoopBackOff <- Killing <- Unhealthy"),
        "{chains:#?}"
    );
}

const NODES: &str = "
  duration: 15m
  cluster:
    nodes:
      - {name: a, allocatable: {cpu: 4, memory: 8Gi}}
      - {name: b, allocatable: {cpu: 4, memory: 8Gi}}
  events:
";

const BUDGET: &str = "---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}
";

/// `web` with a budget and pods that stand a failed node for 10 s.
fn with_budget() -> String {
    let stand = |key: &str| {
        format!(
            "{{key: node.kubernetes.io/{key}, operator: Exists, effect: NoExecute, \
             tolerationSeconds: 10}}"
        )
    };
    let tolerations =
        format!("      tolerations: [{}, {}]\n", stand("not-ready"), stand("unreachable"));
    let manifests = without_hpa() + BUDGET;
    manifests.replacen("      containers:\n", &format!("{tolerations}      containers:\n"), 1)
}

/// Chains that end in an eviction, and in the creation of what takes its place.
fn evicted_and_created(event: &str) -> (Vec<String>, Vec<String>) {
    let told = Told::new(&with_budget(), &format!("{NODES}    - {event}\n"));
    let evicted = told.chains(|life| life.marked.filter(|_| life.evicted.is_some()));
    (evicted, told.created())
}

#[test]
fn a_drain_evicts_pods() {
    let (evicted, created) = evicted_and_created("{at: 1m, drain: {node: a}}");
    let chain = "EvictionByEvictionAPI <- EvictionByEvictionAPI <- EvictingPod <- Cordoned <- \
                 event 1";
    assert_eq!(evicted, [chain]);
    assert_eq!(created, [format!("SuccessfulCreate <- {chain}")]);
}

#[test]
fn a_node_that_falls_silent_loses_its_pods() {
    let (evicted, created) = evicted_and_created("{at: 1m, failNode: {node: a}}");
    let chain = "DeletionByTaintManager <- DeletionByTaintManager <- TaintManagerEviction <- \
                 SwapNodeControllerTaint <- NodeStatusUnknown <- ScenarioEvent <- event 1";
    assert_eq!(evicted, [chain]);
    assert_eq!(created, [format!("SuccessfulCreate <- {chain}")]);
}

#[test]
fn a_taint_drives_pods_away() {
    let event = "{at: 1m, taint: {node: a, taints: [\"only=special:NoExecute\"]}}";
    let (evicted, _) = evicted_and_created(event);
    let chain = "DeletionByTaintManager <- DeletionByTaintManager <- TaintManagerEviction <- \
                 Tainted <- event 1";
    assert_eq!(evicted, [chain]);
}

#[test]
fn a_node_that_fails_and_comes_back_makes_pods_unready_and_ready() {
    let events = "    - {at: 1m, failNode: {node: a}}\n    - {at: 105s, recoverNode: {node: a}}\n";
    let manifests = with_budget().replace("tolerationSeconds: 10", "tolerationSeconds: 1000");
    let told = Told::new(&manifests, &format!("{NODES}{events}"));
    let readiness = |wanted| {
        move |life: &Life| {
            life.readiness.iter().find(|(_, ready)| *ready == wanted).map(|(fact, _)| *fact)
        }
    };
    let unready = told.chains(readiness(false));
    assert_eq!(unready, ["NodeNotReady <- NodeStatusUnknown <- ScenarioEvent <- event 1"]);
    let back = "ContainersReady <- Started <- Created <- Pulled <- ScenarioEvent <- event 2";
    assert_eq!(told.chains(readiness(true)), [back]);
}

#[test]
fn a_pod_waits_until_a_node_is_uncordoned() {
    let events = "    - {at: 1m, cordon: {nodes: [a, b]}}\n    \
                  - {at: 2m, scale: {deployment: web, replicas: 5}}\n    \
                  - {at: 3m, uncordon: {node: b}}\n";
    let told = Told::new(&without_hpa(), &format!("{NODES}{events}"));
    let placed = told.chains(|life| life.placed);
    assert_eq!(placed, ["Scheduled <- SwapNodeControllerTaint <- Uncordoned <- event 3"]);
}
