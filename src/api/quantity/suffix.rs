//! Suffixes and what they multiply by. Mirrors `suffix.go`.

use super::Format;

/// What a suffix means: a base to the power of an exponent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Suffix {
    /// `10^exponent`, printed with the suffixes of the format.
    Decimal(i32, Format),
    /// `2^exponent`.
    Binary(u32),
}

/// Suffixes of `DecimalSI` by their power of ten.
const DECIMAL: [(&str, i32); 10] = [
    ("n", -9),
    ("u", -6),
    ("m", -3),
    ("", 0),
    ("k", 3),
    ("M", 6),
    ("G", 9),
    ("T", 12),
    ("P", 15),
    ("E", 18),
];

/// Suffixes of `BinarySI`, for 1024 to the power of 1, 2 and so on.
const BINARY: [&str; 6] = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

/// The meaning of a suffix; None if there is no such suffix.
pub(super) fn interpret(suffix: &str) -> Option<Suffix> {
    if let Some((_, exponent)) = DECIMAL.iter().find(|(name, _)| *name == suffix) {
        return Some(Suffix::Decimal(*exponent, Format::DecimalSi));
    }
    if let Some(power) =
        (1..).zip(BINARY).find_map(|(power, name)| (name == suffix).then_some(power))
    {
        return Some(Suffix::Binary(10 * power));
    }
    // Upstream reads 64 bits of exponent and keeps the lower half.
    let exponent = suffix.strip_prefix(['e', 'E'])?.parse::<i64>().ok()?;
    Some(Suffix::Decimal(exponent as i32, Format::DecimalExponent))
}

/// The suffix for `10^exponent`; nothing where the table ends, which loses the magnitude.
pub(super) fn decimal(exponent: i64) -> &'static str {
    let found = DECIMAL.iter().find(|(_, power)| i64::from(*power) == exponent);
    found.map_or("", |(name, _)| name)
}

/// The suffix for `1024^power`; nothing where the table ends, which loses the magnitude.
pub(super) fn binary(power: u64) -> &'static str {
    (1..).zip(BINARY).find(|(own, _)| *own == power).map_or("", |(_, name)| name)
}
