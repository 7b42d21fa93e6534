//! All integration tests in one binary.
#![expect(
    clippy::disallowed_methods,
    reason = "tests read and write files; the bans are for the pure modules"
)]

mod at;
mod bundles;
mod causes;
mod cli;
mod cluster_autoscaler;
mod compose;
mod conformance;
mod deploy;
mod endpoints;
mod events;
mod explain;
mod invalid;
mod kubelet;
mod load_model;
mod manifest;
mod metrics_server;
mod nodes;
mod outcomes;
mod pipe;
mod player;
mod properties_quantity;
mod render;
mod repeatable;
mod report;
mod scenario;
mod scenarios;
mod swarm;
mod tidy;
mod user;
mod workloads;
