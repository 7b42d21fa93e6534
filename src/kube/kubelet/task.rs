//! Mirrors the agent of SwarmKit (`agent/task.go`, `agent/exec/controller.go`) and its executor in
//! moby (`daemon/cluster/executor/container/controller.go`): the life of a task on its node, in the
//! place of a kubelet. Left out: what the agent and the engine take in time, the pause of newer
//! engines between the load balancer and SIGTERM, `post_start` and `pre_stop`, task logs, image
//! digests.
//!
//! A task is a pod of one container. It is prepared (its image pulled) at once, starts when its
//! desired state is RUNNING, and takes traffic when it is healthy. One that gets unhealthy is
//! stopped, and then it has failed. Whoever wants another one in its place makes a new task.

mod health;

use std::sync::Arc;

use self::health::{Health, HealthStatus};
use super::application::{Application, ContainerExit, ContainerRun, ProbeKind};
use super::images::Images;
use super::plan::PodPlan;
use super::running::RunningContainers;
use crate::api::meta::ConditionStatus;
use crate::api::swarm::TaskSpec;
use crate::kube::apiserver::watch::KUBELET;
use crate::kube::apiserver::write::PodStatus;
use crate::kube::apiserver::{Api, Write};
use crate::kube::objects::ids::{NodeId, PodId};
use crate::kube::objects::pod::{PodActivity, PodCondition, PodPhase};
use crate::kube::reason::Reason;
use crate::kube::swarm::reason::{SwarmReason, TaskState};
use crate::units::{SimDuration, SimTime};

/// Tasks on all nodes.
#[derive(Debug, Default)]
pub(super) struct Tasks {
    /// By number of the pod.
    by_pod: Vec<Option<Box<Task>>>,
}

/// A task on its node.
#[derive(Debug)]
struct Task {
    pod: PodId,
    node: NodeId,
    spec: Arc<TaskSpec>,
    start_time: SimTime,
    ready: PodCondition,
    stage: Stage,
    /// None without a check, or before the start.
    health: Option<Health>,
    /// Whether it is stopped because it is not healthy.
    unhealthy: bool,
}

/// How far a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Its image is there from then on.
    Preparing(SimTime),
    /// It waits for its desired state.
    Prepared,
    /// Its container runs.
    Running,
    /// Its container got SIGTERM; SIGKILL follows then.
    Stopping(SimTime),
    /// Its container has ended.
    Ended,
}

/// What a task needs of its node for a moment.
pub(super) struct Node<'a> {
    pub(super) application: &'a mut dyn Application,
    pub(super) running: &'a mut RunningContainers,
}

impl Tasks {
    /// Whether a pod is a task that is known here.
    pub(super) fn has(&self, pod: PodId) -> bool {
        matches!(self.by_pod.get(pod.index()), Some(Some(_)))
    }

    /// Takes on a task that was assigned to a node.
    pub(super) fn begin(
        &mut self,
        api: &Api,
        (pod, node): (PodId, NodeId),
        (plan, spec): (&PodPlan, Arc<TaskSpec>),
        images: &mut Images,
    ) {
        let now = api.now();
        let image = plan.container(0).image_id;
        let there = images.is_present(node, image, now);
        let name = api.cluster().node(node).map_or("", |node| &*node.node.metadata.name);
        let takes = images.pull_takes(name, &plan.containers[0].image);
        let prepared_at = if there { now } else { images.pull(node, image, now, takes).ends };
        let status = ConditionStatus::False;
        let task = Task {
            pod,
            node,
            spec,
            start_time: now,
            ready: PodCondition { status, last_transition_time: now },
            stage: Stage::Preparing(prepared_at),
            health: None,
            unhealthy: false,
        };
        if self.by_pod.len() <= pod.index() {
            self.by_pod.resize_with(pod.index() + 1, || None);
        }
        self.by_pod[pod.index()] = Some(Box::new(task));
    }

    /// Does all that is due for a task, and asks for the next wake.
    pub(super) fn reconcile(&mut self, api: &mut Api, pod: PodId, node: &mut Node) {
        self.with_task(api, pod, node, |_| {});
    }

    /// The tasks on a node, by number of their pods.
    pub(super) fn on(&self, node: NodeId) -> Vec<PodId> {
        let tasks = self.by_pod.iter().flatten();
        tasks.filter(|task| task.node == node).map(|task| task.pod).collect()
    }

    /// The node of a task.
    pub(super) fn node_of(&self, pod: PodId) -> Option<NodeId> {
        Some(self.by_pod.get(pod.index())?.as_ref()?.node)
    }

    /// The machine under a task stops; its agent will tell when it is back.
    pub(super) fn power_off(&mut self, api: &mut Api, pod: PodId, node: &mut Node) {
        let Some(Some(task)) = self.by_pod.get_mut(pod.index()) else { return };
        let now = api.now();
        Turn { api, node, task, now }.end(ContainerExit::Killed);
    }

    /// The machine under a task runs again, and the agent finds that the container does not.
    pub(super) fn power_on(&mut self, api: &mut Api, pod: PodId, node: &mut Node) {
        self.with_task(api, pod, node, |turn| {
            let object = turn.api.cluster().pod(pod);
            let untold = object.is_some_and(|object| !object.is_terminal());
            if untold && turn.task.stage == Stage::Ended {
                turn.tell(ContainerExit::Killed);
            }
        });
    }

    /// The kernel killed the container of a task for its memory.
    pub(super) fn oom_killed(&mut self, api: &mut Api, pod: PodId, node: &mut Node) {
        self.with_task(api, pod, node, |turn| turn.exit(ContainerExit::OomKilled));
    }

    fn with_task(
        &mut self,
        api: &mut Api,
        pod: PodId,
        node: &mut Node,
        first: impl FnOnce(&mut Turn),
    ) {
        let Some(Some(task)) = self.by_pod.get_mut(pod.index()) else { return };
        let now = api.now();
        let mut turn = Turn { api, node, task, now };
        first(&mut turn);
        if turn.run() {
            self.by_pod[pod.index()] = None;
            node.application.pod_removed(pod, now);
        }
    }
}

/// All that a task does at one instant.
struct Turn<'a, 'b, 'c, 'd> {
    api: &'a mut Api<'b>,
    node: &'a mut Node<'c>,
    task: &'d mut Task,
    now: SimTime,
}

impl Turn<'_, '_, '_, '_> {
    /// Does all that is due; whether the task is gone.
    fn run(&mut self) -> bool {
        if let Some(health) = &mut self.task.health {
            health.skip(self.now);
        }
        loop {
            if self.is_gone() {
                return true;
            }
            if !self.step() {
                break;
            }
        }
        let at = self.next_at();
        if at < SimTime::MAX {
            self.api.wake(KUBELET, self.task.pod.0, at);
        }
        false
    }

    /// A task whose object is gone ends at once; one that was told to end and has is removed.
    fn is_gone(&mut self) -> bool {
        let pod = self.task.pod;
        let Some(object) = self.api.cluster().pod(pod) else {
            self.exit(ContainerExit::Killed);
            return true;
        };
        let over = !matches!(self.task.stage, Stage::Running | Stage::Stopping(_));
        if object.deletion.is_none() || !over {
            return false;
        }
        let reason = Reason::Swarm(SwarmReason::Task(TaskState::Shutdown));
        let removed = self.api.write(Write::RemovePod(pod), reason);
        removed.expect("a pod that exists can be removed");
        true
    }

    /// Does one thing that is due; whether there was one.
    fn step(&mut self) -> bool {
        let object = self.api.cluster().pod(self.task.pod);
        let object = object.expect("somebody has looked whether it is there");
        let (released, deletion) = (object.released, object.deletion);
        match self.task.stage {
            Stage::Preparing(at) if at <= self.now => {
                self.task.stage = Stage::Prepared;
                self.report(TaskState::Ready);
            }
            Stage::Preparing(_) => return self.report(TaskState::Preparing),
            Stage::Prepared if released => self.start(),
            Stage::Running if deletion.is_some() => {
                let asked = deletion.map_or(0, |deletion| deletion.grace_period_seconds);
                let own = self.task.spec.stop_grace_period;
                self.stop(own.min(SimDuration::from_secs(asked)));
            }
            Stage::Running | Stage::Stopping(_) => return self.end_process() || self.check(),
            Stage::Prepared | Stage::Ended => return false,
        }
        true
    }

    fn start(&mut self) {
        let (run, now) = (self.run_of(), self.now);
        self.task.stage = Stage::Running;
        self.node.running.start(self.task.node, run, now);
        self.node.application.container_started(run, now);
        self.task.health = self.task.spec.health.map(|config| Health::new(config, now));
        let state = match self.task.health {
            Some(_) => TaskState::Starting,
            None => TaskState::Running,
        };
        self.report(state);
    }

    /// Sends SIGTERM.
    fn stop(&mut self, grace: SimDuration) {
        let kill_at = self.now + grace;
        self.task.stage = Stage::Stopping(kill_at);
        self.task.health = None;
        self.node.application.sigterm(self.run_of(), self.now, kill_at);
    }

    /// Notices that the process has ended by itself, or by SIGKILL; whether it has.
    fn end_process(&mut self) -> bool {
        let exit = match (self.node.application.exits_at(self.run_of()), self.task.stage) {
            (Some((at, code)), _) if at <= self.now => ContainerExit::Exited(code),
            (_, Stage::Stopping(kill_at)) if kill_at <= self.now => ContainerExit::Killed,
            _ => return false,
        };
        self.exit(exit);
        true
    }

    /// The container has ended, however.
    fn exit(&mut self, exit: ContainerExit) {
        if self.end(exit) {
            self.tell(exit);
        }
    }

    /// Ends the container; whether it ran.
    fn end(&mut self, exit: ContainerExit) -> bool {
        if !matches!(self.task.stage, Stage::Running | Stage::Stopping(_)) {
            return false;
        }
        let run = self.run_of();
        self.task.stage = Stage::Ended;
        self.task.health = None;
        self.node.running.end(self.task.node, run);
        self.node.application.container_stopped(run, self.now, exit);
        true
    }

    /// Tells how the container has ended, unless it was told to.
    fn tell(&mut self, exit: ContainerExit) {
        let object = self.api.cluster().pod(self.task.pod);
        if object.is_some_and(|object| object.deletion.is_none()) {
            let unhealthy = self.task.unhealthy;
            let well = !unhealthy && exit == ContainerExit::Exited(0);
            let failed = TaskState::Failed { exit, unhealthy };
            self.report(if well { TaskState::Complete } else { failed });
        }
    }

    /// Begins or ends a check of the health; whether anything was done.
    fn check(&mut self) -> bool {
        let (run, now) = (self.run_of(), self.now);
        let Some(health) = &mut self.task.health else { return false };
        if health.finish(now) {
            match health.status {
                HealthStatus::Unhealthy => {
                    self.task.unhealthy = true;
                    self.report(TaskState::Unhealthy);
                    self.stop(self.task.spec.stop_grace_period);
                }
                _ => drop(self.report(TaskState::Running)),
            }
            return true;
        }
        if !health.begins(now) {
            return false;
        }
        let timeout = health.timeout();
        let reply = self.node.application.probe(run, ProbeKind::Readiness, timeout, now);
        health.begin(reply, now);
        true
    }

    /// When something is to be done next, as far as is known.
    fn next_at(&mut self) -> SimTime {
        let run = self.run_of();
        let exit =
            |node: &mut Node| node.application.exits_at(run).map_or(SimTime::MAX, |(at, _)| at);
        match self.task.stage {
            Stage::Preparing(at) => at,
            Stage::Running => exit(self.node).min(self.next_check_at(run)),
            Stage::Stopping(kill_at) => kill_at.min(exit(self.node)),
            Stage::Prepared | Stage::Ended => SimTime::MAX,
        }
    }

    fn next_check_at(&mut self, run: ContainerRun) -> SimTime {
        let Some(health) = &self.task.health else { return SimTime::MAX };
        let steady_until = if health.is_steady() {
            self.node.application.succeeds_until(run, ProbeKind::Readiness, self.now)
        } else {
            self.now
        };
        health.due_at(steady_until)
    }

    /// Tells the manager; whether that is news.
    fn report(&mut self, state: TaskState) -> bool {
        let (phase, activity) = match state {
            TaskState::Preparing => (PodPhase::Pending, PodActivity::Pulling),
            TaskState::Ready => (PodPhase::Pending, PodActivity::Starting),
            TaskState::Starting => (PodPhase::Running, PodActivity::Starting),
            TaskState::Running => (PodPhase::Running, PodActivity::Running),
            TaskState::Unhealthy => (PodPhase::Running, PodActivity::Stopping),
            TaskState::Complete => (PodPhase::Succeeded, PodActivity::Ended),
            TaskState::Failed { .. } | TaskState::Shutdown => {
                (PodPhase::Failed, PodActivity::Ended)
            }
        };
        let ready = state == TaskState::Running;
        let status = if ready { ConditionStatus::True } else { ConditionStatus::False };
        if status != self.task.ready.status {
            self.task.ready = PodCondition { status, last_transition_time: self.now };
            self.node.application.ready_changed(self.task.pod, ready, self.now);
        }
        let status = PodStatus {
            phase,
            activity,
            start_time: Some(self.task.start_time),
            ready: Some(self.task.ready),
            restarts: 0,
            sidecar_restarts: 0,
        };
        let write = Write::PodStatus { pod: self.task.pod, status };
        let reason = Reason::Swarm(SwarmReason::Task(state));
        let written = self.api.write(write, reason);
        let applied = written.expect("the status of a pod that exists is never refused");
        applied != crate::kube::apiserver::Applied::Unchanged
    }

    fn run_of(&self) -> ContainerRun {
        ContainerRun { pod: self.task.pod, container: 0, restart: 0 }
    }
}
