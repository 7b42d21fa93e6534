//! Metrics APIs: one that answers what was recorded, and one that answers nothing.

use podtide::api::autoscaling::CrossVersionObjectReference;
use podtide::api::labels::Selector;
use podtide::kube::controllers::podautoscaler::metrics::{
    Asked, MetricsApi, MetricsClient, MetricsError, PodMetric, PodMetricsInfo,
};
use podtide::kube::objects::ids::PodId;
use podtide::units::{SimDuration, SimTime};
use serde_json::Value;

use super::integer;
use crate::conformance::hpa_world::items;

/// The metrics API of a step.
pub(super) struct Recorded<'a> {
    /// The case.
    pub(super) life: &'a Value,
    /// The step.
    pub(super) step: &'a Value,
    /// Pods in the order of the recording.
    pub(super) pods: &'a [(String, PodId)],
}

impl Recorded<'_> {
    /// The answer to the question about one metric.
    fn answer(&self, asked: Asked<'_>) -> Result<&Value, MetricsError> {
        let answer = &self.step["metrics"][asked.metric as usize];
        assert!(answer.is_object(), "upstream did not ask about metric {}", asked.metric);
        match answer["error"].as_str() {
            Some(error) => Err(MetricsError::Other(error.into())),
            None => Ok(answer),
        }
    }

    fn samples(
        &self,
        asked: Asked<'_>,
        pods: &[PodId],
        samples: &mut PodMetricsInfo,
    ) -> Result<(), MetricsError> {
        let answer = self.answer(asked)?;
        let window = SimDuration(integer(&self.life["windows"][asked.metric as usize]));
        samples.samples.resize(pods.len(), None);
        for ((name, id), value) in self.pods.iter().zip(items(&answer["v"])) {
            let Some(value) = value.as_i64() else { continue };
            let at = answer["late"][name].as_i64().or(answer["ts"].as_i64()).unwrap_or(0);
            let sample = PodMetric { value, timestamp: SimTime(at), window };
            match pods.iter().position(|other| other == id) {
                Some(place) => samples.samples[place] = Some(sample),
                None => samples.ghosts.push(value),
            }
        }
        let ghosts = answer["ghosts"].as_object().into_iter().flatten();
        samples.ghosts.extend(ghosts.map(|(_, value)| integer(value)));
        Ok(())
    }
}

impl MetricsClient for Recorded<'_> {
    fn get_resource_metric(
        &mut self,
        asked: Asked<'_>,
        _: &str,
        _: Option<&str>,
        pods: &[PodId],
        answer: &mut PodMetricsInfo,
    ) -> Result<(), MetricsError> {
        self.samples(asked, pods, answer)
    }

    fn get_raw_metric(
        &mut self,
        asked: Asked<'_>,
        _: &str,
        _: &Selector,
        pods: &[PodId],
        answer: &mut PodMetricsInfo,
    ) -> Result<(), MetricsError> {
        self.samples(asked, pods, answer)
    }

    fn get_object_metric(
        &mut self,
        asked: Asked<'_>,
        _: &str,
        _: &CrossVersionObjectReference,
        _: &Selector,
    ) -> Result<i64, MetricsError> {
        Ok(integer(&self.answer(asked)?["object"]))
    }

    fn get_external_metric(
        &mut self,
        asked: Asked<'_>,
        _: &str,
        _: &Selector,
        answer: &mut Vec<i64>,
    ) -> Result<(), MetricsError> {
        answer.extend(items(&self.answer(asked)?["external"]).map(integer));
        Ok(())
    }
}

/// A metrics API without metrics.
pub(super) struct Silent;

impl MetricsClient for Silent {
    fn get_resource_metric(
        &mut self,
        _: Asked<'_>,
        _: &str,
        _: Option<&str>,
        _: &[PodId],
        _: &mut PodMetricsInfo,
    ) -> Result<(), MetricsError> {
        Err(MetricsError::NoMetrics(MetricsApi::Resource))
    }

    fn get_raw_metric(
        &mut self,
        _: Asked<'_>,
        _: &str,
        _: &Selector,
        _: &[PodId],
        _: &mut PodMetricsInfo,
    ) -> Result<(), MetricsError> {
        Err(MetricsError::NoMetrics(MetricsApi::Custom))
    }

    fn get_object_metric(
        &mut self,
        _: Asked<'_>,
        _: &str,
        _: &CrossVersionObjectReference,
        _: &Selector,
    ) -> Result<i64, MetricsError> {
        Err(MetricsError::NoMetrics(MetricsApi::Custom))
    }

    fn get_external_metric(
        &mut self,
        _: Asked<'_>,
        _: &str,
        _: &Selector,
        _: &mut Vec<i64>,
    ) -> Result<(), MetricsError> {
        Err(MetricsError::NoMetrics(MetricsApi::External))
    }
}
