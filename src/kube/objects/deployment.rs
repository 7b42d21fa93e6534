//! Deployments and ReplicaSets with the status that their controllers report.

use std::sync::Arc;

use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use super::ids::{DeploymentId, PodId, ReplicaSetId, TemplateId};
use crate::api::apps::DeploymentSpec;
use crate::api::labels::Selector;
use crate::api::meta::{ConditionStatus, ObjectMeta, StringMap};
use crate::kube::controllers::deployment::reason::DeploymentConditionReason;
use crate::units::SimTime;

/// A Deployment as the API server stores it.
#[derive(Clone, Debug, PartialEq)]
pub struct DeploymentObject {
    /// Number.
    pub id: DeploymentId,
    /// Name, namespace, labels, annotations.
    pub metadata: ObjectMeta,
    /// Grows with each write that changes something.
    pub resource_version: u64,
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
    /// All ReplicaSets that it owns, in order of creation.
    pub replica_sets: Vec<ReplicaSetId>,
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
    /// One of a type, the one that changed last at the end.
    pub conditions: Vec<DeploymentCondition>,
}

/// Type of a condition of a Deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum DeploymentConditionType {
    /// Whether enough pods are available.
    Available,
    /// Whether the rollout moves, or is done.
    Progressing,
    /// Whether pods cannot be created or deleted.
    ReplicaFailure,
}

/// A condition of a Deployment. Its message is made from the reason when somebody reads it.
#[derive(Clone, Debug, PartialEq)]
pub struct DeploymentCondition {
    /// Type.
    pub type_: DeploymentConditionType,
    /// Whether it holds.
    pub status: ConditionStatus,
    /// Reason with its names.
    pub reason: DeploymentConditionReason,
    /// Last update, a whole second.
    pub last_update_time: SimTime,
    /// Last change of the status, a whole second.
    pub last_transition_time: SimTime,
}

impl DeploymentStatus {
    /// The condition of that type, if there is one. Mirrors `GetDeploymentCondition`.
    pub fn condition(&self, type_: DeploymentConditionType) -> Option<&DeploymentCondition> {
        self.conditions.iter().find(|condition| condition.type_ == type_)
    }
}

/// Writes reason and message as upstream has them.
impl Serialize for DeploymentCondition {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("DeploymentCondition", 6)?;
        fields.serialize_field("type", &self.type_)?;
        fields.serialize_field("status", &self.status)?;
        fields.serialize_field("reason", self.reason.word())?;
        fields.serialize_field("message", &self.reason.to_string())?;
        fields.serialize_field("lastUpdateTime", &self.last_update_time)?;
        fields.serialize_field("lastTransitionTime", &self.last_transition_time)?;
        fields.end()
    }
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
    pub annotations: Arc<StringMap>,
    /// Grows with each write that changes something.
    pub resource_version: u64,
    /// Grows with each change of the spec.
    pub generation: i64,
    /// A whole second.
    pub creation_timestamp: SimTime,
    /// `spec.replicas`.
    pub replicas: i32,
    /// `spec.minReadySeconds` \[s\].
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
