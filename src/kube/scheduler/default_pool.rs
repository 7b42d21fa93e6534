//! The nodes of a scenario that names none: as many of 4 CPU and 16 GiB in 3 zones as its pods need
//! at their most. Mirrors nothing of upstream; a cluster has nodes, and a scenario may assume some.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::requests::PodResource;
use super::topology::{LABEL_HOSTNAME, LABEL_TOPOLOGY_ZONE};
use crate::api::core::{Amounts, Node, NodeStatus, PodTemplateSpec, ResourceList};
use crate::api::labels::Selector;
use crate::api::meta::ObjectMeta;
use crate::api::quantity::{Format, Quantity};
use crate::kube::kubelet::node_status::initial_labels;

/// CPU of a node [10⁻³ cores].
const NODE_MILLI_CPU: i64 = 4_000;
/// Memory of a node \[bytes\].
const NODE_MEMORY: i64 = 16 << 30;
/// Pods that a node takes.
const NODE_PODS: i64 = 110;
/// Zones of the nodes, which take turns.
const ZONES: [&str; 3] = ["a", "b", "c"];
/// The least number of nodes.
const NODES_MIN: u32 = 3;
/// The greatest number of nodes, which is also what Kubernetes supports.
pub const NODES_MAX: u32 = 5_000;

/// What one workload asks of the nodes at its most.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PoolDemand {
    /// Replicas at their most.
    pub max_replicas: i64,
    /// Pods that a rollout adds.
    pub surge: i64,
    /// Requests of one pod.
    pub requests: Amounts,
    /// Whether no two of its pods may share a host.
    pub apart: bool,
    /// Whether its pods must be spread over zones, which takes as many nodes in each.
    pub even_zones: bool,
}

/// How many nodes it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefaultPool {
    /// How many.
    pub nodes: u32,
    /// Places of the demands of which some pod finds no room all the same: a pod larger than a
    /// node, or more pods than [`NODES_MAX`] nodes hold.
    pub unplaceable: Vec<u32>,
}

impl PoolDemand {
    /// The demand of a workload of that template.
    pub fn of(template: &PodTemplateSpec, max_replicas: i64, surge: i64) -> PoolDemand {
        let spec = &template.spec;
        let affinity = spec.affinity.as_ref();
        let anti = affinity.and_then(|affinity| affinity.pod_anti_affinity.as_ref());
        let apart = anti.into_iter().flat_map(|anti| &anti.required).any(|term| {
            let selector = Selector::from_label_selector(term.label_selector.as_ref());
            term.topology_key == LABEL_HOSTNAME && selector.matches(&template.metadata.labels)
        });
        let even_zones = spec.topology_spread_constraints.iter().any(|constraint| {
            constraint.topology_key == LABEL_TOPOLOGY_ZONE
                && constraint.when_unsatisfiable == "DoNotSchedule"
        });
        let requests = PodResource::of(spec).resource;
        PoolDemand { max_replicas, surge, requests, apart, even_zones }
    }

    fn pods(&self) -> i64 {
        let most = i64::from(NODES_MAX) * NODE_PODS + 1;
        self.max_replicas.max(0).saturating_add(self.surge.max(0)).min(most)
    }

    /// How large a pod is against a node, in 1/65,536 of it: what it has most of.
    fn size(&self) -> i128 {
        let share = |request: i64, of: i64| (i128::from(request.max(0)) << 16) / i128::from(of);
        let cpu = share(self.requests.milli_cpu, NODE_MILLI_CPU);
        cpu.max(share(self.requests.memory, NODE_MEMORY))
    }
}

/// How many nodes hold all pods of all demands at their most, as the scheduler would place them if
/// the largest came first.
///
/// # Panics
/// When there are 2³² demands.
pub fn default_pool(demands: &[PoolDemand]) -> DefaultPool {
    let mut order: Vec<(u32, &PoolDemand)> = demands
        .iter()
        .enumerate()
        .map(|(place, demand)| (u32::try_from(place).expect("fewer than 2^32 demands"), demand))
        .collect();
    order.sort_by_key(|(place, demand)| (Reverse(demand.size()), *place));
    let step = if demands.iter().any(|demand| demand.even_zones) { 3 } else { 1 };
    let mut nodes = lower_bound(demands).next_multiple_of(step);
    loop {
        let missing = place_all(&order, nodes);
        let more = missing.iter().map(|&(_, pods)| pods).max().unwrap_or(0);
        if more == 0 || nodes >= NODES_MAX {
            let never = order.iter().filter(|(_, demand)| !fits_empty_node(demand));
            let mut unplaceable: Vec<u32> = missing.iter().map(|&(place, _)| place).collect();
            unplaceable.extend(never.map(|&(place, _)| place));
            unplaceable.sort_unstable();
            return DefaultPool { nodes, unplaceable };
        }
        let more = u32::try_from(more / NODE_PODS + 1).unwrap_or(NODES_MAX);
        nodes = (nodes + more).next_multiple_of(step).min(NODES_MAX);
    }
}

/// So many nodes it takes at the least.
fn lower_bound(demands: &[PoolDemand]) -> u32 {
    let placeable = || demands.iter().filter(|demand| fits_empty_node(demand));
    let sum = |of: fn(&PoolDemand) -> i64, offered: i64| {
        let all = placeable().map(|one| i128::from(of(one)) * i128::from(one.pods()));
        let all: i128 = all.sum();
        (all + i128::from(offered) - 1) / i128::from(offered)
    };
    let cpu = sum(|one| one.requests.milli_cpu, NODE_MILLI_CPU);
    let memory = sum(|one| one.requests.memory, NODE_MEMORY);
    let pods = sum(|_| 1, NODE_PODS);
    let apart = placeable().filter(|one| one.apart).map(|one| i128::from(one.pods())).max();
    let least = cpu.max(memory).max(pods).max(apart.unwrap_or(0));
    u32::try_from(least).unwrap_or(NODES_MAX).clamp(NODES_MIN, NODES_MAX)
}

fn fits_empty_node(demand: &PoolDemand) -> bool {
    Room::EMPTY.fits(&demand.requests)
}

/// What is free on a node.
#[derive(Clone, Copy, Debug)]
struct Room {
    milli_cpu: i64,
    memory: i64,
    pods: i64,
}

impl Room {
    const EMPTY: Room = Room { milli_cpu: NODE_MILLI_CPU, memory: NODE_MEMORY, pods: NODE_PODS };

    fn fits(&self, requests: &Amounts) -> bool {
        requests.milli_cpu <= self.milli_cpu
            && requests.memory <= self.memory
            && self.pods > 0
            && requests.scalars.values().all(|&amount| amount == 0)
    }

    fn take(&mut self, requests: &Amounts) {
        self.milli_cpu -= requests.milli_cpu.max(0);
        self.memory -= requests.memory.max(0);
        self.pods -= 1;
    }

    /// The emptier, the greater: CPU and memory weigh the same.
    fn emptiness(&self) -> i64 {
        self.milli_cpu * (NODE_MEMORY / NODE_MILLI_CPU) / 2 + self.memory / 2
    }
}

/// Places all pods on so many nodes, each on the emptiest that it fits; gives the demands of which
/// pods are left, with how many.
fn place_all(order: &[(u32, &PoolDemand)], nodes: u32) -> Vec<(u32, i64)> {
    let mut rooms = vec![Room::EMPTY; nodes as usize];
    let mut missing = Vec::new();
    for &(place, demand) in order.iter().filter(|(_, demand)| fits_empty_node(demand)) {
        let left = place_pods(demand, &mut rooms);
        if left > 0 {
            missing.push((place, left));
        }
    }
    missing
}

/// Places the pods of one demand; gives how many are left.
fn place_pods(demand: &PoolDemand, rooms: &mut [Room]) -> i64 {
    let by_emptiness = |(index, room): (usize, &Room)| (room.emptiness(), Reverse(index));
    let mut heap: BinaryHeap<_> = rooms.iter().enumerate().map(by_emptiness).collect();
    let mut left = demand.pods();
    while left > 0 {
        let Some((_, Reverse(index))) = heap.pop() else { break };
        let room = &mut rooms[index];
        if room.fits(&demand.requests) {
            room.take(&demand.requests);
            left -= 1;
            if !demand.apart {
                heap.push((room.emptiness(), Reverse(index)));
            }
        }
    }
    left
}

/// The node of that number, from 1: `node-1` in zone `a`, `node-2` in zone `b`, and so on.
pub fn default_node(number: u32) -> Node {
    let name = format!("node-{number}");
    let zone = ZONES[(number.max(1) as usize - 1) % ZONES.len()];
    let mut labels = initial_labels(&name);
    labels.insert(LABEL_TOPOLOGY_ZONE.to_owned(), zone.to_owned());
    let amounts = [
        ("cpu", Quantity::from_milli(NODE_MILLI_CPU, Format::DecimalSi)),
        ("memory", Quantity::new(NODE_MEMORY, Format::BinarySi)),
        ("pods", Quantity::new(NODE_PODS, Format::DecimalSi)),
    ];
    let allocatable: ResourceList =
        amounts.into_iter().map(|(name, amount)| (name.to_owned(), amount)).collect();
    Node {
        metadata: ObjectMeta { name, labels, ..ObjectMeta::default() },
        status: NodeStatus { capacity: allocatable.clone(), allocatable, images: Vec::new() },
        ..Node::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn demand(pods: i64, milli_cpu: i64, mebibytes: i64) -> PoolDemand {
        let requests = Amounts { milli_cpu, memory: mebibytes << 20, ..Amounts::default() };
        PoolDemand { max_replicas: pods, requests, ..PoolDemand::default() }
    }

    fn nodes(demands: &[PoolDemand]) -> u32 {
        let pool = default_pool(demands);
        assert!(pool.unplaceable.is_empty(), "{pool:?}");
        pool.nodes
    }

    #[test]
    fn requests_decide_and_three_is_the_least() {
        assert_eq!(nodes(&[]), 3);
        assert_eq!(nodes(&[demand(10, 0, 0)]), 3);
        assert_eq!(nodes(&[demand(50, 500, 128)]), 7);
        assert_eq!(nodes(&[demand(10, 100, 8 << 10)]), 5);
        assert_eq!(nodes(&[demand(1_000, 1, 1)]), 10);
    }

    #[test]
    fn whole_pods_must_fit() {
        assert_eq!(nodes(&[demand(10, 1_500, 128)]), 5);
        assert_eq!(nodes(&[demand(4, 3_000, 128), demand(4, 1_000, 128)]), 4);
        assert_eq!(nodes(&[demand(4, 1_500, 128), demand(4, 3_000, 128)]), 6);
    }

    #[test]
    fn surge_and_hosts_and_zones_count() {
        let apart = PoolDemand { surge: 2, apart: true, ..demand(9, 100, 128) };
        assert_eq!(nodes(&[apart]), 11);
        let even = PoolDemand { even_zones: true, ..demand(50, 500, 128) };
        assert_eq!(nodes(&[even]), 9);
    }

    #[test]
    fn what_cannot_be_placed_is_told_and_takes_no_nodes() {
        let gpu = Amounts { scalars: [("gpu".to_owned(), 1)].into(), ..Amounts::default() };
        let gpu = PoolDemand { max_replicas: 1, requests: gpu, ..PoolDemand::default() };
        let pool = default_pool(&[demand(2, 5_000, 0), demand(8, 1_000, 0), gpu]);
        assert_eq!(pool, DefaultPool { nodes: 3, unplaceable: vec![0, 2] });
        let pool = default_pool(&[demand(i64::MAX, 4_000, 0), demand(1, i64::MAX, i64::MAX >> 20)]);
        assert_eq!(pool, DefaultPool { nodes: NODES_MAX, unplaceable: vec![0, 1] });
    }

    #[test]
    fn nodes_take_turns_in_zones() {
        let zones: Vec<String> = (1..=4)
            .map(|number| default_node(number).metadata.labels[LABEL_TOPOLOGY_ZONE].clone())
            .collect();
        assert_eq!(zones, ["a", "b", "c", "a"]);
        assert_eq!(default_node(7).status.allocatable["cpu"].milli_value(), 4_000);
    }
}
