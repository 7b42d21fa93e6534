//! Mirrors the zones of pkg/controller/nodelifecycle/node_lifecycle_controller.go and
//! pkg/controller/nodelifecycle/scheduler/rate_limited_queue.go (v1.36): which nodes wait for their
//! `NoExecute` taint, and how many a zone may get in which time.

use std::collections::{BTreeMap, BTreeSet};

use super::config::NodeLifecycleConfiguration;
use crate::api::core::Node;
use crate::kube::objects::ids::NodeId;
use crate::kube::objects::node::zone_key;
use crate::units::{SimDuration, SimTime};

/// From one look at the queues to the next (`NodeEvictionPeriod`).
const NODE_EVICTION_PERIOD: SimDuration = SimDuration(100);

/// All zones that nodes are in.
#[derive(Clone, Debug)]
pub(super) struct Zones {
    healthy_rate: f32,
    reduced_rate: f32,
    large: i32,
    unhealthy_threshold: f32,
    by_key: BTreeMap<String, Zone>,
}

/// How a zone is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ZoneState {
    Initial,
    Normal,
    FullDisruption,
    PartialDisruption,
}

#[derive(Clone, Debug)]
struct Zone {
    /// `None` while no node of the zone counts.
    state: Option<ZoneState>,
    limiter: Limiter,
    /// Nodes that wait for a taint, the first first.
    queue: Vec<NodeId>,
    /// Those, and the ones that had their turn.
    known: BTreeSet<NodeId>,
}

/// A token bucket of one token. Mirrors `NewTokenBucketRateLimiter` with a burst of 1.
#[derive(Clone, Copy, Debug)]
struct Limiter {
    rate: f32,
    ready_at: SimTime,
}

/// Nodes of a zone that count.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    ready: i32,
    not_ready: i32,
}

/// What a pass found about all zones together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Disruption {
    /// Nothing new.
    None,
    /// Some zones changed their state.
    Zones,
    /// No node anywhere is ready: evictions stop.
    Begins,
    /// Nodes are ready again after that.
    Ends,
}

impl Counts {
    pub(super) fn count(&mut self, ready: bool) {
        if ready {
            self.ready += 1;
        } else {
            self.not_ready += 1;
        }
    }

    fn all(self) -> i32 {
        self.ready + self.not_ready
    }

    /// Mirrors `ComputeZoneState`.
    fn state(self, unhealthy_threshold: f32) -> ZoneState {
        let share = self.not_ready as f32 / self.all() as f32;
        if self.ready == 0 && self.not_ready > 0 {
            ZoneState::FullDisruption
        } else if self.not_ready > 2 && share >= unhealthy_threshold {
            ZoneState::PartialDisruption
        } else {
            ZoneState::Normal
        }
    }
}

impl Limiter {
    fn new(rate: f32) -> Limiter {
        Limiter { rate, ready_at: SimTime::MIN }
    }

    fn try_accept(&mut self, now: SimTime) -> bool {
        if self.rate <= 0.0 || self.ready_at > now {
            return false;
        }
        let interval = (1000.0 / f64::from(self.rate)).round().min(1e12);
        self.ready_at = now + SimDuration(interval as i64);
        true
    }

    /// Mirrors `SwapLimiter`: who waited for the old one waits for the new one.
    fn swap(&mut self, rate: f32, now: SimTime) {
        if (self.rate - rate).abs() == 0.0 {
            return;
        }
        let mut new = Limiter::new(rate);
        if rate > 0.0 && !self.try_accept(now) {
            new.try_accept(now);
        }
        *self = new;
    }
}

impl Zone {
    fn new(rate: f32) -> Zone {
        let limiter = Limiter::new(rate);
        let state = Some(ZoneState::Initial);
        Zone { state, limiter, queue: Vec::new(), known: BTreeSet::new() }
    }

    fn remove(&mut self, node: NodeId) {
        if self.known.remove(&node) {
            self.queue.retain(|&other| other != node);
        }
    }
}

impl Zones {
    pub(super) fn new(configuration: &NodeLifecycleConfiguration) -> Zones {
        Zones {
            healthy_rate: configuration.node_eviction_rate,
            reduced_rate: configuration.secondary_node_eviction_rate,
            large: configuration.large_cluster_size_threshold,
            unhealthy_threshold: configuration.unhealthy_zone_threshold,
            by_key: BTreeMap::new(),
        }
    }

    /// Notices the zone of a new node. Mirrors `addPodEvictorForNewZone`.
    pub(super) fn add(&mut self, node: &Node) {
        let zone = self.by_key.entry(zone_key(node));
        let zone = zone.or_insert_with(|| Zone::new(self.healthy_rate));
        zone.state.get_or_insert(ZoneState::Initial);
    }

    /// A node is reachable, or gone.
    pub(super) fn forget(&mut self, node: NodeId) {
        self.by_key.values_mut().for_each(|zone| zone.remove(node));
    }

    /// Mirrors `markNodeForTainting`.
    pub(super) fn mark_node_for_tainting(&mut self, zone: &str, node: NodeId, tainted: bool) {
        let Some(zone) = self.by_key.get_mut(zone) else { return };
        if !tainted {
            zone.remove(node);
        }
        if zone.known.insert(node) {
            zone.queue.push(node);
        }
    }

    /// Nodes that may be tainted now. Mirrors `RateLimitedTimedQueue.Try`.
    pub(super) fn take_due(&mut self, now: SimTime) -> Vec<NodeId> {
        let mut due = Vec::new();
        for zone in self.by_key.values_mut() {
            while !zone.queue.is_empty() && zone.limiter.try_accept(now) {
                due.push(zone.queue.remove(0));
            }
        }
        due
    }

    /// When the next node may be tainted, if one waits.
    pub(super) fn next_at(&self, now: SimTime) -> Option<SimTime> {
        let waiting = self.by_key.values().filter(|zone| !zone.queue.is_empty());
        let moving = waiting.filter(|zone| zone.limiter.rate > 0.0);
        let at = moving.map(|zone| zone.limiter.ready_at).min()?.max(now);
        Some(at + SimDuration((-at.0).rem_euclid(NODE_EVICTION_PERIOD.0)))
    }

    /// Mirrors the decisions of `handleDisruption`.
    pub(super) fn handle_disruption(
        &mut self,
        counts: &BTreeMap<String, Counts>,
        now: SimTime,
    ) -> Disruption {
        for (key, zone) in &mut self.by_key {
            if !counts.contains_key(key) {
                zone.state = None;
            }
        }
        let full = Some(ZoneState::FullDisruption);
        let threshold = self.unhealthy_threshold;
        let all_are = counts.values().all(|one| Some(one.state(threshold)) == full);
        let mut former = self.by_key.values().filter(|zone| zone.state.is_some());
        let all_were = former.all(|zone| zone.state == full);
        if all_are && all_were {
            return Disruption::None;
        }
        if all_are {
            for zone in self.by_key.values_mut().filter(|zone| zone.state.is_some()) {
                zone.limiter.swap(0.0, now);
                zone.state = full;
            }
            return Disruption::Begins;
        }
        let mut changed = false;
        for (key, count) in counts {
            changed |= self.set_state(key, *count, all_were, now);
        }
        match (all_were, changed) {
            (true, _) => Disruption::Ends,
            (false, true) => Disruption::Zones,
            (false, false) => Disruption::None,
        }
    }

    fn set_state(&mut self, key: &str, count: Counts, regardless: bool, now: SimTime) -> bool {
        let new = count.state(self.unhealthy_threshold);
        let Some(zone) = self.by_key.get_mut(key) else { return false };
        if zone.state == Some(new) && !regardless {
            return false;
        }
        let rate = match new {
            ZoneState::PartialDisruption if count.all() > self.large => self.reduced_rate,
            ZoneState::PartialDisruption => 0.0,
            _ => self.healthy_rate,
        };
        zone.limiter.swap(rate, now);
        zone.state = Some(new);
        true
    }
}
