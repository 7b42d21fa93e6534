//! Services and their endpoints.

use std::sync::Arc;

use super::ids::{PodId, ServiceId};
use crate::api::core::Service;
use crate::api::labels::Selector;

/// A Service as the API server stores it, with the endpoints that its controller made.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceObject {
    /// Number.
    pub id: ServiceId,
    /// What the user wrote.
    pub service: Arc<Service>,
    /// The selector, ready to match; `None` when endpoints are somebody else's business.
    pub selector: Option<Arc<Selector>>,
    /// EndpointSlice contents: pods that match and have an address, in order of number.
    pub endpoints: Vec<Endpoint>,
    /// What kube-proxy sends traffic to, after its lag, in order of number.
    pub proxied: Vec<PodId>,
}

/// One endpoint. Mirrors `podToEndpoint` of `k8s.io/endpointslice`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The pod.
    pub pod: PodId,
    /// Condition `serving`: the pod is Ready.
    pub serving: bool,
    /// Condition `terminating`: the pod is marked for deletion.
    pub terminating: bool,
    /// Condition `ready`: serving and not terminating, or published regardless.
    pub ready: bool,
}
