//! What the eviction subresource answers, as data; the sentences are upstream's.

use std::fmt;
use std::sync::Arc;

use crate::api::meta::ConditionStatus;
use crate::kube::objects::disruption::{PdbCondition, PdbStatus};
use crate::kube::objects::ids::PdbId;
use crate::kube::objects::pod::PodPhase;

/// Seconds after which a caller is to come again while a budget is still being processed \[s\].
const RETRY_AFTER_SECONDS: u32 = 10;

/// The answer to an eviction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// 201: the pod is marked for deletion, or gone.
    Allowed(Pass),
    /// 404: there is no such pod.
    NotFound {
        /// Its name.
        name: Arc<str>,
    },
    /// 409: the pod is not the one that the caller means.
    Conflict {
        /// Its name.
        name: Arc<str>,
        /// The uid that the caller means.
        asked: Arc<str>,
        /// The uid that the pod has.
        uid: Arc<str>,
    },
    /// 429: the disruption controller has not seen the budget's spec, or the pod changed meanwhile.
    StillProcessed {
        /// Name of the budget.
        budget: Arc<str>,
    },
    /// 429: the budget lets no pod go.
    Exhausted {
        /// Name of the budget.
        budget: Arc<str>,
        /// Why it does not.
        why: Shortage,
    },
    /// 403: the budget's status makes no sense.
    Forbidden {
        /// Name of the budget.
        budget: Arc<str>,
        /// What does not.
        why: Forbidden,
    },
    /// 500: more than one budget selects the pod.
    SeveralBudgets,
}

/// Why an eviction was let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// The pod has ended, or has not begun.
    Phase(PodPhase),
    /// The pod was being deleted already.
    Terminating,
    /// No budget selects the pod.
    NoBudget,
    /// The pod is not ready, and the budget never protects such pods.
    AlwaysAllow(PdbId),
    /// The pod is not ready, and the budget has as many healthy pods as it wants.
    HealthyBudget(PdbId),
    /// The budget allowed a disruption, which this is.
    Charged(PdbId),
}

/// Why a budget lets no pod go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shortage {
    /// The disruption controller could not count its pods.
    SyncFailed {
        /// Why.
        message: Arc<str>,
    },
    /// Not more pods are healthy than have to be.
    Healthy {
        /// How many have to be.
        desired: i32,
        /// How many are.
        current: i32,
    },
    /// The condition `DisruptionAllowed` says why.
    Condition {
        /// Its reason.
        reason: &'static str,
        /// Its message.
        message: Arc<str>,
    },
    /// The last disruption that was allowed has just been used up.
    UsedUp,
}

/// What does not make sense about a budget's status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forbidden {
    /// It allows fewer disruptions than none.
    NegativeDisruptionsAllowed,
    /// Too many evictions were let through and not seen since.
    DisruptedPodsTooBig,
}

impl Answer {
    /// Whether the pod goes.
    pub fn is_allowed(&self) -> bool {
        matches!(self, Answer::Allowed(_))
    }

    /// Whether the caller may come again with better luck (`IsTooManyRequests`).
    pub fn is_too_many_requests(&self) -> bool {
        self.code() == 429
    }

    /// The HTTP status.
    pub fn code(&self) -> u32 {
        match self {
            Answer::Allowed(_) => 201,
            Answer::Forbidden { .. } => 403,
            Answer::NotFound { .. } => 404,
            Answer::Conflict { .. } => 409,
            Answer::StillProcessed { .. } | Answer::Exhausted { .. } => 429,
            Answer::SeveralBudgets => 500,
        }
    }

    /// `reason` of the status: upstream's CamelCase word, empty where it gives none.
    pub fn reason(&self) -> &'static str {
        match self {
            Answer::Allowed(_) | Answer::SeveralBudgets => "",
            Answer::Forbidden { .. } => "Forbidden",
            Answer::NotFound { .. } => "NotFound",
            Answer::Conflict { .. } => "Conflict",
            Answer::StillProcessed { .. } | Answer::Exhausted { .. } => "TooManyRequests",
        }
    }

    /// `Retry-After` \[s\]; 0 where the server does not say.
    pub fn retry_after_seconds(&self) -> u32 {
        if matches!(self, Answer::StillProcessed { .. }) { RETRY_AFTER_SECONDS } else { 0 }
    }

    /// The text of the cause of type `DisruptionBudget`, if the answer has one.
    pub fn cause(&self) -> Option<String> {
        match self {
            Answer::StillProcessed { budget } => Some(format!(
                "The disruption budget {budget} is still being processed by the server."
            )),
            Answer::Exhausted { budget, why } => {
                Some(format!("The disruption budget {budget} {why}"))
            }
            _ => None,
        }
    }
}

impl fmt::Display for Answer {
    /// `message` of the status.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Answer::Allowed(pass) => pass.fmt(f),
            Answer::NotFound { name } => write!(f, "pods \"{name}\" not found"),
            Answer::Conflict { name, asked, uid } => write!(
                f,
                "Operation cannot be fulfilled on Pod \"{name}\": the UID in the precondition \
                 ({asked}) does not match the UID in record ({uid}). The object might have been \
                 deleted and then recreated"
            ),
            Answer::StillProcessed { .. } | Answer::Exhausted { .. } => {
                f.write_str("Cannot evict pod as it would violate the pod's disruption budget.")
            }
            Answer::Forbidden { budget, why } => {
                write!(f, "poddisruptionbudget.policy \"{budget}\" is forbidden: {why}")
            }
            Answer::SeveralBudgets => f.write_str(
                "This pod has more than one PodDisruptionBudget, which the eviction subresource \
                 does not support.",
            ),
        }
    }
}

impl Pass {
    /// The budget that let the pod go because it is not ready.
    pub(super) fn unready(self) -> Option<PdbId> {
        match self {
            Pass::AlwaysAllow(pdb) | Pass::HealthyBudget(pdb) => Some(pdb),
            _ => None,
        }
    }

    /// The budget that paid.
    pub fn charged(self) -> Option<PdbId> {
        match self {
            Pass::Charged(pdb) => Some(pdb),
            _ => None,
        }
    }
}

impl Shortage {
    /// Why a budget that allows no disruption does not, the first of upstream's reasons that holds.
    pub(super) fn of(status: &PdbStatus) -> Shortage {
        let speaks = |condition: &&PdbCondition| {
            condition.status == ConditionStatus::False && !condition.message.is_empty()
        };
        let condition = status.condition.as_ref().filter(speaks);
        match condition {
            Some(condition) if condition.reason == "SyncFailed" => {
                Shortage::SyncFailed { message: Arc::clone(&condition.message) }
            }
            _ if status.current_healthy <= status.desired_healthy => Shortage::Healthy {
                desired: status.desired_healthy,
                current: status.current_healthy,
            },
            Some(condition) => Shortage::Condition {
                reason: condition.reason,
                message: Arc::clone(&condition.message),
            },
            None => Shortage::UsedUp,
        }
    }
}

impl fmt::Display for Shortage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Shortage::SyncFailed { message } => write!(
                f,
                "does not allow evicting pods currently because it failed sync: {message}"
            ),
            Shortage::Healthy { desired, current } => {
                write!(f, "needs {desired} healthy pods and has {current} currently")
            }
            Shortage::Condition { reason, message } => {
                write!(f, "does not allow evicting pods currently ({reason}): {message}")
            }
            Shortage::UsedUp => f.write_str("does not allow evicting pods currently"),
        }
    }
}

impl fmt::Display for Forbidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Forbidden::NegativeDisruptionsAllowed => "pdb disruptions allowed is negative",
            Forbidden::DisruptedPodsTooBig => {
                "DisruptedPods map too big - too many evictions not confirmed by PDB controller"
            }
        })
    }
}

impl fmt::Display for Pass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Pass::Phase(phase) => write!(f, "no budget protects a pod that is {phase:?}"),
            Pass::Terminating => f.write_str("no budget protects a pod that is being deleted"),
            Pass::NoBudget => f.write_str("no budget protects the pod"),
            Pass::AlwaysAllow(_) => {
                f.write_str("the budget does not protect pods that are not ready")
            }
            Pass::HealthyBudget(_) => {
                f.write_str("the pod is not ready and the budget has all the pods that it needs")
            }
            Pass::Charged(_) => f.write_str("the budget allowed the disruption"),
        }
    }
}
