//! Deployment and PodDisruptionBudget.

use super::{Decode, decode, field};
use crate::api::apps::{Deployment, DeploymentSpec, DeploymentStrategy, RollingUpdateDeployment};
use crate::api::policy::{PodDisruptionBudget, PodDisruptionBudgetSpec};
use crate::manifest::yaml::Node;

impl Decode for Deployment {
    fn decode(node: &Node) -> Self {
        let status = node.field("status");
        let live_replicas = status.and_then(|status| field(status, "replicas"));
        Deployment { metadata: field(node, "metadata"), spec: field(node, "spec"), live_replicas }
    }
}

decode!(DeploymentSpec {
    replicas: "replicas",
    selector: "selector",
    template: "template",
    strategy: "strategy",
    min_ready_seconds: "minReadySeconds",
    revision_history_limit: "revisionHistoryLimit",
    paused: "paused",
    progress_deadline_seconds: "progressDeadlineSeconds",
});

impl Decode for DeploymentStrategy {
    fn decode(node: &Node) -> Self {
        DeploymentStrategy {
            type_: field(node, "type"),
            rolling_update: field(node, "rollingUpdate"),
            swarm: None,
        }
    }
}

decode!(RollingUpdateDeployment { max_unavailable: "maxUnavailable", max_surge: "maxSurge" });

decode!(PodDisruptionBudget { metadata: "metadata", spec: "spec" });

decode!(PodDisruptionBudgetSpec {
    min_available: "minAvailable",
    max_unavailable: "maxUnavailable",
    selector: "selector",
    unhealthy_pod_eviction_policy: "unhealthyPodEvictionPolicy",
});
