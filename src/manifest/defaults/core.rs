//! Mirrors `pkg/apis/core/v1/defaults.go` (v1.36). Left out: fields that are not modelled, and
//! limits of huge pages at pod level.
//!
//! Upstream applies [`default_pod`] when a pod is created. Here a template gets it as soon as it is
//! validated, which comes to the same for every pod made of it.

use std::collections::BTreeMap;

use crate::api::core::{Container, PodSpec, PodTemplateSpec, Probe, ResourceList, Service};
use crate::api::int_or_percent::IntOrPercent;

/// `SetDefaults_PodSpec`, and what every container gets: what a template is completed with.
pub fn default_pod_template(template: &mut PodTemplateSpec) {
    let spec = &mut template.spec;
    spec.restart_policy.get_or_insert_with(|| "Always".to_owned());
    spec.termination_grace_period_seconds.get_or_insert(30);
    spec.containers.iter_mut().chain(&mut spec.init_containers).for_each(default_container);
}

/// `SetDefaults_Pod`: what a pod gets beyond what its template has, requests from limits above all.
pub fn default_pod(spec: &mut PodSpec) {
    let host_network = spec.host_network;
    for container in spec.containers.iter_mut().chain(&mut spec.init_containers) {
        let resources = &mut container.resources;
        for (name, limit) in &resources.limits {
            resources.requests.entry(name.clone()).or_insert_with(|| limit.clone());
        }
        for port in container.ports.iter_mut().filter(|_| host_network) {
            if port.host_port.unwrap_or_default() == 0 {
                port.host_port = Some(port.container_port);
            }
        }
    }
    default_pod_requests(spec);
}

/// `SetDefaults_Container`, and the protocol of ports.
fn default_container(container: &mut Container) {
    if container.image_pull_policy.as_deref().unwrap_or_default().is_empty() {
        let policy = if is_latest(&container.image) { "Always" } else { "IfNotPresent" };
        container.image_pull_policy = Some(policy.to_owned());
    }
    let probes = [
        &mut container.startup_probe,
        &mut container.liveness_probe,
        &mut container.readiness_probe,
    ];
    probes.into_iter().flatten().for_each(default_probe);
    for port in &mut container.ports {
        port.protocol.get_or_insert_with(|| "TCP".to_owned());
    }
}

/// Whether an image is named without tag and digest, or with the tag `latest`.
fn is_latest(image: &str) -> bool {
    let (name, digest) = match image.split_once('@') {
        Some((name, _)) => (name, true),
        None => (image, false),
    };
    // A colon before the last slash parts host and port.
    let last = name.rsplit('/').next().unwrap_or_default();
    match last.split_once(':') {
        Some((_, tag)) => tag == "latest",
        None => !digest,
    }
}

/// `SetDefaults_Probe`.
fn default_probe(probe: &mut Probe) {
    for (field, default) in [
        (&mut probe.timeout_seconds, 1),
        (&mut probe.period_seconds, 10),
        (&mut probe.success_threshold, 1),
        (&mut probe.failure_threshold, 3),
    ] {
        if *field == 0 {
            *field = default;
        }
    }
}

/// `defaultPodRequests`: where a pod has limits of its own, its requests are what its containers
/// request, and what nobody requests is its limit.
fn default_pod_requests(spec: &mut PodSpec) {
    if spec.resources.as_ref().is_none_or(|resources| resources.limits.is_empty()) {
        return;
    }
    let mut of_containers = aggregate_container_requests(spec);
    of_containers.retain(|name, _| matches!(name.as_str(), "cpu" | "memory"));
    let Some(resources) = &mut spec.resources else { return };
    for (name, amount) in of_containers {
        resources.requests.entry(name).or_insert(amount);
    }
    for (name, limit) in &resources.limits {
        if matches!(name.as_str(), "cpu" | "memory") || name.starts_with("hugepages-") {
            resources.requests.entry(name.clone()).or_insert_with(|| limit.clone());
        }
    }
}

/// `AggregateContainerRequests`: the sum of what runs side by side, or what a step of the start
/// needs if that is more.
fn aggregate_container_requests(spec: &PodSpec) -> ResourceList {
    let mut running = BTreeMap::new();
    for container in &spec.containers {
        add(&mut running, &container.resources.requests);
    }
    let mut sidecars = BTreeMap::new();
    let mut starting = BTreeMap::new();
    for container in &spec.init_containers {
        let mut step = sidecars.clone();
        add(&mut step, &container.resources.requests);
        if container.restart_policy.as_deref() == Some("Always") {
            add(&mut running, &container.resources.requests);
            sidecars = step.clone();
        }
        raise(&mut starting, step);
    }
    raise(&mut running, starting);
    running
}

fn add(sum: &mut ResourceList, amounts: &ResourceList) {
    for (name, amount) in amounts {
        sum.entry(name.clone()).or_default().add(amount);
    }
}

fn raise(sum: &mut ResourceList, amounts: ResourceList) {
    for (name, amount) in amounts {
        match sum.get(&name) {
            Some(known) if known.compare(&amount).is_ge() => {}
            _ => {
                sum.insert(name, amount);
            }
        }
    }
}

/// `SetDefaults_Service`.
pub fn default_service(service: &mut Service) {
    let spec = &mut service.spec;
    if spec.type_.as_deref().unwrap_or_default().is_empty() {
        spec.type_ = Some("ClusterIP".to_owned());
    }
    for port in &mut spec.ports {
        let absent = match &port.target_port {
            None | Some(IntOrPercent::Int(0)) => true,
            Some(IntOrPercent::String(text)) => text.is_empty(),
            Some(IntOrPercent::Int(_)) => false,
        };
        if absent {
            port.target_port = Some(IntOrPercent::Int(port.port));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::core::ResourceRequirements;
    use crate::api::quantity::Quantity;

    fn amounts(cpu: &str) -> ResourceList {
        let cpu = Quantity::parse(cpu).expect("the test's text is a quantity");
        BTreeMap::from([("cpu".to_owned(), cpu)])
    }

    fn container(requests: ResourceList, limits: ResourceList, sidecar: bool) -> Container {
        Container {
            resources: ResourceRequirements { requests, limits },
            restart_policy: sidecar.then(|| "Always".to_owned()),
            ..Container::default()
        }
    }

    #[test]
    fn requests_come_from_limits_and_pods_from_containers() {
        let limits = ResourceRequirements { limits: amounts("4"), ..Default::default() };
        let mut pod = PodSpec { resources: Some(limits), ..PodSpec::default() };
        pod.containers = vec![container(amounts("200m"), ResourceList::new(), false)];
        pod.init_containers = vec![
            container(ResourceList::new(), amounts("300m"), true),
            container(amounts("1"), ResourceList::new(), false),
        ];
        default_pod(&mut pod);
        let sidecar = &pod.init_containers[0].resources.requests;
        assert_eq!(sidecar["cpu"].milli_value(), 300);
        let resources = pod.resources.expect("it was there");
        assert_eq!(resources.requests["cpu"].milli_value(), 1300);
    }

    #[test]
    fn only_latest_images_are_always_pulled() {
        for (image, expect) in [
            ("shop", true),
            ("shop:latest", true),
            ("shop:v1", false),
            ("host:5000/shop", true),
            ("shop@sha256:abc", false),
        ] {
            assert_eq!(is_latest(image), expect, "of {image}");
        }
    }
}
