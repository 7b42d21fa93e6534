//! What the scheduler does over time; where it puts one pod is proven by replaying recordings.

use std::sync::Arc;

use super::*;
use crate::api::core::{Container, Node, NodeStatus, PodTemplateSpec, Taint};
use crate::api::meta::ObjectMeta;
use crate::api::quantity::Quantity;
use crate::engine::wakes::Wake;
use crate::kube::apiserver::write::NewPod;
use crate::kube::apiserver::{Applied, Below, Fact};
use crate::kube::timings::Timings;

/// A cluster with a scheduler, and nobody else.
struct World {
    cluster: Cluster,
    scheduler: Scheduler,
}

/// Wakes of others go nowhere.
struct Elsewhere;

impl Below for Elsewhere {
    fn run(&mut self, _: &mut Cluster, _: Wake) {}
}

impl World {
    fn new() -> World {
        let mut cluster = Cluster::default();
        cluster.timings = Timings::instant();
        World { cluster, scheduler: Scheduler::new(1) }
    }

    fn write(&mut self, write: Write) -> Applied {
        self.cluster.write(write, Reason::Scenario).expect("the write of a test is accepted")
    }

    fn node(&mut self, name: &str, cpu: &str) -> NodeId {
        let amounts = [("cpu", cpu), ("memory", "16Gi")];
        let quantity = |text| Quantity::parse(text).expect("a quantity of a test");
        let amounts = amounts.map(|(name, text)| (name.to_owned(), quantity(text)));
        let node = Node {
            metadata: ObjectMeta { name: name.to_owned(), ..ObjectMeta::default() },
            status: NodeStatus { allocatable: amounts.into(), ..NodeStatus::default() },
            ..Node::default()
        };
        match self.write(Write::CreateNode(Arc::new(node))) {
            Applied::Created(ObjectId::Node(id)) => id,
            other => panic!("a node was created, not {other:?}"),
        }
    }

    fn pod(&mut self, cpu: &str) -> PodId {
        self.pod_of(template(cpu))
    }

    fn pod_of(&mut self, template: PodTemplateSpec) -> PodId {
        let name = Arc::from(format!("pod-{}", self.cluster.pods().next_id().0));
        let new = NewPod {
            name,
            namespace: Arc::from("shop"),
            owner: None,
            template: Arc::new(template),
        };
        match self.write(Write::CreatePod(Box::new(new))) {
            Applied::Created(ObjectId::Pod(id)) => id,
            other => panic!("a pod was created, not {other:?}"),
        }
    }

    fn cordon(&mut self, node: NodeId, unschedulable: bool, taints: &[Taint]) {
        let taints = Arc::from(taints);
        self.write(Write::UpdateNode { node, unschedulable, taints });
    }

    /// Lets time pass, as far as the scheduler is woken, up to an instant.
    fn run(&mut self, until: i64) -> Vec<(i64, String)> {
        while self.cluster.wakes.next_at() <= SimTime(until) {
            self.cluster.now = self.cluster.wakes.next_at().max(self.cluster.now);
            let wake = self.cluster.wakes.pop_due(self.cluster.now, 9).expect("one is due");
            if wake.component == SCHEDULER {
                let mut elsewhere = Elsewhere;
                let mut api = Api::new(&mut self.cluster, SCHEDULER.rank, &mut elsewhere);
                self.scheduler.reconcile(&mut api);
            }
        }
        self.cluster.now = SimTime(until);
        let told = |fact: &Fact| match (&fact.write, &fact.reason) {
            (Write::Event { .. }, Reason::Scheduler(reason)) => {
                Some((fact.at.0, format!("{}: {reason}", reason.word())))
            }
            _ => None,
        };
        self.cluster.take_journal().iter().filter_map(told).collect()
    }

    fn node_of(&self, pod: PodId) -> Option<NodeId> {
        self.cluster.pod(pod).and_then(|pod| pod.node)
    }
}

fn template(cpu: &str) -> PodTemplateSpec {
    let mut container = Container { name: "shop".to_owned(), ..Container::default() };
    let cpu = Quantity::parse(cpu).expect("a quantity of a test");
    container.resources.requests.insert("cpu".to_owned(), cpu);
    let mut template = PodTemplateSpec::default();
    template.metadata.labels.insert("app".to_owned(), "shop".to_owned());
    template.spec.containers.push(container);
    template
}

#[test]
fn pods_spread_and_the_one_that_does_not_fit_says_why() {
    let mut world = World::new();
    world.node("a", "1");
    world.node("b", "1");
    let pods: Vec<PodId> = (0..3).map(|_| world.pod("600m")).collect();
    let told = world.run(0);
    let mut nodes: Vec<Option<NodeId>> = pods.iter().map(|&pod| world.node_of(pod)).collect();
    assert_eq!(nodes.pop(), Some(None));
    nodes.sort_unstable();
    assert_eq!(nodes, [Some(NodeId(0)), Some(NodeId(1))]);
    assert_eq!(
        told[2].1,
        "FailedScheduling: 0/2 nodes are available: 2 Insufficient cpu. no new claims to \
         deallocate, preemption: 0/2 nodes are available: 2 No preemption victims found for \
         incoming pod."
    );
    let condition = world.cluster.pod(pods[2]).and_then(|pod| pod.unscheduled.as_deref());
    assert_eq!(condition.map(|condition| condition.reason.word()), Some("Unschedulable"));
}

#[test]
fn a_pod_that_waits_gets_the_room_of_one_that_is_gone() {
    let mut world = World::new();
    world.node("a", "1");
    let first = world.pod("1");
    world.run(0);
    let second = world.pod("1");
    assert_eq!(world.run(100_000).len(), 1, "the failure is told once");
    world.write(Write::DeletePod { pod: first, grace_period_seconds: Some(30) });
    assert!(world.run(110_000).is_empty(), "a terminating pod holds its resources");
    world.write(Write::RemovePod(first));
    let told = world.run(110_000);
    assert_eq!(told, [(110_000, "Scheduled: Successfully assigned shop/pod-1 to a".to_owned())]);
    let pod = world.cluster.pod(second).expect("it waits no more");
    assert!(pod.node.is_some() && pod.unscheduled.is_none());
}

#[test]
fn a_new_node_lets_only_pods_be_tried_that_fit_it() {
    let mut world = World::new();
    world.node("a", "1");
    let (small, large) = (world.pod("2"), world.pod("8"));
    world.run(1_000);
    let node = world.node("b", "4");
    let told = world.run(2_000);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((world.node_of(small), world.node_of(large)), (Some(node), None));
}

#[test]
fn a_cordon_that_goes_lets_pods_in() {
    let mut world = World::new();
    let node = world.node("a", "1");
    let taint = |key: &str| Taint {
        key: key.to_owned(),
        value: String::new(),
        effect: "NoSchedule".to_owned(),
    };
    world.cordon(node, true, &[taint("node.kubernetes.io/unschedulable")]);
    let pod = world.pod("1");
    let told = world.run(1_000);
    assert!(told[0].1.contains("1 node(s) were unschedulable"), "{told:?}");
    world.cordon(node, false, &[taint("maintenance")]);
    let told = world.run(2_000);
    assert!(told[0].1.contains("1 node(s) had untolerated taint(s)"), "{told:?}");
    world.cordon(node, false, &[]);
    world.run(3_000);
    assert_eq!(world.node_of(pod), Some(node));
}

#[test]
fn without_nodes_pods_are_tried_again_and_again() {
    let mut world = World::new();
    let pod = world.pod("1");
    let told = world.run(86_400_000);
    assert_eq!(told, [(0, "FailedScheduling: no nodes available to schedule pods".to_owned())]);
    let node = world.node("a", "1");
    world.run(86_400_000 + 12_000);
    assert_eq!(world.node_of(pod), Some(node));
}

#[test]
fn the_more_important_pod_goes_first() {
    let mut world = World::new();
    world.node("a", "1");
    let ordinary = world.pod("1");
    let mut important = template("1");
    important.spec.priority = Some(10);
    let important = world.pod_of(important);
    world.run(0);
    assert!(world.node_of(ordinary).is_none() && world.node_of(important).is_some());
}

#[test]
fn a_gated_pod_stays_out_of_the_queue() {
    let mut world = World::new();
    world.node("a", "1");
    let mut gated = template("1");
    gated.spec.scheduling_gates.push("wait".to_owned());
    let gated = world.pod_of(gated);
    assert!(world.run(400_000).is_empty());
    let condition = world.cluster.pod(gated).and_then(|pod| pod.unscheduled.as_deref());
    assert_eq!(
        condition.map(|condition| &condition.reason),
        Some(&SchedulerReason::SchedulingGated)
    );
}

#[test]
fn a_pod_that_names_its_node_goes_there_when_it_is_there() {
    let mut world = World::new();
    world.node("a", "1");
    let mut named = template("1");
    named.spec.node_name = Some("b".to_owned());
    let named = world.pod_of(named);
    world.run(0);
    assert_eq!(world.node_of(named), None);
    let node = world.node("b", "100m");
    world.run(0);
    assert_eq!(world.node_of(named), Some(node), "nobody asks whether it fits");
}

#[test]
fn each_pod_waits_for_the_scheduler_s_own_latency() {
    let mut world = World::new();
    world.cluster.timings = Timings::typical();
    world.node("a", "4");
    world.pod("1");
    world.run(10);
    world.pod("1");
    let told = world.run(100);
    let delay = Timings::typical().schedule.0;
    let times: Vec<i64> = told.iter().map(|(at, _)| *at).collect();
    assert_eq!(times, [delay, 10 + delay]);
}

#[test]
fn a_pod_that_ended_holds_nothing() {
    use crate::kube::apiserver::write::PodStatus;
    use crate::kube::objects::pod::{PodActivity, PodPhase};
    let mut world = World::new();
    world.node("a", "1");
    let job = world.pod("1");
    let next = world.pod("1");
    world.run(0);
    let status = PodStatus {
        phase: PodPhase::Succeeded,
        activity: PodActivity::Ended,
        start_time: None,
        ready: None,
        restarts: 0,
        sidecar_restarts: 0,
    };
    world.write(Write::PodStatus { pod: job, status });
    world.run(0);
    assert!(world.node_of(next).is_some());
}

#[test]
fn ties_are_drawn_and_the_draw_follows_the_seed() {
    let place = |seed| {
        let mut world = World::new();
        world.scheduler = Scheduler::new(seed);
        for name in ["a", "b", "c", "d"] {
            world.node(name, "4");
        }
        let pod = world.pod("1");
        world.run(0);
        world.node_of(pod)
    };
    assert_eq!(place(5), place(5));
    assert!((0..20).any(|seed| place(seed) != place(0)));
}
