//! Mirrors `pkg/apis/apps/v1/defaults.go` (v1.36), and of older versions
//! `pkg/apis/{apps/v1beta1,apps/v1beta2,extensions/v1beta1}/defaults.go`. Left out: kinds other
//! than Deployment.

use super::core::default_pod_template;
use crate::api::apps::{Deployment, DeploymentStrategy};
use crate::api::int_or_percent::IntOrPercent;
use crate::api::meta::LabelSelector;

/// No deadline, and no limit of the history.
const NOT_SET: i32 = i32::MAX;

/// `SetDefaults_Deployment` of `apps/v1`, and the defaults of its template.
pub fn default_deployment(deployment: &mut Deployment) {
    let spec = &mut deployment.spec;
    spec.replicas.get_or_insert(1);
    default_strategy(&mut spec.strategy, &IntOrPercent::String("25%".to_owned()), false);
    spec.revision_history_limit.get_or_insert(10);
    spec.progress_deadline_seconds.get_or_insert(600);
    default_pod_template(&mut spec.template);
}

/// `SetDefaults_Deployment` of an old version, where it differs from `apps/v1`; to be followed by
/// [`default_deployment`]. Other versions are left as they are.
pub fn default_old_deployment(deployment: &mut Deployment, api_version: &str) {
    let before_v1beta2 = matches!(api_version, "apps/v1beta1" | "extensions/v1beta1");
    if !before_v1beta2 {
        return;
    }
    default_from_template_labels(deployment);
    let spec = &mut deployment.spec;
    if api_version == "extensions/v1beta1" {
        default_strategy(&mut spec.strategy, &IntOrPercent::Int(1), true);
        spec.progress_deadline_seconds.get_or_insert(NOT_SET);
        spec.revision_history_limit.get_or_insert(NOT_SET);
    } else {
        spec.revision_history_limit.get_or_insert(2);
    }
}

/// Selector and labels of the object, where it has none, from a template that has labels.
fn default_from_template_labels(deployment: &mut Deployment) {
    let labels = &deployment.spec.template.metadata.labels;
    if labels.is_empty() {
        return;
    }
    if deployment.spec.selector.is_none() {
        let match_labels = labels.clone();
        deployment.spec.selector = Some(LabelSelector { match_labels, ..LabelSelector::default() });
    }
    if deployment.metadata.labels.is_empty() {
        deployment.metadata.labels.clone_from(&deployment.spec.template.metadata.labels);
    }
}

/// Fills in the type, and the bounds under `RollingUpdate`; where `whatever_type` is set, also
/// those of a `rollingUpdate` that stands under another type.
fn default_strategy(strategy: &mut DeploymentStrategy, bound: &IntOrPercent, whatever_type: bool) {
    if strategy.type_.is_empty() {
        "RollingUpdate".clone_into(&mut strategy.type_);
    }
    if strategy.type_ == "RollingUpdate" {
        strategy.rolling_update.get_or_insert_default();
    } else if !whatever_type {
        return;
    }
    if let Some(update) = &mut strategy.rolling_update {
        update.max_unavailable.get_or_insert_with(|| bound.clone());
        update.max_surge.get_or_insert_with(|| bound.clone());
    }
}
