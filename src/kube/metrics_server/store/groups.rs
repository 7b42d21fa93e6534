//! Pods whose containers are read alike, in the store: how they come together, how they part again,
//! and what the API answers of them.

use super::{ALONE, ContainerUsage, PodSlots, PodUsage, Point, Round, Slot, Store};
use crate::kube::apiserver::Cluster;
use crate::kube::controllers::podautoscaler::metrics::{Alike, AlikeGroup};
use crate::kube::kubelet::application::{Application, ContainerSample, Growth};
use crate::kube::kubelet::{Kubelet, RunningContainer};
use crate::kube::metrics_server::steady::{GroupUsage, Seen, SharedPoint, SteadyNode};
use crate::kube::objects::ids::{NodeId, PodId};
use crate::kube::objects::pod::PodPhase;
use crate::units::{Bytes, SimDuration, SimTime};

/// A container as it was when its pod got a group.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Stand {
    /// The scrape at which that was.
    round: Round,
    start: SimTime,
    /// CPU time beside what its growth has come to \[ns\].
    base: i64,
    /// \[bytes\]
    memory: i64,
    growth: Option<Growth>,
    /// What the growth had come to \[ns\].
    grown: i64,
}

/// Usage of many pods.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct SharedSum {
    /// [10⁻³ cores]
    pub(in super::super) milli_cpu: i64,
    pub(in super::super) memory: Bytes,
}

impl Stand {
    fn growth(&self) -> Option<(Growth, i64)> {
        self.growth.map(|growth| (growth, self.grown))
    }

    fn point(&self, shared: SharedPoint) -> Point {
        let cpu = self.base + shared.grown;
        Point { start: self.start, at: shared.at, cpu, memory: self.memory }
    }
}

impl Store {
    /// Reads all containers of a node, for the coming scrape: at once, if nothing has happened
    /// there since the scrape before.
    pub(in super::super) fn read_node(
        &mut self,
        cluster: &Cluster,
        kubelet: &Kubelet,
        node: NodeId,
        application: &mut dyn Application,
    ) {
        let at = cluster.now;
        if self.read_on(kubelet, node, at, application) {
            return;
        }
        if self.nodes.len() <= node.index() {
            self.nodes.resize(node.index() + 1, SteadyNode::default());
        }
        self.part(node, self.round, 0);
        let seen = Seen::now(kubelet, node, application);
        self.nodes[node.index()].begin(self.round + 1, at, seen);
        let running = kubelet.running_on(node);
        for container in running {
            let sample = application.sample(container.run, at);
            self.read(cluster, container, at, sample);
            self.stand(container, at, sample, application);
        }
        self.group(node, running);
    }

    /// Reads a node at an instant, for the coming scrape, if nothing has happened there since the
    /// scrape before; tells whether it could. Later instants than now must be calm.
    pub(in super::super) fn read_on(
        &mut self,
        kubelet: &Kubelet,
        node: NodeId,
        at: SimTime,
        application: &mut dyn Application,
    ) -> bool {
        let round = self.round;
        let steady = self.nodes.get_mut(node.index());
        let Some(steady) = steady.filter(|steady| steady.round == round && round > 0) else {
            return false;
        };
        let seen = Seen::now(kubelet, node, application);
        steady.read_on(at, seen, application)
    }

    /// Keeps what a container that was just read needs in a group, if its growth is known.
    fn stand(
        &mut self,
        container: &RunningContainer,
        at: SimTime,
        sample: ContainerSample,
        application: &mut dyn Application,
    ) {
        let run = container.run;
        let slots = self.slots_of[run.pod.index()];
        let counts = sample.cpu.0 > 0 && sample.working_set.0 > 0;
        if run.container >= slots.count || !counts || at - container.started_at < self.resolution {
            return;
        }
        let Some(growth) = application.growth(run) else { return };
        let Some(grown) = application.grown(&growth, at) else { return };
        self.stands[slots.first as usize + usize::from(run.container)] = Stand {
            round: self.round + 1,
            start: container.started_at,
            base: sample.cpu.0 - grown,
            memory: sample.working_set.0,
            growth: Some(growth),
            grown,
        };
    }

    /// Groups the pods of a node that was just read, if all of its containers have a known growth.
    fn group(&mut self, node: NodeId, running: &[RunningContainer]) {
        let coming = self.round + 1;
        let stands = |container: &RunningContainer| {
            let slots = self.slots_of[container.run.pod.index()];
            let place = slots.first as usize + usize::from(container.run.container);
            container.run.container < slots.count && self.stands[place].round == coming
        };
        if !running.iter().all(stands) {
            return;
        }
        let steady = &mut self.nodes[node.index()];
        steady.is_whole = true;
        for container in running {
            let pod = container.run.pod;
            let slots = &mut self.slots_of[pod.index()];
            if slots.joined != coming {
                let stands = self.stands[slots.places()].iter();
                let stands = stands.filter(|stand| stand.round == coming);
                slots.memory = stands.clone().map(|stand| stand.memory).sum();
                slots.group = steady.join(pod, stands.filter_map(Stand::growth));
                (slots.node, slots.joined) = (node, coming);
            }
        }
    }

    /// Dissolves the groups of a node: what they had at a scrape goes to each container's own
    /// points in a table.
    pub(super) fn part(&mut self, node: NodeId, round: Round, table: usize) {
        self.regrouped += 1;
        let steady = &mut self.nodes[node.index()];
        steady.is_whole = false;
        let pods = std::mem::take(&mut steady.pods);
        for pod in &pods {
            let slots = &mut self.slots_of[pod.index()];
            let group = std::mem::replace(&mut slots.group, ALONE);
            let joined = |place: &usize| self.stands[*place].round == slots.joined;
            for (container, place) in slots.places().filter(joined).enumerate() {
                if let Some(points) = self.nodes[node.index()].points(group, container, round) {
                    let [last, prev] = points.map(|point| self.stands[place].point(point));
                    self.tables[table][place] = Slot { round, has_prev: true, last, prev };
                }
            }
        }
        self.nodes[node.index()].pods = pods;
    }

    /// Usage of a pod as the API answers; `None` if it does not list the pod.
    pub(in super::super) fn usage(&self, cluster: &Cluster, pod: PodId) -> Option<PodUsage> {
        if cluster.pod(pod)?.phase != PodPhase::Running {
            return None;
        }
        let slots = self.slots_of.get(pod.index()).filter(|slots| !slots.is_dropped(self.round))?;
        if let Some(shared) = self.shared_usage(slots) {
            return Some(PodUsage {
                containers: shared.containers,
                milli_cpu: shared.milli_cpu,
                memory: Bytes(slots.memory),
                timestamp: shared.timestamp,
                window: shared.window,
            });
        }
        let mut listed = None;
        for slot in self.tables[0][slots.places()].iter().filter(|slot| slot.round == self.round) {
            if !slot.has_prev {
                return None;
            }
            let usage = listed.get_or_insert(PodUsage {
                containers: 0,
                milli_cpu: 0,
                memory: Bytes(0),
                timestamp: SimTime::MAX,
                window: SimDuration::ZERO,
            });
            if let Some(container) = slot.usage() {
                usage.add(container);
            }
        }
        listed
    }

    /// Usage of Running pods in sum, if all of them are in groups; `alike` keeps which.
    pub(in super::super) fn sum(&self, pods: &[PodId], alike: &mut Alike) -> Option<SharedSum> {
        if alike.stamp != self.regrouped {
            alike.stamp = self.regrouped;
            alike.groups.clear();
            for pod in pods {
                let slots = self.slots_of.get(pod.index()).filter(|slots| slots.group != ALONE);
                let Some(slots) = slots else {
                    alike.groups.clear();
                    break;
                };
                add_to_group(&mut alike.groups, slots);
            }
        }
        let mut sum = SharedSum { milli_cpu: 0, memory: Bytes(0) };
        for alike in &alike.groups {
            let (node, group) = alike.group;
            let usage = self.nodes[node as usize].usage(group, self.round)?;
            sum.milli_cpu += usage.milli_cpu * i64::from(alike.pods);
            sum.memory.0 += alike.memory;
        }
        (!alike.groups.is_empty()).then_some(sum)
    }

    fn shared_usage(&self, slots: &PodSlots) -> Option<&GroupUsage> {
        self.nodes.get(slots.node.index())?.usage(slots.group, self.round)
    }

    /// Usage of a container of a pod that is listed.
    pub(in super::super) fn container_usage(
        &self,
        pod: PodId,
        container: u16,
    ) -> Option<ContainerUsage> {
        let slots = self.slots_of.get(pod.index())?;
        let place = slots.places().nth(usize::from(container))?;
        if let Some(shared) = self.shared_usage(slots) {
            let stand = self.stands[place];
            let joined = |stand: &&Stand| stand.round == slots.joined;
            let before = self.stands[slots.first as usize..place].iter().filter(joined).count();
            let node = &self.nodes[slots.node.index()];
            return joined(&&stand).then(|| ContainerUsage {
                cpu: node.cpu(slots.group, before, self.round),
                memory: Bytes(stand.memory),
                timestamp: shared.timestamp,
                window: shared.window,
            });
        }
        self.tables[0].get(place).filter(|slot| slot.round == self.round)?.usage()
    }
}

fn add_to_group(groups: &mut Vec<AlikeGroup>, slots: &PodSlots) {
    let group = (slots.node.0, slots.group);
    match groups.iter_mut().find(|other| other.group == group) {
        Some(other) => {
            other.pods += 1;
            other.memory += slots.memory;
        }
        None => groups.push(AlikeGroup { group, pods: 1, memory: slots.memory }),
    }
}
