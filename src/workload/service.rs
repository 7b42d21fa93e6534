//! What the load model is told about services and their pods; checked, nothing optional left that
//! has a default.
//!
//! Rates are requests/s, CPU is cores or CPU time, memory is bytes, spans are [`SimDuration`]s. For
//! traffic given as CPU work, a "request" is one core-second.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::units::{Bytes, MilliCpu, NanoCpu, SimDuration};
use crate::workload::traffic::Load;

/// All that a [`crate::workload::WorkloadModel`] needs beside nodes and pods, which come and go.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelConfig {
    /// Seed of the streams that draw the pods' weights.
    pub seed: u64,
    /// Targets of traffic; the others name them by their place here.
    pub services: Vec<ServiceConfig>,
    /// What pods of each workload make of requests; pods name them by their place here.
    pub profiles: Vec<Profile>,
}

/// One target of traffic.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceConfig {
    /// Who is asked, and for what.
    pub kind: ServiceKind,
    /// Its own traffic \[requests/s\], or \[cores\] for [`ServiceKind::Cpu`].
    pub own: Option<Arc<Load>>,
    /// Traffic made by requests that other services serve.
    pub from: Vec<Upstream>,
    /// What clients do when a request fails.
    pub retry: Retry,
    /// Requests that took longer count as late.
    pub objective: Option<SimDuration>,
}

/// Who is asked, and for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceKind {
    /// Requests, sent to the endpoints in proportion to their weights.
    Requests,
    /// Messages in one shared backlog, taken by every running pod that consumes it. Nothing is
    /// lost: what a killed pod had in hand goes back to the backlog.
    Queue,
    /// CPU work instead of requests, in equal shares to the endpoints.
    Cpu {
        /// Whether work beyond the limits is kept for later, in one backlog; else it is lost.
        backlog: bool,
    },
}

/// Requests of one service that cause requests of another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Upstream {
    /// Place of the causing service in [`ModelConfig::services`]; smaller chains only, no cycles.
    pub service: u32,
    /// Requests caused by each one that is served there.
    pub ratio: f64,
}

/// What clients do when a request fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retry {
    /// Tries after the first, 0 to 10.
    pub attempts: u8,
    /// Wait before the first retry; doubles with each. At least 10 ms.
    pub backoff: SimDuration,
}

/// What the pods of one workload make of requests.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// Name of the container that serves.
    pub container: String,
    /// Its behaviour for any image that is not in `images`.
    pub behavior: Behavior,
    /// Its behaviour by image, as written in the pod's spec.
    pub images: BTreeMap<String, Behavior>,
    /// Other containers by name; one that is not here is [`Sidecar::default`].
    pub sidecars: BTreeMap<String, Sidecar>,
    /// Coefficient of variation of the pods' shares of the load; 0 shares it evenly.
    pub imbalance: f64,
    /// Whether requests accepted before SIGTERM are finished; else they fail at SIGTERM.
    pub drains: bool,
}

/// What the serving container does, with one image.
#[derive(Clone, Debug, PartialEq)]
pub struct Behavior {
    /// CPU time that one request takes \[ns\].
    pub cpu_per_request: NanoCpu,
    /// Time of a request off the CPU.
    pub latency: SimDuration,
    /// How long clients wait.
    pub timeout: SimDuration,
    /// What becomes of requests whose clients are gone.
    pub on_timeout: OnTimeout,
    /// Requests that may wait in a pod; `None` for as many as the time-out allows.
    pub max_queue: Option<u32>,
    /// Requests that a pod works on at once; `None` for any number.
    pub concurrency: Option<u32>,
    /// Cores that one request can use at once.
    pub cores_per_request: f64,
    /// Squared coefficient of variation of the service time: 1 exponential, 0 constant.
    pub service_variation: f64,
    /// CPU used without any request \[cores\].
    pub idle: MilliCpu,
    /// Work of starting.
    pub startup: Startup,
    /// Slowness just after the pod became ready.
    pub warmup: Warmup,
    /// Memory of the container.
    pub memory: Memory,
    /// From SIGTERM to its end, when no request keeps it longer.
    pub shutdown: SimDuration,
    /// What is wrong with it.
    pub faults: Faults,
}

/// What is wrong with an image.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Faults {
    /// Share of requests that fail at once, without any work.
    pub failing: f64,
    /// When the process ends by itself, and how.
    pub crash: Option<Crash>,
    /// Whether it says for ever that it is not ready.
    pub never_ready: bool,
}

/// A process that ends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crash {
    /// How long after the container's start.
    pub after: SimDuration,
    /// With which exit code.
    pub exit_code: i32,
}

/// What becomes of requests whose clients are gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnTimeout {
    /// They are dropped and cost no CPU.
    #[default]
    Drop,
    /// They are worked on all the same; [`Behavior::max_queue`] alone bounds the backlog.
    Work,
}

/// Work of starting: `time * cpu` of CPU time, done at up to `cpu` cores.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Startup {
    /// How long it takes when the CPU is there.
    pub time: SimDuration,
    /// Cores that it can use; with 0 it takes `time`, whatever else happens.
    pub cpu: MilliCpu,
}

/// Slowness just after a pod became ready: the CPU time of a request is multiplied by a factor that
/// falls to 1, in steps of a second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Warmup {
    /// The factor at first; 1 for none.
    pub factor: f64,
    /// Until it is 1.
    pub time: SimDuration,
}

/// Memory of the serving container: `base + per_request * requests inside + growth * uptime`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Memory {
    /// Without any request.
    pub base: Bytes,
    /// For each request in flight or waiting.
    pub per_request: Bytes,
    /// A leak \[bytes/s\].
    pub growth: f64,
    /// Share of the high-water mark that is kept: 0 gives back at once, 1 keeps it.
    pub retain: f64,
    /// Time in which half of what is kept is given back; `None` never.
    pub half_life: Option<SimDuration>,
}

/// A container that does not serve itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sidecar {
    /// CPU used without any request \[cores\].
    pub idle: MilliCpu,
    /// CPU time for each request that the pod serves \[ns\].
    pub cpu_per_request: NanoCpu,
    /// Memory, constant.
    pub memory: Bytes,
}

/// Allocatable resources of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeCapacity {
    /// CPU.
    pub cpu: MilliCpu,
    /// Memory.
    pub memory: Bytes,
}

/// A pod as the load model sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct PodLoad {
    /// Place in [`ModelConfig::profiles`]; `None` for a pod that only holds its memory and idles.
    pub profile: Option<u32>,
    /// The queue that it consumes, by its place in [`ModelConfig::services`].
    pub consumes: Option<u32>,
    /// The node it is bound to.
    pub node: NodeKey,
    /// Priority, for eviction under memory pressure.
    pub priority: i32,
    /// Its containers in the order of its spec, restartable init containers first.
    pub containers: Vec<ContainerLoad>,
}

/// A container as the load model sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct ContainerLoad {
    /// Its name; decides whether it serves or is a sidecar.
    pub name: String,
    /// Its image; decides the behaviour.
    pub image: String,
    /// Requests: the weight when CPU is short, and what eviction compares memory with.
    pub requests: Amounts,
    /// Limits.
    pub limits: Amounts,
}

/// CPU and memory, each perhaps not given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amounts {
    /// CPU \[cores\].
    pub cpu: Option<MilliCpu>,
    /// Memory.
    pub memory: Option<Bytes>,
}

/// A pod's number, given by the caller; small, dense, never used twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PodKey(pub u32);

/// A node's number, given by the caller; small, dense, never used twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeKey(pub u32);

impl ServiceConfig {
    /// Requests of its own without retries or objective.
    pub fn requests(own: Arc<Load>) -> ServiceConfig {
        ServiceConfig {
            kind: ServiceKind::Requests,
            own: Some(own),
            from: Vec::new(),
            retry: Retry::default(),
            objective: None,
        }
    }
}

impl Profile {
    /// A profile in which every image behaves alike and nothing else is said.
    pub fn new(container: impl Into<String>, behavior: Behavior) -> Profile {
        Profile {
            container: container.into(),
            behavior,
            images: BTreeMap::new(),
            sidecars: BTreeMap::new(),
            imbalance: 0.0,
            drains: true,
        }
    }

    /// How the serving container behaves with an image.
    pub fn behavior_of(&self, image: &str) -> &Behavior {
        self.images.get(image).unwrap_or(&self.behavior)
    }
}

impl Default for Behavior {
    /// The defaults of the load model: no CPU per request, a time-out of 10 s, 1m idle, 5 s of
    /// start-up without CPU, 32 MiB.
    fn default() -> Behavior {
        Behavior {
            cpu_per_request: NanoCpu(0),
            latency: SimDuration::ZERO,
            timeout: SimDuration::from_secs(10),
            on_timeout: OnTimeout::Drop,
            max_queue: None,
            concurrency: None,
            cores_per_request: 1.0,
            service_variation: 1.0,
            idle: MilliCpu(1),
            startup: Startup { time: SimDuration::from_secs(5), cpu: MilliCpu(0) },
            warmup: Warmup::default(),
            memory: Memory::default(),
            shutdown: SimDuration::ZERO,
            faults: Faults::default(),
        }
    }
}

impl Default for Warmup {
    /// None.
    fn default() -> Warmup {
        Warmup { factor: 1.0, time: SimDuration::ZERO }
    }
}

impl Default for Memory {
    /// 32 MiB, constant.
    fn default() -> Memory {
        Memory {
            base: Bytes(32 << 20),
            per_request: Bytes(0),
            growth: 0.0,
            retain: 0.0,
            half_life: None,
        }
    }
}

impl Default for Sidecar {
    /// 1m idle and 16 MiB.
    fn default() -> Sidecar {
        Sidecar { idle: MilliCpu(1), cpu_per_request: NanoCpu(0), memory: Bytes(16 << 20) }
    }
}
