//! Faults of targets, selectors and whole syncs.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::{MetricFault, RequestFault};
use crate::api::autoscaling::HorizontalPodAutoscalerSpec;
use crate::api::labels::{Selector, SelectorError};
use crate::api::meta::NamespacedName;
use crate::kube::apiserver::Refused;

/// `Kind/namespace/name` of a scale target.
#[derive(Clone, Debug)]
pub struct TargetName {
    /// Namespace of HPA and target.
    pub namespace: Arc<str>,
    /// The spec that names kind and name.
    pub spec: Arc<HorizontalPodAutoscalerSpec>,
}

/// Why the target or its scale could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScaleFault {
    /// How far it came.
    pub step: ScaleStep,
    /// What was wrong.
    pub error: Arc<str>,
}

/// The steps to a scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScaleStep {
    /// Read `apiVersion`.
    ApiVersion,
    /// Find the kind.
    Mapping,
    /// Get the scale.
    Get,
}

/// What is wrong with the selector of a scale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SelectorFault {
    /// There is none.
    Required,
    /// It is none.
    Invalid(SelectorError),
    /// Other HPAs select the same pods.
    Ambiguous {
        /// The selector.
        selector: Arc<Selector>,
        /// All HPAs of these pods, sorted (upstream lists them in random order).
        hpas: Arc<[NamespacedName]>,
    },
}

/// Why there is no proposal.
#[derive(Clone, Debug, PartialEq)]
pub enum ComputeFault {
    /// The selector is at fault.
    Selector(SelectorFault),
    /// Metrics are.
    Metrics {
        /// How many failed.
        invalid: u32,
        /// How many there are.
        count: u32,
        /// The first that failed.
        first: MetricFault,
    },
}

/// The error that a sync ended with.
#[derive(Clone, Debug)]
pub enum ReconcileError {
    /// The target or its scale could not be read.
    Scale(TargetName, ScaleFault),
    /// There is no proposal.
    Compute(TargetName, ComputeFault),
    /// Some metrics failed; the others were enough.
    Metrics(ComputeFault),
    /// The scale could not be changed.
    Rescale(TargetName, Arc<Refused>),
    /// The status of the HPA of that name could not be written.
    Status(Arc<str>, Arc<Refused>),
}

impl SelectorFault {
    /// Reason of the event.
    pub fn event_word(&self) -> &'static str {
        match self {
            SelectorFault::Required => "SelectorRequired",
            SelectorFault::Invalid(_) => "InvalidSelector",
            SelectorFault::Ambiguous { .. } => "AmbiguousSelector",
        }
    }

    /// Reason of the condition.
    pub fn condition_word(&self) -> &'static str {
        match self {
            SelectorFault::Required | SelectorFault::Invalid(_) => "InvalidSelector",
            SelectorFault::Ambiguous { .. } => "AmbiguousSelector",
        }
    }

    /// Text of the condition.
    pub fn condition_text(&self) -> Cow<'static, str> {
        match self {
            SelectorFault::Required => "the HPA target's scale is missing a selector".into(),
            fault => fault.to_string().into(),
        }
    }
}

impl fmt::Display for TargetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let target = &self.spec.scale_target_ref;
        write!(f, "{}/{}/{}", target.kind, self.namespace, target.name)
    }
}

/// Prints the text of the event; the condition's is [`SelectorFault::condition_text`].
impl fmt::Display for SelectorFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SelectorFault::Required => f.write_str("selector is required"),
            SelectorFault::Invalid(error) => write!(
                f,
                "couldn't convert selector into a corresponding internal selector object: {error}"
            ),
            SelectorFault::Ambiguous { selector, hpas } => {
                write!(f, "pods by selector {selector} are controlled by multiple HPAs: [")?;
                for (place, hpa) in hpas.iter().enumerate() {
                    let space = if place == 0 { "" } else { " " };
                    write!(f, "{space}{hpa}")?;
                }
                f.write_str("]")
            }
        }
    }
}

impl fmt::Display for ComputeFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ComputeFault::Selector(fault) => fault.fmt(f),
            ComputeFault::Metrics { invalid, count, first } => {
                write!(f, "invalid metrics ({invalid} invalid out of {count}), first error is: ")?;
                first.fmt_wrapped(f)
            }
        }
    }
}

impl fmt::Display for ReconcileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReconcileError::Scale(target, ScaleFault { step, error }) => match step {
                ScaleStep::ApiVersion => {
                    write!(f, "invalid API version in scale target reference: {error}")
                }
                ScaleStep::Mapping => {
                    write!(f, "unable to determine resource for scale target reference: {error}")
                }
                ScaleStep::Get => {
                    write!(f, "failed to query scale subresource for {target}: {error}")
                }
            },
            ReconcileError::Compute(target, fault) => write!(
                f,
                "failed to compute desired number of replicas based on listed metrics for \
                 {target}: {fault}"
            ),
            ReconcileError::Metrics(fault) => fault.fmt(f),
            ReconcileError::Rescale(target, error) => {
                write!(f, "failed to rescale {target}: {error}")
            }
            ReconcileError::Status(name, error) => {
                write!(f, "failed to update status for {name}: {error}")
            }
        }
    }
}

impl std::error::Error for ReconcileError {}

/// Without the name of the pod, which [`super::MetricError::MissingRequest`] adds.
impl fmt::Display for RequestFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RequestFault::Container { resource, container } => {
                write!(f, "missing request for {resource} in container {container} of")
            }
            RequestFault::PodLevel { resource } => {
                write!(f, "missing pod-level request for {resource} in")
            }
            RequestFault::NoContainer { container } => {
                write!(f, "container {container} not found in")
            }
        }
    }
}
