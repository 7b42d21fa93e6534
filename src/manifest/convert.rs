//! One tree -> one object of `api`: decoded in its own version, with that version's defaults,
//! converted to the version that is modelled, and with the defaults of that one.
//!
//! What does not fit its field becomes a zero value here; [`super::fields`] reports it.

use super::decode::{Decode, field};
use super::defaults::apps::{default_deployment, default_old_deployment};
use super::defaults::autoscaling::default_horizontal_pod_autoscaler;
use super::defaults::core::{default_pod, default_pod_template, default_service};
use super::object::ObjectTree;
use super::set::OtherWorkload;
use super::versions::autoscaling_v1::decode_autoscaling_v1;
use super::versions::{convert_policy_v1beta1, decode_autoscaling_v2beta1};
use crate::api::apps::Deployment;
use crate::api::autoscaling::HorizontalPodAutoscaler;
use crate::api::core::{Node, Pod, PodTemplateSpec, Service};
use crate::api::meta::ObjectMeta;
use crate::api::policy::PodDisruptionBudget;

/// Where rolling back to a revision was asked for in versions before `apps/v1beta2`.
const ROLLBACK_ANNOTATION: &str = "deprecated.deployment.rollback.to";

/// A Deployment of any version, as it is validated. What its pods get beyond their template
/// ([`default_pod`]) is not in it yet.
pub fn deployment(tree: &ObjectTree, namespace: &str) -> Deployment {
    let mut deployment = Deployment::decode(&tree.node);
    put_in_namespace(&mut deployment.metadata, namespace);
    if let Some(rollback) = tree.field("spec.rollbackTo").filter(|node| !node.is_null()) {
        let revision: i64 = field(rollback, "revision");
        let annotations = &mut deployment.metadata.annotations;
        annotations.insert(ROLLBACK_ANNOTATION.to_owned(), revision.to_string());
    }
    default_old_deployment(&mut deployment, &tree.api_version);
    default_deployment(&mut deployment);
    deployment
}

/// An HPA of any version, as it is validated. What clients read back has been through
/// [`default_horizontal_pod_autoscaler`] once more: until then a behavior that came in an
/// annotation of `autoscaling/v1` is not completed.
pub fn horizontal_pod_autoscaler(tree: &ObjectTree, namespace: &str) -> HorizontalPodAutoscaler {
    let mut hpa = match tree.api_version.as_str() {
        "autoscaling/v1" => decode_autoscaling_v1(&tree.node),
        "autoscaling/v2beta1" => decode_autoscaling_v2beta1(&tree.node),
        _ => HorizontalPodAutoscaler::decode(&tree.node),
    };
    put_in_namespace(&mut hpa.metadata, namespace);
    if tree.api_version != "autoscaling/v1" {
        default_horizontal_pod_autoscaler(&mut hpa.spec);
    }
    hpa
}

/// A budget of any version.
pub fn pod_disruption_budget(tree: &ObjectTree, namespace: &str) -> PodDisruptionBudget {
    let mut budget = PodDisruptionBudget::decode(&tree.node);
    put_in_namespace(&mut budget.metadata, namespace);
    if tree.api_version == "policy/v1beta1" {
        convert_policy_v1beta1(&mut budget);
    }
    budget
}

/// A Service.
pub fn service(tree: &ObjectTree, namespace: &str) -> Service {
    let mut service = Service::decode(&tree.node);
    put_in_namespace(&mut service.metadata, namespace);
    default_service(&mut service);
    service
}

/// A node.
pub fn node(tree: &ObjectTree) -> Node {
    Node::decode(&tree.node)
}

/// A pod that is nobody's.
pub fn pod(tree: &ObjectTree, namespace: &str) -> Pod {
    let mut pod = Pod::decode(&tree.node);
    put_in_namespace(&mut pod.metadata, namespace);
    let mut template = PodTemplateSpec { metadata: pod.metadata, spec: pod.spec };
    default_pod_template(&mut template);
    default_pod(&mut template.spec);
    Pod { metadata: template.metadata, spec: template.spec }
}

/// A workload that is not simulated yet.
pub fn other_workload(tree: &ObjectTree, namespace: &str) -> OtherWorkload {
    let spec = tree.node.field("spec").cloned().unwrap_or_default();
    let template = spec.field("template").cloned().unwrap_or_default();
    let mut metadata: ObjectMeta = field(&tree.node, "metadata");
    put_in_namespace(&mut metadata, namespace);
    OtherWorkload {
        kind: tree.kind.clone(),
        metadata,
        replicas: field(&spec, "replicas"),
        selector: field(&spec, "selector"),
        template_labels: field::<ObjectMeta>(&template, "metadata").labels,
    }
}

fn put_in_namespace(metadata: &mut ObjectMeta, namespace: &str) {
    if metadata.namespace.is_empty() {
        namespace.clone_into(&mut metadata.namespace);
    }
}
