//! Events that change any field of an object.

use std::sync::Arc;

use super::documents::{Documents, HpaVersion};
use crate::api::apps::Deployment;
use crate::api::autoscaling::HorizontalPodAutoscaler;
use crate::api::meta::ObjectMeta;
use crate::diagnostic::{Diagnostic, Span};
use crate::manifest::edit::{Edit, ObjectAddress};
use crate::manifest::yaml::Node;
use crate::manifest::{EditStep, Manifests, ObjectTree, Origin, merge, parse_edit_path};
use crate::scenario::Action;
use crate::scenario::action::{DeploymentAction, HpaAction, PdbAction, Replacement, ServiceAction};
use crate::scenario::check::{Checker, clip, metrics::simulated_hpas};
use crate::scenario::file::event::{Event, Written};
use crate::scenario::file::read::At;

/// An object of the manifests that events can change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Object {
    /// By its place.
    Deployment(u32),
    /// By its place among those that are simulated.
    Hpa(u32),
    /// By its place.
    Pdb(u32),
    /// By its place.
    Service(u32),
}

/// Which document of which object.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) object: Object,
    pub(super) origin: Origin,
    pub(super) namespace: String,
}

/// What is changed in a document.
enum Change {
    Value(Edit),
    Patch(Node),
}

impl Checker<'_> {
    /// What `edit`, `editHpa` or `editPdb` does.
    pub(super) fn edit(&mut self, written: &Event, documents: &mut Documents<'_>) -> Vec<Action> {
        let (span, target, path, value, patch) = if let Some(edit) = &written.edit {
            let target = self.edited(&edit.value.object);
            (&edit.span, target, &edit.value.path, &edit.value.value, &edit.value.patch)
        } else if let Some(edit) = &written.edit_hpa {
            let hpa = self.hpa(&edit.value.hpa).and_then(|place| {
                self.target_hpa(
                    self.input.objects.hpas[place as usize].origin,
                    &edit.value.hpa.span,
                )
            });
            (&edit.span, hpa, &edit.value.path, &edit.value.value, &edit.value.patch)
        } else if let Some(edit) = &written.edit_pdb {
            let pdb = self.pdb(&edit.value.pdb).map(|place| self.target_pdb(place));
            (&edit.span, pdb, &edit.value.path, &edit.value.value, &edit.value.patch)
        } else {
            return Vec::new();
        };
        let change = self.change(span, path.as_ref(), value, patch);
        let (Some(target), Some(change)) = (target, change) else { return Vec::new() };
        self.changed(&target, &change, span, documents).into_iter().collect()
    }

    /// `path` with `value`, or `patch`.
    fn change(
        &mut self,
        span: &Span,
        path: Option<&At<String>>,
        value: &Written,
        patch: &Written,
    ) -> Option<Change> {
        match (path, &value.0, &patch.0) {
            (Some(path), Some(value), None) => match parse_edit_path(&path.value) {
                Ok(steps) => {
                    let span = path.span.clone();
                    Some(Change::Value(Edit {
                        object: None,
                        path: steps,
                        value: value.clone(),
                        span,
                    }))
                }
                Err((why, _)) => {
                    self.report(Diagnostic::error("edit-syntax", why).at(path.span.clone(), ""));
                    None
                }
            },
            (None, None, Some(patch)) if patch.is_map() => Some(Change::Patch(patch.clone())),
            (None, None, Some(patch)) => {
                self.report(
                    Diagnostic::error("scenario-event", "a patch is a map")
                        .at(patch.span.clone(), format!("this is {}", patch.describe()))
                        .help("write it as the object has it: `patch: {spec: {maxReplicas: 30}}`"),
                );
                None
            }
            (Some(path), None, None) => {
                self.report_absence(
                    Diagnostic::error("scenario-event", "it is not said what stands there then")
                        .at(path.span.clone(), "")
                        .help("add `value: ...`; `value: null` takes the field away"),
                );
                None
            }
            _ => {
                self.report_absence(
                    Diagnostic::error("scenario-event", "it is not clear what is changed")
                        .at(span.clone(), "")
                        .help("write `path: ...` and `value: ...`, or `patch: {...}`"),
                );
                None
            }
        }
    }

    /// Carries a change out on the document.
    fn changed(
        &mut self,
        target: &Target,
        change: &Change,
        span: &Span,
        documents: &mut Documents<'_>,
    ) -> Option<Action> {
        let (origin, namespace) = (target.origin, target.namespace.as_str());
        let former = documents.live(origin, namespace).clone();
        let former_annotations = documents.annotations(origin, namespace);
        let mut next = former.clone();
        match change {
            Change::Value(edit) => {
                if let Err(finding) = edit.apply(&mut next.node) {
                    self.report(finding);
                    return None;
                }
            }
            Change::Patch(patch) => next.node = merge::patched(&next.node, patch),
        }
        self.check_name(&former, &next, span)?;
        self.check_selector(&former, &next, span)?;
        let decoded = match documents.put(origin, namespace, next) {
            Ok(decoded) => decoded,
            Err(errors) => {
                self.report_all(errors, span, "in what this makes of the object");
                return None;
            }
        };
        let title: Arc<str> = Arc::from(title_of(&former, change));
        let what = (span, Arc::clone(&title));
        self.action(target, &decoded, what, documents, |object| {
            let mut object = object.clone();
            if !touches_replicas(change) {
                object.spec.replicas = None;
            }
            let to = Arc::new(Replacement { object, former_annotations });
            DeploymentAction::Patch { to, title: Arc::clone(&title) }
        })
    }

    /// The action that makes an object what its document says.
    pub(super) fn action(
        &mut self,
        target: &Target,
        decoded: &Manifests,
        (span, title): (&Span, Arc<str>),
        documents: &mut Documents<'_>,
        deployment_action: impl FnOnce(&Deployment) -> DeploymentAction,
    ) -> Option<Action> {
        match target.object {
            Object::Deployment(deployment) => {
                let object = &decoded.deployments.first()?.object;
                Some(Action::Deployment { deployment, what: deployment_action(object) })
            }
            Object::Hpa(hpa) => {
                let object = Arc::new(decoded.hpas.first()?.object.clone());
                self.check_maximum(&object, span);
                let spec = Arc::new(object.spec.clone());
                let version = HpaVersion { hpa, object, span: span.clone() };
                let number = documents.number(target.origin, &target.namespace, version);
                Some(Action::Hpa { hpa, what: HpaAction { number, spec, title } })
            }
            Object::Pdb(pdb) => {
                let spec = Arc::new(decoded.pdbs.first()?.object.spec.clone());
                Some(Action::Pdb { pdb, what: PdbAction { spec, title } })
            }
            Object::Service(service) => {
                let selector = decoded.services.first()?.object.spec.selector.clone();
                Some(Action::Service { service, what: ServiceAction::Selector(selector) })
            }
        }
    }

    /// Refuses to let an HPA grow beyond what is simulated.
    fn check_maximum(&mut self, hpa: &HorizontalPodAutoscaler, span: &Span) {
        let most = super::MAX_PODS;
        if i64::from(hpa.spec.max_replicas) > most {
            let message =
                format!("there may be {} pods, {most} can be simulated", hpa.spec.max_replicas);
            self.report(
                Diagnostic::error("too-many-pods", message)
                    .at(span.clone(), "with this event")
                    .help("lower maxReplicas"),
            );
        }
    }

    /// Refuses another name.
    fn check_name(&mut self, former: &ObjectTree, next: &ObjectTree, span: &Span) -> Option<()> {
        let same = (former.name(), former.namespace()) == (next.name(), next.namespace());
        if same { Some(()) } else { self.immutable(former, "metadata", span) }
    }

    /// Refuses another selector of a Deployment.
    pub(super) fn check_selector(
        &mut self,
        former: &ObjectTree,
        next: &ObjectTree,
        span: &Span,
    ) -> Option<()> {
        let selector = |tree: &ObjectTree| tree.field("spec.selector").map(Node::to_json);
        match (selector(former), selector(next)) {
            (Some(former_selector), Some(selector))
                if former.kind == "Deployment" && former_selector != selector =>
            {
                self.immutable(former, "spec.selector", span)
            }
            _ => Some(()),
        }
    }

    fn immutable(&mut self, object: &ObjectTree, field: &str, span: &Span) -> Option<()> {
        let message = format!("{}: {field}: field is immutable", object.title());
        self.report(
            Diagnostic::error("field-immutable", message)
                .at(span.clone(), "the API server refuses this")
                .help("make another object, and delete this one"),
        );
        None
    }

    /// Reports what is wrong with an object, and which event made it so.
    pub(super) fn report_all(&mut self, findings: Vec<Diagnostic>, span: &Span, said: &str) {
        for finding in findings {
            let own = finding.labels.first().is_some_and(|label| {
                label.span.source == span.source
                    && label.span.bytes.start >= span.bytes.start
                    && label.span.bytes.end <= span.bytes.end
            });
            self.report(if own { finding } else { finding.beside(span.clone(), said) });
        }
    }

    /// The object that an address means.
    fn edited(&mut self, written: &At<String>) -> Option<Target> {
        let address = match ObjectAddress::parse(&written.value) {
            Ok(address) => address,
            Err(help) => {
                self.report(
                    Diagnostic::error("edit-syntax", "this does not say which object is meant")
                        .at(written.span.clone(), "")
                        .help(help),
                );
                return None;
            }
        };
        match self.input.objects.documents.find(&address, &written.span) {
            Ok(place) => self.target(Origin(place as u32), &address, &written.span),
            Err(finding) => {
                self.report(finding);
                None
            }
        }
    }

    fn target(&mut self, origin: Origin, address: &ObjectAddress, span: &Span) -> Option<Target> {
        let objects = self.input.objects;
        let of = |place: usize, metadata: &ObjectMeta, object: fn(u32) -> Object| Target {
            object: object(place as u32),
            origin,
            namespace: metadata.namespace.clone(),
        };
        macro_rules! found {
            ($list:ident, $object:path) => {
                let mut all = objects.$list.iter().enumerate();
                if let Some((place, loaded)) = all.find(|(_, loaded)| loaded.origin == origin)
                    && address.kind != "Compose"
                {
                    return Some(of(place, &loaded.object.metadata, $object));
                }
            };
        }
        if objects.hpas.iter().any(|loaded| loaded.origin == origin) {
            return self.target_hpa(origin, span);
        }
        found!(deployments, Object::Deployment);
        found!(pdbs, Object::Pdb);
        found!(services, Object::Service);
        let message = format!("an event cannot change a {}", clip(&address.kind));
        let help = match address.kind.as_str() {
            "Node" => "`cordon`, `uncordon`, `taint` and `addNodes` change nodes",
            "Compose" => "`updateService`, `setImage`, `setEnv` and `scale` change its services",
            _ => "Deployments, HPAs, PodDisruptionBudgets and Services can be changed",
        };
        self.report(Diagnostic::error("scenario-event", message).at(span.clone(), "").help(help));
        None
    }

    pub(super) fn target_pdb(&self, place: u32) -> Target {
        let loaded = &self.input.objects.pdbs[place as usize];
        Target {
            object: Object::Pdb(place),
            origin: loaded.origin,
            namespace: loaded.object.metadata.namespace.clone(),
        }
    }

    /// An HPA, unless it is not simulated.
    pub(super) fn target_hpa(&mut self, origin: Origin, span: &Span) -> Option<Target> {
        let simulated = simulated_hpas(self.input.objects);
        let found = simulated.iter().enumerate().find(|(_, loaded)| loaded.origin == origin);
        let Some((place, loaded)) = found else {
            self.report(
                Diagnostic::error("scenario-event", "this HPA is not simulated")
                    .at(span.clone(), "its target is no Deployment")
                    .help("leave this event out"),
            );
            return None;
        };
        Some(Target {
            object: Object::Hpa(place as u32),
            origin,
            namespace: loaded.object.metadata.namespace.clone(),
        })
    }
}

/// `hpa/shop`.
pub(super) fn name_of(tree: &ObjectTree) -> String {
    let kind = match tree.kind.as_str() {
        "HorizontalPodAutoscaler" => "hpa",
        "PodDisruptionBudget" => "pdb",
        kind => return format!("{}/{}", kind.to_lowercase(), tree.name()),
    };
    format!("{kind}/{}", tree.name())
}

/// `set spec.maxReplicas of hpa/shop to 30`, or `patch hpa/shop`.
fn title_of(tree: &ObjectTree, change: &Change) -> String {
    let name = name_of(tree);
    match change {
        Change::Value(edit) => {
            let path = edit.to_string();
            let path = path.split_once('=').map_or(path.as_str(), |(path, _)| path);
            if edit.value.is_null() {
                return format!("remove {path} of {name}");
            }
            format!("set {path} of {name} to {}", clip(&edit.value.to_json()))
        }
        Change::Patch(_) => format!("patch {name}"),
    }
}

fn touches_replicas(change: &Change) -> bool {
    let key = |step: Option<&EditStep>, word: &str| match step {
        Some(EditStep::Key(key)) => key == word,
        _ => false,
    };
    match change {
        Change::Value(edit) => {
            let spec = key(edit.path.first(), "spec");
            spec && (edit.path.len() == 1 || key(edit.path.get(1), "replicas"))
        }
        Change::Patch(patch) => {
            patch.get("spec").is_some_and(|spec| spec.get("replicas").is_some())
        }
    }
}
