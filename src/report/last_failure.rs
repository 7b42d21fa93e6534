//! When the last request failed: how long it took until what somebody did had helped.

use super::EventRow;
use super::numbers::LastFailure;
use super::track::{Track, spans_above};
use super::traffic::ServiceHistory;

/// Rates below this are rounding \[requests/s\].
const LEAST_RATE: f64 = 1e-6;
/// Failures with less than this between them belong together \[ms\].
const STRETCH_GAP_MS: f64 = 300_000.0;
/// Failures that begin later than this after an event are not ascribed to it \[ms\].
const EFFECT_MS: f64 = 120_000.0;
/// Share by which the load may rise between an event and failures that are ascribed to it.
const LOAD_SLACK: f64 = 0.05;

/// Begins and ends \[ms\], in order of time.
type Spans = Vec<(f64, f64)>;

/// The last failure over all Services, if any request failed; and the last event before it that
/// concerns the Service (told by their places) and that the failures are close to in time.
pub(super) fn last_failure(
    services: &[ServiceHistory],
    events: &[EventRow],
    concerns: impl Fn(usize, usize) -> bool,
    end_ms: f64,
) -> Option<LastFailure> {
    let least = Track::constant(LEAST_RATE);
    let mut last: Option<(f64, f64, usize, Spans)> = None;
    for (place, service) in services.iter().enumerate() {
        if service.requests.failed < 0.5 {
            continue;
        }
        let spans = spans_above(&service.series.failed, &least, 0.0, end_ms);
        let Some((from, to)) = last_stretch(&spans) else { continue };
        if last.as_ref().is_none_or(|(_, latest, ..)| to > *latest) {
            last = Some((from, to, place, spans));
        }
    }
    let (from_ms, at_ms, service, spans) = last?;
    let at_seconds = at_ms / 1000.0;
    let mut before = events.iter().enumerate();
    let event = before.rfind(|(number, event)| {
        let at_ms = event.at_seconds * 1000.0;
        let close = at_ms >= from_ms - EFFECT_MS && event.at_seconds < at_seconds;
        close
            && bears_on(at_ms, &services[service], &spans)
            && event.refused.is_none()
            && concerns(*number, service)
    });
    Some(LastFailure {
        at_seconds,
        event: event.map(|(_, event)| event.text.clone()),
        after_seconds: event.map(|(_, event)| at_seconds - event.at_seconds),
    })
}

/// Whether requests failed at an instant, or began to soon after it though the load had not risen.
fn bears_on(at_ms: f64, service: &ServiceHistory, spans: &[(f64, f64)]) -> bool {
    let Some(next) = spans.iter().find(|span| span.1 > at_ms) else { return false };
    let load = &service.series.requests;
    let rose = || load.max(at_ms, next.0) > load.at(at_ms) * (1.0 + LOAD_SLACK);
    next.0 <= at_ms || (next.0 - at_ms <= EFFECT_MS && !rose())
}

/// The last spans of several that belong together.
fn last_stretch(spans: &[(f64, f64)]) -> Option<(f64, f64)> {
    let (mut from, to) = *spans.last()?;
    for span in spans.iter().rev() {
        if from - span.1 > STRETCH_GAP_MS {
            break;
        }
        from = span.0;
    }
    Some((from, to))
}
