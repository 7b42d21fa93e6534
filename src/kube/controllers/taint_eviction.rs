//! Mirrors pkg/controller/tainteviction/taint_eviction.go and timed_workers.go (v1.36): pods leave
//! nodes with `NoExecute` taints that they do not stand, or not any longer. No budget is asked.
//! Left out: tolerations that change, failed deletions and their retries, the event for a pod that
//! goes before its time has come.

pub mod reason;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::api::core::{Taint, Toleration};
use crate::kube::apiserver::default_toleration_seconds::tolerations_of;
use crate::kube::apiserver::watch::TAINT_EVICTION_POD;
use crate::kube::apiserver::{Api, EventType, Write};
use crate::kube::objects::ids::{NodeId, ObjectId, PodId};
use crate::kube::objects::node::taint;
use crate::kube::objects::pod::DisruptionTargetReason;
use crate::kube::reason::Reason;
use crate::kube::scheduler::taint_toleration::tolerates_taint;
use crate::units::{SimDuration, SimTime};
use reason::TaintEvictionReason;

/// The taint eviction controller.
#[derive(Clone, Debug, Default)]
pub struct TaintEvictionController {
    /// Nodes with `NoExecute` taints.
    tainted: BTreeMap<NodeId, Tainted>,
    /// Pods whose time has not come.
    scheduled: BTreeMap<PodId, Scheduled>,
}

#[derive(Clone, Debug)]
struct Tainted {
    taints: Arc<[Taint]>,
    /// Pods that were looked at under these taints.
    seen: BTreeSet<PodId>,
}

/// A deletion to come.
#[derive(Clone, Copy, Debug)]
struct Scheduled {
    created_at: SimTime,
    fire_at: SimTime,
}

impl TaintEvictionController {
    /// A controller that has seen nothing yet.
    pub fn new() -> TaintEvictionController {
        TaintEvictionController::default()
    }

    /// The taints of a node changed, or a pod came to it. Mirrors `handleNodeUpdate` and
    /// `handlePodUpdate`.
    pub fn handle_node_update(&mut self, api: &mut Api<'_>, id: NodeId) {
        let Some(node) = api.cluster().node(id) else {
            self.tainted.remove(&id);
            return;
        };
        let of_effect = node.taints.iter().filter(|taint| taint.effect == taint::NO_EXECUTE);
        let taints: Vec<Taint> = of_effect.cloned().collect();
        let former = self.tainted.remove(&id);
        if taints.is_empty() && former.is_none() {
            return;
        }
        let pods = node.pods.clone();
        if taints.is_empty() {
            for &pod in &pods {
                self.cancel_work(api, pod);
            }
            return;
        }
        let mut seen = match &former {
            Some(former) if *former.taints == *taints => former.seen.clone(),
            _ => BTreeSet::new(),
        };
        for &pod in pods.iter().filter(|pod| !seen.contains(pod)) {
            self.process_pod_on_node(api, pod, &taints);
        }
        seen = pods.into_iter().collect();
        self.tainted.insert(id, Tainted { taints: Arc::from(taints), seen });
    }

    /// The time of a pod may have come.
    pub fn fire(&mut self, api: &mut Api<'_>, pod: PodId) {
        let Some(&Scheduled { fire_at, .. }) = self.scheduled.get(&pod) else { return };
        if fire_at > api.now() {
            return api.wake(TAINT_EVICTION_POD, pod.0, fire_at);
        }
        self.scheduled.remove(&pod);
        add_condition_and_delete_pod(api, pod);
    }

    fn process_pod_on_node(&mut self, api: &mut Api<'_>, id: PodId, taints: &[Taint]) {
        let now = api.now();
        let Some(pod) = api.cluster().pod(id) else { return };
        let spec = &api.cluster().template(pod.template).spec.spec;
        let stands_for = min_toleration_time(taints, &tolerations_of(spec));
        match stands_for {
            Stands::Not => {
                self.cancel_work(api, id);
                add_condition_and_delete_pod(api, id);
            }
            Stands::Forever => self.cancel_work(api, id),
            Stands::For(time) => {
                // What was decided at an earlier instant stands: it comes first.
                if self.scheduled.get(&id).is_some_and(|former| former.created_at < now) {
                    return;
                }
                self.cancel_work(api, id);
                let fire_at = now.saturating_add(time);
                self.scheduled.insert(id, Scheduled { created_at: now, fire_at });
                api.wake(TAINT_EVICTION_POD, id.0, fire_at);
            }
        }
    }

    /// Mirrors `cancelWorkWithEvent`.
    fn cancel_work(&mut self, api: &mut Api<'_>, pod: PodId) {
        if self.scheduled.remove(&pod).is_some() {
            event(api, pod, true);
        }
    }
}

/// For how long a pod stands taints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stands {
    Not,
    For(SimDuration),
    Forever,
}

/// Mirrors `GetMatchingTolerations` and `getMinTolerationTime`: of the first toleration of each
/// taint the shortest counts.
fn min_toleration_time(taints: &[Taint], tolerations: &[Toleration]) -> Stands {
    let mut least: Option<i64> = None;
    for taint in taints {
        let mut matching = tolerations.iter().filter(|one| tolerates_taint(one, taint));
        let Some(used) = matching.next() else { return Stands::Not };
        if let Some(seconds) = used.toleration_seconds {
            least = Some(least.map_or(seconds, |least| least.min(seconds)));
        }
    }
    match least {
        None => Stands::Forever,
        Some(seconds) if seconds <= 0 => Stands::Not,
        Some(seconds) => Stands::For(SimDuration(seconds.saturating_mul(1000))),
    }
}

/// Mirrors `deletePodHandler`.
fn add_condition_and_delete_pod(api: &mut Api<'_>, id: PodId) {
    if api.cluster().pod(id).is_none() {
        return;
    }
    event(api, id, false);
    let Some(pod) = api.cluster().pod(id) else { return };
    let why = DisruptionTargetReason::DeletionByTaintManager;
    let condition = pod.to_be_disrupted(why, api.now());
    let reason = TaintEvictionReason::DeletionByTaintManager;
    send(api, Write::DisruptionTarget { pod: id, condition }, reason.clone());
    if api.cluster().pod(id).is_some() {
        send(api, Write::DeletePod { pod: id, grace_period_seconds: None }, reason);
    }
}

fn event(api: &mut Api<'_>, id: PodId, cancelled: bool) {
    let Some(pod) = api.cluster().pod(id) else { return };
    let (namespace, pod) = (Arc::clone(&pod.namespace), Arc::clone(&pod.name));
    let reason = TaintEvictionReason::TaintManagerEviction { namespace, pod, cancelled };
    let write = Write::Event { object: ObjectId::Pod(id), type_: EventType::Normal };
    send(api, write, reason);
}

/// Writes an object that was just read.
fn send(api: &mut Api<'_>, write: Write, reason: TaintEvictionReason) {
    let written = api.write(write, Reason::TaintEviction(reason));
    written.expect("an object that exists can be written");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taint(key: &str) -> Taint {
        Taint { key: key.to_owned(), value: String::new(), effect: "NoExecute".to_owned() }
    }

    fn toleration(key: &str, seconds: Option<i64>) -> Toleration {
        Toleration {
            key: key.to_owned(),
            operator: "Exists".to_owned(),
            toleration_seconds: seconds,
            ..Toleration::default()
        }
    }

    #[test]
    fn the_shortest_toleration_in_use_counts() {
        let tolerations = [toleration("a", Some(60)), toleration("b", Some(30))];
        let time = |keys: &[&str]| {
            let taints: Vec<Taint> = keys.iter().map(|key| taint(key)).collect();
            min_toleration_time(&taints, &tolerations)
        };
        assert_eq!(time(&["a"]), Stands::For(SimDuration::from_secs(60)));
        assert_eq!(time(&["a", "b"]), Stands::For(SimDuration::from_secs(30)));
        assert_eq!(time(&["a", "c"]), Stands::Not);
    }

    #[test]
    fn tolerations_without_time_are_for_ever_and_without_any_time_none() {
        let stands = |seconds| min_toleration_time(&[taint("a")], &[toleration("a", seconds)]);
        assert_eq!(stands(None), Stands::Forever);
        assert_eq!(stands(Some(0)), Stands::Not);
        assert_eq!(stands(Some(-5)), Stands::Not);
        assert_eq!(stands(Some(i64::MAX)), Stands::For(SimDuration::MAX));
    }
}
