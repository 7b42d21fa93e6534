//! Answers of the API server that a fault or a recording scripts, instead of those that the store
//! would give. Empty in a healthy cluster.

use std::sync::Arc;

/// What the API server answers out of the ordinary.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Script {
    /// The REST mapper does not know the kind of a scale target.
    pub mapper_error: Option<Arc<str>>,
    /// The scale subresource cannot be read.
    pub scale_error: Option<Arc<str>>,
    /// What the scale subresource says instead of the target's own.
    pub scale: Option<ScriptedScale>,
    /// So many writes of a scale meet a conflict before one does not.
    pub scale_conflicts: u32,
    /// Writes of a scale fail.
    pub scale_update_error: Option<Arc<str>>,
    /// Writes of an HPA's status fail.
    pub hpa_status_error: Option<Arc<str>>,
    /// The server refuses to create a pod when this many exist, terminating ones included.
    pub pod_quota: Option<i64>,
}

/// A scale subresource that is not backed by a modelled object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScriptedScale {
    /// `spec.replicas`.
    pub spec_replicas: i32,
    /// `status.replicas`.
    pub status_replicas: i32,
    /// `status.selector`.
    pub selector: Arc<str>,
}
