//! `kubectl drain`, of one node that is cordoned already. Mirrors pkg/drain/drain.go of kubectl
//! (v0.36). Left out: dry runs, servers without evictions, namespaces that terminate.
//!
//! kubectl goes for all pods at once; each is evicted, or tried again every 5 s while a budget does
//! not let it go, and then looked at each second until it is gone. Nothing sleeps here:
//! [`Drain::reconcile`] does what is due and tells when it wants to be called again.
//!
//! [`command`] is what `kubectl drain` prints around it, with the cordon.

pub mod command;
pub mod filters;
pub mod reason;

use std::sync::Arc;

use crate::api::labels::Selector;
use crate::kube::apiserver::eviction::answer::Answer;
use crate::kube::apiserver::eviction::{Eviction, budget_that_pays};
use crate::kube::apiserver::{Api, Write};
use crate::kube::objects::ids::{ObjectId, PdbId, PodId};
use crate::kube::objects::pod::Pod;
use crate::kube::reason::Reason;
use crate::units::{SimDuration, SimTime};
use reason::{DrainError, KubectlReason, PodName};

/// From an eviction that a budget did not let through to the next try (`EvictErrorRetryDelay`).
pub const EVICT_ERROR_RETRY_DELAY: SimDuration = SimDuration::from_secs(5);
/// From one look at a pod that is being deleted to the next.
const POLL_INTERVAL: SimDuration = SimDuration::from_secs(1);

/// The options of `kubectl drain`.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "kubectl's options are what they are")]
pub struct Flags {
    /// `--force`: pods without a controller go too.
    pub force: bool,
    /// `--ignore-daemonsets`: pods of DaemonSets stay and do not matter.
    pub ignore_daemon_sets: bool,
    /// `--delete-emptydir-data`: pods with local data go too.
    pub delete_empty_dir_data: bool,
    /// `--disable-eviction`: pods are deleted, and no budget is asked.
    pub disable_eviction: bool,
    /// `--grace-period` \[s\]; the pods' own when absent.
    pub grace_period_seconds: Option<i64>,
    /// `--timeout`: when to give up; never when absent.
    pub timeout: Option<SimDuration>,
    /// `--skip-wait-for-delete-timeout` \[s\]: pods that should have been gone for longer are not
    /// waited for; 0 waits for all.
    pub skip_wait_for_delete_timeout_seconds: i64,
    /// `--pod-selector`: which pods.
    pub pod_selector: Selector,
}

impl Default for Flags {
    /// What holds when `kubectl drain NODE` says no more.
    fn default() -> Flags {
        Flags {
            force: false,
            ignore_daemon_sets: false,
            delete_empty_dir_data: false,
            disable_eviction: false,
            grace_period_seconds: None,
            timeout: None,
            skip_wait_for_delete_timeout_seconds: 0,
            pod_selector: Selector::everything(),
        }
    }
}

/// The eviction or deletion of some pods (`DeleteOrEvictPods`).
#[derive(Clone, Debug)]
pub struct Drain {
    flags: Flags,
    /// When to give up.
    deadline: SimTime,
    tasks: Vec<Task>,
    errors: Vec<DrainError>,
}

/// What is done about one pod.
#[derive(Clone, Debug)]
struct Task {
    pod: PodId,
    name: PodName,
    step: Step,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// It is to be evicted.
    Evict(SimTime),
    /// The server saw two evictions change a budget at once, and looks again.
    LookAgain(SimTime),
    /// It is being deleted and looked at.
    Wait(SimTime),
    Done,
}

impl Step {
    fn at(self) -> SimTime {
        match self {
            Step::Evict(at) | Step::LookAgain(at) | Step::Wait(at) => at,
            Step::Done => SimTime::MAX,
        }
    }
}

impl Drain {
    /// Begins with these pods, now.
    pub fn new(api: &mut Api<'_>, flags: Flags, pods: &[PodId]) -> Drain {
        let now = api.now();
        let deadline = flags.timeout.map_or(SimTime::MAX, |timeout| now.saturating_add(timeout));
        let first = if flags.disable_eviction { Step::Wait(now) } else { Step::Evict(now) };
        let objects = pods.iter().filter_map(|&pod| api.cluster().pod(pod));
        let tasks = objects.map(|pod| Task { pod: pod.id, name: PodName::of(pod), step: first });
        let drain = Drain { deadline, tasks: tasks.collect(), errors: Vec::new(), flags };
        if drain.flags.disable_eviction {
            drain.delete_pods(api);
        }
        drain
    }

    /// Does what is due and tells when there is more to do; `None` when all is done.
    pub fn reconcile(&mut self, api: &mut Api<'_>) -> Option<SimTime> {
        if api.now() >= self.deadline {
            self.give_up();
        }
        let mut charged = Vec::new();
        for index in 0..self.tasks.len() {
            while self.tasks[index].step.at() <= api.now() {
                self.advance(api, index, &mut charged);
            }
        }
        let next = self.tasks.iter().map(|task| task.step.at()).min()?;
        (next < SimTime::MAX).then(|| next.min(self.next_deadline()))
    }

    /// What went wrong, once all is done; sorted by text.
    pub fn into_errors(self) -> Vec<DrainError> {
        let mut errors = self.errors;
        errors.sort_by_cached_key(ToString::to_string);
        errors
    }

    fn advance(&mut self, api: &mut Api<'_>, index: usize, charged: &mut Vec<PdbId>) {
        let task = &self.tasks[index];
        let next = match task.step {
            Step::Evict(_) => self.evict(api, index, charged),
            Step::LookAgain(_) => self.call(api, index),
            Step::Wait(_) => self.look(api, task),
            Step::Done => Step::Done,
        };
        self.tasks[index].step = next;
    }

    /// One try to evict a pod.
    fn evict(&mut self, api: &mut Api<'_>, index: usize, charged: &mut Vec<PdbId>) -> Step {
        let task = &self.tasks[index];
        let name = task.name.clone();
        note(api, task.pod, KubectlReason::EvictingPod { pod: name.clone() });
        if api.now() >= self.deadline {
            let timeout = self.flags.timeout.unwrap_or_default();
            self.errors.push(DrainError::GlobalTimeout { pod: name, timeout });
            return Step::Done;
        }
        let pays = api.cluster().pod(task.pod).and_then(|pod| budget_that_pays(api.cluster(), pod));
        let conflict = api.cluster().timings.eviction_conflict;
        if conflict > SimDuration::ZERO && pays.is_some_and(|pdb| charged.contains(&pdb)) {
            return Step::LookAgain(api.now() + conflict);
        }
        let next = self.call(api, index);
        // Only who was let through has changed the budget.
        charged.extend(pays.filter(|_| matches!(next, Step::Wait(_))));
        next
    }

    fn call(&mut self, api: &mut Api<'_>, index: usize) -> Step {
        let Task { pod, name, .. } = &self.tasks[index];
        let (pod, name) = (*pod, name.clone());
        let mut eviction = Eviction::new(pod, Arc::clone(&name.name));
        eviction.grace_period_seconds = self.flags.grace_period_seconds;
        let answer = api.evict(&eviction);
        let (now, timings) = (api.now(), api.cluster().timings);
        match answer {
            Answer::Allowed(_) => Step::Wait(now + timings.eviction_allowed),
            Answer::NotFound { .. } => Step::Done,
            answer if answer.is_too_many_requests() => {
                note(api, pod, KubectlReason::WillRetry { pod: name, answer });
                Step::Evict(now + timings.eviction_refused + EVICT_ERROR_RETRY_DELAY)
            }
            answer => {
                self.errors.push(DrainError::Refused { pod: name, answer });
                Step::Done
            }
        }
    }

    /// One look at a pod that is being deleted. Mirrors the condition of `waitForDelete`.
    fn look(&self, api: &mut Api<'_>, task: &Task) -> Step {
        let (now, pod) = (api.now(), task.name.clone());
        let seconds = self.flags.skip_wait_for_delete_timeout_seconds;
        let evicted = !self.flags.disable_eviction;
        match api.cluster().pod(task.pod) {
            None => note(api, task.pod, KubectlReason::Finished { pod, evicted }),
            Some(object) if should_skip_pod(object, seconds, now) => {
                note(api, task.pod, KubectlReason::Skipped { pod, seconds });
            }
            Some(_) => return Step::Wait(now + POLL_INTERVAL),
        }
        Step::Done
    }

    /// Mirrors the first half of `deletePods`.
    fn delete_pods(&self, api: &mut Api<'_>) {
        let grace_period_seconds = self.flags.grace_period_seconds;
        for task in &self.tasks {
            if api.cluster().pod(task.pod).is_some() {
                let write = Write::DeletePod { pod: task.pod, grace_period_seconds };
                let reason = KubectlReason::Deleting { pod: task.name.clone() };
                let written = api.write(write, Reason::Kubectl(reason));
                written.expect("a pod that exists can be deleted");
            }
        }
    }

    /// The time is up: what is waited for is over at once, and what is to be tried again is when
    /// its turn comes. Deletions are waited for together.
    fn give_up(&mut self) {
        let together = self.flags.disable_eviction;
        let waiting = self.tasks.iter_mut().filter(|task| matches!(task.step, Step::Wait(_)));
        let mut given_up = Vec::new();
        for task in waiting {
            given_up.push(DrainError::WaitTimeout { pod: task.name.clone() });
            task.step = Step::Done;
        }
        if together && !given_up.is_empty() {
            given_up = vec![DrainError::DeadlineExceeded];
        }
        self.errors.append(&mut given_up);
    }

    /// When those that are waited for are given up.
    fn next_deadline(&self) -> SimTime {
        let waits = self.tasks.iter().any(|task| matches!(task.step, Step::Wait(_)));
        if waits { self.deadline } else { SimTime::MAX }
    }
}

/// Whether a pod should have been gone for longer than that \[s\]. Mirrors `shouldSkipPod`.
fn should_skip_pod(pod: &Pod, seconds: i64, now: SimTime) -> bool {
    let Some(deletion) = pod.deletion.filter(|_| seconds > 0) else { return false };
    (now - deletion.deletion_timestamp).0 / 1000 > seconds
}

/// Prints a line about a pod.
fn note(api: &mut Api<'_>, pod: PodId, reason: KubectlReason) {
    let written = api.write(Write::Note(ObjectId::Pod(pod)), Reason::Kubectl(reason));
    written.expect("a note is never refused");
}
