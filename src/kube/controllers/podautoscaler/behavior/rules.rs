//! `spec.behavior`, ready to use.

use smallvec::SmallVec;

use super::super::decision::PolicyType;
use crate::api::autoscaling::{HorizontalPodAutoscalerBehavior, HpaScalingPolicy, HpaScalingRules};
use crate::units::SimDuration;

/// Rules of both directions.
#[derive(Clone, Debug)]
pub(in super::super) struct Behavior {
    /// On the way up.
    pub(in super::super) scale_up: ScalingRules,
    /// On the way down.
    pub(in super::super) scale_down: ScalingRules,
}

/// Rules of one direction.
#[derive(Clone, Debug)]
pub(in super::super) struct ScalingRules {
    /// How far back recommendations count.
    pub(in super::super) window: SimDuration,
    /// Which policy wins.
    pub(in super::super) select: SelectPolicy,
    /// Limits of the change.
    pub(in super::super) policies: SmallVec<[Policy; 2]>,
}

/// Which of several policies wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum SelectPolicy {
    /// The one that allows most; upstream takes any unknown word for it.
    Max,
    /// The one that allows least.
    Min,
    /// None: this direction is closed.
    Disabled,
}

/// One limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Policy {
    /// What the value counts.
    pub(in super::super) type_: PolicyType,
    /// Pods or percent.
    pub(in super::super) value: i32,
    /// Period.
    pub(in super::super) period: SimDuration,
}

impl Behavior {
    /// Takes over a behavior. `downscale_stabilization` is the flag, in whole seconds the window of
    /// a scale-down that does not say one (`maybeInitScaleDownStabilizationWindow`).
    pub(in super::super) fn new(
        behavior: &HorizontalPodAutoscalerBehavior,
        downscale_stabilization: SimDuration,
    ) -> Behavior {
        let flag = SimDuration::from_secs(downscale_stabilization.as_millis() / 1000);
        let up = [policy("Pods", 4), policy("Percent", 100)];
        Behavior {
            scale_up: ScalingRules::new(behavior.scale_up.as_ref(), SimDuration::ZERO, &up),
            scale_down: ScalingRules::new(
                behavior.scale_down.as_ref(),
                flag,
                &[policy("Percent", 100)],
            ),
        }
    }
}

/// One of the default policies, as `pkg/apis/autoscaling/v2/defaults.go` has them.
fn policy(type_: &str, value: i32) -> HpaScalingPolicy {
    HpaScalingPolicy { type_: type_.to_owned(), value, period_seconds: 15 }
}

impl ScalingRules {
    /// Takes over rules; what they do not say is as defaulting has it.
    fn new(
        rules: Option<&HpaScalingRules>,
        window: SimDuration,
        policies: &[HpaScalingPolicy],
    ) -> ScalingRules {
        let own_window = rules.and_then(|rules| rules.stabilization_window_seconds);
        let select = rules.and_then(|rules| rules.select_policy.as_deref());
        let own_policies = rules.and_then(|rules| rules.policies.as_deref());
        ScalingRules {
            window: own_window.map_or(window, |seconds| SimDuration::from_secs(i64::from(seconds))),
            select: match select {
                Some("Disabled") => SelectPolicy::Disabled,
                Some("Min") => SelectPolicy::Min,
                _ => SelectPolicy::Max,
            },
            policies: own_policies.unwrap_or(policies).iter().filter_map(Policy::new).collect(),
        }
    }

    /// `getLongestPolicyPeriod`.
    pub(super) fn longest_period(&self) -> SimDuration {
        self.policies.iter().map(|policy| policy.period).max().unwrap_or(SimDuration::ZERO)
    }
}

impl Policy {
    /// Takes over a policy; one of an unknown type allows nothing and is left out.
    fn new(policy: &HpaScalingPolicy) -> Option<Policy> {
        let type_ = match policy.type_.as_str() {
            "Pods" => PolicyType::Pods,
            "Percent" => PolicyType::Percent,
            _ => return None,
        };
        let period = SimDuration::from_secs(i64::from(policy.period_seconds));
        Some(Policy { type_, value: policy.value, period })
    }
}
