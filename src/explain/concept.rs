//! Short lessons: an idea in a few sentences, and what it means for the user's own objects.

mod lessons_hpa;
mod lessons_pods;
mod own;
mod own_hpa;
mod own_pods;

use serde::Serialize;

use super::{Explanation, Kind, Step, Unknown};
use crate::recording::Recording;
use crate::scenario::Scenario;
use own::Own;

/// A lesson that there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Concept {
    /// Its name: `stabilization`.
    pub name: &'static str,
    /// What it says, in one line.
    pub title: &'static str,
}

/// A lesson.
struct Lesson {
    name: &'static str,
    title: &'static str,
    /// Sentences with a word that stands before them.
    text: &'static [(&'static str, &'static str)],
    /// What it means for the user's own objects.
    own: fn(&Own<'_>) -> Vec<Step>,
    /// Lessons that follow.
    see: &'static [&'static str],
}

fn lessons() -> impl Iterator<Item = &'static Lesson> {
    lessons_hpa::LESSONS.iter().chain(lessons_pods::LESSONS)
}

/// All lessons, in the order in which they are best read.
pub fn concepts() -> Vec<Concept> {
    lessons().map(|Lesson { name, title, .. }| Concept { name, title }).collect()
}

/// What to say of a name that no lesson has.
pub fn unknown_concept(name: &str) -> Unknown {
    Unknown::new("concept", name, lessons().map(|lesson| lesson.name.to_owned()).collect())
}

/// The lesson of a name; with the user's own numbers where a scenario is given, and with what
/// happened in it where its recording says so. None if there is no such lesson.
pub fn concept(name: &str, subject: Option<(&Scenario, &Recording)>) -> Option<Explanation> {
    let lesson = lessons().find(|lesson| lesson.name == name)?;
    let mut steps: Vec<Step> =
        lesson.text.iter().map(|(name, text)| Step::new(*name, *text)).collect();
    if let Some((scenario, recording)) = subject {
        steps.extend((lesson.own)(&Own::new(scenario, recording)));
    }
    let see = lesson.see.join(", ");
    Some(Explanation {
        kind: Kind::Concept,
        name: lesson.name.to_owned(),
        title: format!("{}: {}", lesson.name, lesson.title),
        question: format!("what is {}", lesson.name),
        steps,
        next: (!see.is_empty()).then(|| format!("see also {see}")),
        ..Explanation::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_lead_to_lessons() {
        let names: Vec<&str> = concepts().iter().map(|concept| concept.name).collect();
        let mut sorted = names.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), names.len());
        for lesson in lessons() {
            for other in lesson.see {
                assert!(names.contains(other), "{} sends to {other}", lesson.name);
            }
            assert!(!lesson.text.is_empty() && concept(lesson.name, None).is_some());
        }
    }
}
