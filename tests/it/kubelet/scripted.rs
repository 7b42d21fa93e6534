//! The scripted kubelet: pods live by the times of a script.

use std::sync::Arc;

use podtide::kube::apiserver::Write;
use podtide::kube::kubelet::Kubelet;
use podtide::kube::kubelet::scripted::{Fail, ImageScript, Script};
use podtide::kube::objects::ids::{NodeId, PodId};
use podtide::kube::objects::pod::PodPhase;
use podtide::units::{SimDuration, SimTime};

use super::world::{World, container, pod_of};

const fn ms(milliseconds: i64) -> SimDuration {
    SimDuration(milliseconds)
}

/// What happened to a pod, as text, one line an instant.
fn story(world: &World, pod: PodId) -> Vec<String> {
    let of_pod = world.facts.iter().filter_map(|fact| match &fact.write {
        Write::BindPod { pod: other, node } if *other == pod => {
            Some(format!("{} bound to {}", fact.at.0, node.0))
        }
        Write::PodStatus { pod: other, status } if *other == pod => {
            let ready = status.ready.expect("a pod with a node has the condition").status;
            Some(format!("{} {:?} {ready:?} {}", fact.at.0, status.phase, status.restarts))
        }
        Write::RemovePod(other) if *other == pod => Some(format!("{} gone", fact.at.0)),
        _ => None,
    });
    of_pod.collect()
}

/// A world of three pods with a script; pod 1 is deleted at 5 s.
fn play(image: ImageScript) -> World {
    let mut world = World::new(2);
    world.binds = false;
    world.kubelet = Kubelet::scripted(Arc::new(Script {
        nodes: 2,
        stagger: ms(10),
        ready_stagger: ms(1),
        images: vec![("shop:v1".to_owned(), image)],
        default: ImageScript::default(),
    }));
    for _ in 0..3 {
        world.create_pod(pod_of(container("app")));
    }
    world.play_until(SimTime(5000));
    world.delete_pod(PodId(1), None);
    world.play_until(SimTime(20_000));
    world
}

fn healthy() -> ImageScript {
    ImageScript {
        schedule: ms(100),
        ready: vec![ms(1000), ms(2000)],
        terminate: ms(300),
        ..ImageScript::default()
    }
}

#[test]
fn pods_are_bound_ready_and_gone_when_the_script_says() {
    let world = play(healthy());
    assert_eq!(
        story(&world, PodId(0)),
        ["100 bound to 0", "100 Running False 0", "1100 Running True 0"]
    );
    assert_eq!(
        story(&world, PodId(1)),
        ["110 bound to 1", "110 Running False 0", "2111 Running True 0", "5310 gone"]
    );
    assert_eq!(story(&world, PodId(2))[2], "1122 Running True 0");
    assert_eq!(world.kubelet.running_on(NodeId(0)).len(), 2);
    assert_eq!(world.kubelet.running_on(NodeId(1)).len(), 0);
    assert_eq!(world.application.removed, [(PodId(1), SimTime(5310))]);
}

#[test]
fn a_crash_loop_goes_round_until_the_pod_is_deleted() {
    let fail = Fail::CrashLoop { after: ms(2000), restart: ms(500) };
    let world = play(ImageScript { fail, fail_every: 2, ..healthy() });
    assert_eq!(
        story(&world, PodId(1)),
        [
            "110 bound to 1",
            "110 Running False 0",
            "2111 Running True 0",
            "4111 Running False 1",
            "4611 Running True 1",
            "5310 gone"
        ]
    );
    assert_eq!(story(&world, PodId(0)).len(), 3);
    let phase = world.cluster.pod(PodId(0)).map(|pod| pod.phase);
    assert_eq!(phase, Some(PodPhase::Running));
}

#[test]
fn a_pod_can_fail_for_good_or_lose_its_readiness() {
    let world = play(ImageScript { fail: Fail::PodFails { after: ms(2000) }, ..healthy() });
    assert_eq!(story(&world, PodId(0)).last().map(String::as_str), Some("3100 Failed False 0"));
    assert!(world.kubelet.running().next().is_none());
    let world = play(ImageScript { fail: Fail::UnreadyAt { after: ms(2000) }, ..healthy() });
    assert_eq!(story(&world, PodId(0)).last().map(String::as_str), Some("3100 Running False 0"));
}

#[test]
fn a_pod_can_stay_unready_or_without_a_node() {
    let world = play(ImageScript { fail: Fail::NeverReady, ..healthy() });
    assert_eq!(story(&world, PodId(0)), ["100 bound to 0", "100 Running False 0"]);
    let world = play(ImageScript { fail: Fail::Unschedulable, ..healthy() });
    assert!(story(&world, PodId(0)).is_empty());
    assert!(world.cluster.pod(PodId(1)).is_none(), "a pod without a node is gone at once");
}
