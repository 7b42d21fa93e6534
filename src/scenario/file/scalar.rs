//! Single values as people write them: durations, rates, amounts, shares, instants.

mod text;

use serde_json::json;

use super::read::{Context, Definitions, Read};
use crate::api::quantity::Quantity;
use crate::manifest::yaml::{Node, Value};
use crate::units::{Bytes, MilliCpu, NanoCpu, SimDuration, SimTime};
use crate::workload::traffic::WallClock;

/// The longest span that a Scenario may name.
pub const MAX_DURATION: SimDuration = SimDuration(10 * 366 * 86_400_000);
/// The highest rate that a Scenario may name [requests/s, or cores].
pub const MAX_RATE: f64 = 1e12;
/// The most CPU that a Scenario may name.
pub const MAX_CPU: MilliCpu = MilliCpu(1_000_000_000);
/// The most memory that a Scenario may name.
pub const MAX_MEMORY: Bytes = Bytes(1 << 50);

pub use text::{
    clip, parse_amount, parse_clock, parse_duration, parse_name, parse_nanoseconds, parse_share,
};
use text::{nanoseconds_of, parse_memory, parse_quantity, parse_time_of_day};

const DURATION_PATTERN: &str = r"^\s*(\d+(\.\d+)?\s*[a-zµ]+\s*)+$|^0$";

/// How much per time, or how much at a time, with what it is measured in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Amount {
    /// Requests, written `200/s` or `12000/min` \[requests/s\].
    Requests(f64),
    /// CPU work, written as a quantity of CPU \[cores\].
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
    ($type:ty, $most:expr) => {
        impl Read for $type {
            fn read(node: &Node, context: &mut Context) -> Option<$type> {
                let number = node.as_i64().and_then(|number| <$type>::try_from(number).ok());
                if number.is_none() {
                    let (low, high) = (<$type>::MIN, $most);
                    let help = format!("write a whole number from {low} to {high}, without quotes");
                    context.wrong(node, "a whole number", help);
                }
                number
            }

            fn schema(_: &mut Definitions) -> serde_json::Value {
                json!({ "type": "integer", "minimum": <$type>::MIN, "maximum": $most })
            }
        }
    };
}
integer!(i32, i32::MAX);
integer!(u8, u8::MAX);
integer!(u32, u32::MAX);
// Seeds: numbers of YAML have 64 bits with a sign.
integer!(u64, i64::MAX);
