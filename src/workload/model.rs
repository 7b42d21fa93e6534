//! The load model at work: a fluid that is exact between changes and never ticked.
//!
//! Time moves only by [`WorkloadModel::advance`], which stops at the first event. Everything else
//! happens **now**: the caller first advances to the instant, then says what has changed.
//!
//! ```text
//! advance(t) -> event?      pod_added, container_started, set_endpoints, ...      sample(pod)
//! ```
//!
//! Services that depend on each other (requests `from` another, shared pods) form a component,
//! solved together. A component is *quiet* while every request is worked on at once: then nothing
//! is computed until the load crosses a capacity, an instant that the compiled load gives in O(log
//! n). Otherwise it goes in *pieces*: from one breakpoint or root of the closed form to the next.

mod cohort;
mod commit;
mod fifo;
mod memory;
mod nodes;
mod params;

mod place;
mod plan;
mod pods;
mod pool;
mod record;
mod retry;
mod roots;
mod sample;
mod startup;
mod state;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::units::SimTime;

use super::segment::Segment;
use super::service::{ModelConfig, PodKey, Profile};
use super::traffic::Load;

use cohort::Cohort;
use state::{Component, NONE, Node, Pod, Service, Timer, TimerKind, ms};

pub use pods::Stop;
pub use sample::{ContainerSample, PodTotals};
pub use state::{Growth, ModelEvent, ServiceTotals};

/// Requests, CPU, memory and loss of all pods over time; see the module.
#[derive(Clone, Debug)]
pub struct WorkloadModel {
    /// The instant that everything is asked and told at \[ms\]; whole between calls.
    now_ms: f64,
    seed: u64,
    services: Vec<Service>,
    profiles: Vec<Profile>,
    pods: Vec<Pod>,
    nodes: Vec<Node>,
    cohorts: Vec<Cohort>,
    free_cohorts: Vec<u32>,
    components: Vec<Component>,
    timers: BTreeSet<Timer>,
    /// Nothing happens by itself before this instant \[ms\]; valid unless `dirty`.
    wake_ms: f64,
    dirty: bool,
    dirty_nodes: Vec<u32>,
    segments: Vec<Segment>,
}

impl WorkloadModel {
    /// A model without nodes and pods at `start`, which is negative for a world that has a past.
    pub fn new(config: &ModelConfig, start: SimTime) -> WorkloadModel {
        let services = config.services.iter().cloned().map(Service::new).collect();
        let mut model = WorkloadModel {
            now_ms: ms(start),
            seed: config.seed,
            services,
            profiles: config.profiles.clone(),
            pods: Vec::new(),
            nodes: Vec::new(),
            cohorts: Vec::new(),
            free_cohorts: Vec::new(),
            components: Vec::new(),
            timers: BTreeSet::new(),
            wake_ms: f64::INFINITY,
            dirty: true,
            dirty_nodes: Vec::new(),
            segments: Vec::new(),
        };
        model.build_components();
        model.build_pools();
        model
    }

    /// Now.
    pub fn now(&self) -> SimTime {
        SimTime(self.now_ms as i64)
    }

    /// Lets time pass until `to`, or until the first event, which is given with its instant; then
    /// [`WorkloadModel::now`] is that instant, and the caller carries on from there. Several events
    /// of one instant come one by one. Costs O(1) when nothing changes before `to`.
    ///
    /// # Panics
    /// When `to` is before now.
    pub fn advance(&mut self, to: SimTime) -> Option<(SimTime, ModelEvent)> {
        let to_ms = ms(to);
        assert!(to_ms >= self.now_ms, "time goes back from {} to {to}", self.now());
        loop {
            if self.dirty {
                self.plan_all();
            }
            if self.wake_ms > to_ms {
                self.now_ms = to_ms;
                return None;
            }
            self.now_ms = self.now_ms.max(self.wake_ms);
            if let Some(event) = self.wake() {
                self.now_ms = self.now_ms.ceil();
                return Some((self.now(), event));
            }
        }
    }

    /// From now on a service has this traffic of its own, or none: traffic that reaches a world
    /// that is being set up only when all pods run.
    pub fn set_own_traffic(&mut self, service: u32, own: Option<Arc<Load>>) {
        let component = self.services[service as usize].component;
        self.settle(component);
        self.services[service as usize].config.own = own;
    }

    /// Does what is due now: one timer, one node or one component.
    fn wake(&mut self) -> Option<ModelEvent> {
        self.dirty = true;
        if let Some(timer) = self.timers.first().copied()
            && timer.at_ms as f64 <= self.now_ms
        {
            self.timers.remove(&timer);
            return self.ring(timer);
        }
        for node in 0..self.nodes.len() {
            if self.nodes[node].wake_ms <= self.now_ms {
                self.mark_node(node as u32);
                self.nodes[node].wake_ms = f64::INFINITY;
                return None;
            }
        }
        for component in 0..self.components.len() as u32 {
            if self.components[component as usize].end_ms <= self.now_ms {
                self.settle(component);
                return None;
            }
        }
        None
    }

    fn ring(&mut self, timer: Timer) -> Option<ModelEvent> {
        let pod = PodKey(timer.subject);
        let container = timer.container;
        match timer.kind {
            TimerKind::Look => self.look_at_memory(timer.subject, timer.at_ms),
            TimerKind::Drained => {
                let state = &self.pods[timer.subject as usize];
                let due = state.present && state.drained_ms == Some(timer.at_ms);
                due.then_some(ModelEvent::Drained { pod })
            }
            TimerKind::Started | TimerKind::OutOfMemory => {
                let state = &self.pods[timer.subject as usize].containers[container as usize];
                if state.running.is_none() || state.generation != timer.generation {
                    return None;
                }
                if timer.kind == TimerKind::OutOfMemory {
                    return Some(ModelEvent::OutOfMemory { pod, container });
                }
                self.startup_is_done(timer).then_some(ModelEvent::Started { pod, container })
            }
        }
    }

    /// Services joined by `from`, causes first.
    fn build_components(&mut self) {
        let count = self.services.len();
        let mut root: Vec<usize> = (0..count).collect();
        let find = |root: &[usize], mut at: usize| {
            while root[at] != at {
                at = root[at];
            }
            at
        };
        for service in 0..count {
            for upstream in &self.services[service].config.from {
                let cause = find(&root, (upstream.service as usize).min(count - 1));
                let own = find(&root, service);
                root[own.max(cause)] = own.min(cause);
            }
        }
        let mut number = vec![NONE; count];
        for service in self.causes_first() {
            let group = find(&root, service as usize);
            if number[group] == NONE {
                number[group] = self.components.len() as u32;
                self.components.push(Component::new(self.now_ms));
            }
            self.services[service as usize].component = number[group];
            self.components[number[group] as usize].services.push(service);
        }
    }

    /// All services, those that cause requests before those that get them; a cycle, which a checked
    /// configuration has not, is cut anywhere.
    fn causes_first(&self) -> Vec<u32> {
        let mut order: Vec<u32> = Vec::new();
        let mut placed = vec![false; self.services.len()];
        while order.len() < placed.len() {
            let ready = |service: &usize| {
                let causes = &self.services[*service].config.from;
                let known = |cause: usize| placed.get(cause).copied().unwrap_or(true);
                !placed[*service] && causes.iter().all(|cause| known(cause.service as usize))
            };
            let next = (0..placed.len()).find(ready);
            let next = next.or_else(|| placed.iter().position(|placed| !placed));
            let next = next.expect("some service is not placed yet");
            placed[next] = true;
            order.push(next as u32);
        }
        order
    }
}

impl Component {
    fn new(clock_ms: f64) -> Component {
        Component {
            services: Vec::new(),
            cohorts: Vec::new(),
            clock_ms,
            end_ms: f64::INFINITY,
            quiet: false,
            dirty: true,
        }
    }
}
