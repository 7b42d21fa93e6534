//! Utilization needs requests: without them the controller measures nothing.

use super::scaled;
use crate::api::apps::Deployment;
use crate::api::autoscaling::{HorizontalPodAutoscaler, MetricSpec};
use crate::api::core::{Container, PodSpec};
use crate::diagnostic::Diagnostic;
use crate::manifest::set::{Loaded, Manifests};
use crate::manifest::suggest::nearest;

pub(super) fn check(manifests: &Manifests) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for (hpa, deployment) in scaled(manifests) {
        let metrics = hpa.object.spec.metrics.as_deref().unwrap_or_default();
        for (index, metric) in metrics.iter().enumerate() {
            let Some(missing) = missing_request(metric, &deployment.object.spec.template.spec)
            else {
                continue;
            };
            findings.push(report(manifests, hpa, deployment, index, &missing));
        }
    }
    findings
}

/// What the controller would complain about.
struct Missing {
    /// `FailedGetResourceMetric` or `FailedGetContainerResourceMetric`.
    reason: &'static str,
    resource: String,
    /// Path of the container; of the pod if it has requests of its own.
    path: String,
    /// What is missing, in upstream's words.
    what: String,
    /// A container that was probably meant.
    near: Option<String>,
}

/// `calculateRequests`: of a pod that has requests of its own, that one; else every container that
/// runs must have one.
fn missing_request(metric: &MetricSpec, pod: &PodSpec) -> Option<Missing> {
    let (reason, name, container) = match (&metric.resource, &metric.container_resource) {
        (Some(source), _) if source.target.average_utilization.is_some() => {
            ("FailedGetResourceMetric", &source.name, None)
        }
        (None, Some(source)) if source.target.average_utilization.is_some() => {
            ("FailedGetContainerResourceMetric", &source.name, Some(source.container.as_str()))
        }
        _ => return None,
    };
    let missing = |path: String, what: String| Missing {
        reason,
        resource: name.clone(),
        path,
        what,
        near: None,
    };
    if container.is_none() && has_pod_requests(pod) {
        let given = pod_request(pod, name);
        let what = format!("missing pod-level request for {name}");
        return (!given).then(|| missing("spec.template.spec.resources".to_owned(), what));
    }
    let mut running =
        running_containers(pod).filter(|(_, each)| container.is_none_or(|name| each.name == name));
    if let Some(wanted) = container
        && running.clone().next().is_none()
    {
        let what = format!("container {wanted} not found");
        let names = running_containers(pod).map(|(_, each)| each.name.as_str());
        let near = nearest(wanted, names).map(str::to_owned);
        let missing = missing("spec.template.spec.containers".to_owned(), what);
        return Some(Missing { near, ..missing });
    }
    let (path, without) = running.find(|(_, each)| !each.resources.requests.contains_key(name))?;
    let what = format!("missing request for {name} in container {}", without.name);
    Some(missing(path, what))
}

/// Containers that run side by side, sidecars too, with their paths.
fn running_containers(pod: &PodSpec) -> impl Iterator<Item = (String, &Container)> + Clone {
    let path = |list: &str, index: usize| format!("spec.template.spec.{list}[{index}]");
    let regular = pod.containers.iter().enumerate();
    let sidecars = pod.init_containers.iter().enumerate();
    regular.map(move |(index, container)| (path("containers", index), container)).chain(
        sidecars
            .filter(|(_, container)| container.restart_policy.as_deref() == Some("Always"))
            .map(move |(index, container)| (path("initContainers", index), container)),
    )
}

fn has_pod_requests(pod: &PodSpec) -> bool {
    pod.resources.as_ref().is_some_and(|resources| {
        let mut names = resources.requests.keys();
        names
            .any(|name| matches!(name.as_str(), "cpu" | "memory") || name.starts_with("hugepages-"))
    })
}

/// The request of the pod, else what its containers request.
fn pod_request(pod: &PodSpec, name: &str) -> bool {
    let of_pod = pod.resources.as_ref().is_some_and(|own| own.requests.contains_key(name));
    of_pod || running_containers(pod).any(|(_, each)| each.resources.requests.contains_key(name))
}

fn report(
    manifests: &Manifests,
    hpa: &Loaded<HorizontalPodAutoscaler>,
    deployment: &Loaded<Deployment>,
    metric: usize,
    missing: &Missing,
) -> Diagnostic {
    let Missing { reason, resource, path, what, near } = missing;
    let title = manifests.tree(hpa.origin).title();
    let message =
        format!("{title} cannot scale: {reason}: failed to get {resource} utilization: {what}");
    let mut metric = manifests.locate(hpa.origin, &format!("spec.metrics[{metric}]"));
    if metric.missing.is_some() {
        metric = manifests.locate(hpa.origin, "spec.targetCPUUtilizationPercentage");
    }
    let name = &deployment.object.metadata.name;
    let mut help = match near {
        Some(near) => format!("did you mean `container: {near}`?"),
        None => format!(
            "set `resources.requests.{resource}` of every container of Deployment `{name}`, \
             or measure an `AverageValue`"
        ),
    };
    if manifests.ignored.contains_key("LimitRange") {
        help.push_str("; the defaults of a LimitRange are not applied yet");
    }
    Diagnostic::error("hpa-missing-request", message)
        .at(manifests.locate(deployment.origin, path).span, what)
        .beside(metric.span, format!("this asks for a share of the {resource} request"))
        .help(help)
}
