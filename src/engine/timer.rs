//! Periodic timers, kept outside the queue: all keys of a timer share one period, so the next
//! one due is always at the front of a line and a tick costs O(1).

use std::collections::VecDeque;

use crate::units::{SimDuration, SimTime};

/// Many keys that come due with one period.
#[derive(Clone, Debug)]
pub struct PeriodicTimer {
    period: SimDuration,
    line: VecDeque<(SimTime, u32)>,
}

impl PeriodicTimer {
    /// A timer without keys.
    ///
    /// # Panics
    /// When the period is not positive.
    pub fn new(period: SimDuration) -> PeriodicTimer {
        assert!(period > SimDuration::ZERO, "a period is longer than 0");
        PeriodicTimer { period, line: VecDeque::new() }
    }

    /// Adds a key that is due first at `at`; behind keys that are due at the same instant.
    pub fn start(&mut self, key: u32, at: SimTime) {
        let place = self.line.partition_point(|&(due, _)| due <= at);
        self.line.insert(place, (at, key));
    }

    /// When the next key is due; [`SimTime::MAX`] without keys.
    pub fn next_at(&self) -> SimTime {
        self.line.front().map_or(SimTime::MAX, |&(at, _)| at)
    }

    /// Takes the next key out.
    pub fn pop(&mut self) -> Option<(SimTime, u32)> {
        self.line.pop_front()
    }

    /// Puts a key back that was due at `at` and is so again one period later.
    pub fn again(&mut self, key: u32, at: SimTime) {
        let next = at + self.period;
        // All have one period, so that this one is nearly always the last.
        if self.line.back().is_none_or(|&(due, _)| due <= next) {
            self.line.push_back((next, key));
        } else {
            self.start(key, next);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_round_in_order() {
        let mut timer = PeriodicTimer::new(SimDuration(10));
        timer.start(1, SimTime(5));
        timer.start(2, SimTime(3));
        timer.start(3, SimTime(5));
        let mut popped = Vec::new();
        for _ in 0..5 {
            let (at, key) = timer.pop().expect("keys come again");
            timer.again(key, at);
            popped.push((at.0, key));
        }
        assert_eq!(popped, [(3, 2), (5, 1), (5, 3), (13, 2), (15, 1)]);
    }

    #[test]
    fn a_delayed_key_keeps_its_new_phase() {
        let mut timer = PeriodicTimer::new(SimDuration(10));
        timer.start(1, SimTime(0));
        assert_eq!(timer.pop(), Some((SimTime(0), 1)));
        timer.again(1, SimTime(0) + SimDuration(2));
        assert_eq!(timer.next_at(), SimTime(12));
    }
}
