//! Nodes over time, and what the cluster autoscaler did about them.

mod walk;

use serde::Serialize;

use super::track::Track;
use crate::recording::Recording;
use crate::scenario::Prices;

use walk::Walk;

/// What the cluster autoscaler did.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClusterAutoscalerReport {
    /// Nodes at the start.
    pub start_nodes: u32,
    /// The fewest nodes.
    pub min_nodes: u32,
    /// The most nodes.
    pub peak_nodes: u32,
    /// Nodes at the end.
    pub end_nodes: u32,
    /// Nodes, times hours.
    pub node_hours: f64,
    /// What all nodes together cost at the given prices, whether or not it was requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_cost: Option<f64>,
    /// Each time that a group grew, in order of time.
    pub scale_ups: Vec<ScaleUpRow>,
    /// Each node that it went to remove, in order of time.
    pub scale_downs: Vec<ScaleDownRow>,
    /// Pods that heard that it can do nothing for them.
    pub not_triggered_pods: u32,
    /// What the last of them heard.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_triggered_message: Option<String>,
    /// Nodes with little to do that could not be removed at the end.
    pub kept: Vec<KeptRow>,
}

/// A group that grew.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ScaleUpRow {
    /// When nodes were ordered \[s\].
    pub at_seconds: f64,
    /// Name of the group.
    pub group: String,
    /// Its nodes before.
    pub from: u32,
    /// Its nodes from then on.
    pub to: u32,
    /// The most that it may have.
    pub max: u32,
    /// Pods that it was for.
    pub pods: u32,
    /// Since when the first of them was known to have no node \[s\].
    pub since_seconds: f64,
    /// When all of the nodes were ready \[s\]; absent if they never were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready_seconds: Option<f64>,
    /// The longest wait of these pods, from creation to binding \[s\]; of those that still wait,
    /// until the end.
    pub longest_wait_seconds: f64,
}

/// A node that was to go.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ScaleDownRow {
    /// When it was tainted \[s\].
    pub at_seconds: f64,
    /// Its name.
    pub node: String,
    /// For how long it had not been needed \[s\].
    pub unneeded_seconds: f64,
    /// Pods that had to move.
    pub pods: u32,
    /// When it was gone \[s\]; absent if it stayed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gone_seconds: Option<f64>,
    /// Why it stayed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

/// A node that could not be removed.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KeptRow {
    /// Its name.
    pub node: String,
    /// Since when this kept it \[s\].
    pub since_seconds: f64,
    /// What kept it, in upstream's words.
    pub why: String,
    /// The budget that did, if one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget: Option<String>,
}

/// Nodes over time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeSeries {
    /// All nodes.
    pub total: Track,
    /// Those that are ready.
    pub ready: Track,
    /// Pods that wait for a node.
    pub pending: Track,
}

/// Nodes over time, and what a cluster autoscaler did about them.
pub(super) fn nodes(
    recording: &Recording,
    prices: Option<Prices>,
) -> (NodeSeries, ClusterAutoscalerReport) {
    let mut walk = Walk::new(recording);
    for fact in &recording.facts {
        walk.fact(fact);
    }
    walk.finish(recording.end, prices)
}
