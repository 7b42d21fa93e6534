//! `kubectl drain NODE...`, `kubectl cordon` and `kubectl uncordon`. Mirrors pkg/cmd/drain/drain.go
//! of kubectl (v0.36). Left out: dry runs, selectors of nodes.
//!
//! All nodes are cordoned first; then they are drained one after the other, also when one fails.

use std::sync::Arc;

use super::filters::pods_for_deletion;
use super::reason::{DrainError, KubectlReason, PodName};
use super::{Drain, Flags};
use crate::kube::apiserver::{Api, Write};
use crate::kube::objects::ids::{NodeId, ObjectId};
use crate::kube::reason::Reason;
use crate::units::SimTime;

/// A `kubectl drain` that is running.
#[derive(Clone, Debug)]
pub struct DrainCommand {
    flags: Flags,
    nodes: Vec<NodeId>,
    /// How many of them are done.
    done: usize,
    /// What goes on with the next one.
    drain: Option<Drain>,
    /// Nodes that were not drained, and why.
    failed: Vec<(Arc<str>, Arc<[DrainError]>)>,
}

impl DrainCommand {
    /// Cordons the nodes; [`DrainCommand::reconcile`] does the rest, from now on.
    pub fn new(api: &mut Api<'_>, flags: Flags, nodes: Vec<NodeId>) -> DrainCommand {
        for &node in &nodes {
            cordon_or_uncordon(api, node, true);
        }
        DrainCommand { flags, nodes, done: 0, drain: None, failed: Vec::new() }
    }

    /// Does what is due and tells when there is more to do; `None` when the command has ended.
    pub fn reconcile(&mut self, api: &mut Api<'_>) -> Option<SimTime> {
        while let Some(&node) = self.nodes.get(self.done) {
            let drain = match self.drain.take() {
                Some(drain) => Ok(drain),
                None => self.begin(api, node),
            };
            let errors = match drain {
                Err(errors) => errors,
                Ok(mut drain) => match drain.reconcile(api) {
                    Some(at) => {
                        self.drain = Some(drain);
                        return Some(at);
                    }
                    None => drain.into_errors(),
                },
            };
            self.end(api, node, errors);
            self.done += 1;
        }
        if !self.failed.is_empty() {
            let nodes = self.failed.iter().map(|(node, _)| Arc::clone(node)).collect();
            let last = self.nodes.last().copied().unwrap_or_default();
            print(api, last, KubectlReason::PendingNodes { nodes });
        }
        None
    }

    /// Why not all nodes were drained, once the command has ended: for each the first error.
    pub fn refusal(&self) -> Option<String> {
        let errors = self.failed.iter().filter_map(|(node, errors)| {
            let (first, more) = errors.split_first()?;
            let more = match more.len() {
                0 => String::new(),
                count => format!(" and {count} more"),
            };
            Some(format!("unable to drain node \"{node}\" due to error: {first}{more}"))
        });
        let errors: Vec<String> = errors.collect();
        (!errors.is_empty()).then(|| errors.join("; "))
    }

    /// Mirrors the first half of `deleteOrEvictPodsSimple`.
    fn begin(&self, api: &mut Api<'_>, node: NodeId) -> Result<Drain, Vec<DrainError>> {
        let list = pods_for_deletion(api.cluster(), node, &self.flags);
        if !list.refusals.is_empty() {
            return Err(list.refusals.into_iter().map(DrainError::CannotDelete).collect());
        }
        if !list.warnings.is_empty() {
            print(api, node, KubectlReason::Warning(Arc::from(list.warnings)));
        }
        Ok(Drain::new(api, self.flags.clone(), &list.pods))
    }

    fn end(&mut self, api: &mut Api<'_>, node: NodeId, errors: Vec<DrainError>) {
        let name = name_of(api, node);
        if errors.is_empty() {
            return print(api, node, KubectlReason::Drained { node: name });
        }
        let errors: Arc<[DrainError]> = Arc::from(errors);
        let refused = matches!(errors[0], DrainError::CannotDelete(_));
        let left = pods_for_deletion(api.cluster(), node, &self.flags).pods;
        if !refused && !left.is_empty() {
            let pods = left.iter().filter_map(|&pod| api.cluster().pod(pod));
            let pods: Arc<[Arc<str>]> = pods.map(|pod| PodName::of(pod).name).collect();
            let (node_name, why) = (Arc::clone(&name), Arc::clone(&errors));
            print(api, node, KubectlReason::PendingPods { node: node_name, pods, errors: why });
        }
        self.failed.push((Arc::clone(&name), Arc::clone(&errors)));
        print(api, node, KubectlReason::UnableToDrain { node: name, errors });
    }
}

/// `kubectl cordon` or `kubectl uncordon` of one node, if it exists.
pub fn cordon_or_uncordon(api: &mut Api<'_>, node: NodeId, unschedulable: bool) {
    let Some(object) = api.cluster().node(node) else { return };
    let already = object.unschedulable == unschedulable;
    let write = if already {
        Write::Note(ObjectId::Node(node))
    } else {
        Write::UpdateNode { node, unschedulable, taints: Arc::from(object.taints.as_slice()) }
    };
    let reason = KubectlReason::Cordon { node: name_of(api, node), unschedulable, already };
    send(api, write, reason);
}

fn name_of(api: &Api<'_>, node: NodeId) -> Arc<str> {
    let node = api.cluster().node(node);
    Arc::from(node.map_or("", |node| node.node.metadata.name.as_str()))
}

/// Prints a line about a node.
fn print(api: &mut Api<'_>, node: NodeId, reason: KubectlReason) {
    send(api, Write::Note(ObjectId::Node(node)), reason);
}

fn send(api: &mut Api<'_>, write: Write, reason: KubectlReason) {
    api.write(write, Reason::Kubectl(reason)).expect("a node that was just read can be written");
}
