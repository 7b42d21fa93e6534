//! Mirrors pkg/controller/endpointslice and `k8s.io/endpointslice` (v1.36): which pods of a Service
//! are endpoints, and in what state. Left out: slices of 100 and their retries, addresses (every
//! pod that a kubelet has seen has one), topology hints.

use std::fmt;
use std::sync::Arc;

use crate::kube::apiserver::{Api, Cluster, Write};
use crate::kube::objects::ids::{LabelSetId, ServiceId};
use crate::kube::objects::pod::Pod;
use crate::kube::objects::service::{Endpoint, ServiceObject};
use crate::kube::reason::Reason;

/// Why endpoints, or what kube-proxy makes of them, changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointsReason {
    /// The pods of a Service, or their states, changed.
    EndpointsChanged {
        /// Endpoints that are ready.
        ready: u32,
        /// Endpoints in all.
        all: u32,
    },
    /// kube-proxy has written new rules.
    RulesChanged {
        /// Pods that take traffic.
        pods: u32,
        /// Whether they are terminating ones, because no other is left.
        terminating: bool,
    },
}

impl EndpointsReason {
    /// A CamelCase word; upstream has no event for either.
    pub fn word(&self) -> &'static str {
        match self {
            EndpointsReason::EndpointsChanged { .. } => "EndpointsChanged",
            EndpointsReason::RulesChanged { .. } => "RulesChanged",
        }
    }
}

impl fmt::Display for EndpointsReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EndpointsReason::EndpointsChanged { ready, all } => {
                write!(f, "{ready} of {all} endpoints are ready")
            }
            EndpointsReason::RulesChanged { pods: 0, .. } => {
                f.write_str("no pod takes traffic: requests are refused")
            }
            EndpointsReason::RulesChanged { pods, terminating: false } => {
                write!(f, "{pods} pods take traffic")
            }
            EndpointsReason::RulesChanged { pods, terminating: true } => write!(
                f,
                "no endpoint is ready, so {pods} pods that are being deleted and still serve take \
                 traffic"
            ),
        }
    }
}

/// The EndpointSlice controller.
#[derive(Debug, Default)]
pub struct EndpointSliceController {
    /// Used again from call to call.
    endpoints: Vec<Endpoint>,
}

impl EndpointSliceController {
    /// A controller that has seen nothing yet.
    pub fn new() -> EndpointSliceController {
        EndpointSliceController::default()
    }

    /// Makes the endpoints of a Service anew. Mirrors `syncService` and `reconciler.Reconcile`.
    pub fn reconcile(&mut self, api: &mut Api, service: ServiceId) {
        self.endpoints.clear();
        let Some(object) = api.cluster().service(service) else { return };
        // Somebody else's business: endpoints that are there stay.
        if object.selector.is_none() {
            return;
        }
        collect(api.cluster(), object, &mut self.endpoints);
        if object.endpoints == self.endpoints {
            return;
        }
        self.write(api, service);
    }

    fn write(&self, api: &mut Api, service: ServiceId) {
        let ready = self.endpoints.iter().filter(|endpoint| endpoint.ready).count() as u32;
        let reason = EndpointsReason::EndpointsChanged { ready, all: self.endpoints.len() as u32 };
        let write = Write::SetEndpoints { service, endpoints: Arc::from(&*self.endpoints) };
        api.write(write, Reason::Endpoints(reason)).expect("the Service was just read");
    }
}

/// All endpoints of a Service in order of pod number.
fn collect(cluster: &Cluster, service: &ServiceObject, endpoints: &mut Vec<Endpoint>) {
    let Some(selector) = &service.selector else { return };
    let namespace = service.service.metadata.namespace.as_str();
    let regardless = service.service.spec.publish_not_ready_addresses;
    for (labels, set) in cluster.label_sets().iter().enumerate() {
        if *set.namespace != *namespace || !selector.matches(&set.labels) {
            continue;
        }
        let pods = cluster.pods().with_labels(LabelSetId(labels as u32)).iter();
        let pods = pods.filter_map(|&pod| cluster.pod(pod)).filter(|pod| should_be_in(pod));
        endpoints.extend(pods.map(|pod| to_endpoint(pod, regardless)));
    }
    endpoints.sort_unstable_by_key(|endpoint| endpoint.pod);
}

/// Mirrors `ShouldPodBeInEndpoints` with terminating pods included. A pod has its address once its
/// kubelet has seen it.
fn should_be_in(pod: &Pod) -> bool {
    pod.start_time.is_some() && !pod.is_terminal()
}

/// Mirrors `podToEndpoint`.
fn to_endpoint(pod: &Pod, publish_not_ready_addresses: bool) -> Endpoint {
    let (serving, terminating) = (pod.is_ready(), pod.deletion.is_some());
    let ready = publish_not_ready_addresses || (serving && !terminating);
    Endpoint { pod: pod.id, serving, terminating, ready }
}
