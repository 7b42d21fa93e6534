//! From metrics to one proposal.
//! Mirrors `computeReplicasForMetrics`, `computeReplicasForMetric`, the `computeStatusFor...`
//! functions and `validateAndParseSelector`.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::decision::{Basis, METRICS_TOLD, MetricDecision, MetricKind, Outcome};
use super::super::metrics::{Asked, MetricsClient};
use super::super::reason::{
    ComputeFault, HpaConditionReason, HpaReason, MetricError, MetricFault, MetricName,
    SelectorFault,
};
use super::super::replica_calculator::{Periods, ReplicaCalculator};
use super::super::scale::{Scale, ScaleSelector};
use super::plan::{MetricPlan, Plan};
use super::sync::Sync;
use crate::api::autoscaling::{MetricSpec, ObjectMetricSource};
use crate::api::labels::Selector;
use crate::api::meta::NamespacedName;
use crate::kube::apiserver::EventType;
use crate::kube::objects::hpa::{HpaConditionType, MetricStatus};
use crate::kube::objects::ids::LabelSetId;

/// The proposal of all metrics.
pub(super) struct Computed {
    /// The highest proposal.
    pub(super) replicas: i32,
    /// Whose it is.
    pub(super) winner: u32,
    /// Metrics that failed, though the others were enough.
    pub(super) fault: Option<ComputeFault>,
}

impl Sync<'_, '_> {
    /// `computeReplicasForMetrics`: asks every metric; the highest proposal wins, the first of
    /// equal ones, but a 0 gives way to any later one.
    pub(super) fn compute_replicas_for_metrics(
        &mut self,
        plan: &mut Plan,
        scale: &Scale,
        metrics: &mut impl MetricsClient,
    ) -> Result<Computed, ComputeFault> {
        self.validate_and_parse_selector(scale).map_err(ComputeFault::Selector)?;
        let count = plan.metrics.len() as u32;
        let (mut replicas, mut winner) = (0, 0);
        let (mut invalid, mut first) = (0, None);
        for metric in 0..count {
            match self.compute_replicas_for_metric(plan, metric, scale, metrics) {
                Ok(proposal) => {
                    if replicas == 0 || proposal > replicas {
                        (replicas, winner) = (proposal, metric);
                    }
                }
                Err(fault) => {
                    invalid += 1;
                    first.get_or_insert(fault);
                }
            }
        }
        self.decision.invalid_count = invalid;
        let blocked = invalid >= count || (invalid > 0 && replicas < scale.replicas);
        let fault = first.map(|first| ComputeFault::Metrics { invalid, count, first });
        if blocked && let Some(ComputeFault::Metrics { first, .. }) = &fault {
            let reason = HpaConditionReason::Metric(first.clone());
            self.set_condition(HpaConditionType::ScalingActive, false, reason);
        }
        match fault {
            Some(fault) if blocked => Err(fault),
            fault => {
                if !self.names_winner(plan, winner) {
                    let name = MetricName { spec: Arc::clone(&plan.spec), metric: winner };
                    let reason = HpaConditionReason::ValidMetricFound(name);
                    self.set_condition(HpaConditionType::ScalingActive, true, reason);
                }
                self.decision.winner = Some(winner);
                self.decision.proposal = Some(replicas);
                Ok(Computed { replicas, winner, fault })
            }
        }
    }

    /// Whether the condition says already that this metric won.
    fn names_winner(&mut self, plan: &Plan, winner: u32) -> bool {
        let active = self.next().condition(HpaConditionType::ScalingActive);
        active.is_some_and(|condition| {
            matches!(&condition.reason, HpaConditionReason::ValidMetricFound(name)
                if name.metric == winner && Arc::ptr_eq(&name.spec, &plan.spec))
        })
    }

    /// `validateAndParseSelector`: finds the pods, and makes sure that they are nobody else's.
    fn validate_and_parse_selector(&mut self, scale: &Scale) -> Result<(), SelectorFault> {
        let checked = match &scale.selector {
            ScaleSelector::Known(selector) if !selector.requirements.is_empty() => {
                self.select(selector)
            }
            _ => self.parse_selector(scale).and_then(|selector| self.select(&selector)),
        };
        if let Err(fault) = &checked {
            self.event(EventType::Warning, HpaReason::Selector(fault.clone()));
            let reason = HpaConditionReason::Selector(fault.clone());
            self.set_condition(HpaConditionType::ScalingActive, false, reason);
        }
        checked
    }

    fn select(&mut self, selector: &Arc<Selector>) -> Result<(), SelectorFault> {
        self.list_pods(selector);
        self.hpas_controlling_pods_under_selector(selector)
    }

    fn parse_selector(&mut self, scale: &Scale) -> Result<Arc<Selector>, SelectorFault> {
        let parsed = self.key().selector.parse(&scale.selector).ok_or(SelectorFault::Required)?;
        parsed.map_err(SelectorFault::Invalid)
    }

    /// Registers the selector, and lists the pods that it matches.
    fn list_pods(&mut self, selector: &Arc<Selector>) {
        let cluster = self.api.cluster();
        let namespace = &self.keys[self.number as usize].namespace;
        self.selectors.put(self.number, namespace, selector, cluster.label_sets());
        self.pods.clear();
        for &label_set in self.selectors.label_sets(self.number) {
            self.pods.extend_from_slice(cluster.pods().with_labels(label_set));
        }
    }

    /// `hpasControllingPodsUnderSelector`: an error if there is more than one.
    fn hpas_controlling_pods_under_selector(
        &self,
        selector: &Arc<Selector>,
    ) -> Result<(), SelectorFault> {
        let cluster = self.api.cluster();
        let label_sets = self.selectors.label_sets(self.number).iter().copied();
        let is_shared = |&label_set: &LabelSetId| {
            self.selectors.keys(label_set).len() > 1
                && !cluster.pods().with_labels(label_set).is_empty()
        };
        let mut shared = label_sets.filter(is_shared).peekable();
        if shared.peek().is_none() {
            return Ok(());
        }
        let keys = shared.flat_map(|label_set| self.selectors.keys(label_set));
        let keys = keys.map(|&key| &self.keys[key as usize]);
        // An HPA that was deleted selects nothing.
        let alive = keys.filter(|key| cluster.hpa(key.hpa).is_some());
        let hpas: BTreeSet<NamespacedName> = alive
            .map(|key| NamespacedName {
                namespace: key.namespace.to_string(),
                name: key.name.to_string(),
            })
            .collect();
        if hpas.len() <= 1 {
            return Ok(());
        }
        let hpas = hpas.into_iter().collect();
        Err(SelectorFault::Ambiguous { selector: Arc::clone(selector), hpas })
    }

    /// `computeReplicasForMetric`: one proposal, its entry in the status, and an event if it fails.
    fn compute_replicas_for_metric(
        &mut self,
        plan: &mut Plan,
        metric: u32,
        scale: &Scale,
        metrics: &mut impl MetricsClient,
    ) -> Result<i32, MetricFault> {
        let mut told = MetricDecision::default();
        let namespace = &self.keys[self.number as usize].namespace;
        let source = &plan.spec.metrics.as_deref().unwrap_or_default()[metric as usize];
        let cluster = self.api.cluster();
        let mut calculator = ReplicaCalculator {
            metrics_client: metrics,
            asked: Asked { cluster, hpa: self.hpa, metric, namespace },
            pods: &*self.pods,
            tolerances: plan.tolerances,
            periods: Periods::from(self.config),
            buffers: &mut *self.buffers,
            told: &mut told,
        };
        let metric_plan = &mut plan.metrics[metric as usize];
        let proposal = calculate(&mut calculator, metric_plan, source, scale);
        told.kind = metric_plan.kind;
        let proposal = proposal.map_err(|error| {
            told.basis = basis(&error);
            let metric = MetricName { spec: Arc::clone(&plan.spec), metric };
            MetricFault { metric, namespace: Arc::clone(namespace), error }
        });
        let status = metric_status(&told);
        self.next().current_metrics.push(status);
        if self.decision.metrics.len() < METRICS_TOLD {
            self.decision.metrics.push(told);
        }
        if let Err(fault) = &proposal {
            self.event(EventType::Warning, HpaReason::Metric(fault.clone()));
        }
        proposal
    }
}

/// Asks the calculator what the metric's type asks.
fn calculate<M: MetricsClient>(
    calculator: &mut ReplicaCalculator<'_, M>,
    plan: &mut MetricPlan,
    source: &MetricSpec,
    scale: &Scale,
) -> Result<i32, MetricError> {
    match source {
        _ if !plan.is_known_type => Err(MetricError::UnknownType),
        MetricSpec { resource: Some(source), .. } => {
            calculate_resource(calculator, plan, &source.name, None, scale)
        }
        MetricSpec { container_resource: Some(source), .. } => {
            let container = Some(source.container.as_str());
            calculate_resource(calculator, plan, &source.name, container, scale)
        }
        MetricSpec { pods: Some(source), .. } => {
            let (name, selector) = (&source.metric.name, plan.selector()?);
            calculator.get_metric_replicas(scale.replicas, plan.target, name, selector)
        }
        MetricSpec { object: Some(source), .. } => {
            calculate_object(calculator, plan, source, scale)
        }
        MetricSpec { external: Some(source), .. } => {
            calculate_external(calculator, plan, &source.metric.name, scale)
        }
        _ => Err(MetricError::MissingTarget),
    }
}

fn calculate_resource<M: MetricsClient>(
    calculator: &mut ReplicaCalculator<'_, M>,
    plan: &mut MetricPlan,
    name: &str,
    container: Option<&str>,
    scale: &Scale,
) -> Result<i32, MetricError> {
    let MetricPlan { kind, target, requests, .. } = plan;
    let (current, target) = (scale.replicas, *target);
    match kind {
        MetricKind::ResourceUtilization | MetricKind::ContainerResourceUtilization => {
            calculator.get_resource_replicas(current, target as i32, name, container, requests)
        }
        MetricKind::Invalid => Err(MetricError::MissingTarget),
        _ => calculator.get_raw_resource_replicas(current, target, name, container),
    }
}

/// A per-pod target counts with `status.replicas`, a total with `spec.replicas`.
fn calculate_object<M: MetricsClient>(
    calculator: &mut ReplicaCalculator<'_, M>,
    plan: &MetricPlan,
    source: &ObjectMetricSource,
    scale: &Scale,
) -> Result<i32, MetricError> {
    let (name, object) = (&source.metric.name, &source.described_object);
    let (target, selector) = (plan.target, plan.selector()?);
    match plan.kind {
        MetricKind::ObjectValue => {
            calculator.get_object_metric_replicas(scale.replicas, target, name, object, selector)
        }
        MetricKind::ObjectAverageValue => calculator.get_object_per_pod_metric_replicas(
            scale.status_replicas,
            target,
            name,
            object,
            selector,
        ),
        _ => Err(MetricError::MissingTarget),
    }
}

/// A per-pod target counts with `status.replicas`, a total with `spec.replicas`.
fn calculate_external<M: MetricsClient>(
    calculator: &mut ReplicaCalculator<'_, M>,
    plan: &MetricPlan,
    name: &str,
    scale: &Scale,
) -> Result<i32, MetricError> {
    let target = plan.target;
    match plan.kind {
        MetricKind::ExternalValue => {
            calculator.get_external_metric_replicas(scale.replicas, target, name, plan.selector()?)
        }
        MetricKind::ExternalAverageValue => calculator.get_external_per_pod_metric_replicas(
            scale.status_replicas,
            target,
            name,
            plan.selector()?,
        ),
        _ => Err(MetricError::MissingTarget),
    }
}

fn basis(error: &MetricError) -> Basis {
    match error {
        MetricError::Fetch(_) => Basis::FetchFailed,
        MetricError::NoPods => Basis::NoPods,
        MetricError::NoSamples => Basis::NoSamples,
        MetricError::MissingRequest { .. } => Basis::MissingRequest,
        MetricError::NoRequests => Basis::NoRequests,
        MetricError::Selector(_) => Basis::InvalidSelector,
        MetricError::MissingTarget | MetricError::UnknownType => Basis::InvalidSpec,
    }
}

/// The entry of the status; that of a metric that failed is empty.
fn metric_status(told: &MetricDecision) -> MetricStatus {
    if !told.basis.is_valid() {
        return MetricStatus::default();
    }
    let (average, value) = match told.kind {
        MetricKind::ObjectValue | MetricKind::ExternalValue => (None, Some(told.reported)),
        _ => (Some(told.reported), None),
    };
    let is_utilization = matches!(
        told.kind,
        MetricKind::ResourceUtilization | MetricKind::ContainerResourceUtilization
    );
    MetricStatus {
        valid: true,
        average_utilization: is_utilization.then_some(told.utilization),
        average_value_milli: average,
        value_milli: value,
    }
}

impl SelectorFault {
    /// What it makes of a sync.
    pub(super) fn outcome(&self) -> Outcome {
        match self {
            SelectorFault::Required | SelectorFault::Invalid(_) => Outcome::InvalidSelector,
            SelectorFault::Ambiguous { .. } => Outcome::AmbiguousSelector,
        }
    }
}
