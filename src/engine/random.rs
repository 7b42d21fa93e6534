//! Named random streams.
//!
//! One stream per purpose, so that a further draw in one place moves nothing elsewhere, and two
//! variants of a scenario meet the same chance. The generator (PCG XSL RR 128/64) and the samplers
//! never change their values between releases or platforms: all transcendental functions are
//! libm's.

use rand::Rng;
use rand_pcg::Pcg64;

/// A stream of random numbers for one purpose.
#[derive(Clone, Debug)]
pub struct RandomStream {
    generator: Pcg64,
}

impl RandomStream {
    /// The stream of that name under a seed; different names give independent streams.
    ///
    /// ```
    /// use podtide::engine::random::RandomStream;
    /// let mut one = RandomStream::new(7, "scheduler/ties");
    /// let mut same = RandomStream::new(7, "scheduler/ties");
    /// assert_eq!(one.next_u64(), same.next_u64());
    /// ```
    pub fn new(seed: u64, name: &str) -> RandomStream {
        RandomStream::numbered(seed, name, 0)
    }

    /// The stream of a name and a number, for instance of one pod.
    pub fn numbered(seed: u64, name: &str, number: u64) -> RandomStream {
        let hash = fnv1a_64(name);
        let state = (u128::from(mix(seed ^ hash)) << 64) | u128::from(mix(seed.wrapping_add(hash)));
        let stream = (u128::from(hash) << 64) | u128::from(mix(number));
        RandomStream { generator: Pcg64::new(state, stream) }
    }

    /// Any 64 bits, each value as likely as the other.
    pub fn next_u64(&mut self) -> u64 {
        self.generator.next_u64()
    }

    /// A number from 0 to `bound - 1`, without bias (Lemire's multiplication with rejection).
    ///
    /// # Panics
    /// When `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        assert!(bound > 0, "a draw needs at least one outcome");
        loop {
            let product = u128::from(self.next_u64()) * u128::from(bound);
            let low = product as u64;
            if low >= bound || low >= bound.wrapping_neg() % bound {
                return (product >> 64) as u64;
            }
        }
    }

    /// A number in [0, 1), in steps of 2⁻⁵³.
    pub fn unit(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / 9_007_199_254_740_992.0
    }

    /// A draw from the normal distribution of mean 0 and variance 1 (Box and Muller, one of two).
    pub fn normal(&mut self) -> f64 {
        let radius = libm::sqrt(-2.0 * libm::log(1.0 - self.unit()));
        radius * libm::cos(std::f64::consts::TAU * self.unit())
    }

    /// A draw from the exponential distribution of mean 1.
    pub fn exponential(&mut self) -> f64 {
        -libm::log(1.0 - self.unit())
    }
}

/// Spreads the bits of a seed (the finalizer of splitmix64).
fn mix(seed: u64) -> u64 {
    let mut bits = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

fn fnv1a_64(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_of_other_names_and_numbers_differ() {
        let mut draws: Vec<u64> = ["a", "b"]
            .iter()
            .flat_map(|name| (0..3).map(|n| RandomStream::numbered(1, name, n).next_u64()))
            .collect();
        draws.sort_unstable();
        draws.dedup();
        assert_eq!(draws.len(), 6);
    }

    #[test]
    fn values_stay_the_same_for_ever() {
        let mut stream = RandomStream::new(7, "golden");
        let drawn: Vec<u64> = (0..3).map(|_| stream.next_u64()).collect();
        insta::assert_compact_debug_snapshot!(drawn);
    }

    #[test]
    fn a_bounded_draw_is_even() {
        let mut stream = RandomStream::new(3, "even");
        let mut counts = [0_u32; 6];
        for _ in 0..60_000 {
            counts[stream.below(6) as usize] += 1;
        }
        assert!(counts.iter().all(|&count| (9_600..10_400).contains(&count)), "{counts:?}");
    }
}
