//! Metrics that nobody can read for a time, between the HPA and those who answer.

use std::sync::Arc;

use crate::api::autoscaling::CrossVersionObjectReference;
use crate::api::labels::Selector;
use crate::kube::controllers::podautoscaler::metrics::{
    Alike, Asked, MetricsApi, MetricsClient, MetricsError, PodMetricsInfo,
};
use crate::kube::objects::ids::PodId;
use crate::scenario::action::Outage;

/// The outages of this instant.
#[derive(Clone, Debug, Default)]
pub(super) struct Outages(Vec<Arc<Outage>>);

impl Outages {
    pub(super) fn begin(&mut self, outage: Arc<Outage>) {
        self.0.push(outage);
    }

    pub(super) fn end(&mut self, outage: &Outage) {
        if let Some(place) = self.0.iter().position(|other| **other == *outage) {
            self.0.remove(place);
        }
    }

    fn of(&self, api: MetricsApi) -> impl Iterator<Item = &Outage> {
        self.0.iter().map(|outage| &**outage).filter(move |outage| outage.apis.contains(&api))
    }

    /// Whether nothing answers.
    fn is_gone(&self, api: MetricsApi) -> bool {
        self.of(api).any(|outage| outage.hide_every.is_none())
    }

    fn require(
        &self,
        api: MetricsApi,
        request: impl FnOnce() -> String,
    ) -> Result<(), MetricsError> {
        if !self.is_gone(api) {
            return Ok(());
        }
        let error =
            format!("the server is currently unable to handle the request (get {})", request());
        Err(MetricsError::Unable { api, error: error.into() })
    }
}

/// A metrics API behind outages.
pub(super) struct Interrupted<'a, M> {
    /// Who answers.
    pub(super) inner: M,
    /// What is in between.
    pub(super) outages: &'a Outages,
}

impl<M: MetricsClient> Interrupted<'_, M> {
    /// Takes samples out of an answer.
    fn hide(
        &self,
        api: MetricsApi,
        asked: Asked<'_>,
        pods: &[PodId],
        answer: &mut PodMetricsInfo,
    ) -> Result<(), MetricsError> {
        for every in self.outages.of(api).filter_map(|outage| outage.hide_every) {
            let name = |pod: PodId| asked.cluster.pod(pod).map(|pod| &*pod.name);
            let mut order: Vec<usize> = (0..pods.len()).collect();
            order.sort_by_key(|&place| name(pods[place]));
            for &place in order.iter().step_by(every.max(1) as usize) {
                if let Some(sample) = answer.samples.get_mut(place) {
                    *sample = None;
                }
            }
            if answer.samples.iter().all(Option::is_none) && answer.ghosts.is_empty() {
                return Err(MetricsError::NoMetrics(api));
            }
        }
        Ok(())
    }
}

impl<M: MetricsClient> MetricsClient for Interrupted<'_, M> {
    fn get_resource_metric(
        &mut self,
        asked: Asked<'_>,
        resource: &str,
        container: Option<&str>,
        pods: &[PodId],
        answer: &mut PodMetricsInfo,
    ) -> Result<(), MetricsError> {
        let api = MetricsApi::Resource;
        self.outages.require(api, || "pods.metrics.k8s.io".to_owned())?;
        self.inner.get_resource_metric(asked, resource, container, pods, answer)?;
        self.hide(api, asked, pods, answer)
    }

    fn get_resource_sum(
        &mut self,
        asked: Asked<'_>,
        resource: &str,
        pods: &[PodId],
        alike: &mut Alike,
    ) -> Option<i64> {
        let is_whole = self.outages.of(MetricsApi::Resource).next().is_none();
        is_whole.then(|| self.inner.get_resource_sum(asked, resource, pods, alike))?
    }

    fn get_raw_metric(
        &mut self,
        asked: Asked<'_>,
        name: &str,
        selector: &Selector,
        pods: &[PodId],
        answer: &mut PodMetricsInfo,
    ) -> Result<(), MetricsError> {
        let api = MetricsApi::Custom;
        self.outages.require(api, || "pods.custom.metrics.k8s.io *".to_owned())?;
        self.inner.get_raw_metric(asked, name, selector, pods, answer)?;
        self.hide(api, asked, pods, answer)
    }

    fn get_object_metric(
        &mut self,
        asked: Asked<'_>,
        name: &str,
        object: &CrossVersionObjectReference,
        selector: &Selector,
    ) -> Result<i64, MetricsError> {
        self.outages.require(MetricsApi::Custom, || {
            let resource = object.kind.to_ascii_lowercase();
            format!("{resource}s.custom.metrics.k8s.io {}", object.name)
        })?;
        self.inner.get_object_metric(asked, name, object, selector)
    }

    fn get_external_metric(
        &mut self,
        asked: Asked<'_>,
        name: &str,
        selector: &Selector,
        answer: &mut Vec<i64>,
    ) -> Result<(), MetricsError> {
        self.outages.require(MetricsApi::External, || format!("{name}.external.metrics.k8s.io"))?;
        self.inner.get_external_metric(asked, name, selector, answer)
    }
}
