//! Mirrors pkg/scheduler/framework/plugins/tainttoleration/taint_toleration.go and
//! k8s.io/component-helpers/scheduling/corev1/helpers.go (v1.36). Left out: the operators `Gt` and
//! `Lt`, whose gate is off.

use crate::api::core::{Taint, Toleration};

/// Effect that only scores see.
const PREFER_NO_SCHEDULE: &str = "PreferNoSchedule";
/// The taint that stands for a cordon.
const TAINT_NODE_UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";

/// Whether a toleration stands a taint. Mirrors `Toleration.ToleratesTaint`.
pub fn tolerates_taint(toleration: &Toleration, taint: &Taint) -> bool {
    if !toleration.effect.is_empty() && toleration.effect != taint.effect {
        return false;
    }
    if !toleration.key.is_empty() && toleration.key != taint.key {
        return false;
    }
    match toleration.operator.as_str() {
        "" | "Equal" => toleration.value == taint.value,
        "Exists" => true,
        _ => false,
    }
}

/// Whether one of the tolerations stands a taint. Mirrors `TolerationsTolerateTaint`.
pub fn tolerations_tolerate_taint(tolerations: &[Toleration], taint: &Taint) -> bool {
    tolerations.iter().any(|toleration| tolerates_taint(toleration, taint))
}

/// Whether a taint keeps pods away that do not stand it. Mirrors `DoNotScheduleTaintsFilterFunc`.
fn keeps_pods_away(taint: &Taint) -> bool {
    matches!(taint.effect.as_str(), "NoSchedule" | "NoExecute")
}

/// Whether taints keep a pod away. Mirrors `FindMatchingUntoleratedTaint`.
pub(super) fn has_untolerated_taint(taints: &[Taint], tolerations: &[Toleration]) -> bool {
    let mut hard = taints.iter().filter(|taint| keeps_pods_away(taint));
    hard.any(|taint| !tolerations_tolerate_taint(tolerations, taint))
}

/// How many taints would rather keep a pod away.
/// Mirrors `countIntolerableTaintsPreferNoSchedule`.
pub(super) fn count_intolerable_taints(taints: &[Taint], tolerations: &[Toleration]) -> i64 {
    let soft = taints.iter().filter(|taint| taint.effect == PREFER_NO_SCHEDULE);
    soft.filter(|taint| !tolerations_tolerate_taint(tolerations, taint)).count() as i64
}

/// Whether a pod may go to a cordoned node. Mirrors `NodeUnschedulable.Filter`.
pub(super) fn tolerates_unschedulable(tolerations: &[Toleration]) -> bool {
    let taint = Taint {
        key: TAINT_NODE_UNSCHEDULABLE.to_owned(),
        value: String::new(),
        effect: "NoSchedule".to_owned(),
    };
    tolerations_tolerate_taint(tolerations, &taint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taint(key: &str, value: &str, effect: &str) -> Taint {
        Taint { key: key.to_owned(), value: value.to_owned(), effect: effect.to_owned() }
    }

    fn toleration(key: &str, operator: &str, value: &str, effect: &str) -> Toleration {
        Toleration {
            key: key.to_owned(),
            operator: operator.to_owned(),
            value: value.to_owned(),
            effect: effect.to_owned(),
            toleration_seconds: None,
        }
    }

    #[test]
    fn empty_fields_of_a_toleration_match_anything() {
        let spot = taint("spot", "true", "NoSchedule");
        assert!(tolerates_taint(&toleration("", "Exists", "", ""), &spot));
        assert!(tolerates_taint(&toleration("spot", "", "true", ""), &spot));
        assert!(!tolerates_taint(&toleration("spot", "Equal", "", ""), &spot));
        assert!(!tolerates_taint(&toleration("spot", "Exists", "", "NoExecute"), &spot));
        assert!(!tolerates_taint(&toleration("spot", "Gt", "1", ""), &spot));
    }

    #[test]
    fn soft_taints_are_counted_and_hard_ones_reject() {
        let taints = [taint("a", "", "PreferNoSchedule"), taint("b", "", "PreferNoSchedule")];
        let tolerations = [toleration("a", "Exists", "", "PreferNoSchedule")];
        assert_eq!(count_intolerable_taints(&taints, &tolerations), 1);
        assert!(!has_untolerated_taint(&taints, &[]));
        assert!(has_untolerated_taint(&[taint("c", "", "NoExecute")], &tolerations));
        assert!(tolerates_unschedulable(&[toleration("", "Exists", "", "")]));
    }
}
