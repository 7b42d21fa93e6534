//! `spec.behavior` as the controller takes it, with what upstream fills in.

use super::memory::ScaleEvent;
use crate::api::autoscaling::{HorizontalPodAutoscalerSpec, HpaScalingPolicy, HpaScalingRules};
use crate::api::quantity::Quantity;
use crate::kube::controllers::podautoscaler::config::HpaControllerConfiguration;
use crate::kube::controllers::podautoscaler::decision::PolicyType;
use crate::units::{SimDuration, SimTime};

/// Up or down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Direction {
    Up,
    Down,
}

/// Which of several policies wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Select {
    Max,
    Min,
    Disabled,
}

/// One policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Policy {
    pub(in super::super) type_: PolicyType,
    pub(in super::super) value: i32,
    pub(in super::super) period: SimDuration,
}

/// Policies of a direction, and how one is chosen.
#[derive(Clone, Debug)]
pub(in super::super) struct Policies {
    pub(in super::super) select: Select,
    pub(in super::super) list: Vec<Policy>,
}

/// Rules of one direction. Without `behavior` there are no policies.
#[derive(Clone, Debug)]
pub(in super::super) struct Rules {
    pub(in super::super) window: SimDuration,
    pub(in super::super) tolerance: f64,
    pub(in super::super) policies: Option<Policies>,
}

impl Rules {
    /// The rules of an HPA.
    pub(in super::super) fn of(
        spec: &HorizontalPodAutoscalerSpec,
        config: &HpaControllerConfiguration,
        direction: Direction,
    ) -> Rules {
        let behavior = spec.behavior.as_ref();
        let own = behavior.and_then(|behavior| match direction {
            Direction::Up => behavior.scale_up.as_ref(),
            Direction::Down => behavior.scale_down.as_ref(),
        });
        let fallback = match direction {
            Direction::Up => SimDuration::ZERO,
            // The flag counts in whole seconds where there is a behavior.
            Direction::Down if behavior.is_some() => {
                SimDuration::from_secs(config.downscale_stabilization.as_millis() / 1000)
            }
            Direction::Down => config.downscale_stabilization,
        };
        let window = own.and_then(|own| own.stabilization_window_seconds);
        Rules {
            window: window.map_or(fallback, |seconds| SimDuration::from_secs(i64::from(seconds))),
            tolerance: tolerance(own, config),
            policies: behavior.map(|_| Policies::new(own, direction)),
        }
    }
}

/// A tolerance as the API server stores it, where the gate lets an HPA have its own.
fn tolerance(own: Option<&HpaScalingRules>, config: &HpaControllerConfiguration) -> f64 {
    let own = own.and_then(|own| own.tolerance.as_ref());
    let own = own.filter(|_| config.feature_gates.configurable_tolerance);
    own.map_or(config.tolerance, |own| {
        let stored = Quantity::parse(&own.canonical());
        stored.as_ref().unwrap_or(own).as_approximate_f64()
    })
}

impl Policies {
    fn new(own: Option<&HpaScalingRules>, direction: Direction) -> Policies {
        let select = match own.and_then(|own| own.select_policy.as_deref()) {
            Some("Disabled") => Select::Disabled,
            Some("Min") => Select::Min,
            _ => Select::Max,
        };
        let policy = |type_, value| {
            let period = SimDuration::from_secs(15);
            Policy { type_, value, period }
        };
        let list = match (own.and_then(|own| own.policies.as_deref()), direction) {
            (Some(own), _) => own.iter().filter_map(Policy::new).collect(),
            (None, Direction::Up) => {
                vec![policy(PolicyType::Pods, 4), policy(PolicyType::Percent, 100)]
            }
            (None, Direction::Down) => vec![policy(PolicyType::Percent, 100)],
        };
        Policies { select, list }
    }

    /// Each policy in words.
    pub(in super::super) fn words(&self) -> Vec<String> {
        self.list.iter().map(Policy::words).collect()
    }

    /// The limit of all policies at an instant, after some changes of the scale that led to the
    /// current count.
    pub(in super::super) fn limit_at(
        &self,
        direction: Direction,
        events: &[ScaleEvent],
        current: i32,
        at: SimTime,
    ) -> Option<i32> {
        let start = |period: SimDuration| {
            let from = at - period;
            let recent = events.iter().filter(|event| event.at > from);
            recent.fold(current, |count, event| count.wrapping_sub(event.change))
        };
        let limits = self.list.iter().map(|policy| policy.limit(direction, start(policy.period)));
        match (self.select, direction) {
            (Select::Disabled, _) => None,
            (Select::Max, Direction::Up) | (Select::Min, Direction::Down) => limits.max(),
            (Select::Min, Direction::Up) | (Select::Max, Direction::Down) => limits.min(),
        }
    }
}

impl Policy {
    fn new(policy: &HpaScalingPolicy) -> Option<Policy> {
        let type_ = match policy.type_.as_str() {
            "Pods" => PolicyType::Pods,
            "Percent" => PolicyType::Percent,
            _ => return None,
        };
        let period = SimDuration::from_secs(i64::from(policy.period_seconds));
        Some(Policy { type_, value: policy.value, period })
    }

    /// The furthest count that it allows from a count at the start of its period.
    pub(in super::super) fn limit(&self, direction: Direction, start: i32) -> i32 {
        let share = f64::from(self.value) / 100.0;
        match (self.type_, direction) {
            (PolicyType::Pods, Direction::Up) => start.saturating_add(self.value),
            (PolicyType::Pods, Direction::Down) => start.saturating_sub(self.value),
            (PolicyType::Percent, Direction::Up) => {
                (f64::from(start) * (1.0 + share)).ceil() as i32
            }
            (PolicyType::Percent, Direction::Down) => (f64::from(start) * (1.0 - share)) as i32,
        }
    }

    /// `Percent 100 in 15s`.
    pub(in super::super) fn words(&self) -> String {
        let type_ = match self.type_ {
            PolicyType::Pods => "Pods",
            PolicyType::Percent => "Percent",
        };
        format!("{type_} {} in {}", self.value, self.period)
    }
}

impl Direction {
    /// The field of `behavior`.
    pub(in super::super) fn field(self) -> &'static str {
        match self {
            Direction::Up => "scaleUp",
            Direction::Down => "scaleDown",
        }
    }
}
