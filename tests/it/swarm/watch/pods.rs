//! Pods: their states, the lists that they are in, and what they request of nodes.

use podtide::api::core::{Container, PodSpec, Taint, Toleration};
use podtide::api::quantity::Quantity;
use podtide::kube::apiserver::{Cluster, Fact, Write};
use podtide::kube::objects::ids::{NodeId, PodId};
use podtide::kube::objects::pod::{Pod, PodActivity, PodPhase};
use podtide::kube::reason::Reason;

use super::Checked;

/// Where a pod is in its life. It never goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Unscheduled,
    Waiting,
    Running,
    Ended,
}

/// A pod before a write.
#[derive(Clone, Copy)]
pub(super) struct Former {
    state: Option<State>,
    node: Option<NodeId>,
    marked: bool,
}

/// The pod that a write is about, as it is.
pub(super) fn look(cluster: &Cluster, fact: &Fact) -> Option<Former> {
    let pod = cluster.pod(subject(fact)?)?;
    Some(Former { state: state_of(pod).ok(), node: pod.node, marked: pod.deletion.is_some() })
}

/// The pod that a write is about is in exactly one state, and that state follows from its former.
pub(super) fn check(cluster: &Cluster, fact: &Fact, former: Option<Former>) -> Checked {
    let Some(pod) = subject(fact).and_then(|pod| cluster.pod(pod)) else { return Ok(()) };
    let state = state_of(pod).map_err(|why| format!("{}: {why}: {pod:?}", pod.name))?;
    let Some(former) = former else { return Ok(()) };
    let goes_on = former.state.is_none_or(|before| before <= state)
        && (former.node.is_none() || former.node == pod.node)
        && (!former.marked || pod.deletion.is_some());
    if goes_on { Ok(()) } else { Err(format!("{} went back to {state:?}: {pod:?}", pod.name)) }
}

fn subject(fact: &Fact) -> Option<PodId> {
    match &fact.write {
        Write::BindPod { pod, .. }
        | Write::PodUnscheduled { pod, .. }
        | Write::PodStatus { pod, .. }
        | Write::DisruptionTarget { pod, .. }
        | Write::DeletePod { pod, .. }
        | Write::RemovePod(pod)
        | Write::RelabelPod { pod, .. }
        | Write::SetPodOwner { pod, .. } => Some(*pod),
        _ => None,
    }
}

fn state_of(pod: &Pod) -> Result<State, &'static str> {
    let Some(_) = pod.node else {
        if pod.phase != PodPhase::Pending || pod.activity != PodActivity::Unscheduled {
            return Err("it does something without a node");
        }
        if pod.is_ready() || pod.start_time.is_some() {
            return Err("it has started without a node");
        }
        return Ok(State::Unscheduled);
    };
    if pod.unscheduled.is_some() {
        return Err("it has a node and is unschedulable");
    }
    match pod.phase {
        PodPhase::Pending if pod.is_ready() => Err("it is ready and does not run"),
        PodPhase::Pending => Ok(State::Waiting),
        PodPhase::Running | PodPhase::Unknown => Ok(State::Running),
        PodPhase::Succeeded if pod.is_ready() => Err("it is ready and has ended"),
        // A pod that is collected in place of its node keeps its condition.
        PodPhase::Succeeded | PodPhase::Failed => Ok(State::Ended),
    }
}

/// Every pod is once in the list of its ReplicaSet and once in that of its node, and nobody else is.
/// A ReplicaSet that the history does not keep may go before its last pods have stopped, and a node
/// that is deleted before its pods.
pub(super) fn check_lists(cluster: &Cluster) -> Checked {
    let all: Vec<&Pod> = cluster.pods().iter().collect();
    let has_owner = |pod: &Pod| pod.owner.and_then(|owner| cluster.replica_set(owner)).is_some();
    let owned = all.iter().filter(|pod| has_owner(pod)).count();
    let has_node = |pod: &Pod| pod.node.and_then(|node| cluster.node(node)).is_some();
    let bound = all.iter().filter(|pod| has_node(pod)).count();
    let lists = cluster.replica_sets().map(|replica_set| replica_set.pods.len()).sum::<usize>();
    let nodes = cluster.nodes().map(|node| node.pods.len()).sum::<usize>();
    if owned != lists || bound != nodes {
        return Err(format!("{owned} owned, {lists} listed; {bound} bound, {nodes} on nodes"));
    }
    for pod in all {
        let owner = pod.owner.and_then(|owner| cluster.replica_set(owner));
        let is_orphan = pod.owner.is_some() && owner.is_none();
        let is_listed = owner.is_none_or(|owner| owner.pods.contains(&pod.id));
        let node = pod.node.and_then(|node| cluster.node(node));
        let is_there = node.is_none_or(|node| node.pods.contains(&pod.id));
        if (is_orphan && pod.is_active()) || !is_listed || !is_there {
            return Err(format!("{} is not where it should be: {pod:?}", pod.name));
        }
    }
    Ok(())
}

/// A node to which a pod is bound is not cordoned, and the pod stands its taints.
pub(super) fn check_node(cluster: &Cluster, fact: &Fact) -> Checked {
    let (Write::BindPod { pod, node }, Reason::Scheduler(_)) = (&fact.write, &fact.reason) else {
        return Ok(());
    };
    let pod = cluster.pod(*pod).ok_or("a pod that does not exist was bound")?;
    let node = cluster.node(*node).ok_or("a pod was bound to a node that does not exist")?;
    let tolerations = &cluster.template(pod.template).spec.spec.tolerations;
    let stands = |taint: &Taint| {
        taint.effect == "PreferNoSchedule" || tolerations.iter().any(|one| tolerates(one, taint))
    };
    if !node.unschedulable && node.taints.iter().all(stands) {
        return Ok(());
    }
    Err(format!("{} on {}: {:?}", pod.name, node.node.metadata.name, node.taints))
}

fn tolerates(toleration: &Toleration, taint: &Taint) -> bool {
    let same = |own: &str, other: &str| own.is_empty() || own == other;
    let is_equal = toleration.operator == "Exists" || toleration.value == taint.value;
    same(&toleration.effect, &taint.effect) && same(&toleration.key, &taint.key) && is_equal
}

/// With a pod that was just bound, the node's pods request no more than it has, and no more pods
/// than it allows.
pub(super) fn check_fit(cluster: &Cluster, fact: &Fact) -> Checked {
    let Write::BindPod { node, .. } = &fact.write else { return Ok(()) };
    let node = cluster.node(*node).ok_or("a pod was bound to a node that does not exist")?;
    let (mut cpu, mut memory, mut pods) = (0, 0, 0);
    let here = node.pods.iter().filter_map(|&pod| cluster.pod(pod));
    for pod in here.filter(|pod| !pod.is_terminal()) {
        let spec = &cluster.template(pod.template).spec.spec;
        cpu += requests(spec, "cpu", Quantity::milli_value);
        memory += requests(spec, "memory", Quantity::value);
        pods += 1;
    }
    let most = &node.allocatable;
    if cpu <= most.milli_cpu && memory <= most.memory && pods <= most.pods {
        return Ok(());
    }
    let name = &node.node.metadata.name;
    Err(format!("{name}: {pods} pods with {cpu}m and {memory} bytes, it has {most:?}"))
}

type Amount = fn(&Quantity) -> i64;

/// Containers and sidecars together, or an init container beside the sidecars before it.
fn requests(spec: &PodSpec, resource: &str, amount: Amount) -> i64 {
    let of = |container: &Container| container.resources.requests.get(resource).map_or(0, amount);
    let (mut sidecars, mut most) = (0, 0);
    for container in &spec.init_containers {
        if container.restart_policy.as_deref() == Some("Always") {
            sidecars += of(container);
            most = most.max(sidecars);
        } else {
            most = most.max(sidecars + of(container));
        }
    }
    most.max(sidecars + spec.containers.iter().map(of).sum::<i64>())
}
