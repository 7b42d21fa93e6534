//! Which group grows, and by how many nodes. Mirrors cluster-autoscaler/core/scaleup/orchestrator/
//! orchestrator.go and estimator/binpacking_estimator.go of kubernetes/autoscaler. Left out: groups
//! that would be created, time limits of the estimate.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::reason::{ClusterAutoscalerReason, GroupChange, Obstacles};
use super::{ClusterAutoscaler, UNSCHEDULABLE_POD_TIME_BUFFER, send};
use crate::api::core::Amounts;
use crate::kube::apiserver::{Api, Cluster, EventType, Write};
use crate::kube::objects::ids::{NodeId, ObjectId, PodId};
use crate::kube::scheduler::cluster_snapshot::{Fork, PodClass};
use crate::units::SimTime;

/// The most nodes that are added at once (`max-nodes-per-scaleup`).
const MAX_NODES_PER_SCALE_UP: u32 = 1000;
const MAX_LIMIT_REACHED: &str = "max node group size reached";
const BACKOFF: &str = "in backoff after failed scale-up";

/// A pod that waits for a node.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pending {
    pub(super) pod: PodId,
    pub(super) class: PodClass,
    pub(super) created_at: SimTime,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Result {
    /// A group grows.
    Successful,
    /// No pod waits.
    NotNeeded,
    /// No group can help.
    NoOptions,
    /// More pods may come.
    TooNew,
}

/// A way to help.
#[derive(Clone, Debug)]
pub(super) struct ExpansionOption {
    pub(super) group: usize,
    /// How many nodes.
    pub(super) nodes: u32,
    /// Pods that they hold.
    pub(super) pods: Vec<PodId>,
    /// CPU and memory that would be left over, each as a share.
    pub(super) waste: f64,
}

/// For each class of pods, what stands in the way, by number of groups.
type Counts = BTreeMap<PodClass, BTreeMap<Arc<str>, u32>>;

impl ClusterAutoscaler {
    /// Lets a group grow if that helps any pod. Mirrors `ScaleUp`.
    pub(super) fn scale_up(&mut self, api: &mut Api<'_>, fork: &Fork, pods: &[Pending]) -> Result {
        let now = api.now();
        let age = |pod: &&Pending| now - pod.created_at;
        let old = pods.iter().filter(|pod| age(pod) >= self.options.new_pod_scale_up_delay);
        let helped: Vec<Pending> = old.copied().collect();
        if helped.is_empty() {
            return if pods.is_empty() { Result::NotNeeded } else { Result::TooNew };
        }
        if helped.iter().all(|pod| age(&pod) < UNSCHEDULABLE_POD_TIME_BUFFER) {
            return Result::TooNew;
        }
        let room = self.room_in_total(api.cluster());
        if room == 0 {
            return Result::NoOptions;
        }
        let mut obstacles = Counts::new();
        let mut options = Vec::new();
        for group in self.groups.places() {
            options.extend(self.expansion_option(
                api.cluster(),
                fork,
                (group, room),
                &helped,
                &mut obstacles,
            ));
        }
        let Some(option) = self.best_option(options) else {
            self.tell_obstacles(api, &helped, &obstacles);
            return Result::NoOptions;
        };
        self.execute(api, &option);
        Result::Successful
    }

    /// How many nodes there may still be in all.
    fn room_in_total(&self, cluster: &Cluster) -> u32 {
        let upcoming: u32 = self.groups.places().map(|group| self.groups.upcoming(group)).sum();
        match self.options.max_nodes_total {
            0 => MAX_NODES_PER_SCALE_UP,
            total => total.saturating_sub(cluster.nodes().count() as u32 + upcoming),
        }
    }

    /// What a group could do. Mirrors `filterValidScaleUpNodeGroups` and `ComputeExpansionOption`.
    fn expansion_option(
        &mut self,
        cluster: &Cluster,
        fork: &Fork,
        (group, room): (usize, u32),
        pods: &[Pending],
        obstacles: &mut Counts,
    ) -> Option<ExpansionOption> {
        let size = self.groups.target_size(cluster, group);
        let max = self.groups.get(group).max;
        let skipped = if self.groups.backs_off_until(group, cluster.now).is_some() {
            Some(BACKOFF)
        } else {
            (size >= max).then_some(MAX_LIMIT_REACHED)
        };
        if let Some(obstacle) = skipped {
            let obstacle: Arc<str> = Arc::from(obstacle);
            let mut classes: Vec<PodClass> = pods.iter().map(|pod| pod.class).collect();
            classes.sort_unstable();
            classes.dedup();
            for class in classes {
                *obstacles.entry(class).or_default().entry(Arc::clone(&obstacle)).or_default() += 1;
            }
            return None;
        }
        let most = room.min(max - size).min(MAX_NODES_PER_SCALE_UP);
        self.estimate(fork, group, most, pods, obstacles)
    }

    /// Fills new nodes with pods, the largest first. Mirrors `BinpackingNodeEstimator.Estimate`.
    fn estimate(
        &mut self,
        fork: &Fork,
        group: usize,
        most: u32,
        pods: &[Pending],
        obstacles: &mut Counts,
    ) -> Option<ExpansionOption> {
        let mut trial = fork.clone();
        let taken = self.groups.upcoming(group);
        let node = self.groups.template_node(group, taken);
        let first = self.snapshot.add_node(&mut trial, &node);
        let allocatable = trial.amounts(first).map(|(offered, _)| offered.clone());
        let offered = allocatable.unwrap_or_default();
        let fitting = self.fitting(&trial, first, pods, obstacles);
        let mut option = ExpansionOption { group, nodes: 0, pods: Vec::new(), waste: 0.0 };
        let mut nodes: Vec<(NodeId, bool)> = vec![(first, false)];
        let mut requested = (0_i64, 0_i64);
        for pod in self.largest_first(fitting, &offered) {
            let Some(place) = self.place(&mut trial, group, most, &mut nodes, pod) else {
                continue;
            };
            nodes[place].1 = true;
            option.pods.push(pod.pod);
            let requests = self.snapshot.requests_of(pod.class);
            requested.0 = requested.0.saturating_add(requests.milli_cpu);
            requested.1 = requested.1.saturating_add(requests.memory);
        }
        option.nodes = nodes.iter().filter(|(_, used)| *used).count() as u32;
        let wasted = |requested: i64, offered: i64| {
            let offered = offered as f64 * f64::from(option.nodes);
            if offered > 0.0 { (offered - requested as f64) / offered } else { 0.0 }
        };
        option.waste = wasted(requested.0, offered.milli_cpu) + wasted(requested.1, offered.memory);
        (option.nodes > 0).then_some(option)
    }

    /// Pods that would fit a new node of a group that runs nothing. Mirrors `SchedulablePodGroups`.
    fn fitting(
        &mut self,
        trial: &Fork,
        first: NodeId,
        pods: &[Pending],
        obstacles: &mut Counts,
    ) -> Vec<Pending> {
        let mut known: BTreeMap<PodClass, bool> = BTreeMap::new();
        let mut fitting = Vec::new();
        for pod in pods {
            let fits = *known.entry(pod.class).or_insert_with(|| {
                let checked = self.snapshot.check(trial, pod.class, first);
                for reason in checked.as_ref().err().into_iter().flatten() {
                    let of_class = obstacles.entry(pod.class).or_default();
                    *of_class.entry(Arc::from(reason.to_string())).or_default() += 1;
                }
                checked.is_ok()
            });
            if fits {
                fitting.push(*pod);
            }
        }
        fitting
    }

    /// Mirrors `DecreasingPodOrderer`.
    fn largest_first(&self, mut pods: Vec<Pending>, offered: &Amounts) -> Vec<Pending> {
        let share = |requested: i64, offered: i64| {
            if offered > 0 { requested as f64 / offered as f64 } else { 0.0 }
        };
        let score = |pod: &Pending| {
            let requests = self.snapshot.requests_of(pod.class);
            share(requests.milli_cpu, offered.milli_cpu) + share(requests.memory, offered.memory)
        };
        pods.sort_by(|one, other| score(other).total_cmp(&score(one)));
        pods
    }

    /// The place of the new node that takes a pod; one is added if the others do not and the last
    /// one has any pod.
    fn place(
        &mut self,
        trial: &mut Fork,
        group: usize,
        most: u32,
        nodes: &mut Vec<(NodeId, bool)>,
        pod: Pending,
    ) -> Option<usize> {
        let is_new = |id: NodeId| nodes.iter().any(|(node, _)| *node == id);
        let found = self.snapshot.find(trial, pod.class, is_new);
        let node = if let Some(node) = found {
            node
        } else {
            let last_is_used = nodes.last().is_some_and(|(_, used)| *used);
            if !last_is_used || nodes.len() as u32 >= most {
                return None;
            }
            let number = self.groups.upcoming(group) + nodes.len() as u32;
            let template = self.groups.template_node(group, number);
            let node = self.snapshot.add_node(trial, &template);
            nodes.push((node, false));
            self.snapshot.check(trial, pod.class, node).ok()?;
            node
        };
        self.snapshot.add_pod(trial, pod.class, pod.pod, node);
        nodes.iter().position(|(other, _)| *other == node)
    }

    /// Mirrors `ExecuteScaleUps` and the events of `EventingScaleUpStatusProcessor`.
    fn execute(&mut self, api: &mut Api<'_>, option: &ExpansionOption) {
        let from = self.groups.target_size(api.cluster(), option.group);
        let group = self.groups.get(option.group);
        let (group, max) = (Arc::clone(&group.name), group.max);
        let change = GroupChange { group, from, to: from + option.nodes, max };
        let pods = option.pods.len() as u32;
        let reason = ClusterAutoscalerReason::ScaledUpGroup { change: change.clone(), pods };
        let object = ObjectId::ClusterAutoscaler;
        send(api, Write::Event { object, type_: EventType::Normal }, reason);
        self.groups.increase_size(api.cluster(), option.group, option.nodes);
        for &pod in &option.pods {
            let reason = ClusterAutoscalerReason::TriggeredScaleUp(change.clone());
            let object = ObjectId::Pod(pod);
            send(api, Write::Event { object, type_: EventType::Normal }, reason);
        }
    }

    /// Tells for each pod why no group can help, unless that was told before.
    fn tell_obstacles(&mut self, api: &mut Api<'_>, pods: &[Pending], obstacles: &Counts) {
        for pod in pods {
            let of_class = obstacles.get(&pod.class).into_iter().flatten();
            let of_class: Obstacles =
                of_class.map(|(text, groups)| (*groups, Arc::clone(text))).collect();
            if self.told.get(&pod.pod) == Some(&of_class) {
                continue;
            }
            self.told.insert(pod.pod, Arc::clone(&of_class));
            let reason = ClusterAutoscalerReason::NotTriggerScaleUp { obstacles: of_class };
            let object = ObjectId::Pod(pod.pod);
            send(api, Write::Event { object, type_: EventType::Normal }, reason);
        }
    }
}
