//! Objects of the input as trees, before anything is decoded: what edits change, and what findings
//! point into.

use crate::diagnostic::{Diagnostic, Span};

use super::compose;
use super::path::{Step, parse_field_path, print_field_path};
use super::yaml::{Document, Node, Value};

/// One object as it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectTree {
    /// The object; its root is a map.
    pub node: Node,
    /// `apiVersion`, in a list without one that of the list.
    pub api_version: String,
    /// `kind`, in a list without one that of the list's items.
    pub kind: String,
}

/// Where a field stands, or would stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The value if it is a scalar, else the key; of a missing field the key it belongs under.
    pub span: Span,
    /// What is missing below there: `scaleTargetRef.kind`. None if the field is there.
    pub missing: Option<String>,
}

impl ObjectTree {
    /// `metadata.name`, of a Compose file `name`; empty if there is none.
    pub fn name(&self) -> &str {
        if self.kind == compose::KIND {
            return self.node.field("name").and_then(Node::as_str).unwrap_or_default();
        }
        self.metadata("name").unwrap_or_default()
    }

    /// `metadata.namespace`, empty if there is none.
    pub fn namespace(&self) -> &str {
        self.metadata("namespace").unwrap_or_default()
    }

    fn metadata(&self, key: &str) -> Option<&str> {
        self.node.field("metadata")?.field(key)?.as_str()
    }

    /// Where a field stands, by a path as validation writes it: `spec.metrics[0].type`,
    /// `spec.template.spec.containers[0].resources.requests[cpu]`.
    pub fn locate(&self, path: &str) -> Place {
        let mut node = &self.node;
        let mut place = Place { span: self.head(), missing: None };
        let steps = parse_field_path(path);
        for (index, step) in steps.iter().enumerate() {
            let next = match step {
                Step::Key(key) => node.entry(key).map(|entry| (&entry.value, &entry.key_span)),
                Step::Index(index) => node.items().get(*index).map(|item| (item, &item.span)),
            };
            let Some((value, key_span)) = next else {
                place.missing = Some(print_field_path(&steps[index..]));
                return place;
            };
            let scalar = !matches!(value.value, Value::Map(_) | Value::Seq(_) | Value::Null);
            place.span = if scalar { value.span.clone() } else { first_line(key_span, value) };
            node = value;
        }
        place
    }

    /// The value of a field, by a path as [`ObjectTree::locate`] takes it.
    pub fn field(&self, path: &str) -> Option<&Node> {
        parse_field_path(path).iter().try_fold(&self.node, |node, step| match step {
            Step::Key(key) => node.get(key),
            Step::Index(index) => node.items().get(*index),
        })
    }

    /// What stands for the whole object in a message: its name, else its kind, else its start.
    pub fn head(&self) -> Span {
        let name = self.node.get("metadata").and_then(|metadata| metadata.get("name"));
        if let Some(node) = name.or_else(|| self.node.get("kind")) {
            return node.span.clone();
        }
        let start = self.node.span.bytes.start;
        Span { source: self.node.span.source, bytes: start..start }
    }

    /// `Deployment "web"`, as kubectl names objects.
    pub fn title(&self) -> String {
        format!("{} `{}`", self.kind, self.name())
    }
}

/// The key, or of an item of a list that is a map its first key.
fn first_line(key_span: &Span, value: &Node) -> Span {
    match value.entries().first() {
        Some(entry) if *key_span == value.span => entry.key_span.clone(),
        _ => key_span.clone(),
    }
}

/// The objects of a document: the document itself, or the items of a list (`kind: List`,
/// `DeploymentList` and so on).
pub(super) fn objects_of(document: Document, findings: &mut Vec<Diagnostic>) -> Vec<ObjectTree> {
    let mut objects = Vec::new();
    collect(document.root, "", "", &mut objects, findings);
    objects
}

fn collect(
    mut node: Node,
    list_version: &str,
    item_kind: &str,
    objects: &mut Vec<ObjectTree>,
    findings: &mut Vec<Diagnostic>,
) {
    let text = |key: &str| node.field(key).and_then(Node::as_str).unwrap_or_default().to_owned();
    let (mut api_version, mut kind) = (text("apiVersion"), text("kind"));
    if let Some(stem) = kind.strip_suffix("List")
        && let Some(items) = node.get_mut("items")
    {
        let items = std::mem::take(items);
        let version = if stem.is_empty() { String::new() } else { api_version };
        return collect_items(items, &version, stem, objects, findings);
    }
    if kind.is_empty() && node.field("kind").is_none() {
        item_kind.clone_into(&mut kind);
    }
    if api_version.is_empty() && node.field("apiVersion").is_none() {
        list_version.clone_into(&mut api_version);
    }
    objects.push(ObjectTree { node, api_version, kind });
}

fn collect_items(
    items: Node,
    list_version: &str,
    item_kind: &str,
    objects: &mut Vec<ObjectTree>,
    findings: &mut Vec<Diagnostic>,
) {
    match items.value {
        Value::Null => {}
        Value::Seq(items) => {
            for item in items {
                collect(item, list_version, item_kind, objects, findings);
            }
        }
        _ => findings.push(
            Diagnostic::error("list-items", "`items` of a list is no list")
                .at(items.span.clone(), format!("this is {}", items.describe())),
        ),
    }
}
