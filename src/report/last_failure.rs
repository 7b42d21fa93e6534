//! When the last request failed: how long it took until what somebody did had helped.

use super::EventRow;
use super::numbers::LastFailure;
use super::track::{Track, spans_above};
use super::traffic::ServiceHistory;

/// Rates below this are rounding \[requests/s\].
const LEAST_RATE: f64 = 1e-6;
/// Failures with less than this between them, or after an event, belong together \[ms\].
const STRETCH_GAP_MS: f64 = 300_000.0;

/// The last failure over all Services, if any request failed; and the last event before it that
/// concerns the Service (told by their places) and that the failures are close to in time.
pub(super) fn last_failure(
    services: &[ServiceHistory],
    events: &[EventRow],
    concerns: impl Fn(usize, usize) -> bool,
    end_ms: f64,
) -> Option<LastFailure> {
    let least = Track::constant(LEAST_RATE);
    let mut last: Option<(f64, f64, usize)> = None;
    for (place, service) in services.iter().enumerate() {
        if service.requests.failed < 0.5 {
            continue;
        }
        let spans = spans_above(&service.series.failed, &least, 0.0, end_ms);
        let Some((from, to)) = last_stretch(&spans) else { continue };
        if last.is_none_or(|(_, latest, _)| to > latest) {
            last = Some((from, to, place));
        }
    }
    let (from_ms, at_ms, service) = last?;
    let at_seconds = at_ms / 1000.0;
    let mut before = events.iter().enumerate();
    let event = before.rfind(|(number, event)| {
        let at_ms = event.at_seconds * 1000.0;
        let close = at_ms >= from_ms - STRETCH_GAP_MS && event.at_seconds < at_seconds;
        close && event.refused.is_none() && concerns(*number, service)
    });
    Some(LastFailure {
        at_seconds,
        event: event.map(|(_, event)| event.text.clone()),
        after_seconds: event.map(|(_, event)| at_seconds - event.at_seconds),
    })
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
