//! Pods that are read alike: while nothing happens on a node, the containers that do the same work
//! share one reading and one answer.

use super::store::{Round, go_seconds, mean_cpu, milli};
use crate::kube::kubelet::Kubelet;
use crate::kube::kubelet::application::{Application, Growth};
use crate::kube::objects::ids::{NodeId, PodId};
use crate::units::{NanoCpu, SimDuration, SimTime};

/// A node as of its latest reading.
#[derive(Clone, Debug, Default)]
pub(super) struct SteadyNode {
    /// The scrape that the latest reading is for.
    pub(super) round: Round,
    /// What the kubelet and the application had counted then.
    seen: Seen,
    /// When its readings were, for even and odd scrapes.
    at: [SimTime; 2],
    /// The latest window, and the same \[s\].
    window: (SimDuration, f64),
    groups: Vec<Group>,
    /// The containers of a pod of each group, one group after the other.
    containers: Vec<Grown>,
    /// Whether every container that runs is in a group.
    pub(super) is_whole: bool,
    /// Pods that have a group.
    pub(super) pods: Vec<PodId>,
}

/// Counts of what happened on a node; with the same counts nothing has happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// [`crate::kube::kubelet::Kubelet::changes_on`].
    pub(super) changes: u64,
    /// [`Application::disturbances`].
    pub(super) disturbances: u64,
}

impl Seen {
    /// What has been counted on a node so far.
    pub(super) fn now(kubelet: &Kubelet, node: NodeId, application: &dyn Application) -> Seen {
        let changes = kubelet.changes_on(node);
        Seen { changes, disturbances: application.disturbances(node) }
    }
}

/// Pods of a node whose containers grow alike.
#[derive(Clone, Debug, Default)]
struct Group {
    /// Place of its first container.
    first: u32,
    count: u16,
    /// The answers, for even and odd scrapes.
    usage: [GroupUsage; 2],
}

/// What a growth had come to. Pairs are for even and odd scrapes.
#[derive(Clone, Copy, Debug)]
struct Grown {
    growth: Growth,
    /// \[ns\]
    cpu_ns: [i64; 2],
    /// The same of the reading that is being made.
    reading: i64,
    /// Mean over the window.
    cpu: [NanoCpu; 2],
}

/// What the API tells of each pod of a group, but for memory.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct GroupUsage {
    /// The scrape that it is from.
    round: Round,
    pub(super) containers: u16,
    /// Sum over the containers, each rounded up [10⁻³ cores].
    pub(super) milli_cpu: i64,
    pub(super) timestamp: SimTime,
    pub(super) window: SimDuration,
}

/// A container's point at one scrape, beside what belongs to the container itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct SharedPoint {
    pub(super) at: SimTime,
    /// \[ns\]
    pub(super) grown: i64,
}

impl SteadyNode {
    /// Reads a node for the scrape after its latest one, if nothing has happened there since, and
    /// tells whether it could.
    pub(super) fn read_on(
        &mut self,
        at: SimTime,
        seen: Seen,
        application: &mut dyn Application,
    ) -> bool {
        if !self.is_whole || self.seen != seen {
            return false;
        }
        for container in &mut self.containers {
            let Some(grown) = application.grown(&container.growth, at) else { return false };
            container.reading = grown;
        }
        self.round += 1;
        let (new, old) = (self.round as usize % 2, (self.round as usize + 1) % 2);
        self.at[new] = at;
        let window = at - self.at[old];
        if self.window.0 != window {
            self.window = (window, go_seconds(window));
        }
        for group in &mut self.groups {
            let mut milli_cpu = 0;
            for container in &mut self.containers[group.places()] {
                milli_cpu += container.answer((new, old), self.window.1);
            }
            group.usage[new] = GroupUsage {
                round: self.round,
                containers: group.count,
                milli_cpu,
                timestamp: at,
                window,
            };
        }
        true
    }

    /// Begins anew with a reading of each container, without groups.
    pub(super) fn begin(&mut self, coming: Round, at: SimTime, seen: Seen) {
        (self.round, self.seen, self.is_whole) = (coming, seen, false);
        self.at[coming as usize % 2] = at;
        self.groups.clear();
        self.containers.clear();
        self.pods.clear();
    }

    /// The group of a pod whose containers grow so, and have come to so much now \[ns\].
    pub(super) fn join(
        &mut self,
        pod: PodId,
        containers: impl Iterator<Item = (Growth, i64)> + Clone,
    ) -> u32 {
        self.pods.push(pod);
        let growths = || containers.clone().map(|(growth, _)| growth);
        let known = |group: &Group| {
            self.containers[group.places()].iter().map(|one| one.growth).eq(growths())
        };
        if let Some(group) = self.groups.iter().position(known) {
            return group as u32;
        }
        let side = self.round as usize % 2;
        let begin = |(growth, grown)| {
            let mut container = Grown { growth, cpu_ns: [0; 2], reading: 0, cpu: [NanoCpu(0); 2] };
            container.cpu_ns[side] = grown;
            container
        };
        let first = self.containers.len();
        self.containers.extend(containers.map(begin));
        let count = (self.containers.len() - first) as u16;
        self.groups.push(Group { first: first as u32, count, ..Group::default() });
        self.groups.len() as u32 - 1
    }

    /// CPU of a container of a group by its order among those that run, at a scrape for which
    /// [`SteadyNode::usage`] has an answer.
    pub(super) fn cpu(&self, group: u32, container: usize, round: Round) -> NanoCpu {
        let place = self.groups[group as usize].first as usize + container;
        self.containers[place].cpu[round as usize % 2]
    }

    /// The answer of a group for a scrape; `None` if its pods were read one by one then.
    pub(super) fn usage(&self, group: u32, round: Round) -> Option<&GroupUsage> {
        let usage = &self.groups.get(group as usize)?.usage[round as usize % 2];
        (usage.round == round).then_some(usage)
    }

    /// The last point and the one before, of a container of a group by its order among those that
    /// run; `None` if it was read by itself at that scrape.
    pub(super) fn points(
        &self,
        group: u32,
        container: usize,
        round: Round,
    ) -> Option<[SharedPoint; 2]> {
        self.usage(group, round)?;
        let places = self.groups.get(group as usize)?.places();
        let container = self.containers.get(places)?.get(container)?;
        let point = |round: Round| {
            let side = round as usize % 2;
            SharedPoint { at: self.at[side], grown: container.cpu_ns[side] }
        };
        Some([point(round), point(round + 1)])
    }
}

impl Group {
    fn places(&self) -> std::ops::Range<usize> {
        self.first as usize..self.first as usize + usize::from(self.count)
    }
}

impl Grown {
    /// Takes in the reading, and answers as `resourceUsage` does: CPU, rounded up [10⁻³ cores].
    fn answer(&mut self, (new, old): (usize, usize), window_seconds: f64) -> i64 {
        self.cpu_ns[new] = self.reading;
        self.cpu[new] = mean_cpu(self.reading - self.cpu_ns[old], window_seconds);
        milli(self.cpu[new])
    }
}
