//! The cluster autoscaler: its flags, and the pools that it works on.

use std::sync::Arc;

use super::cluster::{count_of, pool_node};
use super::{Checker, clip};
use crate::diagnostic::Diagnostic;
use crate::kube::cluster_autoscaler::config::{
    AutoscalingOptions, ClusterAutoscalerConfiguration, Expander, NodeGroup,
};
use crate::scenario::file::cluster::{Cluster, NodePool};
use crate::scenario::file::cluster_autoscaler::ClusterAutoscaler;
use crate::scenario::file::read::At;
use crate::units::SimDuration;

/// How long an ordered node takes when nobody says it: about what the large clouds take.
const PROVISIONING: SimDuration = SimDuration::from_secs(120);

impl Checker<'_> {
    /// The autoscaler, if any pool may grow.
    pub(super) fn cluster_autoscaler(
        &mut self,
        written: Option<&Cluster>,
        duration: SimDuration,
    ) -> Option<Arc<ClusterAutoscalerConfiguration>> {
        let written = written?;
        let flags = written.cluster_autoscaler.as_ref();
        let groups: Vec<NodeGroup> =
            written.nodes.iter().filter_map(|pool| self.node_group(pool)).collect();
        let options = self.autoscaling_options(flags.map(|flags| &flags.value), duration);
        if !groups.is_empty() {
            return Some(Arc::new(ClusterAutoscalerConfiguration { options, groups }));
        }
        let is_half = |pool: &NodePool| pool.min.is_some() || pool.max.is_some();
        if let Some(flags) = flags.filter(|_| !written.nodes.iter().any(is_half)) {
            self.report_absence(
                Diagnostic::warning("no-node-group", "no pool may grow or shrink")
                    .at(flags.span.clone(), "there is no cluster autoscaler")
                    .help("write `min` and `max` in a pool of `cluster.nodes`"),
            );
        }
        None
    }

    /// A pool with `min` and `max` is a node group.
    fn node_group(&mut self, pool: &NodePool) -> Option<NodeGroup> {
        let (min, max) = match (&pool.min, &pool.max) {
            (Some(min), Some(max)) => (min, max),
            (None, None) => {
                self.check_idle_provisioning(pool);
                return None;
            }
            (Some(one), None) | (None, Some(one)) => {
                let name = clip(&pool.name.value);
                self.report_absence(
                    Diagnostic::error("node-group", format!("`{name}` has only one bound"))
                        .at(one.span.clone(), "")
                        .help("write both `min` and `max`, or neither"),
                );
                return None;
            }
        };
        if min.value > max.value || max.value == 0 {
            self.report(
                Diagnostic::error("node-group", "`max` is below `min`, or 0")
                    .at(max.span.clone(), format!("at most {} nodes", max.value))
                    .beside(min.span.clone(), format!("at least {}", min.value))
                    .help("write `min: 1, max: 10`"),
            );
            return None;
        }
        let count = count_of(pool);
        if let Some(written) =
            pool.count.as_ref().filter(|_| !(min.value..=max.value).contains(&count))
        {
            let (min, max) = (min.value, max.value);
            self.report(
                Diagnostic::error("node-group", "`count` is not within `min` and `max`")
                    .at(written.span.clone(), format!("not within {min} and {max}"))
                    .help("write how many nodes there are at the start"),
            );
        }
        let name = &pool.name.value;
        let provisioning = pool.provisioning.as_ref().map(|written| written.value);
        if provisioning.is_none() {
            let text = format!("a new node of pool {name} is ready after {PROVISIONING}");
            self.assume("cluster autoscaler", text);
        }
        Some(NodeGroup {
            name: Arc::from(name.as_str()),
            min: min.value,
            max: max.value,
            shape: Arc::new(pool_node(String::new(), pool)),
            provisioning: provisioning.unwrap_or(PROVISIONING),
        })
    }

    fn check_idle_provisioning(&mut self, pool: &NodePool) {
        if let Some(written) = &pool.provisioning {
            self.report_absence(
                Diagnostic::warning("node-group", "`provisioning` has no effect")
                    .at(written.span.clone(), "nobody orders nodes of this pool")
                    .help("write `min` and `max`, so that the cluster autoscaler may"),
            );
        }
    }

    /// A pool that joins later is nothing that an autoscaler knows.
    pub(super) fn refuse_bounds(&mut self, pool: &NodePool) {
        let provisioning = pool.provisioning.as_ref().map(|written| &written.span);
        let bounds = [&pool.min, &pool.max].into_iter().flatten().map(|bound| &bound.span);
        if let Some(span) = bounds.chain(provisioning).next() {
            self.report(
                Diagnostic::error("node-group", "nodes of an event are no node group")
                    .at(span.clone(), "")
                    .help(
                        "write `min` and `max` in a pool of `cluster.nodes`; its `count` may be 0",
                    ),
            );
        }
    }

    fn autoscaling_options(
        &mut self,
        written: Option<&ClusterAutoscaler>,
        duration: SimDuration,
    ) -> AutoscalingOptions {
        let mut options = AutoscalingOptions::default();
        let Some(written) = written else { return options };
        take_durations(written, &mut options);
        take_numbers(written, &mut options);
        if let Some(interval) = &written.scan_interval {
            self.period("scan-interval", interval, SimDuration::from_secs(1), duration);
            options.scan_interval = interval.value.max(SimDuration::from_secs(1));
        }
        if let Some(expander) = &written.expander {
            let known = [
                ("least-waste", Expander::LeastWaste),
                ("most-pods", Expander::MostPods),
                ("random", Expander::Random),
            ];
            options.expander = self.choice(expander, "expander", &known).unwrap_or_default();
        }
        if let Some(threshold) = &written.scale_down_utilization_threshold {
            if !(0.0..=1.0).contains(&threshold.value) {
                self.report(
                    Diagnostic::error("scenario-value", "the threshold is out of range")
                        .at(threshold.span.clone(), "not within 0 and 1")
                        .help("write a share such as `0.5`"),
                );
            }
            options.scale_down_utilization_threshold = threshold.value;
        }
        options
    }
}

/// Sets what was written.
fn set<T: Copy, U: From<T>>(option: &mut U, written: Option<&At<T>>) {
    if let Some(written) = written {
        *option = U::from(written.value);
    }
}

fn take_durations(written: &ClusterAutoscaler, options: &mut AutoscalingOptions) {
    let it = written;
    set(&mut options.new_pod_scale_up_delay, it.new_pod_scale_up_delay.as_ref());
    set(&mut options.max_node_provision_time, it.max_node_provision_time.as_ref());
    set(
        &mut options.initial_node_group_backoff_duration,
        it.initial_node_group_backoff_duration.as_ref(),
    );
    set(&mut options.max_node_group_backoff_duration, it.max_node_group_backoff_duration.as_ref());
    set(
        &mut options.node_group_backoff_reset_timeout,
        it.node_group_backoff_reset_timeout.as_ref(),
    );
    set(&mut options.scale_down_unneeded_time, it.scale_down_unneeded_time.as_ref());
    set(&mut options.scale_down_unready_time, it.scale_down_unready_time.as_ref());
    set(&mut options.scale_down_delay_after_add, it.scale_down_delay_after_add.as_ref());
    set(&mut options.scale_down_delay_after_delete, it.scale_down_delay_after_delete.as_ref());
    set(&mut options.scale_down_delay_after_failure, it.scale_down_delay_after_failure.as_ref());
    set(
        &mut options.unremovable_node_recheck_timeout,
        it.unremovable_node_recheck_timeout.as_ref(),
    );
    set(&mut options.max_pod_eviction_time, it.max_pod_eviction_time.as_ref());
    set(&mut options.node_delete_delay_after_taint, it.node_delete_delay_after_taint.as_ref());
}

fn take_numbers(written: &ClusterAutoscaler, options: &mut AutoscalingOptions) {
    let it = written;
    set(&mut options.max_nodes_total, it.max_nodes_total.as_ref());
    set(&mut options.scale_down_enabled, it.scale_down_enabled.as_ref());
    set(&mut options.max_scale_down_parallelism, it.max_scale_down_parallelism.as_ref());
    set(&mut options.max_drain_parallelism, it.max_drain_parallelism.as_ref());
    set(&mut options.max_bulk_soft_taint_count, it.max_bulk_soft_taint_count.as_ref());
    set(&mut options.max_graceful_termination_sec, it.max_graceful_termination_sec.as_ref());
    set(&mut options.skip_nodes_with_local_storage, it.skip_nodes_with_local_storage.as_ref());
    set(&mut options.skip_nodes_with_system_pods, it.skip_nodes_with_system_pods.as_ref());
}
