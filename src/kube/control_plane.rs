//! All controllers around one cluster, stacked by rank.
//!
//! ```text
//! rank 0  Deployment controller      (the HPA has rank 0 too; it is driven by its timer)
//!         Swarm's orchestrator
//!      1  ReplicaSet controller
//!      2  disruption, node life cycle and taint eviction controllers, garbage collector of pods
//!      3  scheduler
//!      4  kubelets, with the application that runs in the containers
//!      5  EndpointSlice controller, kube-proxy
//! ```
//!
//! Each rank owns the ranks below it, so that a write of a higher rank can hand the word back to
//! those that it woke before the next write.

use super::apiserver::{Api, Below, Cluster, Nobody, watch};
use super::controllers::deployment::DeploymentController;
use super::controllers::disruption::DisruptionController;
use super::controllers::node_lifecycle::NodeLifecycleController;
use super::controllers::pod_gc::PodGcController;
use super::controllers::replica_set::ReplicaSetController;
use super::controllers::taint_eviction::TaintEvictionController;
use super::endpoint_slice::EndpointSliceController;
use super::kube_proxy::KubeProxy;
use super::kubelet::Kubelet;
use super::kubelet::application::Application;
use super::objects::ids::{DeploymentId, NodeId, PdbId, PodId, ReplicaSetId, ServiceId};
use super::scheduler::Scheduler;
use super::swarm::Orchestrator;
use crate::engine::wakes::Wake;

/// Rank 0.
#[derive(Debug)]
pub struct Rank0 {
    /// Rolls Deployments out.
    pub deployment: DeploymentController,
    /// Keeps services of Swarm.
    pub swarm: Orchestrator,
}

/// Rank 1.
#[derive(Debug)]
pub struct Rank1 {
    /// What is below.
    pub below: Rank0,
    /// Creates and deletes pods.
    pub replica_set: ReplicaSetController,
}

/// Rank 2.
#[derive(Debug)]
pub struct Rank2 {
    /// What is below.
    pub below: Rank1,
    /// Keeps budgets' status.
    pub disruption: DisruptionController,
    /// Taints nodes that are not ready.
    pub node_lifecycle: NodeLifecycleController,
    /// Takes pods off nodes whose taints they do not stand.
    pub taint_eviction: TaintEvictionController,
    /// Takes pods away that no kubelet will.
    pub pod_gc: PodGcController,
}

/// Rank 3.
#[derive(Debug)]
pub struct Rank3 {
    /// What is below.
    pub below: Rank2,
    /// Binds pods to nodes; absent where a script does that.
    pub scheduler: Option<Scheduler>,
}

/// Rank 4.
#[derive(Debug)]
pub struct Rank4<A> {
    /// What is below.
    pub below: Rank3,
    /// Runs pods.
    pub kubelet: Kubelet,
    /// What runs in their containers.
    pub application: A,
}

/// Rank 5: the whole stack.
#[derive(Debug)]
pub struct ControlPlane<A> {
    /// What is below.
    pub below: Rank4<A>,
    /// Makes endpoints of Services.
    pub endpoint_slice: EndpointSliceController,
    /// Sends traffic to them.
    pub kube_proxy: KubeProxy,
}

impl Below for Rank0 {
    fn run(&mut self, cluster: &mut Cluster, wake: Wake) {
        let mut nobody = Nobody;
        let mut api = Api::new(cluster, 0, &mut nobody);
        match wake.component {
            watch::DEPLOYMENT => {
                self.deployment.reconcile(&mut api, DeploymentId(wake.key), wake.again);
            }
            watch::SWARM => self.swarm.reconcile(&mut api, DeploymentId(wake.key)),
            other => unreachable!("{other:?} is not of rank 0"),
        }
    }
}

impl Below for Rank1 {
    fn run(&mut self, cluster: &mut Cluster, wake: Wake) {
        if wake.component != watch::REPLICA_SET {
            return self.below.run(cluster, wake);
        }
        let mut api = Api::new(cluster, 1, &mut self.below);
        self.replica_set.reconcile(&mut api, ReplicaSetId(wake.key));
    }
}

impl Below for Rank2 {
    fn run(&mut self, cluster: &mut Cluster, wake: Wake) {
        if wake.component.rank != watch::DISRUPTION.rank {
            return self.below.run(cluster, wake);
        }
        let mut api = Api::new(cluster, 2, &mut self.below);
        match wake.component {
            watch::DISRUPTION => {
                self.disruption.reconcile(&mut api, PdbId(wake.key), wake.again);
            }
            watch::DISRUPTION_RECHECK => self.disruption.recheck(&mut api, PdbId(wake.key)),
            watch::STALE_POD_DISRUPTION => {
                self.disruption.sync_stale_pod_disruption(&mut api, PodId(wake.key));
            }
            watch::NODE_MONITOR => self.node_lifecycle.monitor_node_health(&mut api),
            watch::NODE_TAINTER => self.node_lifecycle.do_no_execute_tainting_pass(&mut api),
            watch::NODE_LIFECYCLE => {
                self.node_lifecycle.do_no_schedule_tainting_pass(&mut api, NodeId(wake.key));
            }
            watch::TAINT_EVICTION => {
                self.taint_eviction.handle_node_update(&mut api, NodeId(wake.key));
            }
            watch::POD_GC => self.pod_gc.gc(&mut api),
            watch::TAINT_EVICTION_POD => self.taint_eviction.fire(&mut api, PodId(wake.key)),
            other => unreachable!("{other:?} is not of rank 2"),
        }
    }
}

impl Below for Rank3 {
    fn run(&mut self, cluster: &mut Cluster, wake: Wake) {
        if wake.component != watch::SCHEDULER {
            return self.below.run(cluster, wake);
        }
        if let Some(scheduler) = &mut self.scheduler {
            scheduler.reconcile(&mut Api::new(cluster, 3, &mut self.below));
        }
    }
}

impl<A: Application> Below for Rank4<A> {
    fn run(&mut self, cluster: &mut Cluster, wake: Wake) {
        if wake.component.rank != watch::KUBELET.rank {
            return self.below.run(cluster, wake);
        }
        let mut api = Api::new(cluster, 4, &mut self.below);
        if wake.component == watch::KUBELET_NODE {
            let node = NodeId(wake.key);
            self.kubelet.reconcile_node(&mut api, node, &mut self.application);
        } else {
            self.kubelet.reconcile(&mut api, PodId(wake.key), &mut self.application);
        }
    }
}

impl<A: Application> Below for ControlPlane<A> {
    fn run(&mut self, cluster: &mut Cluster, wake: Wake) {
        let service = ServiceId(wake.key);
        if wake.component == watch::ENDPOINTS {
            let mut api = Api::new(cluster, 5, &mut self.below);
            self.endpoint_slice.reconcile(&mut api, service);
        } else if wake.component == watch::KUBE_PROXY {
            let mut api = Api::new(cluster, 5, &mut self.below);
            self.kube_proxy.reconcile(&mut api, service);
        } else {
            self.below.run(cluster, wake);
        }
    }
}
