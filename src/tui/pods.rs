//! Pods as they are shown: their state, where they are, and to which revision they belong.

use std::collections::BTreeMap;

use crate::kube::apiserver::Cluster;
use crate::kube::controllers::deployment::annotations::revision;
use crate::kube::objects::deployment::ReplicaSetObject;
use crate::kube::objects::ids::{DeploymentId, NodeId, PodId, ReplicaSetId};
use crate::kube::objects::node::NodeObject;
use crate::kube::objects::pod::{Pod, PodActivity};
use crate::kube::scheduler::requests::{PodResourcesOptions, pod_requests};

/// What a pod is doing, in one letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PodState {
    /// It waits for a node, or to be let start.
    Pending,
    /// Its image is pulled, or waited for (`ImagePullBackOff`).
    Pulling,
    /// Its containers start; it has never been Ready.
    Starting,
    /// It is Ready.
    Ready,
    /// It runs, was Ready, and is not.
    Unready,
    /// It is marked for deletion.
    Terminating,
    /// It waits to start again (`CrashLoopBackOff`).
    CrashLoop,
    /// It was killed for its memory.
    OomKilled,
    /// All of its containers have ended.
    Completed,
}

impl PodState {
    /// All states, in order of a pod's life.
    pub const ALL: [PodState; 9] = [
        PodState::Pending,
        PodState::Pulling,
        PodState::Starting,
        PodState::Ready,
        PodState::Unready,
        PodState::Terminating,
        PodState::CrashLoop,
        PodState::OomKilled,
        PodState::Completed,
    ];

    /// The state of a pod.
    pub fn of(pod: &Pod) -> PodState {
        if pod.deletion.is_some() {
            return PodState::Terminating;
        }
        match pod.activity {
            PodActivity::Unscheduled => PodState::Pending,
            PodActivity::Pulling | PodActivity::ImagePullBackOff => PodState::Pulling,
            PodActivity::CrashLoopBackOff => PodState::CrashLoop,
            PodActivity::OomKilled => PodState::OomKilled,
            PodActivity::Ended => PodState::Completed,
            _ if pod.is_ready() => PodState::Ready,
            PodActivity::Starting => PodState::Starting,
            PodActivity::Running | PodActivity::Stopping => PodState::Unready,
        }
    }

    /// Its letter.
    pub fn letter(self) -> char {
        match self {
            PodState::Pending => 'P',
            PodState::Pulling => 'I',
            PodState::Starting => 'S',
            PodState::Ready => 'R',
            PodState::Unready => 'U',
            PodState::Terminating => 'T',
            PodState::CrashLoop => 'C',
            PodState::OomKilled => 'O',
            PodState::Completed => 'E',
        }
    }

    /// Its shape.
    pub fn shape(self) -> char {
        match self {
            PodState::Pending => '·',
            PodState::Pulling => '↓',
            PodState::Starting => '◌',
            PodState::Ready => '■',
            PodState::Unready => '□',
            PodState::Terminating => '▽',
            PodState::CrashLoop => '↻',
            PodState::OomKilled => '✗',
            PodState::Completed => '○',
        }
    }

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            PodState::Pending => "Pending",
            PodState::Pulling => "pulling image",
            PodState::Starting => "starting",
            PodState::Ready => "Ready",
            PodState::Unready => "unready",
            PodState::Terminating => "Terminating",
            PodState::CrashLoop => "CrashLoopBackOff",
            PodState::OomKilled => "OOMKilled",
            PodState::Completed => "Completed",
        }
    }
}

/// The word of kubectl's column `STATUS`.
pub fn status_word(pod: &Pod) -> &'static str {
    match (PodState::of(pod), pod.activity) {
        (PodState::Terminating, _) => "Terminating",
        (_, PodActivity::ImagePullBackOff) => "ImagePullBackOff",
        (PodState::Pending, _) => "Pending",
        (PodState::Pulling, _) => "ContainerCreating",
        (PodState::CrashLoop, _) => "CrashLoopBackOff",
        (PodState::OomKilled, _) => "OOMKilled",
        (PodState::Completed, _) => "Completed",
        _ => "Running",
    }
}

/// Pods of one ReplicaSet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Revision of the ReplicaSet.
    pub revision: i64,
    /// Its pods, in order of number.
    pub pods: Vec<(PodId, PodState)>,
}

/// A node and what it holds of a Deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeRow {
    /// Which one; none for pods without a node.
    pub node: Option<NodeId>,
    /// What it is called.
    pub name: String,
    /// What kubectl says of it, if that is not just `Ready`.
    pub status: String,
    /// CPU that all its pods request, and what it has \[10⁻³ cores\].
    pub cpu: (i64, i64),
    /// Pods of the Deployment, by revision.
    pub groups: Vec<Group>,
    /// Pods of others.
    pub others: u32,
}

/// The pods of a Deployment by node and revision: every node, then pods without one.
pub fn rows(cluster: &Cluster, deployment: Option<DeploymentId>) -> Vec<NodeRow> {
    let mut own: BTreeMap<Option<NodeId>, Vec<Group>> = BTreeMap::new();
    for set in replica_sets(cluster, deployment) {
        let revision = revision_of(set);
        for pod in set.pods.iter().filter_map(|pod| cluster.pod(*pod)) {
            let groups = own.entry(pod.node).or_default();
            let shown = (pod.id, PodState::of(pod));
            match groups.last_mut().filter(|group| group.revision == revision) {
                Some(group) => group.pods.push(shown),
                None => groups.push(Group { revision, pods: vec![shown] }),
            }
        }
    }
    let mut rows: Vec<NodeRow> =
        cluster.nodes().map(|node| node_row(cluster, node, own.remove(&Some(node.id)))).collect();
    for (node, groups) in own {
        let name = if node.is_some() { "(node gone)" } else { "(no node)" };
        let (name, status) = (name.to_owned(), String::new());
        rows.push(NodeRow { node: None, name, status, cpu: (0, 0), groups, others: 0 });
    }
    rows
}

fn node_row(cluster: &Cluster, node: &NodeObject, groups: Option<Vec<Group>>) -> NodeRow {
    let groups = groups.unwrap_or_default();
    let own: usize = groups.iter().map(|group| group.pods.len()).sum();
    let mut requests = BTreeMap::new();
    let mut cpu = 0;
    for pod in node.pods.iter().filter_map(|pod| cluster.pod(*pod)) {
        if !pod.is_terminal() {
            cpu += requests
                .entry(pod.template)
                .or_insert_with(|| cpu_request(cluster, pod))
                .unwrap_or(0);
        }
    }
    NodeRow {
        node: Some(node.id),
        name: node.node.metadata.name.clone(),
        status: node_status(node),
        cpu: (cpu, node.allocatable.milli_cpu),
        groups,
        others: node.pods.len().saturating_sub(own) as u32,
    }
}

/// CPU that a pod requests \[10⁻³ cores\].
pub fn cpu_request(cluster: &Cluster, pod: &Pod) -> Option<i64> {
    let spec = &cluster.template(pod.template).spec.spec;
    let all = pod_requests(spec, &PodResourcesOptions::default());
    all.get("cpu").map(crate::api::quantity::Quantity::milli_value)
}

/// `kubectl get nodes`, column `STATUS`; empty for a node that is just Ready.
fn node_status(node: &NodeObject) -> String {
    let mut words = Vec::new();
    if !node.is_ready() {
        words.push("NotReady");
    }
    if node.unschedulable {
        words.push("SchedulingDisabled");
    }
    words.join(",")
}

/// ReplicaSets of a Deployment that have pods, the oldest revision first.
pub fn replica_sets(cluster: &Cluster, deployment: Option<DeploymentId>) -> Vec<&ReplicaSetObject> {
    let owner = deployment.and_then(|id| cluster.deployment(id));
    let sets = owner.map_or(&[][..], |owner| &owner.replica_sets);
    let mut sets: Vec<&ReplicaSetObject> = sets
        .iter()
        .filter_map(|id: &ReplicaSetId| cluster.replica_set(*id))
        .filter(|set| !set.pods.is_empty() || set.replicas > 0)
        .collect();
    sets.sort_by_key(|set| revision_of(set));
    sets
}

/// Revision of a ReplicaSet; 0 before it has one.
pub fn revision_of(set: &ReplicaSetObject) -> i64 {
    revision(&set.annotations).unwrap_or(0)
}
