//! Resource quantities. Mirrors `k8s.io/apimachinery/pkg/api/resource`.

use serde::Serialize;

/// An exact amount with the form in which it was written.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Quantity(String);
