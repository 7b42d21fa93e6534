//! Mirrors `startContainer` and `doBackOff` of pkg/kubelet/kuberuntime (v1.36), and
//! `EnsureImageExists` of pkg/kubelet/images. Left out: failures of the runtime, hooks whose time
//! is unknown (they take none).

use super::lifecycle::Turn;
use super::plan::PullPolicy;
use super::reason::KubeletReason;
use super::status::WaitingReason;
use super::worker::{Run, Step};
use crate::kube::apiserver::EventType;
use crate::units::SimTime;

/// Whether a container's image can be used.
enum Image {
    Present,
    Pulling,
    Unusable,
}

impl Turn<'_, '_> {
    /// Starts a container, unless it is held back; whether that is done, well or not.
    pub(super) fn start(&mut self, place: u16) -> bool {
        if self.worker.step == Step::Begin {
            if self.is_held_back(place) {
                return true;
            }
            match self.ensure_image(place) {
                Image::Unusable => return true,
                Image::Present => return self.create(place),
                Image::Pulling => self.report(),
            }
        }
        match self.worker.step {
            Step::Pulling { ends, .. } if ends > self.now => false,
            Step::Pulling { asked, begins, ends } => {
                let image = self.container_plan(place).image.clone();
                let (took, with_waiting) = (ends - begins, ends - asked);
                self.event(EventType::Normal, KubeletReason::Pulled { image, took, with_waiting });
                self.create(place)
            }
            Step::PostStart(until) => until <= self.now,
            Step::Begin | Step::Stopping => unreachable!("a start that goes on has begun"),
        }
    }

    /// Whether an image is being pulled for the pod.
    pub(super) fn is_pulling(&self) -> bool {
        matches!(self.worker.step, Step::Pulling { .. })
    }

    /// Whether the container ended so often that it must wait; it is noted when it need not.
    /// Mirrors `doBackOff`: what counts is the end of the run that was over when the sync began.
    fn is_held_back(&mut self, place: u16) -> bool {
        let now = self.now;
        let container = self.container_mut(place);
        let Some(exit) = container.seen_exit else { return false };
        if !container.backoff.is_in_backoff_since(exit, now) {
            container.backoff.next(exit, now);
            return false;
        }
        let expiry = exit + container.backoff.get();
        self.fail(place, WaitingReason::CrashLoopBackOff, Some(expiry));
        if let Some(pod) = self.api.cluster().pod(self.worker.pod) {
            let reason = KubeletReason::BackOff {
                container: self.container_plan(place).name.clone(),
                pod: pod.name.clone(),
                namespace: pod.namespace.clone(),
                id: pod.id,
            };
            self.event(EventType::Warning, reason);
        }
        true
    }

    /// Mirrors `EnsureImageExists`.
    fn ensure_image(&mut self, place: u16) -> Image {
        let (node, now) = (self.worker.node, self.now);
        let plan = self.container_plan(place);
        let (image, id, policy) = (plan.image.clone(), plan.image_id, plan.pull_policy);
        let present = self.images.is_present(node, id, now);
        if present && policy != PullPolicy::Always {
            self.event(EventType::Normal, KubeletReason::AlreadyPresent { image });
            return Image::Present;
        }
        if policy == PullPolicy::Never {
            self.event(EventType::Warning, KubeletReason::ErrImageNeverPull { image });
            self.fail(place, WaitingReason::ErrImageNeverPull, None);
            return Image::Unusable;
        }
        let backoff = self.container(place).image_backoff;
        if backoff.is_in_backoff_since_update(now) {
            self.event(EventType::Normal, KubeletReason::BackOffPull { image });
            let expiry = backoff.expires_after_update();
            self.fail(place, WaitingReason::ImagePullBackOff, Some(expiry));
            return Image::Unusable;
        }
        self.event(EventType::Normal, KubeletReason::Pulling { image });
        self.pull(place)
    }

    fn pull(&mut self, place: u16) -> Image {
        let (node, now) = (self.worker.node, self.now);
        let (image, id) =
            (self.container_plan(place).image.clone(), self.container_plan(place).image_id);
        if let Some(error) = self.application.pull_error(self.worker.pod, place) {
            self.event(EventType::Warning, KubeletReason::FailedToPull { image, error });
            self.container_mut(place).image_backoff.next(now, now);
            self.fail(place, WaitingReason::ErrImagePull, None);
            return Image::Unusable;
        }
        let name = self.api.cluster().node(node).map_or("", |node| &*node.node.metadata.name);
        let takes = self.images.pull_takes(name, &image);
        let pull = self.images.pull(node, id, now, takes);
        self.worker.step = Step::Pulling { asked: now, begins: pull.begins, ends: pull.ends };
        Image::Pulling
    }

    /// Notes why a container could not be started, and until when it is held back.
    fn fail(&mut self, place: u16, reason: WaitingReason, expiry: Option<SimTime>) {
        self.container_mut(place).error = Some(reason);
        let outcome = &mut self.worker.outcome;
        outcome.failed = true;
        outcome.expiry = outcome.expiry.into_iter().chain(expiry).min();
        // Upstream tells the reason for waiting in an event of its own, but for crash loops.
        if reason != WaitingReason::CrashLoopBackOff {
            self.event(EventType::Warning, KubeletReason::Failed { word: reason.word() });
        }
    }

    /// Creates and starts the container; whether its postStart hook is over, too.
    fn create(&mut self, place: u16) -> bool {
        let now = self.now;
        let container = self.container_mut(place);
        if container.run.is_some() {
            container.restart += 1;
        }
        container.run = Some(Run::Running { started_at: now });
        let run = self.run_of(place);
        self.event(EventType::Normal, KubeletReason::Created);
        self.event(EventType::Normal, KubeletReason::Started);
        self.running.start(self.worker.node, run, now);
        self.application.container_started(run, now);
        let until = now + self.container_plan(place).post_start;
        self.worker.step = Step::PostStart(until);
        until <= now
    }
}
