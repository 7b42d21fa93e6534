//! A number or a percentage. Mirrors `k8s.io/apimachinery/pkg/util/intstr`.

use serde::Serialize;

/// `intstr.IntOrString`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum IntOrPercent {
    /// A number.
    Int(i32),
    /// A text such as `25%`.
    String(String),
}
