//! Events: what happens when, repetitions written out.

mod nodes;

use std::sync::Arc;

use self::nodes::Known;
use super::{Checker, MAX_EVENTS, MAX_NODES, MAX_PODS};
use crate::api::apps::Deployment;
use crate::api::core::Node;
use crate::diagnostic::Diagnostic;
use crate::manifest::{Loaded, Manifests};
use crate::scenario::action::{DeploymentAction, DeploymentEdit};
use crate::scenario::file::event::{Apply, Event, Scale, SetImage};
use crate::scenario::file::read::At;
use crate::scenario::{Action, ScenarioEvent};
use crate::units::{SimDuration, SimTime};

impl Checker<'_> {
    /// All events in order of time; of several at one instant the order of the file stays.
    pub(super) fn events(
        &mut self,
        duration: SimDuration,
        nodes: &[Arc<Node>],
    ) -> Vec<ScenarioEvent> {
        let mut events: Vec<ScenarioEvent> = Vec::new();
        let known = Known::new(nodes, &self.input.file.spec.events);
        for written in &self.input.file.spec.events {
            let actions = self.actions(written, &known);
            for at in self.times(written, duration, events.len(), actions.len()) {
                let at_once = |action: &Action| ScenarioEvent { at, action: action.clone() };
                events.extend(actions.iter().map(at_once));
            }
        }
        self.check_node_count(nodes, &events);
        events.sort_by_key(|event| event.at);
        events
    }

    fn times(
        &mut self,
        written: &Event,
        duration: SimDuration,
        have: usize,
        actions: usize,
    ) -> Vec<SimTime> {
        let first = written.at.value;
        let end = SimTime::ZERO + duration;
        if first > end {
            self.report(
                Diagnostic::warning("event-never", "this event lies after the end")
                    .at(written.at.span.clone(), format!("the Scenario ends at {end}"))
                    .help("make `duration` longer, or `at` earlier"),
            );
            return Vec::new();
        }
        let Some(every) = &written.every else { return vec![first] };
        if every.value.0 < 1000 {
            self.report(
                Diagnostic::error("scenario-value", "`every` is shorter than a second")
                    .at(every.span.clone(), "")
                    .help("write a longer one, such as `3m`"),
            );
            return Vec::new();
        }
        let count = (end - first).0 / every.value.0 + 1;
        let all = (count as usize).saturating_mul(actions.max(1)).saturating_add(have);
        if all > MAX_EVENTS {
            self.report(
                Diagnostic::error("too-many-events", format!("more than {MAX_EVENTS} events"))
                    .at(every.span.clone(), format!("this one happens {count} times"))
                    .help("write a longer `every`, or a shorter `duration`"),
            );
            return Vec::new();
        }
        (0..count).map(|number| first + SimDuration(every.value.0 * number)).collect()
    }

    fn actions(&mut self, written: &Event, known: &Known<'_>) -> Vec<Action> {
        let kinds = written.actions();
        let [(kind, later)] = kinds.as_slice() else {
            let message = if kinds.is_empty() {
                "an event does nothing"
            } else {
                "an event does several things"
            };
            let finding = Diagnostic::error("scenario-event", message)
                .at(written.at.span.clone(), "")
                .help("give each event exactly one action, such as `scale`, `setImage` or `drain`");
            self.report_unless_absent(finding, kinds.is_empty());
            return Vec::new();
        };
        if *later {
            self.report(
                Diagnostic::warning("not-yet", format!("`{kind}` is not simulated yet"))
                    .at(written.at.span.clone(), "this event is left out")
                    .help("others are, such as `scale`; the rest of the Scenario runs"),
            );
        }
        if let Some(set_image) = &written.set_image {
            return self.set_image(&set_image.value).into_iter().collect();
        }
        match (&written.scale, &written.apply) {
            (Some(scale), _) => self.scale(&scale.value).into_iter().collect(),
            (None, Some(apply)) => self.apply(apply),
            (None, None) => self.node_action(written, known).into_iter().collect(),
        }
    }

    fn set_image(&mut self, written: &SetImage) -> Option<Action> {
        let deployment = self.deployment(&written.deployment)?;
        let pod = &self.input.objects.deployments[deployment as usize].object.spec.template.spec;
        let container = match &written.container {
            Some(name) => {
                if !pod.containers.iter().any(|one| one.name == name.value) {
                    self.unknown_container(name, pod);
                    return None;
                }
                name.value.as_str()
            }
            None if pod.containers.len() == 1 => pod.containers[0].name.as_str(),
            None => {
                let names = pod.containers.iter().map(|one| one.name.as_str());
                let help = format!(
                    "add `container: NAME`, one of {}",
                    names.collect::<Vec<_>>().join(", ")
                );
                self.report(
                    Diagnostic::error("scenario-event", "it is not clear whose image this is")
                        .at(written.image.span.clone(), "")
                        .help(help),
                );
                return None;
            }
        };
        if written.image.value.trim().is_empty() {
            self.report(
                Diagnostic::error("scenario-event", "an image has a name")
                    .at(written.image.span.clone(), "this one is empty"),
            );
            return None;
        }
        let (container, image) = (Arc::from(container), Arc::from(written.image.value.as_str()));
        let what = DeploymentAction::Edit(DeploymentEdit::Image { container, image });
        Some(Action::Deployment { deployment, what })
    }

    fn scale(&mut self, scale: &Scale) -> Option<Action> {
        let deployment = self.deployment(&scale.deployment);
        let replicas = scale.replicas.value;
        if !(0..=MAX_PODS).contains(&i64::from(replicas)) {
            self.report(
                Diagnostic::error("scenario-value", "`replicas` is out of range")
                    .at(scale.replicas.span.clone(), "")
                    .help(format!("write 0 to {MAX_PODS}")),
            );
            return None;
        }
        let what = DeploymentAction::Scale(replicas);
        Some(Action::Deployment { deployment: deployment?, what })
    }

    fn apply(&mut self, apply: &At<Apply>) -> Vec<Action> {
        let objects = self.input.objects;
        match (&apply.value.deployment, &apply.value.manifest) {
            (Some(name), None) => {
                let Some(place) = self.deployment(name) else { return Vec::new() };
                let object = as_applied(objects, &objects.deployments[place as usize]);
                vec![applied_by(place, object)]
            }
            (None, Some(path)) => self.apply_manifest(path),
            _ => {
                let finding =
                    Diagnostic::error("scenario-event", "`apply` names not exactly one thing")
                        .at(apply.span.clone(), "")
                        .help("write `deployment: NAME` to apply it again, or `manifest: FILE`");
                self.report_unless_absent(finding, apply.value.deployment.is_none());
                Vec::new()
            }
        }
    }

    /// Applies the Deployments of another manifest, each to the one of its name.
    fn apply_manifest(&mut self, path: &At<String>) -> Vec<Action> {
        let Some(applied) = self.input.applied.get(&path.value) else { return Vec::new() };
        let mut actions = Vec::new();
        for loaded in &applied.deployments {
            let metadata = &loaded.object.metadata;
            let place = self.input.objects.deployments.iter().position(|other| {
                other.object.metadata.namespaced_name() == metadata.namespaced_name()
            });
            match place {
                Some(place) => {
                    actions.push(applied_by(place as u32, as_applied(applied, loaded)));
                }
                None => self.report(
                    Diagnostic::warning(
                        "not-yet",
                        format!("a new Deployment `{}` cannot be applied yet", metadata.name),
                    )
                    .at(path.span.clone(), "this event leaves it out")
                    .help("add its manifest to `manifests`"),
                ),
            }
        }
        if applied.hpas.len() + applied.pdbs.len() + applied.services.len() > 0 {
            self.report(
                Diagnostic::warning("not-yet", "an event applies Deployments only, so far")
                    .at(path.span.clone(), "other objects of this manifest are left out"),
            );
        }
        if actions.is_empty() {
            self.report_absence(
                Diagnostic::error("scenario-event", "this manifest changes no Deployment")
                    .at(path.span.clone(), "")
                    .help("name a manifest with a Deployment of the same name and namespace"),
            );
        }
        actions
    }
}

fn applied_by(deployment: u32, object: Arc<Deployment>) -> Action {
    Action::Deployment { deployment, what: DeploymentAction::Apply(object) }
}

/// A Deployment as `kubectl apply` sends it: without `replicas` where none were written.
fn as_applied(objects: &Manifests, loaded: &Loaded<Deployment>) -> Arc<Deployment> {
    let mut object = loaded.object.clone();
    let written = objects.tree(loaded.origin).field("spec.replicas");
    let of_swarm = object.spec.strategy.swarm.is_some();
    if !of_swarm && written.is_none_or(crate::manifest::yaml::Node::is_null) {
        object.spec.replicas = None;
    }
    Arc::new(object)
}
