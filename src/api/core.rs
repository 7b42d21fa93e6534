//! Pod, Node and Service as `v1` has them, as far as they are modelled.
//! Mirrors `k8s.io/api/core/v1/types.go`.

mod placement;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::int_or_percent::IntOrPercent;
use super::meta::{ObjectMeta, StringMap};
use super::quantity::Quantity;
use super::swarm::TaskSpec;

pub use placement::{
    Affinity, NodeAffinity, NodeSelectorTerm, PodAffinity, PodAffinityTerm,
    PreferredSchedulingTerm, Toleration, TopologySpreadConstraint, WeightedPodAffinityTerm,
};

/// Amounts by resource name.
pub type ResourceList = BTreeMap<String, Quantity>;

/// `spec.template` of a workload.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PodTemplateSpec {
    /// Labels and annotations of the pods.
    pub metadata: ObjectMeta,
    /// What a pod is.
    pub spec: PodSpec,
}

/// A pod that is nobody's (a manifest of kind Pod).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Pod {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// What the pod is.
    pub spec: PodSpec,
}

/// `spec` of a pod.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PodSpec {
    /// Containers that run side by side.
    pub containers: Vec<Container>,
    /// Containers that run first; with `restartPolicy: Always` they stay (sidecars).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub init_containers: Vec<Container>,
    /// `Always`, `OnFailure` or `Never`; `Always` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restart_policy: Option<String>,
    /// Time from the delete mark to SIGKILL \[s\]; 30 when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub termination_grace_period_seconds: Option<i64>,
    /// Longest life of a pod \[s\]; forbidden in a Deployment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active_deadline_seconds: Option<i64>,
    /// The node, when the user names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_name: Option<String>,
    /// Labels that the node must have.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub node_selector: StringMap,
    /// Affinity to nodes and pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub affinity: Option<Affinity>,
    /// Taints that the pod stands.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tolerations: Vec<Toleration>,
    /// How pods are spread; absent and empty differ for the scheduler's own defaults.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub topology_spread_constraints: Vec<TopologySpreadConstraint>,
    /// Pod-level requests and limits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resources: Option<ResourceRequirements>,
    /// What the pod's sandbox costs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overhead: Option<ResourceList>,
    /// Name of a PriorityClass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority_class_name: Option<String>,
    /// Priority as a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
    /// `Never` keeps the pod from preempting others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preemption_policy: Option<String>,
    /// Gates that hold the pod back from the scheduler.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub scheduling_gates: Vec<String>,
    /// Further conditions that Ready waits for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub readiness_gates: Vec<String>,
    /// Ports of the node are the pod's.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub host_network: bool,
    /// Whether it has a volume of kind `emptyDir`, which goes with it.
    #[serde(skip)]
    pub has_empty_dir: bool,
    /// Set for a task of Docker Swarm, which no kubelet runs.
    #[serde(skip)]
    pub task: Option<Arc<TaskSpec>>,
    /// Everything else of the pod that makes one template differ from another (volumes, service
    /// account, ...), as canonical JSON.
    #[serde(skip)]
    pub rest: String,
}

/// One container.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Container {
    /// Name, unique in the pod.
    pub name: String,
    /// Image reference.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub image: String,
    /// `Always`, `IfNotPresent` or `Never`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_pull_policy: Option<String>,
    /// Requests and limits.
    pub resources: ResourceRequirements,
    /// Environment, as text; only equality counts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub env: Vec<EnvVar>,
    /// Ports.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<ContainerPort>,
    /// `Always` makes an init container a sidecar.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restart_policy: Option<String>,
    /// Holds the other probes back until the container has started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub startup_probe: Option<Probe>,
    /// Restarts the container.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub liveness_probe: Option<Probe>,
    /// Takes the pod out of its endpoints.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub readiness_probe: Option<Probe>,
    /// Hooks at start and stop.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lifecycle: Option<Lifecycle>,
    /// Everything else of the container that makes one template differ from another
    /// (command, args, volume mounts, ...), as canonical JSON.
    #[serde(skip)]
    pub rest: String,
}

/// One environment variable.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct EnvVar {
    /// Name.
    pub name: String,
    /// Value; empty when it comes from elsewhere.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub value: String,
}

/// One port of a container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ContainerPort {
    /// Name, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Port number.
    pub container_port: i32,
    /// Port of the node, if it is taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_port: Option<i32>,
    /// Address of the node on which the port is taken.
    #[serde(skip_serializing_if = "Option::is_none", rename = "hostIP")]
    pub host_ip: Option<String>,
    /// `TCP`, `UDP` or `SCTP`; `TCP` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<String>,
}

/// Requests and limits.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ResourceRequirements {
    /// What the scheduler sets aside.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub requests: ResourceList,
    /// What the container may use.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub limits: ResourceList,
}

/// A probe; 0 or absent means Kubernetes' default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Probe {
    /// Time from container start to the first probe \[s\].
    pub initial_delay_seconds: i32,
    /// Time-out of one probe \[s\]; 1 by default.
    pub timeout_seconds: i32,
    /// Time between probes \[s\]; 10 by default.
    pub period_seconds: i32,
    /// Successes in a row that count; 1 by default.
    pub success_threshold: i32,
    /// Failures in a row that count; 3 by default.
    pub failure_threshold: i32,
    /// Grace of a kill by this probe \[s\].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub termination_grace_period_seconds: Option<i64>,
    /// `httpGet`, `tcpSocket`, `exec` or `grpc`, with its fields as canonical JSON.
    #[serde(skip)]
    pub handler: String,
}

/// Hooks of a container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Lifecycle {
    /// Runs before SIGTERM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pre_stop: Option<LifecycleHandler>,
    /// Runs after the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post_start: Option<LifecycleHandler>,
}

/// What a hook does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LifecycleHandler {
    /// `sleep.seconds`, or the seconds of an `exec` whose command is a plain `sleep N`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sleep_seconds: Option<i64>,
    /// Any other handler, as canonical JSON.
    #[serde(skip)]
    pub other: String,
}

/// A node as the user describes it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Node {
    /// Name, labels and annotations.
    pub metadata: ObjectMeta,
    /// Taints and cordon.
    pub spec: NodeSpec,
    /// What it offers.
    pub status: NodeStatus,
}

/// `spec` of a node.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NodeSpec {
    /// Cordoned.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unschedulable: bool,
    /// Taints.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub taints: Vec<Taint>,
}

/// `status` of a node, as far as it is an input.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NodeStatus {
    /// What the machine has.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub capacity: ResourceList,
    /// What pods may request; the capacity when absent.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub allocatable: ResourceList,
    /// Images that the node has.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<ContainerImage>,
}

/// An image on a node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ContainerImage {
    /// All its names.
    pub names: Vec<String>,
    /// Size \[bytes\].
    pub size_bytes: i64,
}

/// A taint of a node.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Taint {
    /// Key.
    pub key: String,
    /// Value; may be empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub value: String,
    /// `NoSchedule`, `PreferNoSchedule` or `NoExecute`.
    pub effect: String,
}

/// A Service: who gets traffic.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Service {
    /// Name and namespace.
    pub metadata: ObjectMeta,
    /// What the user asks for.
    pub spec: ServiceSpec,
}

/// `spec` of a Service.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceSpec {
    /// Labels of the pods that serve; empty means that endpoints are somebody else's business.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub selector: StringMap,
    /// Ports.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<ServicePort>,
    /// `ClusterIP` when absent; `ExternalName` has no pods.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub type_: Option<String>,
    /// Whether pods that are not ready serve too.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub publish_not_ready_addresses: bool,
}

/// One port of a Service.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServicePort {
    /// Name, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Port of the Service.
    pub port: i32,
    /// Port of the pod, by number or name; the Service's when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_port: Option<IntOrPercent>,
}

/// Amounts of resources as plain numbers, ready to add and compare.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Amounts {
    /// CPU [10⁻³ cores].
    pub milli_cpu: i64,
    /// Memory \[bytes\].
    pub memory: i64,
    /// Ephemeral storage \[bytes\].
    pub ephemeral_storage: i64,
    /// Pods that fit; 110 when a node does not say.
    pub pods: i64,
    /// All other resources, by name.
    pub scalars: BTreeMap<String, i64>,
}
