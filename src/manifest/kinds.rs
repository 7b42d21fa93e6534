//! Which kinds there are, in which versions, and which of them play a part.

use super::compose;
use super::suggest::nearest;

/// What a kind is to a simulation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Simulated.
    Deployment,
    /// Simulated.
    HorizontalPodAutoscaler,
    /// Simulated.
    PodDisruptionBudget,
    /// Simulated.
    Service,
    /// Simulated.
    Node,
    /// Simulated.
    Pod,
    /// Has pods, but is not simulated yet.
    OtherWorkload,
    /// Plays no part.
    None,
    /// Services of Docker Swarm.
    Compose,
    /// An instruction for kustomize.
    Kustomization,
    /// Makes an HPA when its operator reads it.
    ScaledObject,
    /// A scenario for this program, which belongs elsewhere on the command line.
    Scenario,
}

/// A kind that plays a part, and the versions that are read.
struct Known {
    kind: &'static str,
    role: Role,
    versions: &'static [&'static str],
}

const APPS: [&str; 4] = ["apps/v1", "apps/v1beta2", "apps/v1beta1", "extensions/v1beta1"];

const KNOWN: [Known; 11] = [
    Known { kind: "Deployment", role: Role::Deployment, versions: &APPS },
    Known {
        kind: "HorizontalPodAutoscaler",
        role: Role::HorizontalPodAutoscaler,
        versions: &[
            "autoscaling/v2",
            "autoscaling/v1",
            "autoscaling/v2beta2",
            "autoscaling/v2beta1",
        ],
    },
    Known {
        kind: "PodDisruptionBudget",
        role: Role::PodDisruptionBudget,
        versions: &["policy/v1", "policy/v1beta1"],
    },
    Known { kind: "Service", role: Role::Service, versions: &["v1"] },
    Known { kind: "Node", role: Role::Node, versions: &["v1"] },
    Known { kind: "Pod", role: Role::Pod, versions: &["v1"] },
    Known { kind: "StatefulSet", role: Role::OtherWorkload, versions: &APPS },
    Known { kind: "ReplicaSet", role: Role::OtherWorkload, versions: &APPS },
    Known { kind: "DaemonSet", role: Role::OtherWorkload, versions: &APPS },
    Known { kind: "ReplicationController", role: Role::OtherWorkload, versions: &["v1"] },
    Known { kind: "Rollout", role: Role::OtherWorkload, versions: &["argoproj.io/v1alpha1"] },
];

/// Kinds of Kubernetes' own groups that play no part.
const OWN_WITHOUT_PART: [&str; 24] = [
    "Binding",
    "ComponentStatus",
    "ConfigMap",
    "ControllerRevision",
    "DeploymentRollback",
    "Endpoints",
    "Event",
    "Eviction",
    "Ingress",
    "LimitRange",
    "Namespace",
    "NetworkPolicy",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "PodSecurityPolicy",
    "PodTemplate",
    "ResourceQuota",
    "Scale",
    "Secret",
    "ServiceAccount",
    "Status",
    "ThirdPartyResource",
    "WatchEvent",
    "DeleteOptions",
];

/// Why a kind cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NoMatch {
    /// What to write instead.
    pub(super) help: String,
}

/// What a kind is; an error for kinds of Kubernetes' own groups that do not exist.
pub(super) fn role(api_version: &str, kind: &str) -> Result<Role, NoMatch> {
    let group = group_of(api_version);
    match (group, kind) {
        (_, compose::KIND) if api_version == compose::API_VERSION => return Ok(Role::Compose),
        ("kustomize.config.k8s.io", _) => return Ok(Role::Kustomization),
        ("keda.sh", "ScaledObject") => return Ok(Role::ScaledObject),
        ("podtide.dev", _) => return Ok(Role::Scenario),
        _ => {}
    }
    if let Some(known) = KNOWN.iter().find(|known| known.kind == kind) {
        if known.versions.contains(&api_version) {
            return Ok(known.role);
        }
        if is_own_group(group) {
            let help = format!("write `apiVersion: {}`", known.versions[0]);
            return Err(NoMatch { help });
        }
        return Ok(Role::None);
    }
    if !is_own_group(group) || OWN_WITHOUT_PART.contains(&kind) {
        return Ok(Role::None);
    }
    match nearest(kind, KNOWN.iter().map(|known| known.kind)) {
        Some(near) => Err(NoMatch { help: format!("did you mean `kind: {near}`?") }),
        None => Ok(Role::None),
    }
}

/// The version to write for a kind, if it is one that plays a part.
pub(super) fn current_version(kind: &str) -> Option<&'static str> {
    KNOWN.iter().find(|known| known.kind == kind).map(|known| known.versions[0])
}

/// The group of an `apiVersion`; empty for `v1`.
pub(super) fn group_of(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}

/// Groups whose kinds are all known here.
fn is_own_group(group: &str) -> bool {
    matches!(group, "" | "apps" | "extensions" | "autoscaling" | "policy")
}

/// The kind that a word on the command line means: `deploy`, `deployments` and `Deployment` are
/// the same, as in kubectl. None if it is none that plays a part.
pub(super) fn kind_of_word(word: &str) -> Option<&'static str> {
    let lower = word.to_lowercase();
    let short = match lower.as_str() {
        "deploy" => Some("Deployment"),
        "hpa" => Some("HorizontalPodAutoscaler"),
        "pdb" => Some("PodDisruptionBudget"),
        "svc" => Some("Service"),
        "no" => Some("Node"),
        "po" => Some("Pod"),
        "sts" => Some("StatefulSet"),
        "rs" => Some("ReplicaSet"),
        "ds" => Some("DaemonSet"),
        "rc" => Some("ReplicationController"),
        "compose" => Some(compose::KIND),
        _ => None,
    };
    let plural = |kind: &str| format!("{}s", kind.to_lowercase());
    short.or_else(|| {
        let known = KNOWN.iter().map(|known| known.kind);
        known.into_iter().find(|kind| kind.to_lowercase() == lower || plural(kind) == lower)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(api_version: &str, kind: &str, expect: Result<Role, &str>) {
        let found = role(api_version, kind).map_err(|error| error.help);
        assert_eq!(found, expect.map_err(str::to_owned), "of {api_version} {kind}");
    }

    #[test]
    fn kinds_are_told_apart_by_group() {
        check("apps/v1beta1", "Deployment", Ok(Role::Deployment));
        check("v1", "Deployment", Err("write `apiVersion: apps/v1`"));
        check("apps/v1", "deployment", Err("did you mean `kind: Deployment`?"));
        check("serving.knative.dev/v1", "Service", Ok(Role::None));
        check("v1", "ConfigMap", Ok(Role::None));
        check("example.com/v1", "Deploymet", Ok(Role::None));
        check("kustomize.config.k8s.io/v1beta1", "Kustomization", Ok(Role::Kustomization));
    }

    #[test]
    fn words_mean_kinds_as_in_kubectl() {
        assert_eq!(kind_of_word("HPA"), Some("HorizontalPodAutoscaler"));
        assert_eq!(kind_of_word("deployments"), Some("Deployment"));
        assert_eq!(kind_of_word("configmap"), None);
    }
}
