//! How the count followed the load: rises, falls, time under capacity, flaps.

use super::WorkloadReport;
use super::decision::DecisionRow;
use super::need::PODS_MAX;
use super::numbers::{Cause, CountChange, Fall, Rise, Scaling, Window};
use super::series::{TrafficSeries, WorkloadSeries};
use super::track::{Point, Track, spans_above};
use crate::units::SimTime;

/// Rises, and falls, with less than this between them are one \[ms\].
const PAUSE_MS: f64 = 30_000.0;
/// Times under capacity with less than this between them are one window \[ms\].
const WINDOW_GAP_MS: f64 = 1000.0;
/// A change of direction within this time of the last change is a flap \[s\].
const FLAP_SECONDS: f64 = 600.0;
/// A rise that nobody reacted to and that hurt nobody lasts at least so long \[ms\].
const SUSTAINED_MS: f64 = 60_000.0;
/// Share by which load must be above capacity; less is rounding.
const SLACK: f64 = 1e-9;

/// Fills in what follows from a workload's values over time and its HPA's decisions: `scaling`,
/// `rises`, `falls`, `under_capacity` and idle pod-hours.
pub fn measure(report: &mut WorkloadReport, series: &WorkloadSeries, end: SimTime) {
    let decisions = std::mem::take(&mut report.decisions);
    let course = Course { series, decisions: &decisions, end_ms: end.0 as f64 };
    let (rises, falls, windows) = (course.rises(), course.falls(), course.windows());
    let (syncs, failed_syncs) = (report.scaling.syncs, report.scaling.failed_syncs);
    let idle = course.idle_pod_hours();
    let other_changes = course.other_changes();
    let with_capacity = course.failed_with_capacity();
    if let Some(attempts) = &mut report.attempts {
        attempts.failed_with_capacity = with_capacity;
    }
    report.scaling = Scaling { syncs, failed_syncs, ..course.scaling(&rises) };
    report.resources.idle_pod_hours = idle;
    report.rises = rises;
    report.falls = falls;
    report.under_capacity = windows;
    report.other_changes = other_changes;
    report.decisions = decisions;
}

/// A workload's values over time and what its HPA did.
#[derive(Clone, Copy)]
struct Course<'a> {
    /// Values over time.
    series: &'a WorkloadSeries,
    /// Changes of the scale in order of time.
    decisions: &'a [DecisionRow],
    /// The end \[ms\].
    end_ms: f64,
}

impl Course<'_> {
    /// Spans \[ms\] with the load above capacity, exactly.
    fn short_of_capacity(&self) -> Vec<(f64, f64)> {
        let Some(traffic) = &self.series.traffic else { return Vec::new() };
        spans_above(&traffic.attempts, &slightly_above(&traffic.capacity), 0.0, self.end_ms)
    }

    /// The load above capacity, as windows.
    fn windows(&self) -> Vec<Window> {
        let Some(traffic) = &self.series.traffic else { return Vec::new() };
        let spans = joined(self.short_of_capacity(), WINDOW_GAP_MS);
        spans.into_iter().map(|span| window(traffic, span)).collect()
    }

    /// What failed while capacity was above load.
    fn failed_with_capacity(&self) -> f64 {
        let Some(traffic) = &self.series.traffic else { return 0.0 };
        let failed = |(from, to): (f64, f64)| traffic.failed.integral(from, to);
        let short: f64 = self.short_of_capacity().into_iter().map(failed).sum();
        (failed((0.0, self.end_ms)) - short).max(0.0)
    }

    /// Changes of the count that are none of the HPA's decisions.
    fn other_changes(&self) -> Vec<CountChange> {
        let points = self.series.desired.points();
        let own = |at_ms: f64| {
            let place = self.decisions.partition_point(|row| row.at_seconds * 1000.0 < at_ms - 0.5);
            self.decisions.get(place).is_some_and(|row| row.at_seconds * 1000.0 <= at_ms + 0.5)
        };
        let pairs = points.windows(2).filter(|pair| !own(pair[1].at_ms));
        let change = |pair: &[Point]| CountChange {
            at_seconds: seconds(pair[1].at_ms),
            from: pair[0].value as i32,
            to: pair[1].value as i32,
        };
        pairs.map(change).collect()
    }

    /// Whether the count stepped at an instant, by whom, or else the load moved.
    fn cause(&self, at: f64) -> Cause {
        let desired = &self.series.desired;
        let stepped = at > 0.0 && desired.at(at - 0.5) != desired.at(at);
        let own = |row: &DecisionRow| (row.at_seconds * 1000.0 - at).abs() <= 0.5;
        match stepped {
            false => Cause::Load,
            true if self.decisions.iter().any(own) => Cause::Hpa,
            true => Cause::Count,
        }
    }

    /// Desired pods that are on nodes, as far as that is known.
    fn kept(&self) -> Track {
        let on_nodes =
            super::track::plus(&self.series.current, &self.series.pending, -1.0, 0.0, self.end_ms);
        self.wanted_of(if on_nodes.is_empty() { &self.series.current } else { &on_nodes })
    }

    /// Desired pods, but not more than there are of those that are given.
    fn wanted_of(&self, there: &Track) -> Track {
        let desired = &self.series.desired;
        if there.is_empty() {
            return desired.clone();
        }
        let mut kept = Track::default();
        for (wanted, there) in super::track::side_by_side(desired, there, 0.0, self.end_ms) {
            kept.push(wanted.from_ms, wanted.first.min(there.first));
        }
        kept
    }

    /// Numbers about scaling, without those that decisions alone give.
    fn scaling(&self, rises: &[Rise]) -> Scaling {
        let desired = &self.series.desired;
        let (from, to) = (0.0, self.end_ms);
        let whole = |value: f64| if value.is_nan() { 0 } else { value as i32 };
        let worst = worst(rises);
        let needed = self.needed_at_peak();
        let least = whole(self.series.min_replicas.max(from, to));
        let peak = whole(self.wanted_of(&self.series.current).max(from, to));
        let up = self.decisions.iter().filter(|row| row.to > row.from).count() as u32;
        Scaling {
            reaction_seconds: worst.and_then(|rise| rise.reaction_seconds),
            full_scale_seconds: worst.and_then(|rise| rise.full_scale_seconds),
            overshoot_pods: needed.map(|needed| (peak - needed.max(least)).max(0)),
            needed_pods: needed,
            under_capacity_seconds: seconds_of(&self.short_of_capacity()),
            min_pods: whole(desired.min(from, to)),
            mean_pods: or_zero(desired.mean(from, to)),
            peak_pods: peak,
            start_pods: whole(desired.at(0.0)),
            end_pods: whole(desired.last()),
            min_ready_pods: whole(self.series.ready.min(from, to)),
            peak_ready_pods: whole(self.series.ready.max(from, to)),
            seconds_at_max: self.seconds_at_max(),
            decisions: self.decisions.len() as u32,
            decisions_up: up,
            decisions_down: self.decisions.len() as u32 - up,
            decisions_limited: self.decisions.iter().filter(|row| row.limit.is_some()).count()
                as u32,
            flaps: flaps(self.decisions),
            syncs: 0,
            failed_syncs: 0,
        }
    }

    /// The fixed point at the instant of the highest load.
    fn needed_at_peak(&self) -> Option<i32> {
        let requests = &self.series.traffic.as_ref()?.requests;
        let peak = requests.argmax(0.0, self.end_ms);
        let exact = &self.series.need.exact;
        let around = exact.max((peak - 1.0).max(0.0), (peak + 1.0).min(self.end_ms));
        (around < PODS_MAX).then_some(around as i32)
    }

    fn seconds_at_max(&self) -> f64 {
        let below = Track::steps(
            self.series.max_replicas.points().iter().map(|point| (point.at_ms, point.value - 0.5)),
        );
        seconds_of(&spans_above(&self.series.desired, &below, 0.0, self.end_ms))
    }

    /// When the load asked for more pods than desired.
    fn rises(&self) -> Vec<Rise> {
        if self.series.max_replicas.is_empty() {
            return Vec::new();
        }
        let need = &self.series.need.least;
        let mut spans = spans_above(need, &self.series.desired, 0.0, self.end_ms);
        let short = self.short_of_capacity();
        for span in &mut spans {
            span.1 = until_caught(span.1, &short);
        }
        let merged = joined(spans.clone(), PAUSE_MS);
        let rises = merged.into_iter().map(|span| self.rise(span, &short));
        rises.filter(|rise| is_sustained(rise, &spans)).collect()
    }

    fn rise(&self, (from, to): (f64, f64), short: &[(f64, f64)]) -> Rise {
        let desired = &self.series.desired;
        let before = desired.at(from) as i32;
        let write = self.first_write(from, to, |row| row.to > row.from);
        let most = desired.max(from, to.max(from + 1.0)).max(desired.at(to)) as i32;
        let inside: Vec<(f64, f64)> = short
            .iter()
            .filter(|span| span.1 > from && span.0 < to)
            .map(|span| (span.0.max(from), span.1.min(to)))
            .collect();
        let traffic = self.series.traffic.as_ref();
        let peak = traffic.map_or(0.0, |traffic| or_zero(traffic.requests.max(from, to)));
        Rise {
            from_seconds: seconds(from),
            cause: self.cause(from),
            to_seconds: seconds(to),
            reaction_seconds: write.map(|at| seconds(at - from)),
            full_scale_seconds: self.full_scale(from, &inside),
            ready_seconds: self.ready_after(from, most).map(|at| seconds(at - from)),
            under_capacity_seconds: seconds_of(&inside),
            from_pods: before,
            to_pods: most,
            peak_per_second: peak,
            failed: traffic.map_or(0.0, |traffic| traffic.failed.integral(from, to)),
            p95_seconds: None,
        }
    }

    /// From a rise's begin to the end of its last time under capacity, if it was capacity that came
    /// and not load that went.
    fn full_scale(&self, from: f64, short: &[(f64, f64)]) -> Option<f64> {
        let traffic = self.series.traffic.as_ref()?;
        let end = short.last()?.1;
        let peak = traffic.attempts.max(from, end);
        let caught = end < self.end_ms && traffic.capacity.at(end) >= peak * (1.0 - SLACK);
        caught.then(|| seconds(end - from))
    }

    /// The first instant at which so many pods are ready, while at least as many are desired.
    fn ready_after(&self, from: f64, pods: i32) -> Option<f64> {
        let enough = Track::constant(f64::from(pods) - 0.5);
        let wanted = spans_above(&self.series.desired, &enough, from, self.end_ms);
        let (begin, end) = *wanted.first()?;
        spans_above(&self.series.ready, &enough, begin, end).first().map(|span| span.0)
    }

    /// When the load asked for fewer pods than desired.
    fn falls(&self) -> Vec<Fall> {
        if self.series.max_replicas.is_empty() {
            return Vec::new();
        }
        let enough = self.enough();
        let spans = spans_above(&self.series.desired, &enough, 0.0, self.end_ms);
        let kept = self.kept();
        let merged = joined(spans, PAUSE_MS);
        merged
            .into_iter()
            .map(|span| self.fall(span, &over(&kept, &enough, span.0, span.1)))
            .collect()
    }

    fn fall(&self, (from, to): (f64, f64), idle: &Track) -> Fall {
        let write = self.first_write(from, to, |row| row.to < row.from);
        Fall {
            from_seconds: seconds(from),
            cause: self.cause(from),
            to_seconds: seconds(to),
            reaction_seconds: write.map(|at| seconds(at - from)),
            from_pods: self.series.desired.at(from) as i32,
            idle_pods: or_zero(idle.max(from, to)) as i32,
            idle_pod_hours: idle.integral(from, to) / 3600.0,
        }
    }

    /// Desired pods on nodes beyond what the HPA itself would leave alone, times hours.
    fn idle_pod_hours(&self) -> Option<f64> {
        let enough = self.enough();
        let known = !enough.is_empty() && !self.series.max_replicas.is_empty();
        known.then(|| {
            let idle = over(&self.kept(), &enough, 0.0, self.end_ms);
            idle.integral(0.0, self.end_ms) / 3600.0
        })
    }

    /// The greatest count that the HPA would leave alone: at least its minimum.
    fn enough(&self) -> Track {
        let (need, least) = (&self.series.need.most, &self.series.min_replicas);
        let mut enough = Track::default();
        for (need, least) in super::track::side_by_side(need, least, 0.0, self.end_ms) {
            enough.push(need.from_ms, need.first.max(least.first));
        }
        enough
    }

    fn first_write(&self, from: f64, to: f64, of: impl Fn(&DecisionRow) -> bool) -> Option<f64> {
        let inside = |row: &&DecisionRow| (from..=to).contains(&(row.at_seconds * 1000.0));
        self.decisions.iter().filter(inside).find(|row| of(row)).map(|row| row.at_seconds * 1000.0)
    }
}

/// The rise that hurt most, before all those that the HPA did not make itself by lowering the
/// count: longest under capacity, then the most pods added, then the first.
pub fn worst(rises: &[Rise]) -> Option<&Rise> {
    let key = |rise: &Rise| {
        let added = rise.to_pods - rise.from_pods;
        (rise.cause != Cause::Hpa, rise.under_capacity_seconds, added)
    };
    let mut worst: Option<&Rise> = None;
    for rise in rises {
        if worst.is_none_or(|former| key(rise) > key(former)) {
            worst = Some(rise);
        }
    }
    worst
}

/// Whether a rise is more than noise that passes by: something came of it, or it lasted, with the
/// load above what the HPA leaves alone for most of the time.
fn is_sustained(rise: &Rise, spans: &[(f64, f64)]) -> bool {
    if rise.reaction_seconds.is_some() || rise.under_capacity_seconds > 0.0 {
        return true;
    }
    let (from, to) = (rise.from_seconds * 1000.0, rise.to_seconds * 1000.0);
    let inside = spans.iter().map(|span| (span.1.min(to) - span.0.max(from)).max(0.0));
    to - from >= SUSTAINED_MS && inside.sum::<f64>() > (to - from) / 2.0
}

/// Reversals of direction soon after the last change.
fn flaps(decisions: &[DecisionRow]) -> u32 {
    let reversed = |pair: &&[DecisionRow]| {
        let soon = pair[1].at_seconds - pair[0].at_seconds <= FLAP_SECONDS;
        soon && (pair[1].to > pair[1].from) != (pair[0].to > pair[0].from)
    };
    decisions.windows(2).filter(reversed).count() as u32
}

/// The end of the time under capacity in which an instant lies or which follows it at once.
fn until_caught(at: f64, short: &[(f64, f64)]) -> f64 {
    let around = short.iter().find(|span| span.0 <= at + WINDOW_GAP_MS && span.1 > at);
    around.map_or(at, |span| span.1)
}

fn window(traffic: &TrafficSeries, (from, to): (f64, f64)) -> Window {
    let missing = over(&traffic.attempts, &traffic.capacity, from, to);
    Window {
        from_seconds: seconds(from),
        to_seconds: seconds(to),
        shortfall: missing.integral(from, to),
        worst_shortfall_per_second: or_zero(missing.max(from, to)),
        failed: traffic.failed.integral(from, to),
    }
}

/// How much one value is above another, 0 where it is not.
fn over(a: &Track, b: &Track, from: f64, to: f64) -> Track {
    let mut over = Track::new(super::track::Course::Lines);
    for span in spans_above(a, b, from, to) {
        if span.0 > over.points().last().map_or(from, |point| point.at_ms) {
            over.push(over.points().last().map_or(from, |point| point.at_ms), 0.0);
            over.push(span.0, 0.0);
        }
        for point in super::track::plus(a, b, -1.0, span.0, span.1).points() {
            over.push(point.at_ms, point.value.max(0.0));
        }
        over.push(span.1, 0.0);
    }
    over
}

/// Spans in order of time, with those joined that overlap or have less than a gap between them.
fn joined(mut spans: Vec<(f64, f64)>, gap_ms: f64) -> Vec<(f64, f64)> {
    spans.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut joined: Vec<(f64, f64)> = Vec::new();
    for span in spans {
        match joined.last_mut() {
            Some(last) if span.0 - last.1 < gap_ms => last.1 = last.1.max(span.1),
            _ => joined.push(span),
        }
    }
    joined
}

fn slightly_above(track: &Track) -> Track {
    let points = track.points().iter().map(|point| (point.at_ms, point.value * (1.0 + SLACK)));
    match track.course() {
        super::track::Course::Steps => Track::steps(points),
        super::track::Course::Lines => Track::lines(points),
    }
}

fn seconds_of(spans: &[(f64, f64)]) -> f64 {
    spans.iter().fold(0.0, |sum, span| sum + seconds(span.1 - span.0))
}

fn seconds(ms: f64) -> f64 {
    ms / 1000.0
}

fn or_zero(value: f64) -> f64 {
    if value.is_nan() { 0.0 } else { value }
}
