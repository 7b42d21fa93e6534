//! From requests to CPU, memory, latency and loss: the load model. Podtide's own part; theory and
//! not upstream is its judge. `docs/model.md` writes it up with formulas and sources.
//!
//! - [`traffic`]: layers (constant, ramp, spike, noise, trace, ...) are compiled once into a
//!   [`Load`], a piecewise-linear rate with prefix integrals that every variant shares.
//! - [`service`]: what the model is told about services, pods and nodes.
//! - [`model`]: the fluid model at work.
//! - [`segment`]: what it tells about them.
//! - [`latency`]: percentiles and windows from segments, after the run.
//! - [`trace`]: recordings from production (CSV, Prometheus) are read into a [`trace::Trace`].
//!
//! Everything is pure: no files, no clock, no threads, the same results on every machine.

pub mod latency;
pub mod model;
pub mod segment;
pub mod service;
pub mod trace;
pub mod traffic;

pub use model::{ModelEvent, WorkloadModel};
pub use segment::{Flow, LoadShare, Segment, SegmentPart};
pub use service::{ModelConfig, NodeKey, PodKey, PodLoad};
pub use traffic::{Layer, Load, Rate};
