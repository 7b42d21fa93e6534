//! What became of the pods that `kubectl drain` wanted to evict.

use serde::Serialize;

use crate::kube::apiserver::eviction::answer::Answer;
use crate::kube::apiserver::eviction::reason::EvictionReason;
use crate::kube::apiserver::{Cluster, Fact, Write};
use crate::kube::kubectl::drain::reason::{KubectlReason, PodName};
use crate::kube::reason::Reason;
use crate::recording::Recording;

/// A pod that `kubectl drain` wanted to evict.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EvictionRow {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub pod: String,
    /// When kubectl first asked \[s\].
    pub from_seconds: f64,
    /// When kubectl saw that the pod was gone \[s\], if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gone_seconds: Option<f64>,
    /// When kubectl gave up on the pod \[s\], if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gave_up_seconds: Option<f64>,
    /// When the pod ended without kubectl seeing it \[s\], if it did: by a scale-down, say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_seconds: Option<f64>,
    /// How often the server refused because of a budget.
    pub refusals: u32,
    /// Why it refused the last time, in its words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
    /// Whether that budget needed every pod that there was to be just then; no part of the JSON.
    #[serde(skip)]
    pub needs_all: bool,
}

/// All such pods, in the order in which kubectl asked.
pub(super) fn evictions(recording: &Recording) -> Vec<EvictionRow> {
    let is_kubectl = |fact: &Fact| matches!(fact.reason, Reason::Kubectl(_));
    let Some(first) = recording.facts.iter().position(is_kubectl) else { return Vec::new() };
    let mut rows = Vec::new();
    let mut cluster = recording.state_after(first as u32);
    for fact in &recording.facts[first..] {
        let at_seconds = fact.at.as_secs_f64();
        match &fact.reason {
            Reason::Kubectl(reason) => note(&mut rows, at_seconds, reason, &cluster),
            Reason::Eviction(EvictionReason::Answered(Answer::NotFound { name })) => {
                // Somebody else took the pod away between two tries.
                let waits =
                    |row: &&mut EvictionRow| row.gone_seconds.is_none() && *row.pod == **name;
                if let Some(row) = rows.iter_mut().find(waits) {
                    row.gone_seconds = Some(at_seconds);
                }
            }
            _ => {}
        }
        if let Write::RemovePod(pod) = fact.write
            && let Some(pod) = cluster.pod(pod)
            && let Some(row) = known(&mut rows, &PodName::of(pod))
        {
            row.ended_seconds = Some(at_seconds);
        }
        cluster.replay(fact);
    }
    for row in &mut rows {
        // What kubectl saw needs no second word.
        row.ended_seconds = row.ended_seconds.filter(|_| row.gone_seconds.is_none());
        row.gave_up_seconds = row.gave_up_seconds.filter(|_| row.gone_seconds.is_none());
    }
    rows
}

fn note(rows: &mut Vec<EvictionRow>, now: f64, reason: &KubectlReason, cluster: &Cluster) {
    match reason {
        KubectlReason::EvictingPod { pod } => {
            row_of(rows, pod, now).gave_up_seconds = None;
        }
        KubectlReason::WillRetry { pod, answer } => {
            let row = row_of(rows, pod, now);
            row.refusals += 1;
            row.refusal = answer.cause();
            row.needs_all = needs_all(cluster, pod, answer);
        }
        KubectlReason::Finished { pod, evicted: true } => {
            row_of(rows, pod, now).gone_seconds = Some(now);
        }
        KubectlReason::PendingPods { pods, .. } => {
            let left = |row: &&mut EvictionRow| {
                row.gone_seconds.is_none() && pods.iter().any(|pod| **pod == *row.pod)
            };
            rows.iter_mut().filter(left).for_each(|row| row.gave_up_seconds = Some(now));
        }
        _ => {}
    }
}

/// Whether the budget that refused needs every pod that its workloads are to have.
fn needs_all(cluster: &Cluster, pod: &PodName, answer: &Answer) -> bool {
    let Answer::Exhausted { budget, .. } = answer else { return false };
    let is = |namespace: &str, name: &str| *namespace == *pod.namespace && *name == **budget;
    let mut budgets = cluster.pdbs();
    let found = budgets.find(|it| is(&it.metadata.namespace, &it.metadata.name));
    found.is_some_and(|pdb| {
        pdb.status.expected_pods > 0 && pdb.status.desired_healthy >= pdb.status.expected_pods
    })
}

/// The row of a pod, if there is one.
fn known<'a>(rows: &'a mut [EvictionRow], of: &PodName) -> Option<&'a mut EvictionRow> {
    let is = |row: &&mut EvictionRow| *row.pod == *of.name && *row.namespace == *of.namespace;
    rows.iter_mut().rfind(is)
}

/// The row of a pod, which begins now if there is none.
fn row_of<'a>(rows: &'a mut Vec<EvictionRow>, of: &PodName, now: f64) -> &'a mut EvictionRow {
    let is = |row: &EvictionRow| *row.pod == *of.name && *row.namespace == *of.namespace;
    let place = rows.iter().rposition(is).unwrap_or_else(|| {
        let (namespace, pod) = (of.namespace.to_string(), of.name.to_string());
        rows.push(EvictionRow { namespace, pod, from_seconds: now, ..EvictionRow::default() });
        rows.len() - 1
    });
    &mut rows[place]
}
