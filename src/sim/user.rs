//! Who plays the user: actions of the scenario, when all controllers have had their turn.
//!
//! What kubectl or the API server refuses stays undone, as for a user whose command fails, and is
//! told.

mod around;
mod deployment;
mod nodes;
mod objects;
mod pod;
mod service;

use std::sync::Arc;

use super::Simulation;
use crate::kube::apiserver::{Applied, Write};
use crate::kube::objects::ids::{DeploymentId, ObjectId, ServiceId};
use crate::kube::reason::Reason;
use crate::recording::Refusal;
use crate::scenario::Action;
use crate::scenario::action::Request;

impl Simulation<'_> {
    /// Carries out the action of that number.
    pub(super) fn act(&mut self, number: u32) {
        let scenario = self.scenario;
        self.acting = number;
        let done = match &scenario.events[number as usize].action {
            Action::Deployment { deployment, what } => {
                self.act_on_deployment(DeploymentId(*deployment), what)
            }
            Action::Pod { which, what } => self.act_on_pods(*which, what),
            Action::Node(what) => self.act_on_nodes(number, what),
            Action::Service { service, what } => self.act_on_service(ServiceId(*service), what),
            Action::Request(request) => self.send(request),
            Action::Hpa { hpa, what } => self.act_on_hpa(*hpa, what),
            Action::Pdb { pdb, what } => self.act_on_pdb(*pdb, what),
            Action::Metrics(what) => {
                self.act_on_metrics(what);
                Ok(())
            }
            Action::Images(what) => {
                self.act_on_images(what);
                Ok(())
            }
            Action::Refused { why, .. } => Err(why.to_string()),
            // The load model has it in its loads.
            Action::Traffic(_) => Ok(()),
            Action::PodQuota(quota) => {
                self.cluster.script.pod_quota = *quota;
                Ok(())
            }
        };
        if let Err(why) = done {
            let at = self.cluster.now;
            self.refusals.push(Refusal { at, event: number, why: Arc::from(why) });
        }
    }

    /// Sends a request; an HPA that it creates syncs from then on.
    fn send(&mut self, request: &Request) -> Result<(), String> {
        let written = self.cluster.write(request.write.clone(), Reason::ScenarioEvent(self.acting));
        let applied = written.map_err(|refused| refused.to_string())?;
        if let Applied::Created(ObjectId::Hpa(hpa)) = applied {
            self.start_hpa_timer(hpa.0);
        }
        Ok(())
    }

    /// Writes as the user, who does not mind a refusal.
    fn request(&mut self, write: Write) {
        let _ = self.try_request(write);
    }

    /// Writes as the user.
    fn try_request(&mut self, write: Write) -> Result<(), String> {
        let written = self.cluster.write(write, Reason::ScenarioEvent(self.acting));
        written.map(|_| ()).map_err(|refused| refused.to_string())
    }
}
