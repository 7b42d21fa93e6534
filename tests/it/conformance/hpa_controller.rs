//! `hpa/controller`: whole lives of HPAs under the controller.

mod metrics;

use std::collections::BTreeMap;
use std::sync::Arc;

use podtide::api::apps::{Deployment, DeploymentSpec};
use podtide::api::autoscaling::{
    CrossVersionObjectReference, HorizontalPodAutoscaler, HorizontalPodAutoscalerSpec,
};
use podtide::api::meta::{LabelSelector, ObjectMeta};
use podtide::diagnostic::SourceMap;
use podtide::kube::apiserver::script::ScriptedScale;
use podtide::kube::apiserver::{Api, Applied, EventType, Nobody, Write};
use podtide::kube::controllers::podautoscaler::config::HpaControllerConfiguration;
use podtide::kube::controllers::podautoscaler::decision::{Decision, StatusWrite};
use podtide::kube::controllers::podautoscaler::horizontal::HorizontalController;
use podtide::kube::controllers::podautoscaler::reason::HpaReason;
use podtide::kube::objects::hpa::{HpaObject, MetricStatus};
use podtide::kube::objects::ids::{DeploymentId, HpaId, ObjectId};
use podtide::kube::reason::Reason;
use podtide::manifest::{ObjectTree, convert, read};
use podtide::units::{SimDuration, SimTime};
use serde_json::{Map, Value, json};

use metrics::{Recorded, Silent};

use super::hpa_world::{NAMESPACE, World, items, text, written};
use super::tally::{Outcome, replay};

#[test]
fn hpa_controller() {
    let mut syncs = 0;
    replay("hpa/controller", |case| {
        syncs += items(&case["steps"]).count();
        Life::new(case).play()
    });
    assert!(syncs > 0, "sequences have syncs");
}

/// The life of an HPA, as one case tells it.
struct Life<'a> {
    case: &'a Value,
    world: World,
    deployment: DeploymentId,
    controller: HorizontalController,
    hpa: Option<HpaId>,
    rival: Option<HpaId>,
    selector: Arc<str>,
    /// The status as it was told last, of which changes are told.
    told: Told,
}

/// What was told of a status.
#[derive(Clone, Debug, Default, PartialEq)]
struct Told {
    replicas: (i32, i32),
    last_scale_time: i64,
    conditions: BTreeMap<String, Value>,
    metrics: Vec<Value>,
}

impl<'a> Life<'a> {
    fn new(case: &'a Value) -> Life<'a> {
        let mut world = World::new(&case["templates"], 1);
        let create = Write::CreateDeployment(Arc::new(deployment()));
        let Applied::Created(ObjectId::Deployment(deployment)) =
            written(&mut world.cluster, create)
        else {
            panic!("a Deployment was created");
        };
        Life {
            case,
            world,
            deployment,
            controller: HorizontalController::new(HpaControllerConfiguration::default()),
            hpa: None,
            rival: None,
            selector: Arc::from("app=web"),
            told: Told::default(),
        }
    }

    fn play(&mut self) -> Outcome {
        let case = self.case;
        let mut outcome = Outcome::Agrees;
        for (place, step) in items(&case["steps"]).enumerate() {
            outcome = outcome.and(|| self.step(place, step));
        }
        outcome.and(|| {
            let hpa = self.hpa();
            let metrics = hpa.spec.metrics.iter().flatten().zip(&hpa.status.current_metrics);
            let ours: Vec<Value> = metrics.map(|(spec, metric)| metric.to_json(spec)).collect();
            let ours = if ours.is_empty() { Value::Null } else { Value::Array(ours) };
            Outcome::of_json("finalStatus", &case["finalStatus"], &ours)
        })
    }

    fn step(&mut self, place: usize, step: &Value) -> Outcome {
        self.world.cluster.now = SimTime(integer(&step["t"]));
        if let Some(outcome) = self.take_over(step) {
            return outcome;
        }
        self.sync_rival();
        self.script(step);
        self.world.cluster.take_journal();
        let hpa = self.hpa.expect("the first step creates the HPA");
        let mut metrics = Recorded { life: self.case, step, pods: &self.world.pods };
        let mut decision = None;
        let mut nobody = Nobody;
        let api = &mut Api::new(&mut self.world.cluster, 0, &mut nobody);
        let reconciled = self.controller.reconcile(api, hpa, &mut metrics, &mut |told| {
            assert!(decision.replace(told).is_none(), "one decision a sync");
        });
        let decision = decision.expect("a sync that was told");
        let mut ours = self.outcome(&decision);
        let errors: Vec<String> = reconciled.errors.iter().map(ToString::to_string).collect();
        insert(&mut ours, "errors", !errors.is_empty(), json!(errors));
        let conflicts = step["updateConflicts"].as_i64().unwrap_or(0);
        let delay = SimDuration(10 * conflicts);
        self.check_scale(step, &ours);
        Outcome::of(&format!("delay of step {place}"), &delay, &reconciled.delay)
            .and(|| compare(place, &step["out"], Value::Object(ours)))
    }

    /// Takes over what changed before a sync. An HPA that the loader makes something else of than
    /// upstream's is an outcome of its own.
    fn take_over(&mut self, step: &Value) -> Option<Outcome> {
        let mut outcome = None;
        if step.get("written").is_some() {
            let written = loaded(&step["written"]);
            let upstream = loaded(&step["hpa"]);
            if spec_json(&written) != step["hpa"]["spec"] || written.spec != upstream.spec {
                let ours = spec_json(&written);
                outcome = Some(Outcome::of_json("defaulting", &step["hpa"]["spec"], &ours));
            }
            self.write_hpa(step, written);
        }
        if let Some(rivals) = step.get("rivals") {
            self.set_rivals(rivals);
        }
        if let Some(selector) = step["selector"].as_str() {
            self.selector = Arc::from(selector);
        }
        items(&step["pods"]["remove"]).for_each(|name| self.world.remove(text(name)));
        items(&step["pods"]["set"]).for_each(|pod| self.world.set(pod));
        outcome.filter(|outcome| !matches!(outcome, Outcome::Agrees))
    }

    fn write_hpa(&mut self, step: &Value, hpa: HorizontalPodAutoscaler) {
        if step["created"] == true {
            if let Some(former) = self.hpa.take() {
                self.delete_hpa(former, step["forgotten"] == true);
            }
            self.hpa = Some(self.create_hpa(hpa));
            self.told = Told::default();
        } else {
            let spec = Arc::new(hpa.spec);
            let hpa = self.hpa.expect("an HPA that is edited is there");
            written(&mut self.world.cluster, Write::UpdateHpa { hpa, spec });
        }
    }

    fn create_hpa(&mut self, hpa: HorizontalPodAutoscaler) -> HpaId {
        let created = written(&mut self.world.cluster, Write::CreateHpa(Arc::new(hpa)));
        let Applied::Created(ObjectId::Hpa(id)) = created else { panic!("an HPA was created") };
        self.controller.enqueue(self.world.cluster.hpa(id).expect("it was created"));
        id
    }

    fn delete_hpa(&mut self, hpa: HpaId, is_noticed: bool) {
        written(&mut self.world.cluster, Write::DeleteHpa(hpa));
        if is_noticed {
            let mut nobody = Nobody;
            let api = &mut Api::new(&mut self.world.cluster, 0, &mut nobody);
            let reconciled = self.controller.reconcile(api, hpa, &mut Silent, &mut |_| {});
            assert!(reconciled.deleted, "an HPA that is gone");
        }
    }

    fn set_rivals(&mut self, rivals: &Value) {
        if let Some(former) = self.rival.take() {
            self.delete_hpa(former, true);
        }
        for name in items(rivals) {
            let (namespace, name) = text(name).split_once('/').expect("namespace/name");
            let target = CrossVersionObjectReference {
                api_version: "apps/v1".to_owned(),
                kind: "StatefulSet".to_owned(),
                name: name.to_owned(),
            };
            let metadata = ObjectMeta {
                namespace: namespace.to_owned(),
                name: name.to_owned(),
                ..ObjectMeta::default()
            };
            let spec = HorizontalPodAutoscalerSpec {
                scale_target_ref: target,
                max_replicas: 10,
                ..HorizontalPodAutoscalerSpec::default()
            };
            self.rival = Some(self.create_hpa(HorizontalPodAutoscaler { metadata, spec }));
        }
    }

    /// The rival's own sync comes first, as in the recording.
    fn sync_rival(&mut self) {
        let Some(rival) = self.rival else { return };
        self.world.cluster.script = podtide::kube::apiserver::script::Script::default();
        self.world.cluster.script.scale = Some(ScriptedScale {
            spec_replicas: 1,
            status_replicas: 1,
            selector: Arc::clone(&self.selector),
        });
        let mut nobody = Nobody;
        let api = &mut Api::new(&mut self.world.cluster, 0, &mut nobody);
        self.controller.reconcile(api, rival, &mut Silent, &mut |_| {});
    }

    /// Scripts what the API server answers at a step.
    fn script(&mut self, step: &Value) {
        let error = |name: &str| step[name].as_str().map(Arc::from);
        let count = |value: &Value| value.as_i64().map_or(0, |count| count as i32);
        let replicas = count(&step["scale"][0]);
        self.world.cluster.script = podtide::kube::apiserver::script::Script::default();
        let scale = Write::UpdateScale { deployment: self.deployment, replicas };
        written(&mut self.world.cluster, scale);
        let script = &mut self.world.cluster.script;
        script.mapper_error = error("mapperError");
        script.scale_error = error("scaleError");
        script.scale_update_error = error("updateError");
        script.hpa_status_error = error("statusError");
        script.scale_conflicts = count(&step["updateConflicts"]) as u32;
        script.scale = Some(ScriptedScale {
            spec_replicas: replicas,
            status_replicas: count(&step["scale"][1]),
            selector: Arc::clone(&self.selector),
        });
    }

    /// What the step came to, in the words of the recording.
    fn outcome(&mut self, decision: &Decision) -> Map<String, Value> {
        let mut ours = Map::new();
        insert(&mut ours, "proposal", decision.proposal.is_some(), json!(decision.proposal));
        let mut events = Vec::new();
        for fact in self.world.cluster.take_journal() {
            let Write::Event { type_, .. } = fact.write else { continue };
            let type_ = if type_ == EventType::Normal { "Normal" } else { "Warning" };
            events.push(json!([type_, fact.reason.word(), fact.reason.to_string()]));
            if let Reason::Hpa(
                HpaReason::SuccessfulRescale { new_size, .. }
                | HpaReason::FailedRescale { new_size, .. },
            ) = fact.reason
            {
                ours.insert("scaledTo".to_owned(), json!(new_size));
            }
        }
        insert(&mut ours, "events", !events.is_empty(), json!(events));
        let status = match decision.status {
            StatusWrite::Written => "",
            StatusWrite::Unchanged => "unchanged",
            StatusWrite::Failed => "failed",
        };
        insert(&mut ours, "status", !status.is_empty(), json!(status));
        self.tell_status(&mut ours);
        ours
    }

    /// Tells what is new in the status.
    fn tell_status(&mut self, ours: &mut Map<String, Value>) {
        let hpa = self.hpa();
        let status = &hpa.status;
        let specs = hpa.spec.metrics.iter().flatten();
        let now = Told {
            replicas: (status.current_replicas, status.desired_replicas),
            last_scale_time: status.last_scale_time.map_or(0, |at| at.0),
            conditions: conditions(hpa)
                .map(|told| (text(&told["type"]).to_owned(), told))
                .collect(),
            metrics: status
                .current_metrics
                .iter()
                .zip(specs)
                .map(|(metric, spec)| metric_json(metric, spec))
                .collect(),
        };
        let new = conditions(hpa)
            .filter(|told| self.told.conditions.get(text(&told["type"])) != Some(told));
        let new: Vec<Value> = new.collect();
        let before = &self.told;
        insert(ours, "conditions", !new.is_empty(), json!(new));
        insert(ours, "replicas", now.replicas != before.replicas, json!(now.replicas));
        let is_new = now.last_scale_time != before.last_scale_time;
        insert(ours, "lastScaleTime", is_new, json!(now.last_scale_time));
        insert(ours, "metrics", now.metrics != before.metrics, json!(now.metrics));
        self.told = now;
    }

    /// The Deployment must have the size that was written.
    fn check_scale(&self, step: &Value, ours: &Map<String, Value>) {
        let deployment = self.world.cluster.deployment(self.deployment).expect("it is there");
        let scale = step["scale"][0].as_i64().unwrap_or(0);
        let failed = step.get("updateError").is_some();
        let scaled = ours.get("scaledTo").and_then(Value::as_i64).filter(|_| !failed);
        assert_eq!(i64::from(deployment.replicas()), scaled.unwrap_or(scale));
    }

    fn hpa(&self) -> &HpaObject {
        let hpa = self.hpa.and_then(|id| self.world.cluster.hpa(id));
        hpa.expect("the HPA is there at every step")
    }
}

/// Compares a step; where a float did not fit an integer, the numbers made from it may differ.
fn compare(place: usize, upstream: &Value, ours: Value) -> Outcome {
    let (mut upstream, mut ours) = (upstream.clone(), ours);
    let fields = upstream.as_object_mut().expect("an outcome is an object");
    let is_platform_dependent = fields.remove("platformDependent").is_some();
    let kind = format!("step {place}");
    if is_platform_dependent && upstream != ours {
        for side in [&mut upstream, &mut ours] {
            let fields = side.as_object_mut().expect("an outcome is an object");
            fields.retain(|name, _| !matches!(name.as_str(), "proposal" | "metrics"));
        }
    }
    let kind = if upstream == ours { kind } else { differing(&upstream, &ours) };
    let (upstream, ours) = (only(&upstream, &ours), only(&ours, &upstream));
    Outcome::of_json(&kind, &with_place(place, upstream), &with_place(place, ours))
}

fn with_place(place: usize, mut side: Value) -> Value {
    side["step"] = json!(place);
    side
}

/// The fields that another object does not have so.
pub(super) fn only(side: &Value, other: &Value) -> Value {
    let fields = side.as_object().into_iter().flatten();
    let differ = fields.filter(|(name, value)| other.get(name.as_str()) != Some(*value));
    differ.map(|(name, value)| (name.clone(), value.clone())).collect::<Map<_, _>>().into()
}

/// Names of the fields that differ.
pub(super) fn differing(upstream: &Value, ours: &Value) -> String {
    let names = |side: &Value| -> Vec<String> {
        side.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()
    };
    let mut all = names(upstream);
    all.extend(names(ours));
    all.sort();
    all.dedup();
    all.retain(|name| upstream.get(name) != ours.get(name));
    all.join(", ")
}

fn insert(fields: &mut Map<String, Value>, name: &str, is_there: bool, value: Value) {
    if is_there {
        fields.insert(name.to_owned(), value);
    }
}

fn integer(value: &Value) -> i64 {
    value.as_i64().unwrap_or_else(|| panic!("{value} is no integer"))
}

/// The conditions of an HPA, in the words of the recording.
pub(super) fn conditions(hpa: &HpaObject) -> impl Iterator<Item = Value> {
    hpa.status.conditions.iter().map(|condition| {
        json!({
            "type": condition.type_.to_string(),
            "status": condition.status.to_string(),
            "reason": condition.reason.word(),
            "message": condition.reason.to_string(),
            "since": condition.last_transition_time.0,
        })
    })
}

fn metric_json(metric: &MetricStatus, spec: &podtide::api::autoscaling::MetricSpec) -> Value {
    if !metric.valid {
        return Value::Null;
    }
    let mut told = Map::new();
    let (average, value) = (metric.average_value(spec), metric.value(spec));
    let utilization = metric.average_utilization;
    insert(&mut told, "utilization", utilization.is_some(), json!(utilization));
    insert(&mut told, "averageValue", average.is_some(), json!(average));
    insert(&mut told, "value", value.is_some(), json!(value));
    Value::Object(told)
}

/// An HPA as the loader makes it: decoded, converted, defaulted.
pub(super) fn loaded(manifest: &Value) -> HorizontalPodAutoscaler {
    convert::horizontal_pod_autoscaler(&tree(manifest), NAMESPACE)
}

/// An object as it is read, before it is decoded.
pub(super) fn tree(manifest: &Value) -> ObjectTree {
    let mut sources = SourceMap::default();
    let id = sources.add("case", manifest.to_string());
    let (mut documents, findings) = read(&sources, &[id]);
    assert!(findings.is_empty(), "{findings:?}");
    documents.objects.pop().expect("a manifest is an object")
}

pub(super) fn spec_json(hpa: &HorizontalPodAutoscaler) -> Value {
    serde_json::to_value(&hpa.spec).expect("plain data becomes JSON")
}

fn deployment() -> Deployment {
    let labels = BTreeMap::from([("app".to_owned(), "web".to_owned())]);
    let selector = LabelSelector { match_labels: labels, ..LabelSelector::default() };
    Deployment {
        metadata: ObjectMeta {
            name: "web".to_owned(),
            namespace: NAMESPACE.to_owned(),
            ..ObjectMeta::default()
        },
        spec: DeploymentSpec { selector: Some(selector), ..DeploymentSpec::default() },
        live_replicas: None,
    }
}
