//! Answers of the API server that a fault or a recording scripts, instead of those that the store
//! would give. Empty in a healthy cluster.

use std::sync::Arc;

use super::cluster::Cluster;
use super::write::{Refused, Write};

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

impl Cluster {
    /// What the script answers to a write, if it does not let it through.
    pub(super) fn scripted_refusal(&mut self, write: &Write) -> Option<Refused> {
        match write {
            Write::HpaStatus { .. } => self.script.hpa_status_error.clone().map(Refused::Conflict),
            Write::UpdateScale { deployment, .. } if self.script.scale_conflicts > 0 => {
                self.script.scale_conflicts -= 1;
                let name = &self.deployment(*deployment)?.metadata.name;
                Some(Refused::Conflict(Arc::from(format!(
                    "Operation cannot be fulfilled on deployments.apps \"{name}\": the object has \
                     been modified; please apply your changes to the latest version and try again"
                ))))
            }
            Write::UpdateScale { .. } => {
                self.script.scale_update_error.clone().map(Refused::Internal)
            }
            _ => None,
        }
    }
}
