//! What a sync wrote in the end.

use super::Sync;
use crate::kube::apiserver::{EventType, Write};
use crate::kube::controllers::podautoscaler::decision::StatusWrite;
use crate::kube::objects::hpa::{HpaCondition, HpaStatus};

impl Sync<'_> {
    /// One line for each thing that was written.
    pub(super) fn written(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for fact in &self.facts {
            match &fact.write {
                Write::UpdateScale { replicas, .. } => {
                    let target = &self.spec.scale_target_ref;
                    lines.push(format!(
                        "scale of {} {}: spec.replicas {} -> {replicas}",
                        target.kind, target.name, self.detail.decision.current
                    ));
                }
                Write::HpaStatus { status, .. } => self.status_lines(status, &mut lines),
                Write::Event { type_, .. } => {
                    let type_ = match type_ {
                        EventType::Normal => "Normal",
                        EventType::Warning => "Warning",
                    };
                    lines.push(format!("event {type_} {}: {}", fact.reason.word(), fact.reason));
                }
                _ => {}
            }
        }
        let has_status = self.facts.iter().any(|it| matches!(it.write, Write::HpaStatus { .. }));
        match self.detail.decision.status {
            StatusWrite::Written if !has_status => {
                lines.push("status.currentMetrics; everything else is as it was".to_owned());
            }
            StatusWrite::Failed => lines.push("the status could not be written".to_owned()),
            StatusWrite::Unchanged if lines.is_empty() => {
                lines.push("nothing: the status is as it was".to_owned());
            }
            _ => {}
        }
        lines
    }

    /// What of the status is new.
    fn status_lines(&self, status: &HpaStatus, lines: &mut Vec<String>) {
        let former = self.detail.cluster.hpa(self.hpa.id).map(|hpa| &hpa.status);
        if former.is_none_or(|former| former.desired_replicas != status.desired_replicas) {
            let was = former.map(|former| former.desired_replicas).filter(|&was| was > 0);
            let was = was.map_or_else(String::new, |was| format!("{was} -> "));
            lines.push(format!("status.desiredReplicas {was}{}", status.desired_replicas));
        }
        for condition in &status.conditions {
            let before = former.and_then(|former| former.condition(condition.type_));
            if before.is_none_or(|before| is_new(before, condition)) {
                let HpaCondition { type_, status, reason, .. } = condition;
                lines.push(format!("condition {type_}={status:?} {}: {reason}", reason.word()));
            }
        }
    }
}

fn is_new(former: &HpaCondition, now: &HpaCondition) -> bool {
    former.status != now.status || former.reason != now.reason
}
