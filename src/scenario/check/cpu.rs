//! The CPU time of a request, where nobody says it.

use super::Checker;
use super::profiles::{Draft, cpu_request, running_containers, settle};
use super::services::Services;
use crate::api::autoscaling::{HorizontalPodAutoscaler, MetricTarget};
use crate::api::core::PodSpec;
use crate::diagnostic::Diagnostic;
use crate::units::{NanoCpu, SimTime};
use crate::workload::service::{Profile, ServiceKind};

/// The window whose mean load is taken to be what the warm replicas bear at their target.
const FIRST_MINUTE: SimTime = SimTime::from_secs(60);
/// What a CPU target is taken to be when no HPA says one: Kubernetes' own default.
const DEFAULT_UTILIZATION: f64 = 80.0;
/// CPU time of a request when nothing at all is known \[ns\].
const LAST_RESORT: NanoCpu = NanoCpu(10_000_000);

/// The CPU that an HPA wants a pod to use.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct CpuTarget {
    /// Of a pod, or of the serving container [10⁻³ cores].
    pub(super) milli: f64,
    /// Whether only the serving container counts.
    pub(super) serving_only: bool,
    /// The target in percent of the request, if it was written so.
    pub(super) percent: Option<i32>,
}

/// The first CPU metric of an HPA that tells about the serving container.
pub(super) fn cpu_target(
    hpa: &HorizontalPodAutoscaler,
    pod: &PodSpec,
    container: usize,
) -> Option<CpuTarget> {
    let serving = pod.containers.get(container)?;
    let of = |target: &MetricTarget, request: i64, serving_only| {
        let (milli, percent) = match (&target.average_value, target.average_utilization) {
            (_, Some(percent)) => (request as f64 * f64::from(percent) / 100.0, Some(percent)),
            (Some(value), None) => (value.milli_value() as f64, None),
            (None, None) => return None,
        };
        (milli > 0.0).then_some(CpuTarget { milli, serving_only, percent })
    };
    hpa.spec.metrics.iter().flatten().find_map(|metric| {
        if let Some(resource) = metric.resource.as_ref().filter(|source| source.name == "cpu") {
            let requests: i64 = running_containers(pod)
                .map(|container| cpu_request(container).unwrap_or_default().0)
                .sum();
            return of(&resource.target, requests, false);
        }
        let resource = metric.container_resource.as_ref()?;
        let fits = resource.name == "cpu" && resource.container == serving.name;
        let request = cpu_request(serving).unwrap_or_default().0;
        if fits { of(&resource.target, request, true) } else { None }
    })
}

/// CPU of a pod that does not depend on requests [10⁻³ cores].
pub(super) fn idle_milli(profile: &Profile, pod: &PodSpec, serving_only: bool) -> f64 {
    let others: i64 = running_containers(pod)
        .filter(|container| container.name != profile.container)
        .map(|container| profile.sidecars.get(&container.name).copied().unwrap_or_default().idle.0)
        .sum();
    let others = if serving_only { 0 } else { others };
    (profile.behavior.idle.0 + others) as f64
}

/// CPU time of a request in the sidecars of a pod \[ns\].
pub(super) fn sidecar_cpu(profile: &Profile, serving_only: bool) -> f64 {
    let all: i64 = profile.sidecars.values().map(|sidecar| sidecar.cpu_per_request.0).sum();
    if serving_only { 0.0 } else { all as f64 }
}

impl Checker<'_> {
    /// The finished profiles.
    pub(super) fn fill_profiles(
        &mut self,
        services: &Services,
        drafts: Vec<Draft<'_>>,
        warm: &[i32],
    ) -> Vec<Profile> {
        let rates = services.mean_rates(SimTime::ZERO, FIRST_MINUTE);
        let mut profiles = Vec::with_capacity(drafts.len());
        for (place, draft) in drafts.into_iter().enumerate() {
            let cpu = match draft.cpu_per_request {
                Some(cpu) => {
                    if draft.written.is_none_or(|written| written.cpu_per_request.is_none()) {
                        let text = format!("cpuPerRequest {} (from saturateAt)", show(cpu));
                        self.assume_first(self.title(place), text);
                    }
                    cpu
                }
                None => self.default_cpu(place, &draft, services, &rates, warm),
            };
            profiles.push(settle(draft, cpu));
        }
        profiles
    }

    fn assume_first(&mut self, subject: String, text: String) {
        let place = self
            .assumptions
            .iter()
            .position(|other| !other.text.starts_with("cpuPerRequest"))
            .unwrap_or(self.assumptions.len());
        self.assumptions.insert(place, super::Assumption { subject, text });
    }

    /// Such that the warm replicas run exactly at the HPA's CPU target under the mean load of the
    /// first minute.
    fn default_cpu(
        &mut self,
        place: usize,
        draft: &Draft<'_>,
        services: &Services,
        rates: &[f64],
        warm: &[i32],
    ) -> NanoCpu {
        if !takes_requests(services, place as u32) {
            return NanoCpu(0);
        }
        let objects = self.input.objects;
        let loaded = &objects.deployments[place];
        let pod = &loaded.object.spec.template.spec;
        let rate = rate_per_pod(services, rates, warm, place as u32);
        let hpas = objects.hpas_of(&loaded.object.metadata);
        let target = hpas.map(|hpa| cpu_target(&hpa.object, pod, draft.container)).find_map(|t| t);
        let request = pod.containers.get(draft.container).and_then(cpu_request);
        let (target, why) = match (target, request) {
            (Some(target), _) => (target, "the HPA's target"),
            (None, Some(request)) => {
                let milli = request.0 as f64 * DEFAULT_UTILIZATION / 100.0;
                let target = CpuTarget { milli, serving_only: true, percent: Some(80) };
                (target, "no HPA has a CPU target; taken as 80 %, Kubernetes' default")
            }
            (None, None) => return self.last_resort(place, "no CPU request"),
        };
        let idle = idle_milli(&draft.profile, pod, target.serving_only);
        let sidecars = sidecar_cpu(&draft.profile, target.serving_only);
        let free = target.milli - idle;
        let nanoseconds = free * 1e6 / rate - sidecars;
        if rate <= 0.0 {
            return self.last_resort(place, "no requests in the first minute");
        }
        if nanoseconds < 1.0 {
            return self.last_resort(place, "sidecars and idle CPU beyond the target already");
        }
        let cpu = NanoCpu(nanoseconds.min(60e9) as i64);
        let pods = warm[place];
        let percent = target.percent.map_or_else(String::new, |percent| format!(" {percent} %,"));
        self.assume_first(
            self.title(place),
            format!(
                "cpuPerRequest {} (so that {pods} pods run at{percent} {why}, under the {:.1} \
                 requests/s of the first minute)",
                show(cpu),
                rate * f64::from(pods),
            ),
        );
        cpu
    }

    fn last_resort(&mut self, place: usize, why: &str) -> NanoCpu {
        let name = &self.input.objects.deployments[place].object.metadata.name;
        let origin = self.input.objects.deployments[place].origin;
        let finding = Diagnostic::warning(
            "cpu-per-request",
            format!("nobody says how much CPU a request takes in `{name}`: 10 ms are taken"),
        )
        .at(self.input.objects.head(origin), why)
        .help("write `cpuPerRequest` in its profile, or give `--saturate-at RATE`");
        self.report_absence(finding);
        self.assume_first(self.title(place), format!("cpuPerRequest 10 ms ({why})"));
        LAST_RESORT
    }
}

/// Whether a Deployment's pods serve requests, and not CPU work alone.
fn takes_requests(services: &Services, deployment: u32) -> bool {
    let mut served = services.of_deployment(deployment);
    served.any(|(_, service)| !matches!(service.config.kind, ServiceKind::Cpu { .. }))
}

/// What each of a Deployment's pods gets of some rates \[requests/s\]; CPU work does not count.
pub(super) fn rate_per_pod(
    services: &Services,
    rates: &[f64],
    pods: &[i32],
    deployment: u32,
) -> f64 {
    let shares = services.of_deployment(deployment).map(|(place, service)| {
        let serving: i64 =
            service.deployments.iter().map(|other| i64::from(pods[*other as usize])).sum();
        let is_cpu = matches!(service.config.kind, ServiceKind::Cpu { .. });
        if is_cpu || serving == 0 { 0.0 } else { rates[place] / serving as f64 }
    });
    shares.sum()
}

/// CPU time as people write it.
fn show(cpu: NanoCpu) -> String {
    let milliseconds = cpu.0 as f64 / 1e6;
    if milliseconds >= 0.1 { format!("{milliseconds:.3} ms") } else { format!("{} ns", cpu.0) }
}
