//! Where the HPA itself took pods away that the load asks for.

use super::{at, worst_rise};
use crate::render::words::span;
use crate::report::{Cause, DecisionRow, Rise, WorkloadReport};

/// Where the HPA went below what the load asks for, if that is not told already.
pub(super) fn lowered(workload: &WorkloadReport) -> Option<String> {
    let told = worst_rise(workload).is_some_and(|rise| rise.cause == Cause::Hpa);
    let own = |rise: &&Rise| rise.cause == Cause::Hpa && rise.under_capacity_seconds > 0.0;
    let rise = workload
        .rises
        .iter()
        .filter(own)
        .max_by(|a, b| a.under_capacity_seconds.total_cmp(&b.under_capacity_seconds))?;
    (!told).then(|| {
        format!(
            "The HPA itself lowered the count to {} {}, below what the load asks for{}; demand was \
             above capacity for {} then.",
            rise.from_pods,
            at(rise.from_seconds),
            bound(rise, workload),
            span(rise.under_capacity_seconds)
        )
    })
}

/// `: maxReplicas 5 let it have no more`, of a count that a bound gave.
pub(super) fn bound(rise: &Rise, workload: &WorkloadReport) -> String {
    let here = |row: &&DecisionRow| (row.at_seconds - rise.from_seconds).abs() < 0.001;
    let limit = workload.decisions.iter().find(here).and_then(|row| row.limit.as_ref());
    let limit = limit.filter(|limit| limit.wanted > limit.allowed);
    limit.map_or_else(String::new, |limit| format!(": {} let it have no more", limit.by))
}
