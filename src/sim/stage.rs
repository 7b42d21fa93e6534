//! The world at time 0.
//!
//! A warm world is not made up: the manifests are applied an hour before the start, with the warm
//! replicas, and the control plane plays without latency until all pods run. Traffic comes five
//! minutes before the start and scrapes one minute before it, so that counters, metric points and
//! queues are what they would be. Nobody is told of any of this.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Simulation;
use super::adapter::Adapter;
use super::bridge::Bridge;
use super::meter::Meter;
use super::outage::Outages;
use crate::api::apps::Deployment;
use crate::engine::random::RandomStream;
use crate::engine::timer::PeriodicTimer;
use crate::kube::apiserver::{Cluster, Write, watch};
use crate::kube::cluster_autoscaler::{ClusterAutoscaler, Task};
use crate::kube::control_plane::{ControlPlane, Rank0, Rank1, Rank2, Rank3, Rank4};
use crate::kube::controllers::deployment::DeploymentController;
use crate::kube::controllers::disruption::DisruptionController;
use crate::kube::controllers::node_lifecycle::NodeLifecycleController;
use crate::kube::controllers::pod_gc::PodGcController;
use crate::kube::controllers::podautoscaler::horizontal::HorizontalController;
use crate::kube::controllers::replica_set::ReplicaSetController;
use crate::kube::controllers::taint_eviction::TaintEvictionController;
use crate::kube::endpoint_slice::EndpointSliceController;
use crate::kube::kube_proxy::KubeProxy;
use crate::kube::kubelet::{Kubelet, KubeletConfig, Waits};
use crate::kube::metrics_server::{MetricsServer, MetricsServerConfig};
use crate::kube::reason::Reason;
use crate::kube::scheduler::Scheduler;
use crate::kube::swarm::Orchestrator;
use crate::kube::timings::Timings;
use crate::recording::Observer;
use crate::scenario::{DeploymentPlan, KubeletKind, MetricsSource, Scenario, World};
use crate::units::{SimDuration, SimTime};

/// How old a warm world is.
const WARM_AGE: SimDuration = SimDuration::from_secs(3600);
/// When traffic reaches a warm world.
const TRAFFIC_FROM: SimTime = SimTime::from_secs(-300);
/// When metrics-server begins to scrape a warm world.
const SCRAPES_FROM: SimTime = SimTime::from_secs(-60);

impl<'a> Simulation<'a> {
    /// A cluster without objects, with all that will work in it.
    pub(super) fn new(scenario: &'a Scenario) -> Simulation<'a> {
        let start = match scenario.world {
            World::Warm => SimTime::ZERO - WARM_AGE,
            World::Cold => SimTime::ZERO,
            World::ColdUntil(start) => start,
        };
        let flags = scenario.cluster.controller_manager;
        let mut cluster = Cluster::default();
        cluster.now = start;
        Simulation {
            scenario,
            cluster,
            control_plane: control_plane(scenario, Bridge::new(scenario, start)),
            hpa: HorizontalController::new(flags),
            hpa_timer: PeriodicTimer::new(flags.sync_period),
            metrics_server: MetricsServer::new(metrics_server_config(scenario)),
            adapter: Adapter::new(scenario),
            drains: BTreeMap::new(),
            evictions: BTreeMap::new(),
            cluster_autoscaler: scenario
                .cluster
                .cluster_autoscaler
                .as_ref()
                .map(|it| ClusterAutoscaler::new(scenario.seed, Arc::clone(it))),
            acting: 0,
            decisions: Vec::new(),
            facts: Vec::new(),
            segments: Vec::new(),
            refusals: Vec::new(),
            meter: Meter::new(scenario),
            outages: Outages::default(),
            ear: None,
        }
    }

    /// Brings the cluster to time 0, and tells the observer how it stands there.
    pub(super) fn set_the_stage<O: Observer>(&mut self, observer: &mut O) {
        match self.scenario.world {
            World::Warm => {
                self.warm_up();
                observer.start(&self.cluster);
            }
            World::Cold | World::ColdUntil(_) => {
                observer.start(&self.cluster);
                self.start_cold(observer);
            }
        }
        self.cluster.script.pod_quota = self.scenario.cluster.pod_quota;
        self.start_cluster_autoscaler();
        for (number, event) in self.scenario.events.iter().enumerate() {
            self.cluster.wakes.wake(watch::USER, number as u32, event.at);
        }
    }

    /// What it sees before time 0 it does not remember.
    fn start_cluster_autoscaler(&mut self) {
        let Some(autoscaler) = &self.cluster_autoscaler else { return };
        let scans = autoscaler.scans();
        self.cluster.scans = Some(scans);
        let first = scans.next(SimTime::ZERO);
        self.cluster.wakes.wake(watch::CLUSTER_AUTOSCALER, Task::Scan as u32, first);
    }

    fn warm_up(&mut self) {
        self.cluster.timings = Timings::instant();
        self.cluster.now = SimTime::ZERO - WARM_AGE;
        for write in self.around().into_iter().chain(self.deployments(DeploymentPlan::warm)) {
            self.create(write);
        }
        self.cache_images();
        self.play_unseen(TRAFFIC_FROM);
        self.application().open_traffic();
        self.start_scrapes(SCRAPES_FROM);
        self.play_unseen(SimTime(-1));
        while let Some((at, event)) = self.application().advance(SimTime::ZERO) {
            self.cluster.now = at;
            self.work_off(event);
            self.control_plane.below.application.observe(&self.cluster);
            self.forget();
        }
        self.cluster.now = SimTime::ZERO;
        self.cluster.timings = self.scenario.cluster.timings;
        for write in self.hpas() {
            self.create(write);
        }
        self.application().close_segments();
        self.forget();
        self.start_hpa_timers();
    }

    /// The manifests are applied one after the other, each when what the one before it caused at
    /// once is done.
    fn start_cold<O: Observer>(&mut self, observer: &mut O) {
        self.cluster.timings = self.scenario.cluster.timings;
        self.cluster.script.pod_quota = self.scenario.cluster.pod_quota;
        self.application().open_traffic();
        let start = self.cluster.now;
        self.start_scrapes(start);
        let around = self.around();
        let deployments = self.deployments(|plan| (*plan.object).clone());
        for write in around.into_iter().chain(self.hpas()).chain(deployments) {
            self.create(write);
            self.tell_of_creation(observer);
            while self.step(start) {
                self.tell(observer);
            }
        }
        for hpa in 0..self.scenario.hpas.len() as u32 {
            self.start_hpa_timer(hpa);
        }
    }

    /// Nodes, Services and budgets, in this order; ids follow the scenario's places.
    fn around(&self) -> Vec<Write> {
        let scenario = self.scenario;
        let nodes = scenario.cluster.nodes.iter().map(|node| Write::CreateNode(Arc::clone(node)));
        let services = scenario.services.iter();
        let services = services.map(|service| Write::CreateService(Arc::clone(service)));
        let pdbs = scenario.pdbs.iter().map(|pdb| Write::CreatePdb(Arc::clone(pdb)));
        nodes.chain(services).chain(pdbs).collect()
    }

    fn deployments(&self, object: impl Fn(&DeploymentPlan) -> Deployment) -> Vec<Write> {
        let plans = self.scenario.deployments.iter();
        plans.map(|plan| Write::CreateDeployment(Arc::new(object(plan)))).collect()
    }

    fn hpas(&self) -> Vec<Write> {
        self.scenario.hpas.iter().map(|hpa| Write::CreateHpa(Arc::clone(hpa))).collect()
    }

    /// In a warm world every node has had pods of every Deployment.
    fn cache_images(&mut self) {
        let kubelet = &mut self.control_plane.below.kubelet;
        for plan in &self.scenario.deployments {
            let spec = &plan.object.spec.template.spec;
            for container in spec.init_containers.iter().chain(&spec.containers) {
                for node in self.cluster.nodes() {
                    kubelet.cache_image(node.id, &container.image);
                }
            }
        }
    }

    fn create(&mut self, write: Write) {
        let created = self.cluster.write(write, Reason::Scenario);
        created.expect("a checked scenario names each object once");
    }

    /// Nothing has happened yet, but what the load model has to know.
    fn tell_of_creation<O: Observer>(&mut self, observer: &mut O) {
        self.control_plane.below.application.observe(&self.cluster);
        self.tell(observer);
    }

    /// Plays up to an instant without an observer.
    fn play_unseen(&mut self, until: SimTime) {
        while self.step(until) {
            self.forget();
        }
        self.cluster.now = until;
    }

    fn forget(&mut self) {
        self.decisions.clear();
        self.cluster.take_journal();
        self.take_segments();
        self.segments.clear();
    }

    /// The first sync of an HPA that was created just now.
    pub(super) fn start_hpa_timer(&mut self, hpa: u32) {
        let known = self.scenario.cluster.hpa_syncs.get(hpa as usize);
        let period = self.scenario.cluster.controller_manager.sync_period;
        let first = known.and_then(|syncs| syncs.first().copied());
        self.hpa_timer.start(hpa, first.unwrap_or(self.cluster.now + period));
    }

    /// In a real cluster nobody knows when within its period an HPA syncs: the seed decides.
    fn start_hpa_timers(&mut self) {
        let period = self.scenario.cluster.controller_manager.sync_period;
        let mut phases = RandomStream::new(self.scenario.seed, "hpa/phases");
        for hpa in 0..self.scenario.hpas.len() as u32 {
            let phase = phases.below(period.0 as u64) as i64;
            self.hpa_timer.start(hpa, SimTime(phase));
        }
    }

    /// The same for metrics-server, if there is one.
    fn start_scrapes(&mut self, from: SimTime) {
        self.adapter.start(from);
        if !matches!(self.scenario.cluster.metrics, MetricsSource::MetricsServer { .. }) {
            return;
        }
        let mut phases = RandomStream::new(self.scenario.seed, "metrics-server/phase");
        let resolution = self.metrics_server.resolution();
        let phase = phases.below(resolution.0 as u64) as i64;
        self.metrics_server.start(&self.cluster, from + SimDuration(phase));
    }
}

fn metrics_server_config(scenario: &Scenario) -> MetricsServerConfig {
    let (resolution, container_phases) = match scenario.cluster.metrics {
        MetricsSource::MetricsServer { resolution, container_phases } => {
            (resolution, container_phases)
        }
        MetricsSource::Instant | MetricsSource::Metered(_) => (SimDuration::from_secs(15), false),
    };
    MetricsServerConfig { seed: scenario.seed, resolution, container_phases }
}

/// All controllers, stacked by rank.
fn control_plane(scenario: &Scenario, application: Bridge) -> ControlPlane<Bridge> {
    let (seed, timings) = (scenario.seed, &scenario.cluster.timings);
    let kubelet = match &scenario.cluster.kubelet {
        KubeletKind::Modelled { image_pull } => {
            let config = KubeletConfig { image_pull: *image_pull, waits: Waits::Drawn { seed } };
            Kubelet::new(config)
        }
        KubeletKind::Scripted(script) => Kubelet::scripted(Arc::clone(script)),
        KubeletKind::Staged(reaction) => Kubelet::staged(*reaction),
    };
    let deployment = DeploymentController::new(timings);
    let rank0 = Rank0 { deployment, swarm: Orchestrator::new(seed) };
    let rank1 = Rank1 { below: rank0, replica_set: ReplicaSetController::new(seed, timings) };
    let rank2 = Rank2 {
        below: rank1,
        disruption: DisruptionController::new(),
        node_lifecycle: NodeLifecycleController::new(seed, scenario.cluster.node_lifecycle),
        taint_eviction: TaintEvictionController::new(),
        pod_gc: PodGcController::new(seed),
    };
    let is_scripted = matches!(scenario.cluster.kubelet, KubeletKind::Scripted(_));
    let scheduler = (!is_scripted).then(|| Scheduler::new(seed));
    let rank3 = Rank3 { below: rank2, scheduler };
    let rank4 = Rank4 { below: rank3, kubelet, application };
    ControlPlane {
        below: rank4,
        endpoint_slice: EndpointSliceController::new(),
        kube_proxy: KubeProxy::new(),
    }
}

impl DeploymentPlan {
    /// The Deployment with as many replicas as it has in a warm world.
    fn warm(&self) -> Deployment {
        let mut deployment = (*self.object).clone();
        deployment.spec.replicas = Some(self.warm_replicas);
        deployment
    }
}
