//! Counts agreement with a recording and shows what differs.

use std::collections::BTreeMap;
use std::fmt::{Debug, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::Value;

use super::fidelity;
use super::recording::{self, Case};

/// How many differences are shown in full.
const SHOWN: usize = 10;
/// Longest case that is shown with its difference [bytes].
const CASE_SHOWN_BYTES_MAX: usize = 1000;

/// What came of replaying one case.
pub(crate) enum Outcome {
    /// The same answer.
    Agrees,
    /// Not comparable, for a reason that the recording's README states.
    Skipped(&'static str),
    /// Another answer.
    Differs {
        /// The kind of case, under which differences are counted.
        kind: String,
        /// Upstream's answer.
        upstream: String,
        /// Our answer.
        ours: String,
    },
}

impl Outcome {
    /// Compares two answers; `kind` is what a difference is counted under.
    pub(crate) fn of<T: PartialEq + Debug>(kind: &str, upstream: &T, ours: &T) -> Outcome {
        if upstream == ours {
            return Outcome::Agrees;
        }
        let (upstream, ours) = (format!("{upstream:?}"), format!("{ours:?}"));
        Outcome::Differs { kind: kind.to_owned(), upstream, ours }
    }

    /// Compares two JSON answers; numbers that are equal but spelled differently differ.
    pub(crate) fn of_json(kind: &str, upstream: &Value, ours: &Value) -> Outcome {
        if upstream == ours {
            return Outcome::Agrees;
        }
        let (upstream, ours) = (upstream.to_string(), ours.to_string());
        Outcome::Differs { kind: kind.to_owned(), upstream, ours }
    }

    /// The first of several comparisons of one case that does not agree.
    pub(crate) fn and(self, next: impl FnOnce() -> Outcome) -> Outcome {
        match self {
            Outcome::Agrees => next(),
            Outcome::Skipped(_) | Outcome::Differs { .. } => self,
        }
    }
}

/// Replays every case of a recording, prints `conformance NAME: 700 of 700 agree`, and panics
/// after showing the first differences if there are any. A panic of a case is a difference.
pub(crate) fn replay(name: &str, mut play: impl FnMut(&Value) -> Outcome) {
    let Some(cases) = recording::cases(name) else {
        print(&format!("conformance {name}: not in {}\n", recording::folder().display()));
        return;
    };
    let mut tally = Tally::default();
    for case in cases {
        tally.count(&case, guarded(|| play(&case.value)));
    }
    tally.finish(name);
}

/// What a comparison comes to; a panic is a difference.
pub(crate) fn guarded(play: impl FnOnce() -> Outcome) -> Outcome {
    catch_unwind(AssertUnwindSafe(play)).unwrap_or_else(|_| panicked())
}

fn panicked() -> Outcome {
    Outcome::Differs {
        kind: "panic".to_owned(),
        upstream: "an answer".to_owned(),
        ours: "a panic, see its message above".to_owned(),
    }
}

/// The count over a recording.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// What is counted, where that is not the case of a file; ends with a space.
    unit: &'static str,
    agree: u64,
    /// Cases that are not comparable, by the reason.
    skipped: BTreeMap<&'static str, u64>,
    /// Cases that differ, by kind.
    differ: BTreeMap<String, u64>,
    /// The first differences, in full.
    shown: Vec<String>,
    /// What is told beside the count.
    notes: Vec<String>,
}

impl Tally {
    /// A count of something within cases, like `syncs `.
    pub(crate) fn of(unit: &'static str) -> Tally {
        Tally { unit, ..Tally::default() }
    }

    /// Prints the count; panics if something differs, or if there was nothing to compare.
    pub(crate) fn finish(self, name: &str) {
        self.tell(name);
        assert!(self.differ() == 0, "conformance {name}: {} differ", self.differ());
    }

    /// Prints the count; panics if there was nothing to compare, or if the account of it says
    /// otherwise.
    pub(crate) fn tell(&self, name: &str) {
        assert!(self.agree + self.differ() > 0, "conformance {name}: no case to compare");
        print(&self.to_text(name));
        let skipped =
            self.skipped.iter().map(|(reason, count)| format!("{count} {reason} skipped"));
        let notes: Vec<String> = skipped.chain(self.notes.clone()).collect();
        fidelity::tell(name, self.agree, self.agree + self.differ(), &notes);
    }

    /// Takes in what is to be told beside the count.
    pub(crate) fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    /// Counts what came of a case.
    pub(crate) fn count(&mut self, case: &Case, outcome: Outcome) {
        match outcome {
            Outcome::Agrees => self.agree += 1,
            Outcome::Skipped(reason) => *self.skipped.entry(reason).or_default() += 1,
            Outcome::Differs { kind, upstream, ours } => {
                if self.shown.len() < SHOWN {
                    self.shown.push(show(case, &kind, &upstream, &ours));
                }
                *self.differ.entry(kind).or_default() += 1;
            }
        }
    }

    /// How many agree.
    pub(crate) fn agree(&self) -> u64 {
        self.agree
    }

    /// How many differ.
    pub(crate) fn differ(&self) -> u64 {
        self.differ.values().sum()
    }

    fn to_text(&self, name: &str) -> String {
        let all = self.agree + self.differ();
        let mut text = format!("conformance {name}: {} of {all} {}agree", self.agree, self.unit);
        for (reason, count) in &self.skipped {
            let _ = write!(text, ", {count} {reason} skipped");
        }
        for note in &self.notes {
            let _ = write!(text, ", {note}");
        }
        text.push('\n');
        for (kind, count) in &self.differ {
            let _ = writeln!(text, "  {count} differ: {kind}");
        }
        self.shown.iter().for_each(|difference| text.push_str(difference));
        text
    }
}

fn show(case: &Case, kind: &str, upstream: &str, ours: &str) -> String {
    let (name, line) = (case.name(), case.line);
    let mut text = format!("  {name} (line {line}), {kind}\n");
    let input = case.value.to_string();
    if input.len() <= CASE_SHOWN_BYTES_MAX {
        let _ = writeln!(text, "    case:     {input}");
    }
    let _ = writeln!(text, "    upstream: {upstream}\n    ours:     {ours}");
    text
}

#[expect(clippy::print_stdout, reason = "the line per recording is what the test is read for")]
fn print(text: &str) {
    print!("{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tally_counts_by_kind_and_shows_the_first_differences() {
        let mut tally = Tally::default();
        for line in 1..=14 {
            let value = serde_json::json!({"id": format!("case-{line}")});
            let outcome = match line {
                1 => Outcome::Skipped("platform-dependent"),
                2 => Outcome::of("sums", &1, &1).and(|| Outcome::of("sums", &2, &2)),
                _ => Outcome::of("sums", &1, &1).and(|| Outcome::of("signs", &"+", &"-")),
            };
            tally.count(&Case { line, value }, outcome);
        }
        let text = tally.to_text("some/file");
        let start = "conformance some/file: 1 of 13 agree, 1 platform-dependent skipped\n  \
                     12 differ: signs\n  case-3 (line 3), signs\n    case:     {\"id\":\"case-3\"}\n    \
                     upstream: \"+\"\n    ours:     \"-\"\n";
        assert!(text.starts_with(start), "{text}");
        assert_eq!(text.matches("upstream:").count(), SHOWN);
    }
}
