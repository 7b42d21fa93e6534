//! What users do to autoscalers and budgets.

use std::sync::Arc;

use crate::kube::apiserver::Write;
use crate::kube::objects::ids::{HpaId, PdbId};
use crate::scenario::action::{HpaAction, PdbAction};
use crate::sim::Simulation;

impl Simulation<'_> {
    /// Gives an HPA another spec.
    ///
    /// # Errors
    /// What the API server says against it.
    pub(super) fn act_on_hpa(&mut self, hpa: u32, what: &HpaAction) -> Result<(), String> {
        self.adapter.set_spec(hpa, what.number);
        self.try_request(Write::UpdateHpa { hpa: HpaId(hpa), spec: Arc::clone(&what.spec) })
    }

    /// Gives a budget another spec.
    ///
    /// # Errors
    /// What the API server says against it.
    pub(super) fn act_on_pdb(&mut self, pdb: u32, what: &PdbAction) -> Result<(), String> {
        self.try_request(Write::UpdatePdb { pdb: PdbId(pdb), spec: Arc::clone(&what.spec) })
    }
}
