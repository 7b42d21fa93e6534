//! `hpa/calculator` and `hpa/upstream_tables`: single calls of the replica calculator.
//!
//! Times of these cases are exact milliseconds, while the API server cuts time stamps to whole
//! seconds. The calculator only compares times, so that they are replayed a thousand times slower.

use std::sync::Arc;

use podtide::api::autoscaling::{
    ContainerResourceMetricSource, CrossVersionObjectReference, ExternalMetricSource,
    HorizontalPodAutoscalerSpec, MetricIdentifier, MetricSpec, MetricTarget, ObjectMetricSource,
    PodsMetricSource, ResourceMetricSource,
};
use podtide::api::labels::Selector;
use podtide::api::meta::LabelSelector;
use podtide::kube::controllers::podautoscaler::decision::MetricDecision;
use podtide::kube::controllers::podautoscaler::metrics::{
    Asked, MetricsClient, MetricsError, PodMetric, PodMetricsInfo,
};
use podtide::kube::controllers::podautoscaler::reason::{MetricError, MetricFault, MetricName};
use podtide::kube::controllers::podautoscaler::replica_calculator::{
    Buffers, Periods, ReplicaCalculator, Tolerances,
};
use podtide::kube::controllers::podautoscaler::requests::Requests;
use podtide::kube::objects::ids::{HpaId, LabelSetId, PodId};
use podtide::units::{SimDuration, SimTime};
use serde_json::{Value, json};

use super::hpa_world::{NAMESPACE, World, items, text};
use super::tally::{Outcome, replay};

/// Milliseconds of the cluster for one of the recording.
const SLOWER: i64 = 1000;

#[test]
fn hpa_calculator() {
    replay("hpa/calculator", play);
}

#[test]
fn hpa_upstream_tables() {
    replay("hpa/upstream_tables", play);
}

fn play(case: &Value) -> Outcome {
    let mut world = World::new(&case["templates"], SLOWER);
    items(&case["pods"]).for_each(|pod| world.set(pod));
    let ours = answer(case, &world);
    let kind = text(&case["fn"]);
    let mut upstream = case["want"].clone();
    if let Some(fields) = upstream.as_object_mut() {
        let is_platform_dependent = fields.remove("platformDependent").is_some();
        if fields.contains_key("error") {
            return Outcome::of_json(kind, &upstream["error"], &ours["error"]);
        }
        if is_platform_dependent && upstream != ours {
            // An error must be one on every processor; the numbers need not be these.
            let error = Outcome::of_json(kind, &Value::Null, &ours["error"]);
            return error.and(|| Outcome::Skipped("platform-dependent"));
        }
    }
    Outcome::of_json(kind, &upstream, &ours)
}

fn answer(case: &Value, world: &World) -> Value {
    let args = &case["args"];
    let spec = Arc::new(spec(case));
    let asked = Asked { cluster: &world.cluster, hpa: HpaId(0), metric: 0, namespace: NAMESPACE };
    let mut told = MetricDecision::default();
    let mut calculator = ReplicaCalculator {
        metrics_client: &mut Recorded { case, world },
        asked,
        pods: &selected(world),
        tolerances: Tolerances {
            scale_down: args["toleranceDown"].as_f64().expect("a tolerance"),
            scale_up: args["toleranceUp"].as_f64().expect("a tolerance"),
        },
        periods: Periods {
            cpu_initialization: period(&args["cpuInitializationPeriod"], 300_000),
            initial_readiness_delay: period(&args["initialReadinessDelay"], 30_000),
        },
        buffers: &mut Buffers::default(),
        told: &mut told,
    };
    match calculate(&mut calculator, case, &spec) {
        Ok(replicas) if case["fn"] == "GetResourceReplicas" => json!({
            "replicas": replicas,
            "utilization": told.utilization,
            "usage": told.reported,
        }),
        Ok(replicas) => json!({"replicas": replicas, "usage": told.reported}),
        Err(error) => {
            let metric = MetricName { spec, metric: 0 };
            let fault = MetricFault { metric, namespace: NAMESPACE.into(), error };
            json!({"error": fault.cause().to_string()})
        }
    }
}

fn calculate(
    calculator: &mut ReplicaCalculator<'_, Recorded<'_>>,
    case: &Value,
    spec: &HorizontalPodAutoscalerSpec,
) -> Result<i32, MetricError> {
    let args = &case["args"];
    let replicas = args["replicas"].as_i64().expect("a count") as i32;
    let target = args["target"].as_i64().expect("a target");
    let (resource, container) = (args["resource"].as_str(), args["container"].as_str());
    let resource = resource.unwrap_or_default();
    let everything = Selector::everything();
    let object = &object(spec).described_object;
    match text(&case["fn"]) {
        "GetResourceReplicas" => {
            let mut requests = Requests::new(resource, container, true);
            let target = target as i32;
            calculator.get_resource_replicas(replicas, target, resource, container, &mut requests)
        }
        "GetRawResourceReplicas" => {
            calculator.get_raw_resource_replicas(replicas, target, resource, container)
        }
        "GetMetricReplicas" => {
            calculator.get_metric_replicas(replicas, target, "requests_per_second", &everything)
        }
        "GetObjectMetricReplicas" => calculator.get_object_metric_replicas(
            replicas,
            target,
            "hits_per_second",
            object,
            &everything,
        ),
        "GetObjectPerPodMetricReplicas" => calculator.get_object_per_pod_metric_replicas(
            replicas,
            target,
            "hits_per_second",
            object,
            &everything,
        ),
        "GetExternalMetricReplicas" => {
            calculator.get_external_metric_replicas(replicas, target, "queue_depth", &everything)
        }
        "GetExternalPerPodMetricReplicas" => calculator.get_external_per_pod_metric_replicas(
            replicas,
            target,
            "queue_depth",
            &everything,
        ),
        other => panic!("function {other}"),
    }
}

/// Pods whose labels match.
fn selected(world: &World) -> Vec<PodId> {
    let selector = Selector::parse("app=web").expect("a selector");
    let matches = |labels: LabelSetId| selector.matches(&world.cluster.label_set(labels).labels);
    let pods = world.cluster.pods().iter();
    pods.filter(|pod| matches(pod.labels)).map(|pod| pod.id).collect()
}

fn period(value: &Value, default: i64) -> SimDuration {
    SimDuration(value.as_i64().unwrap_or(default) * SLOWER)
}

/// A spec whose only metric is the one that the function is about; error texts name it.
fn spec(case: &Value) -> HorizontalPodAutoscalerSpec {
    let resource = || case["args"]["resource"].as_str().unwrap_or_default().to_owned();
    let target = MetricTarget::default();
    let metric = match text(&case["fn"]) {
        "GetResourceReplicas" | "GetRawResourceReplicas" => {
            match case["args"]["container"].as_str() {
                None => MetricSpec {
                    resource: Some(ResourceMetricSource { name: resource(), target }),
                    ..of_type("Resource")
                },
                Some(container) => MetricSpec {
                    container_resource: Some(ContainerResourceMetricSource {
                        name: resource(),
                        container: container.to_owned(),
                        target,
                    }),
                    ..of_type("ContainerResource")
                },
            }
        }
        "GetMetricReplicas" => MetricSpec {
            pods: Some(PodsMetricSource { metric: metric("requests_per_second"), target }),
            ..of_type("Pods")
        },
        "GetObjectMetricReplicas" | "GetObjectPerPodMetricReplicas" => of_type("Object"),
        _ => {
            let labels = [("queue".to_owned(), "main".to_owned())].into_iter().collect();
            let selector = LabelSelector { match_labels: labels, ..LabelSelector::default() };
            let metric = MetricIdentifier { selector: Some(selector), ..metric("queue_depth") };
            MetricSpec {
                external: Some(ExternalMetricSource { metric, target }),
                ..of_type("External")
            }
        }
    };
    HorizontalPodAutoscalerSpec {
        metrics: Some(vec![metric]),
        ..HorizontalPodAutoscalerSpec::default()
    }
}

fn of_type(type_: &str) -> MetricSpec {
    let object = (type_ == "Object").then(|| ObjectMetricSource {
        described_object: CrossVersionObjectReference {
            api_version: "v1".to_owned(),
            kind: "Service".to_owned(),
            name: "web".to_owned(),
        },
        metric: metric("hits_per_second"),
        target: MetricTarget::default(),
    });
    MetricSpec { type_: type_.to_owned(), object, ..MetricSpec::default() }
}

fn object(spec: &HorizontalPodAutoscalerSpec) -> ObjectMetricSource {
    let metrics = spec.metrics.as_deref().unwrap_or_default();
    metrics.first().and_then(|metric| metric.object.clone()).unwrap_or_default()
}

fn metric(name: &str) -> MetricIdentifier {
    MetricIdentifier { name: name.to_owned(), selector: None }
}

/// The metrics API of a case.
struct Recorded<'a> {
    case: &'a Value,
    world: &'a World,
}

impl Recorded<'_> {
    fn check(&self) -> Result<(), MetricsError> {
        let error = self.case["metricsError"].as_str();
        error.map_or(Ok(()), |error| Err(MetricsError::Other(error.into())))
    }

    fn samples(&self, pods: &[PodId], answer: &mut PodMetricsInfo) -> Result<(), MetricsError> {
        self.check()?;
        let samples = self.case["podMetrics"].as_object().into_iter().flatten();
        answer.samples.resize(pods.len(), None);
        for (name, sample) in samples {
            let number = |place: usize| sample[place].as_i64().expect("a number");
            let place = pods.iter().position(|&id| self.world.name(id) == name);
            match place {
                None => answer.ghosts.push(number(0)),
                Some(place) => {
                    answer.samples[place] = Some(PodMetric {
                        value: number(0),
                        timestamp: SimTime(number(1) * SLOWER),
                        window: SimDuration(number(2) * SLOWER),
                    });
                }
            }
        }
        Ok(())
    }
}

impl MetricsClient for Recorded<'_> {
    fn get_resource_metric(
        &mut self,
        _: Asked<'_>,
        _: &str,
        _: Option<&str>,
        pods: &[PodId],
        answer: &mut PodMetricsInfo,
    ) -> Result<(), MetricsError> {
        self.samples(pods, answer)
    }

    fn get_raw_metric(
        &mut self,
        _: Asked<'_>,
        _: &str,
        _: &Selector,
        pods: &[PodId],
        answer: &mut PodMetricsInfo,
    ) -> Result<(), MetricsError> {
        self.samples(pods, answer)
    }

    fn get_object_metric(
        &mut self,
        _: Asked<'_>,
        _: &str,
        _: &CrossVersionObjectReference,
        _: &Selector,
    ) -> Result<i64, MetricsError> {
        self.check()?;
        Ok(self.case["objectMetric"].as_i64().expect("a value"))
    }

    fn get_external_metric(
        &mut self,
        _: Asked<'_>,
        _: &str,
        _: &Selector,
        answer: &mut Vec<i64>,
    ) -> Result<(), MetricsError> {
        self.check()?;
        answer.extend(items(&self.case["externalMetrics"]).filter_map(Value::as_i64));
        Ok(())
    }
}
