//! What a deterministic discrete-event engine is made of; knows no Kubernetes.
//!
//! Invariants: time is whole milliseconds and never goes back; events of one instant come out by
//! rank, then first in, first out; every purpose has its own random stream.

pub mod random;
pub mod timer;
pub mod wakes;
