//! Events around the cluster: metrics, registries, users.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Occurrence;
use super::nodes::Known;
use crate::diagnostic::{Diagnostic, Span};
use crate::kube::controllers::podautoscaler::metrics::MetricsApi;
use crate::manifest::suggest::nearest;
use crate::scenario::Action;
use crate::scenario::action::{
    ImagesAction, MetricsAction, Outage, PullPace, SlowPulls, TrafficAction,
};
use crate::scenario::check::asked::Asked;
use crate::scenario::check::{Checker, clip};
use crate::scenario::file::event::{Event, MetricsOutage, SlowImagePull, TrafficScale as Written};
use crate::scenario::file::read::At;
use crate::units::{SimDuration, SimTime};

/// The largest factor of a pull or of traffic.
const FACTOR_MAX: f64 = 1e6;

/// More or less traffic for a time.
#[derive(Clone, Debug)]
pub(in crate::scenario::check) struct TrafficScale {
    /// Whose; all traffic if absent.
    pub(in crate::scenario::check) whose: Option<Asked>,
    pub(in crate::scenario::check) factor: f64,
    pub(in crate::scenario::check) from: SimTime,
    /// None lasts to the end.
    pub(in crate::scenario::check) until: Option<SimTime>,
    pub(in crate::scenario::check) span: Span,
}

impl Checker<'_> {
    /// What an event does to metrics or traffic, if anything.
    pub(super) fn around(
        &mut self,
        written: &Event,
        at: SimTime,
    ) -> (Occurrence, Option<TrafficScale>) {
        let mut occurrence = Occurrence { at, written: 0, actions: Vec::new(), end: Vec::new() };
        if let Some(outage) = &written.metrics_outage
            && let Some(outage) = self.outage(&outage.value)
        {
            let outage = Arc::new(outage);
            let gone = MetricsAction::Outage(Arc::clone(&outage));
            occurrence.actions.push(Action::Metrics(gone));
            occurrence.end.push(Action::Metrics(MetricsAction::Back(outage)));
        }
        let Some(scale) = &written.traffic_scale else { return (occurrence, None) };
        let Some((whose, named)) = self.whose(scale) else { return (occurrence, None) };
        let Some(factor) = self.factor(&scale.value.factor, 0.0) else {
            return (occurrence, None);
        };
        let whose_text: Arc<str> = Arc::from(named);
        let begin = TrafficAction::Scale { factor, whose: Arc::clone(&whose_text) };
        occurrence.actions.push(Action::Traffic(begin));
        occurrence.end.push(Action::Traffic(TrafficAction::Back { whose: whose_text }));
        let until = self.lasting(scale.value.lasts.as_ref()).map(|lasts| at + lasts);
        let span = scale.span.clone();
        (occurrence, Some(TrafficScale { whose, factor, from: at, until, span }))
    }

    /// How long something lasts, which is not nothing.
    fn lasting(&mut self, written: Option<&At<SimDuration>>) -> Option<SimDuration> {
        let written = written?;
        if written.value <= SimDuration::ZERO {
            self.report(
                Diagnostic::error("scenario-value", "`for` is no time at all")
                    .at(written.span.clone(), "")
                    .help("write how long it lasts, such as `5m`, or leave it out"),
            );
        }
        Some(written.value)
    }

    fn factor(&mut self, written: &At<f64>, least: f64) -> Option<f64> {
        let fits = (least..=FACTOR_MAX).contains(&written.value);
        if !fits {
            self.report(
                Diagnostic::error("scenario-value", "`factor` is out of range")
                    .at(written.span.clone(), "")
                    .help(format!("write a number from {least} to 1,000,000")),
            );
        }
        fits.then_some(written.value)
    }

    fn outage(&mut self, written: &MetricsOutage) -> Option<Outage> {
        self.lasting(written.lasts.as_ref());
        let known = [
            ("resource", MetricsApi::Resource),
            ("custom", MetricsApi::Custom),
            ("external", MetricsApi::External),
        ];
        let before = self.findings.len();
        let mut apis = Vec::new();
        for api in &written.apis {
            let api = self.choice(api, "apis", &known);
            apis.extend(api.filter(|api| !apis.contains(api)));
        }
        if apis.is_empty() {
            apis.push(MetricsApi::Resource);
        }
        let hide_every = written.hide_every.as_ref().map(|every| every.value);
        if let Some(every) = written.hide_every.as_ref().filter(|every| every.value == 0) {
            self.report(
                Diagnostic::error("scenario-value", "`hideEvery` counts from 1")
                    .at(every.span.clone(), "")
                    .help("write 1 to hide all pods, 2 to hide every other one"),
            );
        }
        let restarts = match &written.what {
            None => hide_every.is_none(),
            Some(what) => self.choice(what, "what", &[("server", true), ("connection", false)])?,
        };
        if let (Some(what), Some(_), true) = (&written.what, &hide_every, restarts) {
            self.report(
                Diagnostic::error("scenario-event", "a server that is gone hides all pods")
                    .at(what.span.clone(), "")
                    .help("leave `hideEvery` or `what` out"),
            );
        }
        (self.findings.len() == before).then_some(Outage { apis, hide_every, restarts })
    }

    /// Pulls that become slow, and that are as before.
    pub(super) fn slow_image_pull(
        &mut self,
        written: &Event,
        known: &Known<'_>,
    ) -> Option<[Action; 2]> {
        let written = written.slow_image_pull.as_ref()?;
        let SlowImagePull { lasts, factor, takes, image, node, nodes, .. } = &written.value;
        self.lasting(lasts.as_ref());
        let pace = match (factor, takes) {
            (Some(factor), None) => PullPace::Factor(self.factor(factor, 0.0)?),
            (None, Some(takes)) => PullPace::Takes(takes.value),
            _ => {
                let finding =
                    Diagnostic::error("scenario-event", "it is not clear how slow pulls are")
                        .at(written.span.clone(), "")
                        .help("write `factor: 10`, or `takes: 2m`");
                self.report_unless_absent(finding, factor.is_none());
                return None;
            }
        };
        let nodes = match (node, nodes.as_slice()) {
            (None, []) => None,
            (node, nodes) => Some(self.node_names(&written.span, (node.as_ref(), nodes), known)?),
        };
        if let Some(image) = image {
            self.check_image(image);
        }
        let image = image.as_ref().map(|image| Arc::from(image.value.as_str()));
        let slow = Arc::new(SlowPulls { image, nodes, pace });
        let begin = Action::Images(ImagesAction::Slow(Arc::clone(&slow)));
        Some([begin, Action::Images(ImagesAction::Back(slow))])
    }

    /// Warns of an image that nothing runs.
    fn check_image(&mut self, image: &At<String>) {
        let objects = self.input.objects.deployments.iter();
        let pods = objects.map(|loaded| &loaded.object.spec.template.spec);
        let containers = pods.flat_map(|pod| pod.init_containers.iter().chain(&pod.containers));
        let mut images: BTreeSet<&str> = containers.map(|it| it.image.as_str()).collect();
        for event in &self.input.file.spec.events {
            images.extend(event.set_image.as_ref().map(|set| set.value.image.value.as_str()));
            let update = event.update_service.as_ref();
            let image = update.and_then(|update| update.value.image.as_ref());
            images.extend(image.map(|image| image.value.as_str()));
        }
        // Whole documents may name any.
        let changes = |event: &Event| event.apply.is_some() || event.edit.is_some();
        let others = self.input.file.spec.events.iter().any(changes);
        if others || images.contains(image.value.as_str()) {
            return;
        }
        let help = match nearest(&image.value, images.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("images are {}", Vec::from_iter(images).join(", ")),
        };
        let message = format!("no container has the image `{}`", clip(&image.value));
        self.report_absence(
            Diagnostic::warning("unknown-image", message)
                .at(image.span.clone(), "so nothing is slow")
                .help(help),
        );
    }

    /// Whose traffic is meant, and in words.
    fn whose(&mut self, scale: &At<Written>) -> Option<(Option<Asked>, String)> {
        self.lasting(scale.value.lasts.as_ref());
        let Written { service, deployment, queue, .. } = &scale.value;
        Some(match (service, deployment, queue) {
            (None, None, None) => (None, "all traffic".to_owned()),
            (Some(name), None, None) => {
                let place = self.service(name)?;
                (Some(Asked::Service(place)), format!("traffic to {}", name.value.name))
            }
            (None, Some(name), None) => {
                let place = self.deployment(name)?;
                (Some(Asked::Deployment(place)), format!("traffic to {}", name.value.name))
            }
            (None, None, Some(name)) => {
                let text = format!("traffic to queue {}", name.value);
                (Some(Asked::Queue(name.value.clone(), 0)), text)
            }
            _ => {
                self.report(
                    Diagnostic::error("scenario-event", "`trafficScale` names several targets")
                        .at(scale.span.clone(), "")
                        .help("keep one of `service`, `deployment` and `queue`"),
                );
                return None;
            }
        })
    }
}
