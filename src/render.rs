//! What people and programs read: text, JSON, CSV and charts, made from finished numbers.
//!
//! Everything here is pure and computes nothing about the simulation: it takes a `Report` and its
//! `Series` and gives text or bytes.

#[cfg(feature = "charts")]
pub mod chart;
pub mod csv;
pub mod diagnostic;
pub mod explain;
pub mod json;
pub mod palette;
pub mod spread;
pub mod story;
pub mod text;
pub mod ticks;
pub mod words;
