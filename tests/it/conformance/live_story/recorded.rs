//! The story as a live control plane lived it.

use serde_json::{Value, json};

use super::story::{DEPLOYMENT, HPA, PDB, REPLICA_SET, Roles, Story};
use crate::conformance::hpa_world::{items, text};
use crate::conformance::live::{Live, ms};

/// The story of a recording.
pub(super) fn story(live: &Live) -> Story {
    let (mut story, mut roles) = (Story::default(), Roles::default());
    let mut objects: Vec<&Value> = items(&live.document["objects"]).collect();
    objects.sort_by_key(|object| ms(object));
    for object in objects {
        take(&mut story, &mut roles, object);
    }
    let mut evictions: Vec<&Value> = items(&live.document["evictions"]).collect();
    evictions.sort_by_key(|eviction| answered(eviction));
    for eviction in evictions {
        let field = |name: &str| eviction[name].as_str().unwrap_or_default();
        let cause = field("causes").trim_end_matches([' ', ';']);
        let cause = cause.split_once(": ").map_or(cause, |(_, cause)| cause);
        let what = [field("reason"), field("message"), cause];
        let what = what.map(|part| part.replace(field("pod"), "POD")).join("; ");
        story.eviction(answered(eviction), format!("{} {what}", eviction["code"]));
    }
    story
}

fn answered(eviction: &Value) -> i64 {
    ms(eviction) + eviction["tookMs"].as_i64().unwrap_or(0)
}

fn take(story: &mut Story, roles: &mut Roles, object: &Value) {
    let (at_ms, kind, name) = (ms(object), text(&object["kind"]), text(&object["name"]));
    let role = if kind == "ReplicaSet" { roles.of(name) } else { name.to_owned() };
    let whose = format!("{kind} {role}");
    if object["type"] == "DELETED" {
        story.ends.remove(&whose);
        return;
    }
    let number = match kind {
        "HorizontalPodAutoscaler" => &object["status"]["desiredReplicas"],
        "PodDisruptionBudget" => &Value::Null,
        _ => &object["spec"]["replicas"],
    };
    if let Some(number) = number.as_i64() {
        story.number(whose.clone(), at_ms, number);
    }
    if object["status"].is_object() {
        let end = end(kind, &object["status"], roles);
        if kind == "HorizontalPodAutoscaler" {
            story.text(format!("{whose} says"), at_ms, end["conditions"].to_string());
        }
        if kind == "Deployment" {
            story.ready(name, at_ms, end["readyReplicas"].as_i64().unwrap_or(0));
        }
        story.ends.insert(whose, end);
    }
}

/// What is compared of a status.
fn end(kind: &str, status: &Value, roles: &mut Roles) -> Value {
    let numbers = match kind {
        "HorizontalPodAutoscaler" => HPA,
        "PodDisruptionBudget" => PDB,
        "ReplicaSet" => REPLICA_SET,
        _ => DEPLOYMENT,
    };
    let of = |&name: &&str| (name.to_owned(), json!(status[name].as_i64().unwrap_or(0)));
    let mut end = Value::Object(numbers.iter().map(of).collect());
    let mut conditions: Vec<Value> = items(&status["conditions"])
        .map(|condition| {
            let message = roles.told(text(&condition["message"]));
            json!([condition["type"], condition["status"], condition["reason"], message])
        })
        .collect();
    conditions.sort_by_key(ToString::to_string);
    end["conditions"] = Value::Array(conditions);
    end
}
