//! Resource metrics without a pipeline: what pods use at the instant of asking.

use super::bridge::Bridge;
use crate::api::autoscaling::CrossVersionObjectReference;
use crate::api::labels::Selector;
use crate::kube::controllers::podautoscaler::metrics::{
    Asked, MetricsApi, MetricsClient, MetricsError, PodMetric, PodMetricsInfo,
};
use crate::kube::metrics_server::client::MetricsApis;
use crate::kube::objects::ids::PodId;
use crate::units::SimDuration;

/// Window that a sample claims.
const WINDOW: SimDuration = SimDuration::from_secs(15);

/// A metrics API that lists the pods that are ready and not being deleted, with their usage now.
pub(super) struct InstantMetrics<'a> {
    /// What runs in the pods.
    pub(super) application: &'a Bridge,
    /// Custom and external metrics.
    pub(super) apis: MetricsApis<'a>,
}

impl MetricsClient for InstantMetrics<'_> {
    fn get_resource_metric(
        &mut self,
        asked: Asked<'_>,
        resource: &str,
        container: Option<&str>,
        pods: &[PodId],
        answer: &mut PodMetricsInfo,
    ) -> Result<(), MetricsError> {
        let now = asked.cluster.now;
        let serves = |pod: &PodId| {
            let pod = asked.cluster.pod(*pod);
            pod.is_some_and(|pod| pod.is_ready() && pod.deletion.is_none())
        };
        let value = |pod: PodId| self.application.usage(asked.cluster, pod, container, resource);
        answer.samples.extend(pods.iter().map(|pod| {
            let value = serves(pod).then(|| value(*pod)).flatten()?;
            Some(PodMetric { value, timestamp: now, window: WINDOW })
        }));
        if pods.iter().any(serves) {
            Ok(())
        } else {
            Err(MetricsError::NoMetrics(MetricsApi::Resource))
        }
    }

    fn get_raw_metric(
        &mut self,
        asked: Asked<'_>,
        name: &str,
        selector: &Selector,
        pods: &[PodId],
        answer: &mut PodMetricsInfo,
    ) -> Result<(), MetricsError> {
        self.apis.get_raw_metric(asked, name, selector, pods, answer)
    }

    fn get_object_metric(
        &mut self,
        asked: Asked<'_>,
        name: &str,
        object: &CrossVersionObjectReference,
        selector: &Selector,
    ) -> Result<i64, MetricsError> {
        self.apis.get_object_metric(asked, name, object, selector)
    }

    fn get_external_metric(
        &mut self,
        asked: Asked<'_>,
        name: &str,
        selector: &Selector,
        answer: &mut Vec<i64>,
    ) -> Result<(), MetricsError> {
        self.apis.get_external_metric(asked, name, selector, answer)
    }
}
