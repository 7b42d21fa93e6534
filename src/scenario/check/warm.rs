//! How many pods each Deployment of a warm world has at the start.

use super::Checker;
use super::cpu::{cpu_target, idle_milli, sidecar_cpu};
use super::profiles::{Draft, memory_request, running_containers};
use super::services::Services;
use crate::api::autoscaling::{HorizontalPodAutoscaler, MetricSpec};
use crate::api::core::PodSpec;
use crate::diagnostic::Diagnostic;
use crate::units::SimTime;
use crate::workload::service::ServiceKind;

/// What a Deployment is asked for at time 0.
#[derive(Clone, Copy, Debug, Default)]
struct Load {
    /// Requests/s.
    requests: f64,
    /// CPU work \[cores\].
    cores: f64,
}

impl Checker<'_> {
    /// Pods at the start: as the profile says; else as the live status says; else what the HPA
    /// would hold under the load of time 0; else `spec.replicas`.
    pub(super) fn warm_replicas(&mut self, services: &Services, drafts: &[Draft<'_>]) -> Vec<i32> {
        let objects = self.input.objects;
        let written: Vec<i32> = objects
            .deployments
            .iter()
            .map(|loaded| loaded.object.spec.replicas.unwrap_or(1))
            .collect();
        let rates = services.rates_at(SimTime::ZERO);
        drafts
            .iter()
            .enumerate()
            .map(|(place, draft)| self.warm(place, draft, services, &rates, &written))
            .collect()
    }

    fn warm(
        &mut self,
        place: usize,
        draft: &Draft<'_>,
        services: &Services,
        rates: &[f64],
        written: &[i32],
    ) -> i32 {
        if let Some(replicas) = draft.written.and_then(|written| written.replicas.as_ref()) {
            if !(0..=super::MAX_PODS).contains(&i64::from(replicas.value)) {
                self.report(
                    Diagnostic::error("scenario-value", "`replicas` is out of range")
                        .at(replicas.span.clone(), "")
                        .help(format!("write 0 to {}", super::MAX_PODS)),
                );
                return 0;
            }
            return replicas.value;
        }
        let loaded = &self.input.objects.deployments[place];
        if let Some(live) = loaded.object.live_replicas {
            self.assume(self.title(place), format!("{live} pods at the start (its live status)"));
            return live;
        }
        let spec = written[place];
        let Some(hpa) = self.input.objects.hpas_of(&loaded.object.metadata).next() else {
            return spec;
        };
        if spec == 0 {
            return 0;
        }
        let (min, max) = (hpa.object.spec.min_replicas.unwrap_or(1), hpa.object.spec.max_replicas);
        let load = load_of(services, rates, written, place as u32);
        let pod = &loaded.object.spec.template.spec;
        let held = self.fixed_point(&hpa.object, pod, draft, load);
        let (pods, why) = match held {
            Some(held) => (held, "what the HPA holds under the load of 0s"),
            None => (f64::from(spec), "spec.replicas, within the HPA's bounds"),
        };
        let pods = pods.clamp(f64::from(min), f64::from(max.max(min))) as i32;
        self.assume(self.title(place), format!("{pods} pods at the start ({why})"));
        pods
    }

    /// The least number of pods at which no metric of the HPA asks for more; none if no metric can
    /// tell.
    fn fixed_point(
        &self,
        hpa: &HorizontalPodAutoscaler,
        pod: &PodSpec,
        draft: &Draft<'_>,
        load: Load,
    ) -> Option<f64> {
        let metrics = hpa.spec.metrics.iter().flatten();
        let needs = metrics.filter_map(|metric| {
            if metric.resource.as_ref().is_some_and(|source| source.name == "memory") {
                return memory_need(metric, pod, draft);
            }
            if metric.resource.is_some() || metric.container_resource.is_some() {
                return cpu_need(hpa, pod, draft, load);
            }
            self.custom_need(metric, load)
        });
        needs.reduce(f64::max)
    }

    /// Of a metric that counts requests.
    fn custom_need(&self, metric: &MetricSpec, load: Load) -> Option<f64> {
        let (type_, name, target) = if let Some(source) = &metric.pods {
            ("Pods", &source.metric.name, &source.target)
        } else if let Some(source) = &metric.object {
            ("Object", &source.metric.name, &source.target)
        } else {
            let source = metric.external.as_ref()?;
            ("External", &source.metric.name, &source.target)
        };
        let counts_requests = self.input.file.spec.metrics.iter().any(|written| {
            written.type_.value == type_
                && written.name.value == *name
                && super::metrics::counts_requests(&written.from.value)
        });
        let average = target.average_value.as_ref()?.milli_value() as f64 / 1000.0;
        (counts_requests && average > 0.0).then(|| (load.requests / average - 1e-9).ceil().max(0.0))
    }
}

fn load_of(services: &Services, rates: &[f64], pods: &[i32], deployment: u32) -> Load {
    let mut load = Load::default();
    for (place, service) in services.of_deployment(deployment) {
        let all: i64 =
            service.deployments.iter().map(|other| i64::from(pods[*other as usize])).sum();
        let share = f64::from(pods[deployment as usize]) / (all.max(1) as f64);
        match service.config.kind {
            ServiceKind::Cpu { .. } => load.cores += rates[place] * share,
            _ => load.requests += rates[place] * share,
        }
    }
    load
}

/// So many pods that their CPU is at the target; none when the CPU time of a request is not known.
fn cpu_need(
    hpa: &HorizontalPodAutoscaler,
    pod: &PodSpec,
    draft: &Draft<'_>,
    load: Load,
) -> Option<f64> {
    let target = cpu_target(hpa, pod, draft.container)?;
    let per_request = if load.requests > 0.0 {
        draft.cpu_per_request?.0 as f64 + sidecar_cpu(&draft.profile, target.serving_only)
    } else {
        0.0
    };
    let work_milli = load.cores * 1000.0 + load.requests * per_request / 1e6;
    let free = target.milli - idle_milli(&draft.profile, pod, target.serving_only);
    if free <= 0.0 {
        return Some(f64::INFINITY);
    }
    Some((work_milli / free - 1e-9).ceil().max(0.0))
}

/// Memory hardly depends on the number of pods: above the target the HPA goes to its maximum.
fn memory_need(metric: &MetricSpec, pod: &PodSpec, draft: &Draft<'_>) -> Option<f64> {
    let target = &metric.resource.as_ref()?.target;
    let (mut used, mut requested) = (0_i64, 0_i64);
    for container in running_containers(pod) {
        let sidecar = draft.profile.sidecars.get(&container.name).copied().unwrap_or_default();
        let serves = container.name == draft.profile.container;
        used += if serves { draft.profile.behavior.memory.base.0 } else { sidecar.memory.0 };
        requested += memory_request(container).unwrap_or_default().0;
    }
    let wanted = match (target.average_utilization, &target.average_value) {
        (Some(percent), _) => requested as f64 * f64::from(percent) / 100.0,
        (None, Some(value)) => value.value() as f64,
        (None, None) => return None,
    };
    if wanted <= 0.0 {
        return None;
    }
    Some(if used as f64 > wanted * 1.1 { f64::INFINITY } else { 0.0 })
}
