//! What Compose files say, and what becomes of it.

use podtide::api::apps::Deployment;
use podtide::api::swarm::{
    FailureAction, HealthConfig, RestartCondition, ServiceStrategy, UpdateConfig, UpdateOrder,
};
use podtide::diagnostic::{Severity, SourceMap};
use podtide::manifest::{Manifests, Options, load};
use podtide::units::SimDuration;

/// Reads a file without any error.
fn read(text: &str) -> Manifests {
    let mut sources = SourceMap::default();
    let id = sources.add("compose.yaml", text);
    let (manifests, findings) = load(&sources, &[id], &Options::default());
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
    assert_eq!(errors.count(), 0, "{findings:#?}");
    manifests
}

fn only(manifests: &Manifests) -> &Deployment {
    let [only] = &manifests.deployments[..] else { panic!("there is one service") };
    &only.object
}

fn strategy(deployment: &Deployment) -> &ServiceStrategy {
    deployment.spec.strategy.swarm.as_ref().expect("it is Swarm's")
}

fn seconds(seconds: i64) -> SimDuration {
    SimDuration::from_secs(seconds)
}

#[test]
fn the_production_guide_is_read() {
    let text = std::fs::read_to_string("scenarios/r5-compose/compose.yaml");
    let manifests = read(&text.expect("the scenario is part of the project"));
    let shop = only(&manifests);
    assert_eq!((shop.metadata.name.as_str(), shop.spec.replicas), ("shop", Some(3)));
    let expected = UpdateConfig {
        parallelism: 1,
        delay: seconds(10),
        failure_action: FailureAction::Rollback,
        monitor: seconds(60),
        max_failure_ratio: 0.1,
        order: UpdateOrder::StopFirst,
    };
    assert_eq!(strategy(shop).update, expected);
    assert_eq!(strategy(shop).rollback, UpdateConfig { delay: seconds(10), ..Default::default() });
    let pod = &shop.spec.template.spec;
    let task = pod.task.as_ref().expect("it is a task");
    assert_eq!(task.restart.condition, RestartCondition::OnFailure);
    assert_eq!((task.restart.delay, task.restart.max_attempts), (seconds(5), 3));
    assert_eq!((task.stop_grace_period, task.restart.window), (seconds(30), seconds(0)));
    let health = HealthConfig {
        interval: seconds(30),
        timeout: seconds(10),
        retries: 3,
        start_period: seconds(30),
        start_interval: seconds(5),
    };
    assert_eq!(task.health, Some(health));
    let container = &pod.containers[0];
    let amount = |list: &podtide::api::core::ResourceList, name: &str| list[name].milli_value();
    let (requests, limits) = (&container.resources.requests, &container.resources.limits);
    assert_eq!((amount(requests, "cpu"), amount(limits, "cpu")), (250, 1000));
    assert_eq!((requests["memory"].value(), limits["memory"].value()), (256 << 20, 512 << 20));
    assert_eq!(container.env.len(), 2);
    assert_eq!(container.env[1].value, "${LOG_LEVEL:-info}", "nobody looks at what it says");
    let [service] = &manifests.services[..] else { panic!("there is one service") };
    assert_eq!(service.object.spec.ports[0].port, 80);
    assert_eq!(service.object.spec.selector, shop.spec.template.metadata.labels);
}

#[test]
fn defaults_are_those_of_swarm() {
    let manifests = read("services: {web: {image: web}}");
    let web = only(&manifests);
    assert_eq!((web.spec.replicas, strategy(web).update), (Some(1), UpdateConfig::default()));
    let task = web.spec.template.spec.task.as_ref().expect("it is a task");
    assert_eq!((task.restart.condition, task.restart.delay), (RestartCondition::Any, seconds(5)));
    assert_eq!((task.stop_grace_period, task.health), (seconds(10), None));
    // 0 is the engine's own 5 s.
    let zero = "services: {web: {image: web, deploy: {update_config: {monitor: 0s}}}}";
    assert_eq!(strategy(only(&read(zero))).update.monitor, seconds(5));
}

#[test]
fn files_of_version_2_are_read() {
    let manifests = read(
        "version: '2.4'
services:
  web:
    image: web:${TAG:-v1}
    scale: ${REPLICAS:-2}
    cpus: 0.5
    mem_limit: 1g
    mem_reservation: 512m
    restart: always
    environment: [A=b, C]
",
    );
    let web = only(&manifests);
    let container = &web.spec.template.spec.containers[0];
    assert_eq!((web.spec.replicas, container.image.as_str()), (Some(2), "web:v1"));
    assert_eq!(container.resources.limits["cpu"].milli_value(), 500);
    assert_eq!(container.resources.limits["memory"].value(), 1 << 30);
    assert_eq!(container.resources.requests["memory"].value(), 512 << 20);
    let names: Vec<_> = container.env.iter().map(|it| (&*it.name, &*it.value)).collect();
    assert_eq!(names, [("A", "b"), ("C", "")]);
}

#[test]
fn health_checks_can_be_switched_off() {
    for check in ["{disable: true}", "{test: [NONE]}", "{test: NONE}"] {
        let text = format!("services: {{web: {{image: web, healthcheck: {check}}}}}");
        let manifests = read(&text);
        let task = only(&manifests).spec.template.spec.task.as_ref().expect("it is a task");
        assert_eq!(task.health, None, "{check}");
    }
}

#[test]
fn other_documents_with_services_are_no_compose_files() {
    let mut sources = SourceMap::default();
    let id = sources.add("values.yaml", "services: {web: {image: web, port: 80}}");
    let (manifests, findings) = load(&sources, &[id], &Options::default());
    assert_eq!((manifests.deployments.len(), findings[0].code), (0, "not-an-object"));
    let id = sources.add("other.yaml", "services: {web: {port: 80}}");
    let (manifests, findings) = load(&sources, &[id], &Options::default());
    assert_eq!((manifests.deployments.len(), findings[0].code), (0, "not-an-object"));
}

#[test]
fn a_name_can_be_taken() {
    let text = "services: {web: {image: a}}\n---\nservices: {web: {image: b}}";
    let mut sources = SourceMap::default();
    let id = sources.add("compose.yaml", text);
    let (manifests, findings) = load(&sources, &[id], &Options::default());
    assert_eq!((manifests.deployments.len(), findings[0].code), (1, "same-name"));
}
