//! The adapter for custom and external metrics: what `metrics:` of a scenario says, measured each
//! period and answered with its delay.

use std::collections::VecDeque;

use crate::api::autoscaling::CrossVersionObjectReference;
use crate::api::labels::Selector;
use crate::engine::random::RandomStream;
use crate::kube::apiserver::Cluster;
use crate::kube::controllers::podautoscaler::metrics::{Asked, MetricsApi};
use crate::kube::metrics_server::client::AdapterSource;
use crate::kube::objects::ids::PodId;
use crate::kube::objects::pod::PodPhase;
use crate::scenario::{MetricFrom, MetricKind, MetricWiring, Scenario};
use crate::units::{SimDuration, SimTime};
use crate::workload::latency::summarize;
use crate::workload::{ModelConfig, PodKey, Segment, WorkloadModel};

/// All wired metrics with their latest readings.
#[derive(Debug)]
pub(super) struct Adapter {
    seed: u64,
    wired: Vec<Wired>,
    /// The number of each HPA's spec.
    spec_of: Vec<u32>,
    /// What latencies are computed with.
    config: ModelConfig,
    /// Segments of the longest period that a latency is measured over.
    segments: VecDeque<Segment>,
}

/// One wired metric.
#[derive(Debug)]
struct Wired {
    wiring: MetricWiring,
    next_at: SimTime,
    /// Amounts up to the latest reading: of the service, and of each pod.
    total: f64,
    pod_totals: Vec<(PodId, f64)>,
    /// Readings, the latest last; as many as the delay asks for.
    readings: VecDeque<Reading>,
}

/// What was measured over one period, which ends at `at`.
#[derive(Clone, Debug, Default)]
struct Reading {
    at: SimTime,
    total: f64,
    pods: Vec<(PodId, f64)>,
}

impl Adapter {
    /// An adapter that does not measure yet.
    pub(super) fn new(scenario: &Scenario) -> Adapter {
        let wired = scenario.workload.metrics.iter().cloned().map(Wired::new).collect();
        let config = scenario.workload.config.clone();
        let spec_of = (0..scenario.hpas.len() as u32).collect();
        Adapter { seed: scenario.seed, wired, spec_of, config, segments: VecDeque::new() }
    }

    /// An HPA has another spec from now on.
    pub(super) fn set_spec(&mut self, hpa: u32, number: u32) {
        self.spec_of[hpa as usize] = number;
    }

    /// Starts to measure at an instant; phases are drawn.
    pub(super) fn start(&mut self, from: SimTime) {
        for (number, wired) in self.wired.iter_mut().enumerate() {
            let mut phases = RandomStream::numbered(self.seed, "adapter/phases", number as u64);
            let phase = phases.below(wired.wiring.period.0.max(1) as u64) as i64;
            wired.next_at = from + SimDuration(phase);
        }
    }

    /// When something is measured next; [`SimTime::MAX`] if nothing is wired.
    pub(super) fn next_at(&self) -> SimTime {
        self.wired.iter().map(|wired| wired.next_at).min().unwrap_or(SimTime::MAX)
    }

    /// Over how long latencies are measured, if any are.
    pub(super) fn listens_for(&self) -> Option<SimDuration> {
        let wirings = self.wired.iter().map(|wired| &wired.wiring);
        let latencies = wirings.filter(|wiring| wiring.from == MetricFrom::LatencyP95);
        latencies.map(|wiring| wiring.period).max()
    }

    /// Takes note of a segment that has ended.
    pub(super) fn hear(&mut self, segment: &Segment) {
        let Some(period) = self.listens_for() else { return };
        let oldest = segment.to_ms - period.0 as f64;
        while self.segments.front().is_some_and(|first| first.to_ms < oldest) {
            self.segments.pop_front();
        }
        self.segments.push_back(segment.clone());
    }

    /// Measures what is due now.
    pub(super) fn run(&mut self, cluster: &Cluster, model: &WorkloadModel) {
        let segments = self.segments.make_contiguous();
        for wired in &mut self.wired {
            if wired.next_at <= cluster.now {
                let period = wired.wiring.period;
                let latency = match wired.wiring.from {
                    MetricFrom::LatencyP95 => {
                        let window = (cluster.now - period, cluster.now);
                        summarize(segments, &self.config, wired.wiring.service, window)
                            .latency
                            .quantile(0.95)
                            .unwrap_or(0.0)
                    }
                    _ => 0.0,
                };
                wired.read(cluster, model, latency);
                wired.next_at = cluster.now + period;
            }
        }
    }

    fn wired(&self, asked: Asked<'_>) -> Option<&Wired> {
        let place = (*self.spec_of.get(asked.hpa.index())?, asked.metric);
        self.wired.iter().find(|wired| wired.wiring.answers.contains(&place))
    }
}

impl Wired {
    fn new(wiring: MetricWiring) -> Wired {
        Wired {
            wiring,
            next_at: SimTime::MAX,
            total: 0.0,
            pod_totals: Vec::new(),
            readings: VecDeque::new(),
        }
    }

    fn read(&mut self, cluster: &Cluster, model: &WorkloadModel, latency: f64) {
        let kept = self.wiring.delay.0 / self.wiring.period.0.max(1) + 2;
        let mut reading = if self.readings.len() as i64 >= kept {
            self.readings.pop_front().unwrap_or_default()
        } else {
            Reading::default()
        };
        reading.at = cluster.now;
        reading.total = self.read_total(cluster.now, model, latency);
        self.read_pods(cluster, model, latency, &mut reading.pods);
        self.readings.push_back(reading);
    }

    fn read_total(&mut self, now: SimTime, model: &WorkloadModel, latency: f64) -> f64 {
        let seconds = self.wiring.period.as_secs_f64();
        let service = self.wiring.service;
        let totals = model.totals(service);
        let amount = match &self.wiring.from {
            MetricFrom::Served => totals.served,
            MetricFrom::Offered => totals.offered,
            MetricFrom::Backlog => return model.backlog(service),
            MetricFrom::LatencyP95 => return latency,
            MetricFrom::Trace(load) => return load.rate(now - self.wiring.delay),
        };
        let before = std::mem::replace(&mut self.total, amount);
        ((amount - before) / seconds).max(0.0)
    }

    /// Values of pods that run, for `Pods` metrics only. A rate needs two readings of a pod.
    fn read_pods(
        &mut self,
        cluster: &Cluster,
        model: &WorkloadModel,
        latency: f64,
        values: &mut Vec<(PodId, f64)>,
    ) {
        values.clear();
        if self.wiring.kind != MetricKind::Pods {
            return;
        }
        let seconds = self.wiring.period.as_secs_f64();
        let before = std::mem::take(&mut self.pod_totals);
        for pod in cluster.pods().iter().filter(|pod| pod.phase == PodPhase::Running) {
            let totals = model.pod_totals(PodKey(pod.id.0));
            let amount = match &self.wiring.from {
                MetricFrom::Served => totals.served,
                MetricFrom::Offered => totals.offered,
                MetricFrom::Backlog => {
                    values.push((pod.id, totals.backlog));
                    continue;
                }
                MetricFrom::LatencyP95 => {
                    values.push((pod.id, latency));
                    continue;
                }
                MetricFrom::Trace(load) => {
                    values.push((pod.id, load.rate(cluster.now - self.wiring.delay)));
                    continue;
                }
            };
            if let Ok(place) = before.binary_search_by_key(&pod.id, |&(id, _)| id) {
                values.push((pod.id, ((amount - before[place].1) / seconds).max(0.0)));
            }
            self.pod_totals.push((pod.id, amount));
        }
    }

    /// The latest reading that is old enough.
    fn reading(&self, now: SimTime) -> Option<&Reading> {
        let newest = now - self.wiring.delay;
        self.readings.iter().rev().find(|reading| reading.at <= newest)
    }
}

impl Adapter {
    fn reading(&self, asked: Asked<'_>) -> Option<&Reading> {
        self.wired(asked)?.reading(asked.cluster.now)
    }
}

impl AdapterSource for &Adapter {
    fn is_installed(&self, api: MetricsApi) -> bool {
        self.wired.iter().any(|wired| match wired.wiring.kind {
            MetricKind::Pods | MetricKind::Object { .. } => api == MetricsApi::Custom,
            MetricKind::External { .. } => api == MetricsApi::External,
        })
    }

    fn has_pods_metric(&mut self, asked: Asked<'_>, _: &str, _: &Selector) -> bool {
        self.wired(asked).is_some()
    }

    fn pods_metric(&mut self, asked: Asked<'_>, _: &str, _: &Selector, pod: PodId) -> Option<f64> {
        let reading = self.reading(asked)?;
        let place = reading.pods.binary_search_by_key(&pod, |&(id, _)| id).ok()?;
        Some(reading.pods[place].1)
    }

    fn object_metric(
        &mut self,
        asked: Asked<'_>,
        _: &str,
        _: &CrossVersionObjectReference,
        _: &Selector,
    ) -> Option<f64> {
        self.reading(asked).map(|reading| reading.total)
    }

    fn external_metric(&mut self, asked: Asked<'_>, _: &str, _: &Selector, values: &mut Vec<f64>) {
        values.extend(self.reading(asked).map(|reading| reading.total));
    }
}
