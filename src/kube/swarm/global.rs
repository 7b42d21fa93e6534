//! Mirrors manager/orchestrator/global/global.go of SwarmKit: one task on each node that takes it.
//! Left out: tasks that stay pending on a node without room; here none is made until there is room.

use super::Turn;
use super::reason::{Slot, SwarmReason};
use super::{RETRY, task::Task};
use crate::api::core::Amounts;
use crate::kube::apiserver::{Cluster, Write};
use crate::kube::objects::ids::NodeId;
use crate::kube::objects::node::NodeObject;
use crate::kube::reason::Reason;
use crate::kube::scheduler::node_affinity::RequiredNodeAffinity;
use crate::kube::scheduler::requests::PodResource;

impl Turn<'_, '_> {
    /// Adds tasks on nodes that have none and should, and removes those on nodes that should not.
    pub(super) fn reconcile_global(&mut self) {
        let affinity = RequiredNodeAffinity::of(&self.service.spec.template.spec);
        let nodes: Vec<NodeId> = self
            .api
            .cluster()
            .nodes()
            .filter(|node| node.is_ready() && affinity.matches(&node.node))
            .map(|node| node.id)
            .collect();
        self.ask_for(nodes.len() as u32);
        let misplaced = |task: &Task| !nodes.contains(&NodeId(task.slot.0));
        for place in 0..self.service.tasks.len() {
            if misplaced(&self.service.tasks[place]) {
                self.shut_down(place, SwarmReason::Scale { replicas: nodes.len() as u32 });
            }
        }
        let slots = self.slots();
        let order: Vec<Slot> = slots.keys().copied().collect();
        self.begin_update(&order);
        for node in nodes.iter().filter(|node| !slots.contains_key(&Slot(node.0))) {
            self.add_on(*node, nodes.len() as u32);
        }
    }

    /// The count that the service has is that of its nodes.
    fn ask_for(&mut self, replicas: u32) {
        let replicas = replicas as i32;
        if self.service.spec.replicas == Some(replicas) {
            return;
        }
        let write = Write::UpdateScale { deployment: self.id, replicas };
        let reason = SwarmReason::Scale { replicas: replicas as u32 };
        if self.api.write(write, Reason::Swarm(reason)).is_ok() {
            self.see_own_spec();
        }
    }

    fn add_on(&mut self, node: NodeId, replicas: u32) {
        let wanted = PodResource::of(&self.service.spec.template.spec).resource;
        let object = self.api.cluster().node(node).expect("the node was just listed");
        if object.unschedulable {
            return;
        }
        if !fits(self.api.cluster(), object, &wanted) {
            self.service.retry_at = Some(self.now + RETRY);
            return;
        }
        let Some(place) = self.create_task(Slot(node.0), SwarmReason::Scale { replicas }) else {
            return;
        };
        self.release(place);
    }
}

/// Whether a node has room for another pod.
fn fits(cluster: &Cluster, node: &NodeObject, wanted: &Amounts) -> bool {
    let held =
        node.pods.iter().filter_map(|&pod| cluster.pod(pod)).filter(|pod| !pod.is_terminal());
    let (mut cpu, mut memory, mut pods) = (wanted.milli_cpu, wanted.memory, 1);
    for pod in held {
        let template = &cluster.template(pod.template).spec;
        let holds = PodResource::of(&template.spec).resource;
        cpu += holds.milli_cpu;
        memory += holds.memory;
        pods += 1;
    }
    let has = &node.allocatable;
    cpu <= has.milli_cpu && memory <= has.memory && pods <= has.pods
}
