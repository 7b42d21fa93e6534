//! Compares what happened with what was recorded.

use serde_json::{Value, json};

use super::told::Instant;
use crate::conformance::hpa_world::{items, text};
use crate::conformance::tally::Outcome;
use crate::conformance::workloads_state::{difference, merge, recorded_event};

/// The first instant that differs, and in what.
pub(crate) fn compare(case: &Value, ours: &[Instant]) -> Outcome {
    let group = text(&case["group"]);
    let (upstream, ours) = (recorded(&case["timeline"]), ours.to_vec());
    let lenient = group == "quota";
    let upstream = if lenient { without_retries(upstream) } else { upstream };
    let ours = if lenient { without_retries(ours) } else { ours };
    let pairs =
        (0..upstream.len().max(ours.len())).map(|place| (upstream.get(place), ours.get(place)));
    for (upstream, ours) in pairs {
        let outcome = match (upstream, ours) {
            (Some(upstream), Some(ours)) if upstream.at_ms == ours.at_ms => {
                compare_instant(group, upstream, ours)
            }
            _ => differs(group, "time", &brief(upstream), &brief(ours)),
        };
        if !matches!(outcome, Outcome::Agrees) {
            return outcome;
        }
    }
    Outcome::Agrees
}

fn compare_instant(group: &str, upstream: &Instant, ours: &Instant) -> Outcome {
    let at = upstream.at_ms;
    let of = |what: &str, same: bool, upstream: &dyn Fn() -> String, ours: &dyn Fn() -> String| {
        if same {
            return Outcome::Agrees;
        }
        let at = |text: String| format!("at {at} ms: {text}");
        differs(group, what, &at(upstream()), &at(ours()))
    };
    macro_rules! field {
        ($name:ident) => {
            of(
                stringify!($name),
                upstream.$name == ours.$name,
                &|| format!("{:?}", upstream.$name),
                &|| format!("{:?}", ours.$name),
            )
        };
    }
    field!(writes)
        .and(|| field!(created))
        .and(|| field!(deleted))
        .and(|| field!(gone))
        .and(|| field!(events))
        .and(|| {
            let (theirs, our) = difference(&upstream.state, &ours.state);
            of("state", upstream.state == ours.state, &|| theirs.to_string(), &|| our.to_string())
        })
}

fn differs(group: &str, what: &str, upstream: &str, ours: &str) -> Outcome {
    let kind = format!("{group}: {what}");
    Outcome::Differs { kind, upstream: upstream.to_owned(), ours: ours.to_owned() }
}

/// An instant without its state.
fn brief(instant: Option<&Instant>) -> String {
    match instant {
        Some(instant) => format!("{:?}", Instant { state: Value::Null, ..instant.clone() }),
        None => "the end".to_owned(),
    }
}

fn recorded(timeline: &Value) -> Vec<Instant> {
    let mut state = json!({});
    let mut instants = Vec::new();
    for entry in items(timeline) {
        if let Some(patch) = entry.get("state") {
            merge(&mut state, patch);
        }
        instants.push(instant(entry, &state));
    }
    instants
}

fn instant(entry: &Value, state: &Value) -> Instant {
    let int = |value: &Value| value.as_i64().map(|number| number as i32);
    let number = |value: &Value| value.as_u64().expect("objects are numbered") as u32;
    let write = |write: &Value| {
        (number(&write["rs"]), int(&write["from"]), int(&write["to"]).expect("a size"))
    };
    let created = |of: &Value| (number(&of["rs"]), items(&of["pods"]).map(number).collect());
    Instant {
        at_ms: entry["at_ms"].as_i64().expect("an entry has an instant"),
        writes: items(&entry["writes"]).map(write).collect(),
        created: items(&entry["created"]).map(created).collect(),
        deleted: items(&entry["deleted"]).map(number).collect(),
        gone: items(&entry["gone"]).map(number).collect(),
        state: state.clone(),
        events: items(&entry["events"]).map(recorded_event).collect(),
    }
}

/// Without refused creations, and without the instants in which nothing else happened: how often
/// they are tried again hangs on how often the controller looked within an instant.
fn without_retries(mut instants: Vec<Instant>) -> Vec<Instant> {
    let mut before = json!({});
    for instant in &mut instants {
        instant.events.retain(|event| event[3] != "FailedCreate");
    }
    instants.retain(|instant| {
        let trace = Instant { at_ms: instant.at_ms, state: before.clone(), ..Instant::default() };
        before.clone_from(&instant.state);
        *instant != trace
    });
    instants
}
