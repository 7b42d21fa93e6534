//! The Kubernetes objects that are modelled: plain data with upstream's field names.
//!
//! Types hold what a user writes (`spec`) and what controllers report (`status`). Fields that play
//! no part in a simulation are left out; the reader in [`crate::manifest`] knows that they exist.
//! All types serialize as Kubernetes' JSON spells them.

pub mod apps;
pub mod autoscaling;
pub mod core;
pub mod int_or_percent;
pub mod labels;
pub mod meta;
pub mod policy;
pub mod quantity;
pub mod swarm;
