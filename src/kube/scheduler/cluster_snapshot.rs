//! What if: pods tried on nodes that are not there, or not on nodes that are. The filters are the
//! scheduler's own. Mirrors cluster-autoscaler/simulator/clustersnapshot/{clustersnapshot,
//! predicate/predicate_snapshot}.go of kubernetes/autoscaler. Left out: what filters do not need;
//! storage and resource claims.

use std::sync::Arc;

use smallvec::SmallVec;

use super::filter::Filters;
use super::image_locality::ImageStates;
use super::plan::{PlanId, Plans, Verdict, Verdicts};
use super::reason::RejectReason;
use super::requests::CpuAndMemory;
use super::snapshot::{PodEntry, Snapshot};
use crate::api::core::{Amounts, Node};
use crate::kube::apiserver::Cluster;
use crate::kube::objects::ids::{NodeId, PodId};
use crate::kube::objects::pod::Pod;

/// Epochs of forks stand above those of the cluster itself.
const FORK_EPOCHS: u64 = 1 << 40;

/// A picture of nodes and pods from which [`Fork`]s are made.
#[derive(Clone, Debug, Default)]
pub struct ClusterSnapshot {
    base: Snapshot,
    plans: Plans,
    filters: Filters,
    epochs: u64,
}

/// A picture that can be changed, and thrown away.
#[derive(Clone, Debug)]
pub struct Fork {
    snapshot: Snapshot,
}

impl Fork {
    /// What is allocatable on a node, and what its pods request; absent if there is no such node.
    pub fn amounts(&self, node: NodeId) -> Option<(&Amounts, &Amounts)> {
        let info = self.snapshot.get(node)?;
        Some((&info.allocatable, &info.requested))
    }
}

/// What a pod asks of a node; the same for pods of a template with the same labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PodClass(PlanId);

/// Why a pod does not fit a node.
pub type Rejected = SmallVec<[RejectReason; 1]>;

impl ClusterSnapshot {
    /// Takes in what changed in the cluster.
    pub fn update(&mut self, cluster: &Cluster) {
        self.plans.extend(cluster);
        self.base.update(cluster, &mut self.plans, &mut Vec::new());
    }

    /// The cluster as it is, to be changed.
    pub fn fork(&self) -> Fork {
        Fork { snapshot: self.base.clone() }
    }

    /// What a pod asks of a node. A fork that was made before does not know topologies that this
    /// pod brings.
    pub fn class_of(&mut self, cluster: &Cluster, pod: &Pod) -> PodClass {
        PodClass(self.plans.of(cluster, pod, &mut self.base.topologies))
    }

    /// CPU and memory that a pod requests.
    pub fn requests_of(&self, class: PodClass) -> CpuAndMemory {
        let requests = &self.plans.get(class.0).resource.resource;
        CpuAndMemory { milli_cpu: requests.milli_cpu, memory: requests.memory }
    }

    /// Priority of a pod.
    pub fn priority_of(&self, class: PodClass) -> i32 {
        self.plans.get(class.0).priority
    }

    /// Adds a node that runs nothing, and gives it a number.
    pub fn add_node(&mut self, fork: &mut Fork, node: &Arc<Node>) -> NodeId {
        let id = fork.snapshot.add_node(node);
        self.renew(fork);
        id
    }

    /// What was worked out for the nodes of a fork does not hold any more.
    fn renew(&mut self, fork: &mut Fork) {
        self.epochs += 1;
        fork.snapshot.node_epoch = FORK_EPOCHS + self.epochs;
    }

    /// Takes taints of a node away.
    pub fn remove_taints(&mut self, fork: &mut Fork, node: NodeId, keys: &[&str]) {
        if fork.snapshot.remove_taints(node, keys) {
            self.renew(fork);
        }
    }

    /// Takes a node away, with all that runs on it.
    pub fn remove_node(&mut self, fork: &mut Fork, node: NodeId) {
        fork.snapshot.remove_node(node);
        self.renew(fork);
    }

    /// Puts a pod on a node, whether or not it fits.
    pub fn add_pod(&mut self, fork: &mut Fork, class: PodClass, pod: PodId, node: NodeId) {
        let entry = PodEntry { id: pod, plan: class.0, terminating: false };
        fork.snapshot.add_pod(node, self.plans.get(class.0), entry);
    }

    /// Whether a pod fits a node. Mirrors `CheckPredicates`.
    ///
    /// # Errors
    /// Why it does not.
    pub fn check(&mut self, fork: &Fork, class: PodClass, node: NodeId) -> Result<(), Rejected> {
        self.prepare(fork, class);
        let plan = self.plans.get(class.0);
        let info = fork.snapshot.node(node);
        if !plan.named_nodes.has(&info.node.metadata.name) {
            return Err(SmallVec::from_elem(RejectReason::NotNamed, 1));
        }
        match self.filters.filter(plan, &fork.snapshot, info) {
            None => Ok(()),
            Some(rejection) => Err(rejection.reasons),
        }
    }

    /// The first of the nodes that a pod fits, in the scheduler's order. Mirrors
    /// `SchedulePodOnAnyNodeMatching`, which remembers where it stopped the last time.
    pub fn find(
        &mut self,
        fork: &Fork,
        class: PodClass,
        allowed: impl Fn(NodeId) -> bool,
    ) -> Option<NodeId> {
        self.prepare(fork, class);
        let plan = self.plans.get(class.0);
        let snapshot = &fork.snapshot;
        let fits = |id: &NodeId| {
            let info = snapshot.node(*id);
            allowed(*id)
                && plan.named_nodes.has(&info.node.metadata.name)
                && self.filters.filter(plan, snapshot, info).is_none()
        };
        snapshot.order().iter().copied().find(|id| fits(id))
    }

    /// Works out what follows from nodes alone, if that is not known, and looks at all pods.
    fn prepare(&mut self, fork: &Fork, class: PodClass) {
        let snapshot = &fork.snapshot;
        if self.plans.get(class.0).verdicts.epoch != snapshot.node_epoch {
            let (plan, images) = (self.plans.get(class.0), ImageStates::default());
            let mut by_node = Vec::new();
            for info in snapshot.nodes() {
                let node = info.id.index();
                if by_node.len() <= node {
                    by_node.resize(node + 1, Verdict::default());
                }
                by_node[node] = Verdict::new(plan, info, &images);
            }
            let verdicts = Verdicts { epoch: snapshot.node_epoch, by_node };
            self.plans.get_mut(class.0).verdicts = verdicts;
        }
        self.filters.pre_filter(self.plans.get(class.0), &self.plans, snapshot);
    }
}
