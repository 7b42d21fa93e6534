//! What the API server refuses, with its field paths and messages, in its order.

pub mod apps;
pub mod autoscaling;
mod container;
pub mod core;
mod metadata;
mod metrics;
pub mod policy;
mod resources;
mod scheduling;

use super::field_error::{FieldError, invalid};

/// One error for each thing that is wrong with a text.
fn invalid_each(
    field: &str,
    value: &str,
    wrong: impl IntoIterator<Item = String>,
) -> Vec<FieldError> {
    wrong.into_iter().map(|detail| invalid(field, value, &detail)).collect()
}

/// `ValidateNonnegativeField`.
fn nonnegative(field: &str, value: i64) -> Vec<FieldError> {
    if value >= 0 {
        return Vec::new();
    }
    vec![invalid(field, &value, "must be greater than or equal to 0")]
}
