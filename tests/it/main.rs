//! All integration tests in one binary.

mod conformance;
mod load_model;
mod properties_quantity;
