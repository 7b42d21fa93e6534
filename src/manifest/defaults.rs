//! What the API server fills in where a manifest says nothing.

pub mod apps;
pub mod autoscaling;
pub mod core;
