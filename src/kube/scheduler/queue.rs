//! Mirrors pkg/scheduler/backend/queue/{scheduling_queue,active_queue,backoff_queue}.go (v1.36)
//! with the gates SchedulerQueueingHints and SchedulerPopFromBackoffQ, both on. Left out: pods in
//! flight, because nothing happens during an attempt; nominated pods; updates of waiting pods.

mod hints;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::plan::{PlanId, Plans};
use super::plugin::PluginSet;
use super::snapshot::{ClusterEvent, Snapshot};
use crate::kube::objects::ids::PodId;
use crate::units::{SimDuration, SimTime};

/// First back-off of a pod.
const POD_INITIAL_BACKOFF: SimDuration = SimDuration::from_secs(1);
/// Longest back-off of a pod.
const POD_MAX_BACKOFF: SimDuration = SimDuration::from_secs(10);
/// Back-offs end at multiples of this.
const ORDERING_WINDOW: SimDuration = SimDuration::from_secs(1);
/// Longest time without an attempt.
const POD_MAX_IN_UNSCHEDULABLE_PODS: SimDuration = SimDuration::from_secs(300);
/// Period of looking for pods that waited that long.
const FLUSH_PERIOD: SimDuration = SimDuration::from_secs(30);

/// Which pod is to be tried next: the more important first, then the one that waits longer.
type ActiveKey = (Reverse<i32>, SimTime, PodId);

/// A pod that waits for a node. Mirrors `QueuedPodInfo`.
#[derive(Clone, Debug)]
pub(super) struct QueuedPodInfo {
    pub(super) plan: PlanId,
    priority: i32,
    /// When it came or was tried last.
    timestamp: SimTime,
    unschedulable_count: u32,
    consecutive_errors_count: u32,
    /// The plugins that rejected nodes in the last attempt.
    unschedulable_plugins: PluginSet,
    place: Place,
}

/// Where a pod waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// To be tried.
    Active,
    /// To be tried when nothing else is, or after its back-off.
    Backoff,
    /// To be tried after its back-off, because no plugin rejected it.
    ErrorBackoff,
    /// For something to happen.
    Unschedulable,
}

/// Pods that wait for a node.
#[derive(Clone, Debug)]
pub(super) struct SchedulingQueue {
    pods: BTreeMap<PodId, QueuedPodInfo>,
    active: BTreeSet<ActiveKey>,
    /// The end of the back-off goes first.
    backoff: BTreeSet<(SimTime, ActiveKey)>,
    error_backoff: BTreeSet<(SimTime, ActiveKey)>,
    unschedulable: BTreeSet<(SimTime, PodId)>,
    /// An instant at which pods that waited long are looked for; others are whole periods away.
    flush_phase: SimTime,
}

impl SchedulingQueue {
    /// An empty queue that looks for pods that waited long at that instant of each period.
    pub(super) fn new(flush_phase: SimTime) -> SchedulingQueue {
        SchedulingQueue {
            pods: BTreeMap::new(),
            active: BTreeSet::new(),
            backoff: BTreeSet::new(),
            error_backoff: BTreeSet::new(),
            unschedulable: BTreeSet::new(),
            flush_phase,
        }
    }

    /// Takes in a new pod. Mirrors `Add`.
    pub(super) fn add(&mut self, pod: PodId, plan: PlanId, priority: i32, now: SimTime) {
        let info = QueuedPodInfo {
            plan,
            priority,
            timestamp: now,
            unschedulable_count: 0,
            consecutive_errors_count: 0,
            unschedulable_plugins: PluginSet::default(),
            place: Place::Active,
        };
        self.put(pod, info, Place::Active);
    }

    /// Takes the pod that is to be tried next. Mirrors `Pop`.
    pub(super) fn pop(&mut self) -> Option<(PodId, QueuedPodInfo)> {
        let first = match self.active.first() {
            Some(&(_, _, pod)) => pod,
            None => self.backoff.first()?.1.2,
        };
        Some((first, self.take(first)?))
    }

    /// Takes a pod back in that found no node. Mirrors `AddUnschedulableIfNotPresent`.
    pub(super) fn add_unschedulable(
        &mut self,
        pod: PodId,
        mut info: QueuedPodInfo,
        plugins: PluginSet,
        now: SimTime,
    ) {
        info.unschedulable_plugins = plugins;
        info.timestamp = now;
        let place = if plugins.is_empty() {
            info.consecutive_errors_count += 1;
            Place::ErrorBackoff
        } else {
            info.unschedulable_count += 1;
            info.consecutive_errors_count = 0;
            Place::Unschedulable
        };
        self.put(pod, info, place);
    }

    /// Lets pods be tried again for which an event may make room.
    /// Mirrors `MoveAllToActiveOrBackoffQueue`.
    pub(super) fn move_all(
        &mut self,
        event: &ClusterEvent,
        plans: &Plans,
        snapshot: &Snapshot,
        now: SimTime,
    ) {
        if self.unschedulable.is_empty() {
            return;
        }
        let worth = |&(_, pod): &(SimTime, PodId)| {
            let info = &self.pods[&pod];
            let plan = plans.get(info.plan);
            let plugins = info.unschedulable_plugins;
            hints::is_worth_requeuing(plugins, plan, event, plans, snapshot).then_some(pod)
        };
        let moved: Vec<PodId> = self.unschedulable.iter().filter_map(worth).collect();
        for pod in moved {
            self.requeue(pod, now);
        }
    }

    /// Lets pods be tried again whose back-off is over or that waited long.
    /// Mirrors `flushBackoffQCompleted` and `flushUnschedulablePodsLeftover`.
    pub(super) fn flush(&mut self, now: SimTime) {
        while let Some(&(expiry, (_, _, pod))) = self.error_backoff.first()
            && expiry < now.floor_second()
        {
            self.activate(pod);
        }
        let flushed_at = self.last_flush(now);
        while let Some(&(timestamp, pod)) = self.unschedulable.first()
            && flushed_at - timestamp > POD_MAX_IN_UNSCHEDULABLE_PODS
        {
            self.requeue(pod, now);
        }
    }

    /// When [`SchedulingQueue::flush`] has something to do next; never if nothing waits for a time.
    /// Without nodes, pods that failed for that are not looked at until
    /// [`SchedulingQueue::skip_errors`].
    pub(super) fn next_flush(&self, nodes: bool) -> SimTime {
        let backoff = self.error_backoff.first().filter(|_| nodes);
        let backoff = backoff.map(|&(expiry, _)| expiry + ORDERING_WINDOW);
        let leftover = self.unschedulable.first().map(|&(timestamp, _)| {
            let after = timestamp + POD_MAX_IN_UNSCHEDULABLE_PODS;
            self.last_flush(after) + FLUSH_PERIOD
        });
        let times = [backoff, leftover];
        times.into_iter().flatten().min().unwrap_or(SimTime::MAX)
    }

    /// Brings pods that are tried again and again without a node forward to an instant: what they
    /// wait for cannot have come in between.
    pub(super) fn skip_errors(&mut self, now: SimTime) {
        let waiting: Vec<PodId> = self.error_backoff.iter().map(|&(_, (_, _, pod))| pod).collect();
        for pod in waiting {
            let Some(mut info) = self.take(pod) else { continue };
            while let next = expiry(&info) + ORDERING_WINDOW
                && next < now
            {
                let period = POD_MAX_BACKOFF + ORDERING_WINDOW;
                info.timestamp = next;
                if backoff_duration(info.consecutive_errors_count) == POD_MAX_BACKOFF {
                    let periods = ((now - next).0 - 1).max(0) / period.0;
                    info.timestamp = next + SimDuration(periods * period.0);
                }
                info.consecutive_errors_count = info.consecutive_errors_count.saturating_add(1);
            }
            self.put(pod, info, Place::ErrorBackoff);
        }
    }

    /// Forgets pods that do not wait any more.
    pub(super) fn retain(&mut self, waits: impl Fn(PodId) -> bool) {
        let gone: Vec<PodId> = self.pods.keys().copied().filter(|&pod| !waits(pod)).collect();
        for pod in gone {
            self.take(pod);
        }
    }

    /// The last instant up to that one at which pods that waited long are looked for.
    fn last_flush(&self, up_to: SimTime) -> SimTime {
        let since = (up_to - self.flush_phase).0.rem_euclid(FLUSH_PERIOD.0);
        up_to - SimDuration(since)
    }

    /// Mirrors `requeuePodWithQueueingStrategy` with `queueAfterBackoff`.
    fn requeue(&mut self, pod: PodId, now: SimTime) {
        let Some(info) = self.take(pod) else { return };
        let place =
            if expiry(&info) >= now.floor_second() { Place::Backoff } else { Place::Active };
        self.put(pod, info, place);
    }

    fn activate(&mut self, pod: PodId) {
        if let Some(info) = self.take(pod) {
            self.put(pod, info, Place::Active);
        }
    }

    fn put(&mut self, pod: PodId, mut info: QueuedPodInfo, place: Place) {
        info.place = place;
        let key = info.key(pod);
        match place {
            Place::Active => self.active.insert(key),
            Place::Backoff => self.backoff.insert((expiry(&info), key)),
            Place::ErrorBackoff => self.error_backoff.insert((expiry(&info), key)),
            Place::Unschedulable => self.unschedulable.insert((info.timestamp, pod)),
        };
        self.pods.insert(pod, info);
    }

    fn take(&mut self, pod: PodId) -> Option<QueuedPodInfo> {
        let info = self.pods.remove(&pod)?;
        let key = info.key(pod);
        match info.place {
            Place::Active => self.active.remove(&key),
            Place::Backoff => self.backoff.remove(&(expiry(&info), key)),
            Place::ErrorBackoff => self.error_backoff.remove(&(expiry(&info), key)),
            Place::Unschedulable => self.unschedulable.remove(&(info.timestamp, pod)),
        };
        Some(info)
    }
}

impl QueuedPodInfo {
    fn key(&self, pod: PodId) -> ActiveKey {
        (Reverse(self.priority), self.timestamp, pod)
    }
}

/// When the back-off of a pod ends, a whole second; it is over after that second.
/// Mirrors `getBackoffTime`.
fn expiry(info: &QueuedPodInfo) -> SimTime {
    let count = match info.consecutive_errors_count {
        0 => info.unschedulable_count,
        errors => errors,
    };
    if count == 0 {
        return SimTime::MIN;
    }
    (info.timestamp + backoff_duration(count)).floor_second()
}

/// Mirrors `calculateBackoffDuration`.
fn backoff_duration(count: u32) -> SimDuration {
    let doubled = POD_INITIAL_BACKOFF.0.checked_shl(count - 1).unwrap_or(i64::MAX);
    let doubled = if count > 32 { i64::MAX } else { doubled };
    SimDuration(doubled.min(POD_MAX_BACKOFF.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kube::scheduler::plugin::Plugin;

    fn queue() -> SchedulingQueue {
        SchedulingQueue::new(SimTime(7_000))
    }

    fn add(queue: &mut SchedulingQueue, pod: u32, priority: i32, now: i64) {
        queue.add(PodId(pod), PlanId::default(), priority, SimTime(now));
    }

    fn popped(queue: &mut SchedulingQueue) -> Vec<u32> {
        std::iter::from_fn(|| queue.pop()).map(|(pod, _)| pod.0).collect()
    }

    fn fail(queue: &mut SchedulingQueue, plugins: PluginSet, now: i64) {
        let (pod, info) = queue.pop().expect("a pod waits");
        queue.add_unschedulable(pod, info, plugins, SimTime(now));
    }

    fn rejected() -> PluginSet {
        let mut plugins = PluginSet::default();
        plugins.insert(Plugin::NodeResourcesFit);
        plugins
    }

    #[test]
    fn the_more_important_goes_first_then_the_one_that_waits_longer() {
        let mut queue = queue();
        add(&mut queue, 4, 0, 10);
        add(&mut queue, 3, 0, 20);
        add(&mut queue, 5, 7, 30);
        add(&mut queue, 2, 0, 20);
        assert_eq!(popped(&mut queue), [5, 4, 2, 3]);
        assert!(queue.pods.is_empty());
    }

    #[test]
    fn a_pod_that_no_plugin_rejected_waits_for_its_whole_back_off() {
        let mut queue = queue();
        add(&mut queue, 1, 0, 0);
        fail(&mut queue, PluginSet::default(), 400);
        assert_eq!(queue.next_flush(true), SimTime(2_000));
        queue.flush(SimTime(1_999));
        assert!(queue.pop().is_none());
        queue.flush(SimTime(2_000));
        fail(&mut queue, PluginSet::default(), 2_000);
        assert_eq!(queue.next_flush(true), SimTime(5_000));
    }

    #[test]
    fn trying_without_a_node_is_skipped_over_at_once() {
        let mut queue = queue();
        add(&mut queue, 1, 0, 0);
        fail(&mut queue, PluginSet::default(), 0);
        let mut slow = queue.clone();
        for now in [1_000, 2_000, 58_500, 1_000_000_000] {
            while slow.next_flush(true) < SimTime(now) {
                let at = slow.next_flush(true);
                slow.flush(at);
                fail(&mut slow, PluginSet::default(), at.0);
            }
            queue.skip_errors(SimTime(now));
            assert_eq!(queue.next_flush(true), slow.next_flush(true), "at {now}");
        }
    }

    #[test]
    fn a_pod_is_tried_again_after_five_minutes_at_the_next_flush() {
        let mut queue = queue();
        add(&mut queue, 1, 0, 0);
        fail(&mut queue, rejected(), 8_000);
        assert_eq!(queue.next_flush(true), SimTime(337_000));
        queue.flush(SimTime(336_999));
        assert!(queue.pop().is_none());
        queue.flush(SimTime(337_000));
        assert_eq!(popped(&mut queue), [1]);
    }

    #[test]
    fn back_off_doubles_up_to_ten_seconds() {
        let seconds: Vec<i64> = [1, 2, 3, 4, 5, 6, 40, u32::MAX]
            .into_iter()
            .map(|count| backoff_duration(count).0 / 1000)
            .collect();
        assert_eq!(seconds, [1, 2, 4, 8, 10, 10, 10, 10]);
    }

    #[test]
    fn pods_that_are_gone_are_forgotten() {
        let mut queue = queue();
        add(&mut queue, 1, 0, 0);
        fail(&mut queue, rejected(), 0);
        add(&mut queue, 2, 0, 0);
        queue.retain(|pod| pod != PodId(1));
        assert_eq!(popped(&mut queue), [2]);
        assert_eq!(queue.next_flush(true), SimTime::MAX);
    }
}
