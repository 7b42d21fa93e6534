//! Mirrors `initialNode` of pkg/kubelet/kubelet_node_status.go (v1.36).
//! Left out: labels of cloud providers; every machine runs Linux on amd64.

use crate::api::meta::StringMap;

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
