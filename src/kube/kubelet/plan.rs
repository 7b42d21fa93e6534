//! What a kubelet reads out of a pod template, once for all pods made from it.

use std::sync::Arc;

use super::application::ProbeKind;
use super::images::ImageId;
use crate::api::core::{Container, LifecycleHandler, PodTemplateSpec, Probe};
use crate::api::swarm::TaskSpec;
use crate::kube::apiserver::Cluster;
use crate::kube::objects::ids::TemplateId;
use crate::units::SimDuration;

/// Longest span that a manifest may ask for \[s\]; longer ones are cut, far beyond any simulation.
const SECONDS_MAX: i64 = 1_000_000_000;
/// Init containers, and others, that are read of a template; nobody has as many.
const CONTAINERS_MAX: usize = 10_000;

/// A pod template as the kubelet works with it.
#[derive(Debug, Default)]
pub(super) struct PodPlan {
    /// Init containers in order, then regular ones.
    pub(super) containers: Vec<ContainerPlan>,
    /// Names of all of them.
    pub(super) names: Arc<[Arc<str>]>,
    /// How many init containers there are.
    pub(super) inits: u16,
    pub(super) restart_policy: RestartPolicy,
    /// `terminationGracePeriodSeconds` \[s\].
    pub(super) grace: i64,
    /// What a task of Swarm asks for, if it is one.
    pub(super) task: Option<Arc<TaskSpec>>,
}

/// `spec.restartPolicy`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum RestartPolicy {
    #[default]
    Always,
    OnFailure,
    Never,
}

/// What a container is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Runs to its end before the next one starts.
    Init,
    /// An init container that stays.
    Sidecar,
    /// Runs beside the others.
    Regular,
}

/// `imagePullPolicy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PullPolicy {
    Always,
    IfNotPresent,
    Never,
}

/// A container of a template.
#[derive(Debug)]
pub(super) struct ContainerPlan {
    pub(super) name: Arc<str>,
    pub(super) image: Arc<str>,
    pub(super) image_id: ImageId,
    pub(super) role: Role,
    pub(super) pull_policy: PullPolicy,
    /// By [`ProbeKind`].
    pub(super) probes: [Option<ProbePlan>; 3],
    /// How long the preStop hook takes, if there is one.
    pub(super) pre_stop: Option<SimDuration>,
    /// How long the postStart hook takes.
    pub(super) post_start: SimDuration,
}

/// A probe with all defaults written out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ProbePlan {
    /// \[s\]
    pub(super) initial_delay: i64,
    pub(super) period: SimDuration,
    pub(super) timeout: SimDuration,
    pub(super) success_threshold: u32,
    pub(super) failure_threshold: u32,
    /// Grace of a kill by this probe \[s\].
    pub(super) grace: Option<i64>,
    pub(super) handler: Handler,
}

/// What a probe asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Handler {
    Http,
    Socket,
    Command,
}

impl PodPlan {
    pub(super) fn container(&self, place: u16) -> &ContainerPlan {
        &self.containers[usize::from(place)]
    }

    /// Places of all containers.
    pub(super) fn places(&self) -> impl Iterator<Item = u16> + use<> {
        0..self.containers.len() as u16
    }

    /// Places of the containers that are no init containers.
    pub(super) fn regular(&self) -> impl Iterator<Item = u16> + use<> {
        self.inits..self.containers.len() as u16
    }
}

impl ContainerPlan {
    pub(super) fn probe(&self, kind: ProbeKind) -> Option<&ProbePlan> {
        self.probes[kind as usize].as_ref()
    }
}

/// Plans of all templates seen so far.
#[derive(Debug, Default)]
pub(super) struct Plans {
    by_template: Vec<Option<Arc<PodPlan>>>,
    images: Vec<Arc<str>>,
}

impl Plans {
    /// The plan of a template.
    pub(super) fn of(&mut self, cluster: &Cluster, template: TemplateId) -> Arc<PodPlan> {
        if self.by_template.len() <= template.index() {
            self.by_template.resize(template.index() + 1, None);
        }
        if let Some(plan) = &self.by_template[template.index()] {
            return Arc::clone(plan);
        }
        let plan = Arc::new(self.plan(&cluster.template(template).spec));
        self.by_template[template.index()] = Some(Arc::clone(&plan));
        plan
    }

    pub(super) fn intern_image(&mut self, image: &str) -> ImageId {
        let known = self.images.iter().position(|other| **other == *image);
        ImageId(known.unwrap_or_else(|| {
            self.images.push(Arc::from(image));
            self.images.len() - 1
        }) as u32)
    }

    fn plan(&mut self, template: &PodTemplateSpec) -> PodPlan {
        let spec = &template.spec;
        let init = spec.init_containers.iter().take(CONTAINERS_MAX).map(|container| {
            let stays = container.restart_policy.as_deref() == Some("Always");
            (container, if stays { Role::Sidecar } else { Role::Init })
        });
        let regular =
            spec.containers.iter().take(CONTAINERS_MAX).map(|container| (container, Role::Regular));
        let containers: Vec<ContainerPlan> =
            init.chain(regular).map(|(container, role)| self.container(container, role)).collect();
        PodPlan {
            names: containers.iter().map(|container| Arc::clone(&container.name)).collect(),
            containers,
            inits: spec.init_containers.len().min(CONTAINERS_MAX) as u16,
            restart_policy: match spec.restart_policy.as_deref() {
                Some("Never") => RestartPolicy::Never,
                Some("OnFailure") => RestartPolicy::OnFailure,
                _ => RestartPolicy::Always,
            },
            task: spec.task.clone(),
            grace: spec.termination_grace_period_seconds.unwrap_or(30).clamp(0, SECONDS_MAX),
        }
    }

    fn container(&mut self, container: &Container, role: Role) -> ContainerPlan {
        let image_id = self.intern_image(&container.image);
        let hook = |handler: Option<&LifecycleHandler>| handler.map(hook_takes);
        let lifecycle = container.lifecycle.as_ref();
        // An init container that runs to its end has no probes; validation refuses them upstream.
        let probe = |probe: Option<&Probe>| probe.filter(|_| role != Role::Init).map(probe_plan);
        ContainerPlan {
            name: Arc::from(container.name.as_str()),
            image: Arc::clone(&self.images[image_id.0 as usize]),
            image_id,
            role,
            pull_policy: pull_policy(container),
            probes: [
                probe(container.startup_probe.as_ref()),
                probe(container.readiness_probe.as_ref()),
                probe(container.liveness_probe.as_ref()),
            ],
            pre_stop: hook(lifecycle.and_then(|lifecycle| lifecycle.pre_stop.as_ref())),
            post_start: hook(lifecycle.and_then(|lifecycle| lifecycle.post_start.as_ref()))
                .unwrap_or_default(),
        }
    }
}

/// How long a hook takes; one whose time nobody knows takes none.
fn hook_takes(handler: &LifecycleHandler) -> SimDuration {
    SimDuration::from_secs(handler.sleep_seconds.unwrap_or(0).clamp(0, SECONDS_MAX))
}

/// Mirrors the default of `imagePullPolicy`: by the tag of the image.
fn pull_policy(container: &Container) -> PullPolicy {
    match container.image_pull_policy.as_deref() {
        Some("Always") => PullPolicy::Always,
        Some("Never") => PullPolicy::Never,
        Some("IfNotPresent") => PullPolicy::IfNotPresent,
        _ if has_fixed_tag(&container.image) => PullPolicy::IfNotPresent,
        _ => PullPolicy::Always,
    }
}

/// Whether an image reference has a digest, or a tag that is not `latest`.
fn has_fixed_tag(image: &str) -> bool {
    let name = image.rsplit('/').next().unwrap_or(image);
    name.contains('@') || name.split_once(':').is_some_and(|(_, tag)| tag != "latest")
}

fn probe_plan(probe: &Probe) -> ProbePlan {
    let or = |value: i32, default: i32| i64::from(if value > 0 { value } else { default });
    ProbePlan {
        initial_delay: i64::from(probe.initial_delay_seconds),
        period: SimDuration::from_secs(or(probe.period_seconds, 10)),
        timeout: SimDuration::from_secs(or(probe.timeout_seconds, 1)),
        success_threshold: or(probe.success_threshold, 1) as u32,
        failure_threshold: or(probe.failure_threshold, 3) as u32,
        grace: probe.termination_grace_period_seconds.map(|seconds| seconds.clamp(0, SECONDS_MAX)),
        handler: handler_of(&probe.handler),
    }
}

fn handler_of(handler: &str) -> Handler {
    if handler.contains("httpGet") {
        Handler::Http
    } else if handler.contains("exec") {
        Handler::Command
    } else {
        Handler::Socket
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pull_policy_follows_the_tag() {
        for (image, fixed) in [
            ("shop", false),
            ("shop:latest", false),
            ("shop:v2", true),
            ("registry:5000/shop", false),
            ("registry:5000/shop:v2", true),
            ("shop@sha256:abc", true),
        ] {
            assert_eq!(has_fixed_tag(image), fixed, "{image}");
        }
    }
}
