//! Clients that try again: failures come back later as arrivals.

use std::collections::BTreeMap;

use crate::workload::service::Retry;

/// The most retries.
const MAX_ATTEMPTS: usize = 10;
/// The longest first wait \[ms\]: 30 years.
const LONGEST_MS: i64 = 1_000_000_000_000;

/// Retries to come, in buckets of time: within a bucket they arrive evenly. A bucket is as long as
/// the backoff, but at least 100 ms and at most 1 s (or 1 % of a backoff of more than 100 s); a
/// retry comes in the next bucket at the earliest.
#[derive(Clone, Debug)]
pub(super) struct Calendar {
    attempts: usize,
    backoff_ms: f64,
    bucket_ms: i64,
    /// Requests by number of the retry (from 1), for each bucket that has any.
    buckets: BTreeMap<i64, [f64; MAX_ATTEMPTS]>,
    /// Requests that wait for their retry.
    pub(super) waiting: f64,
}

/// What arrives during a piece, by number of the try: the first, then retries.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mix([f64; MAX_ATTEMPTS + 1]);

impl Calendar {
    pub(super) fn new(retry: Retry) -> Calendar {
        let backoff_ms = retry.backoff.0.clamp(10, LONGEST_MS);
        Calendar {
            attempts: (retry.attempts as usize).min(MAX_ATTEMPTS),
            backoff_ms: backoff_ms as f64,
            bucket_ms: backoff_ms.clamp(100, (backoff_ms / 100).max(1000)),
            buckets: BTreeMap::new(),
            waiting: 0.0,
        }
    }

    /// The mix of what arrives at an instant, beside `first` first tries a second.
    pub(super) fn mix_at(&self, at_ms: f64, first: f64) -> Mix {
        let mut mix = Mix::default();
        mix.0[0] = first;
        if let Some(bucket) = self.buckets.get(&self.bucket(at_ms)) {
            let per_s = 1000.0 / self.bucket_ms as f64;
            for (arriving, planned) in mix.0[1..].iter_mut().zip(bucket) {
                *arriving = planned * per_s;
            }
        }
        mix
    }

    /// Whether anybody retries at all.
    pub(super) fn is_used(&self) -> bool {
        self.attempts > 0
    }

    /// Whether nobody waits for a retry.
    pub(super) fn is_empty(&self) -> bool {
        self.buckets.is_empty()
    }

    fn bucket(&self, at_ms: f64) -> i64 {
        (at_ms / self.bucket_ms as f64).floor() as i64
    }

    /// The end of the bucket that an instant lies in \[ms\].
    pub(super) fn bucket_end(&self, at_ms: f64) -> f64 {
        ((self.bucket(at_ms) + 1) * self.bucket_ms) as f64
    }

    /// Retries that arrive at an instant \[1/s\].
    pub(super) fn rate(&self, at_ms: f64) -> f64 {
        let Some(bucket) = self.buckets.get(&self.bucket(at_ms)) else { return 0.0 };
        bucket.iter().sum::<f64>() / (self.bucket_ms as f64 / 1000.0)
    }

    /// What arrives from `from_ms` to `to_ms`, which lie in one bucket, beside `first` first tries.
    pub(super) fn arrive(&mut self, from_ms: f64, to_ms: f64, first: f64) -> Mix {
        let mut mix = Mix::default();
        mix.0[0] = first;
        let number = self.bucket(from_ms);
        if let Some(bucket) = self.buckets.get(&number) {
            let part = (to_ms - from_ms) / self.bucket_ms as f64;
            for (arriving, planned) in mix.0[1..].iter_mut().zip(bucket) {
                *arriving = planned * part;
            }
        }
        self.waiting -= mix.0[1..].iter().sum::<f64>();
        let end = self.bucket_end(from_ms);
        if to_ms >= end {
            self.buckets.remove(&number);
        }
        if self.buckets.is_empty() {
            self.waiting = 0.0;
        }
        mix
    }

    /// Plans the retries of `failed` tries of this mix, which fail evenly between two instants and
    /// wait `extra_ms` before they notice; gives how many were the last.
    pub(super) fn fail(
        &mut self,
        mix: &Mix,
        failed: f64,
        between_ms: (f64, f64),
        extra_ms: f64,
    ) -> f64 {
        let total: f64 = mix.0.iter().sum();
        if !self.is_used() || failed <= 0.0 {
            return failed;
        }
        if total <= 0.0 {
            // Nobody arrives just now: those that waited are taken as first tries.
            return self.again(1, failed, between_ms, extra_ms);
        }
        let mut lost = 0.0;
        for (number, arriving) in mix.0.iter().enumerate() {
            let part = failed * (arriving / total);
            if part > 0.0 {
                lost += self.again(number + 1, part, between_ms, extra_ms);
            }
        }
        lost
    }

    /// Plans retry `number` of some requests; gives them back if that is one too many.
    fn again(&mut self, number: usize, amount: f64, between_ms: (f64, f64), extra_ms: f64) -> f64 {
        if number > self.attempts {
            return amount;
        }
        let wait = extra_ms + self.backoff_ms * f64::from(1_u32 << (number - 1));
        let earliest = self.bucket(between_ms.1) + i64::from(self.splits(between_ms.1));
        let (from, to) = (between_ms.0 + wait, between_ms.1 + wait);
        let (first, last) = (self.bucket(from), self.bucket(to));
        let width = self.bucket_ms as f64;
        for number_of_bucket in first..=last {
            let begin = (number_of_bucket as f64 * width).max(from);
            let end = ((number_of_bucket + 1) as f64 * width).min(to);
            let part = if to > from { (end - begin) / (to - from) } else { 1.0 };
            if part > 0.0 {
                let bucket = self.buckets.entry(number_of_bucket.max(earliest)).or_default();
                bucket[number - 1] += amount * part;
            }
        }
        self.waiting += amount;
        0.0
    }

    /// Whether an instant lies inside a bucket, part of which is over.
    fn splits(&self, at_ms: f64) -> bool {
        at_ms > (self.bucket(at_ms) * self.bucket_ms) as f64
    }

    /// Plans the retries of requests that fail all at once: spread evenly over one backoff, whose
    /// middle is one backoff away.
    pub(super) fn fail_at_once(&mut self, mix: &Mix, failed: f64, at_ms: f64) -> f64 {
        let half = self.backoff_ms / 2.0;
        self.fail(mix, failed, (at_ms, at_ms + 2.0 * half), -half)
    }
}
