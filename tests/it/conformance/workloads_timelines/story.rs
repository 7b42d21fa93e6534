//! A story of the recording as a Scenario.

use std::sync::Arc;

use podtide::api::apps::Deployment;
use podtide::api::core::{EnvVar, Node, NodeStatus, Service, ServiceSpec};
use podtide::api::meta::ObjectMeta;
use podtide::api::quantity::Quantity;
use podtide::diagnostic::{SourceMap, has_errors};
use podtide::kube::controllers::deployment::annotations::ROLLBACK_TO;
use podtide::kube::controllers::node_lifecycle::config::NodeLifecycleConfiguration;
use podtide::kube::controllers::podautoscaler::config::HpaControllerConfiguration;
use podtide::kube::kubectl::rollout::RESTARTED_AT;
use podtide::kube::kubelet::scripted::{Fail, ImageScript, Script};
use podtide::kube::objects::ids::PodId;
use podtide::kube::objects::pod::POD_DELETION_COST;
use podtide::kube::timings::Timings;
use podtide::manifest::{self, Manifests, Options};
use podtide::scenario::action::{DeploymentAction, DeploymentEdit, PodAction, Pods};
use podtide::scenario::{
    Action, ClusterSpec, DeploymentPlan, KubeletKind, MetricsSource, Scenario, ScenarioEvent,
    WorkloadSpec, World,
};
use podtide::units::{MilliCpu, SimDuration, SimTime};
use podtide::workload::ModelConfig;
use podtide::workload::service::{Behavior, Profile, Retry, ServiceConfig, ServiceKind, Startup};
use podtide::workload::traffic::{Layer, Load, LoadContext, Rate, RatePoint, WallClock};
use serde_json::Value;

use crate::conformance::hpa_world::{items, text};

/// 2000-01-01T00:00:10Z.
const CLOCK: WallClock = WallClock { unix_ms: 946_684_810_000, offset: SimDuration::ZERO };
/// More than any story asks for.
const PLENTY: &str = "1P";

/// A case of the recording, ready to be played.
pub(crate) fn scenario(case: &Value) -> Scenario {
    let objects = objects(case);
    let deployment = &objects.deployments[0].object;
    let script = script(&case["kubelet"]);
    let duration = ms(&case["end_ms"]);
    Scenario {
        name: text(&case["id"]).to_owned(),
        question: None,
        seed: 1,
        duration,
        clock: CLOCK,
        world: World::Cold,
        cluster: ClusterSpec {
            timings: Timings::instant(),
            nodes: (0..script.nodes).map(node).collect(),
            controller_manager: HpaControllerConfiguration::default(),
            node_lifecycle: NodeLifecycleConfiguration::default(),
            cluster_autoscaler: None,
            metrics: MetricsSource::Instant,
            hpa_syncs: Vec::new(),
            kubelet: KubeletKind::Scripted(Arc::new(script)),
            pod_quota: quota(&case["pod_quota"]),
        },
        deployments: vec![DeploymentPlan {
            object: Arc::new(deployment.clone()),
            warm_replicas: 0,
        }],
        hpas: objects.hpas.iter().map(|hpa| Arc::new(hpa.object.clone())).collect(),
        pdbs: objects.pdbs.iter().map(|pdb| Arc::new(pdb.object.clone())).collect(),
        services: vec![Arc::new(service(deployment))],
        workload: workload(deployment, case, duration),
        prices: None,
        events: items(&case["actions"]).map(|action| event(action, case)).collect(),
        lesson: Vec::new(),
        assumptions: Vec::new(),
    }
}

/// The manifests of a case, defaulted.
fn objects(case: &Value) -> Manifests {
    let manifests = ["deployment", "pdb", "hpa"].into_iter().filter_map(|kind| case.get(kind));
    load(manifests)
}

fn load<'a>(manifests: impl Iterator<Item = &'a Value>) -> Manifests {
    let mut sources = SourceMap::default();
    let mut add = |manifest: &Value| sources.add("manifest.yaml", manifest.to_string());
    let texts: Vec<_> = manifests.map(&mut add).collect();
    let (objects, findings) = manifest::load(&sources, &texts, &Options::default());
    assert!(!has_errors(&findings), "{findings:?}");
    objects
}

fn node(number: u32) -> Arc<Node> {
    let name = format!("node-{}", number + 1);
    let plenty = || Quantity::parse(PLENTY).expect("it is a number");
    let allocatable =
        ["cpu", "memory", "pods"].map(|resource| (resource.to_owned(), plenty())).into();
    Arc::new(Node {
        metadata: ObjectMeta { name, ..ObjectMeta::default() },
        status: NodeStatus { allocatable, ..NodeStatus::default() },
        ..Node::default()
    })
}

fn quota(quota: &Value) -> Option<i64> {
    quota.as_i64().filter(|&quota| quota > 0)
}

fn ms(value: &Value) -> SimDuration {
    SimDuration(value.as_i64().unwrap_or(0))
}

fn script(kubelet: &Value) -> Script {
    let images = kubelet["images"].as_object().into_iter().flatten();
    Script {
        nodes: kubelet["nodes"].as_u64().unwrap_or(0).max(1) as u32,
        stagger: ms(&kubelet["stagger_ms"]),
        ready_stagger: ms(&kubelet["ready_stagger_ms"]),
        images: images.map(|(name, image)| (name.clone(), image_script(image))).collect(),
        default: ImageScript::default(),
    }
}

fn image_script(image: &Value) -> ImageScript {
    let after = ms(&image["fail_ms"]);
    ImageScript {
        schedule: ms(&image["schedule_ms"]),
        ready: items(&image["ready_ms"]).map(ms).collect(),
        terminate: ms(&image["terminate_ms"]),
        fail: match text(&image["fail"]) {
            "none" => Fail::None,
            "never_ready" => Fail::NeverReady,
            "unschedulable" => Fail::Unschedulable,
            "unready_at" => Fail::UnreadyAt { after },
            "pod_fails" => Fail::PodFails { after },
            "crash_loop" => Fail::CrashLoop { after, restart: ms(&image["restart_ms"]) },
            other => panic!("no such failure: {other}"),
        },
        fail_every: image["fail_every"].as_u64().unwrap_or(0) as u32,
    }
}

/// The Service through which the load comes.
fn service(deployment: &Deployment) -> Service {
    let selector = deployment.spec.selector.as_ref().map(|selector| selector.match_labels.clone());
    Service {
        metadata: ObjectMeta {
            name: deployment.metadata.name.clone(),
            namespace: deployment.metadata.namespace.clone(),
            ..ObjectMeta::default()
        },
        spec: ServiceSpec { selector: selector.unwrap_or_default(), ..ServiceSpec::default() },
    }
}

/// CPU work for all ready pods together; pods use nothing beside it.
fn workload(deployment: &Deployment, case: &Value, duration: SimDuration) -> WorkloadSpec {
    let service = ServiceConfig {
        kind: ServiceKind::Cpu { backlog: false },
        own: cpu_load(&case["load"], duration),
        from: Vec::new(),
        retry: Retry::default(),
        objective: None,
    };
    let behavior =
        Behavior { idle: MilliCpu(0), startup: Startup::default(), ..Behavior::default() };
    let container = &deployment.spec.template.spec.containers[0].name;
    WorkloadSpec {
        config: ModelConfig {
            seed: 1,
            services: vec![service],
            profiles: vec![Profile::new(container.clone(), behavior)],
        },
        profile_of: vec![0],
        consumes_of: vec![None],
        service_of: vec![Some(0)],
        metrics: Vec::new(),
    }
}

fn cpu_load(steps: &Value, duration: SimDuration) -> Option<Arc<Load>> {
    let point = |step: &Value| RatePoint {
        at: SimTime(step["at_ms"].as_i64().expect("a step has an instant")),
        rate: Rate(step["milli_cpu"].as_f64().expect("a step has a load") / 1000.0),
    };
    let points: Vec<_> = items(steps).map(point).collect();
    if points.is_empty() {
        return None;
    }
    let context = LoadContext { duration, clock: CLOCK, seed: 1, stream: "load" };
    let layers = [Layer::Stages { points, hold: true }];
    Some(Arc::new(Load::compile(&layers, &context).expect("recorded loads are fine")))
}

fn event(action: &Value, case: &Value) -> ScenarioEvent {
    let at = SimTime(action["at_ms"].as_i64().expect("an action has an instant"));
    let action = match action_on_pod(action) {
        Some(what) => {
            let number = action["pod"].as_u64().expect("an action on a pod names it");
            Action::Pod { which: Pods::Numbered(PodId(number as u32 - 1)), what }
        }
        None if action["do"] == "set_quota" => Action::PodQuota(quota(&action["quota"])),
        None => Action::Deployment { deployment: 0, what: action_on_deployment(action, case) },
    };
    ScenarioEvent { at, action }
}

fn action_on_pod(action: &Value) -> Option<PodAction> {
    let field = |name: &str| Arc::from(action[name].as_str().unwrap_or_default());
    Some(match text(&action["do"]) {
        "delete_pod" => PodAction::Delete { grace_period_seconds: None },
        "relabel_pod" => PodAction::Label { name: Arc::from("app"), value: field("value") },
        "set_deletion_cost" => {
            let name = Arc::from(POD_DELETION_COST);
            PodAction::Annotation { name, value: field("cost") }
        }
        "set_ready" => PodAction::Ready(action["ready"] == true),
        _ => return None,
    })
}

fn action_on_deployment(action: &Value, case: &Value) -> DeploymentAction {
    let int = |name: &str| action[name].as_i64().map(|number| number as i32);
    let revision = action["revision"].as_i64().unwrap_or(0);
    match text(&action["do"]) {
        "scale" => DeploymentAction::Scale(int("replicas").unwrap_or(1)),
        "pause" => DeploymentAction::Pause,
        "resume" => DeploymentAction::Resume,
        "undo" => DeploymentAction::Undo { to_revision: revision },
        _ => DeploymentAction::Edit(edit(action, case)),
    }
}

fn edit(action: &Value, case: &Value) -> DeploymentEdit {
    let field = |name: &str| Arc::from(action[name].as_str().unwrap_or_default());
    let int = |name: &str| action[name].as_i64().map(|number| number as i32);
    match text(&action["do"]) {
        "set_image" => {
            let containers = &case["deployment"]["spec"]["template"]["spec"]["containers"];
            let container = Arc::from(text(&containers[0]["name"]));
            DeploymentEdit::Image { container, image: field("image") }
        }
        "set_env" => {
            let (name, value) = (field("name").to_string(), field("value").to_string());
            let variables = vec![EnvVar { name, value }];
            DeploymentEdit::Env { container: None, variables, removed: Vec::new() }
        }
        "restart" => DeploymentEdit::TemplateAnnotation {
            name: Arc::from(RESTARTED_AT),
            value: field("value"),
        },
        "annotate" => DeploymentEdit::Annotation { name: field("name"), value: field("value") },
        "rollback_annotation" => DeploymentEdit::Annotation {
            name: Arc::from(ROLLBACK_TO),
            value: Arc::from(action["revision"].as_i64().unwrap_or(0).to_string()),
        },
        "set_strategy" => {
            let mut deployment = case["deployment"].clone();
            deployment["spec"]["strategy"] = action["strategy"].clone();
            let objects = load([&deployment].into_iter());
            DeploymentEdit::Strategy(objects.deployments[0].object.spec.strategy.clone())
        }
        "set_min_ready_seconds" => {
            DeploymentEdit::MinReadySeconds(int("seconds").unwrap_or_default())
        }
        "set_progress_deadline" => {
            DeploymentEdit::ProgressDeadlineSeconds(int("seconds").unwrap_or(600))
        }
        "set_history_limit" => DeploymentEdit::RevisionHistoryLimit(int("limit").unwrap_or(10)),
        other => panic!("no such action: {other}"),
    }
}
