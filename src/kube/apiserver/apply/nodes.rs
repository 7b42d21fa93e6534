//! Writes of nodes and Services.

use std::sync::Arc;

use super::super::change::Change;
use super::super::cluster::{Cluster, Outcome};
use super::super::write::{Applied, Refused};
use super::{UNCHANGED, created, done, not_found, set};
use crate::api::core::{Node, Service, Taint};
use crate::api::labels::Selector;
use crate::api::meta::{ConditionStatus, LabelSelector, ObjectMeta};
use crate::kube::objects::ids::{NodeId, ObjectId, PodId, ServiceId};
use crate::kube::objects::node::{Machine, NodeObject, allocatable, taint};
use crate::kube::objects::service::{Endpoint, ServiceObject};

impl Cluster {
    pub(super) fn create_node(&mut self, node: &Arc<Node>) -> Outcome {
        let name = &node.metadata.name;
        if self.nodes().any(|other| other.node.metadata.name == *name) {
            let message = format!("nodes \"{name}\" already exists");
            return Err(Refused::AlreadyExists(Arc::from(message)));
        }
        let id = NodeId(self.nodes.len() as u32);
        self.nodes.push(Some(NodeObject {
            id,
            generation: 0,
            created_at: self.now,
            unschedulable: node.spec.unschedulable,
            taints: node.spec.taints.clone(),
            ready: readiness_at_first(node),
            machine: Machine::Running,
            machine_since: self.now,
            allocatable: allocatable(&node.status),
            pods: Vec::new(),
            node: Arc::clone(node),
        }));
        self.touch_node(id);
        Ok(created(Change::Node(id), ObjectId::Node(id)))
    }

    pub(super) fn update_node(
        &mut self,
        id: NodeId,
        unschedulable: bool,
        taints: &Arc<[Taint]>,
    ) -> Outcome {
        let node = self.node_mut(id)?;
        let mut changed = set(&mut node.unschedulable, unschedulable);
        changed |= set(&mut node.taints, taints.to_vec());
        if !changed {
            return Ok(UNCHANGED);
        }
        self.touch_node(id);
        Ok(done(Change::Node(id)))
    }

    pub(super) fn node_ready(&mut self, id: NodeId, ready: ConditionStatus) -> Outcome {
        let changed = set(&mut self.node_mut(id)?.ready, ready);
        Ok(if changed { done(Change::Node(id)) } else { UNCHANGED })
    }

    pub(super) fn set_machine(&mut self, id: NodeId, machine: Machine) -> Outcome {
        let now = self.now;
        let node = self.node_mut(id)?;
        if node.machine.answers() != machine.answers() {
            node.machine_since = now;
        }
        if !set(&mut node.machine, machine) {
            return Ok(UNCHANGED);
        }
        Ok(done(Change::Machine(id)))
    }

    pub(super) fn delete_node(&mut self, id: NodeId) -> Outcome {
        self.node_mut(id)?;
        self.nodes[id.index()] = None;
        self.touch_node(id);
        Ok(done(Change::Node(id)))
    }

    pub(super) fn create_daemon_set(
        &mut self,
        namespace: &Arc<str>,
        name: &Arc<str>,
    ) -> (Change, Applied) {
        let is_new = self.daemon_sets.insert((Arc::clone(namespace), Arc::clone(name)));
        if is_new { done(Change::None) } else { UNCHANGED }
    }

    pub(super) fn set_namespace(&mut self, namespace: &ObjectMeta) -> (Change, Applied) {
        let former = self.namespaces.insert(namespace.name.clone(), namespace.labels.clone());
        if former.as_ref() == Some(&namespace.labels) {
            return UNCHANGED;
        }
        self.generations.namespaces += 1;
        done(Change::None)
    }

    fn node_mut(&mut self, id: NodeId) -> Result<&mut NodeObject, Refused> {
        let node = self.nodes.get_mut(id.index()).and_then(Option::as_mut);
        node.ok_or_else(|| not_found("nodes", id.0))
    }

    pub(super) fn create_service(&mut self, service: &Arc<Service>) -> (Change, Applied) {
        let id = ServiceId(self.services.len() as u32);
        self.services.push(Some(ServiceObject {
            id,
            selector: service_selector(service),
            service: Arc::clone(service),
            endpoints: Vec::new(),
            proxied: Vec::new(),
        }));
        self.generations.services += 1;
        created(Change::Service(id), ObjectId::Service(id))
    }

    pub(super) fn update_service(&mut self, id: ServiceId, object: &Arc<Service>) -> Outcome {
        let service = self.service_mut(id)?;
        if service.service == *object {
            return Ok(UNCHANGED);
        }
        service.selector = service_selector(object);
        service.service = Arc::clone(object);
        self.generations.services += 1;
        Ok(done(Change::Service(id)))
    }

    pub(super) fn set_endpoints(&mut self, id: ServiceId, endpoints: &[Endpoint]) -> Outcome {
        let service = self.service_mut(id)?;
        if service.endpoints == endpoints {
            return Ok(UNCHANGED);
        }
        service.endpoints = endpoints.to_vec();
        Ok(done(Change::Endpoints(id)))
    }

    pub(super) fn set_proxied(&mut self, id: ServiceId, pods: &[PodId]) -> Outcome {
        let service = self.service_mut(id)?;
        if service.proxied == pods {
            return Ok(UNCHANGED);
        }
        service.proxied = pods.to_vec();
        Ok(done(Change::None))
    }

    fn service_mut(&mut self, id: ServiceId) -> Result<&mut ServiceObject, Refused> {
        let service = self.services.get_mut(id.index()).and_then(Option::as_mut);
        service.ok_or_else(|| not_found("services", id.0))
    }
}

/// A node that joins with the taint that admission gives to new ones is not ready yet.
fn readiness_at_first(node: &Node) -> ConditionStatus {
    let mut taints = node.spec.taints.iter();
    let is_new = |one: &Taint| one.key == taint::NOT_READY && one.effect == taint::NO_SCHEDULE;
    (!taints.any(is_new)).into()
}

fn service_selector(service: &Service) -> Option<Arc<Selector>> {
    if service.spec.selector.is_empty() || service.spec.type_.as_deref() == Some("ExternalName") {
        return None;
    }
    let selector = LabelSelector {
        match_labels: service.spec.selector.clone(),
        match_expressions: Vec::new(),
    };
    Some(Arc::new(Selector::from_label_selector(Some(&selector))))
}
