//! Custom and external metrics: which HPA metrics they answer, and from what.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Checker;
use super::asked::Asked;
use super::events::HpaVersion;
use super::services::Services;
use crate::api::autoscaling::{HorizontalPodAutoscaler, MetricSpec};
use crate::api::labels::Selector;
use crate::api::meta::StringMap;
use crate::diagnostic::{Diagnostic, Span};
use crate::manifest::{Loaded, Manifests, Origin};
use crate::scenario::file::event::{Measured, Metric, Source};
use crate::scenario::{MetricFrom, MetricKind, MetricWiring};
use crate::units::SimDuration;
use crate::workload::traffic::{Layer, Load, LoadContext, WallClock};

/// The HPAs that are simulated: those of Deployments.
pub(super) fn simulated_hpas(objects: &Manifests) -> Vec<&Loaded<HorizontalPodAutoscaler>> {
    let is_deployment = |loaded: &&Loaded<HorizontalPodAutoscaler>| {
        loaded.object.spec.scale_target_ref.kind == "Deployment"
    };
    objects.hpas.iter().filter(is_deployment).collect()
}

/// An HPA as it is from some time on.
#[derive(Clone, Copy)]
struct Spec<'a> {
    hpa: &'a HorizontalPodAutoscaler,
    place: Place<'a>,
}

/// Where an HPA was written.
#[derive(Clone, Copy)]
enum Place<'a> {
    Manifest(Origin),
    Event(&'a Span),
}

/// Whether a metric is a rate of requests.
pub(super) fn counts_requests(from: &Measured) -> bool {
    matches!(from, Measured::Model(name) if name == "served" || name == "offered")
}

impl Checker<'_> {
    /// The wirings, each with the HPA metrics that it answers: those of time 0, and those that
    /// events make.
    pub(super) fn metrics(
        &mut self,
        services: &Services,
        versions: &[HpaVersion],
        duration: SimDuration,
        clock: WallClock,
    ) -> Vec<MetricWiring> {
        let objects = self.input.objects;
        let simulated = simulated_hpas(objects);
        let at_start = simulated
            .iter()
            .map(|loaded| Spec { hpa: &loaded.object, place: Place::Manifest(loaded.origin) });
        let later = versions
            .iter()
            .map(|version| Spec { hpa: &version.object, place: Place::Event(&version.span) });
        let hpas: Vec<Spec<'_>> = at_start.chain(later).collect();
        let mut wirings = Vec::new();
        for written in &self.input.file.spec.metrics {
            wirings.extend(self.metric(written, &hpas, services, duration, clock));
        }
        self.report_missing(&hpas, &wirings);
        wirings
    }

    fn metric(
        &mut self,
        written: &Metric,
        hpas: &[Spec<'_>],
        services: &Services,
        duration: SimDuration,
        clock: WallClock,
    ) -> Vec<MetricWiring> {
        let (kind, from) = (self.metric_kind(written), self.measured(written, duration, clock));
        let period = written.period.as_ref();
        if let Some(period) = period.filter(|period| period.value.0 < 1000) {
            self.report(
                Diagnostic::error("scenario-value", "`period` is shorter than a second")
                    .at(period.span.clone(), "")
                    .help("write a longer one, such as `30s`"),
            );
        }
        let (Some(kind), Some(from)) = (kind, from) else { return Vec::new() };
        let answers = answered(&kind, &written.name.value, hpas);
        if answers.is_empty() {
            let message = format!("no HPA asks for this metric `{}`", written.name.value);
            self.report_absence(
                Diagnostic::warning("metric-unused", message)
                    .at(written.name.span.clone(), "")
                    .help("compare type, name and labels with `spec.metrics` of the HPA"),
            );
        }
        let by_service = self.by_service(written, &from, answers, hpas, services);
        let wiring = |(service, answers)| MetricWiring {
            kind: kind.clone(),
            name: written.name.value.clone(),
            service,
            from: from.clone(),
            period: period.map_or(SimDuration::from_secs(30), |period| period.value),
            delay: written.delay.as_ref().map_or(SimDuration::ZERO, |delay| delay.value),
            answers,
        };
        by_service.into_iter().map(wiring).collect()
    }

    fn metric_kind(&mut self, written: &Metric) -> Option<MetricKind> {
        let text = |field: &Option<crate::scenario::file::read::At<String>>| {
            field.as_ref().map(|text| text.value.clone()).unwrap_or_default()
        };
        let known = [("Pods", 0), ("Object", 1), ("External", 2)];
        Some(match self.choice(&written.type_, "type", &known)? {
            0 => MetricKind::Pods,
            1 => {
                let object = written.described_object.as_ref();
                MetricKind::Object {
                    kind: object.map(|object| text(&object.kind)).unwrap_or_default(),
                    name: object.map(|object| text(&object.name)).unwrap_or_default(),
                }
            }
            _ => {
                let labels = written.selector.0.iter();
                let labels =
                    labels.map(|label| (label.name.value.clone(), label.value.value.clone()));
                MetricKind::External { labels: labels.collect::<StringMap>() }
            }
        })
    }

    fn measured(
        &mut self,
        written: &Metric,
        duration: SimDuration,
        clock: WallClock,
    ) -> Option<MetricFrom> {
        match &written.from.value {
            Measured::Model(_) => {
                let Measured::Model(word) = &written.from.value else { return None };
                let word = crate::scenario::file::read::At {
                    value: word.clone(),
                    span: written.from.span.clone(),
                };
                let known = [("served", 0), ("offered", 1), ("backlog", 2), ("latency.p95", 3)];
                Some(match self.choice(&word, "from", &known)? {
                    0 => MetricFrom::Served,
                    1 => MetricFrom::Offered,
                    2 => MetricFrom::Backlog,
                    _ => MetricFrom::LatencyP95,
                })
            }
            Measured::Trace(map) => {
                let laid = self.trace(&map.trace, clock)?;
                let layer = Layer::Trace { trace: laid.trace, start: laid.start, hold: laid.hold };
                let context = LoadContext { duration, clock, seed: 0, stream: "metric" };
                match Load::compile(&[layer], &context) {
                    Ok(load) => Some(MetricFrom::Trace(Arc::new(load))),
                    Err(error) => {
                        let finding = Diagnostic::error("scenario-trace", error.message)
                            .at(written.from.span.clone(), "")
                            .help(error.help);
                        self.report(finding);
                        None
                    }
                }
            }
        }
    }

    /// The answers, apart by the service that is measured for them.
    fn by_service(
        &mut self,
        written: &Metric,
        from: &MetricFrom,
        answers: Vec<(u32, u32)>,
        hpas: &[Spec<'_>],
        services: &Services,
    ) -> BTreeMap<u32, Vec<(u32, u32)>> {
        let mut by_service: BTreeMap<u32, Vec<(u32, u32)>> = BTreeMap::new();
        if let Some(source) = &written.of {
            let service = self.source(source, services);
            by_service.extend(service.map(|service| (service, answers)));
            return by_service;
        }
        for (hpa, metric) in answers {
            let target = hpas[hpa as usize].hpa;
            let name = &target.spec.scale_target_ref.name;
            let deployments = self.input.objects.deployments.iter();
            let place = deployments.map(|loaded| &loaded.object.metadata).position(|metadata| {
                metadata.name == *name && metadata.namespace == target.metadata.namespace
            });
            let served = place.and_then(|place| services.of_deployment(place as u32).next());
            match served {
                Some((service, _)) => {
                    by_service.entry(service as u32).or_default().push((hpa, metric));
                }
                None if matches!(from, MetricFrom::Trace(_)) => {
                    by_service.entry(0).or_default().push((hpa, metric));
                }
                None => self.report_absence(
                    Diagnostic::error("scenario-metric", "no traffic goes to the HPA's pods")
                        .at(written.name.span.clone(), "so there is nothing to measure")
                        .help("say whose traffic is measured: `of: {service: NAME}`"),
                ),
            }
        }
        by_service
    }

    fn source(&mut self, source: &Source, services: &Services) -> Option<u32> {
        let asked = match (&source.service, &source.deployment, &source.queue) {
            (Some(service), None, None) => Some(Asked::Service(self.service(service)?)),
            (None, Some(name), None) => Some(Asked::Deployment(self.deployment(name)?)),
            (None, None, Some(queue)) => Some(Asked::Queue(queue.value.clone(), 0)),
            _ => None,
        };
        let found = asked.and_then(|asked| services.asked(&asked));
        if found.is_none() {
            self.report_absence(
                Diagnostic::error("scenario-metric", "`of` names nothing that has traffic")
                    .at(source.span.clone(), "")
                    .help("write one of `service`, `deployment` and `queue`, as in the traffic"),
            );
        }
        found
    }

    /// Finds HPA metrics that nothing answers.
    fn report_missing(&mut self, hpas: &[Spec<'_>], wirings: &[MetricWiring]) {
        for (place, hpa) in hpas.iter().enumerate() {
            for (index, metric) in hpa.hpa.spec.metrics.iter().flatten().enumerate() {
                let key = (place as u32, index as u32);
                let Some((type_, field, name)) = custom(metric) else { continue };
                if wirings.iter().any(|wiring| wiring.answers.contains(&key)) {
                    continue;
                }
                let path = format!("spec.metrics[{index}].{field}");
                let message = format!("nothing answers the {type_} metric `{name}`");
                self.report_absence(
                    Diagnostic::warning("metric-missing", message)
                        .at(
                            match hpa.place {
                                Place::Manifest(origin) => {
                                    self.input.objects.locate(origin, &path).span
                                }
                                Place::Event(span) => span.clone(),
                            },
                            "it is missing, as in a cluster without an adapter",
                        )
                        .help(missing_help(type_, name)),
                );
            }
        }
    }
}

fn missing_help(type_: &str, name: &str) -> String {
    if type_.ends_with("Resource") {
        return "metrics-server knows cpu and memory only".to_owned();
    }
    format!("add to the Scenario's `metrics`: `- {{type: {type_}, name: {name}, from: served}}`")
}

/// A metric that metrics-server does not answer: its type, its field with the name, its name.
fn custom(metric: &MetricSpec) -> Option<(&'static str, &'static str, &str)> {
    let other = |name: &str| name != "cpu" && name != "memory";
    if let Some(source) = &metric.pods {
        return Some(("Pods", "pods.metric.name", &source.metric.name));
    }
    if let Some(source) = &metric.object {
        return Some(("Object", "object.metric.name", &source.metric.name));
    }
    if let Some(source) = &metric.external {
        return Some(("External", "external.metric.name", &source.metric.name));
    }
    if let Some(source) = metric.resource.as_ref().filter(|source| other(&source.name)) {
        return Some(("Resource", "resource.name", &source.name));
    }
    let source = metric.container_resource.as_ref().filter(|source| other(&source.name))?;
    Some(("ContainerResource", "containerResource.name", &source.name))
}

/// The HPA metrics of this kind and name.
fn answered(kind: &MetricKind, name: &str, hpas: &[Spec<'_>]) -> Vec<(u32, u32)> {
    let mut answers = Vec::new();
    for (place, hpa) in hpas.iter().enumerate() {
        for (index, metric) in hpa.hpa.spec.metrics.iter().flatten().enumerate() {
            if fits(kind, name, metric) {
                answers.push((place as u32, index as u32));
            }
        }
    }
    answers
}

fn fits(kind: &MetricKind, name: &str, metric: &MetricSpec) -> bool {
    match kind {
        MetricKind::Pods => metric.pods.as_ref().is_some_and(|source| source.metric.name == name),
        MetricKind::Object { kind, name: object } => metric.object.as_ref().is_some_and(|source| {
            let described = &source.described_object;
            source.metric.name == name
                && (kind.is_empty() || described.kind == *kind)
                && (object.is_empty() || described.name == *object)
        }),
        MetricKind::External { labels } => metric.external.as_ref().is_some_and(|source| {
            let selector = source.metric.selector.as_ref();
            let matches = selector
                .is_none_or(|some| Selector::from_label_selector(Some(some)).matches(labels));
            source.metric.name == name && matches
        }),
    }
}
