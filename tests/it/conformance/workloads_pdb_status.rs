//! `tests/conformance/workloads/pdb_status`: budgets over pods, with only the disruption controller
//! at work.

use std::sync::Arc;

use podtide::api::apps::{Deployment, DeploymentSpec};
use podtide::api::core::{Container, Node, PodSpec, PodTemplateSpec};
use podtide::api::labels::Selector;
use podtide::api::meta::{ConditionStatus, ObjectMeta, StringMap};
use podtide::api::policy::PodDisruptionBudget;
use podtide::diagnostic::{SourceMap, has_errors};
use podtide::engine::wakes::Wake;
use podtide::kube::apiserver::watch::{
    ANY_RANK, DISRUPTION, DISRUPTION_RECHECK, STALE_POD_DISRUPTION,
};
use podtide::kube::apiserver::write::{NewPod, NewReplicaSet, PodStatus};
use podtide::kube::apiserver::{Api, Applied, Below, Cluster, Write};
use podtide::kube::controllers::disruption::{
    DisruptionController, update_disruption_allowed_condition,
};
use podtide::kube::objects::ids::{
    DeploymentId, NodeId, ObjectId, PdbId, PodId, ReplicaSetId, TemplateId,
};
use podtide::kube::objects::pod::{
    DisruptionTarget, DisruptionTargetReason, PodActivity, PodCondition, PodPhase,
};
use podtide::kube::timings::Timings;
use podtide::manifest::{self, Options};
use podtide::units::SimTime;
use serde_json::{Map, Value, json};

use super::hpa_world::{NAMESPACE, items, text, written};
use super::tally::{Outcome, replay};
use super::workloads_state::{
    Aliases, Event, SpamFilter, difference, event, merge, pdb_states, recorded_event, tidy,
    without_absent,
};

/// A controller that no pod has any more.
const GONE: ReplicaSetId = ReplicaSetId(1000);

#[test]
fn workloads_pdb_status() {
    replay("workloads/pdb_status", |case| {
        let mut world = World::new(case);
        for action in items(&case["actions"]) {
            world.settle_until(instant(&action["at_ms"]));
            world.act(action);
        }
        world.settle_until(instant(&case["end_ms"]));
        world.close();
        compare(case, &world.instants)
    });
}

fn instant(at: &Value) -> SimTime {
    SimTime(at.as_i64().expect("there is an instant"))
}

/// What changed at an instant, and the state that it left.
#[derive(Clone, Debug, Default, PartialEq)]
struct Instant {
    at_ms: i64,
    state: Value,
    events: Vec<Event>,
}

fn compare(case: &Value, ours: &[Instant]) -> Outcome {
    let mut state = json!({});
    let mut ours = ours.iter();
    for entry in items(&case["timeline"]) {
        if let Some(patch) = entry.get("state") {
            merge(&mut state, patch);
        }
        let at_ms = entry["at_ms"].as_i64().expect("an entry has an instant");
        let events: Vec<Event> = items(&entry["events"]).map(recorded_event).collect();
        let Some(our) = ours.next().filter(|our| our.at_ms == at_ms) else {
            return Outcome::of("time", &at_ms, &-1);
        };
        let outcome = Outcome::of("events", &(at_ms, &events), &(at_ms, &our.events)).and(|| {
            let (left, right) = difference(&state, &our.state);
            Outcome::of("state", &(at_ms, left), &(at_ms, right))
        });
        if !matches!(outcome, Outcome::Agrees) {
            return outcome;
        }
    }
    Outcome::of("time", &None, &ours.next())
}

/// Nobody else is at work.
struct Idle;

impl Below for Idle {
    fn run(&mut self, _: &mut Cluster, _: Wake) {}
}

struct World {
    cluster: Cluster,
    controller: DisruptionController,
    /// Objects by the place of their controller in the case.
    controllers: Vec<Owner>,
    instants: Vec<Instant>,
    current: Instant,
    before: Value,
    limit: SpamFilter,
}

/// What stands for a controller: kinds that are not simulated are ReplicaSets without owner.
#[derive(Clone, Copy)]
enum Owner {
    Deployment(DeploymentId),
    ReplicaSet(ReplicaSetId),
}

impl World {
    /// Controllers, pods and budgets, one kind after the other is settled.
    fn new(case: &Value) -> World {
        let mut world = World {
            cluster: Cluster::default(),
            controller: DisruptionController::new(),
            controllers: Vec::new(),
            instants: Vec::new(),
            current: Instant::default(),
            before: json!({}),
            limit: SpamFilter::default(),
        };
        world.cluster.timings = Timings::instant();
        written(&mut world.cluster, Write::CreateNode(Arc::new(Node::default())));
        for controller in items(&case["controllers"]) {
            let owner = world.add_controller(controller, &case["controllers"]);
            world.controllers.push(owner);
        }
        world.settle_until(SimTime::ZERO);
        items(&case["pods"]).for_each(|pod| world.add_pod(pod));
        world.settle_until(SimTime::ZERO);
        for pdb in items(&case["pdbs"]) {
            let pdb = budget(text(&pdb["name"]), &pdb["spec"]);
            written(&mut world.cluster, Write::CreatePdb(Arc::new(pdb)));
            world.settle_until(SimTime::ZERO);
        }
        world
    }

    fn add_controller(&mut self, controller: &Value, all: &Value) -> Owner {
        let (name, replicas) = (text(&controller["name"]), int(&controller["replicas"]));
        let metadata = ObjectMeta {
            name: name.to_owned(),
            namespace: NAMESPACE.to_owned(),
            ..ObjectMeta::default()
        };
        if controller["kind"] == "Deployment" {
            let spec = DeploymentSpec { replicas: Some(replicas), ..DeploymentSpec::default() };
            let deployment = Deployment { metadata, spec, live_replicas: None };
            let write = Write::CreateDeployment(Arc::new(deployment));
            return match written(&mut self.cluster, write) {
                Applied::Created(ObjectId::Deployment(id)) => Owner::Deployment(id),
                other => panic!("{other:?}"),
            };
        }
        let owner = controller["owner"].as_str().and_then(|owner| {
            let place = items(all).position(|other| other["name"] == owner)?;
            match self.controllers.get(place) {
                Some(Owner::Deployment(id)) => Some(*id),
                _ => None,
            }
        });
        let new = NewReplicaSet {
            name: name.into(),
            namespace: NAMESPACE.into(),
            owner,
            labels: StringMap::new(),
            annotations: StringMap::new(),
            replicas,
            min_ready_seconds: 0,
            selector: Selector::default(),
            template: Arc::default(),
            base_template: TemplateId(0),
        };
        match written(&mut self.cluster, Write::CreateReplicaSet(Box::new(new))) {
            Applied::Created(ObjectId::ReplicaSet(id)) => Owner::ReplicaSet(id),
            other => panic!("{other:?}"),
        }
    }

    fn add_pod(&mut self, pod: &Value) {
        let owner = pod["owner"].as_u64().map(|place| match self.controllers[place as usize - 1] {
            _ if pod["orphan"] == true => GONE,
            Owner::ReplicaSet(id) => id,
            Owner::Deployment(_) => panic!("no pod belongs to a Deployment itself"),
        });
        let spec = PodSpec { containers: vec![Container::default()], ..PodSpec::default() };
        let metadata = ObjectMeta { labels: labels(&pod["labels"]), ..ObjectMeta::default() };
        let new = NewPod {
            name: text(&pod["name"]).into(),
            namespace: NAMESPACE.into(),
            owner,
            template: Arc::new(PodTemplateSpec { metadata, spec }),
        };
        let created = written(&mut self.cluster, Write::CreatePod(Box::new(new)));
        let Applied::Created(ObjectId::Pod(id)) = created else { panic!("{created:?}") };
        // It is created with node and status: that is one change, so nobody hears of more.
        let wakes = self.cluster.wakes.clone();
        written(&mut self.cluster, Write::BindPod { pod: id, node: NodeId(0) });
        let phase = phase(&pod["phase"]);
        self.set_status(id, Some(phase), Some(pod["ready"] == true));
        self.cluster.wakes = wakes;
        if pod["deleting"] == true {
            self.delete(id);
        }
    }

    /// Lets the controller work off all that is due up to an instant.
    fn settle_until(&mut self, until: SimTime) {
        while self.cluster.wakes.next_at() <= until {
            self.turn(self.cluster.wakes.next_at().max(self.cluster.now));
            let now = self.cluster.now;
            let Some(wake) = self.cluster.wakes.pop_due(now, ANY_RANK) else { break };
            let mut idle = Idle;
            let api = &mut Api::new(&mut self.cluster, DISRUPTION.rank, &mut idle);
            match wake.component {
                DISRUPTION => self.controller.reconcile(api, PdbId(wake.key), wake.again),
                DISRUPTION_RECHECK => self.controller.recheck(api, PdbId(wake.key)),
                STALE_POD_DISRUPTION => {
                    self.controller.sync_stale_pod_disruption(api, PodId(wake.key));
                }
                _ => {}
            }
            self.hear();
        }
        self.turn(until);
    }

    /// Moves time on.
    fn turn(&mut self, now: SimTime) {
        if now.0 != self.current.at_ms {
            self.close();
            self.current.at_ms = now.0;
        }
        self.cluster.now = now;
    }

    fn hear(&mut self) {
        for fact in self.cluster.take_journal() {
            if let Write::Event { object, type_ } = fact.write
                && self.limit.lets(object, fact.at)
            {
                let aliases = Aliases::default();
                let event = event(&self.cluster, object, type_, &fact.reason, &aliases);
                self.current.events.push(event);
            }
        }
    }

    /// Ends an instant; one that left no trace is dropped.
    fn close(&mut self) {
        self.hear();
        let mut instant = std::mem::take(&mut self.current);
        instant.state = self.state();
        tidy(&mut instant.events);
        if instant.state != self.before || !instant.events.is_empty() {
            self.before = instant.state.clone();
            self.instants.push(instant);
        }
    }

    fn state(&self) -> Value {
        let targets = self.cluster.pods().iter().filter_map(|pod| {
            let target = pod.disruption_target?;
            Some((pod.name.to_string(), json!(target.status)))
        });
        without_absent(json!({
            "pdbs": pdb_states(&self.cluster, &Aliases::default()),
            "disruptionTargets": targets.collect::<Map<_, _>>(),
        }))
    }

    fn act(&mut self, action: &Value) {
        let pod = action["pod"].as_str().and_then(|name| self.pod(name));
        match (text(&action["do"]), pod) {
            ("set_ready", Some(pod)) => self.set_status(pod, None, Some(action["ready"] == true)),
            ("set_phase", Some(pod)) => self.set_status(pod, Some(phase(&action["phase"])), None),
            ("delete_pod", Some(pod)) => self.delete(pod),
            ("pod_gone", Some(pod)) => self.write(Write::RemovePod(pod)),
            ("relabel", Some(pod)) => {
                let labels = Arc::new(labels(&action["labels"]));
                self.write(Write::RelabelPod { pod, labels });
            }
            ("disruption_target", Some(pod)) => self.target(pod),
            ("add_pod", _) => self.add_pod(&action["new_pod"]),
            ("scale", _) => self.scale(&action["controller"], int(&action["replicas"])),
            ("remove_controller", _) => match self.controller(&action["controller"]) {
                Owner::Deployment(id) => self.write(Write::DeleteDeployment(id)),
                Owner::ReplicaSet(id) => self.write(Write::DeleteReplicaSet(id)),
            },
            ("set_spec", _) => {
                let name = text(&action["pdb"]);
                let spec = Arc::new(budget(name, &action["spec"]).spec);
                self.write(Write::UpdatePdb { pdb: self.pdb(name), spec });
            }
            ("disrupt", _) => self.disrupt(text(&action["pdb"]), text(&action["pod"])),
            // An action on a pod that does not exist does nothing.
            (_, None) => {}
            (other, _) => panic!("no such action: {other}"),
        }
    }

    fn write(&mut self, write: Write) {
        written(&mut self.cluster, write);
    }

    fn pod(&self, name: &str) -> Option<PodId> {
        self.cluster.pods().iter().find(|pod| &*pod.name == name).map(|pod| pod.id)
    }

    fn pdb(&self, name: &str) -> PdbId {
        let found = self.cluster.pdbs().find(|pdb| pdb.metadata.name == name);
        found.expect("actions name budgets that exist").id
    }

    fn controller(&self, place: &Value) -> Owner {
        self.controllers[place.as_u64().expect("it has a place") as usize - 1]
    }

    fn set_status(&mut self, id: PodId, phase: Option<PodPhase>, ready: Option<bool>) {
        let pod = self.cluster.pod(id).expect("it was just found");
        let status = match ready {
            Some(true) => Some(ConditionStatus::True),
            Some(false) => Some(ConditionStatus::False),
            None => None,
        };
        let unchanged = |former: &PodCondition| status.is_none_or(|status| former.status == status);
        let condition =
            status.map(|status| PodCondition { status, last_transition_time: self.cluster.now });
        let status = PodStatus {
            phase: phase.unwrap_or(pod.phase),
            activity: PodActivity::Running,
            start_time: pod.start_time,
            ready: pod.ready.filter(unchanged).or(condition),
            restarts: 0,
            sidecar_restarts: 0,
        };
        self.write(Write::PodStatus { pod: id, status });
    }

    fn delete(&mut self, pod: PodId) {
        self.write(Write::DeletePod { pod, grace_period_seconds: None });
    }

    fn target(&mut self, pod: PodId) {
        let former = self.cluster.pod(pod).and_then(|pod| pod.disruption_target);
        let status = ConditionStatus::True;
        let former = former.filter(|former| former.status == status);
        let now = self.cluster.now;
        let condition = DisruptionTarget {
            status,
            reason: Some(DisruptionTargetReason::EvictionByEvictionApi),
            last_transition_time: former.map_or(now, |former| former.last_transition_time),
        };
        self.write(Write::DisruptionTarget { pod, condition });
    }

    fn scale(&mut self, controller: &Value, replicas: i32) {
        let write = match self.controller(controller) {
            Owner::Deployment(deployment) => Write::UpdateScale { deployment, replicas },
            Owner::ReplicaSet(replica_set) => Write::UpdateReplicaSet {
                replica_set,
                replicas,
                annotations: Arc::default(),
                min_ready_seconds: 0,
            },
        };
        self.write(write);
    }

    /// What an eviction does to a budget that lets it through.
    fn disrupt(&mut self, pdb: &str, pod: &str) {
        let id = self.pdb(pdb);
        let pdb = self.cluster.pdb(id).expect("it was just found");
        let mut status = pdb.status.clone();
        if status.disruptions_allowed <= 0 || status.observed_generation < pdb.generation {
            return;
        }
        status.disruptions_allowed -= 1;
        update_disruption_allowed_condition(&mut status, self.cluster.now);
        status.disrupted_pods.insert(pod.into(), self.cluster.now);
        self.write(Write::PdbStatus { pdb: id, status: Box::new(status) });
    }
}

fn int(value: &Value) -> i32 {
    value.as_i64().expect("it is a number") as i32
}

fn labels(labels: &Value) -> StringMap {
    let labels = labels.as_object().into_iter().flatten();
    labels.map(|(key, value)| (key.clone(), text(value).to_owned())).collect()
}

fn phase(phase: &Value) -> PodPhase {
    match text(phase) {
        "Pending" => PodPhase::Pending,
        "Running" => PodPhase::Running,
        "Succeeded" => PodPhase::Succeeded,
        "Failed" => PodPhase::Failed,
        other => panic!("no such phase: {other}"),
    }
}

fn budget(name: &str, spec: &Value) -> PodDisruptionBudget {
    let manifest = json!({
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": name},
        "spec": spec,
    });
    let mut sources = SourceMap::default();
    let text = sources.add("budget.yaml", manifest.to_string());
    let (objects, findings) = manifest::load(&sources, &[text], &Options::default());
    assert!(!has_errors(&findings), "{findings:?}");
    objects.pdbs[0].object.clone()
}
