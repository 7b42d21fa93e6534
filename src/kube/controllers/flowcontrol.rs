//! Mirrors `k8s.io/client-go/util/flowcontrol/throttle.go` (v1.36): the token bucket that holds a
//! client back. Left out: waiting, because nothing here sleeps; a caller gets the instant instead.

use crate::units::{SimDuration, SimTime};

/// Thousandths of a token in a token: a rate of one a second is then one of them a millisecond.
const TOKEN: i64 = 1000;

/// A bucket of tokens that fills at a steady rate. Exact, because it counts in integers.
#[derive(Clone, Debug)]
pub struct TokenBucket {
    per_second: i64,
    full: i64,
    level: i64,
    filled_at: SimTime,
}

impl TokenBucket {
    /// A full bucket of `burst` tokens that gets `per_second` new ones; 0 a second is no limit.
    pub fn new(per_second: u32, burst: u32) -> TokenBucket {
        let full = i64::from(burst.max(1)) * TOKEN;
        TokenBucket {
            per_second: i64::from(per_second),
            full,
            level: full,
            filled_at: SimTime::MIN,
        }
    }

    /// Takes a token, perhaps one that is not there yet, and tells from when on it may be used.
    pub fn reserve(&mut self, now: SimTime) -> SimTime {
        if self.per_second == 0 {
            return now;
        }
        self.fill(now);
        self.level -= TOKEN;
        self.time_of(now, 0)
    }

    /// From when on a token is there to be taken.
    pub fn available_at(&mut self, now: SimTime) -> SimTime {
        if self.per_second == 0 {
            return now;
        }
        self.fill(now);
        self.time_of(now, TOKEN)
    }

    fn fill(&mut self, now: SimTime) {
        let elapsed = now.0.saturating_sub(self.filled_at.0).max(0);
        let fresh = elapsed.saturating_mul(self.per_second);
        self.level = self.level.saturating_add(fresh).min(self.full);
        self.filled_at = self.filled_at.max(now);
    }

    fn time_of(&self, now: SimTime, level: i64) -> SimTime {
        let missing = (level - self.level).max(0);
        now + SimDuration((missing + self.per_second - 1) / self.per_second)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_goes_at_once_and_then_the_rate_holds() {
        let mut bucket = TokenBucket::new(20, 3);
        let times: Vec<i64> = (0..6).map(|_| bucket.reserve(SimTime(7)).0).collect();
        assert_eq!(times, [7, 7, 7, 57, 107, 157]);
        assert_eq!(bucket.available_at(SimTime(7)), SimTime(207));
        assert_eq!(bucket.available_at(SimTime(400)), SimTime(400));
    }

    #[test]
    fn no_rate_is_no_limit() {
        let mut bucket = TokenBucket::new(0, 0);
        assert!((0..9).all(|_| bucket.reserve(SimTime(5)) == SimTime(5)));
    }
}
