//! The controllers of kube-controller-manager. Mirrors the packages under `pkg/controller`.

pub mod controller_utils;
pub mod deployment;
pub mod disruption;
pub mod flowcontrol;
pub mod node_lifecycle;
pub mod pod_gc;
pub mod podautoscaler;
pub mod replica_set;
pub mod taint_eviction;
pub mod workqueue;
