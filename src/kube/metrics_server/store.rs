//! Mirrors pkg/storage/pod.go of metrics-server (v0.9): two points for each container.
//!
//! Two tables of the same shape: one that answers, and one that the coming scrape fills from it.

mod groups;

pub(super) use self::groups::SharedSum;
use self::groups::Stand;
use super::steady::SteadyNode;
use crate::kube::apiserver::Cluster;
use crate::kube::kubelet::application::ContainerSample;
use crate::kube::kubelet::{Kubelet, RunningContainer};
use crate::kube::objects::ids::{NodeId, PodId};
use crate::units::{Bytes, NanoCpu, SimDuration, SimTime};

/// A container must have run so long before one point is enough.
const FRESH_CONTAINER_MIN_AGE: SimDuration = SimDuration::from_secs(10);

/// What the API tells of a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PodUsage {
    /// How many containers it lists.
    pub containers: u16,
    /// Sum over these [10⁻³ cores], each rounded up.
    pub milli_cpu: i64,
    /// Sum over these.
    pub memory: Bytes,
    /// End of the window of the container that was read first; exact, the wire has whole seconds.
    pub timestamp: SimTime,
    /// That container's window.
    pub window: SimDuration,
}

/// What the API tells of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContainerUsage {
    /// Mean over the window, cut to whole nanocores.
    pub cpu: NanoCpu,
    /// Working set at the end of the window.
    pub memory: Bytes,
    /// End of the window.
    pub timestamp: SimTime,
    /// Its length.
    pub window: SimDuration,
}

/// Number of a scrape, from 1; 0 is none.
pub(super) type Round = u32;

/// The points of all containers, by pod.
#[derive(Clone, Debug)]
pub(super) struct Store {
    resolution: SimDuration,
    /// The scrape that answers.
    round: Round,
    /// By number of the pod.
    slots_of: Vec<PodSlots>,
    /// Pods that have slots.
    pods: Vec<PodId>,
    /// The table that answers, then the one that is being filled.
    tables: [Vec<Slot>; 2],
    /// What belongs to each container of `tables` itself, beside the growth of its group.
    stands: Vec<Stand>,
    /// By number of the node.
    nodes: Vec<SteadyNode>,
    /// Grows whenever groups of a node come together or part.
    regrouped: u64,
    /// Places in the tables that are used again, by number of containers.
    free: Vec<Vec<u32>>,
    /// The kubelets' count of changes when slots were freed last.
    changes: u64,
}

/// Where a pod's containers are in the tables.
#[derive(Clone, Copy, Debug)]
struct PodSlots {
    first: u32,
    /// 0 without slots.
    count: u16,
    /// The group on its node whose readings it shares, or [`ALONE`].
    group: u32,
    node: NodeId,
    /// The scrape at which it got the group.
    joined: Round,
    /// The working sets of its containers, while it has a group \[bytes\].
    memory: i64,
    /// The latest scrapes, even and odd, that dropped the pod because a container had used nothing.
    dropped: [Round; 2],
}

/// A pod without a group.
const ALONE: u32 = u32::MAX;

/// The points of one container.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    /// The scrape that `last` is from.
    round: Round,
    has_prev: bool,
    last: Point,
    prev: Point,
}

#[derive(Clone, Copy, Debug, Default)]
struct Point {
    /// Start of the container.
    start: SimTime,
    at: SimTime,
    /// CPU time since the start \[ns\].
    cpu: i64,
    /// \[bytes\]
    memory: i64,
}

impl Default for PodSlots {
    fn default() -> PodSlots {
        PodSlots {
            first: 0,
            count: 0,
            group: ALONE,
            node: NodeId(0),
            joined: 0,
            memory: 0,
            dropped: [0; 2],
        }
    }
}

impl PodSlots {
    fn places(self) -> std::ops::Range<usize> {
        self.first as usize..self.first as usize + usize::from(self.count)
    }

    fn is_dropped(self, round: Round) -> bool {
        self.dropped[round as usize % 2] == round
    }
}

impl Slot {
    /// Mirrors `resourceUsage`; `None` for a container that has restarted or counts backwards.
    fn usage(&self) -> Option<ContainerUsage> {
        let (last, prev) = (&self.last, &self.prev);
        if last.start < prev.start || last.cpu < prev.cpu {
            return None;
        }
        let window = last.at - prev.at;
        Some(ContainerUsage {
            cpu: mean_cpu(last.cpu - prev.cpu, go_seconds(window)),
            memory: Bytes(last.memory),
            timestamp: last.at,
            window,
        })
    }
}

/// CPU time over a window, cut to whole nanocores.
pub(super) fn mean_cpu(cpu_ns: i64, window_seconds: f64) -> NanoCpu {
    NanoCpu((cpu_ns as f64 / window_seconds) as i64)
}

/// Seconds as Go's `Duration.Seconds` computes them.
pub(super) fn go_seconds(duration: SimDuration) -> f64 {
    (duration.0 / 1000) as f64 + ((duration.0 % 1000) * 1_000_000) as f64 / 1e9
}

impl Store {
    pub(super) fn new(resolution: SimDuration) -> Store {
        Store {
            resolution,
            round: 0,
            slots_of: Vec::new(),
            pods: Vec::new(),
            tables: [Vec::new(), Vec::new()],
            stands: Vec::new(),
            nodes: Vec::new(),
            regrouped: 0,
            free: Vec::new(),
            changes: 0,
        }
    }

    /// Forgets all points.
    pub(super) fn clear(&mut self) {
        // Points of the scrapes so far are neither the one before nor the coming one any more.
        self.round += 2;
    }

    /// Takes in a reading for the coming scrape. Mirrors the decoder and `podStorage.Store`.
    pub(super) fn read(
        &mut self,
        cluster: &Cluster,
        container: &RunningContainer,
        at: SimTime,
        sample: ContainerSample,
    ) {
        let run = container.run;
        let slots = self.slots_of(cluster, run.pod);
        if run.container >= slots.count {
            return;
        }
        let coming = self.round + 1;
        if sample.cpu.0 == 0 || sample.working_set.0 == 0 {
            self.slots_of[run.pod.index()].dropped[coming as usize % 2] = coming;
            return;
        }
        let place = slots.first as usize + usize::from(run.container);
        let last = Point {
            start: container.started_at,
            at,
            cpu: sample.cpu.0,
            memory: sample.working_set.0,
        };
        let stored = self.tables[0][place];
        let known = self.round > 0 && stored.round == self.round && !slots.is_dropped(self.round);
        let prev = self.previous(&last, known.then_some(&stored));
        self.tables[1][place] =
            Slot { round: coming, has_prev: prev.is_some(), last, prev: prev.unwrap_or_default() };
    }

    /// The point that goes with a new one: the container's start if it is fresh, else the stored
    /// one, unless the container restarted since.
    fn previous(&self, new: &Point, stored: Option<&Slot>) -> Option<Point> {
        let age = new.at - new.start;
        if age >= FRESH_CONTAINER_MIN_AGE && age < self.resolution {
            return Some(Point { at: new.start, cpu: 0, ..*new });
        }
        let stored = stored.filter(|stored| new.start < stored.last.at)?;
        if new.at > stored.last.at {
            return Some(stored.last);
        }
        (stored.has_prev && stored.prev.at < new.at).then_some(stored.prev)
    }

    /// Drops what has been read of containers that have ended since.
    pub(super) fn keep_running(&mut self, cluster: &Cluster, kubelet: &Kubelet) {
        let coming = self.round + 1;
        for node in (0..self.nodes.len() as u32).map(NodeId) {
            if self.nodes[node.index()].round == coming {
                self.part(node, coming, 1);
            }
        }
        for &pod in &self.pods {
            let node = cluster.pod(pod).and_then(|pod| pod.node);
            let running = node.map_or(&[][..], |node| kubelet.running_on(node));
            for (container, place) in (0..).zip(self.slots_of[pod.index()].places()) {
                let slot = &mut self.tables[1][place];
                let runs = running.iter().any(|other| {
                    (other.run.pod, other.run.container) == (pod, container)
                        && other.started_at == slot.last.start
                });
                if slot.round == coming && !runs {
                    slot.round = 0;
                }
            }
        }
    }

    /// What has been read replaces what answers.
    pub(super) fn publish(&mut self, cluster: &Cluster, kubelet: &Kubelet) {
        self.tables.swap(0, 1);
        self.round += 1;
        if self.changes != kubelet.changes() {
            self.changes = kubelet.changes();
            self.free_slots(cluster);
        }
    }

    /// Gives back the slots of pods that are gone.
    fn free_slots(&mut self, cluster: &Cluster) {
        let (slots_of, free) = (&mut self.slots_of, &mut self.free);
        self.pods.retain(|&pod| {
            let exists = cluster.pod(pod).is_some();
            if !exists {
                let slots = std::mem::take(&mut slots_of[pod.index()]);
                free[usize::from(slots.count)].push(slots.first);
            }
            exists
        });
    }

    /// The slots of a pod, which gets some when it has none.
    fn slots_of(&mut self, cluster: &Cluster, pod: PodId) -> PodSlots {
        if self.slots_of.len() <= pod.index() {
            self.slots_of.resize(pod.index() + 1, PodSlots::default());
        }
        let slots = self.slots_of[pod.index()];
        if slots.count > 0 {
            return slots;
        }
        let Some(object) = cluster.pod(pod) else { return slots };
        let spec = &cluster.template(object.template).spec.spec;
        let count = spec.init_containers.len() + spec.containers.len();
        let first = self.take_places(count);
        let slots = PodSlots { first, count: count as u16, ..PodSlots::default() };
        self.slots_of[pod.index()] = slots;
        self.pods.push(pod);
        slots
    }

    /// So many empty places in a row, in both tables.
    fn take_places(&mut self, count: usize) -> u32 {
        if self.free.len() <= count {
            self.free.resize(count + 1, Vec::new());
        }
        let first = self.free[count].pop().unwrap_or(self.tables[0].len() as u32);
        let end = first as usize + count;
        for table in &mut self.tables {
            table.resize(table.len().max(end), Slot::default());
            table[first as usize..end].fill(Slot::default());
        }
        self.stands.resize(self.stands.len().max(end), Stand::default());
        self.stands[first as usize..end].fill(Stand::default());
        first
    }
}

impl PodUsage {
    fn add(&mut self, container: ContainerUsage) {
        self.containers += 1;
        self.milli_cpu += milli(container.cpu);
        self.memory.0 += container.memory.0;
        if container.timestamp < self.timestamp {
            self.timestamp = container.timestamp;
            self.window = container.window;
        }
    }
}

/// Millicores, rounded up as `Quantity.MilliValue` rounds.
pub(super) fn milli(cpu: NanoCpu) -> i64 {
    cpu.0 / 1_000_000 + i64::from(cpu.0 % 1_000_000 > 0)
}
