//! The cluster autoscaler: its groups stay within their bounds, and no node goes under a pod.

use std::sync::Arc;

use podtide::kube::apiserver::{Cluster, Fact, Write};
use podtide::kube::cluster_autoscaler::config::{ClusterAutoscalerConfiguration, NodeGroup};
use podtide::kube::cluster_autoscaler::reason::ClusterAutoscalerReason;
use podtide::kube::objects::pod::Pod;
use podtide::kube::reason::Reason;

use super::Checked;

/// The groups of a scenario.
#[derive(Clone, Default)]
pub(super) struct Groups(pub(super) Option<Arc<ClusterAutoscalerConfiguration>>);

impl Groups {
    /// Looks at a fact before the cluster follows it.
    pub(super) fn check(&self, cluster: &Cluster, fact: &Fact) -> Checked {
        let Reason::ClusterAutoscaler(reason) = &fact.reason else { return Ok(()) };
        match (reason, &fact.write) {
            (ClusterAutoscalerReason::ScaledUpGroup { change, .. }, _) => {
                let group = self.named(&change.group)?;
                within(change.from < change.to && change.to <= group.max, change)
            }
            (ClusterAutoscalerReason::NodeRegistered { group, .. }, Write::CreateNode(_)) => {
                let group = self.named(group)?;
                let nodes = size(cluster, group);
                within(nodes < group.max, &format!("{nodes} nodes, and one more"))
            }
            (ClusterAutoscalerReason::NodeRemoved { group, .. }, Write::DeleteNode(node)) => {
                let group = self.named(group)?;
                let nodes = size(cluster, group);
                within(nodes > group.min, &format!("{nodes} nodes, and one less"))?;
                let node = cluster.node(*node).ok_or("a node went that was not there")?;
                let pods = node.pods.iter().filter_map(|&pod| cluster.pod(pod));
                let mut stays = pods.filter(|pod| pod.is_active());
                match stays.find(|pod: &&Pod| pod.is_ready()) {
                    None => Ok(()),
                    Some(pod) => Err(format!("{} still serves", pod.name)),
                }
            }
            _ => Ok(()),
        }
    }

    fn named(&self, name: &str) -> Result<&NodeGroup, String> {
        let groups = self.0.as_ref().map(|it| it.groups.as_slice()).unwrap_or_default();
        groups.iter().find(|group| &*group.name == name).ok_or_else(|| format!("no group {name}"))
    }
}

fn size(cluster: &Cluster, group: &NodeGroup) -> u32 {
    let ours = |name: &str| group.number_of(name).is_some();
    cluster.nodes().filter(|node| ours(&node.node.metadata.name)).count() as u32
}

fn within(is: bool, what: &impl ToString) -> Checked {
    if is { Ok(()) } else { Err(what.to_string()) }
}
