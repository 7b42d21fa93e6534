//! Closed forms: what passes, what waits, what fails.

use podtide::units::{MilliCpu, SimDuration, SimTime};
use podtide::workload::service::Behavior;
use podtide::workload::{Flow, ModelEvent};

use super::rig::{Rig, assert_near, behavior, lines, service};

#[test]
fn a_load_within_capacity_passes_and_costs_its_cpu() {
    let load = lines(&[(0.0, 10.0), (100.0, 30.0), (200.0, 0.0)], false);
    let mut rig = Rig::new(service(load), behavior(8.0));
    rig.serve(2);
    rig.run_to(150.0);
    let totals = rig.model.totals(0);
    let expect = 2000.0 + 22.5 * 50.0;
    assert_near(totals.offered, expect, 1e-12, "offered");
    assert_near(totals.served, expect, 1e-12, "served");
    assert_near(rig.cpu_seconds(rig.serving[0]), expect / 2.0 * 0.008, 1e-9, "cpu");
}

#[test]
fn an_overload_waits_then_drains() {
    // One pod serves 100/s; 150/s for 10 s leave 500 waiting, which 50/s then take 10 s to clear.
    let load = lines(&[(0.0, 50.0), (10.0, 150.0), (20.0, 50.0), (60.0, 50.0)], true);
    let mut rig = Rig::new(service(load), behavior(10.0));
    rig.serve(1);
    rig.run_to(15.0);
    assert_near(rig.model.backlog(0), 250.0, 1e-9, "half way");
    rig.run_to(20.0);
    assert_near(rig.model.backlog(0), 500.0, 1e-9, "top");
    rig.run_to(29.0);
    assert_near(rig.model.backlog(0), 50.0, 1e-9, "nearly clear");
    rig.run_to(50.0);
    assert_eq!(rig.model.backlog(0), 0.0);
    let totals = rig.model.totals(0);
    assert_near(totals.served, 500.0 + 1500.0 + 1500.0, 1e-9, "served");
    assert_eq!(totals.failed, 0.0);
    rig.model.finish();
    let segments = rig.model.take_segments();
    let end = segments.iter().find(|segment| segment.backlog_to == 0.0 && segment.from_ms >= 2e4);
    assert_near(end.expect("the backlog clears").to_ms, 30_000.0, 1e-9, "clear at");
    let calm = segments.iter().filter(|segment| matches!(segment.flow, Flow::Follows { .. }));
    assert_eq!(calm.count(), 2);
}

#[test]
fn what_would_time_out_fails() {
    // 100/s and 2 s of patience of which 10 ms are service: 199 may wait.
    let load = lines(&[(0.0, 150.0), (60.0, 150.0)], true);
    let time = Behavior { timeout: SimDuration::from_secs(2), ..behavior(10.0) };
    let mut rig = Rig::new(service(load), time);
    rig.serve(1);
    rig.run_to(60.0);
    assert_near(rig.model.backlog(0), 199.0, 1e-9, "backlog");
    let totals = rig.model.totals(0);
    assert_near(totals.served, 6000.0, 1e-9, "served");
    assert_near(totals.failed, 9000.0 - 6000.0 - 199.0, 1e-9, "failed");
}

#[test]
fn without_endpoints_requests_fail_at_once() {
    let load = lines(&[(0.0, 10.0), (60.0, 10.0)], true);
    let mut rig = Rig::new(service(load), behavior(10.0));
    rig.run_to(10.0);
    rig.serve(1);
    rig.run_to(30.0);
    let totals = rig.model.totals(0);
    assert_near(totals.failed, 100.0, 1e-9, "failed");
    assert_near(totals.served, 200.0, 1e-9, "served");
}

#[test]
fn a_drained_pod_finishes_what_it_accepted() {
    let load = lines(&[(0.0, 300.0), (2.0, 20.0), (60.0, 20.0)], true);
    let mut rig = Rig::new(service(load), behavior(10.0));
    rig.serve(2);
    rig.run_to(2.0);
    let waiting = rig.model.backlog(0);
    assert_near(waiting, 200.0, 1e-9, "waiting");
    let pod = rig.drain_one().expect("two pods serve");
    assert_eq!(rig.model.drained_at(pod), Some(SimTime(3010)));
    let events = rig.run_to(10.0);
    assert_eq!(events, [(SimTime(3010), ModelEvent::Drained { pod })]);
    assert_eq!(rig.model.totals(0).failed, 0.0);
    assert!(rig.model.is_drained(pod));
}

#[test]
fn a_killed_pod_loses_what_is_inside() {
    let load = lines(&[(0.0, 300.0), (60.0, 300.0)], true);
    let time = Behavior { latency: SimDuration::from_millis(90), ..behavior(10.0) };
    let mut rig = Rig::new(service(load), time);
    rig.serve(2);
    rig.run_to(2.0);
    rig.kill_one();
    // 100 wait in it and 100/s * 0.1 s are in flight.
    assert_near(rig.model.totals(0).failed, 110.0, 1e-9, "failed");
    rig.run_to(3.0);
}

#[test]
fn a_limit_slows_each_request_and_bounds_them() {
    let load = lines(&[(0.0, 10.0), (60.0, 10.0)], true);
    let mut rig = Rig::new(service(load), behavior(100.0));
    rig.limit = Some(MilliCpu(500));
    rig.serve(1);
    rig.run_to(10.0);
    assert_near(rig.model.totals(0).served, 50.0, 1e-9, "served");
    assert_near(rig.cpu_seconds(rig.serving[0]), 5.0, 1e-9, "cpu");
}
