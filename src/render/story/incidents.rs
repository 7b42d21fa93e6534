//! Crashes, and pods that were chosen to go, in sentences.

use std::fmt::Write as _;

use super::at;
use crate::render::words::{instant, things};
use crate::report::{Crashes, Victim, WorkloadReport};

/// Most versions whose crashes are told.
const VERSIONS_MAX: usize = 3;
/// So many victims are named; of more only those whose rule is a rare one are.
const NAMED_MAX: usize = 8;

/// What kept ending, and how often.
pub(super) fn crashes(workload: &WorkloadReport) -> Vec<String> {
    let mut worst: Vec<&Crashes> = workload.crashes.iter().collect();
    worst.sort_by_key(|crashes| std::cmp::Reverse(crashes.restarts));
    worst.into_iter().take(VERSIONS_MAX).map(tell).collect()
}

fn tell(crashes: &Crashes) -> String {
    let image = crashes.image.rsplit('/').next().unwrap_or(&crashes.image);
    let restarts = things(f64::from(crashes.restarts), "restart");
    let kills = match crashes.out_of_memory_kills {
        0 => String::new(),
        kills if kills >= crashes.restarts => ", all of them OOMKilled".to_owned(),
        kills => format!(", {kills} of them OOMKilled"),
    };
    match crashes.back_off_from_seconds {
        Some(from) => format!(
            "{image}: {} in CrashLoopBackOff from {} on, {restarts}{kills}.",
            things(f64::from(crashes.back_off_pods), "pod"),
            instant(from, false)
        ),
        None => format!(
            "{image}: {restarts} of {}, first {}{kills}.",
            things(f64::from(crashes.pods), "pod"),
            at(crashes.from_seconds)
        ),
    }
}

/// Which pods went when the workload shrank, and why these: all of a few, else those with a rule
/// that somebody may have meant.
pub(super) fn victims(workload: &WorkloadReport) -> Option<String> {
    let all = &workload.scale_down_victims;
    let rare = |victim: &&Victim| matches!(victim.rule, "deletionCost" | "notReady" | "unassigned");
    let few = all.len() <= NAMED_MAX;
    let is_worth = all.iter().any(|victim| rare(&victim));
    let told: Vec<&Victim> = all.iter().filter(|victim| few || rare(victim)).collect();
    if told.is_empty() || !(is_worth || workload.hpa.is_none()) {
        return None;
    }
    let mut named = String::new();
    let mut moment = String::new();
    let shown = told.iter().take(NAMED_MAX);
    for victim in shown.clone() {
        let when = at(victim.at_seconds);
        if when == moment {
            named.push_str(", ");
        } else {
            let start = if named.is_empty() { "" } else { "; " };
            let _ = write!(named, "{start}{when} ");
            moment = when;
        }
        let _ = write!(named, "{} ({})", victim.pod, victim.because);
    }
    let more = match all.len() - shown.len() {
        0 => String::new(),
        more => format!("; and {}", things(more as f64, "other")),
    };
    Some(format!("Scaling down took, {named}{more}."))
}
