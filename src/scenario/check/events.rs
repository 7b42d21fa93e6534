//! Events: what happens when, repetitions written out.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Checker, MAX_EVENTS, MAX_PODS};
use crate::api::apps::Deployment;
use crate::diagnostic::Diagnostic;
use crate::manifest::{Loaded, Manifests};
use crate::scenario::file::event::{Apply, Event, Scale, SetImage};
use crate::scenario::file::read::At;
use crate::scenario::{Action, ScenarioEvent};
use crate::units::{SimDuration, SimTime};

/// What an event does, before it is known what the world looks like when it does so.
#[derive(Clone, Debug)]
enum Planned {
    /// As it stands.
    Action(Action),
    /// Another image in one container (by its place) of a Deployment.
    SetImage { deployment: u32, container: usize, image: String },
}

impl Checker<'_> {
    /// All events in order of time; of several at one instant the order of the file stays.
    pub(super) fn events(&mut self, duration: SimDuration) -> Vec<ScenarioEvent> {
        let mut planned: Vec<(SimTime, Planned)> = Vec::new();
        for written in &self.input.file.spec.events {
            let actions = self.actions(written);
            for at in self.times(written, duration, planned.len(), actions.len()) {
                planned.extend(actions.iter().map(|action| (at, action.clone())));
            }
        }
        planned.sort_by_key(|(at, _)| *at);
        let mut templates = Templates::new(self.input.objects);
        let settle = |(at, planned)| ScenarioEvent { at, action: templates.settle(planned) };
        planned.into_iter().map(settle).collect()
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

    fn actions(&mut self, written: &Event) -> Vec<Planned> {
        let kinds = written.actions();
        let [(kind, later)] = kinds.as_slice() else {
            let message = if kinds.is_empty() {
                "an event does nothing"
            } else {
                "an event does several things"
            };
            let finding = Diagnostic::error("scenario-event", message)
                .at(written.at.span.clone(), "")
                .help("give each event exactly one action: `scale`, `apply` or `setImage`");
            self.report_unless_absent(finding, kinds.is_empty());
            return Vec::new();
        };
        if *later {
            self.report(
                Diagnostic::warning("not-yet", format!("`{kind}` is not simulated yet"))
                    .at(written.at.span.clone(), "this event is left out")
                    .help("`scale`, `apply` and `setImage` are; the rest of the Scenario runs"),
            );
        }
        if let Some(set_image) = &written.set_image {
            return self.set_image(&set_image.value).into_iter().collect();
        }
        let actions = match (&written.scale, &written.apply) {
            (Some(scale), _) => self.scale(&scale.value).into_iter().collect(),
            (None, Some(apply)) => self.apply(apply),
            (None, None) => Vec::new(),
        };
        actions.into_iter().map(Planned::Action).collect()
    }

    fn set_image(&mut self, written: &SetImage) -> Option<Planned> {
        let deployment = self.deployment(&written.deployment)?;
        let pod = &self.input.objects.deployments[deployment as usize].object.spec.template.spec;
        let container = match &written.container {
            Some(name) => {
                let found = pod.containers.iter().position(|one| one.name == name.value);
                if found.is_none() {
                    self.unknown_container(name, pod);
                }
                found?
            }
            None if pod.containers.len() == 1 => 0,
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
        Some(Planned::SetImage { deployment, container, image: written.image.value.clone() })
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
        Some(Action::Scale { deployment: deployment?, replicas })
    }

    fn apply(&mut self, apply: &At<Apply>) -> Vec<Action> {
        let objects = self.input.objects;
        match (&apply.value.deployment, &apply.value.manifest) {
            (Some(name), None) => {
                let Some(place) = self.deployment(name) else { return Vec::new() };
                let object = as_applied(objects, &objects.deployments[place as usize]);
                vec![Action::Apply { deployment: place, object }]
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
                Some(place) => actions.push(Action::Apply {
                    deployment: place as u32,
                    object: as_applied(applied, loaded),
                }),
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

/// What each Deployment looks like as events change it.
struct Templates<'a> {
    objects: &'a Manifests,
    now: BTreeMap<u32, Arc<Deployment>>,
}

impl<'a> Templates<'a> {
    fn new(objects: &'a Manifests) -> Templates<'a> {
        Templates { objects, now: BTreeMap::new() }
    }

    fn settle(&mut self, planned: Planned) -> Action {
        match planned {
            Planned::Action(action) => {
                if let Action::Apply { deployment, object } = &action {
                    self.now.insert(*deployment, Arc::clone(object));
                }
                action
            }
            Planned::SetImage { deployment, container, image } => {
                let object = self.with_image(deployment, container, image);
                self.now.insert(deployment, Arc::clone(&object));
                Action::Apply { deployment, object }
            }
        }
    }

    /// A Deployment with another image and without a count: setting an image leaves that alone.
    fn with_image(&self, deployment: u32, container: usize, image: String) -> Arc<Deployment> {
        let written = || self.objects.deployments[deployment as usize].object.clone();
        let known = self.now.get(&deployment);
        let mut object = known.map_or_else(written, |object| Deployment::clone(object));
        let unchanged = object.spec.replicas.is_none()
            && object
                .spec
                .template
                .spec
                .containers
                .get(container)
                .is_some_and(|c| c.image == image);
        if let (true, Some(known)) = (unchanged, known) {
            return Arc::clone(known);
        }
        object.spec.replicas = None;
        if let Some(container) = object.spec.template.spec.containers.get_mut(container) {
            container.image = image;
        }
        Arc::new(object)
    }
}

/// A Deployment as `kubectl apply` sends it: without `replicas` where none were written.
fn as_applied(objects: &Manifests, loaded: &Loaded<Deployment>) -> Arc<Deployment> {
    let mut object = loaded.object.clone();
    let written = objects.tree(loaded.origin).field("spec.replicas");
    if written.is_none_or(crate::manifest::yaml::Node::is_null) {
        object.spec.replicas = None;
    }
    Arc::new(object)
}
