//! What can be done to a Deployment.

use std::sync::Arc;

use crate::api::apps::{Deployment, DeploymentStrategy};
use crate::api::core::{EnvVar, ResourceRequirements};
use crate::api::meta::StringMap;

/// What somebody does to a Deployment. What kubectl would refuse then stays undone.
#[derive(Clone, Debug, PartialEq)]
pub enum DeploymentAction {
    /// `kubectl scale`: the new `spec.replicas`.
    Scale(i32),
    /// `kubectl apply`.
    Apply(Arc<Replacement>),
    /// `kubectl edit` or `kubectl patch`.
    Patch {
        /// What comes of it.
        to: Arc<Replacement>,
        /// What is done, in a few words.
        title: Arc<str>,
    },
    /// `kubectl set`, `kubectl annotate` or `kubectl patch` of one field.
    Edit(DeploymentEdit),
    /// The same of several fields at once.
    Edits(Vec<DeploymentEdit>),
    /// `kubectl rollout pause`.
    Pause,
    /// `kubectl rollout resume`.
    Resume,
    /// `kubectl rollout restart`.
    Restart,
    /// `kubectl rollout undo`.
    Undo {
        /// `--to-revision`; 0 is the one before the newest.
        to_revision: i64,
    },
}

/// A Deployment as its manifest has it from now on.
#[derive(Clone, Debug, PartialEq)]
pub struct Replacement {
    /// Merged with what others wrote, defaulted and valid; absent `replicas` leave the live count
    /// alone.
    pub object: Deployment,
    /// Annotations of the manifest until now: of the live ones these go unless they are said again.
    pub former_annotations: StringMap,
}

/// One field of a Deployment as it is to be from now on.
#[derive(Clone, Debug, PartialEq)]
pub enum DeploymentEdit {
    /// `kubectl set image`.
    Image {
        /// Name of the container.
        container: Arc<str>,
        /// Its new image.
        image: Arc<str>,
    },
    /// `kubectl set env`: variables are added or changed, others stay.
    Env {
        /// Name of the container; all of them if absent.
        container: Option<Arc<str>>,
        /// Variables with their new values.
        variables: Vec<EnvVar>,
        /// Names of variables that go.
        removed: Vec<String>,
    },
    /// `kubectl set resources`: amounts are added or changed, others stay.
    Resources {
        /// Name of the container; all of them if absent.
        container: Option<Arc<str>>,
        /// Requests and limits.
        amounts: Box<ResourceRequirements>,
    },
    /// `kubectl annotate --overwrite`.
    Annotation {
        /// Key.
        name: Arc<str>,
        /// Value.
        value: Arc<str>,
    },
    /// An annotation of the pod template.
    TemplateAnnotation {
        /// Key.
        name: Arc<str>,
        /// Value.
        value: Arc<str>,
    },
    /// `spec.strategy`, defaulted.
    Strategy(DeploymentStrategy),
    /// `spec.minReadySeconds` \[s\].
    MinReadySeconds(i32),
    /// `spec.progressDeadlineSeconds` \[s\].
    ProgressDeadlineSeconds(i32),
    /// `spec.revisionHistoryLimit`.
    RevisionHistoryLimit(i32),
}

impl DeploymentAction {
    /// What is done, in a few words.
    pub(super) fn title(&self, name: &str) -> String {
        match self {
            DeploymentAction::Scale(replicas) => format!("scale {name} to {replicas}"),
            DeploymentAction::Apply(_) => format!("apply {name}"),
            DeploymentAction::Patch { title, .. } => title.to_string(),
            DeploymentAction::Edit(edit) => edit.title(name),
            DeploymentAction::Edits(edits) => {
                let image = edits.iter().find(|edit| matches!(edit, DeploymentEdit::Image { .. }));
                image.map_or_else(|| format!("patch {name}"), |edit| edit.title(name))
            }
            DeploymentAction::Pause => format!("pause {name}"),
            DeploymentAction::Resume => format!("resume {name}"),
            DeploymentAction::Restart => format!("restart {name}"),
            DeploymentAction::Undo { to_revision: 0 } => format!("undo {name}"),
            DeploymentAction::Undo { to_revision } => {
                format!("undo {name} to revision {to_revision}")
            }
        }
    }
}

impl DeploymentEdit {
    fn title(&self, name: &str) -> String {
        match self {
            DeploymentEdit::Image { image, .. } => format!("set image of {name} to {image}"),
            DeploymentEdit::Env { .. } => format!("set env of {name}"),
            DeploymentEdit::Resources { .. } => format!("set resources of {name}"),
            DeploymentEdit::Annotation { .. } => format!("annotate {name}"),
            DeploymentEdit::TemplateAnnotation { .. } => format!("annotate the pods of {name}"),
            DeploymentEdit::Strategy(_) => format!("set the strategy of {name}"),
            DeploymentEdit::MinReadySeconds(_) => format!("set minReadySeconds of {name}"),
            DeploymentEdit::ProgressDeadlineSeconds(_) => {
                format!("set progressDeadlineSeconds of {name}")
            }
            DeploymentEdit::RevisionHistoryLimit(_) => {
                format!("set revisionHistoryLimit of {name}")
            }
        }
    }
}
