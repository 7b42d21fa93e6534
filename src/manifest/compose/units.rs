//! Values as Compose files write them: Go's durations, Docker's sizes, and `${VARIABLES}`.

use crate::units::SimDuration;

/// The longest span that may be written \[ms\]: ten years.
const DURATION_MAX: i128 = 10 * 366 * 86_400_000;
/// Most bytes that may be written.
const BYTES_MAX: f64 = (1_u64 << 50) as f64;
/// How deep defaults of variables may stand in each other.
const DEPTH_MAX: u32 = 8;

/// A span of time as Go's `time.ParseDuration` reads it; parts of a millisecond are cut off.
///
/// # Errors
/// What is wrong, in a phrase.
pub(super) fn parse_duration(text: &str) -> Result<SimDuration, String> {
    let text = text.trim();
    if text == "0" {
        return Ok(SimDuration::ZERO);
    }
    if text.starts_with('-') {
        return Err("a span of time is not negative".to_owned());
    }
    let (mut rest, mut total) = (text, 0_i128);
    while !rest.is_empty() {
        let number_end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, tail) = rest.split_at(number_end);
        let unit_end = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit_end);
        let micros: i128 = match unit {
            "us" | "µs" | "μs" => 1,
            "ms" => 1000,
            "s" => 1_000_000,
            "m" => 60_000_000,
            "h" => 3_600_000_000,
            "ns" => 0,
            "" => return Err("a number without a unit".to_owned()),
            _ => return Err("not a span of time".to_owned()),
        };
        total += thousandths(number).ok_or("not a span of time")? * micros / 1000;
        rest = tail;
    }
    let milliseconds = total / 1000;
    if text.is_empty() {
        return Err("nothing is written here".to_owned());
    }
    if milliseconds > DURATION_MAX {
        return Err("longer than 10 years".to_owned());
    }
    Ok(SimDuration(milliseconds as i64))
}

/// A plain decimal number times 1,000; further places are cut off.
fn thousandths(text: &str) -> Option<i128> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if (whole.is_empty() && fraction.is_empty()) || whole.len() > 15 {
        return None;
    }
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let places: String = fraction.chars().chain("000".chars()).take(3).collect();
    Some(whole * 1000 + places.parse::<i128>().ok()?)
}

/// Bytes as Docker's `units.RAMInBytes` reads them: `512M`, `1.5g`, `256mb`, `1GiB`, all powers of
/// 1024.
///
/// # Errors
/// What is wrong, in a phrase.
pub(super) fn parse_bytes(text: &str) -> Result<i64, String> {
    let lower = text.trim().to_ascii_lowercase();
    let end = lower.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(lower.len());
    let (number, unit) = lower.split_at(end);
    let unit = unit.trim_start();
    let letter = unit.strip_suffix("ib").or_else(|| unit.strip_suffix('b')).unwrap_or(unit);
    let power = match letter {
        "" => 0,
        "k" => 10,
        "m" => 20,
        "g" => 30,
        "t" => 40,
        "p" => 50,
        _ => return Err("not an amount of memory".to_owned()),
    };
    let number: f64 = number.parse().map_err(|_| "not an amount of memory".to_owned())?;
    let bytes = number * (1_u64 << power) as f64;
    if bytes > BYTES_MAX { Err("more than 1 PiB".to_owned()) } else { Ok(bytes as i64) }
}

/// Thousandths of a core from a number of cores.
///
/// # Errors
/// What is wrong, in a phrase.
pub(super) fn parse_cpus(text: &str) -> Result<i64, String> {
    match thousandths(text.trim()) {
        Some(milli) if milli <= 1_000_000_000 => Ok(milli as i64),
        Some(_) => Err("more than 1,000,000 cores".to_owned()),
        None => Err("not a number of cores".to_owned()),
    }
}

/// Fills in variables as Compose does where none is set: the default if there is one.
///
/// # Errors
/// The first variable, as written, that has no value.
pub(super) fn interpolate(text: &str) -> Result<String, String> {
    fill(text, 0)
}

fn fill(text: &str, depth: u32) -> Result<String, String> {
    let (mut filled, mut rest) = (String::new(), text);
    while let Some(at) = rest.find('$') {
        filled.push_str(&rest[..at]);
        let tail = &rest[at + 1..];
        if let Some(after) = tail.strip_prefix('$') {
            filled.push('$');
            rest = after;
        } else if let Some(inner) = tail.strip_prefix('{') {
            let end = closing(inner).ok_or_else(|| rest[at..].to_owned())?;
            let written = &rest[at..=at + 2 + end];
            filled.push_str(&value_of(&inner[..end], written, depth)?);
            rest = &inner[end + 1..];
        } else {
            let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let end = tail.find(|c| !is_name(c)).unwrap_or(tail.len());
            if end > 0 {
                return Err(rest[at..=at + end].to_owned());
            }
            filled.push('$');
            rest = tail;
        }
    }
    filled.push_str(rest);
    Ok(filled)
}

/// Where the brace ends that was open before the text.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 1_u32;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

/// The value of a variable that is not set: `NAME:-default` and `NAME-default` have one, and what
/// `NAME+other` gives is nothing.
fn value_of(inner: &str, written: &str, depth: u32) -> Result<String, String> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let operator = inner.trim_start_matches(is_name);
    let operator = operator.strip_prefix(':').unwrap_or(operator);
    match operator.chars().next() {
        Some('-') if depth < DEPTH_MAX => fill(&operator[1..], depth + 1),
        Some('+') => Ok(String::new()),
        _ => Err(written.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_those_of_go() {
        let check = |text: &str, expect: Result<i64, &str>| {
            let found = parse_duration(text).map(|span| span.0);
            assert_eq!(found, expect.map_err(str::to_owned), "of {text}");
        };
        check("10s", Ok(10_000));
        check("1m30s", Ok(90_000));
        check("1.5h", Ok(5_400_000));
        check("500ms", Ok(500));
        check("1500us", Ok(1));
        check("0", Ok(0));
        check("30", Err("a number without a unit"));
        check("10 s", Err("not a span of time"));
        check("5d", Err("not a span of time"));
        check("-5s", Err("a span of time is not negative"));
        check("", Err("nothing is written here"));
        check("99999999h", Err("longer than 10 years"));
    }

    #[test]
    fn sizes_are_powers_of_1024() {
        assert_eq!(parse_bytes("512M"), Ok(512 << 20));
        assert_eq!(parse_bytes("1.5g"), Ok(3 << 29));
        assert_eq!(parse_bytes("256mb"), Ok(256 << 20));
        assert_eq!(parse_bytes("1GiB"), Ok(1 << 30));
        assert_eq!(parse_bytes("1048576"), Ok(1 << 20));
        assert!(parse_bytes("lots").is_err());
        assert!(parse_bytes("1e9").is_err());
        assert!(parse_bytes("99999999P").is_err());
    }

    #[test]
    fn variables_take_their_defaults() {
        let check = |text: &str, expect: Result<&str, &str>| {
            let expect = expect.map(str::to_owned).map_err(str::to_owned);
            assert_eq!(interpolate(text), expect, "of {text}");
        };
        check("shop:${TAG:-v1}", Ok("shop:v1"));
        check("${A-${B:-x}}y", Ok("xy"));
        check("${A:+set}", Ok(""));
        check("5$$", Ok("5$"));
        check("a $ b", Ok("a $ b"));
        check("shop:${TAG}", Err("${TAG}"));
        check("shop:$TAG-x", Err("$TAG"));
        check("${TAG:?say it}", Err("${TAG:?say it}"));
        check("${TAG", Err("${TAG"));
    }
}
