//! What Swarm's orchestrator and its agents say. Mirrors the messages of
//! `manager/orchestrator/update/updater.go` and `agent/exec` of SwarmKit, and of
//! `daemon/cluster/executor/container` of moby.

use std::fmt;
use std::sync::Arc;

use crate::kube::kubelet::application::ContainerExit;
use crate::units::SimDuration;

/// Why Swarm wrote something.
#[derive(Clone, Debug, PartialEq)]
pub enum SwarmReason {
    /// A service has other tasks than it asks for.
    Scale {
        /// Tasks that it asks for.
        replicas: u32,
    },
    /// An update puts a task of the new version into a slot.
    UpdateSlot {
        /// Which.
        slot: Slot,
    },
    /// A task makes room for another one of its slot.
    ShutDown {
        /// Which slot.
        slot: Slot,
    },
    /// A task follows one that has ended.
    Restart {
        /// In which slot.
        slot: Slot,
        /// The one that has ended.
        ended: Arc<str>,
        /// How much later it starts.
        delay: SimDuration,
    },
    /// A node does not answer, or its tasks were told to leave.
    LostNode {
        /// In which slot a task was there.
        slot: Slot,
    },
    /// The desired state of a task is RUNNING.
    Release,
    /// A task that has ended is forgotten.
    History,
    /// Counts of a service.
    Status,
    /// A new version of a service has its set of tasks.
    NewVersion,
    /// How an update fares.
    Update(UpdateStatus),
    /// How a task fares on its node.
    Task(TaskState),
}

/// The place of a task in its service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot(
    /// Number of a slot from 1; of a global service the number of a node from 0.
    pub u32,
);

/// `UpdateStatus` of a service, with the task that brought it about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UpdateStatus {
    /// `updating`.
    Updating,
    /// `completed`.
    Completed,
    /// `paused`.
    Paused {
        /// Id of the task that failed.
        task: Arc<str>,
    },
    /// `rollback_started`.
    RollbackStarted {
        /// Id of the task that failed.
        task: Arc<str>,
    },
    /// `rollback_completed`.
    RollbackCompleted,
    /// `rollback_paused`.
    RollbackPaused {
        /// Id of the task that failed.
        task: Arc<str>,
    },
}

/// How a task fares on its node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskState {
    /// Its image is being pulled.
    Preparing,
    /// It could start.
    Ready,
    /// Its container runs and is not healthy yet.
    Starting,
    /// It runs, and is healthy if anybody asks.
    Running,
    /// It is being stopped because it is not healthy.
    Unhealthy,
    /// It ended well, by itself.
    Complete,
    /// It ended badly.
    Failed {
        /// How its container ended.
        exit: ContainerExit,
        /// Whether it was stopped because it was not healthy.
        unhealthy: bool,
    },
    /// It was told to end, and has.
    Shutdown,
}

impl UpdateStatus {
    /// The state as `docker service inspect` prints it.
    pub fn word(&self) -> &'static str {
        match self {
            UpdateStatus::Updating => "updating",
            UpdateStatus::Completed => "completed",
            UpdateStatus::Paused { .. } => "paused",
            UpdateStatus::RollbackStarted { .. } => "rollback_started",
            UpdateStatus::RollbackCompleted => "rollback_completed",
            UpdateStatus::RollbackPaused { .. } => "rollback_paused",
        }
    }

    /// Whether nothing is done until somebody changes the service.
    pub fn is_paused(&self) -> bool {
        matches!(self, UpdateStatus::Paused { .. } | UpdateStatus::RollbackPaused { .. })
    }

    /// Whether the version before comes back.
    pub fn is_rollback(&self) -> bool {
        matches!(self, UpdateStatus::RollbackStarted { .. })
    }
}

impl TaskState {
    /// The state as `docker service ps` prints it.
    fn word(self) -> &'static str {
        match self {
            TaskState::Preparing => "Preparing",
            TaskState::Ready => "Ready",
            TaskState::Starting => "Starting",
            TaskState::Running => "Running",
            TaskState::Unhealthy => "Unhealthy",
            TaskState::Complete => "Complete",
            TaskState::Failed { .. } => "Failed",
            TaskState::Shutdown => "Shutdown",
        }
    }
}

impl SwarmReason {
    /// One word for it.
    pub fn word(&self) -> &'static str {
        match self {
            SwarmReason::Scale { .. } => "Scale",
            SwarmReason::UpdateSlot { .. } => "UpdateSlot",
            SwarmReason::ShutDown { .. } => "ShutDown",
            SwarmReason::Restart { .. } => "Restart",
            SwarmReason::LostNode { .. } => "LostNode",
            SwarmReason::Release => "Start",
            SwarmReason::History => "History",
            SwarmReason::Status => "Status",
            SwarmReason::NewVersion => "NewVersion",
            SwarmReason::Update(status) => status.word(),
            SwarmReason::Task(state) => state.word(),
        }
    }
}

impl fmt::Display for SwarmReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SwarmReason::Scale { replicas } => write!(f, "the service asks for {replicas} tasks"),
            SwarmReason::UpdateSlot { slot } => {
                write!(f, "the update puts the new version into slot {slot}")
            }
            SwarmReason::ShutDown { slot } => {
                write!(f, "another task takes its place in slot {slot}")
            }
            SwarmReason::Restart { slot, ended, delay } => {
                write!(f, "task {ended} of slot {slot} has ended; the next one starts in {delay}")
            }
            SwarmReason::LostNode { slot } => {
                write!(f, "the node of the task in slot {slot} is down, or sent it away")
            }
            SwarmReason::Release => f.write_str("the desired state is RUNNING"),
            SwarmReason::History => f.write_str("a task that has ended is forgotten"),
            SwarmReason::Status => f.write_str("tasks were counted"),
            SwarmReason::NewVersion => f.write_str("the service has a new version"),
            SwarmReason::Update(status) => status.fmt(f),
            SwarmReason::Task(state) => state.fmt(f),
        }
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Prints upstream's message.
impl fmt::Display for UpdateStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let failure = "due to failure or early termination of task";
        match self {
            UpdateStatus::Updating => f.write_str("update in progress"),
            UpdateStatus::Completed => f.write_str("update completed"),
            UpdateStatus::Paused { task } => write!(f, "update paused {failure} {task}"),
            UpdateStatus::RollbackStarted { task } => {
                write!(f, "update rolled back {failure} {task}")
            }
            UpdateStatus::RollbackCompleted => f.write_str("rollback completed"),
            UpdateStatus::RollbackPaused { task } => write!(f, "rollback paused {failure} {task}"),
        }
    }
}

/// Prints upstream's message, or its error.
impl fmt::Display for TaskState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TaskState::Preparing => f.write_str("preparing"),
            TaskState::Ready => f.write_str("prepared"),
            TaskState::Starting => f.write_str("starting"),
            TaskState::Running => f.write_str("started"),
            TaskState::Unhealthy => f.write_str("unhealthy container"),
            TaskState::Complete => f.write_str("finished"),
            TaskState::Failed { exit, unhealthy } => {
                write!(f, "task: non-zero exit ({})", exit.code())?;
                if *unhealthy { f.write_str(": dockerexec: unhealthy container") } else { Ok(()) }
            }
            TaskState::Shutdown => f.write_str("shutdown"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_those_of_swarm() {
        let task = || Arc::from("5k2v");
        let say = |status: UpdateStatus| SwarmReason::Update(status).to_string();
        let failed = "due to failure or early termination of task 5k2v";
        assert_eq!(say(UpdateStatus::Paused { task: task() }), format!("update paused {failed}"));
        assert_eq!(
            say(UpdateStatus::RollbackStarted { task: task() }),
            format!("update rolled back {failed}")
        );
        assert_eq!(
            say(UpdateStatus::RollbackPaused { task: task() }),
            format!("rollback paused {failed}")
        );
        let failed = TaskState::Failed { exit: ContainerExit::Killed, unhealthy: true };
        let text = "task: non-zero exit (137): dockerexec: unhealthy container";
        assert_eq!(failed.to_string(), text);
    }
}
