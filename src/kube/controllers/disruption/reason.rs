//! What the disruption controller says: conditions and events with their numbers.
//! Mirrors the texts of `pkg/controller/disruption/disruption.go` (v1.36); words that upstream has
//! no event or condition for are named after its functions.

use std::fmt;
use std::sync::Arc;

use crate::api::meta::LabelSelector;
use crate::api::policy::PodDisruptionBudgetSpec;

/// Why the controller wrote something, or what an event of its tells.
#[derive(Clone, Debug, PartialEq)]
pub enum DisruptionReason {
    /// The budget selects no pod.
    NoPods,
    /// The controllers of the pods cannot be counted on.
    CalculateExpectedPodCountFailed {
        /// Why.
        error: Arc<str>,
    },
    /// The budget selects pods without a controller, which it cannot count.
    UnmanagedPods {
        /// The budget's spec, with its selector.
        spec: Arc<PodDisruptionBudgetSpec>,
    },
    /// A pod matches several budgets; only the first hears of it.
    MultiplePodDisruptionBudgets {
        /// Namespace of both.
        namespace: Arc<str>,
        /// Name of the pod.
        pod: Arc<str>,
        /// Name of the budget that hears of it.
        pdb: Arc<str>,
    },
    /// An eviction was let through, and the pod is still there.
    NotDeleted {
        /// Namespace of both.
        namespace: Arc<str>,
    },
    /// Pods may be evicted.
    SufficientPods {
        /// How many.
        allowed: i32,
    },
    /// No pod may be evicted.
    InsufficientPods {
        /// Healthy pods.
        healthy: i32,
        /// How many there have to be.
        desired: i32,
    },
    /// The counts could not be made.
    SyncFailed {
        /// Why.
        error: Arc<str>,
    },
    /// A pod that was to be disrupted is still there; its condition is taken back.
    StalePodDisruption,
}

impl DisruptionReason {
    /// Upstream's CamelCase word.
    pub fn word(&self) -> &'static str {
        match self {
            DisruptionReason::NoPods => "NoPods",
            DisruptionReason::CalculateExpectedPodCountFailed { .. } => {
                "CalculateExpectedPodCountFailed"
            }
            DisruptionReason::UnmanagedPods { .. } => "UnmanagedPods",
            DisruptionReason::MultiplePodDisruptionBudgets { .. } => "MultiplePodDisruptionBudgets",
            DisruptionReason::NotDeleted { .. } => "NotDeleted",
            DisruptionReason::SufficientPods { .. } => "SufficientPods",
            DisruptionReason::InsufficientPods { .. } => "InsufficientPods",
            DisruptionReason::SyncFailed { .. } => "SyncFailed",
            DisruptionReason::StalePodDisruption => "StalePodDisruption",
        }
    }
}

impl fmt::Display for DisruptionReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DisruptionReason::NoPods => f.write_str("No matching pods found"),
            DisruptionReason::CalculateExpectedPodCountFailed { error } => {
                write!(f, "Failed to calculate the number of expected pods: {error}")
            }
            DisruptionReason::UnmanagedPods { spec } => {
                f.write_str("Pods selected by this PodDisruptionBudget (selector: ")?;
                write_selector(f, spec.selector.as_ref())?;
                f.write_str(
                    ") were found to be unmanaged. As a result, the status of the PDB cannot be \
                     calculated correctly, which may result in undefined behavior. To account for \
                     these pods please set \".spec.minAvailable\" field of the PDB to an integer \
                     value.",
                )
            }
            DisruptionReason::MultiplePodDisruptionBudgets { namespace, pod, pdb } => write!(
                f,
                "Pod \"{namespace}\"/\"{pod}\" matches multiple PodDisruptionBudgets.  Chose \
                 \"{pdb}\" arbitrarily."
            ),
            // Upstream prints the namespace twice.
            DisruptionReason::NotDeleted { namespace } => write!(
                f,
                "Pod was expected by PDB {namespace}/{namespace} to be deleted but it wasn't"
            ),
            DisruptionReason::SufficientPods { allowed } => {
                write!(f, "{allowed} pods may be evicted")
            }
            DisruptionReason::InsufficientPods { healthy, desired } => {
                write!(f, "{healthy} pods are healthy and {desired} have to be")
            }
            DisruptionReason::SyncFailed { error } => f.write_str(error),
            DisruptionReason::StalePodDisruption => {
                f.write_str("The pod was to be disrupted and is still there")
            }
        }
    }
}

/// A selector as Go prints it.
fn write_selector(f: &mut fmt::Formatter<'_>, selector: Option<&LabelSelector>) -> fmt::Result {
    let Some(selector) = selector else { return f.write_str("nil") };
    f.write_str("&LabelSelector{MatchLabels:map[string]string{")?;
    for (key, value) in &selector.match_labels {
        write!(f, "{key}: {value},")?;
    }
    f.write_str("},MatchExpressions:[]LabelSelectorRequirement{")?;
    for expression in &selector.match_expressions {
        let (key, operator) = (&expression.key, &expression.operator);
        let values = expression.values.join(" ");
        write!(f, "LabelSelectorRequirement{{Key:{key},Operator:{operator},Values:[{values}],}},")?;
    }
    f.write_str("},}")
}
