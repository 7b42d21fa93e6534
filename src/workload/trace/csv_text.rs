//! CSV recordings: which columns, which unit, row by row.

use super::stamp::{StampReader, clip};
use super::{MAX_POINTS, StampFormat, Trace, TraceError, too_many_points};

/// What one value of a recording is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A rate per second, or cores.
    PerSecond,
    /// A rate per minute.
    PerMinute,
    /// A count since the row's stamp; divided by the median distance between rows.
    Count,
}

/// How a CSV text is to be read; what is absent is found from the text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CsvOptions {
    /// Name (or number from 1, where there is no header) of the time column.
    pub time: Option<String>,
    /// Name (or number from 1) of the value column.
    pub value: Option<String>,
    /// What a value is; by the column's name (`rpm`, `request_count`), else per second.
    pub unit: Option<Unit>,
    /// How stamps are written.
    pub format: Option<StampFormat>,
}

/// Names of time columns, the likeliest first; compared without case.
const TIME_NAMES: [&str; 10] = [
    "timestamp",
    "time",
    "datetime",
    "date",
    "ts",
    "seconds",
    "second",
    "elapsed",
    "time_ms",
    "elapsed_ms",
];
/// Names of value columns, the likeliest first.
const VALUE_NAMES: [&str; 14] = [
    "requests/s",
    "rps",
    "qps",
    "rate",
    "value",
    "requests_per_second",
    "req/s",
    "rpm",
    "requests/min",
    "requests_per_minute",
    "request_count",
    "requests",
    "count",
    "cpu",
];

/// Reads a recording from CSV: comma, semicolon or tab; quotes as in RFC 4180; lines that begin
/// with `#` are comments. Without a header the first column is the time and the second the value.
/// Locust's stats history is known: its `Requests/s` of the `Aggregated` rows are taken.
///
/// # Errors
/// A column that is not there, a stamp or value that cannot be read (with its line), no values at
/// all, or more than [`MAX_POINTS`] of them.
pub fn parse_csv(text: &str, options: &CsvOptions) -> Result<Trace, TraceError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .comment(Some(b'#'))
        .trim(csv::Trim::All)
        .delimiter(delimiter(text))
        .from_reader(text.as_bytes());
    let mut row = csv::StringRecord::new();
    if !read_row(&mut reader, &mut row)? {
        let help = "give a header such as `timestamp,value` and a row for each instant";
        return Err(TraceError::new(None, "the recording is empty", help));
    }
    let columns = Columns::find(&row, options)?;
    let mut rows = Rows::new(columns, options);
    if !rows.columns.header {
        rows.take(1, &row)?;
    }
    while read_row(&mut reader, &mut row)? {
        let line = row.position().map_or(0, csv::Position::line);
        rows.take(line, &row)?;
    }
    rows.finish()
}

fn read_row(
    reader: &mut csv::Reader<&[u8]>,
    row: &mut csv::StringRecord,
) -> Result<bool, TraceError> {
    reader.read_record(row).map_err(|error| {
        let line = error.position().map(csv::Position::line);
        TraceError::new(line, "this line is no CSV", "write one row a line, fields in quotes")
    })
}

/// The separator that the first line of data holds most often.
fn delimiter(text: &str) -> u8 {
    let line = text.lines().find(|line| !line.trim().is_empty() && !line.starts_with('#'));
    let line = line.unwrap_or("");
    let count = |separator: u8| line.bytes().filter(|byte| *byte == separator).count();
    [b';', b'\t'].into_iter().fold(
        b',',
        |best, next| {
            if count(next) > count(best) { next } else { best }
        },
    )
}

/// Which columns are read.
#[derive(Debug)]
struct Columns {
    header: bool,
    time: usize,
    time_name: String,
    value: usize,
    value_name: String,
    /// Column that says `Aggregated` in Locust's stats history.
    aggregated: Option<usize>,
}

impl Columns {
    fn find(first: &csv::StringRecord, options: &CsvOptions) -> Result<Columns, TraceError> {
        let header = first.iter().any(|field| field.parse::<f64>().is_err())
            && first.iter().all(|field| StampFormat::detect(field, "").is_none());
        let names: Vec<&str> = if header { first.iter().collect() } else { Vec::new() };
        let fields = first.len();
        let time = choose(options.time.as_deref(), &names, fields, &TIME_NAMES, None)?;
        let value = choose(options.value.as_deref(), &names, fields, &VALUE_NAMES, Some(time))?;
        let name = |index: usize| names.get(index).map_or(String::new(), |name| (*name).to_owned());
        let locust = names.contains(&"Requests/s") && names.contains(&"Type");
        Ok(Columns {
            header,
            time,
            time_name: name(time),
            value,
            value_name: name(value),
            aggregated: names.iter().position(|name| *name == "Name").filter(|_| locust),
        })
    }
}

/// The column asked for by name or number; else by its usual names; else the first that is not
/// `taken`.
fn choose(
    wanted: Option<&str>,
    names: &[&str],
    fields: usize,
    usual: &[&str],
    taken: Option<usize>,
) -> Result<usize, TraceError> {
    let what = if taken.is_some() { "value" } else { "time" };
    if let Some(wanted) = wanted {
        let by_name = names.iter().position(|name| name.eq_ignore_ascii_case(wanted));
        let by_number = wanted.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        return by_name.or(by_number.filter(|index| *index < fields)).ok_or_else(|| {
            let message = format!("there is no column `{}`", clip(wanted));
            TraceError::new(Some(1), message, have(names, fields))
        });
    }
    let by_name = usual
        .iter()
        .find_map(|usual| names.iter().position(|name| name.eq_ignore_ascii_case(usual)))
        .filter(|index| taken != Some(*index));
    let free = (0..fields).find(|index| taken.is_none_or(|taken| *index != taken));
    by_name.or(free).ok_or_else(|| {
        let message = format!("there is no {what} column");
        TraceError::new(Some(1), message, "write rows of a time stamp and a value")
    })
}

fn have(names: &[&str], fields: usize) -> String {
    if names.is_empty() {
        return format!("the file has no header: write a number from 1 to {fields}");
    }
    let names: Vec<String> =
        names.iter().take(30).map(|name| format!("`{}`", clip(name))).collect();
    format!("write one of {}", names.join(", "))
}

/// The rows read so far.
#[derive(Debug)]
struct Rows {
    columns: Columns,
    unit: Option<Unit>,
    format: Option<StampFormat>,
    stamps: Option<StampReader>,
    points: Vec<(i64, f64)>,
    holes: u64,
}

impl Rows {
    fn new(columns: Columns, options: &CsvOptions) -> Rows {
        Rows {
            columns,
            unit: options.unit,
            format: options.format,
            stamps: None,
            points: Vec::new(),
            holes: 0,
        }
    }

    fn take(&mut self, line: u64, row: &csv::StringRecord) -> Result<(), TraceError> {
        if row.iter().all(str::is_empty) {
            return Ok(());
        }
        if let Some(column) = self.columns.aggregated
            && row.get(column) != Some("Aggregated")
        {
            return Ok(());
        }
        let Some(stamp) = row.get(self.columns.time).filter(|stamp| !stamp.is_empty()) else {
            let help = "write a time stamp in every row";
            return Err(TraceError::new(Some(line), "this row has no time stamp", help));
        };
        let at = self.read_stamp(line, stamp)?;
        let text = row.get(self.columns.value).unwrap_or("");
        let Some(value) = read_value(line, text)? else {
            self.holes += 1;
            return Ok(());
        };
        if self.points.len() >= MAX_POINTS as usize {
            return Err(too_many_points());
        }
        self.points.push((at, value));
        Ok(())
    }

    fn read_stamp(&mut self, line: u64, text: &str) -> Result<i64, TraceError> {
        if self.stamps.is_none() {
            let found = self.format.or_else(|| StampFormat::detect(text, &self.columns.time_name));
            let Some(format) = found else {
                let message = format!("`{}` is no time stamp", clip(text));
                let help = "write seconds, milliseconds since 1970, `2026-01-05T08:00:00Z`, \
                            `2026-01-05 08:00:00` or `08:00`, or name the time column";
                return Err(TraceError::new(Some(line), message, help));
            };
            self.stamps = Some(StampReader::new(format));
        }
        let stamps = self.stamps.as_mut().expect("set above");
        stamps.read(line, text)
    }

    fn finish(mut self) -> Result<Trace, TraceError> {
        let unit = self.unit.unwrap_or_else(|| unit_of(&self.columns.value_name));
        let format = self.stamps.as_ref().map_or(StampFormat::Seconds, |stamps| stamps.format);
        let per_s = match unit {
            Unit::PerSecond => 1.0,
            Unit::PerMinute => 60.0,
            Unit::Count => median_step_s(&self.points)?,
        };
        for point in &mut self.points {
            point.1 /= per_s;
        }
        let mut trace = Trace::new(format.stamp(), self.points)?;
        if self.columns.header {
            let (time, value) = (&self.columns.time_name, &self.columns.value_name);
            trace.note(format!("time from column `{}`, values from `{}`", clip(time), clip(value)));
        }
        trace.note(format!("stamps are {}; values are {}", format.describe(), unit.describe()));
        if self.holes > 0 {
            trace.note(format!(
                "{} rows without a value: the load is linear across them",
                self.holes
            ));
        }
        Ok(trace)
    }
}

impl Unit {
    /// What it is called in messages.
    pub fn describe(self) -> &'static str {
        match self {
            Unit::PerSecond => "per second",
            Unit::PerMinute => "per minute",
            Unit::Count => "counts per interval",
        }
    }
}

/// What a column's name tells about its unit.
fn unit_of(name: &str) -> Unit {
    let name = name.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    if has(&["/s", "per_s", "rps", "qps"]) {
        Unit::PerSecond
    } else if has(&["/m", "per_m", "rpm"]) {
        Unit::PerMinute
    } else if has(&["count"]) {
        Unit::Count
    } else {
        Unit::PerSecond
    }
}

fn read_value(line: u64, text: &str) -> Result<Option<f64>, TraceError> {
    let hole = ["", "-", "nan", "n/a", "na", "null", "none", "undefined"];
    if hole.iter().any(|hole| text.eq_ignore_ascii_case(hole)) {
        return Ok(None);
    }
    match text.parse::<f64>() {
        Ok(value) if value >= 0.0 && value.is_finite() => Ok(Some(value)),
        Ok(value) if value < 0.0 => {
            let message = format!("`{}` is below zero", clip(text));
            Err(TraceError::new(Some(line), message, "a rate is 0 or more"))
        }
        _ => {
            let message = format!("`{}` is no number", clip(text));
            let help = "write a plain number such as `12.5`, or name the value column";
            Err(TraceError::new(Some(line), message, help))
        }
    }
}

/// The median distance between different instants \[s\].
fn median_step_s(points: &[(i64, f64)]) -> Result<f64, TraceError> {
    let mut at: Vec<i64> = points.iter().map(|point| point.0).collect();
    at.sort_unstable();
    at.dedup();
    let mut steps: Vec<i64> = at.windows(2).map(|pair| pair[1] - pair[0]).collect();
    steps.sort_unstable();
    let Some(step) = steps.get(steps.len() / 2) else {
        let help = "give at least two rows, or write the unit as a rate";
        return Err(TraceError::new(None, "counts need a distance between rows", help));
    };
    Ok(*step as f64 / 1000.0)
}
