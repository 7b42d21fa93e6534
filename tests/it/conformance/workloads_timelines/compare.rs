//! Compares what happened with what was recorded.

use serde_json::{Value, json};

use super::told::Instant;
use crate::conformance::hpa_world::{items, text};
use crate::conformance::tally::Outcome;
use crate::conformance::workloads_state::{difference, merge, recorded_event};

/// How long nothing has happened to a world at rest \[ms\]; pods of the stories take less to start
/// and to end.
const REST_MS: i64 = 60_000;
/// What does not hang on how far a rollout has come.
const SETTLED: [&str; 5] =
    ["revision", "revisionHistory", "desiredReplicas", "maxReplicas", "minReadySeconds"];

/// The event of a creation that the API server refused.
const REFUSED: &str = "FailedCreate";

/// The first instant that differs, and in what.
pub(crate) fn compare(case: &Value, ours: &[Instant]) -> Outcome {
    let group = text(&case["group"]);
    let upstream = recorded(&case["timeline"]);
    if group == "quota" {
        let end_ms = case["end_ms"].as_i64().expect("a case ends");
        compare_settled(&upstream, ours, end_ms)
    } else {
        compare_all(group, &upstream, ours)
    }
}

/// Every instant.
fn compare_all(group: &str, upstream: &[Instant], ours: &[Instant]) -> Outcome {
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

/// Every instant but for refused creations, until a pod that was created by a retry makes a
/// difference; then what has come of it all at the end, without times, as far as it has come to
/// rest by then.
///
/// How often creations are tried again, and so when, hangs on how often the controller looked
/// within an instant. The README of the recording leaves that out.
fn compare_settled(upstream: &[Instant], ours: &[Instant], end_ms: i64) -> Outcome {
    let is_refused = |instant: &Instant| instant.events.iter().any(|event| event[3] == REFUSED);
    let refused_at = upstream.iter().find(|instant| is_refused(instant)).map(|it| it.at_ms);
    let (upstream, ours) = (without_retries(upstream), without_retries(ours));
    let rests =
        |instants: &[Instant]| instants.last().is_none_or(|last| end_ms - last.at_ms >= REST_MS);
    let fields = if rests(&upstream) && rests(&ours) { None } else { Some(&SETTLED[..]) };
    let end = |instants: &[Instant]| instants.last().map(|last| without_times(&last.state, fields));
    let (end, our_end) = (end(&upstream), end(&ours));
    let same = upstream.iter().zip(&ours).take_while(|(one, other)| one == other).count();
    let (rest, our_rest) = (&upstream[same..], &ours[same..]);
    let next = rest.iter().chain(our_rest).map(|instant| instant.at_ms).min();
    if next.is_none() || refused_at.is_none() || next < refused_at {
        return compare_all("quota", rest, our_rest);
    }
    Outcome::of_json("quota: settled", &json!(end), &json!(our_end))
}

/// A state without the times of its conditions, or no conditions and those fields only.
fn without_times(state: &Value, fields: Option<&[&str]>) -> Value {
    let mut state = state.clone();
    if let Value::Object(members) = &mut state {
        let is_asked = |key: &str| fields.is_none_or(|fields| fields.contains(&key));
        members.retain(|key, member| {
            let is_part = member.is_object() && (fields.is_none() || key != "conditions");
            is_part || (is_asked(key) && !key.ends_with("_s"))
        });
        members.values_mut().for_each(|member| *member = without_times(member, fields));
    }
    state
}

/// Without refused creations, and without the instants in which nothing else happened: how often
/// they are tried again hangs on how often the controller looked within an instant.
fn without_retries(instants: &[Instant]) -> Vec<Instant> {
    let mut instants = instants.to_vec();
    let mut before = json!({});
    for instant in &mut instants {
        instant.events.retain(|event| event[3] != REFUSED);
    }
    instants.retain(|instant| {
        let trace = Instant { at_ms: instant.at_ms, state: before.clone(), ..Instant::default() };
        before.clone_from(&instant.state);
        *instant != trace
    });
    instants
}
