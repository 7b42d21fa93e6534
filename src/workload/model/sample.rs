//! What the kubelet and the metric adapters read.

use smallvec::SmallVec;

use crate::units::{Bytes, SimTime};
use crate::workload::service::{NodeKey, PodKey};

use super::WorkloadModel;
use super::cohort::{Cohort, Counts, Inflow};
use super::commit::passed_through;
use super::params::cpu_seconds;
use super::roots::area;
use super::startup;
use super::state::{Container, Growth, Line, NONE, Pod, ServiceTotals, ms};

/// One reading of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContainerSample {
    /// CPU time since the container was started \[ns\]; never falls.
    pub cpu_ns: u64,
    /// Working set.
    pub working_set: Bytes,
}

/// Amounts of a pod since it was added \[requests, or core-seconds for CPU work\].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PodTotals {
    /// Requests that it accepted or turned away for want of room.
    pub offered: f64,
    /// Requests served in time.
    pub served: f64,
    /// Requests that failed.
    pub failed: f64,
    /// Requests that wait now.
    pub backlog: f64,
}

impl WorkloadModel {
    /// Reads a container now; none while it does not run. O(1), and cheap while its pods are quiet.
    pub fn sample(&self, pod: PodKey, container: u32) -> Option<ContainerSample> {
        let state = &self.pods[pod.0 as usize];
        let one = &state.containers[container as usize];
        if let Some(line) = one.line.get()
            && let Some(grown) = self.grown_at(&line.growth, self.now_ms)
        {
            let cpu_ns = (line.base_ns + grown).max(0) as u64;
            return Some(ContainerSample { cpu_ns, working_set: line.memory });
        }
        let sample = self.sample_anew(pod.0, container)?;
        one.line.set(self.line(state, one, sample));
        Some(sample)
    }

    /// CPU that a container uses at this instant \[cores\]; none while it does not run.
    pub fn cpu_now(&self, pod: PodKey, container: u32) -> Option<f64> {
        let state = &self.pods[pod.0 as usize];
        let container = &state.containers[container as usize];
        let running = container.running?;
        let per_request = match container.sidecar {
            Some(sidecar) => cpu_seconds(sidecar.cpu_per_request),
            None => self.cohorts.get(state.cohort as usize).map_or(0.0, |one| one.params.cpu),
        };
        let starting = if running.startup.done { 0.0 } else { running.startup.rate };
        Some(container.idle + starting + self.work_rate_of(pod.0) * per_request)
    }

    /// How a container's CPU time will grow from what [`WorkloadModel::sample`] has just read, if
    /// that can be told. Holds while [`WorkloadModel::grown`] gives an answer and
    /// [`WorkloadModel::disturbances`] of its node stays the same.
    pub fn growth(&self, pod: PodKey, container: u32) -> Option<Growth> {
        let container = &self.pods[pod.0 as usize].containers[container as usize];
        let line = container.line.get()?;
        self.grown_at(&line.growth, self.now_ms).map(|_| line.growth)
    }

    /// CPU time that a growth has come to at an instant, counted from one that does not change
    /// \[ns\]; `None` when it holds no more. The instant is now, or later and before
    /// [`WorkloadModel::calm_until`].
    pub fn grown(&self, growth: &Growth, at: SimTime) -> Option<i64> {
        self.grown_at(growth, ms(at))
    }

    /// Until when nothing happens by itself, as far as is known now; the instant itself is not
    /// calm.
    pub fn calm_until(&self) -> SimTime {
        if self.dirty { self.now() } else { SimTime(self.wake_ms.ceil() as i64) }
    }

    fn grown_at(&self, growth: &Growth, at_ms: f64) -> Option<i64> {
        if self.cohorts[growth.cohort as usize].epoch != growth.epoch {
            return None;
        }
        let requests = growth.cpu_ns_per_volume * self.volume_at(growth.service, at_ms);
        Some(nearest(requests + growth.cpu_ns_per_ms * at_ms))
    }

    /// A number that grows whenever something happens to a pod of that node on which its readings
    /// depend.
    pub fn disturbances(&self, node: NodeKey) -> u64 {
        self.nodes.get(node.0 as usize).map_or(0, |node| node.disturbances)
    }

    /// The line that a container's readings are on from now on, if they are on one.
    fn line(&self, pod: &Pod, container: &Container, sample: ContainerSample) -> Option<Line> {
        let cohort = self.cohorts.get(pod.cohort as usize).filter(|cohort| !cohort.pool)?;
        let quiet = self.components[cohort.component as usize].quiet;
        let starts = container.running.is_none_or(|running| !running.startup.done);
        let [inflow] = cohort.inflows[..] else { return None };
        let memory = pod.behavior.as_ref()?.memory;
        let fixed = memory.per_request.0 == 0 && memory.growth == 0.0;
        if !quiet || starts || !inflow.open || !(fixed || container.sidecar.is_some()) {
            return None;
        }
        let per_request = match container.sidecar {
            Some(sidecar) => cpu_seconds(sidecar.cpu_per_request),
            None => cohort.params.cpu,
        };
        let growth = Growth {
            cohort: pod.cohort,
            epoch: cohort.epoch,
            service: inflow.service,
            cpu_ns_per_volume: cohort.weight * per_request * 1e9,
            cpu_ns_per_ms: container.idle * 1e6,
        };
        let base_ns = sample.cpu_ns as i64 - self.grown_at(&growth, self.now_ms)?;
        Some(Line { growth, base_ns, memory: sample.working_set })
    }

    fn sample_anew(&self, pod: u32, container: u32) -> Option<ContainerSample> {
        let state = &self.pods[pod as usize];
        let cpu_ns = self.cpu_ns(state, &state.containers[container as usize])?;
        let working_set = Bytes(self.memory_of(pod, container).max(0.0) as i64);
        Some(ContainerSample { cpu_ns: whole(cpu_ns), working_set })
    }

    /// CPU time of a container up to now \[ns\].
    fn cpu_ns(&self, pod: &Pod, state: &Container) -> Option<f64> {
        let running = state.running?;
        let idle = state.idle * (self.now_ms - running.since_ms as f64) / 1000.0;
        let counts = self.counts_with(pod);
        let requests = match state.sidecar {
            None => counts.cpu - running.counts.cpu,
            Some(sidecar) => {
                (counts.worked - running.counts.worked) * cpu_seconds(sidecar.cpu_per_request)
            }
        };
        Some((idle + startup::spent(&running.startup, self.now_ms) + requests) * 1e9)
    }

    /// Amounts of a service up to now. While clients retry, `lost` may be behind by a second.
    pub fn totals(&self, service: u32) -> ServiceTotals {
        let state = &self.services[service as usize];
        let component = &self.components[state.component as usize];
        if component.quiet {
            let offered = self.integral(service, self.now_ms) - state.integral;
            let refused = offered * state.refused();
            return state.totals.plus_passed(offered, offered, refused);
        }
        let dt = self.since_clock(state.component);
        let offered = area(state.rate, state.slope, dt);
        let first = area(state.first_rate, state.slope, dt);
        let mut totals = state.totals.plus_passed(first, offered, offered * state.refused());
        totals.served = state.totals.served;
        for number in &component.cohorts {
            let cohort = &self.cohorts[*number as usize];
            let Some(place) = cohort.inflows.iter().position(|one| one.service == service) else {
                continue;
            };
            let outcome = cohort.clone().commit(dt)[place];
            totals.served += outcome.served * cohort.times();
            totals.failed += (outcome.turned_away + outcome.let_in_late) * cohort.times();
        }
        if !state.retries.is_used() {
            totals.lost = totals.failed;
        }
        totals
    }

    /// Requests of a service that wait now and are not too late.
    pub fn backlog(&self, service: u32) -> f64 {
        let component = self.services[service as usize].component;
        let dt = self.since_clock(component);
        let mut backlog = 0.0;
        for cohort in &self.components[component as usize].cohorts {
            let cohort = &self.cohorts[*cohort as usize];
            if cohort.inflows.iter().any(|inflow| inflow.service == service)
                && !self.components[component as usize].quiet
            {
                backlog += cohort.progress(dt).queue * cohort.times();
            }
        }
        backlog
    }

    /// Amounts of a pod up to now.
    pub fn pod_totals(&self, pod: PodKey) -> PodTotals {
        let counts = self.counts_of(pod.0);
        PodTotals {
            offered: counts.offered,
            served: counts.served,
            failed: counts.failed,
            backlog: self.queue_of(pod.0),
        }
    }

    /// Requests that wait for another try.
    pub fn retrying(&self, service: u32) -> f64 {
        self.services[service as usize].retries.waiting
    }

    fn since_clock(&self, component: u32) -> f64 {
        (self.now_ms - self.components[component as usize].clock_ms) / 1000.0
    }

    /// Amounts of a pod up to now.
    pub(super) fn counts_of(&self, pod: u32) -> Counts {
        self.counts_with(&self.pods[pod as usize])
    }

    fn counts_with(&self, pod: &Pod) -> Counts {
        match pod.cohort {
            NONE => pod.base,
            cohort => pod.counts(self.cohort_counts(cohort)),
        }
    }

    /// Requests that have passed through each pod of a quiet cohort since it was folded.
    fn passed_now(&self, cohort: &Cohort) -> f64 {
        let open = cohort.inflows.iter().filter(|inflow| inflow.open);
        open.map(|one| cohort.weight * (self.volume_at(one.service, self.now_ms) - one.volume))
            .sum()
    }

    fn cohort_counts(&self, number: u32) -> Counts {
        let cohort = &self.cohorts[number as usize];
        let component = &self.components[cohort.component as usize];
        let dt = self.since_clock(cohort.component);
        if component.quiet {
            let passed = self.passed_now(cohort);
            return cohort.counts.plus(passed_through(passed, cohort.params.cpu));
        }
        if dt == 0.0 {
            let folded = |inflow: &Inflow| {
                let passed = self.services[inflow.service as usize].volume - inflow.volume;
                if inflow.open { cohort.weight * passed } else { 0.0 }
            };
            let passed = cohort.inflows.iter().map(folded).sum();
            return cohort.counts.plus(passed_through(passed, cohort.params.cpu));
        }
        let mut after = cohort.clone();
        after.commit(dt);
        after.counts
    }

    /// Requests for each unit of weight up to an instant before which nothing happens.
    fn volume_at(&self, number: u32, at_ms: f64) -> f64 {
        let service = &self.services[number as usize];
        if service.weight <= 0.0 {
            return service.volume;
        }
        let (known_ms, volume) = service.passed.get();
        if known_ms == at_ms {
            return volume;
        }
        let passed = self.integral(number, at_ms) - service.integral;
        let volume = service.volume + passed / service.weight;
        service.passed.set((at_ms, volume));
        volume
    }

    /// Requests that wait in a pod now, too late or not.
    pub(super) fn queue_of(&self, pod: u32) -> f64 {
        let state = &self.pods[pod as usize];
        if state.cohort == NONE {
            return 0.0;
        }
        let cohort = &self.cohorts[state.cohort as usize];
        if self.components[cohort.component as usize].quiet {
            return 0.0;
        }
        cohort.progress(self.since_clock(cohort.component)).queue * state.share
    }

    /// Requests that a pod works on now \[1/s\].
    pub(super) fn work_rate_of(&self, pod: u32) -> f64 {
        let state = &self.pods[pod as usize];
        if state.cohort == NONE {
            return 0.0;
        }
        let cohort = &self.cohorts[state.cohort as usize];
        if !self.components[cohort.component as usize].quiet {
            return cohort.work_rate(self.since_clock(cohort.component)) * state.share;
        }
        self.quiet_rate(state.cohort) * state.share
    }

    /// Arrivals at each pod of a cohort now, in quiet \[1/s\].
    fn quiet_rate(&self, number: u32) -> f64 {
        let inflows = &self.cohorts[number as usize].inflows;
        inflows.iter().map(|inflow| self.inflow_rate(number, inflow)).sum()
    }

    /// Arrivals from one service at each pod of a cohort now \[1/s\].
    fn inflow_rate(&self, number: u32, inflow: &Inflow) -> f64 {
        let cohort = &self.cohorts[number as usize];
        let service = &self.services[inflow.service as usize];
        if !self.components[cohort.component as usize].quiet {
            return inflow.rate + inflow.slope * self.since_clock(cohort.component);
        }
        let mut rate = 0.0;
        for share in service.shares.iter().filter(|_| inflow.open) {
            let load = self.services[share.service as usize].load();
            rate += load.map_or(0.0, |load| load.piece_at_ms(self.now_ms).rate) * share.factor;
        }
        rate * cohort.weight / service.weight
    }

    /// Time of a request inside a pod, without waiting \[s\].
    pub(super) fn inside_of(&self, pod: u32) -> f64 {
        let state = &self.pods[pod as usize];
        match state.cohort {
            NONE => 0.0,
            cohort => self.cohorts[cohort as usize].params.inside(),
        }
    }

    /// Requests being worked on in a pod: served ones that have not left yet.
    pub(super) fn in_flight_of(&self, pod: u32) -> f64 {
        let state = &self.pods[pod as usize];
        let Some(running) = state.serving().and_then(|container| container.running) else {
            return 0.0;
        };
        let served = self.counts_of(pod).minus(running.counts).served;
        (self.work_rate_of(pod) * self.inside_of(pod)).clamp(0.0, served.max(0.0))
    }

    /// The services that a pod's requests come through, and the part of each.
    pub(super) fn flows_of(&self, pod: u32) -> SmallVec<[(u32, f64); 1]> {
        let state = &self.pods[pod as usize];
        if state.cohort == NONE {
            return SmallVec::new();
        }
        let inflows = &self.cohorts[state.cohort as usize].inflows;
        let rates: SmallVec<[f64; 1]> =
            inflows.iter().map(|inflow| self.inflow_rate(state.cohort, inflow)).collect();
        let total: f64 = rates.iter().sum();
        let even = 1.0 / inflows.len() as f64;
        let part = |rate: f64| if total > 0.0 { rate / total } else { even };
        inflows.iter().zip(rates).map(|(inflow, rate)| (inflow.service, part(rate))).collect()
    }
}

impl ServiceTotals {
    /// With requests that passed, but for some that were refused.
    fn plus_passed(self, arrived: f64, offered: f64, refused: f64) -> ServiceTotals {
        ServiceTotals {
            arrived: self.arrived + arrived,
            offered: self.offered + offered,
            served: self.served + offered - refused,
            failed: self.failed + refused,
            lost: self.lost + refused,
        }
    }
}

/// CPU time in whole ns; rounded, so that the last bits of a sum do not let a counter that stands
/// still fall.
fn whole(cpu_ns: f64) -> u64 {
    (cpu_ns + 0.5).max(0.0) as u64
}

/// The nearest whole number; of two the greater.
fn nearest(number: f64) -> i64 {
    let cut = (number + 0.5) as i64;
    cut - i64::from(cut as f64 > number + 0.5)
}
