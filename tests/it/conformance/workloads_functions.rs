//! `tests/conformance/workloads/functions`: the arithmetic of rollouts, one call each.

use std::sync::Arc;

use podtide::api::apps::{DeploymentSpec, RollingUpdateDeployment};
use podtide::api::int_or_percent::IntOrPercent;
use podtide::api::meta::{ConditionStatus, StringMap};
use podtide::kube::controllers::controller_utils::{
    RankedPod, compare_active_pods, find_min_next_pod_availability_check, is_pod_available,
    sort_by_preference,
};
use podtide::kube::controllers::deployment::annotations::MAX_REPLICAS;
use podtide::kube::controllers::deployment::conditions;
use podtide::kube::controllers::deployment::reason::{DeploymentConditionReason, Subject};
use podtide::kube::controllers::deployment::util::{self, ReplicaSetCopy};
use podtide::kube::objects::deployment::{
    DeploymentConditionType, DeploymentStatus, ReplicaSetStatus,
};
use podtide::kube::objects::ids::{ReplicaSetId, TemplateId};
use podtide::kube::objects::pod::{POD_DELETION_COST, PodCondition, PodPhase, deletion_cost};
use podtide::units::SimTime;
use serde_json::{Value, json};

use super::tally::{Outcome, replay};

/// Now; any instant does that is later than all ages.
const NOW: SimTime = SimTime(1_000_000_000_000);

#[test]
fn workloads_functions() {
    replay("workloads/functions", |case| {
        let function = case["fn"].as_str().expect("a case names its function");
        let call = &case["in"];
        let ours = match function {
            "scaledValue" => scaled_value(call),
            "resolveFenceposts" => resolve_fenceposts(call),
            "maxSurgeMaxUnavailable" => max_surge_max_unavailable(call),
            "replicaSetProportion" => replica_set_proportion(call),
            "newRSNewReplicas" => new_rs_new_replicas(call),
            "activePodsWithRanks" => active_pods_with_ranks(call),
            "isPodAvailable" => is_available(call),
            "nextAvailabilityCheck" => next_availability_check(call),
            "deploymentComplete" => deployment_complete(call),
            "deploymentProgressing" => deployment_progressing(call),
            "deploymentTimedOut" => deployment_timed_out(call),
            "findActiveOrLatest" => find_active_or_latest(call),
            other => panic!("no such function: {other}"),
        };
        Outcome::of_json(function, &case["out"], &ours)
    });
}

fn scaled_value(call: &Value) -> Value {
    let value = amount(&call["value"]).expect("a value is given");
    match value.scaled_value(int(&call["total"]), call["round_up"] == true) {
        Ok(scaled) => json!({"scaled": scaled}),
        Err(error) => json!({"error": error}),
    }
}

fn resolve_fenceposts(call: &Value) -> Value {
    let (surge, unavailable) = (amount(&call["maxSurge"]), amount(&call["maxUnavailable"]));
    let desired = int(&call["desired"]);
    match util::resolve_fenceposts(surge.as_ref(), unavailable.as_ref(), desired) {
        Ok((surge, unavailable)) => json!({"surge": surge, "unavailable": unavailable}),
        Err(error) => json!({"error": error}),
    }
}

fn max_surge_max_unavailable(call: &Value) -> Value {
    let spec = spec(call);
    json!({
        "maxSurge": util::max_surge(&spec),
        "maxUnavailable": util::max_unavailable(&spec),
        "minAvailable": util::min_available(&spec),
    })
}

fn replica_set_proportion(call: &Value) -> Value {
    let mut annotations = StringMap::new();
    if let Some(noted) = call["rs_max_replicas_annotation"].as_i64() {
        annotations.insert(MAX_REPLICAS.to_owned(), noted.to_string());
    }
    let copy = ReplicaSetCopy {
        annotations: Arc::new(annotations),
        ..replica_set(0, int(&call["rs_replicas"]))
    };
    let (to_add, added) = (int(&call["to_add"]), int(&call["added"]));
    let proportion = util::replica_set_proportion(&copy, &spec(call), 0, to_add, added);
    json!({"proportion": proportion})
}

fn new_rs_new_replicas(call: &Value) -> Value {
    let new = replica_set(0, int(&call["new_rs_replicas"]));
    let old: Vec<ReplicaSetCopy> =
        list(&call["old_rs_replicas"]).map(|size| replica_set(0, int(size))).collect();
    let total = util::replica_count(old.iter().chain([&new]));
    match util::new_rs_new_replicas(&spec(call), total, new.replicas) {
        Ok((replicas, _)) => json!({"replicas": replicas}),
        Err(error) => json!({"error": error}),
    }
}

fn active_pods_with_ranks(call: &Value) -> Value {
    let pods: Vec<RankedPod> = list(&call["pods"]).map(ranked_pod).collect();
    let before = |one: &RankedPod, other: &RankedPod| {
        one != other && compare_active_pods(one, other, NOW).0.is_lt()
    };
    let row = |one| {
        let bits = pods.iter().map(|other| if before(one, other) { '1' } else { '0' });
        bits.collect::<String>()
    };
    let less: Vec<String> = pods.iter().map(row).collect();
    let mut sorted = pods.clone();
    sort_by_preference(&mut sorted, before);
    let mut out = json!({"less": less});
    let is_clear = |index: usize| sorted[..index].iter().all(|one| !before(&sorted[index], one));
    if (0..sorted.len()).all(is_clear) {
        let order: Vec<String> = sorted.iter().map(|pod| format!("{:08x}", pod.uid)).collect();
        out["order"] = json!(order);
    }
    out
}

fn ranked_pod(pod: &Value) -> RankedPod {
    let ago = |key: &str| {
        pod[key].as_i64().map_or(SimTime::MIN, |seconds| SimTime(NOW.0 - seconds * 1000))
    };
    let number = |key: &str| pod[key].as_i64().unwrap_or(0) as i32;
    let mut annotations = StringMap::new();
    if let Some(cost) = pod["cost"].as_str() {
        annotations.insert(POD_DELETION_COST.to_owned(), cost.to_owned());
    }
    RankedPod {
        on_node: pod["on_node"] == true,
        phase: match pod["phase"].as_str() {
            Some("Pending") => PodPhase::Pending,
            Some("Unknown") => PodPhase::Unknown,
            _ => PodPhase::Running,
        },
        ready_since: (pod["ready"] == true).then(|| ago("ready_ago_s")),
        cost: deletion_cost(&annotations),
        rank: number("rank") as u32,
        restarts: number("restarts"),
        sidecar_restarts: number("sidecar_restarts"),
        created: ago("created_ago_s"),
        uid: u32::from_str_radix(pod["uid"].as_str().expect("a pod has a uid"), 16)
            .expect("a uid is eight hexadecimal digits"),
    }
}

fn is_available(call: &Value) -> Value {
    let available = is_pod_available(ready(call), int(&call["min_ready_seconds"]), NOW);
    json!({"available": available})
}

fn next_availability_check(call: &Value) -> Value {
    let pods = list(&call["pods"]).map(ready);
    let at = find_min_next_pod_availability_check(pods, int(&call["min_ready_seconds"]), NOW);
    json!({"after_ms": at.map(|at| (at - NOW).0)})
}

fn ready(pod: &Value) -> Option<PodCondition> {
    let status = match pod["ready"].as_str()? {
        "True" => ConditionStatus::True,
        "False" => ConditionStatus::False,
        _ => ConditionStatus::Unknown,
    };
    let since = pod["since_ms"].as_i64().map_or(SimTime::MIN, |since| SimTime(NOW.0 - since));
    Some(PodCondition { status, last_transition_time: since })
}

fn deployment_complete(call: &Value) -> Value {
    let generation = call["generation"].as_i64().expect("a generation is given");
    let complete = util::deployment_complete(&spec(call), generation, &status(&call["new_status"]));
    json!({"complete": complete})
}

fn deployment_progressing(call: &Value) -> Value {
    let (before, after) = (status(&call["status"]), status(&call["new_status"]));
    json!({"progressing": util::deployment_progressing(&before, &after)})
}

fn deployment_timed_out(call: &Value) -> Value {
    let mut status = status(&call["new_status"]);
    if let Some(word) = call["reason"].as_str() {
        let ago = call["last_update_ago_ms"].as_i64().expect("a condition has a time");
        let condition = conditions::new(
            DeploymentConditionType::Progressing,
            ConditionStatus::True,
            reason(word),
            SimTime(NOW.0 - ago),
        );
        status.conditions.push(condition);
    }
    let spec = DeploymentSpec {
        progress_deadline_seconds: Some(int(&call["progress_deadline_seconds"])),
        ..spec(call)
    };
    json!({"timed_out": util::deployment_timed_out(&spec, &status, NOW)})
}

fn reason(word: &str) -> DeploymentConditionReason {
    let name: Arc<str> = Arc::from("web-1");
    let subject = Subject::ReplicaSet(Arc::clone(&name));
    let reason = match word {
        "ReplicaSetUpdated" => DeploymentConditionReason::ReplicaSetUpdated(subject),
        "NewReplicaSetCreated" => DeploymentConditionReason::NewReplicaSetCreated(name),
        "FoundNewReplicaSet" => DeploymentConditionReason::FoundNewReplicaSet(name),
        "NewReplicaSetAvailable" => DeploymentConditionReason::NewReplicaSetAvailable(subject),
        "ProgressDeadlineExceeded" => DeploymentConditionReason::ProgressDeadlineExceeded(subject),
        "DeploymentPaused" => DeploymentConditionReason::DeploymentPaused,
        "DeploymentResumed" => DeploymentConditionReason::DeploymentResumed,
        "ReplicaSetCreateError" => DeploymentConditionReason::ReplicaSetCreateError {
            replica_set: Arc::clone(&name),
            error: name,
        },
        other => panic!("no such reason: {other}"),
    };
    assert_eq!(reason.word(), word);
    reason
}

fn find_active_or_latest(call: &Value) -> Value {
    let mut all: Vec<ReplicaSetCopy> = list(&call["rs_replicas"])
        .zip(1..)
        .map(|(size, number)| replica_set(number, int(size)))
        .collect();
    let new = call["new_rs"].as_u64().map(|number| all.remove(number as usize - 1));
    let found = util::find_active_or_latest(new.as_ref(), &mut all);
    let saturated = new.as_ref().map(|new| util::is_saturated(&spec(call), Some(new)));
    json!({"rs": found.map(|found| found.id.0), "new_rs_saturated": saturated})
}

/// A ReplicaSet of a number, created after those of lower numbers, and a size.
fn replica_set(number: u32, replicas: i32) -> ReplicaSetCopy {
    ReplicaSetCopy {
        id: ReplicaSetId(number),
        name: Arc::from(number.to_string()),
        resource_version: 1,
        generation: 1,
        creation_timestamp: SimTime::from_secs(i64::from(number)),
        replicas,
        min_ready_seconds: 0,
        base_template: TemplateId(number),
        annotations: Arc::default(),
        status: ReplicaSetStatus::default(),
    }
}

fn spec(call: &Value) -> DeploymentSpec {
    let mut spec = DeploymentSpec { replicas: Some(int(&call["replicas"])), ..Default::default() };
    if let Some(strategy) = call["strategy"].as_str() {
        strategy.clone_into(&mut spec.strategy.type_);
    }
    if spec.strategy.type_ == "RollingUpdate" {
        spec.strategy.rolling_update = Some(RollingUpdateDeployment {
            max_surge: amount(&call["maxSurge"]),
            max_unavailable: amount(&call["maxUnavailable"]),
        });
    }
    spec
}

fn status(status: &Value) -> DeploymentStatus {
    DeploymentStatus {
        observed_generation: status["observedGeneration"].as_i64().expect("a number"),
        replicas: int(&status["replicas"]),
        updated_replicas: int(&status["updatedReplicas"]),
        ready_replicas: int(&status["readyReplicas"]),
        available_replicas: int(&status["availableReplicas"]),
        ..DeploymentStatus::default()
    }
}

fn amount(value: &Value) -> Option<IntOrPercent> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(IntOrPercent::String(text.clone())),
        number => Some(IntOrPercent::Int(int(number))),
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn int(value: &Value) -> i32 {
    let number = value.as_i64().unwrap_or_else(|| panic!("{value} is no integer"));
    i32::try_from(number).expect("the number fits 32 bits")
}
