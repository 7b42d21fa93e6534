//! Pods by what their samples are worth, and the sums over them.
//! Mirrors `groupPods`, `removeMetricsForPods` and `getReadyPodsCount` of
//! `pkg/controller/podautoscaler/replica_calculator.go` (v1.36).

use super::super::decision::PodCounts;
use super::super::metrics::{MetricsClient, PodMetric};
use super::super::reason::MetricError;
use super::super::requests::{Requests, Settled};
use super::{Periods, ReplicaCalculator};
use crate::api::meta::ConditionStatus;
use crate::kube::apiserver::Cluster;
use crate::kube::objects::ids::PodId;
use crate::kube::objects::pod::{Pod, PodPhase};
use crate::units::SimTime;

/// Sums over the groups of pods. All wrap at 64 bits, as upstream's.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Groups {
    /// Pods whose samples count.
    pub(super) ready: Ready,
    /// Pods that are not up yet; [`Readiness`].
    pub(super) unready: Group,
    /// Pods without a sample.
    pub(super) missing: Group,
    /// Marked for deletion, or failed.
    pub(super) ignored: u32,
    /// Samples of unknown pods.
    pub(super) ghosts: u32,
    /// Sum of these samples \[milli-units\].
    pub(super) ghost_usage: i64,
}

/// Pods whose samples count.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ready {
    /// How many.
    pub(super) pods: u32,
    /// Sum of their samples \[milli-units\].
    pub(super) usage: i64,
    /// Sum of their requests \[milli-units\].
    pub(super) requests: i64,
}

/// Pods whose samples do not count.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Group {
    /// How many.
    pub(super) pods: u32,
    /// Sum of their requests \[milli-units\].
    pub(super) requests: i64,
    /// What they count for on the way down, in sum \[milli-units\].
    pub(super) assumed: i64,
}

/// Which groups are filled in, and with what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fill {
    /// Whether unready pods count, as 0.
    pub(super) unready: bool,
    /// What missing pods count for; `None` if they do not.
    pub(super) missing: Option<Assumed>,
    /// Whether there are missing pods, though they may not count.
    has_missing: bool,
}

/// What pods without a sample are assumed to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Assumed {
    /// Nothing: on the way up.
    Nothing,
    /// Their share of the target or of their request: on the way down.
    Share,
}

impl Fill {
    /// Whether nobody is to be filled in.
    pub(super) fn is_needless(self) -> bool {
        !self.unready && !self.has_missing
    }
}

impl Groups {
    /// Who is filled in at a ratio.
    pub(super) fn fill(&self, ratio: f64) -> Fill {
        let has_missing = self.missing.pods > 0;
        let assumed = match ratio {
            _ if !has_missing => None,
            ratio if ratio < 1.0 => Some(Assumed::Share),
            ratio if ratio > 1.0 => Some(Assumed::Nothing),
            _ => None,
        };
        Fill { unready: self.unready.pods > 0 && ratio > 1.0, missing: assumed, has_missing }
    }

    /// Number of samples that count, those of unknown pods included.
    pub(super) fn samples(&self) -> u32 {
        self.ready.pods + self.ghosts
    }

    /// Sum of these samples \[milli-units\].
    pub(super) fn sum(&self) -> i64 {
        self.ready.usage.wrapping_add(self.ghost_usage)
    }

    fn counts(&self) -> PodCounts {
        PodCounts {
            ready: self.ready.pods,
            unready: self.unready.pods,
            missing: self.missing.pods,
            ignored: self.ignored,
            ghosts: self.ghosts,
        }
    }
}

impl Group {
    fn add(&mut self, (request, assumed): (i64, i64)) {
        self.pods += 1;
        self.requests = self.requests.wrapping_add(request);
        self.assumed = self.assumed.wrapping_add(assumed);
    }
}

impl<M: MetricsClient> ReplicaCalculator<'_, M> {
    /// Groups all pods, by the samples in the buffer. `request` gives a pod's request and what it
    /// is assumed to use where it has no sample.
    pub(super) fn group_pods(
        &mut self,
        is_cpu: bool,
        mut request: impl FnMut(&Cluster, &Pod) -> (i64, i64),
    ) -> Result<Groups, MetricError> {
        if self.pods.is_empty() {
            return Err(MetricError::NoPods);
        }
        let readiness = self.readiness(is_cpu);
        let (cluster, answer) = (self.asked.cluster, &self.buffers.samples);
        let mut groups = Groups::default();
        let samples = answer.samples.iter().copied().chain(std::iter::repeat(None));
        for (&id, sample) in self.pods.iter().zip(samples) {
            let Some(pod) = cluster.pod(id) else { continue };
            let request = request(cluster, pod);
            match readiness.group_of(pod, sample) {
                PodGroup::Ready(sample) => {
                    let ready = &mut groups.ready;
                    ready.pods += 1;
                    ready.usage = ready.usage.wrapping_add(sample.value);
                    ready.requests = ready.requests.wrapping_add(request.0);
                }
                PodGroup::Missing => groups.missing.add(request),
                PodGroup::Deleted | PodGroup::Failed => groups.ignored += 1,
                _ => groups.unready.add(request),
            }
        }
        groups.ghosts = answer.ghosts.len() as u32;
        groups.ghost_usage = answer.ghosts.iter().fold(0, |sum, &value| sum.wrapping_add(value));
        self.told.pods = groups.counts();
        if groups.samples() == 0 { Err(MetricError::NoSamples) } else { Ok(groups) }
    }

    /// The groups of pods that have not changed since each of them was up for good, without a look
    /// at each.
    pub(super) fn settled_groups(
        &mut self,
        resource: &str,
        requests: &mut Requests,
    ) -> Option<Groups> {
        let revision = self.asked.cluster.pods().revision();
        let settled = requests.settled(revision, self.pods.len() as u32)?;
        let alike = &mut requests.alike;
        let usage = self.metrics_client.get_resource_sum(self.asked, resource, self.pods, alike)?;
        let ready = Ready { pods: settled.pods, usage, requests: settled.requests };
        let groups = Groups { ready, ..Groups::default() };
        self.told.pods = groups.counts();
        Some(groups)
    }

    /// The pods as settled: each of them counts, and will as long as no pod changes.
    pub(super) fn settle(&self, groups: &Groups) -> Option<Settled> {
        let (cluster, pods) = (self.asked.cluster, self.pods.len() as u32);
        let since = cluster.now - self.periods.cpu_initialization;
        let is_settled = |&id: &PodId| {
            cluster.pod(id).is_some_and(|pod| {
                pod.is_ready() && pod.start_time.is_some_and(|start| start <= since)
            })
        };
        let all = groups.ready.pods == pods && groups.ghosts == 0;
        (all && self.pods.iter().all(is_settled)).then_some(Settled {
            revision: cluster.pods().revision(),
            pods,
            requests: groups.ready.requests,
        })
    }

    /// `getReadyPodsCount`: Running and Ready, those marked for deletion too.
    pub(super) fn get_ready_pods_count(&mut self) -> Result<u32, MetricError> {
        if self.pods.is_empty() {
            return Err(MetricError::NoPods);
        }
        let cluster = self.asked.cluster;
        let pods = self.pods.iter().filter_map(|&id| cluster.pod(id));
        let ready = pods.filter(|pod| pod.phase == PodPhase::Running && pod.is_ready()).count();
        self.told.pods.ready = ready as u32;
        Ok(self.told.pods.ready)
    }
}

/// What the calculator makes of one pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PodGroup {
    /// Its sample counts.
    Ready(PodMetric),
    /// Ignored: it is marked for deletion.
    Deleted,
    /// Ignored: its phase is `Failed`.
    Failed,
    /// Unready: its phase is `Pending`.
    Pending,
    /// Missing: it has no sample.
    Missing,
    /// Unready (cpu): it has no condition `Ready`, or no start time.
    Unreported,
    /// Unready (cpu): freshly started, and its condition `Ready` is `False`.
    NotReady,
    /// Unready (cpu): freshly started, and its sample begins before its last change of readiness.
    Fresh(PodMetric),
    /// Unready (cpu): its condition `Ready` is `False` and has been nearly since its start.
    NeverReady,
}

/// The rules by which a pod with a sample is not up yet; only CPU has any.
#[derive(Clone, Copy, Debug)]
pub struct Readiness {
    /// Whether the metric is CPU.
    pub is_cpu: bool,
    /// The instant.
    pub now: SimTime,
    /// Flags.
    pub periods: Periods,
}

impl Readiness {
    /// The group of a pod with that sample (`groupPods`).
    #[inline]
    pub fn group_of(&self, pod: &Pod, sample: Option<PodMetric>) -> PodGroup {
        if pod.deletion.is_some() {
            return PodGroup::Deleted;
        }
        match (pod.phase, sample) {
            (PodPhase::Failed, _) => PodGroup::Failed,
            (PodPhase::Pending, _) => PodGroup::Pending,
            (_, None) => PodGroup::Missing,
            (_, Some(sample)) if self.is_cpu => self.of_cpu(pod, sample),
            (_, Some(sample)) => PodGroup::Ready(sample),
        }
    }

    #[inline]
    fn of_cpu(&self, pod: &Pod, sample: PodMetric) -> PodGroup {
        let (Some(ready), Some(start)) = (pod.ready, pod.start_time) else {
            return PodGroup::Unreported;
        };
        let is_false = ready.status == ConditionStatus::False;
        if start + self.periods.cpu_initialization > self.now {
            // The sample must lie wholly in the time since the last change of readiness.
            match sample.timestamp < ready.last_transition_time + sample.window {
                _ if is_false => PodGroup::NotReady,
                true => PodGroup::Fresh(sample),
                false => PodGroup::Ready(sample),
            }
        } else {
            let was_never_ready =
                start + self.periods.initial_readiness_delay > ready.last_transition_time;
            if is_false && was_never_ready { PodGroup::NeverReady } else { PodGroup::Ready(sample) }
        }
    }
}
