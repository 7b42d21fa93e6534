//! Latency of requests, computed from segments after the run.
//!
//! A pod is a queue with `n` servers, service time `S` and utilization `ρ`. The mean wait is
//! Sakasegawa's approximation of M/M/n with the variability of Allen and Cunneen:
//!
//! ```text
//! P = ρ^(√(2(n+1)) - 1)        W = (Ca² + Cs²)/2 · P·S / (n (1 - ρ))        Ca² = 1
//! P(wait > t) = P · exp(-P t / W)        latency = l + S + wait
//! ```
//!
//! Where requests wait already (`q > 0`), the wait is `q / μ`.

mod histogram;
mod window;

use super::segment::SegmentPart;

pub use histogram::Histogram;
pub use window::{RateLine, WindowSummary, summarize};

/// The wait for service of requests at one utilization.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wait {
    /// P, the share of requests that waits at all.
    pub waits: f64,
    /// W, the mean wait over all requests \[s\].
    pub mean: f64,
    /// No wait is longer \[s\].
    pub longest: f64,
}

impl Wait {
    /// Steady state at utilization `rho`, which is in `[0, 1]`.
    ///
    /// `servers` is at least 1, `service_time` in seconds; `variation` is Cs²; `longest` is what
    /// clients have patience for.
    pub fn steady(rho: f64, servers: f64, service_time: f64, variation: f64, longest: f64) -> Wait {
        let exponent = (2.0 * (servers + 1.0)).sqrt() - 1.0;
        let waits = if rho <= 0.0 { 0.0 } else { libm::pow(rho.min(1.0), exponent) };
        let mean = if rho < 1.0 {
            0.5 * (1.0 + variation) * waits * service_time / (servers * (1.0 - rho))
        } else if waits * service_time > 0.0 {
            f64::INFINITY
        } else {
            0.0
        };
        Wait { waits, mean, longest: longest.max(0.0) }
    }

    /// The share of requests that waits longer than `seconds`.
    pub fn exceeds(&self, seconds: f64) -> f64 {
        if seconds < 0.0 {
            1.0
        } else if seconds >= self.longest || self.waits <= 0.0 || self.mean <= 0.0 {
            0.0
        } else {
            self.waits * libm::exp(-self.waits * seconds / self.mean)
        }
    }

    /// The mean wait, no longer than clients wait \[s\].
    pub fn bounded_mean(&self) -> f64 {
        self.mean.min(self.longest)
    }
}

impl SegmentPart {
    /// Time of a request inside without waiting \[s\].
    pub fn inside(&self) -> f64 {
        self.off_cpu + self.service_time
    }

    /// The wait in one of these pods while `rate` requests/s arrive at it and none waits already.
    pub fn wait_at(&self, rate: f64) -> Wait {
        let rho = if rate > 0.0 { rate / self.capacity } else { 0.0 };
        self.wait_at_utilization(rho.min(1.0))
    }

    /// The same by utilization.
    pub(crate) fn wait_at_utilization(&self, rho: f64) -> Wait {
        let longest = self.timeout - self.inside();
        let variation = self.service_variation;
        Wait::steady(rho, self.servers, self.service_time, variation, longest)
    }
}
