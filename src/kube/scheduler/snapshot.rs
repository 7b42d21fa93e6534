//! The scheduler's own picture of the nodes and of what runs there.
//! Mirrors `NodeInfo` of pkg/scheduler/framework/types.go, pkg/scheduler/backend/cache/{cache,
//! snapshot,node_tree}.go and the event handlers of pkg/scheduler/eventhandlers.go (v1.36).
//! Left out: assumed pods, because a binding takes effect at once; pods that change their requests.

use std::sync::Arc;

use super::node_ports::HostPort;
use super::plan::{PlanId, Plans, PodPlan};
use super::requests::CpuAndMemory;
use super::topology::Topologies;
use crate::api::core::{Amounts, Node, Taint};
use crate::kube::apiserver::Cluster;
use crate::kube::objects::ids::{LabelSetId, NodeId, PodId};
use crate::kube::objects::node::{NodeObject, allocatable, zone_key};

/// A node and what is set aside on it.
#[derive(Clone, Debug)]
pub(super) struct NodeInfo {
    pub(super) id: NodeId,
    pub(super) node: Arc<Node>,
    pub(super) unschedulable: bool,
    pub(super) taints: Vec<Taint>,
    pub(super) allocatable: Amounts,
    /// Sum of requests.
    pub(super) requested: Amounts,
    /// Sum of requests with defaults where a container requests nothing.
    pub(super) non_zero_requested: CpuAndMemory,
    /// All pods that hold resources, in order of binding.
    pub(super) pods: Vec<PodEntry>,
    /// How many pods of each label set are not terminating.
    pub(super) groups: Vec<(LabelSetId, i64)>,
    /// How many pods of each plan with terms on other pods.
    pub(super) affine: Vec<(PlanId, i64)>,
    /// Ports that are taken, once for each pod that takes them.
    pub(super) used_ports: Vec<HostPort>,
}

/// A pod on a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PodEntry {
    pub(super) id: PodId,
    pub(super) plan: PlanId,
    pub(super) terminating: bool,
}

/// Something that may make room for a pod that waits.
#[derive(Clone, Debug)]
pub(super) enum ClusterEvent {
    /// A node came.
    NodeAdd(NodeId),
    /// Taints or cordon of a node changed from this.
    NodeUpdate {
        /// Which.
        node: NodeId,
        /// Its taints before.
        taints: Vec<Taint>,
        /// Whether it was cordoned.
        unschedulable: bool,
    },
    /// A node went.
    NodeDelete(Arc<Node>),
    /// A pod of this plan got a node.
    AssignedPodAdd(PlanId),
    /// A pod that had a node is gone, or holds its resources no more.
    AssignedPodDelete(PlanId),
    /// A pod that has a node got other labels: from one plan to the other.
    AssignedPodUpdate(PlanId, PlanId),
}

impl NodeInfo {
    fn new(object: &NodeObject) -> NodeInfo {
        NodeInfo {
            unschedulable: object.unschedulable,
            taints: object.taints.clone(),
            allocatable: object.allocatable.clone(),
            ..NodeInfo::hypothetical(object.id, &object.node)
        }
    }

    /// A node as it is described, that runs nothing.
    fn hypothetical(id: NodeId, node: &Arc<Node>) -> NodeInfo {
        NodeInfo {
            id,
            unschedulable: node.spec.unschedulable,
            taints: node.spec.taints.clone(),
            allocatable: allocatable(&node.status),
            node: Arc::clone(node),
            requested: Amounts::default(),
            non_zero_requested: CpuAndMemory::default(),
            pods: Vec::new(),
            groups: Vec::new(),
            affine: Vec::new(),
            used_ports: Vec::new(),
        }
    }

    /// Mirrors `AddPodInfo`.
    fn add_pod(&mut self, plan: &PodPlan, entry: PodEntry) {
        add_amounts(&mut self.requested, &plan.resource.resource, i64::wrapping_add);
        self.non_zero_requested = self.non_zero_requested.plus(plan.resource.non_zero);
        self.used_ports.extend(plan.ports.iter().cloned());
        if !entry.terminating {
            count(&mut self.groups, plan.labels, 1);
        }
        if plan.has_pod_terms() {
            count(&mut self.affine, entry.plan, 1);
        }
    }

    /// Mirrors `RemovePod`.
    fn remove_pod(&mut self, plan: &PodPlan, entry: PodEntry) {
        add_amounts(&mut self.requested, &plan.resource.resource, i64::wrapping_sub);
        self.non_zero_requested = self.non_zero_requested.minus(plan.resource.non_zero);
        for port in &plan.ports {
            if let Some(place) = self.used_ports.iter().position(|used| used == port) {
                self.used_ports.swap_remove(place);
            }
        }
        if !entry.terminating {
            count(&mut self.groups, plan.labels, -1);
        }
        if plan.has_pod_terms() {
            count(&mut self.affine, entry.plan, -1);
        }
    }
}

/// Adds to the number of a key in a short list, and drops the key at 0.
fn count<K: Copy + PartialEq>(list: &mut Vec<(K, i64)>, key: K, number: i64) {
    match list.iter().position(|&(known, _)| known == key) {
        None => list.push((key, number)),
        Some(place) => {
            list[place].1 += number;
            if list[place].1 == 0 {
                list.remove(place);
            }
        }
    }
}

/// Adds or subtracts; like upstream's sums these wrap around.
fn add_amounts(sum: &mut Amounts, amounts: &Amounts, add: fn(i64, i64) -> i64) {
    sum.milli_cpu = add(sum.milli_cpu, amounts.milli_cpu);
    sum.memory = add(sum.memory, amounts.memory);
    sum.ephemeral_storage = add(sum.ephemeral_storage, amounts.ephemeral_storage);
    for (name, &amount) in &amounts.scalars {
        let sum = sum.scalars.entry(name.clone()).or_default();
        *sum = add(*sum, amount);
    }
}

/// All nodes.
#[derive(Clone, Debug, Default)]
pub(super) struct Snapshot {
    /// The last change of any node that this is about.
    generation: u64,
    /// Grows with each change that may matter to any pod.
    pub(super) epoch: u64,
    /// Grows with each change of labels, taints or cordon, and with each node that comes or goes.
    pub(super) node_epoch: u64,
    infos: Vec<Option<NodeInfo>>,
    /// Nodes in the order in which they are looked at: zones take turns.
    order: Vec<NodeId>,
    /// Domains of the nodes.
    pub(super) topologies: Topologies,
}

impl Snapshot {
    /// Nodes in the order in which they are looked at.
    pub(super) fn order(&self) -> &[NodeId] {
        &self.order
    }

    /// A node of [`Snapshot::order`].
    pub(super) fn node(&self, id: NodeId) -> &NodeInfo {
        self.infos[id.index()].as_ref().expect("a node that is looked at is known")
    }

    /// A node, if it is known.
    pub(super) fn get(&self, id: NodeId) -> Option<&NodeInfo> {
        self.infos.get(id.index())?.as_ref()
    }

    /// All nodes.
    pub(super) fn nodes(&self) -> impl Iterator<Item = &NodeInfo> {
        self.order.iter().map(|&id| self.node(id))
    }

    /// The nodes in the order in which they came.
    pub(super) fn nodes_by_age(&self) -> impl Iterator<Item = &Node> {
        self.infos.iter().flatten().map(|info| &*info.node)
    }

    /// Takes in what changed in the cluster, and tells it. Mirrors `UpdateSnapshot`.
    pub(super) fn update(
        &mut self,
        cluster: &Cluster,
        plans: &mut Plans,
        events: &mut Vec<ClusterEvent>,
    ) {
        let generation = cluster.generations().nodes;
        if self.generation == generation {
            return;
        }
        self.remove_nodes(cluster, events);
        for object in cluster.nodes() {
            if object.generation > self.generation {
                self.update_node(cluster, object, plans, events);
            }
        }
        self.generation = generation;
        self.epoch += 1;
    }

    fn remove_nodes(&mut self, cluster: &Cluster, events: &mut Vec<ClusterEvent>) {
        let gone = |id: &NodeId| cluster.node(*id).is_none();
        if !self.order.iter().any(gone) {
            return;
        }
        for id in self.order.iter().copied().filter(gone) {
            let info = self.infos[id.index()].take().expect("a node in the order is known");
            self.topologies.set_node(id.index(), None);
            events.push(ClusterEvent::NodeDelete(info.node));
        }
        self.sort();
    }

    fn update_node(
        &mut self,
        cluster: &Cluster,
        object: &NodeObject,
        plans: &mut Plans,
        events: &mut Vec<ClusterEvent>,
    ) {
        let index = object.id.index();
        if self.infos.len() <= index {
            self.infos.resize(index + 1, None);
        }
        if self.infos[index].is_none() {
            self.infos[index] = Some(NodeInfo::new(object));
            self.topologies.set_node(index, Some(Arc::clone(&object.node)));
            self.sort();
            events.push(ClusterEvent::NodeAdd(object.id));
        }
        let info = self.infos[index].as_mut().expect("it was just put there");
        if info.update_spec(object, events) {
            self.node_epoch += 1;
        }
        info.update_pods(cluster, object, plans, &mut self.topologies, events);
    }

    /// Adds a node that runs nothing and that no cluster has.
    pub(super) fn add_node(&mut self, node: &Arc<Node>) -> NodeId {
        let id = NodeId(self.infos.len() as u32);
        let info = NodeInfo::hypothetical(id, node);
        self.infos.push(Some(info));
        self.topologies.set_node(id.index(), Some(Arc::clone(node)));
        self.sort();
        id
    }

    /// Takes a node away.
    pub(super) fn remove_node(&mut self, id: NodeId) {
        self.infos[id.index()] = None;
        self.topologies.set_node(id.index(), None);
        self.order.retain(|other| *other != id);
    }

    /// Takes taints of these keys off a node; whether it had any.
    pub(super) fn remove_taints(&mut self, id: NodeId, keys: &[&str]) -> bool {
        let info = self.infos[id.index()].as_mut().expect("a node that is changed is known");
        let before = info.taints.len();
        info.taints.retain(|taint| !keys.contains(&taint.key.as_str()));
        info.taints.len() < before
    }

    /// Puts a pod on a node.
    pub(super) fn add_pod(&mut self, id: NodeId, plan: &PodPlan, entry: PodEntry) {
        let info = self.infos[id.index()].as_mut().expect("a node that is changed is known");
        info.add_pod(plan, entry);
        info.pods.push(entry);
    }

    /// Puts the nodes in order anew. Mirrors `nodeTree.list`.
    fn sort(&mut self) {
        self.node_epoch += 1;
        let mut zones: Vec<(String, Vec<NodeId>)> = Vec::new();
        for info in self.infos.iter().flatten() {
            let zone = zone_key(&info.node);
            match zones.iter_mut().find(|(name, _)| *name == zone) {
                Some((_, nodes)) => nodes.push(info.id),
                None => zones.push((zone, vec![info.id])),
            }
        }
        self.order.clear();
        let longest = zones.iter().map(|(_, nodes)| nodes.len()).max().unwrap_or(0);
        for turn in 0..longest {
            self.order.extend(zones.iter().filter_map(|(_, nodes)| nodes.get(turn)));
        }
    }
}

impl NodeInfo {
    /// Whether taints or cordon changed.
    fn update_spec(&mut self, object: &NodeObject, events: &mut Vec<ClusterEvent>) -> bool {
        if (self.unschedulable, &self.taints) == (object.unschedulable, &object.taints) {
            return false;
        }
        let taints = std::mem::replace(&mut self.taints, object.taints.clone());
        let unschedulable = std::mem::replace(&mut self.unschedulable, object.unschedulable);
        events.push(ClusterEvent::NodeUpdate { node: self.id, taints, unschedulable });
        true
    }

    /// Compares the pods with those that the node had. Both lists are in order of binding, and new
    /// pods stand behind all others.
    fn update_pods(
        &mut self,
        cluster: &Cluster,
        object: &NodeObject,
        plans: &mut Plans,
        topologies: &mut Topologies,
        events: &mut Vec<ClusterEvent>,
    ) {
        let mut former = std::mem::take(&mut self.pods).into_iter();
        let holding = object.pods.iter().filter_map(|&id| cluster.pod(id));
        for pod in holding.filter(|pod| !pod.is_terminal()) {
            let plan = plans.of(cluster, pod, topologies);
            let entry = PodEntry { id: pod.id, plan, terminating: pod.deletion.is_some() };
            let mut known = None;
            for other in former.by_ref() {
                if other.id == entry.id {
                    known = Some(other);
                    break;
                }
                self.remove_pod(plans.get(other.plan), other);
                events.push(ClusterEvent::AssignedPodDelete(other.plan));
            }
            self.update_pod(known, entry, plans, events);
            self.pods.push(entry);
        }
        for other in former {
            self.remove_pod(plans.get(other.plan), other);
            events.push(ClusterEvent::AssignedPodDelete(other.plan));
        }
    }

    fn update_pod(
        &mut self,
        former: Option<PodEntry>,
        entry: PodEntry,
        plans: &Plans,
        events: &mut Vec<ClusterEvent>,
    ) {
        match former {
            None => events.push(ClusterEvent::AssignedPodAdd(entry.plan)),
            Some(former) if former == entry => return,
            Some(former) => {
                self.remove_pod(plans.get(former.plan), former);
                if former.plan != entry.plan {
                    events.push(ClusterEvent::AssignedPodUpdate(former.plan, entry.plan));
                }
            }
        }
        self.add_pod(plans.get(entry.plan), entry);
    }
}
