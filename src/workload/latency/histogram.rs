//! A mergeable histogram of latencies on a logarithmic scale.

/// Buckets for each doubling: a bucket is 1.1 % wide.
const PER_OCTAVE: f64 = 64.0;
/// Where the first bucket ends \[s\]; what is shorter lies in it.
const SHORTEST_S: f64 = 1e-6;
/// The number of buckets: up to 1 µs · 2⁴⁴, half a year.
const BUCKETS: usize = 64 * 44;

/// How many requests had which latency. Weights are requests, not necessarily whole ones. Quantiles
/// are exact to 0.6 %. Histograms of several pods, windows or runs can be added up.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    weights: Vec<f64>,
    total: f64,
    sum: f64,
}

impl Default for Histogram {
    fn default() -> Histogram {
        Histogram { weights: vec![0.0; BUCKETS], total: 0.0, sum: 0.0 }
    }
}

impl Histogram {
    /// Adds `weight` requests of one latency \[s\].
    pub fn add(&mut self, seconds: f64, weight: f64) {
        self.weights[bucket(seconds)] += weight;
        self.total += weight;
        self.sum += weight * seconds;
    }

    /// Adds requests that take `inside` seconds and wait as `wait` says.
    pub fn add_wait(&mut self, inside: f64, wait: super::Wait, weight: f64) {
        let mut left = wait.exceeds(0.0);
        self.add(inside, weight * (1.0 - left));
        let end = inside + wait.longest;
        let mut index = bucket(inside);
        let mut from = inside;
        while left > 1e-9 && from < end && index < BUCKETS - 1 {
            let to = upper_edge(index).min(end);
            let next = wait.exceeds(to - inside);
            self.weights[index] += weight * (left - next);
            self.sum += weight * (left - next) * 0.5 * (from + to);
            self.total += weight * (left - next);
            left = next;
            from = to;
            index += 1;
        }
        if left > 0.0 {
            self.add(from, weight * left);
        }
    }

    /// Adds another histogram.
    pub fn merge(&mut self, other: &Histogram) {
        for (own, other) in self.weights.iter_mut().zip(&other.weights) {
            *own += other;
        }
        self.total += other.total;
        self.sum += other.sum;
    }

    /// Requests in it.
    pub fn total(&self) -> f64 {
        self.total
    }

    /// The mean latency \[s\]; none without requests.
    pub fn mean(&self) -> Option<f64> {
        (self.total > 0.0).then(|| self.sum / self.total)
    }

    /// The latency that a share `quantile` of the requests does not exceed \[s\]; none without
    /// requests.
    pub fn quantile(&self, quantile: f64) -> Option<f64> {
        if self.total <= 0.0 {
            return None;
        }
        let wanted = quantile.clamp(0.0, 1.0) * self.total;
        let mut below = 0.0;
        let mut last = 0;
        for (index, weight) in self.weights.iter().enumerate().filter(|(_, weight)| **weight > 0.0)
        {
            last = index;
            below += weight;
            if below >= wanted {
                break;
            }
        }
        Some(if last == 0 { 0.0 } else { upper_edge(last) * libm::exp2(-0.5 / PER_OCTAVE) })
    }
}

fn bucket(seconds: f64) -> usize {
    if seconds <= SHORTEST_S {
        return 0;
    }
    let index = (libm::log2(seconds / SHORTEST_S) * PER_OCTAVE).floor() + 1.0;
    (index as usize).min(BUCKETS - 1)
}

fn upper_edge(index: usize) -> f64 {
    SHORTEST_S * libm::exp2(index as f64 / PER_OCTAVE)
}
