//! How far one sync may go.

use std::cmp::Ordering;

use super::super::decision::{Direction, Limit, LimitedBy, PolicyLimit, PolicyType, RateLimit};
use super::super::number::go_i32;
use super::rules::{Policy, SelectPolicy};
use super::{Behavior, Memory, Proposal, ScalingRules};
use crate::units::SimTime;

/// Factor by which an HPA without behavior may grow at a sync, from [`SCALE_UP_LIMIT_MINIMUM`] on.
const SCALE_UP_LIMIT_FACTOR: f64 = 2.0;
/// Size to which an HPA without behavior may always grow.
const SCALE_UP_LIMIT_MINIMUM: f64 = 4.0;

/// `convertDesiredReplicasWithRules`: an HPA without behavior.
pub(super) fn convert_with_rules(proposal: Proposal, desired: i32) -> (i32, Limit) {
    let Proposal { current, min, max, .. } = proposal;
    let grown = SCALE_UP_LIMIT_FACTOR * f64::from(current);
    let scale_up_limit = go_i32(grown.max(SCALE_UP_LIMIT_MINIMUM));
    let rate_is_lower = max > scale_up_limit;
    let top = if rate_is_lower { scale_up_limit } else { max };
    let by = if rate_is_lower { LimitedBy::ScaleUpRate } else { LimitedBy::MaxReplicas };
    let rate = RateLimit { direction: Direction::Up, limit: scale_up_limit, policy: None };
    let rate = (desired > current).then_some(rate);
    if desired < min {
        (min, Limit { by: LimitedBy::MinReplicas, rate })
    } else if desired > top {
        (top, Limit { by, rate })
    } else {
        (desired, Limit { by: LimitedBy::Nothing, rate })
    }
}

/// `convertDesiredReplicasWithBehaviorRate`.
pub(super) fn convert_with_behavior_rate(
    memory: &Memory,
    proposal: Proposal,
    desired: i32,
    behavior: &Behavior,
) -> (i32, Limit) {
    let Proposal { now, current, min, max, .. } = proposal;
    match desired.cmp(&current) {
        Ordering::Greater => {
            let rate = scale_up_limit(memory, current, now, &behavior.scale_up);
            let limit = rate.limit.max(current);
            let by = if max > limit { LimitedBy::ScaleUpRate } else { LimitedBy::MaxReplicas };
            let top = max.min(limit);
            let by = if desired > top { by } else { LimitedBy::Nothing };
            (desired.min(top), Limit { by, rate: Some(RateLimit { limit, ..rate }) })
        }
        Ordering::Less => {
            let rate = scale_down_limit(memory, current, now, &behavior.scale_down);
            let limit = rate.limit.min(current);
            let by = if min < limit { LimitedBy::ScaleDownRate } else { LimitedBy::MinReplicas };
            let bottom = min.max(limit);
            let by = if desired < bottom { by } else { LimitedBy::Nothing };
            (desired.max(bottom), Limit { by, rate: Some(RateLimit { limit, ..rate }) })
        }
        Ordering::Equal => (desired, Limit { by: LimitedBy::Nothing, rate: None }),
    }
}

/// `calculateScaleUpLimitWithScalingRules`.
fn scale_up_limit(memory: &Memory, current: i32, now: SimTime, rules: &ScalingRules) -> RateLimit {
    let allowed = |policy: &Policy, start: i32| match policy.type_ {
        PolicyType::Pods => start.wrapping_add(policy.value),
        PolicyType::Percent => {
            go_i32((f64::from(start) * (1.0 + f64::from(policy.value) / 100.0)).ceil())
        }
    };
    let furthest = rules.select != SelectPolicy::Min;
    let start = if furthest { i32::MIN } else { i32::MAX };
    let best = |limit: i32, best: i32| if furthest { limit > best } else { limit < best };
    select(
        memory,
        current,
        now,
        rules,
        Selection { direction: Direction::Up, start },
        allowed,
        best,
    )
}

/// `calculateScaleDownLimitWithBehaviors`.
fn scale_down_limit(
    memory: &Memory,
    current: i32,
    now: SimTime,
    rules: &ScalingRules,
) -> RateLimit {
    let allowed = |policy: &Policy, start: i32| match policy.type_ {
        PolicyType::Pods => start.wrapping_sub(policy.value),
        PolicyType::Percent => go_i32(f64::from(start) * (1.0 - f64::from(policy.value) / 100.0)),
    };
    let furthest = rules.select != SelectPolicy::Min;
    let start = if furthest { i32::MAX } else { i32::MIN };
    let best = |limit: i32, best: i32| if furthest { limit < best } else { limit > best };
    let selection = Selection { direction: Direction::Down, start };
    select(memory, current, now, rules, selection, allowed, best)
}

/// Where the choice between policies begins.
#[derive(Clone, Copy)]
struct Selection {
    direction: Direction,
    start: i32,
}

/// The limit of the policy that wins.
fn select(
    memory: &Memory,
    current: i32,
    now: SimTime,
    rules: &ScalingRules,
    Selection { direction, start }: Selection,
    allowed: impl Fn(&Policy, i32) -> i32,
    is_better: impl Fn(i32, i32) -> bool,
) -> RateLimit {
    if rules.select == SelectPolicy::Disabled {
        return RateLimit { direction, limit: current, policy: None };
    }
    let mut best = RateLimit { direction, limit: start, policy: None };
    for (index, policy) in rules.policies.iter().enumerate() {
        let period_start_replicas = memory.period_start_replicas(current, policy.period, now);
        let limit = allowed(policy, period_start_replicas);
        if is_better(limit, best.limit) || best.policy.is_none() {
            let Policy { type_, value, period } = *policy;
            let index = index as u32;
            let policy = PolicyLimit { index, type_, value, period, period_start_replicas };
            best = RateLimit { direction, limit, policy: Some(policy) };
        }
    }
    best
}
