//! The pods of `tests/conformance/hpa`, in a cluster of the product's own.

use std::collections::BTreeMap;
use std::sync::Arc;

use podtide::api::core::{
    Container, Node, PodSpec, PodTemplateSpec, ResourceList, ResourceRequirements,
};
use podtide::api::meta::{ConditionStatus, ObjectMeta};
use podtide::api::quantity::Quantity;
use podtide::kube::apiserver::write::{NewPod, PodStatus};
use podtide::kube::apiserver::{Applied, Cluster, Write};
use podtide::kube::objects::ids::{NodeId, ObjectId, PodId};
use podtide::kube::objects::pod::{PodActivity, PodCondition, PodPhase};
use podtide::kube::reason::Reason;
use podtide::units::SimTime;
use serde_json::Value;

/// Namespace of all objects.
pub(crate) const NAMESPACE: &str = "default";

/// Pods in a cluster, by the names of a recording.
pub(crate) struct World {
    /// The cluster; its `now` is 0 until somebody moves it.
    pub(crate) cluster: Cluster,
    /// Pods in the order of the recording.
    pub(crate) pods: Vec<(String, PodId)>,
    node: NodeId,
    templates: Vec<Arc<PodTemplateSpec>>,
    unselected: Vec<Arc<PodTemplateSpec>>,
    /// Milliseconds of the cluster for one of the recording.
    scale: i64,
}

impl World {
    /// A cluster without pods, and the templates of a case.
    pub(crate) fn new(templates: &Value, scale: i64) -> World {
        let of = |app| items(templates).map(|spec| Arc::new(template(spec, app))).collect();
        World { unselected: of("other"), scale, ..World::of(of("web")) }
    }

    /// A cluster without pods, and the templates that they will have. States of pods tell times in
    /// milliseconds.
    pub(crate) fn of(templates: Vec<Arc<PodTemplateSpec>>) -> World {
        let mut cluster = Cluster::default();
        let node = written(&mut cluster, Write::CreateNode(Arc::new(Node::default())));
        let Applied::Created(ObjectId::Node(node)) = node else {
            panic!("a node was created");
        };
        World { cluster, pods: Vec::new(), node, templates, unselected: Vec::new(), scale: 1 }
    }

    /// Takes over the state of a pod, as a recording has it.
    pub(crate) fn set(&mut self, state: &Value) {
        let name = text(&state["name"]);
        let place = self.pods.iter().position(|(other, _)| other == name);
        let known = place.map(|place| self.pods[place].1).filter(|&id| self.is_of(id, state));
        let id = known.unwrap_or_else(|| {
            let id = self.create(name, state);
            match place {
                Some(place) => {
                    let former = std::mem::replace(&mut self.pods[place].1, id);
                    written(&mut self.cluster, Write::RemovePod(former));
                }
                None => self.pods.push((name.to_owned(), id)),
            }
            id
        });
        if state["deleting"] == true {
            written(&mut self.cluster, Write::DeletePod { pod: id, grace_period_seconds: None });
        }
        let status = self.status(state);
        written(&mut self.cluster, Write::PodStatus { pod: id, status });
    }

    /// Takes a pod away.
    pub(crate) fn remove(&mut self, name: &str) {
        let place = self.pods.iter().position(|(other, _)| other == name);
        let (_, id) = self.pods.remove(place.expect("a pod that goes was there"));
        written(&mut self.cluster, Write::RemovePod(id));
    }

    /// The name of a pod.
    pub(crate) fn name(&self, id: PodId) -> &str {
        let pod = self.pods.iter().find(|&&(_, other)| other == id);
        &pod.expect("only pods of the recording exist").0
    }

    /// Whether a pod that exists can become what a recording says; template and delete mark stay.
    fn is_of(&self, id: PodId, state: &Value) -> bool {
        let pod = self.cluster.pod(id).expect("it was not removed");
        let template = &self.cluster.template(pod.template).spec;
        template == self.template(state) && (pod.deletion.is_none() || state["deleting"] == true)
    }

    fn create(&mut self, name: &str, state: &Value) -> PodId {
        let pod = NewPod {
            name: name.into(),
            namespace: NAMESPACE.into(),
            owner: None,
            template: Arc::clone(self.template(state)),
        };
        let created = written(&mut self.cluster, Write::CreatePod(Box::new(pod)));
        let Applied::Created(ObjectId::Pod(id)) = created else { panic!("a pod was created") };
        written(&mut self.cluster, Write::BindPod { pod: id, node: self.node });
        id
    }

    fn template(&self, state: &Value) -> &Arc<PodTemplateSpec> {
        let index = state["template"].as_u64().unwrap_or(0) as usize;
        if state["unselected"] == true { &self.unselected[index] } else { &self.templates[index] }
    }

    fn status(&self, state: &Value) -> PodStatus {
        let at = |value: &Value| value.as_i64().map(|at| SimTime(at * self.scale));
        let ready = state["ready"].as_str().map(|status| PodCondition {
            status: match status {
                "True" => ConditionStatus::True,
                "False" => ConditionStatus::False,
                _ => ConditionStatus::Unknown,
            },
            last_transition_time: at(&state["readySince"]).unwrap_or(SimTime::MIN),
        });
        PodStatus {
            phase: match text(&state["phase"]) {
                "Pending" => PodPhase::Pending,
                "Running" => PodPhase::Running,
                "Succeeded" => PodPhase::Succeeded,
                "Failed" => PodPhase::Failed,
                _ => PodPhase::Unknown,
            },
            activity: PodActivity::Running,
            start_time: at(&state["start"]),
            ready,
            restarts: 0,
            sidecar_restarts: 0,
        }
    }
}

/// Carries out a write that cannot fail.
pub(crate) fn written(cluster: &mut Cluster, write: Write) -> Applied {
    let answer = cluster.write(write, Reason::Scenario);
    answer.unwrap_or_else(|refused| panic!("{refused}"))
}

/// The entries of a list; none where there is no list.
pub(crate) fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

/// The text that stands there.
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

fn template(spec: &Value, app: &str) -> PodTemplateSpec {
    let labels = BTreeMap::from([("app".to_owned(), app.to_owned())]);
    let containers = |list| items(list).map(container).collect();
    let of_pod = spec.get("podRequests");
    PodTemplateSpec {
        metadata: ObjectMeta { labels, ..ObjectMeta::default() },
        spec: PodSpec {
            containers: containers(&spec["containers"]),
            init_containers: containers(&spec["initContainers"]),
            resources: of_pod.map(requirements),
            overhead: spec.get("overhead").map(resources),
            ..PodSpec::default()
        },
    }
}

fn container(container: &Value) -> Container {
    Container {
        name: text(&container["name"]).to_owned(),
        restart_policy: container["restartPolicy"].as_str().map(str::to_owned),
        resources: requirements(&container["requests"]),
        ..Container::default()
    }
}

fn requirements(requests: &Value) -> ResourceRequirements {
    ResourceRequirements { requests: resources(requests), ..ResourceRequirements::default() }
}

fn resources(list: &Value) -> ResourceList {
    let quantity = |value| Quantity::parse(text(value)).expect("recorded quantities are fine");
    let entries = list.as_object().into_iter().flatten();
    entries.map(|(name, value)| (name.clone(), quantity(value))).collect()
}
