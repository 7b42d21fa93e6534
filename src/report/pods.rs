//! Pods over time, from the facts: how many were wanted, there, ready and waiting, and what they
//! took.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::incidents::Incidents;
use super::track::Track;
use crate::api::apps::DeploymentSpec;
use crate::api::core::PodTemplateSpec;
use crate::api::quantity::Quantity;
use crate::kube::apiserver::{Cluster, Fact, Write};
use crate::kube::controllers::replica_set::reason::ReplicaSetReason;
use crate::kube::objects::ids::{DeploymentId, ObjectId, PodId, TemplateId};
use crate::kube::reason::Reason;
use crate::kube::scheduler::requests::{PodResourcesOptions, pod_requests};
use crate::kube::swarm::reason::{SwarmReason, UpdateStatus};
use crate::recording::Recording;
use crate::units::SimTime;

/// Pods of one Deployment over time.
#[derive(Clone, Debug, Default)]
pub(super) struct PodHistory {
    /// Pods that `spec.replicas` asks for.
    pub(super) desired: Track,
    /// Pods that exist and are not being deleted.
    pub(super) current: Track,
    /// Those of them that are Ready.
    pub(super) ready: Track,
    /// Those of them that wait for a node.
    pub(super) pending: Track,
    /// Ready ones of the newest template.
    pub(super) updated: Track,
    /// Current ones of other templates.
    pub(super) outdated: Track,
    /// Pods on nodes, those being deleted too.
    pub(super) held: Track,
    /// Crashes, and pods that were chosen to go.
    pub(super) incidents: Incidents,
    /// What Swarm said of updates, and when \[ms\].
    pub(super) updates: Vec<(f64, UpdateStatus)>,
    /// Each spec of the Deployment, and from when on \[ms\] it was so.
    pub(super) specs: Vec<(f64, Arc<DeploymentSpec>)>,
    /// What pods on nodes took, those being deleted too.
    pub(super) taken: Taken,
    /// Longest wait for a node \[ms\].
    pub(super) longest_wait_ms: i64,
    /// What the scheduler last said about a pod that waits.
    pub(super) scheduler_said: Option<String>,
    count: Counts,
    since_ms: i64,
}

/// What pods on nodes took.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Taken {
    /// Pods \[pod seconds\].
    pub(super) pods: f64,
    /// Requested CPU \[core seconds\].
    pub(super) cores: f64,
    /// Requested memory \[byte seconds\].
    pub(super) bytes: f64,
}

/// Pods at an instant.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    current: i64,
    ready: i64,
    pending: i64,
    updated: i64,
    outdated: i64,
    on_nodes: i64,
    milli_cores: i64,
    bytes: i64,
}

/// A pod that is counted.
#[derive(Clone, Copy, Debug)]
struct Counted {
    workload: usize,
    state: Counts,
    created_ms: i64,
}

/// Walks through a recording; one history for each Deployment, named by namespace and name.
pub(super) fn walk(recording: &Recording, names: &[(String, String)]) -> Vec<PodHistory> {
    let cluster = recording.state_after(0);
    let mut walk = Walk {
        names,
        histories: vec![PodHistory::default(); names.len()],
        pods: BTreeMap::new(),
        requests: BTreeMap::new(),
        versions: vec![None; names.len()],
        cluster,
        at_ms: 0,
    };
    walk.begin();
    for fact in &recording.facts {
        walk.fact(fact);
    }
    walk.end(recording.end);
    walk.histories
}

struct Walk<'a> {
    names: &'a [(String, String)],
    histories: Vec<PodHistory>,
    pods: BTreeMap<PodId, Counted>,
    /// CPU \[10⁻³ cores\] and memory \[bytes\] that a pod of a template requests.
    requests: BTreeMap<TemplateId, (i64, i64)>,
    /// The newest template of each Deployment.
    versions: Vec<Option<TemplateId>>,
    cluster: Cluster,
    at_ms: i64,
}

impl Walk<'_> {
    fn begin(&mut self) {
        let deployments: Vec<DeploymentId> = self.cluster.deployments().map(|it| it.id).collect();
        for deployment in deployments {
            self.see_deployment(deployment);
        }
        let pods: Vec<PodId> = self.cluster.pods().iter().map(|pod| pod.id).collect();
        for pod in pods {
            self.see_pod(pod);
            self.hear_scheduler(pod);
        }
        for history in &mut self.histories {
            history.push(0);
        }
    }

    fn fact(&mut self, fact: &Fact) {
        self.at_ms = fact.at.0.max(0);
        self.see_incident(fact);
        if let Write::Event { object: ObjectId::Pod(pod), .. } = &fact.write {
            if fact.reason.word() == "FailedScheduling"
                && let Some(counted) = self.pods.get(pod)
            {
                let history = &mut self.histories[counted.workload];
                history.scheduler_said = Some(fact.reason.to_string());
            }
            return;
        }
        if let Reason::Swarm(SwarmReason::Update(status)) = &fact.reason
            && let Write::Event { object: ObjectId::Deployment(id), .. } = &fact.write
            && let Some(workload) = self.workload_named(*id)
        {
            self.histories[workload].updates.push((self.at_ms as f64, status.clone()));
            return;
        }
        match fact.write {
            Write::CreatePod(_) => {
                let pod = self.cluster.pods().next_id();
                self.cluster.replay(fact);
                self.see_pod(pod);
            }
            Write::BindPod { pod, .. }
            | Write::PodStatus { pod, .. }
            | Write::DeletePod { pod, .. }
            | Write::RemovePod(pod)
            | Write::SetPodOwner { pod, .. } => {
                self.cluster.replay(fact);
                self.see_pod(pod);
            }
            Write::CreateDeployment(_) => {
                self.cluster.replay(fact);
                let last = self.cluster.deployments().next_back().map(|it| it.id);
                if let Some(last) = last {
                    self.see_deployment(last);
                }
            }
            Write::UpdateDeployment { deployment, .. } | Write::UpdateScale { deployment, .. } => {
                self.cluster.replay(fact);
                self.see_deployment(deployment);
            }
            Write::CreateNode(_)
            | Write::DeleteNode(_)
            | Write::CreateReplicaSet(_)
            | Write::DeleteReplicaSet(_) => self.cluster.replay(fact),
            // Nothing else bears on how many pods there are.
            _ => {}
        }
    }

    /// What happens to a single pod; the cluster is as it was before.
    fn see_incident(&mut self, fact: &Fact) {
        let at_seconds = self.at_ms as f64 / 1000.0;
        match (&fact.write, &fact.reason) {
            (Write::PodStatus { pod, status }, _) => {
                let known = self.pods.get(pod).zip(self.cluster.pod(*pod));
                let Some((counted, former)) = known else { return };
                let image = || {
                    let template = &self.cluster.template(former.template).spec.spec;
                    template.containers.first().map_or_else(String::new, |it| it.image.clone())
                };
                let incidents = &mut self.histories[counted.workload].incidents;
                incidents.hear(at_seconds, former, status, image);
            }
            (
                Write::DeletePod { pod, .. },
                Reason::ReplicaSet(ReplicaSetReason::SuccessfulDelete { pod: name, rule, .. }),
            ) => {
                // What goes in a rollout is none that was chosen among equals.
                if let Some(counted) = self.pods.get(pod).filter(|it| it.state.outdated == 0) {
                    self.histories[counted.workload].incidents.chosen(at_seconds, name, rule);
                }
            }
            _ => {}
        }
    }

    fn end(&mut self, end: SimTime) {
        self.at_ms = end.0.max(0);
        let waiting: Vec<Counted> =
            self.pods.values().filter(|pod| pod.state.pending > 0).copied().collect();
        for pod in waiting {
            let wait = self.at_ms - pod.created_ms;
            let history = &mut self.histories[pod.workload];
            history.longest_wait_ms = history.longest_wait_ms.max(wait);
        }
        let at_ms = self.at_ms;
        for history in &mut self.histories {
            history.advance(at_ms);
        }
    }

    /// What the scheduler said before time 0 about a pod that waits.
    fn hear_scheduler(&mut self, id: PodId) {
        let said = self.cluster.pod(id).and_then(|pod| pod.unscheduled.as_ref());
        if let Some((counted, said)) = self.pods.get(&id).zip(said) {
            self.histories[counted.workload].scheduler_said = Some(said.reason.to_string());
        }
    }

    fn see_deployment(&mut self, id: DeploymentId) {
        let Some(workload) = self.workload_named(id) else { return };
        let Some(deployment) = self.cluster.deployment(id) else { return };
        let (replicas, version) = (deployment.replicas(), Some(deployment.template));
        let history = &mut self.histories[workload];
        history.desired.push(self.at_ms as f64, f64::from(replicas));
        history.specs.push((self.at_ms as f64, Arc::clone(&deployment.spec)));
        if std::mem::replace(&mut self.versions[workload], version) != version {
            let own = self.pods.iter().filter(|(_, pod)| pod.workload == workload);
            let own: Vec<PodId> = own.map(|(id, _)| *id).collect();
            for pod in own {
                self.see_pod(pod);
            }
        }
    }

    fn workload_named(&self, id: DeploymentId) -> Option<usize> {
        let name = &self.cluster.deployment(id)?.metadata;
        let same = |known: &(String, String)| known.0 == name.namespace && known.1 == name.name;
        self.names.iter().position(same)
    }

    /// Counts a pod as it is now, in place of how it was before.
    fn see_pod(&mut self, id: PodId) {
        let former = self.pods.remove(&id);
        let now = self.counted(id);
        let Some(workload) = now.or(former).map(|counted| counted.workload) else { return };
        let history = &mut self.histories[workload];
        history.advance(self.at_ms);
        let none = Counts::default();
        let (was, is) = (former.map_or(none, |it| it.state), now.map_or(none, |it| it.state));
        if let Some(former) = former.filter(|_| was.pending > 0 && is.pending == 0) {
            let wait = self.at_ms - former.created_ms;
            history.longest_wait_ms = history.longest_wait_ms.max(wait);
        }
        history.count.replace(&was, &is);
        history.push(self.at_ms);
        if let Some(now) = now {
            self.pods.insert(id, now);
        }
    }

    fn counted(&mut self, id: PodId) -> Option<Counted> {
        let pod = self.cluster.pod(id)?;
        let (template, created_ms) = (pod.template, pod.created_at.0.max(0));
        let replica_set = self.cluster.replica_set(pod.owner?)?;
        let workload = self.workload_named(replica_set.owner?)?;
        let newest = self.versions[workload] == Some(replica_set.base_template);
        let (active, on_node) = (pod.is_active(), pod.node.is_some() && !pod.is_terminal());
        let (ready, pending) = (active && pod.is_ready(), active && pod.node.is_none());
        let (milli_cores, bytes) = self.requests_of(template);
        let held = i64::from(on_node);
        let state = Counts {
            current: i64::from(active),
            ready: i64::from(ready),
            pending: i64::from(pending),
            updated: i64::from(ready && newest),
            outdated: i64::from(active && !newest),
            on_nodes: held,
            milli_cores: milli_cores * held,
            bytes: bytes * held,
        };
        Some(Counted { workload, state, created_ms })
    }

    fn requests_of(&mut self, template: TemplateId) -> (i64, i64) {
        let cluster = &self.cluster;
        *self.requests.entry(template).or_insert_with(|| requests(&cluster.template(template).spec))
    }
}

/// CPU \[10⁻³ cores\] and memory \[bytes\] that a pod requests, as the scheduler counts them.
fn requests(template: &PodTemplateSpec) -> (i64, i64) {
    let all = pod_requests(&template.spec, &PodResourcesOptions::default());
    let cpu = all.get("cpu").map_or(0, Quantity::milli_value);
    (cpu, all.get("memory").map_or(0, Quantity::value))
}

impl Counts {
    fn replace(&mut self, was: &Counts, is: &Counts) {
        self.current += is.current - was.current;
        self.ready += is.ready - was.ready;
        self.pending += is.pending - was.pending;
        self.updated += is.updated - was.updated;
        self.outdated += is.outdated - was.outdated;
        self.on_nodes += is.on_nodes - was.on_nodes;
        self.milli_cores += is.milli_cores - was.milli_cores;
        self.bytes += is.bytes - was.bytes;
    }
}

impl PodHistory {
    /// Adds up what was taken since the last change.
    fn advance(&mut self, at_ms: i64) {
        let seconds = (at_ms - self.since_ms) as f64 / 1000.0;
        self.taken.pods += self.count.on_nodes as f64 * seconds;
        self.taken.cores += self.count.milli_cores as f64 / 1000.0 * seconds;
        self.taken.bytes += self.count.bytes as f64 * seconds;
        self.since_ms = at_ms;
    }

    fn push(&mut self, at_ms: i64) {
        let at = at_ms as f64;
        self.current.push(at, self.count.current as f64);
        self.ready.push(at, self.count.ready as f64);
        self.pending.push(at, self.count.pending as f64);
        self.updated.push(at, self.count.updated as f64);
        self.outdated.push(at, self.count.outdated as f64);
        self.held.push(at, self.count.on_nodes as f64);
    }
}
