//! Traffic over time, from the segments: rates, capacity, and what became of the requests.

use super::numbers::{Attempts, LoadUnit, Requests};
use super::series::TrafficSeries;
use super::track::{Course, Track, plus};
use crate::recording::Recording;
use crate::workload::service::{ModelConfig, ServiceKind};
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
}

/// All Services over time, in order of the model's list.
pub(super) fn histories(config: &ModelConfig, recording: &Recording) -> Vec<ServiceHistory> {
    let end_ms = recording.end.0 as f64;
    let mut histories: Vec<ServiceHistory> =
        config.services.iter().map(|service| history(service.kind)).collect();
    let mut requests_of = RequestTracks::new(config, end_ms);
    for segment in &recording.segments {
        if let Some(history) = histories.get_mut(segment.service as usize) {
            history.add(segment, config);
        }
    }
    for place in 0..histories.len() {
        let requests = requests_of.get(place, &histories);
        let history = &mut histories[place];
        history.series.requests = requests;
        history.sum_up(end_ms);
    }
    histories
}

fn history(kind: ServiceKind) -> ServiceHistory {
    let unit = match kind {
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
    ServiceHistory {
        series,
        requests: Requests { unit, ..Requests::default() },
        ..Default::default()
    }
}

impl ServiceHistory {
    fn add(&mut self, segment: &Segment, config: &ModelConfig) {
        let (from, to) = (segment.from_ms, segment.to_ms);
        self.attempts.offered += segment.offered;
        self.attempts.served += segment.served;
        self.attempts.failed += segment.failed;
        self.requests.failed += segment.lost;
        self.requests.served += segment.served;
        self.series.capacity.push(from, segment.capacity);
        self.series.backlog.push(from, segment.backlog_from);
        self.series.backlog.push(to, segment.backlog_to);
        match &segment.flow {
            Flow::Follows { shares, refused } => {
                let mut rate = Track::new(Course::Lines);
                for share in shares {
                    let own = config.services[share.service as usize].own.as_deref();
                    let own = own.map_or_else(Track::default, |load| course(load, from, to));
                    rate = added(&rate, &own, share.factor, from, to);
                }
                for point in rate.points() {
                    self.series.attempts.push(point.at_ms, point.value);
                    self.series.served.push(point.at_ms, point.value * (1.0 - refused));
                    self.series.failed.push(point.at_ms, point.value * refused);
                }
            }
            Flow::Line { rate, slope } => {
                let seconds = (to - from) / 1000.0;
                self.series.attempts.push(from, *rate);
                self.series.attempts.push(to, rate + slope * seconds);
                for (track, amount) in [
                    (&mut self.series.served, segment.served),
                    (&mut self.series.failed, segment.failed),
                ] {
                    track.push(from, amount / seconds);
                    track.push(to, amount / seconds);
                }
            }
        }
    }

    fn sum_up(&mut self, end_ms: f64) {
        let asked = &self.series.requests;
        let requests = &mut self.requests;
        requests.offered = asked.integral(0.0, end_ms);
        requests.waiting = (requests.offered - requests.served - requests.failed).max(0.0);
        if requests.offered > 0.0 {
            requests.failed_share = (requests.failed / requests.offered).min(1.0);
        }
        let known = |value: f64| if value.is_nan() { 0.0 } else { value };
        requests.peak_offered_per_second = known(asked.max(0.0, end_ms));
        requests.mean_offered_per_second = known(asked.mean(0.0, end_ms));
    }
}

/// What users ask for: own loads, and requests caused by those that other Services served.
struct RequestTracks<'a> {
    config: &'a ModelConfig,
    end_ms: f64,
}

impl<'a> RequestTracks<'a> {
    fn new(config: &'a ModelConfig, end_ms: f64) -> RequestTracks<'a> {
        RequestTracks { config, end_ms }
    }

    fn get(&mut self, place: usize, histories: &[ServiceHistory]) -> Track {
        let service = &self.config.services[place];
        let mut sum = service
            .own
            .as_deref()
            .map_or_else(|| Track::new(Course::Lines), |load| course(load, 0.0, self.end_ms));
        for upstream in &service.from {
            let served = &histories[upstream.service as usize].series.served;
            sum = added(&sum, served, upstream.ratio, 0.0, self.end_ms);
        }
        sum
    }
}

/// A load's rate between two instants, as lines.
fn course(load: &Load, from_ms: f64, to_ms: f64) -> Track {
    let mut track = Track::new(Course::Lines);
    let mut at = from_ms;
    while at < to_ms {
        let piece = load.piece_at_ms(at);
        let end = piece.to_ms.min(to_ms);
        track.push(at, piece.rate);
        track.push(end, piece.rate + piece.slope * (end - at) / 1000.0);
        at = end;
    }
    track
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
    let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
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
