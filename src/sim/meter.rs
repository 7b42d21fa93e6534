//! Metrics that a scenario gives, as [`Usage`] says, in the place of metrics-server and adapters.

mod client;

use std::sync::Arc;

use crate::kube::apiserver::Cluster;
use crate::kube::objects::ids::{DeploymentId, PodId};
use crate::kube::objects::pod::{Pod, PodPhase};
use crate::scenario::usage::{Scrapes, Usage, UsageLoad};
use crate::scenario::{MetricsSource, Scenario};
use crate::units::SimTime;
use crate::workload::Load;

/// The usage with what was measured of it so far.
#[derive(Debug, Default)]
pub(super) struct Meter {
    usage: Option<Arc<Usage>>,
    /// Up to when counters are.
    now: SimTime,
    /// The latest scrape.
    scraped_at: Option<SimTime>,
    /// By number of the pod.
    pods: Vec<Metered>,
}

/// What was measured of a pod.
#[derive(Clone, Copy, Debug, Default)]
struct Metered {
    /// CPU since the latest scrape [10⁻³ cores × ms].
    since: f64,
    scraped_at: Option<SimTime>,
    /// Mean CPU between the two latest scrapes [10⁻³ cores].
    mean: Option<f64>,
}

impl Meter {
    pub(super) fn new(scenario: &Scenario) -> Meter {
        match &scenario.cluster.metrics {
            MetricsSource::Metered(usage) => {
                Meter { usage: Some(Arc::clone(usage)), ..Meter::default() }
            }
            MetricsSource::MetricsServer { .. } | MetricsSource::Instant => Meter::default(),
        }
    }

    /// Counts what pods use until an instant, up to which the cluster stays as it is.
    pub(super) fn advance(&mut self, cluster: &Cluster, to: SimTime) {
        let Some(usage) = self.usage.clone() else { return };
        let Some(scrapes) = usage.scrapes else { return };
        while let Some(at) = self.next_scrape(scrapes).filter(|&at| at <= to) {
            self.count(&usage, cluster, at);
            self.scrape(cluster, at);
        }
        self.count(&usage, cluster, to);
    }

    fn next_scrape(&self, scrapes: Scrapes) -> Option<SimTime> {
        let next = self.scraped_at.map_or(scrapes.first, |at| at + scrapes.period);
        (next > self.scraped_at.unwrap_or(SimTime::MIN)).then_some(next)
    }

    fn count(&mut self, usage: &Usage, cluster: &Cluster, to: SimTime) {
        let from = self.now;
        if to <= from {
            return;
        }
        self.now = to;
        for load in &usage.loads {
            let each = share(&load.total, load, serving(cluster, load), (from, to));
            for pod in cluster.pods().iter().filter(|pod| is_of(cluster, pod, load)) {
                let used = match State::of(pod) {
                    State::Serves => each,
                    State::Unready => load.unready.0 as f64 * (to - from).0 as f64,
                    State::Idle | State::Absent => continue,
                };
                self.metered(pod.id).since += used;
            }
        }
    }

    fn scrape(&mut self, cluster: &Cluster, at: SimTime) {
        for pod in cluster.pods().iter().filter(|pod| State::of(pod) != State::Absent) {
            let metered = self.metered(pod.id);
            let since = std::mem::take(&mut metered.since);
            let former = metered.scraped_at.replace(at);
            metered.mean = former.map(|former| since / (at - former).0 as f64);
        }
        self.scraped_at = Some(at);
    }

    fn metered(&mut self, pod: PodId) -> &mut Metered {
        if self.pods.len() <= pod.index() {
            self.pods.resize(pod.index() + 1, Metered::default());
        }
        &mut self.pods[pod.index()]
    }
}

/// What a pod uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Its share.
    Serves,
    /// What a pod does that is not Ready.
    Unready,
    /// Nothing: it is being deleted.
    Idle,
    /// Nothing, and no API lists it.
    Absent,
}

impl State {
    fn of(pod: &Pod) -> State {
        match (pod.phase, pod.deletion.is_some(), pod.is_ready()) {
            (PodPhase::Running, true, _) => State::Idle,
            (PodPhase::Running, false, true) => State::Serves,
            (PodPhase::Running, false, false) => State::Unready,
            _ => State::Absent,
        }
    }
}

fn is_of(cluster: &Cluster, pod: &Pod, load: &UsageLoad) -> bool {
    deployment_of(cluster, pod)
        .and_then(|id| cluster.deployment(id))
        .is_some_and(|deployment| *deployment.metadata.name == *load.deployment)
}

fn deployment_of(cluster: &Cluster, pod: &Pod) -> Option<DeploymentId> {
    cluster.replica_set(pod.owner?)?.owner
}

/// The pods that share a load.
fn serving(cluster: &Cluster, load: &UsageLoad) -> u32 {
    let serves = |pod: &&Pod| State::of(pod) == State::Serves && is_of(cluster, pod, load);
    cluster.pods().iter().filter(serves).count() as u32
}

/// What each of some pods uses over a span [10⁻³ cores × ms].
fn share(total: &Load, load: &UsageLoad, pods: u32, (from, to): (SimTime, SimTime)) -> f64 {
    let pods = f64::from(pods.max(1));
    let limit = load.limit.map_or(f64::INFINITY, |limit| limit.0 as f64);
    let (mut at_ms, to_ms, mut sum) = (from.0 as f64, to.0 as f64, 0.0);
    while at_ms < to_ms {
        let piece = total.piece_at_ms(at_ms);
        let end_ms = piece.to_ms.min(to_ms);
        let span_ms = end_ms - at_ms;
        let first = piece.rate / pods;
        let last = first + piece.slope / pods * span_ms / 1000.0;
        sum += below(limit, first, last) * span_ms;
        at_ms = end_ms;
    }
    sum
}

/// Mean of a line from `first` to `last`, cut off at a limit.
fn below(limit: f64, first: f64, last: f64) -> f64 {
    let (low, high) = (first.min(last), first.max(last));
    if high <= limit {
        0.5 * (low + high)
    } else if low >= limit {
        limit
    } else {
        let part = (limit - low) / (high - low);
        part * 0.5 * (low + limit) + (1.0 - part) * limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_cut_off_at_the_limit() {
        let limits = [f64::INFINITY, 40.0, 30.0, 10.0, 5.0];
        let means = limits.map(|limit| below(limit, 10.0, 30.0));
        assert_eq!(means.map(f64::to_bits), [20.0, 20.0, 20.0, 10.0, 5.0_f64].map(f64::to_bits));
        assert!((below(20.0, 30.0, 10.0) - 17.5).abs() < 1e-12);
    }
}
