//! Memory of containers: what it is, when it reaches a limit, and pressure on nodes.

use std::cmp::Reverse;

use crate::units::SimTime;
use crate::workload::service::PodKey;

use super::WorkloadModel;
use super::cohort::Mode;
use super::roots::first_root;
use super::state::{ModelEvent, NONE, TimerKind, ceil_ms};

/// How often the kubelet looks at a node's memory \[ms\].
const LOOK_MS: i64 = 10_000;
/// Closer than this to its limit a leak is followed piece by piece \[s\].
const NEAR_S: f64 = 1.0;

/// Order of eviction, the first first: whether usage is within the request, priority, excess.
type Rank = (bool, i32, Reverse<i64>);

impl WorkloadModel {
    /// Memory of a container now \[bytes\].
    pub(super) fn memory_of(&self, pod: u32, container: u32) -> f64 {
        let state = &self.pods[pod as usize];
        let one = &state.containers[container as usize];
        let Some(running) = one.running else { return 0.0 };
        if let Some(sidecar) = one.sidecar {
            return sidecar.memory.0 as f64;
        }
        let Some(behavior) = &state.behavior else { return 0.0 };
        let age = (self.now_ms - running.since_ms as f64) / 1000.0;
        let base = behavior.memory.base.0 as f64 + behavior.memory.growth * age;
        if behavior.memory.per_request.0 == 0 {
            return base;
        }
        let used = self.request_memory(pod);
        let kept = behavior.memory.retain * (self.mark_now(pod) - used).max(0.0);
        base + used + kept
    }

    /// Memory of the requests in a pod now \[bytes\].
    fn request_memory(&self, pod: u32) -> f64 {
        let state = &self.pods[pod as usize];
        let each = state.behavior.as_ref().map_or(0, |behavior| behavior.memory.per_request.0);
        if each == 0 || state.cohort == NONE {
            return 0.0;
        }
        let flying = self.work_rate_of(pod) * self.inside_of(pod);
        each as f64 * (flying + self.queue_of(pod))
    }

    /// The high-water mark, as it has faded until now \[bytes\].
    fn mark_now(&self, pod: u32) -> f64 {
        let state = &self.pods[pod as usize];
        let half_life = state.behavior.as_ref().and_then(|behavior| behavior.memory.half_life);
        let (mark, at_ms) = state.mark;
        let Some(half_life) = half_life.filter(|half_life| half_life.0 > 0) else { return mark };
        let used = self.request_memory(pod);
        let halves = (self.now_ms - at_ms) / half_life.0 as f64;
        used + (mark - used).max(0.0) * libm::exp2(-halves)
    }

    /// Raises the high-water marks of a component's pods by what happened since its clock.
    pub(super) fn keep_marks(&mut self, component: u32, from_ms: f64) {
        for index in 0..self.components[component as usize].cohorts.len() {
            let number = self.components[component as usize].cohorts[index];
            let cohort = &self.cohorts[number as usize];
            if !cohort.params.retains {
                continue;
            }
            let peak = self.peak_inside(number, from_ms) * cohort.params.request_memory;
            for pod in cohort.members.clone() {
                let mark = self.mark_now(pod).max(peak);
                self.pods[pod as usize].mark = (mark, self.now_ms);
            }
        }
    }

    /// The most requests inside each pod of a cohort between its component's clock and now.
    fn peak_inside(&self, number: u32, from_ms: f64) -> f64 {
        let cohort = &self.cohorts[number as usize];
        let inside = cohort.params.inside();
        if !self.components[cohort.component as usize].quiet {
            let dt = (self.now_ms - from_ms) / 1000.0;
            let at = |t: f64| cohort.work_rate(t) * inside + cohort.progress(t).queue;
            let top = (cohort.params.capacity - cohort.rate) / cohort.slope;
            let top = if cohort.mode == Mode::Busy && top > 0.0 && top < dt { top } else { dt };
            return at(0.0).max(at(dt)).max(at(top));
        }
        let (from, to) = (SimTime(from_ms.floor() as i64), SimTime(self.now_ms.ceil() as i64));
        let mut rate = 0.0;
        for inflow in cohort.inflows.iter().filter(|inflow| inflow.open) {
            let service = &self.services[inflow.service as usize];
            for share in &service.shares {
                let load = self.services[share.service as usize].load();
                let most = load.map_or(0.0, |load| load.max_in(from, to));
                rate += most * share.factor * cohort.weight / service.weight;
            }
        }
        rate * inside
    }

    /// Whether the requests inside a cohort's pods may bring them to their memory limit.
    fn may_exceed(&self, number: u32) -> bool {
        let params = &self.cohorts[number as usize].params;
        params.request_memory > 0.0 && params.memory_limit < f64::INFINITY
    }

    /// Memory left for requests in the pod that has the least, now \[bytes\].
    fn headroom(&self, number: u32) -> f64 {
        let params = &self.cohorts[number as usize].params;
        let age = self.oldest(number).map_or(0.0, |since| (self.now_ms - since as f64) / 1000.0);
        params.memory_limit - params.memory_base - params.memory_growth * age
    }

    /// When the first of those members was started that are not being killed.
    fn oldest(&self, number: u32) -> Option<i64> {
        let members = &self.cohorts[number as usize].members;
        let running = members.iter().filter_map(|pod| self.pods[*pod as usize].serving()?.running);
        running.filter(|running| !running.doomed).map(|running| running.since_ms).min()
    }

    /// The most arrivals that each pod of a cohort stands without waiting, and without reaching its
    /// memory limit before [`WorkloadModel::memory_horizon`] \[1/s\].
    pub(super) fn most_per_pod(&self, number: u32) -> f64 {
        let params = &self.cohorts[number as usize].params;
        if !self.may_exceed(number) || params.inside() <= 0.0 || self.oldest(number).is_none() {
            return params.capacity;
        }
        let leaks = params.memory_growth > 0.0;
        let room = self.headroom(number) * if leaks { 0.5 } else { 1.0 };
        params.capacity.min(room.max(0.0) / (params.request_memory * params.inside()))
    }

    /// Until when [`WorkloadModel::most_per_pod`] holds \[ms\].
    pub(super) fn memory_horizon(&self, number: u32) -> f64 {
        let params = &self.cohorts[number as usize].params;
        let leaks = params.memory_growth > 0.0;
        if !self.may_exceed(number) || !leaks || self.oldest(number).is_none() {
            return f64::INFINITY;
        }
        let seconds = 0.5 * self.headroom(number) / params.memory_growth;
        let kept = if params.retains { LOOK_MS as f64 / 1000.0 } else { f64::INFINITY };
        match seconds {
            ..NEAR_S => f64::NEG_INFINITY,
            seconds => self.now_ms + seconds.min(kept) * 1000.0,
        }
    }

    /// When the requests inside a cohort's pods bring the first of them to its limit, from the
    /// start of a piece \[s\].
    pub(super) fn memory_root(&self, number: u32) -> f64 {
        if !self.may_exceed(number) || self.oldest(number).is_none() {
            return f64::INFINITY;
        }
        let cohort = &self.cohorts[number as usize];
        let params = &cohort.params;
        let inside = params.inside();
        let queue = cohort.queue();
        let (bend, climb, at_start) = match cohort.mode {
            Mode::Pass => (0.0, inside * cohort.slope, inside * cohort.rate + queue),
            Mode::Full => (0.0, 0.0, inside * params.capacity + queue),
            Mode::Busy => {
                let flying = inside * params.capacity;
                (0.5 * cohort.slope, cohort.rate - params.capacity, flying + queue)
            }
        };
        let each = params.request_memory;
        let missing = each * at_start - self.headroom(number);
        if missing >= 0.0 {
            return 0.0;
        }
        let climb = each * climb + params.memory_growth;
        if bend == 0.0 && climb <= 0.0 {
            return f64::INFINITY;
        }
        first_root(each * bend, climb, missing)
    }

    /// Plans the end of pods whose requests have brought them to their memory limit.
    pub(super) fn find_doomed(&mut self, number: u32) {
        if !self.may_exceed(number) {
            return;
        }
        let limit = self.cohorts[number as usize].params.memory_limit;
        for pod in self.cohorts[number as usize].members.clone() {
            let Some(container) = self.pods[pod as usize].serving else { continue };
            if self.memory_of(pod, container) >= limit * (1.0 - 1e-9) {
                self.doom(pod, container, ceil_ms(self.now_ms));
            }
        }
    }

    fn doom(&mut self, pod: u32, container: u32, at_ms: i64) {
        let running = &mut self.pods[pod as usize].containers[container as usize].running;
        if let Some(running) = running.as_mut().filter(|running| !running.doomed) {
            running.doomed = at_ms as f64 <= self.now_ms.ceil();
            self.set_container_timer(TimerKind::OutOfMemory, pod, container, at_ms);
        }
    }

    /// Plans the end of a container that has just been started and will reach its limit even
    /// without requests.
    pub(super) fn expect_growth(&mut self, pod: u32, container: u32) {
        let state = &self.pods[pod as usize];
        let Some(limit) = state.containers[container as usize].memory_limit else { return };
        let room = limit.0 as f64 - self.memory_of(pod, container);
        let leak = match (&state.behavior, state.serving == Some(container)) {
            (Some(behavior), true) => behavior.memory.growth,
            _ => 0.0,
        };
        if room <= 0.0 {
            self.doom(pod, container, self.now_ms as i64);
        } else if leak > 0.0 {
            self.doom(pod, container, ceil_ms(self.now_ms + room / leak * 1000.0));
        }
    }

    /// Finds whether a node's memory can be short at all, and if so has it looked at.
    pub(super) fn plan_memory(&mut self, number: u32) {
        let node = &self.nodes[number as usize];
        let most: f64 = node.pods.iter().map(|pod| self.most_memory(*pod)).sum();
        let watched = node.present && most > node.memory;
        if watched && !node.watched {
            self.look_again(number);
        }
        self.nodes[number as usize].watched = watched;
    }

    fn look_again(&mut self, number: u32) {
        let at_ms = self.now_ms as i64 + LOOK_MS;
        self.nodes[number as usize].look_ms = at_ms;
        self.set_timer(TimerKind::Look, number, at_ms);
    }

    /// Memory of a pod's containers now \[bytes\].
    fn pod_memory(&self, pod: u32) -> f64 {
        let containers = 0..self.pods[pod as usize].containers.len() as u32;
        containers.map(|container| self.memory_of(pod, container)).sum()
    }

    /// The most memory that a pod's running containers can use \[bytes\].
    fn most_memory(&self, pod: u32) -> f64 {
        let state = &self.pods[pod as usize];
        let mut most = 0.0;
        for container in state.containers.iter().filter(|container| container.running.is_some()) {
            let memory = state.behavior.as_ref().map(|behavior| behavior.memory);
            most += match (container.sidecar, memory) {
                (Some(sidecar), _) => sidecar.memory.0 as f64,
                (None, Some(memory)) if memory.per_request.0 == 0 && memory.growth == 0.0 => {
                    memory.base.0 as f64
                }
                _ => container.memory_limit.map_or(f64::INFINITY, |limit| limit.0 as f64),
            };
        }
        most
    }

    /// The kubelet's look at its node's memory. Of the pods it evicts the first by: usage above the
    /// request, lower priority, larger excess (pkg/kubelet/eviction rankMemoryPressure).
    pub(super) fn look_at_memory(&mut self, number: u32, at_ms: i64) -> Option<ModelEvent> {
        let node = &self.nodes[number as usize];
        if !node.watched || node.look_ms != at_ms {
            return None;
        }
        self.look_again(number);
        let mut total = 0.0;
        let mut first: Option<(Rank, u32)> = None;
        for pod in &self.nodes[number as usize].pods {
            let used = self.pod_memory(*pod);
            total += used;
            let state = &self.pods[*pod as usize];
            let requested = state.containers.iter().map(|one| one.memory_request.0).sum::<i64>();
            let excess = used as i64 - requested;
            let rank = (excess <= 0, state.priority, Reverse(excess));
            if used > 0.0 && first.is_none_or(|(best, _)| rank < best) {
                first = Some((rank, *pod));
            }
        }
        let victim = first?.1;
        let short = total > self.nodes[number as usize].memory;
        short.then_some(ModelEvent::MemoryPressure { pod: PodKey(victim) })
    }
}
