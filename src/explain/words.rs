//! Numbers, instants and lists as explanations write them.

use crate::units::{SimDuration, SimTime};

/// What a value in milli-units measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// Cores: 1260 is `1260m`.
    Cpu,
    /// Bytes.
    Bytes,
    /// Whatever a custom metric counts.
    Plain,
}

/// A value in milli-units with its unit.
pub(super) fn milli(value: i64, unit: Unit) -> String {
    match unit {
        Unit::Cpu => format!("{value}m"),
        Unit::Bytes => bytes(value as f64 / 1000.0),
        Unit::Plain => number(value as f64 / 1000.0),
    }
}

fn bytes(bytes: f64) -> String {
    let size = bytes.abs();
    let units = [(1_073_741_824.0, "Gi"), (1_048_576.0, "Mi"), (1024.0, "Ki")];
    match units.iter().find(|(unit, _)| size >= *unit) {
        Some((unit, name)) => {
            let scaled = bytes / unit;
            let decimals = usize::from(scaled.abs() < 99.95);
            without_zeros(&format!("{scaled:.decimals$}")) + name
        }
        None => format!("{bytes:.0}"),
    }
}

/// `2.4`, `168`, `0.905`: at most three decimals, but never one that hides on which side of a whole
/// number a value lies.
pub(super) fn number(value: f64) -> String {
    if !value.is_finite() {
        return if value.is_nan() { "no number" } else { "infinitely many" }.to_owned();
    }
    let short = without_zeros(&format!("{value:.3}"));
    if value == value.trunc() || short.contains('.') {
        return short;
    }
    let long = without_zeros(&format!("{value:.9}"));
    if long.contains('.') { long } else { short }
}

fn without_zeros(text: &str) -> String {
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text.to_owned()
    }
}

/// `10m15s`: an instant, to the nearest second.
pub(super) fn instant(at: SimTime) -> String {
    let at = nearest_second(at);
    if at < SimTime::ZERO {
        return format!("{} before the start", SimDuration(-at.0));
    }
    at.to_string()
}

/// The instant as it is written.
pub(super) fn nearest_second(at: SimTime) -> SimTime {
    SimTime((at.0.saturating_add(500)).div_euclid(1000) * 1000)
}

/// `5m`, `15s`, `2.3s`: a span; with one decimal below ten seconds.
pub(super) fn span(span: SimDuration) -> String {
    let seconds = span.as_secs_f64();
    if span.0 % 1000 == 0 || seconds.abs() >= 10.0 {
        let whole = SimDuration((seconds.round() as i64) * 1000);
        return whole.to_string();
    }
    without_zeros(&format!("{seconds:.1}")) + "s"
}

/// `1 pod`, `3 pods`.
pub(super) fn pods(count: i64) -> String {
    things(count, "pod")
}

/// `1 sync`, `3 syncs`.
pub(super) fn things(count: i64, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_do_not_hide_what_rounding_up_sees() {
        let shown = [2.4, 7.2, 8.0, 0.905, 3.000_000_001, 1e-12].map(number);
        assert_eq!(shown.join(" "), "2.4 7.2 8 0.905 3.000000001 0");
        assert_eq!(number(f64::INFINITY), "infinitely many");
    }

    #[test]
    fn values_have_their_units() {
        assert_eq!(milli(1260, Unit::Cpu), "1260m");
        assert_eq!(milli(188_743_680_000, Unit::Bytes), "180Mi");
        assert_eq!(milli(1_610_612_736_000, Unit::Bytes), "1.5Gi");
        assert_eq!(milli(12_500, Unit::Plain), "12.5");
        assert_eq!(span(SimDuration(2300)), "2.3s");
        assert_eq!(span(SimDuration(300_000)), "5m");
        assert_eq!(list(&["a".to_owned(), "b".to_owned(), "c".to_owned()]), "a, b and c");
    }
}
