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

    /// Removes a key, if it is there.
    pub fn stop(&mut self, key: u32) {
        self.line.retain(|&(_, other)| other != key);
    }

    /// When the next key is due; [`SimTime::MAX`] without keys.
    pub fn next_at(&self) -> SimTime {
        self.line.front().map_or(SimTime::MAX, |&(at, _)| at)
    }

    /// Takes the next key, which is due again one period later.
    pub fn pop(&mut self) -> Option<(SimTime, u32)> {
        let (at, key) = self.line.pop_front()?;
        self.start(key, at + self.period);
        Some((at, key))
    }

    /// Puts off the key that was popped last: due `delay` later than its period says.
    pub fn delay(&mut self, key: u32, delay: SimDuration) {
        if delay == SimDuration::ZERO {
            return;
        }
        if let Some(place) = self.line.iter().rposition(|&(_, other)| other == key)
            && let Some((at, key)) = self.line.remove(place)
        {
            self.start(key, at + delay);
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
        let popped: Vec<_> =
            (0..5).filter_map(|_| timer.pop()).map(|(at, key)| (at.0, key)).collect();
        assert_eq!(popped, [(3, 2), (5, 1), (5, 3), (13, 2), (15, 1)]);
    }

    #[test]
    fn a_delayed_key_keeps_its_new_phase() {
        let mut timer = PeriodicTimer::new(SimDuration(10));
        timer.start(1, SimTime(0));
        timer.pop();
        timer.delay(1, SimDuration(2));
        assert_eq!(timer.pop(), Some((SimTime(12), 1)));
        assert_eq!(timer.next_at(), SimTime(22));
    }
}
