//! Traffic: what people write as layers, compiled once into a [`Load`].
//!
//! Layers act in order. Constant, ramp, step, stages, sine, daily, spike and trace **add** to what
//! stands before them; noise and scale **multiply** it. Negative sums are cut at 0 once, at the
//! end.
//!
//! Times are measured from the start of the scenario. Smooth shapes are cut into chords, see
//! [`chords_per_period`].

mod curve;
mod load;
mod noise;
mod shapes;

use std::sync::Arc;

use crate::units::{SimDuration, SimTime};
use crate::workload::trace::{Trace, to_rfc3339};

pub use load::{Load, LoadCursor, LoadPiece};
pub(crate) use noise::log_normal_factor;
pub use shapes::chords_per_period;

/// The most linear pieces a compiled [`Load`] may have.
pub const MAX_PIECES: u32 = 8_000_000;

/// A rate \[requests/s\], or \[cores\] where the traffic is CPU work instead of requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Rate(pub f64);

/// A rate at an instant; a corner of [`Layer::Stages`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RatePoint {
    /// When, from the start of the scenario.
    pub at: SimTime,
    /// The rate there.
    pub rate: Rate,
}

/// One layer of traffic; checked, nothing optional left.
#[derive(Clone, Debug, PartialEq)]
pub enum Layer {
    /// The same rate always.
    Constant {
        /// What is added.
        rate: Rate,
    },
    /// From one rate to another, held on both sides.
    Ramp {
        /// Before and at `at`.
        from: Rate,
        /// At and after `at + over`.
        to: Rate,
        /// When it begins.
        at: SimTime,
        /// How long it takes; zero is a step.
        over: SimDuration,
    },
    /// Nothing before `at`, `rate` from then on.
    Step {
        /// When.
        at: SimTime,
        /// What is added from then on; may be negative.
        rate: Rate,
    },
    /// Corners, linear between them and held outside.
    Stages {
        /// In order of time; of two at the same instant the first ends the line before it, and the
        /// last begins the line after it.
        points: Vec<RatePoint>,
        /// Hold each rate until the next point instead of drawing a line.
        hold: bool,
    },
    /// `mean + amplitude * sin(2π (t - phase) / period)`.
    Sine {
        /// The middle.
        mean: Rate,
        /// From the middle to the top.
        amplitude: Rate,
        /// Length of one swing.
        period: SimDuration,
        /// An instant at which the rate goes up through the middle.
        phase: SimDuration,
    },
    /// A day's curve, repeated every 24 hours of the wall clock.
    Daily(DailyCurve),
    /// Up to `height` and back to nothing.
    Spike {
        /// When it begins to rise.
        at: SimTime,
        /// What is added at the top.
        height: Rate,
        /// Time from nothing to the top.
        rise: SimDuration,
        /// Time at the top.
        hold: SimDuration,
        /// Time from the top back to nothing.
        fall: SimDuration,
    },
    /// A random factor of mean 1, never below 0: log-normal with an AR(1) course, so that values
    /// `d` apart correlate by about `exp(-d / correlation)`. Held for [`noise_step`].
    Noise {
        /// Standard deviation of the factor (0.05 is 5 %).
        stddev: f64,
        /// Time over which the factor forgets; zero makes steps independent.
        correlation: SimDuration,
    },
    /// A recording.
    Trace {
        /// What was recorded.
        trace: Arc<Trace>,
        /// Where its first point lies.
        start: TraceStart,
        /// Hold each value until the next point instead of drawing a line.
        hold: bool,
    },
    /// Multiplies what stands before.
    Scale {
        /// By how much.
        factor: f64,
    },
    /// Multiplies what stands before by a factor that changes in steps.
    ScaleSteps {
        /// From when on by how much, in order of time; 1 before the first.
        steps: Vec<(SimTime, f64)>,
    },
}

/// The shape of a day.
#[derive(Clone, Debug, PartialEq)]
pub enum DailyCurve {
    /// A cosine between two rates.
    Cosine {
        /// At the quietest, 12 hours away from `peak`.
        low: Rate,
        /// At the busiest.
        high: Rate,
        /// Time of day of the busiest moment, from midnight.
        peak: SimDuration,
    },
    /// Rates at times of day, linear between them and over midnight.
    Points(Vec<(SimDuration, Rate)>),
}

/// Where a recording is laid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceStart {
    /// Its first point is at this instant of the scenario.
    At(SimTime),
    /// Its stamps are compared with the scenario's wall clock. For a recording without a date
    /// (seconds from its start) the same as `At(SimTime::ZERO)`.
    Clock,
}

/// The wall clock of the scenario's start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WallClock {
    /// The start \[ms since 1970-01-01 00:00 UTC\].
    pub unix_ms: i64,
    /// Local time minus UTC, for times of day.
    pub offset: SimDuration,
}

impl WallClock {
    /// The wall clock at an instant, in RFC 3339 of local time, cut to the second.
    pub fn rfc3339(&self, at: SimTime) -> String {
        to_rfc3339(self.unix_ms.saturating_add(at.0), self.offset.0)
    }
}

/// Why layers cannot be compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadError {
    /// Which layer, from 0.
    pub layer: u32,
    /// What is wrong; one phrase.
    pub message: String,
    /// What to write instead.
    pub help: String,
}

/// What [`Load::compile`] needs beside the layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoadContext<'a> {
    /// How long the scenario lasts; the last rate is held after it.
    pub duration: SimDuration,
    /// The wall clock of time 0, for daily curves and recordings.
    pub clock: WallClock,
    /// The scenario's seed.
    pub seed: u64,
    /// Name of the random stream; noise layer `i` draws from `NAME/i`.
    pub stream: &'a str,
}

impl Load {
    /// Compiles layers into a load over `[0, duration]`; the rate of time 0 is held before, the
    /// last one after.
    ///
    /// # Errors
    /// A layer with a number that is not finite, a period or spread out of range, or more than
    /// [`MAX_PIECES`] pieces. Never panics.
    pub fn compile(layers: &[Layer], context: &LoadContext<'_>) -> Result<Load, LoadError> {
        shapes::compile(layers, context)
    }
}

/// How long one value of a noise layer is held: a tenth of its correlation time, between 1 s and
/// 1 min.
pub fn noise_step(correlation: SimDuration) -> SimDuration {
    SimDuration((correlation.0 / 10).clamp(1000, 60_000))
}
