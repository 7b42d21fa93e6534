//! Compares two stories line by line.

use serde_json::{Value, json};

use super::story::{Story, Told};
use crate::conformance::recording::Case;
use crate::conformance::tally::{Outcome, Tally};

/// How much earlier or later the same may happen [ms].
#[derive(Clone, Copy)]
pub(super) struct Latency(pub(super) i64);

/// Compares all that is told of everybody, and how everybody ends.
pub(super) fn compare(name: &str, live: &Story, ours: &Story, late: Latency, tally: &mut Tally) {
    let case = |whose: &str| Case { line: 0, value: json!({ "id": format!("{name}: {whose}") }) };
    let mut names: Vec<&String> = live.lines.keys().chain(ours.lines.keys()).collect();
    names.sort_unstable();
    names.dedup();
    for whose in names {
        let none = Vec::new();
        let of = |story: &'_ Story| story.lines.get(whose).unwrap_or(&none).clone();
        for outcome in lines(whose, &of(live), &of(ours), late) {
            tally.count(&case(whose), outcome);
        }
    }
    let mut names: Vec<&String> = live.ends.keys().chain(ours.ends.keys()).collect();
    names.sort_unstable();
    names.dedup();
    for whose in names {
        let of = |story: &Story| story.ends.get(whose).cloned().unwrap_or(Value::Null);
        let outcome = Outcome::of_json(&format!("end of {whose}"), &of(live), &of(ours));
        tally.count(&case(&format!("end of {whose}")), outcome);
    }
}

/// Two lines side by side: as many as possible agree, in order; what is left between them differs.
fn lines(whose: &str, live: &[Told], ours: &[Told], late: Latency) -> Vec<Outcome> {
    let same = |one: &Told, other: &Told| {
        one.what == other.what && (one.at_ms - other.at_ms).abs() <= late.0
    };
    let mut longest = vec![vec![0_u32; ours.len() + 1]; live.len() + 1];
    for (i, one) in live.iter().enumerate().rev() {
        for (j, other) in ours.iter().enumerate().rev() {
            longest[i][j] = if same(one, other) {
                longest[i + 1][j + 1] + 1
            } else {
                longest[i + 1][j].max(longest[i][j + 1])
            };
        }
    }
    let (mut i, mut j, mut outcomes) = (0, 0, Vec::new());
    let (mut gone, mut new) = (Vec::new(), Vec::new());
    while i < live.len() || j < ours.len() {
        let both = i < live.len() && j < ours.len();
        if both && same(&live[i], &ours[j]) && longest[i][j] == longest[i + 1][j + 1] + 1 {
            differ(whose, &mut gone, &mut new, &mut outcomes);
            outcomes.push(Outcome::Agrees);
            (i, j) = (i + 1, j + 1);
        } else if j >= ours.len() || (both && longest[i + 1][j] >= longest[i][j + 1]) {
            gone.push(&live[i]);
            i += 1;
        } else {
            new.push(&ours[j]);
            j += 1;
        }
    }
    differ(whose, &mut gone, &mut new, &mut outcomes);
    outcomes
}

/// What was told between two agreements: as many differences as the longer side has.
fn differ(
    whose: &str,
    gone: &mut Vec<&Told>,
    new: &mut Vec<&Told>,
    outcomes: &mut Vec<Outcome>,
) {
    for place in 0..gone.len().max(new.len()) {
        let told = |side: &[&Told]| {
            side.get(place).map_or("nothing".to_owned(), |it| format!("{} at {} ms", it.what, it.at_ms))
        };
        outcomes.push(Outcome::Differs {
            kind: whose.to_owned(),
            upstream: told(gone),
            ours: told(new),
        });
    }
    gone.clear();
    new.clear();
}
