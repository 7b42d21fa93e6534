//! When cAdvisor reads containers (google/cadvisor manager/container.go), as far as a scrape takes
//! what it read. Left out: the jitter of its interval.

use std::collections::{BTreeMap, BTreeSet};

use crate::engine::random::RandomStream;
use crate::kube::apiserver::Cluster;
use crate::kube::kubelet::application::{Application, ContainerRun, ContainerSample};
use crate::kube::kubelet::{Kubelet, RunningContainer};
use crate::kube::objects::ids::NodeId;
use crate::kube::objects::node::NodeObject;
use crate::units::{SimDuration, SimTime};

/// From one reading to the next (`--housekeeping-interval` of the kubelet's cAdvisor).
const INTERVAL: SimDuration = SimDuration::from_secs(10);
/// The same at most, for a container that does nothing.
const INTERVAL_MAX: SimDuration = SimDuration::from_secs(15);

/// When readings and scrapes are due.
#[derive(Clone, Debug)]
pub(super) struct Schedule {
    seed: u64,
    scrape_at: SimTime,
    /// Phase of each node by its number \[ms\].
    phases: Vec<i64>,
    /// The nodes that exist by their phases, as of that generation of nodes.
    by_phase: Vec<(i64, NodeId)>,
    generation: Option<u64>,
    /// The last reading of each node before the coming scrape, in order of time; those before
    /// `next` have been made.
    nodes: Vec<(SimTime, NodeId)>,
    next: usize,
    /// Readings by container instead of by node.
    containers: Option<ContainerSchedule>,
}

/// Containers that are read each in its own phase.
#[derive(Clone, Debug, Default)]
struct ContainerSchedule {
    due: BTreeSet<(SimTime, ContainerRun)>,
    readers: BTreeMap<ContainerRun, Reader>,
    changes: u64,
}

#[derive(Clone, Copy, Debug)]
struct Reader {
    container: RunningContainer,
    interval: SimDuration,
    latest: Option<(SimTime, ContainerSample)>,
}

/// A reading that a scrape takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    pub(super) container: RunningContainer,
    pub(super) at: SimTime,
    pub(super) sample: ContainerSample,
}

impl Schedule {
    pub(super) fn new(seed: u64, container_phases: bool) -> Schedule {
        Schedule {
            seed,
            scrape_at: SimTime::MAX,
            phases: Vec::new(),
            by_phase: Vec::new(),
            generation: None,
            nodes: Vec::new(),
            next: 0,
            containers: container_phases.then(ContainerSchedule::default),
        }
    }

    /// Sets the coming scrape, and with it the readings of nodes that count for it.
    pub(super) fn plan(&mut self, cluster: &Cluster, scrape_at: SimTime) {
        self.scrape_at = scrape_at;
        self.nodes.clear();
        self.next = 0;
        if self.containers.is_some() {
            return;
        }
        self.notice_nodes(cluster);
        let scrape_phase = scrape_at.0.rem_euclid(INTERVAL.0);
        let earlier = self.by_phase.partition_point(|&(phase, _)| phase <= scrape_phase);
        let (same_interval, one_before) = self.by_phase.split_at(earlier);
        for (nodes, interval) in [(one_before, INTERVAL), (same_interval, SimDuration::ZERO)] {
            let start = scrape_at - SimDuration(scrape_phase) - interval;
            let readings = nodes.iter().map(|&(phase, node)| (start + SimDuration(phase), node));
            self.nodes.extend(readings.filter(|&(at, _)| at >= cluster.now));
        }
    }

    /// Takes in nodes that have come, and lets go of those that have left.
    fn notice_nodes(&mut self, cluster: &Cluster) {
        let generation = Some(cluster.generations().nodes);
        if self.generation == generation {
            return;
        }
        self.generation = generation;
        self.by_phase.clear();
        for node in cluster.nodes() {
            let phase = self.phase(node.id);
            self.by_phase.push((phase, node.id));
        }
        self.by_phase.sort_unstable();
    }

    fn phase(&mut self, node: NodeId) -> i64 {
        while self.phases.len() <= node.index() {
            let number = self.phases.len() as u64;
            let mut stream = RandomStream::numbered(self.seed, "cadvisor/phase", number);
            self.phases.push(stream.below(INTERVAL.0 as u64) as i64);
        }
        self.phases[node.index()]
    }

    /// When something is due next.
    pub(super) fn next_at(&self) -> SimTime {
        let node_at = self.nodes.get(self.next).map_or(SimTime::MAX, |&(at, _)| at);
        let container_at = self
            .containers
            .as_ref()
            .and_then(|containers| containers.due.first())
            .map_or(SimTime::MAX, |&(at, _)| at);
        self.scrape_at.min(node_at).min(container_at)
    }

    /// The next node to be read now, if there is one.
    pub(super) fn pop_node(&mut self, now: SimTime) -> Option<NodeId> {
        let &(at, node) = self.nodes.get(self.next)?;
        (at <= now).then(|| {
            self.next += 1;
            node
        })
    }

    /// The next node to be read, and when, if that is before an instant.
    pub(super) fn peek_node(&self, before: SimTime) -> Option<(SimTime, NodeId)> {
        self.nodes.get(self.next).copied().filter(|&(at, _)| at < before)
    }

    /// That node has been read.
    pub(super) fn skip_node(&mut self) {
        self.next += 1;
    }

    /// Whether a scrape is due now.
    pub(super) fn is_scrape_due(&self, now: SimTime) -> bool {
        self.scrape_at <= now
    }

    /// Reads the containers that are due in phases of their own. A container is noticed at the
    /// first reading after its start.
    pub(super) fn read_containers(
        &mut self,
        kubelet: &Kubelet,
        now: SimTime,
        application: &mut dyn Application,
    ) {
        let Some(containers) = &mut self.containers else { return };
        containers.notice(kubelet, self.seed, now);
        while let Some(&(at, run)) = containers.due.first().filter(|&&(at, _)| at <= now) {
            containers.due.remove(&(at, run));
            containers.read(run, now, application.sample(run, now));
        }
    }

    /// The latest readings of containers in phases of their own, on nodes that answer.
    pub(super) fn latest(&self, cluster: &Cluster) -> impl Iterator<Item = Reading> {
        let readers = self.containers.iter().flat_map(|containers| containers.readers.values());
        let on_good_node = move |reader: &&Reader| {
            let pod = cluster.pod(reader.container.run.pod);
            let node = pod.and_then(|pod| cluster.node(pod.node?));
            node.is_some_and(NodeObject::answers)
        };
        readers.filter(on_good_node).filter_map(|reader| {
            let (at, sample) = reader.latest?;
            Some(Reading { container: reader.container, at, sample })
        })
    }
}

impl ContainerSchedule {
    /// Takes in containers that have started, and lets go of those that have ended.
    fn notice(&mut self, kubelet: &Kubelet, seed: u64, now: SimTime) {
        if self.changes == kubelet.changes() {
            return;
        }
        self.changes = kubelet.changes();
        let mut known = std::mem::take(&mut self.readers);
        for container in kubelet.running() {
            let former = known.remove(&container.run);
            let reader = former.unwrap_or_else(|| {
                self.due.insert((first_reading(seed, container, now), container.run));
                Reader { container: *container, interval: INTERVAL, latest: None }
            });
            self.readers.insert(container.run, reader);
        }
        self.due.retain(|(_, run)| self.readers.contains_key(run));
    }

    /// Keeps a reading; a container that has done nothing since the one before is left alone for
    /// longer.
    fn read(&mut self, run: ContainerRun, now: SimTime, sample: ContainerSample) {
        let reader = self.readers.get_mut(&run).expect("only known containers are due");
        let idle = reader.latest.is_some_and(|(_, former)| former == sample);
        reader.interval =
            if idle { INTERVAL_MAX.min(reader.interval + reader.interval) } else { INTERVAL };
        reader.latest = Some((now, sample));
        self.due.insert((now + reader.interval, run));
    }
}

/// The first reading of a container from now on: its phase is drawn.
fn first_reading(seed: u64, container: &RunningContainer, now: SimTime) -> SimTime {
    let run = container.run;
    let number = u64::from(run.pod.0) << 32
        | u64::from(run.container) << 16
        | u64::from(run.restart & 0xffff);
    let mut stream = RandomStream::numbered(seed, "cadvisor/container phase", number);
    let first = container.started_at + SimDuration(stream.below(INTERVAL.0 as u64) as i64);
    first + SimDuration(((now - first).0.max(0) + INTERVAL.0 - 1) / INTERVAL.0 * INTERVAL.0)
}
