//! The cluster: one store, one door to it, and the controllers around it.
//!
//! Names follow kubernetes/kubernetes v1.36, so that each file can be read beside upstream's.
//! [`apiserver::Cluster`] is the only store, and its `apply` the only place where it changes; a
//! controller reads the store through [`apiserver::Api`] and writes through it, with a
//! [`reason::Reason`] for each write. Nothing here reads a clock or a file, or knows the loop that
//! drives it.

pub mod apiserver;
pub mod cluster_autoscaler;
pub mod control_plane;
pub mod controllers;
pub mod endpoint_slice;
pub mod kube_proxy;
pub mod kubectl;
pub mod kubelet;
pub mod metrics_server;
pub mod objects;
pub mod reason;
pub mod scheduler;
pub mod swarm;
pub mod timings;
