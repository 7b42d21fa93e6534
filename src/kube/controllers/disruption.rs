//! Mirrors `pkg/controller/disruption/disruption.go` (v1.36): the status of budgets. Left out:
//! controllers that are not simulated (a pod is a ReplicaSet's or nobody's), conflicts (nobody
//! writes a status while a sync runs).

mod expected;
pub mod reason;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::workqueue::RateLimitingQueue;
use crate::api::meta::ConditionStatus;
use crate::kube::apiserver::watch::{DISRUPTION, DISRUPTION_RECHECK, STALE_POD_DISRUPTION};
use crate::kube::apiserver::{Api, Applied, Cluster, EventType, Write};
use crate::kube::objects::disruption::{PdbCondition, PdbObject, PdbStatus};
use crate::kube::objects::ids::{LabelSetId, ObjectId, PdbId, PodId};
use crate::kube::objects::pod::{DisruptionTarget, Pod};
use crate::kube::reason::Reason;
use crate::units::{SimDuration, SimTime};
use expected::Expected;
use reason::DisruptionReason;

/// How long a pod may be there after its eviction was let through.
pub const DELETION_TIMEOUT: SimDuration = SimDuration::from_secs(120);
/// How long a pod may be there that is to be disrupted.
pub const STALE_POD_DISRUPTION_TIMEOUT: SimDuration = SimDuration::from_secs(120);

/// The disruption controller.
#[derive(Clone, Debug)]
pub struct DisruptionController {
    queue: RateLimitingQueue,
    /// By number of the budget.
    matching: Vec<Matching>,
}

/// Which sets of labels a budget's selector matches.
#[derive(Clone, Debug, Default)]
struct Matching {
    /// Generation of the selector.
    generation: i64,
    /// How many sets were looked at.
    known: usize,
    sets: Vec<LabelSetId>,
}

impl Default for DisruptionController {
    fn default() -> DisruptionController {
        DisruptionController::new()
    }
}

impl DisruptionController {
    /// A controller that has seen nothing yet.
    pub fn new() -> DisruptionController {
        DisruptionController { queue: RateLimitingQueue::new(DISRUPTION), matching: Vec::new() }
    }

    /// Counts the pods of a budget and says how many may be evicted.
    ///
    /// `again` says that the key was added more than once. Then upstream's worker goes on at once
    /// with another sync, on what the cache has by then: if this one wrote the status, that is the
    /// one before, the other sync meets a conflict, and the key is tried again.
    pub fn reconcile(&mut self, api: &mut Api<'_>, pdb: PdbId, again: bool) {
        let now = api.now();
        self.queue.start(pdb.0, now);
        let wrote = self.sync(api, pdb);
        if again && api.cluster().timings.disruption_sync == SimDuration::ZERO {
            if wrote {
                self.tell_again(api, pdb);
                self.queue.add_rate_limited(pdb.0, now);
            } else {
                self.sync(api, pdb);
            }
        }
        self.queue.forget(pdb.0);
        self.queue.done(api, pdb.0);
    }

    /// Whether anything was written.
    fn sync(&mut self, api: &mut Api<'_>, pdb: PdbId) -> bool {
        let Some(object) = api.cluster().pdb(pdb) else { return false };
        let pods = self.pods_of(api.cluster(), object);
        match try_sync(api, pdb, &pods) {
            Ok(wrote) => wrote,
            Err(error) => fail_safe(api, pdb, &error),
        }
    }

    /// The events of a sync that comes to nothing.
    fn tell_again(&mut self, api: &mut Api<'_>, pdb: PdbId) {
        if let Some(object) = api.cluster().pdb(pdb) {
            let pods = self.pods_of(api.cluster(), object);
            // It would fail as the one before it.
            let _ = get_expected_pod_count(api, pdb, &pods);
        }
    }

    /// An eviction of a pod of a budget should have shown by now: looks again, in a moment.
    pub fn recheck(&mut self, api: &mut Api<'_>, pdb: PdbId) {
        self.queue.add_rate_limited(pdb.0, api.now());
        self.queue.done(api, pdb.0);
    }

    /// A pod that was to be disrupted should be gone by now: takes its condition back if it is not
    /// (`syncStalePodDisruption`).
    pub fn sync_stale_pod_disruption(&mut self, api: &mut Api<'_>, pod: PodId) {
        let now = api.now();
        let object = api.cluster().pod(pod);
        let Some(stale_at) = object.and_then(stale_disruption_at) else { return };
        if stale_at > now {
            api.wake(STALE_POD_DISRUPTION, pod.0, stale_at);
            return;
        }
        let status = ConditionStatus::False;
        let condition = DisruptionTarget { status, reason: None, last_transition_time: now };
        let target = Write::DisruptionTarget { pod, condition };
        write(api, target, DisruptionReason::StalePodDisruption);
    }

    /// All pods that a budget selects, in order of creation.
    fn pods_of(&mut self, cluster: &Cluster, object: &PdbObject) -> Vec<PodId> {
        let index = object.id.index();
        if self.matching.len() <= index {
            self.matching.resize_with(index + 1, Matching::default);
        }
        let matching = &mut self.matching[index];
        matching.update(cluster, object);
        let groups = matching.sets.iter().map(|&set| cluster.pods().with_labels(set));
        let mut pods: Vec<PodId> = groups.flatten().copied().collect();
        if matching.sets.len() > 1 {
            pods.sort_unstable();
        }
        pods
    }
}

impl Matching {
    fn update(&mut self, cluster: &Cluster, object: &PdbObject) {
        if self.generation != object.generation {
            *self = Matching { generation: object.generation, ..Matching::default() };
        }
        let label_sets = cluster.label_sets();
        for (index, set) in label_sets.iter().enumerate().skip(self.known) {
            if *set.namespace == *object.metadata.namespace && object.selector.matches(&set.labels)
            {
                self.sets.push(LabelSetId(index as u32));
            }
        }
        self.known = label_sets.len();
    }
}

/// When a pod's condition `DisruptionTarget` is to be taken back, if the pod is not on its way out
/// (`nonTerminatingPodHasStaleDisruptionCondition`).
pub fn stale_disruption_at(pod: &Pod) -> Option<SimTime> {
    let condition = pod.disruption_target?;
    let waits = condition.status == ConditionStatus::True && pod.is_active();
    waits.then(|| condition.last_transition_time + STALE_POD_DISRUPTION_TIMEOUT)
}

/// Whether the status was written.
fn try_sync(api: &mut Api<'_>, id: PdbId, pods: &[PodId]) -> Result<bool, Arc<str>> {
    let expected = get_expected_pod_count(api, id, pods)?;
    let disrupted_pods = build_disrupted_pod_map(api, id, pods);
    let healthy = count_healthy_pods(api.cluster(), pods, &disrupted_pods);
    let recheck_at = disrupted_pods.values().min().map(|&since| since + DELETION_TIMEOUT);
    let wrote = update_status(api, id, healthy, &expected, disrupted_pods);
    if let Some(at) = recheck_at {
        api.wake(DISRUPTION_RECHECK, id.0, at);
    }
    Ok(wrote)
}

/// How many pods are expected; tells of what is odd about them.
fn get_expected_pod_count(
    api: &mut Api<'_>,
    id: PdbId,
    pods: &[PodId],
) -> Result<Expected, Arc<str>> {
    let object = api.cluster().pdb(id).expect("a budget exists while it is synced");
    let spec = Arc::clone(&object.spec);
    let expected = expected::expected_pod_count(api.cluster(), &spec, pods);
    if pods.is_empty() {
        event(api, ObjectId::Pdb(id), EventType::Normal, DisruptionReason::NoPods);
    }
    let expected = match expected {
        Ok(expected) => expected,
        Err(error) => {
            let reason =
                DisruptionReason::CalculateExpectedPodCountFailed { error: Arc::clone(&error) };
            event(api, ObjectId::Pdb(id), EventType::Warning, reason);
            return Err(error);
        }
    };
    if expected.has_unmanaged {
        let reason = DisruptionReason::UnmanagedPods { spec };
        event(api, ObjectId::Pdb(id), EventType::Warning, reason);
    }
    Ok(expected)
}

/// Evictions that were let through and may still show; tells of those that did not.
fn build_disrupted_pod_map(
    api: &mut Api<'_>,
    id: PdbId,
    pods: &[PodId],
) -> BTreeMap<Arc<str>, SimTime> {
    let now = api.now();
    let object = api.cluster().pdb(id).expect("a budget exists while it is synced");
    if object.status.disrupted_pods.is_empty() {
        return BTreeMap::new();
    }
    let namespace: Arc<str> = Arc::from(object.metadata.namespace.as_str());
    let (mut kept, mut overdue) = (BTreeMap::new(), Vec::new());
    for pod in pods.iter().filter_map(|&pod| api.cluster().pod(pod)) {
        let since = object.status.disrupted_pods.get(&pod.name);
        let Some(&since) = since.filter(|_| pod.deletion.is_none()) else { continue };
        // A sync runs a moment after the instant that woke it, so this instant is over.
        if since + DELETION_TIMEOUT <= now {
            overdue.push(pod.id);
        } else {
            kept.insert(Arc::clone(&pod.name), since);
        }
    }
    for pod in overdue {
        let reason = DisruptionReason::NotDeleted { namespace: Arc::clone(&namespace) };
        event(api, ObjectId::Pod(pod), EventType::Warning, reason);
    }
    kept
}

fn count_healthy_pods(
    cluster: &Cluster,
    pods: &[PodId],
    disrupted_pods: &BTreeMap<Arc<str>, SimTime>,
) -> i32 {
    let pods = pods.iter().filter_map(|&pod| cluster.pod(pod));
    let healthy = pods.filter(|pod| {
        pod.deletion.is_none() && pod.is_ready() && !disrupted_pods.contains_key(&pod.name)
    });
    healthy.count() as i32
}

/// Whether the status was written.
fn update_status(
    api: &mut Api<'_>,
    id: PdbId,
    healthy: i32,
    expected: &Expected,
    disrupted_pods: BTreeMap<Arc<str>, SimTime>,
) -> bool {
    let object = api.cluster().pdb(id).expect("a budget exists while it is synced");
    let mut allowed = healthy.wrapping_sub(expected.desired_healthy);
    if expected.count <= 0 || allowed <= 0 {
        allowed = 0;
    }
    let mut status = PdbStatus {
        observed_generation: object.generation,
        disrupted_pods,
        disruptions_allowed: allowed,
        current_healthy: healthy,
        desired_healthy: expected.desired_healthy,
        expected_pods: expected.count,
        condition: object.status.condition.clone(),
    };
    if status == object.status && condition_is_up_to_date(&status) {
        return false;
    }
    update_disruption_allowed_condition(&mut status, api.now());
    let desired = expected.desired_healthy;
    let reason = if allowed > 0 {
        DisruptionReason::SufficientPods { allowed }
    } else {
        DisruptionReason::InsufficientPods { healthy, desired }
    };
    write_status(api, id, status, reason)
}

/// Mirrors `ConditionsAreUpToDate` of `component-helpers/apps/poddisruptionbudget`.
fn condition_is_up_to_date(status: &PdbStatus) -> bool {
    let Some(condition) = &status.condition else { return false };
    let reason = if status.disruptions_allowed > 0 { "SufficientPods" } else { "InsufficientPods" };
    condition.reason == reason
}

/// Says whether pods may be evicted. Mirrors `UpdateDisruptionAllowedCondition` of
/// `component-helpers/apps/poddisruptionbudget`; the eviction subresource calls it too.
pub fn update_disruption_allowed_condition(status: &mut PdbStatus, now: SimTime) {
    let allowed = status.disruptions_allowed > 0;
    let reason = if allowed { "SufficientPods" } else { "InsufficientPods" };
    let generation = status.observed_generation;
    set_condition(status, allowed.into(), reason, Arc::from(""), generation, now);
}

/// Mirrors `apimeta.SetStatusCondition`: only a new status is a transition.
fn set_condition(
    status: &mut PdbStatus,
    holds: ConditionStatus,
    reason: &'static str,
    message: Arc<str>,
    observed_generation: i64,
    now: SimTime,
) {
    let former = status.condition.as_ref().filter(|former| former.status == holds);
    let last_transition_time = former.map_or(now, |former| former.last_transition_time);
    status.condition = Some(PdbCondition {
        status: holds,
        reason,
        message,
        last_transition_time,
        observed_generation,
    });
}

/// Lets nothing be evicted while the counts cannot be made; the other numbers stay. Whether that
/// is new.
fn fail_safe(api: &mut Api<'_>, id: PdbId, error: &Arc<str>) -> bool {
    let object = api.cluster().pdb(id).expect("a budget exists while it is synced");
    let mut status = object.status.clone();
    status.disruptions_allowed = 0;
    let generation = status.observed_generation;
    let holds = ConditionStatus::False;
    set_condition(&mut status, holds, "SyncFailed", Arc::clone(error), generation, api.now());
    write_status(api, id, status, DisruptionReason::SyncFailed { error: Arc::clone(error) })
}

fn write_status(
    api: &mut Api<'_>,
    pdb: PdbId,
    status: PdbStatus,
    reason: DisruptionReason,
) -> bool {
    write(api, Write::PdbStatus { pdb, status: Box::new(status) }, reason) != Applied::Unchanged
}

fn event(api: &mut Api<'_>, object: ObjectId, type_: EventType, reason: DisruptionReason) {
    write(api, Write::Event { object, type_ }, reason);
}

/// Writes an object that was just read.
fn write(api: &mut Api<'_>, write: Write, reason: DisruptionReason) -> Applied {
    let written = api.write(write, Reason::Disruption(reason));
    written.expect("an object that exists can be written")
}
