//! Backlogs that pods share: queues, and CPU work that is kept.

use crate::workload::service::ServiceKind;

use super::WorkloadModel;
use super::cohort::{Cohort, Inflow};
use super::params::Params;
use super::state::NONE;

impl WorkloadModel {
    /// A cohort for each shared backlog, without pods.
    pub(super) fn build_pools(&mut self) {
        for number in 0..self.services.len() as u32 {
            let service = &mut self.services[number as usize];
            if !matches!(
                service.config.kind,
                ServiceKind::Queue | ServiceKind::Cpu { backlog: true }
            ) {
                continue;
            }
            service.pool = self.cohorts.len() as u32;
            service.weight = 1.0;
            let mut cohort = Cohort::new(service.component, 1.0, Params::nobody());
            cohort.pool = true;
            cohort.inflows.push(Inflow::new(number));
            self.components[cohort.component as usize].cohorts.push(service.pool);
            self.cohorts.push(cohort);
        }
    }

    /// Whether pods of a service take from one shared backlog.
    pub(super) fn has_pool(&self, service: u32) -> bool {
        self.services[service as usize].pool != NONE
    }

    /// Finds anew which pods take from a service's backlog, and how fast. Its component must be
    /// settled.
    pub(super) fn refill_pool(&mut self, number: u32) {
        let pool = self.services[number as usize].pool;
        if pool == NONE {
            return;
        }
        self.fold(pool);
        let counts = self.cohorts[pool as usize].counts;
        for pod in std::mem::take(&mut self.cohorts[pool as usize].members) {
            let pod = &mut self.pods[pod as usize];
            pod.base = pod.counts(counts);
            pod.cohort = NONE;
            pod.share = 0.0;
        }
        let mut params = Params::nobody();
        let mut next_warm = f64::INFINITY;
        let members = self.takers(number);
        for pod in &members {
            let (own, warm_ms) = self.pool_params(number, *pod);
            params = params.with(&own);
            next_warm = next_warm.min(warm_ms);
            let pod = &mut self.pods[*pod as usize];
            (pod.pool_cpu, pod.pool_capacity) = (own.cpu, own.capacity);
        }
        for pod in &members {
            let pod = &mut self.pods[*pod as usize];
            pod.share = match params.capacity {
                0.0 => 1.0 / members.len() as f64,
                f64::INFINITY if pod.pool_capacity == f64::INFINITY => 1.0 / members.len() as f64,
                total => pod.pool_capacity / total,
            };
            pod.cohort = pool;
            let own = pod.counts(counts).minus(pod.base);
            pod.base = pod.base.minus(own);
        }
        let cohort = &mut self.cohorts[pool as usize];
        cohort.members = members;
        cohort.params = params;
        cohort.next_warm = next_warm;
    }

    /// Pods that take from a service's backlog.
    fn takers(&self, number: u32) -> Vec<u32> {
        let service = &self.services[number as usize];
        let queue = service.config.kind == ServiceKind::Queue;
        let pods = if queue { &service.consumers } else { &service.endpoints };
        let takes = |pod: &&u32| {
            let ours = self.pool_of(**pod) == Some(number);
            let pod = &self.pods[**pod as usize];
            ours && pod.accepts() && (!queue || pod.has_started()) && pod.behavior.is_some()
        };
        pods.iter().filter(takes).copied().collect()
    }

    /// The service whose shared backlog a pod takes from; it takes from one only.
    pub(super) fn pool_of(&self, pod: u32) -> Option<u32> {
        let state = &self.pods[pod as usize];
        let kept = || state.endpoint_of.iter().copied().find(|service| self.has_pool(*service));
        state.consumes.or_else(kept)
    }

    fn pool_params(&self, service: u32, pod: u32) -> (Params, f64) {
        let pod = &self.pods[pod as usize];
        let behavior = pod.behavior.as_ref().expect("only pods with a behaviour take part");
        if self.services[service as usize].config.kind != ServiceKind::Queue {
            return (Params::work(behavior, pod.cores(), true), f64::INFINITY);
        }
        let warm = self.warmth(pod);
        let params = Params::requests(behavior, pod.cores(), warm.map_or(1.0, |warm| warm.0));
        (params, warm.map_or(f64::INFINITY, |(_, left)| self.now_ms + left.0 as f64))
    }

    /// The service whose pool a pod is in.
    pub(super) fn pool_joined(&self, pod: u32) -> Option<u32> {
        let cohort = self.pods[pod as usize].cohort;
        let cohort = self.cohorts.get(cohort as usize).filter(|cohort| cohort.pool)?;
        Some(cohort.inflows[0].service)
    }

    /// Refills the pool that a pod has left and the one that it belongs to.
    pub(super) fn refill_pools_of(&mut self, pod: u32, left: Option<u32>) {
        let joins = self.pool_of(pod);
        if let Some(left) = left.filter(|left| joins != Some(*left)) {
            self.refill_pool(left);
        }
        if let Some(joins) = joins {
            self.refill_pool(joins);
        }
    }
}

impl Params {
    /// A pool without pods.
    fn nobody() -> Params {
        Params {
            cpu: 0.0,
            capacity: 0.0,
            service_time: 0.0,
            off_cpu: 0.0,
            timeout: 0.0,
            queue_bound: f64::INFINITY,
            late_bound: f64::INFINITY,
            servers: 0.0,
            variation: 0.0,
            request_memory: 0.0,
            memory_limit: f64::INFINITY,
            memory_base: 0.0,
            memory_growth: 0.0,
            retains: false,
        }
    }

    /// A pool with one more pod: capacities and servers add up, times are weighted by capacity.
    fn with(self, pod: &Params) -> Params {
        let capacity = self.capacity + pod.capacity;
        let weight =
            if capacity > 0.0 && capacity.is_finite() { pod.capacity / capacity } else { 1.0 };
        let mean = |all: f64, own: f64| all + (own - all) * weight;
        Params {
            capacity,
            servers: self.servers + pod.servers,
            service_time: mean(self.service_time, pod.service_time),
            off_cpu: mean(self.off_cpu, pod.off_cpu),
            variation: mean(self.variation, pod.variation),
            timeout: f64::INFINITY,
            ..self
        }
    }
}
