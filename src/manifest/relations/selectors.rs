//! Selectors that select nobody, or somebody else's pods.

use std::collections::BTreeSet;

use super::pods::PodIndex;
use super::scaled;
use crate::api::apps::Deployment;
use crate::api::autoscaling::HorizontalPodAutoscaler;
use crate::api::core::Service;
use crate::api::labels::Selector;
use crate::api::meta::LabelSelector;
use crate::diagnostic::Diagnostic;
use crate::manifest::set::{Loaded, Manifests, Origin};

/// How many HPAs on the same pods are named.
const RIVALS_MAX: usize = 10;

pub(super) fn check(manifests: &Manifests) -> Vec<Diagnostic> {
    let pods = pods(manifests);
    let mut findings = ambiguous(manifests);
    findings.extend(
        manifests.services.iter().filter_map(|service| check_service(manifests, &pods, service)),
    );
    for budget in &manifests.pdbs {
        let metadata = &budget.object.metadata;
        let selector = Selector::from_label_selector(budget.object.spec.selector.as_ref());
        if !pods.selects_any(&metadata.namespace, &selector) {
            findings.push(nobody(manifests, budget.origin, "pdb-without-pods"));
        }
    }
    findings
}

/// The pods that there will be, whosever they are.
fn pods(manifests: &Manifests) -> PodIndex<'_, ()> {
    let mut pods = PodIndex::new();
    for loaded in &manifests.deployments {
        let deployment = &loaded.object;
        let labels = &deployment.spec.template.metadata.labels;
        pods.add(&deployment.metadata.namespace, labels, ());
    }
    for loaded in &manifests.other_workloads {
        pods.add(&loaded.object.metadata.namespace, &loaded.object.template_labels, ());
    }
    for loaded in &manifests.pods {
        let metadata = &loaded.object.metadata;
        pods.add(&metadata.namespace, &metadata.labels, ());
    }
    pods
}

fn check_service(
    manifests: &Manifests,
    pods: &PodIndex<'_, ()>,
    service: &Loaded<Service>,
) -> Option<Diagnostic> {
    let spec = &service.object.spec;
    if spec.selector.is_empty() || spec.type_.as_deref() == Some("ExternalName") {
        return None;
    }
    let namespace = service.object.metadata.namespace.as_str();
    let selector = LabelSelector { match_labels: spec.selector.clone(), ..Default::default() };
    let selector = Selector::from_label_selector(Some(&selector));
    if pods.selects_any(namespace, &selector) {
        return None;
    }
    let finding = nobody(manifests, service.origin, "service-without-pods");
    match help_for_service(manifests, service) {
        Some(help) => Some(finding.help(help)),
        None => Some(finding),
    }
}

fn nobody(manifests: &Manifests, origin: Origin, code: &'static str) -> Diagnostic {
    let tree = manifests.tree(origin);
    let message = format!("{} selects no pods of the input", tree.title());
    Diagnostic::warning(code, message)
        .at(tree.locate("spec.selector").span, "nobody has these labels")
}

/// A Deployment of the same name, and the first label in which it differs.
fn help_for_service(manifests: &Manifests, service: &Loaded<Service>) -> Option<String> {
    let metadata = &service.object.metadata;
    let deployment = manifests.deployment(&metadata.namespace, &metadata.name)?;
    let labels = &deployment.object.spec.template.metadata.labels;
    let wanted = &service.object.spec.selector;
    let (key, value) = wanted.iter().find(|(key, value)| labels.get(*key) != Some(value))?;
    let has = match labels.get(key) {
        Some(other) => format!("have `{key}: {other}`"),
        None => format!("have no label `{key}`"),
    };
    Some(format!("the pods of Deployment `{}` {has}, not `{key}: {value}`", metadata.name))
}

/// HPAs whose targets' selectors select each other's pods do nothing at all, as the controller
/// cannot tell which of them is in charge. Each group is reported once, at its first HPA.
fn ambiguous(manifests: &Manifests) -> Vec<Diagnostic> {
    let scaled: Vec<Scaled<'_>> = scaled(manifests).collect();
    let rivals = rivals(&scaled);
    let is_first = |(index, rivals): &(usize, &BTreeSet<usize>)| {
        rivals.first().is_some_and(|first| first > index)
    };
    rivals
        .iter()
        .enumerate()
        .filter(is_first)
        .map(|(index, rivals)| report_ambiguous(manifests, &scaled, index, rivals))
        .collect()
}

type Scaled<'m> = (&'m Loaded<HorizontalPodAutoscaler>, &'m Loaded<Deployment>);

/// Of each HPA those whose pods its target selects, and those whose target selects its pods.
fn rivals(scaled: &[Scaled<'_>]) -> Vec<BTreeSet<usize>> {
    let mut pods = PodIndex::new();
    for (index, (_, deployment)) in scaled.iter().enumerate() {
        let deployment = &deployment.object;
        let labels = &deployment.spec.template.metadata.labels;
        pods.add(&deployment.metadata.namespace, labels, index);
    }
    let mut rivals = vec![BTreeSet::new(); scaled.len()];
    for (index, (_, deployment)) in scaled.iter().enumerate() {
        let deployment = &deployment.object;
        let selector = Selector::from_label_selector(deployment.spec.selector.as_ref());
        let others = pods.selected(&deployment.metadata.namespace, &selector);
        for other in others.filter(|other| *other != index).take(RIVALS_MAX) {
            rivals[index].insert(other);
            rivals[other].insert(index);
        }
    }
    rivals
}

fn report_ambiguous(
    manifests: &Manifests,
    scaled: &[Scaled<'_>],
    index: usize,
    rivals: &BTreeSet<usize>,
) -> Diagnostic {
    let (hpa, deployment) = scaled[index];
    let shown: Vec<_> = rivals.iter().take(RIVALS_MAX).map(|rival| scaled[*rival].0).collect();
    let mut names: Vec<String> = shown
        .iter()
        .chain([&hpa])
        .map(|hpa| hpa.object.metadata.namespaced_name().to_string())
        .collect();
    names.sort();
    let message = format!(
        "pods of Deployment `{}` are controlled by multiple HPAs: [{}]",
        deployment.object.metadata.name,
        names.join(" ")
    );
    let place = manifests.locate(hpa.origin, "spec.scaleTargetRef.name");
    let finding = Diagnostic::error("hpa-ambiguous-selector", message)
        .at(place.span, "one HPA scales these pods")
        .help("none of them will scale anything; keep one, with all metrics in it");
    shown.iter().fold(finding, |finding, rival| {
        let place = manifests.locate(rival.origin, "spec.scaleTargetRef.name");
        finding.beside(place.span, "and another one")
    })
}
