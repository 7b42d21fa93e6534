//! Profiles: which container serves, and what it does with one image or another.

use std::collections::BTreeMap;

use super::Checker;
use super::services::Services;
use crate::api::core::{Container, PodSpec, Service};
use crate::api::int_or_percent::IntOrPercent;
use crate::diagnostic::{Diagnostic, Span};
use crate::manifest::suggest::nearest;
use crate::scenario::file::profile::{ImageProfile, Profile as Written, Sidecar as WrittenSidecar};
use crate::scenario::file::read::{At, Named};
use crate::units::{Bytes, MilliCpu, NanoCpu, SimDuration};
use crate::workload::service::{Behavior, Memory, OnTimeout, Profile, Sidecar, Startup, Warmup};

/// A Deployment's profile before the CPU time of a request is settled.
#[derive(Clone, Debug)]
pub(super) struct Draft<'a> {
    /// As written, if it was.
    pub(super) written: Option<&'a Written>,
    /// The container that serves, by its place in the pod.
    pub(super) container: usize,
    /// What the load model is told; `cpu_per_request` may be missing.
    pub(super) profile: Profile,
    /// CPU time of a request, if it was written or follows from a rate \[ns\].
    pub(super) cpu_per_request: Option<NanoCpu>,
}

/// CPU request of a container.
pub(super) fn cpu_request(container: &Container) -> Option<MilliCpu> {
    container.resources.requests.get("cpu").map(|quantity| MilliCpu(quantity.milli_value()))
}

/// Memory request of a container.
pub(super) fn memory_request(container: &Container) -> Option<Bytes> {
    container.resources.requests.get("memory").map(|quantity| Bytes(quantity.value()))
}

/// Containers that run all the time: those of the pod, and restartable init containers.
pub(super) fn running_containers(pod: &PodSpec) -> impl Iterator<Item = &Container> {
    let sidecars = pod
        .init_containers
        .iter()
        .filter(|container| container.restart_policy.as_deref() == Some("Always"));
    pod.containers.iter().chain(sidecars)
}

impl<'a> Checker<'a> {
    /// A draft for each Deployment.
    pub(super) fn profiles(&mut self, services: &Services) -> Vec<Draft<'a>> {
        let input = self.input;
        let count = input.objects.deployments.len();
        let mut written: Vec<Option<&'a Written>> = vec![None; count];
        for profile in &input.file.spec.profiles {
            let Some(place) = self.deployment(&profile.deployment) else { continue };
            if let Some(first) = written[place as usize].replace(profile) {
                self.report(
                    Diagnostic::error("scenario-profile", "two profiles for one Deployment")
                        .at(profile.deployment.span.clone(), "again here")
                        .beside(first.deployment.span.clone(), "first here")
                        .help("keep one of them; `images` tells images apart"),
                );
            }
        }
        (0..count).map(|place| self.draft(place, written[place], services)).collect()
    }

    /// Clients retry as the profile of whom they ask says, where the traffic does not say.
    pub(super) fn profile_retries(&mut self, services: &mut Services, drafts: &[Draft<'_>]) {
        for service in services.list.iter_mut().filter(|service| !service.retries_written) {
            let asked = service.deployments.iter().filter_map(|place| {
                drafts[*place as usize].written.and_then(|written| written.retries.as_ref())
            });
            if let Some(retries) = asked.into_iter().next() {
                service.config.retry = self.retry(retries).unwrap_or_default();
            }
        }
    }

    fn draft(
        &mut self,
        place: usize,
        written: Option<&'a Written>,
        services: &Services,
    ) -> Draft<'a> {
        let pod = &self.input.objects.deployments[place].object.spec.template.spec;
        let container = self.serving_container(place, written, services);
        let Some(serving) = pod.containers.get(container) else {
            let profile = Profile::new("", Behavior::default());
            return Draft { written, container, profile, cpu_per_request: None };
        };
        let defaults = self.default_behavior(place, serving, written);
        let behavior = match written {
            Some(written) => self.behavior(&written.behavior(), &defaults),
            None => defaults,
        };
        let mut profile = Profile::new(serving.name.clone(), behavior);
        if let Some(written) = written {
            self.more_of_profile(&mut profile, written, pod);
        }
        let rate = written.and_then(|written| self.saturation(written)).or(self.input.saturate_at);
        let by_rate = rate.and_then(|rate| {
            let request = cpu_request(serving)?;
            Some(NanoCpu((request.0 as f64 * 1e6 / rate) as i64))
        });
        if let (Some(rate), None) = (rate, cpu_request(serving)) {
            self.assume(
                self.title(place),
                format!("saturation at {rate}/s says nothing, because there is no CPU request"),
            );
        }
        let stated = written.and_then(|written| written.cpu_per_request.as_ref());
        let cpu_per_request = stated.map(|stated| stated.value).or(by_rate);
        Draft { written, container, profile, cpu_per_request }
    }

    /// `deployment NAME`, or `service NAME` of Swarm, as assumptions name their subject.
    pub(super) fn title(&self, place: usize) -> String {
        let object = &self.input.objects.deployments[place].object;
        let kind = if object.spec.strategy.swarm.is_some() { "service" } else { "deployment" };
        format!("{kind} {}", object.metadata.name)
    }

    fn saturation(&mut self, written: &Written) -> Option<f64> {
        let rate = self.rate(written.saturate_at.as_ref()?, super::layers::RateUnit::Requests)?.0;
        if rate <= 0.0 {
            let span = written.saturate_at.as_ref().map(|rate| rate.span.clone());
            self.report(
                Diagnostic::error("scenario-value", "`saturateAt` is 0")
                    .at(span.unwrap_or_default(), "")
                    .help("write the rate at which a pod uses all of its CPU request"),
            );
            return None;
        }
        Some(rate)
    }

    /// As written; else the only one, else the one behind a Service's port, else the first.
    fn serving_container(
        &mut self,
        place: usize,
        written: Option<&Written>,
        services: &Services,
    ) -> usize {
        let objects = self.input.objects;
        let pod = &objects.deployments[place].object.spec.template.spec;
        if let Some(name) = written.and_then(|written| written.container.as_ref()) {
            let found = pod.containers.iter().position(|container| container.name == name.value);
            if found.is_none() {
                self.unknown_container(name, pod);
            }
            return found.unwrap_or(0);
        }
        if pod.containers.len() < 2 {
            return 0;
        }
        let behind_port = services
            .of_deployment(place as u32)
            .filter_map(|(_, service)| services.objects.get(service.object? as usize))
            .find_map(|service| container_behind(service, pod));
        let (container, why) = match behind_port {
            Some(container) => (container, "its port is the Service's"),
            None => (0, "the first one"),
        };
        if services.of_deployment(place as u32).next().is_some() {
            let text = format!("container {} serves ({why})", pod.containers[container].name);
            self.assume(self.title(place), text);
        }
        container
    }

    /// Reports a container that the pod does not have.
    pub(super) fn unknown_container(&mut self, name: &At<String>, pod: &PodSpec) {
        let names = || running_containers(pod).map(|container| container.name.as_str());
        let help = match nearest(&name.value, names()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the pod has {}", names().collect::<Vec<_>>().join(", ")),
        };
        let shown = super::clip(&name.value);
        self.report(
            Diagnostic::error("unknown-container", format!("no container is called `{shown}`"))
                .at(name.span.clone(), "")
                .help(help),
        );
    }

    /// The defaults of the load model, for this container.
    fn default_behavior(
        &mut self,
        place: usize,
        serving: &Container,
        written: Option<&Written>,
    ) -> Behavior {
        let request = memory_request(serving).map_or(0, |bytes| bytes.0);
        let base = Bytes((request / 2).max(32 << 20));
        let cpu = cpu_request(serving).unwrap_or_default();
        let behavior = Behavior {
            startup: Startup { time: SimDuration::from_secs(5), cpu },
            memory: Memory { base, ..Memory::default() },
            ..Behavior::default()
        };
        let absent = written.map(Written::behavior);
        let absent = absent.as_ref();
        let title = self.title(place);
        if absent.is_none_or(|written| written.startup.is_none()) {
            self.assume(&title, format!("start-up takes 5 s of {}m CPU", cpu.0));
        }
        if absent.is_none_or(|written| written.timeout.is_none()) {
            self.assume(&title, "clients wait 10 s");
        }
        if absent.is_none_or(|written| written.memory.as_ref().is_none_or(|m| m.base.is_none())) {
            self.assume(&title, format!("memory {} MiB", base.0 >> 20));
        }
        if absent.is_none_or(|written| written.idle.is_none()) {
            self.assume(&title, "idle pods use 1m CPU");
        }
        behavior
    }

    /// Everything of a profile that does not differ by image, and the images.
    fn more_of_profile(&mut self, profile: &mut Profile, written: &Written, pod: &PodSpec) {
        if let Some(imbalance) = &written.imbalance {
            profile.imbalance = self.share("imbalance", imbalance, 10.0).unwrap_or(0.0);
        }
        profile.drains = written.drains.as_ref().is_none_or(|drains| drains.value);
        for Named { name, value } in &written.sidecars.0 {
            if !running_containers(pod).any(|container| container.name == name.value) {
                self.unknown_container(name, pod);
            } else if name.value == profile.container {
                self.report(
                    Diagnostic::error("scenario-profile", "the serving container is no sidecar")
                        .at(name.span.clone(), "")
                        .help("write its values in the profile itself"),
                );
            }
            profile.sidecars.insert(name.value.clone(), sidecar(value));
        }
        let base = profile.behavior.clone();
        for Named { name, value } in &written.images.0 {
            let behavior = self.behavior(value, &base);
            profile.images.insert(name.value.clone(), behavior);
        }
    }

    /// What was written, over what is the case without it.
    fn behavior(&mut self, written: &ImageProfile, base: &Behavior) -> Behavior {
        let mut behavior = base.clone();
        if let Some(cpu) = &written.cpu_per_request {
            behavior.cpu_per_request = cpu.value;
        }
        if let Some(latency) = &written.latency {
            behavior.latency = latency.value;
        }
        if let Some(timeout) = &written.timeout {
            behavior.timeout = timeout.value;
            self.at_least_one("timeout", timeout.value.0, &timeout.span, "a time-out such as `2s`");
        }
        if let Some(max_queue) = &written.max_queue {
            behavior.max_queue = Some(max_queue.value);
        }
        if let Some(concurrency) = &written.concurrency {
            behavior.concurrency = Some(concurrency.value.max(1));
            let number = i64::from(concurrency.value);
            self.at_least_one("concurrency", number, &concurrency.span, "1 or more");
        }
        if let Some(cores) = &written.cores_per_request {
            self.in_range("coresPerRequest", cores, 0.001, 1024.0);
            behavior.cores_per_request = cores.value;
        }
        if let Some(variation) = &written.service_variation {
            self.in_range("serviceVariation", variation, 0.0, 1000.0);
            behavior.service_variation = variation.value;
        }
        if let Some(idle) = &written.idle {
            behavior.idle = idle.value;
        }
        self.start_and_memory(written, &mut behavior);
        self.faults(written, &mut behavior);
        self.on_timeout(written, &mut behavior);
        behavior
    }

    fn start_and_memory(&mut self, written: &ImageProfile, behavior: &mut Behavior) {
        if let Some(startup) = &written.startup {
            let time = startup.time.as_ref().map_or(behavior.startup.time, |time| time.value);
            let cpu = startup.cpu.as_ref().map_or(behavior.startup.cpu, |cpu| cpu.value);
            behavior.startup = Startup { time, cpu };
        }
        if let Some(warmup) = &written.warmup {
            self.in_range("factor", &warmup.factor, 1.0, 1000.0);
            behavior.warmup = Warmup { factor: warmup.factor.value, time: warmup.time.value };
        }
        let Some(memory) = &written.memory else { return };
        let model = &mut behavior.memory;
        if let Some(base) = &memory.base {
            model.base = base.value;
        }
        if let Some(per_request) = &memory.per_request {
            model.per_request = per_request.value;
        }
        if let Some(growth) = &memory.growth {
            model.growth = growth.value.0;
        }
        if let Some(half_life) = &memory.half_life {
            model.half_life = Some(half_life.value);
        }
        if let Some(retain) = &memory.retain {
            model.retain = self.share("retain", retain, 1.0).unwrap_or(0.0);
        }
        if let Some(base) = &memory.base {
            self.at_least_one("base", base.value.0, &base.span, "some memory, such as `64Mi`");
        }
        if let Some(half_life) = &memory.half_life {
            let time = half_life.value.0;
            self.at_least_one("halfLife", time, &half_life.span, "a time such as `10m`");
        }
    }

    fn on_timeout(&mut self, written: &ImageProfile, behavior: &mut Behavior) {
        let Some(word) = &written.on_timeout else { return };
        let known = [("drop", OnTimeout::Drop), ("work", OnTimeout::Work)];
        behavior.on_timeout = self.choice(word, "onTimeout", &known).unwrap_or_default();
        if behavior.on_timeout == OnTimeout::Work && behavior.max_queue.is_none() {
            self.report(
                Diagnostic::error("scenario-profile", "`onTimeout: work` needs `maxQueue`")
                    .at(word.span.clone(), "nothing else bounds the queue")
                    .help("add `maxQueue: 1000`, or what your server allows"),
            );
        }
    }

    pub(super) fn at_least_one(&mut self, key: &str, value: i64, span: &Span, help: &str) {
        if value < 1 {
            self.report(
                Diagnostic::error("scenario-value", format!("`{key}` is 0"))
                    .at(span.clone(), "")
                    .help(format!("write {help}")),
            );
        }
    }

    fn in_range(&mut self, key: &str, value: &At<f64>, low: f64, high: f64) {
        if !(low..=high).contains(&value.value) {
            self.report(
                Diagnostic::error("scenario-value", format!("`{key}` is out of range"))
                    .at(value.span.clone(), "")
                    .help(format!("write a number from {low} to {high}")),
            );
        }
    }
}

fn sidecar(written: &WrittenSidecar) -> Sidecar {
    let defaults = Sidecar::default();
    Sidecar {
        idle: written.idle.as_ref().map_or(defaults.idle, |idle| idle.value),
        cpu_per_request: written
            .cpu_per_request
            .as_ref()
            .map_or(defaults.cpu_per_request, |cpu| cpu.value),
        memory: written.memory.as_ref().map_or(defaults.memory, |memory| memory.value),
    }
}

/// The container with the port that a Service sends to.
fn container_behind(service: &Service, pod: &PodSpec) -> Option<usize> {
    let port = service.spec.ports.first()?;
    let target = port.target_port.clone().unwrap_or(IntOrPercent::Int(port.port));
    pod.containers.iter().position(|container| {
        container.ports.iter().any(|open| match &target {
            IntOrPercent::Int(number) => open.container_port == *number,
            IntOrPercent::String(name) => open.name.as_ref() == Some(name),
        })
    })
}

/// Behaviour by image, with the CPU time of a request where it was not written.
pub(super) fn settle(draft: Draft<'_>, cpu_per_request: NanoCpu) -> Profile {
    let mut profile = draft.profile;
    profile.behavior.cpu_per_request = cpu_per_request;
    let images: BTreeMap<&str, bool> = draft
        .written
        .iter()
        .flat_map(|written| &written.images.0)
        .map(|image| (image.name.value.as_str(), image.value.cpu_per_request.is_some()))
        .collect();
    for (image, behavior) in &mut profile.images {
        if images.get(image.as_str()) != Some(&true) {
            behavior.cpu_per_request = cpu_per_request;
        }
    }
    profile
}
