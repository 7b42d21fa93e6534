//! Mirrors `k8s.io/client-go/util/flowcontrol/backoff.go` (v0.36) with the kubelet's numbers.
//! Left out: jitter (the kubelet has none), collection of old entries.

use crate::units::{SimDuration, SimTime};

/// The first wait.
const INITIAL: SimDuration = SimDuration::from_secs(10);
/// The longest wait.
const MAX: SimDuration = SimDuration::from_secs(300);
/// An entry that was not touched for longer than this is forgotten.
const FORGET: SimDuration = SimDuration::from_secs(600);

/// How long something that keeps failing is held back. One entry of upstream's map.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Backoff {
    entry: Option<Entry>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    wait: SimDuration,
    updated: SimTime,
}

impl Backoff {
    /// The wait as it stands; none when nothing has failed.
    pub(super) fn get(self) -> SimDuration {
        self.entry.map_or(SimDuration::ZERO, |entry| entry.wait)
    }

    /// Whether the wait since an event is not over. Mirrors `IsInBackOffSince`.
    pub(super) fn is_in_backoff_since(self, event: SimTime, now: SimTime) -> bool {
        self.live_at(event).is_some_and(|entry| now - event < entry.wait)
    }

    /// Whether the wait since the last failure is not over. Mirrors `IsInBackOffSinceUpdate`.
    pub(super) fn is_in_backoff_since_update(self, now: SimTime) -> bool {
        self.live_at(now).is_some_and(|entry| now - entry.updated < entry.wait)
    }

    /// When the wait since the last failure is over.
    pub(super) fn expires_after_update(self) -> SimTime {
        self.entry.map_or(SimTime::MIN, |entry| entry.updated + entry.wait)
    }

    /// Starts or doubles the wait after an event. Mirrors `Next`.
    pub(super) fn next(&mut self, event: SimTime, now: SimTime) {
        let wait = match self.live_at(event) {
            None => INITIAL,
            Some(entry) => MAX.min(entry.wait + entry.wait),
        };
        self.entry = Some(Entry { wait, updated: now });
    }

    fn live_at(self, event: SimTime) -> Option<Entry> {
        self.entry.filter(|entry| event - entry.updated <= FORGET)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_five_minutes() {
        let mut backoff = Backoff::default();
        let mut waits = Vec::new();
        for step in 0..7 {
            backoff.next(SimTime(step), SimTime(step));
            waits.push(backoff.get().0 / 1000);
        }
        assert_eq!(waits, [10, 20, 40, 80, 160, 300, 300]);
    }

    #[test]
    fn a_run_of_more_than_ten_minutes_forgets() {
        let mut backoff = Backoff::default();
        backoff.next(SimTime(0), SimTime(0));
        backoff.next(SimTime(0), SimTime(0));
        assert!(backoff.is_in_backoff_since(SimTime(600_000), SimTime(619_999)));
        assert!(!backoff.is_in_backoff_since(SimTime(600_001), SimTime(600_001)));
        backoff.next(SimTime(600_001), SimTime(600_001));
        assert_eq!(backoff.get(), INITIAL);
    }
}
