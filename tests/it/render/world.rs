//! Reports made by hand: a crude HPA on a crude application, so that pictures and texts can be
//! tested without a simulation.

use podtide::report::decision::{DecisionRow, LimitRow, MetricReading, MetricUnit};
use podtide::report::numbers::{Hpa, Latency, LoadUnit, Requests, Resources};
use podtide::report::series::{MetricSeries, Need, Series, TrafficSeries, WorkloadSeries};
use podtide::report::track::{Course, Track};
use podtide::report::{
    API_VERSION, AssumptionRow, Attempts, EventRow, Report, ScenarioInfo, Totals, WorkloadReport,
    measure,
};
use podtide::units::SimTime;

/// What is played.
pub(super) struct World {
    pub(super) name: &'static str,
    pub(super) seconds: i64,
    pub(super) load: fn(f64) -> f64,
    pub(super) min: i32,
    pub(super) max: i32,
    pub(super) start: i32,
    /// What one pod can serve [1/s].
    pub(super) per_pod: f64,
    /// From a pod's creation to its readiness [s].
    pub(super) startup: i64,
}

/// Utilization at which the HPA aims [% of request]; a pod's limit is twice its request.
const TARGET: f64 = 70.0;

impl World {
    /// One workload of this kind.
    fn play(&self) -> (WorkloadReport, WorkloadSeries) {
        let mut run = Run::new(self);
        for second in 0..self.seconds {
            run.second(second);
        }
        run.finish()
    }
}

/// A report of one workload after another.
pub(super) fn report(name: &str, worlds: &[World]) -> Report {
    let played = worlds.iter().map(World::play);
    let (workloads, series): (Vec<_>, Vec<_>) = played.unzip();
    let end = SimTime::from_secs(worlds.iter().map(|world| world.seconds).max().unwrap_or(0));
    Report {
        api_version: API_VERSION,
        scenario: ScenarioInfo {
            name: name.to_owned(),
            question: None,
            seed: 7,
            duration_seconds: end.as_secs_f64(),
            kubernetes: "1.36".to_owned(),
        },
        totals: totals(&workloads),
        workloads,
        events: Vec::new(),
        evictions: Vec::new(),
        cluster_autoscaler: None,
        assumptions: Vec::new(),
        series: Series { end, workloads: series, ..Series::default() },
    }
}

fn totals(workloads: &[WorkloadReport]) -> Totals {
    let requests = workloads.iter().filter_map(|workload| workload.requests);
    let (offered, failed) =
        requests.fold((0.0, 0.0), |sum, own| (sum.0 + own.offered, sum.1 + own.failed));
    Totals {
        workloads: workloads.len() as u32,
        nodes: 3,
        requests: Some(Requests {
            offered,
            failed,
            served: offered - failed,
            failed_share: failed / offered,
            ..Requests::default()
        }),
        ..Totals::default()
    }
}

struct Run<'a> {
    world: &'a World,
    series: WorkloadSeries,
    decisions: Vec<DecisionRow>,
    desired: i32,
    ready: i32,
    /// When pods become ready.
    starting: Vec<i64>,
    /// Usage of the last seconds [% of request].
    usage: Vec<f64>,
    recommendations: Vec<(i64, i32)>,
    failed: f64,
    offered: f64,
    pod_seconds: f64,
}

impl Run<'_> {
    fn new(world: &World) -> Run<'_> {
        let lines = || Track::new(Course::Lines);
        let metric = MetricSeries {
            name: "cpu".to_owned(),
            unit: MetricUnit::Percent,
            value: Track::default(),
            target: TARGET,
            tolerance_up: 0.1,
            tolerance_down: 0.1,
            limit: Some(200.0),
        };
        let traffic = TrafficSeries {
            unit: LoadUnit::Requests,
            requests: lines(),
            attempts: lines(),
            capacity: Track::default(),
            served: lines(),
            failed: Track::default(),
            backlog: Track::constant(0.0),
        };
        let series = WorkloadSeries {
            min_replicas: Track::constant(f64::from(world.min)),
            max_replicas: Track::constant(f64::from(world.max)),
            pending: Track::constant(0.0),
            traffic: Some(traffic),
            metrics: vec![metric],
            ..WorkloadSeries::default()
        };
        Run {
            world,
            series,
            decisions: Vec::new(),
            desired: world.start,
            ready: world.start,
            starting: Vec::new(),
            usage: Vec::new(),
            recommendations: Vec::new(),
            failed: 0.0,
            offered: 0.0,
            pod_seconds: 0.0,
        }
    }

    fn second(&mut self, second: i64) {
        let before = self.starting.len();
        self.starting.retain(|at| *at > second);
        self.ready = (self.ready + (before - self.starting.len()) as i32).min(self.desired);
        let load = (self.world.load)(second as f64).max(0.0);
        let capacity = f64::from(self.ready) * self.world.per_pod;
        let served = load.min(capacity);
        self.usage.push(served / capacity * 200.0);
        self.offered += load;
        self.failed += load - served;
        self.pod_seconds += f64::from(self.desired);
        if second % 15 == 8 {
            self.sync(second);
        }
        self.record(second as f64 * 1000.0, load, capacity);
    }

    fn record(&mut self, at: f64, load: f64, capacity: f64) {
        let existing = self.ready + self.starting.len() as i32;
        self.series.desired.push(at, f64::from(self.desired));
        self.series.current.push(at, f64::from(existing));
        self.series.ready.push(at, f64::from(self.ready));
        let traffic = self.series.traffic.as_mut().expect("there is traffic");
        traffic.requests.push(at, load);
        traffic.attempts.push(at, load);
        traffic.capacity.push(at, capacity);
        traffic.failed.push(at, (load - capacity).max(0.0));
        let at_target = self.world.per_pod * TARGET / 200.0;
        let need: &mut Need = &mut self.series.need;
        need.exact.push(at, (load / at_target).ceil());
        need.least.push(at, (load / at_target / 1.1).ceil());
        need.most.push(at, (load / at_target / 0.9).floor().max((load / at_target).ceil()));
    }

    fn sync(&mut self, second: i64) {
        let recent = &self.usage[self.usage.len().saturating_sub(20)..];
        let usage = (recent.iter().sum::<f64>() / recent.len() as f64).floor();
        self.series.metrics[0].value.push(second as f64 * 1000.0, usage);
        let ratio = usage / TARGET;
        let proposal = if (0.9..=1.1).contains(&ratio) {
            self.desired
        } else {
            (ratio * f64::from(self.ready)).ceil() as i32
        };
        self.recommendations.push((second, proposal));
        self.recommendations.retain(|(at, _)| *at > second - 300);
        let highest = self.recommendations.iter().map(|(_, count)| *count).max();
        let stable = proposal.max(highest.unwrap_or(0).min(self.desired));
        let limit = (self.desired * 2).max(4).min(self.world.max);
        let to = stable.clamp(self.world.min, limit);
        if to == self.desired {
            return;
        }
        let from = std::mem::replace(&mut self.desired, to);
        self.decisions.push(row(second, (from, to), (proposal, stable), usage, self.world.max));
        for _ in from..to {
            self.starting.push(second + self.world.startup);
        }
        self.ready = self.ready.min(to);
    }

    fn finish(self) -> (WorkloadReport, WorkloadSeries) {
        let world = self.world;
        let served = self.offered - self.failed;
        let mut report = WorkloadReport {
            namespace: "default".to_owned(),
            name: world.name.to_owned(),
            services: vec![world.name.to_owned()],
            hpa: Some(Hpa {
                name: world.name.to_owned(),
                min_replicas: world.min,
                max_replicas: world.max,
                metrics: vec!["cpu 70 %".to_owned()],
                scale_up_window_seconds: 0.0,
                scale_down_window_seconds: 300.0,
                default_scale_down_window: true,
            }),
            requests: Some(Requests {
                offered: self.offered,
                served,
                failed: self.failed,
                late: served * 0.019,
                failed_share: self.failed / self.offered,
                late_share: 0.019,
                ..Requests::default()
            }),
            attempts: Some(Attempts::default()),
            latency: Some(Latency {
                p50_seconds: 0.024,
                p95_seconds: 0.31,
                p99_seconds: 2.0,
                objective_seconds: Some(0.3),
            }),
            resources: Resources {
                pod_hours: self.pod_seconds / 3600.0,
                requested_core_hours: self.pod_seconds / 7200.0,
                requested_gib_hours: self.pod_seconds / 14_400.0,
                ..Resources::default()
            },
            decisions: self.decisions,
            ..WorkloadReport::default()
        };
        report.scaling.syncs = (world.seconds / 15) as u32;
        measure(&mut report, &self.series, SimTime::from_secs(world.seconds));
        (report, self.series)
    }
}

fn row(
    second: i64,
    (from, to): (i32, i32),
    (proposal, stable): (i32, i32),
    usage: f64,
    max: i32,
) -> DecisionRow {
    let limit = (to < stable).then(|| LimitRow {
        reason: if to == max { "TooManyReplicas" } else { "ScaleUpLimit" }.to_owned(),
        by: if to == max { format!("maxReplicas {max}") } else { "+100 % in 15s".to_owned() },
        wanted: stable,
        allowed: to,
    });
    DecisionRow {
        at_seconds: second as f64,
        from,
        to,
        reason: "SuccessfulRescale".to_owned(),
        message: format!("New size: {to}; reason: cpu resource utilization above target"),
        metrics: vec![MetricReading {
            name: "cpu".to_owned(),
            value: Some(usage),
            target: TARGET,
            unit: MetricUnit::Percent,
            proposal: Some(proposal),
            won: true,
        }],
        proposal: Some(proposal),
        stabilized: Some(stable),
        limit,
    }
}

/// An hour with a spike of five minutes.
pub(super) fn flash_sale() -> Report {
    let world = World {
        name: "shop",
        seconds: 3600,
        load: |t| 200.0 + 1100.0 * spike(t, 600.0, 30.0, 300.0, 120.0) + 6.0 * wave(t, 47.0),
        min: 3,
        max: 20,
        start: 3,
        per_pod: 190.0,
        startup: 22,
    };
    let mut report = report("flash-sale", &[world]);
    report.events = vec![
        EventRow {
            at_seconds: 1200.0,
            text: "apply shop (image shop:v2)".to_owned(),
            refused: None,
        },
        EventRow { at_seconds: 2400.0, text: "scale shop to 5".to_owned(), refused: None },
    ];
    report.assumptions = [
        ("cluster", "3 nodes of 4 CPU / 16 GiB in 3 zones"),
        ("cluster", "metrics resolution 15s"),
        ("cluster", "image cached"),
        ("deployment shop", "latency 0 ms, timeout 10s, no retries"),
        ("deployment shop", "imbalance 0, idle 1m"),
    ]
    .map(|(subject, text)| AssumptionRow { subject: subject.to_owned(), text: text.to_owned() })
    .to_vec();
    report
}

/// A day on a daily curve with noise; many small steps.
pub(super) fn day() -> Report {
    let load = |t: f64| {
        let noise = 40.0 * wave(t, 613.0) + 25.0 * wave(t, 97.0) + 30.0 * wave(t, 41.0);
        (900.0 - 700.0 * ((t - 14_400.0) / 86_400.0 * std::f64::consts::TAU).cos() + noise).max(5.0)
    };
    let world = World {
        name: "api",
        seconds: 86_400,
        load,
        min: 3,
        max: 100,
        start: 8,
        per_pod: 80.0,
        startup: 30,
    };
    report("api-day", &[world])
}

/// A load that the maximum cannot bear.
pub(super) fn saturated() -> Report {
    let world = World {
        name: "shop",
        seconds: 1800,
        load: |t| 150.0 + 1500.0 * spike(t, 300.0, 200.0, 600.0, 200.0),
        min: 2,
        max: 10,
        start: 2,
        per_pod: 110.0,
        startup: 45,
    };
    report("black-friday", &[world])
}

/// Three workloads with loads of their own.
pub(super) fn shop_of_three() -> Report {
    let one = |name, load, max| World {
        name,
        seconds: 3600,
        load,
        min: 2,
        max,
        start: 3,
        per_pod: 100.0,
        startup: 20,
    };
    report(
        "shop-of-three",
        &[
            one("frontend", |t| 150.0 + 700.0 * spike(t, 900.0, 60.0, 600.0, 300.0), 20),
            one("cart", |t| 80.0 + 200.0 * spike(t, 930.0, 60.0, 600.0, 300.0), 10),
            one("recommendations", |_| 90.0, 10),
        ],
    )
}

fn spike(t: f64, at: f64, rise: f64, hold: f64, fall: f64) -> f64 {
    let up = (t - at) / rise;
    let down = (at + rise + hold + fall - t) / fall;
    up.min(down).clamp(0.0, 1.0)
}

fn wave(t: f64, period: f64) -> f64 {
    (t / period * std::f64::consts::TAU).sin()
}
