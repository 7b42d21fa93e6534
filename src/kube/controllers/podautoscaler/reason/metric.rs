//! Names of metrics, and why one failed.

use std::fmt;
use std::sync::Arc;

use crate::api::autoscaling::{
    ExternalMetricSource, HorizontalPodAutoscalerSpec, MetricSpec, MetricTarget,
};
use crate::api::labels::SelectorError;
use crate::api::meta::LabelSelector;
use crate::kube::controllers::podautoscaler::metrics::MetricsError;

/// A metric of a spec. Prints as upstream names it in conditions and events.
#[derive(Clone, Debug)]
pub struct MetricName {
    /// The spec.
    pub spec: Arc<HorizontalPodAutoscalerSpec>,
    /// Place in `spec.metrics`.
    pub metric: u32,
}

/// A metric that failed, and why. Prints the text of its event.
#[derive(Clone, Debug)]
pub struct MetricFault {
    /// Which.
    pub metric: MetricName,
    /// In which namespace.
    pub namespace: Arc<str>,
    /// Why.
    pub error: MetricError,
}

/// Why a metric gives no proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MetricError {
    /// The metrics API gave no answer.
    Fetch(MetricsError),
    /// The pod selector matches no pod.
    NoPods,
    /// No pod has a usable sample.
    NoSamples,
    /// A pod has no request for the resource.
    MissingRequest {
        /// What is missing.
        fault: Arc<RequestFault>,
        /// The pod's name.
        pod: Arc<str>,
    },
    /// The requests are 0, or all samples are of unknown pods.
    NoRequests,
    /// The metric's own selector is none.
    Selector(SelectorError),
    /// The spec names no target that the type can use.
    MissingTarget,
    /// There is no such type.
    UnknownType,
}

/// A request that a pod template lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestFault {
    /// A container has none.
    Container {
        /// Resource.
        resource: Box<str>,
        /// Container.
        container: Box<str>,
    },
    /// The pod has requests of its own, but not of this resource, nor have its containers.
    PodLevel {
        /// Resource.
        resource: Box<str>,
    },
    /// There is no such container.
    NoContainer {
        /// Container.
        container: Box<str>,
    },
}

impl MetricName {
    /// The metric in its spec.
    ///
    /// # Panics
    /// If the spec has no such metric.
    pub fn spec(&self) -> &MetricSpec {
        let metrics = self.spec.metrics.as_deref();
        &metrics.expect("a metric is named of a spec that has it")[self.metric as usize]
    }
}

impl MetricFault {
    /// Reason of its event and condition.
    pub fn word(&self) -> &'static str {
        match self.metric.spec().type_.as_str() {
            "Resource" => "FailedGetResourceMetric",
            "ContainerResource" => "FailedGetContainerResourceMetric",
            "Pods" => "FailedGetPodsMetric",
            "Object" => "FailedGetObjectMetric",
            "External" => "FailedGetExternalMetric",
            _ => "InvalidMetricSourceType",
        }
    }

    /// What the calculator says, without the words that the controller puts before it.
    pub fn cause(&self) -> impl fmt::Display + '_ {
        Cause(self)
    }

    /// Prints it as the first error of several metrics: the text of the event, wrapped.
    pub(super) fn fmt_wrapped(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let spec = self.metric.spec();
        if self.error == MetricError::UnknownType {
            return write!(f, "{self}");
        }
        if let Some(resource) = &spec.resource {
            write!(f, "failed to get {} resource metric value: ", resource.name)?;
        } else if let Some(resource) = &spec.container_resource {
            write!(f, "failed to get {} container metric value: ", resource.container)?;
        } else if spec.pods.is_some() {
            f.write_str("failed to get pods metric value: ")?;
        } else if let Some(object) = &spec.object {
            f.write_str("failed to get object metric value: ")?;
            // An Object metric's selector is read before the calculator is asked.
            let is_read = !matches!(self.error, MetricError::Selector(_));
            if is_average(&object.target) && self.is_computed() && is_read {
                write!(f, "failed to get {} object metric: ", object.metric.name)?;
            }
        } else if let Some(external) = &spec.external {
            self.fmt_external_wrap(f, external)?;
        }
        write!(f, "{self}")
    }

    fn fmt_external_wrap(
        &self,
        f: &mut fmt::Formatter<'_>,
        external: &ExternalMetricSource,
    ) -> fmt::Result {
        let name = &external.metric.name;
        write!(f, "failed to get {name} external metric value: ")?;
        if !self.is_computed() {
            return Ok(());
        }
        match external.target.average_value {
            Some(_) => write!(f, "failed to get {name} external metric: "),
            None => write!(f, "failed to get external metric {name}: "),
        }
    }

    /// Whether it came to the calculator.
    fn is_computed(&self) -> bool {
        !matches!(self.error, MetricError::MissingTarget | MetricError::UnknownType)
    }

    /// Why the metrics API gave no answer.
    fn fmt_fetch(&self, f: &mut fmt::Formatter<'_>, error: &MetricsError) -> fmt::Result {
        let (spec, namespace) = (self.metric.spec(), &self.namespace);
        if let Some(name) = resource_name(spec) {
            write!(f, "unable to get metrics for resource {name}: {error}")
        } else if let Some(pods) = &spec.pods {
            write!(f, "unable to get metric {}: {error}", pods.metric.name)
        } else if let Some(object) = &spec.object {
            let (name, kind) = (&object.metric.name, &object.described_object.kind);
            let object = &object.described_object.name;
            // The order is upstream's, where the arguments of this text are mixed up.
            write!(f, "unable to get metric {name}: {kind} on {namespace} {object}/{error}")
        } else if let Some(external) = &spec.external {
            let selector = Printed(external.metric.selector.as_ref());
            let name = &external.metric.name;
            write!(f, "unable to get external metric {namespace}/{name}/{selector}: {error}")
        } else {
            write!(f, "{error}")
        }
    }

    fn fmt_missing_target(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let spec = self.metric.spec();
        if spec.object.is_some() || spec.external.is_some() {
            let kind = if spec.object.is_some() { "object" } else { "external" };
            return write!(
                f,
                "invalid {kind} metric source: neither a value target nor an average value target \
                 was set"
            );
        }
        f.write_str(
            "invalid resource metric source: neither an average utilization target nor an average \
             value (usage) target was set",
        )
    }

    fn fmt_error(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.error {
            MetricError::Fetch(error) => self.fmt_fetch(f, error),
            MetricError::NoPods => {
                let spec = self.metric.spec();
                if spec.object.is_some() || spec.external.is_some() {
                    f.write_str("unable to calculate ready pods: ")?;
                }
                f.write_str("no pods returned by selector while calculating replica count")
            }
            MetricError::NoSamples => {
                f.write_str("did not receive metrics for targeted pods (pods might be unready)")
            }
            MetricError::MissingRequest { fault, pod } => write!(f, "{fault} Pod {pod}"),
            MetricError::NoRequests => f.write_str("no metrics returned matched known pods"),
            MetricError::Selector(error) => write!(f, "{error}"),
            MetricError::MissingTarget => self.fmt_missing_target(f),
            MetricError::UnknownType => {
                write!(f, "unknown metric source type {:?}", self.metric.spec().type_)
            }
        }
    }
}

/// The resource that a metric is about.
fn resource_name(spec: &MetricSpec) -> Option<&str> {
    let container = || spec.container_resource.as_ref().map(|source| source.name.as_str());
    spec.resource.as_ref().map(|source| source.name.as_str()).or_else(container)
}

/// The target of a metric that is about a resource.
fn resource_target(spec: &MetricSpec) -> Option<&MetricTarget> {
    let container = || spec.container_resource.as_ref().map(|source| &source.target);
    spec.resource.as_ref().map(|source| &source.target).or_else(container)
}

/// Whether an Object metric's target is `averageValue`; there alone the type decides.
fn is_average(target: &MetricTarget) -> bool {
    target.type_ == "AverageValue"
}

impl PartialEq for MetricName {
    fn eq(&self, other: &MetricName) -> bool {
        let same = Arc::ptr_eq(&self.spec, &other.spec) && self.metric == other.metric;
        same || self.to_string() == other.to_string()
    }
}

impl PartialEq for MetricFault {
    fn eq(&self, other: &MetricFault) -> bool {
        let (one, two) = (&self.metric, &other.metric);
        if Arc::ptr_eq(&one.spec, &two.spec) && one.metric == two.metric {
            return self.error == other.error;
        }
        self.word() == other.word() && self.to_string() == other.to_string()
    }
}

impl fmt::Display for MetricName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let spec = self.spec();
        if let (Some(name), Some(target)) = (resource_name(spec), resource_target(spec)) {
            return match (&target.average_value, &spec.container_resource) {
                (Some(_), _) => write!(f, "{name} resource"),
                (None, None) => {
                    write!(f, "{name} resource utilization (percentage of request)")
                }
                (None, Some(_)) => {
                    write!(f, "{name} container resource utilization (percentage of request)")
                }
            };
        }
        if let Some(pods) = &spec.pods {
            return write!(f, "pods metric {}", pods.metric.name);
        }
        let metric = match (&spec.object, &spec.external) {
            (Some(object), _) if !is_average(&object.target) => {
                let (kind, name) = (&object.described_object.kind, &object.metric.name);
                return write!(f, "{kind} metric {name}");
            }
            (Some(object), _) => &object.metric,
            (None, Some(external)) => &external.metric,
            (None, None) => return Ok(()),
        };
        write!(f, "external metric {}({})", metric.name, Printed(metric.selector.as_ref()))
    }
}

impl fmt::Display for MetricFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let spec = self.metric.spec();
        if let (Some(name), Some(target)) = (resource_name(spec), resource_target(spec))
            && self.is_computed()
        {
            let what = if target.average_value.is_some() { "usage" } else { "utilization" };
            write!(f, "failed to get {name} {what}: ")?;
        }
        self.fmt_error(f)
    }
}

/// A fault as the calculator words it.
struct Cause<'a>(&'a MetricFault);

impl fmt::Display for Cause<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt_error(f)
    }
}

/// A selector as Go prints a pointer to one.
struct Printed<'a>(Option<&'a LabelSelector>);

impl fmt::Display for Printed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(selector) = self.0 else { return f.write_str("nil") };
        f.write_str("&LabelSelector{MatchLabels:map[string]string{")?;
        for (key, value) in &selector.match_labels {
            write!(f, "{key}: {value},")?;
        }
        f.write_str("},MatchExpressions:[]LabelSelectorRequirement{")?;
        for expression in &selector.match_expressions {
            write!(
                f,
                "LabelSelectorRequirement{{Key:{},Operator:{},Values:[{}],}},",
                expression.key,
                expression.operator,
                expression.values.join(" ")
            )?;
        }
        f.write_str("},}")
    }
}
