//! The documents of objects as events change them: what edits are applied to, and what `kubectl
//! apply` is merged with.
//!
//! Only people change these documents. What controllers write (an HPA's replicas) is not in them,
//! and is left alone by what is played.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::api::autoscaling::HorizontalPodAutoscaler;
use crate::api::meta::StringMap;
use crate::diagnostic::{Diagnostic, Severity, Span};
use crate::kube::kubectl::rollout::RESTARTED_AT;
use crate::manifest::edit::Edit;
use crate::manifest::yaml::{Entry, Node, Value};
use crate::manifest::{EditStep, Manifests, ObjectTree, Options, Origin, decode_alone, merge};
use crate::scenario::Action;
use crate::scenario::action::{DeploymentAction, DeploymentEdit, ServiceAction};

/// All documents, as far as an event has changed them.
pub(super) struct Documents<'a> {
    objects: &'a Manifests,
    changed: BTreeMap<Origin, Document>,
    /// HPAs as events make them, in order of time.
    pub(super) versions: Vec<HpaVersion>,
}

/// An HPA as an event makes it.
#[derive(Clone, Debug)]
pub(in crate::scenario::check) struct HpaVersion {
    /// Its place among the simulated ones.
    pub(in crate::scenario::check) hpa: u32,
    /// What it is from then on.
    pub(in crate::scenario::check) object: Arc<HorizontalPodAutoscaler>,
    /// The event.
    pub(in crate::scenario::check) span: Span,
}

/// One document.
struct Document {
    live: ObjectTree,
    /// What was applied last.
    last: Node,
    namespace: String,
    /// What `live` was decoded to, once that was asked.
    decoded: Option<Arc<Manifests>>,
    /// The number of its spec, of an HPA that was changed.
    number: Option<u32>,
    /// Templates of a Deployment by revision, the newest last.
    revisions: Vec<(i64, Node)>,
}

impl<'a> Documents<'a> {
    pub(super) fn new(objects: &'a Manifests) -> Documents<'a> {
        Documents { objects, changed: BTreeMap::new(), versions: Vec::new() }
    }

    fn document(&mut self, origin: Origin, namespace: &str) -> &mut Document {
        let tree = self.objects.tree(origin);
        self.changed.entry(origin).or_insert_with(|| {
            let mut document = Document {
                live: tree.clone(),
                last: tree.node.clone(),
                namespace: namespace.to_owned(),
                decoded: None,
                number: None,
                revisions: Vec::new(),
            };
            document.note_revision();
            document
        })
    }

    /// The document as it is now.
    pub(super) fn live(&mut self, origin: Origin, namespace: &str) -> &ObjectTree {
        &self.document(origin, namespace).live
    }

    /// Puts another document in the place of one.
    ///
    /// # Errors
    /// What the API server would say against it, beside what it would say of the former one.
    pub(super) fn put(
        &mut self,
        origin: Origin,
        namespace: &str,
        next: ObjectTree,
    ) -> Result<Arc<Manifests>, Vec<Diagnostic>> {
        self.document(origin, namespace).put(next)
    }

    /// Merges a manifest into the document, as `kubectl apply` does.
    ///
    /// # Errors
    /// As [`Documents::put`].
    pub(super) fn apply(
        &mut self,
        origin: Origin,
        namespace: &str,
        new: &ObjectTree,
    ) -> Result<Applied, Vec<Diagnostic>> {
        let document = self.document(origin, namespace);
        let mut next = new.clone();
        if new.api_version == document.live.api_version {
            next.node = merge::three_way(&document.live.node, &document.last, &new.node);
        }
        let manifests = document.put(next)?;
        let last = std::mem::replace(&mut document.last, new.node.clone());
        Ok(Applied { manifests, says: says_replicas(&new.node), said: says_replicas(&last) })
    }

    /// The number of an HPA's spec from now on.
    pub(super) fn number(&mut self, origin: Origin, namespace: &str, version: HpaVersion) -> u32 {
        let hpas = super::super::metrics::simulated_hpas(self.objects).len() as u32;
        let next = hpas + self.versions.len() as u32;
        let known = self.document(origin, namespace).number;
        let same = known.filter(|number| {
            let known = &self.versions[(*number - hpas) as usize];
            known.hpa == version.hpa && known.object == version.object
        });
        let number = same.unwrap_or_else(|| {
            self.versions.push(version);
            next
        });
        self.document(origin, namespace).number = Some(number);
        number
    }

    /// Annotations that a document has now.
    pub(super) fn annotations(&mut self, origin: Origin, namespace: &str) -> StringMap {
        let metadata = self.live(origin, namespace).node.field("metadata");
        let annotations = metadata.and_then(|metadata| metadata.field("annotations"));
        let entries = annotations.map_or(&[][..], Node::entries).iter();
        let text = |entry: &Entry| entry.value.as_str().unwrap_or_default().to_owned();
        entries.map(|entry| (entry.key.clone(), text(entry))).collect()
    }

    /// Takes in what an action does that says itself which field it changes; what kubectl would
    /// refuse is left out. `now` is the wall clock in RFC 3339.
    pub(super) fn follow(&mut self, action: &Action, now: &str) {
        match action {
            Action::Deployment { deployment, what } => {
                let loaded = &self.objects.deployments[*deployment as usize];
                if loaded.object.spec.strategy.swarm.is_none() {
                    let namespace = loaded.object.metadata.namespace.clone();
                    self.document(loaded.origin, &namespace).follow(what, now);
                }
            }
            Action::Service { service, what: ServiceAction::Selector(selector) } => {
                let Some(loaded) = self.objects.services.get(*service as usize) else { return };
                let entry = |(key, value): (&String, &String)| Entry {
                    key: key.clone(),
                    value: text(value),
                    ..Entry::default()
                };
                let selector = node(Value::Map(selector.iter().map(entry).collect()));
                let namespace = loaded.object.metadata.namespace.clone();
                self.document(loaded.origin, &namespace).set(&["spec", "selector"], selector);
            }
            _ => {}
        }
    }
}

/// What came of applying a manifest.
pub(super) struct Applied {
    /// The object alone.
    pub(super) manifests: Arc<Manifests>,
    /// Whether the manifest says `spec.replicas`.
    pub(super) says: bool,
    /// Whether the one before it did.
    pub(super) said: bool,
}

fn says_replicas(root: &Node) -> bool {
    root.field("spec").is_some_and(|spec| spec.field("replicas").is_some())
}

impl Document {
    fn put(&mut self, next: ObjectTree) -> Result<Arc<Manifests>, Vec<Diagnostic>> {
        if let Some(decoded) = self.decoded.as_ref().filter(|_| self.live == next) {
            return Ok(Arc::clone(decoded));
        }
        let options = Options { strict: true, namespace: self.namespace.clone() };
        let (decoded, findings) = decode_alone(&next, &options);
        let errors = |finding: &Diagnostic| finding.severity == Severity::Error;
        let mut errors: Vec<Diagnostic> = findings.into_iter().filter(errors).collect();
        if !errors.is_empty() {
            let (_, known) = decode_alone(&self.live, &options);
            let is_known = |one: &Diagnostic, other: &Diagnostic| {
                one.code == other.code && one.message == other.message
            };
            errors.retain(|error| !known.iter().any(|known| is_known(known, error)));
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let decoded = Arc::new(decoded);
        self.live = next;
        self.decoded = Some(Arc::clone(&decoded));
        self.note_revision();
        Ok(decoded)
    }

    fn follow(&mut self, what: &DeploymentAction, now: &str) {
        let paused = self.spec("paused").and_then(Node::as_bool).unwrap_or_default();
        match what {
            DeploymentAction::Scale(replicas) => {
                self.set(&["spec", "replicas"], node(Value::Int(i64::from(*replicas))));
            }
            DeploymentAction::Edit(edit) => self.follow_edit(edit),
            DeploymentAction::Pause => self.set(&["spec", "paused"], node(Value::Bool(true))),
            DeploymentAction::Resume => self.set(&["spec", "paused"], Node::default()),
            DeploymentAction::Restart if !paused => {
                let path = ["spec", "template", "metadata", "annotations", RESTARTED_AT];
                self.set(&path, text(now));
            }
            DeploymentAction::Undo { to_revision } if !paused => self.undo(*to_revision),
            _ => {}
        }
        self.note_revision();
    }

    fn follow_edit(&mut self, edit: &DeploymentEdit) {
        match edit {
            DeploymentEdit::Image { container, image } => {
                self.each_container(Some(container), |it| put(it, &["image"], text(image)));
            }
            DeploymentEdit::Env { container, variables, removed } => {
                self.each_container(container.as_deref(), |it| {
                    let pairs = variables.iter().map(|one| (&one.name, Some(&one.value)));
                    let gone = removed.iter().map(|name| (name, None));
                    pairs.chain(gone).for_each(|(name, value)| set_variable(it, name, value));
                });
            }
            DeploymentEdit::Resources { container, amounts } => {
                let former = (self.live.clone(), self.decoded.clone());
                self.each_container(container.as_deref(), |it| {
                    let lists = [("requests", &amounts.requests), ("limits", &amounts.limits)];
                    for (list, amounts) in lists {
                        for (name, amount) in amounts {
                            put(it, &["resources", list, name], text(&amount.to_string()));
                        }
                    }
                });
                let next = std::mem::replace(&mut self.live, former.0);
                self.decoded = former.1;
                // What the API server refuses stays undone.
                let _ = self.put(next);
            }
            _ => {}
        }
    }

    fn undo(&mut self, to_revision: i64) {
        let place = match to_revision {
            0 => self.revisions.len().checked_sub(2),
            wanted => self.revisions.iter().position(|(number, _)| *number == wanted),
        };
        if let Some(place) = place {
            let template = self.revisions[place].1.clone();
            self.set(&["spec", "template"], template);
        }
    }

    /// A template that was there before becomes the newest again.
    fn note_revision(&mut self) {
        let Some(template) = self.spec("template").cloned() else { return };
        let same = |revision: &&(i64, Node)| revision.1.to_json() == template.to_json();
        if self.revisions.last().is_some_and(|last| same(&last)) {
            return;
        }
        let newest = self.revisions.iter().map(|revision| revision.0).max().unwrap_or(0);
        self.revisions.retain(|revision| !same(&revision));
        self.revisions.push((newest + 1, template));
    }

    fn spec(&self, key: &str) -> Option<&Node> {
        self.live.node.field("spec")?.field(key)
    }

    fn set(&mut self, path: &[&str], value: Node) {
        self.decoded = None;
        put(&mut self.live.node, path, value);
    }

    /// Changes the containers of that name, or all.
    fn each_container(&mut self, name: Option<&str>, mut change: impl FnMut(&mut Node)) {
        self.decoded = None;
        let template = self.live.node.get_mut("spec").and_then(|spec| spec.get_mut("template"));
        let Some(spec) = template.and_then(|template| template.get_mut("spec")) else { return };
        for list in ["initContainers", "containers"] {
            let Some(Value::Seq(items)) = spec.get_mut(list).map(|list| &mut list.value) else {
                continue;
            };
            for item in items {
                let own = item.field("name").and_then(Node::as_str);
                if name.is_none_or(|name| own == Some(name)) {
                    change(item);
                }
            }
        }
    }
}

fn set_variable(container: &mut Node, name: &str, value: Option<&String>) {
    let list = container.get_mut("env").map(|list| &mut list.value);
    let Some(Value::Seq(items)) = list else {
        if value.is_some() {
            put(container, &["env"], node(Value::Seq(Vec::new())));
            set_variable(container, name, value);
        }
        return;
    };
    let of_name = |item: &Node| item.field("name").and_then(Node::as_str) == Some(name);
    match (items.iter_mut().find(|item| of_name(item)), value) {
        (Some(known), Some(value)) => put(known, &["value"], text(value)),
        (_, None) => items.retain(|item| !of_name(item)),
        (None, Some(value)) => {
            let mut item = node(Value::Map(Vec::new()));
            put(&mut item, &["name"], text(name));
            put(&mut item, &["value"], text(value));
            items.push(item);
        }
    }
}

/// Puts a value where a path of keys leads. Documents that were decoded have maps on the way.
fn put(root: &mut Node, path: &[&str], value: Node) {
    let path = path.iter().map(|key| EditStep::Key((*key).to_owned())).collect();
    let edit = Edit { object: None, path, value, span: Span::default() };
    let _ = edit.apply(root);
}

fn node(value: Value) -> Node {
    Node { value, ..Node::default() }
}

fn text(text: &str) -> Node {
    Node { value: Value::String(text.to_owned()), quoted: true, ..Node::default() }
}
