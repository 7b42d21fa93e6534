//! `live`: the HPAs of a live control plane take the decisions that ours do, given the metrics that
//! they read and the pods as they were.

mod reads;
mod state;
mod sync;

use podtide::kube::apiserver::{Api, EventType, Nobody, Write};
use podtide::kube::controllers::podautoscaler::decision::{Decision, StatusWrite};
use serde_json::{Value, json};

use super::hpa_controller::{conditions, differing, only};
use super::hpa_world::items;
use super::live::Live;
use super::recording::{Case, folder};
use super::tally::{Outcome, Tally, guarded};
use reads::Reads;
use state::State;
use sync::{HPA, Sync};

/// Instants on the wire are whole seconds, and a sync is known by its first read, not by its
/// writes: the second may have changed in between [ms].
const CUT_MS: i64 = 1000;

#[test]
#[expect(clippy::print_stdout, reason = "the line per recording is what the test is read for")]
fn live_hpa() {
    let mut tally = Tally::of("syncs ");
    let mut is_there = false;
    for live in Live::all() {
        is_there = true;
        compare(&live, &mut tally);
    }
    if is_there {
        tally.finish("live/hpa");
    } else {
        println!("conformance live/hpa: not in {}", folder().display());
    }
}

/// Compares all syncs of a recording.
fn compare(live: &Live, tally: &mut Tally) {
    let mut created = live.objects(HPA).filter(|event| event["type"] == "ADDED");
    let Some(first) = created.next() else { return };
    let case = |place: usize, at_ms: i64| Case {
        line: place as u64 + 1,
        value: json!({ "id": format!("{} at {at_ms} ms", live.name) }),
    };
    if created.any(|other| other["name"] != first["name"]) {
        let reason = "recordings whose reads do not tell which HPA made them";
        return tally.count(&case(0, 0), Outcome::Skipped(reason));
    }
    let mut state = State::new(live);
    for (place, sync) in Sync::all(live).iter().enumerate() {
        let outcome = guarded(|| compare_sync(live, &mut state, sync));
        tally.count(&case(place, sync.at_ms), outcome);
    }
}

fn compare_sync(live: &Live, state: &mut State<'_>, sync: &Sync<'_>) -> Outcome {
    state.play_until(sync.at_ms);
    let defaulting = std::mem::replace(&mut state.defaulting, Outcome::Agrees);
    defaulting.and(|| {
        let upstream = recorded(live, sync);
        let ours = on_time(reconciled(live, state, sync), &upstream);
        let kind = differing(&upstream, &ours);
        Outcome::of_json(&kind, &only(&upstream, &ours), &only(&ours, &upstream))
    })
}

/// What a sync came to in the live cluster.
fn recorded(live: &Live, sync: &Sync<'_>) -> Value {
    let at = |told: &Value| live.instant(told).map(|at| at.0);
    let status = sync.status;
    let conditions = items(&status["conditions"]).map(|condition| {
        let mut condition = condition.clone();
        condition["since"] = json!(at(&condition["lastTransitionTime"]));
        condition.as_object_mut().map(|fields| fields.remove("lastTransitionTime"));
        condition
    });
    json!({
        "isWritten": sync.is_written,
        "currentReplicas": status["currentReplicas"].as_i64().unwrap_or(0),
        "desiredReplicas": status["desiredReplicas"].as_i64().unwrap_or(0),
        "currentMetrics": items(&status["currentMetrics"]).collect::<Vec<_>>(),
        "conditions": conditions.collect::<Vec<_>>(),
        "lastScaleTime": at(&status["lastScaleTime"]),
        "events": sync.events,
        "readsLeft": 0,
    })
}

/// What a sync comes to in our cluster.
fn reconciled(live: &Live, state: &mut State<'_>, sync: &Sync<'_>) -> Value {
    let hpa = state.hpa.expect("an HPA that is synced is there");
    state.world.cluster.take_journal();
    let mut reads = Reads { live, left: sync.reads.clone().into_iter(), pods: &state.world.pods };
    let mut decision = None;
    let mut nobody = Nobody;
    let api = &mut Api::new(&mut state.world.cluster, 0, &mut nobody);
    state.controller.reconcile(api, hpa, &mut reads, &mut |told| decision = Some(told));
    let reads_left = reads.left.len() as u64;
    let decision = decision.expect("a sync is told");
    told(state, &decision, reads_left)
}

fn told(state: &mut State<'_>, decision: &Decision, reads_left: u64) -> Value {
    let facts = state.world.cluster.take_journal();
    let events = facts.iter().filter_map(|fact| {
        let Write::Event { type_, .. } = fact.write else { return None };
        let type_ = if type_ == EventType::Normal { "Normal" } else { "Warning" };
        Some(json!([type_, fact.reason.word(), fact.reason.to_string()]))
    });
    let hpa = state.world.cluster.hpa(decision.hpa).expect("it was synced");
    let (status, specs) = (&hpa.status, hpa.spec.metrics.iter().flatten());
    let metrics = status.current_metrics.iter().zip(specs).map(|(it, spec)| it.to_json(spec));
    json!({
        "isWritten": decision.status == StatusWrite::Written,
        "currentReplicas": status.current_replicas,
        "desiredReplicas": status.desired_replicas,
        "currentMetrics": metrics.collect::<Vec<_>>(),
        "conditions": conditions(hpa).collect::<Vec<_>>(),
        "lastScaleTime": status.last_scale_time.map(|at| at.0),
        "events": events.collect::<Vec<_>>(),
        "readsLeft": reads_left,
    })
}

/// Our outcome, with the recorded instants where ours are in the same or a neighbouring second.
fn on_time(mut ours: Value, upstream: &Value) -> Value {
    take_near(&mut ours["lastScaleTime"], &upstream["lastScaleTime"]);
    let conditions = ours["conditions"].as_array_mut().into_iter().flatten();
    for (condition, recorded) in conditions.zip(items(&upstream["conditions"])) {
        take_near(&mut condition["since"], &recorded["since"]);
    }
    ours
}

fn take_near(ours: &mut Value, recorded: &Value) {
    let (Some(mine), Some(told)) = (ours.as_i64(), recorded.as_i64()) else { return };
    let second = mine - mine.rem_euclid(CUT_MS);
    if (second - told).abs() <= CUT_MS {
        *ours = recorded.clone();
    }
}
