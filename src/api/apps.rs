//! Deployment as `apps/v1` has it. Mirrors `k8s.io/api/apps/v1/types.go`.

use std::sync::Arc;

use serde::Serialize;

use super::core::PodTemplateSpec;
use super::int_or_percent::IntOrPercent;
use super::meta::{LabelSelector, ObjectMeta};
use super::swarm::ServiceStrategy;

/// A Deployment as its user wrote it; the status lives in the cluster.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Deployment {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// What the user asks for.
    pub spec: DeploymentSpec,
    /// `status.replicas` of a live manifest (`kubectl get -o yaml`), if it has one.
    #[serde(skip)]
    pub live_replicas: Option<i32>,
}

/// `spec` of a Deployment.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeploymentSpec {
    /// Number of pods; 1 when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<i32>,
    /// Whose pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selector: Option<LabelSelector>,
    /// What a pod looks like.
    pub template: PodTemplateSpec,
    /// How pods are replaced.
    pub strategy: DeploymentStrategy,
    /// How long a pod must be ready before it counts as available \[s\].
    #[serde(skip_serializing_if = "is_zero")]
    pub min_ready_seconds: i32,
    /// How many old ReplicaSets are kept; 10 when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision_history_limit: Option<i32>,
    /// Whether the rollout stands still.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub paused: bool,
    /// How long without progress until it is reported \[s\]; 600 when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress_deadline_seconds: Option<i32>,
}

/// `spec.strategy`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeploymentStrategy {
    /// `RollingUpdate` or `Recreate`; empty before defaulting.
    #[serde(rename = "type", skip_serializing_if = "String::is_empty")]
    pub type_: String,
    /// Bounds of a rolling update.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rolling_update: Option<RollingUpdateDeployment>,
    /// Set for a service of Docker Swarm, which no Deployment controller works for.
    #[serde(skip)]
    pub swarm: Option<Arc<ServiceStrategy>>,
}

/// `spec.strategy.rollingUpdate`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RollingUpdateDeployment {
    /// How many pods may be missing; rounded down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_unavailable: Option<IntOrPercent>,
    /// How many pods may be there beyond `replicas`; rounded up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_surge: Option<IntOrPercent>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn is_zero(number: &i32) -> bool {
    *number == 0
}
