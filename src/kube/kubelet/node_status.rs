//! Mirrors `initialNode` of pkg/kubelet/kubelet_node_status.go (v1.36).
//! Left out: labels of cloud providers; every machine runs Linux on amd64.

use crate::api::core::{Node, Taint};
use crate::api::meta::StringMap;
use crate::kube::objects::node::taint;

/// The labels that a kubelet gives to its own node.
pub fn initial_labels(hostname: &str) -> StringMap {
    let labels = [
        ("kubernetes.io/hostname", hostname),
        ("kubernetes.io/os", "linux"),
        ("kubernetes.io/arch", "amd64"),
        ("beta.kubernetes.io/os", "linux"),
        ("beta.kubernetes.io/arch", "amd64"),
    ];
    labels.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// A node as it registers: admission gives it a taint until it is ready (`TaintNodesByCondition`).
pub fn registering(shape: &Node, name: &str) -> Node {
    let mut node = shape.clone();
    name.clone_into(&mut node.metadata.name);
    node.metadata.labels.extend(initial_labels(name));
    node.spec.unschedulable = false;
    node.spec.taints.push(Taint {
        key: taint::NOT_READY.to_owned(),
        value: String::new(),
        effect: taint::NO_SCHEDULE.to_owned(),
    });
    node
}
