//! Pods, nodes and Services. Mirrors `pkg/apis/core/validation/validation.go` (v1.36). Left out:
//! what is not modelled.

use std::collections::BTreeSet;

use super::container::{validate_containers, validate_init_containers};
use super::invalid_each;
use super::metadata::{validate_annotations, validate_labels, validate_object_meta};
use super::resources::{
    validate_container_requirements, validate_pod_requirements, validate_quantity,
};
use super::scheduling::{
    validate_affinity, validate_taints, validate_tolerations, validate_topology_spread_constraints,
};
use crate::api::core::{
    Node, Pod, PodSpec, PodTemplateSpec, ResourceRequirements, Service, ServicePort,
};
use crate::api::int_or_percent::IntOrPercent;
use crate::manifest::field_error::{FieldError, duplicate, invalid, not_supported, required};
use crate::manifest::names::{
    dns_1035_label, dns_1123_label, dns_1123_subdomain, port_name, port_number, qualified_name,
};

/// `ValidatePodCreate`, as far as it is modelled.
pub fn validate_pod(pod: &Pod) -> Vec<FieldError> {
    let mut errors = validate_object_meta(&pod.metadata, Some(dns_1123_subdomain), true);
    errors.extend(validate_pod_spec(&pod.spec, "spec"));
    errors
}

/// `ValidatePodTemplateSpec`. As upstream, the paths of labels and annotations leave out
/// `metadata`.
pub(super) fn validate_pod_template_spec(
    template: &PodTemplateSpec,
    path: &str,
) -> Vec<FieldError> {
    let metadata = &template.metadata;
    let mut errors = validate_labels(&metadata.labels, &format!("{path}.labels"));
    errors.extend(validate_annotations(&metadata.annotations, &format!("{path}.annotations")));
    errors.extend(validate_pod_spec(&template.spec, &format!("{path}.spec")));
    errors
}

/// `ValidatePodSpec`.
fn validate_pod_spec(spec: &PodSpec, path: &str) -> Vec<FieldError> {
    let mut errors = validate_containers(&spec.containers, &format!("{path}.containers"));
    let init = format!("{path}.initContainers");
    errors.extend(validate_init_containers(&spec.init_containers, &spec.containers, &init));
    if let Some(resources) = &spec.resources {
        errors.extend(validate_pod_requirements(resources, &format!("{path}.resources")));
    }
    let restart = spec.restart_policy.as_deref().unwrap_or_default();
    let policies = ["Always", "OnFailure", "Never"];
    if !policies.contains(&restart) {
        errors.push(not_supported(format!("{path}.restartPolicy"), restart, &policies));
    }
    errors.extend(validate_labels(&spec.node_selector, &format!("{path}.nodeSelector")));
    if let Some(affinity) = &spec.affinity {
        errors.extend(validate_affinity(affinity, &format!("{path}.affinity")));
    }
    errors.extend(validate_gates(spec, path));
    errors.extend(validate_topology_spread_constraints(
        &spec.topology_spread_constraints,
        &format!("{path}.topologySpreadConstraints"),
    ));
    errors.extend(validate_pod_scalars(spec, path));
    errors.extend(validate_tolerations(&spec.tolerations, &format!("{path}.tolerations")));
    if let Some(overhead) = &spec.overhead {
        let resources =
            ResourceRequirements { limits: overhead.clone(), ..ResourceRequirements::default() };
        errors.extend(validate_container_requirements(&resources, &format!("{path}.overhead")));
    }
    errors
}

fn validate_gates(spec: &PodSpec, path: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for (index, gate) in spec.readiness_gates.iter().enumerate() {
        let field = format!("{path}.readinessGates[{index}].conditionType");
        errors.extend(invalid_each(&field, gate, qualified_name(gate)));
    }
    let mut seen = BTreeSet::new();
    for (index, gate) in spec.scheduling_gates.iter().enumerate() {
        let field = format!("{path}.schedulingGates[{index}]");
        errors.extend(invalid_each(&field, gate, qualified_name(gate)));
        if !seen.insert(gate) {
            errors.push(duplicate(field, gate));
        }
    }
    errors
}

fn validate_pod_scalars(spec: &PodSpec, path: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if let Some(name) = spec.node_name.as_deref().filter(|name| !name.is_empty()) {
        errors.extend(invalid_each(&format!("{path}.nodeName"), name, dns_1123_subdomain(name)));
    }
    let deadline = spec.active_deadline_seconds;
    if let Some(seconds) = deadline.filter(|seconds| !(1..=i64::from(i32::MAX)).contains(seconds)) {
        let detail = format!("must be between 1 and {}, inclusive", i32::MAX);
        errors.push(invalid(format!("{path}.activeDeadlineSeconds"), &seconds, &detail));
    }
    if let Some(policy) = &spec.preemption_policy {
        let policies = ["PreemptLowerPriority", "Never"];
        if !policies.contains(&policy.as_str()) {
            errors.push(not_supported(format!("{path}.preemptionPolicy"), policy, &policies));
        }
    }
    errors
}

/// `ValidateNode`. As upstream, the path of taints is under `metadata`.
pub fn validate_node(node: &Node) -> Vec<FieldError> {
    let mut errors = validate_object_meta(&node.metadata, Some(dns_1123_subdomain), false);
    errors.extend(validate_taints(&node.spec.taints, "metadata.taints"));
    for (list, amounts) in
        [("capacity", &node.status.capacity), ("allocatable", &node.status.allocatable)]
    {
        for (name, amount) in amounts {
            errors.extend(validate_quantity(name, amount, &format!("status.{list}.{name}")));
        }
    }
    errors
}

/// `ValidateService`, as far as it is modelled.
pub fn validate_service(service: &Service) -> Vec<FieldError> {
    let mut errors = validate_object_meta(&service.metadata, Some(dns_1035_label), true);
    let spec = &service.spec;
    let type_ = spec.type_.as_deref().unwrap_or_default();
    let types = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
    if !types.contains(&type_) {
        errors.push(not_supported("spec.type", type_, &types));
    }
    let mut names = BTreeSet::new();
    for (index, port) in spec.ports.iter().enumerate() {
        let several = spec.ports.len() > 1;
        errors.extend(validate_port(port, several, &mut names, &format!("spec.ports[{index}]")));
    }
    errors.extend(validate_labels(&spec.selector, "spec.selector"));
    errors
}

/// `validateServicePort`.
fn validate_port<'s>(
    port: &'s ServicePort,
    name_required: bool,
    names: &mut BTreeSet<&'s str>,
    path: &str,
) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let field = format!("{path}.name");
    match port.name.as_deref().unwrap_or_default() {
        "" if name_required => errors.push(required(field, "")),
        "" => {}
        name => {
            errors.extend(invalid_each(&field, name, dns_1123_label(name)));
            if !names.insert(name) {
                errors.push(duplicate(field, name));
            }
        }
    }
    let number = port.port;
    let wrong = port_number(number);
    errors.extend(wrong.map(|detail| invalid(format!("{path}.port"), &number, &detail)));
    let field = format!("{path}.targetPort");
    match &port.target_port {
        Some(IntOrPercent::Int(number)) => {
            errors.extend(port_number(*number).map(|detail| invalid(field, number, &detail)));
        }
        Some(IntOrPercent::String(name)) => {
            errors.extend(invalid_each(&field, name, port_name(name)));
        }
        None => {}
    }
    errors
}
