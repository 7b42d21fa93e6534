//! Mirrors `RunPreFilterPlugins` and `RunFilterPlugins` of pkg/scheduler/framework/runtime/
//! framework.go with the default profile (v1.36), and the plugins `NodeUnschedulable` and
//! `NodeName`. Left out: plugins for volumes and resource claims; nominated pods.

use smallvec::{SmallVec, smallvec};

use super::image_locality::ImageStates;
use super::inter_pod_affinity::AffinityFilter;
use super::node_ports::ports_conflict;
use super::node_resources;
use super::plan::{Plans, PodPlan, Verdict};
use super::plugin::Plugin;
use super::pod_topology_spread::SpreadFilter;
use super::reason::{Code, RejectReason, Rejection};
use super::snapshot::{NodeInfo, Snapshot};
use super::taint_toleration::{count_intolerable_taints, has_untolerated_taint};

/// What filters need to know of all nodes; the memory is used again.
#[derive(Clone, Debug, Default)]
pub(super) struct Filters {
    spread: SpreadFilter,
    affinity: AffinityFilter,
}

impl Filters {
    /// Looks at all nodes once.
    pub(super) fn pre_filter(&mut self, plan: &PodPlan, plans: &Plans, snapshot: &Snapshot) {
        self.spread.pre_filter(plan, snapshot);
        self.affinity.pre_filter(plan, plans, snapshot);
    }

    /// The rejection of a node by the first plugin that says no, if one does.
    pub(super) fn filter(
        &self,
        plan: &PodPlan,
        snapshot: &Snapshot,
        info: &NodeInfo,
    ) -> Option<Rejection> {
        let node = info.id.index();
        let (plugin, code, reasons) = reject_alone(plan, info).or_else(|| {
            let topologies = &snapshot.topologies;
            let spread = self.spread.filter(plan, topologies, node);
            let (plugin, code, reason) =
                spread.or_else(|| self.affinity.filter(plan, topologies, node))?;
            Some((plugin, code, smallvec![reason]))
        })?;
        Some(Rejection { node: info.id, plugin: Some(plugin), code, reasons })
    }
}

/// Plugins that look at one node: those whose verdict is known, ports, resources.
fn reject_alone(
    plan: &PodPlan,
    info: &NodeInfo,
) -> Option<(Plugin, Code, SmallVec<[RejectReason; 1]>)> {
    if let Some((plugin, reason)) = &plan.verdicts.by_node[info.id.index()].rejection {
        let reasons = smallvec![reason.clone()];
        return Some((*plugin, Code::UnschedulableAndUnresolvable, reasons));
    }
    if ports_conflict(&plan.ports, info.used_ports.iter()) {
        return Some((Plugin::NodePorts, Code::Unschedulable, smallvec![RejectReason::HostPort]));
    }
    let (code, reasons) = node_resources::filter(plan, info)?;
    Some((Plugin::NodeResourcesFit, code, reasons))
}

impl Verdict {
    /// What follows from a node alone, for filters and scores.
    pub(super) fn new(plan: &PodPlan, info: &NodeInfo, images: &ImageStates) -> Verdict {
        let tolerations = &plan.template.spec.tolerations;
        let mut verdict = Verdict {
            rejection: None,
            meets_node_affinity: plan.required_node_affinity.matches(&info.node),
            has_untolerated_taint: has_untolerated_taint(&info.taints, tolerations),
            intolerable_taints: count_intolerable_taints(&info.taints, tolerations),
            preferred_weight: plan
                .preferred_node_affinity
                .as_ref()
                .map_or(0, |preferred| preferred.score(&info.node)),
            image_score: images.score(&info.node, &plan.images),
        };
        verdict.rejection = verdict.reject(plan, info);
        verdict
    }

    fn reject(&self, plan: &PodPlan, info: &NodeInfo) -> Option<(Plugin, RejectReason)> {
        let named = plan.template.spec.node_name.as_deref().filter(|name| !name.is_empty());
        if info.unschedulable && !plan.tolerates_unschedulable {
            Some((Plugin::NodeUnschedulable, RejectReason::Unschedulable))
        } else if named.is_some_and(|name| name != info.node.metadata.name) {
            Some((Plugin::NodeName, RejectReason::NodeName))
        } else if self.has_untolerated_taint {
            Some((Plugin::TaintToleration, RejectReason::UntoleratedTaint))
        } else if !self.meets_node_affinity {
            Some((Plugin::NodeAffinity, RejectReason::NodeAffinity))
        } else {
            None
        }
    }
}
