//! What users do to Services.

use std::sync::Arc;

use crate::kube::apiserver::Write;
use crate::kube::objects::ids::ServiceId;
use crate::scenario::action::ServiceAction;
use crate::sim::Simulation;

impl Simulation<'_> {
    /// Does something to a Service.
    ///
    /// # Errors
    /// What the API server says against it.
    pub(super) fn act_on_service(
        &mut self,
        service: ServiceId,
        what: &ServiceAction,
    ) -> Result<(), String> {
        let live = self.cluster.service(service).ok_or("services not found")?;
        let mut object = (*live.service).clone();
        let ServiceAction::Selector(selector) = what;
        object.spec.selector.clone_from(selector);
        self.try_request(Write::UpdateService { service, object: Arc::new(object) })
    }
}
