//! Why something was written to the cluster, as data.
//!
//! Every write carries one of these. It holds numbers and names, never a sentence: `word` gives
//! upstream's CamelCase reason and `Display` the sentence, when somebody reads it.

use std::fmt;
use std::sync::Arc;

use crate::kube::apiserver::eviction::reason::EvictionReason;
use crate::kube::cluster_autoscaler::reason::ClusterAutoscalerReason;
use crate::kube::controllers::deployment::reason::DeploymentReason;
use crate::kube::controllers::disruption::reason::DisruptionReason;
use crate::kube::controllers::node_lifecycle::reason::NodeLifecycleReason;
use crate::kube::controllers::pod_gc::reason::PodGcReason;
use crate::kube::controllers::podautoscaler::reason::HpaReason;
use crate::kube::controllers::replica_set::reason::ReplicaSetReason;
use crate::kube::controllers::taint_eviction::reason::TaintEvictionReason;
use crate::kube::endpoint_slice::EndpointsReason;
use crate::kube::kubectl::drain::reason::KubectlReason;
use crate::kube::kubelet::reason::KubeletReason;
use crate::kube::scheduler::reason::SchedulerReason;
use crate::kube::swarm::reason::SwarmReason;

/// Why a write was made.
#[derive(Clone, Debug, PartialEq)]
pub enum Reason {
    /// The scenario's manifests, or the world as it stands at time 0.
    Scenario,
    /// An event of the scenario, by its place there.
    ScenarioEvent(u32),
    /// The HorizontalPodAutoscaler controller.
    Hpa(HpaReason),
    /// The scheduler.
    Scheduler(SchedulerReason),
    /// The kubelet.
    Kubelet(KubeletReason),
    /// The EndpointSlice controller or kube-proxy.
    Endpoints(EndpointsReason),
    /// The Deployment controller.
    Deployment(DeploymentReason),
    /// The ReplicaSet controller.
    ReplicaSet(ReplicaSetReason),
    /// The disruption controller.
    Disruption(DisruptionReason),
    /// The node life cycle controller.
    NodeLifecycle(NodeLifecycleReason),
    /// The taint eviction controller.
    TaintEviction(TaintEvictionReason),
    /// The garbage collector of pods.
    PodGc(PodGcReason),
    /// The eviction subresource.
    Eviction(EvictionReason),
    /// A line that kubectl printed.
    Kubectl(KubectlReason),
    /// Docker Swarm.
    Swarm(SwarmReason),
    /// The cluster autoscaler.
    ClusterAutoscaler(ClusterAutoscalerReason),
    /// Anything that says no more than upstream's word and a text.
    Plain {
        /// Upstream's CamelCase reason.
        word: &'static str,
        /// Upstream's text.
        text: Arc<str>,
    },
}

impl Reason {
    /// A reason of a word and a text.
    pub fn plain(word: &'static str, text: impl Into<Arc<str>>) -> Reason {
        Reason::Plain { word, text: text.into() }
    }

    /// Upstream's CamelCase word, as `kubectl describe` shows it.
    pub fn word(&self) -> &'static str {
        match self {
            Reason::Scenario => "Scenario",
            Reason::ScenarioEvent(_) => "ScenarioEvent",
            Reason::Hpa(reason) => reason.word(),
            Reason::Scheduler(reason) => reason.word(),
            Reason::Kubelet(reason) => reason.word(),
            Reason::Endpoints(reason) => reason.word(),
            Reason::Deployment(reason) => reason.word(),
            Reason::ReplicaSet(reason) => reason.word(),
            Reason::Disruption(reason) => reason.word(),
            Reason::Swarm(reason) => reason.word(),
            Reason::NodeLifecycle(reason) => reason.word(),
            Reason::TaintEviction(reason) => reason.word(),
            Reason::PodGc(reason) => reason.word(),
            Reason::Eviction(reason) => reason.word(),
            Reason::Kubectl(reason) => reason.word(),
            Reason::ClusterAutoscaler(reason) => reason.word(),
            Reason::Plain { word, .. } => word,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Scenario => f.write_str("written by the scenario"),
            Reason::ScenarioEvent(place) => write!(f, "event {} of the scenario", place + 1),
            Reason::Hpa(reason) => reason.fmt(f),
            Reason::Scheduler(reason) => reason.fmt(f),
            Reason::Kubelet(reason) => reason.fmt(f),
            Reason::Endpoints(reason) => reason.fmt(f),
            Reason::Deployment(reason) => reason.fmt(f),
            Reason::ReplicaSet(reason) => reason.fmt(f),
            Reason::Disruption(reason) => reason.fmt(f),
            Reason::Swarm(reason) => reason.fmt(f),
            Reason::ClusterAutoscaler(reason) => reason.fmt(f),
            Reason::NodeLifecycle(reason) => reason.fmt(f),
            Reason::TaintEviction(reason) => reason.fmt(f),
            Reason::PodGc(reason) => reason.fmt(f),
            Reason::Eviction(reason) => reason.fmt(f),
            Reason::Kubectl(reason) => reason.fmt(f),
            Reason::Plain { text, .. } => f.write_str(text),
        }
    }
}
