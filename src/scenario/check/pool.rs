//! The nodes of a Scenario that names none.

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
        (1..=pool.nodes).map(|number| Arc::new(default_node(number))).collect()
    }
}
