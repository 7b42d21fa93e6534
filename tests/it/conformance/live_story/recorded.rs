//! The story as a live control plane lived it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::scene::{ZONE, node_name};
use super::story::{DEPLOYMENT, HPA, PDB, REPLICA_SET, Roles, Story};
use crate::conformance::hpa_world::{items, text};
use crate::conformance::live::{Live, ms};

/// The pods that went, as they were when they were marked, and how many there are in each zone at
/// the end.
fn pods(live: &Live, story: &mut Story) {
    let zones = zones(live);
    for pod in items(&live.document["pods"]) {
        let marked = |change: &&Value| change["deletionAt"].is_string();
        let last = items(&pod["changes"]).take_while(|change| !marked(change)).last();
        let last = last.unwrap_or(&Value::Null);
        let field = |name: &str| last[name].as_str();
        if pod["deleteMark"].is_i64() {
            let cost = field("deletionCost").and_then(|cost| cost.parse().ok()).unwrap_or(0);
            let phase = field("phase").unwrap_or("Pending");
            story.went(text(&pod["image"]), phase, field("ready"), cost);
        } else if !pod["gone"].is_i64() && spreads(live) {
            story.stays(field("node").map(|node| zones[node].as_str()));
        }
    }
}

/// Whether the case says how pods are to be spread. Elsewhere it is chance where they end up.
pub(super) fn spreads(live: &Live) -> bool {
    live.document["case"]["manifests"].to_string().contains("topologySpreadConstraints")
}

/// Zones of nodes, by name.
fn zones(live: &Live) -> BTreeMap<String, String> {
    let case = &live.document["case"];
    let first = items(&case["nodes"])
        .map(|node| (node_name(live, &node["name"]), text(&node["zone"]).to_owned()));
    let made = items(&case["actions"]).map(|action| &action["manifest"]);
    let later = made.filter(|manifest| manifest["kind"] == "Node").map(|node| {
        let zone = &node["metadata"]["labels"][ZONE];
        (text(&node["metadata"]["name"]).to_owned(), text(zone).to_owned())
    });
    first.chain(later).collect()
}

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
    pods(live, &mut story);
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
