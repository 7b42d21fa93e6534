//! Units in types: simulated time, durations, CPU and memory amounts.
//!
//! Time is whole milliseconds since the scenario's start; the past of a warm world is negative.
//! No function here reads a clock.

use std::fmt;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

use serde::Serialize;

/// An instant in simulated time [ms since the scenario's start]; negative before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct SimTime(pub i64);

/// A span of simulated time \[ms\].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct SimDuration(pub i64);

/// An amount of CPU [10⁻³ cores], as in `250m`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct MilliCpu(pub i64);

/// A rate of CPU use [10⁻⁹ cores], or an amount of CPU time \[ns\].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct NanoCpu(pub i64);

/// An amount of memory \[bytes\].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Bytes(pub i64);

impl SimTime {
    /// The start of the scenario.
    pub const ZERO: SimTime = SimTime(0);
    /// Later than every instant that a simulation reaches; "never".
    pub const MAX: SimTime = SimTime(i64::MAX);
    /// Earlier than every instant; Go's zero time.
    pub const MIN: SimTime = SimTime(i64::MIN / 4);

    /// The instant `seconds` after the start.
    pub const fn from_secs(seconds: i64) -> SimTime {
        SimTime(seconds * 1000)
    }

    /// The whole second at or before this instant: what the API server stores of a timestamp.
    pub const fn floor_second(self) -> SimTime {
        SimTime(self.0.div_euclid(1000) * 1000)
    }

    /// Whole seconds since the start, rounded down.
    pub const fn whole_seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// Seconds since the start.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1000.0
    }

    /// This instant plus a span, held at [`SimTime::MAX`] instead of overflowing.
    pub const fn saturating_add(self, duration: SimDuration) -> SimTime {
        SimTime(self.0.saturating_add(duration.0))
    }
}

impl SimDuration {
    /// No time.
    pub const ZERO: SimDuration = SimDuration(0);
    /// Longer than every simulation.
    pub const MAX: SimDuration = SimDuration(i64::MAX);

    /// A span of whole seconds.
    pub const fn from_secs(seconds: i64) -> SimDuration {
        SimDuration(seconds * 1000)
    }

    /// A span of whole milliseconds.
    pub const fn from_millis(milliseconds: i64) -> SimDuration {
        SimDuration(milliseconds)
    }

    /// The span in milliseconds.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// The span in seconds.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1000.0
    }
}

impl Add<SimDuration> for SimTime {
    type Output = SimTime;
    fn add(self, rhs: SimDuration) -> SimTime {
        SimTime(self.0 + rhs.0)
    }
}

impl AddAssign<SimDuration> for SimTime {
    fn add_assign(&mut self, rhs: SimDuration) {
        self.0 += rhs.0;
    }
}

impl Sub<SimDuration> for SimTime {
    type Output = SimTime;
    fn sub(self, rhs: SimDuration) -> SimTime {
        SimTime(self.0 - rhs.0)
    }
}

impl Sub<SimTime> for SimTime {
    type Output = SimDuration;
    fn sub(self, rhs: SimTime) -> SimDuration {
        SimDuration(self.0 - rhs.0)
    }
}

impl Add for SimDuration {
    type Output = SimDuration;
    fn add(self, rhs: SimDuration) -> SimDuration {
        SimDuration(self.0 + rhs.0)
    }
}

impl AddAssign for SimDuration {
    fn add_assign(&mut self, rhs: SimDuration) {
        self.0 += rhs.0;
    }
}

impl Sub for SimDuration {
    type Output = SimDuration;
    fn sub(self, rhs: SimDuration) -> SimDuration {
        SimDuration(self.0 - rhs.0)
    }
}

impl SubAssign for SimDuration {
    fn sub_assign(&mut self, rhs: SimDuration) {
        self.0 -= rhs.0;
    }
}

impl Neg for SimDuration {
    type Output = SimDuration;
    fn neg(self) -> SimDuration {
        SimDuration(-self.0)
    }
}

impl fmt::Display for SimTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        SimDuration(self.0).fmt(f)
    }
}

/// Prints as people write durations: `0s`, `350ms`, `15s`, `2m15s`, `1h`, `1d2h`, `-5m`.
impl fmt::Display for SimDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.pad("0s");
        }
        let mut text = String::new();
        if self.0 < 0 {
            text.push('-');
        }
        let mut rest = self.0.unsigned_abs();
        for (unit_ms, unit) in
            [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s"), (1, "ms")]
        {
            if rest >= unit_ms {
                text.push_str(&(rest / unit_ms).to_string());
                text.push_str(unit);
                rest %= unit_ms;
            }
        }
        f.pad(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(milliseconds: i64, expect: &str) {
        assert_eq!(SimDuration(milliseconds).to_string(), expect);
    }

    #[test]
    fn durations_print_as_people_write_them() {
        check(0, "0s");
        check(350, "350ms");
        check(135_000, "2m15s");
        check(86_400_000 + 7_200_000, "1d2h");
        check(-300_000, "-5m");
        check(15_016, "15s16ms");
    }

    #[test]
    fn stamps_are_cut_to_whole_seconds_toward_the_past() {
        assert_eq!(SimTime(1999).floor_second(), SimTime(1000));
        assert_eq!(SimTime(-1).floor_second(), SimTime(-1000));
    }
}
