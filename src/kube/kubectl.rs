//! What `kubectl` does beyond plain requests, as far as it decides something itself.
//! Mirrors `k8s.io/kubectl` (v0.36).

pub mod apply;
pub mod drain;
pub mod rollout;
pub mod set;
pub mod taint;
