//! Pods: where they go, what their kubelets do with them, and how they end.

use super::walk::Walk;
use super::{Cause, Life};
use crate::kube::apiserver::Write;
use crate::kube::cluster_autoscaler::reason::ClusterAutoscalerReason;
use crate::kube::controllers::taint_eviction::reason::TaintEvictionReason;
use crate::kube::kubectl::drain::reason::KubectlReason;
use crate::kube::kubelet::application::ProbeKind;
use crate::kube::kubelet::reason::{KillReason, KubeletReason};
use crate::kube::objects::ids::{NodeId, PodId, ReplicaSetId};
use crate::kube::objects::pod::{Pod, PodActivity};
use crate::kube::reason::Reason;
use crate::kube::scheduler::reason::SchedulerReason;

/// What happened to a pod last, by what other things follow from.
#[derive(Clone, Debug, Default)]
pub(super) struct Trail {
    pub(super) life: Life,
    at_start: bool,
    /// The scheduler found no node.
    pub(super) rejected: Option<u32>,
    pulling: Option<u32>,
    /// The image is there, or cannot be had.
    image: Option<u32>,
    container: Option<u32>,
    started: Option<u32>,
    /// A probe failed, by kind.
    unhealthy: [Option<u32>; 3],
    killing: Option<u32>,
    /// A container ended by itself or was killed for its memory.
    stopped: Option<u32>,
    not_ready: Option<u32>,
    /// Somebody is about to evict it.
    pub(super) evicting: Option<u32>,
}

/// A pod before a write.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Former {
    pod: Option<PodId>,
    /// The ReplicaSet that counted it.
    counted_by: Option<ReplicaSetId>,
    ready: bool,
    node: Option<NodeId>,
}

impl Trail {
    pub(super) fn at_start() -> Trail {
        Trail { at_start: true, ..Trail::default() }
    }

    fn created(&self) -> Option<Cause> {
        self.life.created.map(Cause::Fact).or(self.at_start.then_some(Cause::Start))
    }

    fn placed(&self) -> Option<Cause> {
        self.life.placed.map(Cause::Fact).or_else(|| self.created())
    }

    fn has_run(&self) -> bool {
        self.at_start || self.started.is_some()
    }

    fn unhealthy(&self, probe: ProbeKind) -> Option<u32> {
        self.unhealthy[probe as usize]
    }

    /// What keeps containers from being ready: the start of another run, if there was one since
    /// they were; the end of this run, for which probes fail too; or a probe.
    fn trouble(&self) -> Option<u32> {
        let ready = self.life.readiness.last().map_or(0, |(fact, _)| *fact);
        let started = self.started.filter(|&started| started >= ready);
        let ended = self.stopped.or(self.killing).or(self.life.marked);
        started.or(ended).or(self.unhealthy(ProbeKind::Readiness))
    }

    /// What a pod that is reported to do this follows from.
    fn of_activity(&self, activity: PodActivity) -> Option<Cause> {
        let fact = |place: Option<u32>| place.map(Cause::Fact);
        match activity {
            PodActivity::Unscheduled => self.created(),
            PodActivity::Pulling => fact(self.pulling).or(self.placed()),
            PodActivity::Starting | PodActivity::Running => fact(self.started).or(self.placed()),
            PodActivity::ImagePullBackOff => fact(self.image),
            PodActivity::CrashLoopBackOff => fact(latest([self.stopped, self.killing])),
            PodActivity::Stopping => fact(latest([self.killing, self.life.marked])),
            PodActivity::Ended => fact(latest([self.stopped, self.killing, self.life.marked])),
            // The application took too much.
            PodActivity::OomKilled => None,
        }
    }

    /// Takes in an event of the kubelet.
    fn see_event(&mut self, now: u32, reason: &KubeletReason) {
        let field = match reason {
            KubeletReason::Pulling { .. } => &mut self.pulling,
            KubeletReason::Pulled { .. }
            | KubeletReason::AlreadyPresent { .. }
            | KubeletReason::ErrImageNeverPull { .. }
            | KubeletReason::FailedToPull { .. } => &mut self.image,
            KubeletReason::Created => &mut self.container,
            KubeletReason::Started => return self.start(now),
            KubeletReason::Killing { .. } => &mut self.killing,
            KubeletReason::Unhealthy { probe, .. } => &mut self.unhealthy[*probe as usize],
            KubeletReason::Exited { .. } | KubeletReason::Activity(PodActivity::OomKilled) => {
                &mut self.stopped
            }
            _ => return,
        };
        *field = Some(now);
    }

    /// A container starts: what happened to the one before it is over.
    fn start(&mut self, now: u32) {
        self.started = Some(now);
        self.unhealthy = [None; 3];
        self.stopped = None;
        self.killing = None;
    }

    fn see_deletion(&mut self, now: u32, is_gone: bool) {
        self.life.marked.get_or_insert(now);
        if is_gone {
            self.life.ended.get_or_insert(now);
        }
    }
}

/// The latest of several facts.
pub(super) fn latest<const N: usize>(facts: [Option<u32>; N]) -> Option<u32> {
    facts.into_iter().flatten().max()
}

impl Walk<'_> {
    fn trail(&self, write: &Write) -> Option<&Trail> {
        self.pods.get(&write.pod()?)
    }

    /// A pod is placed because it was created, or because of what made room since it was rejected.
    pub(super) fn of_scheduler(&self, write: &Write, reason: &SchedulerReason) -> Option<Cause> {
        let trail = self.trail(write)?;
        let (SchedulerReason::Scheduled { .. }, Write::BindPod { node, .. }) = (reason, write)
        else {
            return trail.created();
        };
        let Some(rejected) = trail.rejected else { return trail.created() };
        let there = self.nodes.get(node).copied().unwrap_or_default();
        let room = latest([there.changed, there.freed]).filter(|&room| room > rejected);
        let other = self.moved.filter(|&moved| moved > rejected);
        Some(Cause::Fact(room.or(other).unwrap_or(rejected)))
    }

    pub(super) fn of_kubelet(&self, write: &Write, reason: &KubeletReason) -> Option<Cause> {
        if let KubeletReason::NodeReady { .. } = reason {
            return self.of_node_ready(write);
        }
        let trail = self.trail(write)?;
        let fact = |place: Option<u32>| place.map(Cause::Fact);
        let machine = self.machine_of(write).filter(|&machine| Some(machine) > trail.started);
        let again = latest([trail.stopped, trail.killing, machine]).filter(|_| trail.has_run());
        match reason {
            KubeletReason::Pulling { .. }
            | KubeletReason::AlreadyPresent { .. }
            | KubeletReason::ErrImageNeverPull { .. } => fact(again).or(trail.placed()),
            KubeletReason::Pulled { .. } | KubeletReason::FailedToPull { .. } => {
                fact(trail.pulling).or(trail.placed())
            }
            KubeletReason::Failed { .. } | KubeletReason::BackOffPull { .. } => fact(trail.image),
            KubeletReason::Created => fact(trail.image).or(trail.placed()),
            KubeletReason::Started => fact(trail.container).or(trail.placed()),
            KubeletReason::Killing { why, .. } => fact(match why {
                KillReason::Stopping => trail.life.marked,
                KillReason::Liveness { .. } => trail.unhealthy(ProbeKind::Liveness),
                KillReason::Startup { .. } => trail.unhealthy(ProbeKind::Startup),
            }),
            KubeletReason::FailedPreStopHook => fact(trail.killing),
            KubeletReason::BackOff { .. } => fact(again).or(trail.placed()),
            KubeletReason::ContainersReady => {
                fact(latest([trail.started, trail.not_ready])).or(trail.placed())
            }
            KubeletReason::ContainersNotReady { .. } => fact(trail.trouble()).or(trail.placed()),
            KubeletReason::PodCompleted | KubeletReason::PodFailed => {
                fact(latest([trail.stopped, trail.killing, trail.life.marked]))
            }
            KubeletReason::Activity(activity) => trail.of_activity(*activity),
            KubeletReason::Terminated => fact(latest([trail.life.marked, trail.killing])),
            // The application does so; a script is a script; nodes were seen to before.
            KubeletReason::Unhealthy { .. }
            | KubeletReason::Exited { .. }
            | KubeletReason::Script
            | KubeletReason::NodeReady { .. } => None,
        }
    }

    /// The eviction subresource says so on the pod first, and then deletes it.
    pub(super) fn of_eviction(&self, write: &Write) -> Option<Cause> {
        let trail = self.trail(write)?;
        let evicted = trail.life.evicted.filter(|_| matches!(write, Write::DeletePod { .. }));
        latest([evicted, trail.evicting]).map(Cause::Fact)
    }

    /// A node that is short of memory says so, and deletes the pod.
    pub(super) fn of_pressure(&self, write: &Write) -> Option<Cause> {
        let evicted = self.trail(write)?.life.evicted;
        evicted.filter(|_| matches!(write, Write::DeletePod { .. })).map(Cause::Fact)
    }

    /// What a pod is like before a write about it.
    pub(super) fn look(&self, write: &Write) -> Former {
        let Some(pod) = write.pod().and_then(|pod| self.cluster.pod(pod)) else {
            return Former::default();
        };
        Former {
            pod: Some(pod.id),
            counted_by: pod.owner.filter(|_| pod.is_active()),
            ready: pod.is_ready(),
            node: pod.node,
        }
    }

    /// Takes in what a write did to a pod; the cluster has it already.
    pub(super) fn follow_pod(&mut self, write: &Write, reason: &Reason, former: Former) {
        let id = match write {
            Write::CreatePod(_) => self.cluster.pods().next_id().0.checked_sub(1).map(PodId),
            _ => former.pod,
        };
        let Some(id) = id else { return };
        let pod = self.cluster.pod(id).cloned();
        let counted = pod.as_ref().filter(|pod| pod.is_active()).and_then(|pod| pod.owner);
        self.follow_count(reason, former.counted_by, counted);
        let (now, trail) = (Some(self.now), self.pods.entry(id).or_default());
        let ready = pod.as_ref().is_some_and(Pod::is_ready);
        if ready != former.ready {
            trail.life.readiness.push((self.now, ready));
            trail.not_ready = if ready { None } else { now };
        }
        match write {
            Write::CreatePod(_) => trail.life.created = now,
            Write::BindPod { .. } => {
                trail.life.placed = now;
                self.moved = now;
            }
            Write::PodUnscheduled { .. } => {
                trail.rejected = now;
                self.rejected = now;
            }
            Write::PodStatus { status, .. } if status.phase.is_terminal() => {
                trail.life.ended.get_or_insert(self.now);
            }
            Write::DisruptionTarget { .. } => {
                trail.life.evicted.get_or_insert(self.now);
            }
            Write::DeletePod { .. } => trail.see_deletion(self.now, pod.is_none()),
            Write::RemovePod(_) => {
                trail.life.ended.get_or_insert(self.now);
            }
            _ => {}
        }
        let is_gone = pod.is_none_or(|pod| pod.is_terminal());
        if let Some(node) = former.node.filter(|_| is_gone) {
            self.nodes.entry(node).or_default().freed = now;
            self.moved = now;
        }
    }

    /// Takes in an event about a pod, or a line that kubectl printed about it.
    pub(super) fn follow_pod_event(&mut self, pod: PodId, reason: &Reason) {
        let now = Some(self.now);
        let Some(trail) = self.pods.get_mut(&pod) else { return };
        match reason {
            Reason::Kubelet(reason) => trail.see_event(self.now, reason),
            Reason::Kubectl(KubectlReason::EvictingPod { .. } | KubectlReason::Deleting { .. }) => {
                trail.evicting = now;
            }
            Reason::TaintEviction(TaintEvictionReason::TaintManagerEviction {
                cancelled: false,
                ..
            }) => trail.evicting = now,
            Reason::ClusterAutoscaler(ClusterAutoscalerReason::DeletingPod) => {
                trail.evicting = now;
            }
            Reason::Plain { word: "Evicted", .. } => trail.life.evicted = now,
            _ => {}
        }
    }
}
