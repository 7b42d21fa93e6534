//! Containers. Mirrors their part of `pkg/apis/core/validation/validation.go` (v1.36). Left out:
//! what is not modelled (volumes, security contexts, ...), the insides of handlers, and the limit
//! of a `sleep` by the grace period.

use std::collections::BTreeSet;

use super::resources::validate_container_requirements;
use super::{invalid_each, nonnegative};
use crate::api::core::{Container, ContainerPort, Lifecycle, LifecycleHandler, Probe};
use crate::manifest::field_error::{
    FieldError, duplicate, forbidden, invalid, not_supported, required,
};
use crate::manifest::names::{dns_1123_label, port_name, port_number};

/// `validateContainers`.
pub(super) fn validate_containers(containers: &[Container], path: &str) -> Vec<FieldError> {
    if containers.is_empty() {
        return vec![required(path, "")];
    }
    let mut errors = Vec::new();
    let mut names = BTreeSet::new();
    for (index, container) in containers.iter().enumerate() {
        let path = format!("{path}[{index}]");
        errors.extend(validate_container_common(container, &path));
        if !names.insert(container.name.as_str()) {
            errors.push(duplicate(format!("{path}.name"), &container.name));
        }
        errors.extend(validate_lifecycle_and_probes(container, &path));
        errors.extend(validate_restart_policy(container, &path));
    }
    errors.extend(validate_host_ports(containers, path));
    errors
}

/// `validateInitContainers`.
pub(super) fn validate_init_containers(
    containers: &[Container],
    regular: &[Container],
    path: &str,
) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let mut names: BTreeSet<&str> = regular.iter().map(|other| other.name.as_str()).collect();
    for (index, container) in containers.iter().enumerate() {
        let item = format!("{path}[{index}]");
        errors.extend(validate_container_common(container, &item));
        errors.extend(validate_restart_policy(container, &item));
        if !container.name.is_empty() && !names.insert(container.name.as_str()) {
            errors.push(duplicate(format!("{item}.name"), &container.name));
        }
        errors.extend(validate_host_ports(std::slice::from_ref(container), path));
        if container.restart_policy.as_deref() == Some("Always") {
            errors.extend(validate_lifecycle_and_probes(container, &item));
        } else {
            errors.extend(forbid_lifecycle_and_probes(container, &item));
        }
    }
    errors
}

/// Init containers that end have neither hooks nor probes.
fn forbid_lifecycle_and_probes(container: &Container, path: &str) -> Vec<FieldError> {
    let detail = "may not be set for init containers without restartPolicy=Always";
    [
        ("lifecycle", container.lifecycle.is_some()),
        ("livenessProbe", container.liveness_probe.is_some()),
        ("readinessProbe", container.readiness_probe.is_some()),
        ("startupProbe", container.startup_probe.is_some()),
    ]
    .into_iter()
    .filter(|(_, given)| *given)
    .map(|(field, _)| forbidden(format!("{path}.{field}"), detail))
    .collect()
}

/// `validateContainerCommon`.
fn validate_container_common(container: &Container, path: &str) -> Vec<FieldError> {
    let name = format!("{path}.name");
    let mut errors = match container.name.as_str() {
        "" => vec![required(name, "")],
        text => invalid_each(&name, text, dns_1123_label(text)),
    };
    if container.image.is_empty() {
        errors.push(required(format!("{path}.image"), ""));
    }
    errors.extend(validate_ports(&container.ports, path));
    for (index, variable) in container.env.iter().enumerate() {
        if variable.name.is_empty() {
            errors.push(required(format!("{path}.env[{index}].name"), ""));
        }
    }
    let policies = ["Always", "IfNotPresent", "Never"];
    if let Some(policy) = &container.image_pull_policy
        && !policies.contains(&policy.as_str())
    {
        errors.push(not_supported(format!("{path}.imagePullPolicy"), policy, &policies));
    }
    let resources = format!("{path}.resources");
    errors.extend(validate_container_requirements(&container.resources, &resources));
    errors
}

/// `validateContainerRestartPolicy`, without rules.
fn validate_restart_policy(container: &Container, path: &str) -> Option<FieldError> {
    let policies = ["Always", "Never", "OnFailure"];
    let policy = container.restart_policy.as_ref()?;
    let known = policies.contains(&policy.as_str());
    (!known).then(|| not_supported(format!("{path}.restartPolicy"), policy, &policies))
}

/// `validateContainerPorts`.
fn validate_ports(ports: &[ContainerPort], path: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let mut names = BTreeSet::new();
    for (index, port) in ports.iter().enumerate() {
        let path = format!("{path}.ports[{index}]");
        if let Some(name) = port.name.as_deref().filter(|name| !name.is_empty()) {
            let wrong = port_name(name);
            if wrong.is_empty() && !names.insert(name) {
                errors.push(duplicate(format!("{path}.name"), name));
            }
            errors.extend(invalid_each(&format!("{path}.name"), name, wrong));
        }
        let number = port.container_port;
        let field = format!("{path}.containerPort");
        match number {
            0 => errors.push(required(field, "")),
            _ => errors.extend(port_number(number).map(|detail| invalid(field, &number, &detail))),
        }
        if let Some(host) = port.host_port.filter(|host| *host != 0) {
            let field = format!("{path}.hostPort");
            errors.extend(port_number(host).map(|detail| invalid(field, &host, &detail)));
        }
        let protocols = ["SCTP", "TCP", "UDP"];
        if let Some(protocol) = &port.protocol
            && !protocols.contains(&protocol.as_str())
        {
            errors.push(not_supported(format!("{path}.protocol"), protocol, &protocols));
        }
    }
    errors
}

/// `checkHostPortConflicts`.
fn validate_host_ports(containers: &[Container], path: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let mut taken = BTreeSet::new();
    for (container_index, container) in containers.iter().enumerate() {
        for (index, port) in container.ports.iter().enumerate() {
            let Some(host) = port.host_port.filter(|host| *host != 0) else { continue };
            let protocol = port.protocol.as_deref().unwrap_or_default();
            let ip = port.host_ip.as_deref().unwrap_or_default();
            let use_ = format!("{protocol}/{ip}/{host}");
            if taken.contains(&use_) {
                let field = format!("{path}[{container_index}].ports[{index}].hostPort");
                errors.push(duplicate(field, &use_));
            } else {
                taken.insert(use_);
            }
        }
    }
    errors
}

fn validate_lifecycle_and_probes(container: &Container, path: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if let Some(lifecycle) = &container.lifecycle {
        errors.extend(validate_lifecycle(lifecycle, &format!("{path}.lifecycle")));
    }
    if let Some(probe) = &container.liveness_probe {
        errors.extend(validate_deciding_probe(probe, &format!("{path}.livenessProbe")));
    }
    if let Some(probe) = &container.readiness_probe {
        let path = format!("{path}.readinessProbe");
        errors.extend(validate_probe(probe, &path));
        if let Some(seconds) = probe.termination_grace_period_seconds {
            let field = format!("{path}.terminationGracePeriodSeconds");
            errors.push(invalid(field, &seconds, "must not be set for readinessProbes"));
        }
    }
    if let Some(probe) = &container.startup_probe {
        errors.extend(validate_deciding_probe(probe, &format!("{path}.startupProbe")));
    }
    errors
}

/// `validateLifecycle`.
fn validate_lifecycle(lifecycle: &Lifecycle, path: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for (name, handler) in [("postStart", &lifecycle.post_start), ("preStop", &lifecycle.pre_stop)]
    {
        if let Some(handler) = handler {
            errors.extend(validate_hook(handler, &format!("{path}.{name}")));
        }
    }
    errors
}

fn validate_hook(handler: &LifecycleHandler, path: &str) -> Vec<FieldError> {
    match handler.sleep_seconds {
        Some(_) => Vec::new(),
        None => validate_handler(&handler.other, path),
    }
}

/// Liveness and startup probes: one success decides.
fn validate_deciding_probe(probe: &Probe, path: &str) -> Vec<FieldError> {
    let mut errors = validate_probe(probe, path);
    if probe.success_threshold != 1 {
        let field = format!("{path}.successThreshold");
        errors.push(invalid(field, &probe.success_threshold, "must be 1"));
    }
    errors
}

/// `validateProbe`.
fn validate_probe(probe: &Probe, path: &str) -> Vec<FieldError> {
    let mut errors = validate_handler(&probe.handler, path);
    for (name, value) in [
        ("initialDelaySeconds", probe.initial_delay_seconds),
        ("timeoutSeconds", probe.timeout_seconds),
        ("periodSeconds", probe.period_seconds),
        ("successThreshold", probe.success_threshold),
        ("failureThreshold", probe.failure_threshold),
    ] {
        errors.extend(nonnegative(&format!("{path}.{name}"), value.into()));
    }
    if let Some(seconds) = probe.termination_grace_period_seconds.filter(|seconds| *seconds <= 0) {
        let field = format!("{path}.terminationGracePeriodSeconds");
        errors.push(invalid(field, &seconds, "must be greater than 0"));
    }
    errors
}

/// `validateHandler`, from the handler's canonical JSON: exactly one of its kinds.
fn validate_handler(handler: &str, path: &str) -> Vec<FieldError> {
    let json: serde_json::Value = serde_json::from_str(handler).unwrap_or_default();
    let given = ["exec", "httpGet", "tcpSocket", "grpc", "sleep"]
        .into_iter()
        .filter(|kind| json.get(kind).is_some());
    let mut extra = given.clone().skip(1).peekable();
    if extra.peek().is_none() && given.count() == 0 {
        return vec![required(path, "must specify a handler type")];
    }
    let detail = "may not specify more than 1 handler type";
    extra.map(|kind| forbidden(format!("{path}.{kind}"), detail)).collect()
}
