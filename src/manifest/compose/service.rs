//! One service -> a Deployment that Swarm works for, and the Service in front of it.
//! Mirrors `cli/compose/convert/service.go` of docker/cli.

use std::sync::Arc;

use super::keys;
use super::reader::{Field, Reader};
use crate::api::apps::{Deployment, DeploymentSpec, DeploymentStrategy, RollingUpdateDeployment};
use crate::api::core::{
    Container, ContainerPort, EnvVar, PodSpec, PodTemplateSpec, Service, ServicePort, ServiceSpec,
};
use crate::api::int_or_percent::IntOrPercent;
use crate::api::meta::{LabelSelector, ObjectMeta, StringMap};
use crate::api::swarm::{SERVICE_NAME_LABEL, ServiceStrategy, TaskSpec};
use crate::diagnostic::Diagnostic;
use crate::manifest::yaml::{Entry, Node, Value};
use crate::units::SimDuration;

/// `stop_grace_period` of a service that does not say.
const STOP_GRACE_PERIOD: SimDuration = SimDuration::from_secs(10);
/// What stands for a strategy that no Deployment controller knows.
const STRATEGY: &str = "Swarm";
/// Longest name of a service that Docker takes.
const NAME_MAX: usize = 63;

/// What becomes of a service.
pub(super) struct Built {
    pub(super) deployment: Deployment,
    pub(super) service: Service,
}

/// Makes objects of a service; none if it cannot be played at all.
pub(super) fn build(reader: &mut Reader<'_>, entry: &Entry) -> Option<Built> {
    let field = Field::new(&entry.value, format!("services.{}", entry.key));
    if !field.node.is_map() {
        reader.wrong_type(&field, "a map");
        return None;
    }
    reader.known_keys(&field, keys::SERVICE, keys::below_service);
    let named = reader.name(entry);
    reader.note_ignored(&entry.key, field.node);
    let deploy = reader.part(&field, "deploy", keys::DEPLOY, keys::below_deploy);
    let deploy = deploy.as_ref();
    let image = reader.image(entry, &field);
    let (mode, replicas) = reader.mode(&field, deploy)?;
    let strategy = reader.strategy(mode, deploy);
    let labels = StringMap::from([(SERVICE_NAME_LABEL.to_owned(), entry.key.clone())]);
    let selector = LabelSelector { match_labels: labels.clone(), ..LabelSelector::default() };
    let ports = ports(&field);
    let mut pod = reader.pod(&field, deploy, entry, image);
    pod.containers[0].ports = ports.iter().map(|(_, port)| container_port(*port)).collect();
    reader.placement(deploy, &selector, &mut pod);
    let metadata = ObjectMeta {
        name: entry.key.clone(),
        namespace: reader.options.namespace.clone(),
        ..ObjectMeta::default()
    };
    let template = PodTemplateSpec {
        metadata: ObjectMeta { labels: labels.clone(), ..ObjectMeta::default() },
        spec: pod,
    };
    let spec = DeploymentSpec {
        replicas: Some(replicas),
        selector: Some(selector),
        template,
        strategy: deployment_strategy(strategy, replicas),
        ..DeploymentSpec::default()
    };
    named.then(|| Built {
        deployment: Deployment { metadata: metadata.clone(), spec, live_replicas: None },
        service: Service { metadata, spec: service_spec(labels, &ports) },
    })
}

/// With the surge that an update may have, for whoever sizes a cluster.
fn deployment_strategy(strategy: ServiceStrategy, replicas: i32) -> DeploymentStrategy {
    let at_once = i32::try_from(strategy.update.parallelism).unwrap_or(i32::MAX);
    let surge = if at_once == 0 { replicas } else { at_once.min(replicas) };
    DeploymentStrategy {
        type_: STRATEGY.to_owned(),
        rolling_update: Some(RollingUpdateDeployment {
            max_unavailable: None,
            max_surge: Some(IntOrPercent::Int(surge)),
        }),
        swarm: Some(Arc::new(strategy)),
    }
}

fn service_spec(selector: StringMap, ports: &[(i32, i32)]) -> ServiceSpec {
    let port = |(published, target): &(i32, i32)| ServicePort {
        name: None,
        port: *published,
        target_port: Some(IntOrPercent::Int(*target)),
    };
    ServiceSpec { selector, ports: ports.iter().map(port).collect(), ..ServiceSpec::default() }
}

fn container_port(port: i32) -> ContainerPort {
    ContainerPort { container_port: port, ..ContainerPort::default() }
}

impl Reader<'_> {
    fn name(&mut self, entry: &Entry) -> bool {
        let name = entry.key.as_str();
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let is_name = !name.is_empty() && name.len() <= NAME_MAX && name.chars().all(fits);
        if !is_name {
            let shown: String = name.chars().take(NAME_MAX).collect();
            self.report(
                Diagnostic::error("field-invalid", format!("`{shown}` is no name of a service"))
                    .at(entry.key_span.clone(), "")
                    .help("use up to 63 letters, digits, `-`, `_` and `.`"),
            );
        }
        is_name
    }

    /// Remembers the keys that Swarm does not look at.
    fn note_ignored(&mut self, name: &str, service: &Node) {
        for key in keys::IGNORED_BY_SWARM.iter().filter(|key| service.field(key).is_some()) {
            self.ignored.entry((*key).to_owned()).or_default().push(name.to_owned());
        }
    }

    /// The image. One that is built has no name but the one that `docker compose build` gives it.
    fn image(&mut self, entry: &Entry, service: &Field<'_>) -> String {
        if let Some(image) = service.get("image") {
            let text = self.text(&image, "the name of an image").unwrap_or_default();
            if text.is_empty() && image.node.as_str() == Some("") {
                self.refuse(&image, "an image has a name", "write its name, such as `shop:v1`");
            }
            return text;
        }
        let place = entry.key_span.clone();
        let message = format!("service `{}` has no `image`", entry.key);
        if service.get("build").is_some() {
            self.report(
                Diagnostic::warning("compose-image", message)
                    .at(place, "Swarm runs images only; `build` is not looked at")
                    .help("build and push it, and write its name in `image`"),
            );
            return entry.key.clone();
        }
        self.report(
            Diagnostic::error("field-required", message)
                .at(place, "neither `image` nor `build` stands here")
                .help("add `image: NAME`"),
        );
        String::new()
    }

    fn pod(
        &mut self,
        service: &Field<'_>,
        deploy: Option<&Field<'_>>,
        entry: &Entry,
        image: String,
    ) -> PodSpec {
        let grace = self.duration(service, "stop_grace_period").unwrap_or(STOP_GRACE_PERIOD);
        let task = TaskSpec {
            restart: self.restart_policy(deploy),
            health: self.healthcheck(service),
            stop_grace_period: grace,
        };
        let container = Container {
            name: entry.key.clone(),
            image,
            resources: self.resources(service, deploy),
            env: environment(service.node),
            rest: rest(service.node),
            ..Container::default()
        };
        PodSpec {
            containers: vec![container],
            restart_policy: Some("Never".to_owned()),
            // Whole seconds, as a pod has them; the task knows it exactly.
            termination_grace_period_seconds: Some((grace.0 + 999) / 1000),
            task: Some(Arc::new(task)),
            ..PodSpec::default()
        }
    }
}

/// Published and target port of each port: `"80:8080"`, `8080`, `{target: 8080}`. Ranges and
/// what cannot be read play no part.
fn ports(service: &Field<'_>) -> Vec<(i32, i32)> {
    let items = service.node.field("ports").map(Node::items).unwrap_or_default();
    let number = |text: &str| text.parse::<u16>().ok().map(i32::from);
    let read = |item: &Node| match &item.value {
        Value::Int(port) => u16::try_from(*port).ok().map(|port| (port.into(), port.into())),
        Value::Map(_) => {
            let get = |key: &str| match &item.field(key)?.value {
                Value::Int(port) => u16::try_from(*port).ok().map(i32::from),
                Value::String(text) => number(text),
                _ => None,
            };
            let target = get("target")?;
            Some((get("published").unwrap_or(target), target))
        }
        _ => {
            let text = item.as_str()?.split('/').next()?;
            let mut parts = text.rsplit(':');
            let target = number(parts.next()?)?;
            Some((parts.next().and_then(number).unwrap_or(target), target))
        }
    };
    items.iter().filter_map(read).collect()
}

/// `environment`, as a map or as a list.
fn environment(service: &Node) -> Vec<EnvVar> {
    let Some(written) = service.field("environment") else { return Vec::new() };
    let of_entry = |entry: &Entry| {
        let value = match &entry.value.value {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            _ => entry.value.to_json(),
        };
        EnvVar { name: entry.key.clone(), value }
    };
    let of_item = |item: &Node| {
        let (name, value) = item.as_str()?.split_once('=').or(Some((item.as_str()?, "")))?;
        Some(EnvVar { name: name.to_owned(), value: value.to_owned() })
    };
    let listed = written.items().iter().filter_map(of_item);
    written.entries().iter().map(of_entry).chain(listed).collect()
}

/// Keys that are read into fields of their own, and those that change no task.
const READ: &[&str] = &[
    "image",
    "build",
    "deploy",
    "healthcheck",
    "environment",
    "ports",
    "scale",
    "cpus",
    "mem_limit",
    "mem_reservation",
    "stop_grace_period",
    "restart",
    "depends_on",
    "develop",
    "profiles",
];

/// Everything else, as JSON: what makes one version of a service differ from another.
fn rest(service: &Node) -> String {
    let counts = |entry: &&Entry| !entry.value.is_null() && !READ.contains(&entry.key.as_str());
    let entries: Vec<Entry> = service.entries().iter().filter(counts).cloned().collect();
    if entries.is_empty() {
        return String::new();
    }
    Node::new(Value::Map(entries), service.span.clone()).to_json()
}
