//! Which pods of a node `kubectl drain` goes for, and which it stops at. Mirrors
//! pkg/drain/filters.go of kubectl (v0.36). Left out: additional filters.
//!
//! Each pod passes the filters in order until one keeps it; what the last of them said counts.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::{Flags, should_skip_pod};
use crate::kube::apiserver::Cluster;
use crate::kube::objects::ids::{NodeId, PodId};
use crate::kube::objects::pod::{ControllerRef, Pod};

/// Annotation of pods that a kubelet made of its own files.
const MIRROR_POD_ANNOTATION: &str = "kubernetes.io/config.mirror";

/// What a drain does with the pods of a node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodDeleteList {
    /// The pods to go for, by namespace and name.
    pub pods: Vec<PodId>,
    /// What it says about pods that go, or do not matter; sorted by text.
    pub warnings: Vec<Verdict>,
    /// Why nothing is done at all; sorted by text.
    pub refusals: Vec<Verdict>,
}

/// Something that holds for some pods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What.
    pub message: Message,
    /// The pods as `namespace/name`.
    pub pods: Vec<Arc<str>>,
}

/// What a filter says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Message {
    /// A DaemonSet would bring the pod back.
    DaemonSetFatal,
    /// A DaemonSet's pod stays.
    DaemonSetWarning,
    /// The pod's DaemonSet does not exist.
    DaemonSetNotFound {
        /// Its name.
        name: Arc<str>,
    },
    /// The pod's data would be lost.
    LocalStorageFatal,
    /// The pod's data will be lost.
    LocalStorageWarning,
    /// Nobody would bring the pod back.
    UnmanagedFatal,
    /// Nobody will bring the pod back.
    UnmanagedWarning,
}

/// What a filter makes of a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
enum PodDeleteStatus {
    Okay,
    Skip,
    /// The pod goes, or stays, and that is worth a word.
    Warning(bool, Message),
    Error(Message),
}

impl PodDeleteStatus {
    fn deletes(&self) -> bool {
        matches!(self, PodDeleteStatus::Okay | PodDeleteStatus::Warning(true, _))
    }
}

/// Looks at all pods of a node. Mirrors `GetPodsForDeletion`.
pub fn pods_for_deletion(cluster: &Cluster, node: NodeId, flags: &Flags) -> PodDeleteList {
    let pods = cluster.node(node).map(|object| object.pods.as_slice()).unwrap_or_default();
    let pods = pods.iter().filter_map(|&pod| cluster.pod(pod));
    let selects = |pod: &&Pod| flags.pod_selector.matches(&cluster.label_set(pod.labels).labels);
    let mut pods: Vec<&Pod> = pods.filter(selects).collect();
    pods.sort_by(|one, other| (&one.namespace, &one.name).cmp(&(&other.namespace, &other.name)));
    let mut list = PodDeleteList::default();
    let (mut warnings, mut refusals) = (BTreeMap::new(), BTreeMap::new());
    for pod in pods {
        let status = status_of(cluster, pod, flags);
        if status.deletes() {
            list.pods.push(pod.id);
        }
        let said: &mut BTreeMap<Message, Vec<Arc<str>>> = match status {
            PodDeleteStatus::Warning(..) => &mut warnings,
            PodDeleteStatus::Error(_) => &mut refusals,
            PodDeleteStatus::Okay | PodDeleteStatus::Skip => continue,
        };
        if let PodDeleteStatus::Warning(_, message) | PodDeleteStatus::Error(message) = status {
            let name = Arc::from(format!("{}/{}", pod.namespace, pod.name));
            said.entry(message).or_default().push(name);
        }
    }
    (list.warnings, list.refusals) = (verdicts(warnings), verdicts(refusals));
    list
}

/// kubectl's own order between messages is chance; this one is that of their texts.
fn verdicts(said: BTreeMap<Message, Vec<Arc<str>>>) -> Vec<Verdict> {
    let mut verdicts: Vec<Verdict> =
        said.into_iter().map(|(message, pods)| Verdict { message, pods }).collect();
    verdicts.sort_by_cached_key(ToString::to_string);
    verdicts
}

/// Mirrors `filterPods` with the filters of `makeFilters`.
fn status_of(cluster: &Cluster, pod: &Pod, flags: &Flags) -> PodDeleteStatus {
    let filters = [
        skip_deleted_filter,
        daemon_set_filter,
        mirror_pod_filter,
        local_storage_filter,
        unreplicated_filter,
    ];
    let mut status = PodDeleteStatus::Okay;
    for filter in filters {
        status = filter(cluster, pod, flags);
        if !status.deletes() {
            break;
        }
    }
    status
}

fn skip_deleted_filter(cluster: &Cluster, pod: &Pod, flags: &Flags) -> PodDeleteStatus {
    let seconds = flags.skip_wait_for_delete_timeout_seconds;
    if should_skip_pod(pod, seconds, cluster.now) {
        PodDeleteStatus::Skip
    } else {
        PodDeleteStatus::Okay
    }
}

fn daemon_set_filter(cluster: &Cluster, pod: &Pod, flags: &Flags) -> PodDeleteStatus {
    let Some(ControllerRef { kind, name }) = pod.other_controller.as_deref() else {
        return PodDeleteStatus::Okay;
    };
    if **kind != *"DaemonSet" || pod.is_terminal() {
        return PodDeleteStatus::Okay;
    }
    if !cluster.has_daemon_set(&pod.namespace, name) {
        let message = Message::DaemonSetNotFound { name: Arc::clone(name) };
        return if flags.force {
            PodDeleteStatus::Warning(true, message)
        } else {
            PodDeleteStatus::Error(message)
        };
    }
    if flags.ignore_daemon_sets {
        PodDeleteStatus::Warning(false, Message::DaemonSetWarning)
    } else {
        PodDeleteStatus::Error(Message::DaemonSetFatal)
    }
}

fn mirror_pod_filter(cluster: &Cluster, pod: &Pod, _: &Flags) -> PodDeleteStatus {
    let annotations = &cluster.template(pod.template).spec.metadata.annotations;
    if annotations.contains_key(MIRROR_POD_ANNOTATION) {
        PodDeleteStatus::Skip
    } else {
        PodDeleteStatus::Okay
    }
}

/// What this warns of, the next filter always talks over.
fn local_storage_filter(cluster: &Cluster, pod: &Pod, flags: &Flags) -> PodDeleteStatus {
    if !cluster.template(pod.template).spec.spec.has_empty_dir || pod.is_terminal() {
        return PodDeleteStatus::Okay;
    }
    if flags.delete_empty_dir_data {
        PodDeleteStatus::Warning(true, Message::LocalStorageWarning)
    } else {
        PodDeleteStatus::Error(Message::LocalStorageFatal)
    }
}

fn unreplicated_filter(_: &Cluster, pod: &Pod, flags: &Flags) -> PodDeleteStatus {
    if pod.is_terminal() || pod.owner.is_some() || pod.other_controller.is_some() {
        PodDeleteStatus::Okay
    } else if flags.force {
        PodDeleteStatus::Warning(true, Message::UnmanagedWarning)
    } else {
        PodDeleteStatus::Error(Message::UnmanagedFatal)
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Message::DaemonSetFatal => "DaemonSet-managed Pods (use --ignore-daemonsets to ignore)",
            Message::DaemonSetWarning => "ignoring DaemonSet-managed Pods",
            Message::DaemonSetNotFound { name } => {
                return write!(f, "daemonsets.apps \"{name}\" not found");
            }
            Message::LocalStorageFatal => {
                "Pods with local storage (use --delete-emptydir-data to override)"
            }
            Message::LocalStorageWarning => "deleting Pods with local storage",
            Message::UnmanagedFatal => "Pods that declare no controller (use --force to override)",
            Message::UnmanagedWarning => "deleting Pods that declare no controller",
        })
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.message, self.pods.join(", "))
    }
}
