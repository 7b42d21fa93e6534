//! Traffic over time, from the segments: rates, capacity, and what became of the requests.

use super::numbers::{Attempts, Latency, LoadUnit, Requests};
use super::series::TrafficSeries;
use super::track::{Course, Track, plus};
use crate::recording::Recording;
use crate::units::{SimDuration, SimTime};
use crate::workload::latency::{self, Histogram, WindowSummary};
use crate::workload::service::{ModelConfig, ServiceConfig, ServiceKind};
use crate::workload::traffic::Load;
use crate::workload::{Flow, Segment};

/// One Service over time, and its sums.
#[derive(Clone, Debug, Default)]
pub(super) struct ServiceHistory {
    /// Rates, capacity, backlog.
    pub(super) series: TrafficSeries,
    /// Requests of users.
    pub(super) requests: Requests,
    /// Tries.
    pub(super) attempts: Attempts,
    /// Latency of what was served.
    pub(super) latency: Histogram,
    /// Requests that took longer are late \[s\].
    pub(super) objective: Option<f64>,
}

/// Tries that failed at some Services, with those that fail at one instant, such as those that a
/// crash kills.
#[derive(Clone, Copy, Debug)]
pub(super) struct Failures<'a> {
    /// What happened.
    pub(super) recording: &'a Recording,
    /// All Services over time.
    pub(super) histories: &'a [ServiceHistory],
    /// Places of the Services.
    pub(super) services: &'a [usize],
}

impl Failures<'_> {
    /// How many failed from one instant to another \[ms\].
    pub(super) fn between(&self, from_ms: f64, to_ms: f64) -> f64 {
        let rate = |place: &usize| self.histories[*place].series.failed.integral(from_ms, to_ms);
        let over_time: f64 = self.services.iter().map(rate).sum();
        let segments = &self.recording.segments;
        let first = segments.partition_point(|segment| segment.to_ms <= from_ms);
        let last = segments.partition_point(|segment| segment.to_ms <= to_ms);
        over_time + segments[first..last].iter().map(|segment| self.at_once(segment)).sum::<f64>()
    }

    /// What failed at one instant, with the segment that ended there.
    fn at_once(&self, segment: &Segment) -> f64 {
        let place = segment.service as usize;
        if !self.services.contains(&place) || segment.failed <= 0.0 {
            return 0.0;
        }
        let series = &self.histories[place].series;
        let rest = segment.failed - series.failed.integral(segment.from_ms, segment.to_ms);
        // Less is rounding.
        if rest > 1e-6 * segment.offered.max(1.0) { rest } else { 0.0 }
    }
}

/// All Services over time, in order of the model's list.
pub(super) fn histories(config: &ModelConfig, recording: &Recording) -> Vec<ServiceHistory> {
    let end_ms = recording.end.0 as f64;
    let mut histories: Vec<ServiceHistory> = config.services.iter().map(history).collect();
    for segment in &recording.segments {
        if let Some(history) = histories.get_mut(segment.service as usize) {
            history.add(segment, config);
        }
    }
    for place in 0..histories.len() {
        let requests = requests(config, place, &histories, end_ms);
        let span = (SimTime::ZERO, recording.end);
        let sums = latency::summarize(&recording.segments, config, place as u32, span);
        histories[place].series.requests = requests;
        histories[place].sum_up(sums, end_ms);
    }
    histories
}

fn history(service: &ServiceConfig) -> ServiceHistory {
    let unit = match service.kind {
        ServiceKind::Requests => LoadUnit::Requests,
        ServiceKind::Queue => LoadUnit::Messages,
        ServiceKind::Cpu { .. } => LoadUnit::CoreSeconds,
    };
    let lines = || Track::new(Course::Lines);
    let series = TrafficSeries {
        unit,
        requests: lines(),
        attempts: lines(),
        served: lines(),
        failed: lines(),
        backlog: lines(),
        capacity: Track::default(),
    };
    let objective = service.objective.map(SimDuration::as_secs_f64);
    ServiceHistory { series, objective, ..ServiceHistory::default() }
}

impl ServiceHistory {
    /// Adds a segment to the values over time.
    fn add(&mut self, segment: &Segment, config: &ModelConfig) {
        let (from, to) = (segment.from_ms, segment.to_ms);
        if to <= from {
            return;
        }
        let series = &mut self.series;
        series.capacity.push(from, segment.capacity);
        series.backlog.push(from, segment.backlog_from);
        series.backlog.push(to, segment.backlog_to);
        let refused = match &segment.flow {
            Flow::Follows { refused, .. } => Some(*refused),
            Flow::Line { .. } => None,
        };
        segment.arrivals(config, (from, to), |line| {
            for (at, rate) in [(line.from_ms, line.first), (line.to_ms, line.last)] {
                series.attempts.push(at, rate);
                if let Some(refused) = refused {
                    series.served.push(at, rate * (1.0 - refused));
                    series.failed.push(at, rate * refused);
                }
            }
        });
        if let Flow::Line { rate, slope } = segment.flow {
            let seconds = (to - from) / 1000.0;
            let last = rate + slope * seconds;
            let [first_failed, last_failed] = failing(segment, seconds, [rate, last]);
            for (at, failed) in [(from, first_failed), (to, last_failed)] {
                series.served.push(at, segment.served / seconds);
                series.failed.push(at, failed);
            }
        }
    }

    fn sum_up(&mut self, sums: WindowSummary, end_ms: f64) {
        let asked = &self.series.requests;
        let known = |value: f64| if value.is_nan() { 0.0 } else { value };
        let offered = asked.integral(0.0, end_ms);
        self.attempts = Attempts {
            offered: sums.offered,
            served: sums.served,
            failed: sums.failed,
            ..self.attempts
        };
        self.requests = Requests {
            unit: self.series.unit,
            offered,
            served: sums.served,
            failed: sums.lost,
            late: sums.late,
            waiting: (offered - sums.served - sums.lost).max(0.0),
            failed_share: share(sums.lost, offered),
            late_share: share(sums.late, sums.served),
            peak_offered_per_second: known(asked.max(0.0, end_ms)),
            mean_offered_per_second: known(asked.mean(0.0, end_ms)),
        };
        self.latency = sums.latency;
    }

    /// Latency of what was served; none without any.
    pub(super) fn latency(&self) -> Option<Latency> {
        let at = |quantile: f64| self.latency.quantile(quantile);
        Some(Latency {
            p50_seconds: at(0.5)?,
            p95_seconds: at(0.95)?,
            p99_seconds: at(0.99)?,
            objective_seconds: self.objective,
        })
    }
}

/// Rates of failure at both ends of a straight segment. What a full queue turns away grows as the
/// load does; where that does not fit, failures are spread evenly.
fn failing(segment: &Segment, seconds: f64, arriving: [f64; 2]) -> [f64; 2] {
    let mean = segment.failed / seconds;
    let turned_away = arriving.map(|rate| rate - segment.offered / seconds + mean);
    if segment.failed > 0.0 && turned_away.iter().all(|rate| *rate >= 0.0) {
        turned_away
    } else {
        [mean; 2]
    }
}

/// A part of a whole, 0 to 1.
fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { (part / whole).clamp(0.0, 1.0) } else { 0.0 }
}

/// What users ask for: a Service's own load, and requests caused by those that others served.
fn requests(
    config: &ModelConfig,
    place: usize,
    histories: &[ServiceHistory],
    end_ms: f64,
) -> Track {
    let service = &config.services[place];
    let none = || Track::new(Course::Lines);
    let mut sum = service.own.as_deref().map_or_else(none, |load| course(load, end_ms));
    for upstream in &service.from {
        let served = &histories[upstream.service as usize].series.served;
        sum = added(&sum, served, upstream.ratio, 0.0, end_ms);
    }
    sum
}

/// A load's rate from the start to an instant, as lines.
fn course(load: &Load, end_ms: f64) -> Track {
    let mut track = Track::new(Course::Lines);
    let mut cursor = load.cursor();
    let mut at = 0.0;
    while at < end_ms {
        let piece = cursor.piece_at_ms(at);
        let end = piece.to_ms.min(end_ms);
        track.push(at, piece.rate);
        track.push(end, piece.rate + piece.slope * (end - at) / 1000.0);
        at = end;
    }
    track
}

/// The latency that 95 % of what some Services served in a window did not exceed \[s\].
pub(super) fn p95(
    config: &ModelConfig,
    recording: &Recording,
    services: &[usize],
    (from_ms, to_ms): (f64, f64),
) -> Option<f64> {
    let inside = |segment: &&Segment| {
        let ours = services.contains(&(segment.service as usize));
        ours && segment.to_ms >= from_ms && segment.from_ms <= to_ms
    };
    // Segments come in order of their ends.
    let first = recording.segments.partition_point(|segment| segment.to_ms < from_ms);
    let segments: Vec<Segment> =
        recording.segments[first..].iter().filter(inside).cloned().collect();
    let span = (SimTime(from_ms as i64), SimTime(to_ms.ceil() as i64));
    let mut all = Histogram::default();
    for service in services {
        all.merge(&latency::summarize(&segments, config, *service as u32, span).latency);
    }
    all.quantile(0.95)
}

/// `a + factor * b`, where nothing counts as 0.
fn added(a: &Track, b: &Track, factor: f64, from_ms: f64, to_ms: f64) -> Track {
    match (a.is_empty(), b.is_empty()) {
        (_, true) => a.clone(),
        (true, false) => plus(&Track::constant(0.0), b, factor, from_ms, to_ms),
        (false, false) => plus(a, b, factor, from_ms, to_ms),
    }
}

/// The traffic of several Services together.
pub(super) fn together(histories: &[&ServiceHistory], end_ms: f64) -> Option<ServiceHistory> {
    let (first, others) = histories.split_first()?;
    let mut sum = (*first).clone();
    for other in others {
        let (series, more) = (&mut sum.series, &other.series);
        let add = |a: &mut Track, b: &Track| *a = added(a, b, 1.0, 0.0, end_ms);
        add(&mut series.requests, &more.requests);
        add(&mut series.attempts, &more.attempts);
        add(&mut series.served, &more.served);
        add(&mut series.failed, &more.failed);
        add(&mut series.backlog, &more.backlog);
        // Services of the same pods share their capacity: it is not the sum.
        series.capacity = greater(&series.capacity, &more.capacity, end_ms);
        sum.requests = sum_of(&sum.requests, &other.requests);
        sum.latency.merge(&other.latency);
        sum.attempts.offered += other.attempts.offered;
        sum.attempts.served += other.attempts.served;
        sum.attempts.failed += other.attempts.failed;
        let peak = sum.series.requests.max(0.0, end_ms);
        sum.requests.peak_offered_per_second = if peak.is_nan() { 0.0 } else { peak };
    }
    Some(sum)
}

fn greater(a: &Track, b: &Track, end_ms: f64) -> Track {
    let mut track = Track::default();
    for (a, b) in super::track::side_by_side(a, b, 0.0, end_ms) {
        track.push(a.from_ms, a.first.max(b.first));
    }
    track
}

/// Requests of two Services together.
pub(super) fn sum_of(a: &Requests, b: &Requests) -> Requests {
    let offered = a.offered + b.offered;
    let (served, failed, late) = (a.served + b.served, a.failed + b.failed, a.late + b.late);
    Requests {
        unit: a.unit,
        offered,
        served,
        failed,
        late,
        waiting: a.waiting + b.waiting,
        failed_share: share(failed, offered),
        late_share: share(late, served),
        peak_offered_per_second: a.peak_offered_per_second + b.peak_offered_per_second,
        mean_offered_per_second: a.mean_offered_per_second + b.mean_offered_per_second,
    }
}
