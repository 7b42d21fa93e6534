//! Usage over target. Mirrors `pkg/controller/podautoscaler/metrics/utilization.go` (v1.36).

use super::super::reason::MetricError;
use super::group::{Assumed, Fill, Group, Groups};

/// What was measured against a target.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measured {
    /// Usage over target.
    pub(super) ratio: f64,
    /// Usage over requests, cut to a whole percent.
    pub(super) utilization: i32,
    /// Mean usage of a pod \[milli-units\].
    pub(super) mean: i64,
    /// Number of samples, those of unknown pods and those filled in included.
    pub(super) samples: u32,
}

impl Groups {
    /// `GetResourceUtilizationRatio` of what was measured.
    pub(super) fn utilization(&self, target: i32) -> Result<Measured, MetricError> {
        let ready = &self.ready;
        utilization(ready.usage, ready.requests, ready.pods, self.samples(), target)
    }

    /// The same with pods filled in.
    pub(super) fn filled_utilization(
        &self,
        fill: Fill,
        target: i32,
    ) -> Result<Measured, MetricError> {
        let filled = self.filled(fill);
        utilization(
            self.ready.usage.wrapping_add(filled.assumed),
            self.ready.requests.wrapping_add(filled.requests),
            self.ready.pods + filled.pods,
            self.samples() + filled.pods,
            target,
        )
    }

    /// `GetMetricUsageRatio` of what was measured.
    pub(super) fn usage(&self, target: i64) -> Measured {
        usage(self.sum(), self.samples(), target)
    }

    /// The same with pods filled in.
    pub(super) fn filled_usage(&self, fill: Fill, target: i64) -> Measured {
        let filled = self.filled(fill);
        usage(self.sum().wrapping_add(filled.assumed), self.samples() + filled.pods, target)
    }

    /// All pods that are filled in, as one group.
    fn filled(&self, fill: Fill) -> Group {
        let mut filled = Group::default();
        if fill.unready {
            filled = Group { assumed: 0, ..self.unready };
        }
        if let Some(assumed) = fill.missing {
            filled.pods += self.missing.pods;
            filled.requests = filled.requests.wrapping_add(self.missing.requests);
            if assumed == Assumed::Share {
                filled.assumed = filled.assumed.wrapping_add(self.missing.assumed);
            }
        }
        filled
    }
}

fn utilization(
    usage: i64,
    requests: i64,
    pods: u32,
    samples: u32,
    target: i32,
) -> Result<Measured, MetricError> {
    if requests == 0 {
        return Err(MetricError::NoRequests);
    }
    let utilization = usage.wrapping_mul(100).wrapping_div(requests) as i32;
    let ratio = f64::from(utilization) / f64::from(target);
    Ok(Measured { ratio, utilization, mean: usage.wrapping_div(i64::from(pods)), samples })
}

fn usage(sum: i64, samples: u32, target: i64) -> Measured {
    let mean = sum.wrapping_div(i64::from(samples));
    Measured { ratio: mean as f64 / target as f64, utilization: 0, mean, samples }
}
