//! Mirrors pkg/scheduler/framework/plugins/names/names.go and the weights of
//! pkg/scheduler/apis/config/v1/default_plugins.go (v1.36). Left out: plugins for volumes, which
//! never reject or score a pod without such.

use std::fmt;

/// A plugin of the default profile that rejects or scores nodes, in filter order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Plugin {
    /// Cordoned nodes.
    NodeUnschedulable,
    /// `spec.nodeName`.
    NodeName,
    /// Taints and tolerations.
    TaintToleration,
    /// Node selector and node affinity.
    NodeAffinity,
    /// Ports of the host.
    NodePorts,
    /// Requests against allocatable.
    NodeResourcesFit,
    /// Topology spread constraints.
    PodTopologySpread,
    /// Affinity and anti-affinity to pods.
    InterPodAffinity,
    /// Resource claims; a pod here has none, so it scores every node 0 and rejects none.
    DynamicResources,
    /// Balance of CPU and memory; scores only.
    NodeResourcesBalancedAllocation,
    /// Images that the node has; scores only.
    ImageLocality,
}

impl Plugin {
    /// Upstream's name.
    pub const fn name(self) -> &'static str {
        match self {
            Plugin::NodeUnschedulable => "NodeUnschedulable",
            Plugin::NodeName => "NodeName",
            Plugin::TaintToleration => "TaintToleration",
            Plugin::NodeAffinity => "NodeAffinity",
            Plugin::NodePorts => "NodePorts",
            Plugin::NodeResourcesFit => "NodeResourcesFit",
            Plugin::PodTopologySpread => "PodTopologySpread",
            Plugin::InterPodAffinity => "InterPodAffinity",
            Plugin::DynamicResources => "DynamicResources",
            Plugin::NodeResourcesBalancedAllocation => "NodeResourcesBalancedAllocation",
            Plugin::ImageLocality => "ImageLocality",
        }
    }

    /// What a score of this plugin is multiplied by; 0 for plugins that do not score.
    pub const fn weight(self) -> i64 {
        match self {
            Plugin::TaintToleration => 3,
            Plugin::NodeAffinity
            | Plugin::PodTopologySpread
            | Plugin::InterPodAffinity
            | Plugin::DynamicResources => 2,
            Plugin::NodeResourcesFit
            | Plugin::NodeResourcesBalancedAllocation
            | Plugin::ImageLocality => 1,
            Plugin::NodeUnschedulable | Plugin::NodeName | Plugin::NodePorts => 0,
        }
    }
}

impl fmt::Display for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A set of plugins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PluginSet(u16);

impl PluginSet {
    /// Puts a plugin in.
    pub fn insert(&mut self, plugin: Plugin) {
        self.0 |= 1 << plugin as u8;
    }

    /// Whether a plugin is in it.
    pub const fn has(self, plugin: Plugin) -> bool {
        self.0 & (1 << plugin as u8) != 0
    }

    /// Whether no plugin is in it.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}
