//! What a user, or fate, does to the cluster.
//!
//! One kind of object, one file: what can be done to it, and how that is told.

pub mod around;
pub mod deployment;
pub mod nodes;
pub mod objects;
pub mod pod;
pub mod service;

use super::Scenario;

pub use around::{ImagesAction, MetricsAction, Outage, PullPace, SlowPulls, TrafficAction};
pub use deployment::{DeploymentAction, DeploymentEdit, Replacement};
pub use nodes::NodeAction;
pub use objects::{HpaAction, PdbAction};
pub use pod::PodAction;
pub use service::ServiceAction;

use std::sync::Arc;

use crate::kube::apiserver::Write;
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
    /// To pods.
    Pod {
        /// Which.
        which: Pods,
        /// What.
        what: PodAction,
    },
    /// To nodes.
    Node(NodeAction),
    /// To a Service.
    Service {
        /// Place in `Scenario::services`.
        service: u32,
        /// What.
        what: ServiceAction,
    },
    /// One request to the API server, whatever it is.
    Request(Box<Request>),
    /// To an HPA.
    Hpa {
        /// Place in `Scenario::hpas`.
        hpa: u32,
        /// What.
        what: HpaAction,
    },
    /// To a budget.
    Pdb {
        /// Place in `Scenario::pdbs`.
        pdb: u32,
        /// What.
        what: PdbAction,
    },
    /// To the metrics that HPAs read.
    Metrics(MetricsAction),
    /// To the pulling of images.
    Images(ImagesAction),
    /// To the traffic.
    Traffic(TrafficAction),
    /// Something that the API server will not do.
    Refused {
        /// What was asked, in a few words.
        title: Arc<str>,
        /// What it says.
        why: Arc<str>,
    },
    /// Another quota of pods, as `Scenario::cluster.pod_quota`; pods that exist stay.
    PodQuota(Option<i64>),
}

/// A request to the API server, as somebody sends it.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// What is done, in a few words.
    pub title: Arc<str>,
    /// What is sent.
    pub write: Write,
}

/// Which pods something is done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pods {
    /// The one of that number in order of creation, if it exists then.
    Numbered(PodId),
    /// The oldest pods that a Deployment selects and that are not being deleted yet.
    OldestOf {
        /// Place in `Scenario::deployments`.
        deployment: u32,
        /// How many; all of them if there are fewer.
        count: u32,
    },
    /// The newest ones, in order of creation too.
    NewestOf {
        /// Place in `Scenario::deployments`.
        deployment: u32,
        /// How many; all of them if there are fewer.
        count: u32,
    },
}

impl Pods {
    fn title(self, scenario: &Scenario) -> String {
        match self {
            Pods::Numbered(pod) => format!("pod {}", pod.0 + 1),
            Pods::OldestOf { deployment, count } | Pods::NewestOf { deployment, count } => {
                let name = &scenario.deployments[deployment as usize].object.metadata.name;
                if count == 1 {
                    format!("a pod of {name}")
                } else {
                    format!("{count} pods of {name}")
                }
            }
        }
    }
}

impl Action {
    /// What is done, in a few words.
    pub fn title(&self, scenario: &Scenario) -> String {
        match self {
            Action::Deployment { deployment, what } => {
                what.title(&scenario.deployments[*deployment as usize].object.metadata.name)
            }
            Action::Pod { which, what } => what.title(&which.title(scenario)),
            Action::Node(what) => what.title(),
            Action::Service { service, what } => {
                what.title(&scenario.services[*service as usize].metadata.name)
            }
            Action::Request(request) => request.title.to_string(),
            Action::Hpa { what, .. } => what.title.to_string(),
            Action::Pdb { what, .. } => what.title.to_string(),
            Action::Metrics(what) => what.title(),
            Action::Images(what) => what.title(),
            Action::Traffic(what) => what.title(),
            Action::Refused { title, .. } => title.to_string(),
            Action::PodQuota(Some(quota)) => format!("quota of {quota} pods"),
            Action::PodQuota(None) => "no quota of pods".to_owned(),
        }
    }
}
