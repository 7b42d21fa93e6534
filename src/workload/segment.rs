//! How services fared between two changes: enough, with the compiled loads, to compute rates,
//! latency and loss over any window afterwards.

use smallvec::SmallVec;

/// One service between two changes of its pods, their capacity or their state.
///
/// Instants are in ms since the start as `f64`: a backlog is gone between whole milliseconds.
/// Segments of one service are in order and without gaps. Requests are tries, retries included; for
/// traffic given as CPU work they are core-seconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    /// Place in [`crate::workload::ModelConfig::services`].
    pub service: u32,
    /// Begin \[ms\].
    pub from_ms: f64,
    /// End \[ms\]; after the begin, but for requests killed at the very end of a simulation.
    pub to_ms: f64,
    /// What arrives.
    pub flow: Flow,
    /// Pods that serve.
    pub pods: u32,
    /// What they could serve \[requests/s\].
    pub capacity: f64,
    /// Requests that wait at the begin.
    pub backlog_from: f64,
    /// Requests that wait at the end.
    pub backlog_to: f64,
    /// Requests that arrive.
    pub offered: f64,
    /// Requests that are served.
    pub served: f64,
    /// Tries that fail: refused, dropped, given up, or killed at the segment's begin or end.
    pub failed: f64,
    /// Requests whose last try fails.
    pub lost: f64,
    /// Pods alike, with what latency needs.
    pub parts: SmallVec<[SegmentPart; 1]>,
}

/// What arrives in a [`Segment`].
#[derive(Clone, Debug, PartialEq)]
pub enum Flow {
    /// Compiled loads as they are: nobody waits, nobody retries. The rate is the sum of
    /// `factor * own load of the service`.
    Follows {
        /// Its own load, and those that cause it.
        shares: SmallVec<[LoadShare; 1]>,
        /// Share of the requests that fails at once, because the endpoint is gone.
        refused: f64,
    },
    /// A straight line.
    Line {
        /// Rate at the begin \[requests/s\].
        rate: f64,
        /// Its change \[requests/s²\].
        slope: f64,
    },
}

/// A part of the load of some service.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LoadShare {
    /// Whose own load.
    pub service: u32,
    /// Requests caused by each one of it.
    pub factor: f64,
}

/// Pods of a [`Segment`] that are alike.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SegmentPart {
    /// How many.
    pub pods: u32,
    /// Share of the service's arrivals that each one gets.
    pub share: f64,
    /// What each one could serve \[requests/s\].
    pub capacity: f64,
    /// Cores left for requests over cores that one request uses, at least 1: servers of the
    /// formula.
    pub servers: f64,
    /// CPU time of one request, warm-up included \[s\]; 0 where a backlog is shared.
    pub cpu: f64,
    /// Service time on the CPU \[s\].
    pub service_time: f64,
    /// Time off the CPU \[s\].
    pub off_cpu: f64,
    /// How long clients wait \[s\].
    pub timeout: f64,
    /// Squared coefficient of variation of the service time.
    pub service_variation: f64,
    /// Requests that wait in each one at the begin.
    pub backlog_from: f64,
    /// Requests that wait in each one at the end.
    pub backlog_to: f64,
    /// Requests served by each one.
    pub served: f64,
}
