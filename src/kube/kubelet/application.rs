//! What runs in the containers, as the kubelet and metrics-server see it.
//!
//! In a cluster these are processes: a kubelet starts and stops them, probes them and reads their
//! counters. Here the load model stands in their place, behind this trait.

use std::sync::Arc;

use super::ContainerStatus;
use crate::kube::objects::ids::{NodeId, PodId};
use crate::units::{Bytes, NanoCpu, SimDuration, SimTime};

/// One run of one container: what a container id names in Kubernetes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ContainerRun {
    /// The pod.
    pub pod: PodId,
    /// The container's place in its pod: all `initContainers` in order, then all `containers`.
    pub container: u16,
    /// `restartCount` of the run: 0 for the first.
    pub restart: u32,
}

/// The kinds of probes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProbeKind {
    /// Whether the container has started; holds the others back until then.
    Startup,
    /// Whether the container takes traffic.
    Readiness,
    /// Whether the container needs a restart.
    Liveness,
}

/// What a probe gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeAnswer {
    /// Success.
    Success,
    /// Failure that the process reports itself, such as status 503.
    Failure,
    /// Nobody listens yet, or any more.
    Refused,
    /// No answer within the probe's time-out.
    TimedOut,
}

/// The answer to a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProbeReply {
    /// What the probe gets.
    pub answer: ProbeAnswer,
    /// How long the probe takes; shorter than its period.
    pub takes: SimDuration,
}

impl ProbeReply {
    /// Success, at once.
    pub const SUCCESS: ProbeReply = ProbeReply::at_once(ProbeAnswer::Success);

    /// That answer, at once.
    pub const fn at_once(answer: ProbeAnswer) -> ProbeReply {
        ProbeReply { answer, takes: SimDuration::ZERO }
    }
}

/// How the end of a process came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ContainerExit {
    /// It ended by itself (a crash, a job that is done, or after SIGTERM), with this exit code.
    Exited(i32),
    /// SIGKILL, when the grace period was over: requests inside are lost.
    Killed,
    /// Its memory went over its limit: requests inside are lost.
    OomKilled,
}

impl ContainerExit {
    /// The exit code that the runtime reports.
    pub const fn code(self) -> i32 {
        match self {
            ContainerExit::Exited(code) => code,
            ContainerExit::Killed | ContainerExit::OomKilled => 137,
        }
    }
}

/// Counters of a container, as cAdvisor reads them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ContainerSample {
    /// CPU time since the container's start \[ns\].
    pub cpu: NanoCpu,
    /// Working set.
    pub working_set: Bytes,
}

/// How the CPU time of a container grows, where that is known ahead: with something that the
/// application counts, and with time. Containers that do the same work have the same growth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Growth {
    /// Whom the work comes to; the application's number.
    pub group: u32,
    /// Another epoch of the group means that the growth holds no more.
    pub epoch: u32,
    /// What is counted; the application's number.
    pub count: u32,
    /// CPU time for each unit of the count \[ns\].
    pub cpu_ns_per_unit: f64,
    /// CPU time for each ms \[ns\].
    pub cpu_ns_per_ms: f64,
}

/// What runs in the containers of all pods.
///
/// All instants are now, unless said otherwise; calls come in order of time.
pub trait Application {
    /// A container has started.
    fn container_started(&mut self, run: ContainerRun, at: SimTime);

    /// A container has ended.
    fn container_stopped(&mut self, run: ContainerRun, at: SimTime, exit: ContainerExit);

    /// When the process will end by itself, and with which exit code, as far as is known now: a
    /// planned crash, or, after [`Application::sigterm`], when the accepted requests are finished.
    ///
    /// Asked each time the kubelet looks at the pod, after each start and SIGTERM, and again at
    /// that very instant; when it has moved to a later one by then, that counts. When it moves to
    /// an earlier one, wake the kubelet for the pod.
    fn exits_at(&mut self, run: ContainerRun) -> Option<(SimTime, i32)>;

    /// A probe with that time-out begins. The run may just have ended without the kubelet's
    /// knowledge.
    fn probe(
        &mut self,
        run: ContainerRun,
        kind: ProbeKind,
        timeout: SimDuration,
        at: SimTime,
    ) -> ProbeReply;

    /// Until when probes of this kind succeed, as far as is known now: each one that begins after
    /// `from`, which is now, and before that instant would, in less than its period. The kubelet
    /// does not run these. `from` or earlier if nothing is known; [`SimTime::MAX`] if nothing is
    /// expected to change.
    ///
    /// Asked each time the kubelet looks at a pod whose last probe of this kind succeeded. When the
    /// instant moves to an earlier one, wake the kubelet for the pod.
    fn succeeds_until(&mut self, run: ContainerRun, kind: ProbeKind, from: SimTime) -> SimTime;

    /// A container gets SIGTERM; SIGKILL follows at `kill_at` unless it has ended by then.
    fn sigterm(&mut self, run: ContainerRun, at: SimTime, kill_at: SimTime);

    /// When the runtime's call that stops a container returns, for one that got SIGTERM and ended
    /// at `at`, which is now. At once, if nothing holds the runtime up.
    fn stop_returns_at(&mut self, _run: ContainerRun, at: SimTime) -> SimTime {
        at
    }

    /// The condition `Ready` of a pod has changed.
    fn ready_changed(&mut self, pod: PodId, ready: bool, at: SimTime);

    /// A pod is gone for good; its numbers are not asked for again.
    fn pod_removed(&mut self, pod: PodId, at: SimTime);

    /// Counters of a running container, now.
    fn sample(&mut self, run: ContainerRun, at: SimTime) -> ContainerSample;

    /// How the CPU time of a container grows from what was just sampled; its working set stays the
    /// same. `None` if that is not known ahead. Holds while [`Application::grown`] has an answer
    /// and [`Application::disturbances`] of its node stays the same.
    fn growth(&mut self, _run: ContainerRun) -> Option<Growth> {
        None
    }

    /// CPU time that a growth has come to, from an instant that stays the same \[ns\]; `None` if
    /// it holds no more. Asked for now, or for a later instant before
    /// [`Application::calm_until`].
    fn grown(&mut self, _growth: &Growth, _at: SimTime) -> Option<i64> {
        None
    }

    /// Until when nothing will happen in the containers by itself: anything before this instant
    /// can be told now. The past, if that is not known.
    fn calm_until(&self) -> SimTime {
        SimTime(i64::MIN)
    }

    /// A number that grows whenever something happens to a pod of that node that its readings
    /// depend on.
    fn disturbances(&self, _node: NodeId) -> u64 {
        0
    }

    /// What the registry says when a container's image cannot be pulled; `None` if it can.
    fn pull_error(&mut self, _pod: PodId, _container: u16) -> Option<Arc<str>> {
        None
    }

    /// The kubelet stored a container's status. Only for those who follow it closely: the status in
    /// the API has no more than [`crate::kube::apiserver::write::PodStatus`].
    fn container_status(
        &mut self,
        _pod: PodId,
        _container: u16,
        _status: &ContainerStatus,
        _at: SimTime,
    ) {
    }
}
