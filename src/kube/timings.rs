//! How long things take between the components of a control plane.

use crate::units::SimDuration;

/// Latencies of a control plane: medians measured on a live one, or none at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timings {
    /// How much later than its period an HPA's next sync comes.
    pub hpa_sync_drift: SimDuration,
    /// From a change of a Deployment's spec (by the HPA, say) to its ReplicaSets'.
    pub deployment_sync: SimDuration,
    /// From a change of a ReplicaSet's spec to the first pod.
    pub replica_set_sync: SimDuration,
    /// From one pod that a ReplicaSet creates or deletes to the next.
    pub pod_write: SimDuration,
    /// Writes a second that a controller's client may make in the long run; 0 is no limit.
    pub client_writes_per_second: u32,
    /// Writes that a controller's client may make at once before that limit holds.
    pub client_burst: u32,
    /// From a pod's creation to its binding.
    pub schedule: SimDuration,
    /// From a pod's change to its ReplicaSet's status.
    pub replica_set_status: SimDuration,
    /// From a ReplicaSet's status to its Deployment's.
    pub deployment_status: SimDuration,
    /// From a pod's change to its budgets' status.
    pub disruption_sync: SimDuration,
    /// From a change of a node to the taints that follow from it.
    pub node_lifecycle: SimDuration,
    /// From a node's creation to its kubelet's report that it is ready.
    pub node_ready: SimDuration,
    /// From an eviction that is let through to its answer.
    pub eviction_allowed: SimDuration,
    /// From an eviction that a budget does not let through to its answer.
    pub eviction_refused: SimDuration,
    /// From an eviction that meets another one of the same budget, at the same instant, to the
    /// server's second look; nothing means that they never meet.
    pub eviction_conflict: SimDuration,
    /// From a pod's readiness to traffic, through endpoints and kube-proxy.
    pub endpoint_added: SimDuration,
    /// From a pod's delete mark, or lost readiness, to no more traffic.
    pub endpoint_removed: SimDuration,
}

impl Timings {
    /// Medians of a live control plane of v1.36 with default client limits: `cluster.timings:
    /// typical`.
    pub const fn typical() -> Timings {
        Timings {
            hpa_sync_drift: SimDuration(16),
            deployment_sync: SimDuration(18),
            replica_set_sync: SimDuration(20),
            pod_write: SimDuration(10),
            client_writes_per_second: 20,
            client_burst: 30,
            schedule: SimDuration(19),
            replica_set_status: SimDuration(9),
            deployment_status: SimDuration(11),
            disruption_sync: SimDuration(10),
            node_lifecycle: SimDuration(20),
            node_ready: SimDuration(230),
            eviction_allowed: SimDuration(47),
            eviction_refused: SimDuration(15),
            // Upstream waits 500 ms and up to a tenth more.
            eviction_conflict: SimDuration(525),
            endpoint_added: SimDuration(1000),
            endpoint_removed: SimDuration(1000),
        }
    }

    /// No latency at all, as in the recordings of virtual time: `cluster.timings: instant`.
    pub const fn instant() -> Timings {
        Timings {
            hpa_sync_drift: SimDuration::ZERO,
            deployment_sync: SimDuration::ZERO,
            replica_set_sync: SimDuration::ZERO,
            pod_write: SimDuration::ZERO,
            client_writes_per_second: 0,
            client_burst: 0,
            schedule: SimDuration::ZERO,
            replica_set_status: SimDuration::ZERO,
            deployment_status: SimDuration::ZERO,
            disruption_sync: SimDuration::ZERO,
            node_lifecycle: SimDuration::ZERO,
            node_ready: SimDuration::ZERO,
            eviction_allowed: SimDuration::ZERO,
            eviction_refused: SimDuration::ZERO,
            eviction_conflict: SimDuration::ZERO,
            endpoint_added: SimDuration::ZERO,
            endpoint_removed: SimDuration::ZERO,
        }
    }
}

impl Default for Timings {
    fn default() -> Timings {
        Timings::typical()
    }
}
