//! Kubernetes manifests: text -> objects as `api` has them, with everything that is wrong with them.

pub mod yaml;
