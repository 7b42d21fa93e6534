//! Mirrors `pkg/controller/controller_utils.go` (v1.36): which pods go first, and when a pod counts
//! as available. Left out: expectations (a write is seen at once by the one who made it, and what
//! takes its time is the ReplicaSet controller's own state), claims of objects (in `replica_set`).

mod preference;

use std::cmp::Ordering;

use crate::kube::objects::pod::{Pod, PodCondition, PodPhase};
use crate::units::{SimDuration, SimTime};

pub use preference::sort_by_preference;

/// What the order of deletion looks at in a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RankedPod {
    /// Whether it has a node.
    pub on_node: bool,
    /// Phase.
    pub phase: PodPhase,
    /// Since when it is ready, if it is; [`SimTime::MIN`] is not known.
    pub ready_since: Option<SimTime>,
    /// Deletion cost.
    pub cost: i32,
    /// Active pods of the same Deployment on its node.
    pub rank: u32,
    /// Most restarts of a container.
    pub restarts: i32,
    /// Most restarts of a sidecar.
    pub sidecar_restarts: i32,
    /// Creation, a whole second; [`SimTime::MIN`] is not known.
    pub created: SimTime,
    /// Start of its uid, as a number: what decides between equals.
    pub uid: u32,
}

/// Which rule of the order of deletion put one pod before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeletionRule {
    /// All pods had to go.
    All,
    /// It has no node.
    Unassigned,
    /// Its phase comes before.
    Phase,
    /// It is not ready.
    NotReady,
    /// Its deletion cost is lower.
    DeletionCost {
        /// Its own.
        cost: i32,
        /// Of the first pod that stayed.
        kept: i32,
    },
    /// More pods of its Deployment share its node.
    MorePodsOnNode {
        /// How many, itself included.
        pods: u32,
        /// The same of the first pod that stayed.
        kept: u32,
    },
    /// It has been ready for less time.
    ReadyForLess,
    /// About as long ready or as old: its uid comes before.
    Uid,
    /// It restarted more often.
    MoreRestarts,
    /// It is younger.
    Younger,
    /// No rule tells them apart; it was created first.
    Equal,
}

/// Whether the first of two pods is deleted before the second, and by which rule
/// (`ActivePodsWithRanks.Less`); `Equal` if neither goes before the other.
///
/// This is no order: rules that compare uids only between pods of about the same age can prefer in
/// a circle.
pub fn compare_active_pods(
    one: &RankedPod,
    other: &RankedPod,
    now: SimTime,
) -> (Ordering, DeletionRule) {
    if one.on_node != other.on_node {
        return (one.on_node.cmp(&other.on_node), DeletionRule::Unassigned);
    }
    if phase_ordinal(one) != phase_ordinal(other) {
        return (phase_ordinal(one).cmp(&phase_ordinal(other)), DeletionRule::Phase);
    }
    if one.ready_since.is_some() != other.ready_since.is_some() {
        let order = one.ready_since.is_some().cmp(&other.ready_since.is_some());
        return (order, DeletionRule::NotReady);
    }
    if one.cost != other.cost {
        let rule = DeletionRule::DeletionCost { cost: one.cost, kept: other.cost };
        return (one.cost.cmp(&other.cost), rule);
    }
    if one.rank != other.rank {
        let rule = DeletionRule::MorePodsOnNode { pods: one.rank, kept: other.rank };
        return (other.rank.cmp(&one.rank), rule);
    }
    compare_ages(one, other, now)
}

fn compare_ages(one: &RankedPod, other: &RankedPod, now: SimTime) -> (Ordering, DeletionRule) {
    if let (Some(since), Some(other_since)) = (one.ready_since, other.ready_since)
        && since != other_since
    {
        return younger_first(
            (since, one.uid),
            (other_since, other.uid),
            now,
            DeletionRule::ReadyForLess,
        );
    }
    let restarts = (other.restarts, other.sidecar_restarts);
    let order = restarts.cmp(&(one.restarts, one.sidecar_restarts));
    if order != Ordering::Equal {
        return (order, DeletionRule::MoreRestarts);
    }
    if one.created != other.created {
        let (one, other) = ((one.created, one.uid), (other.created, other.uid));
        return younger_first(one, other, now, DeletionRule::Younger);
    }
    (Ordering::Equal, DeletionRule::Equal)
}

fn younger_first(
    (time, uid): (SimTime, u32),
    (other_time, other_uid): (SimTime, u32),
    now: SimTime,
    rule: DeletionRule,
) -> (Ordering, DeletionRule) {
    // A time that is not known goes first.
    if time == SimTime::MIN || other_time == SimTime::MIN {
        return ((time != SimTime::MIN).cmp(&(other_time != SimTime::MIN)), rule);
    }
    match logarithmic_rank(time, now).cmp(&logarithmic_rank(other_time, now)) {
        Ordering::Equal => (uid.cmp(&other_uid), DeletionRule::Uid),
        order => (order, rule),
    }
}

/// The whole number of log2 of an age in nanoseconds; -1 without an age (`logarithmicRankDiff`).
/// Whole milliseconds are never so near to a power of two that floats would round across it.
fn logarithmic_rank(time: SimTime, now: SimTime) -> i64 {
    let age_ns = i128::from(now.0 - time.0) * 1_000_000;
    if age_ns > 0 { i64::from(age_ns.ilog2()) } else { -1 }
}

fn phase_ordinal(pod: &RankedPod) -> u8 {
    match pod.phase {
        PodPhase::Unknown => 1,
        PodPhase::Running => 2,
        PodPhase::Pending | PodPhase::Succeeded | PodPhase::Failed => 0,
    }
}

impl RankedPod {
    /// What the order looks at in a pod of the cluster.
    pub fn new(pod: &Pod, rank: u32) -> RankedPod {
        RankedPod {
            on_node: pod.node.is_some(),
            phase: pod.phase,
            ready_since: pod
                .ready
                .filter(|_| pod.is_ready())
                .map(|ready| ready.last_transition_time),
            cost: pod.deletion_cost,
            rank,
            restarts: pod.restarts,
            sidecar_restarts: pod.sidecar_restarts,
            created: pod.creation_timestamp,
            // Reproducible and unique, and not in order of creation.
            uid: (pod.id.0.wrapping_add(1)).wrapping_mul(2_654_435_761),
        }
    }
}

/// Whether a pod of this Ready condition has been ready long enough
/// (`podutil.IsPodAvailable`).
pub fn is_pod_available(ready: Option<PodCondition>, min_ready_seconds: i32, now: SimTime) -> bool {
    let Some(since) = ready_since(ready) else { return false };
    let wait = SimDuration::from_secs(i64::from(min_ready_seconds));
    min_ready_seconds == 0 || (since != SimTime::MIN && since + wait <= now)
}

/// When the first of these pods becomes available that is ready and not yet available
/// (`FindMinNextPodAvailabilityCheck`); none if there is no such pod.
pub fn find_min_next_pod_availability_check(
    ready: impl Iterator<Item = Option<PodCondition>>,
    min_ready_seconds: i32,
    now: SimTime,
) -> Option<SimTime> {
    if min_ready_seconds <= 0 {
        return None;
    }
    let wait = SimDuration::from_secs(i64::from(min_ready_seconds));
    ready
        .filter_map(ready_since)
        .filter(|&since| since != SimTime::MIN)
        .map(|since| since + wait)
        .filter(|&at| at > now)
        .min()
}

fn ready_since(ready: Option<PodCondition>) -> Option<SimTime> {
    let ready = ready.filter(|ready| ready.status == crate::api::meta::ConditionStatus::True)?;
    Some(ready.last_transition_time)
}
