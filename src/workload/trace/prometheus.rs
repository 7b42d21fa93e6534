//! Answers of Prometheus' `query_range`: a matrix of series, summed.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, IgnoredAny, SeqAccess, Visitor};
use std::collections::BTreeMap;

use super::{MAX_POINTS, Trace, TraceError, TraceStamp, Unit, too_many_points};

/// The most steps spent on series that miss samples others have.
const MAX_FILL: u64 = 50_000_000;

/// How an answer is to be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PrometheusOptions {
    /// Whether the series are counters; by the name (`_total`, `_count`, `_sum`, `_bucket`) if
    /// absent.
    pub counter: Option<bool>,
    /// What a value of a gauge is; per second if absent. [`Unit::Count`] is taken as per second.
    pub unit: Option<Unit>,
}

/// Reads the answer to `query_range`. Several series are summed. A counter becomes its rate between
/// samples, laid at the middle between them; a fall is a reset, after which it counted from 0. A
/// series adds to the sum from its first sample to its last, linear across samples that it misses.
///
/// # Errors
/// No JSON, an error answer, an answer of another kind, an empty result, values that are no rates,
/// or more than [`MAX_POINTS`] instants.
pub fn parse_prometheus(text: &str, options: &PrometheusOptions) -> Result<Trace, TraceError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let answer: Answer = serde_json::from_str(text).map_err(|error| {
        let line = (error.line() > 0).then_some(error.line() as u64);
        let message = format!("this is no answer of query_range: {error}");
        TraceError::new(line, message, SAVE)
    })?;
    let result = checked(answer)?;
    let named = result.iter().find_map(|series| series.metric.get("__name__"));
    let counter = options.counter.unwrap_or_else(|| named.is_some_and(|name| is_counter(name)));
    let mut sum = Sum::default();
    for series in &result {
        sum.stamps.extend(series.values.iter().map(|sample| sample.at_ms));
        if sum.stamps.len() > 4 * MAX_POINTS as usize {
            return Err(too_many_points());
        }
    }
    sum.start()?;
    for series in result {
        sum.add(series.values, counter)?;
    }
    sum.finish(counter, options.unit)
}

const SAVE: &str = "save the answer of `/api/v1/query_range?query=...&start=...&end=...&step=15s` \
                    as it is, or of `promtool query range -o json`";

#[derive(Debug, Deserialize)]
struct Answer {
    status: Option<String>,
    error: Option<String>,
    data: Option<Data>,
}

#[derive(Debug, Deserialize)]
struct Data {
    #[serde(rename = "resultType")]
    result_type: Option<String>,
    result: Matrix,
}

/// The series of a matrix, or whatever another kind of answer holds.
#[derive(Debug)]
enum Matrix {
    Series(Vec<Series>),
    Other,
}

#[derive(Debug, Default, Deserialize)]
struct Series {
    #[serde(default)]
    metric: BTreeMap<String, String>,
    #[serde(default)]
    values: Vec<Sample>,
    /// The one sample of an instant vector.
    value: Option<IgnoredAny>,
    /// Samples of native histograms.
    histograms: Option<IgnoredAny>,
}

#[derive(Clone, Copy, Debug)]
struct Sample {
    at_ms: i64,
    value: f64,
}

impl<'de> Deserialize<'de> for Matrix {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Matrix, D::Error> {
        struct Items;
        impl<'de> Visitor<'de> for Items {
            type Value = Matrix;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of series")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Matrix, A::Error> {
                let mut series = Vec::new();
                while let Some(item) = seq.next_element::<Item>()? {
                    match item {
                        Item::Series(one) => series.push(one),
                        Item::Other => return skip(seq),
                    }
                }
                Ok(Matrix::Series(series))
            }
        }
        deserializer.deserialize_seq(Items)
    }
}

fn skip<'de, A: SeqAccess<'de>>(mut seq: A) -> Result<Matrix, A::Error> {
    while seq.next_element::<IgnoredAny>()?.is_some() {}
    Ok(Matrix::Other)
}

/// An element of `result`: a series, or a number of a scalar answer.
#[derive(Debug)]
enum Item {
    Series(Series),
    Other,
}

impl<'de> Deserialize<'de> for Item {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Item, D::Error> {
        struct OneItem;
        impl<'de> Visitor<'de> for OneItem {
            type Value = Item;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a series")
            }
            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Item, A::Error> {
                Series::deserialize(de::value::MapAccessDeserializer::new(map)).map(Item::Series)
            }
            fn visit_f64<E>(self, _: f64) -> Result<Item, E> {
                Ok(Item::Other)
            }
            fn visit_u64<E>(self, _: u64) -> Result<Item, E> {
                Ok(Item::Other)
            }
            fn visit_str<E>(self, _: &str) -> Result<Item, E> {
                Ok(Item::Other)
            }
        }
        deserializer.deserialize_any(OneItem)
    }
}

impl<'de> Deserialize<'de> for Sample {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Sample, D::Error> {
        let (at_s, text) = <(f64, std::borrow::Cow<'de, str>)>::deserialize(deserializer)?;
        let at_ms = (at_s * 1000.0).round();
        if at_ms.is_nan() || at_ms.abs() > 3.2e16 {
            return Err(de::Error::custom(format!("`{at_s}` is no time stamp")));
        }
        let value = match text.as_ref() {
            "+Inf" | "Inf" => f64::INFINITY,
            "-Inf" => f64::NEG_INFINITY,
            text => text.parse().map_err(|_| de::Error::custom("a sample is no number"))?,
        };
        Ok(Sample { at_ms: at_ms as i64, value })
    }
}

/// The series of an answer that is a matrix with something in it.
fn checked(answer: Answer) -> Result<Vec<Series>, TraceError> {
    let fault = |message: String, help: &str| Err(TraceError::new(None, message, help));
    if answer.status.as_deref() == Some("error") {
        let error = answer.error.unwrap_or_default();
        return fault(format!("Prometheus answered with an error: `{error}`"), SAVE);
    }
    let Some(data) = answer.data else {
        return fault("the answer has no `data`".to_owned(), SAVE);
    };
    let kind = data.result_type.unwrap_or_else(|| "matrix".to_owned());
    let Matrix::Series(series) = data.result else {
        return fault(format!("the answer is a {kind}, a matrix is needed"), SAVE);
    };
    if kind != "matrix" || series.iter().any(|series| series.value.is_some()) {
        let help = "ask `query_range` instead of `query`, without a range `[...]` at the end";
        return fault(format!("the answer is a {kind}, a matrix is needed"), help);
    }
    if series.iter().any(|series| series.histograms.is_some()) {
        let help = "ask for `histogram_count(rate(...))`";
        return fault("the answer holds native histograms".to_owned(), help);
    }
    if series.iter().all(|series| series.values.is_empty()) {
        let help = "no series matched in that time: look at the metric's name, its labels, and \
                    `start` and `end`";
        return fault("the answer is empty".to_owned(), help);
    }
    Ok(series)
}

fn is_counter(name: &str) -> bool {
    ["_total", "_count", "_sum", "_bucket"].iter().any(|end| name.ends_with(end))
}

/// Series being summed over the instants of all of them.
#[derive(Debug, Default)]
struct Sum {
    stamps: Vec<i64>,
    /// Sum at each stamp, or over the interval that begins there.
    value: Vec<f64>,
    /// Whether any series says something there.
    known: Vec<bool>,
    filled: u64,
    resets: u64,
    holes: u64,
    series: u64,
}

impl Sum {
    fn start(&mut self) -> Result<(), TraceError> {
        self.stamps.sort_unstable();
        self.stamps.dedup();
        if self.stamps.len() > MAX_POINTS as usize {
            return Err(too_many_points());
        }
        self.value = vec![0.0; self.stamps.len()];
        self.known = vec![false; self.stamps.len()];
        Ok(())
    }

    fn add(&mut self, mut samples: Vec<Sample>, counter: bool) -> Result<(), TraceError> {
        let before = samples.len();
        samples.retain(|sample| !sample.value.is_nan());
        self.holes += (before - samples.len()) as u64;
        if let Some(bad) = samples.iter().find(|one| !(one.value >= 0.0 && one.value.is_finite())) {
            let message = format!("a sample is `{}`, which is no rate", bad.value);
            return Err(TraceError::new(None, message, "ask for values that are 0 or more"));
        }
        samples.sort_by_key(|sample| sample.at_ms);
        samples.dedup_by_key(|sample| sample.at_ms);
        self.series += 1;
        for pair in samples.windows(2) {
            self.add_pair(pair[0], pair[1], counter)?;
        }
        if let Some(last) = samples.last().filter(|_| !counter) {
            let index = self.index(last.at_ms);
            self.put(index, last.value);
        }
        Ok(())
    }

    fn index(&self, at_ms: i64) -> usize {
        self.stamps.partition_point(|stamp| *stamp < at_ms)
    }

    fn put(&mut self, index: usize, value: f64) {
        self.value[index] += value;
        self.known[index] = true;
    }

    fn add_pair(&mut self, from: Sample, to: Sample, counter: bool) -> Result<(), TraceError> {
        if counter { self.add_rate(from, to) } else { self.add_line(from, to) }
    }

    fn add_rate(&mut self, from: Sample, to: Sample) -> Result<(), TraceError> {
        let reset = to.value < from.value;
        self.resets += u64::from(reset);
        let grown = if reset { to.value } else { to.value - from.value };
        let rate = grown / ((to.at_ms - from.at_ms) as f64 / 1000.0);
        self.over(from.at_ms, to.at_ms, |_| rate)
    }

    fn add_line(&mut self, from: Sample, to: Sample) -> Result<(), TraceError> {
        let length = (to.at_ms - from.at_ms) as f64;
        self.over(from.at_ms, to.at_ms, |at_ms| {
            from.value + (to.value - from.value) * ((at_ms - from.at_ms) as f64 / length)
        })
    }

    /// Adds to every stamp in `[from, to)`.
    fn over(
        &mut self,
        from_ms: i64,
        to_ms: i64,
        value: impl Fn(i64) -> f64,
    ) -> Result<(), TraceError> {
        let mut index = self.index(from_ms);
        while self.stamps[index] < to_ms {
            self.filled += 1;
            if self.filled > MAX_FILL {
                let help = "ask for fewer series, for instance `sum(rate(...))`";
                return Err(TraceError::new(None, "the series have too many gaps", help));
            }
            self.put(index, value(self.stamps[index]));
            index += 1;
        }
        Ok(())
    }

    fn finish(self, counter: bool, unit: Option<Unit>) -> Result<Trace, TraceError> {
        let per_s = if unit == Some(Unit::PerMinute) && !counter { 60.0 } else { 1.0 };
        let mut points = Vec::with_capacity(self.stamps.len());
        for (index, at_ms) in self.stamps.iter().enumerate() {
            let next = self.stamps.get(index + 1).copied().unwrap_or(*at_ms);
            let at_ms = if counter { at_ms + (next - at_ms) / 2 } else { *at_ms };
            if self.known[index] {
                points.push((at_ms, self.value[index] / per_s));
            }
        }
        if points.is_empty() {
            let help = "a counter needs two samples: ask for a longer time or a smaller `step`";
            return Err(TraceError::new(None, "no rate can be taken from the answer", help));
        }
        let mut trace = Trace::new(TraceStamp::Unix, points)?;
        let kind = if counter { "counters, taken by their rate" } else { "gauges" };
        trace.note(format!("{} series summed; they are {kind}", self.series));
        if self.resets > 0 {
            trace.note(format!("{} counter resets: each counted from 0 again", self.resets));
        }
        if self.holes > 0 {
            trace.note(format!("{} samples are NaN: the load is linear across them", self.holes));
        }
        Ok(trace)
    }
}
