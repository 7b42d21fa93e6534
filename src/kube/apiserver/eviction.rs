//! Mirrors pkg/registry/core/pod/storage/eviction.go (v1.36): the eviction subresource of a pod.
//! Left out: conflicts with other writers, because a call is over before anybody else writes; so a
//! precondition that fails is answered at once, which upstream tries again for ten seconds where no
//! budget was asked; preconditions on resource versions; namespaces that terminate.
//!
//! A call asks the budget of the pod, charges it, says on the pod that it is to be disrupted, and
//! deletes it. What it answers is an [`Answer`].

pub mod answer;
pub mod reason;

use std::sync::Arc;

use super::Api;
use super::cluster::Cluster;
use super::write::{Applied, Refused, Write};
use crate::kube::controllers::disruption::update_disruption_allowed_condition;
use crate::kube::objects::disruption::{PdbObject, PdbStatus};
use crate::kube::objects::ids::{ObjectId, PdbId, PodId};
use crate::kube::objects::pod::{DisruptionTargetReason, Pod, PodPhase};
use crate::kube::reason::Reason;
use crate::units::SimTime;
use answer::{Answer, Forbidden, Pass, Shortage};
use reason::EvictionReason;

/// Most pods that a budget lets go before the disruption controller has seen them go.
const MAX_DISRUPTED_POD_SIZE: usize = 2000;
/// `unhealthyPodEvictionPolicy` of a budget that never protects pods that are not ready.
const ALWAYS_ALLOW: &str = "AlwaysAllow";

/// A call of the eviction subresource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Eviction {
    /// The pod.
    pub pod: PodId,
    /// Its name, for the answer when it is gone.
    pub name: Arc<str>,
    /// `deleteOptions.gracePeriodSeconds` \[s\]; the pod's own grace when absent.
    pub grace_period_seconds: Option<i64>,
    /// Only an answer is wanted.
    pub dry_run: bool,
    /// `deleteOptions.preconditions.uid`: what the pod's uid must be.
    pub uid: Option<Arc<str>>,
}

impl Eviction {
    /// A plain call about a pod of that name.
    pub fn new(pod: PodId, name: Arc<str>) -> Eviction {
        Eviction { pod, name, grace_period_seconds: None, dry_run: false, uid: None }
    }
}

impl Api<'_> {
    /// Evicts a pod if its budget lets it go, as [`Cluster::evict`]; controllers of lower rank then
    /// work off what that woke them for.
    pub fn evict(&mut self, eviction: &Eviction) -> Answer {
        let answer = self.cluster.evict(eviction);
        self.hand_down();
        answer
    }
}

impl Cluster {
    /// Evicts a pod if its budget lets it go. What is answered is a fact of its own where nothing
    /// was written. Mirrors `EvictionREST.Create`.
    pub fn evict(&mut self, eviction: &Eviction) -> Answer {
        let answer = self.try_evict(eviction);
        if !answer.is_allowed() && !eviction.dry_run {
            let reason = EvictionReason::Answered(answer.clone());
            self.tell(Write::Note(ObjectId::Pod(eviction.pod)), reason);
        }
        answer
    }

    fn try_evict(&mut self, eviction: &Eviction) -> Answer {
        let Some(pod) = self.pod(eviction.pod) else {
            return Answer::NotFound { name: Arc::clone(&eviction.name) };
        };
        let pass = match verdict(self, pod) {
            Err(answer) => return answer,
            Ok(Verdict::Free(pass)) => pass,
            Ok(Verdict::Charge(pdb, status)) => {
                self.charge(eviction, pdb, status);
                Pass::Charged(pdb)
            }
        };
        let answer = self.add_condition_and_delete(eviction, pass);
        match (&answer, pass.unready()) {
            // The pod is not what it was when it was looked at: the caller is to come again.
            (Answer::Conflict { .. }, Some(pdb)) => {
                let name = self.pdb(pdb).map_or("", |object| object.metadata.name.as_str());
                Answer::StillProcessed { budget: Arc::from(name) }
            }
            _ => answer,
        }
    }

    /// The budget pays before the pod's preconditions are looked at.
    fn charge(&mut self, eviction: &Eviction, pdb: PdbId, status: PdbStatus) {
        if !eviction.dry_run {
            let left = status.disruptions_allowed;
            let reason = EvictionReason::CheckAndDecrement { pod: eviction.pod, left };
            self.tell(Write::PdbStatus { pdb, status: Box::new(status) }, reason);
        }
    }

    fn add_condition_and_delete(&mut self, eviction: &Eviction, pass: Pass) -> Answer {
        let id = eviction.pod;
        if let Some(answer) = unmet_precondition(eviction) {
            return answer;
        }
        if eviction.dry_run {
            return Answer::Allowed(pass);
        }
        let pod = self.pod(id).expect("a pod is there while it is being evicted");
        let why = DisruptionTargetReason::EvictionByEvictionApi;
        let condition = pod.to_be_disrupted(why, self.now);
        let reason = EvictionReason::EvictionByEvictionApi(pass);
        self.tell(Write::DisruptionTarget { pod: id, condition }, reason.clone());
        let grace_period_seconds = eviction.grace_period_seconds;
        self.tell(Write::DeletePod { pod: id, grace_period_seconds }, reason);
        Answer::Allowed(pass)
    }

    /// Writes to an object that was just read.
    fn tell(&mut self, write: Write, reason: EvictionReason) {
        let written: Result<Applied, Refused> = self.write(write, Reason::Eviction(reason));
        written.expect("an object that exists can be written");
    }
}

/// The budgets of a pod. Mirrors `getPodDisruptionBudgets`.
pub fn budgets_of<'a>(cluster: &'a Cluster, pod: &Pod) -> impl Iterator<Item = &'a PdbObject> {
    let set = cluster.label_set(pod.labels);
    cluster.pdbs().filter(move |pdb| {
        *pdb.metadata.namespace == *set.namespace && pdb.selector.matches(&set.labels)
    })
}

/// What the budgets say.
enum Verdict {
    /// The pod may go, and no budget pays.
    Free(Pass),
    /// The pod may go, and a budget has this status then.
    Charge(PdbId, PdbStatus),
}

fn verdict(cluster: &Cluster, pod: &Pod) -> Result<Verdict, Answer> {
    if let Some(pass) = can_ignore_pdb(pod) {
        return Ok(Verdict::Free(pass));
    }
    let mut budgets = budgets_of(cluster, pod);
    let Some(budget) = budgets.next() else { return Ok(Verdict::Free(Pass::NoBudget)) };
    if budgets.next().is_some() {
        return Err(Answer::SeveralBudgets);
    }
    if let Some(pass) = needs_no_disruption(pod, budget) {
        return Ok(Verdict::Free(pass));
    }
    let status = check_and_decrement(budget, pod, cluster.now)?;
    Ok(Verdict::Charge(budget.id, status))
}

fn unmet_precondition(eviction: &Eviction) -> Option<Answer> {
    let asked = eviction.uid.as_ref()?;
    let uid = eviction.pod.uid();
    (**asked != *uid).then(|| Answer::Conflict {
        name: Arc::clone(&eviction.name),
        asked: Arc::clone(asked),
        uid: Arc::from(uid),
    })
}

/// The budget that pays when a pod is evicted, if one has to.
pub fn budget_that_pays(cluster: &Cluster, pod: &Pod) -> Option<PdbId> {
    let mut budgets = budgets_of(cluster, pod);
    let budget = budgets.next()?;
    let is_free = can_ignore_pdb(pod).is_some() || needs_no_disruption(pod, budget).is_some();
    (!is_free && budgets.next().is_none()).then_some(budget.id)
}

/// Pods that serve nobody, or not much longer, go without asking. Mirrors `canIgnorePDB`.
fn can_ignore_pdb(pod: &Pod) -> Option<Pass> {
    match pod.phase {
        PodPhase::Succeeded | PodPhase::Failed | PodPhase::Pending => Some(Pass::Phase(pod.phase)),
        PodPhase::Running | PodPhase::Unknown => pod.deletion.map(|_| Pass::Terminating),
    }
}

/// Pods that are not ready may go where that makes nothing worse.
fn needs_no_disruption(pod: &Pod, budget: &PdbObject) -> Option<Pass> {
    if pod.is_ready() {
        return None;
    }
    if budget.spec.unhealthy_pod_eviction_policy.as_deref() == Some(ALWAYS_ALLOW) {
        return Some(Pass::AlwaysAllow(budget.id));
    }
    let status = &budget.status;
    let is_met = status.current_healthy >= status.desired_healthy && status.desired_healthy > 0;
    is_met.then_some(Pass::HealthyBudget(budget.id))
}

/// The budget's status once it has paid for a pod. Mirrors `checkAndDecrement`.
fn check_and_decrement(budget: &PdbObject, pod: &Pod, now: SimTime) -> Result<PdbStatus, Answer> {
    let status = &budget.status;
    let name = || Arc::from(budget.metadata.name.as_str());
    let forbidden = |why| Answer::Forbidden { budget: name(), why };
    if status.observed_generation < budget.generation {
        return Err(Answer::StillProcessed { budget: name() });
    }
    if status.disruptions_allowed < 0 {
        return Err(forbidden(Forbidden::NegativeDisruptionsAllowed));
    }
    if status.disrupted_pods.len() > MAX_DISRUPTED_POD_SIZE {
        return Err(forbidden(Forbidden::DisruptedPodsTooBig));
    }
    if status.disruptions_allowed == 0 {
        return Err(Answer::Exhausted { budget: name(), why: Shortage::of(status) });
    }
    let mut status = status.clone();
    status.disruptions_allowed -= 1;
    if status.disruptions_allowed == 0 {
        update_disruption_allowed_condition(&mut status, now);
    }
    status.disrupted_pods.insert(Arc::clone(&pod.name), now);
    Ok(status)
}
