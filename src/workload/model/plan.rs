//! What comes next: how long a component stays quiet, or its next piece.

use smallvec::SmallVec;

use crate::units::SimTime;
use crate::workload::Load;
use crate::workload::segment::LoadShare;

use super::WorkloadModel;
use super::cohort::Mode;

/// Windows and pieces are at least this long \[ms\], so that time always moves.
const LEAST_MS: f64 = 1e-6;
/// Capacities are exceeded by more than rounding only.
const SLACK: f64 = 1.0 + 1e-12;
/// How far a sum of loads is looked ahead at, by the greatest rate of each; the longest span that
/// is below the threshold counts \[ms\].
const AHEAD_MS: [i64; 4] = [3_600_000, 600_000, 60_000, 15_000];

impl WorkloadModel {
    /// Plans everything that has changed, and finds when something happens next.
    pub(super) fn plan_all(&mut self) {
        // Nodes change capacities, and those change what nodes are asked for: twice is enough, what
        // is marked after that is looked at a millisecond later.
        for _ in 0..2 {
            self.plan_components();
            self.plan_nodes();
        }
        self.plan_components();
        for node in std::mem::take(&mut self.dirty_nodes) {
            self.nodes[node as usize].dirty = false;
            self.nodes[node as usize].wake_ms = self.now_ms + 1.0;
        }
        self.dirty = false;
        let timer = self.timers.first().map_or(f64::INFINITY, |timer| timer.at_ms as f64);
        let components = self.components.iter().map(|component| component.end_ms);
        let nodes = self.nodes.iter().map(|node| node.wake_ms);
        self.wake_ms = components.chain(nodes).fold(timer, f64::min);
    }

    fn plan_components(&mut self) {
        for component in 0..self.components.len() as u32 {
            if self.components[component as usize].dirty {
                self.settle(component);
                self.plan(component);
            }
        }
    }

    fn plan(&mut self, component: u32) {
        self.tidy(component);
        self.share_out(component);
        let was_quiet = self.components[component as usize].quiet;
        let quiet_ms = self.quiet_until(component);
        let state = &mut self.components[component as usize];
        state.dirty = false;
        state.quiet = quiet_ms > self.now_ms + LEAST_MS;
        if state.quiet {
            state.end_ms = quiet_ms;
            self.start_quiet(component);
        } else {
            self.start_piece(component);
        }
        if was_quiet != self.components[component as usize].quiet {
            self.mark_nodes_of(component);
        }
        self.refresh_segments(component);
    }

    /// What each service's rate is made of while every request is worked on.
    fn share_out(&mut self, component: u32) {
        for index in 0..self.components[component as usize].services.len() {
            let number = self.components[component as usize].services[index];
            let mut shares: SmallVec<[LoadShare; 1]> = SmallVec::new();
            let service = &self.services[number as usize];
            if service.config.own.is_some() {
                shares.push(LoadShare { service: number, factor: 1.0 });
            }
            for upstream in &service.config.from {
                let cause = &self.services[upstream.service as usize];
                let ratio = upstream.ratio * (1.0 - cause.refused());
                for share in &cause.shares {
                    add_share(&mut shares, share.service, share.factor * ratio);
                }
            }
            self.services[number as usize].shares = shares;
        }
    }

    /// Until when every request is worked on at once \[ms\]; now or before if that is not so.
    fn quiet_until(&self, component: u32) -> f64 {
        let state = &self.components[component as usize];
        let mut until = f64::INFINITY;
        for number in &state.services {
            let service = &self.services[*number as usize];
            let retries = service.retries.is_used() && service.refused() > 0.0;
            if !service.retries.is_empty() || (retries && !service.shares.is_empty()) {
                return f64::NEG_INFINITY;
            }
        }
        for number in &state.cohorts {
            let cohort = &self.cohorts[*number as usize];
            if !cohort.is_idle() || cohort.params.late_bound < 0.0 {
                return f64::NEG_INFINITY;
            }
            until = until.min(cohort.next_warm).min(self.memory_horizon(*number));
            if cohort.inflows.len() > 1 {
                until = until.min(self.several_below(*number));
            }
        }
        for number in &state.services {
            let most = self.most_rate(*number);
            let shares = &self.services[*number as usize].shares;
            until = until.min(self.first_above(shares, self.now_ms, most * SLACK));
        }
        until
    }

    /// The rate of a service at which the first of its pods is at its bound.
    fn most_rate(&self, service: u32) -> f64 {
        let state = &self.services[service as usize];
        let cohorts = &self.components[state.component as usize].cohorts;
        let of_cohort = |number: &u32| {
            let cohort = &self.cohorts[*number as usize];
            let fed = cohort.inflows.iter().any(|inflow| inflow.service == service && inflow.open);
            let bound = self.most_per_pod(*number) * state.weight / cohort.weight;
            if fed { bound } else { f64::INFINITY }
        };
        cohorts.iter().map(of_cohort).fold(f64::INFINITY, f64::min)
    }

    /// Until when pods that several services feed are below their capacity \[ms\].
    fn several_below(&self, cohort: u32) -> f64 {
        let state = &self.cohorts[cohort as usize];
        let mut shares: SmallVec<[LoadShare; 1]> = SmallVec::new();
        for inflow in state.inflows.iter().filter(|inflow| inflow.open) {
            let service = &self.services[inflow.service as usize];
            for share in &service.shares {
                let factor = share.factor * state.weight / service.weight;
                add_share(&mut shares, share.service, factor);
            }
        }
        self.first_above(&shares, self.now_ms, self.most_per_pod(cohort) * SLACK)
    }

    fn start_quiet(&mut self, component: u32) {
        for index in 0..self.components[component as usize].services.len() {
            let number = self.components[component as usize].services[index];
            let integral = self.integral(number, self.now_ms);
            self.services[number as usize].integral = integral;
            self.services[number as usize].follows = true;
        }
    }

    /// The first instant \[ms\] at or after `from_ms` at which a sum of loads is above a threshold.
    /// May be early where several loads are summed, but then it is at least 15 s away.
    pub(super) fn first_above(&self, shares: &[LoadShare], from_ms: f64, threshold: f64) -> f64 {
        if threshold == f64::INFINITY {
            return f64::INFINITY;
        }
        match shares {
            [] => f64::INFINITY,
            [one] if one.factor > 0.0 => {
                let load = self.services[one.service as usize].load();
                let above = |load: &crate::workload::Load| {
                    load.first_above_ms(from_ms, threshold / one.factor)
                };
                load.map_or(f64::INFINITY, above)
            }
            [_] => f64::INFINITY,
            _ => self.sum_above(shares, from_ms, threshold),
        }
    }

    /// Looks ahead no further than the first of [`AHEAD_MS`]: something else is likely to change
    /// before.
    fn sum_above(&self, shares: &[LoadShare], from_ms: f64, threshold: f64) -> f64 {
        if self.greatest_ever(shares) <= threshold {
            return f64::INFINITY;
        }
        for ahead in AHEAD_MS {
            let to = from_ms + ahead as f64;
            if self.greatest_sum(shares, from_ms, to) <= threshold {
                return if self.all_over(shares, from_ms) { f64::INFINITY } else { to };
            }
        }
        let [.., soon] = AHEAD_MS;
        self.sum_above_soon(shares, from_ms, from_ms + soon as f64, threshold)
    }

    /// No sum of those loads is ever above this.
    fn greatest_ever(&self, shares: &[LoadShare]) -> f64 {
        let one = |share: &LoadShare| {
            let load = self.services[share.service as usize].load();
            load.map_or(0.0, Load::greatest) * share.factor
        };
        shares.iter().map(one).sum()
    }

    fn greatest_sum(&self, shares: &[LoadShare], from_ms: f64, to_ms: f64) -> f64 {
        let (from, to) = (SimTime(from_ms.floor() as i64), SimTime(to_ms.ceil() as i64));
        let one = |share: &LoadShare| {
            let load = self.services[share.service as usize].load();
            load.map_or(0.0, |load| load.max_in(from, to)) * share.factor
        };
        shares.iter().map(one).sum()
    }

    fn all_over(&self, shares: &[LoadShare], at_ms: f64) -> bool {
        shares.iter().all(|share| {
            let load = self.services[share.service as usize].load();
            load.is_none_or(|load| load.duration().0 as f64 <= at_ms)
        })
    }

    /// As `first_above`, piece by piece.
    fn sum_above_soon(
        &self,
        shares: &[LoadShare],
        from_ms: f64,
        to_ms: f64,
        threshold: f64,
    ) -> f64 {
        let mut at = from_ms;
        while at < to_ms {
            let (mut end, mut rate, mut slope) = (to_ms, 0.0, 0.0);
            for share in shares {
                let Some(load) = self.services[share.service as usize].load() else { continue };
                let piece = load.piece_at_ms(at);
                end = end.min(piece.to_ms);
                rate += piece.rate * share.factor;
                slope += piece.slope * share.factor;
            }
            if rate > threshold {
                return at;
            }
            let crossing = at + (threshold - rate) / slope * 1000.0;
            if slope > 0.0 && crossing < end {
                return crossing;
            }
            at = end;
        }
        to_ms
    }

    /// Starts a piece of a component that is not quiet.
    fn start_piece(&mut self, component: u32) {
        let mut end = f64::INFINITY;
        for index in 0..self.components[component as usize].cohorts.len() {
            let cohort = self.components[component as usize].cohorts[index];
            self.fold(cohort);
        }
        for index in 0..self.components[component as usize].services.len() {
            let service = self.components[component as usize].services[index];
            end = end.min(self.start_rate(service));
            self.start_cohorts(service);
        }
        for index in 0..self.components[component as usize].cohorts.len() {
            let number = self.components[component as usize].cohorts[index];
            if self.cohorts[number as usize].inflows.iter().all(|inflow| !inflow.open) {
                self.cohorts[number as usize].start_piece();
            }
            let cohort = &self.cohorts[number as usize];
            end = end.min(self.now_ms + cohort.root * 1000.0).min(cohort.next_warm);
            end = end.min(self.now_ms + self.memory_root(number) * 1000.0);
        }
        for index in 0..self.components[component as usize].services.len() {
            let service = self.components[component as usize].services[index];
            end = end.min(self.find_whether_follows(service));
        }
        self.components[component as usize].end_ms = end.max(self.now_ms + LEAST_MS);
    }

    /// Arrivals at a service from now on; gives the next breakpoint \[ms\].
    fn start_rate(&mut self, number: u32) -> f64 {
        let service = &self.services[number as usize];
        let mut end = f64::INFINITY;
        let (mut rate, mut slope) = (0.0, 0.0);
        if let Some(load) = service.load() {
            let piece = load.piece_at_ms(self.now_ms);
            (rate, slope, end) = (piece.rate, piece.slope, piece.to_ms);
        }
        for upstream in &service.config.from {
            let outflow = self.services[upstream.service as usize].outflow;
            rate += upstream.ratio * outflow.0;
            slope += upstream.ratio * outflow.1;
        }
        let service = &mut self.services[number as usize];
        service.first_rate = rate;
        service.slope = slope;
        service.rate = rate + service.retries.rate(self.now_ms);
        if !service.retries.is_empty() {
            end = end.min(service.retries.bucket_end(self.now_ms));
        }
        end
    }

    /// Gives the cohorts of a service their part of its arrivals, and finds what is served.
    fn start_cohorts(&mut self, number: u32) {
        let component = self.services[number as usize].component;
        let service = &self.services[number as usize];
        let (rate, slope, weight) = (service.rate, service.slope, service.weight);
        let mut outflow = (0.0, 0.0);
        for index in 0..self.components[component as usize].cohorts.len() {
            let cohort = self.components[component as usize].cohorts[index];
            let cohort = &mut self.cohorts[cohort as usize];
            let Some(place) = cohort.inflows.iter().position(|one| one.service == number) else {
                continue;
            };
            let share = if cohort.inflows[place].open { cohort.weight / weight } else { 0.0 };
            cohort.inflows[place].rate = rate * share;
            cohort.inflows[place].slope = slope * share;
            cohort.start_piece();
            let (out, change) = cohort.outflow(place);
            outflow.0 += out * cohort.times();
            outflow.1 += change * cohort.times();
        }
        self.services[number as usize].outflow = outflow;
    }

    /// Whether a service's rate follows from loads during the piece; if requests fail that may be
    /// tried again, gives the end of the bucket of retries \[ms\].
    fn find_whether_follows(&mut self, number: u32) -> f64 {
        let service = &self.services[number as usize];
        let cohorts = &self.components[service.component as usize].cohorts;
        let mut passes = true;
        let mut fails = service.refused() > 0.0;
        for cohort in cohorts {
            let cohort = &self.cohorts[*cohort as usize];
            if cohort.inflows.iter().any(|inflow| inflow.service == number) {
                passes &= cohort.mode == Mode::Pass && !cohort.late && cohort.is_idle();
                fails |= cohort.mode == Mode::Full || cohort.late;
            }
        }
        let causes = &service.config.from;
        let follow = causes.iter().all(|cause| self.services[cause.service as usize].follows);
        let retries = service.retries.is_used() && fails;
        let calm = service.retries.is_empty() && !retries;
        let end = if retries { service.retries.bucket_end(self.now_ms) } else { f64::INFINITY };
        self.services[number as usize].follows = passes && follow && calm;
        end
    }
}

fn add_share(shares: &mut SmallVec<[LoadShare; 1]>, service: u32, factor: f64) {
    match shares.iter_mut().find(|share| share.service == service) {
        Some(share) => share.factor += factor,
        None => shares.push(LoadShare { service, factor }),
    }
}
