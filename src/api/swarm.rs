//! What a service of Docker Swarm asks for beyond a pod: how its tasks are updated, restarted and
//! checked. Mirrors `api/specs.proto` and `api/types.proto` of SwarmKit, and the health check of
//! `container.HealthConfig` of moby. Left out: jobs, mounts, networks, secrets.
//!
//! A service is kept as a Deployment whose strategy says that Swarm's orchestrator works for it,
//! not the Deployment controller; its tasks are pods.

use crate::units::SimDuration;

/// The label by which a service finds its tasks.
pub const SERVICE_NAME_LABEL: &str = "com.docker.swarm.service.name";

/// How Swarm keeps a service: its mode, and how tasks are replaced.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ServiceStrategy {
    /// How many tasks there are.
    pub mode: ServiceMode,
    /// How tasks are replaced by those of a new version.
    pub update: UpdateConfig,
    /// How they are replaced by those of the version before.
    pub rollback: UpdateConfig,
}

/// How many tasks a service has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ServiceMode {
    /// As many as it says.
    #[default]
    Replicated,
    /// One on each node that takes it.
    Global,
}

/// How tasks are replaced.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UpdateConfig {
    /// Slots that are changed at a time; 0 is all of them.
    pub parallelism: u32,
    /// Pause of a worker after each slot.
    pub delay: SimDuration,
    /// What happens when too many tasks fail.
    pub failure_action: FailureAction,
    /// For how long after its start a task that ends counts as failed.
    pub monitor: SimDuration,
    /// Share of failed tasks that is borne; 32 bits as upstream has it.
    pub max_failure_ratio: f32,
    /// Whether the old task goes first, or the new one comes first.
    pub order: UpdateOrder,
}

/// What happens when too many tasks of an update fail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FailureAction {
    /// No further slots are changed.
    #[default]
    Pause,
    /// The update goes on.
    Continue,
    /// The version before comes back.
    Rollback,
}

/// Which of two tasks comes first when one takes the other's place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UpdateOrder {
    /// The old one stops, then the new one starts.
    #[default]
    StopFirst,
    /// The new one runs, then the old one stops.
    StartFirst,
}

/// What a task asks for that a pod of Kubernetes does not know.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TaskSpec {
    /// When a task that has ended is followed by another.
    pub restart: RestartPolicy,
    /// How its health is checked; a task without a check is healthy while it runs.
    pub health: Option<HealthConfig>,
    /// Time from SIGTERM to SIGKILL.
    pub stop_grace_period: SimDuration,
}

/// When a task that has ended is followed by another one in its slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestartPolicy {
    /// After which ends.
    pub condition: RestartCondition,
    /// How much later.
    pub delay: SimDuration,
    /// How often within the window; 0 is without limit.
    pub max_attempts: u64,
    /// How far back restarts count; 0 is all of them.
    pub window: SimDuration,
}

/// After which ends of a task another one follows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RestartCondition {
    /// After none.
    None,
    /// After a failure.
    OnFailure,
    /// After any.
    #[default]
    Any,
}

/// How the health of a container is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HealthConfig {
    /// From the start, or the end of one check, to the next one.
    pub interval: SimDuration,
    /// A check that takes longer fails.
    pub timeout: SimDuration,
    /// Failures in a row that make a container unhealthy.
    pub retries: u32,
    /// For how long from the start failures do not count, until the first success.
    pub start_period: SimDuration,
    /// As `interval`, for a container that is not healthy yet and in its start period.
    pub start_interval: SimDuration,
}

impl Default for UpdateConfig {
    /// Mirrors `api/defaults/service.go`.
    fn default() -> UpdateConfig {
        UpdateConfig {
            parallelism: 1,
            delay: SimDuration::ZERO,
            failure_action: FailureAction::Pause,
            monitor: SimDuration::from_secs(5),
            max_failure_ratio: 0.0,
            order: UpdateOrder::StopFirst,
        }
    }
}

impl Default for RestartPolicy {
    /// Mirrors `api/defaults/service.go`.
    fn default() -> RestartPolicy {
        RestartPolicy {
            condition: RestartCondition::Any,
            delay: SimDuration::from_secs(5),
            max_attempts: 0,
            window: SimDuration::ZERO,
        }
    }
}

impl Default for HealthConfig {
    /// Mirrors `daemon/health.go` of moby.
    fn default() -> HealthConfig {
        HealthConfig {
            interval: SimDuration::from_secs(30),
            timeout: SimDuration::from_secs(30),
            retries: 3,
            start_period: SimDuration::ZERO,
            start_interval: SimDuration::from_secs(5),
        }
    }
}
