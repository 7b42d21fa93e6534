//! Podtide rehearses Kubernetes autoscaling and rollouts: it reads manifests and a load, and plays
//! hours of cluster life in milliseconds with the decisions that Kubernetes v1.36 would take.
//!
//! ```text
//! text -> ScenarioFile -> Scenario -> Recording -> Report -> text | JSON | CSV | SVG | PNG
//!      parse         check       simulate     summarize    render
//! ```
//!
//! Each arrow is one function. Only the two ends touch files or the terminal.

pub mod api;
#[cfg(feature = "cli")]
pub mod cli;
pub mod diagnostic;
pub mod engine;
pub mod explain;
pub mod kube;
pub mod manifest;
pub mod recording;
pub mod render;
pub mod report;
pub mod scenario;
pub mod sim;
#[cfg(feature = "tui")]
pub mod tui;
pub mod units;
pub mod workload;
