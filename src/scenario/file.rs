//! A Scenario as its user wrote it: every value with its place, nothing filled in.
//!
//! [`parse`] is strict: an unknown field is an error, and all findings come at once. What the
//! values mean together is `check`'s business.

pub mod cluster;
pub mod cluster_autoscaler;
pub mod event;
pub mod lesson;
pub mod profile;
pub mod read;
pub mod scalar;
pub mod traffic;

use crate::diagnostic::{Diagnostic, SourceMap, has_errors};
use crate::manifest::yaml::Node;
use crate::manifest::{Documents, ObjectTree};
use crate::units::SimDuration;
use crate::workload::traffic::WallClock;

use read::{At, Context, Definitions, Read, Table, object};

/// The version of the format that this program reads.
pub const API_VERSION: &str = "podtide.dev/v1alpha1";
/// The kind of a Scenario document.
pub const KIND: &str = "Scenario";

/// A Scenario file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScenarioFile {
    /// `metadata.name`, if there is one.
    pub name: Option<String>,
    /// The first comment of the file.
    pub comment: Option<String>,
    /// What it asks for.
    pub spec: Spec,
    /// Whether all of it could be read. If not, something may seem to be missing that is there.
    pub complete: bool,
}

object! {
    /// A rehearsal: manifests, a load, and what manifests cannot tell.
    Root is "a Scenario";
    /// `podtide.dev/v1alpha1`.
    "apiVersion" => api_version: At<String>,
    /// `Scenario`.
    "kind" => kind: At<String>,
    /// Its name.
    "metadata" => metadata: Option<Metadata>,
    /// What is rehearsed.
    "spec" => spec: Option<Spec>,
}

object! {
    /// The name of a Scenario.
    Metadata is "`metadata`";
    /// Name, for titles; the name of the file if absent.
    "name" => name: Option<At<String>>,
    /// Labels, for your own use.
    "labels" => labels: Table<At<String>>,
    /// Annotations, for your own use.
    "annotations" => annotations: Table<At<String>>,
}

object! {
    /// What is rehearsed.
    Spec is "`spec`";
    /// Files and folders with Kubernetes manifests, from the folder of this file.
    "manifests" => manifests: Vec<At<String>>,
    /// How long it lasts; 1 h if absent, or as long as the stages and recordings of the traffic.
    "duration" => duration: Option<At<SimDuration>>,
    /// Seed of everything random; 1 if absent.
    "seed" => seed: Option<At<u64>>,
    /// Wall clock of the start, for daily curves and recordings; 2026-01-05T00:00:00Z if absent.
    "clock" => clock: Option<At<WallClock>>,
    /// `warm` (also if absent): all is rolled out at the start. `cold`: an empty cluster.
    "world" => world: Option<At<String>>,
    /// What is around the workloads.
    "cluster" => cluster: Option<cluster::Cluster>,
    /// Who is asked for how much.
    "traffic" => traffic: Vec<traffic::Traffic>,
    /// What manifests cannot tell about the applications.
    "profiles" => profiles: Vec<profile::Profile>,
    /// Custom and external metrics for HPAs.
    "metrics" => metrics: Vec<event::Metric>,
    /// What resources cost.
    "prices" => prices: Option<event::Prices>,
    /// What happens when.
    "events" => events: Vec<event::Event>,
    /// Moments at which a viewer should stop and guess.
    "lesson" => lesson: Vec<lesson::LessonStep>,
    /// What must hold.
    "assertions" => assertions: Vec<event::Assertion>,
}

impl Default for Spec {
    fn default() -> Spec {
        let mut context = Context::default();
        let empty =
            Node { value: crate::manifest::yaml::Value::Map(Vec::new()), ..Node::default() };
        Spec::read(&empty, &mut context).expect("no field of a spec is required")
    }
}

impl ScenarioFile {
    /// Puts another seed in place of the one that was written.
    pub fn set_seed(&mut self, seed: u64) {
        self.spec.seed = Some(At { value: seed, ..At::default() });
    }

    /// Paths of the recordings that metrics name, and, if the traffic counts, its layers.
    pub fn recordings(&self, traffic: bool) -> Vec<At<String>> {
        let mut paths = Vec::new();
        let entries = if traffic { self.spec.traffic.as_slice() } else { &[] };
        for entry in entries {
            let layers = entry.layers.iter().flat_map(|layers| &layers.value);
            let demand = entry.demand.iter().flat_map(|demand| &demand.value.cpu.value);
            paths.extend(layers.chain(demand).filter_map(recording_of));
        }
        for metric in &self.spec.metrics {
            if let event::Measured::Trace(map) = &metric.from.value {
                paths.push(path_of(&map.trace));
            }
        }
        paths
    }
}

/// Paths of the recordings among some layers.
pub fn recordings_of(layers: &[traffic::Layer]) -> Vec<At<String>> {
    layers.iter().filter_map(recording_of).collect()
}

fn recording_of(layer: &traffic::Layer) -> Option<At<String>> {
    layer.trace.as_ref().map(path_of)
}

fn path_of(trace: &At<traffic::TraceLayer>) -> At<String> {
    match &trace.value {
        traffic::Short::Text(file) => At { value: file.clone(), span: trace.span.clone() },
        traffic::Short::Full(full) => full.file.clone(),
    }
}

/// Reads a document of kind Scenario, with all that is wrong with it.
pub fn parse(root: &Node, sources: &SourceMap) -> (ScenarioFile, Vec<Diagnostic>) {
    let mut context = Context::default();
    let mut file = ScenarioFile { comment: first_comment(root, sources), ..Default::default() };
    if let Some(root) = Root::read(root, &mut context) {
        check_version(&root, &mut context);
        file.name = root.metadata.and_then(|metadata| metadata.name).map(|name| name.value);
        if let Some(spec) = root.spec {
            file.spec = spec;
        }
    }
    file.complete = !has_errors(&context.findings);
    (file, context.findings)
}

fn check_version(root: &Root, context: &mut Context) {
    if root.kind.value != KIND {
        let message = format!("`{}` is no kind of Podtide", scalar::clip(&root.kind.value));
        context.findings.push(
            Diagnostic::error("scenario-kind", message)
                .at(root.kind.span.clone(), "")
                .help(format!("write `{KIND}`")),
        );
    }
    if root.api_version.value == API_VERSION {
        return;
    }
    let message =
        format!("`{}` is no version of a Scenario", scalar::clip(&root.api_version.value));
    context.findings.push(
        Diagnostic::error("scenario-version", message)
            .at(root.api_version.span.clone(), "")
            .help(format!("write `{API_VERSION}`")),
    );
}

/// Takes the Scenarios out of some documents, in order.
pub fn take_scenarios(documents: &mut Documents) -> Vec<ObjectTree> {
    let is_scenario = |tree: &mut ObjectTree| is_scenario(&tree.node);
    documents.objects.extract_if(.., is_scenario).collect()
}

/// Whether a document is a Scenario, by the group of its version.
pub fn is_scenario(root: &Node) -> bool {
    let version = root.get("apiVersion").and_then(Node::as_str);
    version.is_some_and(|version| version.starts_with("podtide.dev/"))
}

/// The comment lines before the first value of a document, without their `#`.
fn first_comment(root: &Node, sources: &SourceMap) -> Option<String> {
    let text = &sources.get(root.span.source)?.text;
    let head = text.get(..root.span.bytes.start as usize)?;
    let before = head.lines().rev().take_while(|line| !line.starts_with("---"));
    let lines: Vec<&str> = before.map(|line| line.trim_start_matches('\u{feff}').trim()).collect();
    let comment = lines
        .into_iter()
        .rev()
        .skip_while(|line| !line.starts_with('#'))
        .take_while(|line| line.starts_with('#'))
        .map(|line| line.trim_start_matches('#').trim())
        .collect::<Vec<_>>()
        .join("\n");
    let comment = comment.trim();
    (!comment.is_empty()).then(|| comment.to_owned())
}

/// The JSON Schema of a Scenario file (draft 2020-12).
pub fn schema() -> serde_json::Value {
    let mut definitions = Definitions::new();
    let root = Root::schema(&mut definitions);
    if let Some(object) = definitions.get_mut("Root") {
        object["properties"]["apiVersion"]["const"] = API_VERSION.into();
        object["properties"]["kind"]["const"] = KIND.into();
    }
    serde_json::json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://podtide.dev/scenario-v1alpha1.schema.json",
        "title": "Podtide Scenario",
        "$ref": root["$ref"],
        "$defs": definitions,
    })
}
