//! Resource quantities. Mirrors `k8s.io/apimachinery/pkg/api/resource`.

use serde::Serialize;

/// An exact amount with the form in which it was written.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Quantity(String);

impl Quantity {
    /// Whole units.
    pub fn value(&self) -> i64 {
        self.0.parse().unwrap_or_default()
    }

    /// Thousandths.
    pub fn milli_value(&self) -> i64 {
        self.value() * 1000
    }
}
