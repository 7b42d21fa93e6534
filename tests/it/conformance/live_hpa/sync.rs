//! The syncs of an HPA, as a recording of a live control plane shows them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::conformance::hpa_world::{items, text};
use crate::conformance::live::{Live, ms};

/// Kind of an HPA.
pub(super) const HPA: &str = "HorizontalPodAutoscaler";
/// Reads and writes of one sync are closer to each other than this [ms]; those of the next one are
/// a sync period away.
const SYNC_MS_MAX: i64 = 2000;

/// What the event recorder of client-go puts before a message when ten different ones of a reason
/// came without a pause of ten minutes. It may do so or not: each time it forgets one of them at
/// random.
const COMBINED: &str = "(combined from similar events): ";
/// The pause after which it begins to count again [ms].
const COMBINED_PAUSE_MS: i64 = 600_000;
/// How many different messages it takes.
const COMBINED_MESSAGES: usize = 10;

/// One sync.
pub(super) struct Sync<'a> {
    /// When it began [ms since the case began].
    pub(super) at_ms: i64,
    /// What it read, in order.
    pub(super) reads: Vec<&'a Value>,
    /// Whether it wrote a status.
    pub(super) is_written: bool,
    /// The status after it.
    pub(super) status: &'a Value,
    /// Events that it wrote: type, reason, message.
    pub(super) events: Vec<Value>,
}

impl<'a> Sync<'a> {
    /// All syncs of a recording that left a trace.
    pub(super) fn all(live: &'a Live) -> Vec<Sync<'a>> {
        let statuses: Vec<&Value> =
            live.objects(HPA).filter(|object| object["status"].is_object()).collect();
        let mut syncs = reading(live);
        for &status in statuses.iter().filter(|object| object["type"] == "MODIFIED") {
            let near = ms(status) - SYNC_MS_MAX..=ms(status);
            if !syncs.iter().any(|sync| near.contains(&sync.at_ms)) {
                syncs.push(Sync::new(before_writes(live, status)));
            }
        }
        syncs.sort_by_key(|sync| sync.at_ms);
        for place in 0..syncs.len() {
            let next = syncs.get(place + 1).map_or(i64::MAX, |sync| sync.at_ms);
            syncs[place].find_writes(live, &statuses, next);
        }
        syncs
    }

    fn new(at_ms: i64) -> Sync<'a> {
        let (reads, events) = (Vec::new(), Vec::new());
        Sync { at_ms, reads, is_written: false, status: &Value::Null, events }
    }

    /// Finds what was written from the start of a sync to that of the next one.
    fn find_writes(&mut self, live: &'a Live, statuses: &[&'a Value], next: i64) {
        let is_own = |entry: &Value| (self.at_ms..next).contains(&ms(entry));
        let last = statuses.iter().rev().find(|status| ms(status) < next);
        self.is_written = last.is_some_and(|status| is_own(status));
        self.status = last.map_or(&Value::Null, |status| &status["status"]);
        let events = items(&live.document["events"]);
        self.events = events
            .filter(|event| event["kind"] == HPA && is_own(event))
            .map(|event| json!([event["type"], event["reason"], message(live, event)]))
            .collect();
    }
}

/// The message of an event as the HPA controller gave it to the event recorder.
fn message<'a>(live: &'a Live, event: &'a Value) -> &'a str {
    let told = text(&event["message"]);
    match told.strip_prefix(COMBINED) {
        Some(own) if may_be_combined(live, event) => own,
        _ => told,
    }
}

fn may_be_combined(live: &Live, event: &Value) -> bool {
    let (mut messages, mut last_ms) = (BTreeSet::new(), i64::MIN);
    let alike = items(&live.document["events"]).filter(|other| {
        ["kind", "name", "type", "reason"].iter().all(|&field| other[field] == event[field])
            && ms(other) <= ms(event)
    });
    for other in alike {
        if ms(other).saturating_sub(last_ms) > COMBINED_PAUSE_MS {
            messages.clear();
        }
        last_ms = ms(other);
        let told = text(&other["message"]);
        messages.insert(told.strip_prefix(COMBINED).unwrap_or(told));
    }
    messages.len() >= COMBINED_MESSAGES
}

/// Syncs that read metrics.
fn reading(live: &Live) -> Vec<Sync<'_>> {
    let mut syncs: Vec<Sync<'_>> = Vec::new();
    for read in items(&live.document["metricsReads"]) {
        let last = syncs.last_mut().filter(|sync| ms(read) - sync.at_ms < SYNC_MS_MAX);
        match last {
            Some(sync) => sync.reads.push(read),
            None => syncs.push(Sync { reads: vec![read], ..Sync::new(ms(read)) }),
        }
    }
    syncs
}

/// When a sync began that is only known by the status that it wrote, the last of its writes: before
/// it wrote the scale.
fn before_writes(live: &Live, status: &Value) -> i64 {
    let desired = &status["status"]["desiredReplicas"];
    let near = ms(status) - SYNC_MS_MAX..=ms(status);
    let scale = live.objects("Deployment").find(|deployment| {
        near.contains(&ms(deployment)) && deployment["spec"]["replicas"] == *desired
    });
    scale.map_or(ms(status), ms) - 1
}
