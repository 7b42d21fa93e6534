//! Compose files: services as `docker stack deploy` gives them to Docker Swarm -> objects of `api`.
//! Mirrors `cli/compose` of docker/cli and the Compose Specification (versions 2.x, 3.x and none).
//!
//! A service becomes a Deployment whose strategy is Swarm's, and a Service of the same name, which
//! stands for its virtual address. Keys that Compose does not know are findings, as unknown fields
//! of manifests are; keys that Swarm does not look at are named; keys without a part in a
//! simulation (volumes, networks, ...) are taken in silence.
//!
//! Left out: `extends` and `include` (let Docker merge first), jobs, node roles, `docker compose
//! up` without Swarm, which ignores nearly all of `deploy`.

mod deploy;
mod healthcheck;
mod keys;
mod placement;
mod reader;
mod service;
mod units;

use std::collections::{BTreeMap, BTreeSet};

use self::reader::{Field, Reader};
use self::service::Built;
use super::load::Options;
use super::object::ObjectTree;
use super::report::list;
use super::set::{Loaded, Manifests, Origin};
use super::yaml::{Entry, Value};
use crate::diagnostic::Diagnostic;

/// What stands for `apiVersion` in the tree of a Compose file.
pub(super) const API_VERSION: &str = "compose-spec";
/// What stands for `kind` there.
pub(super) const KIND: &str = "Compose";

/// The most findings of one file.
const FINDINGS_MAX: usize = 200;

/// Whether a document without `kind` is a Compose file: it has `services`, and is called like one
/// or has services that look like it.
pub(super) fn is_compose(tree: &ObjectTree, source_name: &str) -> bool {
    let root = &tree.node;
    let other =
        ["kind", "apiVersion", "metadata", "spec"].iter().any(|key| root.get(key).is_some());
    let Some(services) = root.get("services").filter(|_| !other) else { return false };
    let file = source_name.rsplit(['/', '\\']).next().unwrap_or(source_name);
    let named = file.contains("compose") || file.contains("stack");
    let looks_so = services
        .entries()
        .iter()
        .any(|entry| ["image", "build"].iter().any(|key| entry.value.get(key).is_some()));
    named || (looks_so && !matches!(file, "values.yaml" | "values.yml"))
}

/// Puts the services of a Compose file among the objects, and tells what is wrong with them.
pub(super) fn load(
    tree: &ObjectTree,
    origin: Origin,
    options: &Options,
    manifests: &mut Manifests,
) -> Vec<Diagnostic> {
    let mut reader = Reader::new(options);
    reader.known_keys(&Field::new(&tree.node, ""), keys::ROOT, |_| None);
    let includes = ["include", "extends"].iter().filter_map(|key| tree.node.entry(key));
    for entry in includes {
        let message = format!("`{}` is not followed", entry.key);
        reader.report(
            Diagnostic::warning("compose-include", message)
                .at(entry.key_span.clone(), "what stands there is left out")
                .help("let Docker merge the files: `docker compose config | podtide run -`"),
        );
    }
    let services = tree.node.get("services").expect("a Compose file has services");
    if !matches!(services.value, Value::Map(_)) {
        reader.wrong_type(&Field::new(services, "services"), "a map of services");
    }
    for entry in services.entries() {
        if reader.findings.len() > FINDINGS_MAX {
            let message = format!("more than {FINDINGS_MAX} findings in one Compose file");
            reader.report(Diagnostic::error("too-many-findings", message));
            break;
        }
        if manifests.deployment(&options.namespace, &entry.key).is_some() {
            reader.report(same_name(entry));
            continue;
        }
        if let Some(Built { deployment, service }) = service::build(&mut reader, entry) {
            manifests.deployments.push(Loaded { object: deployment, origin });
            manifests.services.push(Loaded { object: service, origin });
        }
    }
    if services.entries().is_empty() && matches!(services.value, Value::Map(_)) {
        reader.report(
            Diagnostic::warning("empty", "a Compose file has no services")
                .at(services.span.clone(), ""),
        );
    }
    let mut findings = reader.findings;
    findings.sort_by_key(|finding| finding.labels.first().map(|label| label.span.bytes.start));
    findings.extend(ignored(&reader.ignored));
    findings
}

fn same_name(entry: &Entry) -> Diagnostic {
    Diagnostic::error("same-name", format!("two workloads are called `{}`", entry.key))
        .at(entry.key_span.clone(), "again here")
        .help("let Docker merge the files: `docker compose -f A -f B config | podtide run -`")
}

/// Keys that Swarm does not look at, by key with the services that have them.
fn ignored(ignored: &BTreeMap<String, Vec<String>>) -> Option<Diagnostic> {
    let keys: Vec<&str> = ignored.keys().map(String::as_str).collect();
    let services: BTreeSet<&str> = ignored.values().flatten().map(String::as_str).collect();
    let services: Vec<&str> = services.into_iter().collect();
    if keys.is_empty() {
        return None;
    }
    let message = format!("Swarm ignores {} (of {})", list(&keys), list(&services));
    let finding = Diagnostic::note("compose-ignored", message);
    if !ignored.contains_key("restart") {
        return Some(finding);
    }
    Some(finding.help(
        "`restart` is for plain Compose; Swarm restarts by `deploy.restart_policy`, which is `any` \
         by default",
    ))
}
