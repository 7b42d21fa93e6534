//! What the controller remembers of an HPA: recommendations and scale events.
//! All of it is lost with the controller, and with the HPA once that is noticed.

use super::super::decision::Stabilization;
use super::{Behavior, Proposal, ScalingRules};
use crate::units::{SimDuration, SimTime};

/// The memory of one HPA.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Memory {
    /// Not sorted: old slots are used again.
    recommendations: Vec<Recommendation>,
    up_events: Vec<ScaleEvent>,
    down_events: Vec<ScaleEvent>,
}

/// What the metrics asked for, before stabilisation and limits.
#[derive(Clone, Copy, Debug)]
struct Recommendation {
    value: i32,
    at: SimTime,
}

/// A change of the scale.
#[derive(Clone, Copy, Debug)]
struct ScaleEvent {
    change: i32,
    at: SimTime,
    /// Its slot may be used again.
    outdated: bool,
}

impl Memory {
    /// Forgets everything.
    pub(in super::super) fn clear(&mut self) {
        self.recommendations.clear();
        self.up_events.clear();
        self.down_events.clear();
    }

    #[cfg(test)]
    pub(super) fn remember(&mut self, value: i32, at: SimTime) {
        self.recommendations.push(Recommendation { value, at });
    }

    #[cfg(test)]
    pub(super) fn recommended(&self) -> Vec<(i32, SimTime)> {
        self.recommendations.iter().map(|entry| (entry.value, entry.at)).collect()
    }

    /// `recordInitialRecommendation`: the size found first counts as a recommendation.
    pub(in super::super) fn record_initial_recommendation(&mut self, current: i32, now: SimTime) {
        if self.recommendations.is_empty() {
            self.recommendations.push(Recommendation { value: current, at: now });
        }
    }

    /// `stabilizeRecommendation`: the highest of the window, its start included.
    ///
    /// Upstream reads the clock anew here, so that with a window of 0 even the recommendation that
    /// this sync began with is old.
    pub(super) fn stabilize_recommendation(
        &mut self,
        proposal: Proposal,
        window: SimDuration,
    ) -> Stabilization {
        let cutoff = proposal.now - window;
        let is_old = |entry: &Recommendation| entry.at < cutoff || window == SimDuration::ZERO;
        let recent = || self.recommendations.iter().filter(|entry| !is_old(entry));
        let highest = recent().map(|entry| entry.value).max();
        let highest = highest.filter(|&value| value > proposal.desired);
        let stabilized = Stabilization {
            value: highest.unwrap_or(proposal.desired),
            window,
            winner: highest.and_then(|value| first_of(value, recent())),
        };
        let old = self.recommendations.iter().rposition(is_old);
        self.record(old, proposal);
        stabilized
    }

    /// `stabilizeRecommendationWithBehaviors`: the current size, raised to the lowest of the
    /// scale-up window and lowered to the highest of the scale-down window, starts excluded.
    pub(super) fn stabilize_recommendation_with_behaviors(
        &mut self,
        proposal: Proposal,
        behavior: &Behavior,
    ) -> Stabilization {
        let Proposal { now, current, desired, .. } = proposal;
        let (up_window, down_window) = (behavior.scale_up.window, behavior.scale_down.window);
        let (up_cutoff, down_cutoff) = (now - up_window, now - down_window);
        let all = || self.recommendations.iter();
        let (in_up, in_down) = (
            || all().filter(|entry| entry.at > up_cutoff),
            || all().filter(|entry| entry.at > down_cutoff),
        );
        let lowest = in_up().map(|entry| entry.value).min().filter(|&value| value < desired);
        let highest = in_down().map(|entry| entry.value).max().filter(|&value| value > desired);
        let up = Stabilization {
            value: lowest.unwrap_or(desired),
            window: up_window,
            winner: lowest.and_then(|value| first_of(value, in_up())),
        };
        let down = Stabilization {
            value: highest.unwrap_or(desired),
            window: down_window,
            winner: highest.and_then(|value| first_of(value, in_down())),
        };
        let old = all().rposition(|entry| entry.at < up_cutoff && entry.at < down_cutoff);
        self.record(old, proposal);
        if current > down.value {
            down
        } else if current < up.value {
            // The lowest of the scale-up window is never above the highest of the other.
            up
        } else {
            let window = if desired >= current { up_window } else { down_window };
            let winner = if desired >= current { up.winner } else { down.winner };
            Stabilization { value: current, window, winner }
        }
    }

    fn record(&mut self, old: Option<usize>, proposal: Proposal) {
        let entry = Recommendation { value: proposal.desired, at: proposal.now };
        match old {
            Some(slot) => self.recommendations[slot] = entry,
            None => self.recommendations.push(entry),
        }
    }

    /// `storeScaleEvent`: remembers a change of the scale.
    pub(in super::super) fn store_scale_event(
        &mut self,
        behavior: &Behavior,
        previous: i32,
        new: i32,
        now: SimTime,
    ) {
        let (events, rules) = if new > previous {
            (&mut self.up_events, &behavior.scale_up)
        } else {
            (&mut self.down_events, &behavior.scale_down)
        };
        let old = mark_outdated(events, rules, now);
        let change = new.wrapping_sub(previous).wrapping_abs();
        let event = ScaleEvent { change, at: now, outdated: false };
        match old {
            Some(slot) => events[slot] = event,
            None => events.push(event),
        }
    }

    /// The size at the start of a policy's period: what was added since is taken off, and what was
    /// removed put back. Wraps at 32 bits, as upstream.
    pub(super) fn period_start_replicas(
        &self,
        current: i32,
        period: SimDuration,
        now: SimTime,
    ) -> i32 {
        let added = get_replicas_change_per_period(&self.up_events, period, now);
        let removed = get_replicas_change_per_period(&self.down_events, period, now);
        current.wrapping_sub(added).wrapping_add(removed)
    }
}

/// The first recommendation of that value.
fn first_of<'a>(
    value: i32,
    mut among: impl Iterator<Item = &'a Recommendation>,
) -> Option<(i32, SimTime)> {
    among.find(|entry| entry.value == value).map(|entry| (entry.value, entry.at))
}

/// `markScaleEventsOutdated`, and the last slot that may be used again.
fn mark_outdated(events: &mut [ScaleEvent], rules: &ScalingRules, now: SimTime) -> Option<usize> {
    let cutoff = now - rules.longest_period();
    let mut last = None;
    for (slot, event) in events.iter_mut().enumerate() {
        event.outdated |= event.at < cutoff;
        if event.outdated {
            last = Some(slot);
        }
    }
    last
}

/// `getReplicasChangePerPeriod`; the start of the period is excluded.
fn get_replicas_change_per_period(events: &[ScaleEvent], period: SimDuration, now: SimTime) -> i32 {
    let cutoff = now - period;
    let recent = events.iter().filter(|event| event.at > cutoff);
    recent.fold(0, |sum, event| sum.wrapping_add(event.change))
}
