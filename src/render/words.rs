//! Numbers as people write them. A number never comes without its unit, unless the unit stands in
//! the column's head.

/// `1,310,450`: a whole number with its thousands apart.
pub fn count(number: f64) -> String {
    let digits = format!("{:.0}", number.abs());
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if number < 0.0 && digits != "0" { format!("-{text}") } else { text }
}

/// `6.1`, `3.05`, `0.004`, `1,240`: about three digits, no zeros at the end.
pub fn amount(number: f64) -> String {
    let size = number.abs();
    if size >= 99.95 || size == 0.0 {
        return count(number);
    }
    let decimals = match size {
        size if size >= 9.995 => 1,
        size if size >= 0.0995 => 2,
        size if size >= 0.00995 => 3,
        _ => 4,
    };
    without_zeros(&format!("{number:.decimals$}"))
}

/// `1.5k`, `200`, `0.5`: short, for scales and rates.
pub fn short(number: f64) -> String {
    let size = number.abs();
    for (unit, name) in [(1e9, "G"), (1e6, "M"), (1e3, "k")] {
        if size >= unit * 0.9995 {
            let scaled = number / unit;
            let decimals = if scaled.abs() < 9.95 { 2 } else { usize::from(scaled.abs() < 99.5) };
            return without_zeros(&format!("{scaled:.decimals$}")) + name;
        }
    }
    amount(number)
}

/// `0.64 %`, `12 %`, `<0.01 %`: a share of 0 to 1 with about two digits.
pub fn share(share: f64) -> String {
    let percent = share * 100.0;
    match percent.abs() {
        0.0 => "0 %".to_owned(),
        size if size < 0.01 => "<0.01 %".to_owned(),
        size if size >= 9.95 => format!("{percent:.0} %"),
        size if size >= 0.995 => format!("{} %", without_zeros(&format!("{percent:.1}"))),
        _ => format!("{} %", without_zeros(&format!("{percent:.2}"))),
    }
}

/// `15 s`, `2 min 15 s`, `1 h 5 min`, `350 ms`: a span in a sentence, at most two units.
pub fn span(seconds: f64) -> String {
    let parts = parts(seconds, [" d", " h", " min", " s", " ms"]);
    parts.join(" ")
}

/// `15 s`, `2m15s`, `1h5m`, `350 ms`: a span in a table, at most two units.
pub fn brief(seconds: f64) -> String {
    match &parts(seconds, [" d", " h", " min", " s", " ms"])[..] {
        [one] => one.clone(),
        _ => parts(seconds, ["d", "h", "m", "s", "ms"]).concat(),
    }
}

/// `0`, `10m15s`, `2h`: an instant since the start, to the second; to the millisecond if asked.
pub fn instant(seconds: f64, milliseconds: bool) -> String {
    let ms = (seconds * 1000.0).round() as i64;
    let ms = if milliseconds { ms } else { (ms + 500).div_euclid(1000) * 1000 };
    match ms {
        0 => "0".to_owned(),
        _ => crate::units::SimDuration(ms).to_string(),
    }
}

/// `24`, `2,000`: a latency in milliseconds, with decimals only below 10.
pub fn milliseconds(seconds: f64) -> String {
    let ms = seconds * 1000.0;
    if ms < 9.95 { amount(ms) } else { count(ms) }
}

/// `24 ms`, `2.0 s`: a latency with its unit.
pub fn latency(seconds: f64) -> String {
    match seconds {
        s if s < 0.9995 => format!("{} ms", milliseconds(s)),
        s if s < 9.95 => format!("{s:.1} s"),
        s => span(s),
    }
}

/// `1 pod`, `9 pods`: a number of things; the plural adds an s.
pub fn things(number: f64, thing: &str) -> String {
    let plural = if count(number) == "1" { "" } else { "s" };
    format!("{} {thing}{plural}", count(number))
}

/// `250m`, `1.5`: cores.
pub fn cores(cores: f64) -> String {
    if cores.abs() < 0.9995 && cores != 0.0 {
        format!("{}m", count(cores * 1000.0))
    } else {
        amount(cores)
    }
}

/// `180Mi`, `1.5Gi`: bytes.
pub fn bytes(bytes: f64) -> String {
    let size = bytes.abs();
    let units = [(1_073_741_824.0, "Gi"), (1_048_576.0, "Mi"), (1024.0, "Ki")];
    let found = units.iter().find(|(unit, _)| size >= unit * 0.9995);
    found.map_or_else(|| count(bytes), |(unit, name)| amount(bytes / unit) + name)
}

/// The two greatest units of a span that are not zero, side by side.
fn parts(seconds: f64, names: [&str; 5]) -> Vec<String> {
    let size = seconds.abs();
    let unit_ms = match size {
        size if size < 0.9995 => 1,
        size if size < 3600.0 => 1000,
        size if size < 86_400.0 => 60_000,
        _ => 3_600_000,
    };
    let mut rest = (size * 1000.0 / unit_ms as f64).round() as u64 * unit_ms;
    let mut parts = Vec::new();
    for (ms, name) in [86_400_000, 3_600_000, 60_000, 1000, 1].into_iter().zip(names) {
        if rest >= ms {
            parts.push(format!("{}{name}", rest / ms));
            rest %= ms;
        }
    }
    if parts.is_empty() {
        parts.push(format!("0{}", names[3]));
    }
    if seconds < 0.0 {
        parts[0].insert(0, '-');
    }
    parts
}

fn without_zeros(text: &str) -> String {
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(texts: &[String], expect: &str) {
        assert_eq!(texts.join(" | "), expect);
    }

    #[test]
    fn counts_and_amounts() {
        check(&[0.0, 8412.4, 1_310_450.0, -1000.0].map(count), "0 | 8,412 | 1,310,450 | -1,000");
        check(
            &[6.1, 3.05, 0.8, 12.04, 0.004, 1240.4].map(amount),
            "6.1 | 3.05 | 0.8 | 12 | 0.004 | 1,240",
        );
        check(
            &[1500.0, 200.0, 0.5, 999.9, 12_340.0, 2e6].map(short),
            "1.5k | 200 | 0.5 | 1k | 12.3k | 2M",
        );
    }

    #[test]
    fn shares_have_two_digits() {
        let shares = [0.0, 0.000_01, 0.0064, 0.031, 0.126, 1.0];
        check(&shares.map(share), "0 % | <0.01 % | 0.64 % | 3.1 % | 13 % | 100 %");
    }

    #[test]
    fn spans_have_two_units() {
        let spans = [0.0, 0.35, 15.0, 135.0, 300.0, 3900.0, 93_600.0];
        check(&spans.map(span), "0 s | 350 ms | 15 s | 2 min 15 s | 5 min | 1 h 5 min | 1 d 2 h");
        check(&spans.map(brief), "0 s | 350 ms | 15 s | 2m15s | 5 min | 1h5m | 1d2h");
        check(&[0.0, 615.016, 7200.0].map(|s| instant(s, false)), "0 | 10m15s | 2h");
        check(&[615.016].map(|s| instant(s, true)), "10m15s16ms");
    }

    #[test]
    fn latencies_and_resources() {
        check(&[0.0242, 0.31, 2.0, 75.0].map(latency), "24 ms | 310 ms | 2.0 s | 1 min 15 s");
        check(&[0.25, 1.5, 0.0].map(cores), "250m | 1.5 | 0");
        check(&[188_743_680.0, 1_610_612_736.0].map(bytes), "180Mi | 1.5Gi");
        check(&[1.0, 9.0].map(|n| things(n, "pod")), "1 pod | 9 pods");
    }
}
