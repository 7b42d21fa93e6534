//! API versions other than the one that is modelled: old manifests, and `autoscaling/v1`.
//!
//! An old object gets the defaults of its own version first, is converted, and then gets those of
//! the new version where something is still missing.

pub mod autoscaling_v1;
mod flat_metrics;
mod go_json;
mod policy_v1beta1;

use crate::api::meta::ObjectMeta;

pub(super) use flat_metrics::decode_autoscaling_v2beta1;
pub(super) use policy_v1beta1::convert_policy_v1beta1;

/// Where older versions carry metrics that they have no fields for.
pub(crate) const METRICS_ANNOTATION: &str = "autoscaling.alpha.kubernetes.io/metrics";
/// Where older versions carry the behavior.
pub(crate) const BEHAVIOR_ANNOTATION: &str = "autoscaling.alpha.kubernetes.io/behavior";

/// All annotations in which older versions carry what they have no fields for.
const ROUND_TRIP_ANNOTATIONS: [&str; 6] = [
    METRICS_ANNOTATION,
    BEHAVIOR_ANNOTATION,
    "autoscaling.alpha.kubernetes.io/scale-down-tolerance",
    "autoscaling.alpha.kubernetes.io/scale-up-tolerance",
    "autoscaling.alpha.kubernetes.io/current-metrics",
    "autoscaling.alpha.kubernetes.io/conditions",
];

/// `DropRoundTripHorizontalPodAutoscalerAnnotations`.
fn drop_round_trip_annotations(metadata: &mut ObjectMeta) {
    metadata.annotations.retain(|key, _| !ROUND_TRIP_ANNOTATIONS.contains(&key.as_str()));
}
