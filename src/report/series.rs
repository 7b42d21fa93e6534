//! The values over time of each workload, for charts and CSV.

use super::decision::MetricUnit;
use super::nodes::NodeSeries;
use super::numbers::LoadUnit;
use super::track::Track;
use crate::units::SimTime;

/// All values over time of one simulation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// The end; everything begins at 0.
    pub end: SimTime,
    /// Each Deployment, in order of the scenario.
    pub workloads: Vec<WorkloadSeries>,
    /// Nodes.
    pub nodes: NodeSeries,
}

/// Values over time of one Deployment. Pods are counted, so all values are whole numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WorkloadSeries {
    /// Pods that `spec.replicas` asks for.
    pub desired: Track,
    /// Pods that exist and are not being deleted.
    pub current: Track,
    /// Those of them that are Ready.
    pub ready: Track,
    /// Those of them that wait for a node.
    pub pending: Track,
    /// Ready pods of the newest template; empty without any rollout.
    pub updated: Track,
    /// `minReplicas` of the HPA; empty without one.
    pub min_replicas: Track,
    /// `maxReplicas` of the HPA; empty without one.
    pub max_replicas: Track,
    /// Pods that the metrics ask for under the load; empty where that cannot be told.
    pub need: Need,
    /// Its traffic.
    pub traffic: Option<TrafficSeries>,
    /// Each metric of the HPA, in order of the spec.
    pub metrics: Vec<MetricSeries>,
}

/// Pods that an HPA's metrics ask for under a load, without regard to its bounds. Within tolerance
/// of its target an HPA leaves any count alone; so there is a range.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Need {
    /// The count at which the usage is at most the target: `ceil(usage / target)`.
    pub exact: Track,
    /// Least count that the HPA leaves alone; below it, it scales up.
    pub least: Track,
    /// Greatest count that the HPA leaves alone; above it, it scales down.
    pub most: Track,
}

/// Traffic over time \[1/s\], of all Services of a Deployment together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrafficSeries {
    /// What is counted.
    pub unit: LoadUnit,
    /// What users ask for.
    pub requests: Track,
    /// What arrives: requests and their retries.
    pub attempts: Track,
    /// What the pods that serve can take.
    pub capacity: Track,
    /// Attempts that are served.
    pub served: Track,
    /// Attempts that fail.
    pub failed: Track,
    /// What waits (a number, not a rate).
    pub backlog: Track,
}

/// A metric as the HPA saw it, at each sync.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MetricSeries {
    /// Name.
    pub name: String,
    /// Unit of all values.
    pub unit: MetricUnit,
    /// Value; NaN when it could not be read.
    pub value: Track,
    /// Target.
    pub target: f64,
    /// Share of the target above it within which nothing is done.
    pub tolerance_up: f64,
    /// Share of the target below it within which nothing is done.
    pub tolerance_down: f64,
    /// The limit of the container in the same unit, where there is one.
    pub limit: Option<f64>,
}
