//! `apply`: the only function that changes stored objects.

mod nodes;
mod pods;
mod scaling;
mod workloads;

use std::sync::Arc;

use super::change::Change;
use super::cluster::{Cluster, Outcome};
use super::write::{Applied, Refused, Write};
use crate::kube::objects::ids::ObjectId;

impl Cluster {
    /// Carries one write out, or refuses it and changes nothing.
    pub(super) fn apply(&mut self, write: &Write) -> Outcome {
        match write {
            Write::CreateNode(node) => self.create_node(node),
            Write::UpdateNode { node, unschedulable, taints } => {
                self.update_node(*node, *unschedulable, taints)
            }
            Write::NodeReady { node, ready } => self.node_ready(*node, *ready),
            Write::SetMachine { node, machine } => self.set_machine(*node, *machine),
            Write::DeleteNode(node) => self.delete_node(*node),
            Write::CreateDaemonSet { namespace, name } => {
                Ok(self.create_daemon_set(namespace, name))
            }
            Write::SetNamespace(namespace) => Ok(self.set_namespace(namespace)),
            Write::CreateService(service) => Ok(self.create_service(service)),
            Write::UpdateService { service, object } => self.update_service(*service, object),
            Write::SetEndpoints { service, endpoints } => self.set_endpoints(*service, endpoints),
            Write::SetProxied { service, pods } => self.set_proxied(*service, pods),
            Write::CreatePdb(pdb) => Ok(self.create_pdb(pdb)),
            Write::UpdatePdb { pdb, spec } => self.update_pdb(*pdb, spec),
            Write::DeletePdb(pdb) => self.delete_pdb(*pdb),
            Write::PdbStatus { pdb, status } => self.pdb_status(*pdb, status),
            Write::CreateHpa(hpa) => Ok(self.create_hpa(hpa)),
            Write::UpdateHpa { hpa, spec } => self.update_hpa(*hpa, spec),
            Write::DeleteHpa(hpa) => self.delete_hpa(*hpa),
            Write::HpaStatus { hpa, status } => self.hpa_status(*hpa, status),
            _ => self.apply_workload(write),
        }
    }

    fn apply_workload(&mut self, write: &Write) -> Outcome {
        match write {
            Write::CreateDeployment(deployment) => Ok(self.create_deployment(deployment)),
            Write::UpdateDeployment { deployment, annotations, spec } => {
                self.update_deployment(*deployment, annotations, spec)
            }
            Write::UpdateScale { deployment, replicas } => {
                self.update_scale(*deployment, *replicas)
            }
            Write::DeploymentStatus { deployment, status, annotations } => {
                self.deployment_status(*deployment, status, annotations.as_deref())
            }
            Write::DeleteDeployment(deployment) => self.delete_deployment(*deployment),
            Write::CreateReplicaSet(new) => self.create_replica_set(new),
            Write::UpdateReplicaSet { replica_set, replicas, annotations, min_ready_seconds } => {
                self.update_replica_set(*replica_set, *replicas, annotations, *min_ready_seconds)
            }
            Write::ReplicaSetStatus { replica_set, status } => {
                self.replica_set_status(*replica_set, status)
            }
            Write::DeleteReplicaSet(replica_set) => self.delete_replica_set(*replica_set),
            Write::CreatePod(new) => self.create_pod(new),
            Write::BindPod { pod, node } => self.bind_pod(*pod, *node),
            Write::ReleasePod(pod) => self.release_pod(*pod),
            Write::PodUnscheduled { pod, reason } => self.pod_unscheduled(*pod, reason),
            Write::PodStatus { pod, status } => self.pod_status(*pod, status),
            Write::DisruptionTarget { pod, condition } => self.disruption_target(*pod, *condition),
            Write::DeletePod { pod, grace_period_seconds } => {
                self.delete_pod(*pod, *grace_period_seconds)
            }
            Write::RemovePod(pod) => self.remove_pod(*pod),
            Write::RelabelPod { pod, labels } => self.relabel_pod(*pod, labels),
            Write::SetPodOwner { pod, owner } => self.set_pod_owner(*pod, *owner),
            Write::SetPodController { pod, controller } => {
                self.set_pod_controller(*pod, controller)
            }
            Write::SetDeletionCost { pod, cost } => self.set_deletion_cost(*pod, *cost),
            _ => Ok((Change::None, Applied::Done)),
        }
    }
}

fn created(change: Change, object: ObjectId) -> (Change, Applied) {
    (change, Applied::Created(object))
}

fn done(change: Change) -> (Change, Applied) {
    (change, Applied::Done)
}

const UNCHANGED: (Change, Applied) = (Change::None, Applied::Unchanged);

fn not_found(resource: &str, name: impl std::fmt::Display) -> Refused {
    Refused::NotFound(Arc::from(format!("{resource} \"{name}\" not found")))
}

/// Sets a field and tells whether that changed it.
fn set<T: PartialEq>(field: &mut T, value: T) -> bool {
    let changed = *field != value;
    *field = value;
    changed
}
