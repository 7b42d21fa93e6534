//! A metrics API that answers what a sync read in a live cluster.

use podtide::api::autoscaling::CrossVersionObjectReference;
use podtide::api::labels::Selector;
use podtide::kube::controllers::podautoscaler::metrics::{
    Asked, MetricsApi, MetricsClient, MetricsError, PodMetric, PodMetricsInfo,
};
use podtide::kube::objects::ids::PodId;
use podtide::units::SimDuration;
use serde_json::Value;

use crate::conformance::hpa_world::{items, text};
use crate::conformance::live::Live;

/// What the recorder's metrics APIs say during an outage, with HTTP 500.
const OUTAGE: &str = "the metrics API is out of order";

/// The reads of one sync.
pub(super) struct Reads<'a> {
    /// The recording.
    pub(super) live: &'a Live,
    /// Those that were not answered yet, in order.
    pub(super) left: std::vec::IntoIter<&'a Value>,
    /// The pods of the recording.
    pub(super) pods: &'a [(String, PodId)],
}

impl<'a> Reads<'a> {
    /// The next answer, which must be to this question.
    fn next(&mut self, kind: &str, name: Option<&str>) -> Result<&'a Value, MetricsError> {
        let not_asked = || MetricsError::Other("a read that the live HPA did not make".into());
        let read = self.left.next().ok_or_else(not_asked)?;
        assert_eq!(text(&read["api"]), kind, "kind of metric that is read");
        assert_eq!(read["metric"].as_str(), name, "name of the metric that is read");
        let api = match kind {
            "resource" => MetricsApi::Resource,
            "external" => MetricsApi::External,
            _ => MetricsApi::Custom,
        };
        if read["status"] == 200 { Ok(read) } else { Err(unable(api)) }
    }

    /// Samples of pods; `value` is what an entry tells of a pod [milli-units].
    fn samples(
        &self,
        read: &Value,
        api: MetricsApi,
        (pods, answer): (&[PodId], &mut PodMetricsInfo),
        value: impl Fn(&Value) -> Option<i64>,
    ) -> Result<(), MetricsError> {
        if items(&read["pods"]).next().is_none() {
            return Err(MetricsError::NoMetrics(api));
        }
        answer.samples.resize(pods.len(), None);
        for entry in items(&read["pods"]) {
            let Some(value) = value(entry) else { continue };
            let timestamp = self.live.instant(&entry["timestamp"]);
            let sample = PodMetric {
                value,
                timestamp: timestamp.expect("a sample has a time"),
                window: SimDuration(entry["windowMs"].as_i64().unwrap_or(0)),
            };
            let known = self.pods.iter().find(|(name, _)| entry["pod"] == name.as_str());
            match known.and_then(|&(_, id)| pods.iter().position(|&other| other == id)) {
                Some(place) => answer.samples[place] = Some(sample),
                None => answer.ghosts.push(value),
            }
        }
        Ok(())
    }
}

impl MetricsClient for Reads<'_> {
    fn get_resource_metric(
        &mut self,
        _: Asked<'_>,
        resource: &str,
        container: Option<&str>,
        pods: &[PodId],
        answer: &mut PodMetricsInfo,
    ) -> Result<(), MetricsError> {
        let read = self.next("resource", None)?;
        let usage = |entry: &Value| usage(&entry["usage"], resource, container);
        self.samples(read, MetricsApi::Resource, (pods, answer), usage)
    }

    fn get_raw_metric(
        &mut self,
        _: Asked<'_>,
        name: &str,
        _: &Selector,
        pods: &[PodId],
        answer: &mut PodMetricsInfo,
    ) -> Result<(), MetricsError> {
        let read = self.next("pods", Some(name))?;
        let value = |entry: &Value| entry["valueMilli"].as_i64();
        self.samples(read, MetricsApi::Custom, (pods, answer), value)
    }

    fn get_object_metric(
        &mut self,
        _: Asked<'_>,
        name: &str,
        _: &CrossVersionObjectReference,
        _: &Selector,
    ) -> Result<i64, MetricsError> {
        let read = self.next("object", Some(name))?;
        read["valueMilli"].as_i64().ok_or(MetricsError::NoMetrics(MetricsApi::Custom))
    }

    fn get_external_metric(
        &mut self,
        _: Asked<'_>,
        name: &str,
        _: &Selector,
        answer: &mut Vec<i64>,
    ) -> Result<(), MetricsError> {
        let read = self.next("external", Some(name))?;
        let value = read["valueMilli"].as_i64();
        answer.push(value.ok_or(MetricsError::NoMetrics(MetricsApi::External))?);
        Ok(())
    }
}

fn unable(api: MetricsApi) -> MetricsError {
    MetricsError::Unable { api, error: OUTAGE.into() }
}

/// Usage of a pod, or of one of its containers [milli-units]; each container's is rounded up.
fn usage(usage: &Value, resource: &str, container: Option<&str>) -> Option<i64> {
    let of = |usage: &Value| match resource {
        "cpu" => usage["cpuNano"]
            .as_i64()
            .map(|nano| nano.div_euclid(1_000_000) + i64::from(nano.rem_euclid(1_000_000) > 0)),
        "memory" => usage["memoryBytes"].as_i64().map(|bytes| bytes * 1000),
        _ => None,
    };
    match container {
        Some(name) => of(&usage[name]),
        None => usage.as_object()?.values().map(of).sum(),
    }
}
