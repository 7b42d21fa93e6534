//! Node groups as a cloud provider has them: nodes that were ordered register some time later.
//! Mirrors cluster-autoscaler/cloudprovider/cloud_provider.go, clusterstate/clusterstate.go and
//! utils/backoff/exponential_backoff.go of kubernetes/autoscaler. Left out: orders that fail at
//! once, groups with too many nodes that are not ready.

use std::sync::Arc;

use super::config::{AutoscalingOptions, ClusterAutoscalerConfiguration, NodeGroup};
use super::reason::ClusterAutoscalerReason;
use super::send;
use crate::api::core::Node;
use crate::kube::apiserver::{Api, Cluster, EventType, Write};
use crate::kube::kubelet::node_status::{initial_labels, registering};
use crate::kube::objects::ids::ObjectId;
use crate::kube::objects::node::NodeObject;
use crate::units::{SimDuration, SimTime};

/// All groups, with what was ordered.
#[derive(Clone, Debug)]
pub(super) struct Groups {
    configuration: Arc<ClusterAutoscalerConfiguration>,
    states: Vec<State>,
}

#[derive(Clone, Debug, Default)]
struct State {
    ordered: Vec<Order>,
    /// The highest number that a node of the group ever had.
    last_number: u32,
    /// How long the group was left alone the last time that it failed.
    backoff: SimDuration,
    /// Until when it is.
    backoff_until: Option<SimTime>,
}

/// A node that is on its way.
#[derive(Clone, Copy, Debug)]
struct Order {
    at: SimTime,
    registers_at: SimTime,
}

impl Groups {
    pub(super) fn new(configuration: Arc<ClusterAutoscalerConfiguration>) -> Groups {
        let states = vec![State::default(); configuration.groups.len()];
        Groups { configuration, states }
    }

    fn options(&self) -> &AutoscalingOptions {
        &self.configuration.options
    }

    /// A group.
    pub(super) fn get(&self, group: usize) -> &NodeGroup {
        &self.configuration.groups[group]
    }

    /// All groups, by place.
    pub(super) fn places(&self) -> std::ops::Range<usize> {
        0..self.states.len()
    }

    /// The group of a node, if it has one.
    pub(super) fn of(&self, node: &NodeObject) -> Option<usize> {
        let name = &node.node.metadata.name;
        self.configuration.groups.iter().position(|group| group.number_of(name).is_some())
    }

    /// Nodes of a group, those on their way too. Mirrors `TargetSize`.
    pub(super) fn target_size(&self, cluster: &Cluster, group: usize) -> u32 {
        let nodes = cluster.nodes().filter(|node| self.of(node) == Some(group)).count() as u32;
        nodes + self.upcoming(group)
    }

    /// Nodes of a group that are on their way.
    pub(super) fn upcoming(&self, group: usize) -> u32 {
        self.states[group].ordered.len() as u32
    }

    /// What a further node of a group would be like.
    pub(super) fn template_node(&self, group: usize, number: u32) -> Arc<Node> {
        let group = self.get(group);
        let mut node = Node::clone(&group.shape);
        node.metadata.name = format!("template-node-for-{}-{number}", group.name);
        node.metadata.labels.extend(initial_labels(&node.metadata.name));
        Arc::new(node)
    }

    /// Orders nodes.
    pub(super) fn increase_size(&mut self, cluster: &Cluster, group: usize, nodes: u32) {
        let (now, ready) = (cluster.now, cluster.timings.node_ready);
        let registers_in = (self.get(group).provisioning - ready).max(SimDuration::ZERO);
        let order = Order { at: now, registers_at: now.saturating_add(registers_in) };
        self.states[group].ordered.extend((0..nodes).map(|_| order));
    }

    /// When the next node registers.
    pub(super) fn next_registration(&self) -> SimTime {
        let orders = self.states.iter().flat_map(|state| &state.ordered);
        orders.map(|order| order.registers_at).min().unwrap_or(SimTime::MAX)
    }

    /// Lets nodes register whose time has come.
    pub(super) fn register(&mut self, api: &mut Api<'_>) {
        for place in self.places() {
            let now = api.now();
            let here = |order: &Order| order.registers_at <= now;
            let due: Vec<Order> = self.states[place].ordered.iter().copied().filter(here).collect();
            self.states[place].ordered.retain(|order| !here(order));
            for order in due {
                self.register_one(api, place, now - order.at);
            }
        }
    }

    fn register_one(&mut self, api: &mut Api<'_>, place: usize, after: SimDuration) {
        let group = self.configuration.groups[place].clone();
        let names = api.cluster().nodes().map(|node| &node.node.metadata.name);
        let taken = names.filter_map(|name| group.number_of(name)).max().unwrap_or(0);
        let state = &mut self.states[place];
        state.last_number = state.last_number.max(taken).saturating_add(1);
        let node = registering(&group.shape, &format!("{}-{}", group.name, state.last_number));
        let reason = ClusterAutoscalerReason::NodeRegistered { group: group.name, after };
        send(api, Write::CreateNode(Arc::new(node)), reason);
    }

    /// When the first order is given up, if it does not register.
    pub(super) fn next_time_out(&self) -> SimTime {
        let orders = self.states.iter().flat_map(|state| &state.ordered);
        let first = orders.map(|order| order.at).min().unwrap_or(SimTime::MAX);
        first.saturating_add(self.options().max_node_provision_time)
    }

    /// Gives orders up that take too long, and leaves their groups alone for a while. Mirrors
    /// `removeOldUnregisteredNodes` and `backoffNodeGroup`.
    pub(super) fn give_up_late(&mut self, api: &mut Api<'_>) {
        let after = self.options().max_node_provision_time;
        for place in self.places() {
            let late = |order: &Order| api.now() >= order.at.saturating_add(after);
            let nodes = self.states[place].ordered.iter().filter(|order| late(order)).count();
            if nodes == 0 {
                continue;
            }
            self.states[place].ordered.retain(|order| !late(order));
            self.back_off(place, api.now());
            let group = Arc::clone(&self.get(place).name);
            let reason =
                ClusterAutoscalerReason::ScaleUpTimedOut { group, nodes: nodes as u32, after };
            let object = ObjectId::ClusterAutoscaler;
            send(api, Write::Event { object, type_: EventType::Warning }, reason);
        }
    }

    fn back_off(&mut self, place: usize, now: SimTime) {
        let options = *self.options();
        let state = &mut self.states[place];
        let forgotten = |until: SimTime| now > until + options.node_group_backoff_reset_timeout;
        state.backoff = match state.backoff_until {
            Some(until) if !forgotten(until) => SimDuration(state.backoff.0 * 2),
            _ => options.initial_node_group_backoff_duration,
        };
        state.backoff = state.backoff.min(options.max_node_group_backoff_duration);
        state.backoff_until = Some(now + state.backoff);
    }

    /// Until when a group is left alone, if it is now.
    pub(super) fn backs_off_until(&self, group: usize, now: SimTime) -> Option<SimTime> {
        self.states[group].backoff_until.filter(|&until| until > now)
    }
}
