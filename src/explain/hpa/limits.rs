//! From the proposal to the final number: stabilization, policies, bounds.

use super::memory::{Recommendation, scale_event};
use super::rules::{Direction, Policies, Policy, Rules, Select};
use super::{Sync, list};
use crate::explain::Step;
use crate::explain::words::{instant, pods, span};
use crate::kube::controllers::podautoscaler::decision::{
    Direction as Way, LimitedBy, RateLimit, Stabilization,
};
use crate::units::SimTime;

/// Most runs of equal recommendations that are listed.
const RUNS_MAX: usize = 6;
/// Of these, how many from the start of the window.
const RUNS_FIRST: usize = 3;

/// Which window held a proposal, and until when it will.
pub(super) struct Held {
    pub(super) direction: Direction,
    pub(super) until: SimTime,
    /// What the window will hold then.
    then: Option<Recommendation>,
}

impl Sync<'_> {
    fn rules(&self, direction: Direction) -> Rules {
        Rules::of(&self.spec, &self.scenario.cluster.controller_manager, direction)
    }

    /// What recent recommendations made of the proposal.
    pub(super) fn stabilization(&self) -> Option<Step> {
        let decision = &self.detail.decision;
        let (stabilization, proposal) = (decision.stabilization?, decision.proposal?.max(0));
        let direction = self.stabilized(stabilization, proposal);
        let (field, window) = (direction.field(), span(stabilization.window));
        let flag = match (&self.spec.behavior, direction) {
            (None, _) => " (the default; there is no behavior)",
            _ => "",
        };
        let head = format!("{field} window {window}{flag}");
        let Some(held) = self.held() else {
            let step = Step::new("stabilization", format!("{head}: {proposal} stays"));
            return Some(step.about("stabilization"));
        };
        let which = if direction == Direction::Down { "highest" } else { "lowest" };
        let entry = match stabilization.winner {
            Some((value, at)) => {
                format!("the {which} recommendation is {value}, of {}", instant(at))
            }
            None => format!("the {which} recommendation is the current count"),
        };
        let text = format!("{head}: {entry}: {} instead of {proposal}", stabilization.value);
        let runs = runs(&self.recommendations(stabilization.window));
        let then = held.then.map_or_else(String::new, |then| {
            format!("; then the {which} is {} ({})", then.value, instant(then.at))
        });
        let until = format!("it is held until {}{then}", instant(held.until));
        let step = Step::new("stabilization", text).about("stabilization");
        Some(step.detail(format!("in the window: {runs}")).detail(until))
    }

    /// The direction whose window decided.
    fn stabilized(&self, stabilization: Stabilization, proposal: i32) -> Direction {
        let current = self.detail.decision.current;
        if self.spec.behavior.is_none() || stabilization.value > proposal {
            return Direction::Down;
        }
        if stabilization.value < proposal || proposal >= current {
            Direction::Up
        } else {
            Direction::Down
        }
    }

    /// Which window held the proposal, if one did.
    pub(super) fn held(&self) -> Option<Held> {
        let decision = &self.detail.decision;
        let (stabilization, proposal) = (decision.stabilization?, decision.proposal?.max(0));
        let (value, window) = (stabilization.value, stabilization.window);
        if value == proposal {
            return None;
        }
        let direction = self.stabilized(stabilization, proposal);
        let holds = |entry: &Recommendation| match direction {
            Direction::Down => entry.value >= value,
            Direction::Up => entry.value <= value,
        };
        let window_of_it = self.recommendations(window);
        let last = window_of_it.iter().filter(|entry| holds(entry)).max_by_key(|entry| entry.at)?;
        let later = window_of_it.iter().filter(|entry| entry.at > last.at).copied();
        let then = match direction {
            Direction::Down => later.max_by_key(|entry| (entry.value, entry.at)),
            Direction::Up => later.min_by_key(|entry| (entry.value, -entry.at.0)),
        };
        Some(Held { direction, until: last.at + window, then })
    }

    /// How far the policies let the count move.
    pub(super) fn policies(&self) -> Option<Step> {
        let decision = &self.detail.decision;
        let (limit, stabilization) = (decision.limit?, decision.stabilization?);
        let step = |text: String| Step::new("policies", text).about("policies");
        let Some(rate) = limit.rate else {
            let falls = stabilization.value < decision.current;
            return falls.then(|| step("without behavior nothing limits the way down".to_owned()));
        };
        let wanted = stabilization.value;
        let is_limited = matches!(limit.by, LimitedBy::ScaleUpRate | LimitedBy::ScaleDownRate);
        let result = if is_limited {
            format!("{} instead of {wanted}", decision.desired)
        } else {
            format!("{wanted} stays")
        };
        let direction = match rate.direction {
            Way::Up => Direction::Up,
            Way::Down => Direction::Down,
        };
        let Some(policies) = self.rules(direction).policies else {
            return Some(step(format!(
                "without behavior the count may double, and always go to 4: from {} at most {}: \
                 {result}",
                decision.current, rate.limit
            )));
        };
        let (text, details) = self.policy_words(direction, &policies, rate);
        let mut step = step(format!("{text}: {result}"));
        step.details = details;
        Some(step)
    }

    fn policy_words(
        &self,
        direction: Direction,
        policies: &Policies,
        rate: RateLimit,
    ) -> (String, Vec<String>) {
        let bound = if direction == Direction::Up { "at most" } else { "at least" };
        let field = direction.field();
        if policies.select == Select::Disabled {
            return (format!("selectPolicy Disabled: {field} is closed"), Vec::new());
        }
        let lines: Vec<String> = (0..)
            .zip(&policies.list)
            .map(|(index, policy)| {
                let winner = rate.policy.filter(|winner| winner.index == index);
                let start = winner.map_or_else(
                    || self.period_start(policy.period),
                    |winner| winner.period_start_replicas,
                );
                let limit = policy.limit(direction, start);
                let ago = span(policy.period);
                format!("{}: from {start} ({ago} ago) {bound} {limit}", policy.words())
            })
            .collect();
        match (&lines[..], rate.policy) {
            ([], _) | (_, None) => (format!("{field}: no policy allows a move"), Vec::new()),
            ([one], _) => (format!("{field} {one}"), Vec::new()),
            (_, Some(winner)) => {
                let word = if policies.select == Select::Min { "Min" } else { "Max" };
                let name = policies.list.get(winner.index as usize).map(Policy::words);
                let name = name.unwrap_or_default();
                let text =
                    format!("{field}, selectPolicy {word}: {name} decides, {bound} {}", rate.limit);
                (text, lines)
            }
        }
    }

    /// The bounds of the HPA.
    pub(super) fn bounds(&self) -> Option<Step> {
        let decision = &self.detail.decision;
        let (limit, wanted) = (decision.limit?, decision.stabilization?.value);
        let (min, max) = (decision.min_replicas, decision.max_replicas);
        let text = match limit.by {
            LimitedBy::MinReplicas => format!("minReplicas {min}: {min} instead of {wanted}"),
            LimitedBy::MaxReplicas => format!("maxReplicas {max}: {max} instead of {wanted}"),
            _ => format!("{min}..{max}: {} stays", decision.desired),
        };
        Some(Step::new("bounds", text).about("bounds"))
    }

    /// When the policies will allow more than they did at this sync, if nothing else changes; none
    /// if they held nothing back, or will never allow more.
    pub(super) fn more_from(&self) -> Option<SimTime> {
        let decision = &self.detail.decision;
        let direction = match decision.limit?.by {
            LimitedBy::ScaleUpRate => Direction::Up,
            LimitedBy::ScaleDownRate => Direction::Down,
            _ => return None,
        };
        let policies = self.rules(direction).policies?;
        let mut events = self.scale_events();
        events.extend(scale_event(decision));
        let now = decision.at;
        let mut instants: Vec<SimTime> = events
            .iter()
            .flat_map(|event| policies.list.iter().map(|policy| event.at + policy.period))
            .filter(|&at| at > now)
            .collect();
        instants.sort();
        instants.into_iter().find(|&at| {
            let limit = policies.limit_at(direction, &events, decision.desired, at);
            limit.is_some_and(|limit| match direction {
                Direction::Up => limit > decision.desired,
                Direction::Down => limit < decision.desired,
            })
        })
    }

    /// What comes next, as far as this sync settles it.
    pub(super) fn next(&self) -> String {
        let decision = &self.detail.decision;
        let by = decision.limit.map(|limit| limit.by);
        let mut parts = Vec::new();
        if let Some(held) = self.held() {
            let (field, until) = (held.direction.field(), instant(held.until));
            parts.push(format!("the {field} window holds until {until}"));
        }
        match (by, self.more_from()) {
            (_, Some(from)) => parts.push(format!("the policy allows more from {}", instant(from))),
            (Some(LimitedBy::ScaleUpRate), None) if self.spec.behavior.is_none() => {
                parts.push(format!(
                    "from {} the count may double again",
                    pods(i64::from(decision.desired))
                ));
            }
            (Some(LimitedBy::ScaleUpRate | LimitedBy::ScaleDownRate), None) => {
                parts.push("the policies will not allow more".to_owned());
            }
            (Some(LimitedBy::MaxReplicas), None) => {
                parts.push(format!("maxReplicas {} holds whatever comes", decision.max_replicas));
            }
            _ => {}
        }
        parts.push(self.next_sync());
        parts.join("; ")
    }
}

/// `14 until 12m15s, 12 at 12m30s, 4 since 12m45s`: recommendations in the order of their times.
fn runs(window: &[Recommendation]) -> String {
    let mut runs: Vec<(i32, SimTime, SimTime)> = Vec::new();
    for entry in window {
        match runs.last_mut() {
            Some((value, _, last)) if *value == entry.value => *last = entry.at,
            _ => runs.push((entry.value, entry.at, entry.at)),
        }
    }
    let last = runs.len().saturating_sub(1);
    let left_out = runs.len().saturating_sub(RUNS_MAX);
    let is_left_out = |place: usize| (RUNS_FIRST..RUNS_FIRST + left_out).contains(&place);
    let mut words: Vec<String> = Vec::new();
    for (place, (value, first, end)) in runs.iter().enumerate() {
        words.push(match place {
            RUNS_FIRST if is_left_out(place) => format!("{left_out} more"),
            _ if is_left_out(place) => continue,
            _ if place == last => format!("{value} since {}", instant(*first)),
            _ if first == end => format!("{value} at {}", instant(*first)),
            _ => format!("{value} from {} to {}", instant(*first), instant(*end)),
        });
    }
    list(&words)
}
