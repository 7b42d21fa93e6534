//! Requests of pods, computed once for each template.
//! Mirrors `calculateRequests` of `pkg/controller/podautoscaler/replica_calculator.go` and
//! `PodRequests` of `k8s.io/component-helpers/resource/helpers.go` (v1.36).
//! Left out: requests that were allocated or resized in place.

use std::sync::Arc;

use super::metrics::Alike;
use super::reason::RequestFault;
use crate::api::core::{Container, PodSpec, ResourceList};
use crate::api::quantity::Quantity;
use crate::kube::apiserver::Cluster;
use crate::kube::objects::ids::TemplateId;

/// What one metric compares usage with: the request of each template for one resource.
///
/// Templates never change, so that what was computed once holds.
#[derive(Clone, Debug)]
pub struct Requests {
    resource: Box<str>,
    container: Option<Box<str>>,
    pod_level_resources: bool,
    by_template: Vec<Entry>,
    settled: Option<Settled>,
    /// What the metrics API found out about the pods while they are settled.
    pub(super) alike: Alike,
}

/// The pods of a target when each of them was up for good, as far as time goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Settled {
    /// [`crate::kube::apiserver::Pods::revision`]: holds until a pod changes.
    pub(super) revision: u64,
    /// How many.
    pub(super) pods: u32,
    /// Sum of their requests \[milli-units\].
    pub(super) requests: i64,
}

#[derive(Clone, Debug)]
enum Entry {
    NotComputed,
    Milli(i64),
    Missing(Arc<RequestFault>),
}

impl Requests {
    /// Requests for a resource, of whole pods or of one container in each. `pod_level_resources` is
    /// the feature gate `PodLevelResources`.
    pub fn new(resource: &str, container: Option<&str>, pod_level_resources: bool) -> Requests {
        Requests {
            resource: resource.into(),
            container: container.map(Box::from),
            pod_level_resources,
            by_template: Vec::new(),
            settled: None,
            alike: Alike::default(),
        }
    }

    /// The pods as they were settled, if so many of them still are as they were.
    pub(super) fn settled(&self, revision: u64, pods: u32) -> Option<Settled> {
        self.settled.filter(|settled| (settled.revision, settled.pods) == (revision, pods))
    }

    /// All pods are settled.
    pub(super) fn settle(&mut self, settled: Settled) {
        self.settled = Some(settled);
        // The groups of these pods are not known yet; no count starts with this one.
        self.alike.stamp = u64::MAX;
    }

    /// The request of pods of a template \[milli-units\].
    ///
    /// # Errors
    /// If the template has none.
    pub fn of(&mut self, cluster: &Cluster, id: TemplateId) -> Result<i64, &Arc<RequestFault>> {
        let index = id.index();
        if self.by_template.len() <= index {
            self.by_template.resize(index + 1, Entry::NotComputed);
        }
        if matches!(self.by_template[index], Entry::NotComputed) {
            self.by_template[index] = match self.compute(&cluster.template(id).spec.spec) {
                Ok(milli) => Entry::Milli(milli),
                Err(fault) => Entry::Missing(Arc::new(fault)),
            };
        }
        match &self.by_template[index] {
            Entry::Milli(milli) => Ok(*milli),
            Entry::Missing(fault) => Err(fault),
            Entry::NotComputed => unreachable!("computed above"),
        }
    }

    fn compute(&self, pod: &PodSpec) -> Result<i64, RequestFault> {
        if self.container.is_none() && self.pod_level_resources && has_pod_level_requests(pod) {
            return self.of_pod(pod);
        }
        self.of_containers(pod)
    }

    /// Mirrors `calculatePodLevelRequests`.
    fn of_pod(&self, pod: &PodSpec) -> Result<i64, RequestFault> {
        let request = pod_request(pod, &self.resource);
        let missing = || RequestFault::PodLevel { resource: self.resource.clone() };
        request.map(|quantity| quantity.milli_value()).ok_or_else(missing)
    }

    /// Mirrors `calculateRequests` of containers, sidecars included.
    fn of_containers(&self, pod: &PodSpec) -> Result<i64, RequestFault> {
        let mut sum: Option<i64> = None;
        let sidecars = pod.init_containers.iter().filter(|container| is_sidecar(container));
        for container in pod.containers.iter().chain(sidecars) {
            if self.container.as_deref().is_some_and(|name| *name != *container.name) {
                continue;
            }
            let Some(request) = container.resources.requests.get(&*self.resource) else {
                return Err(RequestFault::Container {
                    resource: self.resource.clone(),
                    container: container.name.as_str().into(),
                });
            };
            sum = Some(sum.unwrap_or(0).wrapping_add(request.milli_value()));
        }
        match (sum, &self.container) {
            (None, Some(name)) => Err(RequestFault::NoContainer { container: name.clone() }),
            _ => Ok(sum.unwrap_or(0)),
        }
    }
}

fn is_sidecar(container: &Container) -> bool {
    container.restart_policy.as_deref() == Some("Always")
}

/// Mirrors `IsPodLevelRequestsSet`.
fn has_pod_level_requests(pod: &PodSpec) -> bool {
    let resources = pod.resources.as_ref();
    resources.is_some_and(|resources| resources.requests.keys().any(|name| is_pod_level(name)))
}

/// Mirrors `IsSupportedPodLevelResource`.
fn is_pod_level(resource: &str) -> bool {
    matches!(resource, "cpu" | "memory") || resource.starts_with("hugepages-")
}

/// Mirrors `PodRequests` for one resource: the pod's own request, else that of its containers, and
/// its overhead.
fn pod_request(pod: &PodSpec, resource: &str) -> Option<Quantity> {
    let own = pod.resources.as_ref().and_then(|resources| resources.requests.get(resource));
    let mut request = match own.filter(|_| is_pod_level(resource)) {
        Some(own) => Some(own.clone()),
        None => containers_request(pod, resource),
    };
    add(&mut request, pod.overhead.as_ref().and_then(|overhead| overhead.get(resource)));
    request
}

/// Mirrors `AggregateContainerRequests`: containers and sidecars run together; an init container
/// runs with the sidecars before it, and the most that is needed at once counts.
fn containers_request(pod: &PodSpec, resource: &str) -> Option<Quantity> {
    let request = |container: &'_ Container| -> Option<Quantity> {
        let requests: &ResourceList = &container.resources.requests;
        requests.get(resource).cloned()
    };
    let mut running = None;
    for container in &pod.containers {
        add(&mut running, request(container).as_ref());
    }
    let (mut sidecars, mut starting) = (None, None);
    for container in &pod.init_containers {
        let mut at_once = request(container);
        if is_sidecar(container) {
            add(&mut running, at_once.as_ref());
            add(&mut sidecars, at_once.as_ref());
            at_once.clone_from(&sidecars);
        } else {
            add(&mut at_once, sidecars.as_ref());
        }
        raise(&mut starting, at_once);
    }
    raise(&mut running, starting);
    running
}

fn add(sum: &mut Option<Quantity>, more: Option<&Quantity>) {
    match (sum.as_mut(), more) {
        (Some(sum), Some(more)) => sum.add(more),
        (None, Some(more)) => *sum = Some(more.clone()),
        (_, None) => {}
    }
}

fn raise(highest: &mut Option<Quantity>, other: Option<Quantity>) {
    let Some(other) = other else { return };
    if highest.as_ref().is_none_or(|highest| other.compare(highest).is_gt()) {
        *highest = Some(other);
    }
}
