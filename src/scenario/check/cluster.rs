//! The cluster: flags, latencies, metrics, nodes.

use std::sync::Arc;

use super::{Checker, MAX_NODES, MAX_PERIODS};
use crate::api::core::{Node, NodeSpec, NodeStatus, ResourceList, Taint};
use crate::api::meta::ObjectMeta;
use crate::api::quantity::Quantity;
use crate::diagnostic::Diagnostic;
use crate::kube::controllers::podautoscaler::config::HpaControllerConfiguration;
use crate::kube::kubelet::node_status::initial_labels;
use crate::manifest::suggest::nearest;
use crate::scenario::file::cluster::{Cluster, ControllerManager, NodePool, Taint as WrittenTaint};
use crate::scenario::file::read::At;
use crate::scenario::{ClusterSpec, KubeletKind, MetricsSource, World};
use crate::units::SimDuration;

const ZONE: &str = "topology.kubernetes.io/zone";

impl Checker<'_> {
    pub(super) fn cluster(&mut self, world: World, duration: SimDuration) -> ClusterSpec {
        let written = self.input.file.spec.cluster.as_ref();
        let flags = written.and_then(|cluster| cluster.controller_manager.as_ref());
        let mut controller_manager = self.flags(flags, duration);
        self.feature_gates(written, &mut controller_manager);
        let nodes = self.nodes(written);
        let timings = written.and_then(|cluster| cluster.timings.as_ref());
        if timings.is_none() {
            self.assume("cluster", "latencies of a live control plane (timings: typical)");
            let deployments = &self.input.objects.deployments;
            if deployments.iter().any(|it| it.object.spec.strategy.swarm.is_none()) {
                self.assume("cluster", "endpoints change 1 s after pods");
            }
        }
        let pull = written.and_then(|cluster| cluster.image_pull.as_ref());
        if pull.is_none() {
            let cached = if world == World::Warm { "images at the start are cached; " } else { "" };
            self.assume("cluster", format!("{cached}an image takes 2 s to pull"));
        }
        ClusterSpec {
            timings: timings.map_or_else(Default::default, |timings| timings.value),
            nodes,
            controller_manager,
            cluster_autoscaler: self.cluster_autoscaler(written, duration),
            node_lifecycle: self.node_flags(flags, duration),
            metrics: self.metrics_source(written, duration),
            hpa_syncs: Vec::new(),
            kubelet: KubeletKind::Modelled {
                image_pull: pull.map_or(SimDuration::from_secs(2), |pull| pull.value),
            },
            pod_quota: written
                .and_then(|cluster| cluster.pod_quota.as_ref())
                .map(|quota| i64::from(quota.value)),
        }
    }

    fn flags(
        &mut self,
        written: Option<&ControllerManager>,
        duration: SimDuration,
    ) -> HpaControllerConfiguration {
        let mut flags = HpaControllerConfiguration::default();
        let Some(written) = written else { return flags };
        let value = |flag: &Option<At<SimDuration>>, default: SimDuration| {
            flag.as_ref().map_or(default, |flag| flag.value)
        };
        flags.downscale_stabilization =
            value(&written.downscale_stabilization, flags.downscale_stabilization);
        flags.cpu_initialization_period =
            value(&written.cpu_initialization_period, flags.cpu_initialization_period);
        flags.initial_readiness_delay =
            value(&written.initial_readiness_delay, flags.initial_readiness_delay);
        if let Some(period) = &written.sync_period {
            let key = "horizontal-pod-autoscaler-sync-period";
            self.period(key, period, SimDuration::from_secs(1), duration);
            flags.sync_period = period.value;
        }
        if let Some(tolerance) = &written.tolerance {
            if !(0.0..=1e6).contains(&tolerance.value) {
                self.report(
                    Diagnostic::error("scenario-value", "the tolerance is out of range")
                        .at(tolerance.span.clone(), "")
                        .help("write a share such as `0.1`"),
                );
            }
            flags.tolerance = tolerance.value;
        }
        flags
    }

    /// Refuses periods so short that there would be no end of them.
    pub(super) fn period(
        &mut self,
        key: &str,
        period: &At<SimDuration>,
        least: SimDuration,
        duration: SimDuration,
    ) {
        if period.value < least {
            self.report(
                Diagnostic::error("scenario-value", format!("`{key}` is shorter than {least}"))
                    .at(period.span.clone(), "")
                    .help(format!("write `{least}` or more")),
            );
        } else if duration.0 / period.value.0 > MAX_PERIODS {
            self.report(
                Diagnostic::error("scenario-value", format!("`{key}` fits too often"))
                    .at(period.span.clone(), format!("more than {MAX_PERIODS} times"))
                    .help("write a longer one, or a shorter `duration`"),
            );
        }
    }

    fn feature_gates(
        &mut self,
        written: Option<&Cluster>,
        configuration: &mut HpaControllerConfiguration,
    ) {
        const KNOWN: [&str; 3] =
            ["HPAScaleToZero", "HPAConfigurableTolerance", "PodLevelResources"];
        let gates = written.map_or(&[][..], |cluster| &cluster.feature_gates.0);
        for gate in gates {
            let on = gate.value.value;
            match gate.name.value.as_str() {
                "HPAScaleToZero" => configuration.feature_gates.scale_to_zero = on,
                "HPAConfigurableTolerance" => {
                    configuration.feature_gates.configurable_tolerance = on;
                }
                "PodLevelResources" => configuration.feature_gates.pod_level_resources = on,
                other => {
                    let help = match nearest(other, KNOWN.into_iter()) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => format!("those that change something are {}", KNOWN.join(", ")),
                    };
                    let message = format!("gate `{}` has no effect here", super::clip(other));
                    self.report(
                        Diagnostic::warning("feature-gate", message)
                            .at(gate.name.span.clone(), "")
                            .help(help),
                    );
                }
            }
        }
    }

    fn metrics_source(
        &mut self,
        written: Option<&Cluster>,
        duration: SimDuration,
    ) -> MetricsSource {
        let server = written.and_then(|cluster| cluster.metrics_server.as_ref());
        let resolution = server.and_then(|server| server.metric_resolution.as_ref());
        match resolution {
            Some(resolution) => {
                let least = SimDuration::from_secs(10);
                self.period("metric-resolution", resolution, least, duration);
            }
            None => self.assume("cluster", "metrics resolution 15 s"),
        }
        let phases = written.and_then(|cluster| cluster.metrics.as_ref());
        MetricsSource::MetricsServer {
            resolution: resolution.map_or(SimDuration::from_secs(15), |written| written.value),
            container_phases: phases
                .and_then(|metrics| metrics.container_phases.as_ref())
                .is_some_and(|phases| phases.value),
        }
    }

    /// Nodes of the Scenario; else of the manifests; else as many as are needed.
    fn nodes(&mut self, written: Option<&Cluster>) -> Vec<Arc<Node>> {
        let pools = written.map_or(&[][..], |cluster| &cluster.nodes);
        let objects = &self.input.objects.nodes;
        if pools.is_empty() && !objects.is_empty() {
            return objects.iter().map(|loaded| Arc::new(loaded.object.clone())).collect();
        }
        if pools.is_empty() {
            return self.default_nodes();
        }
        let most = |pool| count_of(pool).max(pool.max.as_ref().map_or(0, |max| max.value));
        let total: i64 = pools.iter().map(|pool: &NodePool| i64::from(most(pool))).sum();
        if total > MAX_NODES {
            self.report(
                Diagnostic::error("too-many-nodes", format!("there are {total} nodes"))
                    .at(pools[0].name.span.clone(), "with this pool and the others")
                    .help(format!("write {MAX_NODES} or fewer")),
            );
            return Vec::new();
        }
        let mut nodes: Vec<Arc<Node>> = Vec::new();
        for pool in pools {
            self.check_pool(pool, &nodes);
            nodes.extend(nodes_of(pool).map(Arc::new));
        }
        nodes
    }

    pub(super) fn check_pool(&mut self, pool: &NodePool, before: &[Arc<Node>]) {
        if count_of(pool) == 0 && pool.max.is_none() {
            self.report(
                Diagnostic::warning("empty-pool", "this pool has no nodes")
                    .at(pool.count.as_ref().map_or(&pool.span, |count| &count.span).clone(), ""),
            );
        }
        let taken = nodes_of(pool)
            .take(1)
            .any(|node| before.iter().any(|other| other.metadata.name == node.metadata.name));
        if taken {
            self.report(
                Diagnostic::error("same-name", "two nodes have the same name")
                    .at(pool.name.span.clone(), "taken already")
                    .help("give each pool a name of its own"),
            );
        }
        for resource in ["cpu", "memory"] {
            if !pool.allocatable.0.iter().any(|amount| amount.name.value == resource) {
                self.report_absence(
                    Diagnostic::error("scenario-node", format!("the node has no `{resource}`"))
                        .at(pool.name.span.clone(), "")
                        .help("write `allocatable: {cpu: \"4\", memory: 16Gi}`"),
                );
            }
        }
        for taint in &pool.taints {
            let known = [("NoSchedule", ()), ("PreferNoSchedule", ()), ("NoExecute", ())];
            self.choice(&taint.effect, "effect", &known);
        }
    }
}

/// As written; else one, or as many as the cluster autoscaler keeps at least.
pub(super) fn count_of(pool: &NodePool) -> u32 {
    let least = pool.min.as_ref().map_or(1, |min| min.value.max(1));
    pool.count.as_ref().map_or(least, |count| count.value)
}

/// The nodes of a pool: with a count, or if there may be more, they are numbered from 1.
fn nodes_of(pool: &NodePool) -> impl Iterator<Item = Node> + '_ {
    let name = &pool.name.value;
    let numbered = pool.count.is_some() || pool.max.is_some();
    (1..=count_of(pool)).map(move |number| {
        let own = if numbered { format!("{name}-{number}") } else { name.clone() };
        pool_node(own, pool)
    })
}

/// A node of a pool.
pub(super) fn pool_node(name: String, pool: &NodePool) -> Node {
    let mut labels = initial_labels(&name);
    let own = pool.labels.0.iter();
    labels.extend(own.map(|label| (label.name.value.clone(), label.value.value.clone())));
    if let Some(zone) = &pool.zone {
        labels.insert(ZONE.to_owned(), zone.value.clone());
    }
    let mut allocatable: ResourceList = pool
        .allocatable
        .0
        .iter()
        .map(|amount| (amount.name.value.clone(), amount.value.value.0.clone()))
        .collect();
    allocatable
        .entry("pods".to_owned())
        .or_insert_with(|| Quantity::new(110, crate::api::quantity::Format::DecimalSi));
    Node {
        metadata: ObjectMeta { name, labels, ..ObjectMeta::default() },
        spec: NodeSpec { unschedulable: false, taints: pool.taints.iter().map(taint).collect() },
        status: NodeStatus { capacity: allocatable.clone(), allocatable, images: Vec::new() },
    }
}

fn taint(written: &WrittenTaint) -> Taint {
    Taint {
        key: written.key.value.clone(),
        value: written.value.as_ref().map(|value| value.value.clone()).unwrap_or_default(),
        effect: written.effect.value.clone(),
    }
}
