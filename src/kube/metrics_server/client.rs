//! The metrics APIs as the HPA reads them: resource metrics from metrics-server, custom and
//! external ones from an adapter. Mirrors `pkg/controller/podautoscaler/metrics/client.go` (v1.36)
//! and, for the answers of an adapter, kubernetes-sigs/prometheus-adapter.

use std::sync::Arc;

use super::MetricsServer;
use crate::api::autoscaling::CrossVersionObjectReference;
use crate::api::labels::Selector;
use crate::kube::apiserver::Cluster;
use crate::kube::controllers::podautoscaler::metrics::{
    Alike, Asked, MetricsApi, MetricsClient, MetricsError, PodMetric, PodMetricsInfo,
};
use crate::kube::objects::ids::PodId;
use crate::units::SimDuration;

/// Window of a custom metric that does not say one (`metricServerDefaultMetricWindow`).
const DEFAULT_WINDOW: SimDuration = SimDuration::from_secs(60);

/// Where custom and external metrics come from: an adapter beside the cluster.
pub trait AdapterSource {
    /// Whether that API is installed: [`MetricsApi::Custom`] or [`MetricsApi::External`].
    fn is_installed(&self, api: MetricsApi) -> bool;

    /// Whether it knows a metric of pods by that name.
    fn has_pods_metric(&mut self, asked: Asked<'_>, name: &str, selector: &Selector) -> bool;

    /// Value of that metric for a pod at the instant of asking; `None` without a series.
    fn pods_metric(
        &mut self,
        asked: Asked<'_>,
        name: &str,
        selector: &Selector,
        pod: PodId,
    ) -> Option<f64>;

    /// Value of a metric of an object at the instant of asking; `None` if it is not known.
    fn object_metric(
        &mut self,
        asked: Asked<'_>,
        name: &str,
        object: &CrossVersionObjectReference,
        selector: &Selector,
    ) -> Option<f64>;

    /// Values of all series of an external metric that the selector matches, at the instant of
    /// asking; none if it is not known.
    fn external_metric(
        &mut self,
        asked: Asked<'_>,
        name: &str,
        selector: &Selector,
        values: &mut Vec<f64>,
    );
}

/// No adapter at all.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoAdapter;

impl AdapterSource for NoAdapter {
    fn is_installed(&self, _: MetricsApi) -> bool {
        false
    }

    fn has_pods_metric(&mut self, _: Asked<'_>, _: &str, _: &Selector) -> bool {
        false
    }

    fn pods_metric(&mut self, _: Asked<'_>, _: &str, _: &Selector, _: PodId) -> Option<f64> {
        None
    }

    fn object_metric(
        &mut self,
        _: Asked<'_>,
        _: &str,
        _: &CrossVersionObjectReference,
        _: &Selector,
    ) -> Option<f64> {
        None
    }

    fn external_metric(&mut self, _: Asked<'_>, _: &str, _: &Selector, _: &mut Vec<f64>) {}
}

/// All three metrics APIs.
pub struct MetricsApis<'a> {
    /// `metrics.k8s.io`.
    pub server: &'a MetricsServer,
    /// `custom.metrics.k8s.io` and `external.metrics.k8s.io`.
    pub adapter: &'a mut dyn AdapterSource,
}

impl MetricsClient for MetricsApis<'_> {
    fn get_resource_metric(
        &mut self,
        asked: Asked<'_>,
        resource: &str,
        container: Option<&str>,
        pods: &[PodId],
        answer: &mut PodMetricsInfo,
    ) -> Result<(), MetricsError> {
        if !self.server.is_available() {
            let error = "the server is currently unable to handle the request \
                         (get pods.metrics.k8s.io)";
            return Err(MetricsError::Unable { api: MetricsApi::Resource, error: error.into() });
        }
        let mut listed = false;
        for &pod in pods {
            let usage = self.server.usage(asked.cluster, pod);
            listed |= usage.is_some();
            let value = usage.and_then(|usage| match (container, resource) {
                (Some(container), _) => self.of_container(asked.cluster, pod, container, resource),
                (None, _) if usage.containers == 0 => None,
                (None, "cpu") => Some(usage.milli_cpu),
                (None, "memory") => Some(usage.memory.0.saturating_mul(1000)),
                _ => None,
            });
            answer.samples.push(usage.zip(value).map(|(usage, value)| PodMetric {
                value,
                timestamp: usage.timestamp.floor_second(),
                window: usage.window,
            }));
        }
        if listed { Ok(()) } else { Err(MetricsError::NoMetrics(MetricsApi::Resource)) }
    }

    fn get_resource_sum(
        &mut self,
        _: Asked<'_>,
        resource: &str,
        pods: &[PodId],
        alike: &mut Alike,
    ) -> Option<i64> {
        let sum = self.server.is_available().then(|| self.server.sum(pods, alike))??;
        match resource {
            "cpu" => Some(sum.milli_cpu),
            "memory" => Some(sum.memory.0.saturating_mul(1000)),
            _ => None,
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
        self.require_custom_api()?;
        if !self.adapter.has_pods_metric(asked, name, selector) {
            return Err(unknown_metric(name, "pods"));
        }
        let mut listed = false;
        for &pod in pods {
            let value = self.adapter.pods_metric(asked, name, selector, pod);
            listed |= value.is_some();
            answer.samples.push(value.map(|value| PodMetric {
                value: custom_milli(value),
                timestamp: asked.cluster.now.floor_second(),
                window: DEFAULT_WINDOW,
            }));
        }
        if listed { Ok(()) } else { Err(MetricsError::NoMetrics(MetricsApi::Custom)) }
    }

    fn get_object_metric(
        &mut self,
        asked: Asked<'_>,
        name: &str,
        object: &CrossVersionObjectReference,
        selector: &Selector,
    ) -> Result<i64, MetricsError> {
        self.require_custom_api()?;
        let value = self.adapter.object_metric(asked, name, object, selector);
        value.map(custom_milli).ok_or_else(|| {
            let resource = format!("{}s {}", object.kind.to_ascii_lowercase(), object.name);
            unknown_metric(name, &resource)
        })
    }

    fn get_external_metric(
        &mut self,
        asked: Asked<'_>,
        name: &str,
        selector: &Selector,
        answer: &mut Vec<i64>,
    ) -> Result<(), MetricsError> {
        if !self.adapter.is_installed(MetricsApi::External) {
            let error = format!(
                "the server could not find the requested resource \
                 (get {name}.external.metrics.k8s.io)"
            );
            return Err(MetricsError::Unable { api: MetricsApi::External, error: error.into() });
        }
        let mut values = Vec::new();
        self.adapter.external_metric(asked, name, selector, &mut values);
        answer.extend(values.iter().map(|value| (value * 1000.0) as i64));
        if answer.is_empty() {
            return Err(MetricsError::NoMetrics(MetricsApi::External));
        }
        Ok(())
    }
}

impl MetricsApis<'_> {
    /// Usage of one container; `None` if the pod does not list it. Mirrors `getContainerMetrics`.
    fn of_container(
        &self,
        cluster: &Cluster,
        pod: PodId,
        container: &str,
        resource: &str,
    ) -> Option<i64> {
        let spec = &cluster.template(cluster.pod(pod)?.template).spec.spec;
        let mut containers = spec.init_containers.iter().chain(&spec.containers);
        let place = containers.position(|other| other.name == container)?;
        let usage = self.server.container_usage(pod, place as u16)?;
        match resource {
            "cpu" => Some(super::store::milli(usage.cpu)),
            "memory" => Some(usage.memory.0.saturating_mul(1000)),
            _ => None,
        }
    }

    fn require_custom_api(&self) -> Result<(), MetricsError> {
        if self.adapter.is_installed(MetricsApi::Custom) {
            return Ok(());
        }
        let error = Arc::from("no custom metrics API (custom.metrics.k8s.io) registered");
        Err(MetricsError::Unable { api: MetricsApi::Custom, error })
    }
}

/// Milli-units as prometheus-adapter makes them: cut, and 0 for what is no number.
fn custom_milli(value: f64) -> i64 {
    if value.is_nan() { 0 } else { (value * 1000.0) as i64 }
}

/// Mirrors `provider.NewMetricNotFoundError`.
fn unknown_metric(name: &str, resource: &str) -> MetricsError {
    let error = format!("the server could not find the metric {name} for {resource}");
    MetricsError::Unable { api: MetricsApi::Custom, error: error.into() }
}
