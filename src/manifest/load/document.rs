//! Documents that are no objects, or not ones that can be read.

use crate::diagnostic::Diagnostic;
use crate::manifest::compose;
use crate::manifest::kinds::{NoMatch, current_version};
use crate::manifest::object::ObjectTree;
use crate::manifest::report::placeholder;
use crate::manifest::yaml::{Node, Value};

/// Whether a document is an object at all: a map with `apiVersion` and `kind`.
pub(super) fn check(mut tree: ObjectTree, source_name: &str) -> Result<ObjectTree, Diagnostic> {
    if !tree.node.is_map() {
        return Err(not_a_map(&tree.node));
    }
    if is_kustomization(&tree, source_name) {
        return Err(kustomization(&tree));
    }
    if compose::is_compose(&tree, source_name) {
        compose::API_VERSION.clone_into(&mut tree.api_version);
        compose::KIND.clone_into(&mut tree.kind);
        return Ok(tree);
    }
    for key in ["kind", "apiVersion"] {
        if let Some(finding) = tree.node.field(key).and_then(|node| unusable(node, key)) {
            return Err(finding);
        }
    }
    if tree.kind.is_empty() {
        return Err(no_kind(&tree, source_name));
    }
    if tree.api_version.is_empty() {
        return Err(no_api_version(&tree));
    }
    Ok(tree)
}

fn not_a_map(node: &Node) -> Diagnostic {
    if let Some(finding) = placeholder(node) {
        return finding;
    }
    let is_patch_list = node
        .items()
        .first()
        .is_some_and(|item| item.get("op").is_some() && item.get("path").is_some());
    let start = node.items().first().map_or(node, |item| item);
    let span = start.entries().first().map_or(&start.span, |entry| &entry.key_span);
    if is_patch_list {
        return Diagnostic::error("patch-without-kind", "this is a JSON patch, not an object")
            .at(span.clone(), "")
            .help(KUSTOMIZE_HELP);
    }
    Diagnostic::error("not-an-object", format!("a document is {}, not an object", node.describe()))
        .at(span.clone(), "")
        .help("an object of Kubernetes is a map with `apiVersion`, `kind` and `metadata`")
}

const KUSTOMIZE_HELP: &str = "let kustomize put it together: `podtide run -k FOLDER`, \
                              or `kubectl kustomize FOLDER | podtide run -`";

fn is_kustomization(tree: &ObjectTree, source_name: &str) -> bool {
    let file = source_name.rsplit(['/', '\\']).next().unwrap_or(source_name);
    let named = matches!(file, "kustomization.yaml" | "kustomization.yml" | "Kustomization");
    let group = tree.api_version.split('/').next().unwrap_or_default();
    group == "kustomize.config.k8s.io" || (named && tree.kind.is_empty())
}

fn kustomization(tree: &ObjectTree) -> Diagnostic {
    let span =
        tree.node.entries().first().map_or_else(|| tree.head(), |entry| entry.key_span.clone());
    Diagnostic::warning("kustomization", "a kustomization is here, and was not applied")
        .at(span, "names, labels, images and replicas may differ in the cluster")
        .help(KUSTOMIZE_HELP)
}

/// `kind` and `apiVersion` must be text, and no placeholder.
fn unusable(node: &Node, key: &str) -> Option<Diagnostic> {
    if let Some(finding) = placeholder(node) {
        return Some(finding);
    }
    if matches!(node.value, Value::String(_)) {
        return None;
    }
    let message = format!("`{key}` is {}, not text", node.describe());
    Some(Diagnostic::error("field-type", message).at(node.span.clone(), ""))
}

fn no_kind(tree: &ObjectTree, source_name: &str) -> Diagnostic {
    if tree.api_version.starts_with("podtide.dev/") {
        return Diagnostic::error("scenario-kind", "a Scenario has a `kind`")
            .at(tree.locate("apiVersion").span, "its version alone stands here")
            .help("add `kind: Scenario`");
    }
    let span =
        tree.node.entries().first().map_or_else(|| tree.head(), |entry| entry.key_span.clone());
    let is_part = ["spec", "metadata"].iter().any(|key| tree.node.get(key).is_some());
    if is_part {
        return Diagnostic::error(
            "patch-without-kind",
            "an object has no `kind`: is this a patch?",
        )
        .at(span, "this document says what to change, but not of what")
        .help(KUSTOMIZE_HELP);
    }
    let file = source_name.rsplit(['/', '\\']).next().unwrap_or(source_name);
    let help = match file {
        "values.yaml" | "values.yml" | "Chart.yaml" => {
            "this belongs to a Helm chart: `helm template CHART | podtide run -`"
        }
        "docker-compose.yml" | "docker-compose.yaml" | "compose.yaml" | "compose.yml" => {
            "a Compose file has its services below `services` (version 1 is not read)"
        }
        _ => "an object of Kubernetes has `apiVersion`, `kind` and `metadata`",
    };
    Diagnostic::warning("not-an-object", "a document is no object of Kubernetes and was left out")
        .at(span, "neither `kind` nor `metadata` nor `spec` stands here")
        .help(help)
}

fn no_api_version(tree: &ObjectTree) -> Diagnostic {
    let finding =
        Diagnostic::error("no-api-version", format!("{} has no `apiVersion`", tree.title()))
            .at(tree.locate("kind").span, "the version of this kind is missing");
    match current_version(&tree.kind) {
        Some(version) => finding.help(format!("write `apiVersion: {version}`")),
        None => finding,
    }
}

/// A strategic-merge patch: it names an object, and leaves out what every such object has.
pub(super) fn patch(tree: &ObjectTree) -> Option<Diagnostic> {
    let (span, label) = match tree.node.entry("$patch") {
        Some(entry) => (entry.key_span.clone(), "this is an instruction for kustomize"),
        None if is_partial(tree) => {
            (tree.locate("spec").span, "a selector and an image are missing here")
        }
        None => return None,
    };
    let message = format!("{} looks like a patch, not like a whole object", tree.title());
    Some(Diagnostic::error("patch", message).at(span, label).help(KUSTOMIZE_HELP))
}

fn is_partial(tree: &ObjectTree) -> bool {
    let containers = tree.field("spec.template.spec.containers").map(Node::items);
    let has_image =
        containers.is_some_and(|items| items.iter().any(|item| item.get("image").is_some()));
    tree.kind == "Deployment" && tree.field("spec.selector").is_none() && !has_image
}

/// KEDA makes an HPA of it, which is not known here.
pub(super) fn scaled_object(tree: &ObjectTree) -> Diagnostic {
    let message = format!("{} is not simulated: KEDA would make an HPA of it", tree.title());
    Diagnostic::note("scaled-object", message)
        .at(tree.head(), "")
        .help("give that HPA too: `kubectl get hpa -o yaml`")
}

/// The API server knows no such kind in such a version.
pub(super) fn no_match(tree: &ObjectTree, no_match: NoMatch) -> Diagnostic {
    let message =
        format!("no matches for kind \"{}\" in version \"{}\"", tree.kind, tree.api_version);
    Diagnostic::error("no-such-kind", message)
        .at(tree.locate("kind").span, "")
        .beside(tree.locate("apiVersion").span, "")
        .help(no_match.help)
}

/// Two objects of one name; harmless if they say the same.
pub(super) fn same_name(tree: &ObjectTree, first: &ObjectTree) -> Diagnostic {
    let same = tree.node.to_json() == first.node.to_json();
    let title = tree.title();
    let finding = if same {
        Diagnostic::warning("same-object-twice", format!("{title} is given twice, word for word"))
    } else {
        Diagnostic::error("same-name", format!("two objects are called {title}"))
            .help("give one of them; kubectl would let the later one win")
    };
    finding.at(tree.head(), "again here").beside(first.head(), "first here")
}
