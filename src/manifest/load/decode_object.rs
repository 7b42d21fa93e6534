//! One tree -> one object of `api`, with what is wrong with it.

use super::{Options, plays_a_part, unknown_severity};
use crate::diagnostic::{Diagnostic, Severity};
use crate::manifest::convert;
use crate::manifest::defaults::autoscaling::default_horizontal_pod_autoscaler;
use crate::manifest::defaults::core::default_pod;
use crate::manifest::field_error::FieldError;
use crate::manifest::fields::{FieldFault, Fields, Problem};
use crate::manifest::kinds::Role;
use crate::manifest::object::ObjectTree;
use crate::manifest::report::{field_error, field_fault};
use crate::manifest::set::{Loaded, Manifests, Origin};
use crate::manifest::validation::apps::validate_deployment;
use crate::manifest::validation::autoscaling::validate_horizontal_pod_autoscaler;
use crate::manifest::validation::core::{validate_node, validate_pod, validate_service};
use crate::manifest::validation::policy::validate_pod_disruption_budget;

/// Decodes objects one by one.
pub(super) struct Decoder<'o> {
    fields: Fields,
    options: &'o Options,
}

impl<'o> Decoder<'o> {
    pub(super) fn new(options: &'o Options) -> Decoder<'o> {
        Decoder { fields: Fields::new(), options }
    }

    /// Puts an object where it belongs, and tells what is wrong with it. Where a field could not be
    /// decoded, rules that it may have broken are not looked at.
    pub(super) fn decode(
        &self,
        role: Role,
        tree: &ObjectTree,
        origin: Origin,
        manifests: &mut Manifests,
    ) -> Vec<Diagnostic> {
        let faults = match self.fields.type_of(&tree.api_version, &tree.kind) {
            Some(type_name) => self.fields.check(&tree.node, type_name),
            None => Vec::new(),
        };
        let (unknown, decode) = if plays_a_part(role) {
            (unknown_severity(self.options), Severity::Error)
        } else {
            (Severity::Warning, Severity::Warning)
        };
        let mut findings: Vec<Diagnostic> =
            faults.iter().map(|fault| field_fault(fault, tree, unknown, decode)).collect();
        let mut errors = self.put(role, tree, origin, manifests);
        errors.retain(|error| !may_follow_from(error, &faults));
        // The API server reports some things twice; once is enough for a reader.
        errors.dedup();
        findings.extend(errors.iter().map(|error| field_error(error, tree)));
        findings
    }

    fn put(
        &self,
        role: Role,
        tree: &ObjectTree,
        origin: Origin,
        manifests: &mut Manifests,
    ) -> Vec<FieldError> {
        let namespace = self.options.namespace.as_str();
        match role {
            Role::Deployment => {
                let mut object = convert::deployment(tree, namespace);
                let errors = validate_deployment(&object, None);
                default_pod(&mut object.spec.template.spec);
                keep(&mut manifests.deployments, origin, object);
                errors
            }
            Role::HorizontalPodAutoscaler => {
                let mut object = convert::horizontal_pod_autoscaler(tree, namespace);
                let errors = validate_horizontal_pod_autoscaler(&object, None);
                // What clients read back: a behavior that came in an annotation is completed.
                default_horizontal_pod_autoscaler(&mut object.spec);
                keep(&mut manifests.hpas, origin, object);
                errors
            }
            Role::PodDisruptionBudget => {
                let object = convert::pod_disruption_budget(tree, namespace);
                validate_pod_disruption_budget(keep(&mut manifests.pdbs, origin, object))
            }
            Role::Service => {
                let object = convert::service(tree, namespace);
                validate_service(keep(&mut manifests.services, origin, object))
            }
            Role::Node => validate_node(keep(&mut manifests.nodes, origin, convert::node(tree))),
            Role::Pod => {
                validate_pod(keep(&mut manifests.pods, origin, convert::pod(tree, namespace)))
            }
            Role::OtherWorkload => {
                let object = convert::other_workload(tree, namespace);
                keep(&mut manifests.other_workloads, origin, object);
                Vec::new()
            }
            Role::None
            | Role::Compose
            | Role::Kustomization
            | Role::ScaledObject
            | Role::Scenario => {
                *manifests.ignored.entry(tree.kind.clone()).or_default() += 1;
                Vec::new()
            }
        }
    }
}

/// Whether a broken rule may be nothing but the consequence of a field that was not decoded.
fn may_follow_from(error: &FieldError, faults: &[FieldFault]) -> bool {
    let undecoded = |fault: &&FieldFault| matches!(fault.problem, Problem::Decode { .. });
    let mut undecoded = faults.iter().filter(undecoded).peekable();
    if undecoded.peek().is_none() {
        return false;
    }
    let compares = COMPARING.iter().any(|detail| error.message.contains(detail));
    compares
        || undecoded.any(|fault| {
            fault.path.starts_with(&error.field) || error.field.starts_with(&fault.path)
        })
}

/// Rules that look at several fields.
const COMPARING: [&str; 6] = [
    "does not match template",
    "`minReplicas`",
    "scaling to zero",
    "minReadySeconds",
    "`maxSurge`",
    "limit of",
];

fn keep<T>(list: &mut Vec<Loaded<T>>, origin: Origin, object: T) -> &T {
    list.push(Loaded { object, origin });
    &list.last().expect("it was just put there").object
}
