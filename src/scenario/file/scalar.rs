//! Single values as people write them: durations, rates, amounts, shares, instants.

use serde_json::json;

use super::read::{Context, Definitions, Read};
use crate::api::quantity::Quantity;
use crate::manifest::yaml::{Node, Value};
use crate::units::{Bytes, MilliCpu, NanoCpu, SimDuration, SimTime};
use crate::workload::trace::parse_rfc3339;
use crate::workload::traffic::WallClock;

/// The longest span that a Scenario may name.
pub const MAX_DURATION: SimDuration = SimDuration(10 * 366 * 86_400_000);
/// The highest rate that a Scenario may name [requests/s, or cores].
pub const MAX_RATE: f64 = 1e12;
/// The most CPU that a Scenario may name.
pub const MAX_CPU: MilliCpu = MilliCpu(1_000_000_000);
/// The most memory that a Scenario may name.
pub const MAX_MEMORY: Bytes = Bytes(1 << 50);

const DURATION_PATTERN: &str = r"^\s*(\d+(\.\d+)?\s*[a-zµ]+\s*)+$|^0$";

/// How much per time, or how much at a time, with what it is measured in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Amount {
    /// Requests, written `200/s` or `12000/min` [requests/s].
    Requests(f64),
    /// CPU work, written as a quantity of CPU [cores].
    Cores(f64),
}

/// A share, written `5%` or `0.05`.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Share(pub f64);

/// A time of day, written `14:00`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeOfDay(pub SimDuration);

/// Growth of memory, written `10Mi/h` [bytes/s].
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Growth(pub f64);

/// The name of an object, `[namespace/]name`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectName {
    /// Its namespace, if it was written.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
}

impl std::fmt::Display for ObjectName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(f, "{namespace}/{}", self.name),
            None => f.pad(&self.name),
        }
    }
}

/// A span of time [ns]: numbers with units, as in `1h30m`, `1.5s` or `500us`.
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

fn nanoseconds_of(unit: &str) -> Option<i128> {
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

fn parse_quantity(text: &str) -> Result<Quantity, String> {
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
fn parse_time_of_day(text: &str) -> Option<TimeOfDay> {
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

/// The text of a scalar; numbers as they would be written.
fn text_of(node: &Node) -> Option<String> {
    match &node.value {
        Value::String(text) => Some(text.clone()),
        Value::Int(number) => Some(number.to_string()),
        Value::Float(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Reads a text or number by a function whose error is a phrase.
fn read_text<T>(
    node: &Node,
    context: &mut Context,
    wants: &str,
    help: &str,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Option<T> {
    let Some(text) = text_of(node) else {
        context.wrong(node, wants, help);
        return None;
    };
    parse(&text).map_err(|why| context.refuse(&node.span, why, help)).ok()
}

macro_rules! scalar {
    ($type:ty, $wants:literal, $help:literal, $schema:expr, $parse:expr) => {
        impl Read for $type {
            fn read(node: &Node, context: &mut Context) -> Option<$type> {
                read_text(node, context, $wants, $help, $parse)
            }

            fn schema(_: &mut Definitions) -> serde_json::Value {
                $schema
            }
        }
    };
}

scalar!(
    SimDuration,
    "a span of time",
    "write a number with its unit, such as `90s`, `5m` or `1h30m`",
    json!({ "anyOf": [{ "type": "string", "pattern": DURATION_PATTERN }, { "const": 0 }] }),
    parse_duration
);
scalar!(
    SimTime,
    "an instant, measured from the start",
    "write a number with its unit, such as `90s`, `5m` or `1h30m`",
    json!({ "anyOf": [{ "type": "string", "pattern": DURATION_PATTERN }, { "const": 0 }] }),
    |text| parse_duration(text).map(|duration| SimTime(duration.0))
);
scalar!(
    NanoCpu,
    "an amount of CPU time",
    "write a number with its unit, such as `8ms` or `500us`",
    json!({ "anyOf": [{ "type": "string", "pattern": DURATION_PATTERN }, { "const": 0 }] }),
    |text| match parse_nanoseconds(text)? {
        nanoseconds if nanoseconds > 86_400_000_000_000 => Err("more than a day".to_owned()),
        nanoseconds => Ok(NanoCpu(nanoseconds as i64)),
    }
);
scalar!(
    Amount,
    "a rate",
    "write a rate of requests such as `200/s` or `12000/min`; CPU work such as `500m` or `4`",
    json!({ "type": ["string", "number"] }),
    parse_amount
);
scalar!(
    Share,
    "a share",
    "write it in percent, such as `5%`",
    json!({ "anyOf": [
        { "type": "string", "pattern": r"^[-+]?[0-9.]+([eE][-+]?[0-9]+)?\s*%?$" },
        { "type": "number" },
    ] }),
    parse_share
);
scalar!(
    MilliCpu,
    "an amount of CPU",
    "write cores or thousandths of one, such as `2` or `250m`",
    json!({ "type": ["string", "number"] }),
    |text| {
        let quantity = parse_quantity(text)?;
        if quantity.compare(&Quantity::from_milli(MAX_CPU.0, quantity.format())).is_gt() {
            return Err(format!("more than {} cores", MAX_CPU.0 / 1000));
        }
        if quantity.sign() < 0 {
            Err("below 0".to_owned())
        } else {
            Ok(MilliCpu(quantity.milli_value()))
        }
    }
);
scalar!(
    Bytes,
    "an amount of memory",
    "write bytes with a suffix, such as `180Mi` or `2Gi`",
    json!({ "type": ["string", "number"] }),
    parse_memory
);
scalar!(
    Growth,
    "memory per time",
    "write memory and a time, such as `10Mi/h`",
    json!({ "type": "string", "pattern": "/" }),
    |text| {
        let (memory, unit) = text.split_once('/').ok_or("without a time")?;
        let nanoseconds = nanoseconds_of(unit.trim()).ok_or("without a time")?;
        Ok(Growth(parse_memory(memory)?.0 as f64 / (nanoseconds as f64 / 1e9)))
    }
);
scalar!(
    TimeOfDay,
    "a time of day",
    "write hours and minutes, such as `14:00`",
    json!({ "type": "string", "pattern": r"^\d\d:\d\d(:\d\d)?$" }),
    |text| parse_time_of_day(text).ok_or_else(|| format!("`{}` is no time of day", clip(text)))
);
scalar!(
    WallClock,
    "an instant of the wall clock",
    "write date, time and zone, such as `2026-01-05T08:00:00Z` or `...+01:00`",
    json!({ "type": "string", "format": "date-time" }),
    parse_clock
);
scalar!(
    ObjectName,
    "the name of an object",
    "write `name` or `namespace/name`, as in the manifest's metadata",
    json!({ "type": "string", "pattern": "^([^/]+/)?[^/]+$" }),
    parse_name
);

fn parse_memory(text: &str) -> Result<Bytes, String> {
    let quantity = parse_quantity(text)?;
    if quantity.compare(&Quantity::new(MAX_MEMORY.0, quantity.format())).is_gt() {
        return Err("more than 1 PiB".to_owned());
    }
    if quantity.sign() < 0 { Err("below 0".to_owned()) } else { Ok(Bytes(quantity.value())) }
}

impl Read for String {
    fn read(node: &Node, context: &mut Context) -> Option<String> {
        let text = node.as_str().map(str::to_owned);
        if text.is_none() {
            context.wrong(
                node,
                "a text",
                "write a text; put it in quotes if it looks like a number",
            );
        }
        text
    }

    fn schema(_: &mut Definitions) -> serde_json::Value {
        json!({ "type": "string" })
    }
}

impl Read for bool {
    fn read(node: &Node, context: &mut Context) -> Option<bool> {
        let value = node.as_bool();
        if value.is_none() {
            context.wrong(node, "`true` or `false`", "write `true` or `false`, without quotes");
        }
        value
    }

    fn schema(_: &mut Definitions) -> serde_json::Value {
        json!({ "type": "boolean" })
    }
}

impl Read for f64 {
    fn read(node: &Node, context: &mut Context) -> Option<f64> {
        let number = node.as_f64().filter(|number| number.is_finite());
        if number.is_none() {
            context.wrong(node, "a number", "write a finite number, without quotes");
        }
        number
    }

    fn schema(_: &mut Definitions) -> serde_json::Value {
        json!({ "type": "number" })
    }
}

macro_rules! integer {
    ($type:ty) => {
        impl Read for $type {
            fn read(node: &Node, context: &mut Context) -> Option<$type> {
                let number = node.as_i64().and_then(|number| <$type>::try_from(number).ok());
                if number.is_none() {
                    let (low, high) = (<$type>::MIN, <$type>::MAX);
                    let help = format!("write a whole number from {low} to {high}, without quotes");
                    context.wrong(node, "a whole number", help);
                }
                number
            }

            fn schema(_: &mut Definitions) -> serde_json::Value {
                json!({ "type": "integer", "minimum": <$type>::MIN, "maximum": <$type>::MAX })
            }
        }
    };
}
integer!(i32);
integer!(i64);
integer!(u8);
integer!(u32);
integer!(u64);
