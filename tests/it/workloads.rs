//! Deployments and their ReplicaSets, with a script in the place of scheduler and kubelet: rollouts
//! step by step, what requests cost, what kubectl answers, and what holds for every rollout.

mod rig;

use podtide::api::int_or_percent::IntOrPercent;
use podtide::kube::kubectl::rollout::{self, RolloutStatus, Undo};
use podtide::kube::timings::Timings;
use proptest::prelude::*;
use rig::Rig;

fn rolling(
    replicas: i32,
    surge: impl Into<IntOrPercent>,
    unavailable: impl Into<IntOrPercent>,
) -> Rig {
    Rig::new(Timings::instant(), replicas, surge.into(), unavailable.into())
}

#[test]
fn a_rolling_update_goes_in_the_steps_of_the_worked_example() {
    let mut rig = rolling(10, "25%", "25%");
    rig.settle();
    rig.forget();
    rig.set_image("app:v2");
    rig.settle();
    let steps = [
        "Scaled up replica set web-2 from 0 to 3",
        "Scaled down replica set web-1 from 10 to 8",
        "Scaled up replica set web-2 from 3 to 5",
        "Scaled down replica set web-1 from 8 to 3",
        "Scaled up replica set web-2 from 5 to 10",
        "Scaled down replica set web-1 from 3 to 0",
    ];
    assert_eq!(rig.scalings(), steps);
}

#[test]
fn without_surge_the_new_replica_set_starts_empty() {
    let mut rig = rolling(3, 0, 1);
    rig.settle();
    rig.forget();
    rig.set_image("app:v2");
    rig.settle();
    let sizes: Vec<String> = rig
        .scalings()
        .iter()
        .map(|text| text.replace("Scaled ", "").replace(" replica set", ""))
        .collect();
    let steps = ["down web-1 from 3 to 2", "up web-2 from 0 to 1", "down web-1 from 2 to 1"];
    assert_eq!(sizes[..3], steps);
}

#[test]
fn pods_that_crash_stop_a_rollout_and_undo_brings_it_back() {
    let mut rig = rolling(6, 2, 1);
    rig.settle();
    rig.set_image("app:never-ready");
    rig.play_until(700_000);
    assert_eq!(rig.sizes(), [5, 3]);
    let status = RolloutStatus::new(rig.deployment());
    assert_eq!(status.message("web"), "error: deployment \"web\" exceeded its progress deadline");
    let undo = rollout::undo(&rig.cluster, rig.deployment(), 0).expect("there is a history");
    assert_eq!(undo.message(), "rolled back");
    let Undo::Write(write) = undo else { panic!("the template differs") };
    rig.write(write);
    rig.settle();
    assert_eq!(rig.sizes(), [6, 0]);
    assert_eq!(RolloutStatus::new(rig.deployment()), RolloutStatus::Done);
    let again = rollout::undo(&rig.cluster, rig.deployment(), 3);
    assert_eq!(again, Ok(Undo::Skipped { revision: 3 }));
}

#[test]
fn a_paused_deployment_scales_and_does_not_roll() {
    let mut rig = rolling(4, 1, 1);
    rig.settle();
    let pause = rollout::pause(rig.deployment()).expect("it is not paused");
    rig.write(pause);
    rig.settle();
    assert_eq!(rollout::pause(rig.deployment()), Err("is already paused".to_owned()));
    assert!(rollout::restart(rig.deployment(), "2026-01-05T08:00:00Z").is_err());
    assert!(rollout::undo(&rig.cluster, rig.deployment(), 1).is_err());
    rig.set_image("app:v2");
    rig.scale(6);
    rig.settle();
    assert_eq!(rig.sizes(), [6]);
    let resume = rollout::resume(rig.deployment()).expect("it is paused");
    rig.write(resume);
    rig.settle();
    assert_eq!(rig.sizes(), [0, 6]);
}

/// Measured on a live control plane: 90 pods come as 30 in 0.22 s and then 20 a second.
#[test]
fn the_limit_of_the_client_holds_pods_back() {
    let mut rig = Rig::new(Timings::typical(), 90, 1.into(), 0.into());
    rig.settle();
    let created = rig.created_at();
    assert_eq!(created.len(), 90);
    assert!((200..400).contains(&(created[29] - created[0])), "{created:?}");
    assert!((2_800..3_400).contains(&(created[89] - created[0])), "{created:?}");
    assert!(created.windows(2).all(|pair| pair[0] < pair[1]));
}

fn amount() -> impl Strategy<Value = IntOrPercent> {
    prop_oneof![
        (0..6_i32).prop_map(IntOrPercent::from),
        (0..=100_u32).prop_map(|percent| IntOrPercent::String(format!("{percent}%"))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Whatever is changed and when: no write lets ReplicaSets grow beyond replicas and surge, and
    /// in the end all is as asked for.
    #[test]
    fn surge_is_never_exceeded(
        replicas in 0..12_i32,
        (surge, unavailable) in (amount(), amount()),
        timings in timings(),
        changes in prop::collection::vec((1..40_000_i64, 0..12_i32, 0..3_u32), 1..5),
    ) {
        let mut rig = Rig::new(timings, replicas, surge, unavailable);
        for (delay, replicas, image) in changes {
            rig.play_until(rig.cluster.now.0 + delay);
            rig.scale(replicas);
            rig.set_image(&format!("app:v{image}"));
        }
        rig.settle();
        prop_assert_eq!(RolloutStatus::new(rig.deployment()), RolloutStatus::Done);
        prop_assert_eq!(rig.sizes().iter().sum::<i32>(), rig.deployment().replicas());
        prop_assert_eq!(rig.cluster.pods().len() as i32, rig.deployment().replicas());
    }

    /// No rollout takes pods away that must be available, nor does one that overtakes it.
    #[test]
    fn enough_pods_stay_available(
        replicas in 1..12_i32,
        (surge, unavailable) in (amount(), amount()),
        timings in timings(),
        changes in prop::collection::vec((1..40_000_i64, 0..3_u32), 1..5),
    ) {
        let mut rig = Rig::new(timings, replicas, surge, unavailable);
        rig.settle();
        for (delay, image) in changes {
            rig.play_until(rig.cluster.now.0 + delay);
            rig.set_image(&format!("app:v{image}"));
        }
        rig.settle();
        prop_assert_eq!(RolloutStatus::new(rig.deployment()), RolloutStatus::Done);
    }
}

fn timings() -> impl Strategy<Value = Timings> {
    prop_oneof![Just(Timings::instant()), Just(Timings::typical())]
}
