//! Names in a Scenario -> objects of the manifests.

use crate::api::meta::{ObjectMeta, StringMap};
use crate::diagnostic::{Diagnostic, Span};
use crate::manifest::Manifests;
use crate::manifest::suggest::nearest;
use crate::scenario::file::read::At;
use crate::scenario::file::scalar::ObjectName;

use super::Checker;

/// Why a name does not lead to one object.
#[derive(Clone, Debug, PartialEq, Eq)]
enum NotFound {
    /// No object has this name.
    Absent,
    /// Several have it, in these namespaces.
    Ambiguous(Vec<String>),
}

impl Checker<'_> {
    /// The place of a Deployment; reports when there is none.
    pub(super) fn deployment(&mut self, name: &At<ObjectName>) -> Option<u32> {
        let deployments = &self.input.objects.deployments;
        let all: Vec<&ObjectMeta> =
            deployments.iter().map(|loaded| &loaded.object.metadata).collect();
        self.named("Deployment", &name.value, &name.span, &all)
    }

    /// The place of a Service; reports when there is none.
    pub(super) fn service(&mut self, name: &At<ObjectName>) -> Option<u32> {
        let services = &self.input.objects.services;
        let all: Vec<&ObjectMeta> = services.iter().map(|loaded| &loaded.object.metadata).collect();
        self.named("Service", &name.value, &name.span, &all)
    }

    /// The place of an HPA; reports when there is none.
    pub(super) fn hpa(&mut self, name: &At<ObjectName>) -> Option<u32> {
        let hpas = &self.input.objects.hpas;
        let all: Vec<&ObjectMeta> = hpas.iter().map(|loaded| &loaded.object.metadata).collect();
        self.named("HorizontalPodAutoscaler", &name.value, &name.span, &all)
    }

    /// The place of a budget; reports when there is none.
    pub(super) fn pdb(&mut self, name: &At<ObjectName>) -> Option<u32> {
        let pdbs = &self.input.objects.pdbs;
        let all: Vec<&ObjectMeta> = pdbs.iter().map(|loaded| &loaded.object.metadata).collect();
        self.named("PodDisruptionBudget", &name.value, &name.span, &all)
    }

    fn named(
        &mut self,
        kind: &str,
        name: &ObjectName,
        span: &Span,
        all: &[&ObjectMeta],
    ) -> Option<u32> {
        match find(name, all.iter().copied()) {
            Ok(place) => return Some(place as u32),
            Err(NotFound::Absent) => self.report(
                Diagnostic::error("unknown-object", format!("no {kind} is called `{name}`"))
                    .at(span.clone(), "")
                    .help(known_names(kind, name, all)),
            ),
            Err(NotFound::Ambiguous(namespaces)) => self.report(
                Diagnostic::error(
                    "ambiguous-object",
                    format!("several {kind}s are called `{name}`"),
                )
                .at(span.clone(), format!("in the namespaces {}", namespaces.join(", ")))
                .help(format!("write the namespace too: `{}/{}`", namespaces[0], name.name)),
            ),
        }
        None
    }
}

fn known_names(kind: &str, name: &ObjectName, all: &[&ObjectMeta]) -> String {
    if let Some(near) = nearest(&name.name, all.iter().map(|metadata| metadata.name.as_str())) {
        return format!("did you mean `{near}`?");
    }
    let mut names: Vec<&str> = all.iter().take(8).map(|metadata| metadata.name.as_str()).collect();
    if all.len() > names.len() {
        names.push("...");
    }
    match names.as_slice() {
        [] => format!("the manifests have no {kind}"),
        names => format!("the manifests have {}", names.join(", ")),
    }
}

/// The place of the one object of that name; a name without a namespace may be in any.
fn find<'m>(
    name: &ObjectName,
    all: impl Iterator<Item = &'m ObjectMeta>,
) -> Result<usize, NotFound> {
    let fits = |metadata: &ObjectMeta| {
        metadata.name == name.name
            && name.namespace.as_ref().is_none_or(|namespace| metadata.namespace == *namespace)
    };
    let found: Vec<_> = all.enumerate().filter(|(_, metadata)| fits(metadata)).collect();
    match found.as_slice() {
        [] => Err(NotFound::Absent),
        [(place, _)] => Ok(*place),
        several => {
            let namespaces = several.iter().map(|(_, metadata)| metadata.namespace.clone());
            Err(NotFound::Ambiguous(namespaces.collect()))
        }
    }
}

/// The Deployments whose pods have all of these labels.
pub(super) fn selected(objects: &Manifests, namespace: &str, selector: &StringMap) -> Vec<u32> {
    let deployments = objects.deployments.iter().enumerate();
    deployments
        .filter(|(_, loaded)| {
            let labels = &loaded.object.spec.template.metadata.labels;
            !selector.is_empty()
                && loaded.object.metadata.namespace == namespace
                && selector.iter().all(|(key, value)| labels.get(key) == Some(value))
        })
        .map(|(place, _)| place as u32)
        .collect()
}
