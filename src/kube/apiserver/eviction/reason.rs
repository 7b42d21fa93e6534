//! What the eviction subresource says about its writes.

use std::fmt;

use super::answer::{Answer, Pass};
use crate::kube::objects::ids::PodId;
use crate::kube::objects::pod::DisruptionTargetReason;

/// Why the eviction subresource wrote something, or what it answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EvictionReason {
    /// The budget pays for a pod.
    CheckAndDecrement {
        /// The pod.
        pod: PodId,
        /// Disruptions that are still allowed.
        left: i32,
    },
    /// The pod is to go.
    EvictionByEvictionApi(Pass),
    /// The pod stays.
    Answered(Answer),
}

impl EvictionReason {
    /// Upstream's CamelCase word; what has none is named after its function.
    pub fn word(&self) -> &'static str {
        match self {
            EvictionReason::CheckAndDecrement { .. } => "CheckAndDecrement",
            EvictionReason::EvictionByEvictionApi(_) => {
                DisruptionTargetReason::EvictionByEvictionApi.word()
            }
            EvictionReason::Answered(Answer::SeveralBudgets) => "InternalError",
            EvictionReason::Answered(answer) => answer.reason(),
        }
    }
}

impl fmt::Display for EvictionReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EvictionReason::CheckAndDecrement { left, .. } => {
                write!(f, "an eviction was let through, {left} more may be")
            }
            EvictionReason::EvictionByEvictionApi(pass) => {
                write!(f, "{}: {pass}", DisruptionTargetReason::EvictionByEvictionApi.message())
            }
            EvictionReason::Answered(answer) => match answer.cause() {
                Some(cause) => write!(f, "{answer} {cause}"),
                None => answer.fmt(f),
            },
        }
    }
}
