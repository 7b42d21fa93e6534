//! What users do to pods.

use std::sync::Arc;

use crate::api::meta::{ConditionStatus, StringMap};
use crate::kube::apiserver::Write;
use crate::kube::apiserver::write::PodStatus;
use crate::kube::objects::ids::PodId;
use crate::kube::objects::pod::{POD_DELETION_COST, Pod, PodCondition, deletion_cost};
use crate::scenario::action::PodAction;
use crate::sim::Simulation;

impl Simulation<'_> {
    /// Does something to a pod, if it exists.
    pub(super) fn act_on_pod(&mut self, id: PodId, what: &PodAction) {
        let Some(pod) = self.cluster.pod(id) else { return };
        let write = match what {
            PodAction::Delete => Write::DeletePod { pod: id, grace_period_seconds: None },
            PodAction::Label { name, value } => {
                let mut labels = (*self.cluster.label_set(pod.labels).labels).clone();
                labels.insert(name.to_string(), value.to_string());
                Write::RelabelPod { pod: id, labels: Arc::new(labels) }
            }
            PodAction::Annotation { name, value } if **name == *POD_DELETION_COST => {
                let annotations = StringMap::from([(name.to_string(), value.to_string())]);
                Write::SetDeletionCost { pod: id, cost: deletion_cost(&annotations) }
            }
            PodAction::Annotation { .. } => return,
            PodAction::Ready(ready) => {
                Write::PodStatus { pod: id, status: self.with_ready(pod, *ready) }
            }
        };
        self.request(write);
    }

    /// The status of a pod with another condition Ready. Mirrors `podutil.UpdatePodCondition`.
    fn with_ready(&self, pod: &Pod, ready: bool) -> PodStatus {
        let status = if ready { ConditionStatus::True } else { ConditionStatus::False };
        let former = pod.ready.filter(|former| former.status == status);
        let condition = PodCondition { status, last_transition_time: self.cluster.now };
        PodStatus {
            phase: pod.phase,
            activity: pod.activity,
            start_time: pod.start_time,
            ready: Some(former.unwrap_or(condition)),
            restarts: pod.restarts,
            sidecar_restarts: pod.sidecar_restarts,
        }
    }
}
