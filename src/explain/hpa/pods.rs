//! The pods of a metric: which of them count, with what, and why others do not.

use super::metric::Reading;
use crate::explain::words::{instant, list, milli, span, things};
use crate::explain::{PodReading, PodUse, Step};
use crate::kube::controllers::podautoscaler::decision::MetricKind;
use crate::kube::controllers::podautoscaler::metrics::PodMetric;
use crate::kube::controllers::podautoscaler::replica_calculator::{Periods, PodGroup, Readiness};
use crate::kube::controllers::podautoscaler::requests::Requests;
use crate::kube::objects::pod::Pod;
use crate::sim::Answer;
use crate::units::SimTime;

/// Most pods whose readings are listed one by one in a line.
const LISTED_MAX: usize = 12;

impl Reading<'_> {
    /// What was read of each pod.
    pub(super) fn read_pods(&self, answer: &Answer) -> Step {
        let readings = self.readings(answer);
        let name = self.name();
        let text = match &answer.error {
            Some(_) => {
                format!("{name}: no answer about {}", things(answer.pods.len() as i64, "pod"))
            }
            None => format!("{name} of {}{}", counts(&readings), self.window(answer)),
        };
        let mut step = Step::new("metrics read", text).about("readiness");
        step.details = details(&readings);
        if !answer.ghosts.is_empty() {
            let ghosts = answer.ghosts.iter().map(|&value| milli(value, self.unit));
            let ghosts: Vec<String> = ghosts.collect();
            step.details.push(format!("counted too, of pods that are gone: {}", list(&ghosts)));
        }
        step.pods = readings;
        step
    }

    /// Each pod with its reading.
    fn readings(&self, answer: &Answer) -> Vec<PodReading> {
        let readiness = self.readiness();
        let mut requests = self.requests();
        let cluster = &self.sync.detail.cluster;
        let samples = answer.samples.iter().copied().chain(std::iter::repeat(None));
        let pods = answer.pods.iter().zip(samples);
        let pods = pods.filter_map(|(&id, sample)| Some((cluster.pod(id)?, sample)));
        pods.map(|(pod, sample)| {
            let group = readiness.group_of(pod, sample);
            let request = requests.as_mut().and_then(|it| it.of(cluster, pod.template).ok());
            PodReading {
                pod: pod.name.to_string(),
                group: use_of(group),
                value: sample.map(|sample| milli(sample.value, self.unit)),
                request: request.map(|request| milli(request, self.unit)),
                why: why(pod, group, readiness),
            }
        })
        .collect()
    }

    fn readiness(&self) -> Readiness {
        let config = &self.sync.scenario.cluster.controller_manager;
        let is_cpu = self.resource().is_some_and(|resource| resource == "cpu");
        let now = self.sync.detail.decision.at;
        Readiness { is_cpu, now, periods: Periods::from(config) }
    }

    /// The resource that it is about.
    fn resource(&self) -> Option<&str> {
        let spec = self.sync.spec.metrics.as_deref()?.get(self.place as usize)?;
        let whole = spec.resource.as_ref().map(|resource| resource.name.as_str());
        whole.or(spec.container_resource.as_ref().map(|resource| resource.name.as_str()))
    }

    /// Requests that count, if it is a utilization.
    fn requests(&self) -> Option<Requests> {
        let spec = self.sync.spec.metrics.as_deref()?.get(self.place as usize)?;
        let container = spec.container_resource.as_ref().map(|source| source.container.as_str());
        let gates = self.sync.scenario.cluster.controller_manager.feature_gates;
        let resource = self.resource().filter(|_| self.is_utilization())?;
        Some(Requests::new(resource, container, gates.pod_level_resources))
    }

    /// `, window 9m58s to 10m13s (2s old)`: of the samples that there are. A custom metric has none
    /// that means anything.
    fn window(&self, answer: &Answer) -> String {
        if self.told.kind == MetricKind::Pods {
            return String::new();
        }
        let samples: Vec<PodMetric> = answer.samples.iter().flatten().copied().collect();
        let now = self.sync.detail.decision.at;
        let age = |at: SimTime| span(now - at);
        let ends = samples.iter().map(|sample| sample.timestamp);
        let (Some(first), Some(last)) = (ends.clone().min(), ends.max()) else {
            return String::new();
        };
        let lengths = samples.iter().map(|sample| sample.window);
        let (Some(short), Some(long)) = (lengths.clone().min(), lengths.max()) else {
            return String::new();
        };
        if first == last && short == long {
            let begin = instant(first - long);
            return format!(", window {begin} to {} ({} old)", instant(last), age(last));
        }
        let length =
            if short == long { span(long) } else { format!("{} to {}", span(short), span(long)) };
        let (oldest, newest) = (age(first), age(last));
        let ages = if first == last {
            format!("{newest} ago")
        } else {
            format!("{newest} to {oldest} ago")
        };
        format!(", windows of {length} that ended {ages}")
    }
}

fn use_of(group: PodGroup) -> PodUse {
    match group {
        PodGroup::Ready(_) => PodUse::Counted,
        PodGroup::Deleted | PodGroup::Failed => PodUse::Ignored,
        PodGroup::Missing => PodUse::Missing,
        _ => PodUse::Unready,
    }
}

/// Why a pod does not count.
fn why(pod: &Pod, group: PodGroup, readiness: Readiness) -> Option<String> {
    let since = pod.ready.map(|ready| instant(ready.last_transition_time));
    let since = since.map_or_else(String::new, |since| format!(" since {since}"));
    let started = pod.start_time.map_or_else(String::new, instant);
    let initialization = span(readiness.periods.cpu_initialization);
    Some(match group {
        PodGroup::Ready(_) => return None,
        PodGroup::Deleted => match pod.deletion {
            Some(deletion) => format!("being deleted since {}", instant(deletion.requested_at)),
            None => "being deleted".to_owned(),
        },
        PodGroup::Failed => "its phase is Failed".to_owned(),
        PodGroup::Pending => match pod.node {
            None => "its phase is Pending: it has no node".to_owned(),
            Some(_) => "its phase is Pending: its containers have not started".to_owned(),
        },
        PodGroup::Missing => "no sample of it".to_owned(),
        PodGroup::Unreported => "its kubelet has not reported readiness".to_owned(),
        PodGroup::NotReady => {
            format!("not ready{since}, and started less than {initialization} ago, at {started}")
        }
        PodGroup::Fresh(sample) => format!(
            "ready{since}, and its sample begins before that, at {}; it started less than \
             {initialization} ago",
            instant(sample.timestamp - sample.window)
        ),
        PodGroup::NeverReady => format!(
            "never ready: so{since}, within {} of its start at {started}",
            span(readiness.periods.initial_readiness_delay)
        ),
    })
}

/// `3 pods`, or `3 of 6 pods (2 unready, 1 missing)`
fn counts(readings: &[PodReading]) -> String {
    let of = |group| readings.iter().filter(|reading| reading.group == group).count() as i64;
    let counted = of(PodUse::Counted);
    let others =
        [(PodUse::Unready, "unready"), (PodUse::Missing, "missing"), (PodUse::Ignored, "ignored")];
    let others = others.into_iter().filter(|(group, _)| of(*group) > 0);
    let others: Vec<String> = others.map(|(group, word)| format!("{} {word}", of(group))).collect();
    if others.is_empty() {
        return things(counted, "pod");
    }
    format!("{counted} of {} pods ({})", readings.len(), others.join(", "))
}

/// Lines about the pods: those that count in one, the others by what they have in common.
fn details(readings: &[PodReading]) -> Vec<String> {
    let counted: Vec<&PodReading> =
        readings.iter().filter(|reading| reading.group == PodUse::Counted).collect();
    let mut lines = Vec::new();
    if !counted.is_empty() {
        lines.push(counted_line(&counted));
    }
    for (group, word) in
        [(PodUse::Unready, "unready"), (PodUse::Missing, "missing"), (PodUse::Ignored, "ignored")]
    {
        let mut others: Vec<&PodReading> =
            readings.iter().filter(|reading| reading.group == group).collect();
        while let Some(first) = others.first().copied() {
            let (same, rest): (Vec<&PodReading>, Vec<&PodReading>) =
                others.into_iter().partition(|other| other.why == first.why);
            others = rest;
            let names: Vec<String> = same.iter().map(|reading| reading.pod.clone()).collect();
            let why = first.why.clone().unwrap_or_default();
            lines.push(format!("{word}: {} ({why})", some_of(&names)));
        }
    }
    lines
}

fn counted_line(counted: &[&PodReading]) -> String {
    let values: Vec<String> = counted
        .iter()
        .map(|reading| format!("{} {}", reading.pod, reading.value.as_deref().unwrap_or("?")))
        .collect();
    let requests: Vec<&str> =
        counted.iter().filter_map(|reading| reading.request.as_deref()).collect();
    let requests = match requests.first() {
        Some(first) if requests.iter().all(|request| request == first) => {
            let each = if requests.len() == 1 { "" } else { " each" };
            format!("; requests {first}{each}")
        }
        Some(_) => "; requests differ".to_owned(),
        None => String::new(),
    };
    format!("counted: {}{requests}", some_of(&values))
}

/// All of them, or the first and how many more.
fn some_of(items: &[String]) -> String {
    if items.len() <= LISTED_MAX {
        return items.join(", ");
    }
    format!("{} and {} more", items[..LISTED_MAX].join(", "), items.len() - LISTED_MAX)
}
