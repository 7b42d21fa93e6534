//! What users do to Deployments.

use std::sync::Arc;

use crate::api::apps::{Deployment, DeploymentSpec};
use crate::api::meta::StringMap;
use crate::kube::apiserver::Write;
use crate::kube::kubectl::rollout::{self, Undo};
use crate::kube::kubectl::set;
use crate::kube::objects::deployment::DeploymentObject;
use crate::kube::objects::ids::DeploymentId;
use crate::scenario::action::{DeploymentAction, DeploymentEdit};
use crate::sim::Simulation;

impl Simulation<'_> {
    pub(super) fn act_on_deployment(&mut self, id: DeploymentId, what: &DeploymentAction) {
        if let Ok(Some(write)) = self.planned(id, what) {
            self.request(write);
        }
    }

    /// The write that a command comes to, if to any; or what kubectl says against it.
    fn planned(&self, id: DeploymentId, what: &DeploymentAction) -> Result<Option<Write>, String> {
        let Some(live) = self.cluster.deployment(id) else { return Ok(None) };
        Ok(Some(match what {
            DeploymentAction::Scale(replicas) => {
                Write::UpdateScale { deployment: id, replicas: *replicas }
            }
            DeploymentAction::Apply(object) => applied(live, object),
            DeploymentAction::Edit(edit) => edited(live, edit)?,
            DeploymentAction::Pause => rollout::pause(live)?,
            DeploymentAction::Resume => rollout::resume(live)?,
            DeploymentAction::Restart => rollout::restart(live, &self.wall_clock())?,
            DeploymentAction::Undo { to_revision } => {
                match rollout::undo(&self.cluster, live, *to_revision)? {
                    Undo::Write(write) => write,
                    Undo::Skipped { .. } => return Ok(None),
                }
            }
        }))
    }

    fn wall_clock(&self) -> String {
        self.scenario.clock.rfc3339(self.cluster.now)
    }
}

/// `kubectl apply`: what the manifest says wins; `replicas` that it does not say stay.
fn applied(live: &DeploymentObject, object: &Deployment) -> Write {
    let mut spec = object.spec.clone();
    spec.replicas = spec.replicas.or(live.spec.replicas);
    let mut annotations = live.metadata.annotations.clone();
    annotations.extend(object.metadata.annotations.clone());
    update(live, annotations, spec)
}

fn edited(live: &DeploymentObject, edit: &DeploymentEdit) -> Result<Write, String> {
    let mut spec = (*live.spec).clone();
    let mut annotations = live.metadata.annotations.clone();
    let template = &mut spec.template;
    match edit {
        DeploymentEdit::Image { container, image } => {
            set::image(&mut template.spec, container, image)?;
        }
        DeploymentEdit::Env { container, variables } => {
            set::env(&mut template.spec, container.as_deref(), variables)?;
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
    Ok(update(live, annotations, spec))
}

fn update(live: &DeploymentObject, annotations: StringMap, spec: DeploymentSpec) -> Write {
    Write::UpdateDeployment {
        deployment: live.id,
        annotations: Arc::new(annotations),
        spec: Arc::new(spec),
    }
}
