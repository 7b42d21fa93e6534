//! What happens around the cluster, as written: metrics that are missing, registries that are slow,
//! more or fewer users.

use crate::scenario::file::read::{At, object};
use crate::scenario::file::scalar::ObjectName;
use crate::units::SimDuration;

object! {
    /// Metrics that HPAs cannot read for a time.
    MetricsOutage is "`metricsOutage`";
    /// How long; to the end if absent.
    "for" => lasts: Option<At<SimDuration>>,
    /// Which APIs: `resource` (metrics-server; also if absent), `custom`, `external`.
    "apis" => apis: Vec<At<String>>,
    /// Hides the pods 0, n, 2n, ... in order of their names, in place of all answers.
    "hideEvery" => hide_every: Option<At<u32>>,
    /// What is gone: the `server` itself, which comes back without memory (also if absent), or only
    /// the `connection` to it.
    "what" => what: Option<At<String>>,
}

object! {
    /// Images that take longer to pull for a time. Pulls that have begun do not change.
    SlowImagePull is "`slowImagePull`";
    /// How long; to the end if absent.
    "for" => lasts: Option<At<SimDuration>>,
    /// How many times as long as otherwise a pull takes; or `takes`.
    "factor" => factor: Option<At<f64>>,
    /// How long a pull takes.
    "takes" => takes: Option<At<SimDuration>>,
    /// Which image; all if absent.
    "image" => image: Option<At<String>>,
    /// On which node; on all if absent.
    "node" => node: Option<At<String>>,
    /// On which nodes.
    "nodes" => nodes: Vec<At<String>>,
}

object! {
    /// More or less traffic from then on. What services cause in others follows.
    TrafficScale is "`trafficScale`";
    /// The factor: 2 doubles, 0.5 halves, 0 stops.
    "factor" => factor: At<f64>,
    /// How long; to the end if absent.
    "for" => lasts: Option<At<SimDuration>>,
    /// The traffic to this Service; all traffic if nothing is named.
    "service" => service: Option<At<ObjectName>>,
    /// The traffic to this Deployment.
    "deployment" => deployment: Option<At<ObjectName>>,
    /// The messages of this queue.
    "queue" => queue: Option<At<String>>,
}
