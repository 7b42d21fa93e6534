//! Worked examples: a proposal, what is remembered, and what becomes of it.

use proptest::prelude::*;

use super::*;
use crate::api::autoscaling::{HorizontalPodAutoscalerBehavior, HpaScalingPolicy, HpaScalingRules};

const NOW: SimTime = SimTime::from_secs(100_000);
const FLAG: SimDuration = SimDuration::from_secs(300);

/// An HPA whose pods are counted.
struct Example {
    behavior: Option<Behavior>,
    memory: Memory,
    proposal: Proposal,
}

fn ago(seconds: i64) -> SimTime {
    NOW - SimDuration::from_secs(seconds)
}

/// Metrics ask for `desired` pods where there are `current`, of at least 1 and at most `max`.
fn example(current: i32, desired: i32, max: i32) -> Example {
    let proposal = Proposal { now: NOW, current, desired, min: 1, max };
    Example { behavior: None, memory: Memory::default(), proposal }
}

impl Example {
    fn behaves(mut self, behavior: &HorizontalPodAutoscalerBehavior) -> Example {
        self.behavior = Some(Behavior::new(behavior, FLAG));
        self
    }

    /// With `behavior: {}`.
    fn behaves_by_default(self) -> Example {
        self.behaves(&HorizontalPodAutoscalerBehavior::default())
    }

    fn scales_up_by(self, rules: HpaScalingRules) -> Example {
        self.behaves(&HorizontalPodAutoscalerBehavior { scale_up: Some(rules), scale_down: None })
    }

    fn scales_down_by(self, rules: HpaScalingRules) -> Example {
        self.behaves(&HorizontalPodAutoscalerBehavior { scale_up: None, scale_down: Some(rules) })
    }

    fn at_least(mut self, min: i32) -> Example {
        self.proposal.min = min;
        self
    }

    /// The metrics asked for so many pods so many seconds ago.
    fn recommended(mut self, value: i32, seconds: i64) -> Example {
        self.memory.remember(value, ago(seconds));
        self
    }

    /// The scale changed so many seconds ago.
    fn scaled(mut self, previous: i32, new: i32, seconds: i64) -> Example {
        let behavior = self.behavior.as_ref().expect("events are kept with a behavior only");
        self.memory.store_scale_event(behavior, previous, new, ago(seconds));
        self
    }

    fn normalize(&mut self) -> Normalized {
        match &self.behavior {
            None => normalize_desired_replicas(&mut self.memory, self.proposal, FLAG),
            Some(behavior) => {
                normalize_desired_replicas_with_behaviors(&mut self.memory, self.proposal, behavior)
            }
        }
    }

    #[track_caller]
    fn gives(mut self, desired: i32, able_to_scale: &str, scaling_limited: &str) -> Normalized {
        let normalized = self.normalize();
        let reasons = (normalized.able_to_scale.word(), normalized.scaling_limited.word());
        assert_eq!((normalized.desired, reasons), (desired, (able_to_scale, scaling_limited)));
        normalized
    }
}

fn policy(type_: &str, value: i32, period_seconds: i32) -> HpaScalingPolicy {
    HpaScalingPolicy { type_: type_.to_owned(), value, period_seconds }
}

fn rules(policies: Vec<HpaScalingPolicy>) -> HpaScalingRules {
    HpaScalingRules { policies: Some(policies), ..HpaScalingRules::default() }
}

#[test]
fn without_behavior_growth_is_limited_to_double_or_four() {
    example(3, 20, 100).gives(6, "ReadyForNewScale", "ScaleUpLimit");
    example(1, 9, 10).gives(4, "ReadyForNewScale", "ScaleUpLimit");
    example(6, 20, 10).gives(10, "ReadyForNewScale", "TooManyReplicas");
    example(4, 0, 10).at_least(2).recommended(9, 301).gives(
        2,
        "ReadyForNewScale",
        "TooFewReplicas",
    );
}

#[test]
fn without_behavior_old_recommendations_may_even_raise_the_count() {
    let raised = example(4, 4, 10).recommended(8, 100);
    let raised = raised.gives(8, "ScaleDownStabilized", "DesiredWithinRange");
    assert_eq!(raised.stabilization.winner, Some((8, ago(100))));

    let mut example = example(5, 2, 10).recommended(8, 100).recommended(4, 310);
    assert_eq!(example.normalize().desired, 8);
    assert_eq!(
        example.memory.recommended(),
        [(8, ago(100)), (2, NOW)],
        "an old slot is used again"
    );
}

#[test]
fn the_window_includes_its_start_without_behavior_and_excludes_it_with() {
    example(8, 2, 10).recommended(8, 300).gives(8, "ScaleDownStabilized", "DesiredWithinRange");
    example(8, 2, 10).recommended(8, 301).gives(2, "ReadyForNewScale", "DesiredWithinRange");
    example(8, 2, 10).behaves_by_default().recommended(8, 300).gives(
        2,
        "ReadyForNewScale",
        "DesiredWithinRange",
    );
}

#[test]
fn an_empty_behavior_is_not_the_same_as_none() {
    example(1, 9, 10).behaves_by_default().gives(5, "ReadyForNewScale", "ScaleUpLimit");
    example(3, 20, 100).behaves_by_default().gives(7, "ReadyForNewScale", "ScaleUpLimit");
    example(4, 4, 10).behaves_by_default().recommended(8, 100).gives(
        4,
        "ReadyForNewScale",
        "DesiredWithinRange",
    );
}

#[test]
fn percent_policies_round_with_the_noise_of_floats() {
    let up = rules(vec![policy("Percent", 10, 60)]);
    let limited = example(100, 200, 500).scales_up_by(up);
    limited.gives(111, "ReadyForNewScale", "ScaleUpLimit");

    let mut down = rules(vec![policy("Percent", 90, 60)]);
    down.stabilization_window_seconds = Some(0);
    example(100, 1, 200).scales_down_by(down).gives(9, "ReadyForNewScale", "ScaleDownLimit");
}

#[test]
fn a_policy_counts_from_the_size_at_the_start_of_its_period() {
    let mut down = rules(vec![policy("Percent", 10, 60)]);
    down.stabilization_window_seconds = Some(0);
    let again = example(90, 10, 200).scales_down_by(down).scaled(100, 90, 15);
    let told = again.gives(90, "ReadyForNewScale", "ScaleDownLimit");
    let policy_of = |told: &Normalized| told.limit.rate.and_then(|rate| rate.policy);
    assert_eq!(policy_of(&told).map(|policy| policy.period_start_replicas), Some(100));

    let up = example(14, 30, 99).scales_up_by(rules(vec![policy("Pods", 4, 60)]));
    let up = up.scaled(4, 10, 70).scaled(10, 14, 45);
    up.gives(14, "ReadyForNewScale", "ScaleUpLimit");

    // What was removed gives room.
    let up = example(8, 30, 99).scales_up_by(rules(vec![policy("Pods", 2, 60)]));
    up.scaled(13, 8, 20).gives(15, "ReadyForNewScale", "ScaleUpLimit");

    // An event exactly one period old does not count.
    let up = example(14, 30, 99).scales_up_by(rules(vec![policy("Pods", 4, 60)]));
    up.scaled(10, 14, 60).gives(18, "ReadyForNewScale", "ScaleUpLimit");
}

#[test]
fn the_policy_is_selected_that_allows_most_or_least() {
    let policies = vec![policy("Pods", 4, 60), policy("Percent", 100, 60)];
    let of = |word: &str| HpaScalingRules {
        select_policy: Some(word.to_owned()),
        ..rules(policies.clone())
    };
    let least = example(10, 50, 99).scales_up_by(of("Min"));
    let told = least.gives(14, "ReadyForNewScale", "ScaleUpLimit");
    let policy = told.limit.rate.and_then(|rate| rate.policy);
    assert_eq!(policy.map(|policy| policy.index), Some(0));
    example(10, 50, 99).scales_up_by(of("Max")).gives(20, "ReadyForNewScale", "ScaleUpLimit");
    example(5, 9, 10).scales_up_by(of("Disabled")).gives(5, "ReadyForNewScale", "ScaleUpLimit");
}

#[test]
fn windows_hold_the_count_where_it_is() {
    let up =
        HpaScalingRules { stabilization_window_seconds: Some(60), ..HpaScalingRules::default() };
    let held = example(5, 9, 10).scales_up_by(up).recommended(5, 30);
    held.gives(5, "ScaleUpStabilized", "DesiredWithinRange");

    let held = example(8, 2, 10).behaves_by_default().recommended(8, 250).recommended(3, 20);
    let told = held.gives(8, "ScaleDownStabilized", "DesiredWithinRange");
    assert_eq!(told.stabilization.winner, Some((8, ago(250))));
    assert_eq!(told.stabilization.window, FLAG);
}

#[test]
fn a_policy_of_huge_value_allows_nothing_because_it_wraps() {
    let up = rules(vec![policy("Pods", i32::MAX, 60)]);
    example(5, 9, 10).scales_up_by(up).gives(5, "ReadyForNewScale", "ScaleUpLimit");
}

fn any_rules() -> impl Strategy<Value = HpaScalingRules> {
    let policy = (prop::bool::ANY, 1..=i32::MAX, 1..=1800).prop_map(|(pods, value, seconds)| {
        policy(if pods { "Pods" } else { "Percent" }, value, seconds)
    });
    let select = prop::sample::select(vec!["Max", "Min", "Disabled"]);
    (0..=3600, select, prop::collection::vec(policy, 1..4)).prop_map(
        |(window, select, policies)| HpaScalingRules {
            stabilization_window_seconds: Some(window),
            select_policy: Some(select.to_owned()),
            ..rules(policies)
        },
    )
}

fn any_behavior() -> impl Strategy<Value = Option<HorizontalPodAutoscalerBehavior>> {
    let direction = || prop::option::of(any_rules());
    let behavior = (direction(), direction()).prop_map(|(scale_up, scale_down)| {
        HorizontalPodAutoscalerBehavior { scale_up, scale_down }
    });
    prop::option::of(behavior)
}

proptest! {
    /// Whatever is asked and remembered, the count stays within its bounds once it is there, and
    /// the reason says whether a limit held it back.
    #[test]
    fn the_count_stays_within_its_bounds(
        behavior in any_behavior(),
        min in 0..20_i32,
        room in 0..2000_i32,
        current in 0.0..=1.0,
        asked in prop::collection::vec((0..=i32::MAX, 1..120_i64), 1..60),
    ) {
        let mut example = example(min + (f64::from(room) * current) as i32, 0, min + room);
        example.proposal.min = min;
        example.behavior = behavior.as_ref().map(|behavior| Behavior::new(behavior, FLAG));
        for (desired, seconds) in asked {
            example.proposal.desired = desired;
            example.proposal.now += SimDuration::from_secs(seconds);
            let former = example.proposal.current;
            let normalized = example.normalize();
            let new = normalized.desired;
            prop_assert!((min..=min + room).contains(&new), "{new}");
            prop_assert_eq!(normalized.is_limited(), new != normalized.stabilization.value);
            if new != former {
                example.proposal.current = new;
                if let Some(behavior) = &example.behavior {
                    let now = example.proposal.now;
                    example.memory.store_scale_event(behavior, former, new, now);
                }
            }
        }
    }
}
