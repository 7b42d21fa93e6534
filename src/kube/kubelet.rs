//! Mirrors pkg/kubelet (v1.36), as far as it decides about pods: images, container starts,
//! restarts with back-off, probes, conditions and phases, termination.
//!
//! - `lifecycle` is the worker of a pod: one sync after the other, and what asks for the next
//!   (`pod_workers.go`);
//! - `sync`, `actions` and `start` are one sync (`kubelet.go`, `kuberuntime_manager.go`,
//!   `kuberuntime_container.go`);
//! - `probe` runs probes (`prober/worker.go`);
//! - `status` makes the status that is reported (`kubelet_pods.go`, `status/`);
//! - `terminate` ends a pod;
//! - `machine` stops and starts it with its node;
//! - `images` and `backoff` pull images and hold back what keeps failing;
//! - `task` is Swarm's agent in the kubelet's place, for tasks of its services;
//! - [`application`] is what runs in the containers;
//! - [`scripted`] plays a script in the kubelet's place, for recordings;
//! - [`staged`] is KWOK in the kubelet's place, for recordings too.
//!
//! Probes that succeed and change nothing are not run: the application says how long it will answer
//! so, and the next probe that matters is worked out from the probe's period.
//!
//! Left out: sandboxes, volumes and networks (they take no time), container resize, ephemeral
//! containers, readiness gates (taken as true), static pods, node pressure eviction, restart rules
//! of single containers.

mod actions;
pub mod application;
mod backoff;
pub mod images;
mod lifecycle;
mod machine;
pub mod node_status;
mod plan;
mod probe;
pub mod reason;
mod running;
pub mod scripted;
pub mod staged;
mod start;
mod status;
mod sync;
mod task;
mod terminate;
mod worker;

use std::sync::Arc;

use self::application::{Application, ContainerExit};
use self::images::{Images, SlowPull};
use self::lifecycle::Turn;
use self::plan::Plans;
use self::running::RunningContainers;
use self::scripted::{Script, ScriptedKubelet};
use self::staged::{Reaction, StagedKubelet};
use self::task::{Node, Tasks};
use self::worker::PodWorker;
use crate::engine::random::RandomStream;
use crate::kube::apiserver::Api;
use crate::kube::objects::ids::{NodeId, PodId};
use crate::kube::objects::node::Machine;
use crate::units::SimDuration;

pub use self::running::RunningContainer;
pub use self::status::{ContainerState, ContainerStatus, WaitingReason};

/// What a kubelet is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KubeletConfig {
    /// Time to pull an image that the node does not have.
    pub image_pull: SimDuration,
    /// The waits that are chance in a real kubelet.
    pub waits: Waits,
}

/// The waits that are chance in a real kubelet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waits {
    /// The same for every pod.
    Fixed(PodWaits),
    /// Drawn for each pod from its own stream of this seed, over upstream's ranges.
    Drawn {
        /// Seed of the scenario.
        seed: u64,
    },
}

/// Waits of one pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PodWaits {
    /// After a sync that changed nothing, the next one waits at least this long: until the next
    /// listing of containers, 0 to 1 s away.
    pub relist: SimDuration,
    /// From the end of a container until a sync is asked for: likewise 0 to 1 s.
    pub exit_seen_after: SimDuration,
    /// From a sync to the next when nothing else asks for one: 60 s and up to half as much again.
    pub resync: SimDuration,
    /// Whether a readiness probe that a sync triggers sees the status which that sync stores, or
    /// the one before it; a race in a real kubelet.
    pub status_first: bool,
}

impl PodWaits {
    /// No waits but the resync, 60 s: for tests and virtual time.
    pub const NONE: PodWaits = PodWaits {
        relist: SimDuration::ZERO,
        exit_seen_after: SimDuration::ZERO,
        resync: SimDuration::from_secs(60),
        status_first: true,
    };
}

impl Waits {
    fn of(self, pod: PodId) -> PodWaits {
        match self {
            Waits::Fixed(waits) => waits,
            Waits::Drawn { seed } => {
                let mut stream = RandomStream::numbered(seed, "kubelet/waits", u64::from(pod.0));
                PodWaits {
                    relist: SimDuration(stream.below(1000) as i64),
                    exit_seen_after: SimDuration(stream.below(1000) as i64),
                    resync: SimDuration(60_000 + stream.below(30_001) as i64),
                    status_first: stream.below(2) == 0,
                }
            }
        }
    }
}

/// The kubelets of all nodes.
#[derive(Debug)]
pub struct Kubelet {
    kind: Kind,
    running: RunningContainers,
}

#[derive(Debug)]
enum Kind {
    Modelled(Box<Modelled>),
    Scripted(ScriptedKubelet),
    Staged(StagedKubelet),
}

/// What the modelled kubelets remember.
#[derive(Debug)]
struct Modelled {
    config: KubeletConfig,
    plans: Plans,
    images: Images,
    /// Workers; those of pods that are gone are used again.
    workers: Vec<PodWorker>,
    free: Vec<u32>,
    /// Place in `workers` by number of the pod.
    slot_of: Vec<u32>,
    /// Pods that are tasks of Swarm.
    tasks: Tasks,
    /// By number of the node, as far as its kubelet has noticed; running if absent.
    machines: Vec<Machine>,
}

const NO_SLOT: u32 = u32::MAX;

impl Kubelet {
    /// Kubelets as upstream's, that have run for long and have no images.
    pub fn new(config: KubeletConfig) -> Kubelet {
        let images = Images::new(config.image_pull);
        Kubelet {
            kind: Kind::Modelled(Box::new(Modelled {
                config,
                plans: Plans::default(),
                images,
                workers: Vec::new(),
                free: Vec::new(),
                slot_of: Vec::new(),
                tasks: Tasks::default(),
                machines: Vec::new(),
            })),
            running: RunningContainers::default(),
        }
    }

    /// A script in the kubelet's and the scheduler's place.
    pub fn scripted(script: Arc<Script>) -> Kubelet {
        let kind = Kind::Scripted(ScriptedKubelet::new(script));
        Kubelet { kind, running: RunningContainers::default() }
    }

    /// KWOK in the kubelet's place; the scheduler stays.
    pub fn staged(reaction: Reaction) -> Kubelet {
        let kind = Kind::Staged(StagedKubelet::new(reaction));
        Kubelet { kind, running: RunningContainers::default() }
    }

    /// The containers that run on a node, in order of their starts.
    pub fn running_on(&self, node: NodeId) -> &[RunningContainer] {
        self.running.on(node)
    }

    /// All containers that run, by node.
    pub fn running(&self) -> impl Iterator<Item = &RunningContainer> {
        self.running.iter()
    }

    /// A number that grows whenever a container starts or ends.
    pub fn changes(&self) -> u64 {
        self.running.changes()
    }

    /// The same of one node.
    pub fn changes_on(&self, node: NodeId) -> u64 {
        self.running.changes_on(node)
    }

    /// Works for a pod at this instant: it was bound, marked or removed, the application changed,
    /// or the time has come that was asked for.
    pub fn reconcile(&mut self, api: &mut Api, pod: PodId, application: &mut dyn Application) {
        let running = &mut self.running;
        match &mut self.kind {
            Kind::Modelled(modelled) => modelled.reconcile(api, pod, application, running),
            Kind::Scripted(scripted) => scripted.reconcile(api, pod, application, running),
            Kind::Staged(staged) => staged.reconcile(api, pod, application, running),
        }
    }

    /// A container went over its memory limit, now, and the kernel killed it.
    /// A scripted kubelet knows no memory and ignores it.
    pub fn oom_killed(
        &mut self,
        api: &mut Api,
        pod: PodId,
        container: u16,
        application: &mut dyn Application,
    ) {
        if let Kind::Modelled(modelled) = &mut self.kind {
            if modelled.tasks.has(pod) {
                let mut node = Node { application, running: &mut self.running };
                return modelled.tasks.oom_killed(api, pod, &mut node);
            }
            modelled.with_worker(api, pod, application, &mut self.running, |turn| {
                turn.exit(container, ContainerExit::OomKilled);
            });
        }
    }

    /// Pulls that begin from now on are slower.
    pub fn slow_pulls(&mut self, slow: SlowPull) {
        if let Kind::Modelled(modelled) = &mut self.kind {
            modelled.images.slow_down(slow);
        }
    }

    /// Pulls that begin from now on are not slower for this any more.
    pub fn usual_pulls(&mut self, slow: &SlowPull) {
        if let Kind::Modelled(modelled) = &mut self.kind {
            modelled.images.speed_up(slow);
        }
    }

    /// Makes an image present on a node.
    pub fn cache_image(&mut self, node: NodeId, image: &str) {
        if let Kind::Modelled(modelled) = &mut self.kind {
            let image = modelled.plans.intern_image(image);
            modelled.images.cache(node, image);
        }
    }
}

impl Modelled {
    fn reconcile(
        &mut self,
        api: &mut Api,
        pod: PodId,
        application: &mut dyn Application,
        running: &mut RunningContainers,
    ) {
        if self.slot(pod).is_none() && !self.tasks.has(pod) && !self.begin(api, pod) {
            return;
        }
        if let Some(node) = self.tasks.node_of(pod) {
            if self.works(node) || api.cluster().node(node).is_none() {
                self.tasks.reconcile(api, pod, &mut Node { application, running });
            }
            return;
        }
        self.with_worker(api, pod, application, running, |_| {});
    }

    /// Does something with a pod's worker, then all that is due now, and asks for the next wake.
    fn with_worker(
        &mut self,
        api: &mut Api,
        pod: PodId,
        application: &mut dyn Application,
        running: &mut RunningContainers,
        first: impl FnOnce(&mut Turn),
    ) {
        let Some(slot) = self.slot(pod) else { return };
        let node = self.workers[slot as usize].node;
        // What is left on a machine that has left ends with its pod.
        let works = self.works(node) || api.cluster().node(node).is_none();
        let worker = &mut self.workers[slot as usize];
        let mut turn = Turn::new(api, application, &mut self.images, running, worker);
        first(&mut turn);
        if works {
            turn.run();
        }
        let gone = turn.is_gone();
        if gone {
            application.pod_removed(pod, api.now());
            self.slot_of[pod.index()] = NO_SLOT;
            self.free.push(slot);
        }
    }

    /// Gives a worker to a pod that has a node; whether there is one.
    fn begin(&mut self, api: &Api, pod: PodId) -> bool {
        let Some(object) = api.cluster().pod(pod) else { return false };
        let (Some(node), false) = (object.node, object.is_terminal()) else { return false };
        if !self.works(node) {
            return false;
        }
        let plan = self.plans.of(api.cluster(), object.template);
        if let Some(task) = &plan.task {
            self.tasks.begin(api, (pod, node), (&plan, Arc::clone(task)), &mut self.images);
            return true;
        }
        let waits = self.config.waits.of(pod);
        let slot = self.free.pop().unwrap_or_else(|| {
            self.workers.push(PodWorker::default());
            self.workers.len() as u32 - 1
        });
        self.workers[slot as usize].begin(pod, node, plan, waits, api.now());
        if self.slot_of.len() <= pod.index() {
            self.slot_of.resize(pod.index() + 1, NO_SLOT);
        }
        self.slot_of[pod.index()] = slot;
        true
    }

    fn slot(&self, pod: PodId) -> Option<u32> {
        self.slot_of.get(pod.index()).copied().filter(|&slot| slot != NO_SLOT)
    }
}
