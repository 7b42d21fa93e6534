//! What steers a pod to a node, and nodes.

use super::decode;
use crate::api::core::{
    Affinity, ContainerImage, Node, NodeAffinity, NodeSelectorTerm, NodeSpec, NodeStatus,
    PodAffinity, PodAffinityTerm, PreferredSchedulingTerm, Taint, Toleration,
    TopologySpreadConstraint, WeightedPodAffinityTerm,
};
use crate::manifest::yaml;

decode!(Affinity {
    node_affinity: "nodeAffinity",
    pod_affinity: "podAffinity",
    pod_anti_affinity: "podAntiAffinity",
});

impl super::Decode for NodeAffinity {
    fn decode(node: &yaml::Node) -> Self {
        let required = node.field("requiredDuringSchedulingIgnoredDuringExecution");
        NodeAffinity {
            required: required.map(|selector| super::field(selector, "nodeSelectorTerms")),
            preferred: super::field(node, "preferredDuringSchedulingIgnoredDuringExecution"),
        }
    }
}

decode!(NodeSelectorTerm { match_expressions: "matchExpressions", match_fields: "matchFields" });

decode!(PreferredSchedulingTerm { weight: "weight", preference: "preference" });

decode!(PodAffinity {
    required: "requiredDuringSchedulingIgnoredDuringExecution",
    preferred: "preferredDuringSchedulingIgnoredDuringExecution",
});

decode!(WeightedPodAffinityTerm { weight: "weight", pod_affinity_term: "podAffinityTerm" });

decode!(PodAffinityTerm {
    label_selector: "labelSelector",
    namespaces: "namespaces",
    namespace_selector: "namespaceSelector",
    topology_key: "topologyKey",
    match_label_keys: "matchLabelKeys",
    mismatch_label_keys: "mismatchLabelKeys",
});

decode!(Toleration {
    key: "key",
    operator: "operator",
    value: "value",
    effect: "effect",
    toleration_seconds: "tolerationSeconds",
});

decode!(TopologySpreadConstraint {
    max_skew: "maxSkew",
    topology_key: "topologyKey",
    when_unsatisfiable: "whenUnsatisfiable",
    label_selector: "labelSelector",
    min_domains: "minDomains",
    node_affinity_policy: "nodeAffinityPolicy",
    node_taints_policy: "nodeTaintsPolicy",
    match_label_keys: "matchLabelKeys",
});

decode!(Node { metadata: "metadata", spec: "spec", status: "status" });

decode!(NodeSpec { unschedulable: "unschedulable", taints: "taints" });

decode!(NodeStatus { capacity: "capacity", allocatable: "allocatable", images: "images" });

decode!(ContainerImage { names: "names", size_bytes: "sizeBytes" });

decode!(Taint { key: "key", value: "value", effect: "effect" });
