//! What the controller remembered of an HPA, found again in its former syncs.

use super::Sync;
use crate::kube::controllers::podautoscaler::decision::{Decision, Outcome, Path};
use crate::units::{SimDuration, SimTime};

/// A recommendation: what the metrics asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Recommendation {
    pub(super) value: i32,
    pub(super) at: SimTime,
}

/// A change of the scale by the controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct ScaleEvent {
    pub(in super::super) change: i32,
    pub(in super::super) at: SimTime,
}

impl Sync<'_> {
    /// Recommendations of the window that ends with this sync, this sync's own among them.
    pub(super) fn recommendations(&self, window: SimDuration) -> Vec<Recommendation> {
        let from = self.detail.decision.at - window;
        let until = &self.all[..=self.place];
        // The count that the controller finds first counts as a recommendation.
        let first = until.iter().find(|decision| decision.path != Path::NoScale);
        let first =
            first.map(|decision| Recommendation { value: decision.current, at: decision.at });
        let asked = until.iter().filter(|decision| decision.stabilization.is_some());
        let asked = asked.filter_map(|decision| recommendation(decision));
        let all = first.into_iter().chain(asked);
        // Without behavior the start of the window belongs to it.
        let has_behavior = self.spec.behavior.is_some();
        let counts = |at: SimTime| if has_behavior { at > from } else { at >= from };
        all.filter(|entry| counts(entry.at)).collect()
    }

    /// Changes of the scale before this sync, that its policies look at.
    pub(super) fn scale_events(&self) -> Vec<ScaleEvent> {
        let before = self.all[..self.place].iter();
        before.filter_map(|decision| scale_event(decision)).collect()
    }

    /// Count at the start of a period that ends with this sync.
    pub(super) fn period_start(&self, period: SimDuration) -> i32 {
        let decision = &self.detail.decision;
        let from = decision.at - period;
        let events = self.scale_events();
        let recent = events.iter().filter(|event| event.at > from);
        recent.fold(decision.current, |count, event| count.wrapping_sub(event.change))
    }
}

fn recommendation(decision: &Decision) -> Option<Recommendation> {
    Some(Recommendation { value: decision.proposal?.max(0), at: decision.at })
}

/// The change that a sync made, if it made one.
pub(super) fn scale_event(decision: &Decision) -> Option<ScaleEvent> {
    let change = decision.desired.wrapping_sub(decision.current);
    (decision.outcome == Outcome::Rescaled).then_some(ScaleEvent { change, at: decision.at })
}
