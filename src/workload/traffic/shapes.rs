//! Each kind of layer as a curve, and their composition.

use std::f64::consts::TAU;

use crate::engine::random::RandomStream;
use crate::units::{SimDuration, SimTime};
use crate::workload::trace::{Trace, TraceStamp};

use super::curve::Curve;
use super::noise;
use super::{DailyCurve, Layer, Load, LoadContext, LoadError, MAX_PIECES, TraceStart, WallClock};

const DAY_MS: i64 = 86_400_000;
/// The longest scenario: beyond it instants in ms lose their fraction in `f64`.
const MAX_DURATION_MS: i64 = 20 * 366 * DAY_MS;
/// The most chords that one smooth layer is cut into, if 16 a period allow it.
const MAX_CHORDS: i64 = 1_000_000;

/// How many chords a smooth layer is cut into per period: 256, or fewer (but at least 16) where the
/// whole would exceed a million. With `n` chords the error is at most `(π/n)²/2` of the amplitude:
/// 0.0075 % at 256, 1.9 % at 16.
pub fn chords_per_period(period: SimDuration, duration: SimDuration) -> u32 {
    let periods = (duration.0 / period.0.max(1)).max(1);
    let chords = (MAX_CHORDS / periods).clamp(16, 256).min(period.0.max(1));
    chords as u32
}

pub(super) fn compile(layers: &[Layer], context: &LoadContext<'_>) -> Result<Load, LoadError> {
    let duration_ms = context.duration.0.max(1);
    if duration_ms > MAX_DURATION_MS {
        return Err(error(0, "the scenario is longer than 20 years", "write a shorter `duration`"));
    }
    let mut curve = Curve::constant(duration_ms, 0.0);
    for (number, layer) in layers.iter().enumerate() {
        let number = number as u32;
        check(number, layer, duration_ms, curve.pieces())?;
        curve = apply(curve, number, layer, context);
        if !curve.is_finite() {
            return Err(error(number, "the rate is not a finite number", "write smaller numbers"));
        }
        if curve.pieces() > MAX_PIECES as usize {
            return Err(too_many(number, curve.pieces() as i64));
        }
    }
    Ok(Load::from_curve(curve.cut_at_zero()))
}

fn error(layer: u32, message: &str, help: &str) -> LoadError {
    LoadError { layer, message: message.to_owned(), help: help.to_owned() }
}

fn too_many(layer: u32, pieces: i64) -> LoadError {
    LoadError {
        layer,
        message: format!("the load needs {pieces} pieces, {MAX_PIECES} are allowed"),
        help: "write a shorter `duration`, a longer period or a coarser recording".to_owned(),
    }
}

/// Refuses what would not end or not fit, before any memory is taken.
fn check(number: u32, layer: &Layer, duration_ms: i64, have: usize) -> Result<(), LoadError> {
    let pieces = match layer {
        Layer::Sine { period, .. } if period.0 <= 0 => {
            return Err(error(number, "the period is not positive", "write `period: 1h`"));
        }
        Layer::Noise { stddev, .. } if !(0.0..=10.0).contains(stddev) => {
            let help = "write a `stddev` between 0 % and 1000 %";
            return Err(error(number, "the standard deviation is out of range", help));
        }
        Layer::Sine { period, .. } => {
            let chords = chords_per_period(*period, SimDuration(duration_ms));
            duration_ms / period.0 * i64::from(chords)
        }
        Layer::Noise { correlation, .. } => duration_ms / super::noise_step(*correlation).0,
        Layer::Daily(DailyCurve::Points(points)) => {
            (duration_ms / DAY_MS + 2).saturating_mul(points.len() as i64 + 1)
        }
        Layer::Stages { points, .. } => points.len() as i64,
        Layer::Trace { trace, .. } => i64::from(trace.points()),
        Layer::ScaleSteps { steps } => steps.len() as i64,
        _ => 0,
    };
    let pieces = pieces.saturating_add(have as i64);
    if pieces > i64::from(MAX_PIECES) { Err(too_many(number, pieces)) } else { Ok(()) }
}

fn apply(curve: Curve, number: u32, layer: &Layer, context: &LoadContext<'_>) -> Curve {
    let duration_ms = curve.duration_ms;
    let corners = |hold: bool, corners: &[(i64, f64)]| {
        Curve::through(duration_ms, hold, corners.iter().copied())
    };
    let added = match layer {
        Layer::Scale { factor } => return curve.times(*factor),
        Layer::ScaleSteps { steps } => {
            let begin = std::iter::once((0, 1.0));
            let corners = begin.chain(steps.iter().map(|&(at, factor)| (at.0, factor)));
            return curve.times_steps(&Curve::through(duration_ms, true, in_order(corners)));
        }
        Layer::Noise { stddev, correlation } => {
            let mut stream =
                RandomStream::new(context.seed, &format!("{}/{number}", context.stream));
            let factor = noise::factor(duration_ms, *stddev, *correlation, &mut stream);
            return curve.times_steps(&factor);
        }
        Layer::Constant { rate } => Curve::constant(duration_ms, rate.0),
        Layer::Ramp { from, to, at, over } => {
            corners(false, &[(at.0, from.0), (after(at.0, over.0), to.0)])
        }
        Layer::Step { at, rate } => corners(false, &[(at.0, 0.0), (at.0, rate.0)]),
        Layer::Stages { points, hold } => {
            let points = points.iter().map(|point| (point.at.0, point.rate.0));
            Curve::through(duration_ms, *hold, in_order(points))
        }
        Layer::Sine { mean, amplitude, period, phase } => {
            sine(duration_ms, mean.0, amplitude.0, period.0, phase.0)
        }
        Layer::Daily(curve) => daily(duration_ms, curve, context.clock),
        Layer::Spike { at, height, rise, hold, fall } => {
            let top = after(at.0, rise.0);
            let falls = after(top, hold.0);
            let end = after(falls, fall.0);
            corners(false, &[(at.0, 0.0), (top, height.0), (falls, height.0), (end, 0.0)])
        }
        Layer::Trace { trace, start, hold } => {
            Curve::through(duration_ms, *hold, laid(trace, *start, context.clock))
        }
    };
    curve.plus(added)
}

/// An instant later by a span that is not negative.
fn after(at_ms: i64, span_ms: i64) -> i64 {
    at_ms.saturating_add(span_ms.max(0))
}

/// Drops points that lie before their predecessor.
fn in_order(points: impl Iterator<Item = (i64, f64)>) -> impl Iterator<Item = (i64, f64)> {
    let mut newest = i64::MIN;
    points.filter(move |point| {
        let keeps = point.0 >= newest;
        newest = newest.max(point.0);
        keeps
    })
}

fn sine(duration_ms: i64, mean: f64, amplitude: f64, period_ms: i64, phase_ms: i64) -> Curve {
    let chords = i64::from(chords_per_period(SimDuration(period_ms), SimDuration(duration_ms)));
    // Corner `k` of a period lies at the whole ms k * period / chords, so that periods repeat
    // exactly.
    let into = (-phase_ms).rem_euclid(period_ms);
    let from = -into;
    let corner = move |index: i64| {
        let (turns, chord) = (index.div_euclid(chords), index.rem_euclid(chords));
        let offset = i128::from(period_ms) * i128::from(chord) / i128::from(chords);
        let angle = TAU * offset as f64 / period_ms as f64;
        let at = from.saturating_add(turns.saturating_mul(period_ms)) + offset as i64;
        (at, mean + amplitude * libm::sin(angle))
    };
    let last = (duration_ms.saturating_add(into) / period_ms + 1).saturating_mul(chords);
    let first = (i128::from(into) * i128::from(chords) / i128::from(period_ms)) as i64 - 1;
    let end = duration_ms;
    let corners = (first.max(0)..=last).map(corner);
    let mut past_end = false;
    Curve::through(
        duration_ms,
        false,
        corners.take_while(move |(at, _)| {
            let keep = !past_end;
            past_end = *at >= end;
            keep
        }),
    )
}

fn daily(duration_ms: i64, curve: &DailyCurve, clock: WallClock) -> Curve {
    let local = i128::from(clock.unix_ms) + i128::from(clock.offset.0);
    let time_of_day = local.rem_euclid(i128::from(DAY_MS)) as i64;
    match curve {
        DailyCurve::Cosine { low, high, peak } => {
            let (mean, amplitude) = (f64::midpoint(low.0, high.0), (high.0 - low.0) / 2.0);
            // A sine goes up through its middle a quarter of a day before its top.
            let phase = peak.0.rem_euclid(DAY_MS) - DAY_MS / 4 - time_of_day;
            sine(duration_ms, mean, amplitude, DAY_MS, phase)
        }
        DailyCurve::Points(points) => daily_points(duration_ms, points, time_of_day),
    }
}

fn daily_points(
    duration_ms: i64,
    points: &[(SimDuration, super::Rate)],
    time_of_day: i64,
) -> Curve {
    let mut day: Vec<(i64, f64)> =
        points.iter().map(|(at, rate)| (at.0.rem_euclid(DAY_MS), rate.0)).collect();
    day.sort_by_key(|point| point.0);
    let days = -1..=(duration_ms + time_of_day) / DAY_MS + 1;
    let day = &day;
    let corners = days.flat_map(|number| {
        day.iter().map(move |(at, rate)| (number * DAY_MS + at - time_of_day, *rate))
    });
    Curve::through(duration_ms, false, corners)
}

/// The points of a recording on the scenario's time.
fn laid(
    trace: &Trace,
    start: TraceStart,
    clock: WallClock,
) -> impl Iterator<Item = (i64, f64)> + '_ {
    let begin = trace.at_ms().first().copied().unwrap_or(0);
    let shift = match (start, trace.stamp()) {
        (TraceStart::At(at), _) => at.0.saturating_sub(begin),
        (TraceStart::Clock, TraceStamp::Unix) => clock.unix_ms.saturating_neg(),
        (TraceStart::Clock, TraceStamp::TimeOfDay) => {
            let local = i128::from(clock.unix_ms) + i128::from(clock.offset.0);
            -(local.rem_euclid(i128::from(DAY_MS)) as i64)
        }
        (TraceStart::Clock, TraceStamp::Relative) => SimTime::ZERO.0.saturating_sub(begin),
    };
    trace.iter().map(move |(at_ms, value)| (at_ms.saturating_add(shift), value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::traffic::{Rate, RatePoint};

    fn load(layers: &[Layer], seconds: i64) -> Load {
        let clock = WallClock { unix_ms: 8 * 3_600_000, offset: SimDuration::ZERO };
        let context =
            LoadContext { duration: SimDuration::from_secs(seconds), clock, seed: 7, stream: "t" };
        Load::compile(layers, &context).expect("the layers are valid")
    }

    fn at(load: &Load, ms: i64) -> f64 {
        load.rate(SimTime(ms))
    }

    #[test]
    fn a_spike_rises_holds_and_falls() {
        let spike = Layer::Spike {
            at: SimTime::from_secs(10),
            height: Rate(100.0),
            rise: SimDuration::from_secs(10),
            hold: SimDuration::from_secs(5),
            fall: SimDuration::from_secs(20),
        };
        let load = load(&[Layer::Constant { rate: Rate(20.0) }, spike], 100);
        assert_eq!(at(&load, 9_999), 20.0);
        assert_eq!(at(&load, 15_000), 70.0);
        assert_eq!(at(&load, 22_000), 120.0);
        assert_eq!(at(&load, 35_000), 70.0);
        assert_eq!(at(&load, 90_000), 20.0);
        assert_eq!(load.integral(SimTime(0), SimTime::from_secs(100)), 2000.0 + 2000.0);
    }

    #[test]
    fn held_stages_jump_and_lines_do_not() {
        let point = |s, rate| RatePoint { at: SimTime::from_secs(s), rate: Rate(rate) };
        let points = vec![point(0, 1.0), point(10, 5.0), point(20, 3.0)];
        let held = load(&[Layer::Stages { points: points.clone(), hold: true }], 30);
        assert_eq!((at(&held, 9_999), at(&held, 10_000), at(&held, 29_000)), (1.0, 5.0, 3.0));
        let drawn = load(&[Layer::Stages { points, hold: false }], 30);
        assert_eq!((at(&drawn, 5_000), at(&drawn, 15_000), at(&drawn, 29_000)), (3.0, 4.0, 3.0));
    }

    #[test]
    fn a_sine_keeps_to_its_formula_and_bound() {
        let (mean, amplitude, period) = (50.0, 30.0, 600_000);
        let sine = Layer::Sine {
            mean: Rate(mean),
            amplitude: Rate(amplitude),
            period: SimDuration(period),
            phase: SimDuration(90_000),
        };
        let load = load(&[sine], 3600);
        for ms in (0..3_600_000).step_by(777) {
            let angle = TAU * (ms - 90_000) as f64 / period as f64;
            let exact = mean + amplitude * libm::sin(angle);
            assert!((at(&load, ms) - exact).abs() <= amplitude * 7.6e-5, "at {ms}");
        }
    }

    #[test]
    fn a_day_peaks_by_the_wall_clock() {
        let daily = Layer::Daily(DailyCurve::Cosine {
            low: Rate(10.0),
            high: Rate(30.0),
            peak: SimDuration::from_secs(14 * 3600),
        });
        let load = load(&[daily], 2 * 86_400);
        let hour = 3_600_000;
        assert!((at(&load, 6 * hour) - 30.0).abs() < 1e-9);
        assert!((at(&load, 18 * hour) - 10.0).abs() < 1e-9);
        assert!((at(&load, 30 * hour) - 30.0).abs() < 1e-9);
    }

    #[test]
    fn what_falls_below_zero_is_cut_once_at_the_end() {
        let layers = [
            Layer::Constant { rate: Rate(10.0) },
            Layer::Ramp {
                from: Rate(0.0),
                to: Rate(-20.0),
                at: SimTime::ZERO,
                over: SimDuration::from_secs(20),
            },
            Layer::Step { at: SimTime::from_secs(15), rate: Rate(15.0) },
        ];
        let load = load(&layers, 30);
        assert_eq!(at(&load, 5_000), 5.0);
        assert_eq!(at(&load, 12_000), 0.0);
        assert_eq!(at(&load, 15_000), 10.0);
        assert_eq!(at(&load, 25_000), 5.0);
    }

    #[test]
    fn noise_multiplies_with_mean_one_and_repeats_with_its_seed() {
        let layers = [
            Layer::Constant { rate: Rate(100.0) },
            Layer::Noise { stddev: 0.3, correlation: SimDuration::from_secs(10) },
        ];
        let one = load(&layers, 200_000);
        let mean = one.integral(SimTime(0), SimTime::from_secs(200_000)) / 200_000.0;
        assert!((mean - 100.0).abs() < 1.5, "mean {mean}");
        assert!(one.breakpoints().all(|(_, _, rate)| rate > 0.0));
        assert_eq!(one, load(&layers, 200_000));
    }

    #[test]
    fn impossible_layers_are_errors() {
        let context = LoadContext {
            duration: SimDuration::from_secs(86_400 * 3650),
            clock: WallClock::default(),
            seed: 0,
            stream: "t",
        };
        let sine = |period| Layer::Sine {
            mean: Rate(1.0),
            amplitude: Rate(1.0),
            period: SimDuration(period),
            phase: SimDuration(i64::MIN),
        };
        assert!(Load::compile(&[sine(0)], &context).is_err());
        assert!(Load::compile(&[sine(1)], &context).is_err());
        assert!(Load::compile(&[Layer::Constant { rate: Rate(f64::NAN) }], &context).is_err());
        let noise = Layer::Noise { stddev: f64::NAN, correlation: SimDuration(-5) };
        assert!(Load::compile(&[noise], &context).is_err());
    }
}
