//! Docker Swarm's orchestrator: slots, tasks, updates, restarts. Mirrors `manager/orchestrator` of
//! SwarmKit: `replicated`, `global`, `update`, `restart` and `taskinit`.
//!
//! A service is a Deployment whose strategy is Swarm's; for it the orchestrator works in the place
//! of the Deployment and ReplicaSet controllers. A task is a pod, a version of a service has a
//! ReplicaSet, which owns its tasks. So scheduler, endpoints, metrics and load are those of any
//! other pod; `kubelet/task.rs` is the agent on the nodes.
//!
//! - `observe`: what the store says of the service and its tasks;
//! - `restart`: tasks that follow others, and when they may start;
//! - `replicated`, `global`: as many tasks as the service asks for;
//! - `updater`: one slot after the other gets a task of the new version;
//! - `write`: what the orchestrator does to the store.
//!
//! Level-triggered: woken by any change, it looks at everything. It has no memory of instants but
//! those that it waits for.
//!
//! Left out: jobs, volumes, networks, the history of tasks (the last one of a slot is kept), what
//! raft, dispatcher and allocator take in time, roles of nodes, more than one manager. A
//! start-first update whose new task failed keeps the old one until a later one in the slot runs,
//! as documented; upstream may take it away when something else makes it look at the service.

mod global;
mod observe;
pub mod reason;
mod replicated;
mod restart;
mod task;
mod updater;
mod write;

use std::collections::BTreeMap;
use std::sync::Arc;

use self::reason::UpdateStatus;
use self::restart::History;
use self::task::Task;
use self::updater::Updater;
use crate::api::apps::DeploymentSpec;
use crate::api::swarm::{ServiceMode, ServiceStrategy};
use crate::kube::apiserver::{Api, watch};
use crate::kube::objects::ids::DeploymentId;
use crate::units::{SimDuration, SimTime};

/// How soon is tried again what the API server refused, or had no room for.
const RETRY: SimDuration = SimDuration::from_secs(5);

/// Keeps all services.
#[derive(Debug)]
pub struct Orchestrator {
    seed: u64,
    services: BTreeMap<DeploymentId, Service>,
}

/// What is remembered of a service.
#[derive(Debug, Default)]
struct Service {
    /// Its spec, as it was seen last.
    spec: Arc<DeploymentSpec>,
    /// Grows with each change of the spec.
    spec_version: u64,
    /// Its spec before the last change; gone after a roll-back.
    previous: Option<Arc<DeploymentSpec>>,
    status: Option<UpdateStatus>,
    /// Tasks in order of creation: those that live, and of each slot the last that has ended.
    tasks: Vec<Task>,
    history: History,
    updater: Option<Updater>,
    /// Whether somebody has to look for slots of another version.
    look_for_dirty: bool,
    /// Whether there may be more or fewer tasks than the service asks for.
    recount: bool,
    /// When something that could not be done is tried again.
    retry_at: Option<SimTime>,
    /// When something is due, whatever changes before.
    next_at: SimTime,
}

/// All that is done for a service at one instant.
struct Turn<'a, 'b> {
    api: &'a mut Api<'b>,
    service: &'a mut Service,
    id: DeploymentId,
    seed: u64,
    now: SimTime,
}

impl Orchestrator {
    /// An orchestrator that has seen nothing yet; the seed decides ids of tasks.
    pub fn new(seed: u64) -> Orchestrator {
        Orchestrator { seed, services: BTreeMap::new() }
    }

    /// Brings a service nearer to its spec; wakes itself when another look is due.
    pub fn reconcile(&mut self, api: &mut Api, id: DeploymentId) {
        let mut service = self.services.remove(&id).unwrap_or_default();
        let now = api.now();
        let mut turn = Turn { api, service: &mut service, id, seed: self.seed, now };
        if turn.run() {
            self.services.insert(id, service);
        }
    }
}

impl Turn<'_, '_> {
    /// Does all that is due; whether the service still exists.
    fn run(&mut self) -> bool {
        let Some(changed) = self.see_service() else {
            self.remove_all();
            return false;
        };
        // Nodes may have changed, which matters where each has a task.
        let global = self.strategy().mode == ServiceMode::Global;
        if self.see_tasks() || changed || global || self.service.next_at <= self.now {
            self.work();
        }
        if self.service.next_at < SimTime::MAX {
            self.api.wake(watch::SWARM, self.id.0, self.service.next_at);
        }
        true
    }

    /// Does all that follows from what was seen.
    fn work(&mut self) {
        if self.service.retry_at.take().is_some() {
            self.service.recount = true;
        }
        self.restart_ended();
        loop {
            match self.strategy().mode {
                ServiceMode::Global => self.reconcile_global(),
                ServiceMode::Replicated if std::mem::take(&mut self.service.recount) => {
                    self.reconcile_replicated();
                }
                ServiceMode::Replicated => {}
            }
            let mut worked = self.start_due();
            worked |= self.update();
            if !worked {
                break;
            }
        }
        self.forget_ended();
        self.report_counts();
        self.service.next_at = self.next_at();
    }

    fn strategy(&self) -> Arc<ServiceStrategy> {
        let strategy = self.service.spec.strategy.swarm.as_ref();
        Arc::clone(strategy.expect("a service of Swarm has its strategy"))
    }

    /// The next instant at which something is due without any change.
    fn next_at(&self) -> SimTime {
        let service = &self.service;
        let starts = service.tasks.iter().filter_map(|task| self.start_at(task));
        let updater = service.updater.as_ref().and_then(|updater| updater.next_at(self.now));
        starts.chain(updater).chain(service.retry_at).min().unwrap_or(SimTime::MAX)
    }
}
