//! Reads a quantity. Mirrors `ParseQuantity` of `quantity.go`.
//!
//! Most texts take the small path: their digits and the power of ten fit an i64. Such a text is
//! kept as it was written (`1.500`, `+7`, `001Ki`) where upstream takes it for canonical by a rule
//! of thumb; `1.50` is not. All other texts take the big path, where amounts are rounded away from
//! zero to 10^-9 and, in `BinarySI`, capped at 2^63 - 1.

use num_bigint::{BigInt, Sign};
use num_traits::{Signed, Zero};

use super::amount::{Amount, rescale};
use super::suffix::{self, Suffix};
use super::{Format, ParseError, Quantity, TEXT_BYTES_MAX};

/// The parts of a text.
struct Parts<'a> {
    negative: bool,
    /// Digits before the point without leading zeros, at least `0`.
    whole: &'a str,
    /// Digits after the point.
    fraction: &'a str,
    /// Whether any digit was written: `whole` is `0` also where there is none.
    has_digit: bool,
    suffix: &'a str,
}

/// `resource.ParseQuantity`.
pub(super) fn parse(text: &str) -> Result<Quantity, ParseError> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(ParseError::TooLong);
    }
    if text == "0" {
        return Ok(Quantity { kept: Some(text.into()), ..Quantity::default() });
    }
    let parts = scan(text)?;
    let suffix = suffix::interpret(parts.suffix).ok_or(ParseError::Suffix)?;
    match small(&parts, suffix) {
        Some((amount, is_kept)) => {
            let kept = is_kept.then(|| text.into());
            Ok(Quantity { amount, format: format_of(suffix), kept })
        }
        None => big(&parts, suffix),
    }
}

fn format_of(suffix: Suffix) -> Format {
    match suffix {
        Suffix::Decimal(_, format) => format,
        Suffix::Binary(_) => Format::BinarySi,
    }
}

/// Cuts a text into its parts.
fn scan(text: &str) -> Result<Parts<'_>, ParseError> {
    if text.is_empty() {
        return Err(ParseError::Format);
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let stripped = unsigned.trim_start_matches('0');
    let (whole, rest) = split_while(stripped, |byte| byte.is_ascii_digit());
    let (fraction, suffix) = match rest.strip_prefix('.') {
        Some(rest) => split_while(rest, |byte| byte.is_ascii_digit()),
        None => ("", rest),
    };
    let (_, rest) = split_while(suffix, |byte| b"eEinumkKMGTP".contains(&byte));
    let rest = rest.strip_prefix(['+', '-']).unwrap_or(rest);
    if !split_while(rest, |byte| byte.is_ascii_digit()).1.is_empty() {
        return Err(ParseError::Format);
    }
    let has_digit = stripped.len() < unsigned.len() || !(whole.is_empty() && fraction.is_empty());
    let whole = if whole.is_empty() { "0" } else { whole };
    Ok(Parts { negative: text.starts_with('-'), whole, fraction, has_digit, suffix })
}

fn split_while(text: &str, accept: impl Fn(u8) -> bool) -> (&str, &str) {
    let end = text.bytes().position(|byte| !accept(byte)).unwrap_or(text.len());
    text.split_at(end)
}

/// The small path, and whether the text is kept; None if the amount needs the big path.
///
/// Kept are, in `BinarySI`, numbers that 8 does not divide; else texts whose last digit counts a
/// power of 1000, and whose digits neither begin with `0` nor end with `000`.
fn small(parts: &Parts<'_>, suffix: Suffix) -> Option<(Amount, bool)> {
    let (whole, fraction) = (parts.whole.len(), parts.fraction.len());
    let (room, scale, factor) = match suffix {
        Suffix::Decimal(exponent, _) => {
            (18_usize.checked_sub(whole + fraction), exponent.wrapping_sub(fraction as i32), 1)
        }
        Suffix::Binary(_) if fraction > 0 => return None,
        // Of 15 digits, the suffix takes about three for each power of 1024, and one to spare.
        Suffix::Binary(exponent) => {
            (14_usize.checked_sub(whole + exponent as usize * 3 / 10), 0, 1 << exponent)
        }
    };
    if room.is_none() || scale < -9 {
        return None;
    }
    let number: i64 = format!("{}{}", parts.whole, parts.fraction).parse().ok()?;
    let digits = number.checked_mul(factor)? * if parts.negative { -1 } else { 1 };
    let is_kept = match suffix {
        Suffix::Binary(_) => number & 7 != 0,
        Suffix::Decimal(..) => {
            scale % 3 == 0 && !parts.whole.starts_with('0') && !ends_in_000(parts)
        }
    };
    Some((Amount::Small { digits, scale }, is_kept))
}

fn ends_in_000(parts: &Parts<'_>) -> bool {
    let last = parts.whole.bytes().chain(parts.fraction.bytes()).rev().take(3);
    last.filter(|byte| *byte == b'0').count() == 3
}

/// The big path.
fn big(parts: &Parts<'_>, suffix: Suffix) -> Result<Quantity, ParseError> {
    if !parts.has_digit {
        return Err(ParseError::Numeric);
    }
    let text = format!("{}{}", parts.whole, parts.fraction);
    let mut digits: BigInt = text.parse().map_err(|_| ParseError::Numeric)?;
    let mut scale = -(parts.fraction.len() as i64);
    let mut format = format_of(suffix);
    match suffix {
        Suffix::Decimal(exponent, _) => scale += i64::from(exponent),
        Suffix::Binary(exponent) => digits <<= exponent,
    }
    if !digits.is_zero() {
        (digits, scale) = rescale(digits, scale, -9);
    }
    if format == Format::BinarySi {
        (digits, scale, format) = cap(digits, scale);
    }
    let sign = if parts.negative { Sign::Minus } else { Sign::Plus };
    let digits = BigInt::from_biguint(sign, digits.magnitude().clone());
    Ok(Quantity { amount: Amount::Big { digits, scale }, format, kept: None })
}

/// Caps a magnitude in `BinarySI`; one below 1 becomes `DecimalSI`.
fn cap(digits: BigInt, scale: i64) -> (BigInt, i64, Format) {
    if !digits.is_positive() {
        return (digits, scale, Format::BinarySi);
    }
    let one = BigInt::from(10_u32).pow(scale.unsigned_abs() as u32);
    let max = BigInt::from(i64::MAX);
    if digits > &max * &one {
        (max, 0, Format::BinarySi)
    } else if digits < one {
        (digits, scale, Format::DecimalSi)
    } else {
        (digits, scale, Format::BinarySi)
    }
}
