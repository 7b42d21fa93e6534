//! Closed forms against integration in small steps.

use podtide::units::SimDuration;
use podtide::workload::service::Behavior;
use proptest::prelude::*;

use super::rig::{Rig, behavior, lines, service};

/// One pod by steps of a tenth of a millisecond: waiting, served, failed.
fn integrate(points: &[(f64, f64)], seconds: u32, capacity: f64, bound: f64) -> [f64; 3] {
    let rate = |at: f64| {
        let next = points.iter().position(|point| point.0 > at).unwrap_or(points.len());
        match (next.checked_sub(1).map(|before| points[before]), points.get(next)) {
            (Some(from), Some(to)) => from.1 + (to.1 - from.1) * (at - from.0) / (to.0 - from.0),
            (Some(from), None) => from.1,
            (None, first) => first.map_or(0.0, |first| first.1),
        }
    };
    let dt = 1e-4;
    let (mut queue, mut served, mut failed) = (0.0_f64, 0.0, 0.0);
    for step in 0..seconds * 10_000 {
        let arrive = rate((f64::from(step) + 0.5) * dt) * dt;
        let work = (queue + arrive).min(capacity * dt);
        queue += arrive - work;
        served += work;
        let surplus = (queue - bound).max(0.0);
        queue -= surplus;
        failed += surplus;
    }
    [queue, served, failed]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn a_queue_follows_its_differential_equation(
        steps in prop::collection::vec((1_i64..8000, 0.0_f64..250.0), 2..10),
        timeout_ms in 20_i64..4000,
    ) {
        let mut at = 0.0;
        let mut points = Vec::new();
        for (step, rate) in steps {
            points.push((at, rate));
            at += step as f64 / 1000.0;
        }
        let time = Behavior { timeout: SimDuration(timeout_ms), ..behavior(10.0) };
        let mut rig = Rig::new(service(lines(&points, false)), time);
        rig.serve(1);
        let seconds = at.ceil() as u32;
        rig.run_to(f64::from(seconds));
        let bound = 100.0 * (timeout_ms as f64 / 1000.0 - 0.010);
        let [queue, served, failed] = integrate(&points, seconds, 100.0, bound);
        let totals = rig.model.totals(0);
        let scale = 0.5 + 1e-3 * totals.offered;
        prop_assert!((rig.model.backlog(0) - queue).abs() < 0.5, "{} {queue}", rig.model.backlog(0));
        prop_assert!((totals.served - served).abs() < scale, "{totals:?} {served}");
        prop_assert!((totals.failed - failed).abs() < scale, "{totals:?} {failed}");
    }
}
