//! Whom a write is about.

use super::write::Write;
use crate::kube::objects::ids::{ObjectId, PodId};

impl Write {
    /// The pod that this changes or tells of, if it is one that exists already.
    pub fn pod(&self) -> Option<PodId> {
        match self {
            Write::BindPod { pod, .. }
            | Write::ReleasePod(pod)
            | Write::PodUnscheduled { pod, .. }
            | Write::PodStatus { pod, .. }
            | Write::DisruptionTarget { pod, .. }
            | Write::DeletePod { pod, .. }
            | Write::RemovePod(pod)
            | Write::RelabelPod { pod, .. }
            | Write::SetPodOwner { pod, .. }
            | Write::SetPodController { pod, .. }
            | Write::SetDeletionCost { pod, .. }
            | Write::Note(ObjectId::Pod(pod))
            | Write::Event { object: ObjectId::Pod(pod), .. } => Some(*pod),
            _ => None,
        }
    }
}
