//! Conversions of floats to integers as Go makes them on amd64: what does not fit becomes the
//! smallest integer. Other processors give other numbers; the recordings were made on that one.

/// `int32(value)`: toward zero.
pub(super) fn go_i32(value: f64) -> i32 {
    let fits = value > f64::from(i32::MIN) - 1.0 && value < f64::from(i32::MAX) + 1.0;
    if fits { value as i32 } else { i32::MIN }
}

/// `int64(value)`: toward zero.
pub(super) fn go_i64(value: f64) -> i64 {
    let fits = value >= i64::MIN as f64 && value < i64::MAX as f64;
    if fits { value as i64 } else { i64::MIN }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_becomes_the_smallest_integer() {
        let check = |value: f64, narrow: i32, wide: i64| {
            assert_eq!((go_i32(value), go_i64(value)), (narrow, wide), "{value}");
        };
        check(2.9, 2, 2);
        check(-2.9, -2, -2);
        check(2_147_483_647.9, i32::MAX, 2_147_483_647);
        check(2_147_483_648.0, i32::MIN, 2_147_483_648);
        check(f64::INFINITY, i32::MIN, i64::MIN);
        check(f64::NAN, i32::MIN, i64::MIN);
        check(9_223_372_036_854_775_807.0, i32::MIN, i64::MIN);
    }
}
