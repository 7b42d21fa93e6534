//! What the kubelet says: events and changes of status, with their numbers.
//! Mirrors the texts of `pkg/kubelet/events`, `pkg/kubelet/images` and `pkg/kubelet/kuberuntime`
//! (v1.36). Left out: image sizes.

use std::fmt;
use std::sync::Arc;

use super::application::ProbeKind;
use crate::kube::objects::ids::PodId;
use crate::kube::objects::pod::PodActivity;
use crate::units::SimDuration;

/// Why the kubelet wrote something.
#[derive(Clone, Debug, PartialEq)]
pub enum KubeletReason {
    /// An image is about to be pulled.
    Pulling {
        /// Which.
        image: Arc<str>,
    },
    /// An image has been pulled.
    Pulled {
        /// Which.
        image: Arc<str>,
        /// How long the pull took.
        took: SimDuration,
        /// The same with the wait for other pulls of the node.
        with_waiting: SimDuration,
    },
    /// An image was there and needed no pull.
    AlreadyPresent {
        /// Which.
        image: Arc<str>,
    },
    /// An image is absent, and the pull policy is `Never`.
    ErrImageNeverPull {
        /// Which.
        image: Arc<str>,
    },
    /// A pull failed.
    FailedToPull {
        /// Which image.
        image: Arc<str>,
        /// What the registry said.
        error: Arc<str>,
    },
    /// A container waits because of its image; upstream's second event of a failed pull.
    Failed {
        /// `ErrImagePull`, `ErrImageNeverPull` or `ImagePullBackOff`.
        word: &'static str,
    },
    /// A pull that failed is held back.
    BackOffPull {
        /// Which image.
        image: Arc<str>,
    },
    /// A container was created.
    Created,
    /// A container was started.
    Started,
    /// A container is being stopped.
    Killing {
        /// Which.
        container: Arc<str>,
        /// Why.
        why: KillReason,
        /// Whether it is a sidecar, which upstream calls an init container.
        init: bool,
    },
    /// A preStop hook did not end within the grace period.
    FailedPreStopHook,
    /// A probe failed.
    Unhealthy {
        /// Which kind of probe.
        probe: ProbeKind,
        /// What the probe printed.
        output: ProbeOutput,
    },
    /// A restart is held back.
    BackOff {
        /// Of which container.
        container: Arc<str>,
        /// Name of the pod.
        pod: Arc<str>,
        /// Namespace of the pod.
        namespace: Arc<str>,
        /// Its number, from which its uid follows.
        id: PodId,
    },
    /// A container ended by itself.
    Exited {
        /// Which.
        container: Arc<str>,
        /// Its exit code.
        code: i32,
    },
    /// The pod became ready.
    ContainersReady,
    /// The pod is not ready.
    ContainersNotReady {
        /// Names of all containers.
        names: Arc<[Arc<str>]>,
        /// A bit for each container that is not ready, the first lowest.
        unready: u64,
    },
    /// All containers ended well and stay so.
    PodCompleted,
    /// All containers ended, one of them badly.
    PodFailed,
    /// The pod went on to this.
    Activity(PodActivity),
    /// All containers of a pod that was marked for deletion have ended.
    Terminated,
    /// A node is ready.
    NodeReady {
        /// Its name.
        node: Arc<str>,
    },
    /// A script said so.
    Script,
}

/// Why a container is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KillReason {
    /// Its pod is deleted.
    Stopping,
    /// Its liveness probe failed; whether it will be restarted.
    Liveness {
        /// It will.
        restart: bool,
    },
    /// Its startup probe failed; whether it will be restarted.
    Startup {
        /// It will.
        restart: bool,
    },
}

/// What a failed probe printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeOutput {
    /// Nothing (a command that failed).
    Nothing,
    /// An HTTP status.
    StatusCode(u16),
    /// Nobody listens at the port.
    Refused,
    /// A command took too long; the time-out \[s\].
    CommandTimedOut(i32),
    /// A request took too long.
    RequestTimedOut,
}

impl KubeletReason {
    /// Upstream's CamelCase word.
    pub fn word(&self) -> &'static str {
        match self {
            KubeletReason::Pulling { .. } => "Pulling",
            KubeletReason::Pulled { .. } | KubeletReason::AlreadyPresent { .. } => "Pulled",
            KubeletReason::ErrImageNeverPull { .. } => "ErrImageNeverPull",
            KubeletReason::FailedToPull { .. } | KubeletReason::Failed { .. } => "Failed",
            KubeletReason::BackOffPull { .. } | KubeletReason::BackOff { .. } => "BackOff",
            KubeletReason::Created => "Created",
            KubeletReason::Started => "Started",
            KubeletReason::Killing { .. } => "Killing",
            KubeletReason::FailedPreStopHook => "FailedPreStopHook",
            KubeletReason::Unhealthy { .. } => "Unhealthy",
            KubeletReason::Exited { code: 0, .. } => "Completed",
            KubeletReason::Exited { .. } => "Error",
            KubeletReason::ContainersReady => "ContainersReady",
            KubeletReason::ContainersNotReady { .. } => "ContainersNotReady",
            KubeletReason::PodCompleted => "PodCompleted",
            KubeletReason::PodFailed => "PodFailed",
            KubeletReason::Activity(activity) => word_of(*activity),
            KubeletReason::Terminated => "Terminated",
            KubeletReason::NodeReady { .. } => "NodeReady",
            KubeletReason::Script => "Script",
        }
    }
}

/// Upstream's word for what a pod is doing: its containers' reason for waiting, or an event's.
fn word_of(activity: PodActivity) -> &'static str {
    match activity {
        PodActivity::Unscheduled => "Pending",
        PodActivity::Pulling => "ContainerCreating",
        PodActivity::Starting | PodActivity::Running => "Started",
        PodActivity::CrashLoopBackOff => "CrashLoopBackOff",
        PodActivity::ImagePullBackOff => "ImagePullBackOff",
        PodActivity::OomKilled => "OOMKilled",
        PodActivity::Stopping => "Killing",
        PodActivity::Ended => "Completed",
    }
}

impl fmt::Display for KubeletReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KubeletReason::Pulling { .. }
            | KubeletReason::Pulled { .. }
            | KubeletReason::AlreadyPresent { .. }
            | KubeletReason::ErrImageNeverPull { .. }
            | KubeletReason::FailedToPull { .. }
            | KubeletReason::Failed { .. }
            | KubeletReason::BackOffPull { .. } => self.fmt_image(f),
            KubeletReason::Created => f.write_str("Container created"),
            KubeletReason::Started => f.write_str("Container started"),
            KubeletReason::Killing { container, why, init } => {
                fmt_killing(f, container, *why, *init)
            }
            KubeletReason::FailedPreStopHook => f.write_str("PreStopHook failed"),
            KubeletReason::Unhealthy { probe, output } => write!(f, "{probe} failed: {output}"),
            KubeletReason::BackOff { container, pod, namespace, id } => write!(
                f,
                "Back-off restarting failed container {container} in pod {pod}_{namespace}({})",
                id.uid()
            ),
            KubeletReason::Exited { container, code } => {
                write!(f, "container {container} ended by itself with exit code {code}")
            }
            KubeletReason::ContainersReady => f.write_str("all containers are ready"),
            KubeletReason::ContainersNotReady { names, unready } => fmt_unready(f, names, *unready),
            KubeletReason::PodCompleted => f.write_str("all containers have ended well"),
            KubeletReason::PodFailed => f.write_str("all containers have ended, one with an error"),
            KubeletReason::Activity(activity) => f.write_str(sentence_of(*activity)),
            KubeletReason::Terminated => {
                f.write_str("all containers have ended after the deletion")
            }
            KubeletReason::NodeReady { node } => {
                write!(f, "Node {node} status is now: NodeReady")
            }
            KubeletReason::Script => f.write_str("the scripted kubelet says so"),
        }
    }
}

impl KubeletReason {
    fn fmt_image(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KubeletReason::Pulling { image } => write!(f, "Pulling image \"{image}\""),
            KubeletReason::Pulled { image, took, with_waiting } => write!(
                f,
                "Successfully pulled image \"{image}\" in {} ({} including waiting).",
                GoDuration(*took),
                GoDuration(*with_waiting)
            ),
            KubeletReason::AlreadyPresent { image } => write!(
                f,
                "Container image \"{image}\" already present on machine and can be accessed \
                 by the pod"
            ),
            KubeletReason::ErrImageNeverPull { image } => {
                write!(f, "Container image \"{image}\" is not present with pull policy of Never")
            }
            KubeletReason::FailedToPull { image, error } => {
                write!(f, "Failed to pull image \"{image}\": {error}")
            }
            KubeletReason::Failed { word } => write!(f, "Error: {word}"),
            KubeletReason::BackOffPull { image } => write!(f, "Back-off pulling image \"{image}\""),
            _ => unreachable!("only reasons about images come here"),
        }
    }
}

fn sentence_of(activity: PodActivity) -> &'static str {
    match activity {
        PodActivity::Unscheduled => "the pod waits for a node",
        PodActivity::Pulling => "an image is being pulled",
        PodActivity::Starting => "containers are starting",
        PodActivity::Running => "all containers run",
        PodActivity::CrashLoopBackOff => "a container that keeps ending is held back",
        PodActivity::ImagePullBackOff => "an image cannot be pulled",
        PodActivity::OomKilled => "a container went over its memory limit",
        PodActivity::Stopping => "containers are being stopped",
        PodActivity::Ended => "all containers have ended",
    }
}

fn fmt_killing(
    f: &mut fmt::Formatter<'_>,
    container: &str,
    why: KillReason,
    init: bool,
) -> fmt::Result {
    let noun = if init { "Init container" } else { "Container" };
    let (probe, restart) = match why {
        KillReason::Stopping => return write!(f, "Stopping container {container}"),
        KillReason::Liveness { restart } => ("liveness", restart),
        KillReason::Startup { restart } => ("startup", restart),
    };
    // Upstream's messages about init containers never speak of a restart.
    let tail = if restart && !init { ", will be restarted" } else { "" };
    write!(f, "{noun} {container} failed {probe} probe{tail}")
}

fn fmt_unready(f: &mut fmt::Formatter<'_>, names: &[Arc<str>], unready: u64) -> fmt::Result {
    f.write_str("containers with unready status: [")?;
    let mut space = "";
    for (_, name) in names.iter().enumerate().filter(|&(place, _)| unready >> place & 1 == 1) {
        write!(f, "{space}{name}")?;
        space = " ";
    }
    f.write_str("]")
}

impl fmt::Display for ProbeKind {
    /// As in `Readiness probe`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ProbeKind::Startup => "Startup probe",
            ProbeKind::Readiness => "Readiness probe",
            ProbeKind::Liveness => "Liveness probe",
        })
    }
}

impl fmt::Display for ProbeOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProbeOutput::Nothing => Ok(()),
            ProbeOutput::StatusCode(code) => write!(f, "HTTP probe failed with statuscode: {code}"),
            ProbeOutput::Refused => f.write_str("connect: connection refused"),
            ProbeOutput::CommandTimedOut(seconds) => write!(
                f,
                "command timed out after {}: command timed out",
                GoDuration(SimDuration::from_secs(i64::from(*seconds)))
            ),
            ProbeOutput::RequestTimedOut => f.write_str(
                "context deadline exceeded (Client.Timeout exceeded while awaiting headers)",
            ),
        }
    }
}

/// A duration as Go prints it: `400ms`, `1.5s`, `2m40s`, `1h0m0s`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GoDuration(pub(crate) SimDuration);

impl fmt::Display for GoDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = self.0.0;
        if total < 0 {
            f.write_str("-")?;
        }
        let total = total.unsigned_abs();
        let (hours, minutes) = (total / 3_600_000, total / 60_000 % 60);
        match total {
            0 => return f.write_str("0s"),
            1..1000 => return write!(f, "{total}ms"),
            1000..60_000 => {}
            60_000..3_600_000 => write!(f, "{minutes}m")?,
            _ => write!(f, "{hours}h{minutes}m")?,
        }
        let (seconds, milliseconds) = (total / 1000 % 60, total % 1000);
        if milliseconds == 0 {
            return write!(f, "{seconds}s");
        }
        let fraction = format!("{milliseconds:03}");
        write!(f, "{seconds}.{}s", fraction.trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_print_as_go_prints_them() {
        let print = |milliseconds| GoDuration(SimDuration(milliseconds)).to_string();
        assert_eq!(print(400), "400ms");
        assert_eq!(print(1500), "1.5s");
        assert_eq!(print(20_000), "20s");
        assert_eq!(print(160_000), "2m40s");
        assert_eq!(print(3_600_000), "1h0m0s");
        assert_eq!(print(61_030), "1m1.03s");
    }

    #[test]
    fn unready_containers_are_named() {
        let names: Arc<[Arc<str>]> = ["a", "b", "c"].map(Arc::from).into();
        let reason = KubeletReason::ContainersNotReady { names, unready: 0b101 };
        assert_eq!(reason.to_string(), "containers with unready status: [a c]");
    }

    #[test]
    fn kills_say_why_in_upstreams_words() {
        let say = |why, init| {
            KubeletReason::Killing { container: Arc::from("app"), why, init }.to_string()
        };
        assert_eq!(say(KillReason::Stopping, false), "Stopping container app");
        assert_eq!(
            say(KillReason::Liveness { restart: true }, false),
            "Container app failed liveness probe, will be restarted"
        );
        assert_eq!(
            say(KillReason::Startup { restart: true }, true),
            "Init container app failed startup probe"
        );
    }
}
