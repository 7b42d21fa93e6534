//! A recording of a live control plane as a Scenario: what was put in, and nothing of what came out
//! but the instants at which the HPA controller looked.

use std::sync::Arc;

use podtide::api::core::{Node, NodeStatus};
use podtide::api::meta::ObjectMeta;
use podtide::api::quantity::Quantity;
use podtide::kube::controllers::node_lifecycle::config::NodeLifecycleConfiguration;
use podtide::kube::controllers::podautoscaler::config::HpaControllerConfiguration;
use podtide::kube::kubelet::staged::Reaction;
use podtide::kube::timings::Timings;
use podtide::manifest::convert;
use podtide::scenario::usage::{
    ContainerUsage, Missing, Outage, Scrapes, Signal, SignalKind, Usage, UsageLoad,
};
use podtide::scenario::{
    ClusterSpec, DeploymentPlan, KubeletKind, MetricsSource, Scenario, WorkloadSpec, World,
};
use podtide::units::{MilliCpu, SimDuration, SimTime};
use podtide::workload::ModelConfig;
use podtide::workload::traffic::{Layer, Load, LoadContext, Rate, RatePoint, WallClock};
use serde_json::Value;

use super::deed;
use crate::conformance::hpa_controller::tree;
use crate::conformance::hpa_world::{NAMESPACE, items, text};
use crate::conformance::live::{Live, ms};

/// Reads of one sync are closer to each other than this [ms].
const SYNC_MS_MAX: i64 = 2000;
/// From one sync to the next [ms].
pub(super) const SYNC_MS: i64 = 15_000;

/// The label that tells a node's zone.
pub(super) const ZONE: &str = "topology.kubernetes.io/zone";

/// How fast a control plane is: which of the measured latencies all of its steps take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// The medians, which are the product's own.
    Usual,
    /// Those that one step in ten is slower than.
    P90,
}

impl Pace {
    /// Latencies of `latency.txt`; client limits are as the recorder set its flags `kube-api-qps` and
    /// `kube-api-burst`.
    fn timings(self) -> Timings {
        let (client_writes_per_second, client_burst) = (500, 1000);
        let usual = Timings { client_writes_per_second, client_burst, ..Timings::typical() };
        match self {
            Pace::Usual => usual,
            Pace::P90 => Timings {
                deployment_sync: SimDuration(24 + 28),
                replica_set_sync: SimDuration(116),
                schedule: SimDuration(70),
                replica_set_status: SimDuration(51),
                deployment_status: SimDuration(52),
                ..usual
            },
        }
    }

    fn reaction(self) -> Reaction {
        match self {
            Pace::Usual => Reaction::typical(),
            Pace::P90 => {
                Reaction { start: SimDuration(76), ready: SimDuration(80), stop: SimDuration(95) }
            }
        }
    }
}

/// A recording, ready to be played.
pub(super) fn scenario(live: &Live, seed: u64, pace: Pace) -> Scenario {
    let case = &live.document["case"];
    let manifests: Vec<&Value> = items(&case["manifests"]).collect();
    let of = |kind: &'static str| manifests.iter().filter(move |it| it["kind"] == kind);
    let deployments: Vec<DeploymentPlan> = of("Deployment").map(|it| plan(it)).collect();
    Scenario {
        name: live.name.clone(),
        question: None,
        seed,
        duration: live.at(seconds(&case["seconds"])) - SimTime::ZERO,
        clock: WallClock { unix_ms: live.second(), offset: SimDuration::ZERO },
        world: World::ColdUntil(live.at(0)),
        cluster: cluster(live, pace),
        workload: no_work(&deployments),
        deployments,
        hpas: of("HorizontalPodAutoscaler")
            .map(|it| Arc::new(convert::horizontal_pod_autoscaler(&tree(it), NAMESPACE)))
            .collect(),
        pdbs: of("PodDisruptionBudget")
            .map(|it| Arc::new(convert::pod_disruption_budget(&tree(it), NAMESPACE)))
            .collect(),
        services: Vec::new(),
        prices: None,
        events: deed::events(live),
        lesson: Vec::new(),
        assumptions: Vec::new(),
    }
}

fn plan(manifest: &Value) -> DeploymentPlan {
    let object = Arc::new(convert::deployment(&tree(manifest), NAMESPACE));
    DeploymentPlan { object, warm_replicas: 0 }
}

fn cluster(live: &Live, pace: Pace) -> ClusterSpec {
    let case = &live.document["case"];
    ClusterSpec {
        cluster_autoscaler: None,
        timings: pace.timings(),
        nodes: items(&case["nodes"]).map(|told| Arc::new(node(live, told))).collect(),
        controller_manager: HpaControllerConfiguration::default(),
        node_lifecycle: NodeLifecycleConfiguration::default(),
        metrics: MetricsSource::Metered(Arc::new(usage(live))),
        hpa_syncs: hpa_syncs(live),
        kubelet: KubeletKind::Staged(pace.reaction()),
        pod_quota: None,
    }
}

/// The full name of a node of the case.
pub(super) fn node_name(live: &Live, short: &Value) -> String {
    format!("{}-{}", text(&live.document["case"]["name"]), text(short))
}

fn node(live: &Live, told: &Value) -> Node {
    let name = node_name(live, &told["name"]);
    let labels = [
        ("kubernetes.io/hostname", name.as_str()),
        ("podtide.dev/case", text(&live.document["case"]["name"])),
        (ZONE, text(&told["zone"])),
    ];
    let labels = labels.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    Node {
        metadata: ObjectMeta { name, labels, ..ObjectMeta::default() },
        status: NodeStatus { allocatable: allocatable(told), ..NodeStatus::default() },
        ..Node::default()
    }
}

/// The amounts that an object has as texts.
pub(super) fn allocatable(told: &Value) -> podtide::api::core::ResourceList {
    let amount = |name: &str| {
        let quantity = Quantity::parse(text(&told[name])).expect("an amount is a quantity");
        (name.to_owned(), quantity)
    };
    ["cpu", "memory", "pods"].map(amount).into()
}

fn usage(live: &Live) -> Usage {
    let case = &live.document["case"];
    let metrics = &case["metrics"];
    let span = |name: &str| SimDuration(metrics[name].as_i64().unwrap_or(0));
    let scrapes = Scrapes { first: live.at(span("phaseMs").0), period: span("periodMs") };
    Usage {
        loads: items(&case["loads"]).map(|load| usage_load(live, load)).collect(),
        signals: items(&case["signals"]).map(|told| signal(live, told)).collect(),
        scrapes: (scrapes.period > SimDuration::ZERO).then_some(scrapes),
        window: span("windowMs"),
        outages: items(&metrics["outages"]).map(|told| outage(live, told)).collect(),
    }
}

fn usage_load(live: &Live, told: &Value) -> UsageLoad {
    let container = |told: &Value| ContainerUsage {
        name: Arc::from(text(&told["name"])),
        cpu_share: told["cpuShare"].as_f64().unwrap_or(1.0),
        memory: curve(live, &told["memory"]),
    };
    UsageLoad {
        deployment: Arc::from(text(&told["deployment"])),
        total: curve(live, &told["totalCPU"]),
        limit: told["limitCPU"].as_i64().filter(|&limit| limit > 0).map(MilliCpu),
        unready: MilliCpu(told["unreadyCPU"].as_i64().unwrap_or(0)),
        containers: items(&told["containers"]).map(container).collect(),
    }
}

fn signal(live: &Live, told: &Value) -> Signal {
    let kind = match text(&told["kind"]) {
        "pods" => SignalKind::Pods,
        "object" => SignalKind::Object,
        "external" => SignalKind::External,
        other => panic!("no such signal: {other}"),
    };
    Signal { kind, metric: Arc::from(text(&told["metric"])), value: curve(live, &told["value"]) }
}

fn outage(live: &Live, told: &Value) -> Outage {
    let at = |name: &str| live.at(told[name].as_i64().unwrap_or(0));
    let missing = match told["hideEvery"].as_u64() {
        Some(every) => Missing::Every(every as u32),
        None => Missing::All,
    };
    Outage { from: at("fromMs"), to: at("toMs"), missing }
}

/// Points \[ms, value\], linear in between and constant outside.
fn curve(live: &Live, points: &Value) -> Arc<Load> {
    let number = |told: &Value| told.as_f64().expect("a point has two numbers");
    let points: Vec<RatePoint> = items(points)
        .map(|told| RatePoint {
            at: live.at(number(&told[0]) as i64),
            rate: Rate(number(&told[1])),
        })
        .collect();
    let last = points.last().map_or(SimTime::ZERO, |point| point.at);
    let clock = WallClock { unix_ms: live.second(), offset: SimDuration::ZERO };
    let duration = SimDuration(last.0 + seconds(&live.document["case"]["seconds"]));
    let context = LoadContext { duration, clock, seed: 1, stream: "load" };
    let layers = [Layer::Stages { points, hold: false }];
    Arc::new(Load::compile(&layers, &context).expect("recorded loads are fine"))
}

/// The instants at which the HPA controller read metrics; between two that are further apart than a
/// period, as often as it must have looked without reading. Nothing if there are several HPAs,
/// because reads do not tell who made them.
fn hpa_syncs(live: &Live) -> Vec<Arc<[SimTime]>> {
    let mut created = live.objects("HorizontalPodAutoscaler").map(|event| &event["name"]);
    let first = created.next();
    if std::env::var_os("OWN").is_some()
        || first.is_none()
        || created.any(|other| Some(other) != first)
    {
        return Vec::new();
    }
    let mut syncs: Vec<i64> = Vec::new();
    for read in items(&live.document["metricsReads"]).map(ms) {
        let last = syncs.last().copied().unwrap_or(i64::MIN / 2);
        if read - last < SYNC_MS_MAX {
            continue;
        }
        let periods = (read - last + SYNC_MS / 2) / SYNC_MS;
        let missing = if syncs.is_empty() { 0 } else { periods.max(1) - 1 };
        let step = (read - last) / (missing + 1);
        syncs.extend((1..=missing).map(|nth| last + nth * step));
        syncs.push(read);
    }
    vec![syncs.into_iter().map(|at_ms| live.at(at_ms)).collect()]
}

/// No application of ours: usage is given.
fn no_work(deployments: &[DeploymentPlan]) -> WorkloadSpec {
    WorkloadSpec {
        config: ModelConfig { seed: 1, services: Vec::new(), profiles: Vec::new() },
        profile_of: Vec::new(),
        consumes_of: vec![None; deployments.len()],
        service_of: Vec::new(),
        metrics: Vec::new(),
    }
}

/// Seconds of a recording [ms].
fn seconds(told: &Value) -> i64 {
    told.as_i64().unwrap_or(0) * 1000
}
