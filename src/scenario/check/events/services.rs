//! Events about Services.

use std::sync::Arc;

use super::super::targets::selected;
use super::super::{Checker, MAX_PODS};
use crate::api::meta::StringMap;
use crate::diagnostic::Diagnostic;
use crate::scenario::Action;
use crate::scenario::action::{DeploymentAction, DeploymentEdit, ServiceAction};
use crate::scenario::file::event::{Event, SwitchSelector, UpdateService};
use crate::scenario::file::read::At;

impl Checker<'_> {
    /// What an event does to Services, if anything.
    pub(super) fn service_actions(&mut self, written: &Event) -> Option<Vec<Action>> {
        if let Some(switch) = &written.switch_selector {
            return Some(self.switch_selector(&switch.value).into_iter().collect());
        }
        let update = written.update_service.as_ref()?;
        Some(self.update_service(update))
    }

    fn switch_selector(&mut self, written: &SwitchSelector) -> Option<Action> {
        let service = self.service(&written.service)?;
        let selector: StringMap = written
            .selector
            .0
            .iter()
            .map(|label| (label.name.value.clone(), label.value.value.clone()))
            .collect();
        let objects = self.input.objects;
        let namespace = &objects.services[service as usize].object.metadata.namespace;
        if selector.is_empty() {
            let message = format!("`{}` is to select by no label", written.service.value);
            self.report_absence(
                Diagnostic::warning("service-without-selector", message)
                    .at(written.service.span.clone(), "its endpoints stay as they are then")
                    .help("write labels: Kubernetes leaves a Service without selector alone"),
            );
        } else if selected(objects, namespace, &selector).is_empty() {
            let message =
                format!("no pod has the labels that `{}` is to select", written.service.value);
            self.report_absence(
                Diagnostic::warning("service-without-pods", message)
                    .at(written.service.span.clone(), "all its requests will be refused then")
                    .help("write labels of a Deployment's pods"),
            );
        }
        Some(Action::Service { service, what: ServiceAction::Selector(selector) })
    }

    /// `docker service update`.
    fn update_service(&mut self, update: &At<UpdateService>) -> Vec<Action> {
        let written = &update.value;
        let Some(place) = self.deployment(&written.service) else { return Vec::new() };
        let spec = &self.input.objects.deployments[place as usize].object.spec;
        if spec.strategy.swarm.is_none() {
            let message = format!("`{}` is no service of a Compose file", written.service.value);
            self.report(
                Diagnostic::error("scenario-event", message)
                    .at(written.service.span.clone(), "this is a Deployment")
                    .help("write `setImage` or `scale`"),
            );
            return Vec::new();
        }
        let container: Arc<str> = Arc::from(spec.template.spec.containers[0].name.as_str());
        let mut actions = Vec::new();
        if let Some(image) = &written.image {
            let image = Arc::from(image.value.as_str());
            let edit = DeploymentEdit::Image { container, image };
            actions.push(DeploymentAction::Edit(edit));
        }
        if let Some(replicas) = &written.replicas {
            if !(0..=MAX_PODS).contains(&i64::from(replicas.value)) {
                self.report(
                    Diagnostic::error("scenario-value", "`replicas` is out of range")
                        .at(replicas.span.clone(), "")
                        .help(format!("write 0 to {MAX_PODS}")),
                );
            }
            actions.push(DeploymentAction::Scale(replicas.value));
        }
        if actions.is_empty() {
            let finding = Diagnostic::error("scenario-event", "`updateService` changes nothing")
                .at(update.span.clone(), "")
                .help("write `image: NAME`, or `replicas: N`");
            self.report_absence(finding);
        }
        let action = |what| Action::Deployment { deployment: place, what };
        actions.into_iter().map(action).collect()
    }
}
