//! How many pods an HPA's metrics ask for under a load, from the application's profile.
//!
//! Usage of a pod is `idle + cost * load / pods`, so that each metric asks for a number of pods in
//! proportion to the load. The highest proposal wins, so the greatest proportion does.

use std::sync::Arc;

use super::readings::HpaSpecAt;
use super::series::Need;
use super::track::{Piece, Track};
use crate::api::apps::DeploymentSpec;
use crate::api::autoscaling::{HorizontalPodAutoscalerSpec, MetricSpec, MetricTarget};
use crate::api::core::{Container, PodSpec};
use crate::api::quantity::Quantity;
use crate::kube::controllers::podautoscaler::config::HpaControllerConfiguration;
use crate::scenario::{MetricFrom, MetricKind, MetricWiring};
use crate::workload::service::{Behavior, Profile};

/// Most steps of one straight piece of load; more are spread evenly.
const STEPS_MAX: f64 = 256.0;
/// More pods than this are not told apart.
pub(super) const PODS_MAX: f64 = 1e6;
/// Share of a pod that is rounding.
const SLACK: f64 = 1e-6;

/// Tolerances of an HPA \[share of the target\].
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Tolerance {
    /// Above the target.
    pub(super) up: f64,
    /// Below the target.
    pub(super) down: f64,
}

/// What the need of an HPA follows from.
#[derive(Clone, Copy)]
pub(super) struct Demand<'a> {
    /// Specs of the HPA, each with the instant from which it holds \[ms\].
    pub(super) hpas: &'a [HpaSpecAt],
    pub(super) profile: &'a Profile,
    pub(super) tolerance: Tolerance,
    /// Custom metrics that are made from this workload's traffic.
    pub(super) wirings: &'a [MetricWiring],
    /// Whether the load is CPU work instead of requests.
    pub(super) core_seconds: bool,
}

/// Pods for each unit of load: least, exact and most.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Proportion([f64; 3]);

/// Tolerances of an HPA: its own, else the controller's.
pub(super) fn tolerance(
    hpa: &HorizontalPodAutoscalerSpec,
    flags: &HpaControllerConfiguration,
) -> Tolerance {
    let behavior = hpa.behavior.as_ref();
    let of = |rules: Option<&crate::api::autoscaling::HpaScalingRules>| {
        let own = rules.and_then(|rules| rules.tolerance.as_ref());
        own.map_or(flags.tolerance, Quantity::as_approximate_f64)
    };
    Tolerance {
        up: of(behavior.and_then(|behavior| behavior.scale_up.as_ref())),
        down: of(behavior.and_then(|behavior| behavior.scale_down.as_ref())),
    }
}

/// The need over time under a load; empty if some metric does not follow from the load.
pub(super) fn over_time(
    demand: &Demand<'_>,
    specs: &[(f64, Arc<DeploymentSpec>)],
    load: &Track,
    end_ms: f64,
) -> Need {
    let mut need = Need::default();
    for (place, (from, spec)) in specs.iter().enumerate() {
        let to = specs.get(place + 1).map_or(end_ms, |next| next.0);
        for (number, (hpa_from, hpa)) in demand.hpas.iter().enumerate() {
            let hpa_to = demand.hpas.get(number + 1).map_or(end_ms, |next| next.0);
            let (from, to) = (from.max(*hpa_from), to.min(hpa_to));
            if from >= to && (number > 0 || place > 0) {
                continue;
            }
            let Some(proportion) = proportion(demand, hpa, &spec.template.spec) else {
                return Need::default();
            };
            for piece in load.pieces(from, to) {
                let [least, exact, most] = proportion.0;
                steps(&mut need.least, &piece, least, f64::ceil, -SLACK);
                steps(&mut need.exact, &piece, exact, f64::ceil, -SLACK);
                steps(&mut need.most, &piece, most, f64::floor, SLACK);
            }
        }
    }
    // What the HPA leaves alone is never less than what it asks for.
    need.most = higher(&need.most, &need.exact, end_ms);
    need
}

/// Adds the pods under a straight piece of load, with a step wherever their number changes.
fn steps(track: &mut Track, piece: &Piece, pods_per_load: f64, round: fn(f64) -> f64, slack: f64) {
    let pods = |load: f64| {
        let exact = if load > 0.0 { pods_per_load * load } else { 0.0 };
        round(exact.min(PODS_MAX) + slack).clamp(0.0, PODS_MAX)
    };
    let (first, last) = (pods(piece.first), pods(piece.last));
    track.push(piece.from_ms, first);
    let changes = (last - first).abs();
    let parts = changes.min(STEPS_MAX);
    for part in 1..=parts as u32 {
        let number = (first + (last - first) * (f64::from(part) / parts)).round();
        let at_ms = becomes(piece, pods_per_load, number, slack);
        track.push(at_ms.max(track.points().last().map_or(0.0, |point| point.at_ms)), number);
    }
}

/// When the pods under a piece of load become this number. Rounded up, they become `n` where the
/// load passes `n - 1`; rounded down, where it passes `n`; the other way round when it falls.
fn becomes(piece: &Piece, pods_per_load: f64, number: f64, slack: f64) -> f64 {
    let edge = match (piece.last > piece.first, slack < 0.0) {
        (true, true) => number - 1.0,
        (false, false) => number + 1.0,
        _ => number,
    };
    let load = (edge - slack) / pods_per_load;
    let share = (load - piece.first) / (piece.last - piece.first);
    piece.from_ms + (piece.to_ms - piece.from_ms) * share.clamp(0.0, 1.0)
}

fn higher(a: &Track, b: &Track, end_ms: f64) -> Track {
    let mut higher = Track::default();
    for (a, b) in super::track::side_by_side(a, b, 0.0, end_ms) {
        higher.push(a.from_ms, a.first.max(b.first));
    }
    higher
}

fn proportion(
    demand: &Demand<'_>,
    hpa: &HorizontalPodAutoscalerSpec,
    pod: &PodSpec,
) -> Option<Proportion> {
    let mut greatest = Proportion::default();
    for metric in hpa.metrics.as_deref().unwrap_or_default() {
        let Proportion(own) = of_metric(demand, pod, metric)?;
        for (most, own) in greatest.0.iter_mut().zip(own) {
            *most = most.max(own);
        }
    }
    Some(greatest)
}

fn of_metric(demand: &Demand<'_>, pod: &PodSpec, metric: &MetricSpec) -> Option<Proportion> {
    if let Some(resource) = &metric.resource {
        let containers: Vec<&Container> = running(pod).collect();
        return of_resource(demand, &containers, &resource.name, &resource.target);
    }
    if let Some(resource) = &metric.container_resource {
        let containers: Vec<&Container> =
            running(pod).filter(|container| container.name == resource.container).collect();
        return of_resource(demand, &containers, &resource.name, &resource.target);
    }
    let (target, name) = if let Some(pods) = &metric.pods {
        (&pods.target, &pods.metric.name)
    } else if let Some(object) = &metric.object {
        (&object.target, &object.metric.name)
    } else {
        let external = metric.external.as_ref()?;
        (&external.target, &external.metric.name)
    };
    let average = target.average_value.as_ref()?.as_approximate_f64();
    let follows = |wiring: &&MetricWiring| {
        let same = wiring.name == *name && kind_matches(&wiring.kind, metric);
        same && matches!(wiring.from, MetricFrom::Served | MetricFrom::Offered)
    };
    demand.wirings.iter().find(follows)?;
    Some(thresholds(average, demand.tolerance).map_to(|target| 1.0 / target))
}

fn kind_matches(kind: &MetricKind, metric: &MetricSpec) -> bool {
    match kind {
        MetricKind::Pods => metric.pods.is_some(),
        MetricKind::Object { .. } => metric.object.is_some(),
        MetricKind::External { .. } => metric.external.is_some(),
    }
}

/// Containers that keep running: sidecars and the regular ones.
fn running(pod: &PodSpec) -> impl Iterator<Item = &Container> {
    let stays = |container: &&Container| container.restart_policy.as_deref() == Some("Always");
    pod.init_containers.iter().filter(stays).chain(&pod.containers)
}

/// Usage of some containers of a pod: what it is without load, and for each request a second.
#[derive(Clone, Copy, Debug, Default)]
struct Usage {
    idle: f64,
    per_load: f64,
    /// Of a pod that serves all it can.
    most: f64,
}

fn of_resource(
    demand: &Demand<'_>,
    containers: &[&Container],
    resource: &str,
    target: &MetricTarget,
) -> Option<Proportion> {
    let mut usage = Usage::default();
    for container in containers {
        let own = match resource {
            "cpu" => cpu_usage(demand, container),
            "memory" => memory_usage(demand.profile, container),
            _ => return None,
        };
        usage.idle += own.idle;
        usage.per_load += own.per_load;
        usage.most += own.most;
    }
    let thresholds = match (target.average_utilization, &target.average_value) {
        (Some(percent), _) => {
            let request: f64 = containers.iter().map(|it| amount(it, resource)).sum();
            percent_thresholds(f64::from(percent), demand.tolerance)
                .map_to(|percent| request * percent / 100.0)
        }
        (None, Some(value)) => thresholds(value.as_approximate_f64(), demand.tolerance),
        (None, None) => return None,
    };
    Some(thresholds.map_to(|level| pods_per_load(&usage, level)))
}

/// Pods for each unit of load at which usage is at a level.
fn pods_per_load(usage: &Usage, level: f64) -> f64 {
    if usage.idle > level {
        return f64::INFINITY;
    }
    // However much load there is, a pod's usage stays below its limit.
    if usage.per_load <= 0.0 || usage.most < level {
        return 0.0;
    }
    usage.per_load / (level - usage.idle)
}

fn cpu_usage(demand: &Demand<'_>, container: &Container) -> Usage {
    let profile = demand.profile;
    if container.name != profile.container {
        let sidecar = profile.sidecars.get(&container.name).copied().unwrap_or_default();
        let idle = sidecar.idle.0 as f64 / 1e3;
        let per_load = sidecar.cpu_per_request.0 as f64 / 1e9;
        return Usage { idle, per_load, most: f64::INFINITY };
    }
    let behavior = profile.behavior_of(&container.image);
    let idle = behavior.idle.0 as f64 / 1e3;
    let limit = container.resources.limits.get("cpu");
    let limit = limit.map_or(f64::INFINITY, Quantity::as_approximate_f64);
    if demand.core_seconds {
        return Usage { idle, per_load: 1.0, most: limit };
    }
    let per_load = behavior.cpu_per_request.0 as f64 / 1e9;
    Usage { idle, per_load, most: limit.min(idle + busy(behavior, limit - idle)) }
}

/// CPU that requests use when as many are worked on as may be \[cores\].
fn busy(behavior: &Behavior, cores: f64) -> f64 {
    let Some(concurrency) = behavior.concurrency else { return cores };
    let cost = behavior.cpu_per_request.0 as f64 / 1e9;
    let seconds = behavior.latency.as_secs_f64() + cost / behavior.cores_per_request.min(cores);
    (f64::from(concurrency) / seconds * cost).min(cores)
}

fn memory_usage(profile: &Profile, container: &Container) -> Usage {
    if container.name != profile.container {
        let sidecar = profile.sidecars.get(&container.name).copied().unwrap_or_default();
        return Usage { idle: sidecar.memory.0 as f64, per_load: 0.0, most: f64::INFINITY };
    }
    let behavior = profile.behavior_of(&container.image);
    let cost = behavior.cpu_per_request.0 as f64 / 1e9;
    let inside = behavior.latency.as_secs_f64() + cost / behavior.cores_per_request;
    let per_load = behavior.memory.per_request.0 as f64 * inside;
    Usage { idle: behavior.memory.base.0 as f64, per_load, most: f64::INFINITY }
}

fn amount(container: &Container, resource: &str) -> f64 {
    container.resources.requests.get(resource).map_or(0.0, Quantity::as_approximate_f64)
}

/// Levels of usage: above the first the HPA scales up; at the second it wants to be; below the
/// third it scales down.
fn thresholds(target: f64, tolerance: Tolerance) -> Proportion {
    Proportion([target * (1.0 + tolerance.up), target, target * (1.0 - tolerance.down)])
}

/// The same in percent of the request, which the HPA cuts to whole percents.
fn percent_thresholds(target: f64, tolerance: Tolerance) -> Proportion {
    let up = (target * (1.0 + tolerance.up) + SLACK).floor() + 1.0;
    let down = (target * (1.0 - tolerance.down) - SLACK).ceil();
    Proportion([up, target, down])
}

impl Proportion {
    fn map_to(self, of: impl Fn(f64) -> f64) -> Proportion {
        Proportion(self.0.map(of))
    }
}
