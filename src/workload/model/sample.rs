//! What the kubelet and the metric adapters read.

use smallvec::SmallVec;

use crate::units::Bytes;
use crate::workload::service::PodKey;

use super::WorkloadModel;
use super::cohort::{Counts, Inflow, area};
use super::commit::passed_through;
use super::params::cpu_seconds;
use super::startup;
use super::state::{NONE, ServiceTotals};

/// One reading of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContainerSample {
    /// CPU time since the container was started \[ns\]; never falls.
    pub cpu_ns: u64,
    /// Working set.
    pub working_set: Bytes,
}

/// Amounts of a pod since it was added [requests, or core-seconds for CPU work].
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
    /// Reads a container now; none while it does not run. O(1).
    pub fn sample(&self, pod: PodKey, container: u32) -> Option<ContainerSample> {
        let state = &self.pods[pod.0 as usize].containers[container as usize];
        let running = state.running?;
        let counts = self.counts_of(pod.0).minus(running.counts);
        let idle = state.idle * (self.now_ms - running.since_ms as f64) / 1000.0;
        let requests = match state.sidecar {
            Some(sidecar) => counts.worked * cpu_seconds(sidecar.cpu_per_request),
            None => counts.cpu,
        };
        let seconds = idle + startup::spent(&running.startup, self.now_ms) + requests;
        // Rounded, so that the last bits of a sum do not let a counter that stands still fall.
        let cpu_ns = (seconds * 1e9).max(0.0).round() as u64;
        let working_set = Bytes(self.memory_of(pod.0, container).max(0.0) as i64);
        Some(ContainerSample { cpu_ns, working_set })
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
        let state = &self.pods[pod as usize];
        if state.cohort == NONE {
            return state.base;
        }
        state.counts(self.cohort_counts(state.cohort))
    }

    fn cohort_counts(&self, number: u32) -> Counts {
        let cohort = &self.cohorts[number as usize];
        let component = &self.components[cohort.component as usize];
        let dt = self.since_clock(cohort.component);
        if component.quiet {
            let mut passed = 0.0;
            for inflow in cohort.inflows.iter().filter(|inflow| inflow.open) {
                passed += cohort.weight * (self.volume_now(inflow.service) - inflow.volume);
            }
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

    /// Requests for each unit of weight up to now.
    fn volume_now(&self, number: u32) -> f64 {
        let service = &self.services[number as usize];
        if service.weight <= 0.0 {
            return service.volume;
        }
        service.volume + (self.integral(number, self.now_ms) - service.integral) / service.weight
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

    /// Requests that a pod works on now [1/s].
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

    /// Arrivals at each pod of a cohort now, in quiet [1/s].
    fn quiet_rate(&self, number: u32) -> f64 {
        let inflows = &self.cohorts[number as usize].inflows;
        inflows.iter().map(|inflow| self.inflow_rate(number, inflow)).sum()
    }

    /// Arrivals from one service at each pod of a cohort now [1/s].
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
