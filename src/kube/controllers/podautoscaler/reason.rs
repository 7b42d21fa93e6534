//! What the HorizontalPodAutoscaler controller says: conditions and events with their numbers.
//! Mirrors the texts of `pkg/controller/podautoscaler/horizontal.go` (v1.36).

use std::fmt;

/// Why the controller wrote something, or what an event of its tells.
#[derive(Clone, Debug, PartialEq)]
pub enum HpaReason {
    /// The scale was changed.
    SuccessfulRescale {
        /// What was written.
        new_size: i32,
    },
}

/// Why a condition of an HPA has its status.
#[derive(Clone, Debug, PartialEq)]
pub enum HpaConditionReason {
    /// The target's scale could be read.
    SucceededGetScale,
}

impl HpaReason {
    /// Upstream's CamelCase word.
    pub fn word(&self) -> &'static str {
        match self {
            HpaReason::SuccessfulRescale { .. } => "SuccessfulRescale",
        }
    }
}

impl fmt::Display for HpaReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HpaReason::SuccessfulRescale { new_size } => write!(f, "New size: {new_size}"),
        }
    }
}
