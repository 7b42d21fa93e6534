//! What one pod can do: capacity, service time and bounds from its behaviour and its cores.

use crate::units::{NanoCpu, SimDuration};
use crate::workload::service::{Behavior, OnTimeout, Warmup};

/// Service times are cut here \[s\], so that no cores at all give no infinities.
const LONGEST_SERVICE_S: f64 = 1e9;

/// What one pod can do at the moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Params {
    /// CPU time of one request, warm-up included \[s\].
    pub(super) cpu: f64,
    /// μ \[requests/s\]; infinite when nothing bounds it.
    pub(super) capacity: f64,
    /// S, time of a request on the CPU \[s\].
    pub(super) service_time: f64,
    /// l, time of a request off the CPU \[s\].
    pub(super) off_cpu: f64,
    /// How long clients wait \[s\].
    pub(super) timeout: f64,
    /// The most requests that wait; what goes beyond fails.
    pub(super) queue_bound: f64,
    /// Requests that join a longer queue than this are too late when they are served; -1 for all.
    pub(super) late_bound: f64,
    /// Servers of the queueing formula.
    pub(super) servers: f64,
    /// Squared coefficient of variation of the service time.
    pub(super) variation: f64,
    /// Memory of a request inside \[bytes\].
    pub(super) request_memory: f64,
    /// Where the serving container is killed \[bytes\]; infinite without a limit.
    pub(super) memory_limit: f64,
    /// What the serving container needs without requests and uptime \[bytes\].
    pub(super) memory_base: f64,
    /// Its leak \[bytes/s\].
    pub(super) memory_growth: f64,
    /// Whether some of its memory for requests is kept.
    pub(super) retains: bool,
}

/// Cores that a pod's containers have for requests.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Cores {
    /// B of the serving container.
    pub(super) serving: f64,
    /// The least rate that the sidecars on the way can carry \[requests/s\].
    pub(super) sidecar_capacity: f64,
    /// Time of a request in the sidecars \[s\].
    pub(super) sidecar_time: f64,
}

impl Params {
    /// For requests.
    pub(super) fn requests(behavior: &Behavior, cores: Cores, warm: f64) -> Params {
        let cpu = cpu_seconds(behavior.cpu_per_request) * warm;
        let at_once = behavior.cores_per_request.max(1e-9);
        let service_time = match cpu {
            0.0 => 0.0,
            cpu => (cpu / at_once.min(cores.serving)).min(LONGEST_SERVICE_S),
        };
        let off_cpu = behavior.latency.as_secs_f64() + cores.sidecar_time;
        let inside = off_cpu + service_time;
        let by_cpu = if cpu > 0.0 { cores.serving / cpu } else { f64::INFINITY };
        let by_slots = match behavior.concurrency {
            Some(slots) if inside > 0.0 => f64::from(slots) / inside,
            _ => f64::INFINITY,
        };
        let capacity = by_cpu.min(by_slots).min(cores.sidecar_capacity);
        let timeout = behavior.timeout.as_secs_f64();
        let patience = (timeout - inside).max(0.0);
        let by_time = if patience > 0.0 { capacity * patience } else { 0.0 };
        let by_room = behavior.max_queue.map_or(f64::INFINITY, f64::from);
        let (queue_bound, late_bound) = match behavior.on_timeout {
            OnTimeout::Drop if inside > timeout => (0.0, -1.0),
            OnTimeout::Work if inside > timeout => (by_room, -1.0),
            OnTimeout::Drop => (by_time.min(by_room), f64::INFINITY),
            OnTimeout::Work => (by_room, by_time),
        };
        Params {
            cpu,
            capacity,
            service_time,
            off_cpu,
            timeout,
            queue_bound,
            late_bound,
            servers: (cores.serving / at_once).max(1.0),
            variation: behavior.service_variation,
            request_memory: behavior.memory.per_request.0 as f64,
            memory_limit: f64::INFINITY,
            memory_base: behavior.memory.base.0 as f64,
            memory_growth: behavior.memory.growth,
            retains: behavior.memory.retain > 0.0 && behavior.memory.per_request.0 > 0,
        }
    }

    /// For CPU work: a request is one core-second; nothing waits unless the whole backlog is kept.
    pub(super) fn work(behavior: &Behavior, cores: Cores, keep: bool) -> Params {
        let mut params = Params::requests(behavior, cores, 1.0);
        params.cpu = 1.0;
        params.capacity = cores.serving;
        params.service_time = 0.0;
        params.off_cpu = 0.0;
        params.queue_bound = if keep { f64::INFINITY } else { 0.0 };
        params.late_bound = f64::INFINITY;
        params.request_memory = 0.0;
        params
    }

    /// Time of a request inside without waiting \[s\].
    pub(super) fn inside(&self) -> f64 {
        self.off_cpu + self.service_time
    }
}

/// CPU time \[s\].
pub(super) fn cpu_seconds(cpu: NanoCpu) -> f64 {
    cpu.0 as f64 / 1e9
}

/// The factor on the CPU time of a request `age` after the pod became ready, and how long it holds;
/// `None` once it is 1 for good.
pub(super) fn warm_factor(warmup: Warmup, age: SimDuration) -> Option<(f64, SimDuration)> {
    if age >= warmup.time || warmup.factor == 1.0 {
        return None;
    }
    let step = SimDuration(age.0.div_euclid(1000) * 1000);
    let share = step.0 as f64 / warmup.time.0 as f64;
    let next = (step + SimDuration(1000)).min(warmup.time);
    Some((warmup.factor + (1.0 - warmup.factor) * share, next - age))
}
