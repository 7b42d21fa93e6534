//! The arrays that the model is made of.

use std::cell::Cell;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::units::{Bytes, SimTime};
use crate::workload::segment::{LoadShare, Segment};
use crate::workload::service::{Behavior, PodKey, ServiceConfig, Sidecar};
use crate::workload::traffic::Load;

use super::cohort::Counts;
use super::retry::Calendar;

/// No cohort.
pub(super) const NONE: u32 = u32::MAX;

/// A target of traffic.
#[derive(Clone, Debug)]
pub(super) struct Service {
    pub(super) config: ServiceConfig,
    pub(super) component: u32,
    /// Pods that requests are sent to, in order of their keys.
    pub(super) endpoints: Vec<u32>,
    /// Pods that consume it, if it is a queue.
    pub(super) consumers: Vec<u32>,
    /// Sum of the weights of all endpoints; 1 for a shared backlog.
    pub(super) weight: f64,
    /// Sum of the weights of those that refuse.
    pub(super) refusing: f64,
    /// The cohort of its shared backlog, for queues and kept CPU work.
    pub(super) pool: u32,
    /// ∫ rate / weight dt: requests for each unit of weight, at the component's clock.
    pub(super) volume: f64,
    /// The instant at which the volume was last asked for in quiet \[ms\], and what it was.
    pub(super) passed: Cell<(f64, f64)>,
    /// What the rate is made of while the component is quiet.
    pub(super) shares: SmallVec<[LoadShare; 1]>,
    /// Integral of those shares at the component's clock.
    pub(super) integral: f64,
    /// Arrivals at the start of the piece \[1/s\], first tries and retries.
    pub(super) rate: f64,
    /// Their change \[1/s²\].
    pub(super) slope: f64,
    /// Of them, first tries.
    pub(super) first_rate: f64,
    /// Requests served at the start of the piece \[1/s\], and the change.
    pub(super) outflow: (f64, f64),
    /// Whether nobody waits and nobody retries, so that the rate follows from loads.
    pub(super) follows: bool,
    pub(super) retries: Calendar,
    pub(super) totals: ServiceTotals,
    /// What segments have told of `totals`.
    pub(super) told: ServiceTotals,
    /// The segment that has begun.
    pub(super) open: Option<Segment>,
}

/// Amounts of a service since the start of the model \[requests, or core-seconds for CPU work\].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ServiceTotals {
    /// First tries.
    pub arrived: f64,
    /// Tries, retries included.
    pub offered: f64,
    /// Tries that were served in time.
    pub served: f64,
    /// Tries that failed.
    pub failed: f64,
    /// Requests whose last try failed.
    pub lost: f64,
}

/// Services that are solved together, because requests of one cause requests of another or because
/// they share pods.
#[derive(Clone, Debug)]
pub(super) struct Component {
    /// Causing services before caused ones.
    pub(super) services: Vec<u32>,
    pub(super) cohorts: Vec<u32>,
    /// Instant up to which everything is counted \[ms\].
    pub(super) clock_ms: f64,
    /// When the piece or the quiet window ends \[ms\].
    pub(super) end_ms: f64,
    /// Whether all loads pass through, up to `end_ms`.
    pub(super) quiet: bool,
    /// Whether something has changed since it was planned.
    pub(super) dirty: bool,
}

/// A pod.
#[derive(Clone, Debug)]
pub(super) struct Pod {
    pub(super) present: bool,
    pub(super) node: u32,
    pub(super) priority: i32,
    pub(super) consumes: Option<u32>,
    pub(super) drains: bool,
    /// Share of the load, relative to other pods.
    pub(super) weight: f64,
    pub(super) behavior: Option<Arc<Behavior>>,
    pub(super) containers: SmallVec<[Container; 2]>,
    /// Which container serves.
    pub(super) serving: Option<u32>,
    /// Services that send it requests.
    pub(super) endpoint_of: SmallVec<[u32; 1]>,
    /// Whether it has been sent SIGTERM.
    pub(super) terminating: bool,
    pub(super) ready_since: Option<i64>,
    pub(super) cohort: u32,
    /// Its amounts are these, plus `share` times those of its cohort.
    pub(super) base: Counts,
    pub(super) share: f64,
    /// CPU time of one request, for members of a pool \[s\].
    pub(super) pool_cpu: f64,
    /// Members of a pool: what it can serve \[1/s\].
    pub(super) pool_capacity: f64,
    /// High-water mark of the memory for requests \[bytes\], and when it was looked at \[ms\].
    pub(super) mark: (f64, f64),
    /// When its accepted requests are finished, once that is known \[ms\].
    pub(super) drained_ms: Option<i64>,
}

/// A container of a pod.
#[derive(Clone, Debug)]
pub(super) struct Container {
    pub(super) sidecar: Option<Sidecar>,
    pub(super) idle: f64,
    /// Weight when CPU is short \[cores\].
    pub(super) request: f64,
    /// CPU limit \[cores\], at most the node's capacity.
    pub(super) limit: f64,
    pub(super) memory_request: Bytes,
    pub(super) memory_limit: Option<Bytes>,
    /// Cores it is allowed on a contested node; infinite elsewhere.
    pub(super) granted: f64,
    pub(super) running: Option<Running>,
    /// Found when it is read, forgotten when something about its pod changes.
    pub(super) line: Cell<Option<Line>>,
    /// Counts its starts, so that what was planned for an earlier run is not done.
    pub(super) generation: u32,
}

/// A container's readings while its cohort is quiet: a straight line over the volume of its
/// service.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub(super) growth: Growth,
    /// CPU time beside the growth \[ns\].
    pub(super) base_ns: i64,
    pub(super) memory: Bytes,
}

/// How the CPU time of a container grows while its cohort is quiet: by the volume of its service
/// and by time. The same for all containers that do the same work in one cohort.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Growth {
    /// The cohort.
    pub cohort: u32,
    /// The cohort's epoch; another one means that this holds no more.
    pub epoch: u32,
    /// The service.
    pub service: u32,
    /// CPU time for each unit of volume \[ns\].
    pub cpu_ns_per_volume: f64,
    /// CPU time for each ms of idling \[ns\].
    pub cpu_ns_per_ms: f64,
}

/// A run of a container.
#[derive(Clone, Copy, Debug)]
pub(super) struct Running {
    pub(super) since_ms: i64,
    /// Amounts of the pod at that instant.
    pub(super) counts: Counts,
    pub(super) startup: Starting,
    /// It has been found to exceed its memory.
    pub(super) doomed: bool,
}

/// Work of starting, done and to be done.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Starting {
    /// CPU time spent by `at_ms` \[s\].
    pub(super) spent: f64,
    /// CPU time still to be spent then \[s\].
    pub(super) left: f64,
    pub(super) at_ms: f64,
    /// Cores at work on it since.
    pub(super) rate: f64,
    /// When it will be done \[ms\]; `i64::MAX` once it is.
    pub(super) done_ms: i64,
    /// Whether it is done.
    pub(super) done: bool,
}

/// A node.
#[expect(clippy::struct_excessive_bools, reason = "four facts that do not depend on each other")]
#[derive(Clone, Debug, Default)]
pub(super) struct Node {
    pub(super) present: bool,
    /// Allocatable CPU \[cores\].
    pub(super) cpu: f64,
    /// Allocatable memory \[bytes\].
    pub(super) memory: f64,
    pub(super) pods: Vec<u32>,
    /// When its CPU is to be looked at again \[ms\].
    pub(super) wake_ms: f64,
    /// Whether CPU is being shared out.
    pub(super) contested: bool,
    /// Grows whenever something happens to one of its pods that its readings depend on.
    pub(super) disturbances: u64,
    /// Whether its memory is looked at every 10 s.
    pub(super) watched: bool,
    /// When that is next \[ms\].
    pub(super) look_ms: i64,
    pub(super) dirty: bool,
}

/// Something that happens by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ModelEvent {
    /// The container's work of starting is done.
    Started {
        /// Whose.
        pod: PodKey,
        /// Which container.
        container: u32,
    },
    /// A pod that was sent SIGTERM has finished all requests that it had accepted.
    Drained {
        /// Which.
        pod: PodKey,
    },
    /// A container exceeds its memory limit: the kernel kills it (exit code 137).
    OutOfMemory {
        /// Whose.
        pod: PodKey,
        /// Which container.
        container: u32,
    },
    /// The pods of a node use more memory than is allocatable: the kubelet evicts this one.
    MemoryPressure {
        /// The pod to evict; it names the node.
        pod: PodKey,
    },
}

/// When something happens, and to which run of which container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Timer {
    pub(super) at_ms: i64,
    pub(super) kind: TimerKind,
    /// A pod or a node.
    pub(super) subject: u32,
    pub(super) container: u32,
    pub(super) generation: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum TimerKind {
    Started,
    Drained,
    OutOfMemory,
    /// A look at a node's memory.
    Look,
}

impl Service {
    pub(super) fn new(config: ServiceConfig) -> Service {
        Service {
            retries: Calendar::new(config.retry),
            config,
            component: 0,
            endpoints: Vec::new(),
            consumers: Vec::new(),
            weight: 0.0,
            refusing: 0.0,
            pool: NONE,
            volume: 0.0,
            passed: Cell::new((f64::NAN, 0.0)),
            shares: SmallVec::new(),
            integral: 0.0,
            rate: 0.0,
            slope: 0.0,
            first_rate: 0.0,
            outflow: (0.0, 0.0),
            follows: true,
            totals: ServiceTotals::default(),
            told: ServiceTotals::default(),
            open: None,
        }
    }

    pub(super) fn load(&self) -> Option<&Load> {
        self.config.own.as_deref()
    }

    /// The share of arrivals that nobody accepts.
    pub(super) fn refused(&self) -> f64 {
        if self.weight > 0.0 { self.refusing / self.weight } else { 1.0 }
    }
}

impl Pod {
    /// The serving container, while it runs.
    pub(super) fn serving(&self) -> Option<&Container> {
        self.serving.map(|index| &self.containers[index as usize])
    }

    /// Whether requests that arrive are accepted.
    pub(super) fn accepts(&self) -> bool {
        let on_the_way = |container: &Container| {
            container.sidecar.is_none_or(|sidecar| sidecar.cpu_per_request.0 > 0)
        };
        self.present
            && !self.terminating
            && self.serving.is_some()
            && self.containers.iter().filter(|c| on_the_way(c)).all(|c| c.running.is_some())
    }
}

impl ServiceTotals {
    pub(super) fn minus(self, other: ServiceTotals) -> ServiceTotals {
        ServiceTotals {
            arrived: self.arrived - other.arrived,
            offered: self.offered - other.offered,
            served: self.served - other.served,
            failed: self.failed - other.failed,
            lost: self.lost - other.lost,
        }
    }
}

/// Rounds an instant up to whole ms.
pub(super) fn ceil_ms(at_ms: f64) -> i64 {
    if at_ms >= i64::MAX as f64 { i64::MAX } else { at_ms.ceil() as i64 }
}

/// An instant as the model counts.
pub(super) fn ms(at: SimTime) -> f64 {
    at.0 as f64
}
