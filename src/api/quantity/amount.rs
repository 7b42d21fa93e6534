//! The number inside a quantity. Mirrors `amount.go`, `math.go` and `scale_int.go`.

use std::cmp::Ordering;

use num_bigint::{BigInt, BigUint, Sign};
use num_traits::{Euclid, Signed, ToPrimitive, Zero};

use super::{DIGITS_MAX, float};

/// `digits * 10^scale`.
///
/// A small amount that overflows becomes big and stays so. Equality is of content: two amounts may
/// be the same number and yet differ; see [`Amount::compare`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Amount {
    /// Upstream's `int64Amount`.
    Small {
        /// Whole multiples of the power of ten.
        digits: i64,
        /// The power of ten.
        scale: i32,
    },
    /// Upstream's `infDecAmount`.
    Big {
        /// Whole multiples of the power of ten.
        digits: BigInt,
        /// The power of ten.
        scale: i64,
    },
}

impl Default for Amount {
    fn default() -> Amount {
        Amount::Small { digits: 0, scale: 0 }
    }
}

impl Amount {
    /// -1, 0 or 1.
    pub(super) fn sign(&self) -> i32 {
        match self {
            Amount::Small { digits, .. } => digits.signum() as i32,
            Amount::Big { digits, .. } => match digits.sign() {
                Sign::Minus => -1,
                Sign::NoSign => 0,
                Sign::Plus => 1,
            },
        }
    }

    /// Units of `10^target`.
    pub(super) fn scaled_value(&self, target: i32) -> i64 {
        match self {
            Amount::Small { digits, scale } if *scale < target => {
                divide_away(*digits, i64::from(target) - i64::from(*scale))
            }
            Amount::Small { digits, scale } => {
                multiply_wrapping(*digits, i64::from(*scale) - i64::from(target))
            }
            Amount::Big { digits, scale } => scale_big(digits, i64::from(target) - scale),
        }
    }

    /// The amount if it is small, fits, and has no places after the point (`0m` has some).
    pub(super) fn as_i64(&self) -> Option<i64> {
        match self {
            Amount::Small { digits: 0, scale: 0.. } => Some(0),
            Amount::Small { digits, scale } => {
                10_i64.checked_pow(u32::try_from(*scale).ok()?)?.checked_mul(*digits)
            }
            Amount::Big { .. } => None,
        }
    }

    pub(super) fn as_approximate_f64(&self) -> f64 {
        let (base, scale) = match self {
            Amount::Small { digits, scale } => (*digits as f64, i64::from(*scale)),
            Amount::Big { digits, scale } => (digits.to_f64().unwrap_or(f64::NAN), *scale),
        };
        if scale == 0 { base } else { base * float::pow10(scale) }
    }

    /// Exact comparison of numbers.
    pub(super) fn compare(&self, other: &Amount) -> Ordering {
        let by_sign = self.sign().cmp(&other.sign());
        if by_sign.is_ne() || self.sign() == 0 {
            return by_sign;
        }
        if let (
            Amount::Small { digits: left, scale: left_scale },
            Amount::Small { digits: right, scale: right_scale },
        ) = (self, other)
            && left_scale == right_scale
        {
            return left.cmp(right);
        }
        let ((left, left_scale), (right, right_scale)) = (self.to_big(), other.to_big());
        let magnitudes = compare_magnitudes(&left, left_scale, &right, right_scale);
        if self.sign() < 0 { magnitudes.reverse() } else { magnitudes }
    }

    pub(super) fn add(&mut self, other: &Amount) {
        if let (
            Amount::Small { digits: left, scale: left_scale },
            Amount::Small { digits: right, scale: right_scale },
        ) = (&*self, other)
            && let Some((digits, scale)) = add_small(*left, *left_scale, *right, *right_scale)
        {
            *self = Amount::Small { digits, scale };
            return;
        }
        let ((left, left_scale), (right, right_scale)) = (self.to_big(), other.to_big());
        *self = add_big(left, left_scale, right, right_scale);
    }

    pub(super) fn sub(&mut self, other: &Amount) {
        let mut negative = other.clone();
        negative.neg();
        self.add(&negative);
    }

    pub(super) fn neg(&mut self) {
        match self {
            Amount::Small { digits, .. } => *digits = digits.wrapping_neg(),
            Amount::Big { digits, .. } => *digits = -&*digits,
        }
    }

    /// Whether this is a small amount whose last digit counts `10^scale` or more.
    pub(super) fn is_small_of_scale(&self, target: i32) -> bool {
        matches!(self, Amount::Small { scale, .. } if *scale >= target)
    }

    /// Rounds away from zero to units of `10^target`; tells whether nothing was lost.
    pub(super) fn round_up(&mut self, target: i32) -> bool {
        let rounded = match &*self {
            Amount::Small { .. } => {
                Amount::Small { digits: self.scaled_value(target), scale: target }
            }
            Amount::Big { digits, scale } => {
                let (digits, scale) = rescale(digits.clone(), *scale, i64::from(target));
                Amount::Big { digits, scale }
            }
        };
        let is_exact = self.compare(&rounded).is_eq();
        *self = rounded;
        is_exact
    }

    /// The amount as a whole number; None for fractions, and beyond [`DIGITS_MAX`] digits.
    pub(super) fn to_whole(&self) -> Option<BigInt> {
        let (digits, scale) = self.to_big();
        if scale >= 0 {
            let (digits, scale) = rescale(digits, scale, 0);
            return (scale == 0).then_some(digits);
        }
        let (quotient, rest) = divide(&digits, &power_of_ten(-scale)?);
        rest.is_zero().then_some(quotient)
    }

    /// The digits as text, with a sign if negative, and the power of ten.
    pub(super) fn to_digits(&self) -> (String, i64) {
        match self {
            Amount::Small { digits, scale } => (digits.to_string(), i64::from(*scale)),
            Amount::Big { digits, scale } => (digits.to_string(), *scale),
        }
    }

    fn to_big(&self) -> (BigInt, i64) {
        match self {
            Amount::Small { digits, scale } => (BigInt::from(*digits), i64::from(*scale)),
            Amount::Big { digits, scale } => (digits.clone(), *scale),
        }
    }
}

/// `negativeScaleInt64`: divides by `10^power`, away from zero.
fn divide_away(digits: i64, power: i64) -> i64 {
    let divisor = u32::try_from(power).ok().and_then(|power| 10_i64.checked_pow(power));
    let Some(divisor) = divisor else {
        return digits.signum();
    };
    let lost = digits % divisor;
    digits / divisor + lost.signum()
}

/// `positiveScaleInt64`: multiplies by `10^power`. What does not fit is 0, but for the powers that
/// upstream multiplies by at once: there it wraps.
fn multiply_wrapping(digits: i64, power: i64) -> i64 {
    let factor = u32::try_from(power).ok().and_then(|power| 10_i64.checked_pow(power));
    let Some(factor) = factor else {
        return 0;
    };
    match digits.checked_mul(factor) {
        Some(product) => product,
        None if matches!(power, 1 | 2 | 3 | 6 | 9) && digits != i64::MIN => {
            digits.wrapping_mul(factor)
        }
        None => 0,
    }
}

/// `scaledValue`: divides by `10^power`, or multiplies where that is negative. Upstream rounds and
/// wraps in a way of its own: it compares with the largest i64 by value, so that every negative
/// number takes the way of those that fit, and it adds one whatever the sign of the rest is.
fn scale_big(digits: &BigInt, power: i64) -> i64 {
    if power == 0 || digits.is_zero() {
        return wrap(digits);
    }
    if power < 0 {
        let factor = u32::try_from(-power).ok().and_then(|power| 10_i64.checked_pow(power));
        return wrap(digits).wrapping_mul(factor.unwrap_or(i64::MIN));
    }
    if power < 19 && digits < &BigInt::from(i64::MAX) {
        let (digits, divisor) = (wrap(digits), 10_i64.pow(power as u32));
        return digits / divisor + i64::from(digits % divisor != 0);
    }
    let Some(divisor) = power_of_ten(power) else {
        // Larger than every amount: the quotient is 0 or -1, and one is added for the rest.
        return i64::from(digits.is_positive());
    };
    let (quotient, rest) = digits.div_rem_euclid(&divisor);
    wrap(&quotient).wrapping_add(i64::from(!rest.is_zero()))
}

/// The lower 64 bits in two's complement: Go's `big.Int.Int64`.
fn wrap(digits: &BigInt) -> i64 {
    let low = digits.iter_u64_digits().next().unwrap_or(0);
    let low = if digits.is_negative() { low.wrapping_neg() } else { low };
    low as i64
}

/// `10^power`; None for powers that no amount has digits for.
fn power_of_ten(power: i64) -> Option<BigInt> {
    // Amounts have at most so many digits, plus those of a text.
    let is_reachable = (0..=2 * DIGITS_MAX).contains(&power);
    is_reachable.then(|| BigInt::from(10_u32).pow(power as u32))
}

/// Quotient, truncated toward zero, and rest.
fn divide(digits: &BigInt, divisor: &BigInt) -> (BigInt, BigInt) {
    (digits / divisor, digits % divisor)
}

/// `int64Amount.Add`; None if the sum must be big.
fn add_small(left: i64, left_scale: i32, right: i64, right_scale: i32) -> Option<(i64, i32)> {
    if right == 0 {
        return Some((left, left_scale));
    }
    if left == 0 {
        return Some((right, right_scale));
    }
    let scale = left_scale.min(right_scale);
    let align = |digits: i64, own: i32| {
        10_i64.checked_pow(own.checked_sub(scale)?.unsigned_abs())?.checked_mul(digits)
    };
    Some((align(left, left_scale)?.checked_add(align(right, right_scale)?)?, scale))
}

/// Adds at the smaller scale, or where [`DIGITS_MAX`] digits end.
fn add_big(left: BigInt, left_scale: i64, right: BigInt, right_scale: i64) -> Amount {
    let top = |digits: &BigInt, scale: i64| {
        if digits.is_zero() { i64::MIN } else { digit_count(digits).1 + scale }
    };
    let top = top(&left, left_scale).max(top(&right, right_scale));
    let target = left_scale.min(right_scale).max(top.saturating_sub(DIGITS_MAX));
    let (left, left_scale) = rescale(left, left_scale, target);
    let (right, right_scale) = rescale(right, right_scale, target);
    assert!(left_scale == right_scale, "scales {left_scale} and {right_scale} after alignment");
    Amount::Big { digits: left + right, scale: target }
}

/// Brings a number to units of `10^target`, rounding away from zero. Where that would make more
/// than [`DIGITS_MAX`] digits, the unit is the smallest that does not.
pub(super) fn rescale(digits: BigInt, scale: i64, target: i64) -> (BigInt, i64) {
    if digits.is_zero() {
        return (digits, target);
    }
    if scale < target {
        let Some(divisor) = power_of_ten(target - scale) else {
            return (digits.signum(), target);
        };
        let (quotient, rest) = divide(&digits, &divisor);
        return (quotient + rest.signum(), target);
    }
    let room = DIGITS_MAX.saturating_sub(digit_count(&digits).1).max(0);
    let power = (scale - target).min(room);
    (digits * BigInt::from(10_u32).pow(power as u32), scale - power)
}

/// Bounds of the number of decimal digits, at most a few apart.
fn digit_count(digits: &BigInt) -> (i64, i64) {
    let bits = digits.bits() as i64;
    // log10(2) is between the two.
    ((bits - 1).max(0) * 30_102 / 100_000, bits * 30_103 / 100_000 + 1)
}

/// Compares magnitudes of numbers that are not zero. Aligns them only if they are about as large.
fn compare_magnitudes(
    left: &BigInt,
    left_scale: i64,
    right: &BigInt,
    right_scale: i64,
) -> Ordering {
    let (left_low, left_high) = digit_count(left);
    let (right_low, right_high) = digit_count(right);
    if left_low + left_scale > right_high + right_scale {
        return Ordering::Greater;
    }
    if right_low + right_scale > left_high + left_scale {
        return Ordering::Less;
    }
    let scale = left_scale.min(right_scale);
    let align = |digits: &BigInt, own: i64| {
        digits.magnitude() * BigUint::from(10_u32).pow((own - scale) as u32)
    };
    align(left, left_scale).cmp(&align(right, right_scale))
}
