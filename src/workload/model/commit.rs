//! Counting what has passed: from a component's clock up to now.

use super::WorkloadModel;
use super::cohort::{Counts, Outcome};
use super::roots::area;
use super::state::Service;

impl WorkloadModel {
    /// Counts everything of a component up to now, because it is about to change.
    pub(super) fn settle(&mut self, component: u32) {
        let state = &self.components[component as usize];
        let from_ms = state.clock_ms;
        if from_ms < self.now_ms {
            if state.quiet {
                self.commit_quiet(component, from_ms);
            } else {
                self.commit_piece(component, from_ms);
            }
            self.components[component as usize].clock_ms = self.now_ms;
            self.check_conservation(component);
        }
        self.components[component as usize].dirty = true;
        self.dirty = true;
    }

    fn commit_quiet(&mut self, component: u32, from_ms: f64) {
        self.keep_marks(component, from_ms);
        for index in 0..self.components[component as usize].services.len() {
            let number = self.components[component as usize].services[index];
            let integral = self.integral(number, self.now_ms);
            let service = &mut self.services[number as usize];
            let offered = integral - service.integral;
            service.integral = integral;
            service.passed.set((f64::NAN, 0.0));
            let refused = offered * service.refused();
            service.pass_volume(offered);
            service.totals.arrived += offered;
            service.totals.offered += offered;
            service.totals.served += offered - refused;
            service.totals.failed += refused;
            service.totals.lost += refused;
        }
    }

    /// Integral of the loads that make the rate of a service while its component is quiet.
    pub(super) fn integral(&self, service: u32, at_ms: f64) -> f64 {
        let shares = &self.services[service as usize].shares;
        let one = |share: &crate::workload::LoadShare| {
            let load = self.services[share.service as usize].load();
            share.factor * load.map_or(0.0, |load| load.cumulative_ms(at_ms))
        };
        shares.iter().map(one).sum()
    }

    fn commit_piece(&mut self, component: u32, from_ms: f64) {
        let dt = (self.now_ms - from_ms) / 1000.0;
        self.keep_marks(component, from_ms);
        let count = self.components[component as usize].services.len();
        let mut losses: smallvec::SmallVec<[Losses; 2]> = smallvec::SmallVec::new();
        for index in 0..count {
            let service = self.components[component as usize].services[index];
            let service = &mut self.services[service as usize];
            let offered = area(service.rate, service.slope, dt);
            service.pass_volume(offered);
            service.totals.offered += offered;
            losses.push(Losses { at_once: offered * service.refused(), ..Losses::default() });
        }
        self.begin_lines(component, from_ms);
        for index in 0..self.components[component as usize].cohorts.len() {
            let number = self.components[component as usize].cohorts[index];
            let times = self.cohorts[number as usize].times();
            let outcomes = self.cohorts[number as usize].commit(dt);
            for (place, outcome) in outcomes.iter().enumerate() {
                let target = self.cohorts[number as usize].inflows[place].service;
                let service = &mut self.services[target as usize];
                self.cohorts[number as usize].inflows[place].volume = service.volume;
                service.totals.served += outcome.served * times;
                let services = &self.components[component as usize].services;
                let at = services.iter().position(|service| *service == target);
                let at = at.expect("a cohort's services are of its component");
                let timeout = self.cohorts[number as usize].params.timeout;
                losses[at].add(outcome, times, timeout);
                self.tell_part(number, place, outcome);
            }
        }
        for (index, losses) in losses.iter().enumerate() {
            let service = self.components[component as usize].services[index];
            self.services[service as usize].lose(losses, (from_ms, self.now_ms), dt);
            self.end_line(service);
        }
    }

    /// Adds what passed through in quiet to a cohort's counts.
    pub(super) fn fold(&mut self, cohort: u32) {
        let cohort = &mut self.cohorts[cohort as usize];
        let mut passed = 0.0;
        for inflow in &mut cohort.inflows {
            let volume = self.services[inflow.service as usize].volume;
            if inflow.open {
                passed += cohort.weight * (volume - inflow.volume);
            }
            inflow.volume = volume;
        }
        cohort.counts = cohort.counts.plus(passed_through(passed, cohort.params.cpu));
    }

    /// Offered = served + failed + waiting, for each service.
    fn check_conservation(&self, component: u32) {
        if !cfg!(debug_assertions) {
            return;
        }
        for service in &self.components[component as usize].services {
            let totals = self.services[*service as usize].totals;
            let rest = totals.offered - totals.served - totals.failed - self.waiting(*service);
            let scale = totals.offered.max(1.0);
            assert!(
                rest.abs() <= 1e-9 * scale,
                "requests of service {service} got lost: {rest} of {}",
                totals.offered
            );
        }
    }

    /// Requests of a service that wait and are in time, at its component's clock.
    pub(super) fn waiting(&self, service: u32) -> f64 {
        let component = self.services[service as usize].component;
        let mut waiting = 0.0;
        for cohort in &self.components[component as usize].cohorts {
            let cohort = &self.cohorts[*cohort as usize];
            for inflow in cohort.inflows.iter().filter(|inflow| inflow.service == service) {
                waiting += inflow.queued * cohort.times();
            }
        }
        waiting
    }
}

/// Counts of requests that were worked on at once.
pub(super) fn passed_through(amount: f64, cpu: f64) -> Counts {
    Counts { offered: amount, served: amount, failed: 0.0, worked: amount, cpu: amount * cpu }
}

/// Failures of a service during a piece.
#[derive(Clone, Copy, Debug, Default)]
struct Losses {
    /// Refused, or no room.
    at_once: f64,
    /// Let in, but too late.
    timed_out: f64,
    /// How long their clients wait \[s\].
    timeout: f64,
}

impl Losses {
    fn add(&mut self, outcome: &Outcome, times: f64, timeout: f64) {
        self.timeout = self.timeout.max(timeout);
        self.at_once += outcome.turned_away * times;
        self.timed_out += outcome.let_in_late * times;
    }
}

impl Service {
    fn pass_volume(&mut self, offered: f64) {
        if self.weight > 0.0 {
            self.volume += offered / self.weight;
        }
    }

    fn lose(&mut self, losses: &Losses, between_ms: (f64, f64), dt: f64) {
        let first = area(self.first_rate, self.slope, dt);
        self.totals.arrived += first;
        self.totals.failed += losses.at_once + losses.timed_out;
        if !self.retries.is_used() {
            self.totals.lost += losses.at_once + losses.timed_out;
            return;
        }
        let mix = self.retries.arrive(between_ms.0, between_ms.1, first);
        self.totals.lost += self.retries.fail(&mix, losses.at_once, between_ms, 0.0);
        if losses.timed_out > 0.0 {
            let wait_ms = losses.timeout * 1000.0;
            self.totals.lost += self.retries.fail(&mix, losses.timed_out, between_ms, wait_ms);
        }
    }
}
