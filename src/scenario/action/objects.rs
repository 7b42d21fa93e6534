//! What can be done to objects that only people change: autoscalers and budgets.

use std::sync::Arc;

use crate::api::autoscaling::HorizontalPodAutoscalerSpec;
use crate::api::policy::PodDisruptionBudgetSpec;

/// An HPA as it is from now on.
#[derive(Clone, Debug, PartialEq)]
pub struct HpaAction {
    /// Number of this spec: those of time 0 are numbered by their HPAs' places, later ones follow
    /// in order of time. A [`crate::scenario::MetricWiring`] names specs by this.
    pub number: u32,
    /// Defaulted and valid.
    pub spec: Arc<HorizontalPodAutoscalerSpec>,
    /// What is done, in a few words.
    pub title: Arc<str>,
}

/// A budget as it is from now on.
#[derive(Clone, Debug, PartialEq)]
pub struct PdbAction {
    /// Defaulted and valid.
    pub spec: Arc<PodDisruptionBudgetSpec>,
    /// What is done, in a few words.
    pub title: Arc<str>,
}
