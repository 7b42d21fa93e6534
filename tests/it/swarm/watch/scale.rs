//! The HorizontalPodAutoscaler.

use podtide::kube::apiserver::{Cluster, Fact, Write};
use podtide::kube::reason::Reason;

use super::Checked;

/// Each scale that an HPA writes lies within min..max of an HPA of that Deployment.
pub(super) fn check(cluster: &Cluster, fact: &Fact) -> Checked {
    let (Write::UpdateScale { deployment, replicas }, Reason::Hpa(_)) = (&fact.write, &fact.reason)
    else {
        return Ok(());
    };
    let object = cluster.deployment(*deployment).ok_or("an HPA scaled what does not exist")?;
    let scales = |spec: &podtide::api::autoscaling::HorizontalPodAutoscalerSpec| {
        spec.scale_target_ref.kind == "Deployment"
            && spec.scale_target_ref.name == object.metadata.name
            && (spec.min_replicas.unwrap_or(1)..=spec.max_replicas).contains(replicas)
    };
    if cluster.hpas().any(|hpa| scales(&hpa.spec)) {
        return Ok(());
    }
    Err(format!("{} was scaled to {replicas}", object.metadata.name))
}
