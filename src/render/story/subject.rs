//! What was played: of whom, for how long, by whose rules.

use super::pods;
use crate::render::words::{brief, things};
use crate::report::{Report, WorkloadKind, WorkloadReport};

/// `shop (Deployment 3..20 pods, HPA cpu 70 %)`
pub fn subject(workload: &WorkloadReport) -> String {
    match &workload.hpa {
        Some(hpa) => format!(
            "{} (Deployment {}..{} pods, HPA {})",
            workload.name,
            hpa.min_replicas,
            hpa.max_replicas,
            hpa.metrics.join(", ")
        ),
        None if workload.kind == WorkloadKind::SwarmService => {
            let tasks = things(f64::from(workload.scaling.start_pods), "task");
            format!("{} (Swarm service, {tasks})", workload.name)
        }
        None => {
            format!("{} (Deployment, {}, no HPA)", workload.name, pods(workload.scaling.start_pods))
        }
    }
}

/// How long it lasted: `1 h`.
pub fn time(report: &Report) -> String {
    brief(report.scenario.duration_seconds)
}

/// `1 h of shop (...)`, or `1 h of 5 workloads`.
pub fn setup(report: &Report) -> String {
    let time = time(report);
    match &report.workloads[..] {
        [only] => format!("{time} of {}", subject(only)),
        many => format!("{time} of {}", things(many.len() as f64, "workload")),
    }
}

/// Whose rules were played: `Kubernetes v1.36 rules`.
pub fn rules(report: &Report) -> String {
    let of_swarm = |workload: &WorkloadReport| workload.kind == WorkloadKind::SwarmService;
    if !report.workloads.is_empty() && report.workloads.iter().all(of_swarm) {
        return "Docker Swarm rules".to_owned();
    }
    format!("Kubernetes v{} rules", report.scenario.kubernetes)
}
