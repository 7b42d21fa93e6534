//! `tests/conformance/eviction/drain`: what `kubectl drain` does, and when.

use std::collections::BTreeMap;
use std::sync::Arc;

use podtide::api::labels::Selector;
use podtide::engine::wakes::Wake;
use podtide::kube::apiserver::eviction::reason::EvictionReason;
use podtide::kube::apiserver::watch::KUBELET;
use podtide::kube::apiserver::{Api, Below, Cluster, Fact, Write};
use podtide::kube::kubectl::drain::filters::{Verdict, pods_for_deletion};
use podtide::kube::kubectl::drain::reason::{DrainError, KubectlReason};
use podtide::kube::kubectl::drain::{Drain, Flags};
use podtide::kube::objects::ids::{ObjectId, PodId};
use podtide::kube::reason::Reason;
use podtide::kube::timings::Timings;
use podtide::units::{SimDuration, SimTime};
use serde_json::{Map, Value, json};

use super::eviction_world::{World, items};
use super::tally::{Outcome, replay};

#[test]
fn drain() {
    replay("eviction/drain", |case| {
        let told = play(case);
        let expect = case["expect"].as_object().expect("a case expects something");
        let names: Vec<&String> = told.keys().chain(expect.keys()).collect();
        names.into_iter().fold(Outcome::Agrees, |outcome, name| {
            let of = |map: &Map<String, Value>| map.get(name).cloned().unwrap_or_default();
            outcome.and(|| Outcome::of_json(name, &of(expect), &of(&told)))
        })
    });
}

/// Plays a case and tells what happened in the words of the recording.
fn play(case: &Value) -> Map<String, Value> {
    let mut scene = Scene::of(case);
    let node = scene.world.node("node-1");
    scene.world.cluster.take_journal();
    let flags = flags(&case["flags"]);
    let list = pods_for_deletion(&scene.world.cluster, node, &flags);
    let refusals = list.refusals.into_iter().map(DrainError::CannotDelete);
    let refusals: Vec<String> = refusals.map(|refusal| refusal.to_string()).collect();
    let picked = if refusals.is_empty() { list.pods } else { Vec::new() };
    let names = picked.iter().map(|&pod| format!("default/{}", scene.name(pod)));
    let mut told = Map::new();
    told.insert("picked".to_owned(), names.collect());
    if refusals.is_empty() {
        tell(&mut told, "warnings", list.warnings.iter().map(Verdict::to_string).collect());
        let errors = scene.drain(flags, &picked);
        tell(&mut told, "errors", errors.iter().map(DrainError::to_string).collect());
    }
    tell(&mut told, "refusals", refusals);
    tell(&mut told, "log", sorted(scene.log));
    tell(&mut told, "calls", sorted(scene.calls));
    let cluster = &scene.world.cluster;
    told.insert("endedAt".to_owned(), seconds(cluster.now));
    let left = cluster.pods().iter().map(|pod| json!(*pod.name));
    tell(&mut told, "left", left.collect());
    told
}

/// Empty lists are absent.
fn tell<T: Into<Value>>(told: &mut Map<String, Value>, name: &str, list: Vec<T>) {
    if !list.is_empty() {
        told.insert(name.to_owned(), list.into_iter().map(Into::into).collect());
    }
}

fn flags(value: &Value) -> Flags {
    let is = |name: &str| value[name] == json!(true);
    let number = |name: &str| value[name].as_i64().unwrap_or_default();
    let timeout = number("timeoutSeconds");
    let selector = value["podSelector"].as_str().unwrap_or_default();
    Flags {
        force: is("force"),
        ignore_daemon_sets: is("ignoreDaemonSets"),
        delete_empty_dir_data: is("deleteEmptyDirData"),
        disable_eviction: is("disableEviction"),
        grace_period_seconds: Some(number("gracePeriodSeconds")).filter(|&grace| grace >= 0),
        timeout: (timeout > 0).then(|| SimDuration::from_secs(timeout)),
        skip_wait_for_delete_timeout_seconds: number("skipWaitForDeleteTimeoutSeconds"),
        pod_selector: Selector::parse(selector).expect("a selector of pods"),
    }
}

/// What a kubelet would be: pods end some time after they are marked, at once if they take no time.
struct Node {
    takes: BTreeMap<PodId, SimDuration>,
    /// When each pod that is being deleted ends.
    ends: BTreeMap<PodId, SimTime>,
}

impl Below for Node {
    fn run(&mut self, cluster: &mut Cluster, wake: Wake) {
        let id = PodId(wake.key);
        let marked = cluster.pod(id).and_then(|pod| pod.deletion);
        let (KUBELET, Some(deletion)) = (wake.component, marked) else { return };
        let grace = SimDuration::from_secs(deletion.grace_period_seconds);
        self.ends.entry(id).or_insert(cluster.now + self.takes[&id].min(grace));
        self.end_pods(cluster);
    }
}

impl Node {
    fn end_pods(&mut self, cluster: &mut Cluster) {
        let ended = self.ends.iter().filter(|(_, at)| **at <= cluster.now).map(|(&pod, _)| pod);
        for pod in ended.collect::<Vec<_>>() {
            self.ends.remove(&pod);
            cluster.write(Write::RemovePod(pod), Reason::Scenario).expect("it has not ended yet");
        }
    }
}

/// A world in which pods end and budgets change as a case says, just before kubectl looks.
struct Scene<'a> {
    world: World,
    node: Node,
    /// Updates of budgets that are to come.
    script: &'a [Value],
    log: Vec<(SimTime, String)>,
    calls: Vec<(SimTime, String)>,
}

impl<'a> Scene<'a> {
    fn of(case: &'a Value) -> Scene<'a> {
        let mut world = World::of(case);
        world.cluster.timings = Timings::instant();
        for name in items(&case["daemonSets"]) {
            let name = name.as_str().and_then(|name| name.split_once('/'));
            let (namespace, name) = name.expect("a namespace and a name");
            let (namespace, name) = (Arc::from(namespace), Arc::from(name));
            world.write(Write::CreateDaemonSet { namespace, name });
        }
        let takes = world.pods.iter().map(|(name, id)| {
            let seconds = case["stopAfter"][name].as_i64().unwrap_or_default();
            (*id, SimDuration::from_secs(seconds))
        });
        let node = Node { takes: takes.collect(), ends: BTreeMap::new() };
        let script = items(&case["script"]);
        Scene { world, node, script, log: Vec::new(), calls: Vec::new() }
    }

    fn name(&self, pod: PodId) -> &str {
        let named = self.world.pods.iter().find(|(_, id)| *id == pod);
        &named.expect("pods are those of the case").0
    }

    /// Lets kubectl do its work until it returns.
    fn drain(&mut self, flags: Flags, pods: &[PodId]) -> Vec<DrainError> {
        let mut drain = self.with_api(|api| Drain::new(api, flags, pods));
        loop {
            self.play_world();
            let next = self.with_api(|api| drain.reconcile(api));
            let Some(at) = next else { return drain.into_errors() };
            while let Some(between) = self.next_of_world().filter(|&between| between < at) {
                self.world.cluster.now = between;
                self.play_world();
            }
            self.world.cluster.now = at;
        }
    }

    fn with_api<T>(&mut self, work: impl FnOnce(&mut Api<'_>) -> T) -> T {
        let done = work(&mut Api::new(&mut self.world.cluster, 5, &mut self.node));
        for fact in self.world.cluster.take_journal() {
            self.hear(&fact);
        }
        done
    }

    fn hear(&mut self, fact: &Fact) {
        let Some(pod) = subject(&fact.write) else { return };
        let call = match (&fact.reason, &fact.write) {
            (
                Reason::Eviction(EvictionReason::EvictionByEvictionApi(_)),
                Write::DeletePod { .. },
            ) => Some("evict"),
            (Reason::Eviction(EvictionReason::Answered(_)), _) => Some("evict"),
            (Reason::Kubectl(KubectlReason::Deleting { .. }), _) => Some("delete"),
            _ => None,
        };
        if let Some(call) = call {
            self.calls.push((fact.at, format!("{call} {}", self.name(pod))));
            return;
        }
        if let Reason::Kubectl(line) = &fact.reason {
            let stream = if line.is_error() { "stderr: " } else { "" };
            // The recorder prints the ends of pods itself, without a slash.
            let line = line.to_string().replace("pod/", "pod ");
            self.log.push((fact.at, format!("{stream}{line}")));
        }
    }

    fn next_of_world(&self) -> Option<SimTime> {
        let update = self.script.first().map(at);
        self.node.ends.values().copied().chain(update).min()
    }

    /// Ends pods and updates budgets whose time has come.
    fn play_world(&mut self) {
        let now = self.world.cluster.now;
        while let Some((update, rest)) = self.script.split_first().filter(|(one, _)| at(one) <= now)
        {
            self.script = rest;
            self.update(update);
        }
        self.node.end_pods(&mut self.world.cluster);
        self.world.cluster.take_journal();
    }

    fn update(&mut self, update: &Value) {
        let mut budgets = self.world.budgets.iter();
        let budget = budgets.find(|(name, _)| update["budget"] == json!(name));
        let pdb = budget.expect("a budget of the case").1;
        let mut status = self.world.cluster.pdb(pdb).expect("budgets stay").status.clone();
        let number = |field: &str| update[field].as_i64().expect("a number") as i32;
        status.disruptions_allowed = number("disruptionsAllowed");
        status.current_healthy = number("currentHealthy");
        status.disrupted_pods.clear();
        self.world.write(Write::PdbStatus { pdb, status: Box::new(status) });
    }
}

fn subject(write: &Write) -> Option<PodId> {
    match write {
        Write::DeletePod { pod, .. } => Some(*pod),
        Write::Note(ObjectId::Pod(pod)) => Some(*pod),
        _ => None,
    }
}

fn at(update: &Value) -> SimTime {
    SimTime::from_secs(update["at"].as_i64().expect("a second"))
}

fn sorted(mut entries: Vec<(SimTime, String)>) -> Vec<Value> {
    entries.sort();
    entries.into_iter().map(|(at, text)| json!({"at": seconds(at), "text": text})).collect()
}

/// Whole seconds as the recordings write them.
fn seconds(at: SimTime) -> Value {
    if at.0 % 1000 == 0 { json!(at.0 / 1000) } else { json!(at.0 as f64 / 1000.0) }
}
