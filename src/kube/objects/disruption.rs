//! PodDisruptionBudgets with the status that the disruption controller reports.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::ids::PdbId;
use crate::api::labels::Selector;
use crate::api::meta::{ConditionStatus, ObjectMeta};
use crate::api::policy::PodDisruptionBudgetSpec;
use crate::units::SimTime;

/// A budget as the API server stores it.
#[derive(Clone, Debug, PartialEq)]
pub struct PdbObject {
    /// Number.
    pub id: PdbId,
    /// Name and namespace.
    pub metadata: ObjectMeta,
    /// Grows with each change of the spec.
    pub generation: i64,
    /// What the user asks for.
    pub spec: Arc<PodDisruptionBudgetSpec>,
    /// The selector, ready to match.
    pub selector: Arc<Selector>,
    /// What the controller reports.
    pub status: PdbStatus,
}

/// `status` of a budget.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PdbStatus {
    /// Generation that this status is about; 0 before the first.
    pub observed_generation: i64,
    /// Evictions that were let through and whose pods are not gone, by pod name.
    pub disrupted_pods: BTreeMap<Arc<str>, SimTime>,
    /// Evictions that would be let through now.
    pub disruptions_allowed: i32,
    /// Healthy pods.
    pub current_healthy: i32,
    /// How many must be healthy.
    pub desired_healthy: i32,
    /// Pods that are counted on.
    pub expected_pods: i32,
    /// `DisruptionAllowed`, if set.
    pub condition: Option<PdbCondition>,
}

/// The condition `DisruptionAllowed`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PdbCondition {
    /// Whether it holds.
    pub status: ConditionStatus,
    /// `SufficientPods`, `InsufficientPods` or `SyncFailed`.
    pub reason: &'static str,
    /// Text.
    pub message: Arc<str>,
    /// A whole second.
    pub last_transition_time: SimTime,
    /// Generation of the spec that it is about.
    pub observed_generation: i64,
}
