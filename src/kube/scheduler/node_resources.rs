//! Mirrors pkg/scheduler/framework/plugins/noderesources/{fit,resource_allocation,least_allocated,
//! balanced_allocation}.go (v1.36). Left out: other strategies than LeastAllocated of CPU and
//! memory, ignored resources, resources that claims bring.

use std::sync::Arc;

use smallvec::SmallVec;

use super::plan::PodPlan;
use super::reason::{Code, RejectReason};
use super::requests::CpuAndMemory;
use super::score::MAX_NODE_SCORE;
use super::snapshot::NodeInfo;
use crate::api::core::Amounts;

/// What a node lacks for a pod, and whether it could ever have it; absent if the pod fits.
/// Mirrors `Fit.Filter`.
pub(super) fn filter(
    plan: &PodPlan,
    info: &NodeInfo,
) -> Option<(Code, SmallVec<[RejectReason; 1]>)> {
    fits_request(plan, &info.allocatable, &info.requested, info.pods.len() as i64)
}

/// Whether a pod fits a node on which nothing runs. Mirrors `isFit`.
pub(super) fn fits_empty(plan: &PodPlan, info: &NodeInfo) -> bool {
    fits_request(plan, &info.allocatable, &Amounts::default(), 0).is_none()
}

/// Mirrors `fitsRequest`.
fn fits_request(
    plan: &PodPlan,
    allocatable: &Amounts,
    requested: &Amounts,
    pods: i64,
) -> Option<(Code, SmallVec<[RejectReason; 1]>)> {
    let mut lack = Lack { code: Code::Unschedulable, reasons: SmallVec::new() };
    if pods + 1 > allocatable.pods {
        lack.reasons.push(RejectReason::TooManyPods);
    }
    let request = &plan.resource.resource;
    let cpu = (request.milli_cpu, requested.milli_cpu, allocatable.milli_cpu);
    lack.test(cpu, || RejectReason::InsufficientCpu);
    let memory = (request.memory, requested.memory, allocatable.memory);
    lack.test(memory, || RejectReason::InsufficientMemory);
    let storage =
        (request.ephemeral_storage, requested.ephemeral_storage, allocatable.ephemeral_storage);
    lack.test(storage, || RejectReason::InsufficientEphemeralStorage);
    for (name, amount) in &plan.scalars {
        let of = |amounts: &Amounts| amounts.scalars.get(&**name).copied().unwrap_or(0);
        let scalar = (*amount, of(requested), of(allocatable));
        lack.test(scalar, || RejectReason::Insufficient(Arc::clone(name)));
    }
    (!lack.reasons.is_empty()).then_some((lack.code, lack.reasons))
}

/// What a node lacks.
struct Lack {
    code: Code,
    reasons: SmallVec<[RejectReason; 1]>,
}

impl Lack {
    /// Notes a resource of which a pod requests more than is free, and whether even the empty node
    /// has too little.
    fn test(
        &mut self,
        (request, used, allocatable): (i64, i64, i64),
        reason: impl Fn() -> RejectReason,
    ) {
        if request > 0 && request > allocatable.wrapping_sub(used) {
            self.reasons.push(reason());
            if request > allocatable {
                self.code = Code::UnschedulableAndUnresolvable;
            }
        }
    }
}

/// CPU and memory that a node offers.
fn allocatable(info: &NodeInfo) -> CpuAndMemory {
    CpuAndMemory { milli_cpu: info.allocatable.milli_cpu, memory: info.allocatable.memory }
}

/// CPU and memory that a pod requests.
fn requested(amounts: &Amounts) -> CpuAndMemory {
    CpuAndMemory { milli_cpu: amounts.milli_cpu, memory: amounts.memory }
}

/// The emptier, the better. Mirrors `Fit.Score`.
pub(super) fn least_allocated(plan: &PodPlan, info: &NodeInfo) -> i64 {
    let sum = info.non_zero_requested.plus(plan.resource.non_zero_incoming);
    least_resource_score(sum, allocatable(info))
}

/// Mirrors `leastResourceScorer`, CPU and memory having weight 1.
fn least_resource_score(requested: CpuAndMemory, allocatable: CpuAndMemory) -> i64 {
    let pairs =
        [(requested.milli_cpu, allocatable.milli_cpu), (requested.memory, allocatable.memory)];
    let (mut score, mut weights) = (0, 0);
    for (requested, allocatable) in pairs.into_iter().filter(|&(_, offered)| offered != 0) {
        score += least_requested_score(requested, allocatable);
        weights += 1;
    }
    if weights == 0 { 0 } else { score / weights }
}

/// Mirrors `leastRequestedScore`; wider where an amount would overflow.
fn least_requested_score(requested: i64, capacity: i64) -> i64 {
    if requested > capacity {
        return 0;
    }
    if let Some(free) =
        capacity.checked_sub(requested).and_then(|free| free.checked_mul(MAX_NODE_SCORE))
    {
        free / capacity
    } else {
        let free = i128::from(capacity) - i128::from(requested);
        (free * i128::from(MAX_NODE_SCORE) / i128::from(capacity)) as i64
    }
}

/// Whether a pod requests neither CPU nor memory. Mirrors `isBestEffortPod`.
pub(super) fn is_best_effort(plan: &PodPlan) -> bool {
    requested(&plan.resource.resource) == CpuAndMemory::default()
}

/// The more a pod brings CPU and memory into balance, the better.
/// Mirrors `BalancedAllocation.Score`.
pub(super) fn balanced_allocation(plan: &PodPlan, info: &NodeInfo) -> i64 {
    let allocated = requested(&info.requested);
    let with_pod = allocated.plus(requested(&plan.resource.resource));
    balanced_resource_scorer(with_pod, allocated, allocatable(info))
}

/// Mirrors `balancedResourceScorer`.
fn balanced_resource_scorer(
    with_pod: CpuAndMemory,
    allocated: CpuAndMemory,
    allocatable: CpuAndMemory,
) -> i64 {
    let with_pod = balanced_resource_score(with_pod, allocatable);
    let without_pod = balanced_resource_score(allocated, allocatable);
    MAX_NODE_SCORE / 2 + (MAX_NODE_SCORE / 2 + with_pod - without_pod) / 2
}

/// Mirrors `balancedResourceScore`. A resource that the node does not have leaves nothing to
/// balance.
fn balanced_resource_score(requested: CpuAndMemory, allocatable: CpuAndMemory) -> i64 {
    let fraction = |requested: i64, allocatable: i64| {
        let fraction = requested as f64 / allocatable as f64;
        if fraction > 1.0 { 1.0 } else { fraction }
    };
    let mut deviation = 0.0;
    if allocatable.milli_cpu != 0 && allocatable.memory != 0 {
        let cpu = fraction(requested.milli_cpu, allocatable.milli_cpu);
        let memory = fraction(requested.memory, allocatable.memory);
        deviation = ((cpu - memory) / 2.0).abs();
    }
    ((1.0 - deviation) * MAX_NODE_SCORE as f64) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: i64 = 1 << 30;

    fn amounts(milli_cpu: i64, memory: i64) -> CpuAndMemory {
        CpuAndMemory { milli_cpu, memory }
    }

    #[test]
    fn least_allocated_as_in_upstreams_examples() {
        let node = amounts(4000, 8 * GIB);
        assert_eq!(least_resource_score(amounts(1500, 3 * GIB), node), 62);
        assert_eq!(least_resource_score(amounts(3900, 8000 << 20), node), 2);
        assert_eq!(least_resource_score(amounts(100, 200 << 20), node), 97);
        assert_eq!(least_resource_score(amounts(i64::MAX, i64::MAX), node), 0);
        assert_eq!(least_resource_score(amounts(1, 1), amounts(0, 0)), 0);
        assert_eq!(least_resource_score(amounts(0, 0), amounts(i64::MAX, i64::MAX)), 100);
    }

    #[test]
    fn balance_counts_what_the_pod_changes() {
        let node = amounts(4000, 8 * GIB);
        let score =
            |before: CpuAndMemory, pod| balanced_resource_scorer(before.plus(pod), before, node);
        assert_eq!(score(amounts(0, 0), amounts(500, GIB)), 75);
        assert_eq!(score(amounts(2000, GIB), amounts(200, 4 * GIB)), 82);
        assert_eq!(score(amounts(1000, 2 * GIB), amounts(3000, 0)), 56);
        assert_eq!(balanced_resource_score(amounts(1, 0), amounts(1, 0)), 100);
    }
}
