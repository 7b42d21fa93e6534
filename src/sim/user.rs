//! Who plays the user: actions of the scenario, when all controllers have had their turn.

use std::sync::Arc;

use super::Simulation;
use crate::api::apps::Deployment;
use crate::kube::apiserver::Write;
use crate::kube::objects::ids::DeploymentId;
use crate::kube::reason::Reason;
use crate::scenario::Action;

impl Simulation<'_> {
    /// Carries out the action of that number. What the API server refuses stays undone, as for a
    /// user whose command fails.
    pub(super) fn act(&mut self, number: u32) {
        let event = &self.scenario.events[number as usize];
        let write = match &event.action {
            Action::Scale { deployment, replicas } => Some(Write::UpdateScale {
                deployment: DeploymentId(*deployment),
                replicas: *replicas,
            }),
            Action::Apply { deployment, object } => self.apply(DeploymentId(*deployment), object),
        };
        if let Some(write) = write {
            let _ = self.cluster.write(write, Reason::Scenario);
        }
    }

    /// `kubectl apply`: what the manifest says wins; `replicas` that it does not say stay.
    fn apply(&self, id: DeploymentId, object: &Deployment) -> Option<Write> {
        let live = self.cluster.deployment(id)?;
        let mut spec = object.spec.clone();
        spec.replicas = spec.replicas.or(live.spec.replicas);
        let mut annotations = live.metadata.annotations.clone();
        annotations.extend(object.metadata.annotations.clone());
        Some(Write::UpdateDeployment {
            deployment: id,
            annotations: Arc::new(annotations),
            spec: Arc::new(spec),
        })
    }
}
