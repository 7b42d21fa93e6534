//! The controllers of kube-controller-manager. Mirrors the packages under `pkg/controller`.

pub mod podautoscaler;
