//! What HPAs scale: targets that are not there or not simulated, and workloads that nobody scales.

use std::collections::{BTreeMap, BTreeSet};

use super::{ByName, by_name};
use crate::api::autoscaling::HorizontalPodAutoscaler;
use crate::diagnostic::Diagnostic;
use crate::manifest::kinds::group_of;
use crate::manifest::report::{list, placeholder};
use crate::manifest::set::{Loaded, Manifests, is_named};
use crate::manifest::suggest::nearest;

/// How many HPAs without a target are reported.
const FINDINGS_MAX: usize = 100;

pub(super) fn check(manifests: &Manifests) -> Vec<Diagnostic> {
    let by_name = by_name(manifests);
    let mut findings: Vec<Diagnostic> = manifests
        .hpas
        .iter()
        .filter_map(|hpa| check_target(manifests, &by_name, hpa))
        .take(FINDINGS_MAX)
        .collect();
    findings.extend(unscaled(manifests));
    findings.extend(not_simulated(manifests));
    findings
}

fn check_target(
    manifests: &Manifests,
    by_name: &ByName<'_>,
    hpa: &Loaded<HorizontalPodAutoscaler>,
) -> Option<Diagnostic> {
    let namespace = hpa.object.metadata.namespace.as_str();
    let target = &hpa.object.spec.scale_target_ref;
    if target.name.is_empty() || target.kind.is_empty() {
        return None;
    }
    let is_deployment = by_name.contains_key(&(namespace, target.name.as_str()));
    if target.kind == "Deployment" {
        return if is_deployment {
            check_group(manifests, hpa)
        } else {
            Some(dangling(manifests, hpa))
        };
    }
    let has_other = manifests.other_workloads.iter().any(|other| {
        other.object.kind == target.kind
            && is_named(&other.object.metadata, namespace, &target.name)
    });
    if nearest(&target.kind, std::iter::once("Deployment")).is_some() {
        return Some(no_such_kind(manifests, hpa));
    }
    Some(if is_deployment && !has_other {
        dangling(manifests, hpa)
    } else {
        target_not_simulated(manifests, hpa)
    })
}

/// `deployment` and `Deployments` are no kinds.
fn no_such_kind(manifests: &Manifests, hpa: &Loaded<HorizontalPodAutoscaler>) -> Diagnostic {
    let target = &hpa.object.spec.scale_target_ref;
    let title = manifests.tree(hpa.origin).title();
    let group = group_of(&target.api_version);
    let message = format!(
        "{title} cannot scale: no matches for kind \"{}\" in group \"{group}\"",
        target.kind
    );
    let place = manifests.locate(hpa.origin, "spec.scaleTargetRef.kind");
    Diagnostic::error("hpa-dangling-target", message)
        .at(place.span, "there is no such kind")
        .help("did you mean `kind: Deployment`?")
}

/// v1.36 knows Deployments in one group only; only group and kind of a reference count.
fn check_group(manifests: &Manifests, hpa: &Loaded<HorizontalPodAutoscaler>) -> Option<Diagnostic> {
    let target = &hpa.object.spec.scale_target_ref;
    let group = group_of(&target.api_version);
    // An empty group is refused before.
    if group == "apps" || group.is_empty() {
        return None;
    }
    let place = manifests.locate(hpa.origin, "spec.scaleTargetRef.apiVersion");
    let title = manifests.tree(hpa.origin).title();
    let message =
        format!("{title} cannot scale: no matches for kind \"Deployment\" in group \"{group}\"");
    Some(
        Diagnostic::error("hpa-dangling-target", message)
            .at(place.span, "Kubernetes v1.36 has no Deployment there")
            .help("write `apiVersion: apps/v1`"),
    )
}

fn target_not_simulated(
    manifests: &Manifests,
    hpa: &Loaded<HorizontalPodAutoscaler>,
) -> Diagnostic {
    let target = &hpa.object.spec.scale_target_ref;
    let title = manifests.tree(hpa.origin).title();
    let message =
        format!("{title} scales {} `{}`, which is not simulated yet", target.kind, target.name);
    let place = manifests.locate(hpa.origin, "spec.scaleTargetRef.kind");
    Diagnostic::warning("hpa-target-not-simulated", message)
        .at(place.span, "only Deployments are simulated as targets")
        .help("the rest runs without it")
}

/// In the words of the condition that the controller would set.
fn dangling(manifests: &Manifests, hpa: &Loaded<HorizontalPodAutoscaler>) -> Diagnostic {
    let target = &hpa.object.spec.scale_target_ref;
    let tree = manifests.tree(hpa.origin);
    let name = tree.field("spec.scaleTargetRef.name");
    if let Some(finding) = name.and_then(placeholder) {
        return finding;
    }
    let resource = format!("{}s", target.kind.to_lowercase());
    let group = match group_of(&target.api_version) {
        "" => String::new(),
        group => format!(".{group}"),
    };
    let message =
        format!("{} cannot scale: {resource}{group} \"{}\" not found", tree.title(), target.name);
    let place = tree.locate("spec.scaleTargetRef.name");
    let finding = Diagnostic::error("hpa-dangling-target", message)
        .at(place.span, format!("no {} of this name is in the input", target.kind));
    match help_for_dangling(manifests, hpa) {
        Some(help) => finding.help(help),
        None => finding,
    }
}

fn help_for_dangling(
    manifests: &Manifests,
    hpa: &Loaded<HorizontalPodAutoscaler>,
) -> Option<String> {
    let namespace = hpa.object.metadata.namespace.as_str();
    let target = &hpa.object.spec.scale_target_ref;
    if target.kind != "Deployment" && manifests.deployment(namespace, &target.name).is_some() {
        return Some("did you mean `kind: Deployment`?".to_owned());
    }
    let here = manifests.deployments.iter().map(|loaded| &loaded.object.metadata);
    let elsewhere = here.clone().find(|metadata| metadata.name == target.name);
    if let Some(metadata) = elsewhere {
        let there = &metadata.namespace;
        return Some(format!(
            "a Deployment of this name is in namespace `{there}`, the HPA in `{namespace}`"
        ));
    }
    let names: Vec<&str> = here
        .filter(|metadata| metadata.namespace == namespace)
        .map(|metadata| metadata.name.as_str())
        .collect();
    let near = nearest(&target.name, names.iter().copied());
    near.map(|near| format!("did you mean `name: {near}`?"))
}

/// Deployments that no HPA scales keep their replicas; worth a note where others are scaled.
fn unscaled(manifests: &Manifests) -> Option<Diagnostic> {
    if manifests.hpas.is_empty() {
        return None;
    }
    let targets: BTreeSet<(&str, &str)> = manifests
        .hpas
        .iter()
        .map(|hpa| {
            (hpa.object.metadata.namespace.as_str(), hpa.object.spec.scale_target_ref.name.as_str())
        })
        .collect();
    let names: Vec<&str> = manifests
        .deployments
        .iter()
        .filter(|loaded| loaded.object.spec.strategy.swarm.is_none())
        .map(|loaded| &loaded.object.metadata)
        .filter(|metadata| {
            !targets.contains(&(metadata.namespace.as_str(), metadata.name.as_str()))
        })
        .map(|metadata| metadata.name.as_str())
        .collect();
    let message = match names.as_slice() {
        [] => return None,
        [name] => format!("Deployment `{name}` has no HPA and keeps its replicas"),
        names => {
            format!(
                "{} Deployments have no HPA and keep their replicas: {}",
                names.len(),
                list(names)
            )
        }
    };
    Some(Diagnostic::note("workload-without-hpa", message))
}

/// Workloads that are there and will not be played, by kind.
fn not_simulated(manifests: &Manifests) -> Vec<Diagnostic> {
    let mut by_kind: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for other in &manifests.other_workloads {
        by_kind.entry(&other.object.kind).or_default().push(&other.object.metadata.name);
    }
    let note = |(kind, names): (&str, Vec<&str>)| {
        let message = format!("{kind} is not simulated yet: {}", list(&names));
        Diagnostic::note("workload-not-simulated", message)
    };
    by_kind.into_iter().map(note).collect()
}
