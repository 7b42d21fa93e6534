//! What users do to pods.

use std::sync::Arc;

use crate::api::meta::{ConditionStatus, StringMap};
use crate::kube::apiserver::Write;
use crate::kube::apiserver::write::PodStatus;
use crate::kube::objects::ids::{DeploymentId, PodId};
use crate::kube::objects::pod::{POD_DELETION_COST, Pod, PodCondition, deletion_cost};
use crate::scenario::action::{PodAction, Pods};
use crate::sim::Simulation;

impl Simulation<'_> {
    /// Does something to pods, as far as they exist.
    ///
    /// # Errors
    /// What the API server says against it, or that there is no such pod.
    pub(super) fn act_on_pods(&mut self, which: Pods, what: &PodAction) -> Result<(), String> {
        let pods = self.chosen(which);
        if pods.is_empty() {
            return Err("pods not found".to_owned());
        }
        for pod in pods {
            if let Some(write) = self.planned_for_pod(pod, what) {
                self.try_request(write)?;
            }
        }
        Ok(())
    }

    /// Those that exist, in order of creation.
    fn chosen(&self, which: Pods) -> Vec<PodId> {
        match which {
            Pods::Numbered(pod) => self.cluster.pod(pod).map(|pod| pod.id).into_iter().collect(),
            Pods::OldestOf { deployment, count } => {
                let owner = self.cluster.deployment(DeploymentId(deployment));
                let is_of = |pod: &&Pod| {
                    owner.is_some_and(|owner| {
                        *pod.namespace == *owner.metadata.namespace
                            && owner.selector.matches(&self.cluster.label_set(pod.labels).labels)
                    })
                };
                let pods = self.cluster.pods().iter().filter(is_of);
                let mut pods: Vec<PodId> =
                    pods.filter(|pod| pod.deletion.is_none()).map(|pod| pod.id).collect();
                pods.sort_unstable();
                pods.truncate(count as usize);
                pods
            }
        }
    }

    fn planned_for_pod(&self, id: PodId, what: &PodAction) -> Option<Write> {
        let pod = self.cluster.pod(id)?;
        Some(match what {
            PodAction::Delete { grace_period_seconds } => {
                Write::DeletePod { pod: id, grace_period_seconds: *grace_period_seconds }
            }
            PodAction::Label { name, value } => {
                let mut labels = (*self.cluster.label_set(pod.labels).labels).clone();
                labels.insert(name.to_string(), value.to_string());
                Write::RelabelPod { pod: id, labels: Arc::new(labels) }
            }
            PodAction::Annotation { name, value } if **name == *POD_DELETION_COST => {
                let annotations = StringMap::from([(name.to_string(), value.to_string())]);
                Write::SetDeletionCost { pod: id, cost: deletion_cost(&annotations) }
            }
            PodAction::Annotation { .. } => return None,
            PodAction::Ready(ready) => {
                Write::PodStatus { pod: id, status: self.with_ready(pod, *ready) }
            }
        })
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
