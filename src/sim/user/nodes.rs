//! What users do to nodes, and what happens to them.

use std::sync::Arc;

use crate::kube::apiserver::watch::KUBECTL;
use crate::kube::apiserver::{Api, Write};
use crate::kube::kubectl::drain::Flags;
use crate::kube::kubectl::drain::command::{DrainCommand, cordon_or_uncordon};
use crate::kube::kubectl::taint::taint;
use crate::kube::kubelet::node_status::registering;
use crate::kube::objects::ids::{NodeId, ObjectId};
use crate::kube::objects::node::{Machine, NodeObject};
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
            NodeAction::Drain { nodes, flags } => self.drain(number, nodes, flags),
            NodeAction::Cordon(nodes) => self.cordon_or_uncordon(nodes, true),
            NodeAction::Uncordon(nodes) => self.cordon_or_uncordon(nodes, false),
            NodeAction::Taint { nodes, edit } => self.for_each(nodes, |api, node| {
                taint(api, node, edit).map_err(|error| error.to_string())
            }),
            NodeAction::Machine { nodes, machine } => self.set_machines(nodes, *machine),
            NodeAction::Delete(nodes) => self.request_each(nodes, Write::DeleteNode),
            NodeAction::Add(new) => self.add_nodes(new),
        }
    }

    /// As kubectl finds nodes: none is touched when one of them does not exist.
    fn drain(&mut self, number: u32, nodes: &NodeNames, flags: &Flags) -> Result<(), String> {
        let nodes = self.all_nodes_of(nodes)?;
        for node in &nodes {
            self.tell_of(*node);
        }
        let command = DrainCommand::new(&mut self.user(), flags.clone(), nodes);
        self.drains.insert(number, command);
        self.go_on(number);
        Ok(())
    }

    /// As [`Simulation::drain`].
    fn cordon_or_uncordon(&mut self, nodes: &NodeNames, cordon: bool) -> Result<(), String> {
        self.all_nodes_of(nodes)?;
        self.for_each(nodes, |api, node| {
            cordon_or_uncordon(api, node, cordon);
            Ok(())
        })
    }

    /// Machines that are so already are told of.
    fn set_machines(&mut self, nodes: &NodeNames, machine: Machine) -> Result<(), String> {
        let is_so = |node: &NodeObject| node.machine == machine;
        let same: Vec<String> = names_of(nodes)
            .filter(|name| self.node_called(name).is_some_and(is_so))
            .map(|name| already(name, machine))
            .collect();
        let done = self.request_each(nodes, |node| Write::SetMachine { node, machine });
        done.and(if same.is_empty() { Ok(()) } else { Err(same.join("; ")) })
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

    /// Does something to each node that exists; the first refusal is told.
    fn for_each(
        &mut self,
        nodes: &NodeNames,
        mut work: impl FnMut(&mut Api<'_>, NodeId) -> Result<(), String>,
    ) -> Result<(), String> {
        let mut done = Ok(());
        for name in names_of(nodes) {
            done = done.and(match self.node_id(name) {
                Ok(node) => {
                    self.tell_of(node);
                    work(&mut self.user(), node)
                }
                Err(not_found) => Err(not_found),
            });
        }
        done
    }

    fn request_each(
        &mut self,
        nodes: &NodeNames,
        write: impl Fn(NodeId) -> Write,
    ) -> Result<(), String> {
        let mut done = Ok(());
        for name in names_of(nodes) {
            done = done.and(self.node_id(name).and_then(|node| self.try_request(write(node))));
        }
        done
    }

    /// Tells which event it is that has a command do something to a node.
    fn tell_of(&mut self, node: NodeId) {
        self.request(Write::Note(ObjectId::Node(node)));
    }

    fn all_nodes_of(&self, names: &NodeNames) -> Result<Vec<NodeId>, String> {
        names_of(names).map(|name| self.node_id(name)).collect()
    }

    /// In the words of the API server where there is no such node.
    fn node_id(&self, name: &str) -> Result<NodeId, String> {
        let node = self.node_called(name).map(|node| node.id);
        node.ok_or_else(|| format!("nodes \"{name}\" not found"))
    }

    fn node_called(&self, name: &str) -> Option<&NodeObject> {
        let mut nodes = self.cluster.nodes();
        nodes.find(|node| node.node.metadata.name == *name)
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

fn names_of(nodes: &NodeNames) -> impl Iterator<Item = &str> {
    nodes.iter().map(|name| &**name)
}

/// What is said of a machine that is so already.
fn already(name: &str, machine: Machine) -> String {
    match machine {
        Machine::Running => format!("{name} runs: there is nothing to recover from"),
        Machine::KubeletDown => format!("the kubelet of {name} is down already"),
        Machine::Stopped => format!("{name} has failed already"),
    }
}
