//! What was done to a live control plane, as events of a Scenario.

use std::collections::BTreeMap;
use std::sync::Arc;

use podtide::api::core::{EnvVar, Node, NodeStatus, Taint};
use podtide::api::meta::ObjectMeta;
use podtide::kube::apiserver::Write;
use podtide::kube::kubectl::drain::Flags;
use podtide::kube::kubectl::taint::TaintEdit;
use podtide::kube::objects::ids::{DeploymentId, HpaId, PdbId};
use podtide::kube::objects::node::Machine;
use podtide::kube::objects::pod::POD_DELETION_COST;
use podtide::manifest::convert;
use podtide::scenario::action::nodes::NewNodes;
use podtide::scenario::action::{
    DeploymentAction, DeploymentEdit, NodeAction, PodAction, Pods, Request,
};
use podtide::scenario::{Action, ScenarioEvent};
use podtide::units::SimDuration;
use serde_json::Value;

use super::scene::{allocatable, node_name};
use crate::conformance::hpa_controller::tree;
use crate::conformance::hpa_world::{NAMESPACE, items, text};
use crate::conformance::live::Live;

/// All actions of a case, in order of time.
pub(super) fn events(live: &Live) -> Vec<ScenarioEvent> {
    let case = &live.document["case"];
    let mut actions: Vec<&Value> = items(&case["actions"]).collect();
    actions.sort_by_key(|action| action["atMs"].as_i64());
    let mut deeds = Deeds { live, manifests: BTreeMap::new(), counts: BTreeMap::new() };
    items(&case["manifests"]).for_each(|manifest| deeds.remember(manifest));
    actions.into_iter().flat_map(|action| deeds.of(action)).collect()
}

/// The objects as people have written them so far.
struct Deeds<'a> {
    live: &'a Live,
    /// By kind and name: the place of the object among those of its kind, and its manifest.
    manifests: BTreeMap<(String, String), (u32, Value)>,
    counts: BTreeMap<String, u32>,
}

impl Deeds<'_> {
    fn of(&mut self, action: &Value) -> Vec<ScenarioEvent> {
        let at = self.live.at(action["atMs"].as_i64().expect("an action has an instant"));
        let actions = match text(&action["do"]) {
            "create" => vec![self.create(&action["manifest"])],
            "patch" => self.patch(action),
            "delete" => vec![self.delete(action)],
            "scale" | "undo" | "restart" => vec![self.on_deployment(action)],
            "evict" | "deletePod" | "unready" | "deletionCost" => vec![self.on_pods(action)],
            _ => vec![Action::Node(self.on_node(action))],
        };
        actions.into_iter().map(|action| ScenarioEvent { at, action }).collect()
    }

    fn remember(&mut self, manifest: &Value) {
        let kind = text(&manifest["kind"]).to_owned();
        let count = self.counts.entry(kind.clone()).or_default();
        let name = text(&manifest["metadata"]["name"]).to_owned();
        self.manifests.insert((kind, name), (*count, manifest.clone()));
        *count += 1;
    }

    fn create(&mut self, manifest: &Value) -> Action {
        let object = || tree(manifest);
        let write = match text(&manifest["kind"]) {
            "Node" => return Action::Node(new_node(manifest)),
            "Deployment" => {
                Write::CreateDeployment(Arc::new(convert::deployment(&object(), NAMESPACE)))
            }
            "HorizontalPodAutoscaler" => {
                let hpa = convert::horizontal_pod_autoscaler(&object(), NAMESPACE);
                Write::CreateHpa(Arc::new(hpa))
            }
            "PodDisruptionBudget" => {
                Write::CreatePdb(Arc::new(convert::pod_disruption_budget(&object(), NAMESPACE)))
            }
            other => panic!("nobody creates a {other} here"),
        };
        self.remember(manifest);
        request("create", write)
    }

    fn delete(&self, action: &Value) -> Action {
        let kind = text(&action["kind"]);
        if kind == "Node" {
            let name = Arc::from(node_name(self.live, &action["name"]));
            return Action::Node(NodeAction::Delete([name].into()));
        }
        let place = self.place(kind, &action["name"]);
        let write = match kind {
            "Deployment" => Write::DeleteDeployment(DeploymentId(place)),
            "HorizontalPodAutoscaler" => Write::DeleteHpa(HpaId(place)),
            "PodDisruptionBudget" => Write::DeletePdb(PdbId(place)),
            other => panic!("nobody deletes a {other} here"),
        };
        request("delete", write)
    }

    fn patch(&mut self, action: &Value) -> Vec<Action> {
        let told = action["patch"].as_str().or_else(|| action["strategicPatch"].as_str());
        let patch: Value = serde_json::from_str(told.expect("a patch is a text"))
            .unwrap_or_else(|error| panic!("a patch is JSON: {error}"));
        let kind = text(&action["kind"]).to_owned();
        let place = self.place(&kind, &action["name"]);
        if kind == "Deployment" {
            return patched_deployment(place, &patch["spec"]);
        }
        let key = (kind, text(&action["name"]).to_owned());
        let (_, manifest) = self.manifests.get_mut(&key).expect("a patched object is there");
        merge(manifest, &patch);
        let object = tree(manifest);
        let write = match key.0.as_str() {
            "HorizontalPodAutoscaler" => Write::UpdateHpa {
                hpa: HpaId(place),
                spec: Arc::new(convert::horizontal_pod_autoscaler(&object, NAMESPACE).spec),
            },
            "PodDisruptionBudget" => Write::UpdatePdb {
                pdb: PdbId(place),
                spec: Arc::new(convert::pod_disruption_budget(&object, NAMESPACE).spec),
            },
            other => panic!("nobody patches a {other} here"),
        };
        vec![request("patch", write)]
    }

    fn on_deployment(&self, action: &Value) -> Action {
        let deployment = self.place("Deployment", &action["name"]);
        let what = match text(&action["do"]) {
            "scale" => DeploymentAction::Scale(action["replicas"].as_i64().unwrap_or(0) as i32),
            "undo" => DeploymentAction::Undo { to_revision: 0 },
            _ => DeploymentAction::Restart,
        };
        Action::Deployment { deployment, what }
    }

    fn on_pods(&self, action: &Value) -> Action {
        let named =
            ("Deployment".to_owned(), action["name"].as_str().unwrap_or_default().to_owned());
        let deployment = self.manifests.get(&named).map_or(0, |(place, _)| *place);
        let count = action["count"].as_u64().unwrap_or(u64::from(u32::MAX)) as u32;
        let which = match text(&action["pods"]) {
            "newest" => Pods::NewestOf { deployment, count },
            "all" => Pods::OldestOf { deployment, count: u32::MAX },
            _ => Pods::OldestOf { deployment, count },
        };
        let what = match text(&action["do"]) {
            "evict" => PodAction::Evict,
            "deletePod" => PodAction::Delete { grace_period_seconds: None },
            "unready" => PodAction::Ready(false),
            _ => PodAction::Annotation {
                name: Arc::from(POD_DELETION_COST),
                value: Arc::from(action["cost"].to_string().trim_matches('"')),
            },
        };
        Action::Pod { which, what }
    }

    fn on_node(&self, action: &Value) -> NodeAction {
        let nodes = [Arc::from(node_name(self.live, &action["name"]))].into();
        match text(&action["do"]) {
            "cordon" => NodeAction::Cordon(nodes),
            "uncordon" => NodeAction::Uncordon(nodes),
            "drain" => {
                let timeout = action["timeoutMs"].as_i64().map(SimDuration);
                let flags = Flags { force: true, timeout, ..Flags::default() };
                NodeAction::Drain { nodes, flags: Box::new(flags) }
            }
            "nodeLost" => NodeAction::Machine { nodes, machine: Machine::KubeletDown },
            "nodeBack" => NodeAction::Machine { nodes, machine: Machine::Running },
            "taint" => {
                let edit = TaintEdit { add: vec![taint(action)], ..TaintEdit::default() };
                NodeAction::Taint { nodes, edit: Box::new(edit) }
            }
            "untaint" => {
                let edit = TaintEdit { remove: vec![taint(action)], ..TaintEdit::default() };
                NodeAction::Taint { nodes, edit: Box::new(edit) }
            }
            other => panic!("no such action: {other}"),
        }
    }

    fn place(&self, kind: &str, name: &Value) -> u32 {
        let key = (kind.to_owned(), text(name).to_owned());
        self.manifests.get(&key).unwrap_or_else(|| panic!("there is no {key:?}")).0
    }
}

fn request(title: &str, write: Write) -> Action {
    Action::Request(Box::new(Request { title: Arc::from(title), write }))
}

fn new_node(manifest: &Value) -> NodeAction {
    let metadata = &manifest["metadata"];
    let labels = metadata["labels"].as_object().into_iter().flatten();
    let labels = labels.map(|(key, value)| (key.clone(), text(value).to_owned())).collect();
    let allocatable = allocatable(&manifest["status"]["allocatable"]);
    let shape = Node {
        metadata: ObjectMeta { labels, ..ObjectMeta::default() },
        status: NodeStatus { allocatable, ..NodeStatus::default() },
        ..Node::default()
    };
    NodeAction::Add(Arc::new(NewNodes {
        name: Arc::from(text(&metadata["name"])),
        count: None,
        shape,
    }))
}

/// A taint as an object, as fields of the action, or as kubectl takes it (`key=value:effect`).
fn taint(action: &Value) -> Taint {
    if let Some(told) = action["taint"].as_str() {
        let (rest, effect) = told.rsplit_once(':').unwrap_or((told, ""));
        let (key, value) = rest.split_once('=').unwrap_or((rest, ""));
        let [key, value, effect] = [key, value, effect].map(str::to_owned);
        return Taint { key, value, effect };
    }
    let told = if action["taint"].is_object() { &action["taint"] } else { action };
    let field = |name: &str| told[name].as_str().unwrap_or_default().to_owned();
    Taint { key: field("key"), value: field("value"), effect: field("effect") }
}

/// A patch of a Deployment's spec, field by field.
fn patched_deployment(deployment: u32, spec: &Value) -> Vec<Action> {
    let (mut actions, mut edits) = (Vec::new(), Vec::new());
    for (name, value) in spec.as_object().into_iter().flatten() {
        let number = value.as_i64().unwrap_or(0) as i32;
        match name.as_str() {
            "paused" if *value == true => actions.push(DeploymentAction::Pause),
            "paused" => actions.push(DeploymentAction::Resume),
            "replicas" => actions.push(DeploymentAction::Scale(number)),
            "minReadySeconds" => edits.push(DeploymentEdit::MinReadySeconds(number)),
            "progressDeadlineSeconds" => {
                edits.push(DeploymentEdit::ProgressDeadlineSeconds(number));
            }
            "revisionHistoryLimit" => edits.push(DeploymentEdit::RevisionHistoryLimit(number)),
            "template" => edits.extend(template_edits(value)),
            other => panic!("nobody patches {other} here"),
        }
    }
    if !edits.is_empty() {
        actions.push(DeploymentAction::Edits(edits));
    }
    actions.into_iter().map(|what| Action::Deployment { deployment, what }).collect()
}

fn template_edits(template: &Value) -> Vec<DeploymentEdit> {
    let annotations = template["metadata"]["annotations"].as_object().into_iter().flatten();
    let mut edits: Vec<DeploymentEdit> = annotations
        .map(|(name, value)| DeploymentEdit::TemplateAnnotation {
            name: Arc::from(name.as_str()),
            value: Arc::from(text(value)),
        })
        .collect();
    for container in items(&template["spec"]["containers"]) {
        let name: Arc<str> = Arc::from(text(&container["name"]));
        if let Some(image) = container["image"].as_str() {
            let (container, image) = (Arc::clone(&name), Arc::from(image));
            edits.push(DeploymentEdit::Image { container, image });
        }
        let variable = |told: &Value| EnvVar {
            name: text(&told["name"]).to_owned(),
            value: text(&told["value"]).to_owned(),
        };
        let variables: Vec<EnvVar> = items(&container["env"]).map(variable).collect();
        if !variables.is_empty() {
            let container = Some(name);
            edits.push(DeploymentEdit::Env { container, variables, removed: Vec::new() });
        }
    }
    edits
}

/// A merge patch (RFC 7386).
fn merge(object: &mut Value, patch: &Value) {
    let Some(fields) = patch.as_object() else {
        *object = patch.clone();
        return;
    };
    if !object.is_object() {
        *object = Value::Object(serde_json::Map::new());
    }
    for (name, value) in fields {
        let object = object.as_object_mut().expect("it is one by now");
        if value.is_null() {
            object.remove(name);
        } else {
            merge(object.entry(name.clone()).or_insert(Value::Null), value);
        }
    }
}
