//! Requests: those that came are those that were served, failed or wait.

use std::sync::Arc;

use podtide::scenario::Scenario;
use podtide::units::SimTime;
use podtide::workload::service::{OnTimeout, ServiceConfig};
use podtide::workload::{Load, Segment};

use super::Checked;

/// Share of all requests that rounding may lose.
const ROUNDING: f64 = 1e-9;

/// The requests of all services so far.
pub(super) struct Requests {
    services: Vec<Service>,
    /// Whether a request whose client has gone may still be worked on, and so wait.
    zombies: bool,
}

#[derive(Clone, Default)]
struct Service {
    /// All that asks for its work, if that is one load and nobody tries again.
    load: Option<Arc<Load>>,
    offered: f64,
    /// End of the last segment [ms].
    at_ms: f64,
    begun: bool,
    /// Requests that came, those that waited at the start too.
    came: f64,
    served: f64,
    failed: f64,
}

impl Requests {
    pub(super) fn new(scenario: &Scenario) -> Requests {
        let config = &scenario.workload.config;
        let works = |behavior: &podtide::workload::service::Behavior| {
            behavior.on_timeout == OnTimeout::Work
        };
        let only_load = |service: &ServiceConfig| {
            let is_all = service.from.is_empty() && service.retry.attempts == 0;
            service.own.clone().filter(|_| is_all)
        };
        let service = |service| Service { load: only_load(service), ..Service::default() };
        Requests {
            services: config.services.iter().map(service).collect(),
            zombies: config.profiles.iter().any(|profile| works(&profile.behavior)),
        }
    }

    /// At the end: all that the loads ask for has been offered.
    pub(super) fn check_end(&self, end: SimTime) -> Checked {
        for service in self.services.iter().filter(|service| service.begun) {
            let Some(load) = &service.load else { continue };
            let asked = load.integral(SimTime::ZERO, end);
            if (asked - service.offered).abs() > ROUNDING * asked.max(1.0) + 1e-6 {
                return Err(format!("{asked} were asked for, {} offered", service.offered));
            }
        }
        Ok(())
    }

    /// Takes in a segment, which must follow on the one before it.
    pub(super) fn check(&mut self, segment: &Segment) -> Checked {
        let service = &mut self.services[segment.service as usize];
        if !service.begun {
            service.came = waiting_at_start(segment);
        } else if service.at_ms != segment.from_ms {
            return Err(format!("a gap from {} to {}", service.at_ms, segment.from_ms));
        }
        service.begun = true;
        service.at_ms = segment.to_ms;
        service.came += segment.offered;
        service.offered += segment.offered;
        service.served += segment.served;
        service.failed += segment.failed;
        let waits = service.came - service.served - service.failed;
        let rounding = ROUNDING * service.came.max(1.0) + 1e-6;
        let is_enough = waits >= -rounding && waits <= segment.backlog_to + rounding;
        let is_all = self.zombies || (waits - segment.backlog_to).abs() <= rounding;
        if is_enough && is_all {
            return Ok(());
        }
        Err(format!("{waits} should wait: {segment:?}"))
    }
}

/// Requests that wait before a first segment; those that are killed as it begins are not in its
/// backlog any more, but among its failed ones.
fn waiting_at_start(segment: &Segment) -> f64 {
    let ended = segment.served + segment.failed + segment.backlog_to - segment.offered;
    segment.backlog_from.max(ended)
}
