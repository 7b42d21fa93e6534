//! Powers of ten as floats. Mirrors Go's `math.Pow10`, whose last bits the tolerances of an HPA
//! depend on.

/// `10^0` to `10^31`.
const UNITS: [f64; 32] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22, 1e23, 1e24, 1e25, 1e26, 1e27, 1e28, 1e29, 1e30, 1e31,
];
/// `10^(32 i)`.
const LARGE: [f64; 10] = [1e0, 1e32, 1e64, 1e96, 1e128, 1e160, 1e192, 1e224, 1e256, 1e288];
/// `10^(-32 i)`.
const SMALL: [f64; 11] =
    [1e0, 1e-32, 1e-64, 1e-96, 1e-128, 1e-160, 1e-192, 1e-224, 1e-256, 1e-288, 1e-320];

/// `10^exponent`: infinite above 308, 0 below -323.
pub(super) fn pow10(exponent: i64) -> f64 {
    let magnitude = exponent.unsigned_abs();
    let (block, unit) = ((magnitude / 32) as usize, (magnitude % 32) as usize);
    match exponent {
        309.. => f64::INFINITY,
        0..=308 => LARGE[block] * UNITS[unit],
        -323..=-1 => SMALL[block] / UNITS[unit],
        ..=-324 => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::pow10;

    #[test]
    fn powers_are_within_the_range_of_floats() {
        assert_eq!(pow10(308), 1e308);
        assert_eq!(pow10(309), f64::INFINITY);
        assert_eq!(pow10(-1), 0.1);
        assert_eq!(pow10(-323), 1e-323);
        assert_eq!(pow10(-324), 0.0);
    }
}
