//! What users do to Deployments.

use std::sync::Arc;

use crate::api::apps::DeploymentSpec;
use crate::api::meta::StringMap;
use crate::kube::apiserver::Write;
use crate::kube::kubectl::rollout::{self, Undo};
use crate::kube::kubectl::{apply, set};
use crate::kube::objects::deployment::DeploymentObject;
use crate::kube::objects::ids::DeploymentId;
use crate::scenario::action::{DeploymentAction, DeploymentEdit, Replacement};
use crate::sim::Simulation;

impl Simulation<'_> {
    /// Does something to a Deployment.
    ///
    /// # Errors
    /// What kubectl or the API server says against it.
    pub(super) fn act_on_deployment(
        &mut self,
        id: DeploymentId,
        what: &DeploymentAction,
    ) -> Result<(), String> {
        let write = self.planned(id, what)?;
        self.try_request(write)
    }

    /// The write that a command comes to, or what kubectl says against it.
    fn planned(&self, id: DeploymentId, what: &DeploymentAction) -> Result<Write, String> {
        let live = self.cluster.deployment(id).ok_or("deployments.apps not found")?;
        let named = |error: String| format!("deployments.apps \"{}\" {error}", live.metadata.name);
        match what {
            DeploymentAction::Scale(replicas) => {
                Ok(Write::UpdateScale { deployment: id, replicas: *replicas })
            }
            DeploymentAction::Apply(to) | DeploymentAction::Patch { to, .. } => {
                Ok(replaced(live, to))
            }
            DeploymentAction::Edit(edit) => edited(live, std::slice::from_ref(edit)),
            DeploymentAction::Edits(edits) => edited(live, edits),
            DeploymentAction::Pause => rollout::pause(live).map_err(named),
            DeploymentAction::Resume => rollout::resume(live).map_err(named),
            DeploymentAction::Restart => {
                let now = self.scenario.clock.rfc3339(self.cluster.now);
                rollout::restart(live, &now).map_err(named)
            }
            DeploymentAction::Undo { to_revision } => {
                match rollout::undo(&self.cluster, live, *to_revision)? {
                    Undo::Write(write) => Ok(write),
                    skipped @ Undo::Skipped { .. } => Err(named(skipped.message())),
                }
            }
        }
    }
}

/// What comes of `kubectl apply`, `edit` or `patch`: what controllers wrote stays.
fn replaced(live: &DeploymentObject, to: &Replacement) -> Write {
    let new = &to.object;
    let annotations =
        apply::map(&live.metadata.annotations, &to.former_annotations, &new.metadata.annotations);
    let replicas = new.spec.replicas.or(live.spec.replicas);
    update(live, annotations, DeploymentSpec { replicas, ..new.spec.clone() })
}

fn edited(live: &DeploymentObject, edits: &[DeploymentEdit]) -> Result<Write, String> {
    let mut spec = (*live.spec).clone();
    let mut annotations = live.metadata.annotations.clone();
    for one in edits {
        edit(&mut spec, &mut annotations, one)?;
    }
    Ok(update(live, annotations, spec))
}

fn edit(
    spec: &mut DeploymentSpec,
    annotations: &mut StringMap,
    edit: &DeploymentEdit,
) -> Result<(), String> {
    let template = &mut spec.template;
    match edit {
        DeploymentEdit::Image { container, image } => {
            set::image(&mut template.spec, container, image)?;
        }
        DeploymentEdit::Env { container, variables, removed } => {
            set::env(&mut template.spec, container.as_deref(), variables, removed)?;
        }
        DeploymentEdit::Resources { container, amounts } => {
            set::resources(&mut template.spec, container.as_deref(), amounts)?;
        }
        DeploymentEdit::Annotation { name, value } => {
            annotations.insert(name.to_string(), value.to_string());
        }
        DeploymentEdit::TemplateAnnotation { name, value } => {
            template.metadata.annotations.insert(name.to_string(), value.to_string());
        }
        DeploymentEdit::Strategy(strategy) => spec.strategy = strategy.clone(),
        DeploymentEdit::MinReadySeconds(seconds) => spec.min_ready_seconds = *seconds,
        DeploymentEdit::ProgressDeadlineSeconds(seconds) => {
            spec.progress_deadline_seconds = Some(*seconds);
        }
        DeploymentEdit::RevisionHistoryLimit(limit) => spec.revision_history_limit = Some(*limit),
    }
    Ok(())
}

fn update(live: &DeploymentObject, annotations: StringMap, spec: DeploymentSpec) -> Write {
    Write::UpdateDeployment {
        deployment: live.id,
        annotations: Arc::new(annotations),
        spec: Arc::new(spec),
    }
}
