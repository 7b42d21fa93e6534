//! Rules of the cluster autoscaler that the pipe does not reach, on a small cluster by hand.

use std::sync::Arc;

use super::config::{AutoscalingOptions, ClusterAutoscalerConfiguration, NodeGroup};
use super::drainability::{RemainingPdbTracker, pods_to_move};
use super::*;
use crate::api::core::{Container, Node, NodeStatus, PodSpec, PodTemplateSpec, ResourceList};
use crate::api::meta::{ObjectMeta, StringMap};
use crate::api::quantity::Quantity;
use crate::kube::apiserver::Nobody;
use crate::kube::apiserver::write::NewPod;
use crate::kube::objects::pod::ControllerRef;

fn amounts(list: &[(&str, &str)]) -> ResourceList {
    let parse = |text: &str| Quantity::parse(text).expect("a quantity of a test");
    list.iter().map(|(name, text)| ((*name).to_owned(), parse(text))).collect()
}

fn shape(annotations: &[(&str, &str)]) -> Node {
    let allocatable = amounts(&[("cpu", "1"), ("memory", "1Gi"), ("pods", "110")]);
    let annotations = strings(annotations);
    Node {
        metadata: ObjectMeta { annotations, ..ObjectMeta::default() },
        status: NodeStatus { allocatable, ..NodeStatus::default() },
        ..Node::default()
    }
}

fn strings(list: &[(&str, &str)]) -> StringMap {
    list.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// A cluster with an autoscaler that works on one group.
struct World {
    cluster: Cluster,
    autoscaler: ClusterAutoscaler,
    shape: Node,
}

impl World {
    fn new(min: u32, max: u32, annotations: &[(&str, &str)], options: AutoscalingOptions) -> World {
        let shape = shape(annotations);
        let group = NodeGroup {
            name: Arc::from("pool"),
            min,
            max,
            shape: Arc::new(shape.clone()),
            provisioning: SimDuration::from_secs(60),
        };
        let configuration = ClusterAutoscalerConfiguration { options, groups: vec![group] };
        let autoscaler = ClusterAutoscaler::new(7, Arc::new(configuration));
        World { cluster: Cluster::default(), autoscaler, shape }
    }

    fn add_node(&mut self, name: &str) -> NodeId {
        let mut node = self.shape.clone();
        name.clone_into(&mut node.metadata.name);
        self.write(Write::CreateNode(Arc::new(node)));
        self.cluster.nodes().next_back().expect("it was just created").id
    }

    fn add_pod(&mut self, pod: &TestPod, node: Option<NodeId>) -> PodId {
        let container = Container {
            resources: crate::api::core::ResourceRequirements {
                requests: amounts(&[("cpu", pod.cpu)]),
                ..Default::default()
            },
            ..Container::default()
        };
        let template = PodTemplateSpec {
            metadata: ObjectMeta { annotations: strings(pod.annotations), ..Default::default() },
            spec: PodSpec { containers: vec![container], ..PodSpec::default() },
        };
        let id = self.cluster.pods().next_id();
        self.write(Write::CreatePod(Box::new(NewPod {
            name: Arc::from(format!("pod-{}", id.0)),
            namespace: Arc::from(pod.namespace),
            owner: None,
            template: Arc::new(template),
        })));
        if let Some(kind) = pod.controller {
            let controller = ControllerRef { kind: Arc::from(kind), name: Arc::from("it") };
            self.write(Write::SetPodController { pod: id, controller: Arc::new(controller) });
        }
        if let Some(node) = node {
            self.write(Write::BindPod { pod: id, node });
        }
        id
    }

    fn write(&mut self, write: Write) {
        self.cluster.write(write, Reason::Scenario).expect("a write of a test");
    }

    /// Plays all scans and steps until an instant \[s\].
    fn play(&mut self, until: i64) {
        let now = self.autoscaler.scans().next(self.cluster.now);
        self.cluster.wakes.wake(CLUSTER_AUTOSCALER, Task::Scan as u32, now);
        self.cluster.scans = Some(self.autoscaler.scans());
        while self.cluster.wakes.next_at() <= SimTime::from_secs(until) {
            let at = self.cluster.wakes.next_at();
            self.cluster.now = at;
            let wake = self.cluster.wakes.pop_due(at, u8::MAX).expect("one is due");
            if wake.component == CLUSTER_AUTOSCALER {
                let mut nobody = Nobody;
                let mut api = Api::new(&mut self.cluster, 0, &mut nobody);
                self.autoscaler.reconcile(&mut api, wake.key);
            }
        }
        self.cluster.now = SimTime::from_secs(until);
    }

    fn kept(&self, node: NodeId) -> std::result::Result<usize, String> {
        let budgets = RemainingPdbTracker::new(&self.cluster);
        let node = self.cluster.node(node).expect("a node of the test");
        let pods = pods_to_move(&self.cluster, node, &self.autoscaler.options, &budgets);
        pods.map(|pods| pods.len()).map_err(|why| why.to_string())
    }

    fn said(&self, word: &str) -> Vec<String> {
        let facts = self.cluster.journal().iter().filter(|fact| fact.reason.word() == word);
        facts.map(|fact| fact.reason.to_string()).collect()
    }
}

struct TestPod {
    namespace: &'static str,
    cpu: &'static str,
    controller: Option<&'static str>,
    annotations: &'static [(&'static str, &'static str)],
}

const POD: TestPod =
    TestPod { namespace: "default", cpu: "100m", controller: Some("Job"), annotations: &[] };

#[test]
fn pods_that_keep_a_node_are_named() {
    let cases: [(TestPod, std::result::Result<usize, &str>); 7] = [
        (POD, Ok(1)),
        (TestPod { controller: Some("DaemonSet"), ..POD }, Ok(0)),
        (TestPod { controller: None, ..POD }, Err("default/pod-0 is not replicated")),
        (
            TestPod { namespace: "kube-system", ..POD },
            Err("non-daemonset, non-mirrored, non-pdb-assigned kube-system pod present: \
                 kube-system/pod-0"),
        ),
        (
            TestPod {
                annotations: &[("cluster-autoscaler.kubernetes.io/safe-to-evict", "false")],
                ..POD
            },
            Err("pod annotated as not safe to evict present: default/pod-0"),
        ),
        (
            TestPod {
                annotations: &[("cluster-autoscaler.kubernetes.io/safe-to-evict", "true")],
                controller: None,
                ..POD
            },
            Ok(1),
        ),
        (TestPod { annotations: &[("kubernetes.io/config.mirror", "x")], ..POD }, Ok(0)),
    ];
    for (pod, expect) in cases {
        let mut world = World::new(0, 3, &[], AutoscalingOptions::default());
        let node = world.add_node("pool-1");
        world.add_pod(&pod, Some(node));
        assert_eq!(world.kept(node), expect.map_err(str::to_owned));
    }
}

#[test]
fn an_annotation_of_a_node_keeps_it() {
    let annotations = [(SCALE_DOWN_DISABLED, "true")];
    let mut world = World::new(0, 3, &annotations, AutoscalingOptions::default());
    let node = world.add_node("pool-1");
    world.play(3600);
    assert!(world.cluster.node(node).is_some());
    let told = world.said("NoScaleDown");
    assert_eq!(
        told,
        ["node pool-1 cannot be removed: scale-down is disabled by annotation (utilization 0.00)"],
        "told once, although it is looked at every five minutes"
    );
}

#[test]
fn nodes_of_nobody_stay() {
    let mut world = World::new(0, 3, &[], AutoscalingOptions::default());
    let other = world.add_node("other-1");
    let ours = world.add_node("pool-1");
    world.play(3600);
    assert!(world.cluster.node(other).is_some());
    assert!(world.cluster.node(ours).is_none());
}

#[test]
fn the_minimum_stays_and_empty_nodes_go_together() {
    let mut world = World::new(2, 9, &[], AutoscalingOptions::default());
    for number in 1..=6 {
        world.add_node(&format!("pool-{number}"));
    }
    world.play(700);
    assert_eq!(world.cluster.nodes().count(), 2);
    let gone: Vec<SimTime> = world
        .cluster
        .journal()
        .iter()
        .filter(|fact| matches!(fact.write, Write::DeleteNode(_)))
        .map(|fact| fact.at)
        .collect();
    assert_eq!(gone.len(), 4);
    assert!(gone.iter().all(|at| *at == gone[0]), "in bulk: {gone:?}");
}

#[test]
fn a_bulk_has_its_limit() {
    let options = AutoscalingOptions { max_scale_down_parallelism: 2, ..Default::default() };
    let mut world = World::new(0, 9, &[], options);
    for number in 1..=5 {
        world.add_node(&format!("pool-{number}"));
    }
    world.play(611);
    assert!(world.cluster.nodes().count() >= 3);
    world.play(700);
    assert_eq!(world.cluster.nodes().count(), 0);
}

#[test]
fn pods_without_room_elsewhere_keep_their_node() {
    let mut world = World::new(0, 3, &[], AutoscalingOptions::default());
    let (one, two) = (world.add_node("pool-1"), world.add_node("pool-2"));
    world.add_pod(&TestPod { cpu: "400m", ..POD }, Some(one));
    world.add_pod(&TestPod { cpu: "700m", ..POD }, Some(two));
    world.play(3600);
    assert_eq!(world.cluster.nodes().count(), 2);
    assert_eq!(
        world.said("NoScaleDown"),
        ["node pool-1 cannot be removed: can't find place for default/pod-0 (utilization 0.40)"]
    );
}

#[test]
fn without_scale_down_nothing_goes() {
    let options = AutoscalingOptions { scale_down_enabled: false, ..Default::default() };
    let mut world = World::new(0, 3, &[], options);
    world.add_node("pool-1");
    world.play(3600);
    assert_eq!(world.cluster.nodes().count(), 1);
}

#[test]
fn a_quiet_cluster_is_not_scanned() {
    let mut world = World::new(1, 3, &[], AutoscalingOptions::default());
    let node = world.add_node("pool-1");
    world.add_pod(&TestPod { cpu: "800m", ..POD }, Some(node));
    world.play(60);
    assert_eq!(world.cluster.wakes.pending(CLUSTER_AUTOSCALER, Task::Scan as u32), None);
    assert_eq!(world.cluster.wakes.pending(CLUSTER_AUTOSCALER, Task::Steps as u32), None);
}
