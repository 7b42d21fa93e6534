//! What happened to single pods of a workload: those whose containers kept ending, and those that
//! were chosen to go when it shrank.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Serialize;

use crate::kube::apiserver::write::PodStatus;
use crate::kube::controllers::controller_utils::DeletionRule;
use crate::kube::objects::ids::PodId;
use crate::kube::objects::pod::{Pod, PodActivity};

/// Most victims that are kept of a workload.
const VICTIMS_MAX: usize = 1000;

/// Containers of one version that ended by themselves, and were started again.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Crashes {
    /// The image of the pods' first container.
    pub image: String,
    /// First sign of it \[s\].
    pub from_seconds: f64,
    /// Last sign of it \[s\].
    pub to_seconds: f64,
    /// Pods that it happened to.
    pub pods: u32,
    /// Restarts of their containers.
    pub restarts: u32,
    /// Times that a container was killed for its memory.
    pub out_of_memory_kills: u32,
    /// Pods that waited in `CrashLoopBackOff`.
    pub back_off_pods: u32,
    /// When the first of them began to \[s\].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub back_off_from_seconds: Option<f64>,
}

/// A pod that was deleted because a workload was to have fewer.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Victim {
    /// When \[s\].
    pub at_seconds: f64,
    /// Its name.
    pub pod: String,
    /// The rule that put it before the first pod that stayed, as in `deletionCost`.
    pub rule: &'static str,
    /// The rule with its numbers, as the end of a sentence about the pod.
    pub because: String,
}

/// All incidents of a workload while they are gathered.
#[derive(Clone, Debug, Default)]
pub(super) struct Incidents {
    crashes: Vec<Gathered>,
    pub(super) victims: Vec<Victim>,
}

#[derive(Clone, Debug, Default)]
struct Gathered {
    row: Crashes,
    pods: BTreeSet<PodId>,
    back_off: BTreeSet<PodId>,
}

impl Incidents {
    /// Takes in a report of a kubelet on a pod; `image` gives that of its first container.
    pub(super) fn hear(
        &mut self,
        at_seconds: f64,
        former: &Pod,
        status: &PodStatus,
        image: impl FnOnce() -> String,
    ) {
        let restarts = (status.restarts - former.restarts).max(0) as u32;
        let became = |activity| status.activity == activity && former.activity != activity;
        let killed = became(PodActivity::OomKilled);
        let waits = became(PodActivity::CrashLoopBackOff);
        if restarts == 0 && !killed && !waits {
            return;
        }
        let image = image();
        let known = self.crashes.iter().position(|other| other.row.image == image);
        let place = known.unwrap_or_else(|| {
            let row = Crashes { image, from_seconds: at_seconds, ..Crashes::default() };
            self.crashes.push(Gathered { row, ..Gathered::default() });
            self.crashes.len() - 1
        });
        let gathered = &mut self.crashes[place];
        gathered.pods.insert(former.id);
        gathered.row.to_seconds = at_seconds;
        gathered.row.restarts += restarts;
        gathered.row.out_of_memory_kills += u32::from(killed);
        if waits {
            gathered.back_off.insert(former.id);
            gathered.row.back_off_from_seconds.get_or_insert(at_seconds);
        }
    }

    /// A pod was chosen to go.
    pub(super) fn chosen(&mut self, at_seconds: f64, pod: &Arc<str>, rule: &DeletionRule) {
        if self.victims.len() < VICTIMS_MAX {
            let (pod, because) = (pod.to_string(), rule.to_string());
            self.victims.push(Victim { at_seconds, pod, rule: word(rule), because });
        }
    }

    /// Crashes by version, in order of their beginnings.
    pub(super) fn crashes(&self) -> Vec<Crashes> {
        let row = |gathered: &Gathered| Crashes {
            pods: gathered.pods.len() as u32,
            back_off_pods: gathered.back_off.len() as u32,
            ..gathered.row.clone()
        };
        self.crashes.iter().map(row).collect()
    }
}

fn word(rule: &DeletionRule) -> &'static str {
    match rule {
        DeletionRule::All => "all",
        DeletionRule::Unassigned => "unassigned",
        DeletionRule::Phase => "phase",
        DeletionRule::NotReady => "notReady",
        DeletionRule::DeletionCost { .. } => "deletionCost",
        DeletionRule::MorePodsOnNode { .. } => "morePodsOnNode",
        DeletionRule::ReadyForLess => "readyForLess",
        DeletionRule::Uid => "uid",
        DeletionRule::MoreRestarts => "moreRestarts",
        DeletionRule::Younger => "younger",
        DeletionRule::Equal => "equal",
    }
}
