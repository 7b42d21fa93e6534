//! Resource quantities: `250m`, `1.5Gi`, `2e3`. Mirrors `k8s.io/apimachinery/pkg/api/resource`
//! (v1.36). Left out: `Set` and its kin, protobuf and CBOR.
//!
//! An amount is an i64 times a power of ten as long as it fits, and of any size behind that.
//! Which of the two it is decides how [`Quantity::value`] rounds and overflows, so it is kept, with
//! all of upstream's surprises: `10E` has the value 0, and `-9223372036854775807` has 1.
//!
//! Two limits that upstream does not have keep hostile texts harmless: a text is at most
//! [`TEXT_BYTES_MAX`] long, and an amount is exact to [`DIGITS_MAX`] digits before its last one is
//! rounded.

mod amount;
mod canonical;
mod float;
mod parse;
mod suffix;

use std::cmp::Ordering;
use std::fmt;

use serde::{Serialize, Serializer};

use amount::Amount;

/// Longest text that is read as a quantity \[bytes\].
pub const TEXT_BYTES_MAX: usize = 4096;

/// How many digits of an amount are exact, all those of its power of ten included.
pub const DIGITS_MAX: i64 = 16_384;

/// An exact amount, the form in which it prints, and its text where upstream keeps that.
///
/// `==` compares all three, so that `1000m` and `1` differ; see [`Quantity::semantic_eq`].
/// The default is a zero, to which others may be added: it takes the format of the first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quantity {
    amount: Amount,
    format: Format,
    /// The text as it was written, if it is as good as the canonical form.
    kept: Option<Box<str>>,
}

/// The family of suffixes that a quantity prints with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Format {
    /// `n`, `u`, `m`, none, `k`, `M`, `G`, `T`, `P`, `E`: powers of 1000.
    #[default]
    #[serde(rename = "DecimalSI")]
    DecimalSi,
    /// `Ki`, `Mi`, `Gi`, `Ti`, `Pi`, `Ei`: powers of 1024.
    #[serde(rename = "BinarySI")]
    BinarySi,
    /// `e3`, `e-6`: powers of ten.
    DecimalExponent,
}

/// Why a text is no quantity. Prints in upstream's words, [`ParseError::TooLong`] in our own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParseError {
    /// The text is empty, or something is left over after number and suffix.
    Format,
    /// There is no such suffix.
    Suffix,
    /// The number has no digit.
    Numeric,
    /// The text has more than [`TEXT_BYTES_MAX`] bytes, which upstream would read.
    TooLong,
}

impl Quantity {
    /// `resource.ParseQuantity`. White space is not trimmed; upstream's JSON decoder does that
    /// before.
    ///
    /// # Errors
    /// If the text is no quantity, or longer than [`TEXT_BYTES_MAX`].
    pub fn parse(text: &str) -> Result<Quantity, ParseError> {
        parse::parse(text)
    }

    /// `resource.NewQuantity`: so many units.
    pub const fn new(value: i64, format: Format) -> Quantity {
        Quantity { amount: Amount::Small { digits: value, scale: 0 }, format, kept: None }
    }

    /// `resource.NewMilliQuantity`: so many thousandths.
    pub const fn from_milli(value: i64, format: Format) -> Quantity {
        Quantity { amount: Amount::Small { digits: value, scale: -3 }, format, kept: None }
    }

    /// The form in which the amount prints.
    pub const fn format(&self) -> Format {
        self.format
    }

    /// `Value()`: whole units. Fractions round away from zero as long as an i64 holds the digits;
    /// beyond that, negative ones round toward zero and then up by one, and large ones wrap.
    pub fn value(&self) -> i64 {
        self.scaled_value(0)
    }

    /// `MilliValue()`: thousandths, rounded and wrapped as [`Quantity::value`] is.
    pub fn milli_value(&self) -> i64 {
        self.scaled_value(-3)
    }

    /// `ScaledValue(scale)`: units of 10^`scale`, rounded and wrapped as [`Quantity::value`] is.
    pub fn scaled_value(&self, scale: i32) -> i64 {
        self.amount.scaled_value(scale)
    }

    /// `AsInt64()`: the amount, if upstream can tell at a glance that it is whole: an i64 holds it,
    /// and it was neither written with places after the point (`1000m`, `0m`) nor ever larger.
    pub fn as_i64(&self) -> Option<i64> {
        self.amount.as_i64()
    }

    /// `AsApproximateFloat64()`: the digits times the power of ten, both as floats, so that `0.3`
    /// is 0.30000000000000004. Infinite where that overflows, and NaN for a zero with an exponent
    /// above 308 (`0e400`), as upstream.
    pub fn as_approximate_f64(&self) -> f64 {
        self.amount.as_approximate_f64()
    }

    /// The canonical form, whatever the text was. Amounts of 1000E and 1024Ei and more lose their
    /// suffix, as upstream: `1000E` is `1`.
    pub fn canonical(&self) -> String {
        canonical::canonical(&self.amount, self.format)
    }

    /// `Cmp`: which of two amounts is larger, whatever their formats.
    pub fn compare(&self, other: &Quantity) -> Ordering {
        self.amount.compare(&other.amount)
    }

    /// Whether two amounts are the same, whatever their formats: upstream's
    /// `equality.Semantic.DeepEqual` of quantities.
    pub fn semantic_eq(&self, other: &Quantity) -> bool {
        self.compare(other).is_eq()
    }

    /// `Add`: adds in place. A zero takes the format of what is added to it.
    pub fn add(&mut self, other: &Quantity) {
        self.take_format(other);
        self.amount.add(&other.amount);
    }

    /// `Sub`: subtracts in place. A zero takes the format of what is subtracted from it.
    pub fn sub(&mut self, other: &Quantity) {
        self.take_format(other);
        self.amount.sub(&other.amount);
    }

    fn take_format(&mut self, other: &Quantity) {
        self.kept = None;
        if self.is_zero() {
            self.format = other.format;
        }
    }

    /// `Neg`: changes the sign in place.
    pub fn neg(&mut self) {
        self.kept = None;
        self.amount.neg();
    }

    /// `IsZero()`.
    pub fn is_zero(&self) -> bool {
        self.amount.sign() == 0
    }

    /// `Sign()`: -1, 0 or 1.
    pub fn sign(&self) -> i32 {
        self.amount.sign()
    }

    /// `RoundUp(scale)`: rounds away from zero to units of 10^`scale`, in place. Tells whether
    /// nothing was lost.
    pub fn round_up(&mut self, scale: i32) -> bool {
        if self.amount.is_small_of_scale(scale) {
            return true;
        }
        self.kept = None;
        self.amount.round_up(scale)
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kept {
            Some(text) => f.pad(text),
            None => f.pad(&self.canonical()),
        }
    }
}

impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Format::DecimalSi => "DecimalSI",
            Format::BinarySi => "BinarySI",
            Format::DecimalExponent => "DecimalExponent",
        })
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            ParseError::Format => {
                "quantities must match the regular expression \
                 '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
            }
            ParseError::Suffix => "unable to parse quantity's suffix",
            ParseError::Numeric => "unable to parse numeric part of quantity",
            ParseError::TooLong => "a quantity has at most 4096 characters",
        })
    }
}

impl std::error::Error for ParseError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn quantity(text: &str) -> Quantity {
        Quantity::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn floats_multiply_digits_by_a_power_of_ten() {
        let check = |text: &str, expect: f64| {
            let float = quantity(text).as_approximate_f64();
            assert_eq!(float.to_bits(), expect.to_bits(), "{text}: {float}");
        };
        check("0.3", 0.300_000_000_000_000_04);
        check("300m", 0.3);
        check("1.5Gi", 1_610_612_736.0);
        check("9223372036854775808", 9_223_372_036_854_775_808.0 * 1e9 * 1e-9);
        check("1e308", 1e308);
        check("1e309", f64::INFINITY);
        check("-1e2147483647", f64::NEG_INFINITY);
        assert!(quantity("0e400").as_approximate_f64().is_nan());
    }

    #[test]
    fn rounding_goes_away_from_zero() {
        let check = |text: &str, scale: i32, expect: &str, exact: bool| {
            let mut rounded = quantity(text);
            assert_eq!(rounded.round_up(scale), exact, "{text} to 10^{scale}");
            assert_eq!(rounded.to_string(), expect, "{text} to 10^{scale}");
        };
        check("1500m", 0, "2", false);
        check("-9", 1, "-10", false);
        check("1.500", -3, "1.500", true);
        check("0.1Ki", 0, "103", false);
        check("-0.1Ki", 3, "-1k", false);
        check("20k", 4, "20k", true);
        check("1Ki", i32::MAX, "10", false);
    }

    #[test]
    fn whole_numbers_are_known_as_such() {
        assert_eq!(quantity("3k").as_i64(), Some(3000));
        assert_eq!(quantity("1500m").as_i64(), None);
        assert_eq!(quantity("10E").as_i64(), None);
        assert_eq!(quantity("1Pi").as_i64(), None);
    }

    #[test]
    fn equality_is_of_content_and_semantic_equality_of_amounts() {
        assert_ne!(quantity("1k"), quantity("1000"));
        assert!(quantity("1k").semantic_eq(&quantity("1000")));
        assert!(quantity("1Pi").semantic_eq(&quantity("1024Ti")));
    }

    #[test]
    fn hostile_exponents_cost_nothing() {
        let texts = [
            "1e2147483647",
            "-1e2147483647",
            "1e-2147483648",
            "1.5e-2147483648",
            "1e9223372036854775807",
            "12345678901234567890e2147483647",
            "-12345678901234567890123e999999999",
            "0e2147483647",
            "0e-2147483648",
            "00000000000000000000.0e2147483647",
        ];
        for left in texts {
            let mut left = quantity(left);
            for right in texts.map(quantity) {
                let _ = (left.value(), left.milli_value(), left.scaled_value(i32::MAX));
                let _ = (left.scaled_value(i32::MIN), left.to_string(), left.compare(&right));
                left.as_approximate_f64();
                left.add(&right);
                left.sub(&right);
                left.round_up(i32::MIN);
            }
        }
        let long = "9".repeat(TEXT_BYTES_MAX + 1);
        assert_eq!(Quantity::parse(&long), Err(ParseError::TooLong));
        assert!(ParseError::TooLong.to_string().contains(&TEXT_BYTES_MAX.to_string()));
    }

    #[test]
    fn amounts_of_any_size_stay_exact() {
        let mut sum = quantity("1e400");
        sum.add(&quantity("1n"));
        assert_eq!(sum.to_string(), format!("1{}1e-9", "0".repeat(408)));
        sum.sub(&quantity("1e400"));
        assert_eq!(sum.to_string(), "1e-9");
        assert_eq!(quantity("2e400").compare(&quantity("19e399")), Ordering::Greater);
        assert_eq!(quantity("-2e400").compare(&quantity("-19e399")), Ordering::Less);
        assert_eq!(quantity("1e400").compare(&quantity("1e2147483647")), Ordering::Less);
    }

    #[test]
    fn a_zero_takes_the_format_of_what_is_added() {
        let mut sum = Quantity::default();
        sum.add(&quantity("64Mi"));
        sum.add(&quantity("1000k"));
        assert_eq!((sum.to_string().as_str(), sum.format()), ("68108864", Format::BinarySi));
    }

    #[test]
    fn a_quantity_serializes_as_its_text() {
        assert_eq!(serde_json::to_string(&quantity("1.500")).expect("serializes"), "\"1.500\"");
    }
}
