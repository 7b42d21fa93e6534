//! Pods that are read alike: while nothing happens on a node, the containers that do the same work
//! share one reading and one answer.

use smallvec::SmallVec;

use super::store::{Round, mean_cpu, milli};
use crate::kube::kubelet::application::{Application, Growth};
use crate::kube::objects::ids::PodId;
use crate::units::{NanoCpu, SimDuration, SimTime};

/// One entry for each container of a pod that runs, in order of their places.
type PerContainer<T> = SmallVec<[T; 2]>;

/// A node as of its latest reading.
#[derive(Clone, Debug, Default)]
pub(super) struct SteadyNode {
    /// The scrape that the latest reading is for.
    pub(super) round: Round,
    /// What the kubelet and the application had counted then.
    seen: Seen,
    /// When its readings were, for even and odd scrapes.
    at: [SimTime; 2],
    groups: Vec<Group>,
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

/// Pods of a node whose containers grow alike.
#[derive(Clone, Debug, Default)]
struct Group {
    growths: PerContainer<Growth>,
    /// What each growth had come to, for even and odd scrapes \[ns\].
    grown: [PerContainer<i64>; 2],
    /// The same of the reading that is being made.
    reading: PerContainer<i64>,
    /// The answers, for even and odd scrapes.
    usage: [GroupUsage; 2],
}

/// What the API tells of each pod of a group, but for memory.
#[derive(Clone, Debug, Default)]
pub(super) struct GroupUsage {
    /// The scrape that it is from.
    round: Round,
    /// By container.
    pub(super) cpu: PerContainer<NanoCpu>,
    /// Sum, each rounded up [10⁻³ cores].
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
        for group in &mut self.groups {
            group.reading.clear();
            for growth in &group.growths {
                let Some(grown) = application.grown(growth) else { return false };
                group.reading.push(grown);
            }
        }
        self.round += 1;
        let (new, old) = (self.round as usize % 2, (self.round as usize + 1) % 2);
        self.at[new] = at;
        let window = at - self.at[old];
        for group in &mut self.groups {
            group.answer(self.round, at, window);
        }
        true
    }

    /// Begins anew with a reading of each container, without groups.
    pub(super) fn begin(&mut self, coming: Round, at: SimTime, seen: Seen) {
        (self.round, self.seen, self.is_whole) = (coming, seen, false);
        self.at[coming as usize % 2] = at;
        self.groups.clear();
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
        let same = |group: &Group| group.growths.iter().copied().eq(growths());
        if let Some(group) = self.groups.iter().position(same) {
            return group as u32;
        }
        let mut group = Group { growths: growths().collect(), ..Group::default() };
        group.grown[self.round as usize % 2].extend(containers.map(|(_, grown)| grown));
        self.groups.push(group);
        self.groups.len() as u32 - 1
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
        let group = self.groups.get(group as usize)?;
        let point = |round: Round| {
            let side = round as usize % 2;
            Some(SharedPoint { at: self.at[side], grown: *group.grown[side].get(container)? })
        };
        Some([point(round)?, point(round + 1)?])
    }
}

impl Group {
    /// Mirrors `resourceUsage` for all of them.
    fn answer(&mut self, round: Round, at: SimTime, window: SimDuration) {
        let (new, old) = (round as usize % 2, (round as usize + 1) % 2);
        std::mem::swap(&mut self.grown[new], &mut self.reading);
        let usage = &mut self.usage[new];
        (usage.round, usage.timestamp, usage.window) = (round, at, window);
        usage.cpu.clear();
        usage.milli_cpu = 0;
        for (last, prev) in self.grown[new].iter().zip(&self.grown[old]) {
            let cpu = mean_cpu(last - prev, window);
            usage.cpu.push(cpu);
            usage.milli_cpu += milli(cpu);
        }
    }
}
