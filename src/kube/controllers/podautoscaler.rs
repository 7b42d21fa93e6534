//! The HorizontalPodAutoscaler controller. Mirrors `pkg/controller/podautoscaler` (v1.36).
//!
//! ```text
//! metrics  ->  replica_calculator  ->  horizontal  ->  behavior   ->  scale, status, events
//! samples      a proposal a metric     the highest     stabilised
//!                                      proposal        and limited
//! ```
//!
//! [`horizontal::HorizontalController::reconcile`] does one sync: it reads the cluster through its
//! [`Api`](crate::kube::apiserver::Api), asks a [`metrics::MetricsClient`], writes the scale and
//! the status, and tells a [`decision::Decision`] that holds how it came to its number.

mod behavior;
pub mod config;
pub mod decision;
pub mod horizontal;
pub mod metrics;
mod number;
pub mod reason;
pub mod replica_calculator;
pub mod requests;
mod scale;
mod selectors;
