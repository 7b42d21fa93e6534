//! What the lessons about rollouts and pods mean for the user's own.

use std::collections::BTreeMap;

use super::own::{Own, seen};
use crate::api::quantity::Quantity;
use crate::explain::Step;
use crate::explain::words::{instant, pods, span};
use crate::kube::apiserver::Write;
use crate::kube::apiserver::eviction::reason::EvictionReason;
use crate::kube::controllers::deployment::reason::{
    DeploymentConditionReason, DeploymentReason, ScalingCause,
};
use crate::kube::controllers::deployment::util::{
    is_rolling_update, max_surge, max_unavailable, progress_deadline,
};
use crate::kube::controllers::replica_set::reason::ReplicaSetReason;
use crate::kube::kubelet::reason::KubeletReason;
use crate::kube::objects::deployment::DeploymentObject;
use crate::kube::objects::pod::PodActivity;
use crate::kube::reason::Reason;
use crate::units::{SimDuration, SimTime};

/// Grace of pods that say none \[s\].
const DEFAULT_GRACE_SECONDS: i64 = 30;

pub(super) fn surge(own: &Own<'_>) -> Vec<Step> {
    own.each_deployment(|it| {
        if !is_rolling_update(&it.spec) {
            return vec!["strategy Recreate: all old pods go first".to_owned()];
        }
        let at = |replicas: i32| {
            let mut spec = (*it.spec).clone();
            spec.replicas = Some(replicas);
            let (surge, unavailable) = (max_surge(&spec), max_unavailable(&spec));
            format!(
                "with {}: {surge} more and {unavailable} less: at most {} together, at least {} \
                 available",
                pods(i64::from(replicas)),
                i64::from(replicas) + i64::from(surge),
                replicas - unavailable
            )
        };
        let bounds = it.spec.strategy.rolling_update.clone().unwrap_or_default();
        let words = |amount: Option<crate::api::int_or_percent::IntOrPercent>| {
            amount.map_or_else(|| "none".to_owned(), |amount| amount.to_string())
        };
        let mut lines = vec![format!(
            "maxSurge {}, maxUnavailable {}",
            words(bounds.max_surge),
            words(bounds.max_unavailable)
        )];
        let mut sizes = vec![it.replicas()];
        sizes.extend(hpa_max(own, it));
        sizes.dedup();
        lines.extend(sizes.into_iter().map(at));
        lines
    })
}

/// `maxReplicas` of the HPA that scales a Deployment.
fn hpa_max(own: &Own<'_>, deployment: &DeploymentObject) -> Option<i32> {
    let mut hpas = own.scenario.hpas.iter();
    let scales = hpas.find(|hpa| {
        hpa.spec.scale_target_ref.name == deployment.metadata.name
            && hpa.metadata.namespace == deployment.metadata.namespace
    });
    scales.map(|hpa| hpa.spec.max_replicas)
}

pub(super) fn proportional(own: &Own<'_>) -> Vec<Step> {
    let times: Vec<SimTime> = own
        .recording
        .facts
        .iter()
        .filter(|fact| {
            matches!(fact.write, Write::UpdateReplicaSet { .. })
                && matches!(
                    &fact.reason,
                    Reason::Deployment(DeploymentReason::ScalingReplicaSet {
                        cause: ScalingCause::Proportional { .. },
                        ..
                    })
                )
        })
        .map(|fact| fact.at)
        .collect();
    let text = seen(&times, "change", " of a ReplicaSet in proportion");
    vec![Step::new("here", text.unwrap_or_else(|| "it did not come to that".to_owned()))]
}

pub(super) fn progress(own: &Own<'_>) -> Vec<Step> {
    let mut steps = own.each_deployment(|it| {
        vec![match progress_deadline(&it.spec) {
            Some(deadline) => format!("progressDeadlineSeconds {}", deadline.as_millis() / 1000),
            None => "has no deadline".to_owned(),
        }]
    });
    steps.extend(own.happened("rollout", " exceeded its deadline", |fact| {
        matches!(
            &fact.reason,
            Reason::Deployment(DeploymentReason::Condition(
                DeploymentConditionReason::ProgressDeadlineExceeded(_)
            ))
        ) && matches!(fact.write, Write::DeploymentStatus { .. })
    }));
    steps
}

pub(super) fn victims(own: &Own<'_>) -> Vec<Step> {
    let mut rules: BTreeMap<String, Vec<SimTime>> = BTreeMap::new();
    for fact in &own.recording.facts {
        if let (
            Write::DeletePod { .. },
            Reason::ReplicaSet(ReplicaSetReason::SuccessfulDelete { rule, .. }),
        ) = (&fact.write, &fact.reason)
        {
            rules.entry(rule.to_string()).or_default().push(fact.at);
        }
    }
    let mut counted: Vec<(String, Vec<SimTime>)> = rules.into_iter().collect();
    counted.sort_by_key(|(_, times)| std::cmp::Reverse(times.len()));
    let steps: Vec<Step> = counted
        .into_iter()
        .take(6)
        .filter_map(|(rule, times)| {
            let each = if times.len() == 1 { "" } else { ", each" };
            let what = format!(" went{each} because {rule}");
            Some(Step::new("here", seen(&times, "pod", &what)?))
        })
        .collect();
    if steps.is_empty() { vec![Step::new("here", "no ReplicaSet shrank")] } else { steps }
}

pub(super) fn pdb(own: &Own<'_>) -> Vec<Step> {
    let budgets = own.start.pdbs().map(|pdb| {
        let (spec, status) = (&pdb.spec, &pdb.status);
        let rule = match (&spec.min_available, &spec.max_unavailable) {
            (Some(amount), _) => format!("minAvailable {amount}"),
            (None, Some(amount)) => format!("maxUnavailable {amount}"),
            (None, None) => "no rule".to_owned(),
        };
        let text = format!(
            "{rule}: at the start {} of {} pods must be healthy and {} are: {} may be evicted",
            status.desired_healthy,
            status.expected_pods,
            status.current_healthy,
            status.disruptions_allowed
        );
        Step::new(format!("PDB {}", pdb.metadata.name), text)
    });
    let steps: Vec<Step> = budgets.collect();
    if steps.is_empty() {
        vec![Step::new("here", "there is no PDB: every eviction passes")]
    } else {
        steps
    }
}

pub(super) fn eviction(own: &Own<'_>) -> Vec<Step> {
    let passed = own.happened("eviction", " let through", |fact| {
        matches!(fact.write, Write::DisruptionTarget { .. })
            && matches!(fact.reason, Reason::Eviction(EvictionReason::EvictionByEvictionApi(_)))
    });
    let refused = own.happened("eviction", " refused", |fact| match &fact.reason {
        Reason::Eviction(EvictionReason::Answered(answer)) => !answer.is_allowed(),
        _ => false,
    });
    let steps: Vec<Step> = [passed, refused].into_iter().flatten().collect();
    if steps.is_empty() { vec![Step::new("here", "nobody asked for an eviction")] } else { steps }
}

pub(super) fn scheduling(own: &Own<'_>) -> Vec<Step> {
    let mut steps = own.each_deployment(|it| {
        let template = &own.start.template(it.template).spec.spec;
        let amounts = ["cpu", "memory"].map(|resource| {
            let containers = template.containers.iter();
            let requests = containers.filter_map(|it| it.resources.requests.get(resource));
            (resource, requests.map(Quantity::canonical).collect::<Vec<_>>())
        });
        let texts: Vec<String> = amounts
            .into_iter()
            .filter(|(_, texts)| !texts.is_empty())
            .map(|(resource, texts)| format!("{resource} {}", texts.join(" + ")))
            .collect();
        if texts.is_empty() {
            return vec!["a pod requests nothing: it fits everywhere".to_owned()];
        }
        vec![format!("a pod requests {}", texts.join(", "))]
    });
    steps.push(Step::new("nodes", format!("{} at the start", own.start.nodes().count())));
    steps.extend(own.happened("attempt", " to find a node for a pod failed", |fact| {
        matches!(fact.write, Write::PodUnscheduled { .. })
    }));
    steps
}

pub(super) fn crash_loop(own: &Own<'_>) -> Vec<Step> {
    let held = own.happened("wait", " of a pod in CrashLoopBackOff", |fact| {
        matches!(
            fact.reason,
            Reason::Kubelet(KubeletReason::Activity(PodActivity::CrashLoopBackOff))
        )
    });
    vec![held.unwrap_or_else(|| Step::new("here", "no container was held back"))]
}

pub(super) fn endpoints(own: &Own<'_>) -> Vec<Step> {
    let timings = &own.scenario.cluster.timings;
    let lag = format!(
        "traffic comes {} after readiness and ends {} after the deletion",
        span(timings.endpoint_added),
        span(timings.endpoint_removed)
    );
    let mut steps = vec![Step::new("here", lag)];
    steps.extend(own.each_deployment(|it| {
        let template = &own.start.template(it.template).spec.spec;
        let grace = template.termination_grace_period_seconds.unwrap_or(DEFAULT_GRACE_SECONDS);
        let grace = span(SimDuration::from_secs(grace));
        let hooks = template.containers.iter().filter(|container| {
            container.lifecycle.as_ref().is_some_and(|lifecycle| lifecycle.pre_stop.is_some())
        });
        let hooks = hooks.count();
        vec![format!(
            "grace period {grace}; {hooks} of {} containers have a preStop hook",
            template.containers.len()
        )]
    }));
    steps
}

pub(super) fn warm_world(own: &Own<'_>) -> Vec<Step> {
    let world = match own.scenario.world {
        crate::scenario::World::Warm => "warm",
        crate::scenario::World::Cold | crate::scenario::World::ColdUntil(_) => "cold",
    };
    let mut steps = vec![Step::new("here", format!("world: {world}, seed {}", own.scenario.seed))];
    steps.extend(own.each_deployment(|it| {
        let status = &it.status;
        vec![format!(
            "{}, {} ready at {}",
            pods(i64::from(it.replicas())),
            status.ready_replicas,
            instant(SimTime::ZERO)
        )]
    }));
    steps
}
