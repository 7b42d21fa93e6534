//! What became of the pods that `kubectl drain` wanted to evict.

use serde::Serialize;

use crate::kube::apiserver::eviction::answer::Answer;
use crate::kube::apiserver::eviction::reason::EvictionReason;
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
    /// How often the server refused because of a budget.
    pub refusals: u32,
    /// Why it refused the last time, in its words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
}

/// All such pods, in the order in which kubectl asked.
pub(super) fn evictions(recording: &Recording) -> Vec<EvictionRow> {
    let mut rows = Vec::new();
    for fact in &recording.facts {
        let at_seconds = fact.at.as_secs_f64();
        match &fact.reason {
            Reason::Kubectl(reason) => note(&mut rows, at_seconds, reason),
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
    }
    rows
}

fn note(rows: &mut Vec<EvictionRow>, at_seconds: f64, reason: &KubectlReason) {
    match reason {
        KubectlReason::EvictingPod { pod } => {
            row_of(rows, pod, at_seconds);
        }
        KubectlReason::WillRetry { pod, answer } => {
            let row = row_of(rows, pod, at_seconds);
            row.refusals += 1;
            row.refusal = answer.cause();
        }
        KubectlReason::Finished { pod, evicted: true } => {
            row_of(rows, pod, at_seconds).gone_seconds = Some(at_seconds);
        }
        _ => {}
    }
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
