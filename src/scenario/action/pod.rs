//! What can be done to a pod.

use std::sync::Arc;

/// What somebody does to a pod.
#[derive(Clone, Debug, PartialEq)]
pub enum PodAction {
    /// `kubectl delete pod`.
    Delete {
        /// `--grace-period` \[s\]; the pod's own when absent.
        grace_period_seconds: Option<i64>,
    },
    /// A POST to the eviction subresource, of one pod after the other; what is refused is not tried
    /// again.
    Evict,
    /// `kubectl label --overwrite`.
    Label {
        /// Key.
        name: Arc<str>,
        /// Value.
        value: Arc<str>,
    },
    /// `kubectl annotate --overwrite`; only `controller.kubernetes.io/pod-deletion-cost` is
    /// modelled.
    Annotation {
        /// Key.
        name: Arc<str>,
        /// Value.
        value: Arc<str>,
    },
    /// Somebody else than its kubelet writes its condition Ready.
    Ready(bool),
}

impl PodAction {
    /// What is done, in a few words.
    pub(super) fn title(&self, name: &str) -> String {
        match self {
            PodAction::Delete { .. } => format!("delete {name}"),
            PodAction::Evict => format!("evict {name}"),
            PodAction::Label { .. } => format!("label {name}"),
            PodAction::Annotation { .. } => format!("annotate {name}"),
            PodAction::Ready(true) => format!("make {name} ready"),
            PodAction::Ready(false) => format!("make {name} unready"),
        }
    }
}
