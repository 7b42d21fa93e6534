//! What an HPA remembers at an instant, put together from its decisions: recommendations within the
//! windows, and how far each policy lets it go.
//!
//! The numbers are those of `stabilizeRecommendationWithBehaviors` and of
//! `calculateScaleUpLimitWithScalingRules` in `horizontal.go` (v1.36).

use crate::api::autoscaling::{HorizontalPodAutoscalerSpec, HpaScalingRules};
use crate::kube::controllers::podautoscaler::decision::{Decision, Direction, Outcome};
use crate::units::{SimDuration, SimTime};

/// One direction of an HPA.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    /// Which one.
    pub direction: Direction,
    /// Its stabilization window.
    pub window: SimDuration,
    /// The recommendation that counts in the window: the lowest on the way up, the highest on the
    /// way down; and until when it counts.
    pub recommendation: Option<(i32, SimTime)>,
    /// `selectPolicy`.
    pub select: String,
    /// Each policy, in order of the spec; none at all without `behavior`.
    pub policies: Vec<PolicyRow>,
}

/// A policy and how far it lets the HPA go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyRow {
    /// `Pods` or `Percent`.
    pub type_: String,
    /// Pods, or percent of the count at the start of the period.
    pub value: i32,
    /// Its period.
    pub period: SimDuration,
    /// Count at the start of the period.
    pub start: i32,
    /// The furthest count that it allows.
    pub allowed: i32,
    /// Whether it is the one that counts.
    pub wins: bool,
    /// When the oldest change within the period leaves it.
    pub more_at: Option<SimTime>,
}

/// A policy as the spec, or defaulting, has it: type, value, period \[s\].
type Policy = (String, i32, i64);

/// Both directions of an HPA at its last sync: up, then down.
///
/// `history` are its decisions in order of time, the last one included.
pub fn sides(
    spec: &HorizontalPodAutoscalerSpec,
    flag: SimDuration,
    history: &[&Decision],
) -> [Side; 2] {
    let behavior = spec.behavior.as_ref();
    let up = behavior.and_then(|behavior| behavior.scale_up.as_ref());
    let down = behavior.and_then(|behavior| behavior.scale_down.as_ref());
    let default = |type_: &str, value| (type_.to_owned(), value, 15);
    if behavior.is_none() {
        let up = side(Direction::Up, None, SimDuration::ZERO, &[], history);
        return [up, side(Direction::Down, None, flag, &[], history)];
    }
    [
        side(
            Direction::Up,
            up,
            SimDuration::ZERO,
            &[default("Pods", 4), default("Percent", 100)],
            history,
        ),
        side(Direction::Down, down, flag, &[default("Percent", 100)], history),
    ]
}

fn side(
    direction: Direction,
    rules: Option<&HpaScalingRules>,
    window: SimDuration,
    defaults: &[Policy],
    history: &[&Decision],
) -> Side {
    let own = rules.and_then(|rules| rules.stabilization_window_seconds);
    let window = own.map_or(window, |seconds| SimDuration::from_secs(i64::from(seconds)));
    let select = rules.and_then(|rules| rules.select_policy.as_deref()).unwrap_or("Max");
    let own = rules.and_then(|rules| rules.policies.as_deref()).map(|all| {
        let policy = |it: &crate::api::autoscaling::HpaScalingPolicy| {
            (it.type_.clone(), it.value, i64::from(it.period_seconds))
        };
        all.iter().map(policy).collect::<Vec<_>>()
    });
    let policies = own.as_deref().unwrap_or(defaults);
    let mut rows: Vec<PolicyRow> =
        policies.iter().map(|policy| row(direction, policy, history)).collect();
    mark_winner(direction, select, &mut rows);
    Side {
        direction,
        window,
        recommendation: recommendation(direction, window, history),
        select: select.to_owned(),
        policies: rows,
    }
}

/// The recommendation of the window that counts; the newest of equal ones, which counts longest.
fn recommendation(
    direction: Direction,
    window: SimDuration,
    history: &[&Decision],
) -> Option<(i32, SimTime)> {
    let now = history.last()?.at;
    let recent = history.iter().rev().take_while(|it| it.at > now - window || it.at == now);
    let made = recent.filter_map(|it| Some((it.proposal?, it.at + window)));
    made.fold(None, |best: Option<(i32, SimTime)>, next| match (best, direction) {
        (Some(best), Direction::Up) if best.0 <= next.0 => Some(best),
        (Some(best), Direction::Down) if best.0 >= next.0 => Some(best),
        _ => Some(next),
    })
}

fn row(direction: Direction, policy: &Policy, history: &[&Decision]) -> PolicyRow {
    let (type_, value, seconds) = policy;
    let period = SimDuration::from_secs(*seconds);
    let last = history.last();
    let current = last.map_or(0, |last| last.current);
    let now = last.map_or(SimTime::ZERO, |last| last.at);
    let before = &history[..history.len().saturating_sub(1)];
    let recent = before.iter().rev().take_while(|it| it.at > now - period);
    let changes: Vec<(i32, SimTime)> = recent
        .filter(|it| it.outcome == Outcome::Rescaled)
        .map(|it| (it.desired - it.current, it.at))
        .collect();
    let start = current - changes.iter().map(|(change, _)| change).sum::<i32>();
    let share = f64::from(*value) / 100.0;
    let allowed = match (direction, type_.as_str()) {
        (Direction::Up, "Pods") => start.saturating_add(*value),
        (Direction::Down, "Pods") => start.saturating_sub(*value),
        (Direction::Up, _) => (f64::from(start) * (1.0 + share)).ceil() as i32,
        (Direction::Down, _) => (f64::from(start) * (1.0 - share)) as i32,
    };
    let own = changes.iter().filter(|(change, _)| match direction {
        Direction::Up => *change > 0,
        Direction::Down => *change < 0,
    });
    let more_at = own.map(|(_, at)| *at + period).min();
    PolicyRow { type_: type_.clone(), value: *value, period, start, allowed, wins: false, more_at }
}

/// The policy that counts: the furthest, or with `Min` the nearest.
fn mark_winner(direction: Direction, select: &str, rows: &mut [PolicyRow]) {
    if select == "Disabled" {
        return;
    }
    let highest = (direction == Direction::Up) == (select != "Min");
    let mut best: Option<usize> = None;
    for place in 0..rows.len() {
        let better = best.is_none_or(|best| {
            let (own, other) = (rows[place].allowed, rows[best].allowed);
            if highest { own > other } else { own < other }
        });
        if better {
            best = Some(place);
        }
    }
    if let Some(best) = best {
        rows[best].wins = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::autoscaling::HorizontalPodAutoscalerBehavior;
    use crate::kube::objects::ids::HpaId;

    fn decision(seconds: i64, current: i32, desired: i32, proposal: i32) -> Decision {
        let outcome = if current == desired { Outcome::Nothing } else { Outcome::Rescaled };
        Decision {
            current,
            desired,
            outcome,
            proposal: Some(proposal),
            ..Decision::new(HpaId(0), SimTime::from_secs(seconds))
        }
    }

    #[test]
    fn defaults_double_every_15_seconds_and_remember_for_five_minutes() {
        let all = [decision(0, 3, 6, 8), decision(10, 6, 6, 8), decision(20, 6, 7, 5)];
        let history: Vec<&Decision> = all.iter().collect();
        let spec = HorizontalPodAutoscalerSpec {
            behavior: Some(HorizontalPodAutoscalerBehavior::default()),
            ..HorizontalPodAutoscalerSpec::default()
        };
        let flag = SimDuration::from_secs(300);
        let [up, down] = sides(&spec, flag, &history);
        assert_eq!(up.policies.iter().map(|row| row.allowed).collect::<Vec<_>>(), [10, 12]);
        assert_eq!(up.policies.iter().map(|row| row.wins).collect::<Vec<_>>(), [false, true]);
        assert_eq!(up.recommendation, Some((5, SimTime::from_secs(20))));
        assert_eq!(down.recommendation, Some((8, SimTime::from_secs(310))));
        let [up, _] = sides(&spec, flag, &history[..2]);
        assert_eq!(up.policies[1].start, 3);
        assert_eq!(up.policies[1].more_at, Some(SimTime::from_secs(15)));
    }

    #[test]
    fn without_behavior_there_are_no_policies() {
        let all = [decision(0, 3, 6, 8), decision(10, 6, 6, 8)];
        let history: Vec<&Decision> = all.iter().collect();
        let spec = HorizontalPodAutoscalerSpec::default();
        let [up, down] = sides(&spec, SimDuration::from_secs(300), &history);
        assert!(up.policies.is_empty() && down.policies.is_empty());
        assert_eq!(down.recommendation, Some((8, SimTime::from_secs(310))));
    }
}
