//! Recordings of load from production: CSV and Prometheus `query_range` JSON.
//!
//! What every reader does with what it finds:
//! - values that are empty, `NaN`, `N/A`, `null` or `-` are holes: the point is left out, so that
//!   the
//!   load is linear across it (or held, with `hold`);
//! - rows may come in any order; of several at the same instant the mean is taken;
//! - a value below zero, a value that is no number, and a stamp that cannot be read are errors.

mod csv_text;
mod prometheus;
mod stamp;

pub use csv_text::{CsvOptions, Unit, parse_csv};
pub use prometheus::{PrometheusOptions, parse_prometheus};
pub use stamp::{StampFormat, parse_rfc3339, to_rfc3339};

/// The most points that a recording may have.
pub const MAX_POINTS: u32 = 4_000_000;

/// What the stamps of a recording count from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceStamp {
    /// 1970-01-01 00:00 UTC; stamps without a zone are taken as UTC.
    Unix,
    /// Midnight of some day.
    TimeOfDay,
    /// The start of the recording.
    Relative,
}

/// A recording of a rate: instants \[ms\] in strictly increasing order, values \[1/s\] that are not
/// negative.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    stamp: TraceStamp,
    at_ms: Vec<i64>,
    value: Vec<f64>,
    notes: Vec<String>,
}

/// Why a recording cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceError {
    /// Line in the text, from 1; none when the text as a whole is at fault.
    pub line: Option<u64>,
    /// What is wrong; one phrase, values in backticks.
    pub message: String,
    /// What to write instead.
    pub help: String,
}

impl TraceError {
    fn new(line: Option<u64>, message: impl Into<String>, help: impl Into<String>) -> TraceError {
        TraceError { line, message: message.into(), help: help.into() }
    }
}

impl Trace {
    /// A recording from points in any order; of several at one instant the mean is kept.
    ///
    /// # Errors
    /// No points, more than [`MAX_POINTS`], or a value that is negative or not finite.
    pub fn new(stamp: TraceStamp, mut points: Vec<(i64, f64)>) -> Result<Trace, TraceError> {
        if points.is_empty() {
            let help = "give a recording with at least one value";
            return Err(TraceError::new(None, "the recording has no values", help));
        }
        if points.len() > MAX_POINTS as usize {
            return Err(too_many_points());
        }
        if let Some((_, bad)) = points.iter().find(|point| !(point.1 >= 0.0 && point.1.is_finite()))
        {
            let message = format!("`{bad}` is no rate");
            return Err(TraceError::new(None, message, "give finite values of 0 or more"));
        }
        points.sort_by_key(|point| point.0);
        let mut trace = Trace {
            stamp,
            at_ms: Vec::with_capacity(points.len()),
            value: Vec::with_capacity(points.len()),
            notes: Vec::new(),
        };
        trace.take_means(&points);
        Ok(trace)
    }

    fn take_means(&mut self, points: &[(i64, f64)]) {
        let mut repeats = 0;
        for same in points.chunk_by(|a, b| a.0 == b.0) {
            repeats += same.len() - 1;
            self.at_ms.push(same[0].0);
            self.value.push(same.iter().map(|point| point.1).sum::<f64>() / same.len() as f64);
        }
        if repeats > 0 {
            self.note(format!("{repeats} repeated instants: the mean of their values is taken"));
        }
    }

    fn note(&mut self, text: String) {
        self.notes.push(text);
    }

    /// What the stamps count from.
    pub fn stamp(&self) -> TraceStamp {
        self.stamp
    }

    /// The number of points.
    pub fn points(&self) -> u32 {
        self.at_ms.len() as u32
    }

    /// The instants \[ms\], by [`Trace::stamp`].
    pub fn at_ms(&self) -> &[i64] {
        &self.at_ms
    }

    /// The values \[1/s\].
    pub fn values(&self) -> &[f64] {
        &self.value
    }

    /// Instants \[ms\] and values \[1/s\].
    pub fn iter(&self) -> impl Iterator<Item = (i64, f64)> + '_ {
        self.at_ms.iter().copied().zip(self.value.iter().copied())
    }

    /// What was done with holes, repeats and resets, and which columns and formats were found; for
    /// people.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }
}

fn too_many_points() -> TraceError {
    let message = format!("the recording has more than {MAX_POINTS} points");
    TraceError::new(None, message, "take fewer points, for instance one a minute")
}
