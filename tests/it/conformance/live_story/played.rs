//! The story as `simulate` plays it.

use podtide::api::meta::ConditionStatus;
use podtide::kube::apiserver::eviction::answer::Answer;
use podtide::kube::apiserver::eviction::reason::EvictionReason;
use podtide::kube::apiserver::{Cluster, Fact, Write};
use podtide::kube::objects::hpa::{HpaObject, HpaStatus};
use podtide::kube::objects::pod::PodPhase;
use podtide::kube::reason::Reason;
use podtide::recording::Recording;
use podtide::scenario::Scenario;
use podtide::sim::simulate;
use serde_json::{Value, json};

use super::recorded::spreads;
use super::scene::ZONE;
use super::story::{DEPLOYMENT, PDB, REPLICA_SET, Roles, Story};
use crate::conformance::live::Live;

/// Plays a scenario of a recording.
pub(super) fn story(live: &Live, scenario: &Scenario) -> Story {
    let (start, spreads) = (live.at(0), spreads(live));
    let mut recording = Recording::default();
    simulate(scenario, &mut recording);
    let mut teller = Teller::default();
    for fact in &recording.facts {
        teller.take(fact, (fact.at - start).0);
    }
    let cluster = recording.state_after(recording.facts.len() as u32);
    teller.end(&cluster);
    if spreads {
        for pod in cluster.pods().iter().filter(|pod| pod.deletion.is_none()) {
            let node = pod.node.and_then(|node| cluster.node(node));
            teller.story.stays(node.map(|node| node.node.metadata.labels[ZONE].as_str()));
        }
    }
    teller.story
}

/// What is known while facts are told.
#[derive(Default)]
struct Teller {
    story: Story,
    roles: Roles,
    /// Names, by number.
    deployments: Vec<String>,
    hpas: Vec<String>,
    replica_sets: Vec<String>,
    pods: Vec<Seen>,
}

/// What is known of a pod.
struct Seen {
    image: String,
    phase: PodPhase,
    ready: Option<ConditionStatus>,
    cost: i32,
    marked: bool,
}

impl Teller {
    fn take(&mut self, fact: &Fact, at_ms: i64) {
        match &fact.write {
            Write::CreateDeployment(object) => {
                self.deployments.push(object.metadata.name.clone());
                let (last, replicas) = (self.deployments.len() - 1, object.spec.replicas);
                self.deployment(last, at_ms, replicas);
            }
            Write::UpdateDeployment { deployment, spec, .. } => {
                self.deployment(deployment.index(), at_ms, spec.replicas);
            }
            Write::UpdateScale { deployment, replicas } => {
                self.deployment(deployment.index(), at_ms, Some(*replicas));
            }
            Write::CreateReplicaSet(new) => {
                self.replica_sets.push(new.name.to_string());
                self.replica_set(self.replica_sets.len() - 1, at_ms, new.replicas);
            }
            Write::UpdateReplicaSet { replica_set, replicas, .. } => {
                self.replica_set(replica_set.index(), at_ms, *replicas);
            }
            Write::CreateHpa(object) => {
                self.hpas.push(object.metadata.name.clone());
                self.hpa(self.hpas.len() - 1, at_ms, 0);
                let whose = format!("HorizontalPodAutoscaler {} says", object.metadata.name);
                self.story.text(whose, at_ms, "[]".to_owned());
            }
            Write::HpaStatus { hpa, status } => {
                self.hpa(hpa.index(), at_ms, status.desired_replicas);
                let whose = format!("HorizontalPodAutoscaler {} says", self.hpas[hpa.index()]);
                self.story.text(whose, at_ms, conditions(status).to_string());
            }
            Write::DeploymentStatus { deployment, status, .. } => {
                let ready = i64::from(status.ready_replicas);
                self.story.ready(&self.deployments[deployment.index()], at_ms, ready);
            }
            Write::Note(_) | Write::DeletePod { .. } => self.eviction(fact, at_ms),
            _ => {}
        }
        self.pod(&fact.write);
    }

    fn pod(&mut self, write: &Write) {
        match write {
            Write::CreatePod(new) => self.pods.push(Seen {
                image: new.template.spec.containers[0].image.clone(),
                phase: PodPhase::Pending,
                ready: None,
                cost: 0,
                marked: false,
            }),
            Write::PodStatus { pod, status } => {
                let seen = &mut self.pods[pod.index()];
                seen.phase = status.phase;
                seen.ready = status.ready.map(|ready| ready.status);
            }
            Write::SetDeletionCost { pod, cost } => self.pods[pod.index()].cost = *cost,
            Write::DeletePod { pod, .. } => {
                let seen = &mut self.pods[pod.index()];
                if !std::mem::replace(&mut seen.marked, true) {
                    let (phase, ready) = (format!("{:?}", seen.phase), seen.ready);
                    let ready = ready.map(|ready| ready.to_string());
                    self.story.went(&seen.image, &phase, ready.as_deref(), seen.cost);
                }
            }
            _ => {}
        }
    }

    fn deployment(&mut self, place: usize, at_ms: i64, replicas: Option<i32>) {
        let whose = format!("Deployment {}", self.deployments[place]);
        self.story.number(whose, at_ms, i64::from(replicas.unwrap_or(1)));
    }

    fn replica_set(&mut self, place: usize, at_ms: i64, replicas: i32) {
        let whose = format!("ReplicaSet {}", self.roles.of(&self.replica_sets[place]));
        self.story.number(whose, at_ms, i64::from(replicas));
    }

    fn hpa(&mut self, place: usize, at_ms: i64, desired: i32) {
        let whose = format!("HorizontalPodAutoscaler {}", self.hpas[place]);
        self.story.number(whose, at_ms, i64::from(desired));
    }

    fn eviction(&mut self, fact: &Fact, at_ms: i64) {
        let told = match &fact.reason {
            Reason::Eviction(EvictionReason::EvictionByEvictionApi(_)) => "201 ; ; ".to_owned(),
            Reason::Eviction(EvictionReason::Answered(answer)) => told(answer),
            _ => return,
        };
        self.story.eviction(at_ms, told);
    }

    /// Objects as they stand at the end.
    fn end(&mut self, cluster: &Cluster) {
        for object in cluster.deployments() {
            let end = self.status(&json!(object.status), DEPLOYMENT);
            self.story.ends.insert(format!("Deployment {}", object.metadata.name), end);
        }
        for object in cluster.replica_sets() {
            let end = self.status(&json!(object.status), REPLICA_SET);
            self.story.ends.insert(format!("ReplicaSet {}", self.roles.of(&object.name)), end);
        }
        for object in cluster.pdbs() {
            let mut end = self.status(&json!(object.status), PDB);
            let condition = object.status.condition.iter().map(|condition| {
                let status = condition.status.to_string();
                json!(["DisruptionAllowed", status, condition.reason, condition.message])
            });
            end["conditions"] = condition.collect();
            let whose = format!("PodDisruptionBudget {}", object.metadata.name);
            self.story.ends.insert(whose, end);
        }
        for object in cluster.hpas() {
            let whose = format!("HorizontalPodAutoscaler {}", object.metadata.name);
            self.story.ends.insert(whose, hpa_end(object));
        }
    }

    fn status(&mut self, status: &Value, numbers: &[&str]) -> Value {
        let of = |&name: &&str| (name.to_owned(), json!(status[name].as_i64().unwrap_or(0)));
        let mut end = Value::Object(numbers.iter().map(of).collect());
        let conditions = status["conditions"].as_array().into_iter().flatten();
        let mut conditions: Vec<Value> = conditions
            .map(|condition| {
                let message = self.roles.told(condition["message"].as_str().unwrap_or_default());
                json!([condition["type"], condition["status"], condition["reason"], message])
            })
            .collect();
        conditions.sort_by_key(ToString::to_string);
        end["conditions"] = Value::Array(conditions);
        end
    }
}

fn hpa_end(object: &HpaObject) -> Value {
    json!({
        "currentReplicas": object.status.current_replicas,
        "desiredReplicas": object.status.desired_replicas,
        "conditions": conditions(&object.status),
    })
}

fn conditions(status: &HpaStatus) -> Value {
    let conditions = status.conditions.iter().map(|condition| {
        let (type_, status) = (condition.type_.to_string(), condition.status.to_string());
        json!([type_, status, condition.reason.word(), condition.reason.to_string()])
    });
    let mut conditions: Vec<Value> = conditions.collect();
    conditions.sort_by_key(ToString::to_string);
    Value::Array(conditions)
}

fn told(answer: &Answer) -> String {
    let cause = answer.cause().unwrap_or_default();
    let message = match answer {
        Answer::NotFound { name } => answer.to_string().replace(&**name, "POD"),
        _ => answer.to_string(),
    };
    format!("{} {}; {message}; {cause}", answer.code(), answer.reason())
}
