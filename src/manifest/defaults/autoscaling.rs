//! Mirrors `pkg/apis/autoscaling/v2/defaults.go` (v1.36).

use crate::api::autoscaling::{
    HorizontalPodAutoscalerSpec, HpaScalingPolicy, HpaScalingRules, MetricSpec, MetricTarget,
    ResourceMetricSource,
};

/// `DefaultCPUUtilization` [% of the request].
pub const DEFAULT_CPU_UTILIZATION: i32 = 80;

/// `SetDefaults_HorizontalPodAutoscaler`: one replica at least, cpu at 80 % if nothing is measured,
/// and a behavior that is there is completed. A behavior that is absent stays absent.
pub fn default_horizontal_pod_autoscaler(spec: &mut HorizontalPodAutoscalerSpec) {
    spec.min_replicas.get_or_insert(1);
    if spec.metrics.as_ref().is_none_or(Vec::is_empty) {
        spec.metrics = Some(vec![cpu_utilization(DEFAULT_CPU_UTILIZATION)]);
    }
    if let Some(behavior) = &mut spec.behavior {
        behavior.scale_up = Some(generate_hpa_scale_up_rules(behavior.scale_up.take()));
        behavior.scale_down = Some(generate_hpa_scale_down_rules(behavior.scale_down.take()));
    }
}

/// A metric that holds the cpu usage at a percentage of the requests.
pub fn cpu_utilization(percent: i32) -> MetricSpec {
    let target = MetricTarget {
        type_: "Utilization".to_owned(),
        average_utilization: Some(percent),
        ..MetricTarget::default()
    };
    MetricSpec {
        type_: "Resource".to_owned(),
        resource: Some(ResourceMetricSource { name: "cpu".to_owned(), target }),
        ..MetricSpec::default()
    }
}

/// `GenerateHPAScaleUpRules`: the rules with everything filled in that is absent.
pub fn generate_hpa_scale_up_rules(rules: Option<HpaScalingRules>) -> HpaScalingRules {
    let policies = vec![policy("Pods", 4), policy("Percent", 100)];
    copy_hpa_scaling_rules(rules, Some(0), policies)
}

/// `GenerateHPAScaleDownRules`: the rules with everything filled in that is absent, but for the
/// window, which is the controller's to choose.
pub fn generate_hpa_scale_down_rules(rules: Option<HpaScalingRules>) -> HpaScalingRules {
    copy_hpa_scaling_rules(rules, None, vec![policy("Percent", 100)])
}

fn policy(type_: &str, value: i32) -> HpaScalingPolicy {
    HpaScalingPolicy { type_: type_.to_owned(), value, period_seconds: 15 }
}

/// `copyHPAScalingRules`. A list of policies that is there stays, even if it is empty.
fn copy_hpa_scaling_rules(
    rules: Option<HpaScalingRules>,
    window_seconds: Option<i32>,
    policies: Vec<HpaScalingPolicy>,
) -> HpaScalingRules {
    let rules = rules.unwrap_or_default();
    HpaScalingRules {
        stabilization_window_seconds: rules.stabilization_window_seconds.or(window_seconds),
        select_policy: rules.select_policy.or_else(|| Some("Max".to_owned())),
        policies: rules.policies.or(Some(policies)),
        tolerance: rules.tolerance,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::autoscaling::HorizontalPodAutoscalerBehavior;

    #[test]
    fn an_absent_behavior_stays_absent_and_an_empty_one_is_completed() {
        let mut spec = HorizontalPodAutoscalerSpec::default();
        default_horizontal_pod_autoscaler(&mut spec);
        assert_eq!((spec.min_replicas, spec.behavior.is_none()), (Some(1), true));

        spec.behavior = Some(HorizontalPodAutoscalerBehavior::default());
        default_horizontal_pod_autoscaler(&mut spec);
        let behavior = spec.behavior.expect("it was there");
        let down = behavior.scale_down.expect("it was filled in");
        assert_eq!(down.stabilization_window_seconds, None);
        let up = behavior.scale_up.expect("it was filled in");
        assert_eq!(up.policies.map(|policies| policies.len()), Some(2));
    }
}
