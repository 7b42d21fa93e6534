//! The kubelet's life of pods, against the worked examples of how Kubernetes does it.

mod played;
mod scripted;
pub(crate) mod world;

use podtide::api::core::{Container, Lifecycle, LifecycleHandler, PodSpec, Probe};
use podtide::kube::apiserver::Write;
use podtide::kube::kubelet::application::ContainerExit;
use podtide::kube::objects::ids::{NodeId, PodId};
use podtide::kube::objects::pod::{PodActivity, PodPhase};
use podtide::units::{SimDuration, SimTime};

use world::{Behaviour, World, container, pod_of, probe};

const NODE: NodeId = NodeId(0);
const POD: PodId = PodId(0);

/// A world with one pod of that spec, at work for so many seconds.
fn play(spec: PodSpec, behaviour: Behaviour, seconds: i64) -> World {
    let mut world = World::new(1);
    world.application.behaviour = behaviour;
    world.create_pod(spec);
    world.play_until(SimTime::from_secs(seconds));
    world
}

fn starts(world: &World) -> Vec<i64> {
    world.application.starts.iter().map(|(_, at)| at.0).collect()
}

#[test]
fn a_healthy_pod_becomes_ready_when_its_image_is_pulled_and_its_probe_succeeds() {
    let spec = pod_of(Container { readiness_probe: Some(probe(0, 5, 3)), ..container("app") });
    let up_after = Some(SimDuration::from_secs(7));
    let world = play(spec, Behaviour { up_after, ..Behaviour::default() }, 60);
    assert_eq!(starts(&world), [2000]);
    // Pulled at 2 s and probed at once; then each 5 s.
    assert_eq!(world.ready_changes(), [(12_000, true)]);
    let words = world.words();
    assert_eq!(&words[..4], ["Pulling", "Pulled", "Created", "Started"]);
    // The result that a first probe has by itself asks for a sync, and that for a probe.
    assert_eq!(world.times_of("Unhealthy"), [2000, 2000, 7000]);
    let pod = world.cluster.pod(POD).expect("the pod exists");
    assert_eq!((pod.phase, pod.activity), (PodPhase::Running, PodActivity::Running));
}

#[test]
fn a_container_that_ends_at_once_is_held_back_longer_and_longer() {
    let exits_after = Some((SimDuration::from_secs(1), 1));
    let mut world = World::new(1);
    world.kubelet.cache_image(NODE, "shop:v1");
    world.application.behaviour = Behaviour { exits_after, ..Behaviour::default() };
    world.create_pod(pod_of(container("app")));
    world.play_until(SimTime::from_secs(700));
    assert_eq!(starts(&world), [0, 1, 12, 33, 74, 155, 316, 617].map(|second| second * 1000));
    let pod = world.cluster.pod(POD).expect("the pod exists");
    assert_eq!((pod.phase, pod.restarts), (PodPhase::Running, 7));
    assert_eq!(pod.activity, PodActivity::CrashLoopBackOff);
}

#[test]
fn ten_minutes_of_running_forget_the_back_off() {
    let exits_after = Some((SimDuration::from_secs(660), 1));
    let world =
        play(pod_of(container("app")), Behaviour { exits_after, ..Behaviour::default() }, 3000);
    assert_eq!(starts(&world), [2, 662, 1322, 1982, 2642].map(|second| second * 1000));
}

#[test]
fn a_pull_that_fails_is_tried_again_less_and_less_often() {
    let behaviour = Behaviour { pull_error: Some("not found"), ..Behaviour::default() };
    let world = play(pod_of(container("app")), behaviour, 400);
    let tries = world.times_of("Pulling");
    assert_eq!(tries, [0, 10, 30, 70, 150, 310].map(|second| second * 1000));
    let pod = world.cluster.pod(POD).expect("the pod exists");
    assert_eq!((pod.phase, pod.activity), (PodPhase::Pending, PodActivity::ImagePullBackOff));
    assert!(starts(&world).is_empty());
}

#[test]
fn a_startup_probe_holds_readiness_back_and_then_sets_it_off() {
    let spec = pod_of(Container {
        image_pull_policy: Some("Never".to_owned()),
        startup_probe: Some(probe(0, 5, 30)),
        readiness_probe: Some(probe(0, 10, 3)),
        ..container("app")
    });
    let up_after = Some(SimDuration::from_secs(42));
    let mut world = World::new(1);
    world.kubelet.cache_image(NODE, "shop:v1");
    world.application.behaviour = Behaviour { up_after, ..Behaviour::default() };
    world.create_pod(spec);
    world.play_until(SimTime::from_secs(100));
    assert_eq!(world.ready_changes(), [(45_000, true)]);
}

#[test]
fn a_startup_probe_that_gives_up_kills_the_container() {
    let spec = pod_of(Container { startup_probe: Some(probe(0, 5, 3)), ..container("app") });
    let up_after = Some(SimDuration::from_secs(60));
    let mut world = World::new(1);
    world.kubelet.cache_image(NODE, "shop:v1");
    world.application.behaviour =
        Behaviour { up_after, stop_takes: Some(SimDuration(300)), ..Behaviour::default() };
    world.create_pod(spec);
    world.play_until(SimTime::from_secs(14));
    // The first probe runs with the first tick after the start, which was at once.
    assert_eq!(world.application.sigterms, [(SimTime(15_000), SimTime(45_000))][..0]);
    world.play_until(SimTime::from_secs(20));
    assert_eq!(world.application.sigterms, [(SimTime(15_000), SimTime(45_000))]);
    assert_eq!(starts(&world), [0, 15_300]);
    let message = "Container app failed startup probe, will be restarted";
    assert_eq!(world.sentences_of("Killing"), [message]);
}

#[test]
fn a_pod_that_is_deleted_runs_its_hook_and_gets_sigterm() {
    let spec = pod_of(with_pre_stop(5));
    let behaviour =
        Behaviour { stop_takes: Some(SimDuration::from_secs(3)), ..Behaviour::default() };
    let mut world = play(spec.clone(), behaviour, 100);
    world.delete_pod(POD, None);
    world.play_until(SimTime::from_secs(200));
    assert_eq!(world.application.sigterms, [(SimTime(105_000), SimTime(130_000))]);
    assert_eq!(world.removals(), [108_000]);

    let mut world = play(spec, Behaviour { stop_takes: None, ..Behaviour::default() }, 100);
    world.delete_pod(POD, None);
    world.play_until(SimTime::from_secs(200));
    assert_eq!(world.removals(), [130_000]);
    assert_eq!(world.application.exits, [ContainerExit::Killed]);
}

#[test]
fn a_hook_that_takes_too_long_is_cut_and_leaves_two_seconds() {
    let behaviour = Behaviour { stop_takes: None, ..Behaviour::default() };
    let mut world = play(pod_of(with_pre_stop(40)), behaviour, 100);
    world.delete_pod(POD, None);
    world.play_until(SimTime::from_secs(200));
    assert_eq!(world.application.sigterms, [(SimTime(130_000), SimTime(132_000))]);
    assert_eq!(world.removals(), [132_000]);
    assert_eq!(world.times_of("FailedPreStopHook"), [130_000]);
}

#[test]
fn a_pod_deleted_without_grace_is_gone_at_once_and_killed_all_the_same() {
    let behaviour = Behaviour { stop_takes: None, ..Behaviour::default() };
    let mut world = play(pod_of(container("app")), behaviour, 100);
    world.delete_pod(POD, Some(0));
    world.play_until(SimTime::from_secs(101));
    assert!(world.cluster.pod(POD).is_none());
    assert!(world.application.removed.is_empty());
    world.play_until(SimTime::from_secs(110));
    assert_eq!(world.application.sigterms, [(SimTime(100_000), SimTime(102_000))]);
    assert_eq!(world.application.removed, [(POD, SimTime(102_000))]);
}

#[test]
fn a_second_deletion_can_only_shorten_the_grace_period() {
    let removal = |second_grace| {
        let behaviour = Behaviour { stop_takes: None, ..Behaviour::default() };
        let mut world = play(pod_of(container("app")), behaviour, 100);
        world.delete_pod(POD, None);
        world.play_until(SimTime::from_secs(105));
        world.delete_pod(POD, Some(60));
        world.delete_pod(POD, Some(second_grace));
        world.play_until(SimTime::from_secs(200));
        world.removals()
    };
    assert_eq!(removal(10), [115_000]);
    // Counted from the first deletion it is over: the API server leaves 1 s, the kubelet gives 2.
    assert_eq!(removal(4), [107_000]);
}

#[test]
fn a_container_over_its_memory_limit_is_restarted() {
    let spec = pod_of(Container { readiness_probe: Some(probe(0, 5, 3)), ..container("app") });
    let mut world = play(spec, Behaviour::default(), 100);
    world.oom_kill(POD);
    world.play_until(SimTime::from_secs(200));
    assert_eq!(starts(&world), [2000, 100_000]);
    assert_eq!(world.application.exits, [ContainerExit::OomKilled]);
    assert_eq!(world.ready_changes()[1..], [(100_000, false), (100_000, true)]);
    assert_eq!(world.cluster.pod(POD).map(|pod| pod.restarts), Some(1));
}

#[test]
fn readiness_is_lost_after_so_many_failures_and_comes_back_with_a_success() {
    let spec = pod_of(Container { readiness_probe: Some(probe(0, 10, 3)), ..container("app") });
    let mut world = play(spec, Behaviour::default(), 101);
    world.application.behaviour.unhealthy = Some((SimTime(103_000), SimTime(145_000)));
    world.wake(POD);
    world.play_until(SimTime::from_secs(200));
    // Probed at 2 s, 12 s, ...; a pod that is not ready is probed by each sync, too.
    assert_eq!(world.ready_changes()[1..], [(132_000, false), (152_000, true)]);
}

#[test]
fn init_containers_come_in_order_and_sidecars_stay_and_end_last() {
    let sidecar = Container { restart_policy: Some("Always".to_owned()), ..container("proxy") };
    let spec =
        PodSpec { init_containers: vec![container("setup"), sidecar], ..pod_of(container("app")) };
    let mut world = World::new(1);
    world.kubelet.cache_image(NODE, "shop:v1");
    world.application.behaviour = Behaviour {
        init_takes: SimDuration::from_secs(4),
        stop_takes: Some(SimDuration::from_secs(1)),
        ..Behaviour::default()
    };
    world.create_pod(spec);
    world.play_until(SimTime::from_secs(3));
    assert_eq!(world.cluster.pod(POD).map(|pod| pod.phase), Some(PodPhase::Pending));
    world.play_until(SimTime::from_secs(50));
    let order: Vec<_> =
        world.application.starts.iter().map(|(run, at)| (run.container, at.0)).collect();
    assert_eq!(order, [(0, 0), (1, 4000), (2, 4000)]);
    assert_eq!(world.ready_changes(), [(4000, true)]);
    world.delete_pod(POD, None);
    world.play_until(SimTime::from_secs(60));
    assert_eq!(world.removals(), [52_000]);
    let signalled: Vec<_> = world.application.sigterms.iter().map(|(at, _)| at.0).collect();
    assert_eq!(signalled, [50_000, 51_000]);
}

#[test]
fn a_job_like_pod_ends_and_stays() {
    let spec = PodSpec { restart_policy: Some("OnFailure".to_owned()), ..pod_of(container("app")) };
    let exits_after = Some((SimDuration::from_secs(30), 0));
    let world = play(spec, Behaviour { exits_after, ..Behaviour::default() }, 100);
    let pod = world.cluster.pod(POD).expect("the pod exists");
    assert_eq!((pod.phase, pod.activity), (PodPhase::Succeeded, PodActivity::Ended));
    assert!(!pod.is_ready());
    assert_eq!(starts(&world), [2000]);
}

#[test]
fn a_day_of_healthy_pods_costs_nothing() {
    let all = Some(probe(0, 5, 3));
    let spec = pod_of(Container {
        startup_probe: all.clone(),
        readiness_probe: all.clone(),
        liveness_probe: all,
        ..container("app")
    });
    let mut world = World::new(2);
    for _ in 0..50 {
        world.create_pod(spec.clone());
    }
    world.play_until(SimTime::from_secs(3600));
    assert!(world.cluster.pods().iter().all(podtide::kube::objects::pod::Pod::is_ready));
    let before = world.wakes;
    world.play_until(SimTime::from_secs(90_000));
    assert_eq!(world.wakes - before, 0);
}

#[test]
fn a_pod_can_go_at_any_moment_of_its_life() {
    let spec = pod_of(Container {
        startup_probe: Some(probe(0, 1, 3)),
        readiness_probe: Some(probe(1, 1, 1)),
        liveness_probe: Some(probe(2, 2, 1)),
        ..with_pre_stop(3)
    });
    let exits_after = Some((SimDuration(17_300), 1));
    for moment in 0..400 {
        for grace in [None, Some(0), Some(1), Some(5)] {
            let mut world = World::new(1);
            let up_after = Some(SimDuration(3500));
            let stop_takes = Some(SimDuration(800));
            world.application.behaviour =
                Behaviour { up_after, exits_after, stop_takes, ..Behaviour::default() };
            world.create_pod(spec.clone());
            world.play_until(SimTime(moment * 97));
            world.delete_pod(POD, grace);
            world.play_until(SimTime(moment * 97 + 60_000));
            assert!(world.cluster.pod(POD).is_none());
            assert_eq!(world.application.removed.len(), 1, "moment {moment}, {grace:?}");
            assert_eq!(world.kubelet.running().count(), 0);
            let stopped = world.application.exits.len();
            assert_eq!(world.application.starts.len(), stopped);
        }
    }
}

fn with_pre_stop(seconds: i64) -> Container {
    let pre_stop = Some(LifecycleHandler { sleep_seconds: Some(seconds), other: String::new() });
    Container { lifecycle: Some(Lifecycle { pre_stop, post_start: None }), ..container("app") }
}

#[test]
fn probes_of_a_hook_and_facts_stay_in_order() {
    let spec = pod_of(Container { readiness_probe: Some(Probe::default()), ..container("app") });
    let world = play(spec, Behaviour::default(), 50);
    let times: Vec<_> = world.facts.iter().map(|fact| fact.at).collect();
    assert!(times.is_sorted());
    assert!(world.facts.iter().all(|fact| !matches!(fact.write, Write::RemovePod(_))));
}
