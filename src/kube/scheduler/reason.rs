//! What the scheduler says: why a node is no place for a pod, why a pod has no node, where it went.
//! Mirrors the texts of `FitError.Error` (pkg/scheduler/framework/types.go), of the filter plugins
//! and of pkg/scheduler/schedule_one.go (v1.36). Left out: what a preemption says.

use std::fmt;
use std::sync::Arc;

use smallvec::SmallVec;

use super::plugin::Plugin;
use crate::api::core::Node;
use crate::kube::objects::ids::NodeId;

/// Longest note of an event \[bytes\].
const NOTE_LENGTH_LIMIT: usize = 1024;
/// What follows a note that was cut.
const CUT: &str = " ...";

/// Why the scheduler wrote something, or what an event of its tells.
#[derive(Clone, Debug, PartialEq)]
pub enum SchedulerReason {
    /// The pod was bound to a node.
    Scheduled {
        /// Namespace of the pod.
        namespace: Arc<str>,
        /// Name of the pod.
        pod: Arc<str>,
        /// The node.
        node: Arc<Node>,
    },
    /// No node was found; what the event tells.
    FailedScheduling(Arc<SchedulingError>),
    /// No node was found; what the condition `PodScheduled` tells.
    Unschedulable(Arc<SchedulingError>),
    /// The pod waits for its scheduling gates to go.
    SchedulingGated,
}

impl SchedulerReason {
    /// Upstream's CamelCase word.
    pub fn word(&self) -> &'static str {
        match self {
            SchedulerReason::Scheduled { .. } => "Scheduled",
            SchedulerReason::FailedScheduling(_) => "FailedScheduling",
            SchedulerReason::Unschedulable(_) => "Unschedulable",
            SchedulerReason::SchedulingGated => "SchedulingGated",
        }
    }
}

impl fmt::Display for SchedulerReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SchedulerReason::Scheduled { namespace, pod, node } => {
                write!(f, "Successfully assigned {namespace}/{pod} to {}", node.metadata.name)
            }
            SchedulerReason::FailedScheduling(error) => f.write_str(&truncate(error.to_string())),
            SchedulerReason::Unschedulable(error) => error.fmt(f),
            SchedulerReason::SchedulingGated => {
                f.write_str("Scheduling is blocked due to non-empty scheduling gates")
            }
        }
    }
}

/// Mirrors `truncateMessage`.
fn truncate(mut message: String) -> String {
    if message.len() > NOTE_LENGTH_LIMIT {
        let mut end = NOTE_LENGTH_LIMIT - CUT.len();
        while !message.is_char_boundary(end) {
            end -= 1;
        }
        message.truncate(end);
        message.push_str(CUT);
    }
    message
}

/// Why a pod has no node.
#[derive(Clone, Debug, PartialEq)]
pub enum SchedulingError {
    /// There are no nodes at all.
    NoNodesAvailable,
    /// The pod fits none of them.
    Fit(FitError),
}

impl fmt::Display for SchedulingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SchedulingError::NoNodesAvailable => f.write_str("no nodes available to schedule pods"),
            SchedulingError::Fit(error) => error.fmt(f),
        }
    }
}

/// A pod that fits no node, and why not.
#[derive(Clone, Debug, PartialEq)]
pub struct FitError {
    /// How many nodes there are.
    pub nodes: u32,
    /// Why the pod fits no node whatever nodes there are, if that is so.
    pub pre_filter: Option<RejectReason>,
    /// How many nodes were rejected for each reason; a node may have several.
    pub reasons: Vec<(RejectReason, u32)>,
    /// What looking for victims came to.
    pub preemption: Preemption,
}

/// What looking for pods to preempt came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preemption {
    /// `preemptionPolicy: Never`.
    NotEligible,
    /// No pod makes room.
    NoCandidates {
        /// Nodes where removing pods might help, but all of them are as important.
        without_victims: u32,
        /// Nodes that no removal makes fit.
        not_helpful: u32,
    },
}

impl FitError {
    /// The text without what preemption came to. Mirrors `FitError.Error`.
    pub fn diagnosis(&self) -> String {
        let counts = self.reasons.iter().map(|(reason, count)| format!("{count} {reason}"));
        let counts = || sentence(counts.collect());
        let because = self.pre_filter.as_ref().map_or_else(counts, |one| format!(" {one}."));
        format!("0/{} nodes are available:{because}", self.nodes)
    }
}

impl fmt::Display for FitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} no new claims to deallocate, preemption: ", self.diagnosis())?;
        match self.preemption {
            Preemption::NotEligible => f.write_str("not eligible due to preemptionPolicy=Never."),
            Preemption::NoCandidates { without_victims, not_helpful } => {
                let counts = [
                    (not_helpful, "Preemption is not helpful for scheduling"),
                    (without_victims, "No preemption victims found for incoming pod"),
                ];
                let counts = counts.into_iter().filter(|&(count, _)| count > 0);
                let counts = counts.map(|(count, reason)| format!("{count} {reason}")).collect();
                write!(f, "0/{} nodes are available:{}", self.nodes, sentence(counts))
            }
        }
    }
}

/// Counts in upstream's order: as texts, so that 10 goes before 2.
fn sentence(mut counts: Vec<String>) -> String {
    if counts.is_empty() {
        return String::new();
    }
    counts.sort();
    format!(" {}.", counts.join(", "))
}

/// Why a node is no place for a pod.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RejectReason {
    /// Cordoned.
    Unschedulable,
    /// The pod names another node.
    NodeName,
    /// A taint that the pod does not stand.
    UntoleratedTaint,
    /// Node selector or required node affinity.
    NodeAffinity,
    /// The required node affinity asks for several names of one node.
    NodeAffinityConflict,
    /// The required node affinity names other nodes.
    NotNamed,
    /// A port of the host is taken.
    HostPort,
    /// As many pods as the node allows.
    TooManyPods,
    /// CPU.
    InsufficientCpu,
    /// Memory.
    InsufficientMemory,
    /// Ephemeral storage.
    InsufficientEphemeralStorage,
    /// A resource of that name.
    Insufficient(Arc<str>),
    /// The node lacks the label of a topology spread constraint.
    SpreadLabelMissing,
    /// A topology spread constraint.
    Spread,
    /// Required affinity to pods.
    PodAffinity,
    /// Required anti-affinity to pods.
    PodAntiAffinity,
    /// Required anti-affinity of pods that run there.
    ExistingPodAntiAffinity,
}

impl fmt::Display for RejectReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RejectReason::Unschedulable => "node(s) were unschedulable",
            RejectReason::NodeName => "node(s) didn't match the requested node name",
            RejectReason::UntoleratedTaint => "node(s) had untolerated taint(s)",
            RejectReason::NodeAffinity => "node(s) didn't match Pod's node affinity/selector",
            RejectReason::NodeAffinityConflict => "pod affinity terms conflict",
            RejectReason::NotNamed => "node(s) didn't satisfy plugin(s) [NodeAffinity]",
            RejectReason::HostPort => "node(s) didn't have free ports for the requested pod ports",
            RejectReason::TooManyPods => "Too many pods",
            RejectReason::InsufficientCpu => "Insufficient cpu",
            RejectReason::InsufficientMemory => "Insufficient memory",
            RejectReason::InsufficientEphemeralStorage => "Insufficient ephemeral-storage",
            RejectReason::Insufficient(resource) => return write!(f, "Insufficient {resource}"),
            RejectReason::SpreadLabelMissing => {
                "node(s) didn't match pod topology spread constraints (missing required label)"
            }
            RejectReason::Spread => "node(s) didn't match pod topology spread constraints",
            RejectReason::PodAffinity => "node(s) didn't match pod affinity rules",
            RejectReason::PodAntiAffinity => "node(s) didn't match pod anti-affinity rules",
            RejectReason::ExistingPodAntiAffinity => {
                "node(s) didn't satisfy existing pods anti-affinity rules"
            }
        })
    }
}

/// Whether removing pods might cure a rejection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// It might.
    Unschedulable,
    /// It cannot.
    UnschedulableAndUnresolvable,
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Code::Unschedulable => "Unschedulable",
            Code::UnschedulableAndUnresolvable => "UnschedulableAndUnresolvable",
        })
    }
}

/// A node that the first plugin which says no rejects.
#[derive(Clone, Debug, PartialEq)]
pub struct Rejection {
    /// The node.
    pub node: NodeId,
    /// Who said no; absent when the node was never looked at, because the pod names others.
    pub plugin: Option<Plugin>,
    /// Whether removing pods might cure it.
    pub code: Code,
    /// Why.
    pub reasons: SmallVec<[RejectReason; 1]>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit_error(reasons: Vec<(RejectReason, u32)>, preemption: Preemption) -> FitError {
        let nodes = reasons.iter().map(|(_, count)| count).sum();
        FitError { nodes, pre_filter: None, reasons, preemption }
    }

    #[test]
    fn a_message_counts_nodes_by_reason() {
        let reasons = vec![(RejectReason::Unschedulable, 1), (RejectReason::InsufficientCpu, 2)];
        let preemption = Preemption::NoCandidates { without_victims: 2, not_helpful: 1 };
        assert_eq!(
            fit_error(reasons, preemption).to_string(),
            "0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu. no new \
             claims to deallocate, preemption: 0/3 nodes are available: 1 Preemption is not \
             helpful for scheduling, 2 No preemption victims found for incoming pod."
        );
    }

    #[test]
    fn counts_are_sorted_as_texts() {
        let reasons =
            vec![(RejectReason::InsufficientMemory, 2), (RejectReason::InsufficientCpu, 10)];
        let text = fit_error(reasons, Preemption::NotEligible).to_string();
        assert_eq!(
            text,
            "0/12 nodes are available: 10 Insufficient cpu, 2 Insufficient memory. no new claims \
             to deallocate, preemption: not eligible due to preemptionPolicy=Never."
        );
    }

    #[test]
    fn the_note_of_an_event_is_cut_and_the_condition_is_not() {
        let resource = "é".repeat(600);
        let reasons = vec![(RejectReason::Insufficient(Arc::from(resource)), 1)];
        let error = SchedulingError::Fit(fit_error(reasons, Preemption::NotEligible));
        let error = Arc::new(error);
        let note = SchedulerReason::FailedScheduling(Arc::clone(&error)).to_string();
        assert!(note.len() <= NOTE_LENGTH_LIMIT && note.ends_with(CUT), "{note}");
        assert!(SchedulerReason::Unschedulable(error).to_string().len() > NOTE_LENGTH_LIMIT);
    }
}
