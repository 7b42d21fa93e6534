//! What one sync came to, and how: small, so that it can be made at every sync.
//! Upstream has no such thing; it holds the numbers that `reconcileAutoscaler` of
//! `pkg/controller/podautoscaler/horizontal.go` (v1.36) and what it calls pass on to one another.

use smallvec::SmallVec;

use crate::kube::objects::ids::HpaId;
use crate::units::{SimDuration, SimTime};

/// How many metrics of an HPA a [`Decision`] tells about.
pub const METRICS_TOLD: usize = 8;

/// One sync of one HPA. What was not reached is empty.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// Whose.
    pub hpa: HpaId,
    /// When.
    pub at: SimTime,
    /// `spec.replicas` of the scale as read.
    pub current: i32,
    /// `status.replicas` of the scale as read; only per-pod targets of Object and External metrics
    /// count with it.
    pub status_replicas: i32,
    /// `minReplicas`, or 1.
    pub min_replicas: i32,
    /// `maxReplicas`.
    pub max_replicas: i32,
    /// Why metrics were asked, or not.
    pub path: Path,
    /// How many metrics the spec has; `metrics` tells about the first [`METRICS_TOLD`].
    pub metric_count: u32,
    /// How many of them failed.
    pub invalid_count: u32,
    /// One entry for each metric that was asked for, in order of the spec.
    pub metrics: SmallVec<[MetricDecision; 2]>,
    /// Place in `spec.metrics` of the metric whose proposal won.
    pub winner: Option<u32>,
    /// Highest proposal of the metrics, before stabilisation and limits.
    pub proposal: Option<i32>,
    /// What stabilisation made of the proposal.
    pub stabilization: Option<Stabilization>,
    /// What limits made of the stabilised value.
    pub limit: Option<Limit>,
    /// Why the count would move, as the event says it.
    pub cause: Cause,
    /// The number that the controller wants; `current` where it leaves the scale alone.
    pub desired: i32,
    /// What came of it.
    pub outcome: Outcome,
    /// Whether the status was written.
    pub status: StatusWrite,
}

/// Which way a sync took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Path {
    /// The scale could not be read.
    #[default]
    NoScale,
    /// The target is at 0 and stays there.
    Disabled,
    /// Above `maxReplicas`: straight to it, without metrics.
    AboveMax,
    /// Below `minReplicas`: straight to it, without metrics.
    BelowMin,
    /// Metrics were asked, if the selector let it come to that.
    Metrics,
}

/// What one metric came to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MetricDecision {
    /// What kind of metric, and of target.
    pub kind: MetricKind,
    /// How the number came about, or why there is none.
    pub basis: Basis,
    /// Pods that the selector matches, by what the calculator made of them.
    pub pods: PodCounts,
    /// The target [% for a utilization, else milli-units].
    pub target: i64,
    /// Sum over ready pods (and ghosts, of raw values), or the total of the metric \[milli-units\].
    pub usage: i64,
    /// Sum of the requests of ready pods \[milli-units\]; 0 without a utilization.
    pub requests: i64,
    /// Usage over requests [%]; 0 without a utilization.
    pub utilization: i32,
    /// What the status reports: mean per pod, or the total \[milli-units\].
    pub reported: i64,
    /// Usage over target, of what was measured.
    pub ratio: f64,
    /// The same with pods that have no usable sample filled in; equal to `ratio` if none were.
    pub filled_ratio: f64,
    /// The count that the metric asks for.
    pub proposal: i32,
}

/// Kind of a metric and of its target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MetricKind {
    /// `Resource` with `averageUtilization`.
    #[default]
    ResourceUtilization,
    /// `Resource` with `averageValue`.
    ResourceAverageValue,
    /// `ContainerResource` with `averageUtilization`.
    ContainerResourceUtilization,
    /// `ContainerResource` with `averageValue`.
    ContainerResourceAverageValue,
    /// `Pods`.
    Pods,
    /// `Object` with `value`.
    ObjectValue,
    /// `Object` with `averageValue`.
    ObjectAverageValue,
    /// `External` with `value`.
    ExternalValue,
    /// `External` with `averageValue`.
    ExternalAverageValue,
    /// A type that does not exist, or a target that says nothing.
    Invalid,
}

/// How a proposal came about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Basis {
    /// Nothing was computed.
    #[default]
    None,
    /// The ratio is within tolerance: the current count.
    WithinTolerance,
    /// Ratio times counted pods, rounded up.
    Ratio,
    /// The same after filling in pods without a usable sample.
    FilledRatio,
    /// After filling in, the ratio is within tolerance: the current count.
    FilledWithinTolerance,
    /// After filling in, the ratio points the other way: the current count.
    DirectionChanged,
    /// After filling in, the number of pods makes the count move the other way: the current count.
    CountChangedDirection,
    /// Total over target per pod, rounded up.
    PerPod,
    /// At 0 pods: the ratio itself, rounded up.
    FromZero,
    /// The metrics API failed.
    FetchFailed,
    /// The metric's own selector is wrong.
    InvalidSelector,
    /// The pod selector matches no pod.
    NoPods,
    /// No pod has a usable sample.
    NoSamples,
    /// A pod has no request for the resource.
    MissingRequest,
    /// The requests are 0, or all samples are of unknown pods.
    NoRequests,
    /// The spec names no such target, or no such type.
    InvalidSpec,
}

impl Basis {
    /// Whether there is a proposal.
    pub fn is_valid(self) -> bool {
        matches!(
            self,
            Basis::WithinTolerance
                | Basis::Ratio
                | Basis::FilledRatio
                | Basis::FilledWithinTolerance
                | Basis::DirectionChanged
                | Basis::CountChangedDirection
                | Basis::PerPod
                | Basis::FromZero
        )
    }
}

/// Pods by what the calculator makes of them (`groupPods`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PodCounts {
    /// Counted with their samples; for totals, Running and Ready.
    pub ready: u32,
    /// Pending, or (cpu) not ready or freshly so.
    pub unready: u32,
    /// Without a sample.
    pub missing: u32,
    /// Marked for deletion or failed.
    pub ignored: u32,
    /// Samples of pods that do not exist.
    pub ghosts: u32,
}

/// What recent recommendations made of a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stabilization {
    /// The stabilised value.
    pub value: i32,
    /// Window of the direction that decided.
    pub window: SimDuration,
    /// The recommendation that won, and when it was made; `None` if the proposal itself or the
    /// current count did.
    pub winner: Option<(i32, SimTime)>,
}

/// What bounds made of a stabilised value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// What held the value back.
    pub by: LimitedBy,
    /// The lowest or highest count that the rules of this direction allow; `None` if the value did
    /// not move.
    pub rate: Option<RateLimit>,
}

/// Which bound held a value back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitedBy {
    /// None did.
    Nothing,
    /// `minReplicas`.
    MinReplicas,
    /// `maxReplicas`.
    MaxReplicas,
    /// The rate of scaling up.
    ScaleUpRate,
    /// The rate of scaling down.
    ScaleDownRate,
}

/// How far one sync may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// Which way.
    pub direction: Direction,
    /// The furthest count.
    pub limit: i32,
    /// The policy that allows it; `None` without `behavior`, if the direction is disabled, or if
    /// the policies allow no move at all.
    pub policy: Option<PolicyLimit>,
}

/// Up or down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// More pods.
    Up,
    /// Fewer pods.
    Down,
}

/// A policy of `behavior` and what it allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyLimit {
    /// Place in `policies`.
    pub index: u32,
    /// What its value counts.
    pub type_: PolicyType,
    /// Its value: pods, or percent of the count at the start of its period.
    pub value: i32,
    /// Its period.
    pub period: SimDuration,
    /// Count at the start of its period.
    pub period_start_replicas: i32,
}

/// Type of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyType {
    /// Pods.
    Pods,
    /// Percent of the count at the start of the period.
    Percent,
}

/// Why the count would move.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cause {
    /// Metrics ask for the current count; if it moves all the same, stabilisation moves it.
    #[default]
    None,
    /// The winning metric is above its target.
    MetricAboveTarget,
    /// No metric asks for as much as there is.
    AllMetricsBelowTarget,
    /// Above `maxReplicas`.
    AboveMaxReplicas,
    /// Below `minReplicas`.
    BelowMinReplicas,
}

/// What came of a sync.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Outcome {
    /// The scale was left alone.
    #[default]
    Nothing,
    /// The scale was changed.
    Rescaled,
    /// `apiVersion` of the target is no group and version.
    InvalidApiVersion,
    /// There is no such kind.
    UnknownKind,
    /// The scale could not be read.
    FailedGetScale,
    /// The target's selector is missing or wrong.
    InvalidSelector,
    /// Another HPA selects the same pods.
    AmbiguousSelector,
    /// So many metrics failed that nothing was done.
    FailedComputeMetricsReplicas,
    /// The scale could not be written.
    FailedUpdateScale,
}

/// What became of the status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StatusWrite {
    /// It did not change.
    #[default]
    Unchanged,
    /// It was written.
    Written,
    /// It could not be written.
    Failed,
}

impl Decision {
    /// A decision of which nothing is known yet.
    pub fn new(hpa: HpaId, at: SimTime) -> Decision {
        Decision {
            hpa,
            at,
            current: 0,
            status_replicas: 0,
            min_replicas: 0,
            max_replicas: 0,
            path: Path::NoScale,
            metric_count: 0,
            invalid_count: 0,
            metrics: SmallVec::new(),
            winner: None,
            proposal: None,
            stabilization: None,
            limit: None,
            cause: Cause::None,
            desired: 0,
            outcome: Outcome::Nothing,
            status: StatusWrite::Unchanged,
        }
    }

    /// The metrics that it tells about.
    pub fn metrics(&self) -> &[MetricDecision] {
        &self.metrics
    }
}
