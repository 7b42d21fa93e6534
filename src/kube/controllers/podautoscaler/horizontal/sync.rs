//! The course of one sync: `reconcileAutoscaler`.

use std::sync::Arc;

use super::super::behavior::{
    Proposal, normalize_desired_replicas, normalize_desired_replicas_with_behaviors,
};
use super::super::config::HpaControllerConfiguration;
use super::super::decision::{Cause, Decision, Outcome, Path};
use super::super::metrics::MetricsClient;
use super::super::reason::{
    ComputeFault, HpaConditionReason, HpaReason, MetricName, ReconcileError, RescaleCause,
    ScaleFault, ScaleStep, TargetName,
};
use super::super::replica_calculator::Buffers;
use super::super::scale::{Scale, ScaleTarget};
use super::super::selectors::Selectors;
use super::key::Key;
use super::plan::Plan;
use crate::kube::apiserver::{Api, EventType, Refused, Write};
use crate::kube::objects::hpa::{HpaConditionType, HpaStatus};
use crate::kube::objects::ids::{HpaId, ObjectId, PodId};
use crate::kube::reason::Reason;
use crate::units::{SimDuration, SimTime};

/// How often a write of a scale is tried that meets conflicts.
const UPDATE_SCALE_TRIES: u32 = 5;
/// Time between two tries; upstream's is up to a tenth longer.
const UPDATE_SCALE_RETRY: SimDuration = SimDuration::from_millis(10);

/// One sync under way.
pub(super) struct Sync<'s, 'a> {
    /// The API server.
    pub(super) api: &'s mut Api<'a>,
    /// Flags.
    pub(super) config: &'s HpaControllerConfiguration,
    /// What is kept of all HPAs.
    pub(super) keys: &'s mut [Key],
    /// This HPA's place among them.
    pub(super) number: u32,
    /// Who selects which pods.
    pub(super) selectors: &'s mut Selectors,
    /// Memory for the pods of the target.
    pub(super) pods: &'s mut Vec<PodId>,
    /// Memory for answers about metrics.
    pub(super) buffers: &'s mut Buffers,
    /// The HPA.
    pub(super) hpa: HpaId,
    /// The instant at which the sync began.
    pub(super) now: SimTime,
    /// How much later it is by now.
    pub(super) delay: SimDuration,
    /// The status as it will be; absent once it was written.
    pub(super) next: Option<Box<HpaStatus>>,
    /// What is told of the sync.
    pub(super) decision: &'s mut Decision,
    /// What is logged.
    pub(super) errors: Vec<ReconcileError>,
}

/// The count that the controller wants, and why.
struct Wanted {
    desired: i32,
    cause: Cause,
    /// The metric whose proposal won.
    winner: Option<u32>,
    rescale: bool,
    /// Metrics that failed, though the others were enough.
    fault: Option<ComputeFault>,
}

impl Wanted {
    /// A count that needs no metrics.
    fn without_metrics(desired: i32, cause: Cause, rescale: bool) -> Wanted {
        Wanted { desired, cause, winner: None, rescale, fault: None }
    }
}

impl Sync<'_, '_> {
    /// The whole sync.
    pub(super) fn reconcile_autoscaler(
        &mut self,
        plan: &mut Plan,
        metrics: &mut impl MetricsClient,
    ) {
        self.decision.min_replicas = plan.min;
        self.decision.max_replicas = plan.max;
        self.decision.metric_count = plan.metrics.len() as u32;
        let scale = match self.get_scale(plan) {
            Ok(scale) => scale,
            Err(fault) => return self.fail_get_scale(plan, fault),
        };
        self.set_condition(
            HpaConditionType::AbleToScale,
            true,
            HpaConditionReason::SucceededGetScale,
        );
        self.decision.current = scale.replicas;
        self.decision.status_replicas = scale.status_replicas;
        self.decision.desired = scale.replicas;
        self.decision.path = self.path(plan, scale.replicas);
        let now = self.now;
        self.key().memory.record_initial_recommendation(scale.replicas, now);
        let wanted = match self.wanted(plan, &scale, metrics) {
            Ok(wanted) => wanted,
            Err(fault) => return self.fail_compute(plan, &scale, fault),
        };
        self.decision.cause = wanted.cause;
        if wanted.rescale && !self.rescale(plan, &scale, &wanted) {
            return;
        }
        let desired = if wanted.rescale { wanted.desired } else { scale.replicas };
        self.decision.desired = desired;
        self.set_status(scale.replicas, desired, wanted.rescale);
        if self.update_status_if_needed(plan)
            && let Some(fault) = wanted.fault
        {
            self.errors.push(ReconcileError::Metrics(fault));
        }
    }

    /// Which way the sync takes. Mirrors `shouldComputeMetricsForZeroReplicas` and its caller.
    fn path(&self, plan: &Plan, current: i32) -> Path {
        let scaled_to_zero = self.was_scaled_to_zero();
        match current {
            0 if scaled_to_zero && (plan.min != 0 || plan.has_object_or_external) => Path::Metrics,
            0 => Path::Disabled,
            current if current > plan.max => Path::AboveMax,
            current if current < plan.min => Path::BelowMin,
            _ => Path::Metrics,
        }
    }

    fn wanted(
        &mut self,
        plan: &mut Plan,
        scale: &Scale,
        metrics: &mut impl MetricsClient,
    ) -> Result<Wanted, ComputeFault> {
        self.next().current_metrics.clear();
        match self.decision.path {
            Path::AboveMax => Ok(Wanted::without_metrics(plan.max, Cause::AboveMaxReplicas, true)),
            Path::BelowMin => Ok(Wanted::without_metrics(plan.min, Cause::BelowMinReplicas, true)),
            Path::Metrics => self.wanted_by_metrics(plan, scale, metrics),
            Path::Disabled | Path::NoScale => {
                let reason = HpaConditionReason::ScalingDisabled;
                self.set_condition(HpaConditionType::ScalingActive, false, reason);
                if !self.config.feature_gates.scale_to_zero {
                    self.remove_condition(HpaConditionType::ScaledToZero);
                }
                Ok(Wanted::without_metrics(0, Cause::None, false))
            }
        }
    }

    fn wanted_by_metrics(
        &mut self,
        plan: &mut Plan,
        scale: &Scale,
        metrics: &mut impl MetricsClient,
    ) -> Result<Wanted, ComputeFault> {
        let current = scale.replicas;
        let computed = self.compute_replicas_for_metrics(plan, scale, metrics)?;
        let proposal = computed.replicas.max(0);
        let mut cause = match proposal {
            proposal if proposal > current => Cause::MetricAboveTarget,
            proposal if proposal < current => Cause::AllMetricsBelowTarget,
            _ => Cause::None,
        };
        let mut desired = self.normalize(plan, current, proposal);
        let is_waking = current == 0 && plan.min != 0 && self.was_scaled_to_zero();
        if is_waking && desired < plan.min {
            desired = plan.min;
            if cause == Cause::None {
                cause = Cause::BelowMinReplicas;
            }
        }
        let (winner, fault) = (Some(computed.winner), computed.fault);
        Ok(Wanted { desired, cause, winner, rescale: desired != current, fault })
    }

    /// Stabilises and limits a proposal, and says so in conditions.
    fn normalize(&mut self, plan: &Plan, current: i32, desired: i32) -> i32 {
        let proposal = Proposal { now: self.now, current, desired, min: plan.min, max: plan.max };
        let window = self.config.downscale_stabilization;
        let memory = &mut self.key().memory;
        let normalized = match &plan.behavior {
            None => normalize_desired_replicas(memory, proposal, window),
            Some(behavior) => normalize_desired_replicas_with_behaviors(memory, proposal, behavior),
        };
        self.decision.stabilization = Some(normalized.stabilization);
        self.decision.limit = Some(normalized.limit);
        let is_limited = normalized.is_limited();
        self.set_condition(HpaConditionType::AbleToScale, true, normalized.able_to_scale);
        let reason = normalized.scaling_limited;
        self.set_condition(HpaConditionType::ScalingLimited, is_limited, reason);
        normalized.desired
    }

    /// Writes the scale. Tells whether that succeeded.
    fn rescale(&mut self, plan: &Plan, scale: &Scale, wanted: &Wanted) -> bool {
        let (current, new_size) = (scale.replicas, wanted.desired);
        let cause = rescale_cause(plan, wanted);
        let target = plan.target.as_ref().expect("a scale was read from the target");
        let reason = HpaReason::SuccessfulRescale { new_size, cause: cause.clone() };
        if let Err(refused) = self.update_scale(target, new_size, &reason) {
            let error = Arc::new(refused);
            self.fail_rescale(plan, scale, new_size, cause, error);
            return false;
        }
        let succeeded = HpaConditionReason::SucceededRescale(new_size);
        self.set_condition(HpaConditionType::AbleToScale, true, succeeded);
        self.event(EventType::Normal, reason);
        if let Some(behavior) = &plan.behavior {
            let at = self.now + self.delay;
            self.key().memory.store_scale_event(behavior, current, new_size, at);
        }
        self.set_scaled_to_zero(plan, current, new_size);
        self.decision.outcome = Outcome::Rescaled;
        true
    }

    /// Tries again while others write in between.
    fn update_scale(
        &mut self,
        target: &ScaleTarget,
        replicas: i32,
        reason: &HpaReason,
    ) -> Result<(), Refused> {
        let mut tries = 1;
        loop {
            match target.update_scale(self.api, replicas, Reason::Hpa(reason.clone())) {
                Err(Refused::Conflict(_)) if tries < UPDATE_SCALE_TRIES => {
                    tries += 1;
                    self.delay += UPDATE_SCALE_RETRY;
                }
                answer => return answer.map(drop),
            }
        }
    }

    fn get_scale(&mut self, plan: &mut Plan) -> Result<Scale, ScaleFault> {
        let mapper_error = self.api.cluster().script.mapper_error.clone();
        let target = match (&mut plan.target, mapper_error) {
            (Err(fault), None) => return Err(fault.clone()),
            (Err(fault), _) if fault.step == ScaleStep::ApiVersion => return Err(fault.clone()),
            (_, Some(error)) => return Err(ScaleFault { step: ScaleStep::Mapping, error }),
            (Ok(target), None) => target,
        };
        target.get_scale(self.api.cluster())
    }

    fn fail_get_scale(&mut self, plan: &Plan, fault: ScaleFault) {
        self.decision.outcome = match fault.step {
            ScaleStep::ApiVersion => Outcome::InvalidApiVersion,
            ScaleStep::Mapping => Outcome::UnknownKind,
            ScaleStep::Get => Outcome::FailedGetScale,
        };
        self.event(EventType::Warning, HpaReason::FailedGetScale(fault.clone()));
        let reason = HpaConditionReason::FailedGetScale(fault.clone());
        self.set_condition(HpaConditionType::AbleToScale, false, reason);
        self.update_status_if_needed(plan);
        let target = self.target_name(plan);
        self.errors.push(ReconcileError::Scale(target, fault));
    }

    fn fail_compute(&mut self, plan: &Plan, scale: &Scale, fault: ComputeFault) {
        self.decision.outcome = match &fault {
            ComputeFault::Selector(selector) => selector.outcome(),
            ComputeFault::Metrics { .. } => Outcome::FailedComputeMetricsReplicas,
        };
        let former = self.next().desired_replicas;
        self.set_status(scale.replicas, former, false);
        self.update_status_if_needed(plan);
        let reason = HpaReason::FailedComputeMetricsReplicas(fault.clone());
        self.event(EventType::Warning, reason);
        let target = self.target_name(plan);
        self.errors.push(ReconcileError::Compute(target, fault));
    }

    fn fail_rescale(
        &mut self,
        plan: &Plan,
        scale: &Scale,
        new_size: i32,
        cause: RescaleCause,
        error: Arc<Refused>,
    ) {
        self.decision.outcome = Outcome::FailedUpdateScale;
        let reason = HpaReason::FailedRescale { new_size, cause, error: Arc::clone(&error) };
        self.event(EventType::Warning, reason);
        let reason = HpaConditionReason::FailedUpdateScale(Arc::clone(&error));
        self.set_condition(HpaConditionType::AbleToScale, false, reason);
        let former = self.next().desired_replicas;
        self.set_status(scale.replicas, former, false);
        self.update_status_if_needed(plan);
        let target = self.target_name(plan);
        self.errors.push(ReconcileError::Rescale(target, error));
    }

    /// What is kept of this HPA.
    pub(super) fn key(&mut self) -> &mut Key {
        &mut self.keys[self.number as usize]
    }

    /// An Event object about this HPA.
    pub(super) fn event(&mut self, type_: EventType, reason: HpaReason) {
        let event = Write::Event { object: ObjectId::Hpa(self.hpa), type_ };
        // Whether an event could be written makes no difference to its writer.
        let _ = self.api.write(event, Reason::Hpa(reason));
    }

    fn target_name(&self, plan: &Plan) -> TargetName {
        let namespace = Arc::clone(&self.keys[self.number as usize].namespace);
        TargetName { namespace, spec: Arc::clone(&plan.spec) }
    }
}

fn rescale_cause(plan: &Plan, wanted: &Wanted) -> RescaleCause {
    match (wanted.cause, wanted.winner) {
        (Cause::MetricAboveTarget, Some(metric)) => {
            RescaleCause::MetricAboveTarget(MetricName { spec: Arc::clone(&plan.spec), metric })
        }
        (Cause::AllMetricsBelowTarget, _) => RescaleCause::AllMetricsBelowTarget,
        (Cause::AboveMaxReplicas, _) => RescaleCause::AboveMaxReplicas,
        (Cause::BelowMinReplicas, _) => RescaleCause::BelowMinReplicas,
        (Cause::None | Cause::MetricAboveTarget, _) => RescaleCause::None,
    }
}
