//! The cluster that an HPA saw, as a recording of a live control plane tells it.

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::sync::Arc;

use podtide::api::core::PodTemplateSpec;
use podtide::kube::apiserver::{Applied, Write};
use podtide::kube::controllers::podautoscaler::config::HpaControllerConfiguration;
use podtide::kube::controllers::podautoscaler::horizontal::HorizontalController;
use podtide::kube::objects::deployment::DeploymentStatus;
use podtide::kube::objects::ids::{DeploymentId, HpaId, ObjectId};
use podtide::manifest::convert;
use serde_json::{Value, json};

use super::sync::HPA;
use crate::conformance::hpa_controller::{loaded, spec_json, tree};
use crate::conformance::hpa_world::{NAMESPACE, World, items, text, written};
use crate::conformance::live::{Live, ms};
use crate::conformance::tally::Outcome;

/// The cluster, and the controller that works in it.
pub(super) struct State<'a> {
    live: &'a Live,
    /// The cluster, with the pods.
    pub(super) world: World,
    /// The product's own.
    pub(super) controller: HorizontalController,
    /// While there is one.
    pub(super) hpa: Option<HpaId>,
    /// What the API server made of manifests of HPAs, and what we do.
    pub(super) defaulting: Outcome,
    deployments: BTreeMap<&'a str, DeploymentId>,
    /// Places of templates, by ReplicaSet.
    templates: BTreeMap<&'a str, usize>,
    changes: Peekable<std::vec::IntoIter<(i64, Change<'a>)>>,
}

/// Something that happened.
enum Change<'a> {
    Deployment(&'a Value),
    Hpa(&'a Value),
    Pod(&'a Value, &'a Value),
    Gone(&'a Value),
}

impl<'a> State<'a> {
    /// The cluster before the case began.
    pub(super) fn new(live: &'a Live) -> State<'a> {
        let (mut templates, mut places) = (Vec::new(), BTreeMap::new());
        for object in live.objects("ReplicaSet").filter(|object| object["spec"].is_object()) {
            places.entry(text(&object["name"])).or_insert_with(|| {
                templates.push(Arc::new(template(&object["spec"]["template"])));
                templates.len() - 1
            });
        }
        State {
            live,
            world: World::of(templates),
            controller: HorizontalController::new(HpaControllerConfiguration::default()),
            hpa: None,
            defaulting: Outcome::Agrees,
            deployments: BTreeMap::new(),
            templates: places,
            changes: changes(live).into_iter().peekable(),
        }
    }

    /// Lets everything happen that did until an instant [ms since the case began].
    pub(super) fn play_until(&mut self, until_ms: i64) {
        while let Some((at_ms, change)) = self.changes.next_if(|&(at_ms, _)| at_ms <= until_ms) {
            self.world.cluster.now = self.live.at(at_ms);
            match change {
                Change::Deployment(event) => self.deployment(event),
                Change::Hpa(event) => self.hpa(event),
                Change::Pod(pod, change) => self.pod(pod, change),
                Change::Gone(pod) => self.world.remove(text(&pod["name"])),
            }
        }
        self.world.cluster.now = self.live.at(until_ms);
    }

    fn deployment(&mut self, event: &'a Value) {
        let name = text(&event["name"]);
        let cluster = &mut self.world.cluster;
        if event["type"] == "DELETED" {
            let deployment = self.deployments.remove(name).expect("it was there");
            written(cluster, Write::DeleteDeployment(deployment));
            return;
        }
        let deployment = *self.deployments.entry(name).or_insert_with(|| {
            let object = convert::deployment(&tree(&manifest("apps/v1", event)), NAMESPACE);
            let created = written(cluster, Write::CreateDeployment(Arc::new(object)));
            let Applied::Created(ObjectId::Deployment(id)) = created else {
                panic!("a Deployment was created");
            };
            id
        });
        if let Some(replicas) = event["spec"]["replicas"].as_i64() {
            let replicas = replicas as i32;
            written(cluster, Write::UpdateScale { deployment, replicas });
        }
        if event["status"].is_object() {
            let replicas = event["status"]["replicas"].as_i64().unwrap_or(0) as i32;
            let status = Box::new(DeploymentStatus { replicas, ..DeploymentStatus::default() });
            written(cluster, Write::DeploymentStatus { deployment, status, annotations: None });
        }
    }

    fn hpa(&mut self, event: &Value) {
        let cluster = &mut self.world.cluster;
        match (text(&event["type"]), self.hpa) {
            ("DELETED", Some(hpa)) => {
                written(cluster, Write::DeleteHpa(hpa));
                self.hpa = None;
            }
            ("ADDED", _) => self.create_hpa(event),
            (_, Some(hpa)) if event["spec"].is_object() => {
                let spec = loaded(&manifest("autoscaling/v2", event)).spec;
                written(cluster, Write::UpdateHpa { hpa, spec: Arc::new(spec) });
            }
            _ => {}
        }
    }

    /// Creates an HPA as the loader reads its manifest.
    fn create_hpa(&mut self, event: &Value) {
        let sent = self.live.manifest(HPA, text(&event["name"]));
        let hpa = loaded(sent.expect("an HPA was sent"));
        self.defaulting = Outcome::of_json("defaulting", &event["spec"], &spec_json(&hpa));
        let created = written(&mut self.world.cluster, Write::CreateHpa(Arc::new(hpa)));
        let Applied::Created(ObjectId::Hpa(id)) = created else { panic!("an HPA was created") };
        self.controller.enqueue(self.world.cluster.hpa(id).expect("it was created"));
        self.hpa = Some(id);
    }

    fn pod(&mut self, pod: &Value, change: &Value) {
        let at = |told: &Value| self.live.instant(told).map(|at| at.0);
        let template = self.templates[text(&pod["owner"])];
        self.world.set(&json!({
            "name": pod["name"],
            "template": template,
            "phase": change["phase"],
            "start": at(&change["startTime"]),
            "ready": change["ready"],
            "readySince": at(&change["readySince"]),
            "deleting": change["deletionAt"].is_string(),
        }));
    }
}

/// All that happened, in order.
fn changes(live: &Live) -> Vec<(i64, Change<'_>)> {
    let mut changes: Vec<(i64, Change<'_>)> = Vec::new();
    changes.extend(live.objects("Deployment").map(|event| (ms(event), Change::Deployment(event))));
    changes.extend(live.objects(HPA).map(|event| (ms(event), Change::Hpa(event))));
    for pod in items(&live.document["pods"]) {
        changes.extend(items(&pod["changes"]).map(|change| (ms(change), Change::Pod(pod, change))));
        changes.extend(pod["gone"].as_i64().map(|gone| (gone, Change::Gone(pod))));
    }
    changes.sort_by_key(|&(at_ms, _)| at_ms);
    changes
}

/// A manifest with the spec that an event tells.
fn manifest(api_version: &str, event: &Value) -> Value {
    json!({
        "apiVersion": api_version,
        "kind": event["kind"],
        "metadata": { "name": event["name"] },
        "spec": event["spec"],
    })
}

/// What the API server makes of a template when it becomes a pod.
fn template(template: &Value) -> PodTemplateSpec {
    let manifest = json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": { "name": "pod", "labels": template["metadata"]["labels"] },
        "spec": template["spec"],
    });
    let pod = convert::pod(&tree(&manifest), NAMESPACE);
    PodTemplateSpec { metadata: pod.metadata, spec: pod.spec }
}
