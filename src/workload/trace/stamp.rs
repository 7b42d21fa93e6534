//! Time stamps of recordings: which format, and which instant.

use super::{TraceError, TraceStamp};

const DAY_MS: i64 = 86_400_000;

/// How a time column is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StampFormat {
    /// Seconds since 1970, with or without a fraction.
    UnixSeconds,
    /// Milliseconds since 1970.
    UnixMillis,
    /// Microseconds since 1970.
    UnixMicros,
    /// Nanoseconds since 1970.
    UnixNanos,
    /// `2026-01-05T08:00:00Z`, `2026-01-05T08:00:00.250+01:00`.
    Rfc3339,
    /// `2026-01-05 08:00`, `2026-01-05 08:00:00.250`, also with `T` or `/`; taken as UTC.
    DateTime,
    /// Seconds from the start of the recording.
    Seconds,
    /// Milliseconds from the start of the recording.
    Millis,
    /// `08:00`, `08:00:30`; a fall of more than 12 hours is midnight.
    TimeOfDay,
}

impl StampFormat {
    /// What such stamps count from.
    pub fn stamp(self) -> TraceStamp {
        match self {
            StampFormat::Seconds | StampFormat::Millis => TraceStamp::Relative,
            StampFormat::TimeOfDay => TraceStamp::TimeOfDay,
            _ => TraceStamp::Unix,
        }
    }

    /// What it is called in messages.
    pub fn describe(self) -> &'static str {
        match self {
            StampFormat::UnixSeconds => "seconds since 1970",
            StampFormat::UnixMillis => "milliseconds since 1970",
            StampFormat::UnixMicros => "microseconds since 1970",
            StampFormat::UnixNanos => "nanoseconds since 1970",
            StampFormat::Rfc3339 => "RFC 3339 (`2026-01-05T08:00:00Z`)",
            StampFormat::DateTime => "`YYYY-MM-DD HH:MM:SS`",
            StampFormat::Seconds => "seconds from the start",
            StampFormat::Millis => "milliseconds from the start",
            StampFormat::TimeOfDay => "`HH:MM:SS`",
        }
    }

    /// The format that a stamp seems to have; `column` is the name of its column, if it has one.
    pub(super) fn detect(text: &str, column: &str) -> Option<StampFormat> {
        if let Ok(number) = text.parse::<f64>() {
            return detect_number(number, column);
        }
        [StampFormat::Rfc3339, StampFormat::DateTime, StampFormat::TimeOfDay]
            .into_iter()
            .find(|format| format.parse(text).is_some())
    }

    /// The instant \[ms\] that a stamp names.
    pub(super) fn parse(self, text: &str) -> Option<i64> {
        match self {
            StampFormat::UnixSeconds | StampFormat::Seconds => number_of_ms(text, 1000.0),
            StampFormat::UnixMillis | StampFormat::Millis => number_of_ms(text, 1.0),
            StampFormat::UnixMicros => number_of_ms(text, 1e-3),
            StampFormat::UnixNanos => number_of_ms(text, 1e-6),
            StampFormat::Rfc3339 => parse_rfc3339(text),
            StampFormat::DateTime => parse_date_time(text),
            StampFormat::TimeOfDay => parse_time(text.as_bytes()),
        }
    }
}

fn detect_number(number: f64, column: &str) -> Option<StampFormat> {
    let column = column.to_ascii_lowercase();
    let in_ms = column.ends_with("_ms") || column.ends_with("(ms)") || column == "ms";
    let format = match number {
        1e17.. => StampFormat::UnixNanos,
        1e14.. => StampFormat::UnixMicros,
        1e11.. => StampFormat::UnixMillis,
        1e8.. if !in_ms => StampFormat::UnixSeconds,
        _ if !number.is_finite() => return None,
        _ if in_ms => StampFormat::Millis,
        _ => StampFormat::Seconds,
    };
    Some(format)
}

/// Reads a number of units of `unit_ms` each; refuses what is outside a million years.
fn number_of_ms(text: &str, unit_ms: f64) -> Option<i64> {
    let ms = (text.parse::<f64>().ok()? * unit_ms).round();
    (ms.abs() < 3.2e16).then_some(ms as i64)
}

/// An instant as RFC 3339 has it \[ms since 1970\]; none when the text is none.
pub fn parse_rfc3339(text: &str) -> Option<i64> {
    let (date, rest) = split_date(text)?;
    let rest = rest.strip_prefix(['T', 't', ' '])?;
    let zone_at = rest.find(['Z', 'z', '+', '-'])?;
    let (time, zone) = rest.split_at(zone_at);
    let offset = match zone.as_bytes() {
        b"Z" | b"z" => 0,
        [sign, clock @ ..] => {
            let span = parse_zone(clock)?;
            if *sign == b'-' { -span } else { span }
        }
        [] => return None,
    };
    Some(date + parse_time(time.as_bytes())? - offset)
}

/// An instant \[ms since 1970\] as RFC 3339 has it, cut to the second, in local time that is
/// `offset_ms` ahead of UTC.
pub fn to_rfc3339(unix_ms: i64, offset_ms: i64) -> String {
    let local = unix_ms.saturating_add(offset_ms).div_euclid(1000);
    let (year, month, day) = civil_from_days(local.div_euclid(86_400));
    let second = local.rem_euclid(86_400);
    let (hours, minutes, seconds) = (second / 3600, second / 60 % 60, second % 60);
    let zone = match offset_ms / 60_000 {
        0 => "Z".to_owned(),
        minutes => {
            let sign = if minutes < 0 { '-' } else { '+' };
            format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
        }
    };
    format!("{year:04}-{month:02}-{day:02}T{hours:02}:{minutes:02}:{seconds:02}{zone}")
}

/// Year, month and day of a day of the Gregorian calendar, counted from 1970-01-01.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    // Years begin in March here, so that a leap day is the last day of its year.
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// `01:00`, `0100` or `01` as a span \[ms\].
fn parse_zone(text: &[u8]) -> Option<i64> {
    let (hours, minutes) = match text {
        [a, b] => (digits(&[*a, *b])?, 0),
        [a, b, b':', c, d] | [a, b, c, d] => (digits(&[*a, *b])?, digits(&[*c, *d])?),
        _ => return None,
    };
    (hours < 24 && minutes < 60).then_some((hours * 60 + minutes) * 60_000)
}

fn parse_date_time(text: &str) -> Option<i64> {
    let (date, rest) = split_date(text)?;
    if rest.is_empty() {
        return Some(date);
    }
    let rest = rest.strip_prefix(['T', ' '])?;
    let rest = rest.strip_suffix(" UTC").unwrap_or(rest);
    Some(date + parse_time(rest.trim_start().as_bytes())?)
}

/// Midnight of the `YYYY-MM-DD` that a text begins with \[ms since 1970\], and the rest.
fn split_date(text: &str) -> Option<(i64, &str)> {
    let [y0, y1, y2, y3, a, m0, m1, b, d0, d1, ..] = text.as_bytes() else { return None };
    if a != b || !matches!(a, b'-' | b'/') {
        return None;
    }
    let year = digits(&[*y0, *y1, *y2, *y3])?;
    let (month, day) = (digits(&[*m0, *m1])?, digits(&[*d0, *d1])?);
    if !(1..=12).contains(&month) || day < 1 || day > days_in_month(year, month) {
        return None;
    }
    Some((days_since_1970(year, month, day) * DAY_MS, text.get(10..)?))
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days of the proleptic Gregorian calendar; years begin in March, so that the leap day is last.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leaps = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leaps + (month * 153 + 2) / 5 + day - 1 - 719_468
}

/// `HH:MM`, `HH:MM:SS` or `HH:MM:SS.fff` \[ms since midnight\].
fn parse_time(text: &[u8]) -> Option<i64> {
    let mut parts = text.split(|byte| *byte == b':');
    let hours = digits(parts.next()?)?;
    let minutes = digits(parts.next()?)?;
    let (seconds, fraction) = match parts.next() {
        None => (0, 0),
        Some(part) => {
            let mut halves = part.splitn(2, |byte| matches!(byte, b'.' | b','));
            (digits(halves.next()?)?, halves.next().map_or(Some(0), fraction_ms)?)
        }
    };
    let valid = parts.next().is_none() && hours < 24 && minutes < 60 && seconds <= 60;
    valid.then_some((hours * 3600 + minutes * 60 + seconds) * 1000 + fraction)
}

/// The first three digits of a fraction of a second, cut.
fn fraction_ms(text: &[u8]) -> Option<i64> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let digit = |index: usize| text.get(index).map_or(0, |byte| i64::from(byte - b'0'));
    Some(digit(0) * 100 + digit(1) * 10 + digit(2))
}

/// One to four digits.
fn digits(text: &[u8]) -> Option<i64> {
    if text.is_empty() || text.len() > 4 || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(text.iter().fold(0, |number, byte| number * 10 + i64::from(byte - b'0')))
}

/// Reads the stamps of one column in the order of its rows.
#[derive(Debug)]
pub(super) struct StampReader {
    pub(super) format: StampFormat,
    before: i64,
    days: i64,
}

impl StampReader {
    pub(super) fn new(format: StampFormat) -> StampReader {
        StampReader { format, before: i64::MIN, days: 0 }
    }

    /// The instant of a stamp; times of day go on after midnight.
    pub(super) fn read(&mut self, line: u64, text: &str) -> Result<i64, TraceError> {
        let Some(at) = self.format.parse(text) else {
            let message = format!("`{}` is no time stamp", clip(text));
            let help = format!(
                "the column's first stamp reads as {}: write all of them so, or name the format",
                self.format.describe()
            );
            return Err(TraceError::new(Some(line), message, help));
        };
        if self.format == StampFormat::TimeOfDay {
            let fell = self.before != i64::MIN && at < self.before - DAY_MS / 2;
            self.days += i64::from(fell);
            self.before = at;
        }
        Ok(at + self.days * DAY_MS)
    }
}

/// The beginning of a text, short enough for a message.
pub(super) fn clip(text: &str) -> String {
    let mut short: String = text.chars().take(40).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_written_as_they_are_read() {
        assert_eq!(to_rfc3339(0, 0), "1970-01-01T00:00:00Z");
        assert_eq!(to_rfc3339(1_767_600_000_999, 0), "2026-01-05T08:00:00Z");
        assert_eq!(to_rfc3339(1_767_600_000_000, 5_400_000), "2026-01-05T09:30:00+01:30");
        assert_eq!(to_rfc3339(1_767_600_000_000, -3_600_000), "2026-01-05T07:00:00-01:00");
        for day in (-40_000..60_000).step_by(13) {
            let at = day * 86_400_000 + 4_321_000;
            assert_eq!(parse_rfc3339(&to_rfc3339(at, 0)), Some(at), "day {day}");
        }
    }

    fn check(format: StampFormat, text: &str, expect: Option<i64>) {
        assert_eq!(format.parse(text), expect, "{text}");
    }

    #[test]
    fn stamps_of_every_format_are_read() {
        let nab = Some(1_394_163_660_000);
        check(StampFormat::DateTime, "2014-03-07 03:41:00", nab);
        check(StampFormat::DateTime, "2014/03/07 03:41", nab);
        check(StampFormat::Rfc3339, "2014-03-07T03:41:00Z", nab);
        check(StampFormat::Rfc3339, "2014-03-07T04:41:00.250+01:00", Some(1_394_163_660_250));
        check(StampFormat::UnixSeconds, "1394163660", nab);
        check(StampFormat::UnixMillis, "1394163660000", nab);
        check(StampFormat::UnixNanos, "1394163660000000000", nab);
        check(StampFormat::TimeOfDay, "03:41", Some(13_260_000));
        check(StampFormat::Seconds, "0.5", Some(500));
    }

    #[test]
    fn what_is_no_date_is_refused() {
        check(StampFormat::DateTime, "2023-02-29 00:00", None);
        check(StampFormat::DateTime, "2024-13-01", None);
        check(StampFormat::TimeOfDay, "24:00", None);
        check(StampFormat::TimeOfDay, "12:0x", None);
        check(StampFormat::Rfc3339, "2024-01-01T00:00:00+1:2:3", None);
        check(StampFormat::UnixSeconds, "1e300", None);
        check(StampFormat::DateTime, "äöüäöüäöü", None);
    }

    #[test]
    fn the_format_follows_from_the_first_stamp() {
        let detect = |text| StampFormat::detect(text, "time");
        assert_eq!(detect("1743426996"), Some(StampFormat::UnixSeconds));
        assert_eq!(detect("1743426996123"), Some(StampFormat::UnixMillis));
        assert_eq!(detect("0"), Some(StampFormat::Seconds));
        assert_eq!(detect("08:30"), Some(StampFormat::TimeOfDay));
        assert_eq!(StampFormat::detect("250", "elapsed_ms"), Some(StampFormat::Millis));
        assert_eq!(detect("soon"), None);
    }
}
