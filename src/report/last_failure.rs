//! When the last request failed: how long it took until what somebody did had helped.

use super::EventRow;
use super::numbers::LastFailure;
use super::track::{Track, spans_above};
use super::traffic::ServiceHistory;

/// Rates below this are rounding \[requests/s\].
const LEAST_RATE: f64 = 1e-6;

/// The last failure over all Services, if any request failed; and the last event before it.
pub(super) fn last_failure(
    services: &[ServiceHistory],
    events: &[EventRow],
    end_ms: f64,
) -> Option<LastFailure> {
    let least = Track::constant(LEAST_RATE);
    let last_of = |service: &ServiceHistory| {
        let spans = spans_above(&service.series.failed, &least, 0.0, end_ms);
        spans.last().map(|span| span.1).filter(|_| service.requests.failed >= 0.5)
    };
    let at_ms = services.iter().filter_map(last_of).reduce(f64::max)?;
    let at_seconds = at_ms / 1000.0;
    let event = events.iter().rfind(|event| event.at_seconds < at_seconds);
    Some(LastFailure {
        at_seconds,
        event: event.map(|event| event.text.clone()),
        after_seconds: event.map(|event| at_seconds - event.at_seconds),
    })
}
