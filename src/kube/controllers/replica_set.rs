//! Mirrors `pkg/controller/replicaset/replica_set.go` (v1.36): one sync of a ReplicaSet. Left out:
//! several workers, the consistency gate and expectations (a write is seen at once), namespaces
//! that terminate.
//!
//! Where requests take time, `manageReplicas` does: it makes or deletes a pod, and wakes itself for
//! the next one. As upstream's worker, it looks at nothing else of that ReplicaSet until it is
//! done.

mod claim;
pub mod reason;
mod status;
mod victims;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use smallvec::{SmallVec, smallvec};

use super::controller_utils::{DeletionRule, find_min_next_pod_availability_check};
use super::deployment::SAFE_CHARACTERS;
use super::flowcontrol::TokenBucket;
use super::workqueue::RateLimitingQueue;
use crate::kube::apiserver::watch::REPLICA_SET;
use crate::kube::apiserver::write::NewPod;
use crate::kube::apiserver::{Api, EventType, Refused, Write};
use crate::kube::objects::deployment::{ReplicaSetObject, ReplicaSetStatus};
use crate::kube::objects::ids::{ObjectId, PodId, ReplicaSetId};
use crate::kube::reason::Reason;
use crate::kube::timings::Timings;
use crate::units::{SimDuration, SimTime};
use claim::{Claimed, Selections};
use reason::ReplicaSetReason;

/// Most pods that one sync creates or deletes.
const BURST_REPLICAS: i32 = 500;
/// Longest start of a generated name.
const GENERATED_BASE_LENGTH_MAX: usize = 58;

/// The ReplicaSet controller.
#[derive(Clone, Debug)]
pub struct ReplicaSetController {
    seed: u64,
    queue: RateLimitingQueue,
    client: TokenBucket,
    selections: Selections,
    under_way: BTreeMap<ReplicaSetId, Sync>,
    /// ReplicaSets whose last sync created pods.
    created_pods: BTreeSet<ReplicaSetId>,
}

/// A sync that is under way.
#[derive(Clone, Debug)]
struct Sync {
    generation: i64,
    replicas: i32,
    /// Pods as listed at the start: upstream counts them only after it has managed the replicas.
    status: ReplicaSetStatus,
    /// When the next pod becomes available.
    next_available: Option<SimTime>,
    /// Pods to give up, and pods to take in.
    release: Vec<PodId>,
    adopt: Vec<PodId>,
    work: Work,
    /// The first failure.
    error: Option<Arc<str>>,
    /// From when on the next write may go.
    next_at: SimTime,
    /// Whether other work came in between.
    parted: bool,
}

/// What is left to do for `manageReplicas`.
#[derive(Clone, Debug)]
enum Work {
    Nothing,
    /// Batches of 1, 2, 4, ... pods; a batch with a failure is the last.
    Create {
        left: i32,
        batch: i32,
        left_in_batch: i32,
    },
    /// In reverse order.
    Delete(Vec<(PodId, DeletionRule)>),
}

impl ReplicaSetController {
    /// A controller that has seen nothing yet; the seed decides names of pods.
    pub fn new(seed: u64, timings: &Timings) -> ReplicaSetController {
        ReplicaSetController {
            seed,
            queue: RateLimitingQueue::new(REPLICA_SET),
            client: TokenBucket::new(timings.client_writes_per_second, timings.client_burst),
            selections: Selections::default(),
            under_way: BTreeMap::new(),
            created_pods: BTreeSet::new(),
        }
    }

    /// Brings the pods of a ReplicaSet nearer to its spec, and those of all other ReplicaSets for
    /// which the controller was woken at this instant; wakes itself when another look is due.
    ///
    /// Upstream reads from a cache that lags behind. So all of them are looked at before anything
    /// is written; but one that has just created pods waits until the cache shows them, and shows
    /// what was written before.
    pub fn reconcile(&mut self, api: &mut Api<'_>, replica_set: ReplicaSetId) {
        let mut keys: SmallVec<[ReplicaSetId; 4]> = smallvec![replica_set];
        while let Some(key) = api.take_due() {
            keys.push(ReplicaSetId(key));
        }
        let mut keys = &keys[..];
        while let Some((&first, rest)) = keys.split_first() {
            let sees = |id: &&ReplicaSetId| !self.created_pods.contains(*id);
            let together = 1 + rest.iter().take_while(sees).count();
            self.created_pods.remove(&first);
            let syncs: SmallVec<[Option<Sync>; 4]> =
                keys[..together].iter().map(|&id| self.start_sync(api, id)).collect();
            for (&id, sync) in keys[..together].iter().zip(syncs) {
                self.run_sync(api, id, sync);
            }
            keys = &keys[together..];
        }
    }

    /// Lists the pods and decides what to do; or goes on with what is under way.
    fn start_sync(&mut self, api: &Api<'_>, id: ReplicaSetId) -> Option<Sync> {
        let now = api.now();
        self.queue.start(id.0, now);
        if let Some(sync) = self.under_way.remove(&id) {
            return Some(Sync { parted: true, ..sync });
        }
        let object = api.cluster().replica_set(id)?;
        let cluster = api.cluster();
        let claimed = Claimed::new(cluster, object, self.selections.of(cluster, object));
        let next_available = find_min_next_pod_availability_check(
            claimed.ready.iter().map(|&ready| Some(ready)),
            object.min_ready_seconds,
            now,
        );
        let surplus = claimed.active.len() as i64 - i64::from(object.replicas);
        let work = match surplus {
            0 => Work::Nothing,
            ..0 => {
                let left = surplus.unsigned_abs().min(BURST_REPLICAS as u64) as i32;
                Work::Create { left, batch: 1, left_in_batch: 1 }
            }
            1.. => {
                let count = surplus.min(i64::from(BURST_REPLICAS)) as usize;
                let selections = &mut self.selections;
                let mut pods =
                    victims::pods_to_delete(cluster, object, selections, &claimed.active, count);
                pods.reverse();
                Work::Delete(pods)
            }
        };
        Some(Sync {
            generation: object.generation,
            replicas: object.replicas,
            status: status::count(object, &claimed, now),
            next_available,
            release: claimed.release,
            adopt: claimed.adopt,
            work,
            error: None,
            next_at: now,
            parted: false,
        })
    }

    fn run_sync(&mut self, api: &mut Api<'_>, id: ReplicaSetId, sync: Option<Sync>) {
        match sync {
            Some(mut sync) => {
                self.claim_pods(api, id, &mut sync);
                self.manage_replicas(api, id, sync);
            }
            None => self.queue.forget(id.0),
        }
        self.queue.done(api, id.0);
    }

    fn claim_pods(&mut self, api: &mut Api<'_>, id: ReplicaSetId, sync: &mut Sync) {
        let release = sync.release.drain(..).map(|pod| (pod, None, ReplicaSetReason::ReleasePod));
        let adopt = sync.adopt.drain(..).map(|pod| (pod, Some(id), ReplicaSetReason::AdoptPod));
        for (pod, owner, reason) in release.chain(adopt) {
            // A pod that is gone meanwhile needs no owner.
            let _ = self.write(api, Write::SetPodOwner { pod, owner }, reason);
        }
    }

    /// Creates or deletes pods, as far as the present instant goes.
    fn manage_replicas(&mut self, api: &mut Api<'_>, id: ReplicaSetId, mut sync: Sync) {
        let now = api.now();
        while !sync.work.is_done() {
            let Some(object) = api.cluster().replica_set(id) else {
                self.queue.forget(id.0);
                return;
            };
            if sync.next_at > now {
                api.wake(REPLICA_SET, id.0, sync.next_at);
                self.under_way.insert(id, sync);
                return;
            }
            let new = matches!(sync.work, Work::Create { .. }).then(|| self.new_pod(api, object));
            self.client.reserve(now);
            match sync.work {
                Work::Nothing => {}
                Work::Create { .. } => {
                    let new = new.expect("a pod to create was made up");
                    self.created_pods.insert(id);
                    create_pod(api, id, &mut sync, new);
                }
                Work::Delete(_) => delete_pod(api, id, &mut sync),
            }
            let soonest = now + api.cluster().timings.pod_write;
            sync.next_at = soonest.max(self.client.available_at(now));
        }
        self.finish_sync(api, id, sync);
    }

    /// Writes the status and decides when to look again.
    fn finish_sync(&mut self, api: &mut Api<'_>, id: ReplicaSetId, sync: Sync) {
        let now = api.now();
        let Some(object) = api.cluster().replica_set(id) else { return };
        let min_ready_seconds = object.min_ready_seconds;
        let Sync { mut status, error, .. } = sync;
        status::set_failure(&mut status, sync.replicas, error.as_ref(), now);
        let (ready, available) = (status.ready_replicas, status.available_replicas);
        let outdated = sync.generation != object.status.observed_generation;
        if status != object.status || outdated {
            status.observed_generation = sync.generation;
            let write = Write::ReplicaSetStatus { replica_set: id, status: Box::new(status) };
            // A ReplicaSet that is gone meanwhile needs no status.
            let _ = self.write(api, write, ReplicaSetReason::UpdateStatus);
        }
        if sync.parted {
            // What was woken meanwhile was not worked off.
            api.wake(REPLICA_SET, id.0, now + api.cluster().timings.replica_set_status);
        }
        if error.is_some() {
            self.queue.add_rate_limited(id.0, now);
            return;
        }
        self.queue.forget(id.0);
        if min_ready_seconds > 0 && ready != available {
            let wait = SimDuration::from_secs(i64::from(min_ready_seconds));
            let at = sync.next_available.unwrap_or(now + wait).max(now);
            self.queue.add_after(id.0, now, at - now);
        }
    }

    fn write(
        &mut self,
        api: &mut Api<'_>,
        write: Write,
        reason: ReplicaSetReason,
    ) -> Result<(), Refused> {
        self.client.reserve(api.now());
        api.write(write, Reason::ReplicaSet(reason)).map(|_| ())
    }

    fn new_pod(&self, api: &Api<'_>, object: &ReplicaSetObject) -> NewPod {
        let number = api.cluster().pods().next_id().0;
        NewPod {
            name: Arc::from(generate_name(&object.name, number, self.seed)),
            namespace: Arc::clone(&object.namespace),
            owner: Some(object.id),
            template: Arc::clone(&api.cluster().template(object.template).spec),
        }
    }
}

impl Work {
    fn is_done(&self) -> bool {
        match self {
            Work::Nothing => true,
            Work::Create { left, .. } => *left == 0,
            Work::Delete(pods) => pods.is_empty(),
        }
    }
}

fn create_pod(api: &mut Api<'_>, id: ReplicaSetId, sync: &mut Sync, new: NewPod) {
    let Work::Create { left, batch, left_in_batch } = &mut sync.work else { return };
    let (active, replicas) = (sync.status.replicas, sync.replicas);
    let reason =
        ReplicaSetReason::SuccessfulCreate { pod: Arc::clone(&new.name), active, replicas };
    let write = Write::CreatePod(Box::new(new));
    match api.write(write, Reason::ReplicaSet(reason.clone())) {
        Ok(_) => event(api, id, EventType::Normal, reason),
        Err(refused) => {
            let error: Arc<str> = Arc::from(refused.to_string());
            sync.error.get_or_insert_with(|| Arc::clone(&error));
            event(api, id, EventType::Warning, ReplicaSetReason::FailedCreate { error });
        }
    }
    *left -= 1;
    *left_in_batch -= 1;
    if *left_in_batch == 0 {
        if sync.error.is_some() {
            *left = 0;
        }
        *batch = (2 * *batch).min(*left);
        *left_in_batch = *batch;
    }
}

fn delete_pod(api: &mut Api<'_>, id: ReplicaSetId, sync: &mut Sync) {
    let Work::Delete(pods) = &mut sync.work else { return };
    let Some((pod, rule)) = pods.pop() else { return };
    let Some(name) = api.cluster().pod(pod).map(|pod| Arc::clone(&pod.name)) else { return };
    let (active, replicas) = (sync.status.replicas, sync.replicas);
    let reason = ReplicaSetReason::SuccessfulDelete { pod: name, active, replicas, rule };
    let write = Write::DeletePod { pod, grace_period_seconds: None };
    match api.write(write, Reason::ReplicaSet(reason.clone())) {
        Ok(_) => event(api, id, EventType::Normal, reason),
        Err(Refused::NotFound(_)) => {}
        Err(refused) => {
            let error: Arc<str> = Arc::from(refused.to_string());
            let event_error = Arc::clone(&error);
            sync.error.get_or_insert_with(|| format!("unable to delete pods: {error}").into());
            let reason = ReplicaSetReason::FailedDelete { error: event_error };
            event(api, id, EventType::Warning, reason);
        }
    }
}

/// An event about the ReplicaSet.
fn event(api: &mut Api<'_>, id: ReplicaSetId, type_: EventType, reason: ReplicaSetReason) {
    let object = ObjectId::ReplicaSet(id);
    let written = api.write(Write::Event { object, type_ }, Reason::ReplicaSet(reason));
    written.expect("an event is never refused");
}

/// Name of a pod: the ReplicaSet's and five characters that no other pod of the cluster has
/// (`GenerateName`; upstream draws them at random). Different for each of 27^5 pods in a row.
fn generate_name(replica_set: &str, number: u32, seed: u64) -> String {
    const NAMES: u64 = 27 * 27 * 27 * 27 * 27;
    // Each step maps the numbers below 27^5 onto themselves: neither factor divides by 3.
    let scatter = |number: u64, factor: u64, shift: u64| (number * factor + shift) % NAMES;
    let mut code = scatter(u64::from(number) % NAMES, 8_867_441, seed % NAMES);
    let mut mirrored = 0;
    for _ in 0..5 {
        mirrored = mirrored * 27 + code % 27;
        code /= 27;
    }
    let mut code = scatter(mirrored, 5_484_371, (seed >> 32) % NAMES);
    let base = replica_set.len() + 1;
    let end = base.min(GENERATED_BASE_LENGTH_MAX);
    let mut name: String = replica_set.chars().chain(['-']).take(end).collect();
    for _ in 0..5 {
        name.push(char::from(SAFE_CHARACTERS[(code % 27) as usize]));
        code /= 27;
    }
    name
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn pods_have_names_of_their_own() {
        let names: BTreeSet<String> =
            (0..50_000).map(|number| generate_name("web-7d5c", number, 7)).collect();
        assert_eq!(names.len(), 50_000);
        assert!(names.iter().all(|name| name.len() == 14 && name.starts_with("web-7d5c-")));
        assert_ne!(generate_name("web-7d5c", 1, 7), generate_name("web-7d5c", 1, 8));
        assert_eq!(generate_name(&"a".repeat(70), 1, 7).len(), 63);
    }
}
