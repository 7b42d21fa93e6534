//! `tests/conformance/eviction/eviction`: what the eviction subresource answers, and what it changes.

use podtide::kube::apiserver::eviction::Eviction;
use podtide::kube::apiserver::eviction::answer::Answer;
use podtide::kube::objects::ids::{PdbId, PodId};
use podtide::units::SimTime;
use serde_json::{Map, Value, json};

use std::sync::Arc;

use super::eviction_world::{World, items};
use super::tally::{Outcome, replay};

#[test]
fn eviction() {
    replay("eviction/eviction", |case| {
        let mut world = World::of(case);
        let steps = items(&case["steps"]).iter();
        steps.fold(Outcome::Agrees, |outcome, step| outcome.and(|| agrees(&mut world, case, step)))
    });
}

/// Makes one call and compares its answer, all pods and all budgets after it.
fn agrees(world: &mut World, case: &Value, step: &Value) -> Outcome {
    world.cluster.now = SimTime::from_secs(step["at"].as_i64().expect("a second"));
    let answer = world.cluster.evict(&call(world, step));
    let told = json!({
        "answer": told_answer(world, &answer),
        "pods": world.pods.iter().map(|(name, id)| told_pod(world, name, *id)).collect::<Value>(),
        "budgets": world
            .budgets
            .iter()
            .map(|(name, id)| told_budget(world, case, name, *id))
            .collect::<Value>(),
    });
    let mut expect = step.clone();
    let fields = expect.as_object_mut().expect("a step is a map");
    fields.retain(|name, _| told.get(name).is_some());
    Outcome::of_json(&format!("answer {}", answer.code()), &expect, &told)
}

fn call(world: &World, step: &Value) -> Eviction {
    let name = step["evict"].as_str().expect("the name of a pod");
    let options = &step["options"];
    // The recordings name uids after pods; here they follow from the pods' numbers.
    let uid = options["uid"].as_str().map(|uid| {
        let pod = uid.strip_prefix("uid-of-").and_then(|name| world.pod(name));
        pod.map_or_else(|| Arc::from(uid), |pod| Arc::from(pod.uid()))
    });
    Eviction {
        pod: world.pod(name).unwrap_or(PodId(u32::MAX)),
        name: Arc::from(name),
        grace_period_seconds: options["gracePeriodSeconds"].as_i64(),
        dry_run: options["dryRun"] == json!(true),
        uid,
    }
}

fn told_answer(world: &World, answer: &Answer) -> Value {
    if answer.is_allowed() {
        return json!({"allowed": true});
    }
    let mut message = answer.to_string();
    for (name, id) in &world.pods {
        message = message.replace(&format!("({})", id.uid()), &format!("(uid-of-{name})"));
    }
    let mut told = object(json!({"allowed": false, "code": answer.code(), "message": message}));
    if !answer.reason().is_empty() {
        told.insert("reason".to_owned(), json!(answer.reason()));
    }
    if let Some(cause) = answer.cause() {
        let causes = json!([{"type": "DisruptionBudget", "message": cause}]);
        told.insert("causes".to_owned(), causes);
    }
    if answer.retry_after_seconds() > 0 {
        told.insert("retryAfterSeconds".to_owned(), json!(answer.retry_after_seconds()));
    }
    Value::Object(told)
}

fn told_pod(world: &World, name: &str, id: PodId) -> Value {
    let mut told = object(json!({"name": name}));
    let Some(pod) = world.cluster.pod(id) else {
        told.insert("gone".to_owned(), json!(true));
        return Value::Object(told);
    };
    if let Some(deletion) = pod.deletion {
        told.insert("deletedAt".to_owned(), json!(deletion.deletion_timestamp.0 / 1000));
        told.insert("graceSeconds".to_owned(), json!(deletion.grace_period_seconds));
    }
    if let Some(target) = pod.disruption_target {
        let reason = target.reason.expect("nobody takes it back here");
        let condition = json!({
            "type": "DisruptionTarget",
            "status": target.status.to_string(),
            "reason": reason.word(),
            "message": reason.message(),
        });
        told.insert("conditions".to_owned(), json!([condition]));
    }
    Value::Object(told)
}

fn told_budget(world: &World, case: &Value, name: &str, id: PdbId) -> Value {
    let status = &world.cluster.pdb(id).expect("budgets stay").status;
    let allowed = status.disruptions_allowed;
    let mut told = object(json!({"name": name, "disruptionsAllowed": allowed}));
    let crowd = case["crowd"][name].as_u64().unwrap_or(0);
    let of_crowd = |pod: &&str| {
        let number = pod.strip_prefix("gone-").and_then(|number| number.parse::<u64>().ok());
        number.is_some_and(|number| number < crowd)
    };
    let pods = status.disrupted_pods.keys().map(|pod| &**pod);
    let pods: Vec<&str> = pods.filter(|pod| !of_crowd(pod)).collect();
    if !pods.is_empty() {
        told.insert("disruptedPods".to_owned(), json!(pods));
    }
    if let Some(condition) = &status.condition {
        let mut written = object(json!({
            "type": "DisruptionAllowed",
            "status": condition.status.to_string(),
            "reason": condition.reason,
        }));
        if !condition.message.is_empty() {
            written.insert("message".to_owned(), json!(*condition.message));
        }
        told.insert("conditions".to_owned(), json!([written]));
    }
    Value::Object(told)
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        other => panic!("{other} is no object"),
    }
}
