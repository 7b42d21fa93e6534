//! A compiled load against plain scans over its breakpoints.

use podtide::units::{SimDuration, SimTime};
use podtide::workload::traffic::{LoadContext, RatePoint, WallClock};
use podtide::workload::{Layer, Load, Rate};
use proptest::prelude::*;

fn stages(points: Vec<(i64, f64)>, hold: bool, duration_ms: i64) -> Load {
    let points =
        points.into_iter().map(|(at, rate)| RatePoint { at: SimTime(at), rate: Rate(rate) });
    let context = LoadContext {
        duration: SimDuration(duration_ms),
        clock: WallClock::default(),
        seed: 1,
        stream: "test",
    };
    Load::compile(&[Layer::Stages { points: points.collect(), hold }], &context)
        .expect("stages compile")
}

prop_compose! {
    fn any_load()(
        steps in prop::collection::vec((1_i64..40_000, 0.0_f64..100.0), 1..60),
        hold in any::<bool>(),
        tail in 0_i64..50_000,
    ) -> Load {
        let mut at = 0;
        let mut points = Vec::new();
        for (step, rate) in steps {
            points.push((at, rate));
            at += step;
        }
        stages(points, hold, at + tail)
    }
}

/// The integral by trapezoids between breakpoints, from scratch.
fn slow_integral(load: &Load, from: i64, to: i64) -> f64 {
    let mut sum = 0.0;
    let mut at = from;
    while at < to {
        let next = load.next_breakpoint(SimTime(at)).map_or(to, |next| next.0.min(to));
        let piece = load.piece_at_ms(at as f64);
        let length = (next - at) as f64 / 1000.0;
        sum += (piece.rate + piece.slope * length / 2.0) * length;
        at = next;
    }
    sum
}

proptest! {
    #[test]
    fn integrals_and_maxima_agree_with_a_scan(
        load in any_load(),
        ends in (-5_000_i64..2_000_000, 0_i64..500_000),
    ) {
        let (from, to) = (ends.0, ends.0 + ends.1);
        let slow = slow_integral(&load, from, to);
        let fast = load.integral(SimTime(from), SimTime(to));
        prop_assert!((slow - fast).abs() <= 1e-9 * slow.abs().max(1.0) * 100.0);
        let mut greatest: f64 = load.rate(SimTime(from)).max(load.rate(SimTime(to)));
        for (at, left, right) in load.breakpoints() {
            if at.0 > from && at.0 <= to {
                greatest = greatest.max(left).max(if at.0 < to { right } else { left });
            }
        }
        let quick = load.max_in(SimTime(from), SimTime(to));
        prop_assert!((quick - greatest).abs() <= 1e-9 * greatest.max(1.0), "{quick} {greatest}");
    }

    #[test]
    fn the_first_instant_above_a_threshold_is_found(
        load in any_load(),
        from in -5_000_i64..2_000_000,
        threshold in 0.0_f64..110.0,
    ) {
        let found = load.first_above_ms(from as f64, threshold);
        let mut at = from as f64;
        let expect = loop {
            let piece = load.piece_at_ms(at);
            if piece.rate > threshold {
                break at;
            }
            if piece.to_ms.is_infinite() {
                break f64::INFINITY;
            }
            let end = piece.rate + piece.slope * (piece.to_ms - at) / 1000.0;
            if end > threshold * (1.0 + 1e-12) {
                break at + (threshold - piece.rate) / piece.slope * 1000.0;
            }
            at = piece.to_ms;
        };
        let same = found == expect || (found - expect).abs() < 1e-3;
        prop_assert!(same, "{found} {expect}");
    }

    #[test]
    fn a_cursor_reads_what_the_load_says(
        load in any_load(),
        steps in prop::collection::vec(0.0_f64..30_000.0, 1..80),
    ) {
        let mut cursor = load.cursor();
        let mut at = -3_000.0;
        for step in steps {
            prop_assert_eq!(cursor.cumulative_ms(at), load.cumulative_ms(at));
            prop_assert_eq!(cursor.piece_at_ms(at), load.piece_at_ms(at));
            at += step;
        }
    }
}
