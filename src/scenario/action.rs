//! What a user, or fate, does to the cluster.
//!
//! One kind of object, one file: what can be done to it, and how that is told.

pub mod deployment;
pub mod nodes;
pub mod pod;

use super::Scenario;

pub use deployment::{DeploymentAction, DeploymentEdit};
pub use nodes::NodeAction;
pub use pod::PodAction;

use crate::kube::objects::ids::PodId;

/// What a user, or fate, does to the cluster.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// To a Deployment.
    Deployment {
        /// Place in `Scenario::deployments`.
        deployment: u32,
        /// What.
        what: DeploymentAction,
    },
    /// To a pod, if it exists then.
    Pod {
        /// Which, in order of creation.
        pod: PodId,
        /// What.
        what: PodAction,
    },
    /// To nodes.
    Node(NodeAction),
    /// Another quota of pods, as `Scenario::cluster.pod_quota`; pods that exist stay.
    PodQuota(Option<i64>),
}

impl Action {
    /// What is done, in a few words.
    pub fn title(&self, scenario: &Scenario) -> String {
        match self {
            Action::Deployment { deployment, what } => {
                what.title(&scenario.deployments[*deployment as usize].object.metadata.name)
            }
            Action::Pod { pod, what } => what.title(&format!("pod {}", pod.0 + 1)),
            Action::Node(what) => what.title(),
            Action::PodQuota(Some(quota)) => format!("quota of {quota} pods"),
            Action::PodQuota(None) => "no quota of pods".to_owned(),
        }
    }
}
