//! PodDisruptionBudget of `policy/v1beta1`. Mirrors `pkg/apis/policy/v1beta1/conversion.go`
//! (v1.36).

use crate::api::meta::{LabelSelector, LabelSelectorRequirement};
use crate::api::policy::PodDisruptionBudget;

/// The label key by which the two meanings of an empty selector are told apart.
const EMPTY_SELECTOR_KEY: &str = "pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match";

/// Rewrites the selector: in the old version an empty one selects no pods, in the new one all.
pub(in crate::manifest) fn convert_policy_v1beta1(budget: &mut PodDisruptionBudget) {
    let Some(selector) = &mut budget.spec.selector else { return };
    if selector.match_labels.is_empty() && selector.match_expressions.is_empty() {
        selector.match_expressions.push(requirement("Exists"));
    } else if *selector == selects_all() {
        *selector = LabelSelector::default();
    } else {
        selector.match_expressions.retain(|expression| expression.key != EMPTY_SELECTOR_KEY);
    }
}

fn requirement(operator: &str) -> LabelSelectorRequirement {
    LabelSelectorRequirement {
        key: EMPTY_SELECTOR_KEY.to_owned(),
        operator: operator.to_owned(),
        values: Vec::new(),
    }
}

fn selects_all() -> LabelSelector {
    LabelSelector {
        match_expressions: vec![requirement("DoesNotExist")],
        ..LabelSelector::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_selector_of_the_old_version_selects_no_pods() {
        let mut budget = PodDisruptionBudget::default();
        budget.spec.selector = Some(LabelSelector::default());
        convert_policy_v1beta1(&mut budget);
        let selector = budget.spec.selector.clone().expect("it was there");
        assert_eq!(selector.match_expressions, [requirement("Exists")]);

        budget.spec.selector = Some(selects_all());
        convert_policy_v1beta1(&mut budget);
        assert_eq!(budget.spec.selector, Some(LabelSelector::default()));
    }
}
