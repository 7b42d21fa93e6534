//! One sync of an HPA once more, with all that its controller saw: the pods as they stood, and what
//! the metrics APIs answered. A recording keeps none of this; a simulation up to the sync gives it
//! back.

use super::Simulation;
use crate::api::autoscaling::CrossVersionObjectReference;
use crate::api::labels::Selector;
use crate::kube::apiserver::Cluster;
use crate::kube::controllers::podautoscaler::decision::Decision;
use crate::kube::controllers::podautoscaler::horizontal::Reconciled;
use crate::kube::controllers::podautoscaler::metrics::{
    Asked, MetricsClient, MetricsError, PodMetric, PodMetricsInfo,
};
use crate::kube::objects::ids::{HpaId, PodId};
use crate::recording::Deaf;
use crate::scenario::Scenario;
use crate::units::SimTime;

/// What the controller saw and decided at one sync.
#[derive(Clone, Debug)]
pub struct SyncDetail {
    /// What it came to; the same as in any recording of the scenario.
    pub decision: Decision,
    /// The cluster as the sync found it.
    pub cluster: Cluster,
    /// What the metrics APIs answered, in the order of asking.
    pub answers: Vec<Answer>,
}

/// What a metrics API answered about one metric.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// Place in `spec.metrics`.
    pub metric: u32,
    /// All pods that the selector of the scale matches; empty if it was asked about no pods.
    pub pods: Vec<PodId>,
    /// A sample of each of these pods, in their order; `None` where there is none.
    pub samples: Vec<Option<PodMetric>>,
    /// Samples of pods that do not exist \[milli-units\].
    pub ghosts: Vec<i64>,
    /// Values of an Object or External metric, one a series \[milli-units\].
    pub series: Vec<i64>,
    /// Why there is no answer.
    pub error: Option<MetricsError>,
}

/// Plays a scenario up to a sync of an HPA and tells what its controller saw; none if there is no
/// such sync.
pub fn sync_detail(scenario: &Scenario, hpa: HpaId, at: SimTime) -> Option<SyncDetail> {
    let mut simulation = Simulation::new(scenario);
    simulation.ear = Some(Box::new(Ear { hpa, at, heard: None }));
    let mut nobody = Deaf;
    simulation.set_the_stage(&mut nobody);
    let end = SimTime::ZERO + scenario.duration;
    while simulation.cluster.now <= at && !simulation.has_heard() && simulation.step(end) {
        simulation.tell(&mut nobody);
    }
    simulation.ear.and_then(|ear| ear.heard)
}

/// Listens to one sync.
pub(super) struct Ear {
    hpa: HpaId,
    /// The instant of the sync.
    pub(super) at: SimTime,
    heard: Option<SyncDetail>,
}

impl Simulation<'_> {
    fn has_heard(&self) -> bool {
        self.ear.as_ref().is_some_and(|ear| ear.heard.is_some())
    }

    /// A sync at the instant that somebody listens to.
    pub(super) fn reconcile_overheard(&mut self, key: u32) -> Reconciled {
        let cluster = self.cluster.clone();
        let (mut answers, told) = (Vec::new(), self.decisions.len());
        let done = self.reconcile(key, Keeper(&mut answers));
        if let (Some(decision), Some(ear)) = (self.decisions.get(told), &mut self.ear)
            && decision.hpa == ear.hpa
        {
            ear.heard = Some(SyncDetail { decision: decision.clone(), cluster, answers });
        }
        done
    }
}

/// Somebody between the controller and the metrics APIs.
pub(super) trait Listener {
    /// The client that the controller asks, in front of another one.
    fn hear(self, client: impl MetricsClient) -> impl MetricsClient;
}

/// Nobody listens.
pub(super) struct NobodyHears;

/// Keeps all answers.
struct Keeper<'k>(&'k mut Vec<Answer>);

impl Listener for NobodyHears {
    fn hear(self, client: impl MetricsClient) -> impl MetricsClient {
        client
    }
}

impl Listener for Keeper<'_> {
    fn hear(self, inner: impl MetricsClient) -> impl MetricsClient {
        Overheard { inner, answers: self.0 }
    }
}

/// A metrics client whose answers are kept.
struct Overheard<'k, M> {
    inner: M,
    answers: &'k mut Vec<Answer>,
}

impl<M: MetricsClient> Overheard<'_, M> {
    fn keep_pods(
        &mut self,
        asked: Asked<'_>,
        pods: &[PodId],
        answer: &PodMetricsInfo,
        result: &Result<(), MetricsError>,
    ) {
        self.answers.push(Answer {
            metric: asked.metric,
            pods: pods.to_vec(),
            samples: answer.samples.clone(),
            ghosts: answer.ghosts.clone(),
            error: result.as_ref().err().cloned(),
            ..Answer::default()
        });
    }
}

impl<M: MetricsClient> MetricsClient for Overheard<'_, M> {
    fn get_resource_metric(
        &mut self,
        asked: Asked<'_>,
        resource: &str,
        container: Option<&str>,
        pods: &[PodId],
        answer: &mut PodMetricsInfo,
    ) -> Result<(), MetricsError> {
        let result = self.inner.get_resource_metric(asked, resource, container, pods, answer);
        self.keep_pods(asked, pods, answer, &result);
        result
    }

    fn get_raw_metric(
        &mut self,
        asked: Asked<'_>,
        name: &str,
        selector: &Selector,
        pods: &[PodId],
        answer: &mut PodMetricsInfo,
    ) -> Result<(), MetricsError> {
        let result = self.inner.get_raw_metric(asked, name, selector, pods, answer);
        self.keep_pods(asked, pods, answer, &result);
        result
    }

    fn get_object_metric(
        &mut self,
        asked: Asked<'_>,
        name: &str,
        object: &CrossVersionObjectReference,
        selector: &Selector,
    ) -> Result<i64, MetricsError> {
        let result = self.inner.get_object_metric(asked, name, object, selector);
        self.answers.push(Answer {
            metric: asked.metric,
            series: result.iter().copied().collect(),
            error: result.as_ref().err().cloned(),
            ..Answer::default()
        });
        result
    }

    fn get_external_metric(
        &mut self,
        asked: Asked<'_>,
        name: &str,
        selector: &Selector,
        answer: &mut Vec<i64>,
    ) -> Result<(), MetricsError> {
        let result = self.inner.get_external_metric(asked, name, selector, answer);
        self.answers.push(Answer {
            metric: asked.metric,
            series: answer.clone(),
            error: result.as_ref().err().cloned(),
            ..Answer::default()
        });
        result
    }
}
