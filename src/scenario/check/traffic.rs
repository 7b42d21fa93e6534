//! Traffic: who is asked for how much.

mod scale;

use std::sync::Arc;

use super::asked::Asked;
use super::events::TrafficScale;
use super::layers::{Converted, LayerContext, RateUnit, unit_of_layers};
use super::services::{Resolved, Services, implied_service};
use super::targets::selected;
use super::{Checker, TrafficLine};
use crate::diagnostic::{Diagnostic, Span};
use crate::scenario::file::read::At;
use crate::scenario::file::traffic::{Cause, Demand, Retries, Traffic};
use crate::units::{SimDuration, SimTime};
use crate::workload::service::{Retry, ServiceConfig, ServiceKind, Upstream};
use crate::workload::traffic::{Layer, Load, LoadContext, WallClock};

/// Entries of the traffic, layers converted but not compiled.
#[derive(Clone, Debug, Default)]
pub(super) struct Entries(Vec<Entry>);

#[derive(Clone, Debug)]
struct Entry {
    asked: Asked,
    kind: ServiceKind,
    layers: Vec<Converted>,
    causes: Vec<Cause>,
    retry: Option<Retry>,
    objective: Option<SimDuration>,
    span: Span,
}

impl Entries {
    /// When the traffic last changes by plan.
    pub(super) fn last_change(&self) -> Option<SimTime> {
        self.0.iter().flat_map(|entry| &entry.layers).map(|layer| layer.last_change).max()
    }
}

impl Checker<'_> {
    /// Resolves all entries; those of the command line stand in place of the Scenario's.
    pub(super) fn traffic_entries(&mut self, clock: WallClock) -> Entries {
        let mut entries = Vec::new();
        if self.input.lines.is_empty() {
            for traffic in &self.input.file.spec.traffic {
                entries.extend(self.entry(traffic, clock));
            }
        } else {
            for line in self.input.lines {
                entries.extend(self.line_entry(line, clock));
            }
        }
        if entries.is_empty() && self.findings.is_empty() {
            self.report_absence(
                Diagnostic::warning("no-traffic", "nobody asks for anything: all pods are idle")
                    .help("add `traffic` to the Scenario, or `--traffic 'constant:100/s'`"),
            );
        }
        self.refuse_repeats(&entries);
        Entries(entries)
    }

    fn entry(&mut self, traffic: &Traffic, clock: WallClock) -> Option<Entry> {
        let asked = self.asked(&traffic.to);
        let (kind, layers) = self.work(traffic, clock);
        let kind = match (&asked, kind) {
            (Some(Asked::Queue(..)), ServiceKind::Requests) => ServiceKind::Queue,
            (_, kind) => kind,
        };
        let retry = match &traffic.retries {
            Some(retries) => Some(self.retry(retries)?),
            None => None,
        };
        Some(Entry {
            asked: asked?,
            kind,
            layers,
            causes: traffic.from.as_ref().map(|from| from.value.0.clone()).unwrap_or_default(),
            retry,
            objective: traffic.objective.as_ref().map(|objective| objective.latency.value),
            span: traffic.to.span.clone(),
        })
    }

    /// The kind of work and its layers: `layers` and `from`, or `demand`.
    fn work(&mut self, traffic: &Traffic, clock: WallClock) -> (ServiceKind, Vec<Converted>) {
        let requests = LayerContext { unit: RateUnit::Requests, clock };
        match (&traffic.demand, &traffic.layers, &traffic.from) {
            (Some(demand), None, None) => self.demand(demand, clock),
            (Some(demand), ..) => {
                self.report(
                    Diagnostic::error(
                        "scenario-traffic",
                        "`demand` stands in place of `layers` and `from`",
                    )
                    .at(demand.span.clone(), "")
                    .help("keep one of them"),
                );
                (ServiceKind::Requests, Vec::new())
            }
            (None, Some(layers), _) => {
                (ServiceKind::Requests, self.layers(&layers.value, requests))
            }
            (None, None, Some(_)) => (ServiceKind::Requests, Vec::new()),
            (None, None, None) => {
                self.report_absence(
                    Diagnostic::error(
                        "scenario-traffic",
                        "this traffic says nothing about how much",
                    )
                    .at(traffic.to.span.clone(), "")
                    .help("add `layers`, `from` or `demand`"),
                );
                (ServiceKind::Requests, Vec::new())
            }
        }
    }

    fn demand(&mut self, demand: &At<Demand>, clock: WallClock) -> (ServiceKind, Vec<Converted>) {
        let backlog = demand.value.backlog.as_ref().is_some_and(|backlog| backlog.value);
        let context = LayerContext { unit: RateUnit::Cores, clock };
        (ServiceKind::Cpu { backlog }, self.layers(&demand.value.cpu.value, context))
    }

    pub(super) fn retry(&mut self, retries: &Retries) -> Option<Retry> {
        let backoff = retries.backoff.as_ref();
        let wait = backoff.map_or(SimDuration(100), |backoff| backoff.value);
        if retries.attempts.value > 10 {
            self.report(
                Diagnostic::error("scenario-value", "more than 10 retries")
                    .at(retries.attempts.span.clone(), "")
                    .help("write 0 to 10"),
            );
            return None;
        }
        if let Some(backoff) = backoff.filter(|_| wait.0 < 10) {
            self.report(
                Diagnostic::error("scenario-value", "`backoff` is shorter than 10 ms")
                    .at(backoff.span.clone(), "")
                    .help("write `10ms` or more"),
            );
            return None;
        }
        Some(Retry { attempts: retries.attempts.value, backoff: wait })
    }

    fn line_entry(&mut self, line: &TrafficLine, clock: WallClock) -> Option<Entry> {
        let unit = unit_of_layers(&line.layers);
        let layers = self.layers(&line.layers, LayerContext { unit, clock });
        let asked = if let Some(target) = &line.target {
            self.line_target(target)?
        } else {
            let only = self.only_deployment(&line.span)?;
            self.service_or_deployment(only)
        };
        let kind = match unit {
            RateUnit::Requests => ServiceKind::Requests,
            RateUnit::Cores => ServiceKind::Cpu { backlog: false },
        };
        Some(Entry {
            asked,
            kind,
            layers,
            causes: Vec::new(),
            retry: None,
            objective: None,
            span: line.span.clone(),
        })
    }

    fn refuse_repeats(&mut self, entries: &[Entry]) {
        for (place, entry) in entries.iter().enumerate() {
            let Some(first) = entries[..place].iter().find(|other| other.asked == entry.asked)
            else {
                continue;
            };
            self.report(
                Diagnostic::error(
                    "scenario-traffic",
                    "two entries of traffic go to the same target",
                )
                .at(entry.span.clone(), "again here")
                .beside(first.span.clone(), "first here")
                .help("put the layers of both into one entry"),
            );
        }
    }

    /// Compiles the loads and finds whose pods serve them.
    pub(super) fn compile_traffic(
        &mut self,
        entries: &Entries,
        scales: &[TrafficScale],
        time: &LoadContext<'_>,
    ) -> Services {
        let objects = self.input.objects;
        let mut services = Services {
            objects: objects
                .services
                .iter()
                .map(|loaded| Arc::new(loaded.object.clone()))
                .collect(),
            list: Vec::new(),
            order: Vec::new(),
        };
        for (place, entry) in entries.0.iter().enumerate() {
            let stream = format!("traffic/{place}");
            let context = LoadContext { stream: &stream, ..*time };
            let own = self.load(entry, scales, &context);
            let (object, deployments) = self.serving(entry, &mut services);
            services.list.push(Resolved {
                asked: entry.asked.clone(),
                object,
                deployments,
                retries_written: entry.retry.is_some(),
                config: ServiceConfig {
                    kind: entry.kind,
                    own,
                    from: Vec::new(),
                    retry: entry.retry.unwrap_or_default(),
                    objective: entry.objective,
                },
            });
        }
        self.connect(entries, &mut services);
        self.find_unscaled(entries, scales);
        services
    }

    fn load(
        &mut self,
        entry: &Entry,
        scales: &[TrafficScale],
        context: &LoadContext<'_>,
    ) -> Option<Arc<Load>> {
        if entry.layers.is_empty() {
            return None;
        }
        let mut layers: Vec<Layer> = entry.layers.iter().map(|layer| layer.layer.clone()).collect();
        let met: Vec<&TrafficScale> =
            scales.iter().filter(|scale| self.meets(scale, entry)).collect();
        if !met.is_empty() {
            layers.push(Layer::ScaleSteps { steps: scale::factor_over_time(&met) });
        }
        match Load::compile(&layers, context) {
            Ok(load) => Some(Arc::new(load)),
            Err(error) => {
                let layer = entry.layers.get(error.layer as usize);
                let span = layer.map_or(&entry.span, |layer| &layer.span);
                self.report(
                    Diagnostic::error("scenario-layer", error.message)
                        .at(span.clone(), "this layer")
                        .help(error.help),
                );
                None
            }
        }
    }

    /// The Service that gets an entry's requests, and the Deployments behind it.
    fn serving(&mut self, entry: &Entry, services: &mut Services) -> (Option<u32>, Vec<u32>) {
        let objects = self.input.objects;
        match &entry.asked {
            Asked::Queue(_, consumers) => (None, vec![*consumers]),
            Asked::Deployment(place) => {
                let deployment = &objects.deployments[*place as usize].object;
                let implied = implied_service(deployment, &services.objects);
                let name = &deployment.metadata.name;
                self.assume(
                    format!("deployment {name}"),
                    "traffic comes through an implied Service for its pods",
                );
                services.objects.push(Arc::new(implied));
                (Some(services.objects.len() as u32 - 1), vec![*place])
            }
            Asked::Service(place) => {
                let service = &objects.services[*place as usize].object;
                let namespace = &service.metadata.namespace;
                let deployments = selected(objects, namespace, &service.spec.selector);
                if deployments.is_empty() {
                    let name = &service.metadata.name;
                    self.report(
                        Diagnostic::error(
                            "traffic-without-pods",
                            format!("no Deployment has pods that Service `{name}` selects"),
                        )
                        .at(entry.span.clone(), "asked here")
                        .beside(
                            objects.head(objects.services[*place as usize].origin),
                            "this Service",
                        )
                        .help(
                            "make its selector equal to labels of a pod template, in its namespace",
                        ),
                    );
                }
                (Some(*place), deployments)
            }
        }
    }

    /// Finds the services whose requests cause others, and refuses cycles.
    fn connect(&mut self, entries: &Entries, services: &mut Services) {
        for (place, entry) in entries.0.iter().enumerate() {
            for cause in &entry.causes {
                let from = self.upstreams(cause, place, services);
                services.list[place].config.from.extend(from);
            }
        }
        if let Err(place) = services.sort() {
            let span =
                entries.0[place].causes.first().map_or(&entries.0[place].span, |cause| &cause.span);
            self.report(
                Diagnostic::error("traffic-cycle", "this traffic causes itself")
                    .at(span.clone(), "")
                    .help("leave out one `from` of the circle"),
            );
            services.list.iter_mut().for_each(|service| service.config.from.clear());
            services.order = (0..services.list.len()).collect();
        }
    }

    fn upstreams(&mut self, cause: &Cause, place: usize, services: &Services) -> Vec<Upstream> {
        let ratio = cause.ratio.as_ref().map_or(1.0, |ratio| ratio.value);
        if let Some(written) = cause.ratio.as_ref().filter(|_| !(0.0..=1e6).contains(&ratio)) {
            self.report(
                Diagnostic::error("scenario-value", "`ratio` is out of range")
                    .at(written.span.clone(), "")
                    .help("write a number from 0 to 1,000,000"),
            );
        }
        let Some(deployment) = self.deployment(&cause.deployment) else { return Vec::new() };
        let found: Vec<Upstream> = services
            .list
            .iter()
            .enumerate()
            .filter(|(_, service)| service.deployments.contains(&deployment))
            .map(|(other, _)| Upstream { service: other as u32, ratio })
            .collect();
        if found.is_empty() && place < services.list.len() {
            self.report(
                Diagnostic::error("scenario-traffic", "no traffic goes to this Deployment")
                    .at(cause.deployment.span.clone(), "so it causes none")
                    .help("add an entry of `traffic` for it"),
            );
        }
        found
    }
}
