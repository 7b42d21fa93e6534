//! Mirrors `pkg/controller/deployment/rollback.go` (v1.36): the rollback that an annotation asks
//! for. Left out: nothing.

use std::sync::Arc;

use super::Sync;
use super::annotations::{ROLLBACK_TO, last_revision, of_rollback, revision};
use super::reason::DeploymentReason;
use super::util::ReplicaSetCopy;
use crate::api::apps::DeploymentSpec;
use crate::api::meta::StringMap;
use crate::kube::apiserver::{EventType, Refused, Write};

impl Sync<'_, '_> {
    /// The revision that the user asked for by annotation, if any; 0 is the one before.
    pub(super) fn rollback_to(&self) -> Option<i64> {
        let object = self.api.cluster().deployment(self.deployment.id)?;
        object.metadata.annotations.get(ROLLBACK_TO)?.parse().ok()
    }

    /// Goes back to the template of a revision.
    pub(super) fn rollback(
        &mut self,
        rs_list: &[ReplicaSetCopy],
        wanted: i64,
    ) -> Result<(), Refused> {
        let sets = self.get_all_replica_sets_and_sync_revision(rs_list, true)?;
        let mut wanted = wanted;
        if wanted == 0 {
            wanted = last_revision(sets.all().map(|copy| &*copy.annotations));
            if wanted == 0 {
                return self.revision_not_found(true);
            }
        }
        match sets.all().find(|copy| revision(&copy.annotations) == Some(wanted)) {
            Some(copy) => self.rollback_to_template(copy, wanted),
            None => self.revision_not_found(false),
        }
    }

    fn revision_not_found(&mut self, last: bool) -> Result<(), Refused> {
        let reason = DeploymentReason::DeploymentRollbackRevisionNotFound { last };
        self.event(EventType::Warning, reason);
        let (annotations, spec) = (self.annotations(), Arc::clone(&self.deployment.spec));
        self.update_and_clear_rollback_to(annotations, spec, DeploymentReason::ClearRollbackTo)
    }

    fn rollback_to_template(
        &mut self,
        copy: &ReplicaSetCopy,
        revision: i64,
    ) -> Result<(), Refused> {
        let (annotations, spec) = (self.annotations(), Arc::clone(&self.deployment.spec));
        let deployment = self.name();
        if copy.base_template == self.deployment.template {
            let reason = DeploymentReason::DeploymentRollbackTemplateUnchanged { deployment };
            self.event(EventType::Warning, reason);
            let reason = DeploymentReason::ClearRollbackTo;
            return self.update_and_clear_rollback_to(annotations, spec, reason);
        }
        let template = &self.api.cluster().template(copy.base_template).spec;
        let spec = DeploymentSpec { template: (**template).clone(), ..(*spec).clone() };
        let annotations = of_rollback(&annotations, &copy.annotations);
        let reason = DeploymentReason::DeploymentRollback { deployment, revision };
        self.update_and_clear_rollback_to(annotations, Arc::new(spec), reason.clone())?;
        self.event(EventType::Normal, reason);
        Ok(())
    }

    fn update_and_clear_rollback_to(
        &mut self,
        mut annotations: StringMap,
        spec: Arc<DeploymentSpec>,
        reason: DeploymentReason,
    ) -> Result<(), Refused> {
        self.ensure_newest()?;
        annotations.remove(ROLLBACK_TO);
        let deployment = self.deployment.id;
        let annotations = Arc::new(annotations);
        self.write(Write::UpdateDeployment { deployment, annotations, spec }, reason).map(|_| ())
    }
}
