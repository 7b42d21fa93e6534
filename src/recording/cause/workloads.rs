//! Deployments and ReplicaSets: who changed the template, who the count, who a size.

use super::Cause;
use super::ledger::Ledger;
use super::walk::Walk;
use crate::kube::apiserver::Write;
use crate::kube::controllers::deployment::reason::{DeploymentReason, ScalingCause};
use crate::kube::controllers::replica_set::reason::ReplicaSetReason;
use crate::kube::objects::deployment::DeploymentObject;
use crate::kube::objects::ids::{DeploymentId, ObjectId, ReplicaSetId, TemplateId};
use crate::kube::reason::Reason;

/// What happened to a Deployment.
#[derive(Clone, Debug)]
pub(super) struct DeploymentTrail {
    has: Traits,
    /// What gave it its template, or let a paused one roll.
    template: Cause,
    /// What gave it its count.
    replicas: Cause,
}

/// What of a Deployment makes its controller write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Traits {
    template: TemplateId,
    replicas: i32,
    paused: bool,
}

impl Traits {
    fn of(deployment: &DeploymentObject) -> Traits {
        Traits {
            template: deployment.template,
            replicas: deployment.replicas(),
            paused: deployment.spec.paused,
        }
    }
}

/// What happened to a ReplicaSet.
#[derive(Clone, Debug)]
pub(super) struct ReplicaSetTrail {
    size: i32,
    pub(super) ledger: Ledger,
}

impl Walk<'_> {
    /// Takes in the workloads that are there at time 0.
    pub(super) fn begin_workloads(&mut self) {
        for deployment in self.cluster.deployments() {
            let trail = DeploymentTrail {
                has: Traits::of(deployment),
                template: Cause::Start,
                replicas: Cause::Start,
            };
            self.deployments.insert(deployment.id, trail);
        }
        for replica_set in self.cluster.replica_sets() {
            let pods = replica_set.pods.iter().filter_map(|&pod| self.cluster.pod(pod));
            let active = pods.filter(|pod| pod.is_active()).count() as i32;
            let ledger = Ledger::new(replica_set.replicas, active, Cause::Start);
            let trail = ReplicaSetTrail { size: replica_set.replicas, ledger };
            self.replica_sets.insert(replica_set.id, trail);
        }
    }

    /// A write of the Deployment controller follows from a new template or from another count.
    pub(super) fn of_deployment(&self, write: &Write, reason: &DeploymentReason) -> Option<Cause> {
        let trail = self.deployments.get(&self.deployment_of(write)?)?;
        match reason {
            DeploymentReason::ScalingReplicaSet { cause, .. } => Some(match cause {
                ScalingCause::NewTooLarge
                | ScalingCause::ActiveOrLatest
                | ScalingCause::Saturated
                | ScalingCause::Proportional { .. } => trail.replicas,
                ScalingCause::MaxSurge { .. }
                | ScalingCause::CleanupUnhealthyReplicas { .. }
                | ScalingCause::MaxUnavailable { .. }
                | ScalingCause::RecreateScaleDown
                | ScalingCause::RecreateScaleUp => trail.template,
            }),
            DeploymentReason::ReplicasAnnotations { .. } => Some(trail.replicas),
            DeploymentReason::NewReplicaSet { .. }
            | DeploymentReason::NewReplicaSetAnnotations { .. }
            | DeploymentReason::HashCollision { .. }
            | DeploymentReason::DeploymentRollback { .. }
            | DeploymentReason::DeploymentRollbackRevisionNotFound { .. }
            | DeploymentReason::DeploymentRollbackTemplateUnchanged { .. }
            | DeploymentReason::ClearRollbackTo
            | DeploymentReason::RevisionHistoryLimit { .. } => Some(trail.template),
            DeploymentReason::Condition(_)
            | DeploymentReason::SetDeploymentRevision
            | DeploymentReason::SyncStatus
            | DeploymentReason::SelectingAll => None,
        }
    }

    fn deployment_of(&self, write: &Write) -> Option<DeploymentId> {
        match write {
            Write::CreateReplicaSet(new) => new.owner,
            Write::UpdateReplicaSet { replica_set, .. } | Write::DeleteReplicaSet(replica_set) => {
                self.cluster.replica_set(*replica_set)?.owner
            }
            Write::UpdateDeployment { deployment, .. }
            | Write::DeploymentStatus { deployment, .. }
            | Write::Event { object: ObjectId::Deployment(deployment), .. } => Some(*deployment),
            _ => None,
        }
    }

    /// A ReplicaSet creates what it misses and deletes what it has too many of.
    pub(super) fn of_replica_set(&self, write: &Write, reason: &ReplicaSetReason) -> Option<Cause> {
        let replica_set = match write {
            Write::CreatePod(new) => new.owner,
            Write::DeletePod { pod, .. } => self.cluster.pod(*pod)?.owner,
            Write::Event { object: ObjectId::ReplicaSet(replica_set), .. } => Some(*replica_set),
            _ => None,
        }?;
        let ledger = &self.replica_sets.get(&replica_set)?.ledger;
        match reason {
            ReplicaSetReason::SuccessfulCreate { .. } | ReplicaSetReason::FailedCreate { .. } => {
                Some(ledger.creates_for())
            }
            ReplicaSetReason::SuccessfulDelete { .. } | ReplicaSetReason::FailedDelete { .. } => {
                Some(ledger.deletes_for())
            }
            ReplicaSetReason::UpdateStatus
            | ReplicaSetReason::AdoptPod
            | ReplicaSetReason::ReleasePod => None,
        }
    }

    /// Docker Swarm keeps a service's tasks as a ReplicaSet its pods.
    pub(super) fn of_swarm(&self, write: &Write) -> Option<Cause> {
        let ledger = |replica_set| Some(&self.replica_sets.get(&replica_set)?.ledger);
        match write {
            Write::CreatePod(new) => Some(ledger(new.owner?)?.creates_for()),
            Write::DeletePod { pod, .. } => {
                Some(ledger(self.cluster.pod(*pod)?.owner?)?.deletes_for())
            }
            Write::CreateReplicaSet(_) | Write::UpdateReplicaSet { .. } => {
                let trail = self.deployments.get(&self.deployment_of(write)?)?;
                let changed = |cause| matches!(cause, Cause::Fact(_)).then_some(cause);
                changed(trail.replicas).or(Some(trail.template))
            }
            _ => None,
        }
    }

    /// Takes in what a write did to a Deployment or a ReplicaSet; the cluster has it already.
    pub(super) fn follow_workload(&mut self, write: &Write) {
        match write {
            Write::CreateDeployment(_) => {
                let last = self.cluster.deployments().next_back().map(|it| it.id);
                if let Some(id) = last {
                    self.follow_deployment(id);
                }
            }
            Write::UpdateDeployment { deployment, .. } | Write::UpdateScale { deployment, .. } => {
                self.follow_deployment(*deployment);
            }
            Write::CreateReplicaSet(_) => {
                let last = self.cluster.replica_sets().next_back().map(|it| it.id);
                if let Some(id) = last {
                    self.follow_size(id);
                }
            }
            Write::UpdateReplicaSet { replica_set, .. } => self.follow_size(*replica_set),
            _ => {}
        }
    }

    fn follow_deployment(&mut self, id: DeploymentId) {
        let Some(deployment) = self.cluster.deployment(id) else { return };
        let (now, has) = (Cause::Fact(self.now), Traits::of(deployment));
        let new = || DeploymentTrail { has, template: now, replicas: now };
        let trail = self.deployments.entry(id).or_insert_with(new);
        if trail.has.template != has.template || (trail.has.paused && !has.paused) {
            trail.template = now;
        }
        if trail.has.replicas != has.replicas {
            trail.replicas = now;
        }
        trail.has = has;
    }

    fn follow_size(&mut self, id: ReplicaSetId) {
        let Some(replica_set) = self.cluster.replica_set(id) else { return };
        let cause = Cause::Fact(self.now);
        let new = || ReplicaSetTrail { size: 0, ledger: Ledger::new(0, 0, cause) };
        let trail = self.replica_sets.entry(id).or_insert_with(new);
        trail.ledger.resize(replica_set.replicas - trail.size, cause);
        trail.size = replica_set.replicas;
    }

    /// Enters that a ReplicaSet has a pod less or more than before a write of that reason.
    pub(super) fn follow_count(
        &mut self,
        reason: &Reason,
        former: Option<ReplicaSetId>,
        now: Option<ReplicaSetId>,
    ) {
        if former == now {
            return;
        }
        let by_itself = matches!(reason, Reason::ReplicaSet(_));
        if let Some(trail) = former.and_then(|id| self.replica_sets.get_mut(&id)) {
            trail.ledger.lose((!by_itself).then_some(Cause::Fact(self.now)));
        }
        if let Some(trail) = now.and_then(|id| self.replica_sets.get_mut(&id)) {
            trail.ledger.gain();
        }
    }
}
