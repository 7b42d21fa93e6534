//! How processes end and fail: planned crashes, time to shut down, probes that never succeed.

use super::Bridge;
use crate::kube::apiserver::Cluster;
use crate::kube::kubelet::application::{ContainerRun, ProbeKind};
use crate::kube::objects::pod::Pod;
use crate::units::{SimDuration, SimTime};
use crate::workload::PodKey;
use crate::workload::service::Faults;

/// A container that serves, by the kubelet's number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Serving {
    pub(super) container: u16,
    pub(super) started: Option<SimTime>,
    shutdown: SimDuration,
    faults: Faults,
}

impl Bridge {
    /// How the container of a pod that serves ends and fails.
    pub(super) fn serving(
        &self,
        cluster: &Cluster,
        pod: &Pod,
        profile: Option<u32>,
    ) -> Option<Serving> {
        let profile = &self.profiles[profile? as usize];
        let spec = &cluster.template(pod.template).spec.spec;
        let mut containers = spec.init_containers.iter().chain(&spec.containers).enumerate();
        let (place, container) = containers.find(|(_, it)| it.name == profile.container)?;
        let behavior = profile.behavior_of(&container.image);
        Some(Serving {
            container: place as u16,
            started: None,
            shutdown: behavior.shutdown,
            faults: behavior.faults,
        })
    }

    fn serving_of(&self, run: ContainerRun) -> Option<Serving> {
        self.view(run.pod).serving.filter(|serving| serving.container == run.container)
    }

    /// When a process crashes, if it does, and with which exit code.
    pub(super) fn crash_of(&self, run: ContainerRun) -> Option<(SimTime, i32)> {
        let serving = self.serving_of(run)?;
        let crash = serving.faults.crash?;
        Some((serving.started?.saturating_add(crash.after), crash.exit_code))
    }

    /// When a process that got SIGTERM has ended.
    pub(super) fn shut_down_at(&self, run: ContainerRun) -> Option<SimTime> {
        let terminated = self.view(run.pod).terminated?;
        let shutdown = self.serving_of(run).map_or(SimDuration::ZERO, |serving| serving.shutdown);
        let drained = self.model.drained_at(PodKey(run.pod.0)).unwrap_or(terminated);
        Some(drained.max(terminated.saturating_add(shutdown)))
    }

    /// Whether probes of this kind fail whatever happens.
    pub(super) fn is_broken(&self, run: ContainerRun, kind: ProbeKind) -> bool {
        let serving = self.serving_of(run);
        kind == ProbeKind::Readiness && serving.is_some_and(|it| it.faults.never_ready)
    }
}
