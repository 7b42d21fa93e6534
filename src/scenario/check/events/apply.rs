//! `kubectl apply` as an event.

use std::sync::Arc;

use super::documents::Documents;
use super::edit::{Object, Target, name_of};
use crate::api::apps::Deployment;
use crate::diagnostic::{Diagnostic, Span, has_errors};
use crate::manifest::{Loaded, Manifests, ObjectTree, Options, Origin, decode_alone};
use crate::scenario::Action;
use crate::scenario::action::{DeploymentAction, Replacement};
use crate::scenario::check::Checker;
use crate::scenario::file::event::Apply;
use crate::scenario::file::read::At;

impl Checker<'_> {
    /// What is applied: a Deployment as its manifest has it, or the objects of another manifest.
    pub(super) fn apply(
        &mut self,
        apply: &At<Apply>,
        documents: &mut Documents<'_>,
    ) -> Vec<Action> {
        let objects = self.input.objects;
        match (&apply.value.deployment, &apply.value.manifest) {
            (Some(name), None) => {
                let Some(place) = self.deployment(name) else { return Vec::new() };
                let loaded = &objects.deployments[place as usize];
                let action = self.apply_deployment(place, objects, loaded, &apply.span, documents);
                action.into_iter().collect()
            }
            (None, Some(path)) => self.apply_manifest(path, documents),
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

    /// Applies the objects of another manifest, each to the one of its name.
    fn apply_manifest(&mut self, path: &At<String>, documents: &mut Documents<'_>) -> Vec<Action> {
        let Some(applied) = self.input.applied.get(&path.value) else { return Vec::new() };
        let (objects, span) = (self.input.objects, &path.span);
        let mut actions = Vec::new();
        let mut absent = Vec::new();
        for loaded in &applied.deployments {
            let name = loaded.object.metadata.namespaced_name();
            let mut all = objects.deployments.iter();
            match all.position(|other| other.object.metadata.namespaced_name() == name) {
                Some(place) => {
                    let place = place as u32;
                    actions.extend(self.apply_deployment(place, applied, loaded, span, documents));
                }
                None => absent.push(applied.tree(loaded.origin).title()),
            }
        }
        for loaded in &applied.hpas {
            let name = loaded.object.metadata.namespaced_name();
            let mut all = objects.hpas.iter();
            match all.find(|other| other.object.metadata.namespaced_name() == name) {
                Some(known) => {
                    let target = self.target_hpa(known.origin, span);
                    actions.extend(target.and_then(|target| {
                        self.apply_to(&target, applied, loaded.origin, span, documents)
                    }));
                }
                None => absent.push(applied.tree(loaded.origin).title()),
            }
        }
        for loaded in &applied.pdbs {
            let name = loaded.object.metadata.namespaced_name();
            let mut all = objects.pdbs.iter();
            match all.position(|other| other.object.metadata.namespaced_name() == name) {
                Some(place) => {
                    let target = self.target_pdb(place as u32);
                    actions.extend(self.apply_to(&target, applied, loaded.origin, span, documents));
                }
                None => absent.push(applied.tree(loaded.origin).title()),
            }
        }
        for loaded in &applied.services {
            let name = loaded.object.metadata.namespaced_name();
            let mut all = objects.services.iter().enumerate();
            match all.find(|(_, other)| other.object.metadata.namespaced_name() == name) {
                Some((place, known)) => {
                    let target = Target {
                        object: Object::Service(place as u32),
                        origin: known.origin,
                        namespace: known.object.metadata.namespace.clone(),
                    };
                    actions.extend(self.apply_to(&target, applied, loaded.origin, span, documents));
                }
                None => absent.push(applied.tree(loaded.origin).title()),
            }
        }
        self.report_left_out(applied, &absent, actions.is_empty(), span);
        actions
    }

    fn apply_deployment(
        &mut self,
        place: u32,
        applied: &Manifests,
        loaded: &Loaded<Deployment>,
        span: &Span,
        documents: &mut Documents<'_>,
    ) -> Option<Action> {
        let known = &self.input.objects.deployments[place as usize];
        let metadata = &known.object.metadata;
        if known.object.spec.strategy.swarm.is_some() || loaded.object.spec.strategy.swarm.is_some()
        {
            // `docker stack deploy` replaces.
            let object = loaded.object.clone();
            let former_annotations = metadata.annotations.clone();
            let to = Arc::new(Replacement { object, former_annotations });
            return Some(Action::Deployment {
                deployment: place,
                what: DeploymentAction::Apply(to),
            });
        }
        let target = Target {
            object: Object::Deployment(place),
            origin: known.origin,
            namespace: metadata.namespace.clone(),
        };
        self.apply_to(&target, applied, loaded.origin, span, documents)
    }

    fn apply_to(
        &mut self,
        target: &Target,
        applied: &Manifests,
        origin: Origin,
        span: &Span,
        documents: &mut Documents<'_>,
    ) -> Option<Action> {
        let (place, namespace) = (target.origin, target.namespace.as_str());
        let former = documents.live(place, namespace).clone();
        let former_annotations = documents.annotations(place, namespace);
        let new = applied.tree(origin);
        self.check_selector(&former, new, span)?;
        let title: Arc<str> = Arc::from(format!("apply {}", name_of(new)));
        match documents.apply(place, namespace, new) {
            Ok(done) => self.action(
                target,
                &done.manifests,
                (span, Arc::clone(&title)),
                documents,
                |object| {
                    let mut object = object.clone();
                    // What only the manifest before said becomes the default again.
                    if !done.says {
                        object.spec.replicas = done.said.then_some(1);
                    }
                    DeploymentAction::Apply(Arc::new(Replacement { object, former_annotations }))
                },
            ),
            // Sound by itself, it does not go with what others changed.
            Err(errors) if is_sound(new, namespace) => {
                let why: Vec<&str> = errors.iter().map(|error| error.message.as_str()).collect();
                Some(Action::Refused { title, why: Arc::from(why.join("; ")) })
            }
            Err(errors) => {
                self.report_all(errors, span, "applied here");
                None
            }
        }
    }

    /// Says what of a manifest is not applied.
    fn report_left_out(
        &mut self,
        applied: &Manifests,
        absent: &[String],
        nothing: bool,
        span: &Span,
    ) {
        for title in absent {
            self.report(
                Diagnostic::warning("not-yet", format!("{title} is new: an event creates nothing"))
                    .at(span.clone(), "this event leaves it out")
                    .help("add its manifest to `manifests`"),
            );
        }
        let others = applied.nodes.len() + applied.pods.len() + applied.other_workloads.len();
        if others > 0 {
            self.report(
                Diagnostic::warning(
                    "not-yet",
                    "an event applies Deployments, HPAs, PodDisruptionBudgets and Services",
                )
                .at(span.clone(), "other objects of this manifest are left out")
                .help("`cordon`, `taint` and `addNodes` change nodes"),
            );
        }
        if nothing && absent.is_empty() {
            self.report_absence(
                Diagnostic::error("scenario-event", "this manifest changes no object")
                    .at(span.clone(), "")
                    .help("name a manifest with an object of the same kind, name and namespace"),
            );
        }
    }
}

/// Whether nothing is wrong with a manifest itself.
fn is_sound(tree: &ObjectTree, namespace: &str) -> bool {
    let options = Options { strict: false, namespace: namespace.to_owned() };
    !has_errors(&decode_alone(tree, &options).1)
}
