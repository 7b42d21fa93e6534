//! Mirrors `k8s.io/client-go/util/workqueue` (v1.36), `delaying_queue.go` and
//! `default_rate_limiters.go`: when a key comes back that failed or was put off. Left out: the
//! queue itself, which the engine is.

use super::flowcontrol::TokenBucket;
use crate::engine::wakes::Component;
use crate::kube::apiserver::Api;
use crate::units::{SimDuration, SimTime};

/// Delay after the first failure of a key; it doubles with each further one.
const BASE_DELAY: SimDuration = SimDuration(5);
/// Longest delay after failures.
const MAX_DELAY: SimDuration = SimDuration::from_secs(1000);
/// Retries a second of all keys together, and how many may come at once.
const RETRIES_PER_SECOND: u32 = 10;
const RETRIES_BURST: u32 = 100;

/// The keys of one controller that wait for an instant, and how often they failed.
///
/// A key waits for one instant at most, the earliest; a wake that comes before leaves it waiting.
#[derive(Clone, Debug)]
pub struct RateLimitingQueue {
    component: Component,
    keys: Vec<Key>,
    bucket: TokenBucket,
}

#[derive(Clone, Copy, Debug, Default)]
struct Key {
    failures: u32,
    waiting: Option<SimTime>,
}

impl RateLimitingQueue {
    /// The queue of a controller, with the limits of `DefaultTypedControllerRateLimiter`.
    pub fn new(component: Component) -> RateLimitingQueue {
        let bucket = TokenBucket::new(RETRIES_PER_SECOND, RETRIES_BURST);
        RateLimitingQueue { component, keys: Vec::new(), bucket }
    }

    /// The key is about to be worked on: it waits no more for instants that have come.
    pub fn start(&mut self, key: u32, now: SimTime) {
        let key = self.key(key);
        key.waiting = key.waiting.filter(|&at| at > now);
    }

    /// The key is done for now: wakes its controller when it is due again. Needed because an
    /// earlier wake of the key took the place of the later one.
    pub fn done(&mut self, api: &mut Api<'_>, key: u32) {
        if let Some(at) = self.key(key).waiting {
            api.wake(self.component, key, at);
        }
    }

    /// Puts a key off (`AddAfter`).
    pub fn add_after(&mut self, key: u32, now: SimTime, delay: SimDuration) {
        let at = now.saturating_add(delay);
        let key = self.key(key);
        key.waiting = Some(key.waiting.map_or(at, |earlier| earlier.min(at)));
    }

    /// Puts a key off as long as its failures ask for (`AddRateLimited`).
    pub fn add_rate_limited(&mut self, key: u32, now: SimTime) {
        let allowed = self.bucket.reserve(now) - now;
        let failures = self.key(key).failures;
        self.key(key).failures = failures.saturating_add(1);
        let backoff = if failures < 18 { SimDuration(BASE_DELAY.0 << failures) } else { MAX_DELAY };
        self.add_after(key, now, backoff.min(MAX_DELAY).max(allowed));
    }

    /// How often a key failed since it last did well (`NumRequeues`).
    pub fn num_requeues(&mut self, key: u32) -> u32 {
        self.key(key).failures
    }

    /// The key did well (`Forget`).
    pub fn forget(&mut self, key: u32) {
        self.key(key).failures = 0;
    }

    fn key(&mut self, key: u32) -> &mut Key {
        let index = key as usize;
        if self.keys.len() <= index {
            self.keys.resize(index + 1, Key::default());
        }
        &mut self.keys[index]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kube::apiserver::watch::DEPLOYMENT;

    #[test]
    fn failures_double_the_delay_until_forgotten() {
        let mut queue = RateLimitingQueue::new(DEPLOYMENT);
        let mut delays = Vec::new();
        for round in 0..20 {
            let now = SimTime(round * 10_000_000);
            queue.add_rate_limited(1, now);
            delays.push((queue.key(1).waiting.expect("it waits") - now).0);
            queue.key(1).waiting = None;
        }
        assert_eq!(delays[..4], [5, 10, 20, 40]);
        assert_eq!(delays[17..], [655_360, 1_000_000, 1_000_000]);
        assert_eq!(queue.num_requeues(1), 20);
        queue.forget(1);
        queue.add_rate_limited(1, SimTime(0));
        assert_eq!(queue.key(1).waiting, Some(SimTime(5)));
    }

    #[test]
    fn the_earlier_of_two_instants_counts() {
        let mut queue = RateLimitingQueue::new(DEPLOYMENT);
        queue.add_after(0, SimTime(0), SimDuration(9));
        queue.add_after(0, SimTime(1), SimDuration(3));
        queue.add_after(0, SimTime(2), SimDuration(5));
        queue.start(0, SimTime(3));
        assert_eq!(queue.key(0).waiting, Some(SimTime(4)));
        queue.start(0, SimTime(4));
        assert_eq!(queue.key(0).waiting, None);
    }
}
