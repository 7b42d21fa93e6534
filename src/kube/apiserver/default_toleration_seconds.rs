//! Mirrors plugin/pkg/admission/defaulttolerationseconds/admission.go (v1.36): pods stand a node
//! that is not ready, or not reachable, for a while. What the plugin adds to a pod is worked out
//! where it is asked for, so that pods share their templates. Left out: its flags
//! (`--default-not-ready-toleration-seconds`, `--default-unreachable-toleration-seconds`).

use crate::api::core::{PodSpec, Toleration};
use crate::kube::objects::node::taint;

/// For how long, when the pod does not say \[s\].
pub const DEFAULT_TOLERATION_SECONDS: i64 = 300;

/// All tolerations that a pod of that spec has: its own first.
pub fn tolerations_of(spec: &PodSpec) -> Vec<Toleration> {
    let mut tolerations = spec.tolerations.clone();
    for key in [taint::NOT_READY, taint::UNREACHABLE] {
        if !spec.tolerations.iter().any(|own| covers(own, key)) {
            tolerations.push(Toleration {
                key: key.to_owned(),
                operator: "Exists".to_owned(),
                effect: taint::NO_EXECUTE.to_owned(),
                toleration_seconds: Some(DEFAULT_TOLERATION_SECONDS),
                ..Toleration::default()
            });
        }
    }
    tolerations
}

fn covers(toleration: &Toleration, key: &str) -> bool {
    let effect = toleration.effect.as_str();
    (toleration.key == key || toleration.key.is_empty())
        && (effect == taint::NO_EXECUTE || effect.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_missing_is_added() {
        let keys = |own: &[Toleration]| {
            let spec = PodSpec { tolerations: own.to_vec(), ..PodSpec::default() };
            let all = tolerations_of(&spec);
            all[own.len()..].iter().map(|added| added.key.clone()).collect::<Vec<_>>()
        };
        let own = |key: &str, effect: &str| Toleration {
            key: key.to_owned(),
            effect: effect.to_owned(),
            ..Toleration::default()
        };
        assert_eq!(keys(&[]), [taint::NOT_READY, taint::UNREACHABLE]);
        assert_eq!(keys(&[own(taint::NOT_READY, "NoExecute")]), [taint::UNREACHABLE]);
        assert_eq!(keys(&[own(taint::NOT_READY, "NoSchedule")]).len(), 2);
        assert_eq!(keys(&[own("", "")]).len(), 0);
    }
}
