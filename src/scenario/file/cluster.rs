//! `spec.cluster` as written: what is around the workloads.

use serde_json::json;

use super::cluster_autoscaler::ClusterAutoscaler;
use super::read::{At, Context, Definitions, Read, Table, object};
use crate::api::quantity::Quantity;
use crate::kube::timings::Timings;
use crate::manifest::yaml::{Node, Value};
use crate::units::SimDuration;

object! {
    /// What is around the workloads.
    Cluster is "`cluster`";
    /// Whose rules are followed: `"1.36"`.
    "kubernetes" => kubernetes: Option<At<Version>>,
    /// Feature gates of Kubernetes, by name.
    "featureGates" => feature_gates: Table<At<bool>>,
    /// Flags of kube-controller-manager, by name.
    "controllerManager" => controller_manager: Option<ControllerManager>,
    /// Flags of the cluster autoscaler, by name; there is one if any pool has `min` and `max`.
    "clusterAutoscaler" => cluster_autoscaler: Option<At<ClusterAutoscaler>>,
    /// Flags of metrics-server, by name.
    "metricsServer" => metrics_server: Option<MetricsServer>,
    /// How containers are measured.
    "metrics" => metrics: Option<ContainerMetrics>,
    /// Latencies between components: `typical`, `instant`, or values.
    "timings" => timings: Option<At<Timings>>,
    /// Time to pull an image that a node does not have; 2 s if absent.
    "imagePull" => image_pull: Option<At<SimDuration>>,
    /// Nodes; as many as are needed if absent.
    "nodes" => nodes: Vec<NodePool>,
    /// Pods that may exist in all; any number if absent.
    "podQuota" => pod_quota: Option<At<u32>>,
}

object! {
    /// Flags of kube-controller-manager.
    ControllerManager is "`controllerManager`";
    /// Time between two syncs of an HPA; 15 s if absent.
    "horizontal-pod-autoscaler-sync-period" => sync_period: Option<At<SimDuration>>,
    /// How far back a scale-down looks when the HPA does not say; 5 min if absent.
    "horizontal-pod-autoscaler-downscale-stabilization" =>
        downscale_stabilization: Option<At<SimDuration>>,
    /// Share of the target within which nothing is done; 0.1 if absent.
    "horizontal-pod-autoscaler-tolerance" => tolerance: Option<At<f64>>,
    /// Time after a pod's start in which its CPU counts only once it is ready; 5 min if absent.
    "horizontal-pod-autoscaler-cpu-initialization-period" =>
        cpu_initialization_period: Option<At<SimDuration>>,
    /// Time after a pod's start in which a change to ready counts as the first; 30 s if absent.
    "horizontal-pod-autoscaler-initial-readiness-delay" =>
        initial_readiness_delay: Option<At<SimDuration>>,
    /// Time between two looks at all nodes; 5 s if absent.
    "node-monitor-period" => node_monitor_period: Option<At<SimDuration>>,
    /// How long a kubelet may be silent before its node is not ready; 50 s if absent.
    "node-monitor-grace-period" => node_monitor_grace_period: Option<At<SimDuration>>,
    /// Nodes of a zone that may be emptied in a second because they are not ready; 0.1 if absent.
    "node-eviction-rate" => node_eviction_rate: Option<At<f64>>,
    /// The same in a large zone of which most nodes are not ready; 0.01 if absent.
    "secondary-node-eviction-rate" => secondary_node_eviction_rate: Option<At<f64>>,
    /// Nodes above which a zone is large; 50 if absent. In smaller ones of which most nodes are not
    /// ready nothing is evicted.
    "large-cluster-size-threshold" => large_cluster_size_threshold: Option<At<i32>>,
    /// Share of nodes that are not ready, from which a zone counts as disrupted; 0.55 if absent.
    "unhealthy-zone-threshold" => unhealthy_zone_threshold: Option<At<f64>>,
}

object! {
    /// Flags of metrics-server.
    MetricsServer is "`metricsServer`";
    /// Time between two scrapes; 15 s if absent.
    "metric-resolution" => metric_resolution: Option<At<SimDuration>>,
}

object! {
    /// How containers are measured.
    ContainerMetrics is "`metrics`";
    /// Whether each container is measured in a phase of its own, up to every 15 s; one phase a node
    /// and every 10 s if absent.
    "containerPhases" => container_phases: Option<At<bool>>,
}

object! {
    /// Nodes that are alike.
    NodePool is "a node pool";
    /// Name of the node, or of the pool: with `count`, nodes are called NAME-1, NAME-2, ...
    "name" => name: At<String>,
    /// How many; 1 if absent.
    "count" => count: Option<At<u32>>,
    /// The fewest nodes that the cluster autoscaler leaves; with `max`. Nodes are numbered then.
    "min" => min: Option<At<u32>>,
    /// The most nodes to which the cluster autoscaler goes; with `min`.
    "max" => max: Option<At<u32>>,
    /// How long a node that the cluster autoscaler orders takes to be ready; 2 min if absent.
    "provisioning" => provisioning: Option<At<SimDuration>>,
    /// What pods may request: `cpu`, `memory`, `pods` and others.
    "allocatable" => allocatable: Table<At<Amount>>,
    /// Value of the label `topology.kubernetes.io/zone`.
    "zone" => zone: Option<At<String>>,
    /// Further labels.
    "labels" => labels: Table<At<String>>,
    /// Taints.
    "taints" => taints: Vec<Taint>,
}

object! {
    /// What keeps pods off a node unless they tolerate it.
    Taint is "a taint";
    /// Key.
    "key" => key: At<String>,
    /// Value.
    "value" => value: Option<At<String>>,
    /// `NoSchedule`, `PreferNoSchedule` or `NoExecute`.
    "effect" => effect: At<String>,
}

/// An amount of a resource of a node.
#[derive(Clone, Debug, PartialEq)]
pub struct Amount(pub Quantity);

impl Read for Amount {
    fn read(node: &Node, context: &mut Context) -> Option<Amount> {
        const HELP: &str = "write a quantity, such as `4`, `500m` or `16Gi`";
        let text = match &node.value {
            Value::String(text) => text.clone(),
            Value::Int(number) => number.to_string(),
            Value::Float(number) if number.is_finite() => number.to_string(),
            _ => {
                context.wrong(node, "an amount", HELP);
                return None;
            }
        };
        let quantity = Quantity::parse(text.trim()).ok().filter(|quantity| quantity.sign() >= 0);
        if quantity.is_none() {
            context.refuse(&node.span, "not an amount of a resource", HELP);
        }
        quantity.map(Amount)
    }

    fn schema(_: &mut Definitions) -> serde_json::Value {
        json!({ "type": ["string", "number"] })
    }
}

/// A version of Kubernetes whose rules are followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Version;

impl Read for Version {
    fn read(node: &Node, context: &mut Context) -> Option<Version> {
        let text = match &node.value {
            Value::String(text) => text.trim_start_matches('v').to_owned(),
            Value::Float(number) => number.to_string(),
            _ => String::new(),
        };
        let patch = text.strip_prefix("1.36.").filter(|patch| patch.parse::<u32>().is_ok());
        if text != "1.36" && patch.is_none() {
            context.wrong(node, "a version whose rules are known", "write `\"1.36\"`");
            return None;
        }
        Some(Version)
    }

    fn schema(_: &mut Definitions) -> serde_json::Value {
        json!({ "type": ["string", "number"], "pattern": r"^v?1\.36(\.\d+)?$" })
    }
}

/// Declares how the values of [`Timings`] are written.
macro_rules! timings {
    ($( $(#[doc = $doc:literal])+ $key:literal => $field:ident, )*) => {
        object! {
            /// Latencies between components. What is absent is as in `from`.
            TimingsMap is "`timings`";
            /// `typical` (also if absent) or `instant`: the values that are not written.
            "from" => from: Option<At<String>>,
            $( $(#[doc = $doc])+ $key => $field: Option<At<SimDuration>>, )*
            /// Writes a second that a controller may make in the long run; 0 is no limit.
            "clientWritesPerSecond" => client_writes_per_second: Option<At<u32>>,
            /// Writes that a controller may make at once before that limit holds.
            "clientBurst" => client_burst: Option<At<u32>>,
        }

        impl TimingsMap {
            fn resolve(self, context: &mut Context) -> Option<Timings> {
                let mut timings = match &self.from {
                    Some(name) => named(&name.value, &name.span, context)?,
                    None => Timings::typical(),
                };
                $( if let Some(value) = self.$field { timings.$field = value.value; } )*
                if let Some(value) = self.client_writes_per_second {
                    timings.client_writes_per_second = value.value;
                }
                if let Some(value) = self.client_burst {
                    timings.client_burst = value.value;
                }
                Some(timings)
            }
        }
    };
}

timings! {
    /// How much later than its period an HPA's next sync comes.
    "hpaSyncDrift" => hpa_sync_drift,
    /// From a change of a Deployment's spec to its ReplicaSets'.
    "deploymentSync" => deployment_sync,
    /// From a change of a ReplicaSet's spec to the first pod.
    "replicaSetSync" => replica_set_sync,
    /// From one pod that a ReplicaSet creates or deletes to the next.
    "podWrite" => pod_write,
    /// From a pod's creation to its binding.
    "schedule" => schedule,
    /// From a pod's change to its ReplicaSet's status.
    "replicaSetStatus" => replica_set_status,
    /// From a ReplicaSet's status to its Deployment's.
    "deploymentStatus" => deployment_status,
    /// From a pod's change to its budgets' status.
    "disruptionSync" => disruption_sync,
    /// From a change of a node to the taints that follow from it.
    "nodeLifecycle" => node_lifecycle,
    /// From a node's creation to its kubelet's report that it is ready.
    "nodeReady" => node_ready,
    /// From an eviction that is let through to its answer.
    "evictionAllowed" => eviction_allowed,
    /// From an eviction that a budget does not let through to its answer.
    "evictionRefused" => eviction_refused,
    /// From an eviction that meets another one of the same budget to the server's second look; 0
    /// means that they never meet.
    "evictionConflict" => eviction_conflict,
    /// From a pod's readiness to traffic.
    "endpointAdded" => endpoint_added,
    /// From a pod's delete mark, or lost readiness, to no more traffic.
    "endpointRemoved" => endpoint_removed,
}

impl Read for Timings {
    fn read(node: &Node, context: &mut Context) -> Option<Timings> {
        match &node.value {
            Value::String(text) => named(text, &node.span, context),
            _ => TimingsMap::read(node, context)?.resolve(context),
        }
    }

    fn schema(definitions: &mut Definitions) -> serde_json::Value {
        let map = TimingsMap::schema(definitions);
        json!({ "anyOf": [{ "enum": ["typical", "instant"] }, map] })
    }
}

fn named(text: &str, span: &crate::diagnostic::Span, context: &mut Context) -> Option<Timings> {
    match text {
        "typical" => Some(Timings::typical()),
        "instant" => Some(Timings::instant()),
        _ => {
            context.refuse(span, "no such set of latencies", "write `typical` or `instant`");
            None
        }
    }
}
