//! The canonical text of an amount. Mirrors `CanonicalizeBytes` of `quantity.go`.

use num_bigint::BigInt;

use super::amount::Amount;
use super::{Format, suffix};

/// The canonical text in this format, or in `DecimalSI` where `BinarySI` cannot tell the amount.
pub(super) fn canonical(amount: &Amount, format: Format) -> String {
    if amount.sign() == 0 {
        return "0".to_owned();
    }
    match format {
        Format::DecimalExponent => {
            let (digits, exponent) = thousands(amount);
            if exponent == 0 { digits } else { format!("{digits}e{exponent}") }
        }
        Format::BinarySi => binary(amount).unwrap_or_else(|| decimal(amount)),
        Format::DecimalSi => decimal(amount),
    }
}

fn decimal(amount: &Amount) -> String {
    let (digits, exponent) = thousands(amount);
    digits + suffix::decimal(exponent)
}

/// In powers of 1024; None below 1024 and for fractions.
fn binary(amount: &Amount) -> Option<String> {
    let number = amount.to_whole()?;
    if number.magnitude() < &1024_u32.into() {
        return None;
    }
    let power = number.trailing_zeros().unwrap_or(0) / 10;
    let mantissa: BigInt = number >> (10 * power);
    Some(format!("{mantissa}{}", suffix::binary(power)))
}

/// The fewest digits whose power of ten is a multiple of three, and that power.
fn thousands(amount: &Amount) -> (String, i64) {
    let (digits, scale) = amount.to_digits();
    let trimmed = digits.trim_end_matches('0');
    let exponent = scale + (digits.len() - trimmed.len()) as i64;
    let missing = exponent.rem_euclid(3);
    let zeros = ["", "0", "00"][missing as usize];
    (format!("{trimmed}{zeros}"), exponent - missing)
}
