//! How the objects of the input fit together: targets, selectors, requests.
//!
//! What is found here is what a real cluster would accept and then not do.

mod pods;
mod requests;
mod selectors;
mod targets;

use std::collections::BTreeMap;

use super::set::{Loaded, Manifests};
use crate::api::apps::Deployment;
use crate::api::autoscaling::HorizontalPodAutoscaler;
use crate::diagnostic::{Diagnostic, Severity};

/// Errors that Kubernetes reports at run time: one part does nothing, the rest runs.
const RUNS_IN_PART: [&str; 5] = [
    "hpa-ambiguous-selector",
    "hpa-dangling-target",
    "hpa-missing-request",
    "hpa-target-not-simulated",
    "service-without-pods",
];

/// Whether nothing can be simulated because of a finding: it is an error, and not one of those
/// that a real cluster would carry on with.
pub fn prevents_run(finding: &Diagnostic) -> bool {
    finding.severity == Severity::Error && !RUNS_IN_PART.contains(&finding.code)
}

/// Everything that does not fit together.
pub(super) fn check(manifests: &Manifests) -> Vec<Diagnostic> {
    let mut findings = targets::check(manifests);
    findings.extend(selectors::check(manifests));
    findings.extend(requests::check(manifests));
    findings
}

/// Deployments by namespace and name.
type ByName<'m> = BTreeMap<(&'m str, &'m str), &'m Loaded<Deployment>>;

fn by_name(manifests: &Manifests) -> ByName<'_> {
    let mut by_name = ByName::new();
    // An HPA is none of Swarm's business.
    let of_swarm = |loaded: &&Loaded<Deployment>| loaded.object.spec.strategy.swarm.is_some();
    for deployment in manifests.deployments.iter().filter(|loaded| !of_swarm(loaded)) {
        let metadata = &deployment.object.metadata;
        by_name.insert((metadata.namespace.as_str(), metadata.name.as_str()), deployment);
    }
    by_name
}

/// HPAs with the Deployment that each of them scales, if it is there.
fn scaled(
    manifests: &Manifests,
) -> impl Iterator<Item = (&Loaded<HorizontalPodAutoscaler>, &Loaded<Deployment>)> {
    let by_name = by_name(manifests);
    manifests.hpas.iter().filter_map(move |hpa| {
        let target = &hpa.object.spec.scale_target_ref;
        let name = (hpa.object.metadata.namespace.as_str(), target.name.as_str());
        let deployment = by_name.get(&name).filter(|_| target.kind == "Deployment")?;
        Some((hpa, *deployment))
    })
}
