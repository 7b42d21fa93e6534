//! Waits and latencies against queueing theory.

use podtide::units::SimTime;
use podtide::workload::ModelConfig;
use podtide::workload::latency::{Histogram, Wait, summarize};
use podtide::workload::service::{Behavior, Profile};

use super::rig::{Rig, assert_near, behavior, lines, service};

const FOREVER: f64 = 1e9;

/// Mean wait of M/M/c by Erlang's formula, for a service time of 1.
fn erlang_wait(servers: u32, rho: f64) -> f64 {
    let offered = f64::from(servers) * rho;
    let mut blocking = 1.0;
    for busy in 1..=servers {
        blocking = offered * blocking / (f64::from(busy) + offered * blocking);
    }
    let waits = blocking / (1.0 - rho * (1.0 - blocking));
    waits / (f64::from(servers) * (1.0 - rho))
}

#[test]
fn one_server_waits_as_theory_says() {
    for rho in [0.05, 0.3, 0.5, 0.8, 0.9, 0.95, 0.99] {
        let exponential = Wait::steady(rho, 1.0, 2.0, 1.0, FOREVER);
        assert_near(exponential.mean, 2.0 * rho / (1.0 - rho), 0.01, "M/M/1");
        let constant = Wait::steady(rho, 1.0, 2.0, 0.0, FOREVER);
        assert_near(constant.mean, rho / (1.0 - rho), 0.01, "M/D/1");
    }
}

#[test]
fn several_servers_wait_nearly_as_theory_says() {
    for servers in [2_u32, 3, 4, 8, 16, 24, 32, 64] {
        for rho in [0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98] {
            let expect = erlang_wait(servers, rho);
            let wait = Wait::steady(rho, f64::from(servers), 1.0, 1.0, FOREVER).mean;
            assert_near(1.0 + wait, 1.0 + expect, 0.03, "sojourn of M/M/c");
            if rho == 0.9 && servers <= 24 {
                assert_near(wait, expect, 0.03, "wait of M/M/c");
            }
        }
    }
}

#[test]
fn percentiles_of_one_server_are_exponential() {
    // The wait of M/M/1: P(wait > t) = ρ exp(-(1 - ρ) t / S).
    let (rho, service_time) = (0.8_f64, 0.05);
    let wait = Wait::steady(rho, 1.0, service_time, 1.0, FOREVER);
    let mut histogram = Histogram::default();
    histogram.add_wait(0.0, wait, 1000.0);
    for quantile in [0.5, 0.95, 0.99] {
        let expect = service_time / (1.0 - rho) * (rho / (1.0 - quantile)).ln();
        let have = histogram.quantile(quantile).expect("there are requests");
        assert_near(have, expect, 0.012, "quantile");
    }
    assert_near(histogram.quantile(0.1).expect("there are requests"), 0.0, 0.0, "no wait");
    assert_near(histogram.mean().expect("there are requests"), wait.mean, 0.002, "mean");
}

#[test]
fn histograms_of_parts_add_up() {
    let wait = Wait::steady(0.6, 2.0, 0.1, 1.0, 5.0);
    let mut whole = Histogram::default();
    whole.add_wait(0.2, wait, 30.0);
    whole.add(1.5, 10.0);
    let (mut one, mut other) = (Histogram::default(), Histogram::default());
    one.add_wait(0.2, wait, 30.0);
    other.add(1.5, 10.0);
    one.merge(&other);
    assert_eq!(one, whole);
}

fn profile(behavior: Behavior) -> Profile {
    Profile::new("app", behavior)
}

#[test]
fn a_window_tells_the_latency_of_its_requests() {
    // Two pods of one core with 10 ms a request: utilization 0.5, then a ramp to 0.9.
    let load = lines(&[(0.0, 100.0), (100.0, 100.0), (200.0, 180.0)], false);
    let config = ModelConfig {
        seed: 3,
        services: vec![service(load)],
        profiles: vec![profile(behavior(10.0))],
    };
    let mut rig = Rig::of(config.services.clone(), config.profiles[0].clone());
    rig.serve(2);
    rig.run_to(200.0);
    rig.model.finish();
    let segments = rig.model.take_segments();
    let window = |from, to| {
        let window = (SimTime::from_secs(from), SimTime::from_secs(to));
        summarize(&segments, &config, 0, window)
    };
    let flat = window(0, 100);
    assert_near(flat.offered, 10_000.0, 1e-12, "offered");
    assert_near(flat.latency.total(), 10_000.0, 1e-9, "in the histogram");
    assert_near(flat.latency.mean().expect("served"), 0.020, 0.01, "mean at ρ = 0.5");
    let ramp = window(100, 200);
    let mut expect = 0.0;
    for step in 0..10_000 {
        let rate = 100.0 + 80.0 * (f64::from(step) + 0.5) / 10_000.0;
        expect += rate * 0.010 / (1.0 - rate / 200.0) / 140.0 / 10_000.0;
    }
    assert_near(ramp.latency.mean().expect("served"), expect, 0.01, "mean over the ramp");
    let both = window(0, 200);
    let mut sum = flat.latency.clone();
    sum.merge(&ramp.latency);
    assert_near(
        sum.quantile(0.95).expect("served"),
        both.latency.quantile(0.95).expect("served"),
        0.012,
        "p95 of both halves",
    );
}
