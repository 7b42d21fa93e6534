//! What the lessons about HPAs mean for the user's own.

use super::own::{Own, OwnHpa};
use crate::api::autoscaling::MetricSpec;
use crate::api::quantity::Quantity;
use crate::explain::Step;
use crate::explain::hpa::{Direction, ScaleEvent, Select};
use crate::explain::words::{Unit, instant, list, milli, number, span};
use crate::kube::controllers::podautoscaler::decision::{
    Basis, Decision, LimitedBy, MetricDecision,
};
use crate::kube::controllers::podautoscaler::requests::Requests;
use crate::report::metric_name;
use crate::scenario::MetricsSource;
use crate::units::SimTime;

/// Most steps of a worked example.
const RUNGS_MAX: usize = 6;

pub(super) fn sync(own: &Own<'_>) -> Vec<Step> {
    let period = own.scenario.cluster.controller_manager.sync_period;
    own.each_hpa(|hpa| {
        let first: Vec<String> = hpa.decisions.iter().take(3).map(|it| instant(it.at)).collect();
        let all = hpa.decisions.len();
        let period = span(period);
        if first.is_empty() {
            return vec![format!("every {period}: no sync was played")];
        }
        vec![format!("every {period}: at {}, ... ({all} syncs in all)", first.join(", "))]
    })
}

pub(super) fn utilization(own: &Own<'_>) -> Vec<Step> {
    own.each_hpa(|hpa| {
        let metrics = hpa.hpa.spec.metrics.as_deref().unwrap_or_default();
        metrics.iter().filter_map(|metric| utilization_of(hpa, metric)).collect()
    })
}

/// The numbers of one utilization target.
fn utilization_of(hpa: &OwnHpa<'_>, metric: &MetricSpec) -> Option<String> {
    let (resource, container, target) = match (&metric.resource, &metric.container_resource) {
        (Some(source), _) => (source.name.as_str(), None, &source.target),
        (None, Some(source)) => {
            (source.name.as_str(), Some(source.container.as_str()), &source.target)
        }
        (None, None) => return None,
    };
    let percent = i64::from(target.average_utilization?);
    let unit = if resource == "memory" { Unit::Bytes } else { Unit::Cpu };
    let deployment = hpa.target()?;
    let gates = hpa.own.scenario.cluster.controller_manager.feature_gates;
    let mut requests = Requests::new(resource, container, gates.pod_level_resources);
    let Ok(request) = requests.of(&hpa.own.start, deployment.template) else {
        return Some(format!("{resource}: a container has no request: the metric fails"));
    };
    let aim = milli(request.saturating_mul(percent) / 100, unit);
    let template = &hpa.own.start.template(deployment.template).spec.spec;
    let of_metric = |name: &str| container.is_none_or(|container| container == name);
    let limits: Option<i64> = template
        .containers
        .iter()
        .filter(|container| of_metric(&container.name))
        .map(|container| container.resources.limits.get(resource).map(Quantity::milli_value))
        .sum();
    let ceiling = match limits {
        Some(limit) if request > 0 => {
            let most = limit.saturating_mul(100) / request;
            let ratio = number(most as f64 / percent as f64);
            format!("; the limits end at {most} %: the ratio at {ratio}")
        }
        _ => String::new(),
    };
    let request = milli(request, unit);
    Some(format!("{resource}: {percent} % of {request} are {aim} a pod{ceiling}"))
}

pub(super) fn tolerance(own: &Own<'_>) -> Vec<Step> {
    own.each_hpa(|hpa| {
        let (up, down) = (hpa.rules(Direction::Up).tolerance, hpa.rules(Direction::Down).tolerance);
        let (low, high) = (1.0 - down, 1.0 + up);
        let mut lines =
            vec![format!("ratios from {} to {} change nothing", number(low), number(high))];
        for metric in hpa.hpa.spec.metrics.as_deref().unwrap_or_default() {
            let resource = metric.resource.as_ref().map(|it| (&it.name, &it.target));
            let container = metric.container_resource.as_ref().map(|it| (&it.name, &it.target));
            if let Some((name, target)) = resource.or(container)
                && let Some(percent) = target.average_utilization
            {
                // The same comparison as the controller's, whole percent by whole percent.
                let within = |used: i32| {
                    let ratio = f64::from(used) / f64::from(percent);
                    low <= ratio && ratio <= high
                };
                let band: Vec<i32> = (0..=percent.saturating_mul(3).min(10_000))
                    .filter(|&used| within(used))
                    .collect();
                if let (Some(from), Some(to)) = (band.first(), band.last()) {
                    lines.push(format!(
                        "{name}, target {percent} %: {from} % to {to} % change nothing"
                    ));
                }
            }
        }
        lines.extend(hpa.syncs("were within it", |it| {
            won_with(it, |basis| {
                matches!(basis, Basis::WithinTolerance | Basis::FilledWithinTolerance)
            })
        }));
        lines
    })
}

/// Whether the metric that won got its proposal in such a way.
fn won_with(decision: &Decision, fits: impl Fn(Basis) -> bool) -> bool {
    let winner = decision.winner.and_then(|place| decision.metrics().get(place as usize));
    winner.is_some_and(|metric| fits(metric.basis))
}

pub(super) fn several_metrics(own: &Own<'_>) -> Vec<Step> {
    own.each_hpa(|hpa| {
        let spec = &hpa.hpa.spec;
        let count = spec.metrics.as_deref().unwrap_or_default().len() as u32;
        let names: Vec<String> = (0..count).map(|place| metric_name(spec, place)).collect();
        let mut lines = match names.len() {
            1 => vec![format!("has one metric, {}", names[0])],
            many => vec![format!("has {many} metrics: {}", list(&names))],
        };
        if count > 1 {
            lines.extend((0..count).filter_map(|place| {
                let what = format!("were decided by {}", metric_name(spec, place));
                hpa.syncs(&what, |it| it.winner == Some(place))
            }));
        }
        lines
    })
}

/// Whether some metric met pods like these.
fn some_metric(decision: &Decision, fits: impl Fn(&MetricDecision) -> bool) -> bool {
    decision.metrics().iter().any(fits)
}

pub(super) fn readiness(own: &Own<'_>) -> Vec<Step> {
    let config = &own.scenario.cluster.controller_manager;
    let flags = format!(
        "cpu-initialization-period {}, initial-readiness-delay {}",
        span(config.cpu_initialization_period),
        span(config.initial_readiness_delay)
    );
    let mut steps = vec![Step::new("flags", flags)];
    steps.extend(own.each_hpa(|hpa| {
        let met = hpa.syncs("met unready pods", |it| some_metric(it, |m| m.pods.unready > 0));
        met.into_iter().collect()
    }));
    steps
}

pub(super) fn missing_metrics(own: &Own<'_>) -> Vec<Step> {
    own.each_hpa(|hpa| {
        let missing = hpa.syncs("met pods without a sample", |it| {
            some_metric(it, |metric| metric.pods.missing > 0)
        });
        let failed = hpa.syncs("had a metric that failed", |it| it.invalid_count > 0);
        let lines: Vec<String> = [missing, failed].into_iter().flatten().collect();
        if lines.is_empty() {
            return vec!["no sample was missing, no metric failed".to_owned()];
        }
        lines
    })
}

pub(super) fn metrics_lag(own: &Own<'_>) -> Vec<Step> {
    let period = span(own.scenario.cluster.controller_manager.sync_period);
    let text = match &own.scenario.cluster.metrics {
        MetricsSource::MetricsServer { resolution, .. } => {
            format!("metrics-server reads every {}, the HPA every {period}", span(*resolution))
        }
        MetricsSource::Metered(_) => format!("usage is given, and read every {period}"),
        MetricsSource::Instant => format!("usage is read at the instant of asking, every {period}"),
    };
    let mut steps = vec![Step::new("here", text)];
    steps.extend(own.scenario.workload.metrics.iter().map(|metric| {
        let text = format!(
            "measured every {}, at least {} old when it is read",
            span(metric.period),
            span(metric.delay)
        );
        Step::new(metric.name.clone(), text)
    }));
    steps
}

pub(super) fn stabilization(own: &Own<'_>) -> Vec<Step> {
    own.each_hpa(|hpa| {
        let (up, down) = (hpa.rules(Direction::Up), hpa.rules(Direction::Down));
        let mut lines = vec![format!(
            "scaleUp window {}, scaleDown window {}",
            span(up.window),
            span(down.window)
        )];
        let held = |above: bool| {
            move |it: &Decision| match (it.stabilization, it.proposal.map(|it| it.max(0))) {
                (Some(stabilization), Some(proposal)) if above => stabilization.value > proposal,
                (Some(stabilization), Some(proposal)) => stabilization.value < proposal,
                _ => false,
            }
        };
        lines.extend(hpa.syncs("were held up by the scaleDown window", held(true)));
        lines.extend(hpa.syncs("were held down by the scaleUp window", held(false)));
        lines
    })
}

pub(super) fn policies(own: &Own<'_>) -> Vec<Step> {
    own.each_hpa(|hpa| {
        let max = hpa.hpa.spec.max_replicas;
        let mut lines = vec![
            format!("scaleUp: {}", ladder(hpa, Direction::Up, hpa.min(), max)),
            format!("scaleDown: {}", ladder(hpa, Direction::Down, max, hpa.min())),
        ];
        lines.extend(hpa.syncs("were limited on the way up", |it| {
            it.limit.is_some_and(|limit| limit.by == LimitedBy::ScaleUpRate)
        }));
        lines.extend(hpa.syncs("were limited on the way down", |it| {
            it.limit.is_some_and(|limit| limit.by == LimitedBy::ScaleDownRate)
        }));
        lines
    })
}

/// `Percent 100 in 15s: from 3 pods 6 at once, 12 after 15s, 20 after 30s`
fn ladder(hpa: &OwnHpa<'_>, direction: Direction, from: i32, to: i32) -> String {
    let Some(policies) = hpa.rules(direction).policies else {
        return match direction {
            Direction::Up => {
                let rungs =
                    climb(hpa, from, to, |_, count, _| Some(count.saturating_mul(2).max(4)));
                format!("no behavior, so twice the count or 4 at each sync: {rungs}")
            }
            Direction::Down => "no behavior, so no limit".to_owned(),
        };
    };
    let words = policies.words();
    match policies.select {
        Select::Disabled => return "closed (selectPolicy Disabled)".to_owned(),
        _ if words.is_empty() => return "no policy: no move".to_owned(),
        _ => {}
    }
    let select = match (words.len(), policies.select) {
        (1, _) => "",
        (_, Select::Min) => " (Min)",
        _ => " (Max)",
    };
    let rungs =
        climb(hpa, from, to, |events, count, at| policies.limit_at(direction, events, count, at));
    format!("{}{select}: {rungs}", list(&words))
}

/// How the count may go from one to another if each sync goes as far as it may.
fn climb(
    hpa: &OwnHpa<'_>,
    from: i32,
    to: i32,
    limit: impl Fn(&[ScaleEvent], i32, SimTime) -> Option<i32>,
) -> String {
    let period = hpa.own.scenario.cluster.controller_manager.sync_period;
    let (mut count, mut at) = (from, SimTime::ZERO);
    let mut events: Vec<ScaleEvent> = Vec::new();
    let mut rungs: Vec<String> = Vec::new();
    // A policy that allows nothing in a whole day never will.
    for _ in 0..5760 {
        let allowed = limit(&events, count, at).unwrap_or(count);
        let next = if to > from { allowed.clamp(count, to) } else { allowed.clamp(to, count) };
        if next != count {
            events.push(ScaleEvent { change: next - count, at });
            count = next;
            let when =
                if at == SimTime::ZERO { "at once".to_owned() } else { format!("after {at}") };
            rungs.push(format!("{count} {when}"));
        }
        if count == to || rungs.len() > RUNGS_MAX * 20 {
            break;
        }
        at += period;
    }
    if from == to || rungs.is_empty() {
        return format!("from {from} pods no further");
    }
    let left_out = rungs.len().saturating_sub(RUNGS_MAX);
    if left_out > 0 {
        rungs.drain(RUNGS_MAX - 1..rungs.len() - 1);
        rungs.insert(RUNGS_MAX - 1, "...".to_owned());
    }
    format!("from {from} pods {}", rungs.join(", "))
}

pub(super) fn behavior_defaults(own: &Own<'_>) -> Vec<Step> {
    own.each_hpa(|hpa| {
        let has = if hpa.hpa.spec.behavior.is_some() { "has" } else { "has no" };
        let mut lines = vec![format!("{has} behavior; with what is filled in:")];
        for direction in [Direction::Up, Direction::Down] {
            let rules = hpa.rules(direction);
            let policies = match &rules.policies {
                None if direction == Direction::Up => "twice the count, or 4".to_owned(),
                None => "no limit".to_owned(),
                Some(policies) if policies.select == Select::Disabled => "closed".to_owned(),
                Some(policies) => {
                    let words = policies.words();
                    let select = if policies.select == Select::Min { "Min" } else { "Max" };
                    format!("{}, {select}", list(&words))
                }
            };
            lines.push(format!(
                "{}: window {}, {policies}, tolerance {}",
                direction.field(),
                span(rules.window),
                number(rules.tolerance)
            ));
        }
        lines
    })
}

pub(super) fn bounds(own: &Own<'_>) -> Vec<Step> {
    own.each_hpa(|hpa| {
        let mut lines = vec![format!("{} to {} pods", hpa.min(), hpa.hpa.spec.max_replicas)];
        lines.extend(hpa.syncs("asked for more than maxReplicas", |it| {
            it.limit.is_some_and(|limit| limit.by == LimitedBy::MaxReplicas)
        }));
        lines.extend(hpa.syncs("asked for less than minReplicas", |it| {
            it.limit.is_some_and(|limit| limit.by == LimitedBy::MinReplicas)
        }));
        lines
    })
}
