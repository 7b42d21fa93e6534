//! Steps of a lesson.

use super::Checker;
use crate::api::meta::ObjectMeta;
use crate::diagnostic::Diagnostic;
use crate::manifest::suggest::nearest;
use crate::scenario::file::lesson::{LessonExpect, LessonStep as Written, LessonSubject};
use crate::scenario::file::read::At;
use crate::scenario::file::scalar::clip;
use crate::scenario::lesson::{Expect, LessonStep, Panel, Subject};
use crate::units::{SimDuration, SimTime};

/// The most steps of a lesson.
const MAX_STEPS: usize = 1000;
/// The most choices of a question.
const MAX_CHOICES: usize = 9;

impl Checker<'_> {
    /// All steps that lie within the time that is played, in order of time.
    pub(super) fn lesson(&mut self, duration: SimDuration) -> Vec<LessonStep> {
        let input = self.input;
        let written = &input.file.spec.lesson;
        if let Some(first) = written.get(MAX_STEPS) {
            let message = format!("a lesson of more than {MAX_STEPS} steps");
            self.report(Diagnostic::error("scenario-lesson", message).at(first.span.clone(), ""));
            return Vec::new();
        }
        let end = SimTime::ZERO + duration;
        let mut steps = Vec::with_capacity(written.len());
        for step in written {
            let checked = self.lesson_step(step);
            if step.at.value > end {
                self.report(
                    Diagnostic::warning("lesson-never", "this step lies after the end")
                        .at(step.at.span.clone(), format!("the Scenario ends at {end}"))
                        .help("make `duration` longer, or `at` earlier"),
                );
            } else {
                steps.push(checked);
            }
        }
        steps.sort_by_key(|step| step.at);
        steps
    }

    fn lesson_step(&mut self, written: &Written) -> LessonStep {
        for text in [&written.question, &written.answer] {
            if text.value.trim().is_empty() {
                self.lesson_error("this text is empty", text, "say something");
            }
        }
        LessonStep {
            at: written.at.value,
            question: one_line(&written.question.value),
            choices: written.choices.iter().map(|choice| one_line(&choice.value)).collect(),
            right: self.right(written),
            answer: one_line(&written.answer.value),
            look: written.look.as_ref().and_then(|look| self.panel(look)),
            explain: written.explain.as_ref().and_then(|subject| self.subject(subject)),
            expect: written.expect.as_ref().map(|it| self.expect(&it.value)).unwrap_or_default(),
        }
    }

    /// Choices and the right one come together.
    fn right(&mut self, written: &Written) -> Option<u32> {
        let count = written.choices.len();
        if let Some(choice) = written.choices.get(MAX_CHOICES) {
            self.lesson_error("so many choices cannot be shown", choice, "write fewer, up to 9");
        }
        match (&written.right, count) {
            (None, 0) => None,
            (None, _) => {
                let question = &written.question;
                self.lesson_error(
                    "it is not said which choice is right",
                    question,
                    "add `right: 1` for the first one",
                );
                None
            }
            (Some(right), 0) => {
                let help = "add `choices: [...]`, or leave it out";
                self.lesson_error("there are no choices", right, help);
                None
            }
            (Some(right), _) if right.value < 1 || right.value > count as u64 => {
                let message = format!("there is no choice {}", right.value);
                self.lesson_error(&message, right, &format!("write a number from 1 to {count}"));
                None
            }
            (Some(right), _) => Some(right.value as u32 - 1),
        }
    }

    fn panel(&mut self, look: &At<String>) -> Option<Panel> {
        let found = Panel::parse(&look.value);
        if found.is_none() {
            let names = Panel::ALL.map(Panel::name);
            let help = match nearest(&look.value, names.into_iter()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("write one of {}", names.join(", ")),
            };
            let message = format!("`{}` is no panel", clip(&look.value));
            self.lesson_error(&message, look, &help);
        }
        found
    }

    fn subject(&mut self, written: &At<LessonSubject>) -> Option<Subject> {
        match (&written.value.hpa, &written.value.deployment) {
            (Some(hpa), None) => {
                let place = self.hpa(hpa)?;
                let loaded = &self.input.objects.hpas[place as usize];
                Some(Subject::Hpa(full_name(&loaded.object.metadata)))
            }
            (None, Some(deployment)) => {
                let place = self.deployment(deployment)?;
                let loaded = &self.input.objects.deployments[place as usize];
                Some(Subject::Deployment(full_name(&loaded.object.metadata)))
            }
            _ => {
                let help = "write one of `hpa` and `deployment`";
                self.lesson_error("`explain` names not exactly one object", written, help);
                None
            }
        }
    }

    fn expect(&mut self, written: &LessonExpect) -> Expect {
        let mut pods = |count: &Option<At<u64>>| {
            let count = count.as_ref()?;
            let small = i32::try_from(count.value).ok();
            if small.is_none() {
                self.lesson_error("so many pods cannot be", count, "write fewer");
            }
            small
        };
        Expect {
            replicas: pods(&written.replicas),
            proposal: pods(&written.proposal),
            ready: pods(&written.ready),
            pending: pods(&written.pending),
        }
    }

    fn lesson_error<T>(&mut self, message: &str, place: &At<T>, help: &str) {
        self.report(
            Diagnostic::error("scenario-lesson", message).at(place.span.clone(), "").help(help),
        );
    }
}

/// Lines that were folded in the file, as one.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn full_name(metadata: &ObjectMeta) -> String {
    format!("{}/{}", metadata.namespace, metadata.name)
}
