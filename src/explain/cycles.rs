//! Turns of a life that come again and again in the same order are told once.

use super::Step;

/// Most turns that make up a cycle.
const CYCLE_MAX: usize = 6;
/// How often a cycle comes before it is told once.
const TIMES_MIN: usize = 3;

/// Tells each cycle once, with a line that says how often it came.
pub(super) fn merge(steps: &[Step]) -> Vec<Step> {
    let mut merged: Vec<Step> = Vec::with_capacity(steps.len());
    let mut rest = steps;
    while let Some(first) = rest.first() {
        let found = (2..=CYCLE_MAX).map(|length| (length, times(rest, length)));
        let Some((length, times)) = found.into_iter().find(|(_, times)| *times >= TIMES_MIN) else {
            merged.push(first.clone());
            rest = &rest[1..];
            continue;
        };
        merged.extend_from_slice(&rest[..length]);
        let (cycles, later) = rest.split_at(length * times);
        let mut again = Step::new(
            "again",
            format!("these {length} turns came {times} times, the last time now"),
        );
        again.at_seconds = cycles.last().and_then(|last| last.at_seconds);
        merged.push(again);
        rest = later;
    }
    merged
}

/// How often the first turns come one after the other.
fn times(steps: &[Step], length: usize) -> usize {
    let mut cycles = steps.chunks_exact(length);
    let Some(first) = cycles.next() else { return 0 };
    1 + cycles
        .take_while(|cycle| cycle.iter().zip(first).all(|(it, first)| is_same(it, first)))
        .count()
}

/// Whether a turn says what an earlier one said, and nothing more.
fn is_same(step: &Step, earlier: &Step) -> bool {
    let adds = !step.details.is_empty() && step.details != earlier.details;
    step.name == earlier.name && step.text == earlier.text && !adds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cycles_are_told_once_and_the_rest_stays() {
        let steps = "x a b c a b c a b c a y y".split(' ').map(|name| Step::new(name, ""));
        let merged = merge(&steps.collect::<Vec<_>>());
        let names: Vec<&str> = merged.iter().map(|step| step.name.as_str()).collect();
        assert_eq!(names.join(" "), "x a b c again a y y");
        assert_eq!(merged[4].text, "these 3 turns came 3 times, the last time now");
    }
}
