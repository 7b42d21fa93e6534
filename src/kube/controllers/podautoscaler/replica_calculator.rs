//! From the answer of a metrics API to a count of pods.
//! Mirrors `pkg/controller/podautoscaler/replica_calculator.go` and `metrics/utilization.go`
//! (v1.36). Left out: time stamps, which only metrics about the controller use.
//!
//! Upstream fills maps by pod name and sums over them again; here one pass over the pods collects
//! all sums that either of the two ratios needs.

mod group;
mod ratio;
mod total;

use super::config::HpaControllerConfiguration;
use super::decision::{Basis, MetricDecision};
use super::metrics::{Asked, MetricsClient, PodMetricsInfo};
use super::number::go_i32;
use super::reason::MetricError;
use super::requests::Requests;
use crate::api::autoscaling::CrossVersionObjectReference;
use crate::api::labels::Selector;
use crate::kube::objects::ids::PodId;
use crate::units::SimDuration;
use group::Groups;
use ratio::Measured;

pub use group::{PodGroup, Readiness};

/// Tolerances of both directions [share of the target].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerances {
    /// Below the target.
    pub scale_down: f64,
    /// Above the target.
    pub scale_up: f64,
}

impl Tolerances {
    /// `isWithin`: whether a ratio is as good as 1; inclusive on both sides.
    pub fn is_within(self, ratio: f64) -> bool {
        (1.0 - self.scale_down) <= ratio && ratio <= (1.0 + self.scale_up)
    }
}

/// Periods that decide from when on the CPU of a pod counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Periods {
    /// How long after its start a pod's CPU is looked at twice.
    pub cpu_initialization: SimDuration,
    /// A pod that lost readiness no later than this after its start was never ready.
    pub initial_readiness_delay: SimDuration,
}

impl From<&HpaControllerConfiguration> for Periods {
    fn from(config: &HpaControllerConfiguration) -> Periods {
        Periods {
            cpu_initialization: config.cpu_initialization_period,
            initial_readiness_delay: config.initial_readiness_delay,
        }
    }
}

/// Memory for answers, used again at each metric.
#[derive(Clone, Debug, Default)]
pub struct Buffers {
    samples: PodMetricsInfo,
    series: Vec<i64>,
}

/// Upstream's `ReplicaCalculator`, for one metric of one HPA at one instant.
///
/// The methods give the proposed count, and tell in `told` how they came to it.
pub struct ReplicaCalculator<'a, M> {
    /// Answers about metrics.
    pub metrics_client: &'a mut M,
    /// Who asks, of which cluster.
    pub asked: Asked<'a>,
    /// All pods that the selector of the scale matches, of any phase.
    pub pods: &'a [PodId],
    /// Tolerances of the HPA.
    pub tolerances: Tolerances,
    /// Flags.
    pub periods: Periods,
    /// Memory for answers.
    pub buffers: &'a mut Buffers,
    /// What is told of the way to the result.
    pub told: &'a mut MetricDecision,
}

impl<M: MetricsClient> ReplicaCalculator<'_, M> {
    /// `GetResourceReplicas`: usage over requests against `target_utilization` [%].
    ///
    /// # Errors
    /// If there are no samples, no pods, or a pod has no request.
    pub fn get_resource_replicas(
        &mut self,
        current_replicas: i32,
        target_utilization: i32,
        resource: &str,
        container: Option<&str>,
        requests: &mut Requests,
    ) -> Result<i32, MetricError> {
        self.told.target = i64::from(target_utilization);
        let is_whole = container.is_none();
        let settled = if is_whole { self.settled_groups(resource, requests) } else { None };
        let groups = match settled {
            Some(groups) => groups,
            None => self.get_groups(target_utilization, resource, container, requests)?,
        };
        let first = groups.utilization(target_utilization)?;
        self.told.requests = groups.ready.requests;
        self.told.utilization = first.utilization;
        self.tell_first(&first, groups.ready.usage);
        self.propose(current_replicas, &groups, &first, |fill| {
            groups.filled_utilization(fill, target_utilization)
        })
    }

    /// Asks for the sample of each pod, and groups the pods by what it is worth.
    fn get_groups(
        &mut self,
        target_utilization: i32,
        resource: &str,
        container: Option<&str>,
        requests: &mut Requests,
    ) -> Result<Groups, MetricError> {
        self.get_resource_metric(resource, container)?;
        let missing_percent = i64::from(target_utilization.max(100));
        let (mut fault, mut last) = (None, None);
        let groups = self.group_pods(resource == "cpu", |cluster, pod| {
            // Pods that follow each other are nearly always of one template.
            if let Some((template, request)) = last
                && template == pod.template
            {
                return request;
            }
            let request = requests.of(cluster, pod.template).unwrap_or_else(|missing| {
                fault.get_or_insert_with(|| MetricError::MissingRequest {
                    fault: missing.clone(),
                    pod: pod.name.clone(),
                });
                0
            });
            let assumed = request.wrapping_mul(missing_percent).wrapping_div(100);
            last = Some((pod.template, (request, assumed)));
            (request, assumed)
        })?;
        if let Some(error) = fault {
            return Err(error);
        }
        if let Some(settled) = self.settle(&groups) {
            requests.settle(settled);
        }
        Ok(groups)
    }

    /// `GetRawResourceReplicas`: mean usage of a resource against `target_usage` \[milli-units\].
    ///
    /// # Errors
    /// If there are no samples or no pods.
    pub fn get_raw_resource_replicas(
        &mut self,
        current_replicas: i32,
        target_usage: i64,
        resource: &str,
        container: Option<&str>,
    ) -> Result<i32, MetricError> {
        self.told.target = target_usage;
        self.get_resource_metric(resource, container)?;
        self.calc_plain_metric_replicas(current_replicas, target_usage, resource == "cpu")
    }

    /// `GetMetricReplicas`: mean of a custom metric of each pod against `target_usage`
    /// \[milli-units\].
    ///
    /// # Errors
    /// If there are no samples or no pods.
    pub fn get_metric_replicas(
        &mut self,
        current_replicas: i32,
        target_usage: i64,
        metric: &str,
        metric_selector: &Selector,
    ) -> Result<i32, MetricError> {
        self.told.target = target_usage;
        let answer = &mut self.buffers.samples;
        answer.clear();
        self.metrics_client
            .get_raw_metric(self.asked, metric, metric_selector, self.pods, answer)
            .map_err(MetricError::Fetch)?;
        self.calc_plain_metric_replicas(current_replicas, target_usage, false)
    }

    /// `GetObjectMetricReplicas`: a total against `target_usage` \[milli-units\].
    ///
    /// # Errors
    /// If there is no answer, or no pods.
    pub fn get_object_metric_replicas(
        &mut self,
        current_replicas: i32,
        target_usage: i64,
        metric: &str,
        object: &CrossVersionObjectReference,
        metric_selector: &Selector,
    ) -> Result<i32, MetricError> {
        let usage = self.get_object_metric(target_usage, metric, object, metric_selector)?;
        self.get_usage_ratio_replica_count(current_replicas, usage, target_usage)
    }

    /// `GetObjectPerPodMetricReplicas`: a total against `target_average_usage` \[milli-units\] for
    /// each pod.
    ///
    /// # Errors
    /// If there is no answer.
    pub fn get_object_per_pod_metric_replicas(
        &mut self,
        status_replicas: i32,
        target_average_usage: i64,
        metric: &str,
        object: &CrossVersionObjectReference,
        metric_selector: &Selector,
    ) -> Result<i32, MetricError> {
        let usage =
            self.get_object_metric(target_average_usage, metric, object, metric_selector)?;
        Ok(self.get_object_per_pod_replica_count(status_replicas, usage, target_average_usage))
    }

    /// `GetExternalMetricReplicas`: the sum of series against `target_usage` \[milli-units\].
    ///
    /// # Errors
    /// If there is no answer, or no pods.
    pub fn get_external_metric_replicas(
        &mut self,
        current_replicas: i32,
        target_usage: i64,
        metric: &str,
        metric_selector: &Selector,
    ) -> Result<i32, MetricError> {
        let sum = total::total;
        let usage = self.get_external_metric(target_usage, metric, metric_selector, sum)?;
        self.get_usage_ratio_replica_count(current_replicas, usage, target_usage)
    }

    /// `GetExternalPerPodMetricReplicas`: the sum of series against `target_average_usage`
    /// \[milli-units\] for each pod.
    ///
    /// # Errors
    /// If there is no answer.
    pub fn get_external_per_pod_metric_replicas(
        &mut self,
        status_replicas: i32,
        target_average_usage: i64,
        metric: &str,
        metric_selector: &Selector,
    ) -> Result<i32, MetricError> {
        let sum = total::shared_total;
        let usage = self.get_external_metric(target_average_usage, metric, metric_selector, sum)?;
        Ok(self.get_external_per_pod_replica_count(status_replicas, usage, target_average_usage))
    }

    /// Samples of a resource, into the buffer.
    fn get_resource_metric(
        &mut self,
        resource: &str,
        container: Option<&str>,
    ) -> Result<(), MetricError> {
        let answer = &mut self.buffers.samples;
        answer.clear();
        self.metrics_client
            .get_resource_metric(self.asked, resource, container, self.pods, answer)
            .map_err(MetricError::Fetch)
    }

    /// `calcPlainMetricReplicas`: mean over pods against a target \[milli-units\].
    fn calc_plain_metric_replicas(
        &mut self,
        current_replicas: i32,
        target_usage: i64,
        is_cpu: bool,
    ) -> Result<i32, MetricError> {
        let groups = self.group_pods(is_cpu, |_, _| (0, target_usage))?;
        let first = groups.usage(target_usage);
        self.tell_first(&first, groups.sum());
        self.propose(current_replicas, &groups, &first, |fill| {
            Ok(groups.filled_usage(fill, target_usage))
        })
    }

    fn tell_first(&mut self, first: &Measured, usage: i64) {
        self.told.usage = usage;
        self.told.reported = first.mean;
        self.told.ratio = first.ratio;
        self.told.filled_ratio = first.ratio;
    }

    /// From the ratio that was measured to a count, over pods that are filled in if there are any.
    fn propose(
        &mut self,
        current_replicas: i32,
        groups: &Groups,
        first: &Measured,
        filled: impl FnOnce(group::Fill) -> Result<Measured, MetricError>,
    ) -> Result<i32, MetricError> {
        let fill = groups.fill(first.ratio);
        if fill.is_needless() {
            if self.tolerances.is_within(first.ratio) {
                return Ok(self.tell(Basis::WithinTolerance, current_replicas));
            }
            let count = go_i32((first.ratio * f64::from(groups.ready.pods)).ceil());
            return Ok(self.tell(Basis::Ratio, count));
        }
        let new = filled(fill)?;
        self.told.filled_ratio = new.ratio;
        if self.tolerances.is_within(new.ratio) {
            return Ok(self.tell(Basis::FilledWithinTolerance, current_replicas));
        }
        let turned =
            (first.ratio < 1.0 && new.ratio > 1.0) || (first.ratio > 1.0 && new.ratio < 1.0);
        if turned {
            return Ok(self.tell(Basis::DirectionChanged, current_replicas));
        }
        let count = go_i32((new.ratio * f64::from(new.samples)).ceil());
        let against = (new.ratio < 1.0 && count > current_replicas)
            || (new.ratio > 1.0 && count < current_replicas);
        if against {
            return Ok(self.tell(Basis::CountChangedDirection, current_replicas));
        }
        Ok(self.tell(Basis::FilledRatio, count))
    }

    fn tell(&mut self, basis: Basis, proposal: i32) -> i32 {
        self.told.basis = basis;
        self.told.proposal = proposal;
        proposal
    }

    fn readiness(&self, is_cpu: bool) -> Readiness {
        Readiness { is_cpu, now: self.asked.cluster.now, periods: self.periods }
    }
}
