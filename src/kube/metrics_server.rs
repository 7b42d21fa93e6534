//! Mirrors kubernetes-sigs/metrics-server (v0.9) and, for what it scrapes, cAdvisor and
//! pkg/kubelet/metrics/collectors/resource_metrics.go (v1.36).
//!
//! cAdvisor reads a node's containers every 10 s; metrics-server asks all nodes for the latest
//! readings every resolution, keeps two for each container, and answers with the mean between them.
//!
//! ```text
//! node 1   ----s---------s---------s---------s----    s  cAdvisor reads, each node in its own
//! phase node 2   -------s---------s---------s---------s-
//! scrapes  -----------S--------------S-----------S    S  takes the latest reading of each node
//! ```
//!
//! Readings that no scrape takes are not made. [`MetricsServer::next_at`] tells when the next
//! reading or scrape is due, and [`MetricsServer::run`] makes it; the application is only asked for
//! now.
//!
//! Left out: the wait of up to 8 ms per node before each request, time-outs of requests, metrics of
//! nodes, the jitter of cAdvisor's interval.

pub mod client;
mod schedule;
mod steady;
mod store;

use self::schedule::Schedule;
use self::store::{SharedSum, Store};
use crate::kube::apiserver::Cluster;
use crate::kube::controllers::podautoscaler::metrics::Alike;
use crate::kube::kubelet::Kubelet;
use crate::kube::kubelet::application::Application;
use crate::kube::objects::ids::{NodeId, PodId};
use crate::kube::objects::node::NodeObject;
use crate::units::{SimDuration, SimTime};

pub use self::store::{ContainerUsage, PodUsage};

/// Scrapes after a restart until the API answers: then the pods that every cluster has of its own
/// have two points.
const SCRAPES_UNTIL_READY: u32 = 2;

/// What metrics-server is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetricsServerConfig {
    /// Seed of the phases.
    pub seed: u64,
    /// `--metric-resolution`: from one scrape to the next; at least 10 s.
    pub resolution: SimDuration,
    /// Whether each container is read in its own phase, the less often the less it does; else all
    /// containers of a node are read together every 10 s.
    pub container_phases: bool,
}

/// metrics-server, with the cAdvisors of all nodes.
#[derive(Clone, Debug)]
pub struct MetricsServer {
    resolution: SimDuration,
    schedule: Schedule,
    store: Store,
    /// Whether the API answers at all, if it has something to say.
    available: bool,
    /// Scrapes to come until the server is ready.
    scrapes_until_ready: u32,
    /// The kubelets' count of changes when the coming scrape's first reading was made.
    changes: Option<u64>,
}

impl MetricsServer {
    /// A server that does not run yet.
    ///
    /// # Panics
    /// When the resolution is below 10 s, which metrics-server refuses.
    pub fn new(config: MetricsServerConfig) -> MetricsServer {
        assert!(
            config.resolution >= SimDuration::from_secs(10),
            "metric-resolution should be a time duration at least 10s, but value {} provided",
            config.resolution
        );
        MetricsServer {
            resolution: config.resolution,
            schedule: Schedule::new(config.seed, config.container_phases),
            store: Store::new(config.resolution),
            available: true,
            scrapes_until_ready: 0,
            changes: None,
        }
    }

    /// Time from one scrape to the next.
    pub fn resolution(&self) -> SimDuration {
        self.resolution
    }

    /// Begins with the world: the server has run for long, and its next scrape is at `scrape_at`,
    /// now or later.
    pub fn start(&mut self, cluster: &Cluster, scrape_at: SimTime) {
        self.schedule.plan(cluster, scrape_at);
    }

    /// Starts the server again, without memory: it answers after two scrapes, the first of which is
    /// at `scrape_at`, now or later.
    pub fn restart(&mut self, cluster: &Cluster, scrape_at: SimTime) {
        self.store.clear();
        self.changes = None;
        self.scrapes_until_ready = SCRAPES_UNTIL_READY;
        self.schedule.plan(cluster, scrape_at);
    }

    /// Makes the API answer with an error until it is made available again. Scrapes go on.
    pub fn set_available(&mut self, available: bool) {
        self.available = available;
    }

    /// Whether the API answers: not while it is made unavailable, nor just after a restart.
    pub fn is_available(&self) -> bool {
        self.available && self.scrapes_until_ready == 0
    }

    /// When the next reading or scrape is due; [`SimTime::MAX`] before the start.
    pub fn next_at(&self) -> SimTime {
        self.schedule.next_at()
    }

    /// Makes the readings, and the scrape, that are due now.
    pub fn run(&mut self, cluster: &Cluster, kubelet: &Kubelet, application: &mut dyn Application) {
        let now = cluster.now;
        while let Some(node) = self.schedule.pop_node(now) {
            self.read_node(cluster, kubelet, node, application);
        }
        self.schedule.read_containers(kubelet, now, application);
        if self.schedule.is_scrape_due(now) {
            self.scrape(cluster, kubelet);
            self.schedule.plan(cluster, now + self.resolution);
        }
    }

    /// Makes readings that are due before an instant until which nothing will happen, as far as
    /// they can be told now; the others are left to [`MetricsServer::run`].
    pub fn read_ahead(
        &mut self,
        cluster: &Cluster,
        kubelet: &Kubelet,
        application: &mut dyn Application,
        before: SimTime,
    ) {
        let calm = application.calm_until().min(before);
        while let Some((at, node)) = self.schedule.peek_node(calm) {
            if cluster.node(node).is_some_and(NodeObject::answers) {
                if !self.store.read_on(kubelet, node, at, application) {
                    return;
                }
                self.changes.get_or_insert(kubelet.changes());
            }
            self.schedule.skip_node();
        }
    }

    /// Reads all containers of a node, for the coming scrape.
    fn read_node(
        &mut self,
        cluster: &Cluster,
        kubelet: &Kubelet,
        node: NodeId,
        application: &mut dyn Application,
    ) {
        if !cluster.node(node).is_some_and(NodeObject::answers) {
            return;
        }
        self.changes.get_or_insert(kubelet.changes());
        self.store.read_node(cluster, kubelet, node, application);
    }

    /// What has been read replaces what is stored.
    fn scrape(&mut self, cluster: &Cluster, kubelet: &Kubelet) {
        for reading in self.schedule.latest(cluster) {
            self.store.read(cluster, &reading.container, reading.at, reading.sample);
        }
        // Containers that have ended since they were read do not show.
        if self.changes.take().is_some_and(|changes| changes != kubelet.changes()) {
            self.store.keep_running(cluster, kubelet);
        }
        self.store.publish(cluster, kubelet);
        self.scrapes_until_ready = self.scrapes_until_ready.saturating_sub(1);
    }

    /// Usage of a pod as the API answers now; `None` if it does not list the pod.
    pub fn usage(&self, cluster: &Cluster, pod: PodId) -> Option<PodUsage> {
        self.store.usage(cluster, pod)
    }

    /// Usage of Running pods in sum, if all of them are in groups that are read alike.
    fn sum(&self, pods: &[PodId], alike: &mut Alike) -> Option<SharedSum> {
        self.store.sum(pods, alike)
    }

    /// Usage of one container of a pod that is listed, by its place among `initContainers`, then
    /// `containers`; `None` if the answer leaves it out.
    pub fn container_usage(&self, pod: PodId, container: u16) -> Option<ContainerUsage> {
        self.store.container_usage(pod, container)
    }
}
