//! Who plays the user: actions of the scenario, when all controllers have had their turn.
//!
//! What kubectl or the API server refuses stays undone, as for a user whose command fails.

mod deployment;
mod nodes;
mod pod;

use super::Simulation;
use crate::kube::apiserver::Write;
use crate::kube::objects::ids::DeploymentId;
use crate::kube::reason::Reason;
use crate::scenario::Action;

impl Simulation<'_> {
    /// Carries out the action of that number.
    pub(super) fn act(&mut self, number: u32) {
        let scenario = self.scenario;
        match &scenario.events[number as usize].action {
            Action::Deployment { deployment, what } => {
                self.act_on_deployment(DeploymentId(*deployment), what);
            }
            Action::Pod { pod, what } => self.act_on_pod(*pod, what),
            Action::Node(what) => self.act_on_nodes(number, what),
            Action::PodQuota(quota) => self.cluster.script.pod_quota = *quota,
        }
    }

    /// Writes as the user; a refusal is an error message on the user's terminal.
    fn request(&mut self, write: Write) {
        let _ = self.cluster.write(write, Reason::Scenario);
    }
}
