//! Whom traffic asks.

use super::targets::selected;
use super::{Checker, LineTarget};
use crate::diagnostic::{Diagnostic, Span};
use crate::scenario::file::read::At;
use crate::scenario::file::traffic::Target;

/// Whom an entry of the traffic asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// A Service, by its place among those of the manifests.
    Service(u32),
    /// A Deployment, through an implied Service.
    Deployment(u32),
    /// A queue with the Deployment that consumes it.
    Queue(String, u32),
}

impl Checker<'_> {
    /// Whom an entry of a Scenario asks.
    pub(super) fn asked(&mut self, to: &At<Target>) -> Option<Asked> {
        let target = &to.value;
        let asked = match (&target.service, &target.deployment, &target.queue) {
            (Some(service), None, None) => Asked::Service(self.service(service)?),
            (None, Some(deployment), None) => Asked::Deployment(self.deployment(deployment)?),
            (None, None, Some(queue)) => {
                let Some(consumers) = &target.consumers else {
                    self.report_absence(
                        Diagnostic::error("scenario-traffic", "nobody takes from this queue")
                            .at(queue.span.clone(), "")
                            .help("add `consumers: {deployment: NAME}`"),
                    );
                    return None;
                };
                Asked::Queue(queue.value.clone(), self.deployment(&consumers.deployment)?)
            }
            _ => {
                let finding =
                    Diagnostic::error("scenario-traffic", "`to` names not exactly one target")
                        .at(to.span.clone(), "")
                        .help("write one of `service`, `deployment` and `queue`");
                let none = target.service.is_none() && target.deployment.is_none();
                self.report_unless_absent(finding, none && target.queue.is_none());
                return None;
            }
        };
        if let (Some(consumers), None) = (&target.consumers, &target.queue) {
            self.report(
                Diagnostic::error("scenario-traffic", "`consumers` are for a `queue`")
                    .at(consumers.span.clone(), "")
                    .help("leave it out: a Service's pods serve it"),
            );
        }
        Some(asked)
    }

    /// Whom traffic from the command line asks by name.
    pub(super) fn line_target(&mut self, target: &LineTarget) -> Option<Asked> {
        let name = At { value: target.name.clone(), span: target.span.clone() };
        let services = self.input.objects.services.iter();
        let is_service = services
            .map(|loaded| &loaded.object.metadata)
            .any(|metadata| metadata.name == target.name.name);
        let is_deployment = self
            .input
            .objects
            .deployments
            .iter()
            .any(|loaded| loaded.object.metadata.name == target.name.name);
        match target.kind {
            Some("service") => Some(Asked::Service(self.service(&name)?)),
            None if is_service && !is_deployment => Some(Asked::Service(self.service(&name)?)),
            Some(_) => Some(Asked::Deployment(self.deployment(&name)?)),
            None => {
                let deployment = self.deployment(&name)?;
                Some(self.service_or_deployment(deployment))
            }
        }
    }

    /// The Service that has exactly the pods of a Deployment, if there is one; else an implied one.
    pub(super) fn service_or_deployment(&self, deployment: u32) -> Asked {
        let objects = self.input.objects;
        let behind = objects.services.iter().position(|loaded| {
            let service = &loaded.object;
            selected(objects, &service.metadata.namespace, &service.spec.selector) == [deployment]
        });
        match behind {
            Some(service) => Asked::Service(service as u32),
            None => Asked::Deployment(deployment),
        }
    }

    /// Whom traffic without a target asks: the only Deployment with an HPA, or the only one.
    pub(super) fn only_deployment(&mut self, span: &Span) -> Option<u32> {
        let objects = self.input.objects;
        let all = 0..objects.deployments.len();
        let scaled: Vec<usize> = all
            .clone()
            .filter(|place| {
                objects.hpas_of(&objects.deployments[*place].object.metadata).next().is_some()
            })
            .collect();
        let candidates = if scaled.is_empty() { all.collect() } else { scaled };
        if let [only] = candidates.as_slice() {
            return Some(*only as u32);
        }
        let names: Vec<&str> = candidates
            .iter()
            .take(8)
            .map(|place| objects.deployments[*place].object.metadata.name.as_str())
            .collect();
        let finding = match names.first() {
            None => Diagnostic::error(
                "no-target",
                "the manifests have no Deployment to send traffic to",
            )
            .help("give the manifest of a Deployment"),
            Some(first) => Diagnostic::error("no-target", "it is not clear who gets this traffic")
                .help(format!(
                    "name one of {}: `--traffic {first}=...`, as often as you like",
                    names.join(", ")
                )),
        };
        self.report_absence(finding.at(span.clone(), ""));
        None
    }
}
