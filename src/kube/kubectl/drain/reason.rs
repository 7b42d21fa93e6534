//! What `kubectl drain`, `cordon`, `uncordon` and `taint` print, as data; the sentences are
//! kubectl's.

use std::fmt;
use std::sync::Arc;

use super::filters::Verdict;
use crate::kube::apiserver::eviction::answer::Answer;
use crate::kube::kubectl::taint::{Operation, TaintError};
use crate::kube::kubelet::reason::GoDuration;
use crate::kube::objects::pod::Pod;
use crate::units::SimDuration;

/// Namespace and name of a pod, which may be gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodName {
    /// Namespace.
    pub namespace: Arc<str>,
    /// Name.
    pub name: Arc<str>,
}

impl PodName {
    /// Those of a pod.
    pub fn of(pod: &Pod) -> PodName {
        PodName { namespace: Arc::clone(&pod.namespace), name: Arc::clone(&pod.name) }
    }
}

impl fmt::Display for PodName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

/// A line that kubectl prints.
#[derive(Clone, Debug, PartialEq)]
pub enum KubectlReason {
    /// The cordon of a node is as it was asked for.
    Cordon {
        /// Name of the node.
        node: Arc<str>,
        /// Whether it is cordoned now.
        unschedulable: bool,
        /// Whether it was so before.
        already: bool,
    },
    /// Something is unusual about some pods.
    Warning(Arc<[Verdict]>),
    /// A pod is about to be evicted.
    EvictingPod {
        /// The pod.
        pod: PodName,
    },
    /// A budget does not let a pod go yet.
    WillRetry {
        /// The pod.
        pod: PodName,
        /// What the server answered.
        answer: Answer,
    },
    /// A pod is deleted without asking a budget; kubectl prints nothing then.
    Deleting {
        /// The pod.
        pod: PodName,
    },
    /// A pod is gone.
    Finished {
        /// The pod.
        pod: PodName,
        /// Whether it was evicted, and not deleted.
        evicted: bool,
    },
    /// A pod is not waited for any more.
    Skipped {
        /// The pod.
        pod: PodName,
        /// For how long it should have been gone \[s\].
        seconds: i64,
    },
    /// A drain came to its end with pods left.
    PendingPods {
        /// Name of the node.
        node: Arc<str>,
        /// Names of the pods.
        pods: Arc<[Arc<str>]>,
        /// Why.
        errors: Arc<[DrainError]>,
    },
    /// A node was not drained; the next one's turn comes.
    UnableToDrain {
        /// Name of the node.
        node: Arc<str>,
        /// Why.
        errors: Arc<[DrainError]>,
    },
    /// Nodes that were not drained, at the end.
    PendingNodes {
        /// Their names.
        nodes: Arc<[Arc<str>]>,
    },
    /// A node is drained.
    Drained {
        /// Its name.
        node: Arc<str>,
    },
    /// The taints of a node are as it was asked for.
    Tainted {
        /// Its name.
        node: Arc<str>,
        /// What became of them.
        operation: Operation,
    },
    /// The taints of a node stay as they were.
    TaintError(TaintError),
}

/// Why a drain did not do what it was asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum DrainError {
    /// Pods must not go; nothing was done.
    CannotDelete(Verdict),
    /// The time was up before a pod was evicted.
    GlobalTimeout {
        /// The pod.
        pod: PodName,
        /// `--timeout`.
        timeout: SimDuration,
    },
    /// The server will never let a pod go.
    Refused {
        /// The pod.
        pod: PodName,
        /// What it answered.
        answer: Answer,
    },
    /// The time was up before a pod was gone.
    WaitTimeout {
        /// The pod.
        pod: PodName,
    },
    /// The time was up before all deleted pods were gone.
    DeadlineExceeded,
}

impl KubectlReason {
    /// A CamelCase word; kubectl has none.
    pub fn word(&self) -> &'static str {
        match self {
            KubectlReason::Cordon { unschedulable: true, .. } => "Cordoned",
            KubectlReason::Cordon { unschedulable: false, .. } => "Uncordoned",
            KubectlReason::Warning(_) => "Warning",
            KubectlReason::EvictingPod { .. } => "EvictingPod",
            KubectlReason::WillRetry { .. } => "WillRetry",
            KubectlReason::Deleting { .. } => "Deleting",
            KubectlReason::Finished { evicted: true, .. } => "Evicted",
            KubectlReason::Finished { evicted: false, .. } => "Deleted",
            KubectlReason::Skipped { .. } => "Skipped",
            KubectlReason::PendingPods { .. } => "PendingPods",
            KubectlReason::UnableToDrain { .. } => "UnableToDrain",
            KubectlReason::PendingNodes { .. } => "PendingNodes",
            KubectlReason::Drained { .. } => "Drained",
            KubectlReason::Tainted { .. } => "Tainted",
            KubectlReason::TaintError(_) => "TaintError",
        }
    }

    /// Whether it goes to standard error.
    pub fn is_error(&self) -> bool {
        matches!(
            self,
            KubectlReason::Warning(_)
                | KubectlReason::WillRetry { .. }
                | KubectlReason::PendingPods { .. }
                | KubectlReason::UnableToDrain { .. }
                | KubectlReason::PendingNodes { .. }
                | KubectlReason::TaintError(_)
        )
    }
}

impl fmt::Display for KubectlReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KubectlReason::Cordon { node, unschedulable, already } => {
                let already = if *already { "already " } else { "" };
                let prefix = if *unschedulable { "" } else { "un" };
                write!(f, "node/{node} {already}{prefix}cordoned")
            }
            KubectlReason::Warning(verdicts) => {
                write!(f, "Warning: {}", Joined { items: verdicts, separator: "; " })
            }
            KubectlReason::EvictingPod { pod } => write!(f, "evicting pod {pod}"),
            KubectlReason::WillRetry { pod: PodName { namespace, name }, answer } => write!(
                f,
                "error when evicting pods/\"{name}\" -n \"{namespace}\" (will retry after {}): \
                 {answer}",
                GoDuration(super::EVICT_ERROR_RETRY_DELAY)
            ),
            KubectlReason::Deleting { pod } => write!(f, "deleting pod {pod}"),
            KubectlReason::Finished { pod, evicted } => {
                let verb = if *evicted { "evicted" } else { "deleted" };
                write!(f, "pod/{} {verb}", pod.name)
            }
            KubectlReason::Skipped { pod, seconds } => write!(
                f,
                "pod \"{}\" has DeletionTimestamp older than {seconds} seconds, skipping",
                pod.name
            ),
            KubectlReason::PendingPods { node, pods, errors } => {
                write!(f, "There are pending pods in node \"{node}\" when an error occurred: ")?;
                Aggregate(errors).fmt(f)?;
                pods.iter().try_for_each(|pod| write!(f, "\npod/{pod}"))
            }
            KubectlReason::UnableToDrain { node, errors } => write!(
                f,
                "error: unable to drain node \"{node}\" due to error: {}, continuing command...",
                Aggregate(errors)
            ),
            KubectlReason::PendingNodes { nodes } => {
                f.write_str("There are pending nodes to be drained:")?;
                nodes.iter().try_for_each(|node| write!(f, "\n {node}"))
            }
            KubectlReason::Drained { node } => write!(f, "node/{node} drained"),
            KubectlReason::Tainted { node, operation } => write!(f, "node/{node} {operation}"),
            KubectlReason::TaintError(error) => write!(f, "error: {error}"),
        }
    }
}

impl fmt::Display for DrainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DrainError::CannotDelete(verdict) => write!(f, "cannot delete {verdict}"),
            DrainError::GlobalTimeout { pod: PodName { namespace, name }, timeout } => write!(
                f,
                "error when evicting pods/\"{name}\" -n \"{namespace}\": global timeout reached: \
                 {}",
                GoDuration(*timeout)
            ),
            DrainError::Refused { pod: PodName { namespace, name }, answer } => {
                write!(f, "error when evicting pods/\"{name}\" -n \"{namespace}\": {answer}")
            }
            DrainError::WaitTimeout { pod: PodName { namespace, name } } => write!(
                f,
                "error when waiting for pod \"{name}\" in namespace \"{namespace}\" to terminate: \
                 context deadline exceeded"
            ),
            DrainError::DeadlineExceeded => f.write_str("context deadline exceeded"),
        }
    }
}

/// Several errors as one. Mirrors `utilerrors.Aggregate`.
struct Aggregate<'a>(&'a [DrainError]);

impl fmt::Display for Aggregate<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [one] => one.fmt(f),
            several => write!(f, "[{}]", Joined { items: several, separator: ", " }),
        }
    }
}

struct Joined<'a, T> {
    items: &'a [T],
    separator: &'static str,
}

impl<T: fmt::Display> fmt::Display for Joined<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, item) in self.items.iter().enumerate() {
            if index > 0 {
                f.write_str(self.separator)?;
            }
            item.fmt(f)?;
        }
        Ok(())
    }
}
