//! The status: conditions, numbers, and whether there is anything to write.
//! Mirrors `setCondition`, `setStatus` and `updateStatusIfNeeded`.

use std::sync::Arc;

use super::super::decision::StatusWrite;
use super::super::reason::{HpaConditionReason, HpaReason, ReconcileError};
use super::plan::Plan;
use super::sync::Sync;
use crate::api::autoscaling::{HorizontalPodAutoscalerSpec, MetricSpec, MetricTarget};
use crate::api::meta::ConditionStatus;
use crate::kube::apiserver::{Applied, EventType, Write};
use crate::kube::objects::hpa::{HpaCondition, HpaConditionType, HpaStatus};
use crate::kube::reason::Reason;

impl Sync<'_, '_> {
    /// The status as it will be.
    pub(super) fn next(&mut self) -> &mut HpaStatus {
        self.next.as_mut().expect("the status is written last")
    }

    /// Sets a condition; its time changes only with its status.
    pub(super) fn set_condition(
        &mut self,
        type_: HpaConditionType,
        holds: bool,
        reason: HpaConditionReason,
    ) {
        let (status, now) = (ConditionStatus::from(holds), self.now + self.delay);
        let conditions = &mut self.next().conditions;
        let known = conditions.iter_mut().find(|condition| condition.type_ == type_);
        let Some(condition) = known else {
            let last_transition_time = now.floor_second();
            return conditions.push(HpaCondition { type_, status, reason, last_transition_time });
        };
        if condition.status != status {
            condition.last_transition_time = now.floor_second();
        }
        condition.status = status;
        condition.reason = reason;
    }

    /// Takes a condition away.
    pub(super) fn remove_condition(&mut self, type_: HpaConditionType) {
        self.next().conditions.retain(|condition| condition.type_ != type_);
    }

    /// Whether the controller itself scaled to 0 (gate `HPAScaleToZero`).
    pub(super) fn was_scaled_to_zero(&self) -> bool {
        let conditions = self.next.as_ref().map_or(&[][..], |next| &next.conditions);
        self.config.feature_gates.scale_to_zero
            && conditions.iter().any(|condition| {
                condition.type_ == HpaConditionType::ScaledToZero
                    && condition.status == ConditionStatus::True
            })
    }

    /// Notes after a change of the scale whether that scaled to 0.
    pub(super) fn set_scaled_to_zero(&mut self, plan: &Plan, current: i32, desired: i32) {
        let type_ = HpaConditionType::ScaledToZero;
        if !self.config.feature_gates.scale_to_zero {
            return self.remove_condition(type_);
        }
        let holds = current > 0 && desired == 0 && plan.min == 0 && plan.has_object_or_external;
        let reason = if holds {
            HpaConditionReason::ScaledToZero
        } else {
            HpaConditionReason::NotScaledToZero
        };
        self.set_condition(type_, holds, reason);
    }

    /// Sets the numbers. The metrics are in place already.
    pub(super) fn set_status(&mut self, current: i32, desired: i32, rescaled: bool) {
        let at = self.now + self.delay;
        let next = self.next();
        next.current_replicas = current;
        next.desired_replicas = desired;
        if rescaled {
            next.last_scale_time = Some(at.floor_second());
        }
    }

    /// Writes the status if it changed. Tells whether that succeeded.
    pub(super) fn update_status_if_needed(&mut self, plan: &Plan) -> bool {
        if !self.is_status_changed(plan) {
            return true;
        }
        let status = self.next.take().expect("the status is written once");
        let write = Write::HpaStatus { hpa: self.hpa, status };
        match self.api.write(write, Reason::Hpa(HpaReason::UpdateStatus)) {
            Ok(applied) => {
                if let Applied::HpaStatus(status) = applied {
                    self.next = Some(status);
                }
                let reported = &mut self.key().reported;
                if !reported.as_ref().is_some_and(|reported| Arc::ptr_eq(reported, &plan.spec)) {
                    *reported = Some(Arc::clone(&plan.spec));
                }
                self.decision.status = StatusWrite::Written;
                true
            }
            Err(refused) => {
                let error = Arc::new(refused);
                self.decision.status = StatusWrite::Failed;
                let reason = HpaReason::FailedUpdateStatus(Arc::clone(&error));
                self.event(EventType::Warning, reason);
                let name = Arc::clone(&self.key().name);
                self.errors.push(ReconcileError::Status(name, error));
                false
            }
        }
    }

    fn is_status_changed(&mut self, plan: &Plan) -> bool {
        let hpa = self.api.cluster().hpa(self.hpa);
        let next = self.next.as_deref();
        if hpa.map(|hpa| &hpa.status) != next {
            return true;
        }
        // The numbers are the same, but they may be of other metrics now.
        let is_reporting = next.is_some_and(|next| !next.current_metrics.is_empty());
        let reported = self.keys[self.number as usize].reported.as_ref();
        is_reporting && reported.is_some_and(|reported| !are_same_metrics(reported, &plan.spec))
    }
}

/// Whether two specs measure the same things, whatever their targets.
fn are_same_metrics(
    one: &Arc<HorizontalPodAutoscalerSpec>,
    other: &Arc<HorizontalPodAutoscalerSpec>,
) -> bool {
    if Arc::ptr_eq(one, other) {
        return true;
    }
    let metrics = |spec: &HorizontalPodAutoscalerSpec| -> Vec<MetricSpec> {
        let metrics = spec.metrics.as_deref().unwrap_or_default();
        metrics.iter().map(without_target).collect()
    };
    metrics(one) == metrics(other)
}

fn without_target(metric: &MetricSpec) -> MetricSpec {
    let mut metric = metric.clone();
    if let Some(source) = &mut metric.resource {
        source.target = MetricTarget::default();
    }
    if let Some(source) = &mut metric.container_resource {
        source.target = MetricTarget::default();
    }
    if let Some(source) = &mut metric.pods {
        source.target = MetricTarget::default();
    }
    if let Some(source) = &mut metric.object {
        source.target = MetricTarget::default();
    }
    if let Some(source) = &mut metric.external {
        source.target = MetricTarget::default();
    }
    metric
}
