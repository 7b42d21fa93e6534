//! KWOK in the kubelet's place, for recordings of a live control plane. Mirrors the stages of pods
//! of kwok (v0.8) as those recordings set them: a pod goes from one state to the next after a delay
//! that an annotation of its template gives. Left out: jitter, weights, states of nodes.
//!
//! | annotation | delay |
//! |---|---|
//! | `podtide.dev/start-delay` | from the binding to `Running` |
//! | `podtide.dev/ready-delay` | from there to Ready, and from a lost readiness to the next |
//! | `podtide.dev/stop-delay` | from the delete mark to the end |
//! | `podtide.dev/crash` | with any value but `false` the pod never gets ready, it crashes |
//! | `podtide.dev/crash-after` | from its start to the crash; 3 s if absent |
//! | `podtide.dev/crash-backoff` | from the crash to the next start; 15 s if absent |

use super::application::{Application, ContainerExit, ContainerRun};
use super::reason::KubeletReason;
use super::running::RunningContainers;
use crate::api::core::PodSpec;
use crate::api::meta::{ConditionStatus, StringMap};
use crate::kube::apiserver::watch::KUBELET;
use crate::kube::apiserver::write::PodStatus;
use crate::kube::apiserver::{Api, Cluster, Write};
use crate::kube::objects::ids::{NodeId, PodId};
use crate::kube::objects::node::NodeObject;
use crate::kube::objects::pod::{Pod, PodActivity, PodCondition, PodPhase};
use crate::kube::reason::Reason;
use crate::units::{SimDuration, SimTime};

/// How much longer than its delay a stage takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reaction {
    /// From the binding to `Running`.
    pub start: SimDuration,
    /// From `Running` to Ready, and between crashes and starts.
    pub ready: SimDuration,
    /// From the delete mark to the end.
    pub stop: SimDuration,
}

impl Reaction {
    /// Medians of kwok v0.8 on the machine of the recordings.
    pub const fn typical() -> Reaction {
        Reaction { start: SimDuration(15), ready: SimDuration(17), stop: SimDuration(24) }
    }
}

const CRASH_AFTER: SimDuration = SimDuration::from_secs(3);
const CRASH_BACKOFF: SimDuration = SimDuration::from_secs(15);

/// The stages being played.
#[derive(Debug)]
pub(super) struct StagedKubelet {
    reaction: Reaction,
    /// By number of the pod; pods that are gone keep their entry.
    pods: Vec<Staged>,
}

/// Where a pod is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Staged {
    stage: Stage,
    due: SimTime,
    running: Option<Running>,
    terminating: bool,
}

/// Containers that run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Running {
    node: NodeId,
    /// Place of the first that is no init container.
    first: u16,
    count: u16,
    restart: u32,
}

impl Running {
    fn runs(self, pod: PodId) -> impl Iterator<Item = ContainerRun> {
        let Running { first, count, restart, .. } = self;
        (first..first + count).map(move |container| ContainerRun { pod, container, restart })
    }
}

/// What a pod waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    /// Nothing that its kubelet does.
    #[default]
    Rest,
    Start,
    Ready,
    Crash,
    Restart,
    Stop,
}

impl StagedKubelet {
    pub(super) fn new(reaction: Reaction) -> StagedKubelet {
        StagedKubelet { reaction, pods: Vec::new() }
    }

    /// Does what is due for a pod, and asks for the next wake.
    pub(super) fn reconcile(
        &mut self,
        api: &mut Api,
        pod: PodId,
        application: &mut dyn Application,
        running: &mut RunningContainers,
    ) {
        if self.pods.len() <= pod.index() {
            self.pods.resize(pod.index() + 1, Staged::default());
        }
        let reaction = self.reaction;
        let state = &mut self.pods[pod.index()];
        let mut turn = Turn { api, pod, application, running, reaction, state };
        while turn.is_due() {
            turn.step();
        }
        let Staged { stage, due, .. } = *turn.state;
        if stage != Stage::Rest {
            api.wake(KUBELET, pod.0, due);
        }
    }

    /// Does the same for all pods of a node, whose kubelet stopped or started.
    pub(super) fn reconcile_node(
        &mut self,
        api: &mut Api,
        node: NodeId,
        application: &mut dyn Application,
        running: &mut RunningContainers,
    ) {
        let pods = api.cluster().node(node).map(NodeObject::pods_by_number);
        for pod in pods.unwrap_or_default() {
            self.reconcile(api, pod, application, running);
        }
    }
}

/// All that happens to a pod at one instant.
struct Turn<'a, 'b> {
    api: &'a mut Api<'b>,
    pod: PodId,
    application: &'a mut dyn Application,
    running: &'a mut RunningContainers,
    reaction: Reaction,
    state: &'a mut Staged,
}

impl Turn<'_, '_> {
    /// Finds out what the pod waits for, and whether its time has come.
    fn is_due(&mut self) -> bool {
        let Some(pod) = self.api.cluster().pod(self.pod) else {
            self.end();
            return false;
        };
        let stage = stage_of(self.api.cluster(), pod);
        if stage != self.state.stage {
            let delay = self.delay(stage);
            *self.state = Staged { stage, due: self.api.now() + delay, ..*self.state };
        }
        if stage == Stage::Stop && !std::mem::replace(&mut self.state.terminating, true) {
            let (now, due) = (self.api.now(), self.state.due);
            for run in self.state.running.into_iter().flat_map(|running| running.runs(self.pod)) {
                self.application.sigterm(run, now, due);
            }
        }
        stage != Stage::Rest && self.state.due <= self.api.now()
    }

    fn step(&mut self) {
        let now = self.api.now();
        // The same stage may come again.
        match std::mem::take(&mut self.state.stage) {
            Stage::Rest => {}
            Stage::Start => {
                self.start();
                self.report(PodPhase::Running, PodActivity::Running, false, 0);
            }
            Stage::Ready => {
                self.application.ready_changed(self.pod, true, now);
                self.report(PodPhase::Running, PodActivity::Running, true, 0);
            }
            Stage::Crash => {
                self.stop(ContainerExit::Exited(1));
                self.report(PodPhase::Running, PodActivity::CrashLoopBackOff, false, 0);
            }
            Stage::Restart => {
                self.report(PodPhase::Running, PodActivity::Running, false, 1);
                self.start();
            }
            Stage::Stop => {
                self.end();
                self.write(Write::RemovePod(self.pod));
            }
        }
    }

    fn delay(&self, stage: Stage) -> SimDuration {
        let (default, name, reaction) = match stage {
            Stage::Rest => return SimDuration::ZERO,
            Stage::Start => (SimDuration::ZERO, "start-delay", self.reaction.start),
            Stage::Ready => (SimDuration::ZERO, "ready-delay", self.reaction.ready),
            Stage::Stop => (SimDuration::ZERO, "stop-delay", self.reaction.stop),
            Stage::Crash => (CRASH_AFTER, "crash-after", self.reaction.ready),
            Stage::Restart => (CRASH_BACKOFF, "crash-backoff", self.reaction.ready),
        };
        let cluster = self.api.cluster();
        let pod = cluster.pod(self.pod);
        let told = pod.and_then(|pod| annotation(annotations(cluster, pod), name));
        told.and_then(parse_delay).unwrap_or(default) + reaction
    }

    fn start(&mut self) {
        let (now, cluster) = (self.api.now(), self.api.cluster());
        let Some(pod) = cluster.pod(self.pod) else { return };
        let Some(node) = pod.node else { return };
        let PodSpec { init_containers, containers, .. } = &cluster.template(pod.template).spec.spec;
        let (first, count) = (init_containers.len() as u16, containers.len() as u16);
        let running = Running { node, first, count, restart: pod.restarts as u32 };
        self.state.running = Some(running);
        for run in running.runs(self.pod) {
            self.running.start(node, run, now);
            self.application.container_started(run, now);
        }
    }

    fn stop(&mut self, exit: ContainerExit) {
        let Some(running) = self.state.running.take() else { return };
        let now = self.api.now();
        for run in running.runs(self.pod) {
            self.running.end(running.node, run);
            self.application.container_stopped(run, now, exit);
        }
    }

    /// The pod is gone, or goes.
    fn end(&mut self) {
        self.state.stage = Stage::Rest;
        if self.state.running.is_some() {
            self.stop(ContainerExit::Exited(0));
            self.application.pod_removed(self.pod, self.api.now());
        }
    }

    fn report(&mut self, phase: PodPhase, activity: PodActivity, ready: bool, restarts: i32) {
        let Some(pod) = self.api.cluster().pod(self.pod) else { return };
        let now = self.api.now();
        let status = if ready { ConditionStatus::True } else { ConditionStatus::False };
        let former = pod.ready.filter(|former| former.status == status);
        let status = PodStatus {
            phase,
            activity,
            start_time: pod.start_time.or(Some(now)),
            ready: former.or(Some(PodCondition { status, last_transition_time: now })),
            restarts: pod.restarts + restarts,
            sidecar_restarts: 0,
        };
        self.write(Write::PodStatus { pod: self.pod, status });
    }

    fn write(&mut self, write: Write) {
        let written = self.api.write(write, Reason::Kubelet(KubeletReason::Script));
        written.expect("a pod that exists can be written");
    }
}

/// What a pod waits for, as it stands.
fn stage_of(cluster: &Cluster, pod: &Pod) -> Stage {
    let node = pod.node.and_then(|node| cluster.node(node));
    if !node.is_some_and(NodeObject::answers) || pod.is_terminal() {
        return Stage::Rest;
    }
    let crashes =
        annotation(annotations(cluster, pod), "crash").is_some_and(|told| told != "false");
    match (pod.phase, pod.activity) {
        _ if pod.deletion.is_some() => Stage::Stop,
        (PodPhase::Pending, _) => Stage::Start,
        (_, PodActivity::CrashLoopBackOff) => Stage::Restart,
        _ if crashes => Stage::Crash,
        _ if pod.is_ready() => Stage::Rest,
        _ => Stage::Ready,
    }
}

fn annotations<'a>(cluster: &'a Cluster, pod: &Pod) -> &'a StringMap {
    &cluster.template(pod.template).spec.metadata.annotations
}

fn annotation<'a>(annotations: &'a StringMap, name: &str) -> Option<&'a str> {
    let entries = annotations.iter();
    let mut own =
        entries.filter_map(|(key, value)| Some((key.strip_prefix("podtide.dev/")?, value)));
    own.find(|(key, _)| *key == name).map(|(_, value)| value.as_str())
}

/// A span as Go's `time.ParseDuration` reads it, as far as whole milliseconds and seconds go.
fn parse_delay(text: &str) -> Option<SimDuration> {
    let (number, unit) = match text.strip_suffix("ms") {
        Some(number) => (number, 1.0),
        None => (text.strip_suffix('s')?, 1000.0),
    };
    let number: f64 = number.parse().ok().filter(|number: &f64| number.is_finite())?;
    Some(SimDuration((number * unit).clamp(0.0, 1e12) as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_are_milliseconds_or_seconds() {
        let delays = ["2538ms", "3s", "1.5s", "0s", "12", "s", "NaNs", "-5s"];
        let parsed = delays.map(|text| parse_delay(text).map(|delay| delay.0));
        let (none, zero) = (None, Some(0));
        assert_eq!(parsed, [Some(2538), Some(3000), Some(1500), zero, none, none, none, zero]);
    }
}
