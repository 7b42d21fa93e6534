//! Replays recordings of Kubernetes' own code, one test per file (docs of the files stand beside
//! them, in `tests/conformance/*/README.md`).
//!
//! `cargo test --test it conformance -- --nocapture` prints a line per file. The environment
//! variable `PODTIDE_CONFORMANCE` names another folder of the same layout to read instead.

mod eviction;
mod eviction_drain;
mod eviction_world;
mod fidelity;
mod fields;
mod hpa_calculator;
mod hpa_controller;
mod hpa_defaults_validation;
mod hpa_world;
mod kubelet;
mod kubelet_backoff;
mod kubelet_probes;
mod live;
mod live_hpa;
mod live_story;
mod quantity;
mod recording;
mod scheduler_placement;
mod tally;
mod workloads_functions;
mod workloads_pdb_status;
mod workloads_state;
mod workloads_timelines;
