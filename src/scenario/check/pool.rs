//! The nodes of a Scenario that names none.

use std::sync::Arc;

use super::{Checker, most_pods};
use crate::api::core::{Node, NodeStatus, PodSpec, ResourceList};
use crate::api::meta::ObjectMeta;
use crate::api::quantity::{Format, Quantity};

use super::profiles::{cpu_request, memory_request, running_containers};

impl Checker<'_> {
    /// As many nodes of 4 CPU and 16 GiB in 3 zones as all Deployments at their largest need.
    pub(super) fn default_nodes(&mut self) -> Vec<Arc<Node>> {
        let objects = self.input.objects;
        let (mut cpu, mut memory, mut pods, mut apart) = (0_i64, 0_i64, 0_i64, 0_i64);
        for loaded in &objects.deployments {
            let most = most_pods(objects, loaded).0;
            let spec = &loaded.object.spec.template.spec;
            let requests = |of: fn(&crate::api::core::Container) -> i64| -> i64 {
                running_containers(spec).map(of).sum()
            };
            let milli = requests(|c| cpu_request(c).unwrap_or_default().0);
            let bytes = requests(|c| memory_request(c).unwrap_or_default().0);
            cpu = cpu.saturating_add(most.saturating_mul(nodes_a_pod(milli, 4000)));
            memory = memory.saturating_add(most.saturating_mul(nodes_a_pod(bytes, 16 << 30)));
            pods = pods.saturating_add(most);
            if keeps_apart(spec) {
                apart = apart.max(most);
            }
        }
        let by_cpu = cpu.div_euclid(SHARES) + 1;
        let by_memory = memory.div_euclid(SHARES) + 1;
        let count = by_cpu.max(by_memory).max(pods / 110 + 1).max(apart).max(3);
        let count = count.min(super::MAX_NODES);
        self.assume("cluster", format!("{count} nodes of 4 CPU / 16 GiB in 3 zones"));
        (1..=count).map(|number| Arc::new(default_node(number))).collect()
    }
}

/// Parts of a node that pods are counted in.
const SHARES: i64 = 1000;

/// How many parts of a node a pod takes, so that whole pods fit: a pod of 1.5 CPU takes half of 4.
fn nodes_a_pod(request: i64, node: i64) -> i64 {
    if request <= 0 {
        return 0;
    }
    let fit = node / request;
    if fit == 0 { SHARES } else { SHARES.div_euclid(fit) + i64::from(SHARES % fit > 0) }
}

/// Whether pods may not share a host.
fn keeps_apart(spec: &PodSpec) -> bool {
    let anti = spec.affinity.as_ref().and_then(|affinity| affinity.pod_anti_affinity.as_ref());
    anti.is_some_and(|anti| {
        anti.required.iter().any(|term| term.topology_key == "kubernetes.io/hostname")
    })
}

fn default_node(number: i64) -> Node {
    let name = format!("node-{number}");
    let zone = ["a", "b", "c"][((number - 1) % 3) as usize];
    let labels = [("kubernetes.io/hostname", name.as_str()), ("topology.kubernetes.io/zone", zone)];
    let amounts = [
        ("cpu", Quantity::new(4, Format::DecimalSi)),
        ("memory", Quantity::new(16 << 30, Format::BinarySi)),
        ("pods", Quantity::new(110, Format::DecimalSi)),
    ];
    let allocatable: ResourceList =
        amounts.into_iter().map(|(name, amount)| (name.to_owned(), amount)).collect();
    Node {
        metadata: ObjectMeta {
            labels: labels.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
            name,
            ..ObjectMeta::default()
        },
        status: NodeStatus { capacity: allocatable.clone(), allocatable, images: Vec::new() },
        ..Node::default()
    }
}
