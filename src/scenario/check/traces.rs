//! Recordings: which file, how it is to be read, where it is laid.

use std::sync::Arc;

use super::Checker;
use crate::diagnostic::{Diagnostic, SourceId, Span};
use crate::scenario::file::read::At;
use crate::scenario::file::scalar::parse_duration;
use crate::scenario::file::traffic::{Short, Trace as Written};
use crate::units::SimTime;
use crate::workload::trace::{
    CsvOptions, PrometheusOptions, StampFormat, Trace, TraceError, TraceStamp, Unit, parse_csv,
    parse_prometheus,
};
use crate::workload::traffic::{TraceStart, WallClock};

/// What was wrong has been reported.
struct Reported;

/// A recording and where it lies.
#[derive(Clone, Debug)]
pub(super) struct Laid {
    pub(super) trace: Arc<Trace>,
    pub(super) start: TraceStart,
    pub(super) hold: bool,
    /// The last instant of the scenario at which it says something.
    pub(super) end: SimTime,
}

impl Checker<'_> {
    /// Reads the recording of a layer or metric.
    pub(super) fn trace(&mut self, written: &At<Short<Written>>, clock: WallClock) -> Option<Laid> {
        let (file, full) = match &written.value {
            Short::Text(file) => (At { value: file.clone(), span: written.span.clone() }, None),
            Short::Full(full) => (full.file.clone(), Some(full.as_ref())),
        };
        let source = *self.input.recordings.get(&file.value)?;
        let text = self.input.sources.get(source)?.text.as_str();
        let read = if self.is_prometheus(&file, full, text)? {
            parse_prometheus(text, &self.prometheus_options(full)?)
        } else {
            parse_csv(text, &self.csv_options(full)?)
        };
        match read {
            Ok(trace) => {
                for note in trace.notes() {
                    self.assume(format!("recording {}", file.value), note.clone());
                }
                self.lay(Arc::new(trace), &file, full, clock)
            }
            Err(error) => {
                self.report(trace_finding(&error, source, text, &file.span));
                None
            }
        }
    }

    fn is_prometheus(
        &mut self,
        file: &At<String>,
        full: Option<&Written>,
        text: &str,
    ) -> Option<bool> {
        let Some(format) = full.and_then(|full| full.format.as_ref()) else {
            let json = file.value.to_lowercase().ends_with(".json");
            return Some(json || text.trim_start_matches('\u{feff}').trim_start().starts_with('{'));
        };
        let known = [("csv", false), ("prometheus", true)];
        self.choice(format, "format", &known)
    }

    fn csv_options(&mut self, full: Option<&Written>) -> Option<CsvOptions> {
        let Some(full) = full else { return Some(CsvOptions::default()) };
        if let Some(counter) = &full.counter {
            self.report(
                Diagnostic::error("scenario-trace", "`counter` is for Prometheus recordings")
                    .at(counter.span.clone(), "")
                    .help("leave it out; a CSV column of counts has `unit: count`"),
            );
            return None;
        }
        let text = |field: &Option<At<String>>| field.as_ref().map(|text| text.value.clone());
        Some(CsvOptions {
            time: text(&full.time),
            value: text(&full.value),
            unit: self.unit(full).ok()?,
            format: self.stamp_format(full).ok()?,
        })
    }

    fn prometheus_options(&mut self, full: Option<&Written>) -> Option<PrometheusOptions> {
        let Some(full) = full else { return Some(PrometheusOptions::default()) };
        let csv_only =
            [(&full.time, "time"), (&full.value, "value"), (&full.time_format, "timeFormat")];
        if let Some((field, key)) =
            csv_only.iter().find_map(|(field, key)| Some((field.as_ref()?, key)))
        {
            let message = format!("`{key}` is for CSV recordings");
            self.report(
                Diagnostic::error("scenario-trace", message)
                    .at(field.span.clone(), "")
                    .help("leave it out; Prometheus names time and value itself"),
            );
            return None;
        }
        let counter = full.counter.as_ref().map(|counter| counter.value);
        Some(PrometheusOptions { counter, unit: self.unit(full).ok()? })
    }

    /// What a value is; an error when the word for it is unknown.
    fn unit(&mut self, full: &Written) -> Result<Option<Unit>, Reported> {
        let Some(unit) = &full.unit else { return Ok(None) };
        let known = [
            ("/s", Unit::PerSecond),
            ("/min", Unit::PerMinute),
            ("count", Unit::Count),
            ("cores", Unit::PerSecond),
        ];
        self.choice(unit, "unit", &known).map(Some).ok_or(Reported)
    }

    /// How stamps are written; an error when the word for it is unknown.
    fn stamp_format(&mut self, full: &Written) -> Result<Option<StampFormat>, Reported> {
        let Some(format) = &full.time_format else { return Ok(None) };
        let known = [
            ("unix", StampFormat::UnixSeconds),
            ("unixMillis", StampFormat::UnixMillis),
            ("unixMicros", StampFormat::UnixMicros),
            ("unixNanos", StampFormat::UnixNanos),
            ("rfc3339", StampFormat::Rfc3339),
            ("datetime", StampFormat::DateTime),
            ("seconds", StampFormat::Seconds),
            ("millis", StampFormat::Millis),
            ("timeOfDay", StampFormat::TimeOfDay),
        ];
        self.choice(format, "timeFormat", &known).map(Some).ok_or(Reported)
    }

    /// The value of one of a few words; reports any other.
    pub(super) fn choice<T: Copy>(
        &mut self,
        written: &At<String>,
        key: &str,
        known: &[(&str, T)],
    ) -> Option<T> {
        let found = known.iter().find(|(word, _)| *word == written.value).map(|(_, value)| *value);
        if found.is_none() {
            let words: Vec<String> = known.iter().map(|(word, _)| format!("`{word}`")).collect();
            let message = format!("`{key}` cannot be `{}`", super::clip(&written.value));
            self.report(
                Diagnostic::error("scenario-value", message)
                    .at(written.span.clone(), "")
                    .help(format!("write one of {}", words.join(", "))),
            );
        }
        found
    }

    /// Where the recording lies: as written; else on the clock if the clock was written and falls
    /// into it, else at the start.
    fn lay(
        &mut self,
        trace: Arc<Trace>,
        file: &At<String>,
        full: Option<&Written>,
        clock: WallClock,
    ) -> Option<Laid> {
        let hold = full.and_then(|full| full.hold.as_ref()).is_some_and(|hold| hold.value);
        let written = full.and_then(|full| full.start.as_ref());
        let on_clock = match written {
            Some(start) if start.value == "clock" => true,
            Some(_) => false,
            None => {
                self.input.file.spec.clock.is_some()
                    && trace.stamp() == TraceStamp::Unix
                    && covers(&trace, clock)
            }
        };
        let start = match written.filter(|start| start.value != "clock") {
            Some(start) => TraceStart::At(self.trace_start(start)?),
            None if on_clock => TraceStart::Clock,
            None => TraceStart::At(SimTime::ZERO),
        };
        if written.is_none() {
            let place =
                if on_clock { "its stamps lie on the clock" } else { "its first point lies at 0s" };
            self.assume(format!("recording {}", file.value), place);
        }
        let end = end_of(&trace, start, clock);
        if end.0 <= 0 && trace.points() > 1 {
            self.report(
                Diagnostic::warning(
                    "scenario-trace",
                    "the recording ends before the Scenario begins",
                )
                .at(file.span.clone(), "its last value is held all the time")
                .help("set `clock` to an instant of the recording, or `start: 0s`"),
            );
        }
        Some(Laid { trace, start, hold, end })
    }

    fn trace_start(&mut self, start: &At<String>) -> Option<SimTime> {
        let parsed = parse_duration(&start.value);
        if let Err(why) = &parsed {
            self.report(
                Diagnostic::error("scenario-value", format!("`start`: {why}"))
                    .at(start.span.clone(), "")
                    .help("write an instant such as `5m`, or `clock`"),
            );
        }
        parsed.ok().map(|duration| SimTime(duration.0))
    }
}

fn covers(trace: &Trace, clock: WallClock) -> bool {
    let stamps = trace.at_ms();
    let (Some(first), Some(last)) = (stamps.first(), stamps.last()) else { return false };
    (*first..=*last).contains(&clock.unix_ms)
}

fn end_of(trace: &Trace, start: TraceStart, clock: WallClock) -> SimTime {
    let stamps = trace.at_ms();
    let (first, last) = (stamps.first().copied().unwrap_or(0), stamps.last().copied().unwrap_or(0));
    match (start, trace.stamp()) {
        (TraceStart::At(at), _) => SimTime(at.0.saturating_add(last - first)),
        (TraceStart::Clock, TraceStamp::Unix) => SimTime(last.saturating_sub(clock.unix_ms)),
        (TraceStart::Clock, _) => SimTime(last - first),
    }
}

/// The finding for a recording that cannot be read: the line in the recording, or the file's name.
fn trace_finding(error: &TraceError, source: SourceId, text: &str, file: &Span) -> Diagnostic {
    let finding = Diagnostic::error("recording", error.message.clone()).help(error.help.clone());
    match error.line.and_then(|line| line_span(source, text, line)) {
        Some(span) => finding.at(span, "").beside(file.clone(), "asked for here"),
        None => finding.at(file.clone(), "this recording"),
    }
}

fn line_span(source: SourceId, text: &str, line: u64) -> Option<Span> {
    let mut start = 0;
    for (number, content) in text.split_inclusive('\n').enumerate() {
        if number as u64 + 1 == line {
            let end = start + content.trim_end().len();
            return Some(Span { source, bytes: start as u32..end as u32 });
        }
        start += content.len();
    }
    None
}
