//! What happened to a service's requests in a window of time, from its segments and loads.

use smallvec::SmallVec;

use crate::units::{SimDuration, SimTime};
use crate::workload::segment::{Flow, LoadShare, Segment, SegmentPart};
use crate::workload::service::ModelConfig;

use super::Histogram;

/// Steps of utilization.
const STEPS: usize = 256;
/// Steps into which a growing or shrinking backlog is cut.
const BACKLOG_STEPS: u32 = 16;

/// What happened to a service's requests in a window.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WindowSummary {
    /// Tries that arrived.
    pub offered: f64,
    /// Tries that were served.
    pub served: f64,
    /// Tries that failed.
    pub failed: f64,
    /// Requests whose last try failed.
    pub lost: f64,
    /// Requests that were served, but took longer than the objective; 0 without one.
    pub late: f64,
    /// Time in which more arrived than the pods could serve \[s\].
    pub under_capacity: f64,
    /// Latencies of those that were served; empty for CPU work.
    pub latency: Histogram,
}

/// A straight piece of arrivals: begin and end \[ms\], rates there \[1/s\].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateLine {
    /// Begin \[ms\].
    pub from_ms: f64,
    /// End \[ms\].
    pub to_ms: f64,
    /// Rate at the begin \[1/s\].
    pub first: f64,
    /// Rate at the end \[1/s\].
    pub last: f64,
}

/// Sums up the segments of one service over `[from, to)`. `segments` may hold those of other
/// services too; `config` is the one that they were made with.
pub fn summarize(
    segments: &[Segment],
    config: &ModelConfig,
    service: u32,
    (from, to): (SimTime, SimTime),
) -> WindowSummary {
    let mut window = Window::new(config, service);
    for segment in segments.iter().filter(|segment| segment.service == service) {
        let begin = segment.from_ms.max(from.0 as f64);
        let end = segment.to_ms.min(to.0 as f64);
        if begin < end {
            window.add(segment, begin, end);
        } else if begin == end && segment.from_ms == segment.to_ms {
            window.add_instant(segment);
        }
    }
    window.finish()
}

impl RateLine {
    /// Requests that arrive.
    pub fn area(&self) -> f64 {
        0.5 * (self.first + self.last) * self.seconds()
    }

    fn seconds(&self) -> f64 {
        (self.to_ms - self.from_ms) / 1000.0
    }

    /// Time in which the rate is above a bound \[s\].
    fn above(&self, bound: f64) -> f64 {
        match (self.first > bound, self.last > bound) {
            (true, true) => self.seconds(),
            (false, false) => 0.0,
            (true, false) => self.seconds() * (self.first - bound) / (self.first - self.last),
            (false, true) => self.seconds() * (self.last - bound) / (self.last - self.first),
        }
    }
}

impl Segment {
    /// The arrivals between two instants inside this segment, as straight pieces in order.
    pub fn arrivals(
        &self,
        config: &ModelConfig,
        (from_ms, to_ms): (f64, f64),
        mut each: impl FnMut(RateLine),
    ) {
        let shares = match &self.flow {
            Flow::Follows { shares, .. } => shares,
            Flow::Line { rate, slope } => {
                let at = |ms: f64| (rate + slope * (ms - self.from_ms) / 1000.0).max(0.0);
                each(RateLine { from_ms, to_ms, first: at(from_ms), last: at(to_ms) });
                return;
            }
        };
        let load = |share: &LoadShare| {
            let own = config.services[share.service as usize].own.as_deref();
            own.map(|load| (share.factor, load.cursor()))
        };
        let mut loads: SmallVec<[_; 2]> = shares.iter().filter_map(load).collect();
        let mut at = from_ms;
        while at < to_ms {
            let (mut end, mut rate, mut slope) = (to_ms, 0.0, 0.0);
            for (factor, cursor) in &mut loads {
                let piece = cursor.piece_at_ms(at);
                end = end.min(piece.to_ms);
                rate += piece.rate * *factor;
                slope += piece.slope * *factor;
            }
            let last = (rate + slope * (end - at) / 1000.0).max(0.0);
            each(RateLine { from_ms: at, to_ms: end, first: rate, last });
            at = end;
        }
    }

    /// The part of this segment's time that lies between two instants inside it.
    fn part_of_time(&self, from_ms: f64, to_ms: f64) -> f64 {
        (to_ms - from_ms) / (self.to_ms - self.from_ms)
    }
}

/// Requests by utilization for pods that are alike.
struct Class {
    part: SegmentPart,
    requests: Vec<f64>,
}

struct Window<'a> {
    config: &'a ModelConfig,
    objective: f64,
    summary: WindowSummary,
    classes: Vec<Class>,
}

impl<'a> Window<'a> {
    fn new(config: &'a ModelConfig, service: u32) -> Window<'a> {
        let objective = config.services[service as usize].objective;
        Window {
            config,
            objective: objective.map_or(f64::INFINITY, SimDuration::as_secs_f64),
            summary: WindowSummary::default(),
            classes: Vec::new(),
        }
    }

    fn add(&mut self, segment: &Segment, from_ms: f64, to_ms: f64) {
        let classes: SmallVec<[usize; 2]> =
            segment.parts.iter().map(|part| self.class(part)).collect();
        let waits = |part: &SegmentPart| part.backlog_from > 0.0 || part.backlog_to > 0.0;
        let mut offered = 0.0;
        let config = self.config;
        segment.arrivals(config, (from_ms, to_ms), |line| {
            let area = line.area();
            offered += area;
            self.summary.under_capacity += line.above(segment.capacity);
            for (part, class) in segment.parts.iter().zip(&classes) {
                if !waits(part) && part.share > 0.0 {
                    self.classes[*class].add(line, part, area);
                }
            }
        });
        for part in segment.parts.iter().filter(|part| waits(part)) {
            self.add_backlog(part, segment.part_of_time(from_ms, to_ms));
        }
        self.count(segment, offered, (from_ms, to_ms));
    }

    fn add_instant(&mut self, segment: &Segment) {
        self.summary.served += segment.served;
        self.summary.failed += segment.failed;
        self.summary.lost += segment.lost;
    }

    fn count(&mut self, segment: &Segment, offered: f64, (from_ms, to_ms): (f64, f64)) {
        let part = segment.part_of_time(from_ms, to_ms);
        let (served, failed, lost) = match &segment.flow {
            Flow::Line { .. } => {
                (segment.served * part, segment.failed * part, segment.lost * part)
            }
            Flow::Follows { refused, .. } => {
                let failed = offered * refused;
                let killed = segment.failed - segment.offered * refused;
                let killed = if to_ms == segment.to_ms { killed } else { 0.0 };
                let lost = failed + killed.min(segment.lost);
                (offered - failed - killed, failed + killed, lost)
            }
        };
        self.summary.offered += offered;
        self.summary.served += served;
        self.summary.failed += failed;
        self.summary.lost += lost;
    }

    fn class(&mut self, part: &SegmentPart) -> usize {
        let alike = |class: &Class| {
            let own = &class.part;
            own.servers == part.servers
                && own.service_time == part.service_time
                && own.off_cpu == part.off_cpu
                && own.timeout == part.timeout
                && own.service_variation == part.service_variation
        };
        if let Some(found) = self.classes.iter().rposition(alike) {
            return found;
        }
        self.classes.push(Class { part: *part, requests: vec![0.0; STEPS] });
        self.classes.len() - 1
    }

    /// Requests that waited in a backlog that went from one length to another.
    fn add_backlog(&mut self, part: &SegmentPart, share: f64) {
        let served = part.served * f64::from(part.pods) * share / f64::from(BACKLOG_STEPS);
        let longest = (part.timeout - part.inside()).max(0.0);
        for step in 0..BACKLOG_STEPS {
            let middle = (f64::from(step) + 0.5) / f64::from(BACKLOG_STEPS);
            let waiting = part.backlog_from + (part.backlog_to - part.backlog_from) * middle;
            let latency = part.inside() + (waiting / part.capacity).min(longest);
            self.summary.latency.add(latency, served);
            if latency > self.objective {
                self.summary.late += served;
            }
        }
    }

    fn finish(mut self) -> WindowSummary {
        for class in &self.classes {
            let inside = class.part.inside();
            for (step, requests) in class.requests.iter().enumerate() {
                if *requests <= 0.0 {
                    continue;
                }
                let rho = (step as f64 + 0.5) / STEPS as f64;
                let wait = class.part.wait_at_utilization(rho);
                self.summary.latency.add_wait(inside, wait, *requests);
                self.summary.late += requests * wait.exceeds(self.objective - inside);
            }
        }
        self.summary
    }
}

impl Class {
    /// Adds the requests of a straight piece, by the utilization that they meet.
    fn add(&mut self, line: RateLine, part: &SegmentPart, area: f64) {
        let requests = area * part.share * f64::from(part.pods);
        let step = |rate: f64| rate * part.share / part.capacity * STEPS as f64;
        let (low, high) = (step(line.first.min(line.last)), step(line.first.max(line.last)));
        let clip = |step: f64| (step as usize).min(STEPS - 1);
        let (first, last) = (clip(low), clip(high));
        if first == last {
            self.requests[first] += requests;
            return;
        }
        // Time is spent evenly over the steps crossed, and requests go with the rate.
        for index in first..=last {
            let from = if index == first { low } else { index as f64 };
            let to = if index == last { high } else { (index + 1) as f64 };
            let weight = (to * to - from * from) / (high * high - low * low);
            self.requests[index] += requests * weight;
        }
    }
}
