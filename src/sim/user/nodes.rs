//! What users do to nodes, and what happens to them.

use std::sync::Arc;

use crate::kube::apiserver::watch::KUBECTL;
use crate::kube::apiserver::{Api, Write};
use crate::kube::kubectl::drain::Flags;
use crate::kube::kubectl::drain::command::{DrainCommand, cordon_or_uncordon};
use crate::kube::kubectl::taint::taint;
use crate::kube::kubelet::node_status::registering;
use crate::kube::objects::ids::{NodeId, ObjectId};
use crate::recording::Refusal;
use crate::scenario::action::nodes::{NewNodes, NodeAction, NodeNames};
use crate::sim::{KUBELET_RANK, Simulation};

impl Simulation<'_> {
    /// Does something to nodes; `number` is that of the action.
    ///
    /// # Errors
    /// What kubectl says against it, where it says so at once.
    pub(super) fn act_on_nodes(&mut self, number: u32, what: &NodeAction) -> Result<(), String> {
        match what {
            NodeAction::Drain { nodes, flags } => {
                self.drain(number, nodes, flags);
                Ok(())
            }
            NodeAction::Cordon(nodes) => self.for_each(nodes, |api, node| {
                cordon_or_uncordon(api, node, true);
                Ok(())
            }),
            NodeAction::Uncordon(nodes) => self.for_each(nodes, |api, node| {
                cordon_or_uncordon(api, node, false);
                Ok(())
            }),
            NodeAction::Taint { nodes, edit } => self.for_each(nodes, |api, node| {
                taint(api, node, edit).map_err(|error| error.to_string())
            }),
            NodeAction::Machine { nodes, machine } => {
                let machine = *machine;
                self.request_each(nodes, |node| Write::SetMachine { node, machine })
            }
            NodeAction::Delete(nodes) => self.request_each(nodes, Write::DeleteNode),
            NodeAction::Add(new) => self.add_nodes(new),
        }
    }

    fn drain(&mut self, number: u32, nodes: &NodeNames, flags: &Flags) {
        let nodes = self.nodes_of(nodes);
        for node in &nodes {
            self.tell_of(*node);
        }
        let command = DrainCommand::new(&mut self.user(), flags.clone(), nodes);
        self.drains.insert(number, command);
        self.go_on(number);
    }

    /// A command that takes time has something to do.
    pub(in crate::sim) fn go_on(&mut self, number: u32) {
        let Some(mut command) = self.drains.remove(&number) else {
            return self.go_on_evicting(number);
        };
        if let Some(at) = command.reconcile(&mut self.user()) {
            self.drains.insert(number, command);
            self.cluster.wakes.wake(KUBECTL, number, at);
        } else if let Some(why) = command.refusal() {
            let at = self.cluster.now;
            self.refusals.push(Refusal { at, event: number, why: Arc::from(why) });
        }
    }

    /// The API as a user sees it. Kubelets, endpoints and the rest have their turn once all
    /// commands of this instant are through.
    fn user(&mut self) -> Api<'_> {
        Api::new(&mut self.cluster, KUBELET_RANK, &mut self.control_plane.below.below)
    }

    /// Does something to each node; the first refusal is told.
    fn for_each(
        &mut self,
        nodes: &NodeNames,
        mut work: impl FnMut(&mut Api<'_>, NodeId) -> Result<(), String>,
    ) -> Result<(), String> {
        let mut done = Ok(());
        for node in self.nodes_of(nodes) {
            self.tell_of(node);
            done = done.and(work(&mut self.user(), node));
        }
        done
    }

    fn request_each(
        &mut self,
        nodes: &NodeNames,
        write: impl Fn(NodeId) -> Write,
    ) -> Result<(), String> {
        self.nodes_of(nodes).into_iter().try_for_each(|node| self.try_request(write(node)))
    }

    /// Tells which event it is that has a command do something to a node.
    fn tell_of(&mut self, node: NodeId) {
        self.request(Write::Note(ObjectId::Node(node)));
    }

    fn nodes_of(&self, names: &NodeNames) -> Vec<NodeId> {
        let find = |name: &Arc<str>| {
            let mut nodes = self.cluster.nodes();
            nodes.find(|node| node.node.metadata.name == **name).map(|node| node.id)
        };
        names.iter().filter_map(find).collect()
    }

    fn add_nodes(&mut self, new: &NewNodes) -> Result<(), String> {
        let Some(count) = new.count else {
            return self
                .try_request(Write::CreateNode(Arc::new(registering(&new.shape, &new.name))));
        };
        let number = |name: &str| name.strip_prefix(&*new.name)?.strip_prefix('-')?.parse().ok();
        let nodes = self.cluster.nodes();
        let taken = nodes.filter_map(|node| number(&node.node.metadata.name)).max();
        let first = taken.unwrap_or(0_u32).saturating_add(1);
        (first..).take(count as usize).try_for_each(|number| {
            let name = format!("{}-{number}", new.name);
            self.try_request(Write::CreateNode(Arc::new(registering(&new.shape, &name))))
        })
    }
}
