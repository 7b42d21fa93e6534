//! What `tests/conformance/workloads` shows of a cluster: states, events, and how they compare.

use std::collections::BTreeMap;
use std::sync::Arc;

use podtide::kube::apiserver::{Cluster, EventType};
use podtide::kube::objects::deployment::{
    DeploymentConditionType, DeploymentObject, ReplicaSetObject,
};
use podtide::kube::objects::disruption::PdbObject;
use podtide::kube::objects::hpa::HpaObject;
use podtide::kube::objects::ids::ObjectId;
use podtide::kube::reason::Reason;
use podtide::units::{SimDuration, SimTime};
use serde_json::{Map, Value, json};

/// Names as the recording writes them, by those of the cluster.
#[derive(Clone, Debug, Default)]
pub(crate) struct Aliases(BTreeMap<Arc<str>, String>);

impl Aliases {
    /// From now on a name is written so.
    pub(crate) fn add(&mut self, name: &Arc<str>, alias: String) {
        self.0.insert(Arc::clone(name), alias);
    }

    /// A text with the names of the recording.
    pub(crate) fn write(&self, text: &str) -> String {
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
        let mut written = String::new();
        let mut rest = text;
        while !rest.is_empty() {
            let length = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
            let (word, after) = rest.split_at(length);
            let dots = word.len() - word.trim_end_matches('.').len();
            let (name, dots) = word.split_at(word.len() - dots);
            written.push_str(self.0.get(name).map_or(name, String::as_str));
            written.push_str(dots);
            let other = after.find(is_name).unwrap_or(after.len());
            written.push_str(&after[..other]);
            rest = &after[other..];
        }
        written
    }
}

/// An event as the recording has it: kind, name, type, reason, message.
pub(crate) type Event = [String; 5];

/// An event that was written, with the names of the recording.
pub(crate) fn event(
    cluster: &Cluster,
    object: ObjectId,
    type_: EventType,
    reason: &Reason,
    aliases: &Aliases,
) -> Event {
    let (kind, name) = title(cluster, object);
    let type_ = match type_ {
        EventType::Normal => "Normal",
        EventType::Warning => "Warning",
    };
    let (name, message) = (aliases.write(&name), aliases.write(&reason.to_string()));
    [kind.to_owned(), name, type_.to_owned(), reason.word().to_owned(), message]
}

fn title(cluster: &Cluster, object: ObjectId) -> (&'static str, String) {
    match object {
        ObjectId::Deployment(id) => {
            ("Deployment", cluster.deployment(id).map(|it| it.metadata.name.clone()))
        }
        ObjectId::ReplicaSet(id) => {
            ("ReplicaSet", cluster.replica_set(id).map(|it| it.name.to_string()))
        }
        ObjectId::Pod(id) => {
            let gone = || cluster.pods().last_removed().filter(|pod| pod.id == id);
            ("Pod", cluster.pod(id).or_else(gone).map(|pod| pod.name.to_string()))
        }
        ObjectId::Hpa(id) => {
            ("HorizontalPodAutoscaler", cluster.hpa(id).map(|it| it.metadata.name.clone()))
        }
        ObjectId::Pdb(id) => {
            ("PodDisruptionBudget", cluster.pdb(id).map(|it| it.metadata.name.clone()))
        }
        ObjectId::Node(_) | ObjectId::Service(_) | ObjectId::ClusterAutoscaler => ("", None),
    }
    .into_named()
}

trait Named {
    fn into_named(self) -> (&'static str, String);
}

impl Named for (&'static str, Option<String>) {
    fn into_named(self) -> (&'static str, String) {
        (self.0, self.1.unwrap_or_default())
    }
}

/// An event of the recording.
pub(crate) fn recorded_event(event: &Value) -> Event {
    ["kind", "name", "type", "reason", "message"]
        .map(|field| event[field].as_str().unwrap_or_default().to_owned())
}

/// Keeps the order among the events of Deployments and of HPAs; those of others become a set.
pub(crate) fn tidy(events: &mut Vec<Event>) {
    let in_order = |event: &Event| ["Deployment", "HorizontalPodAutoscaler"].contains(&&*event[0]);
    events.sort_by(|one, other| {
        let [kind, name, _, reason, message] = one;
        let kinds = kind.cmp(&other[0]);
        if kinds.is_ne() || in_order(one) {
            return kinds;
        }
        (name, reason, message).cmp(&(&other[1], &other[3], &other[4]))
    });
    events.dedup_by(|one, other| one == other && !in_order(one));
}

/// The limit of client-go on the events about an object: 25 at once, one more each five minutes
/// (`EventSourceObjectSpamFilter`).
#[derive(Clone, Debug, Default)]
pub(crate) struct SpamFilter(BTreeMap<ObjectId, (SimTime, f64)>);

impl SpamFilter {
    const BURST: f64 = 25.0;
    const REFILL: SimDuration = SimDuration::from_secs(300);

    /// Whether one more event about an object goes through.
    pub(crate) fn lets(&mut self, object: ObjectId, at: SimTime) -> bool {
        let (last, tokens) = self.0.entry(object).or_insert((at, Self::BURST));
        let refilled = (at - *last).as_secs_f64() / Self::REFILL.as_secs_f64();
        let now = (*tokens + refilled).min(Self::BURST);
        let lets = now >= 1.0;
        (*last, *tokens) = (at, if lets { now - 1.0 } else { now });
        lets
    }
}

/// A Deployment as the recording shows it; what is unset is absent.
pub(crate) fn deployment_state(deployment: &DeploymentObject, aliases: &Aliases) -> Value {
    let status = &deployment.status;
    let annotations = &deployment.metadata.annotations;
    let conditions = status.conditions.iter().map(|condition| {
        let type_ = match condition.type_ {
            DeploymentConditionType::Available => "Available",
            DeploymentConditionType::Progressing => "Progressing",
            DeploymentConditionType::ReplicaFailure => "ReplicaFailure",
        };
        let state = json!({
            "status": condition.status,
            "reason": condition.reason.word(),
            "message": aliases.write(&condition.reason.to_string()),
            "lastUpdate_s": condition.last_update_time.whole_seconds(),
            "lastTransition_s": condition.last_transition_time.whole_seconds(),
        });
        (type_.to_owned(), state)
    });
    without_absent(json!({
        "specReplicas": deployment.replicas(),
        "generation": deployment.generation,
        "revision": annotation(annotations, "revision"),
        "observedGeneration": status.observed_generation,
        "replicas": status.replicas,
        "updatedReplicas": status.updated_replicas,
        "readyReplicas": status.ready_replicas,
        "availableReplicas": status.available_replicas,
        "unavailableReplicas": status.unavailable_replicas,
        "terminatingReplicas": status.terminating_replicas,
        "conditions": conditions.collect::<Map<_, _>>(),
    }))
}

fn annotation(annotations: &BTreeMap<String, String>, name: &str) -> String {
    let key = format!("deployment.kubernetes.io/{name}");
    annotations.get(&key).cloned().unwrap_or_default()
}

/// A ReplicaSet as the recording shows it.
pub(crate) fn replica_set_state(replica_set: &ReplicaSetObject, aliases: &Aliases) -> Value {
    let (status, annotations) = (&replica_set.status, &replica_set.annotations);
    let history = annotation(annotations, "revision-history");
    let failure = status.replica_failure.as_ref().map(|failure| {
        json!({"ReplicaFailure": {
            "status": "True",
            "reason": failure.reason,
            "message": aliases.write(&failure.message),
            "lastTransition_s": failure.last_transition_time.whole_seconds(),
        }})
    });
    without_absent(json!({
        "revision": annotation(annotations, "revision"),
        "revisionHistory": Some(history).filter(|history| !history.is_empty()),
        "desiredReplicas": annotation(annotations, "desired-replicas"),
        "maxReplicas": annotation(annotations, "max-replicas"),
        "specReplicas": replica_set.replicas,
        "minReadySeconds": Some(replica_set.min_ready_seconds).filter(|&seconds| seconds != 0),
        "generation": replica_set.generation,
        "observedGeneration": status.observed_generation,
        "replicas": status.replicas,
        "readyReplicas": status.ready_replicas,
        "availableReplicas": status.available_replicas,
        "terminatingReplicas": status.terminating_replicas,
        "conditions": failure,
    }))
}

/// A budget as the recording shows it.
pub(crate) fn pdb_state(pdb: &PdbObject, aliases: &Aliases) -> Value {
    let status = &pdb.status;
    let disrupted = status
        .disrupted_pods
        .iter()
        .map(|(pod, since)| (aliases.write(pod), json!(since.whole_seconds())));
    let condition = status.condition.as_ref().map(|condition| {
        let generation = Some(condition.observed_generation).filter(|&generation| generation != 0);
        without_absent(json!({"DisruptionAllowed": {
            "status": condition.status,
            "reason": condition.reason,
            "message": aliases.write(&condition.message),
            "lastTransition_s": condition.last_transition_time.whole_seconds(),
            "observedGeneration": generation,
        }}))
    });
    without_absent(json!({
        "observedGeneration": status.observed_generation,
        "currentHealthy": status.current_healthy,
        "desiredHealthy": status.desired_healthy,
        "expectedPods": status.expected_pods,
        "disruptionsAllowed": status.disruptions_allowed,
        "disruptedPods": disrupted.collect::<Map<_, _>>(),
        "conditions": condition,
    }))
}

/// All budgets, by name.
pub(crate) fn pdb_states(cluster: &Cluster, aliases: &Aliases) -> Map<String, Value> {
    let state = |pdb: &PdbObject| (pdb.metadata.name.clone(), pdb_state(pdb, aliases));
    cluster.pdbs().map(state).collect()
}

/// An HPA as the recording shows it.
pub(crate) fn hpa_state(hpa: &HpaObject) -> Value {
    let conditions = hpa.status.conditions.iter().map(|condition| {
        let state = json!({
            "status": condition.status,
            "reason": condition.reason.word(),
            "message": condition.reason.to_string(),
            "lastTransition_s": condition.last_transition_time.whole_seconds(),
        });
        (condition.type_.to_string(), state)
    });
    without_absent(json!({
        "currentReplicas": hpa.status.current_replicas,
        "desiredReplicas": hpa.status.desired_replicas,
        "conditions": conditions.collect::<Map<_, _>>(),
    }))
}

/// Leaves out members that are null or empty objects, at any depth.
pub(crate) fn without_absent(mut value: Value) -> Value {
    if let Value::Object(members) = &mut value {
        let all = std::mem::take(members).into_iter();
        let all = all.map(|(key, member)| (key, without_absent(member)));
        members.extend(all.filter(|(_, member)| {
            !member.is_null() && member.as_object().is_none_or(|inner| !inner.is_empty())
        }));
    }
    value
}

/// Applies a JSON merge patch (RFC 7386).
pub(crate) fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(members) = patch else {
        target.clone_from(patch);
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    for (key, member) in members {
        if member.is_null() {
            target.as_object_mut().and_then(|target| target.remove(key));
        } else {
            merge(&mut target[key.as_str()], member);
        }
    }
}

/// Where two states differ: the members of each that the other has not, or has otherwise.
pub(crate) fn difference(one: &Value, other: &Value) -> (Value, Value) {
    let (Value::Object(ours), Value::Object(theirs)) = (one, other) else {
        return (one.clone(), other.clone());
    };
    let (mut left, mut right) = (Map::new(), Map::new());
    let keys: std::collections::BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
    for key in keys {
        let (a, b) = (&one[key.as_str()], &other[key.as_str()]);
        if a != b {
            let (a, b) = difference(a, b);
            left.insert(key.clone(), a);
            right.insert(key.clone(), b);
        }
    }
    (Value::Object(left), Value::Object(right))
}
