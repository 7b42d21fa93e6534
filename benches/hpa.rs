//! One sync of an HPA over 10 to 10,000 pods.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use podtide::api::apps::{Deployment, DeploymentSpec};
use podtide::api::autoscaling::{
    CrossVersionObjectReference, HorizontalPodAutoscaler, HorizontalPodAutoscalerSpec, MetricSpec,
    MetricTarget, ResourceMetricSource,
};
use podtide::api::core::{Container, Node, PodSpec, PodTemplateSpec, ResourceRequirements};
use podtide::api::labels::Selector;
use podtide::api::meta::{ConditionStatus, LabelSelector, ObjectMeta};
use podtide::api::quantity::Quantity;
use podtide::kube::apiserver::write::{NewPod, PodStatus};
use podtide::kube::apiserver::{Api, Applied, Cluster, Nobody, Write};
use podtide::kube::controllers::podautoscaler::config::HpaControllerConfiguration;
use podtide::kube::controllers::podautoscaler::horizontal::HorizontalController;
use podtide::kube::controllers::podautoscaler::metrics::{
    Asked, MetricsApi, MetricsClient, MetricsError, PodMetric, PodMetricsInfo,
};
use podtide::kube::objects::ids::{HpaId, NodeId, ObjectId, PodId};
use podtide::kube::objects::pod::{PodActivity, PodCondition, PodPhase};
use podtide::kube::reason::Reason;
use podtide::units::{SimDuration, SimTime};

/// Requests of each pod [10⁻³ cores].
const REQUEST: i64 = 500;
const SYNC_PERIOD: SimDuration = SimDuration::from_secs(15);

fn reconcile(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("hpa_reconcile");
    for pods in [10, 50, 100, 1000, 10_000] {
        group.throughput(Throughput::Elements(u64::from(pods)));
        group.bench_with_input(BenchmarkId::from_parameter(pods), &pods, |bencher, &pods| {
            let (mut cluster, hpa) = world(pods);
            let mut controller = HorizontalController::new(HpaControllerConfiguration::default());
            let mut metrics = Wobbling { sync: 0 };
            bencher.iter(|| {
                cluster.now += SYNC_PERIOD;
                metrics.sync += 1;
                let mut nobody = Nobody;
                let mut api = Api::new(&mut cluster, 0, &mut nobody);
                let mut tell = |decision| {
                    black_box(decision);
                };
                controller.reconcile(&mut api, hpa, &mut metrics, &mut tell)
            });
        });
    }
    group.finish();
}

/// A Deployment whose pods have been ready for long, and its HPA.
fn world(pods: u32) -> (Cluster, HpaId) {
    let mut cluster = Cluster::default();
    write(&mut cluster, Write::CreateNode(Arc::new(Node::default())));
    let labels = BTreeMap::from([("app".to_owned(), "web".to_owned())]);
    let cpu = Quantity::from_milli(REQUEST, podtide::api::quantity::Format::DecimalSi);
    let requests = BTreeMap::from([("cpu".to_owned(), cpu)]);
    let resources = ResourceRequirements { requests, ..ResourceRequirements::default() };
    let containers = vec![Container { name: "app".to_owned(), resources, ..Container::default() }];
    let template = PodTemplateSpec {
        metadata: ObjectMeta { labels: labels.clone(), ..ObjectMeta::default() },
        spec: PodSpec { containers, ..PodSpec::default() },
    };
    let selector = LabelSelector { match_labels: labels, ..LabelSelector::default() };
    let deployment = Deployment {
        metadata: metadata(),
        spec: DeploymentSpec {
            replicas: Some(pods as i32),
            selector: Some(selector),
            template: template.clone(),
            ..DeploymentSpec::default()
        },
        live_replicas: None,
    };
    write(&mut cluster, Write::CreateDeployment(Arc::new(deployment)));
    let template = Arc::new(template);
    for number in 0..pods {
        create_pod(&mut cluster, number, &template);
    }
    let hpa = HorizontalPodAutoscaler { metadata: metadata(), spec: spec(pods) };
    match write(&mut cluster, Write::CreateHpa(Arc::new(hpa))) {
        Applied::Created(ObjectId::Hpa(hpa)) => (cluster, hpa),
        other => panic!("an HPA was created, not {other:?}"),
    }
}

fn create_pod(cluster: &mut Cluster, number: u32, template: &Arc<PodTemplateSpec>) {
    let pod = NewPod {
        name: format!("web-{number}").into(),
        namespace: "default".into(),
        owner: None,
        template: Arc::clone(template),
    };
    write(cluster, Write::CreatePod(Box::new(pod)));
    let pod = PodId(number);
    write(cluster, Write::BindPod { pod, node: NodeId(0) });
    let ready = PodCondition {
        status: ConditionStatus::True,
        last_transition_time: SimTime::from_secs(-3590),
    };
    let status = PodStatus {
        phase: PodPhase::Running,
        activity: PodActivity::Running,
        start_time: Some(SimTime::from_secs(-3600)),
        ready: Some(ready),
        restarts: 0,
        sidecar_restarts: 0,
    };
    write(cluster, Write::PodStatus { pod, status });
}

fn metadata() -> ObjectMeta {
    ObjectMeta { name: "web".to_owned(), namespace: "default".to_owned(), ..ObjectMeta::default() }
}

fn spec(pods: u32) -> HorizontalPodAutoscalerSpec {
    let target = MetricTarget {
        type_: "Utilization".to_owned(),
        average_utilization: Some(70),
        ..MetricTarget::default()
    };
    HorizontalPodAutoscalerSpec {
        scale_target_ref: CrossVersionObjectReference {
            api_version: "apps/v1".to_owned(),
            kind: "Deployment".to_owned(),
            name: "web".to_owned(),
        },
        min_replicas: Some(1),
        max_replicas: 2 * pods as i32,
        metrics: Some(vec![MetricSpec {
            type_: "Resource".to_owned(),
            resource: Some(ResourceMetricSource { name: "cpu".to_owned(), target }),
            ..MetricSpec::default()
        }]),
        behavior: None,
    }
}

fn write(cluster: &mut Cluster, write: Write) -> Applied {
    cluster.write(write, Reason::Scenario).unwrap_or_else(|refused| panic!("{refused}"))
}

/// Usage that moves within tolerance, so that each sync writes its status and nothing else.
struct Wobbling {
    sync: i64,
}

impl MetricsClient for Wobbling {
    fn get_resource_metric(
        &mut self,
        asked: Asked<'_>,
        _: &str,
        _: Option<&str>,
        pods: &[PodId],
        answer: &mut PodMetricsInfo,
    ) -> Result<(), MetricsError> {
        let sample = PodMetric {
            value: REQUEST * 7 / 10 + self.sync % 16,
            timestamp: asked.cluster.now - SYNC_PERIOD,
            window: SYNC_PERIOD,
        };
        answer.samples.extend(pods.iter().map(|_| Some(sample)));
        Ok(())
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

criterion_group!(benches, reconcile);
criterion_main!(benches);
