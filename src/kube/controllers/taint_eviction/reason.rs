//! What the taint eviction controller says: conditions and events. Mirrors the texts of
//! pkg/controller/tainteviction/taint_eviction.go (v1.36).

use std::fmt;
use std::sync::Arc;

use crate::kube::objects::pod::DisruptionTargetReason;

/// Why the controller wrote something, or what an event of its tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaintEvictionReason {
    /// A pod is to go, or not any more.
    TaintManagerEviction {
        /// Its namespace.
        namespace: Arc<str>,
        /// Its name.
        pod: Arc<str>,
        /// Whether it stays after all.
        cancelled: bool,
    },
    /// A pod goes.
    DeletionByTaintManager,
}

impl TaintEvictionReason {
    /// Upstream's CamelCase word.
    pub fn word(&self) -> &'static str {
        match self {
            TaintEvictionReason::TaintManagerEviction { .. } => "TaintManagerEviction",
            TaintEvictionReason::DeletionByTaintManager => {
                DisruptionTargetReason::DeletionByTaintManager.word()
            }
        }
    }
}

impl fmt::Display for TaintEvictionReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TaintEvictionReason::TaintManagerEviction { namespace, pod, cancelled: false } => {
                write!(f, "Marking for deletion Pod {namespace}/{pod}")
            }
            TaintEvictionReason::TaintManagerEviction { namespace, pod, cancelled: true } => {
                write!(f, "Cancelling deletion of Pod {namespace}/{pod}")
            }
            TaintEvictionReason::DeletionByTaintManager => {
                f.write_str(DisruptionTargetReason::DeletionByTaintManager.message())
            }
        }
    }
}
