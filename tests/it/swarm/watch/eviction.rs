//! Evictions: none goes through that a budget does not pay for or a rule does not exempt.

use podtide::kube::apiserver::eviction::answer::Pass;
use podtide::kube::apiserver::eviction::reason::EvictionReason;
use podtide::kube::apiserver::{Cluster, Fact, Write};
use podtide::kube::objects::disruption::PdbObject;
use podtide::kube::objects::ids::{PdbId, PodId};
use podtide::kube::objects::pod::{Pod, PodPhase};
use podtide::kube::reason::Reason;

use super::Checked;

/// The budget that paid last, and for which pod.
#[derive(Clone, Copy, Default)]
pub(super) struct Payments {
    last: Option<(PdbId, PodId)>,
}

impl Payments {
    /// Looks at a fact before the cluster follows it.
    pub(super) fn check(&mut self, cluster: &Cluster, fact: &Fact) -> Checked {
        let Reason::Eviction(reason) = &fact.reason else { return Ok(()) };
        match (reason, &fact.write) {
            (EvictionReason::CheckAndDecrement { pod, .. }, Write::PdbStatus { pdb, status }) => {
                self.last = Some((*pdb, *pod));
                let budget = cluster.pdb(*pdb).ok_or("a budget that is gone paid")?;
                pays_one(budget, status.disruptions_allowed)
            }
            (EvictionReason::EvictionByEvictionApi(pass), Write::DeletePod { pod, .. }) => {
                let pod = cluster.pod(*pod).ok_or("a pod that is gone was evicted")?;
                if self.may_go(cluster, pod, *pass) {
                    return Ok(());
                }
                Err(format!("{pass:?} let go of {pod:?}"))
            }
            _ => Ok(()),
        }
    }

    fn may_go(&self, cluster: &Cluster, pod: &Pod, pass: Pass) -> bool {
        let set = cluster.label_set(pod.labels);
        let selects = |pdb: &&PdbObject| {
            *pdb.metadata.namespace == *set.namespace && pdb.selector.matches(&set.labels)
        };
        let budgets: Vec<&PdbObject> = cluster.pdbs().filter(selects).collect();
        let only = |pdb| budgets.len() == 1 && budgets[0].id == pdb;
        match pass {
            Pass::Phase(phase) => pod.phase == phase && phase != PodPhase::Running,
            Pass::Terminating => pod.deletion.is_some(),
            Pass::NoBudget => budgets.is_empty(),
            Pass::AlwaysAllow(pdb) => {
                let policy = &budgets[0].spec.unhealthy_pod_eviction_policy;
                only(pdb) && !pod.is_ready() && policy.as_deref() == Some("AlwaysAllow")
            }
            Pass::HealthyBudget(pdb) => {
                let status = &budgets[0].status;
                only(pdb) && !pod.is_ready() && status.current_healthy >= status.desired_healthy
            }
            Pass::Charged(pdb) => only(pdb) && self.last == Some((pdb, pod.id)),
        }
    }
}

fn pays_one(budget: &PdbObject, left: i32) -> Checked {
    let had = budget.status.disruptions_allowed;
    if had > 0 && left == had - 1 && budget.status.observed_generation == budget.generation {
        return Ok(());
    }
    Err(format!("{} allowed {had} disruptions, then {left}", budget.metadata.name))
}
