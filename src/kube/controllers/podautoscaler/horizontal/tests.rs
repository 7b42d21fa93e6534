//! Syncs in a cluster whose scales are its own, without a script.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::*;
use crate::api::apps::{Deployment, DeploymentSpec};
use crate::api::autoscaling::{
    CrossVersionObjectReference, ExternalMetricSource, HorizontalPodAutoscaler,
    HorizontalPodAutoscalerSpec, MetricIdentifier, MetricSpec, MetricTarget, ResourceMetricSource,
};
use crate::api::core::{Container, PodSpec, PodTemplateSpec, ResourceRequirements};
use crate::api::labels::Selector;
use crate::api::meta::{ConditionStatus, LabelSelector, ObjectMeta, StringMap};
use crate::api::quantity::Quantity;
use crate::kube::apiserver::write::{NewPod, PodStatus};
use crate::kube::apiserver::{Applied, Nobody, Write};
use crate::kube::controllers::podautoscaler::config::FeatureGates;
use crate::kube::controllers::podautoscaler::decision::{Cause, Outcome, Path, StatusWrite};
use crate::kube::controllers::podautoscaler::metrics::{
    Asked, MetricsApi, MetricsError, PodMetric, PodMetricsInfo,
};
use crate::kube::objects::hpa::HpaConditionType;
use crate::kube::objects::ids::{DeploymentId, ObjectId};
use crate::kube::objects::pod::{PodActivity, PodCondition, PodPhase};
use crate::kube::reason::Reason;
use crate::units::SimTime;

/// Every pod uses this much [10⁻³ cores], and the external metric has this value [10⁻³].
struct Uses(i64);

impl MetricsClient for Uses {
    fn get_resource_metric(
        &mut self,
        asked: Asked<'_>,
        _: &str,
        _: Option<&str>,
        pods: &[PodId],
        answer: &mut PodMetricsInfo,
    ) -> Result<(), MetricsError> {
        let window = SimDuration::from_secs(15);
        let sample = PodMetric { value: self.0, timestamp: asked.cluster.now, window };
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
        answer: &mut Vec<i64>,
    ) -> Result<(), MetricsError> {
        answer.push(self.0);
        Ok(())
    }
}

/// A Deployment `web` with ready pods that request half a core, and a controller.
struct World {
    cluster: Cluster,
    controller: HorizontalController,
    deployment: DeploymentId,
}

impl World {
    fn new(pods: u32, config: HpaControllerConfiguration) -> World {
        let mut world = World {
            cluster: Cluster::default(),
            controller: HorizontalController::new(config),
            deployment: DeploymentId(0),
        };
        let selector = LabelSelector { match_labels: labels(), ..LabelSelector::default() };
        let spec = DeploymentSpec {
            replicas: Some(pods as i32),
            selector: Some(selector),
            template: template(),
            ..DeploymentSpec::default()
        };
        let deployment = Deployment { metadata: metadata("web"), spec, live_replicas: None };
        world.write(Write::CreateDeployment(Arc::new(deployment)));
        (0..pods).for_each(|number| world.add_pod(number));
        world
    }

    fn write(&mut self, write: Write) -> Applied {
        let answer = self.cluster.write(write, Reason::Scenario);
        answer.unwrap_or_else(|refused| panic!("{refused}"))
    }

    fn add_pod(&mut self, number: u32) {
        self.write(Write::CreatePod(Box::new(NewPod {
            name: format!("web-{number}").into(),
            namespace: "default".into(),
            owner: None,
            template: Arc::new(template()),
        })));
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
        self.write(Write::PodStatus { pod: PodId(number), status });
    }

    fn add_hpa(&mut self, name: &str, spec: HorizontalPodAutoscalerSpec) -> HpaId {
        let hpa = HorizontalPodAutoscaler { metadata: metadata(name), spec };
        match self.write(Write::CreateHpa(Arc::new(hpa))) {
            Applied::Created(ObjectId::Hpa(hpa)) => hpa,
            other => panic!("an HPA was created, not {other:?}"),
        }
    }

    /// One sync 15 s after the last one: what it tells, and the errors it logs.
    fn sync(&mut self, hpa: HpaId, usage: i64) -> (Decision, Vec<String>) {
        self.cluster.now += SimDuration::from_secs(15);
        self.cluster.take_journal();
        let mut nobody = Nobody;
        let mut api = Api::new(&mut self.cluster, 0, &mut nobody);
        let mut told = None;
        let mut tell = |decision: Decision| told = Some(decision);
        let reconciled = self.controller.reconcile(&mut api, hpa, &mut Uses(usage), &mut tell);
        let errors = reconciled.errors.iter().map(ToString::to_string).collect();
        (told.expect("a sync is told"), errors)
    }

    fn replicas(&self) -> i32 {
        self.cluster
            .deployment(self.deployment)
            .map_or(-1, crate::kube::objects::deployment::DeploymentObject::replicas)
    }

    /// Status and reason of a condition.
    fn condition(&self, hpa: HpaId, type_: HpaConditionType) -> Option<(ConditionStatus, String)> {
        let condition = self.cluster.hpa(hpa)?.status.condition(type_)?;
        Some((condition.status, condition.reason.word().to_owned()))
    }
}

fn labels() -> StringMap {
    BTreeMap::from([("app".to_owned(), "web".to_owned())])
}

fn metadata(name: &str) -> ObjectMeta {
    let namespace = "default".to_owned();
    ObjectMeta { name: name.to_owned(), namespace, ..ObjectMeta::default() }
}

fn quantity(text: &str) -> Quantity {
    Quantity::parse(text).expect("the test's quantities are fine")
}

fn template() -> PodTemplateSpec {
    let requests = BTreeMap::from([("cpu".to_owned(), quantity("500m"))]);
    let resources = ResourceRequirements { requests, ..ResourceRequirements::default() };
    let container = Container { name: "app".to_owned(), resources, ..Container::default() };
    PodTemplateSpec {
        metadata: ObjectMeta { labels: labels(), ..ObjectMeta::default() },
        spec: PodSpec { containers: vec![container], ..PodSpec::default() },
    }
}

fn target(kind: &str, api_version: &str) -> CrossVersionObjectReference {
    let (api_version, kind) = (api_version.to_owned(), kind.to_owned());
    CrossVersionObjectReference { api_version, kind, name: "web".to_owned() }
}

/// 50 % CPU, 1 to 10 pods.
fn spec() -> HorizontalPodAutoscalerSpec {
    let percent = MetricTarget { average_utilization: Some(50), ..MetricTarget::default() };
    HorizontalPodAutoscalerSpec {
        scale_target_ref: target("Deployment", "apps/v1"),
        min_replicas: Some(1),
        max_replicas: 10,
        metrics: Some(vec![MetricSpec {
            type_: "Resource".to_owned(),
            resource: Some(ResourceMetricSource { name: "cpu".to_owned(), target: percent }),
            ..MetricSpec::default()
        }]),
        behavior: None,
    }
}

#[test]
fn a_deployment_is_scaled_and_told_why() {
    let mut world = World::new(3, HpaControllerConfiguration::default());
    let hpa = world.add_hpa("web", spec());
    let (decision, errors) = world.sync(hpa, 400);
    assert!(errors.is_empty());
    assert_eq!((decision.current, decision.proposal, decision.desired), (3, Some(5), 5));
    assert_eq!((decision.path, decision.cause), (Path::Metrics, Cause::MetricAboveTarget));
    assert_eq!((decision.outcome, decision.status), (Outcome::Rescaled, StatusWrite::Written));
    let metric = decision.metrics()[0];
    assert_eq!((metric.utilization, metric.usage, metric.requests), (80, 1200, 1500));
    assert_eq!((metric.pods.ready, metric.ratio), (3, 1.6));
    assert_eq!(world.replicas(), 5);
    let facts = world.cluster.take_journal();
    let reasons: Vec<&str> = facts.iter().map(|fact| fact.reason.word()).collect();
    assert_eq!(reasons, ["SuccessfulRescale", "SuccessfulRescale", "UpdateStatus"]);
    assert_eq!(
        facts[0].reason.to_string(),
        "New size: 5; reason: cpu resource utilization (percentage of request) above target"
    );
}

#[test]
fn a_status_that_only_has_new_metric_values_is_written_but_no_fact() {
    let mut world = World::new(3, HpaControllerConfiguration::default());
    let hpa = world.add_hpa("web", spec());
    world.sync(hpa, 250);
    assert_eq!(world.cluster.take_journal().len(), 1);
    let (decision, _) = world.sync(hpa, 255);
    assert_eq!(decision.status, StatusWrite::Written);
    assert!(world.cluster.take_journal().is_empty());
    let status = &world.cluster.hpa(hpa).expect("it is there").status;
    assert_eq!(status.current_metrics[0].average_value_milli, Some(255));
    let (decision, _) = world.sync(hpa, 255);
    assert_eq!(decision.status, StatusWrite::Unchanged);
}

#[test]
fn targets_that_are_not_there_are_an_error() {
    let check = |target: CrossVersionObjectReference, outcome: Outcome, error: &str| {
        let mut world = World::new(1, HpaControllerConfiguration::default());
        let hpa = world
            .add_hpa("web", HorizontalPodAutoscalerSpec { scale_target_ref: target, ..spec() });
        let (decision, errors) = world.sync(hpa, 400);
        assert_eq!((decision.outcome, errors), (outcome, vec![error.to_owned()]));
        let condition = world.condition(hpa, HpaConditionType::AbleToScale);
        assert_eq!(condition, Some((ConditionStatus::False, "FailedGetScale".to_owned())));
    };
    check(
        target("StatefulSet", "apps/v1"),
        Outcome::FailedGetScale,
        "failed to query scale subresource for StatefulSet/default/web: \
         statefulsets.apps \"web\" not found",
    );
    check(
        target("Deployment", "extensions/v1beta1"),
        Outcome::UnknownKind,
        "unable to determine resource for scale target reference: \
         no matches for kind \"Deployment\" in group \"extensions\"",
    );
    check(
        target("Deployment", "a/b/c"),
        Outcome::InvalidApiVersion,
        "invalid API version in scale target reference: unexpected GroupVersion string: a/b/c",
    );
}

#[test]
fn two_hpas_of_the_same_pods_block_each_other() {
    let mut world = World::new(3, HpaControllerConfiguration::default());
    let one = world.add_hpa("one", spec());
    let two = world.add_hpa("two", spec());
    assert_eq!(world.sync(one, 250).0.outcome, Outcome::Nothing);
    let (decision, errors) = world.sync(two, 250);
    assert_eq!(decision.outcome, Outcome::AmbiguousSelector);
    assert_eq!(
        errors,
        ["failed to compute desired number of replicas based on listed metrics for \
          Deployment/default/web: pods by selector app=web are controlled by multiple HPAs: \
          [default/one default/two]"]
    );
    assert_eq!(world.sync(one, 250).0.outcome, Outcome::AmbiguousSelector);
    world.write(Write::DeleteHpa(one));
    assert_eq!(world.sync(two, 250).0.outcome, Outcome::Nothing);
}

#[test]
fn an_hpa_that_is_back_before_its_next_sync_inherits_the_memory() {
    let mut world = World::new(8, HpaControllerConfiguration::default());
    let first = world.add_hpa("web", spec());
    let object = world.cluster.hpa(first).expect("it is there").clone();
    assert!(world.controller.enqueue(&object));
    world.sync(first, 250);
    world.write(Write::DeleteHpa(first));
    let second = world.add_hpa("web", spec());
    let object = world.cluster.hpa(second).expect("it is there").clone();
    assert!(!world.controller.enqueue(&object), "the sync of the first is the second's");
    // Eight pods were asked for a moment ago.
    let (decision, _) = world.sync(first, 50);
    assert_eq!((decision.hpa, decision.proposal, decision.desired), (second, Some(2), 8));

    world.write(Write::DeleteHpa(second));
    world.cluster.now += SimDuration::from_secs(15);
    let mut nobody = Nobody;
    let mut api = Api::new(&mut world.cluster, 0, &mut nobody);
    let gone = world.controller.reconcile(&mut api, second, &mut Uses(0), &mut |_| {});
    assert!(gone.deleted);
    let third = world.add_hpa("web", spec());
    let object = world.cluster.hpa(third).expect("it is there").clone();
    assert!(world.controller.enqueue(&object), "what is forgotten has no sync pending");
}

/// 0 to 10 pods, each for 10 in a queue.
fn queue_spec() -> HorizontalPodAutoscalerSpec {
    let metric = MetricIdentifier { name: "queue_depth".to_owned(), selector: None };
    let target = MetricTarget {
        type_: "AverageValue".to_owned(),
        average_value: Some(quantity("10")),
        ..MetricTarget::default()
    };
    HorizontalPodAutoscalerSpec {
        min_replicas: Some(0),
        metrics: Some(vec![MetricSpec {
            type_: "External".to_owned(),
            external: Some(ExternalMetricSource { metric, target }),
            ..MetricSpec::default()
        }]),
        ..spec()
    }
}

#[test]
fn with_the_gate_a_workload_sleeps_at_zero_and_wakes() {
    let config = HpaControllerConfiguration {
        downscale_stabilization: SimDuration::ZERO,
        feature_gates: FeatureGates { scale_to_zero: true, ..FeatureGates::default() },
        ..HpaControllerConfiguration::default()
    };
    let mut world = World::new(1, config);
    let hpa = world.add_hpa("web", queue_spec());
    let (decision, _) = world.sync(hpa, 0);
    assert_eq!((decision.desired, world.replicas()), (0, 0));
    let asleep = world.condition(hpa, HpaConditionType::ScaledToZero);
    assert_eq!(asleep, Some((ConditionStatus::True, "ScaledToZero".to_owned())));
    let (decision, _) = world.sync(hpa, 25_000);
    assert_eq!((decision.path, decision.desired, world.replicas()), (Path::Metrics, 3, 3));
    let awake = world.condition(hpa, HpaConditionType::ScaledToZero);
    assert_eq!(awake, Some((ConditionStatus::False, "NotScaledToZero".to_owned())));

    // Who scales to 0 by hand switches the HPA off.
    world.write(Write::UpdateScale { deployment: world.deployment, replicas: 0 });
    let (decision, _) = world.sync(hpa, 25_000);
    assert_eq!((decision.path, world.replicas()), (Path::Disabled, 0));
}

#[test]
fn without_the_gate_zero_is_zero_for_good() {
    let config = HpaControllerConfiguration {
        downscale_stabilization: SimDuration::ZERO,
        ..HpaControllerConfiguration::default()
    };
    let mut world = World::new(1, config);
    let hpa = world.add_hpa("web", queue_spec());
    assert_eq!(world.sync(hpa, 0).0.desired, 0);
    let (decision, _) = world.sync(hpa, 25_000);
    assert_eq!((decision.path, world.replicas()), (Path::Disabled, 0));
    let disabled = world.condition(hpa, HpaConditionType::ScalingActive);
    assert_eq!(disabled, Some((ConditionStatus::False, "ScalingDisabled".to_owned())));
    assert_eq!(world.condition(hpa, HpaConditionType::ScaledToZero), None);
}
