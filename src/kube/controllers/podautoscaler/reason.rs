//! What the controller says: conditions, events and errors, as data with their numbers.
//! Mirrors the texts of `pkg/controller/podautoscaler/horizontal.go` (v1.36).
//!
//! `word` is upstream's CamelCase reason and `Display` upstream's text. Nothing here is a sentence
//! until somebody reads it: a text that names a metric holds the spec and the metric's place in it.
//! Two of them are equal when their texts are.

mod metric;
mod text;

use std::fmt;
use std::sync::Arc;

pub use metric::{MetricError, MetricFault, MetricName, RequestFault};
pub use text::{ComputeFault, ReconcileError, ScaleFault, ScaleStep, SelectorFault, TargetName};

use crate::kube::apiserver::Refused;

/// Why the controller wrote something, or what an event of its tells.
#[derive(Clone, Debug, PartialEq)]
pub enum HpaReason {
    /// The status was brought up to date; there is no event for that.
    UpdateStatus,
    /// The scale was changed.
    SuccessfulRescale {
        /// What was written.
        new_size: i32,
        /// Why.
        cause: RescaleCause,
    },
    /// The scale could not be changed.
    FailedRescale {
        /// What was tried.
        new_size: i32,
        /// Why.
        cause: RescaleCause,
        /// The API server's answer.
        error: Arc<Refused>,
    },
    /// The target or its scale could not be read.
    FailedGetScale(ScaleFault),
    /// The target's selector is missing, wrong, or somebody else's too.
    Selector(SelectorFault),
    /// One metric failed.
    Metric(MetricFault),
    /// So many metrics failed that nothing is done.
    FailedComputeMetricsReplicas(ComputeFault),
    /// The status could not be written.
    FailedUpdateStatus(Arc<Refused>),
}

/// Why the scale is changed; it is settled before stabilisation and limits.
#[derive(Clone, Debug, PartialEq)]
pub enum RescaleCause {
    /// Metrics ask for the current count; stabilisation alone moves it.
    None,
    /// This metric asks for more.
    MetricAboveTarget(MetricName),
    /// No metric asks for as much as there is.
    AllMetricsBelowTarget,
    /// Above `maxReplicas`.
    AboveMaxReplicas,
    /// Below `minReplicas`.
    BelowMinReplicas,
}

/// Why a condition of an HPA has its status.
#[derive(Clone, Debug, PartialEq)]
pub enum HpaConditionReason {
    /// The target or its scale could not be read.
    FailedGetScale(ScaleFault),
    /// The target's scale could be read.
    SucceededGetScale,
    /// No window holds the count back.
    ReadyForNewScale,
    /// The scale-down window holds the count up.
    ScaleDownStabilized,
    /// The scale-up window holds the count down.
    ScaleUpStabilized,
    /// The scale was changed to this.
    SucceededRescale(i32),
    /// The scale could not be changed.
    FailedUpdateScale(Arc<Refused>),
    /// This metric's proposal won.
    ValidMetricFound(MetricName),
    /// The target is at 0.
    ScalingDisabled,
    /// The target's selector is missing, wrong, or somebody else's too.
    Selector(SelectorFault),
    /// This metric failed, and too many did.
    Metric(MetricFault),
    /// No limit holds the count back.
    DesiredWithinRange,
    /// `minReplicas` does.
    TooFewReplicas,
    /// `maxReplicas` does.
    TooManyReplicas,
    /// The rate of scaling up does.
    ScaleUpLimit,
    /// The rate of scaling down does.
    ScaleDownLimit,
    /// The controller scaled to 0.
    ScaledToZero,
    /// It did not.
    NotScaledToZero,
}

impl HpaReason {
    /// Upstream's CamelCase word.
    pub fn word(&self) -> &'static str {
        match self {
            HpaReason::UpdateStatus => "UpdateStatus",
            HpaReason::SuccessfulRescale { .. } => "SuccessfulRescale",
            HpaReason::FailedRescale { .. } => "FailedRescale",
            HpaReason::FailedGetScale(_) => "FailedGetScale",
            HpaReason::Selector(fault) => fault.event_word(),
            HpaReason::Metric(fault) => fault.word(),
            HpaReason::FailedComputeMetricsReplicas(_) => "FailedComputeMetricsReplicas",
            HpaReason::FailedUpdateStatus(_) => "FailedUpdateStatus",
        }
    }
}

impl HpaConditionReason {
    /// Upstream's CamelCase word.
    pub fn word(&self) -> &'static str {
        match self {
            HpaConditionReason::FailedGetScale(_) => "FailedGetScale",
            HpaConditionReason::SucceededGetScale => "SucceededGetScale",
            HpaConditionReason::ReadyForNewScale => "ReadyForNewScale",
            HpaConditionReason::ScaleDownStabilized => "ScaleDownStabilized",
            HpaConditionReason::ScaleUpStabilized => "ScaleUpStabilized",
            HpaConditionReason::SucceededRescale(_) => "SucceededRescale",
            HpaConditionReason::FailedUpdateScale(_) => "FailedUpdateScale",
            HpaConditionReason::ValidMetricFound(_) => "ValidMetricFound",
            HpaConditionReason::ScalingDisabled => "ScalingDisabled",
            HpaConditionReason::Selector(fault) => fault.condition_word(),
            HpaConditionReason::Metric(fault) => fault.word(),
            HpaConditionReason::DesiredWithinRange => "DesiredWithinRange",
            HpaConditionReason::TooFewReplicas => "TooFewReplicas",
            HpaConditionReason::TooManyReplicas => "TooManyReplicas",
            HpaConditionReason::ScaleUpLimit => "ScaleUpLimit",
            HpaConditionReason::ScaleDownLimit => "ScaleDownLimit",
            HpaConditionReason::ScaledToZero => "ScaledToZero",
            HpaConditionReason::NotScaledToZero => "NotScaledToZero",
        }
    }

    /// The texts that hold no number and no name.
    fn fixed_text(&self) -> &'static str {
        match self {
            HpaConditionReason::SucceededGetScale => {
                "the HPA controller was able to get the target's current scale"
            }
            HpaConditionReason::ReadyForNewScale => "recommended size matches current size",
            HpaConditionReason::ScaleDownStabilized => {
                "recent recommendations were higher than current one, \
                 applying the highest recent recommendation"
            }
            HpaConditionReason::ScaleUpStabilized => {
                "recent recommendations were lower than current one, \
                 applying the lowest recent recommendation"
            }
            HpaConditionReason::ScalingDisabled => {
                "scaling is disabled since the replica count of the target is zero"
            }
            HpaConditionReason::DesiredWithinRange => {
                "the desired count is within the acceptable range"
            }
            HpaConditionReason::TooFewReplicas => {
                "the desired replica count is less than the minimum replica count"
            }
            HpaConditionReason::TooManyReplicas => {
                "the desired replica count is more than the maximum replica count"
            }
            HpaConditionReason::ScaleUpLimit => {
                "the desired replica count is increasing faster than the maximum scale rate"
            }
            HpaConditionReason::ScaleDownLimit => {
                "the desired replica count is decreasing faster than the maximum scale rate"
            }
            HpaConditionReason::ScaledToZero => "the HPA controller scaled the workload to zero",
            _ => "the HPA controller did not scale the workload to zero",
        }
    }
}

impl fmt::Display for HpaReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HpaReason::UpdateStatus => f.write_str("status brought up to date"),
            HpaReason::SuccessfulRescale { new_size, cause } => {
                write!(f, "New size: {new_size}; reason: {cause}")
            }
            HpaReason::FailedRescale { new_size, cause, error } => {
                write!(f, "New size: {new_size}; reason: {cause}; error: {error}")
            }
            HpaReason::FailedGetScale(fault) => fault.error.fmt(f),
            HpaReason::Selector(fault) => fault.fmt(f),
            HpaReason::Metric(fault) => fault.fmt(f),
            HpaReason::FailedComputeMetricsReplicas(fault) => fault.fmt(f),
            HpaReason::FailedUpdateStatus(error) => error.fmt(f),
        }
    }
}

impl fmt::Display for RescaleCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RescaleCause::None => Ok(()),
            RescaleCause::MetricAboveTarget(metric) => write!(f, "{metric} above target"),
            RescaleCause::AllMetricsBelowTarget => f.write_str("All metrics below target"),
            RescaleCause::AboveMaxReplicas => {
                f.write_str("Current number of replicas above Spec.MaxReplicas")
            }
            RescaleCause::BelowMinReplicas => {
                f.write_str("Current number of replicas below Spec.MinReplicas")
            }
        }
    }
}

impl fmt::Display for HpaConditionReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HpaConditionReason::FailedGetScale(fault) => {
                let error = &fault.error;
                write!(
                    f,
                    "the HPA controller was unable to get the target's current scale: {error}"
                )
            }
            HpaConditionReason::SucceededRescale(size) => {
                write!(f, "the HPA controller was able to update the target scale to {size}")
            }
            HpaConditionReason::FailedUpdateScale(error) => {
                write!(f, "the HPA controller was unable to update the target scale: {error}")
            }
            HpaConditionReason::ValidMetricFound(metric) => write!(
                f,
                "the HPA was able to successfully calculate a replica count from {metric}"
            ),
            HpaConditionReason::Selector(fault) => f.write_str(&fault.condition_text()),
            HpaConditionReason::Metric(fault) => {
                write!(f, "the HPA was unable to compute the replica count: {fault}")
            }
            fixed => f.write_str(fixed.fixed_text()),
        }
    }
}
