//! `kubectl rollout`. Mirrors `pkg/polymorphichelpers` of kubectl (v0.36): `rollback.go`,
//! `objectpauser.go`, `objectresumer.go`, `objectrestarter.go`, `rollout_status.go`. Left out:
//! history, dry runs.

use std::sync::Arc;

use crate::api::apps::DeploymentSpec;
use crate::kube::apiserver::{Cluster, Write};
use crate::kube::controllers::deployment::annotations::{of_rollback, revision};
use crate::kube::controllers::deployment::reason::DeploymentConditionReason;
use crate::kube::objects::deployment::{
    DeploymentConditionType, DeploymentObject, ReplicaSetObject,
};

/// Annotation of a template that differs with each restart.
pub const RESTARTED_AT: &str = "kubectl.kubernetes.io/restartedAt";

/// What `kubectl rollout undo` comes to.
#[derive(Clone, Debug, PartialEq)]
pub enum Undo {
    /// The Deployment gets another template.
    Write(Write),
    /// It has that template already.
    Skipped {
        /// The revision that was asked for; 0 is the one before.
        revision: i64,
    },
}

impl Undo {
    /// What kubectl prints behind the Deployment's name.
    pub fn message(&self) -> String {
        match self {
            Undo::Write(_) => "rolled back".to_owned(),
            Undo::Skipped { revision } => {
                format!("skipped rollback (current template already matches revision {revision})")
            }
        }
    }
}

/// `kubectl rollout undo --to-revision`: the template and annotations of a revision; 0 is the one
/// before the newest.
///
/// # Errors
/// kubectl's message, when there is no such revision or the Deployment is paused.
pub fn undo(
    cluster: &Cluster,
    deployment: &DeploymentObject,
    to_revision: i64,
) -> Result<Undo, String> {
    let replica_set = revision_of(cluster, deployment, to_revision)?;
    if deployment.spec.paused {
        return Err("you cannot rollback a paused deployment; resume it first with 'kubectl \
                    rollout resume' and try again"
            .to_owned());
    }
    if replica_set.base_template == deployment.template {
        return Ok(Undo::Skipped { revision: to_revision });
    }
    let template = &cluster.template(replica_set.base_template).spec;
    let spec = DeploymentSpec { template: (**template).clone(), ..(*deployment.spec).clone() };
    let annotations = of_rollback(&deployment.metadata.annotations, &replica_set.annotations);
    Ok(Undo::Write(Write::UpdateDeployment {
        deployment: deployment.id,
        annotations: Arc::new(annotations),
        spec: Arc::new(spec),
    }))
}

fn revision_of<'a>(
    cluster: &'a Cluster,
    deployment: &DeploymentObject,
    wanted: i64,
) -> Result<&'a ReplicaSetObject, String> {
    let owned = deployment.replica_sets.iter().filter_map(|&id| cluster.replica_set(id));
    let mut known: Vec<(i64, &ReplicaSetObject)> = owned
        .filter_map(|replica_set| Some((revision(&replica_set.annotations)?, replica_set)))
        .collect();
    if wanted != 0 {
        let found = known.into_iter().find(|&(revision, _)| revision == wanted);
        return found
            .map(|(_, replica_set)| replica_set)
            .ok_or_else(|| format!("unable to find specified revision {wanted} in history"));
    }
    known.sort_by_key(|&(revision, _)| std::cmp::Reverse(revision));
    known.get(1).map(|&(_, replica_set)| replica_set).ok_or_else(|| {
        format!("no rollout history found for deployment \"{}\"", deployment.metadata.name)
    })
}

/// `kubectl rollout pause`.
///
/// # Errors
/// kubectl's message, when it is paused.
pub fn pause(deployment: &DeploymentObject) -> Result<Write, String> {
    if deployment.spec.paused {
        return Err("is already paused".to_owned());
    }
    Ok(with_spec(deployment, |spec| spec.paused = true))
}

/// `kubectl rollout resume`.
///
/// # Errors
/// kubectl's message, when it is not paused.
pub fn resume(deployment: &DeploymentObject) -> Result<Write, String> {
    if !deployment.spec.paused {
        return Err("is not paused".to_owned());
    }
    Ok(with_spec(deployment, |spec| spec.paused = false))
}

/// `kubectl rollout restart` at a time, in RFC 3339.
///
/// # Errors
/// kubectl's message, when it is paused or was restarted in the same second.
pub fn restart(deployment: &DeploymentObject, at: &str) -> Result<Write, String> {
    if deployment.spec.paused {
        return Err("can't restart paused deployment (run rollout resume first)".to_owned());
    }
    let annotations = &deployment.spec.template.metadata.annotations;
    if annotations.get(RESTARTED_AT).is_some_and(|former| former == at) {
        return Err(
            "failed to create patch: if restart has already been triggered within the past \
                    second, please wait before attempting to trigger another"
                .to_owned(),
        );
    }
    Ok(with_spec(deployment, |spec| {
        let annotations = &mut spec.template.metadata.annotations;
        annotations.insert(RESTARTED_AT.to_owned(), at.to_owned());
    }))
}

fn with_spec(deployment: &DeploymentObject, edit: impl FnOnce(&mut DeploymentSpec)) -> Write {
    let mut spec = (*deployment.spec).clone();
    edit(&mut spec);
    Write::UpdateDeployment {
        deployment: deployment.id,
        annotations: Arc::new(deployment.metadata.annotations.clone()),
        spec: Arc::new(spec),
    }
}

/// How far a rollout is, as `kubectl rollout status` sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RolloutStatus {
    /// The controller has not seen the spec yet.
    NotObserved,
    /// It has not moved for longer than its deadline.
    DeadlineExceeded,
    /// Pods of the new template are missing.
    Updating {
        /// How many there are.
        updated: i32,
        /// How many there will be.
        replicas: i32,
    },
    /// Pods of old templates are there.
    OldReplicas {
        /// How many.
        old: i32,
    },
    /// Pods of the new template are not available yet.
    NotAvailable {
        /// How many are.
        available: i32,
        /// Of how many.
        updated: i32,
    },
    /// It is done.
    Done,
}

impl RolloutStatus {
    /// The status of a Deployment's rollout.
    pub fn new(deployment: &DeploymentObject) -> RolloutStatus {
        let (status, replicas) = (&deployment.status, deployment.replicas());
        let (updated, available) = (status.updated_replicas, status.available_replicas);
        if deployment.generation > status.observed_generation {
            return RolloutStatus::NotObserved;
        }
        let progressing = status.condition(DeploymentConditionType::Progressing);
        if progressing.is_some_and(|condition| {
            matches!(condition.reason, DeploymentConditionReason::ProgressDeadlineExceeded(_))
        }) {
            RolloutStatus::DeadlineExceeded
        } else if updated < replicas {
            RolloutStatus::Updating { updated, replicas }
        } else if status.replicas > updated {
            RolloutStatus::OldReplicas { old: status.replicas - updated }
        } else if available < updated {
            RolloutStatus::NotAvailable { available, updated }
        } else {
            RolloutStatus::Done
        }
    }

    /// What kubectl prints of a Deployment of that name.
    pub fn message(self, name: &str) -> String {
        let waiting = format!("Waiting for deployment \"{name}\" rollout to finish:");
        match self {
            RolloutStatus::NotObserved => {
                "Waiting for deployment spec update to be observed...".to_owned()
            }
            RolloutStatus::DeadlineExceeded => {
                format!("error: deployment \"{name}\" exceeded its progress deadline")
            }
            RolloutStatus::Updating { updated, replicas } => {
                format!("{waiting} {updated} out of {replicas} new replicas have been updated...")
            }
            RolloutStatus::OldReplicas { old } => {
                format!("{waiting} {old} old replicas are pending termination...")
            }
            RolloutStatus::NotAvailable { available, updated } => {
                format!("{waiting} {available} of {updated} updated replicas are available...")
            }
            RolloutStatus::Done => format!("deployment \"{name}\" successfully rolled out"),
        }
    }
}
