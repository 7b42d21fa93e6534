//! A cluster as the cases of `tests/conformance/eviction` describe it.

use std::collections::BTreeMap;
use std::sync::Arc;

use podtide::api::core::{Node, PodTemplateSpec};
use podtide::api::int_or_percent::IntOrPercent;
use podtide::api::meta::{ConditionStatus, ObjectMeta};
use podtide::api::policy::{PodDisruptionBudget, PodDisruptionBudgetSpec};
use podtide::diagnostic::SourceId;
use podtide::kube::apiserver::write::{NewPod, PodStatus};
use podtide::kube::apiserver::{Applied, Cluster, Write};
use podtide::kube::objects::disruption::{PdbCondition, PdbStatus};
use podtide::kube::objects::ids::{NodeId, ObjectId, PdbId, PodId};
use podtide::kube::objects::pod::{ControllerRef, PodActivity, PodCondition, PodPhase};
use podtide::kube::reason::Reason;
use podtide::manifest::{ObjectTree, convert, yaml};
use podtide::units::SimTime;
use serde_json::Value;

/// A cluster with the names of a case.
#[derive(Default)]
pub(super) struct World {
    pub(super) cluster: Cluster,
    nodes: BTreeMap<String, NodeId>,
    /// By name, in the order of the case.
    pub(super) pods: Vec<(String, PodId)>,
    pub(super) budgets: Vec<(String, PdbId)>,
}

impl World {
    /// All pods and budgets of a case at second 0. Nobody has heard of any of them.
    pub(super) fn of(case: &Value) -> World {
        let mut world = World::default();
        for pod in items(&case["pods"]) {
            world.create_pod(pod);
        }
        for budget in items(&case["budgets"]) {
            world.create_budget(budget, &case["crowd"]);
        }
        world.cluster.take_journal();
        world
    }

    pub(super) fn pod(&self, name: &str) -> Option<PodId> {
        self.pods.iter().find(|(other, _)| other == name).map(|&(_, id)| id)
    }

    pub(super) fn node(&mut self, name: &str) -> NodeId {
        if let Some(&id) = self.nodes.get(name) {
            return id;
        }
        let metadata = ObjectMeta { name: name.to_owned(), ..ObjectMeta::default() };
        let node = Arc::new(Node { metadata, ..Node::default() });
        match self.write(Write::CreateNode(node)) {
            Applied::Created(ObjectId::Node(id)) => {
                *self.nodes.entry(name.to_owned()).or_insert(id)
            }
            other => panic!("a node was created, not {other:?}"),
        }
    }

    pub(super) fn write(&mut self, write: Write) -> Applied {
        self.cluster.write(write, Reason::Scenario).expect("the write of a case is accepted")
    }

    fn create_pod(&mut self, value: &Value) {
        let pod = convert::pod(&tree(value), "default");
        let name = pod.metadata.name.clone();
        let node = pod.spec.node_name.clone();
        let new = NewPod {
            name: Arc::from(name.as_str()),
            namespace: Arc::from(pod.metadata.namespace.as_str()),
            owner: None,
            template: Arc::new(PodTemplateSpec { metadata: pod.metadata, spec: pod.spec }),
        };
        let Applied::Created(ObjectId::Pod(id)) = self.write(Write::CreatePod(Box::new(new)))
        else {
            panic!("a pod was created");
        };
        if let Some(node) = node {
            let node = self.node(&node);
            self.write(Write::BindPod { pod: id, node });
        }
        self.write(Write::PodStatus { pod: id, status: status(&value["status"]) });
        if let Some(owner) = items(&value["metadata"]["ownerReferences"]).first() {
            let word = |field: &str| Arc::from(owner[field].as_str().expect("a word"));
            let controller = Arc::new(ControllerRef { kind: word("kind"), name: word("name") });
            self.write(Write::SetPodController { pod: id, controller });
        }
        if let Some(grace) = value["metadata"]["deletionGracePeriodSeconds"].as_i64() {
            self.write(Write::DeletePod { pod: id, grace_period_seconds: Some(grace) });
        }
        self.pods.push((name, id));
    }

    fn create_budget(&mut self, value: &Value, crowd: &Value) {
        let budget = convert::pod_disruption_budget(&tree(value), "default");
        let name = budget.metadata.name.clone();
        let generation = value["metadata"]["generation"].as_i64().expect("a generation");
        // Only changes of a spec make generations: all but the last have another one.
        let mut specs = (1..=generation).map(|number| PodDisruptionBudgetSpec {
            max_unavailable: (number < generation).then_some(IntOrPercent::Int(number as i32)),
            ..budget.spec.clone()
        });
        let first = specs.next().expect("a generation is at least 1");
        let first = PodDisruptionBudget { spec: first, ..budget.clone() };
        let Applied::Created(ObjectId::Pdb(id)) = self.write(Write::CreatePdb(Arc::new(first)))
        else {
            panic!("a budget was created");
        };
        for spec in specs {
            self.write(Write::UpdatePdb { pdb: id, spec: Arc::new(spec) });
        }
        assert_eq!(self.cluster.pdb(id).map(|pdb| pdb.generation), Some(generation));
        let mut status = pdb_status(&value["status"]);
        for number in 0..crowd[name.as_str()].as_u64().unwrap_or(0) {
            status.disrupted_pods.insert(Arc::from(format!("gone-{number}")), SimTime::ZERO);
        }
        self.write(Write::PdbStatus { pdb: id, status: Box::new(status) });
        self.budgets.push((name, id));
    }
}

fn status(value: &Value) -> PodStatus {
    let phase = match value["phase"].as_str() {
        Some("Running") => PodPhase::Running,
        Some("Succeeded") => PodPhase::Succeeded,
        Some("Failed") => PodPhase::Failed,
        Some("Pending") => PodPhase::Pending,
        other => panic!("{other:?} is no phase"),
    };
    let mut conditions = items(&value["conditions"]).iter();
    let ready = conditions.find(|condition| condition["type"] == "Ready");
    PodStatus {
        phase,
        activity: PodActivity::Running,
        start_time: None,
        ready: ready.map(|condition| PodCondition {
            status: condition_status(condition),
            last_transition_time: SimTime::ZERO,
        }),
        restarts: 0,
        sidecar_restarts: 0,
    }
}

fn pdb_status(value: &Value) -> PdbStatus {
    let number = |field: &str| value[field].as_i64().unwrap_or_default();
    let condition = items(&value["conditions"]).first().map(|condition| PdbCondition {
        status: condition_status(condition),
        reason: match condition["reason"].as_str() {
            Some("SufficientPods") => "SufficientPods",
            Some("InsufficientPods") => "InsufficientPods",
            Some("SyncFailed") => "SyncFailed",
            other => panic!("{other:?} is no reason of a budget"),
        },
        message: Arc::from(condition["message"].as_str().unwrap_or_default()),
        last_transition_time: SimTime::ZERO,
        observed_generation: condition["observedGeneration"].as_i64().unwrap_or_default(),
    });
    PdbStatus {
        observed_generation: number("observedGeneration"),
        disrupted_pods: BTreeMap::new(),
        disruptions_allowed: number("disruptionsAllowed") as i32,
        current_healthy: number("currentHealthy") as i32,
        desired_healthy: number("desiredHealthy") as i32,
        expected_pods: number("expectedPods") as i32,
        condition,
    }
}

fn condition_status(condition: &Value) -> ConditionStatus {
    match condition["status"].as_str() {
        Some("True") => ConditionStatus::True,
        Some("False") => ConditionStatus::False,
        _ => ConditionStatus::Unknown,
    }
}

/// An object of a case as the product reads it from a manifest.
fn tree(object: &Value) -> ObjectTree {
    let (mut documents, faults) = yaml::parse(SourceId(0), &object.to_string());
    assert!(faults.is_empty() && documents.len() == 1, "{object}: {faults:?}");
    let node = documents.remove(0).root;
    ObjectTree { node, api_version: "v1".to_owned(), kind: String::new() }
}

pub(super) fn items(list: &Value) -> &[Value] {
    list.as_array().map_or(&[], Vec::as_slice)
}
