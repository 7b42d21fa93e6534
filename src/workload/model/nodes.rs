//! CPU of a node that is asked for more than it has: shares by weight, as the kernel gives them.

use smallvec::SmallVec;

use crate::workload::segment::LoadShare;

use super::WorkloadModel;
use super::cohort::Mode;
use super::params::cpu_seconds;
use super::state::{Container, NONE, Pod};

/// A contested node is solved at least this often \[ms\].
const SOLVE_MS: f64 = 1000.0;
/// Demand above capacity by more than rounding.
const SLACK: f64 = 1.0 + 1e-9;

/// What the containers of a node could ask for.
#[derive(Clone, Debug, Default)]
struct Demand {
    /// The most that all can use \[cores\].
    most: f64,
    /// What does not follow from loads, at most \[cores\].
    fixed: f64,
    /// What follows from loads \[cores for each request/s\].
    shares: SmallVec<[LoadShare; 4]>,
}

/// One container that asks for CPU.
#[derive(Clone, Copy, Debug)]
struct Claim {
    pod: u32,
    container: u32,
    /// What it would use now, its limit kept \[cores\].
    demand: f64,
    weight: f64,
    limit: f64,
}

impl WorkloadModel {
    /// Has a node looked at before time goes on.
    pub(super) fn mark_node(&mut self, node: u32) {
        let Some(state) = self.nodes.get_mut(node as usize) else { return };
        if !state.dirty {
            state.dirty = true;
            self.dirty_nodes.push(node);
            self.dirty = true;
        }
    }

    /// As [`WorkloadModel::mark_node`] for all nodes that a component's pods are on.
    pub(super) fn mark_nodes_of(&mut self, component: u32) {
        for index in 0..self.components[component as usize].cohorts.len() {
            let cohort = self.components[component as usize].cohorts[index];
            for place in 0..self.cohorts[cohort as usize].members.len() {
                let pod = self.cohorts[cohort as usize].members[place];
                self.mark_node(self.pods[pod as usize].node);
            }
        }
    }

    /// Looks at all nodes that are marked.
    pub(super) fn plan_nodes(&mut self) {
        for node in std::mem::take(&mut self.dirty_nodes) {
            self.nodes[node as usize].dirty = false;
            self.plan_memory(node);
            self.plan_cpu(node);
        }
    }

    fn plan_cpu(&mut self, number: u32) {
        let demand = self.demand(number);
        let cpu = self.nodes[number as usize].cpu * SLACK;
        self.nodes[number as usize].wake_ms = f64::INFINITY;
        if demand.most <= cpu {
            self.release(number);
            return;
        }
        let now: f64 = demand.shares.iter().map(|share| self.share_rate(share)).sum();
        if demand.fixed + now <= cpu {
            let above = self.first_above(&demand.shares, self.now_ms, cpu - demand.fixed);
            self.release(number);
            self.nodes[number as usize].wake_ms = above.max(self.now_ms + 1.0);
            return;
        }
        let claims = self.claims(number);
        let asked: f64 = claims.iter().map(|claim| claim.demand).sum();
        if asked <= cpu {
            self.release(number);
        } else {
            self.share_cpu(number, &claims);
        }
        self.nodes[number as usize].wake_ms = self.next_solve(number);
    }

    /// The next whole second, or breakpoint of a load that the node's pods get.
    fn next_solve(&self, number: u32) -> f64 {
        let mut next = (self.now_ms / SOLVE_MS).floor() * SOLVE_MS + SOLVE_MS;
        for pod in &self.nodes[number as usize].pods {
            let cohort = self.pods[*pod as usize].cohort;
            if cohort == NONE {
                continue;
            }
            for inflow in &self.cohorts[cohort as usize].inflows {
                for share in &self.services[inflow.service as usize].shares {
                    if let Some(load) = self.services[share.service as usize].load() {
                        next = next.min(load.piece_at_ms(self.now_ms).to_ms);
                    }
                }
            }
        }
        next.max(self.now_ms + 1.0)
    }

    fn share_rate(&self, share: &LoadShare) -> f64 {
        let load = self.services[share.service as usize].load();
        load.map_or(0.0, |load| load.piece_at_ms(self.now_ms).rate) * share.factor
    }

    fn demand(&self, number: u32) -> Demand {
        let mut demand = Demand::default();
        for pod in &self.nodes[number as usize].pods {
            let state = &self.pods[*pod as usize];
            for container in state.containers.iter().filter(|one| one.running.is_some()) {
                let rest = state.rest(container);
                let per_request = self.cpu_per_request(state, container);
                if per_request == 0.0 {
                    demand.most += rest;
                    demand.fixed += rest;
                    continue;
                }
                demand.most += container.limit;
                self.add_flow(&mut demand, state, container, per_request, rest);
            }
        }
        demand
    }

    /// Adds what a container uses for requests, and beside them.
    fn add_flow(
        &self,
        demand: &mut Demand,
        pod: &Pod,
        container: &Container,
        per_request: f64,
        rest: f64,
    ) {
        let cohort = &self.cohorts[pod.cohort as usize];
        if !self.components[cohort.component as usize].quiet {
            demand.fixed += container.limit;
            return;
        }
        demand.fixed += rest;
        for inflow in cohort.inflows.iter().filter(|inflow| inflow.open) {
            let service = &self.services[inflow.service as usize];
            let factor = per_request * pod.share * cohort.weight / service.weight;
            for share in &service.shares {
                let factor = factor * share.factor;
                match demand.shares.iter_mut().find(|one| one.service == share.service) {
                    Some(one) => one.factor += factor,
                    None => demand.shares.push(LoadShare { factor, ..*share }),
                }
            }
        }
    }

    /// CPU time that a request costs in a container; 0 if none arrives \[s\].
    fn cpu_per_request(&self, pod: &Pod, container: &Container) -> f64 {
        if pod.cohort == NONE {
            return 0.0;
        }
        match container.sidecar {
            Some(sidecar) => cpu_seconds(sidecar.cpu_per_request),
            None if pod.pool_cpu > 0.0 => pod.pool_cpu,
            None => self.cohorts[pod.cohort as usize].params.cpu,
        }
    }

    fn claims(&self, number: u32) -> Vec<Claim> {
        let mut claims = Vec::new();
        for pod in &self.nodes[number as usize].pods {
            let state = &self.pods[*pod as usize];
            for (index, container) in state.containers.iter().enumerate() {
                if container.running.is_none() {
                    continue;
                }
                let asked = state.rest(container) + self.asked_for_requests(*pod, container);
                claims.push(Claim {
                    pod: *pod,
                    container: index as u32,
                    demand: asked.min(container.limit),
                    weight: container.request,
                    limit: container.limit,
                });
            }
        }
        claims
    }

    /// Cores that a container would use for requests now, if it had them.
    fn asked_for_requests(&self, pod: u32, container: &Container) -> f64 {
        let state = &self.pods[pod as usize];
        let per_request = self.cpu_per_request(state, container);
        if per_request == 0.0 {
            return 0.0;
        }
        let cohort = &self.cohorts[state.cohort as usize];
        let busy = !self.components[cohort.component as usize].quiet && cohort.mode != Mode::Pass;
        let Some(behavior) = state.behavior.as_ref().filter(|_| busy) else {
            return per_request * self.work_rate_of(pod);
        };
        let at_once = behavior.concurrency.map_or(f64::INFINITY, f64::from);
        (at_once * behavior.cores_per_request).min(container.limit)
    }

    /// Shares out a node's CPU: each gets by its weight, at most what it asks for, and what is left
    /// goes to the others. Who asks for less may rise to the level of the others until the next
    /// look.
    fn share_cpu(&mut self, number: u32, claims: &[Claim]) {
        let level = water_level(claims, self.nodes[number as usize].cpu);
        self.nodes[number as usize].contested = true;
        for claim in claims {
            let granted = claim.demand.max(level * claim.weight).min(claim.limit);
            let granted = if claim.demand > level * claim.weight {
                (level * claim.weight).min(claim.limit)
            } else {
                granted
            };
            self.grant(claim.pod, claim.container, granted);
        }
    }

    /// Gives a node's containers all that their limits allow.
    fn release(&mut self, number: u32) {
        if !self.nodes[number as usize].contested {
            return;
        }
        self.nodes[number as usize].contested = false;
        for index in 0..self.nodes[number as usize].pods.len() {
            let pod = self.nodes[number as usize].pods[index];
            for container in 0..self.pods[pod as usize].containers.len() as u32 {
                self.grant(pod, container, f64::INFINITY);
            }
        }
    }

    fn grant(&mut self, pod: u32, container: u32, cores: f64) {
        let state = &self.pods[pod as usize].containers[container as usize];
        if state.granted == cores {
            return;
        }
        self.settle_pod(pod);
        self.pods[pod as usize].containers[container as usize].granted = cores;
        self.pace_startup(pod);
        let left = self.pool_joined(pod);
        let waiting = self.detach(pod);
        self.attach(pod, waiting);
        self.refill_pools_of(pod, left);
    }
}

impl Pod {
    /// Cores that a container uses beside requests, if it has them.
    fn rest(&self, container: &Container) -> f64 {
        let starts = container.running.is_some_and(|running| !running.startup.done);
        let behavior = self.behavior.as_ref().filter(|_| starts && container.sidecar.is_none());
        let starting = behavior.map_or(0.0, |own| own.startup.cpu.0 as f64 / 1000.0);
        (container.idle + starting).min(container.limit)
    }
}

/// The level \[cores for each unit of weight\] up to which claims are met when they are met as
/// evenly as possible: the sum of `min(demand, level * weight)` is the capacity.
fn water_level(claims: &[Claim], capacity: f64) -> f64 {
    let mut order: Vec<&Claim> = claims.iter().collect();
    order.sort_by(|a, b| (a.demand / a.weight).total_cmp(&(b.demand / b.weight)));
    let mut weight: f64 = claims.iter().map(|claim| claim.weight).sum();
    let mut left = capacity;
    for claim in order {
        let level = left / weight;
        if claim.demand >= level * claim.weight {
            return level;
        }
        left -= claim.demand;
        weight -= claim.weight;
    }
    f64::INFINITY
}
