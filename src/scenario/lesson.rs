//! Moments of a scenario at which somebody who learns from it should stop and guess.
//!
//! A lesson changes nothing of what is played. Whoever shows one stops at each step, asks its
//! question, and then tells the answer; what is so at that instant is explained by `explain`.

use serde::Serialize;

use crate::units::SimTime;

/// A moment with a question and its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LessonStep {
    /// When.
    pub at: SimTime,
    /// What is asked.
    pub question: String,
    /// Answers to choose from; none if the viewer is to guess freely.
    pub choices: Vec<String>,
    /// Place of the right one among the choices.
    pub right: Option<u32>,
    /// What is so, and why.
    pub answer: String,
    /// Where to look.
    pub look: Option<Panel>,
    /// Whose explanation at that instant says more; whatever happened there if absent.
    pub explain: Option<Subject>,
    /// What must be so at that instant for the answer to be true.
    pub expect: Expect,
}

/// Whom an explanation is about, by `namespace/name`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Subject {
    /// An HPA.
    Hpa(String),
    /// A Deployment.
    Deployment(String),
}

/// What must be so at an instant. Nothing that is absent is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expect {
    /// Pods that the HPA, or the Deployment, wants in the end.
    pub replicas: Option<i32>,
    /// What the metrics asked for at the sync.
    pub proposal: Option<i32>,
    /// Pods of the Deployment that are ready.
    pub ready: Option<i32>,
    /// Pods of the Deployment that are Pending.
    pub pending: Option<i32>,
}

/// Part of a picture at which a viewer should look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Panel {
    /// Load against capacity.
    Load,
    /// Desired, current and ready replicas.
    Replicas,
    /// Pods by node and revision.
    Pods,
    /// Metrics, window and policies of the HPA.
    Hpa,
    /// Budgets.
    Pdb,
    /// Progress of the rollout.
    Rollout,
    /// The log of events.
    Events,
}

impl Panel {
    /// All of them.
    pub const ALL: [Panel; 7] = [
        Panel::Load,
        Panel::Replicas,
        Panel::Pods,
        Panel::Hpa,
        Panel::Pdb,
        Panel::Rollout,
        Panel::Events,
    ];

    /// Its name in a Scenario.
    pub const fn name(self) -> &'static str {
        match self {
            Panel::Load => "load",
            Panel::Replicas => "replicas",
            Panel::Pods => "pods",
            Panel::Hpa => "hpa",
            Panel::Pdb => "pdb",
            Panel::Rollout => "rollout",
            Panel::Events => "events",
        }
    }

    /// The one of that name.
    pub fn parse(name: &str) -> Option<Panel> {
        Panel::ALL.into_iter().find(|panel| panel.name() == name)
    }
}
