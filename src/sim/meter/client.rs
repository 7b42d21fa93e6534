//! The metrics APIs over a [`Meter`].

use super::{Meter, State, is_of, serving};
use crate::api::autoscaling::CrossVersionObjectReference;
use crate::api::labels::Selector;
use crate::kube::apiserver::Cluster;
use crate::kube::controllers::podautoscaler::metrics::{
    Asked, MetricsApi, MetricsClient, MetricsError, PodMetric, PodMetricsInfo,
};
use crate::kube::objects::ids::PodId;
use crate::kube::objects::pod::Pod;
use crate::scenario::usage::{Missing, Signal, SignalKind, Usage, UsageLoad};
use crate::units::{SimDuration, SimTime};

/// One mebibyte in bytes.
const MEBIBYTE: f64 = 1_048_576.0;
/// Nano-cores in 10⁻³ cores.
const NANO: f64 = 1e6;
/// Window of custom metrics.
const CUSTOM_WINDOW: SimDuration = SimDuration::from_secs(60);

/// What answers an HPA.
pub(in crate::sim) struct MeterClient<'a> {
    meter: &'a Meter,
    usage: &'a Usage,
}

impl Meter {
    /// The metrics APIs.
    pub(in crate::sim) fn client<'a>(&'a self, usage: &'a Usage) -> MeterClient<'a> {
        MeterClient { meter: self, usage }
    }
}

impl MetricsClient for MeterClient<'_> {
    fn get_resource_metric(
        &mut self,
        asked: Asked<'_>,
        resource: &str,
        container: Option<&str>,
        pods: &[PodId],
        answer: &mut PodMetricsInfo,
    ) -> Result<(), MetricsError> {
        let (cluster, api) = (asked.cluster, MetricsApi::Resource);
        let hidden = self.hidden(cluster, api, pods)?;
        for &id in pods {
            let pod = cluster.pod(id).filter(|pod| !hidden.contains(&pod.id));
            answer.samples.push(pod.and_then(|pod| self.sample(cluster, pod, container, resource)));
        }
        let listed = answer.samples.iter().any(Option::is_some);
        if listed { Ok(()) } else { Err(MetricsError::NoMetrics(api)) }
    }

    fn get_raw_metric(
        &mut self,
        asked: Asked<'_>,
        name: &str,
        _: &Selector,
        pods: &[PodId],
        answer: &mut PodMetricsInfo,
    ) -> Result<(), MetricsError> {
        let (cluster, api) = (asked.cluster, MetricsApi::Custom);
        let hidden = self.hidden(cluster, api, pods)?;
        let total = self.signal(SignalKind::Pods, name, cluster.now);
        let serves =
            |&&pod: &&PodId| cluster.pod(pod).is_some_and(|pod| State::of(pod) == State::Serves);
        let count = pods.iter().filter(serves).count() as f64;
        answer.samples.extend(pods.iter().map(|pod| {
            let listed = serves(&pod) && !hidden.contains(pod);
            let value = total.filter(|_| listed)? / count;
            let timestamp = cluster.now.floor_second();
            Some(PodMetric { value: milli(value), timestamp, window: CUSTOM_WINDOW })
        }));
        let listed = answer.samples.iter().any(Option::is_some);
        if listed { Ok(()) } else { Err(MetricsError::NoMetrics(api)) }
    }

    fn get_object_metric(
        &mut self,
        asked: Asked<'_>,
        name: &str,
        _: &CrossVersionObjectReference,
        _: &Selector,
    ) -> Result<i64, MetricsError> {
        let api = MetricsApi::Custom;
        self.hidden(asked.cluster, api, &[])?;
        let value = self.signal(SignalKind::Object, name, asked.cluster.now);
        value.map(milli).ok_or(MetricsError::NoMetrics(api))
    }

    fn get_external_metric(
        &mut self,
        asked: Asked<'_>,
        name: &str,
        _: &Selector,
        answer: &mut Vec<i64>,
    ) -> Result<(), MetricsError> {
        let api = MetricsApi::External;
        self.hidden(asked.cluster, api, &[])?;
        let value = self.signal(SignalKind::External, name, asked.cluster.now);
        answer.extend(value.map(milli));
        if value.is_some() { Ok(()) } else { Err(MetricsError::NoMetrics(api)) }
    }
}

impl MeterClient<'_> {
    /// The pods that are left out now.
    fn hidden(
        &self,
        cluster: &Cluster,
        api: MetricsApi,
        pods: &[PodId],
    ) -> Result<Vec<PodId>, MetricsError> {
        let every = match self.usage.missing(cluster.now) {
            None => return Ok(Vec::new()),
            Some(Missing::All) => {
                let error = "the metrics API is out of order".into();
                return Err(MetricsError::Unable { api, error });
            }
            Some(Missing::Every(every)) => every.max(1) as usize,
        };
        let pods = pods.iter().filter_map(|&pod| cluster.pod(pod));
        let mut listed: Vec<&Pod> = pods.filter(|pod| State::of(pod) != State::Absent).collect();
        listed.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(listed.into_iter().step_by(every).map(|pod| pod.id).collect())
    }

    fn signal(&self, kind: SignalKind, name: &str, now: SimTime) -> Option<f64> {
        let is_meant = |signal: &&Signal| signal.kind == kind && *signal.metric == *name;
        self.usage.signals.iter().find(is_meant).map(|signal| signal.value.rate(now))
    }

    /// What the API tells of a pod, or of one of its containers.
    fn sample(
        &self,
        cluster: &Cluster,
        pod: &Pod,
        container: Option<&str>,
        resource: &str,
    ) -> Option<PodMetric> {
        let load = self.usage.loads.iter().find(|load| is_of(cluster, pod, load))?;
        let (cpu, at, window) = self.reading(cluster, pod, load)?;
        let containers = load.containers.iter();
        let mut values = containers
            .filter(|one| container.is_none_or(|wanted| *wanted == *one.name))
            .filter_map(|one| match resource {
                "cpu" => Some(ceil_milli((cpu * NANO * one.cpu_share) as i64)),
                "memory" => Some((one.memory.rate(at) * MEBIBYTE) as i64 * 1000),
                _ => None,
            })
            .peekable();
        values.peek()?;
        Some(PodMetric { value: values.sum(), timestamp: at.floor_second(), window })
    }

    /// CPU of a pod [10⁻³ cores], when it was measured, and over how long.
    fn reading(
        &self,
        cluster: &Cluster,
        pod: &Pod,
        load: &UsageLoad,
    ) -> Option<(f64, SimTime, SimDuration)> {
        if let Some(scrapes) = self.usage.scrapes {
            let metered = self.meter.pods.get(pod.id.index())?;
            return Some((metered.mean?, metered.scraped_at?, scrapes.period));
        }
        let (now, window) = (cluster.now, self.usage.window);
        let cpu = match State::of(pod) {
            State::Absent => return None,
            State::Idle => 0.0,
            State::Unready => load.unready.0 as f64,
            State::Serves => {
                let each = load.total.rate(now) / f64::from(serving(cluster, load));
                load.limit.map_or(each, |limit| each.min(limit.0 as f64))
            }
        };
        Some((cpu, now, window))
    }
}

/// Whole milli-units of a value, cut.
fn milli(value: f64) -> i64 {
    (value * 1000.0) as i64
}

/// Nano-cores in milli-units, as quantities are rounded.
fn ceil_milli(nano: i64) -> i64 {
    nano.div_euclid(1_000_000) + i64::from(nano.rem_euclid(1_000_000) > 0)
}
