//! Flags of the controller. Mirrors pkg/controller/nodelifecycle/config/types.go and
//! cmd/kube-controller-manager/app/options/nodelifecyclecontroller.go (v1.36).
//! Left out: `node-startup-grace-period`; nodes register with a status here.

use crate::units::SimDuration;

/// Flags of kube-controller-manager, by upstream's names.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NodeLifecycleConfiguration {
    /// `node-monitor-period`: from one look at all nodes to the next.
    pub node_monitor_period: SimDuration,
    /// `node-monitor-grace-period`: how long a kubelet may be silent.
    pub node_monitor_grace_period: SimDuration,
    /// `node-eviction-rate`: nodes of a zone that may be emptied [1/s].
    pub node_eviction_rate: f32,
    /// `secondary-node-eviction-rate`: the same in a large zone that is disrupted [1/s].
    pub secondary_node_eviction_rate: f32,
    /// `large-cluster-size-threshold`: a zone of more nodes is large; in others that are disrupted
    /// nothing is evicted.
    pub large_cluster_size_threshold: i32,
    /// `unhealthy-zone-threshold`: from this share of nodes that are not ready, and three of them,
    /// a zone is disrupted.
    pub unhealthy_zone_threshold: f32,
}

impl Default for NodeLifecycleConfiguration {
    fn default() -> NodeLifecycleConfiguration {
        NodeLifecycleConfiguration {
            node_monitor_period: SimDuration::from_secs(5),
            node_monitor_grace_period: SimDuration::from_secs(50),
            node_eviction_rate: 0.1,
            secondary_node_eviction_rate: 0.01,
            large_cluster_size_threshold: 50,
            unhealthy_zone_threshold: 0.55,
        }
    }
}
