//! `tests/conformance/scheduler/placement`: where one pod may go, and where it goes best.

use std::collections::BTreeMap;
use std::sync::Arc;

use podtide::api::core::{Pod, PodTemplateSpec};
use podtide::api::labels::Selector;
use podtide::api::meta::{LabelSelector, ObjectMeta, StringMap};
use podtide::diagnostic::SourceId;
use podtide::kube::apiserver::write::{NewPod, NewReplicaSet};
use podtide::kube::apiserver::{Applied, Cluster, Write};
use podtide::kube::objects::ids::{NodeId, ObjectId, PodId, ReplicaSetId, TemplateId};
use podtide::kube::reason::Reason;
use podtide::kube::scheduler::reason::{Rejection, SchedulerReason, SchedulingError};
use podtide::kube::scheduler::{NodeScore, Placement, Scheduler};
use podtide::manifest::{ObjectTree, convert, yaml};
use serde_json::{Map, Value, json};

use super::tally::{Outcome, replay};

#[test]
fn scheduler_placement() {
    replay("scheduler/placement", |case| {
        let focus = case["focus"].as_str().expect("a case has a focus");
        let mut world = World::of(case);
        let pod = world.incoming(case);
        let mut scheduler = Scheduler::new(1);
        let placement = scheduler.placement(&world.cluster, pod);
        Outcome::of_json(focus, &case["expect"], &world.told(&placement))
    });
}

/// A cluster as a case describes it.
#[derive(Default)]
struct World {
    cluster: Cluster,
    nodes: BTreeMap<String, NodeId>,
    replica_sets: BTreeMap<String, ReplicaSetId>,
}

impl World {
    fn of(case: &Value) -> World {
        let mut world = World::default();
        for node in items(&case["nodes"]) {
            let node = convert::node(&tree(node));
            let name = node.metadata.name.clone();
            match world.write(Write::CreateNode(Arc::new(node))) {
                Applied::Created(ObjectId::Node(id)) => world.nodes.insert(name, id),
                other => panic!("a node was created, not {other:?}"),
            };
        }
        for namespace in items(&case["namespaces"]) {
            let metadata = &namespace["metadata"];
            let metadata = ObjectMeta {
                name: text(&metadata["name"]),
                labels: labels(&metadata["labels"]),
                ..ObjectMeta::default()
            };
            world.write(Write::SetNamespace(Arc::new(metadata)));
        }
        for service in items(&case["services"]) {
            let service = convert::service(&tree(service), "default");
            world.write(Write::CreateService(Arc::new(service)));
        }
        for replica_set in items(&case["replicaSets"]) {
            world.create_replica_set(replica_set);
        }
        for pod in items(&case["pods"]) {
            world.create_running_pod(pod);
        }
        world
    }

    fn write(&mut self, write: Write) -> Applied {
        self.cluster.write(write, Reason::Scenario).expect("the write of a case is accepted")
    }

    fn create_replica_set(&mut self, value: &Value) {
        let name = text(&value["metadata"]["name"]);
        let selector = LabelSelector {
            match_labels: labels(&value["spec"]["selector"]["matchLabels"]),
            match_expressions: Vec::new(),
        };
        let new = NewReplicaSet {
            name: Arc::from(name.as_str()),
            namespace: Arc::from(text(&value["metadata"]["namespace"])),
            owner: None,
            labels: StringMap::new(),
            annotations: StringMap::new(),
            replicas: 0,
            min_ready_seconds: 0,
            selector: Selector::from_label_selector(Some(&selector)),
            template: Arc::new(PodTemplateSpec::default()),
            base_template: TemplateId(0),
        };
        match self.write(Write::CreateReplicaSet(Box::new(new))) {
            Applied::Created(ObjectId::ReplicaSet(id)) => self.replica_sets.insert(name, id),
            other => panic!("a ReplicaSet was created, not {other:?}"),
        };
    }

    fn create_running_pod(&mut self, value: &Value) {
        let pod = convert::pod(&tree(value), "default");
        let node = pod.spec.node_name.clone().expect("a running pod has a node");
        let id = self.create_pod(pod, None);
        self.write(Write::BindPod { pod: id, node: self.nodes[&node] });
        if value["metadata"]["deletionTimestamp"].is_string() {
            self.write(Write::DeletePod { pod: id, grace_period_seconds: None });
        }
    }

    fn incoming(&mut self, case: &Value) -> PodId {
        let value = &case["pod"];
        let owner = &value["metadata"]["ownerReferences"][0]["name"];
        let owner = owner.as_str().map(|name| self.replica_sets[name]);
        self.create_pod(convert::pod(&tree(value), "default"), owner)
    }

    fn create_pod(&mut self, pod: Pod, owner: Option<ReplicaSetId>) -> PodId {
        let new = NewPod {
            name: Arc::from(pod.metadata.name.as_str()),
            namespace: Arc::from(pod.metadata.namespace.as_str()),
            owner,
            template: Arc::new(PodTemplateSpec { metadata: pod.metadata, spec: pod.spec }),
        };
        match self.write(Write::CreatePod(Box::new(new))) {
            Applied::Created(ObjectId::Pod(id)) => id,
            other => panic!("a pod was created, not {other:?}"),
        }
    }

    /// A placement in the words of the recording.
    fn told(&self, placement: &Placement) -> Value {
        let mut told = Map::new();
        told.insert("feasible".to_owned(), json!(self.names(&placement.feasible)));
        if !placement.rejected.is_empty() {
            let rejected = placement.rejected.iter().map(|one| self.rejection(one));
            told.insert("rejected".to_owned(), rejected.collect());
        }
        if !placement.scores.is_empty() {
            let scores = placement.scores.iter().map(|score| self.score(score));
            told.insert("scores".to_owned(), scores.collect());
        }
        if !placement.best.is_empty() {
            told.insert("best".to_owned(), json!(self.names(&placement.best)));
        }
        match placement.error.as_deref() {
            None => {}
            Some(error @ SchedulingError::NoNodesAvailable) => {
                told.insert("message".to_owned(), json!(error.to_string()));
            }
            Some(SchedulingError::Fit(error)) => {
                told.insert("message".to_owned(), json!(error.diagnosis()));
                let event = Arc::new(SchedulingError::Fit(error.clone()));
                let event = SchedulerReason::FailedScheduling(event);
                told.insert("event".to_owned(), json!(event.to_string()));
            }
        }
        Value::Object(told)
    }

    fn name(&self, id: NodeId) -> &str {
        &self.cluster.node(id).expect("nodes stay").node.metadata.name
    }

    fn names(&self, ids: &[NodeId]) -> Vec<&str> {
        let mut names: Vec<&str> = ids.iter().map(|&id| self.name(id)).collect();
        names.sort_unstable();
        names
    }

    fn rejection(&self, rejection: &Rejection) -> Value {
        let mut reasons: Vec<String> = rejection.reasons.iter().map(ToString::to_string).collect();
        reasons.sort();
        let mut told = json!({
            "node": self.name(rejection.node),
            "code": rejection.code.to_string(),
            "reasons": reasons,
        });
        if let Some(plugin) = rejection.plugin {
            told["plugin"] = json!(plugin.name());
        }
        told
    }

    fn score(&self, score: &NodeScore) -> Value {
        let plugins: BTreeMap<&str, i64> =
            score.plugins.iter().map(|(plugin, score)| (plugin.name(), *score)).collect();
        json!({"node": self.name(score.node), "total": score.total, "plugins": plugins})
    }
}

/// An object of a case as the product reads it from a manifest.
fn tree(object: &Value) -> ObjectTree {
    let (mut documents, faults) = yaml::parse(SourceId(0), &object.to_string());
    assert!(faults.is_empty() && documents.len() == 1, "{object}: {faults:?}");
    let node = documents.remove(0).root;
    ObjectTree { node, api_version: "v1".to_owned(), kind: String::new() }
}

fn items(list: &Value) -> &[Value] {
    list.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

fn labels(map: &Value) -> StringMap {
    let entries = map.as_object().into_iter().flatten();
    entries.map(|(key, value)| (key.clone(), text(value))).collect()
}
