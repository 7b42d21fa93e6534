//! `simulate`: the loop, on one screen.
//!
//! The next event is the earliest of few: a pending wake, the HPA whose timer is next, the next
//! scrape, or something that the load model meets on the way there (an out-of-memory kill). Within
//! an instant the lower rank goes first. Nothing here decides anything: components do, when it is
//! their turn.

mod adapter;
mod bridge;
mod detail;
mod instant;
mod meter;
mod outage;
mod stage;
mod user;

use std::collections::{BTreeMap, VecDeque};

use crate::engine::timer::PeriodicTimer;
use crate::kube::apiserver::eviction::Eviction;
use crate::kube::apiserver::{Api, Below, Cluster, EventType, Fact, Nobody, Write, watch};
use crate::kube::cluster_autoscaler::ClusterAutoscaler;
use crate::kube::control_plane::ControlPlane;
use crate::kube::controllers::podautoscaler::decision::Decision;
use crate::kube::controllers::podautoscaler::horizontal::{HorizontalController, Reconciled};
use crate::kube::kubectl::drain::command::DrainCommand;
use crate::kube::metrics_server::MetricsServer;
use crate::kube::metrics_server::client::MetricsApis;
use crate::kube::objects::ids::{HpaId, ObjectId, PodId};
use crate::kube::objects::node::NodeObject;
use crate::kube::reason::Reason;
use crate::recording::{Observer, Refusal};
use crate::scenario::{MetricsSource, Scenario};
use crate::units::SimTime;
use crate::workload::{ModelEvent, Segment};

use adapter::Adapter;
use bridge::Bridge;
use instant::InstantMetrics;
use meter::Meter;
use outage::{Interrupted, Outages};

pub use detail::{Answer, SyncDetail, sync_detail};

/// What comes next. Closed: whatever can happen to a cluster is one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// A component has a pending wake; the user's actions are wakes too.
    Wake,
    /// The timer of an HPA.
    HpaSync,
    /// cAdvisor reads a node, or metrics-server scrapes all of them.
    Scrape,
    /// The adapter measures a custom metric.
    Measure,
}

/// Rank of each timer among the components of [`watch`].
const HPA_RANK: u8 = 0;
/// A sync that falls on an instant at which something happens sees what came of it.
const HPA_TIMER_RANK: u8 = 6;
const KUBELET_RANK: u8 = watch::KUBELET.rank;
const METRICS_RANK: u8 = 6;

/// Plays a scenario from its start to its end and tells an observer.
///
/// Cannot fail: whatever could go wrong was refused when the scenario was checked.
pub fn simulate<O: Observer>(scenario: &Scenario, observer: &mut O) {
    let mut simulation = Simulation::new(scenario);
    let end = SimTime::ZERO + scenario.duration;
    observer.expect(simulation.syncs_until(end));
    simulation.set_the_stage(observer);
    while simulation.step(end) {
        simulation.tell(observer);
    }
    simulation.finish(end, observer);
}

/// Everything that moves.
struct Simulation<'a> {
    scenario: &'a Scenario,
    cluster: Cluster,
    control_plane: ControlPlane<Bridge>,
    hpa: HorizontalController,
    hpa_timer: PeriodicTimer,
    metrics_server: MetricsServer,
    adapter: Adapter,
    meter: Meter,
    /// Commands that take time, by number of the action.
    drains: BTreeMap<u32, DrainCommand>,
    /// Evictions that are still to be asked for one by one, by number of the action.
    evictions: BTreeMap<u32, VecDeque<Eviction>>,
    /// Adds and removes nodes, if there is one.
    cluster_autoscaler: Option<ClusterAutoscaler>,
    /// The event that is being carried out, by its place in the scenario.
    acting: u32,
    /// What the observer has not been told of yet.
    decisions: Vec<Decision>,
    facts: Vec<Fact>,
    segments: Vec<Segment>,
    refusals: Vec<Refusal>,
    /// Metrics that nobody can read now.
    outages: Outages,
    /// Who listens to one sync; nobody, unless it is to be explained.
    ear: Option<Box<detail::Ear>>,
}

impl Simulation<'_> {
    /// About how many syncs of HPAs there will be.
    fn syncs_until(&self, end: SimTime) -> u32 {
        let each = end.0 / self.scenario.cluster.controller_manager.sync_period.0.max(1) + 1;
        u32::try_from(each * self.scenario.hpas.len() as i64).unwrap_or(u32::MAX)
    }

    /// Plays the next event, unless it lies after the end. Time moves only here.
    fn step(&mut self, end: SimTime) -> bool {
        let (at, event) = self.next_event();
        if let Some((at, event)) = self.application().advance(at.min(end)) {
            self.move_to(at);
            self.work_off(event);
        } else if at > end {
            return false;
        } else {
            self.move_to(at);
            self.play(event, end);
        }
        self.control_plane.below.application.observe(&self.cluster);
        true
    }

    fn move_to(&mut self, at: SimTime) {
        self.meter.advance(&self.cluster, at);
        self.cluster.now = at;
    }

    /// The earliest event; of several at one instant the one of the lowest rank.
    fn next_event(&self) -> (SimTime, Event) {
        let (wake_at, wake_rank) = self.cluster.wakes.next_due();
        let candidates = [
            (wake_at, wake_rank, Event::Wake),
            (self.hpa_timer.next_at(), HPA_TIMER_RANK, Event::HpaSync),
            (self.metrics_server.next_at(), METRICS_RANK, Event::Scrape),
            (self.adapter.next_at(), METRICS_RANK, Event::Measure),
        ];
        let mut first = (SimTime::MAX, u8::MAX, Event::Wake);
        for candidate in candidates {
            if (candidate.0, candidate.1) < (first.0, first.1) {
                first = candidate;
            }
        }
        (first.0, first.2)
    }

    fn play(&mut self, event: Event, end: SimTime) {
        match event {
            Event::Wake => self.run_wake(),
            Event::HpaSync => self.sync_hpa(),
            Event::Scrape => self.scrape(end),
            Event::Measure => self.measure(),
        }
    }

    fn run_wake(&mut self) {
        let now = self.cluster.now;
        let Some(wake) = self.cluster.wakes.pop_due(now, watch::ANY_RANK) else { return };
        if wake.component == watch::KUBECTL {
            self.go_on(wake.key);
        } else if wake.component == watch::USER {
            self.act(wake.key);
        } else if wake.component == watch::CLUSTER_AUTOSCALER {
            self.autoscale(wake.key);
        } else {
            self.control_plane.run(&mut self.cluster, wake);
        }
    }

    fn autoscale(&mut self, task: u32) {
        let Some(autoscaler) = &mut self.cluster_autoscaler else { return };
        let below = &mut self.control_plane.below.below;
        let mut api = Api::new(&mut self.cluster, KUBELET_RANK, below);
        autoscaler.reconcile(&mut api, task);
    }

    /// The next sync comes a period after the end of this one.
    fn sync_hpa(&mut self) {
        let Some((at, key)) = self.hpa_timer.pop() else { return };
        let done = match &self.ear {
            Some(ear) if ear.at == at => self.reconcile_overheard(key),
            _ => self.reconcile(key, detail::NobodyHears),
        };
        if done.deleted {
            return;
        }
        let known = self.scenario.cluster.hpa_syncs.get(key as usize);
        match known.and_then(|syncs| syncs.get(syncs.partition_point(|&sync| sync <= at))) {
            Some(next) => self.hpa_timer.start(key, *next),
            None => {
                self.hpa_timer.again(key, at + done.delay + self.cluster.timings.hpa_sync_drift);
            }
        }
    }

    /// One sync, with somebody between the controller and the metrics APIs.
    fn reconcile(&mut self, key: u32, listener: impl detail::Listener) -> Reconciled {
        let mut adapter = &self.adapter;
        let apis = MetricsApis { server: &self.metrics_server, adapter: &mut adapter };
        let mut nobody = Nobody;
        let mut api = Api::new(&mut self.cluster, HPA_RANK, &mut nobody);
        let decisions = &mut self.decisions;
        let mut tell = |decision: Decision| decisions.push(decision);
        match &self.scenario.cluster.metrics {
            MetricsSource::MetricsServer { .. } => {
                let metrics = Interrupted { inner: apis, outages: &self.outages };
                self.hpa.reconcile(&mut api, HpaId(key), &mut listener.hear(metrics), &mut tell)
            }
            MetricsSource::Instant => {
                let application = &self.control_plane.below.application;
                let inner = InstantMetrics { application, apis };
                let metrics = Interrupted { inner, outages: &self.outages };
                self.hpa.reconcile(&mut api, HpaId(key), &mut listener.hear(metrics), &mut tell)
            }
            MetricsSource::Metered(usage) => {
                let metrics = self.meter.client(usage);
                self.hpa.reconcile(&mut api, HpaId(key), &mut listener.hear(metrics), &mut tell)
            }
        }
    }

    /// Makes the readings that are due, and those that follow before anything else happens.
    fn scrape(&mut self, end: SimTime) {
        let other = self.cluster.wakes.next_due().0.min(self.hpa_timer.next_at());
        let other = other.min(self.adapter.next_at());
        loop {
            let kubelets = &mut self.control_plane.below;
            let (kubelet, application) = (&kubelets.kubelet, &mut kubelets.application);
            self.metrics_server.run(&self.cluster, kubelet, application);
            self.metrics_server.read_ahead(&self.cluster, kubelet, application, other.min(end));
            let next = self.metrics_server.next_at();
            if next >= other || next > end {
                return;
            }
            if let Some((at, event)) = self.application().advance(next) {
                self.cluster.now = at;
                return self.work_off(event);
            }
            self.cluster.now = next;
        }
    }

    fn measure(&mut self) {
        if self.adapter.listens_for().is_some() {
            self.application().close_segments();
            self.take_segments();
        }
        self.adapter.run(&self.cluster, self.control_plane.below.application.model());
    }

    fn take_segments(&mut self) {
        let ended = self.control_plane.below.application.take_segments();
        for segment in &ended {
            self.adapter.hear(segment);
        }
        self.segments.extend(ended);
    }

    /// Something happened in the containers themselves.
    fn work_off(&mut self, event: ModelEvent) {
        match event {
            ModelEvent::Started { pod, .. } | ModelEvent::Drained { pod } => {
                self.cluster.wakes.wake(watch::KUBELET, pod.0, self.cluster.now);
            }
            ModelEvent::OutOfMemory { pod, container } => {
                let pod = PodId(pod.0);
                let container = self.application().container_of(pod, container);
                self.kill(pod, container);
            }
            ModelEvent::MemoryPressure { pod } => self.evict(PodId(pod.0)),
        }
    }

    fn kill(&mut self, pod: PodId, container: u16) {
        let kubelets = &mut self.control_plane.below;
        let mut api = Api::new(&mut self.cluster, KUBELET_RANK, &mut kubelets.below);
        kubelets.kubelet.oom_killed(&mut api, pod, container, &mut kubelets.application);
    }

    /// Node-pressure eviction, without its soft thresholds and its `Failed` pod that stays behind.
    /// Where no kubelet runs, memory is short until the kernel kills.
    fn evict(&mut self, pod: PodId) {
        let node = self.cluster.pod(pod).and_then(|pod| self.cluster.node(pod.node?));
        if !node.is_some_and(NodeObject::answers) {
            for container in self.application().containers_of(pod) {
                self.kill(pod, container);
            }
            return;
        }
        let text = "The node was low on resource: memory.";
        let mut api =
            Api::new(&mut self.cluster, KUBELET_RANK, &mut self.control_plane.below.below);
        let event = Write::Event { object: ObjectId::Pod(pod), type_: EventType::Warning };
        let delete = Write::DeletePod { pod, grace_period_seconds: Some(0) };
        for write in [event, delete] {
            let written = api.write(write, Reason::plain("Evicted", text));
            written.expect("the load model names pods that exist");
        }
    }

    fn application(&mut self) -> &mut Bridge {
        &mut self.control_plane.below.application
    }

    /// Hands on what has happened since the last time.
    fn tell<O: Observer>(&mut self, observer: &mut O) {
        if !self.decisions.is_empty() {
            observer.decisions(&mut self.decisions);
            self.decisions.clear();
        }
        self.take_segments();
        for segment in self.segments.drain(..) {
            observer.segment(segment);
        }
        for refusal in self.refusals.drain(..) {
            observer.refused(refusal);
        }
        if !self.cluster.journal().is_empty() {
            self.cluster.swap_journal(&mut self.facts);
            observer.facts(&mut self.facts, &self.cluster);
            self.facts.clear();
        }
    }

    fn finish<O: Observer>(mut self, end: SimTime, observer: &mut O) {
        self.cluster.now = end;
        self.application().close_segments();
        self.tell(observer);
        observer.end(end, &self.cluster);
    }
}
