//! Objects as the API server stores them: what the user wrote, what the server adds (generation,
//! creation time) and the status that controllers report.

pub mod deployment;
pub mod disruption;
pub mod hpa;
pub mod ids;
pub mod node;
pub mod pod;
pub mod service;
