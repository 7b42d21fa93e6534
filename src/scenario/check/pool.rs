//! The nodes of a Scenario that names none.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Checker, most_pods};
use crate::api::core::Node;
use crate::diagnostic::Diagnostic;
use crate::kube::scheduler::default_pool::{PoolDemand, default_node, default_pool};

impl Checker<'_> {
    /// As many nodes of 4 CPU and 16 GiB in 3 zones as all Deployments at their largest need.
    pub(super) fn default_nodes(&mut self) -> Vec<Arc<Node>> {
        let objects = self.input.objects;
        let demand = |loaded| {
            let most = most_pods(objects, loaded);
            PoolDemand::of(&loaded.object.spec.template, most.replicas, most.surge)
        };
        let demands: Vec<PoolDemand> = objects.deployments.iter().map(demand).collect();
        let pool = default_pool(&demands);
        for place in &pool.unplaceable {
            let loaded = &objects.deployments[*place as usize];
            let name = &loaded.object.metadata.name;
            let finding = Diagnostic::warning(
                "no-room",
                format!("pods of `{name}` find no room on {} nodes of 4 CPU / 16 GiB", pool.nodes),
            )
            .at(objects.head(loaded.origin), "some stay Pending")
            .help("name the nodes that you have: `cluster.nodes` of the Scenario");
            self.report_absence(finding);
        }
        self.assume("cluster", format!("{} nodes of 4 CPU / 16 GiB in 3 zones", pool.nodes));
        let mut nodes: Vec<Node> = (1..=pool.nodes).map(default_node).collect();
        self.label(&mut nodes);
        nodes.into_iter().map(Arc::new).collect()
    }

    /// Nodes that nobody described are those that the pods' nodeSelectors ask for, unless they ask
    /// for different ones.
    fn label(&mut self, nodes: &mut [Node]) {
        let mut asked: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for loaded in &self.input.objects.deployments {
            for (key, value) in &loaded.object.spec.template.spec.node_selector {
                asked.entry(key).or_default().insert(value);
            }
        }
        let known = |key: &str| nodes.iter().all(|node| node.metadata.labels.contains_key(key));
        asked.retain(|key, values| values.len() == 1 && !known(key));
        let labels: Vec<String> = asked
            .iter()
            .flat_map(|(key, values)| values.iter().map(move |value| format!("{key}={value}")))
            .collect();
        for node in nodes {
            for (key, values) in &asked {
                let value = values.iter().next().copied().unwrap_or_default();
                node.metadata.labels.insert((*key).to_owned(), value.to_owned());
            }
        }
        if !labels.is_empty() {
            let text = format!(
                "all nodes have the labels that nodeSelectors ask for: {}",
                labels.join(", ")
            );
            self.assume("cluster", text);
        }
    }
}
