//! Flags of the cluster autoscaler, by upstream's names, and its node groups. Mirrors
//! cluster-autoscaler/config/{autoscaling_options.go,flags/flags.go} of kubernetes/autoscaler.
//! Left out: overrides of a group, soft limits of cores and memory, balancing of similar groups.

use std::sync::Arc;

use crate::api::core::Node;
use crate::units::{SimDuration, SimTime};

/// What the cluster autoscaler works with.
#[derive(Clone, Debug, PartialEq)]
pub struct ClusterAutoscalerConfiguration {
    /// Its flags.
    pub options: AutoscalingOptions,
    /// What it may grow and shrink.
    pub groups: Vec<NodeGroup>,
}

/// Nodes that are alike, of which there may be more or fewer.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeGroup {
    /// Name; nodes are called NAME-1, NAME-2, ...
    pub name: Arc<str>,
    /// The fewest nodes that scale-down leaves.
    pub min: u32,
    /// The most nodes to which scale-up goes.
    pub max: u32,
    /// What each node is like; its name does not matter.
    pub shape: Arc<Node>,
    /// From the order of a node until its kubelet reports that it is ready.
    pub provisioning: SimDuration,
}

impl NodeGroup {
    /// The `N` of a node of this group, if the node is one.
    pub fn number_of(&self, node: &str) -> Option<u32> {
        node.strip_prefix(&*self.name)?.strip_prefix('-')?.parse().ok()
    }
}

/// How the best of several node groups is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Expander {
    /// `least-waste`: the one of which least CPU and memory is left over.
    #[default]
    LeastWaste,
    /// `most-pods`: the one that takes most pods.
    MostPods,
    /// `random`.
    Random,
}

/// Flags of the cluster autoscaler.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AutoscalingOptions {
    /// `scan-interval`: from one look at the cluster to the next.
    pub scan_interval: SimDuration,
    /// `expander`.
    pub expander: Expander,
    /// `max-nodes-total`: nodes of all groups; 0 is no limit.
    pub max_nodes_total: u32,
    /// `new-pod-scale-up-delay`: pods that are younger do not make it act.
    pub new_pod_scale_up_delay: SimDuration,
    /// `max-node-provision-time`: how long an ordered node may take to register.
    pub max_node_provision_time: SimDuration,
    /// `initial-node-group-backoff-duration`: how long a group is left alone when that fails.
    pub initial_node_group_backoff_duration: SimDuration,
    /// `max-node-group-backoff-duration`: how long at most when it fails again and again.
    pub max_node_group_backoff_duration: SimDuration,
    /// `node-group-backoff-reset-timeout`: when an old failure is forgotten.
    pub node_group_backoff_reset_timeout: SimDuration,
    /// `scale-down-enabled`.
    pub scale_down_enabled: bool,
    /// `scale-down-utilization-threshold`: below this share of requests a node may be unneeded.
    pub scale_down_utilization_threshold: f64,
    /// `scale-down-unneeded-time`: for how long before it goes.
    pub scale_down_unneeded_time: SimDuration,
    /// `scale-down-unready-time`: the same for a node that is not ready.
    pub scale_down_unready_time: SimDuration,
    /// `scale-down-delay-after-add`.
    pub scale_down_delay_after_add: SimDuration,
    /// `scale-down-delay-after-delete`; 0 is the scan interval.
    pub scale_down_delay_after_delete: SimDuration,
    /// `scale-down-delay-after-failure`.
    pub scale_down_delay_after_failure: SimDuration,
    /// `unremovable-node-recheck-timeout`: how long a node that could not be removed is left alone.
    pub unremovable_node_recheck_timeout: SimDuration,
    /// `max-scale-down-parallelism`: nodes that are being removed at once.
    pub max_scale_down_parallelism: u32,
    /// `max-drain-parallelism`: of these the ones that are being drained.
    pub max_drain_parallelism: u32,
    /// `max-bulk-soft-taint-count`: nodes that get or lose the taint of candidates in one scan.
    pub max_bulk_soft_taint_count: u32,
    /// `max-graceful-termination-sec`: grace that pods of a drained node get at most \[s\].
    pub max_graceful_termination_sec: i64,
    /// `max-pod-eviction-time`: how long evictions are tried.
    pub max_pod_eviction_time: SimDuration,
    /// `node-delete-delay-after-taint`: from the taint to the first deed.
    pub node_delete_delay_after_taint: SimDuration,
    /// `skip-nodes-with-local-storage`: a pod with an `emptyDir` keeps its node.
    pub skip_nodes_with_local_storage: bool,
    /// `skip-nodes-with-system-pods`: a pod of `kube-system` without a budget keeps its node.
    pub skip_nodes_with_system_pods: bool,
}

impl Default for AutoscalingOptions {
    fn default() -> AutoscalingOptions {
        let minutes = |minutes: i64| SimDuration::from_secs(minutes * 60);
        AutoscalingOptions {
            scan_interval: SimDuration::from_secs(10),
            expander: Expander::LeastWaste,
            max_nodes_total: 0,
            new_pod_scale_up_delay: SimDuration::ZERO,
            max_node_provision_time: minutes(15),
            initial_node_group_backoff_duration: minutes(5),
            max_node_group_backoff_duration: minutes(30),
            node_group_backoff_reset_timeout: minutes(180),
            scale_down_enabled: true,
            scale_down_utilization_threshold: 0.5,
            scale_down_unneeded_time: minutes(10),
            scale_down_unready_time: minutes(20),
            scale_down_delay_after_add: minutes(10),
            scale_down_delay_after_delete: SimDuration::ZERO,
            scale_down_delay_after_failure: minutes(3),
            unremovable_node_recheck_timeout: minutes(5),
            max_scale_down_parallelism: 10,
            max_drain_parallelism: 1,
            max_bulk_soft_taint_count: 10,
            max_graceful_termination_sec: 600,
            max_pod_eviction_time: minutes(2),
            node_delete_delay_after_taint: SimDuration::from_secs(5),
            skip_nodes_with_local_storage: true,
            skip_nodes_with_system_pods: true,
        }
    }
}

/// When the cluster autoscaler looks at the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scans {
    /// One look is at this instant.
    pub phase: SimTime,
    /// From one look to the next.
    pub interval: SimDuration,
}

impl Scans {
    /// The first look at or after an instant.
    pub fn next(&self, at: SimTime) -> SimTime {
        if at == SimTime::MAX {
            return at;
        }
        let interval = self.interval.0.max(1);
        at.saturating_add(SimDuration((self.phase.0 - at.0).rem_euclid(interval)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scan_follows_at_its_phase() {
        let scans = Scans { phase: SimTime(3_000), interval: SimDuration::from_secs(10) };
        let next = |at| scans.next(SimTime(at)).0;
        assert_eq!([next(0), next(3_000), next(3_001), next(-1)], [3_000, 3_000, 13_000, 3_000]);
        assert_eq!(scans.next(SimTime::MAX), SimTime::MAX);
    }

    #[test]
    fn nodes_of_a_group_carry_its_name_and_a_number() {
        let group = NodeGroup {
            name: Arc::from("pool"),
            min: 0,
            max: 1,
            shape: Arc::default(),
            provisioning: SimDuration::ZERO,
        };
        let numbers =
            ["pool-7", "pool", "pool-x", "pool-1-2", "other-1"].map(|it| group.number_of(it));
        assert_eq!(numbers, [Some(7), None, None, None, None]);
    }
}
