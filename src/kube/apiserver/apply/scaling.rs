//! Writes of HorizontalPodAutoscalers and PodDisruptionBudgets.

use std::sync::Arc;

use super::super::change::Change;
use super::super::cluster::{Cluster, Outcome};
use super::super::write::{Applied, Refused};
use super::{UNCHANGED, created, done, not_found};
use crate::api::autoscaling::{HorizontalPodAutoscaler, HorizontalPodAutoscalerSpec};
use crate::api::labels::Selector;
use crate::api::policy::{PodDisruptionBudget, PodDisruptionBudgetSpec};
use crate::kube::objects::disruption::{PdbObject, PdbStatus};
use crate::kube::objects::hpa::{HpaObject, HpaStatus};
use crate::kube::objects::ids::{HpaId, ObjectId, PdbId};

impl Cluster {
    pub(super) fn create_hpa(&mut self, hpa: &HorizontalPodAutoscaler) -> (Change, Applied) {
        let id = HpaId(self.hpas.len() as u32);
        self.hpas.push(Some(HpaObject {
            id,
            metadata: hpa.metadata.clone(),
            spec: Arc::new(hpa.spec.clone()),
            status: HpaStatus::default(),
        }));
        created(Change::HpaCreated(id), ObjectId::Hpa(id))
    }

    pub(super) fn update_hpa(
        &mut self,
        id: HpaId,
        spec: &Arc<HorizontalPodAutoscalerSpec>,
    ) -> Outcome {
        let hpa = self.hpa_mut(id)?;
        if hpa.spec == *spec {
            return Ok(UNCHANGED);
        }
        hpa.spec = Arc::clone(spec);
        Ok(done(Change::None))
    }

    pub(super) fn delete_hpa(&mut self, id: HpaId) -> Outcome {
        self.hpa_mut(id)?;
        self.hpas[id.index()] = None;
        Ok(done(Change::HpaDeleted(id)))
    }

    pub(super) fn hpa_status(&mut self, id: HpaId, status: &HpaStatus) -> Outcome {
        let hpa = self.hpa_mut(id)?;
        hpa.status = status.clone();
        Ok(done(Change::None))
    }

    fn hpa_mut(&mut self, id: HpaId) -> Result<&mut HpaObject, Refused> {
        let hpa = self.hpas.get_mut(id.index()).and_then(Option::as_mut);
        hpa.ok_or_else(|| not_found("horizontalpodautoscalers.autoscaling", id.0))
    }

    pub(super) fn create_pdb(&mut self, pdb: &PodDisruptionBudget) -> (Change, Applied) {
        let id = PdbId(self.pdbs.len() as u32);
        self.pdbs.push(Some(PdbObject {
            id,
            metadata: pdb.metadata.clone(),
            generation: 1,
            spec: Arc::new(pdb.spec.clone()),
            selector: Arc::new(Selector::from_label_selector(pdb.spec.selector.as_ref())),
            status: PdbStatus::default(),
        }));
        self.generations.budgets += 1;
        created(Change::Pdb(id), ObjectId::Pdb(id))
    }

    pub(super) fn update_pdb(&mut self, id: PdbId, spec: &Arc<PodDisruptionBudgetSpec>) -> Outcome {
        let pdb = self.pdb_mut(id)?;
        if pdb.spec == *spec {
            return Ok(UNCHANGED);
        }
        pdb.spec = Arc::clone(spec);
        pdb.selector = Arc::new(Selector::from_label_selector(spec.selector.as_ref()));
        pdb.generation += 1;
        self.generations.budgets += 1;
        Ok(done(Change::Pdb(id)))
    }

    pub(super) fn delete_pdb(&mut self, id: PdbId) -> Outcome {
        self.pdb_mut(id)?;
        self.pdbs[id.index()] = None;
        self.generations.budgets += 1;
        Ok(done(Change::Pdb(id)))
    }

    pub(super) fn pdb_status(&mut self, id: PdbId, status: &PdbStatus) -> Outcome {
        let pdb = self.pdb_mut(id)?;
        let mut status = status.clone();
        status.disrupted_pods.values_mut().for_each(|at| *at = at.floor_second());
        if let Some(condition) = &mut status.condition {
            condition.last_transition_time = condition.last_transition_time.floor_second();
        }
        if pdb.status == status {
            return Ok(UNCHANGED);
        }
        pdb.status = status;
        Ok(done(Change::PdbStatus(id)))
    }

    fn pdb_mut(&mut self, id: PdbId) -> Result<&mut PdbObject, Refused> {
        let pdb = self.pdbs.get_mut(id.index()).and_then(Option::as_mut);
        pdb.ok_or_else(|| not_found("poddisruptionbudgets.policy", id.0))
    }
}
