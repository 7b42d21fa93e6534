//! What holds for every quantity and percentage.

use podtide::api::int_or_percent::IntOrPercent;
use podtide::api::quantity::{Format, Quantity};
use proptest::prelude::*;

/// Texts of every form; some are too large for their suffixes or for an i64.
fn text() -> impl Strategy<Value = String> {
    "[+-]?[0-9]{1,24}(\\.[0-9]{0,12})?([numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]{1,3})?"
}

/// Texts that may be no quantity at all, and such with exponents beyond all reason.
fn any_text() -> impl Strategy<Value = String> {
    "(\\PC{0,12}|[-+.0-9eEinumkKMGTP]{0,40}|[0-9.]{0,9}[eE]-?[0-9]{5,25})"
}

fn parse(text: &str) -> Quantity {
    Quantity::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn negated(quantity: &Quantity) -> Quantity {
    let mut negated = quantity.clone();
    negated.neg();
    negated
}

/// Whether there is a suffix for the amount: upstream prints `1000E` as `1`.
fn has_a_suffix(quantity: &Quantity) -> bool {
    let bound = parse("1000E");
    let is_within = quantity.compare(&bound).is_lt() && negated(quantity).compare(&bound).is_lt();
    is_within || quantity.format() == Format::DecimalExponent
}

proptest! {
    #[test]
    fn what_is_printed_reads_as_the_same_amount(
        text in text().prop_filter("no suffix", |text| has_a_suffix(&parse(text))),
    ) {
        let quantity = parse(&text);
        let printed = quantity.to_string();
        let again = parse(&printed);
        prop_assert!(again.semantic_eq(&quantity), "{} became {}", text, printed);
        prop_assert_eq!(again.to_string(), printed);
        let canonical = quantity.canonical();
        prop_assert!(parse(&canonical).semantic_eq(&quantity), "{} became {}", text, canonical);
        prop_assert_eq!(parse(&canonical).canonical(), canonical);
    }

    #[test]
    fn comparison_is_antisymmetric_and_agrees_with_the_difference(
        left in text(),
        right in text(),
    ) {
        let (left, right) = (parse(&left), parse(&right));
        let order = left.compare(&right);
        prop_assert_eq!(right.compare(&left), order.reverse());
        prop_assert_eq!(negated(&left).compare(&negated(&right)), order.reverse());
        let mut difference = left.clone();
        difference.sub(&right);
        prop_assert_eq!(difference.sign(), order as i32);
        prop_assert_eq!(left.semantic_eq(&right), order.is_eq());
    }

    #[test]
    fn comparison_is_transitive(a in text(), b in text(), c in text()) {
        let mut sorted = [parse(&a), parse(&b), parse(&c)];
        sorted.sort_by(Quantity::compare);
        prop_assert!(sorted[0].compare(&sorted[2]).is_le());
    }

    #[test]
    fn sums_are_exact(left in text(), right in text()) {
        let (left, right) = (parse(&left), parse(&right));
        let mut sum = left.clone();
        sum.add(&right);
        let mut other_way = right.clone();
        other_way.add(&left);
        prop_assert!(sum.semantic_eq(&other_way));
        sum.sub(&right);
        prop_assert!(sum.semantic_eq(&left), "{} instead of {}", sum, left);
    }

    #[test]
    fn rounding_never_shrinks_and_stays_within_a_unit(text in text(), scale in -9..30_i32) {
        let quantity = parse(&text);
        let mut rounded = quantity.clone();
        let is_exact = rounded.round_up(scale);
        prop_assert_eq!(is_exact, rounded.semantic_eq(&quantity));
        let mut change = rounded.clone();
        change.sub(&quantity);
        prop_assert!(is_exact || change.sign() == quantity.sign());
        let unit = parse(&format!("1e{scale}"));
        prop_assert!(change.compare(&unit).is_lt() && negated(&change).compare(&unit).is_lt());
    }

    #[test]
    fn no_text_panics(text in any_text()) {
        let Ok(quantity) = Quantity::parse(&text) else {
            return Ok(());
        };
        let mut sum = quantity.clone();
        sum.add(&parse("1n"));
        sum.sub(&parse("7Ei"));
        prop_assert!(sum.to_string().len() < 20_000);
        let _ = (sum.value(), quantity.milli_value(), quantity.as_approximate_f64());
    }

    #[test]
    fn percentages_of_a_total_stay_within_it(percent in 0..=100_i32, total in 0..=i32::MAX) {
        let value = IntOrPercent::String(format!("{percent}%"));
        let up = value.scaled_value(total, true).expect("a percentage");
        let down = value.scaled_value(total, false).expect("a percentage");
        prop_assert!(0 <= down && down <= up && up <= i64::from(total));
        let exact = i64::from(percent) * i64::from(total);
        prop_assert!(down * 100 <= exact && exact <= up * 100 && up - down <= 1);
    }
}
