//! From the proposal of the metrics to the final count: stabilisation, then limits.
//! Mirrors the second half of `pkg/controller/podautoscaler/horizontal.go` (v1.36):
//! `normalizeDesiredReplicas`, `stabilizeRecommendation`, `convertDesiredReplicasWithRules`, their
//! siblings `...WithBehaviors`, and `storeScaleEvent`.

mod limits;
mod memory;
mod rules;

pub(super) use memory::Memory;
pub(super) use rules::{Behavior, ScalingRules};

use super::decision::{Limit, LimitedBy, Stabilization};
use super::reason::HpaConditionReason;
use crate::units::{SimDuration, SimTime};

/// A proposal and the bounds that hold for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Proposal {
    /// The instant.
    pub(super) now: SimTime,
    /// `spec.replicas` of the scale.
    pub(super) current: i32,
    /// What the metrics ask for.
    pub(super) desired: i32,
    /// `minReplicas`, or 1.
    pub(super) min: i32,
    /// `maxReplicas`.
    pub(super) max: i32,
}

/// What became of a proposal.
#[derive(Clone, Debug)]
pub(super) struct Normalized {
    /// The final count.
    pub(super) desired: i32,
    /// Reason of `AbleToScale`, which is True.
    pub(super) able_to_scale: HpaConditionReason,
    /// Reason of `ScalingLimited`, which is True if a limit holds the count back.
    pub(super) scaling_limited: HpaConditionReason,
    /// How stabilisation went.
    pub(super) stabilization: Stabilization,
    /// How limits went.
    pub(super) limit: Limit,
}

impl Normalized {
    /// Whether a limit holds the count back.
    pub(super) fn is_limited(&self) -> bool {
        self.limit.by != LimitedBy::Nothing
    }
}

/// `normalizeDesiredReplicas`: an HPA without `behavior`.
pub(super) fn normalize_desired_replicas(
    memory: &mut Memory,
    proposal: Proposal,
    window: SimDuration,
) -> Normalized {
    let stabilization = memory.stabilize_recommendation(proposal, window);
    let able_to_scale = if stabilization.value == proposal.desired {
        HpaConditionReason::ReadyForNewScale
    } else {
        HpaConditionReason::ScaleDownStabilized
    };
    let (desired, limit) = limits::convert_with_rules(proposal, stabilization.value);
    let scaling_limited = condition_reason(limit.by);
    Normalized { desired, able_to_scale, scaling_limited, stabilization, limit }
}

/// `normalizeDesiredReplicasWithBehaviors`.
pub(super) fn normalize_desired_replicas_with_behaviors(
    memory: &mut Memory,
    proposal: Proposal,
    behavior: &Behavior,
) -> Normalized {
    let stabilization = memory.stabilize_recommendation_with_behaviors(proposal, behavior);
    let able_to_scale = if stabilization.value == proposal.desired {
        HpaConditionReason::ReadyForNewScale
    } else if proposal.desired >= proposal.current {
        HpaConditionReason::ScaleUpStabilized
    } else {
        HpaConditionReason::ScaleDownStabilized
    };
    let (desired, limit) =
        limits::convert_with_behavior_rate(memory, proposal, stabilization.value, behavior);
    let scaling_limited = condition_reason(limit.by);
    Normalized { desired, able_to_scale, scaling_limited, stabilization, limit }
}

fn condition_reason(by: LimitedBy) -> HpaConditionReason {
    match by {
        LimitedBy::Nothing => HpaConditionReason::DesiredWithinRange,
        LimitedBy::MinReplicas => HpaConditionReason::TooFewReplicas,
        LimitedBy::MaxReplicas => HpaConditionReason::TooManyReplicas,
        LimitedBy::ScaleUpRate => HpaConditionReason::ScaleUpLimit,
        LimitedBy::ScaleDownRate => HpaConditionReason::ScaleDownLimit,
    }
}

#[cfg(test)]
mod tests;
