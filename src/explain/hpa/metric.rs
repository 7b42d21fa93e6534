//! One metric of a sync: what was read, what it means against the target, what it asks for.

use super::Sync;
use super::rules::{Direction, Rules};
use crate::explain::Step;
use crate::explain::words::{Unit, list, milli, number, pods, things};
use crate::kube::controllers::podautoscaler::decision::{Basis, MetricDecision, MetricKind};
use crate::kube::controllers::podautoscaler::reason::HpaReason;
use crate::sim::Answer;

/// One metric under explanation.
pub(super) struct Reading<'s> {
    pub(super) sync: &'s Sync<'s>,
    pub(super) place: u32,
    pub(super) told: &'s MetricDecision,
    pub(super) answer: Option<&'s Answer>,
    /// Unit of its values.
    pub(super) unit: Unit,
}

impl Sync<'_> {
    /// The steps of one metric.
    pub(super) fn metric_steps(&self, place: u32, steps: &mut Vec<Step>) {
        let told = &self.detail.decision.metrics()[place as usize];
        let answer = self.detail.answers.iter().find(|answer| answer.metric == place);
        let unit = self.metric_unit(place);
        let reading = Reading { sync: self, place, told, answer, unit };
        steps.push(reading.read());
        if told.basis.is_valid() {
            steps.push(reading.value());
            steps.extend(reading.filled());
            steps.push(reading.proposal());
        } else {
            steps.push(reading.failed());
        }
    }

    fn metric_unit(&self, place: u32) -> Unit {
        let spec = self.spec.metrics.as_deref().and_then(|all| all.get(place as usize));
        let Some(spec) = spec else { return Unit::Cpu };
        let resource = spec.resource.as_ref().map(|resource| resource.name.as_str());
        let container = spec.container_resource.as_ref().map(|resource| resource.name.as_str());
        match resource.or(container) {
            Some("cpu") => Unit::Cpu,
            Some("memory") => Unit::Bytes,
            _ => Unit::Plain,
        }
    }

    fn tolerances(&self) -> (f64, f64) {
        let config = &self.scenario.cluster.controller_manager;
        let of = |direction| Rules::of(&self.spec, config, direction).tolerance;
        (1.0 - of(Direction::Down), 1.0 + of(Direction::Up))
    }
}

impl Reading<'_> {
    pub(super) fn name(&self) -> String {
        self.sync.metric_name(self.place)
    }

    /// Whether its values are compared with requests.
    pub(super) fn is_utilization(&self) -> bool {
        matches!(
            self.told.kind,
            MetricKind::ResourceUtilization | MetricKind::ContainerResourceUtilization
        )
    }

    /// Whether it has one value for the whole workload.
    pub(super) fn is_total(&self) -> bool {
        matches!(
            self.told.kind,
            MetricKind::ObjectValue
                | MetricKind::ObjectAverageValue
                | MetricKind::ExternalValue
                | MetricKind::ExternalAverageValue
        )
    }

    /// What the metrics API answered.
    fn read(&self) -> Step {
        let name = self.name();
        match self.answer {
            Some(answer) if !self.is_total() => self.read_pods(answer),
            Some(answer) => {
                let values: Vec<String> =
                    answer.series.iter().map(|&value| milli(value, self.unit)).collect();
                let text = match (&answer.error, &values[..]) {
                    (Some(_), _) | (None, []) => format!("{name}: no answer"),
                    (None, [one]) => format!("{name} is {one}"),
                    (None, many) => format!("{name}: {} series with {}", many.len(), list(many)),
                };
                Step::new("metrics read", text).about("metrics-lag")
            }
            None => Step::new("metrics read", format!("{name}: the metrics API was not asked")),
        }
    }

    /// Usage against the target.
    fn value(&self) -> Step {
        let told = self.told;
        let target = self.target();
        let ratio = number(told.ratio);
        let (name, value) = match told.kind {
            _ if self.is_utilization() => (
                "utilization",
                format!(
                    "{} used of {} requested = {} %",
                    milli(told.usage, self.unit),
                    milli(told.requests, self.unit),
                    told.utilization
                ),
            ),
            MetricKind::ObjectAverageValue | MetricKind::ExternalAverageValue => (
                "average",
                format!(
                    "{} / {} = {} a pod",
                    milli(told.usage, self.unit),
                    pods(i64::from(self.sync.detail.decision.status_replicas)),
                    milli(told.reported, self.unit)
                ),
            ),
            _ if self.is_total() => ("value", milli(told.usage, self.unit)),
            _ => (
                "average",
                format!(
                    "{} / {} = {} a pod",
                    milli(told.usage, self.unit),
                    pods(i64::from(self.samples())),
                    milli(told.reported, self.unit)
                ),
            ),
        };
        // With pods to be filled in, only the ratio that comes of it is held against the tolerance.
        let place = match told.basis {
            Basis::FromZero => String::new(),
            _ if self.is_filled() => String::new(),
            _ => format!(", {}", self.within(told.ratio)),
        };
        let text = format!("{value}; target {target}: ratio {ratio}{place}");
        let step = Step::new(name, text);
        step.about(if self.is_utilization() { "utilization" } else { "tolerance" })
    }

    fn target(&self) -> String {
        if self.is_utilization() {
            format!("{} %", self.told.target)
        } else {
            milli(self.told.target, self.unit)
        }
    }

    /// Samples that count.
    fn samples(&self) -> u32 {
        self.told.pods.ready + self.told.pods.ghosts
    }

    /// `outside 0.9 .. 1.1`
    fn within(&self, ratio: f64) -> String {
        let (low, high) = self.sync.tolerances();
        let is_within = low <= ratio && ratio <= high;
        let word = if is_within { "within" } else { "outside" };
        format!("{word} {} .. {}", number(low), number(high))
    }

    fn is_filled(&self) -> bool {
        matches!(
            self.told.basis,
            Basis::FilledRatio
                | Basis::FilledWithinTolerance
                | Basis::DirectionChanged
                | Basis::CountChangedDirection
        )
    }

    /// Pods that are filled in, and by how much: unready, missing.
    fn fillings(&self) -> (u32, u32) {
        let (counts, ratio) = (self.told.pods, self.told.ratio);
        let unready = if ratio > 1.0 { counts.unready } else { 0 };
        let missing = if ratio == 1.0 { 0 } else { counts.missing };
        (unready, missing)
    }

    /// What becomes of the ratio when pods without a usable sample are filled in.
    fn filled(&self) -> Option<Step> {
        if !self.is_filled() {
            return None;
        }
        let (unready, missing) = self.fillings();
        let as_much = match (self.told.ratio > 1.0, self.is_utilization()) {
            (true, _) => "0".to_owned(),
            (false, true) => format!("{} % of their requests", self.told.target.max(100)),
            (false, false) => format!("the target of {}", self.target()),
        };
        let mut parts = Vec::new();
        if unready > 0 {
            parts.push(things(i64::from(unready), "unready pod"));
        }
        if missing > 0 {
            parts.push(things(i64::from(missing), "missing pod"));
        }
        let way = if self.told.ratio > 1.0 { "up" } else { "down" };
        let ratio = number(self.told.filled_ratio);
        let text = if parts.is_empty() {
            format!("nobody at a ratio of 1: {ratio}")
        } else {
            format!(
                "on the way {way} {} {} as {as_much}: ratio {ratio}, {}",
                list(&parts),
                if unready + missing == 1 { "counts" } else { "count" },
                self.within(self.told.filled_ratio)
            )
        };
        Some(Step::new("filled in", text).about("missing-metrics"))
    }

    /// From the ratio to a count.
    fn proposal(&self) -> Step {
        let told = self.told;
        let decision = &self.sync.detail.decision;
        let current = pods(i64::from(decision.current));
        let product = |ratio: f64, count: u32, what: &str| {
            let exact = ratio * f64::from(count);
            format!(
                "{} x {} = {}, rounded up: {}",
                number(ratio),
                things(i64::from(count), what),
                number(exact),
                told.proposal
            )
        };
        let (text, concept) = match told.basis {
            Basis::WithinTolerance if self.is_total() && !self.is_value() => {
                (format!("within the tolerance: the {} there are", told.proposal), "tolerance")
            }
            Basis::WithinTolerance => {
                (format!("within the tolerance: the current {current}"), "tolerance")
            }
            Basis::FilledWithinTolerance => {
                (format!("within the tolerance now: the current {current}"), "tolerance")
            }
            Basis::DirectionChanged => (
                format!("filled in, the ratio points the other way: the current {current}"),
                "missing-metrics",
            ),
            Basis::CountChangedDirection => (
                format!("filled in, the count would move the other way: the current {current}"),
                "missing-metrics",
            ),
            Basis::FilledRatio => {
                let (unready, missing) = self.fillings();
                let count = self.samples() + unready + missing;
                (product(told.filled_ratio, count, "pod"), "utilization")
            }
            Basis::PerPod => (
                format!(
                    "{} / {} = {}, rounded up: {}",
                    milli(told.usage, self.unit),
                    milli(told.target, self.unit),
                    number(told.usage as f64 / told.target as f64),
                    told.proposal
                ),
                "utilization",
            ),
            Basis::FromZero => (
                format!("at 0 pods the ratio itself, rounded up: {}", told.proposal),
                "utilization",
            ),
            _ => (product(told.ratio, self.counted(), "ready pod"), "utilization"),
        };
        Step::new("proposal", text).about(concept)
    }

    fn is_value(&self) -> bool {
        matches!(self.told.kind, MetricKind::ObjectValue | MetricKind::ExternalValue)
    }

    /// Pods that the ratio is multiplied with.
    fn counted(&self) -> u32 {
        self.told.pods.ready
    }

    /// Why there is no proposal, in the words of its event.
    fn failed(&self) -> Step {
        let said = self.sync.said().find_map(|reason| match reason {
            HpaReason::Metric(fault) if fault.metric.metric == self.place => Some(fault),
            _ => None,
        });
        let text = match said {
            Some(fault) => format!("none. {}: {fault}", fault.word()),
            None => "none".to_owned(),
        };
        Step::new("proposal", text).about("missing-metrics")
    }
}
