//! A number or a percentage. Mirrors `k8s.io/apimachinery/pkg/util/intstr/intstr.go`.

use std::fmt;

use serde::Serialize;

/// How every error starts.
const INVALID: &str = "invalid value for IntOrString";

/// `intstr.IntOrString`: a count, or a share of some total.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum IntOrPercent {
    /// A number.
    Int(i32),
    /// A text such as `25%`. It may be any text: validation tells what is wrong with it.
    String(String),
}

impl Default for IntOrPercent {
    /// The number 0, Go's zero value.
    fn default() -> IntOrPercent {
        IntOrPercent::Int(0)
    }
}

impl IntOrPercent {
    /// `GetScaledValueFromIntOrPercent`: the number, or the percentage of `total`, rounded toward
    /// plus infinity (`round_up`) or minus infinity. Nothing holds the result within `total`.
    ///
    /// # Errors
    /// Upstream's message, if a text is not a whole number that fits an i64, followed by `%`.
    pub fn scaled_value(&self, total: i32, round_up: bool) -> Result<i64, String> {
        let percent = match self {
            IntOrPercent::Int(number) => return Ok(i64::from(*number)),
            IntOrPercent::String(text) => parse_percent(text)?,
        };
        // Upstream multiplies first, in floats; the order decides what 7 % of 100 rounds to.
        let share = percent as f64 * f64::from(total) / 100.0;
        Ok(truncate(if round_up { libm::ceil(share) } else { libm::floor(share) }))
    }
}

impl fmt::Display for IntOrPercent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            IntOrPercent::Int(number) => number.fmt(f),
            IntOrPercent::String(text) => f.pad(text),
        }
    }
}

impl From<i32> for IntOrPercent {
    fn from(number: i32) -> IntOrPercent {
        IntOrPercent::Int(number)
    }
}

impl From<&str> for IntOrPercent {
    fn from(text: &str) -> IntOrPercent {
        IntOrPercent::String(text.to_owned())
    }
}

fn parse_percent(text: &str) -> Result<i64, String> {
    let Some(number) = text.strip_suffix('%') else {
        return Err(format!("{INVALID}: invalid type: string is not a percentage"));
    };
    parse_int(number).map_err(|why| {
        let (text, number) = (quote(text), quote(number));
        format!("{INVALID}: invalid value {text}: strconv.Atoi: parsing {number}: {why}")
    })
}

/// Go's `strconv.Atoi`: one optional sign, then ASCII digits.
fn parse_int(text: &str) -> Result<i64, &'static str> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("invalid syntax");
    }
    text.parse().map_err(|_| "value out of range")
}

/// Go's `strconv.Quote`: control and other unprintable characters are escaped.
fn quote(text: &str) -> String {
    format!("\"{}\"", text.chars().map(escape).collect::<String>())
}

fn escape(character: char) -> String {
    match character {
        '"' | '\\' => format!("\\{character}"),
        '\u{7}' => "\\a".to_owned(),
        '\u{8}' => "\\b".to_owned(),
        '\u{c}' => "\\f".to_owned(),
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' => "\\t".to_owned(),
        '\u{b}' => "\\v".to_owned(),
        '\0'..' ' | '\u{7f}' => format!("\\x{:02x}", character as u32),
        ' '..='~' => character.to_string(),
        _ if is_printable(character) => character.to_string(),
        '\u{80}'..='\u{ffff}' => format!("\\u{:04x}", character as u32),
        _ => format!("\\U{:08x}", character as u32),
    }
}

/// What Go prints as it is. Rust's own escaping knows the same character tables, but for
/// combining marks, which it escapes only at the start of a text.
fn is_printable(character: char) -> bool {
    let guarded = format!("a{character}");
    guarded.escape_debug().eq(guarded.chars())
}

/// Go's conversion of a float to an `int` on amd64: what does not fit is the smallest `int`.
fn truncate(number: f64) -> i64 {
    const TWO_TO_63: f64 = 9_223_372_036_854_775_808.0;
    if (-TWO_TO_63..TWO_TO_63).contains(&number) { number as i64 } else { i64::MIN }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &str, total: i32, round_up: bool, expect: Result<i64, &str>) {
        let scaled = IntOrPercent::from(value).scaled_value(total, round_up);
        assert_eq!(scaled.as_ref().map_err(String::as_str), expect.as_ref().map_err(|text| *text));
    }

    #[test]
    fn percentages_round_toward_infinity() {
        check("25%", 7, true, Ok(2));
        check("25%", 7, false, Ok(1));
        check("-25%", 7, false, Ok(-2));
        check("-25%", 7, true, Ok(-1));
        check("9223372036854775807%", i32::MAX, true, Ok(i64::MIN));
    }

    #[test]
    fn errors_quote_the_text_as_go_does() {
        check(
            "a\t'b'\u{1b}\u{3}é\u{200b}\u{10ffff}%",
            1,
            true,
            Err("invalid value for IntOrString: invalid value \
                 \"a\\t'b'\\x1b\\x03é\\u200b\\U0010ffff%\": strconv.Atoi: parsing \
                 \"a\\t'b'\\x1b\\x03é\\u200b\\U0010ffff\": invalid syntax"),
        );
    }

    #[test]
    fn numbers_stay_as_they_are_and_print_as_written() {
        assert_eq!(IntOrPercent::from(-3).scaled_value(10, true), Ok(-3));
        let text = serde_json::to_string(&[IntOrPercent::from(3), IntOrPercent::from("5%")]);
        assert_eq!(text.expect("serializes"), r#"[3,"5%"]"#);
        assert_eq!(format!("{} {}", IntOrPercent::from(3), IntOrPercent::from("5%")), "3 5%");
    }
}
