//! Text -> [`Documents`] -> [`Manifests`].

mod decode_object;
mod document;

use std::collections::BTreeMap;

use decode_object::Decoder;

use super::kinds::{Role, role};
use super::object::{ObjectTree, objects_of};
use super::set::{Documents, Manifests, Origin};
use super::{compose, relations, yaml};
use crate::diagnostic::{Diagnostic, Severity, SourceId, SourceMap};

/// How manifests are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Whether a field that Kubernetes does not have is an error, and not only a warning.
    pub strict: bool,
    /// Namespace of objects that name none.
    pub namespace: String,
}

impl Default for Options {
    fn default() -> Options {
        Options { strict: false, namespace: "default".to_owned() }
    }
}

/// Reads texts, decodes their objects, and looks at how these fit together: [`read`] and
/// [`decode_documents`] in one. Gives all findings, in the order of the texts.
pub fn load(
    sources: &SourceMap,
    texts: &[SourceId],
    options: &Options,
) -> (Manifests, Vec<Diagnostic>) {
    let (documents, mut findings) = read(sources, texts);
    let (manifests, more) = decode_documents(documents, options);
    findings.extend(more);
    (manifests, findings)
}

/// Reads texts as streams of documents, opens lists, and sets aside what is no object.
pub fn read(sources: &SourceMap, texts: &[SourceId]) -> (Documents, Vec<Diagnostic>) {
    let mut objects = Vec::new();
    let mut findings = Vec::new();
    for id in texts {
        let Some(source) = sources.get(*id) else { continue };
        if findings.len() > FINDINGS_MAX {
            findings.push(too_many_findings());
            break;
        }
        let (documents, faults) = yaml::parse(*id, &source.text);
        let empty = documents.is_empty() && faults.is_empty();
        findings.extend(faults);
        for document in documents {
            let found = objects_of(document, &mut findings);
            let checked = found.into_iter().filter_map(|tree| {
                document::check(tree, &source.name).map_err(|finding| findings.push(finding)).ok()
            });
            objects.extend(checked.collect::<Vec<_>>());
        }
        if empty {
            findings
                .push(Diagnostic::warning("empty", format!("`{}` has no objects", source.name)));
        }
    }
    (Documents { objects }, findings)
}

/// Decodes, converts, defaults and validates all objects, and looks at how they fit together.
///
/// # Panics
/// When there are 2³² objects.
pub fn decode_documents(documents: Documents, options: &Options) -> (Manifests, Vec<Diagnostic>) {
    let (manifests, mut findings) = decode_each(documents, options);
    findings.extend(relations::check(&manifests));
    (manifests, findings)
}

/// Decodes documents that are applied to objects that are there: as [`decode_documents`], but how
/// they fit together is looked at with each of them in the place of the one of its name.
///
/// # Panics
/// As [`decode_documents`].
pub fn decode_applied(
    documents: Documents,
    there: &Manifests,
    options: &Options,
) -> (Manifests, Vec<Diagnostic>) {
    let (applied, mut findings) = decode_each(documents, options);
    let mut together = there.documents.clone();
    let new = applied.documents.objects.iter().filter(|tree| !tree.name().is_empty());
    let by_identity: BTreeMap<Identity<'_>, &ObjectTree> =
        new.map(|tree| (identity(tree, options), tree)).collect();
    for tree in &mut together.objects {
        if let Some(new) = by_identity.get(&identity(tree, options)).copied() {
            *tree = new.clone();
        }
    }
    findings.extend(relations::check(&decode_each(together, options).0));
    (applied, findings)
}

/// Decodes, converts, defaults and validates all objects, each by itself.
fn decode_each(documents: Documents, options: &Options) -> (Manifests, Vec<Diagnostic>) {
    let mut manifests = Manifests::default();
    let mut findings = Vec::new();
    let mut seen: BTreeMap<Identity<'_>, &ObjectTree> = BTreeMap::new();
    let decoder = Decoder::new(options);
    for (index, tree) in documents.objects.iter().enumerate() {
        if findings.len() > FINDINGS_MAX {
            findings.push(too_many_findings());
            break;
        }
        let origin = Origin(u32::try_from(index).expect("fewer than 2^32 objects"));
        let role = match role(&tree.api_version, &tree.kind) {
            Ok(role) => role,
            Err(no_match) => {
                findings.push(document::no_match(tree, no_match));
                continue;
            }
        };
        if let Some(patch) = document::patch(tree) {
            findings.push(patch);
            continue;
        }
        let named = !tree.name().is_empty();
        if let Some(first) = seen.insert(identity(tree, options), tree).filter(|_| named) {
            findings.push(document::same_name(tree, first));
            continue;
        }
        if role == Role::ScaledObject {
            findings.push(document::scaled_object(tree));
        }
        if role == Role::Compose {
            findings.extend(compose::load(tree, origin, options, &mut manifests));
            continue;
        }
        findings.extend(decoder.decode(role, tree, origin, &mut manifests));
    }
    manifests.documents = documents;
    (manifests, findings)
}

/// Decodes, converts, defaults and validates one object, without a look at others.
pub fn decode_alone(tree: &ObjectTree, options: &Options) -> (Manifests, Vec<Diagnostic>) {
    let mut manifests = Manifests::default();
    let findings = match role(&tree.api_version, &tree.kind) {
        Ok(role) => Decoder::new(options).decode(role, tree, Origin(0), &mut manifests),
        Err(no_match) => vec![document::no_match(tree, no_match)],
    };
    (manifests, findings)
}

/// So many findings help nobody, and a hostile text could make millions.
const FINDINGS_MAX: usize = 1000;

fn too_many_findings() -> Diagnostic {
    let message = format!("more than {FINDINGS_MAX} findings: the rest of the input was not read");
    Diagnostic::error("too-many-findings", message).help("repair these first")
}

/// Name, kind, namespace and group: what tells most objects apart comes first.
type Identity<'t> = (&'t str, &'t str, &'t str, &'t str);

fn identity<'t>(tree: &'t ObjectTree, options: &'t Options) -> Identity<'t> {
    let group = match super::kinds::group_of(&tree.api_version) {
        "extensions" => "apps",
        group => group,
    };
    let namespace = match tree.namespace() {
        "" => options.namespace.as_str(),
        namespace => namespace,
    };
    (tree.name(), &tree.kind, namespace, group)
}

/// How bad an unknown field is.
fn unknown_severity(options: &Options) -> Severity {
    if options.strict { Severity::Error } else { Severity::Warning }
}

/// Whether a kind is looked at field by field.
fn plays_a_part(role: Role) -> bool {
    !matches!(role, Role::None | Role::Compose | Role::OtherWorkload | Role::ScaledObject)
}
