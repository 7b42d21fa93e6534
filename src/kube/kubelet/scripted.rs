//! A script in the place of scheduler and kubelet: pods are bound, become ready, fail and go at
//! times that the script gives. For recordings of the controllers, which were made so.

use std::sync::Arc;

use super::application::{Application, ContainerRun};
use super::reason::KubeletReason;
use crate::api::meta::ConditionStatus;
use crate::kube::apiserver::watch::KUBELET;
use crate::kube::apiserver::write::PodStatus;
use crate::kube::apiserver::{Api, Write};
use crate::kube::objects::ids::{NodeId, PodId};
use crate::kube::objects::pod::{Pod, PodActivity, PodCondition, PodPhase};
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
    restarts: i32,
}

/// What happens to a pod next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Next {
    /// It was just created.
    #[default]
    Created,
    Bound,
    Ready,
    Fails,
    Gone,
    Nothing,
}

impl ScriptedKubelet {
    pub(super) fn new(script: Arc<Script>) -> ScriptedKubelet {
        ScriptedKubelet { script, pods: Vec::new() }
    }

    /// Does what is due for a pod, and asks for the next wake.
    pub(super) fn reconcile(
        &mut self,
        api: &mut Api,
        pod: PodId,
        application: &mut dyn Application,
    ) {
        if self.pods.len() <= pod.index() {
            self.pods.resize(pod.index() + 1, Scripted::default());
        }
        let Some(object) = api.cluster().pod(pod) else {
            self.end(pod, api.now(), application);
            return;
        };
        let (image, created_at) = (self.image_of(api, object), object.created_at);
        if let (Some(deletion), Some(_)) = (object.deletion, object.node)
            && self.pods[pod.index()].next != Next::Gone
        {
            let stagger = SimDuration(self.script.stagger.0 * i64::from(pod.0));
            let at =
                deletion.requested_at + self.script.images_or_default(image).terminate + stagger;
            self.pods[pod.index()] = Scripted { next: Next::Gone, at, ..self.pods[pod.index()] };
        }
        if self.pods[pod.index()].next == Next::Created {
            self.create(created_at, pod, image);
        }
        while self.is_due(pod, api.now()) && api.cluster().pod(pod).is_some() {
            self.step(api, pod, image, application);
        }
        let Scripted { next, at, .. } = self.pods[pod.index()];
        if next != Next::Nothing {
            api.wake(KUBELET, pod.0, at);
        }
    }

    /// Takes over a pod that has run and been ready since an instant.
    pub(super) fn adopt_running(
        &mut self,
        api: &mut Api,
        pod: PodId,
        since: SimTime,
        application: &mut dyn Application,
    ) {
        if self.pods.len() <= pod.index() {
            self.pods.resize(pod.index() + 1, Scripted::default());
        }
        self.pods[pod.index()] = Scripted { next: Next::Nothing, at: since, restarts: 0 };
        application.container_started(run(pod, 0), since);
        set_status(api, pod, PodPhase::Running, true, since, 0);
        application.ready_changed(pod, true, since);
    }

    fn is_due(&self, pod: PodId, now: SimTime) -> bool {
        let scripted = self.pods[pod.index()];
        scripted.next != Next::Nothing && scripted.at <= now
    }

    /// The place of the pod's image in the script, or none.
    fn image_of(&self, api: &Api, pod: &Pod) -> Option<usize> {
        let template = &api.cluster().template(pod.template).spec;
        let image = template.spec.containers.first().map_or("", |container| &container.image);
        self.script.images.iter().position(|(name, _)| name == image)
    }

    fn create(&mut self, created_at: SimTime, pod: PodId, image: Option<usize>) {
        let script = self.script.images_or_default(image);
        let stagger = SimDuration(self.script.stagger.0 * i64::from(pod.0));
        let at = created_at + script.schedule + stagger;
        let next = if script.fails(pod) && script.fail == Fail::Unschedulable {
            Next::Nothing
        } else {
            Next::Bound
        };
        self.pods[pod.index()] = Scripted { next, at, restarts: 0 };
    }

    fn step(
        &mut self,
        api: &mut Api,
        pod: PodId,
        image: Option<usize>,
        application: &mut dyn Application,
    ) {
        let script = Arc::clone(&self.script);
        let image = script.images_or_default(image);
        let state = &mut self.pods[pod.index()];
        match state.next {
            Next::Bound => {
                let after = image.ready_after(pod) + script.ready_stagger_of(pod);
                let never = image.fails(pod) && image.fail == Fail::NeverReady;
                state.next = if never { Next::Nothing } else { Next::Ready };
                let bound_at = state.at;
                state.at = bound_at + after;
                bind(api, pod, NodeId(pod.0 % script.nodes.max(1)));
                application.container_started(run(pod, 0), bound_at);
                set_status(api, pod, PodPhase::Running, false, bound_at, 0);
            }
            Next::Ready => {
                let at = state.at;
                state.fail_next(image, pod);
                let restarts = state.restarts;
                if restarts > 0 {
                    application.container_started(run(pod, restarts), at);
                }
                application.ready_changed(pod, true, at);
                set_status(api, pod, PodPhase::Running, true, at, restarts);
            }
            Next::Fails => self.fail(api, pod, image, application),
            Next::Gone => {
                let state = self.pods[pod.index()];
                application.ready_changed(pod, false, state.at);
                api.write(Write::RemovePod(pod), Reason::Kubelet(KubeletReason::Script))
                    .expect("a pod that exists can be removed");
                self.end(pod, state.at, application);
            }
            Next::Created | Next::Nothing => unreachable!("nothing is due"),
        }
    }

    fn fail(
        &mut self,
        api: &mut Api,
        pod: PodId,
        image: &ImageScript,
        application: &mut dyn Application,
    ) {
        let state = &mut self.pods[pod.index()];
        let at = state.at;
        let mut phase = PodPhase::Running;
        state.next = Next::Nothing;
        match image.fail {
            Fail::PodFails { .. } => phase = PodPhase::Failed,
            Fail::CrashLoop { restart, .. } => {
                state.restarts += 1;
                state.next = Next::Ready;
                state.at = at + restart;
            }
            _ => {}
        }
        let restarts = state.restarts;
        application.ready_changed(pod, false, at);
        set_status(api, pod, phase, false, at, restarts);
    }

    fn end(&mut self, pod: PodId, at: SimTime, application: &mut dyn Application) {
        let state = &mut self.pods[pod.index()];
        if state.next != Next::Nothing || state.at != SimTime::MAX {
            *state = Scripted { next: Next::Nothing, at: SimTime::MAX, restarts: 0 };
            application.pod_removed(pod, at);
        }
    }
}

impl Scripted {
    /// What happens to a pod that is ready now.
    fn fail_next(&mut self, image: &ImageScript, pod: PodId) {
        self.next = Next::Nothing;
        if let (true, Some(after)) = (image.fails(pod), image.fail.after()) {
            self.next = Next::Fails;
            self.at += after;
        }
    }
}

impl Script {
    fn images_or_default(&self, image: Option<usize>) -> &ImageScript {
        image.map_or(&self.default, |place| &self.images[place].1)
    }

    fn ready_stagger_of(&self, pod: PodId) -> SimDuration {
        SimDuration(self.ready_stagger.0 * i64::from(pod.0))
    }
}

impl ImageScript {
    fn fails(&self, pod: PodId) -> bool {
        self.fail != Fail::None && (pod.0 + 1).is_multiple_of(self.fail_every.max(1))
    }

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

fn run(pod: PodId, restarts: i32) -> ContainerRun {
    ContainerRun { pod, container: 0, restart: restarts as u32 }
}

fn bind(api: &mut Api, pod: PodId, node: NodeId) {
    api.write(Write::BindPod { pod, node }, Reason::Kubelet(KubeletReason::Script))
        .expect("a pod without a node can be bound");
}

fn set_status(api: &mut Api, pod: PodId, phase: PodPhase, ready: bool, at: SimTime, restarts: i32) {
    let Some(object) = api.cluster().pod(pod) else { return };
    let start_time = object.start_time.or(Some(at));
    let status = if ready { ConditionStatus::True } else { ConditionStatus::False };
    let former = object.ready.filter(|former| former.status == status);
    let condition = former.unwrap_or(PodCondition { status, last_transition_time: at });
    let activity = match phase {
        PodPhase::Failed | PodPhase::Succeeded => PodActivity::Ended,
        _ if ready => PodActivity::Running,
        _ if restarts > 0 => PodActivity::CrashLoopBackOff,
        _ => PodActivity::Starting,
    };
    let status = PodStatus {
        phase,
        activity,
        start_time,
        ready: Some(condition),
        restarts,
        sidecar_restarts: 0,
    };
    api.write(Write::PodStatus { pod, status }, Reason::Kubelet(KubeletReason::Script))
        .expect("the status of a pod that exists is never refused");
}
