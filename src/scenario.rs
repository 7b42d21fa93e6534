//! The Scenario: what is to be played, checked, with nothing optional left.
//!
//! A user's files become a [`Scenario`] in two steps: parsed as written, then checked, with all
//! findings at once. Whoever plays a Scenario cannot fail any more.

pub mod action;
pub mod check;
pub mod file;
pub mod lesson;
pub mod line;
pub mod usage;

use std::sync::Arc;

use crate::api::apps::Deployment;
use crate::api::autoscaling::HorizontalPodAutoscaler;
use crate::api::core::{Node, Service};
use crate::api::policy::PodDisruptionBudget;
use crate::kube::cluster_autoscaler::config::ClusterAutoscalerConfiguration;
use crate::kube::controllers::node_lifecycle::config::NodeLifecycleConfiguration;
use crate::kube::controllers::podautoscaler::config::HpaControllerConfiguration;
use crate::kube::timings::Timings;
use crate::units::{SimDuration, SimTime};
use crate::workload::traffic::WallClock;

pub use action::Action;

/// All that a simulation needs to know.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Name, for titles.
    pub name: String,
    /// The question that it asks, if it says one (the first comment of its file).
    pub question: Option<String>,
    /// Seed of every random stream.
    pub seed: u64,
    /// How long it lasts.
    pub duration: SimDuration,
    /// Wall clock of time 0.
    pub clock: WallClock,
    /// What the world looks like at time 0.
    pub world: World,
    /// The cluster around the workloads.
    pub cluster: ClusterSpec,
    /// Deployments, in order of the manifests.
    pub deployments: Vec<DeploymentPlan>,
    /// HPAs, defaulted and valid.
    pub hpas: Vec<Arc<HorizontalPodAutoscaler>>,
    /// Budgets, defaulted and valid.
    pub pdbs: Vec<Arc<PodDisruptionBudget>>,
    /// Services, those implied by traffic to a Deployment too.
    pub services: Vec<Arc<Service>>,
    /// What asks for how much work, and what an application makes of it.
    pub workload: WorkloadSpec,
    /// Prices, if the user gave them.
    pub prices: Option<Prices>,
    /// What happens, in order of time.
    pub events: Vec<ScenarioEvent>,
    /// Moments to stop and guess at, in order of time; they change nothing.
    pub lesson: Vec<lesson::LessonStep>,
    /// What was assumed because nobody said it.
    pub assumptions: Vec<Assumption>,
}

/// The world at time 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum World {
    /// Every Deployment is rolled out, its pods are an hour old and Ready, images are cached.
    #[default]
    Warm,
    /// An empty cluster into which the manifests are applied.
    Cold,
    /// The same, and they are applied at that instant. Time 0 can be a whole second of the wall
    /// clock so, as the API cuts stamps.
    ColdUntil(SimTime),
}

/// The cluster around the workloads.
#[derive(Clone, Debug)]
pub struct ClusterSpec {
    /// Latencies between components.
    pub timings: Timings,
    /// All nodes, each of its own.
    pub nodes: Vec<Arc<Node>>,
    /// Flags of kube-controller-manager for HPAs.
    pub controller_manager: HpaControllerConfiguration,
    /// The cluster autoscaler, if there is one.
    pub cluster_autoscaler: Option<Arc<ClusterAutoscalerConfiguration>>,
    /// Flags of kube-controller-manager for nodes.
    pub node_lifecycle: NodeLifecycleConfiguration,
    /// Where the HPA's resource metrics come from.
    pub metrics: MetricsSource,
    /// The instants at which HPAs sync, by their places, as far as they are known; else each has
    /// its period. After the last of them it goes on with its period.
    pub hpa_syncs: Vec<Arc<[SimTime]>>,
    /// Who runs the pods.
    pub kubelet: KubeletKind,
    /// Pods that may exist in all, if the API server has such a quota.
    pub pod_quota: Option<i64>,
}

/// Where the HPA's resource metrics come from.
#[derive(Clone, Debug, PartialEq)]
pub enum MetricsSource {
    /// The modelled pipeline: kubelet counters, scraped by metrics-server.
    MetricsServer {
        /// `--metric-resolution`.
        resolution: SimDuration,
        /// Whether each container has its own cAdvisor phase, doubling to 15 s.
        container_phases: bool,
    },
    /// Usage at the instant of asking, with a window of 15 s (recordings in virtual time).
    Instant,
    /// Usage that is given, whatever runs in the pods (recordings of a live control plane).
    Metered(Arc<usage::Usage>),
}

/// Who runs the pods.
#[derive(Clone, Debug, PartialEq)]
pub enum KubeletKind {
    /// The modelled kubelet.
    Modelled {
        /// Time to pull an image that the node does not have.
        image_pull: SimDuration,
    },
    /// A script in its place (recordings in virtual time).
    Scripted(Arc<crate::kube::kubelet::scripted::Script>),
    /// KWOK in the kubelet's place: annotations give the delays (recordings of a live control
    /// plane).
    Staged(crate::kube::kubelet::staged::Reaction),
}

/// A Deployment and how it stands at time 0.
#[derive(Clone, Debug)]
pub struct DeploymentPlan {
    /// Defaulted and valid.
    pub object: Arc<Deployment>,
    /// Pods of a warm world at time 0.
    pub warm_replicas: i32,
}

/// Loads and profiles, as the workload model takes them.
#[derive(Clone, Debug)]
pub struct WorkloadSpec {
    /// Services, loads and profiles.
    pub config: crate::workload::ModelConfig,
    /// Which profile of `config` each Deployment has, by its place in `Scenario::deployments`.
    pub profile_of: Vec<u32>,
    /// The queue of `config` that each Deployment's pods take from, by its place in
    /// `Scenario::deployments`.
    pub consumes_of: Vec<Option<u32>>,
    /// Which Service of `Scenario::services` each service of `config` is; `None` for a queue.
    pub service_of: Vec<Option<u32>>,
    /// Custom and external metrics that the model gives to HPAs.
    pub metrics: Vec<MetricWiring>,
}

/// A custom or external metric made from the workload model.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricWiring {
    /// Which HPA metrics it answers.
    pub kind: MetricKind,
    /// Name of the metric.
    pub name: String,
    /// Which service of the workload model.
    pub service: u32,
    /// What is measured.
    pub from: MetricFrom,
    /// How often it is measured; the mean over it is what is answered.
    pub period: SimDuration,
    /// How old an answer is at least.
    pub delay: SimDuration,
    /// The HPA metrics that it answers: number of the HPA's spec, place in `spec.metrics`. Specs of
    /// time 0 are numbered by their places in `Scenario::hpas`; [`action::HpaAction`] names others.
    pub answers: Vec<(u32, u32)>,
}

/// Which HPA metrics a [`MetricWiring`] answers.
#[derive(Clone, Debug, PartialEq)]
pub enum MetricKind {
    /// `Pods`: a value for each pod.
    Pods,
    /// `Object`: the total, asked of this object (kind, name).
    Object {
        /// Kind of the described object; empty answers for any.
        kind: String,
        /// Name of the described object; empty answers for any.
        name: String,
    },
    /// `External`: the total, asked with labels that these match.
    External {
        /// Labels of the series.
        labels: crate::api::meta::StringMap,
    },
}

/// What a custom metric measures.
#[derive(Clone, Debug, PartialEq)]
pub enum MetricFrom {
    /// Requests served [1/s].
    Served,
    /// Requests offered [1/s].
    Offered,
    /// Requests that wait.
    Backlog,
    /// 95th percentile of the latency \[s\].
    LatencyP95,
    /// A recording, whatever it measures.
    Trace(Arc<crate::workload::traffic::Load>),
}

/// What resources cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prices {
    /// One requested core for an hour, in the user's currency.
    pub cpu_hour: f64,
    /// One requested GiB for an hour, in the user's currency.
    pub gib_hour: f64,
}

/// Something that happens at an instant.
#[derive(Clone, Debug, PartialEq)]
pub struct ScenarioEvent {
    /// When.
    pub at: SimTime,
    /// What.
    pub action: Action,
}

/// A fact that nobody gave and that was filled in.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Assumption {
    /// About what, as in `deployment shop` or `cluster`.
    pub subject: String,
    /// The fact with its value, as in `cpuPerRequest 8 ms (so that 3 pods run at 70 %)`.
    pub text: String,
}
