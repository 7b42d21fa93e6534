//! PodDisruptionBudget as `policy/v1` has it.

use serde::Serialize;

use super::int_or_percent::IntOrPercent;
use super::meta::{LabelSelector, ObjectMeta};

/// A budget as its user wrote it; the status lives in the cluster.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PodDisruptionBudget {
    /// Name and namespace.
    pub metadata: ObjectMeta,
    /// What the user asks for.
    pub spec: PodDisruptionBudgetSpec,
}

/// `spec` of a budget.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PodDisruptionBudgetSpec {
    /// So many pods must stay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_available: Option<IntOrPercent>,
    /// So many pods may go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_unavailable: Option<IntOrPercent>,
    /// Whose pods; absent selects none, empty selects all of the namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selector: Option<LabelSelector>,
    /// `IfHealthyBudget` (also when absent) or `AlwaysAllow`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unhealthy_pod_eviction_policy: Option<String>,
}
