//! `spec.lesson` of a Scenario as written.

use super::read::{At, object};
use super::scalar::ObjectName;
use crate::units::SimTime;

object! {
    /// A moment at which a viewer should stop and guess.
    LessonStep is "a step of the lesson";
    /// When.
    "at" => at: At<SimTime>,
    /// What is asked.
    "question" => question: At<String>,
    /// Answers to choose from; the viewer guesses freely if absent.
    "choices" => choices: Vec<At<String>>,
    /// Which of the choices is right: 1 is the first.
    "right" => right: Option<At<u64>>,
    /// What is so, and why.
    "answer" => answer: At<String>,
    /// Where to look: `load`, `replicas`, `pods`, `hpa`, `pdb`, `rollout` or `events`.
    "look" => look: Option<At<String>>,
    /// Whose explanation says more; whatever happened at that instant if absent.
    "explain" => explain: Option<At<LessonSubject>>,
    /// What must be so at that instant for the answer to be true.
    "expect" => expect: Option<At<LessonExpect>>,
}

object! {
    /// Whose explanation says more: one of these.
    LessonSubject is "`explain`";
    /// Name of an HPA.
    "hpa" => hpa: Option<At<ObjectName>>,
    /// Name of a Deployment.
    "deployment" => deployment: Option<At<ObjectName>>,
}

object! {
    /// What must be so at that instant.
    LessonExpect is "`expect`";
    /// Pods that the HPA, or the Deployment, wants in the end.
    "replicas" => replicas: Option<At<u64>>,
    /// Pods that the metrics asked for.
    "proposal" => proposal: Option<At<u64>>,
    /// Pods of the Deployment that are ready.
    "ready" => ready: Option<At<u64>>,
    /// Pods of the Deployment that are Pending.
    "pending" => pending: Option<At<u64>>,
}
