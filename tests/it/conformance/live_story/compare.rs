//! Compares two stories line by line.

use serde_json::{Value, json};

use super::story::{Story, Told};
use crate::conformance::recording::Case;
use crate::conformance::tally::{Outcome, Tally};

/// The longest latency of `latency.txt` that is no sync of an HPA: so much earlier or later may the
/// same happen, because the syncs are at the recorded instants [ms].
pub(super) const LATE_MS: i64 = 1808;
/// What the README of the recordings lets a simulator do otherwise.
const STEPS: &str = "intermediate steps of rollouts";

/// How two stories compare.
#[derive(Debug, Default)]
pub(super) struct Comparison {
    /// The count.
    pub(super) tally: Tally,
    /// How far apart what agrees is [ms].
    apart: Vec<i64>,
}

/// Compares all that is told of everybody within so many milliseconds, and how everybody ends.
pub(super) fn compare(name: &str, live: &Story, ours: &Story, late_ms: i64) -> Comparison {
    let mut comparison = Comparison::default();
    let case = |whose: &str| Case { line: 0, value: json!({ "id": format!("{name}: {whose}") }) };
    for whose in names(live.lines.keys(), ours.lines.keys()) {
        let none = Vec::new();
        let pair = Pair {
            whose,
            live: live.lines.get(whose).unwrap_or(&none),
            ours: ours.lines.get(whose).unwrap_or(&none),
            story: live,
            late_ms,
        };
        for outcome in pair.outcomes(&mut comparison.apart) {
            comparison.tally.count(&case(whose), outcome);
        }
    }
    for deployment in live.deployments() {
        let whose = format!("most pods asked for at once, {deployment}");
        let of = |story: &Story| story.most(deployment);
        comparison.tally.count(&case(&whose), Outcome::of(&whose, &of(live), &of(ours)));
    }
    for whose in names(live.ends.keys(), ours.ends.keys()) {
        let of = |story: &Story| story.ends.get(whose).cloned().unwrap_or(Value::Null);
        let outcome = Outcome::of_json(&format!("end of {whose}"), &of(live), &of(ours));
        comparison.tally.count(&case(&format!("end of {whose}")), outcome);
    }
    comparison
}

fn names<'a>(
    one: impl Iterator<Item = &'a String>,
    other: impl Iterator<Item = &'a String>,
) -> Vec<&'a String> {
    let mut names: Vec<&String> = one.chain(other).collect();
    names.sort_unstable();
    names.dedup();
    names
}

impl Comparison {
    /// How far apart what agrees is, in words.
    pub(super) fn apart(&mut self) -> String {
        self.apart.sort_unstable();
        let middle = self.apart.get(self.apart.len() / 2).copied().unwrap_or(0);
        let most = self.apart.last().copied().unwrap_or(0);
        format!("{middle} ms, at most {most} ms")
    }
}

/// Two lines of the same.
struct Pair<'a> {
    whose: &'a str,
    live: &'a [Told],
    ours: &'a [Told],
    /// All that the live side tells.
    story: &'a Story,
    late_ms: i64,
}

impl Pair<'_> {
    /// As many as possible agree, in order; what is left between them differs.
    fn outcomes(&self, apart: &mut Vec<i64>) -> Vec<Outcome> {
        let longest = self.longest();
        let (mut i, mut j, mut outcomes) = (0, 0, Vec::new());
        let mut gap = (0, 0);
        while i < self.live.len() && j < self.ours.len() {
            if self.same(i, j) && longest[i][j] == longest[i + 1][j + 1] + 1 {
                outcomes.extend(self.between(gap, (i, j)));
                outcomes.push(Outcome::Agrees);
                apart.push((self.live[i].at_ms - self.ours[j].at_ms).abs());
                (i, j) = (i + 1, j + 1);
                gap = (i, j);
            } else if longest[i + 1][j] >= longest[i][j + 1] {
                i += 1;
            } else {
                j += 1;
            }
        }
        outcomes.extend(self.between(gap, (self.live.len(), self.ours.len())));
        outcomes
    }

    fn same(&self, i: usize, j: usize) -> bool {
        let (live, ours) = (&self.live[i], &self.ours[j]);
        live.what == ours.what && (live.at_ms - ours.at_ms).abs() <= self.late_ms
    }

    /// How many can agree from a place on, by places in both lines.
    fn longest(&self) -> Vec<Vec<u32>> {
        let mut longest = vec![vec![0_u32; self.ours.len() + 1]; self.live.len() + 1];
        for i in (0..self.live.len()).rev() {
            for j in (0..self.ours.len()).rev() {
                longest[i][j] = if self.same(i, j) {
                    longest[i + 1][j + 1] + 1
                } else {
                    longest[i + 1][j].max(longest[i][j + 1])
                };
            }
        }
        longest
    }

    /// What was told between two agreements: as many differences as the longer side has.
    fn between(&self, from: (usize, usize), to: (usize, usize)) -> Vec<Outcome> {
        let (gone, new) = (&self.live[from.0..to.0], &self.ours[from.1..to.1]);
        let steps = self.are_steps(from.0, to.0, gone.iter().chain(new));
        let told = |side: &[Told], place: usize| match side.get(place) {
            Some(told) => format!("{} at {} ms", told.what, told.at_ms),
            None => "nothing".to_owned(),
        };
        let places = 0..gone.len().max(new.len());
        let outcome = |place| {
            if steps {
                return Outcome::Skipped(STEPS);
            }
            let (upstream, ours) = (told(gone, place), told(new, place));
            Outcome::Differs { kind: self.whose.to_owned(), upstream, ours }
        };
        places.map(outcome).collect()
    }

    /// Whether these are sizes of a `ReplicaSet` on its way from one size that both sides know to the
    /// next, while another one of the same Deployment changes its size too.
    fn are_steps<'a>(
        &self,
        from: usize,
        to: usize,
        mut sizes: impl Iterator<Item = &'a Told>,
    ) -> bool {
        let Some((deployment, _)) = self.whose.rsplit_once(' ') else { return false };
        let ends = (from.checked_sub(1).and_then(|last| self.live.get(last)), self.live.get(to));
        let (Some(last), Some(next)) = ends else { return false };
        let number = |told: &Told| told.what.parse::<i64>().ok();
        let (Some(one), Some(other)) = (number(last), number(next)) else { return false };
        let is_between = |size: i64| one.min(other) < size && size < one.max(other);
        let meanwhile = |told: &Told| last.at_ms <= told.at_ms && told.at_ms <= next.at_ms;
        let mut others = self.story.lines.iter().filter(|(name, _)| {
            *name != self.whose
                && name.rsplit_once(' ').is_some_and(|(owner, _)| owner == deployment)
        });
        deployment.starts_with("ReplicaSet ")
            && others.any(|(_, line)| line.iter().any(meanwhile))
            && sizes.all(|size| number(size).is_some_and(is_between))
    }
}
