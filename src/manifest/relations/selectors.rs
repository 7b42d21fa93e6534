//! Selectors that select nobody, or somebody else's pods.

use std::collections::BTreeMap;

use super::scaled;
use crate::api::apps::Deployment;
use crate::api::autoscaling::HorizontalPodAutoscaler;
use crate::api::core::Service;
use crate::api::labels::Selector;
use crate::api::meta::{LabelSelector, ObjectMeta, StringMap};
use crate::diagnostic::Diagnostic;
use crate::manifest::set::{Loaded, Manifests, Origin};

/// Labels of the pods that there will be, by namespace.
type PodLabels<'m> = BTreeMap<&'m str, Vec<&'m StringMap>>;

pub(super) fn check(manifests: &Manifests) -> Vec<Diagnostic> {
    let pods = pod_labels(manifests);
    let mut findings = ambiguous(manifests);
    findings.extend(
        manifests.services.iter().filter_map(|service| check_service(manifests, &pods, service)),
    );
    for budget in &manifests.pdbs {
        let metadata = &budget.object.metadata;
        let selector = Selector::from_label_selector(budget.object.spec.selector.as_ref());
        if !selects_any(&pods, &metadata.namespace, &selector) {
            findings.push(nobody(manifests, budget.origin, "pdb-without-pods"));
        }
    }
    findings
}

fn pod_labels(manifests: &Manifests) -> PodLabels<'_> {
    let mut pods = PodLabels::new();
    let deployments = manifests
        .deployments
        .iter()
        .map(|loaded| (&loaded.object.metadata, &loaded.object.spec.template.metadata.labels));
    let others = manifests
        .other_workloads
        .iter()
        .map(|loaded| (&loaded.object.metadata, &loaded.object.template_labels));
    let single = manifests
        .pods
        .iter()
        .map(|loaded| (&loaded.object.metadata, &loaded.object.metadata.labels));
    let all = deployments.chain(others).chain(single);
    all.for_each(|(metadata, labels): (&ObjectMeta, _)| {
        pods.entry(&metadata.namespace).or_default().push(labels);
    });
    pods
}

fn selects_any(pods: &PodLabels<'_>, namespace: &str, selector: &Selector) -> bool {
    pods.get(namespace).is_some_and(|pods| pods.iter().any(|labels| selector.matches(labels)))
}

fn check_service(
    manifests: &Manifests,
    pods: &PodLabels<'_>,
    service: &Loaded<Service>,
) -> Option<Diagnostic> {
    let spec = &service.object.spec;
    if spec.selector.is_empty() || spec.type_.as_deref() == Some("ExternalName") {
        return None;
    }
    let namespace = service.object.metadata.namespace.as_str();
    let selector = LabelSelector { match_labels: spec.selector.clone(), ..Default::default() };
    let selector = Selector::from_label_selector(Some(&selector));
    if selects_any(pods, namespace, &selector) {
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
/// cannot tell which of them is in charge.
fn ambiguous(manifests: &Manifests) -> Vec<Diagnostic> {
    let scaled: Vec<_> = scaled(manifests).collect();
    let mut findings = Vec::new();
    for (index, first) in scaled.iter().enumerate() {
        // Each HPA is reported once, together with all others on its pods.
        let earlier = scaled[..index].iter().any(|other| share_pods(first, other));
        let rivals: Vec<_> =
            scaled[index + 1..].iter().filter(|other| share_pods(first, other)).collect();
        if earlier || rivals.is_empty() {
            continue;
        }
        let mut names: Vec<String> = rivals
            .iter()
            .map(|(hpa, _)| hpa.object.metadata.namespaced_name().to_string())
            .chain([first.0.object.metadata.namespaced_name().to_string()])
            .collect();
        names.sort();
        let message = format!(
            "pods of Deployment `{}` are controlled by multiple HPAs: [{}]",
            first.1.object.metadata.name,
            names.join(" ")
        );
        let place = manifests.locate(first.0.origin, "spec.scaleTargetRef.name");
        let mut finding = Diagnostic::error("hpa-ambiguous-selector", message)
            .at(place.span, "one HPA scales these pods")
            .help("none of them will scale anything; keep one, with all metrics in it");
        for (rival, _) in &rivals {
            let place = manifests.locate(rival.origin, "spec.scaleTargetRef.name");
            finding = finding.beside(place.span, "and another one");
        }
        findings.push(finding);
    }
    findings
}

type Scaled<'m> = (&'m Loaded<HorizontalPodAutoscaler>, &'m Loaded<Deployment>);

/// Whether the selector of one target selects pods of the other.
fn share_pods(first: &Scaled<'_>, second: &Scaled<'_>) -> bool {
    let (first, second) = (&first.1.object, &second.1.object);
    let selects = |one: &Deployment, other: &Deployment| {
        Selector::from_label_selector(one.spec.selector.as_ref())
            .matches(&other.spec.template.metadata.labels)
    };
    first.metadata.namespace == second.metadata.namespace
        && (selects(first, second) || selects(second, first))
}
