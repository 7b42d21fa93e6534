//! Containers with their probes and hooks.

use super::{Decode, decode, field, rest};
use crate::api::core::{
    Container, ContainerPort, EnvVar, Lifecycle, LifecycleHandler, Probe, ResourceRequirements,
};
use crate::manifest::yaml::{Entry, Node, Value};

/// The fields of a container that have one of their own in [`Container`].
const MODELLED: [&str; 11] = [
    "name",
    "image",
    "imagePullPolicy",
    "resources",
    "env",
    "ports",
    "restartPolicy",
    "startupProbe",
    "livenessProbe",
    "readinessProbe",
    "lifecycle",
];

impl Decode for Container {
    fn decode(node: &Node) -> Self {
        Container {
            name: field(node, "name"),
            image: field(node, "image"),
            image_pull_policy: field(node, "imagePullPolicy"),
            resources: field(node, "resources"),
            env: field(node, "env"),
            ports: field(node, "ports"),
            restart_policy: field(node, "restartPolicy"),
            startup_probe: field(node, "startupProbe"),
            liveness_probe: field(node, "livenessProbe"),
            readiness_probe: field(node, "readinessProbe"),
            lifecycle: field(node, "lifecycle"),
            rest: container_rest(node),
        }
    }
}

/// The rest of a container, with the variables whose values come from elsewhere.
fn container_rest(node: &Node) -> String {
    let variables = node.field("env").map(Node::items).unwrap_or_default();
    let from_elsewhere: Vec<Node> = variables
        .iter()
        .filter(|variable| variable.field("valueFrom").is_some())
        .cloned()
        .collect();
    if from_elsewhere.is_empty() {
        return rest(node, &MODELLED);
    }
    let mut node = node.clone();
    if let Value::Map(entries) = &mut node.value {
        let value = Node::new(Value::Seq(from_elsewhere), node.span.clone());
        let key = "env valueFrom".to_owned();
        entries.push(Entry { key, key_span: node.span.clone(), value });
    }
    rest(&node, &MODELLED)
}

decode!(EnvVar { name: "name", value: "value" });

decode!(ContainerPort {
    name: "name",
    container_port: "containerPort",
    host_port: "hostPort",
    host_ip: "hostIP",
    protocol: "protocol",
});

decode!(ResourceRequirements { requests: "requests", limits: "limits" });

const PROBE_NUMBERS: [&str; 6] = [
    "initialDelaySeconds",
    "timeoutSeconds",
    "periodSeconds",
    "successThreshold",
    "failureThreshold",
    "terminationGracePeriodSeconds",
];

impl Decode for Probe {
    fn decode(node: &Node) -> Self {
        Probe {
            initial_delay_seconds: field(node, "initialDelaySeconds"),
            timeout_seconds: field(node, "timeoutSeconds"),
            period_seconds: field(node, "periodSeconds"),
            success_threshold: field(node, "successThreshold"),
            failure_threshold: field(node, "failureThreshold"),
            termination_grace_period_seconds: field(node, "terminationGracePeriodSeconds"),
            handler: rest(node, &PROBE_NUMBERS),
        }
    }
}

decode!(Lifecycle { pre_stop: "preStop", post_start: "postStart" });

impl Decode for LifecycleHandler {
    fn decode(node: &Node) -> Self {
        let sleep_seconds = match node.field("sleep") {
            Some(sleep) => Some(field(sleep, "seconds")),
            None => node.field("exec").and_then(|exec| exec.field("command")).and_then(plain_sleep),
        };
        let other = if sleep_seconds.is_some() { String::new() } else { rest(node, &[]) };
        LifecycleHandler { sleep_seconds, other }
    }
}

/// The seconds of a command that does nothing but sleep: `sleep 10`, also by way of a shell.
fn plain_sleep(command: &Node) -> Option<i64> {
    let words: Vec<&str> = command.items().iter().map(Node::as_str).collect::<Option<_>>()?;
    let words: Vec<&str> = match words.as_slice() {
        [shell, option, script] if is_shell(shell) && is_script_option(option) => {
            script.trim().trim_end_matches(';').split_whitespace().collect()
        }
        _ => words,
    };
    match words.as_slice() {
        ["sleep" | "/bin/sleep" | "/usr/bin/sleep", time] => seconds(time),
        _ => None,
    }
}

fn is_shell(word: &str) -> bool {
    matches!(word.rsplit('/').next(), Some("sh" | "bash" | "ash" | "dash"))
}

fn is_script_option(word: &str) -> bool {
    matches!(word, "-c" | "-ec" | "-ce" | "-lc")
}

fn seconds(time: &str) -> Option<i64> {
    let (digits, factor) = match time.strip_suffix('m') {
        Some(minutes) => (minutes, 60),
        None => (time.strip_suffix('s').unwrap_or(time), 1),
    };
    digits.parse::<u32>().ok().map(|number| i64::from(number) * factor)
}
