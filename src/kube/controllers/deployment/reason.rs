//! What the Deployment controller says: conditions and events with their numbers.
//! Mirrors the texts of `pkg/controller/deployment` (v1.36); words that upstream has no event or
//! condition for are named after its functions.

use std::fmt;
use std::sync::Arc;

/// Why the controller wrote something, or what an event of its tells.
#[derive(Clone, Debug, PartialEq)]
pub enum DeploymentReason {
    /// The size of a ReplicaSet was changed.
    ScalingReplicaSet {
        /// Name of the ReplicaSet.
        replica_set: Arc<str>,
        /// Its size before.
        from: i32,
        /// Its size from now on.
        to: i32,
        /// What asked for it.
        cause: ScalingCause,
    },
    /// A ReplicaSet was created for a new template.
    NewReplicaSet {
        /// Name of the ReplicaSet.
        replica_set: Arc<str>,
        /// The size that it starts with.
        replicas: i32,
        /// What gave that size.
        cause: ScalingCause,
    },
    /// A ReplicaSet keeps its size, but the Deployment's has changed, and its notes follow.
    ReplicasAnnotations {
        /// Name of the ReplicaSet.
        replica_set: Arc<str>,
    },
    /// Revision, annotations or minReadySeconds of the ReplicaSet of the present template were
    /// brought up to date.
    NewReplicaSetAnnotations {
        /// Name of the ReplicaSet.
        replica_set: Arc<str>,
    },
    /// A condition changed, and the status was written for it.
    Condition(DeploymentConditionReason),
    /// The Deployment's revision follows that of its ReplicaSet.
    SetDeploymentRevision,
    /// Counts of the status changed.
    SyncStatus,
    /// Two templates have the same hash; the next one is made with another count.
    HashCollision {
        /// Collisions so far.
        count: i32,
    },
    /// The selector is empty.
    SelectingAll,
    /// The template went back to an earlier revision.
    DeploymentRollback {
        /// Name of the Deployment.
        deployment: Arc<str>,
        /// That revision.
        revision: i64,
    },
    /// There is no such revision to go back to.
    DeploymentRollbackRevisionNotFound {
        /// Whether the one before the present was asked for.
        last: bool,
    },
    /// That revision has the present template.
    DeploymentRollbackTemplateUnchanged {
        /// Name of the Deployment.
        deployment: Arc<str>,
    },
    /// The rollback was tried; its annotation goes.
    ClearRollbackTo,
    /// More old ReplicaSets than the history keeps.
    RevisionHistoryLimit {
        /// Name of the ReplicaSet that goes.
        replica_set: Arc<str>,
        /// How many the history keeps.
        limit: i32,
    },
}

/// What asked for the size of a ReplicaSet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScalingCause {
    /// The new ReplicaSet grows as far as the surge lets all of them together.
    MaxSurge {
        /// Sizes of all ReplicaSets together, before.
        total: i32,
        /// What they may be: replicas plus surge.
        max_total: i32,
    },
    /// The new ReplicaSet is larger than the Deployment.
    NewTooLarge,
    /// Pods of an old ReplicaSet that are not available go first.
    CleanupUnhealthyReplicas {
        /// How many of its pods are not available.
        unhealthy: i32,
    },
    /// More pods are available than must be.
    MaxUnavailable {
        /// Available pods of all ReplicaSets.
        available: i32,
        /// How many must be.
        min_available: i32,
    },
    /// `Recreate`: the old pods go before new ones come.
    RecreateScaleDown,
    /// `Recreate`: the old pods are gone.
    RecreateScaleUp,
    /// The Deployment was scaled, and this ReplicaSet alone has pods (or is the newest).
    ActiveOrLatest,
    /// The Deployment was scaled, and the new ReplicaSet already has all that is asked for.
    Saturated,
    /// The Deployment was scaled in the middle of a rollout, and all ReplicaSets share the change.
    Proportional {
        /// Sizes of all ReplicaSets together, before.
        total: i32,
        /// What they may be: replicas plus surge, or 0.
        allowed: i32,
    },
}

/// Why a condition of a Deployment has its status.
#[derive(Clone, Debug, PartialEq)]
pub enum DeploymentConditionReason {
    /// Enough pods are available.
    MinimumReplicasAvailable,
    /// Not enough pods are available.
    MinimumReplicasUnavailable,
    /// A rollout begins.
    NewReplicaSetCreated(Arc<str>),
    /// A rollout begins, or goes on, with a ReplicaSet that was there.
    FoundNewReplicaSet(Arc<str>),
    /// The rollout moved.
    ReplicaSetUpdated(Subject),
    /// The rollout is done.
    NewReplicaSetAvailable(Subject),
    /// The rollout has not moved for too long.
    ProgressDeadlineExceeded(Subject),
    /// The ReplicaSet could not be created.
    ReplicaSetCreateError {
        /// Name of the ReplicaSet.
        replica_set: Arc<str>,
        /// The API server's answer.
        error: Arc<str>,
    },
    /// The rollout stands still because the user wants it.
    DeploymentPaused,
    /// The rollout goes on.
    DeploymentResumed,
    /// Pods of a ReplicaSet could not be created or deleted.
    ReplicaFailure {
        /// `FailedCreate` or `FailedDelete`.
        reason: &'static str,
        /// The API server's answer.
        error: Arc<str>,
    },
}

/// Whose progress a condition tells of.
#[derive(Clone, Debug, PartialEq)]
pub enum Subject {
    /// The ReplicaSet of the present template.
    ReplicaSet(Arc<str>),
    /// The Deployment, while it has no such ReplicaSet.
    Deployment(Arc<str>),
}

impl DeploymentReason {
    /// Upstream's CamelCase word.
    pub fn word(&self) -> &'static str {
        match self {
            DeploymentReason::ScalingReplicaSet { .. } => "ScalingReplicaSet",
            DeploymentReason::NewReplicaSet { .. } => "NewReplicaSet",
            DeploymentReason::ReplicasAnnotations { .. } => "ReplicasAnnotations",
            DeploymentReason::NewReplicaSetAnnotations { .. } => "NewReplicaSetAnnotations",
            DeploymentReason::Condition(reason) => reason.word(),
            DeploymentReason::SetDeploymentRevision => "SetDeploymentRevision",
            DeploymentReason::SyncStatus => "SyncStatus",
            DeploymentReason::HashCollision { .. } => "HashCollision",
            DeploymentReason::SelectingAll => "SelectingAll",
            DeploymentReason::DeploymentRollback { .. } => "DeploymentRollback",
            DeploymentReason::DeploymentRollbackRevisionNotFound { .. } => {
                "DeploymentRollbackRevisionNotFound"
            }
            DeploymentReason::DeploymentRollbackTemplateUnchanged { .. } => {
                "DeploymentRollbackTemplateUnchanged"
            }
            DeploymentReason::ClearRollbackTo => "ClearRollbackTo",
            DeploymentReason::RevisionHistoryLimit { .. } => "RevisionHistoryLimit",
        }
    }
}

impl DeploymentConditionReason {
    /// Upstream's CamelCase word.
    pub fn word(&self) -> &'static str {
        match self {
            DeploymentConditionReason::MinimumReplicasAvailable => "MinimumReplicasAvailable",
            DeploymentConditionReason::MinimumReplicasUnavailable => "MinimumReplicasUnavailable",
            DeploymentConditionReason::NewReplicaSetCreated(_) => "NewReplicaSetCreated",
            DeploymentConditionReason::FoundNewReplicaSet(_) => "FoundNewReplicaSet",
            DeploymentConditionReason::ReplicaSetUpdated(_) => "ReplicaSetUpdated",
            DeploymentConditionReason::NewReplicaSetAvailable(_) => "NewReplicaSetAvailable",
            DeploymentConditionReason::ProgressDeadlineExceeded(_) => "ProgressDeadlineExceeded",
            DeploymentConditionReason::ReplicaSetCreateError { .. } => "ReplicaSetCreateError",
            DeploymentConditionReason::DeploymentPaused => "DeploymentPaused",
            DeploymentConditionReason::DeploymentResumed => "DeploymentResumed",
            DeploymentConditionReason::ReplicaFailure { reason, .. } => reason,
        }
    }
}

impl fmt::Display for DeploymentReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DeploymentReason::ScalingReplicaSet { replica_set, from, to, .. } => {
                let way = if from < to { "up" } else { "down" };
                write!(f, "Scaled {way} replica set {replica_set} from {from} to {to}")
            }
            DeploymentReason::NewReplicaSet { replica_set, .. } => {
                write!(f, "Created new replica set \"{replica_set}\"")
            }
            DeploymentReason::ReplicasAnnotations { replica_set } => {
                write!(f, "Noted the Deployment's size on replica set \"{replica_set}\"")
            }
            DeploymentReason::NewReplicaSetAnnotations { replica_set } => {
                write!(f, "Brought replica set \"{replica_set}\" up to date")
            }
            DeploymentReason::Condition(reason) => reason.fmt(f),
            DeploymentReason::SetDeploymentRevision => {
                f.write_str("Its revision follows that of its replica set")
            }
            DeploymentReason::SyncStatus => f.write_str("Counts of its replica sets changed"),
            DeploymentReason::HashCollision { count } => {
                write!(f, "Found a hash collision, the {count}. one")
            }
            DeploymentReason::SelectingAll => f.write_str(
                "This deployment is selecting all pods. A non-empty selector is required.",
            ),
            DeploymentReason::DeploymentRollback { deployment, revision } => {
                write!(f, "Rolled back deployment \"{deployment}\" to revision {revision}")
            }
            DeploymentReason::DeploymentRollbackRevisionNotFound { last: true } => {
                f.write_str("Unable to find last revision.")
            }
            DeploymentReason::DeploymentRollbackRevisionNotFound { last: false } => {
                f.write_str("Unable to find the revision to rollback to.")
            }
            DeploymentReason::DeploymentRollbackTemplateUnchanged { deployment } => write!(
                f,
                "The rollback revision contains the same template as current deployment \
                 \"{deployment}\""
            ),
            DeploymentReason::ClearRollbackTo => f.write_str("The rollback was carried out"),
            DeploymentReason::RevisionHistoryLimit { replica_set, limit } => {
                write!(f, "The history keeps {limit} old replica sets, not \"{replica_set}\"")
            }
        }
    }
}

impl fmt::Display for DeploymentConditionReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DeploymentConditionReason::MinimumReplicasAvailable => {
                f.write_str("Deployment has minimum availability.")
            }
            DeploymentConditionReason::MinimumReplicasUnavailable => {
                f.write_str("Deployment does not have minimum availability.")
            }
            DeploymentConditionReason::NewReplicaSetCreated(replica_set) => {
                write!(f, "Created new replica set \"{replica_set}\"")
            }
            DeploymentConditionReason::FoundNewReplicaSet(replica_set) => {
                write!(f, "Found new replica set \"{replica_set}\"")
            }
            DeploymentConditionReason::ReplicaSetUpdated(subject) => {
                write!(f, "{subject} is progressing.")
            }
            DeploymentConditionReason::NewReplicaSetAvailable(subject) => {
                write!(f, "{subject} has successfully progressed.")
            }
            DeploymentConditionReason::ProgressDeadlineExceeded(subject) => {
                write!(f, "{subject} has timed out progressing.")
            }
            DeploymentConditionReason::ReplicaSetCreateError { replica_set, error } => {
                write!(f, "Failed to create new replica set \"{replica_set}\": {error}")
            }
            DeploymentConditionReason::DeploymentPaused => f.write_str("Deployment is paused"),
            DeploymentConditionReason::DeploymentResumed => f.write_str("Deployment is resumed"),
            DeploymentConditionReason::ReplicaFailure { error, .. } => f.write_str(error),
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::ReplicaSet(name) => write!(f, "ReplicaSet \"{name}\""),
            Subject::Deployment(name) => write!(f, "Deployment \"{name}\""),
        }
    }
}

impl fmt::Display for ScalingCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ScalingCause::MaxSurge { total, max_total } => write!(
                f,
                "all replica sets together have {total} and may have {max_total} by maxSurge"
            ),
            ScalingCause::NewTooLarge => f.write_str("it is larger than the deployment"),
            ScalingCause::CleanupUnhealthyReplicas { unhealthy } => {
                write!(f, "{unhealthy} of its old pods are not available")
            }
            ScalingCause::MaxUnavailable { available, min_available } => write!(
                f,
                "{available} pods are available and {min_available} must be by maxUnavailable"
            ),
            ScalingCause::RecreateScaleDown => {
                f.write_str("strategy Recreate: old pods go before new ones come")
            }
            ScalingCause::RecreateScaleUp => {
                f.write_str("strategy Recreate: the old pods are gone")
            }
            ScalingCause::ActiveOrLatest => {
                f.write_str("the deployment was scaled and no other replica set has pods")
            }
            ScalingCause::Saturated => {
                f.write_str("the new replica set has all that the deployment asks for")
            }
            ScalingCause::Proportional { total, allowed } => write!(
                f,
                "the deployment was scaled in a rollout: {total} become {allowed} in proportion"
            ),
        }
    }
}
