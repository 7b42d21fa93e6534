//! Which cohort a pod belongs to.

use smallvec::SmallVec;

use crate::units::SimDuration;
use crate::workload::service::ServiceKind;

use super::WorkloadModel;
use super::cohort::{Cohort, Counts, Inflow};
use super::fifo::Fifo;
use super::params::{Cores, Params, cpu_seconds, warm_factor};
use super::state::{Container, NONE, Pod};

/// Requests that a pod has accepted and that wait, when it leaves its cohort.
#[derive(Clone, Debug, Default)]
pub(super) struct Waiting {
    inflows: SmallVec<[Inflow; 1]>,
    fifo: Fifo,
}

impl WorkloadModel {
    /// Counts everything up to now for the services that a pod has to do with.
    pub(super) fn settle_pod(&mut self, pod: u32) {
        let state = &self.pods[pod as usize];
        let mut services = state.endpoint_of.clone();
        services.extend(state.consumes);
        if state.cohort != NONE {
            let component = self.cohorts[state.cohort as usize].component;
            self.settle(component);
        }
        for service in services {
            self.settle(self.services[service as usize].component);
        }
    }

    /// Puts a pod where it belongs after something about it has changed. What waits in it stays, up
    /// to its bound.
    pub(super) fn place(&mut self, pod: u32) {
        self.settle_pod(pod);
        self.forget_lines(pod);
        let left = self.pool_joined(pod);
        let waiting = self.detach(pod);
        self.attach(pod, waiting);
        self.mark_node(self.pods[pod as usize].node);
        for index in 0..self.pods[pod as usize].endpoint_of.len() {
            let service = self.pods[pod as usize].endpoint_of[index];
            self.weigh(service);
        }
        self.refill_pools_of(pod, left);
    }

    /// Something changes that readings of a pod depend on.
    fn forget_lines(&mut self, pod: u32) {
        let state = &mut self.pods[pod as usize];
        self.nodes[state.node as usize].disturbances += 1;
        for container in &mut state.containers {
            container.line.set(None);
        }
    }

    /// Takes a pod out of its cohort; gives what waits in it. Its component must be settled, and a
    /// pool that it leaves must be refilled.
    pub(super) fn detach(&mut self, pod: u32) -> Waiting {
        let number = self.pods[pod as usize].cohort;
        if number == NONE {
            return Waiting::default();
        }
        self.fold(number);
        self.forget_lines(pod);
        let cohort = &mut self.cohorts[number as usize];
        let mut waiting = Waiting::default();
        if !cohort.pool {
            waiting = Waiting { inflows: cohort.inflows.clone(), fifo: cohort.fifo.clone() };
        }
        let state = &mut self.pods[pod as usize];
        state.base = state.counts(cohort.counts);
        state.cohort = NONE;
        (state.share, state.pool_cpu) = (0.0, 0.0);
        let place = cohort.members.iter().position(|member| *member == pod);
        cohort.members.swap_remove(place.expect("a pod is a member of its cohort"));
        if cohort.members.is_empty() && !cohort.pool {
            self.free(number);
        }
        waiting
    }

    fn free(&mut self, cohort: u32) {
        let component = self.cohorts[cohort as usize].component;
        self.components[component as usize].cohorts.retain(|other| *other != cohort);
        self.free_cohorts.push(cohort);
    }

    /// Puts a pod that is in no cohort into one, if requests arrive at it or wait in it.
    pub(super) fn attach(&mut self, pod: u32, waiting: Waiting) {
        if self.pool_of(pod).is_some() {
            // It works for the shared backlog only from now on.
            self.fail_waiting(pod, &waiting);
            return;
        }
        let Some(cohort) = self.cohort_for(pod, waiting) else { return };
        let component = self.join_components(&cohort.inflows);
        let mut cohort = Cohort { component, ..cohort };
        for inflow in &mut cohort.inflows {
            inflow.volume = self.services[inflow.service as usize].volume;
        }
        cohort.keep_order();
        self.shed_excess(&mut cohort, 1.0);
        let same = self.components[component as usize]
            .cohorts
            .iter()
            .find(|other| self.cohorts[**other as usize].is_like(&cohort));
        let number = match same.copied() {
            Some(number) => number,
            None => self.add_cohort(cohort),
        };
        self.join(pod, number);
    }

    /// Fails what waits in a pod.
    pub(super) fn fail_waiting(&mut self, pod: u32, waiting: &Waiting) {
        for inflow in waiting.inflows.iter().filter(|inflow| inflow.queued > 0.0) {
            self.fail_now(inflow.service, inflow.queued);
            self.pods[pod as usize].base.failed += inflow.queued;
        }
    }

    fn add_cohort(&mut self, cohort: Cohort) -> u32 {
        let component = cohort.component;
        let number = if let Some(number) = self.free_cohorts.pop() {
            self.cohorts[number as usize] = cohort;
            number
        } else {
            self.cohorts.push(cohort);
            self.cohorts.len() as u32 - 1
        };
        self.components[component as usize].cohorts.push(number);
        number
    }

    fn join(&mut self, pod: u32, number: u32) {
        self.fold(number);
        let cohort = &mut self.cohorts[number as usize];
        cohort.members.push(pod);
        let state = &mut self.pods[pod as usize];
        state.base = state.base.minus(cohort.counts);
        state.share = 1.0;
        state.cohort = number;
    }

    /// The cohort that a pod would be in if it were alone; none if nothing arrives or waits.
    fn cohort_for(&self, pod: u32, waiting: Waiting) -> Option<Cohort> {
        let state = &self.pods[pod as usize];
        let behavior = state.behavior.as_ref()?;
        let accepts = self.answers(pod);
        let mut inflows: SmallVec<[Inflow; 1]> = waiting.inflows;
        inflows.retain(|inflow| inflow.queued > 0.0);
        for inflow in &mut inflows {
            inflow.open = false;
        }
        for service in state.endpoint_of.iter().filter(|_| accepts) {
            match inflows.iter_mut().find(|inflow| inflow.service == *service) {
                Some(inflow) => inflow.open = true,
                None => inflows.push(Inflow::new(*service)),
            }
        }
        inflows.sort_by_key(|inflow| inflow.service);
        let first = inflows.first()?.service;
        let warm = self.warmth(state);
        let kind = self.services[first as usize].config.kind;
        let params = match kind {
            ServiceKind::Cpu { .. } => Params::work(behavior, state.cores(), false),
            _ => Params::requests(behavior, state.cores(), warm.map_or(1.0, |warm| warm.0)),
        };
        let limit = state.serving().and_then(|container| container.memory_limit);
        let params =
            Params { memory_limit: limit.map_or(f64::INFINITY, |limit| limit.0 as f64), ..params };
        let weight = match kind {
            ServiceKind::Requests => state.weight * (1.0 - state.failing()),
            _ => state.weight,
        };
        let mut cohort = Cohort::new(NONE, weight, params);
        cohort.inflows = inflows;
        cohort.fifo = waiting.fifo;
        if let Some((_, left)) = warm {
            cohort.warm_since = state.ready_since;
            cohort.next_warm = self.now_ms + left.0 as f64;
        }
        Some(cohort)
    }

    /// Whether requests sent to a pod are accepted; one that takes from a shared backlog has no
    /// time.
    fn answers(&self, pod: u32) -> bool {
        self.pods[pod as usize].accepts() && self.pool_of(pod).is_none()
    }

    /// The factor on a pod's CPU time for requests, and how long it holds.
    pub(super) fn warmth(&self, pod: &Pod) -> Option<(f64, SimDuration)> {
        let since = pod.ready_since?;
        let warmup = pod.behavior.as_ref()?.warmup;
        warm_factor(warmup, SimDuration(self.now_ms as i64 - since))
    }

    /// One component for all services that feed a pod.
    fn join_components(&mut self, inflows: &[Inflow]) -> u32 {
        let into = self.services[inflows[0].service as usize].component;
        for inflow in &inflows[1..] {
            let from = self.services[inflow.service as usize].component;
            if from != into {
                self.settle(from);
                self.settle(into);
                self.merge_components(from, into);
            }
        }
        into
    }

    fn merge_components(&mut self, from: u32, into: u32) {
        let services = std::mem::take(&mut self.components[from as usize].services);
        let cohorts = std::mem::take(&mut self.components[from as usize].cohorts);
        self.components[from as usize].end_ms = f64::INFINITY;
        self.components[from as usize].dirty = false;
        for cohort in &cohorts {
            self.fold(*cohort);
            self.cohorts[*cohort as usize].component = into;
        }
        for service in &services {
            self.services[*service as usize].component = into;
        }
        for index in 0..self.components[into as usize].cohorts.len() {
            let cohort = self.components[into as usize].cohorts[index];
            self.fold(cohort);
        }
        let target = &mut self.components[into as usize];
        target.quiet = false;
        target.cohorts.extend(cohorts);
        target.services.extend(services);
        let ranks: Vec<u32> = self.causes_first();
        let rank = |service: &u32| ranks.iter().position(|other| other == service);
        self.components[into as usize].services.sort_by_key(rank);
    }

    /// Fails what waits beyond the bound of a cohort's pods.
    pub(super) fn shed_excess(&mut self, cohort: &mut Cohort, pods: f64) {
        if cohort.queue() <= cohort.params.queue_bound {
            return;
        }
        let lost = cohort.shed();
        for (inflow, lost) in cohort.inflows.iter().zip(lost) {
            self.fail_now(inflow.service, lost * pods);
        }
    }

    /// Fails requests that had been offered before, all at once.
    pub(super) fn fail_now(&mut self, service: u32, amount: f64) {
        let now_ms = self.now_ms;
        let service = &mut self.services[service as usize];
        service.totals.failed += amount;
        let mix = service.retries.mix_at(now_ms, service.first_rate);
        service.totals.lost += service.retries.fail_at_once(&mix, amount, now_ms);
    }

    /// Sums the weights of a service's endpoints anew.
    pub(super) fn weigh(&mut self, number: u32) {
        if self.has_pool(number) {
            return;
        }
        let service = &self.services[number as usize];
        let (mut weight, mut refusing) = (0.0, 0.0);
        for pod in &service.endpoints {
            let state = &self.pods[*pod as usize];
            weight += state.weight;
            let failing =
                if service.config.kind == ServiceKind::Requests { state.failing() } else { 0.0 };
            refusing += state.weight * if self.answers(*pod) { failing } else { 1.0 };
        }
        let service = &mut self.services[number as usize];
        (service.weight, service.refusing) = (weight, refusing);
    }

    /// Takes the steps of warm-ups, lets drained pods go and joins cohorts that have become alike.
    pub(super) fn tidy(&mut self, component: u32) {
        let cohorts = self.components[component as usize].cohorts.clone();
        for number in cohorts {
            if self.cohorts[number as usize].members.is_empty() {
                continue;
            }
            self.warm(number);
            self.find_doomed(number);
            let cohort = &self.cohorts[number as usize];
            let open = cohort.inflows.iter().any(|inflow| inflow.open);
            if !open && !cohort.pool && cohort.is_idle() {
                self.let_go(number);
            }
        }
        self.join_alike(component);
    }

    /// Takes the next step of a warm-up.
    fn warm(&mut self, number: u32) {
        if self.cohorts[number as usize].next_warm > self.now_ms {
            return;
        }
        if self.cohorts[number as usize].pool {
            let service = self.cohorts[number as usize].inflows[0].service;
            self.refill_pool(service);
            return;
        }
        for pod in self.cohorts[number as usize].members.clone() {
            let waiting = self.detach(pod);
            self.attach(pod, waiting);
        }
    }

    /// The members have finished what they had accepted.
    fn let_go(&mut self, number: u32) {
        let inside = self.cohorts[number as usize].params.inside();
        for pod in self.cohorts[number as usize].members.clone() {
            self.detach(pod);
            self.drained_after(pod, inside);
        }
    }

    fn join_alike(&mut self, component: u32) {
        let count = self.components[component as usize].cohorts.len();
        let mut index = 1;
        while index < self.components[component as usize].cohorts.len() {
            let cohorts = &self.components[component as usize].cohorts;
            let number = cohorts[index];
            let state = &self.cohorts[number as usize];
            let like = |other: &&u32| self.cohorts[**other as usize].is_like(state);
            match cohorts[..index].iter().find(like).copied() {
                Some(into) if state.is_idle() => self.pour(number, into),
                _ => index += 1,
            }
        }
        debug_assert!(self.components[component as usize].cohorts.len() <= count);
    }

    fn pour(&mut self, from: u32, into: u32) {
        for pod in self.cohorts[from as usize].members.clone() {
            self.detach(pod);
            self.join(pod, into);
        }
    }
}

impl Inflow {
    pub(super) fn new(service: u32) -> Inflow {
        Inflow { service, open: true, queued: 0.0, volume: 0.0, rate: 0.0, slope: 0.0 }
    }
}

impl Container {
    /// Cores left after idling and starting.
    pub(super) fn cores_left(&self) -> f64 {
        let starting = match self.running {
            Some(running) if !running.startup.done => running.startup.rate,
            _ => 0.0,
        };
        (self.limit.min(self.granted) - self.idle - starting).max(0.0)
    }
}

impl Pod {
    /// Share of the requests to it that its image fails at once.
    fn failing(&self) -> f64 {
        self.behavior.as_ref().map_or(0.0, |behavior| behavior.faults.failing)
    }

    /// What its containers have for requests.
    pub(super) fn cores(&self) -> Cores {
        let serving = self.serving().map_or(0.0, Container::cores_left);
        let mut cores = Cores { serving, sidecar_capacity: f64::INFINITY, sidecar_time: 0.0 };
        for container in &self.containers {
            let Some(sidecar) = container.sidecar else { continue };
            let cpu = cpu_seconds(sidecar.cpu_per_request);
            if cpu > 0.0 {
                let left = container.cores_left();
                cores.sidecar_capacity = cores.sidecar_capacity.min(left / cpu);
                cores.sidecar_time += cpu / left.clamp(1e-9, 1.0);
            }
        }
        cores
    }

    /// Its amounts, given those of its cohort.
    pub(super) fn counts(&self, cohort: Counts) -> Counts {
        let mut counts = cohort.times(self.share);
        if self.pool_cpu > 0.0 {
            counts.cpu = counts.worked * self.pool_cpu;
        }
        self.base.plus(counts)
    }
}
