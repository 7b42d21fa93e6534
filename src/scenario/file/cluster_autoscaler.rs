//! `spec.cluster.clusterAutoscaler` as written.

use super::read::{At, object};
use crate::units::SimDuration;

object! {
    /// Flags of the cluster autoscaler, by name. It works on pools with `min` and `max`.
    ClusterAutoscaler is "`clusterAutoscaler`";
    /// Time between two looks at the cluster; 10 s if absent.
    "scan-interval" => scan_interval: Option<At<SimDuration>>,
    /// Which of several pools grows: `least-waste` (also if absent), `most-pods` or `random`.
    "expander" => expander: Option<At<String>>,
    /// Nodes that there may be in all; any number if absent or 0.
    "max-nodes-total" => max_nodes_total: Option<At<u32>>,
    /// Age below which a pod without a node makes no pool grow; 0 if absent.
    "new-pod-scale-up-delay" => new_pod_scale_up_delay: Option<At<SimDuration>>,
    /// How long an ordered node may take to register; 15 min if absent.
    "max-node-provision-time" => max_node_provision_time: Option<At<SimDuration>>,
    /// How long a pool is left alone after that failed; 5 min if absent.
    "initial-node-group-backoff-duration" =>
        initial_node_group_backoff_duration: Option<At<SimDuration>>,
    /// The longest that a pool is left alone; 30 min if absent.
    "max-node-group-backoff-duration" => max_node_group_backoff_duration: Option<At<SimDuration>>,
    /// When an old failure is forgotten; 3 h if absent.
    "node-group-backoff-reset-timeout" => node_group_backoff_reset_timeout: Option<At<SimDuration>>,
    /// Whether nodes are removed; true if absent.
    "scale-down-enabled" => scale_down_enabled: Option<At<bool>>,
    /// Share of a node that pods request, below which it may be unneeded; 0.5 if absent.
    "scale-down-utilization-threshold" => scale_down_utilization_threshold: Option<At<f64>>,
    /// How long a node has to be unneeded before it goes; 10 min if absent.
    "scale-down-unneeded-time" => scale_down_unneeded_time: Option<At<SimDuration>>,
    /// The same for a node that is not ready; 20 min if absent.
    "scale-down-unready-time" => scale_down_unready_time: Option<At<SimDuration>>,
    /// How long after a scale-up no node goes; 10 min if absent.
    "scale-down-delay-after-add" => scale_down_delay_after_add: Option<At<SimDuration>>,
    /// How long after a removal no further node goes; the scan interval if absent or 0.
    "scale-down-delay-after-delete" => scale_down_delay_after_delete: Option<At<SimDuration>>,
    /// How long after a removal that failed no node goes; 3 min if absent.
    "scale-down-delay-after-failure" => scale_down_delay_after_failure: Option<At<SimDuration>>,
    /// How long a node that could not be removed is left alone; 5 min if absent.
    "unremovable-node-recheck-timeout" => unremovable_node_recheck_timeout: Option<At<SimDuration>>,
    /// Nodes that are removed at once; 10 if absent.
    "max-scale-down-parallelism" => max_scale_down_parallelism: Option<At<u32>>,
    /// Of these the ones that are drained; 1 if absent.
    "max-drain-parallelism" => max_drain_parallelism: Option<At<u32>>,
    /// Nodes that get or lose the taint of candidates in one look; 10 if absent.
    "max-bulk-soft-taint-count" => max_bulk_soft_taint_count: Option<At<u32>>,
    /// The most seconds that pods of a drained node get to end; 600 if absent.
    "max-graceful-termination-sec" => max_graceful_termination_sec: Option<At<u32>>,
    /// How long evictions are tried before the node stays after all; 2 min if absent.
    "max-pod-eviction-time" => max_pod_eviction_time: Option<At<SimDuration>>,
    /// From a node's taint to its removal or its first eviction; 5 s if absent.
    "node-delete-delay-after-taint" => node_delete_delay_after_taint: Option<At<SimDuration>>,
    /// Whether a pod with an `emptyDir` keeps its node; true if absent.
    "skip-nodes-with-local-storage" => skip_nodes_with_local_storage: Option<At<bool>>,
    /// Whether a pod of `kube-system` without a budget keeps its node; true if absent.
    "skip-nodes-with-system-pods" => skip_nodes_with_system_pods: Option<At<bool>>,
}
