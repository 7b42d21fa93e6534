//! Pods and their templates.

use super::{Decode, decode, field, rest};
use crate::api::core::{Pod, PodSpec, PodTemplateSpec};
use crate::manifest::yaml::Node;

decode!(PodTemplateSpec { metadata: "metadata", spec: "spec" });

decode!(Pod { metadata: "metadata", spec: "spec" });

/// The fields of a pod that have one of their own in [`PodSpec`].
const MODELLED: [&str; 18] = [
    "containers",
    "initContainers",
    "restartPolicy",
    "terminationGracePeriodSeconds",
    "activeDeadlineSeconds",
    "nodeName",
    "nodeSelector",
    "affinity",
    "tolerations",
    "topologySpreadConstraints",
    "resources",
    "overhead",
    "priorityClassName",
    "priority",
    "preemptionPolicy",
    "schedulingGates",
    "readinessGates",
    "hostNetwork",
];

impl Decode for PodSpec {
    fn decode(node: &Node) -> Self {
        PodSpec {
            containers: field(node, "containers"),
            init_containers: field(node, "initContainers"),
            restart_policy: field(node, "restartPolicy"),
            termination_grace_period_seconds: field(node, "terminationGracePeriodSeconds"),
            active_deadline_seconds: field(node, "activeDeadlineSeconds"),
            node_name: field(node, "nodeName"),
            node_selector: field(node, "nodeSelector"),
            affinity: field(node, "affinity"),
            tolerations: field(node, "tolerations"),
            topology_spread_constraints: field(node, "topologySpreadConstraints"),
            resources: field(node, "resources"),
            overhead: field(node, "overhead"),
            priority_class_name: field(node, "priorityClassName"),
            priority: field(node, "priority"),
            preemption_policy: field(node, "preemptionPolicy"),
            scheduling_gates: names(node, "schedulingGates", "name"),
            readiness_gates: names(node, "readinessGates", "conditionType"),
            host_network: field(node, "hostNetwork"),
            has_empty_dir: has_empty_dir(node),
            task: None,
            rest: rest(node, &MODELLED),
        }
    }
}

fn has_empty_dir(node: &Node) -> bool {
    let volumes = node.field("volumes").map(Node::items).unwrap_or_default();
    volumes.iter().any(|volume| volume.field("emptyDir").is_some_and(|source| !source.is_null()))
}

/// One text field of each item of a list.
fn names(node: &Node, list: &str, key: &str) -> Vec<String> {
    let items = node.field(list).map(Node::items).unwrap_or_default();
    items.iter().map(|item| field(item, key)).collect()
}
