//! Arithmetic of straight lines and parabolas.

/// Instants closer than this are the same \[s\].
pub(super) const SAME_S: f64 = 1e-9;

/// How far a sum may be from a bound that it should be at.
pub(super) fn rounding(bound: f64) -> f64 {
    if bound.is_finite() { 1e-9 * bound.max(1.0) } else { 0.0 }
}

/// The integral of `rate + slope t` over the first `dt` seconds.
pub(super) fn area(rate: f64, slope: f64, dt: f64) -> f64 {
    (rate + 0.5 * slope * dt) * dt
}

/// The first `t > 0` with `a t² + b t + c = 0`; infinite if there is none. With `c = 0` the root at
/// 0 is not meant.
pub(super) fn first_root(a: f64, b: f64, c: f64) -> f64 {
    if c.is_infinite() {
        return f64::INFINITY;
    }
    let (low, high) = if a == 0.0 {
        (-c / b, f64::INFINITY)
    } else {
        let discriminant = b * b - 4.0 * a * c;
        if discriminant < 0.0 {
            return f64::INFINITY;
        }
        // Adds numbers of the same sign only, so that nothing cancels.
        let half = -0.5 * (b + discriminant.sqrt().copysign(b));
        let (one, other) = (half / a, c / half);
        (one.min(other), one.max(other))
    };
    let positive = |root: f64| (root > SAME_S).then_some(root);
    positive(low).or_else(|| positive(high)).unwrap_or(f64::INFINITY)
}
