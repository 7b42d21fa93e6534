//! Texts -> values; what is wrong is told in a phrase.

use super::{Amount, MAX_DURATION, MAX_MEMORY, MAX_RATE, ObjectName, Share, TimeOfDay};
use crate::api::quantity::Quantity;
use crate::units::{Bytes, SimDuration};
use crate::workload::trace::parse_rfc3339;
use crate::workload::traffic::WallClock;

/// A span of time \[ns\]: numbers with units, as in `1h30m`, `1.5s` or `500us`.
///
/// # Errors
/// What is wrong, in a phrase.
pub fn parse_nanoseconds(text: &str) -> Result<i128, String> {
    let mut rest = text.trim();
    let mut total: i128 = 0;
    if rest == "0" {
        return Ok(0);
    }
    while !rest.is_empty() {
        let number_end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, tail) = rest.split_at(number_end);
        let tail = tail.trim_start();
        let unit_end = tail.find(|c: char| !c.is_alphabetic()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit_end);
        let amount = decimal(number).ok_or("not a number with a unit")?;
        if unit.is_empty() {
            return Err("a number without a unit".to_owned());
        }
        let unit_ns =
            nanoseconds_of(unit).ok_or_else(|| format!("`{}` is no unit of time", clip(unit)))?;
        total = amount
            .checked_mul(unit_ns)
            .and_then(|product| total.checked_add(product / DECIMALS))
            .ok_or("too long")?;
        rest = tail.trim_start();
    }
    if text.trim().is_empty() { Err("nothing is written here".to_owned()) } else { Ok(total) }
}

/// What [`decimal`] multiplies by.
const DECIMALS: i128 = 1_000_000_000;

/// A number with up to nine places after the point, times 10⁹.
fn decimal(text: &str) -> Option<i128> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    if whole.is_empty() || fraction.is_empty() || fraction.len() > 9 || whole.len() > 18 {
        return None;
    }
    let whole: i128 = whole.parse().ok()?;
    let places: i128 = format!("{fraction:0<9}").parse().ok()?;
    Some(whole * DECIMALS + places)
}

pub(super) fn nanoseconds_of(unit: &str) -> Option<i128> {
    Some(match unit {
        "ns" | "nsec" => 1,
        "us" | "µs" | "usec" => 1000,
        "ms" | "msec" | "millis" => 1_000_000,
        "s" | "sec" | "secs" | "second" | "seconds" => 1_000_000_000,
        "m" | "min" | "mins" | "minute" | "minutes" => 60_000_000_000,
        "h" | "hr" | "hrs" | "hour" | "hours" => 3_600_000_000_000,
        "d" | "day" | "days" => 86_400_000_000_000,
        "w" | "week" | "weeks" => 604_800_000_000_000,
        _ => return None,
    })
}

/// A span of whole milliseconds, no longer than [`MAX_DURATION`].
///
/// # Errors
/// What is wrong, in a phrase.
pub fn parse_duration(text: &str) -> Result<SimDuration, String> {
    let nanoseconds = parse_nanoseconds(text)?;
    if nanoseconds > i128::from(MAX_DURATION.0) * 1_000_000 {
        return Err("longer than 10 years".to_owned());
    }
    if nanoseconds % 1_000_000 != 0 {
        return Err("finer than a millisecond".to_owned());
    }
    Ok(SimDuration((nanoseconds / 1_000_000) as i64))
}

/// A rate of requests with its unit, or CPU work as a quantity; perhaps negative.
///
/// # Errors
/// What is wrong, in a phrase.
pub fn parse_amount(text: &str) -> Result<Amount, String> {
    let text = text.trim();
    let amount = match text.split_once('/') {
        None => Amount::Cores(parse_quantity(text)?.as_approximate_f64()),
        Some((number, unit)) => {
            let number = parse_number(number.trim())?;
            match unit.trim() {
                "s" | "sec" => Amount::Requests(number),
                "min" | "m" => Amount::Requests(number / 60.0),
                unit => return Err(format!("`/{}` is no unit of a rate", clip(unit))),
            }
        }
    };
    let (Amount::Requests(number) | Amount::Cores(number)) = amount;
    if number.abs() <= MAX_RATE { Ok(amount) } else { Err(format!("more than {MAX_RATE:e}")) }
}

/// A plain decimal number with an optional sign and exponent.
fn parse_number(text: &str) -> Result<f64, String> {
    let plain = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | 'e' | 'E');
    let number: Option<f64> = text.chars().all(plain).then(|| text.parse().ok()).flatten();
    number
        .filter(|number| number.is_finite())
        .ok_or_else(|| format!("`{}` is no number", clip(text)))
}

pub(super) fn parse_quantity(text: &str) -> Result<Quantity, String> {
    Quantity::parse(text.trim()).map_err(|_| format!("`{}` is no quantity", clip(text)))
}

/// A share: `5%`, or a plain number.
///
/// # Errors
/// What is wrong, in a phrase.
pub fn parse_share(text: &str) -> Result<Share, String> {
    match text.trim().strip_suffix('%') {
        Some(percent) => parse_number(percent.trim()).map(|percent| Share(percent / 100.0)),
        None => parse_number(text.trim()).map(Share),
    }
}

/// `[namespace/]name`.
///
/// # Errors
/// What is wrong, in a phrase.
pub fn parse_name(text: &str) -> Result<ObjectName, String> {
    let (namespace, name) = match text.split_once('/') {
        Some((namespace, name)) => (Some(namespace), name),
        None => (None, text),
    };
    let plain = |part: &str| {
        !part.is_empty()
            && part.len() <= 253
            && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'))
    };
    if !plain(name) || !namespace.is_none_or(plain) {
        return Err(format!("`{}` is no name of an object", clip(text)));
    }
    Ok(ObjectName { namespace: namespace.map(str::to_owned), name: name.to_owned() })
}

/// A time of day, `HH:MM` or `HH:MM:SS`.
pub(super) fn parse_time_of_day(text: &str) -> Option<TimeOfDay> {
    let two_digits = |part: &str| {
        let valid = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        valid.then(|| part.parse::<i64>().ok()).flatten()
    };
    let mut parts = text.trim().splitn(3, ':').map(two_digits);
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = parts.next().unwrap_or(Some(0))?;
    let valid = hour < 24 && minute < 60 && second < 60;
    valid.then(|| TimeOfDay(SimDuration::from_secs(hour * 3600 + minute * 60 + second)))
}

/// An instant of the wall clock as RFC 3339 has it.
///
/// # Errors
/// When the text is none.
pub fn parse_clock(text: &str) -> Result<WallClock, String> {
    let wrong = || format!("`{}` is no instant of the wall clock", clip(text));
    let text = text.trim();
    let unix_ms = parse_rfc3339(text).filter(|unix_ms| *unix_ms >= 0).ok_or_else(wrong)?;
    let zone_at = text
        .find(['T', 't', ' '])
        .and_then(|at| text[at..].find(['Z', 'z', '+', '-']).map(|zone| at + zone));
    let local = &text[..zone_at.ok_or_else(wrong)?];
    let local_ms = parse_rfc3339(&format!("{local}Z")).ok_or_else(wrong)?;
    Ok(WallClock { unix_ms, offset: SimDuration(local_ms - unix_ms) })
}

/// The beginning of a text, short enough for a message.
pub fn clip(text: &str) -> String {
    let mut short: String = text.chars().take(40).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// An amount of memory.
pub(super) fn parse_memory(text: &str) -> Result<Bytes, String> {
    let quantity = parse_quantity(text)?;
    if quantity.compare(&Quantity::new(MAX_MEMORY.0, quantity.format())).is_gt() {
        return Err("more than 1 PiB".to_owned());
    }
    if quantity.sign() < 0 { Err("below 0".to_owned()) } else { Ok(Bytes(quantity.value())) }
}
