//! Mirrors `isPodWorthRequeuing` of pkg/scheduler/backend/queue/scheduling_queue.go and the
//! queueing hints of the plugins (v1.36). Left out: hints on changes of the waiting pod, of
//! requests and of node labels, none of which happen here.

use crate::api::core::Taint;
use crate::kube::objects::ids::NodeId;
use crate::kube::scheduler::node_ports::ports_conflict;
use crate::kube::scheduler::node_resources;
use crate::kube::scheduler::plan::{PlanId, Plans, PodPlan};
use crate::kube::scheduler::plugin::{Plugin, PluginSet};
use crate::kube::scheduler::pod_topology_spread::has_all_labels;
use crate::kube::scheduler::selectors::matches_all_hint;
use crate::kube::scheduler::snapshot::{ClusterEvent, NodeInfo, Snapshot};
use crate::kube::scheduler::taint_toleration::has_untolerated_taint;

/// Whether an event may make room for a pod that those plugins rejected.
pub(super) fn is_worth_requeuing(
    plugins: PluginSet,
    plan: &PodPlan,
    event: &ClusterEvent,
    plans: &Plans,
    snapshot: &Snapshot,
) -> bool {
    let hint = Hint { plugins, plan, plans, snapshot };
    match event {
        ClusterEvent::NodeAdd(node) => hint.node_add(*node),
        ClusterEvent::NodeUpdate { node, taints, unschedulable } => {
            hint.node_update(*node, taints, *unschedulable)
        }
        ClusterEvent::NodeDelete(labels) => {
            let labels = &labels.metadata.labels;
            hint.rejected_by(Plugin::PodTopologySpread)
                && plan.hard_spread.iter().all(|constraint| {
                    labels.contains_key(snapshot.topologies.name(constraint.topology_key))
                })
        }
        ClusterEvent::AssignedPodAdd(added) => hint.assigned_pod_add(*added),
        ClusterEvent::AssignedPodDelete(deleted) => hint.assigned_pod_delete(*deleted),
        ClusterEvent::AssignedPodUpdate(former, now) => hint.assigned_pod_update(*former, *now),
    }
}

struct Hint<'a> {
    plugins: PluginSet,
    plan: &'a PodPlan,
    plans: &'a Plans,
    snapshot: &'a Snapshot,
}

impl Hint<'_> {
    fn rejected_by(&self, plugin: Plugin) -> bool {
        self.plugins.has(plugin)
    }

    fn is_untolerated(&self, taints: &[Taint]) -> bool {
        has_untolerated_taint(taints, &self.plan.template.spec.tolerations)
    }

    fn node_add(&self, node: NodeId) -> bool {
        let Some(info) = self.snapshot.get(node) else { return false };
        let plan = self.plan;
        (self.rejected_by(Plugin::NodeResourcesFit) && node_resources::fits_empty(plan, info))
            || (self.rejected_by(Plugin::TaintToleration) && !self.is_untolerated(&info.taints))
            || (self.rejected_by(Plugin::NodeUnschedulable) && !info.unschedulable)
            || (self.rejected_by(Plugin::NodeAffinity)
                && plan.required_node_affinity.matches(&info.node))
            || self.rejected_by(Plugin::NodePorts)
            || self.rejected_by(Plugin::NodeName)
            || (self.rejected_by(Plugin::PodTopologySpread) && self.has_all_labels(info))
            || (self.rejected_by(Plugin::InterPodAffinity) && self.affinity_node_add(info))
    }

    fn has_all_labels(&self, info: &NodeInfo) -> bool {
        has_all_labels(&self.plan.hard_spread, &self.snapshot.topologies, info.id.index())
    }

    /// A node without the label is open to a pod with anti-affinity, so the label does not count.
    fn affinity_node_add(&self, info: &NodeInfo) -> bool {
        let has_label = |key| self.snapshot.topologies.domain(key, info.id.index()).is_some();
        let near = &self.plan.affinity.required;
        near.iter().any(|term| has_label(term.topology_key))
            || !self.plan.anti_affinity.required.is_empty()
    }

    fn node_update(&self, node: NodeId, taints: &[Taint], unschedulable: bool) -> bool {
        let Some(info) = self.snapshot.get(node) else { return false };
        (self.rejected_by(Plugin::TaintToleration)
            && self.is_untolerated(taints)
            && !self.is_untolerated(&info.taints))
            || (self.rejected_by(Plugin::NodeUnschedulable) && unschedulable && !info.unschedulable)
            || (self.rejected_by(Plugin::PodTopologySpread)
                && taints != info.taints
                && self.has_all_labels(info))
    }

    fn spread_matches(&self, other: &PodPlan) -> bool {
        let namespace = &self.plan.set.namespace;
        let mut constraints = self.plan.hard_spread.iter();
        constraints.any(|constraint| constraint.matches_hint(&other.set, namespace))
    }

    fn assigned_pod_add(&self, added: PlanId) -> bool {
        let added = self.plans.get(added);
        (self.rejected_by(Plugin::PodTopologySpread) && self.spread_matches(added))
            || (self.rejected_by(Plugin::InterPodAffinity)
                && matches_all_hint(&self.plan.affinity.required, &added.set))
    }

    fn assigned_pod_delete(&self, deleted: PlanId) -> bool {
        let deleted = self.plans.get(deleted);
        self.rejected_by(Plugin::NodeResourcesFit)
            || (self.rejected_by(Plugin::NodePorts)
                && ports_conflict(&self.plan.ports, deleted.ports.iter()))
            || (self.rejected_by(Plugin::PodTopologySpread) && self.spread_matches(deleted))
            || (self.rejected_by(Plugin::InterPodAffinity)
                && (matches_all_hint(&self.plan.anti_affinity.required, &deleted.set)
                    || matches_all_hint(&deleted.anti_affinity.required, &self.plan.set)))
    }

    fn assigned_pod_update(&self, former: PlanId, now: PlanId) -> bool {
        let (former, now) = (&self.plans.get(former).set, &self.plans.get(now).set);
        let namespace = &self.plan.set.namespace;
        let mut constraints = self.plan.hard_spread.iter();
        let near = &self.plan.affinity.required;
        let away = &self.plan.anti_affinity.required;
        (self.rejected_by(Plugin::PodTopologySpread)
            && constraints.any(|constraint| {
                constraint.matches_hint(former, namespace)
                    != constraint.matches_hint(now, namespace)
            }))
            || (self.rejected_by(Plugin::InterPodAffinity)
                && ((!matches_all_hint(near, former) && matches_all_hint(near, now))
                    || (matches_all_hint(away, former) && !matches_all_hint(away, now))))
    }
}
