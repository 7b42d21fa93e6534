//! Metrics that give one total for the whole workload: Object and External.
//! Mirrors the lower half of `pkg/controller/podautoscaler/replica_calculator.go` (v1.36).

use super::super::decision::Basis;
use super::super::metrics::MetricsClient;
use super::super::number::{go_i32, go_i64};
use super::super::reason::MetricError;
use super::ReplicaCalculator;
use crate::api::autoscaling::CrossVersionObjectReference;
use crate::api::labels::Selector;

impl<M: MetricsClient> ReplicaCalculator<'_, M> {
    /// The value of an Object metric \[milli-units\].
    pub(super) fn get_object_metric(
        &mut self,
        target: i64,
        metric: &str,
        object: &CrossVersionObjectReference,
        selector: &Selector,
    ) -> Result<i64, MetricError> {
        self.told.target = target;
        let usage = self.metrics_client.get_object_metric(self.asked, metric, object, selector);
        let usage = usage.map_err(MetricError::Fetch)?;
        self.told.usage = usage;
        Ok(usage)
    }

    /// The sum of an External metric's series \[milli-units\]; the two ways of summing differ where
    /// it does not fit.
    pub(super) fn get_external_metric(
        &mut self,
        target: i64,
        metric: &str,
        selector: &Selector,
        sum: fn(&[i64]) -> i64,
    ) -> Result<i64, MetricError> {
        self.told.target = target;
        let series = &mut self.buffers.series;
        series.clear();
        self.metrics_client
            .get_external_metric(self.asked, metric, selector, series)
            .map_err(MetricError::Fetch)?;
        let usage = sum(series);
        self.told.usage = usage;
        Ok(usage)
    }

    /// `getUsageRatioReplicaCount`: scales the pods that are Running and Ready by the ratio.
    pub(super) fn get_usage_ratio_replica_count(
        &mut self,
        current_replicas: i32,
        usage: i64,
        target: i64,
    ) -> Result<i32, MetricError> {
        let ratio = usage as f64 / target as f64;
        self.told.reported = usage;
        self.told.ratio = ratio;
        self.told.filled_ratio = ratio;
        if current_replicas == 0 {
            return Ok(self.tell(Basis::FromZero, go_i32(ratio.ceil())));
        }
        if self.tolerances.is_within(ratio) {
            return Ok(self.tell(Basis::WithinTolerance, current_replicas));
        }
        let ready = self.get_ready_pods_count()?;
        Ok(self.tell(Basis::Ratio, capped_i32((ratio * f64::from(ready)).ceil())))
    }

    /// `GetObjectPerPodMetricReplicas` from the value on.
    pub(super) fn get_object_per_pod_replica_count(
        &mut self,
        status_replicas: i32,
        usage: i64,
        target: i64,
    ) -> i32 {
        self.told.reported = go_i64(per_pod(usage, status_replicas).ceil());
        self.get_per_pod_replica_count(status_replicas, usage, target, go_i32)
    }

    /// `GetExternalPerPodMetricReplicas` from the sum on. Counts are capped here, and so is the
    /// reported average, of a total that does not fit even before it is divided.
    pub(super) fn get_external_per_pod_replica_count(
        &mut self,
        status_replicas: i32,
        usage: i64,
        target: i64,
    ) -> i32 {
        self.told.reported = if usage as f64 >= i64::MAX as f64 {
            i64::MAX
        } else {
            go_i64(per_pod(usage, status_replicas).ceil())
        };
        self.get_per_pod_replica_count(status_replicas, usage, target, capped_i32)
    }

    fn get_per_pod_replica_count(
        &mut self,
        status_replicas: i32,
        usage: i64,
        target: i64,
        to_count: fn(f64) -> i32,
    ) -> i32 {
        let ratio = usage as f64 / (target as f64 * f64::from(status_replicas));
        self.told.ratio = ratio;
        self.told.filled_ratio = ratio;
        if self.tolerances.is_within(ratio) {
            return self.tell(Basis::WithinTolerance, status_replicas);
        }
        self.tell(Basis::PerPod, to_count((usage as f64 / target as f64).ceil()))
    }
}

fn per_pod(usage: i64, status_replicas: i32) -> f64 {
    usage as f64 / f64::from(status_replicas)
}

/// `int32(value)`, but at most the largest.
fn capped_i32(value: f64) -> i32 {
    if value > f64::from(i32::MAX) { i32::MAX } else { go_i32(value) }
}

/// The sum of series, as a total: it is capped where it would grow too large, and summing ends
/// there.
pub(super) fn total(series: &[i64]) -> i64 {
    let mut sum: i64 = 0;
    for &value in series {
        if value > 0 && sum > i64::MAX - value {
            return i64::MAX;
        }
        sum = sum.wrapping_add(value);
    }
    sum
}

/// The sum of series, to be shared by pods: a sum below 0 counts as one that grew too large, even
/// if a value below 0 made it so, and summing ends there.
pub(super) fn shared_total(series: &[i64]) -> i64 {
    let mut sum: i64 = 0;
    for &value in series {
        sum = sum.wrapping_add(value);
        if sum < 0 {
            return i64::MAX;
        }
    }
    sum
}
