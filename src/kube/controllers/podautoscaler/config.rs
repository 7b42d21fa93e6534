//! Flags and feature gates of the controller.
//! Mirrors `pkg/controller/podautoscaler/config/types.go` and `v1alpha1/defaults.go` (v1.36).
//! Left out: `concurrent-horizontal-pod-autoscaler-syncs`; syncs take no time here.

use crate::units::SimDuration;

/// Flags of kube-controller-manager, by upstream's names (`--horizontal-pod-autoscaler-...`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HpaControllerConfiguration {
    /// `sync-period`: from the end of a sync to the next.
    pub sync_period: SimDuration,
    /// `downscale-stabilization`: the window of an HPA that does not say its own.
    pub downscale_stabilization: SimDuration,
    /// `tolerance`, for both directions [share of the target].
    pub tolerance: f64,
    /// `cpu-initialization-period`: how long after its start a pod's CPU is looked at twice.
    pub cpu_initialization_period: SimDuration,
    /// `initial-readiness-delay`: a pod that lost readiness no later than this after its start was
    /// never ready.
    pub initial_readiness_delay: SimDuration,
    /// Feature gates.
    pub feature_gates: FeatureGates,
}

/// Feature gates that the controller looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeatureGates {
    /// `HPAScaleToZero` (alpha, off).
    pub scale_to_zero: bool,
    /// `HPAConfigurableTolerance` (beta, on).
    pub configurable_tolerance: bool,
    /// `PodLevelResources` (beta, on).
    pub pod_level_resources: bool,
}

impl Default for HpaControllerConfiguration {
    fn default() -> HpaControllerConfiguration {
        HpaControllerConfiguration {
            sync_period: SimDuration::from_secs(15),
            downscale_stabilization: SimDuration::from_secs(300),
            tolerance: 0.1,
            cpu_initialization_period: SimDuration::from_secs(300),
            initial_readiness_delay: SimDuration::from_secs(30),
            feature_gates: FeatureGates::default(),
        }
    }
}

impl Default for FeatureGates {
    fn default() -> FeatureGates {
        FeatureGates {
            scale_to_zero: false,
            configurable_tolerance: true,
            pod_level_resources: true,
        }
    }
}
