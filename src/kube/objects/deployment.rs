//! Deployments and ReplicaSets with the status that their controllers report.

use std::sync::Arc;

use serde::Serialize;

use super::ids::{DeploymentId, PodId, ReplicaSetId, TemplateId};
use crate::api::apps::DeploymentSpec;
use crate::api::labels::Selector;
use crate::api::meta::{ConditionStatus, ObjectMeta, StringMap};
use crate::units::SimTime;

/// A Deployment as the API server stores it.
#[derive(Clone, Debug, PartialEq)]
pub struct DeploymentObject {
    /// Number.
    pub id: DeploymentId,
    /// Name, namespace, labels, annotations.
    pub metadata: ObjectMeta,
    /// Grows with each change of the spec or of annotations.
    pub generation: i64,
    /// A whole second.
    pub creation_timestamp: SimTime,
    /// Whether it is being deleted.
    pub deleting: bool,
    /// Spec, defaulted. Its template is also in the cluster's table under `template`.
    pub spec: Arc<DeploymentSpec>,
    /// The selector, ready to match.
    pub selector: Arc<Selector>,
    /// Number of `spec.template`.
    pub template: TemplateId,
    /// What the controller reports.
    pub status: DeploymentStatus,
}

impl DeploymentObject {
    /// `spec.replicas`, defaulted.
    pub fn replicas(&self) -> i32 {
        self.spec.replicas.unwrap_or(1)
    }
}

/// `status` of a Deployment.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeploymentStatus {
    /// Generation that this status is about.
    pub observed_generation: i64,
    /// Pods of all ReplicaSets.
    pub replicas: i32,
    /// Pods of the newest template.
    pub updated_replicas: i32,
    /// Ready pods.
    pub ready_replicas: i32,
    /// Pods that have been ready for `minReadySeconds`.
    pub available_replicas: i32,
    /// Wanted but not available.
    pub unavailable_replicas: i32,
    /// Marked for deletion and not gone; absent when not known.
    pub terminating_replicas: Option<i32>,
    /// Collisions of template hashes.
    pub collision_count: Option<i32>,
    /// `Available`, `Progressing`, `ReplicaFailure`, in upstream's order.
    pub conditions: Vec<DeploymentCondition>,
}

/// A condition of a Deployment.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeploymentCondition {
    /// `Available`, `Progressing` or `ReplicaFailure`.
    #[serde(rename = "type")]
    pub type_: &'static str,
    /// Whether it holds.
    pub status: ConditionStatus,
    /// Reason in upstream's word.
    pub reason: &'static str,
    /// Text.
    pub message: Arc<str>,
    /// Last update, a whole second.
    pub last_update_time: SimTime,
    /// Last change of the status, a whole second.
    pub last_transition_time: SimTime,
}

/// A ReplicaSet as the API server stores it.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplicaSetObject {
    /// Number.
    pub id: ReplicaSetId,
    /// Name.
    pub name: Arc<str>,
    /// Namespace.
    pub namespace: Arc<str>,
    /// The Deployment that controls it, if one does.
    pub owner: Option<DeploymentId>,
    /// Labels.
    pub labels: StringMap,
    /// Annotations: revision, desired-replicas, max-replicas and those copied from the Deployment.
    pub annotations: StringMap,
    /// Grows with each change of the spec.
    pub generation: i64,
    /// A whole second.
    pub creation_timestamp: SimTime,
    /// `spec.replicas`.
    pub replicas: i32,
    /// `spec.minReadySeconds` [s].
    pub min_ready_seconds: i32,
    /// The selector, with the pod-template-hash.
    pub selector: Arc<Selector>,
    /// Template of its pods, with the pod-template-hash.
    pub template: TemplateId,
    /// The Deployment's template it was made from (without the hash).
    pub base_template: TemplateId,
    /// All pods that it owns, terminating and finished ones too, in order of creation.
    pub pods: Vec<PodId>,
    /// What the controller reports.
    pub status: ReplicaSetStatus,
}

/// `status` of a ReplicaSet.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReplicaSetStatus {
    /// Generation that this status is about.
    pub observed_generation: i64,
    /// Active pods.
    pub replicas: i32,
    /// Active pods with all labels of the template.
    pub fully_labeled_replicas: i32,
    /// Ready pods.
    pub ready_replicas: i32,
    /// Pods that have been ready for `minReadySeconds`.
    pub available_replicas: i32,
    /// Marked for deletion and not gone; absent before the first sync.
    pub terminating_replicas: Option<i32>,
    /// `ReplicaFailure`, if there is one.
    pub replica_failure: Option<ReplicaSetCondition>,
}

/// The condition `ReplicaFailure` of a ReplicaSet.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReplicaSetCondition {
    /// `FailedCreate` or `FailedDelete`.
    pub reason: &'static str,
    /// Text of the error.
    pub message: Arc<str>,
    /// A whole second.
    pub last_transition_time: SimTime,
}
