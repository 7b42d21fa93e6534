//! What the garbage collector of pods says. Mirrors the texts of
//! pkg/controller/podgc/gc_controller.go (v1.36).

use std::fmt;

use crate::kube::objects::pod::DisruptionTargetReason;

/// Why the collector took a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PodGcReason {
    /// Its node is gone.
    Orphaned,
    /// Its node is out of service, and it is being deleted.
    OutOfService,
}

impl PodGcReason {
    /// Upstream's CamelCase word; what has none is named after its metric.
    pub fn word(self) -> &'static str {
        match self {
            PodGcReason::Orphaned => DisruptionTargetReason::DeletionByPodGc.word(),
            PodGcReason::OutOfService => "TerminatingOutOfService",
        }
    }
}

impl fmt::Display for PodGcReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            PodGcReason::Orphaned => DisruptionTargetReason::DeletionByPodGc.message(),
            PodGcReason::OutOfService => "PodGC: the node is out of service",
        })
    }
}
