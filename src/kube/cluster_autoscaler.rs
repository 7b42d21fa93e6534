//! The cluster autoscaler: adds nodes for pods that have none, and takes nodes away that have
//! little to do. Mirrors cluster-autoscaler/core/static_autoscaler.go of kubernetes/autoscaler
//! (1.36) in its decisions and words. Left out: cloud errors, health of the whole cluster, limits
//! of cores and memory, similar groups, the expanders `priority`, `price` and `grpc`, pods below a
//! priority, provisioning requests, the first of the two events `ScaledUpGroup`.
//!
//! Upstream looks at the cluster every `scan-interval`. Here a scan only happens where it could
//! find something: at the first one due after pods, nodes or budgets changed, and when a time is
//! over.
//!
//! - [`config`]: flags and node groups.
//! - `groups`: what was ordered of a cloud provider.
//! - `scale_up`, `expander`: which group grows, and how far.
//! - `planner`, `drainability`: which nodes are not needed.
//! - `actuator`: how they go.

mod actuator;
pub mod config;
mod drainability;
mod expander;
mod groups;
mod planner;
pub mod reason;
mod scale_up;

use std::collections::BTreeMap;
use std::sync::Arc;

use self::actuator::Deletion;
use self::config::{AutoscalingOptions, ClusterAutoscalerConfiguration, Scans};
use self::groups::Groups;
use self::planner::Planner;
use self::reason::{ClusterAutoscalerReason, Obstacles};
use self::scale_up::{Pending, Result as ScaleUpResult};
use super::scheduler::cluster_snapshot::{ClusterSnapshot, Fork};
use super::scheduler::reason::SchedulerReason;
use crate::engine::random::RandomStream;
use crate::kube::apiserver::watch::CLUSTER_AUTOSCALER;
use crate::kube::apiserver::{Api, Cluster, Write};
use crate::kube::objects::ids::{NodeId, PodId};
use crate::kube::objects::node::taint::{NO_SCHEDULE, NOT_READY};
use crate::kube::reason::Reason;
use crate::units::{SimDuration, SimTime};

/// Key of the taint of nodes that are being removed.
pub const TO_BE_DELETED_TAINT: &str = "ToBeDeletedByClusterAutoscaler";
/// Key of the taint of nodes that are not needed.
pub const DELETION_CANDIDATE_TAINT: &str = "DeletionCandidateOfClusterAutoscaler";
/// Annotation of nodes that are not to be removed.
const SCALE_DOWN_DISABLED: &str = "cluster-autoscaler.kubernetes.io/scale-down-disabled";
/// Pods that are younger may not be all that come.
const UNSCHEDULABLE_POD_TIME_BUFFER: SimDuration = SimDuration::from_secs(2);

/// What the cluster autoscaler is woken for; the keys of its wakes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Task {
    /// A look at the cluster.
    Scan = 0,
    /// Nodes that register, and removals that go on.
    Steps = 1,
}

/// The cluster autoscaler with its memory.
#[derive(Clone, Debug)]
pub struct ClusterAutoscaler {
    options: AutoscalingOptions,
    scans: Scans,
    last_scan: SimTime,
    snapshot: ClusterSnapshot,
    groups: Groups,
    planner: Planner,
    deletions: Vec<Deletion>,
    /// Draws among groups that are as good.
    ties: RandomStream,
    last_scale_up: SimTime,
    last_scale_down_delete: SimTime,
    last_scale_down_fail: SimTime,
    /// What was last told about pods for which nothing could be done.
    told: BTreeMap<PodId, Obstacles>,
}

impl ClusterAutoscaler {
    /// A cluster autoscaler that starts now; the phase of its scans is drawn.
    pub fn new(seed: u64, configuration: Arc<ClusterAutoscalerConfiguration>) -> ClusterAutoscaler {
        let options = configuration.options;
        let interval = options.scan_interval.0.max(1);
        let phase = RandomStream::new(seed, "cluster-autoscaler/phase").below(interval as u64);
        ClusterAutoscaler {
            options,
            scans: Scans { phase: SimTime(phase as i64), interval: options.scan_interval },
            last_scan: SimTime::MIN,
            snapshot: ClusterSnapshot::default(),
            groups: Groups::new(configuration),
            planner: Planner::default(),
            deletions: Vec::new(),
            ties: RandomStream::new(seed, "cluster-autoscaler/ties"),
            last_scale_up: SimTime::MIN,
            last_scale_down_delete: SimTime::MIN,
            last_scale_down_fail: SimTime::MIN,
            told: BTreeMap::new(),
        }
    }

    /// When it looks at the cluster.
    pub fn scans(&self) -> Scans {
        self.scans
    }

    /// Does what it was woken for, and asks to be woken again.
    pub fn reconcile(&mut self, api: &mut Api<'_>, task: u32) {
        if task == Task::Scan as u32 {
            let now = api.now();
            let earliest = if self.last_scan == now { now + SimDuration(1) } else { now };
            let next = self.scans.next(earliest);
            if next > now {
                return api.wake(CLUSTER_AUTOSCALER, Task::Scan as u32, next);
            }
            self.last_scan = now;
            let again = self.run_once(api);
            if again < SimTime::MAX {
                let again = self.scans.next(again.max(now + SimDuration(1)));
                api.wake(CLUSTER_AUTOSCALER, Task::Scan as u32, again);
            }
        }
        self.groups.register(api);
        self.advance_deletions(api);
        let next = self.groups.next_registration().min(self.next_deletion_step());
        if next < SimTime::MAX {
            api.wake(CLUSTER_AUTOSCALER, Task::Steps as u32, next);
        }
    }

    /// One look at the cluster; when the next one has to be, if nothing changes. Mirrors `RunOnce`.
    fn run_once(&mut self, api: &mut Api<'_>) -> SimTime {
        let now = api.now();
        self.groups.give_up_late(api);
        self.snapshot.update(api.cluster());
        let pending = self.unschedulable_pods(api.cluster());
        let mut fork = self.fork(api.cluster());
        let pending = self.filter_out_schedulable(&mut fork, pending);
        let seen = |pod: &PodId| pending.iter().any(|other| other.pod == *pod);
        self.told.retain(|pod, _| seen(pod));
        let result = self.scale_up(api, &fork, &pending);
        let mut again = self.groups.next_time_out();
        match result {
            ScaleUpResult::Successful => {
                self.last_scale_up = now;
                return now;
            }
            ScaleUpResult::TooNew => again = now,
            ScaleUpResult::NotNeeded => {}
            ScaleUpResult::NoOptions => again = again.min(self.next_backoff(now)),
        }
        if self.options.scale_down_enabled {
            let may_delete = result != ScaleUpResult::TooNew;
            again = again.min(self.scale_down(api, &mut fork, may_delete));
        }
        again
    }

    fn next_backoff(&self, now: SimTime) -> SimTime {
        let until =
            self.groups.places().filter_map(|group| self.groups.backs_off_until(group, now));
        until.min().unwrap_or(SimTime::MAX)
    }

    /// Pods for which the scheduler found no node, those of high priority first.
    fn unschedulable_pods(&mut self, cluster: &Cluster) -> Vec<Pending> {
        let waits = cluster.pods().iter().filter(|pod| {
            let reason = pod.unscheduled.as_ref().map(|unscheduled| &unscheduled.reason);
            let unschedulable = matches!(reason, Some(SchedulerReason::Unschedulable(_)));
            unschedulable && pod.node.is_none() && pod.is_active()
        });
        let mut pending: Vec<Pending> = Vec::new();
        for pod in waits {
            let class = self.snapshot.class_of(cluster, pod);
            pending.push(Pending { pod: pod.id, class, created_at: pod.created_at });
        }
        let priority = |pod: &Pending| self.snapshot.priority_of(pod.class);
        pending.sort_by_key(|pod| (std::cmp::Reverse(priority(pod)), pod.pod));
        pending
    }

    /// The cluster as it will be once all that is on its way is there.
    fn fork(&mut self, cluster: &Cluster) -> Fork {
        let mut fork = self.snapshot.fork();
        for node in cluster.nodes().filter(|node| node.has_taint(NOT_READY, NO_SCHEDULE)) {
            let age = cluster.now - node.created_at;
            if self.groups.of(node).is_some() && age < self.options.max_node_provision_time {
                self.snapshot.remove_taints(&mut fork, node.id, &[NOT_READY]);
            }
        }
        for deletion in &self.deletions {
            if fork.amounts(deletion.node).is_some() {
                self.snapshot.remove_node(&mut fork, deletion.node);
            }
        }
        for group in self.groups.places() {
            for number in 0..self.groups.upcoming(group) {
                let node = self.groups.template_node(group, number);
                self.snapshot.add_node(&mut fork, &node);
            }
        }
        fork
    }

    /// Puts pods where they will find room anyhow, and gives the others. Mirrors
    /// `filterOutSchedulable`.
    fn filter_out_schedulable(&mut self, fork: &mut Fork, pods: Vec<Pending>) -> Vec<Pending> {
        let mut left = Vec::new();
        for pod in pods {
            match self.snapshot.find(fork, pod.class, |_| true) {
                Some(node) => self.snapshot.add_pod(fork, pod.class, pod.pod, node),
                None => left.push(pod),
            }
        }
        left
    }

    /// Updates which nodes are not needed, and removes those that were not for long enough; when
    /// there is more to do.
    fn scale_down(&mut self, api: &mut Api<'_>, fork: &mut Fork, may_delete: bool) -> SimTime {
        let now = api.now();
        self.update_unneeded(api, fork);
        let until = self.cooldown_until();
        let mut again = self.planner.next_recheck();
        let cools = until > now || !may_delete;
        if cools {
            if self.planner.has_unneeded() || self.has_stale_soft_taints(api.cluster()) {
                again = again.min(until.max(now));
            }
            return again;
        }
        let (deleting, next) = self.nodes_to_delete(api.cluster());
        if deleting.is_empty() {
            self.update_soft_deletion_taints(api);
        } else {
            self.last_scale_down_delete = now;
            for node in deleting {
                self.start_deletion(api, node);
            }
            again = again.min(now);
        }
        again.min(next)
    }

    /// Until when nothing is removed. Mirrors `isScaleDownInCooldown`.
    fn cooldown_until(&self) -> SimTime {
        let options = &self.options;
        let after_delete = match options.scale_down_delay_after_delete {
            SimDuration::ZERO => options.scan_interval,
            delay => delay,
        };
        let after_add = self.last_scale_up + options.scale_down_delay_after_add;
        let after_failure = self.last_scale_down_fail + options.scale_down_delay_after_failure;
        (self.last_scale_down_delete + after_delete).max(after_add).max(after_failure)
    }

    fn is_being_deleted(&self, node: NodeId) -> bool {
        self.deletions.iter().any(|deletion| deletion.node == node)
    }
}

/// Writes about something that exists.
fn send(api: &mut Api<'_>, write: Write, reason: ClusterAutoscalerReason) {
    let written = api.write(write, Reason::ClusterAutoscaler(reason));
    written.expect("what was just read can be written");
}

#[cfg(test)]
mod tests;
