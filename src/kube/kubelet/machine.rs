//! What happens to the pods of a node when its machine or its kubelet stops and starts again.
//! Mirrors the start of pkg/kubelet/kubelet.go and pkg/kubelet/kubelet_node_status.go (v1.36), as
//! far as pods and the condition Ready see it. Left out: boot ids, the moments in which a kubelet
//! that starts says that it is not ready yet.
//!
//! A kubelet that does not run does nothing, and remembers what it knew; its containers go on. With
//! the machine the containers end too, and the kubelet that starts then knows only what it finds.

use super::application::{Application, ContainerExit};
use super::backoff::Backoff;
use super::lifecycle::Turn;
use super::reason::KubeletReason;
use super::running::RunningContainers;
use super::task::Node;
use super::worker::{Outcome, Stage, Step};
use super::{Kind, Kubelet, Modelled};
use crate::api::meta::ConditionStatus;
use crate::kube::apiserver::{Api, EventType, Write};
use crate::kube::objects::ids::{NodeId, ObjectId, PodId};
use crate::kube::objects::node::{Machine, NodeObject};
use crate::kube::reason::Reason;

impl Kubelet {
    /// Does what a machine or kubelet that has stopped or started does, now, and reports a node
    /// that is up as ready. A scripted kubelet does not mind the machine.
    pub fn reconcile_node(
        &mut self,
        api: &mut Api,
        node: NodeId,
        application: &mut dyn Application,
    ) {
        let Some(machine) = api.cluster().node(node).map(|node| node.machine) else { return };
        let running = &mut self.running;
        match &mut self.kind {
            Kind::Modelled(modelled) => {
                modelled.reconcile_machine(api, (node, machine), application, running);
            }
            Kind::Staged(staged) => staged.reconcile_node(api, node, application, running),
            Kind::Scripted(_) => {}
        }
        report_ready(api, node);
    }
}

/// Mirrors `tryUpdateNodeStatus`: a node is ready when its kubelet says so.
fn report_ready(api: &mut Api, id: NodeId) {
    let Some(node) = api.cluster().node(id) else { return };
    if !node.answers() || node.is_ready() {
        return;
    }
    let reason = KubeletReason::NodeReady { node: node.node.metadata.name.as_str().into() };
    let ready = Write::NodeReady { node: id, ready: ConditionStatus::True };
    let event = Write::Event { object: ObjectId::Node(id), type_: EventType::Normal };
    for write in [ready, event] {
        let written = api.write(write, Reason::Kubelet(reason.clone()));
        written.expect("a node that exists can be written");
    }
}

impl Modelled {
    /// Whether the kubelet of a node works, as far as it has noticed.
    pub(super) fn works(&self, node: NodeId) -> bool {
        self.machines.get(node.index()).is_none_or(|machine| machine.answers())
    }

    fn reconcile_machine(
        &mut self,
        api: &mut Api,
        (node, machine): (NodeId, Machine),
        application: &mut dyn Application,
        running: &mut RunningContainers,
    ) {
        if self.machines.len() <= node.index() {
            self.machines.resize(node.index() + 1, Machine::Running);
        }
        let former = std::mem::replace(&mut self.machines[node.index()], machine);
        if machine == Machine::Stopped && former != Machine::Stopped {
            for pod in self.pods_on(node) {
                self.with_worker(api, pod, application, running, |turn| {
                    turn.power_off();
                });
            }
            for pod in self.tasks.on(node) {
                self.tasks.power_off(api, pod, &mut Node { application, running });
            }
        }
        if machine.answers() && !former.answers() {
            let rebooted = former == Machine::Stopped;
            for pod in self.pods_on(node) {
                self.with_worker(api, pod, application, running, |turn| {
                    turn.restart_kubelet(rebooted);
                });
            }
            for pod in self.tasks.on(node).into_iter().filter(|_| rebooted) {
                self.tasks.power_on(api, pod, &mut Node { application, running });
            }
            // Pods that came meanwhile.
            let pods = api.cluster().node(node).map(NodeObject::pods_by_number);
            for pod in pods.unwrap_or_default() {
                self.reconcile(api, pod, application, running);
            }
        }
    }

    /// The pods with a worker on a node, by number.
    fn pods_on(&self, node: NodeId) -> Vec<PodId> {
        let workers = self.workers.iter().enumerate();
        let there = workers.filter(|(slot, worker)| {
            worker.node == node && self.slot(worker.pod) == Some(*slot as u32)
        });
        let mut pods: Vec<PodId> = there.map(|(_, worker)| worker.pod).collect();
        pods.sort_unstable();
        pods
    }
}

impl Turn<'_, '_> {
    /// The machine stops, and with it all containers.
    fn power_off(&mut self) {
        for place in self.plan.places() {
            self.exit(place, ContainerExit::Killed);
        }
        self.worker.exits_seen.clear();
    }

    /// The kubelet starts; after a reboot it knows only that its containers do not run.
    fn restart_kubelet(&mut self, rebooted: bool) {
        self.worker.reported = None;
        if rebooted {
            self.forget();
        }
        if self.is_ending() || !rebooted {
            self.report();
        } else {
            self.worker.stage = Stage::Armed(self.now);
        }
    }

    fn forget(&mut self) {
        let now = self.now;
        self.worker.earliest = now;
        self.worker.requested = false;
        self.worker.actions.clear();
        self.worker.step = Step::Begin;
        self.worker.outcome = Outcome::default();
        self.worker.probing = false;
        for container in &mut self.worker.containers {
            container.stop = None;
            container.stop_returns = None;
            container.backoff = Backoff::default();
            container.image_backoff = Backoff::default();
            container.error = None;
            container.workers = [None; 3];
        }
    }
}
