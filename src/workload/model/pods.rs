//! What the caller tells about nodes, pods, containers and endpoints; all of it happens now.

use std::cell::Cell;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::engine::random::RandomStream;
use crate::units::{Bytes, MilliCpu, SimTime};
use crate::workload::service::{
    ContainerLoad, NodeCapacity, NodeKey, PodKey, PodLoad, Profile, Sidecar,
};
use crate::workload::traffic::log_normal_factor;

use super::WorkloadModel;
use super::cohort::Counts;
use super::state::{Container, NONE, Node, Pod, Running, Starting, TimerKind, ceil_ms};

/// The weight of a container that requests no CPU: 2 shares of 1024 \[cores\].
const LEAST_REQUEST: f64 = 0.002;
/// A limit above which there is none \[cores\].
const UNLIMITED: f64 = f64::INFINITY;

/// How a container stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// By itself; what is in flight has been finished.
    Exited,
    /// By SIGKILL, out of memory or with its node: what is in flight fails.
    Killed,
}

impl WorkloadModel {
    /// A node joins, or its capacity changes.
    pub fn node_added(&mut self, node: NodeKey, capacity: NodeCapacity) {
        let index = node.0 as usize;
        if self.nodes.len() <= index {
            self.nodes.resize_with(index + 1, Node::new);
        }
        let state = &mut self.nodes[index];
        state.present = true;
        state.cpu = cores(capacity.cpu);
        state.memory = capacity.memory.0 as f64;
        self.mark_node(node.0);
    }

    /// A node is gone; its pods are told of apart.
    pub fn node_removed(&mut self, node: NodeKey) {
        if let Some(state) = self.nodes.get_mut(node.0 as usize) {
            state.present = false;
            self.mark_node(node.0);
        }
    }

    /// A pod has been bound to a node; no container runs yet.
    ///
    /// # Panics
    /// When the node is not known, or the key was used before.
    pub fn pod_added(&mut self, pod: PodKey, load: &PodLoad) {
        let index = pod.0 as usize;
        let known = self.nodes.get(load.node.0 as usize).is_some_and(|node| node.present);
        assert!(known, "pod {} is bound to an unknown node", pod.0);
        if self.pods.len() <= index {
            self.pods.resize_with(index + 1, Pod::absent);
        }
        assert!(self.pods[index].containers.is_empty(), "pod key {} is used twice", pod.0);
        let profile = load.profile.map(|profile| self.profiles[profile as usize].clone());
        let most = self.nodes[load.node.0 as usize].cpu;
        self.pods[index] = Pod::new(load, profile.as_ref(), most, self.now_ms);
        if let Some(profile) = profile.filter(|profile| profile.imbalance > 0.0) {
            let number = u64::from(pod.0);
            let mut stream = RandomStream::numbered(self.seed, "workload/imbalance", number);
            self.pods[index].weight = log_normal_factor(profile.imbalance, &mut stream);
        }
        self.nodes[load.node.0 as usize].pods.push(pod.0);
        if let Some(queue) = load.consumes {
            self.services[queue as usize].consumers.push(pod.0);
        }
    }

    /// A container runs; its counters start at 0. Says whether its work of starting is done at
    /// once; else [`super::ModelEvent::Started`] will tell.
    ///
    /// # Panics
    /// When it runs already.
    pub fn container_started(&mut self, pod: PodKey, container: u32) -> bool {
        let counts = self.counts_of(pod.0);
        let running = Running {
            since_ms: self.now_ms as i64,
            counts,
            startup: Starting::default(),
            doomed: false,
        };
        let state = &mut self.pods[pod.0 as usize];
        if state.serving == Some(container) {
            state.ready_since = None;
            state.mark = (0.0, self.now_ms);
            // A SIGTERM before this was for the former run alone.
            state.terminating = false;
            state.drained_ms = None;
        }
        let state = &mut state.containers[container as usize];
        assert!(state.running.is_none(), "container {container} of pod {} runs already", pod.0);
        state.running = Some(running);
        state.generation += 1;
        let done = self.begin_startup(pod.0, container);
        self.expect_growth(pod.0, container);
        self.place(pod.0);
        done
    }

    /// A container does not run any more. What waits in it fails, and if it was killed, what is in
    /// flight; messages of a queue go back to it.
    pub fn container_stopped(&mut self, pod: PodKey, container: u32, how: Stop) {
        let state = &self.pods[pod.0 as usize];
        if state.containers[container as usize].running.is_none() {
            return;
        }
        self.settle_pod(pod.0);
        if state_serves(&self.pods[pod.0 as usize], container) {
            self.fail_inside(pod.0, how == Stop::Killed);
        }
        self.pods[pod.0 as usize].containers[container as usize].running = None;
        self.place(pod.0);
    }

    /// The pod's readiness has changed. Its warm-up begins when it is ready for the first time
    /// since its serving container was started.
    pub fn ready_changed(&mut self, pod: PodKey, ready: bool) {
        let now_ms = self.now_ms as i64;
        let state = &mut self.pods[pod.0 as usize];
        if ready && state.ready_since.is_none() {
            state.ready_since = Some(now_ms);
            if state.behavior.as_ref().is_some_and(|behavior| behavior.warmup.factor != 1.0) {
                self.place(pod.0);
            }
        }
    }

    /// The pod's containers are sent SIGTERM: what still arrives fails, what was accepted is
    /// finished (or fails, with `drains: false`). [`super::ModelEvent::Drained`] tells when that is
    /// done.
    pub fn terminating(&mut self, pod: PodKey) {
        if self.pods[pod.0 as usize].terminating {
            return;
        }
        self.settle_pod(pod.0);
        let busy = self.work_rate_of(pod.0) > 0.0;
        let inside = self.inside_of(pod.0);
        if !self.pods[pod.0 as usize].drains {
            self.fail_inside(pod.0, true);
        }
        self.pods[pod.0 as usize].terminating = true;
        self.place(pod.0);
        let state = &self.pods[pod.0 as usize];
        if state.cohort == NONE {
            let rest = if busy && state.drains { inside } else { 0.0 };
            self.drained_after(pod.0, rest);
        }
    }

    /// The pod is gone; containers that still run are killed. It may stay an endpoint for a while:
    /// requests sent there fail.
    pub fn pod_removed(&mut self, pod: PodKey) {
        for container in 0..self.pods[pod.0 as usize].containers.len() as u32 {
            self.container_stopped(pod, container, Stop::Killed);
        }
        let state = &mut self.pods[pod.0 as usize];
        state.present = false;
        let (node, queue) = (state.node, state.consumes);
        self.nodes[node as usize].pods.retain(|other| *other != pod.0);
        if let Some(queue) = queue {
            self.services[queue as usize].consumers.retain(|other| *other != pod.0);
        }
        self.place(pod.0);
    }

    /// From now on the requests of a service are sent to these pods: what kube-proxy knows. For CPU
    /// work: the pods that are Ready and not being deleted.
    pub fn set_endpoints(&mut self, service: u32, pods: &[PodKey]) {
        let mut next: Vec<u32> = pods.iter().map(|pod| pod.0).collect();
        next.sort_unstable();
        next.dedup();
        self.settle(self.services[service as usize].component);
        let before = std::mem::replace(&mut self.services[service as usize].endpoints, next);
        let differ: Vec<u32> = {
            let next = &self.services[service as usize].endpoints;
            let only = |a: &[u32], b: &[u32]| -> Vec<u32> {
                a.iter().filter(|pod| b.binary_search(pod).is_err()).copied().collect()
            };
            [only(&before, next), only(next, &before)].concat()
        };
        for pod in differ {
            self.settle_pod(pod);
            let endpoint_of = &mut self.pods[pod as usize].endpoint_of;
            match endpoint_of.iter().position(|other| *other == service) {
                Some(place) => drop(endpoint_of.remove(place)),
                None => endpoint_of.push(service),
            }
            self.place(pod);
        }
        self.weigh(service);
        self.refill_pool(service);
        self.mark_nodes_of(self.services[service as usize].component);
    }

    /// Whether a pod that was sent SIGTERM has finished all that it had accepted.
    pub fn is_drained(&self, pod: PodKey) -> bool {
        let drained_ms = self.pods[pod.0 as usize].drained_ms;
        drained_ms.is_some_and(|at_ms| at_ms as f64 <= self.now_ms)
    }

    /// When a pod that was sent SIGTERM will have finished all that it had accepted, if nothing
    /// changes until then; none for a pod that was not.
    pub fn drained_at(&self, pod: PodKey) -> Option<SimTime> {
        let state = &self.pods[pod.0 as usize];
        if let Some(at_ms) = state.drained_ms {
            return Some(SimTime(at_ms));
        }
        if !state.terminating || state.cohort == NONE {
            return None;
        }
        let cohort = &self.cohorts[state.cohort as usize];
        let rest = self.queue_of(pod.0) / cohort.params.capacity + cohort.params.inside();
        Some(SimTime(ceil_ms(self.now_ms + rest * 1000.0)))
    }

    /// Whether a container's work of starting is done.
    pub fn has_started(&self, pod: PodKey, container: u32) -> bool {
        let container = &self.pods[pod.0 as usize].containers[container as usize];
        container.running.is_some_and(|running| running.startup.done)
    }

    /// A pod has finished everything some seconds from now.
    pub(super) fn drained_after(&mut self, pod: u32, seconds: f64) {
        let at_ms = ceil_ms(self.now_ms + seconds * 1000.0);
        if self.pods[pod as usize].terminating && self.pods[pod as usize].drained_ms.is_none() {
            self.pods[pod as usize].drained_ms = Some(at_ms);
            self.set_timer(TimerKind::Drained, pod, at_ms);
        }
    }

    /// Fails what waits in a pod, and if asked what is in flight, which had been counted as served.
    fn fail_inside(&mut self, pod: u32, in_flight: bool) {
        let flying = if in_flight { self.in_flight_of(pod) } else { 0.0 };
        let flows = self.flows_of(pod);
        for (service, part) in flows {
            let amount = (flying * part).min(self.services[service as usize].totals.served);
            self.services[service as usize].totals.served -= amount;
            if self.has_pool(service) {
                let pool = self.services[service as usize].pool;
                self.cohorts[pool as usize].inflows[0].queued += amount;
            } else {
                self.fail_now(service, amount);
            }
            let base = &mut self.pods[pod as usize].base;
            base.served -= amount;
            base.failed += amount;
        }
        let waiting = self.detach(pod);
        self.fail_waiting(pod, &waiting);
    }
}

/// Whether requests go through a container.
fn state_serves(pod: &Pod, container: u32) -> bool {
    let sidecar = pod.containers[container as usize].sidecar;
    sidecar.is_none_or(|sidecar| sidecar.cpu_per_request.0 > 0)
}

fn cores(cpu: MilliCpu) -> f64 {
    cpu.0 as f64 / 1000.0
}

impl Node {
    fn new() -> Node {
        Node { wake_ms: f64::INFINITY, ..Node::default() }
    }
}

impl Pod {
    fn absent() -> Pod {
        Pod {
            present: false,
            node: 0,
            priority: 0,
            consumes: None,
            drains: true,
            weight: 1.0,
            behavior: None,
            containers: SmallVec::new(),
            serving: None,
            endpoint_of: SmallVec::new(),
            terminating: false,
            ready_since: None,
            cohort: NONE,
            base: Counts::default(),
            share: 0.0,
            pool_cpu: 0.0,
            pool_capacity: 0.0,
            mark: (0.0, 0.0),
            drained_ms: None,
        }
    }

    fn new(load: &PodLoad, profile: Option<&Profile>, most: f64, now_ms: f64) -> Pod {
        let name = profile.map(|profile| profile.container.as_str());
        let serving = load.containers.iter().position(|one| Some(one.name.as_str()) == name);
        let behavior = profile.zip(serving).map(|(profile, index)| {
            Arc::new(profile.behavior_of(&load.containers[index].image).clone())
        });
        let container = |(index, one): (usize, &ContainerLoad)| {
            let idle = behavior.as_ref().filter(|_| serving == Some(index)).map(|own| own.idle);
            let known = profile.and_then(|profile| profile.sidecars.get(&one.name));
            let sidecar = known.copied().unwrap_or_default();
            Container::new(one, idle.is_none().then_some(sidecar), idle, most)
        };
        Pod {
            present: true,
            node: load.node.0,
            priority: load.priority,
            consumes: load.consumes,
            drains: profile.is_none_or(|profile| profile.drains),
            containers: load.containers.iter().enumerate().map(container).collect(),
            serving: serving.map(|index| index as u32),
            behavior,
            mark: (0.0, now_ms),
            ..Pod::absent()
        }
    }

    /// Whether its serving container runs and has done its work of starting.
    pub(super) fn has_started(&self) -> bool {
        let running = self.serving().and_then(|container| container.running);
        running.is_some_and(|running| running.startup.done)
    }
}

impl Container {
    fn new(
        load: &ContainerLoad,
        sidecar: Option<Sidecar>,
        idle: Option<MilliCpu>,
        most: f64,
    ) -> Container {
        let limit = load.limits.cpu.map_or(UNLIMITED, cores).min(most);
        let request = load.requests.cpu.or(load.limits.cpu).map_or(0.0, cores);
        let idle = idle.or(sidecar.map(|sidecar| sidecar.idle)).unwrap_or_default();
        Container {
            sidecar,
            idle: cores(idle).min(limit),
            request: request.max(LEAST_REQUEST),
            limit,
            memory_request: load.requests.memory.unwrap_or(Bytes(0)),
            memory_limit: load.limits.memory,
            granted: f64::INFINITY,
            running: None,
            line: Cell::new(None),
            generation: 0,
        }
    }
}
