//! What users do to pods.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::api::meta::{ConditionStatus, StringMap};
use crate::kube::apiserver::eviction::Eviction;
use crate::kube::apiserver::write::PodStatus;
use crate::kube::apiserver::{Write, watch};
use crate::kube::objects::ids::{DeploymentId, PodId};
use crate::kube::objects::pod::{POD_DELETION_COST, Pod, PodCondition, deletion_cost};
use crate::scenario::KubeletKind;
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
        if *what == PodAction::Evict {
            let named = |id| {
                let name = self.cluster.pod(id).map(|pod| Arc::clone(&pod.name));
                Eviction::new(id, name.unwrap_or_else(|| Arc::from("")))
            };
            let evictions = pods.into_iter().map(named).collect();
            self.evictions.insert(self.acting, evictions);
            self.go_on_evicting(self.acting);
            return Ok(());
        }
        for pod in pods {
            if let Some(write) = self.planned_for_pod(pod, what) {
                self.try_request(write)?;
            }
            if matches!(what, PodAction::Ready(_)) && self.is_staged() {
                self.cluster.wakes.wake(watch::KUBELET, pod.0, self.cluster.now);
            }
        }
        Ok(())
    }

    /// Whether a kubelet looks at a pod that somebody else made unready.
    fn is_staged(&self) -> bool {
        matches!(self.scenario.cluster.kubelet, KubeletKind::Staged(_))
    }

    /// Asks for the next eviction, when the one before it is answered.
    pub(in crate::sim) fn go_on_evicting(&mut self, number: u32) {
        let next = self.evictions.get_mut(&number).and_then(VecDeque::pop_front);
        let Some(eviction) = next else { return };
        let answer = self.cluster.evict(&eviction);
        let timings = self.cluster.timings;
        let takes =
            if answer.is_allowed() { timings.eviction_allowed } else { timings.eviction_refused };
        self.cluster.wakes.wake(watch::KUBECTL, number, self.cluster.now + takes);
    }

    /// Those that exist, in order of creation.
    fn chosen(&self, which: Pods) -> Vec<PodId> {
        match which {
            Pods::Numbered(pod) => self.cluster.pod(pod).map(|pod| pod.id).into_iter().collect(),
            Pods::OldestOf { deployment, count } | Pods::NewestOf { deployment, count } => {
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
                let count = (count as usize).min(pods.len());
                match which {
                    Pods::NewestOf { .. } => pods.split_off(pods.len() - count),
                    _ => pods[..count].to_vec(),
                }
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
            PodAction::Annotation { .. } | PodAction::Evict => return None,
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
