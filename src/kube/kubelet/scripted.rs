//! A script in the place of scheduler and kubelet: pods are bound, become ready, fail and go at
//! times that the script gives. For recordings of the controllers, which were made so.

use std::sync::Arc;

use smallvec::{SmallVec, smallvec};

use super::application::{Application, ContainerExit, ContainerRun};
use super::reason::KubeletReason;
use super::running::RunningContainers;
use crate::api::meta::ConditionStatus;
use crate::kube::apiserver::watch::KUBELET;
use crate::kube::apiserver::write::PodStatus;
use crate::kube::apiserver::{Api, Write};
use crate::kube::objects::ids::{NodeId, PodId};
use crate::kube::objects::pod::{PodActivity, PodCondition, PodPhase};
use crate::kube::reason::Reason;
use crate::units::{SimDuration, SimTime};

/// What happens to pods, and when. Pods are counted from 1 in order of creation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    /// Nodes 0 to `nodes - 1` exist; pod k goes to node (k - 1) mod `nodes`.
    pub nodes: u32,
    /// Each pod is bound, and goes, so much later than the one before it.
    pub stagger: SimDuration,
    /// Each pod is ready so much later than the one before it.
    pub ready_stagger: SimDuration,
    /// What happens, by image of the first container; an image that is not here is as `default`.
    pub images: Vec<(String, ImageScript)>,
    /// What happens with any other image.
    pub default: ImageScript,
}

/// What happens to pods with one image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageScript {
    /// From creation to the binding, which is also when the pod runs.
    pub schedule: SimDuration,
    /// From there to readiness; pod k takes entry (k - 1) mod length. Empty is at once.
    pub ready: Vec<SimDuration>,
    /// From the delete mark to the end.
    pub terminate: SimDuration,
    /// What goes wrong.
    pub fail: Fail,
    /// It goes wrong with the pods whose k divides by this; 0 counts as 1.
    pub fail_every: u32,
}

/// What goes wrong with a pod.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fail {
    /// Nothing.
    #[default]
    None,
    /// It runs and is never ready.
    NeverReady,
    /// It gets no node.
    Unschedulable,
    /// It is not ready any more, for good.
    UnreadyAt {
        /// So long after it got ready.
        after: SimDuration,
    },
    /// It is not ready any more, and in phase Failed for good.
    PodFails {
        /// So long after it got ready.
        after: SimDuration,
    },
    /// It is not ready and has one more restart, is ready again, and so on.
    CrashLoop {
        /// So long after it got ready.
        after: SimDuration,
        /// So long until it is ready again.
        restart: SimDuration,
    },
}

/// The script being played.
#[derive(Debug)]
pub struct ScriptedKubelet {
    script: Arc<Script>,
    /// By number of the pod; pods that are gone keep their entry.
    pods: Vec<Scripted>,
}

/// Where a pod is in the script.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Scripted {
    next: Next,
    at: SimTime,
    /// The node, from the binding to the end.
    node: Option<NodeId>,
    running: bool,
    restarts: i32,
}

/// What happens to a pod next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Next {
    /// It was just created.
    #[default]
    Created,
    Bound,
    /// Its container starts, at the instant of the binding; who runs it has heard of that by then.
    Started,
    Ready,
    Fails,
    Gone,
    Nothing,
}

impl ScriptedKubelet {
    pub(super) fn new(script: Arc<Script>) -> ScriptedKubelet {
        ScriptedKubelet { script, pods: Vec::new() }
    }

    /// Does what is due for a pod, and for all others that something is due for at this instant:
    /// kubelets work side by side.
    pub(super) fn reconcile(
        &mut self,
        api: &mut Api,
        pod: PodId,
        application: &mut dyn Application,
        running: &mut RunningContainers,
    ) {
        let mut pods: SmallVec<[PodId; 8]> = smallvec![pod];
        while let Some(key) = api.take_due() {
            pods.push(PodId(key));
        }
        api.write_side_by_side();
        for pod in pods {
            self.play(api, pod, application, running);
        }
    }

    /// Does what is due for a pod, and asks for the next wake.
    fn play(
        &mut self,
        api: &mut Api,
        pod: PodId,
        application: &mut dyn Application,
        running: &mut RunningContainers,
    ) {
        let script = Arc::clone(&self.script);
        let state = self.state(pod);
        let mut play = Play { api, pod, application, running, script: &script, state };
        play.note_deletion();
        while play.is_due() {
            play.step();
            if play.state.next == Next::Started {
                break;
            }
        }
        let Scripted { next, at, .. } = *play.state;
        if next != Next::Nothing {
            api.wake(KUBELET, pod.0, at);
        }
    }

    fn state(&mut self, pod: PodId) -> &mut Scripted {
        if self.pods.len() <= pod.index() {
            self.pods.resize(pod.index() + 1, Scripted::default());
        }
        &mut self.pods[pod.index()]
    }
}

/// All that happens to a pod at one instant.
struct Play<'a, 'b> {
    api: &'a mut Api<'b>,
    pod: PodId,
    application: &'a mut dyn Application,
    running: &'a mut RunningContainers,
    script: &'a Script,
    state: &'a mut Scripted,
}

impl Play<'_, '_> {
    fn is_due(&self) -> bool {
        self.state.next == Next::Created
            || (self.state.next != Next::Nothing && self.state.at <= self.api.now())
    }

    /// What the script says of the pod's image.
    fn image(&self) -> &ImageScript {
        let cluster = self.api.cluster();
        let image = cluster.pod(self.pod).and_then(|pod| {
            let spec = &cluster.template(pod.template).spec.spec;
            let image = &spec.containers.first()?.image;
            self.script.images.iter().find(|(name, _)| name == image)
        });
        image.map_or(&self.script.default, |(_, script)| script)
    }

    /// A pod that is being deleted changes no more until it is gone.
    fn note_deletion(&mut self) {
        let Some(pod) = self.api.cluster().pod(self.pod) else {
            self.end();
            return;
        };
        let (Some(deletion), Some(_)) = (pod.deletion, pod.node) else { return };
        if self.state.next == Next::Gone {
            return;
        }
        let after = self.image().terminate + self.script.stagger_of(self.pod);
        self.state.next = Next::Gone;
        self.state.at = deletion.requested_at + after;
        if self.state.running {
            self.application.sigterm(self.run(), self.api.now(), self.state.at);
        }
    }

    fn step(&mut self) {
        let at = self.state.at;
        match self.state.next {
            Next::Created => self.create(),
            Next::Bound => self.bind(at),
            Next::Started => self.start(at),
            Next::Ready => {
                if !self.state.running {
                    self.start_container(at);
                }
                self.set_ready(true, at, None);
                self.state.next = Next::Nothing;
                if let (true, Some(after)) = (self.fails(), self.image().fail.after()) {
                    self.state.next = Next::Fails;
                    self.state.at = at + after;
                }
            }
            Next::Fails => self.fail(at),
            Next::Gone => {
                self.end();
                self.api
                    .write(Write::RemovePod(self.pod), Reason::Kubelet(KubeletReason::Script))
                    .expect("a pod that exists can be removed");
            }
            Next::Nothing => unreachable!("nothing is due"),
        }
    }

    fn create(&mut self) {
        let Some(pod) = self.api.cluster().pod(self.pod) else { return };
        let created_at = pod.created_at;
        let never = self.fails() && self.image().fail == Fail::Unschedulable;
        self.state.next = if never { Next::Nothing } else { Next::Bound };
        self.state.at = created_at + self.image().schedule + self.script.stagger_of(self.pod);
    }

    fn bind(&mut self, at: SimTime) {
        let node = NodeId(self.pod.0 % self.script.nodes.max(1));
        let write = Write::BindPod { pod: self.pod, node };
        self.api
            .write(write, Reason::Kubelet(KubeletReason::Script))
            .expect("a pod without a node can be bound");
        self.state.node = Some(node);
        if let Some(status) = self.status(false, at) {
            self.set_status(PodStatus { phase: PodPhase::Running, ..status });
        }
        self.state.next = Next::Started;
    }

    fn start(&mut self, at: SimTime) {
        self.start_container(at);
        let never = self.fails() && self.image().fail == Fail::NeverReady;
        self.state.next = if never { Next::Nothing } else { Next::Ready };
        let stagger = SimDuration(self.script.ready_stagger.0 * i64::from(self.pod.0));
        self.state.at = at + self.image().ready_after(self.pod) + stagger;
    }

    fn fail(&mut self, at: SimTime) {
        self.state.next = Next::Nothing;
        match self.image().fail {
            Fail::PodFails { .. } => {
                self.stop_container(ContainerExit::Exited(1));
                self.set_ready(false, at, Some(PodPhase::Failed));
            }
            Fail::CrashLoop { restart, .. } => {
                self.stop_container(ContainerExit::Exited(1));
                self.state.restarts += 1;
                self.set_ready(false, at, None);
                self.state.next = Next::Ready;
                self.state.at = at + restart;
            }
            _ => self.set_ready(false, at, None),
        }
    }

    fn fails(&self) -> bool {
        let image = self.image();
        image.fail != Fail::None && (self.pod.0 + 1).is_multiple_of(image.fail_every.max(1))
    }

    /// The pod is gone, or its object.
    fn end(&mut self) {
        self.state.next = Next::Nothing;
        if self.state.node.is_some() {
            self.stop_container(ContainerExit::Exited(0));
            self.application.pod_removed(self.pod, self.api.now());
            self.state.node = None;
        }
    }

    fn run(&self) -> ContainerRun {
        ContainerRun { pod: self.pod, container: 0, restart: self.state.restarts as u32 }
    }

    fn start_container(&mut self, at: SimTime) {
        if let Some(node) = self.state.node {
            self.state.running = true;
            self.running.start(node, self.run(), at);
            self.application.container_started(self.run(), at);
        }
    }

    fn stop_container(&mut self, exit: ContainerExit) {
        if let (true, Some(node)) = (std::mem::take(&mut self.state.running), self.state.node) {
            self.running.end(node, self.run());
            self.application.container_stopped(self.run(), self.api.now(), exit);
        }
    }

    fn set_ready(&mut self, ready: bool, at: SimTime, phase: Option<PodPhase>) {
        let Some(status) = self.status(ready, at) else { return };
        self.application.ready_changed(self.pod, ready, self.api.now());
        self.set_status(PodStatus { phase: phase.unwrap_or(status.phase), ..status });
    }

    /// The status that the pod has, but for its readiness and restarts; `None` if it is gone.
    fn status(&self, ready: bool, at: SimTime) -> Option<PodStatus> {
        let pod = self.api.cluster().pod(self.pod)?;
        let status = if ready { ConditionStatus::True } else { ConditionStatus::False };
        let former = pod.ready.filter(|former| former.status == status);
        Some(PodStatus {
            phase: pod.phase,
            activity: match ready {
                true => PodActivity::Running,
                false if self.state.restarts > 0 => PodActivity::CrashLoopBackOff,
                false => PodActivity::Starting,
            },
            start_time: pod.start_time.or(Some(at)),
            ready: former.or(Some(PodCondition { status, last_transition_time: at })),
            restarts: self.state.restarts,
            sidecar_restarts: 0,
        })
    }

    fn set_status(&mut self, status: PodStatus) {
        let write = Write::PodStatus { pod: self.pod, status };
        self.api
            .write(write, Reason::Kubelet(KubeletReason::Script))
            .expect("the status of a pod that exists is never refused");
    }
}

impl Script {
    fn stagger_of(&self, pod: PodId) -> SimDuration {
        SimDuration(self.stagger.0 * i64::from(pod.0))
    }
}

impl ImageScript {
    fn ready_after(&self, pod: PodId) -> SimDuration {
        let entries = self.ready.len().max(1);
        self.ready.get(pod.index() % entries).copied().unwrap_or_default()
    }
}

impl Fail {
    fn after(self) -> Option<SimDuration> {
        match self {
            Fail::None | Fail::NeverReady | Fail::Unschedulable => None,
            Fail::UnreadyAt { after }
            | Fail::PodFails { after }
            | Fail::CrashLoop { after, .. } => Some(after),
        }
    }
}
