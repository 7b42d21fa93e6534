//! Numbers of simulations, from the files to the report.

use podtide::render::chart::{self, ChartOptions, Theme};
use podtide::render::text::{TextOptions, text};
use podtide::render::{csv, json};
use podtide::report::{Report, WorkloadReport, summarize};
use podtide::units::SimTime;
use podtide::workload::latency;

use crate::pipe::{WEB, play, scenario};

const SPIKE: &str = "
  duration: 30m
  seed: 7
  traffic:
    - to: {service: web}
      objective: {latency: 300ms}
      layers:
        - constant: 60/s
        - spike: {at: 5m, height: 400/s, rise: 30s, hold: 5m, fall: 1m}
  profiles:
    - {deployment: web, cpuPerRequest: 8ms, latency: 20ms, timeout: 2s, startup: {time: 20s, cpu: 250m}}
  prices: {cpuHour: 0.04, gibHour: 0.005}
";

/// A load that three pods bear easily.
const CALM: &str = "
  duration: 1h
  traffic:
    - {to: {service: web}, layers: [{constant: 60/s}]}
  profiles:
    - {deployment: web, cpuPerRequest: 8ms}
  prices: {cpuHour: 0.04, gibHour: 0.005}
";

fn report(manifests: &str, spec: &str) -> Report {
    let scenario = scenario(manifests, spec);
    summarize(&scenario, &play(&scenario))
}

fn only(report: &Report) -> &WorkloadReport {
    let [workload] = &report.workloads[..] else { panic!("there is one workload") };
    workload
}

fn near(left: f64, right: f64) {
    assert!((left - right).abs() <= 1e-6 * right.abs().max(1e-3), "{left} is not {right}");
}

#[test]
fn a_calm_hour_costs_what_it_costs() {
    let report = report(WEB, CALM);
    let web = only(&report);
    near(web.resources.pod_hours, 3.0);
    near(web.resources.requested_core_hours, 0.75);
    near(web.resources.requested_gib_hours, 0.75);
    near(web.resources.cost.expect("there are prices"), 0.75 * 0.045);
    let requests = web.requests.expect("there is traffic");
    near(requests.offered, 216_000.0);
    near(requests.served, 216_000.0);
    assert_eq!((requests.failed, web.scaling.under_capacity_seconds), (0.0, 0.0));
    assert_eq!((web.scaling.decisions, web.rises.len(), web.falls.len()), (0, 0, 0));
    assert_eq!((web.scaling.min_pods, web.scaling.peak_pods), (3, 3));
    assert_eq!(web.scaling.seconds_at_max, 0.0);
    assert_eq!(web.scaling.syncs, 240);
    assert_eq!(web.scaling.needed_pods, Some(3));
    assert_eq!(web.resources.idle_pod_hours, Some(0.0));
}

#[test]
fn a_spike_is_followed() {
    let report = report(WEB, SPIKE);
    let web = only(&report);
    let [rise] = &web.rises[..] else { panic!("the load rises once: {:?}", web.rises) };
    // Three pods are too few from 72.2/s on: 78 % of 250m each, less 1m idle, at 8 ms a request.
    near(rise.from_seconds, 300.0 + 30.0 * (3.0 * (0.195 - 0.001) / 0.008 - 60.0) / 400.0);
    let first = web.decisions.first().expect("the HPA reacts");
    near(rise.reaction_seconds.expect("it does"), first.at_seconds - rise.from_seconds);
    assert_eq!(web.scaling.reaction_seconds, rise.reaction_seconds);
    let [window] = &web.under_capacity[..] else { panic!("there is one window") };
    let full = rise.full_scale_seconds.expect("it catches up");
    near(rise.from_seconds + full, window.to_seconds);
    near(web.scaling.under_capacity_seconds, window.to_seconds - window.from_seconds);
    // ceil(460 * 8 ms / (70 % of 250m, less 1m)) = ceil(21.15)
    assert_eq!(web.scaling.needed_pods, Some(22));
    assert_eq!(web.scaling.peak_pods, 22);
    assert_eq!(web.scaling.overshoot_pods, Some(0));
    let [fall] = &web.falls[..] else { panic!("the load falls once") };
    assert!(fall.reaction_seconds.expect("the HPA follows") > 300.0);
    assert_eq!(fall.idle_pods, 19);
    near(web.resources.idle_pod_hours.expect("need is known"), fall.idle_pod_hours);
}

#[test]
fn numbers_agree_with_those_of_the_model() {
    let scenario = scenario(WEB, SPIKE);
    let recording = play(&scenario);
    let report = summarize(&scenario, &recording);
    let span = (SimTime::ZERO, recording.end);
    let config = &scenario.workload.config;
    let sums = latency::summarize(&recording.segments, config, 0, span);
    let web = only(&report);
    let requests = web.requests.expect("there is traffic");
    near(web.scaling.under_capacity_seconds, sums.under_capacity);
    near(requests.served + requests.failed + requests.waiting, requests.offered);
    let traffic = report.series.workloads[0].traffic.as_ref().expect("there is traffic");
    let end = recording.end.0 as f64;
    near(traffic.attempts.integral(0.0, end), sums.offered);
    near(traffic.served.integral(0.0, end), sums.served);
    near(traffic.failed.integral(0.0, end), sums.failed);
    let latency = web.latency.expect("requests were served");
    assert!(latency.p50_seconds < latency.p95_seconds && latency.p95_seconds < latency.p99_seconds);
    assert!(requests.late > 0.0 && requests.late < requests.served);
}

#[test]
fn pods_over_time_are_those_of_the_cluster() {
    let scenario = scenario(WEB, SPIKE);
    let recording = play(&scenario);
    let report = summarize(&scenario, &recording);
    let series = &report.series.workloads[0];
    for second in (0..1800).step_by(7) {
        let at = SimTime::from_secs(second);
        let cluster = recording.state_at(at);
        let count = |of: &dyn Fn(&podtide::kube::objects::pod::Pod) -> bool| {
            cluster.pods().iter().filter(|pod| of(pod)).count() as f64
        };
        assert_eq!(series.current.at(at.0 as f64), count(&|pod| pod.is_active()));
        assert_eq!(series.ready.at(at.0 as f64), count(&|pod| pod.is_active() && pod.is_ready()));
        let desired = cluster.deployments().next().expect("there is one").replicas();
        assert_eq!(series.desired.at(at.0 as f64), f64::from(desired));
    }
}

#[test]
fn a_maximum_that_is_too_low_is_named() {
    let report = report(&WEB.replace("maxReplicas: 30", "maxReplicas: 5"), SPIKE);
    let web = only(&report);
    assert_eq!((web.scaling.peak_pods, web.scaling.needed_pods), (5, Some(22)));
    assert!(web.scaling.seconds_at_max > 300.0);
    assert_eq!(web.scaling.full_scale_seconds, None);
    let limit = web.decisions.iter().filter_map(|row| row.limit.as_ref()).next_back();
    let limit = limit.expect("the last step up was limited");
    assert_eq!((limit.reason.as_str(), limit.by.as_str()), ("TooManyReplicas", "maxReplicas 5"));
    let summary = text(&report, &TextOptions::default());
    assert!(summary.contains("It stood at its maximum of 5 pods"), "{summary}");
}

#[test]
fn pods_without_room_are_counted() {
    let spec = format!(
        "{SPIKE}  cluster:\n    nodes:\n      - {{name: small, count: 1, allocatable: {{cpu: \"2\", memory: 16Gi}}}}\n"
    );
    let report = report(WEB, &spec);
    let web = only(&report);
    assert!(web.pending.peak_pods > 2, "{:?}", web.pending);
    assert!(web.pending.longest_seconds > 60.0);
    let message = web.pending.message.as_deref().expect("the scheduler says why");
    assert!(message.contains("Insufficient cpu"), "{message}");
    let summary = text(&report, &TextOptions::default());
    assert!(summary.contains("waited for a node"), "{summary}");
}

#[test]
fn a_metric_without_a_source_is_named() {
    let manifests = format!(
        "{WEB}    - type: External\n      external: {{metric: {{name: queue_length}}, target: {{type: AverageValue, averageValue: \"5\"}}}}\n"
    );
    let report = report(&manifests, CALM);
    let web = only(&report);
    let [failure] = &web.hpa_failures[..] else { panic!("one metric fails all the time") };
    assert_eq!(failure.metric.as_deref(), Some("queue_length"));
    assert_eq!(failure.reason, "FailedGetExternalMetric");
    assert!(failure.message.contains("queue_length"), "{}", failure.message);
    assert_eq!((failure.syncs, failure.to_seconds), (240, 3600.0));
    assert_eq!(web.scaling.failed_syncs, 240);
}

#[test]
fn a_summary_of_a_simulation() {
    insta::assert_snapshot!(text(&report(WEB, SPIKE), &TextOptions::default()));
}

#[test]
fn the_same_simulation_gives_the_same_bytes() {
    let (first, second) = (report(WEB, SPIKE), report(WEB, SPIKE));
    assert_eq!(json::json(&first), json::json(&second));
    assert_eq!(csv::series(&first, None), csv::series(&second, None));
    let options = ChartOptions { width: 480, height: 320, ..ChartOptions::default() };
    assert_eq!(chart::svg(&first, &options), chart::svg(&second, &options));
}

#[test]
#[ignore = "writes pictures to look at"]
fn simulations_to_look_at() {
    let report = report(WEB, SPIKE);
    let look = |name: &str, options: &ChartOptions| {
        let png = chart::png(&report, options);
        std::fs::write(format!("target/look-{name}.png"), png).expect("target can be written");
    };
    look("sim", &ChartOptions::default());
    let (from_seconds, to_seconds) = (Some(295.0), Some(420.0));
    let theme = Theme::Dark;
    look("zoom", &ChartOptions { from_seconds, to_seconds, theme, ..ChartOptions::default() });
}
