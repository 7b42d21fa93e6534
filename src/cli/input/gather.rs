//! What the command line names -> texts, edits, Scenarios, objects and recordings.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::Prepared;
use crate::cli::args::InputArgs;
use crate::cli::files::{Reader, Text, TextKind};
use crate::cli::kustomize;
use crate::diagnostic::{Diagnostic, SourceId, has_errors};
use crate::manifest::edit::Edit;
use crate::manifest::yaml::{Entry, Node, Value};
use crate::manifest::{self, Documents, Manifests, ObjectTree};
use crate::scenario::check::TrafficLine;
use crate::scenario::file::event::Event;
use crate::scenario::file::scalar::{Amount, parse_amount};
use crate::scenario::file::{self, ScenarioFile};
use crate::scenario::line;

/// Gathers, and keeps what is wrong in its reader.
pub(super) struct Gatherer<'a> {
    arguments: &'a InputArgs,
    manifest_options: manifest::Options,
    pub(super) reader: Reader,
    edits: Vec<Edit>,
    pub(super) lines: Vec<TrafficLine>,
    /// Whether all of `--traffic` could be read.
    lines_complete: bool,
    pub(super) saturate_at: Option<f64>,
    /// What `--at` says.
    events: Vec<Event>,
}

/// A Scenario whose own manifests are known, but not read as objects yet.
struct Draft {
    name: String,
    origin: String,
    folder: PathBuf,
    file: ScenarioFile,
    own: Vec<Text>,
}

impl<'a> Gatherer<'a> {
    pub(super) fn new(arguments: &'a InputArgs, strict_fields: bool) -> Gatherer<'a> {
        let namespace = arguments.namespace.clone();
        Gatherer {
            arguments,
            manifest_options: manifest::Options { strict: strict_fields, namespace },
            reader: Reader::default(),
            edits: Vec::new(),
            lines: Vec::new(),
            lines_complete: true,
            saturate_at: None,
            events: Vec::new(),
        }
    }

    /// Options whose values are texts with a meaning.
    pub(super) fn options(&mut self) {
        for text in &self.arguments.traffic {
            let (line, findings) = line::parse(&mut self.reader.sources, "--traffic", text);
            self.lines_complete &= line.is_some();
            self.lines.extend(line);
            self.reader.findings.extend(findings);
        }
        for pair in self.arguments.events.chunks_exact(2) {
            let sources = &mut self.reader.sources;
            let (events, findings) = line::command::parse(sources, "--at", &pair[0], &pair[1]);
            self.lines_complete &= findings.is_empty();
            self.events.extend(events);
            self.reader.findings.extend(findings);
        }
        for text in &self.arguments.set {
            match Edit::parse(&mut self.reader.sources, "--set", text) {
                Ok(edit) => self.edits.push(edit),
                Err(finding) => self.reader.findings.push(finding),
            }
        }
        if let Some(duration) = &self.arguments.duration {
            self.edit_spec("--duration", "duration", duration);
        }
        if let Some(seed) = self.arguments.seed {
            self.edit_spec("--seed", "seed", &seed.to_string());
        }
        if let Some(rate) = &self.arguments.saturate_at {
            self.saturate_at = self.rate("--saturate-at", rate);
        }
    }

    /// An option that stands for a field of the Scenario.
    fn edit_spec(&mut self, option: &str, field: &str, value: &str) {
        let text = format!("{field}={value}");
        match Edit::parse(&mut self.reader.sources, option, &text) {
            Ok(edit) => self.edits.push(edit),
            Err(finding) => self.reader.findings.push(finding),
        }
    }

    fn rate(&mut self, option: &str, text: &str) -> Option<f64> {
        let (why, help) = match parse_amount(text) {
            Ok(Amount::Requests(rate)) if rate > 0.0 => return Some(rate),
            Ok(_) => ("not a rate of requests above 0".to_owned(), "write a rate such as `40/s`"),
            Err(why) => (why, "write a rate such as `40/s`"),
        };
        self.reader.findings.push(
            Diagnostic::error("scenario-value", format!("`{option} {text}`: {why}")).help(help),
        );
        None
    }

    /// All texts that the command line names, each file once.
    pub(super) fn texts(&mut self) -> Vec<Text> {
        let mut texts = Vec::new();
        let mut seen = BTreeSet::new();
        for path in &self.arguments.files {
            for text in self.reader.read(path) {
                if seen.insert(text.id) {
                    texts.push(text);
                }
            }
        }
        for folder in &self.arguments.kustomize {
            texts.extend(kustomize::build(&mut self.reader, folder));
        }
        texts
    }

    /// Parses Scenarios and gives each its manifests.
    pub(super) fn scenarios(
        &mut self,
        trees: Vec<ObjectTree>,
        documents: Documents,
        texts: &[Text],
    ) -> Vec<Prepared> {
        let none = trees.is_empty();
        let mut drafts: Vec<Draft> =
            trees.into_iter().map(|tree| self.draft(tree, texts)).collect();
        if none {
            drafts.push(self.without_scenario());
        }
        // What some Scenario names as its own is nobody else's, also when a folder gave it before.
        let own = drafts.iter().flat_map(|draft| &draft.own);
        let claimed: BTreeSet<SourceId> = own.map(|text| text.id).collect();
        let shared = documents.objects.into_iter();
        let shared: Vec<ObjectTree> =
            shared.filter(|tree| !claimed.contains(&tree.node.span.source)).collect();
        drafts.into_iter().map(|draft| self.prepare_one(draft, &shared)).collect()
    }

    fn draft(&mut self, mut tree: ObjectTree, texts: &[Text]) -> Draft {
        let source = tree.node.span.source;
        let path = texts.iter().find(|text| text.id == source).and_then(|text| text.path.clone());
        self.apply_edits(&mut tree.node);
        let (mut file, findings) = file::parse(&tree.node, &self.reader.sources);
        file.complete &= self.lines_complete && !has_errors(&self.reader.findings);
        self.reader.findings.extend(findings);
        let folder = path.as_deref().and_then(Path::parent).unwrap_or(Path::new("")).to_owned();
        self.add_events(&mut file, &folder);
        let mut own = Vec::new();
        for manifest in &file.spec.manifests {
            let before = self.reader.findings.len();
            own.extend(self.reader.read(&folder.join(&manifest.value)));
            for finding in &mut self.reader.findings[before..] {
                if finding.labels.is_empty() {
                    *finding = finding.clone().at(manifest.span.clone(), "named here");
                }
            }
        }
        let origin = match &path {
            Some(path) => path.display().to_string(),
            None => "-".to_owned(),
        };
        Draft { name: name_of(path.as_deref()), origin, folder, file, own }
    }

    fn without_scenario(&mut self) -> Draft {
        let empty = Node { value: Value::Map(Vec::new()), ..Node::default() };
        let text = |text: &str| Node { value: Value::String(text.to_owned()), ..Node::default() };
        let entry =
            |key: &str, value: Node| Entry { key: key.to_owned(), value, ..Entry::default() };
        let mut root = Node {
            value: Value::Map(vec![
                entry("apiVersion", text(file::API_VERSION)),
                entry("kind", text(file::KIND)),
                entry("spec", empty),
            ]),
            ..Node::default()
        };
        self.apply_edits(&mut root);
        let (mut file, findings) = file::parse(&root, &self.reader.sources);
        file.comment = None;
        self.add_events(&mut file, Path::new(""));
        file.complete &= self.lines_complete && !has_errors(&self.reader.findings);
        self.reader.findings.extend(findings);
        let first = self.arguments.files.iter().chain(&self.arguments.kustomize).next();
        let origin = first.map_or_else(String::new, |path| path.display().to_string());
        Draft {
            name: name_of(first.map(PathBuf::as_path)),
            origin,
            folder: PathBuf::new(),
            file,
            own: Vec::new(),
        }
    }

    /// Adds events of the command line; files that they name are found from the current folder.
    fn add_events(&self, file: &mut ScenarioFile, folder: &Path) {
        let mut events = self.events.clone();
        for event in &mut events {
            let apply = event.apply.as_mut();
            let Some(path) = apply.and_then(|apply| apply.value.manifest.as_mut()) else {
                continue;
            };
            let absolute =
                std::path::absolute(&path.value).ok().filter(|_| folder != Path::new(""));
            if let Some(absolute) = absolute {
                path.value = absolute.display().to_string();
            }
        }
        file.spec.events.extend(events);
    }

    /// Edits that name no object change the Scenario's spec.
    fn apply_edits(&mut self, root: &mut Node) {
        let absent = root.get("spec").is_none_or(Node::is_null);
        if let Value::Map(entries) = &mut root.value
            && absent
        {
            let spec = Node { value: Value::Map(Vec::new()), ..Node::default() };
            entries.retain(|entry| entry.key != "spec");
            entries.push(Entry { key: "spec".to_owned(), value: spec, ..Entry::default() });
        }
        let Some(spec) = root.get_mut("spec") else { return };
        for edit in self.edits.iter().filter(|edit| edit.object.is_none()) {
            if let Err(finding) = edit.apply(spec) {
                self.reader.findings.push(finding);
            }
        }
    }

    fn prepare_one(&mut self, draft: Draft, shared: &[ObjectTree]) -> Prepared {
        let ids: Vec<SourceId> = draft.own.iter().map(|text| text.id).collect();
        let (mut documents, findings) = manifest::read(&self.reader.sources, &ids);
        self.reader.findings.extend(findings);
        // A Scenario in a folder of manifests is no manifest.
        file::take_scenarios(&mut documents);
        documents.objects.extend(shared.iter().cloned());
        let edits = self.edits.iter().filter(|edit| edit.object.is_some());
        let findings = documents.edit(edits);
        self.reader.findings.extend(findings);
        let objects = self.decode(documents);
        let recordings = self.recordings(&draft);
        let applied = self.applied(&draft, &objects);
        Prepared {
            name: draft.name,
            origin: draft.origin,
            file: draft.file,
            objects,
            applied,
            recordings,
            scenario: None,
        }
    }

    fn decode(&mut self, documents: Documents) -> Manifests {
        let (objects, findings) = manifest::decode_documents(documents, &self.manifest_options);
        self.reader.findings.extend(findings);
        objects
    }

    /// Reads the recordings that layers and metrics name; those of the command line from the
    /// current folder.
    fn recordings(&mut self, draft: &Draft) -> BTreeMap<String, SourceId> {
        let mut recordings = BTreeMap::new();
        let of_lines = self.lines.iter().flat_map(|line| file::recordings_of(&line.layers));
        let of_lines: Vec<_> = of_lines.map(|path| (path, PathBuf::new())).collect();
        let of_file = draft.file.recordings(self.lines.is_empty());
        let of_file = of_file.into_iter().map(|path| (path, draft.folder.clone()));
        for (written, folder) in of_lines.into_iter().chain(of_file) {
            if recordings.contains_key(&written.value) {
                continue;
            }
            let before = self.reader.findings.len();
            let text = self.reader.read_file(&folder.join(&written.value), TextKind::Recording);
            for finding in &mut self.reader.findings[before..] {
                *finding = finding.clone().at(written.span.clone(), "named here");
            }
            recordings.extend(text.map(|text| (written.value, text.id)));
        }
        recordings
    }

    fn applied(&mut self, draft: &Draft, there: &Manifests) -> BTreeMap<String, Manifests> {
        let mut applied = BTreeMap::new();
        for event in &draft.file.spec.events {
            let apply = event.apply.as_ref();
            let Some(path) = apply.and_then(|apply| apply.value.manifest.as_ref()) else {
                continue;
            };
            let before = self.reader.findings.len();
            let texts = self.reader.read(&draft.folder.join(&path.value));
            for finding in &mut self.reader.findings[before..] {
                *finding = finding.clone().at(path.span.clone(), "named here");
            }
            let ids: Vec<SourceId> = texts.iter().map(|text| text.id).collect();
            let (documents, findings) = manifest::read(&self.reader.sources, &ids);
            self.reader.findings.extend(findings);
            if !ids.is_empty() {
                let (objects, findings) =
                    manifest::decode_applied(documents, there, &self.manifest_options);
                let of_one =
                    |finding: &Diagnostic| finding.severity > crate::diagnostic::Severity::Note;
                self.reader.findings.extend(findings.into_iter().filter(of_one));
                applied.insert(path.value.clone(), objects);
            }
        }
        applied
    }
}

/// Files that are called the same everywhere.
const NAMED_BY_FOLDER: [&str; 4] = ["scenario", "compose", "docker-compose", "docker-stack"];

/// The name of a file without its ending; of `scenario.yaml`, Compose files and folders that of the
/// folder.
fn name_of(path: Option<&Path>) -> String {
    let stem = |path: &Path| path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let name = path.and_then(|path| match stem(path) {
        Some(name) if NAMED_BY_FOLDER.contains(&name.as_str()) => {
            path.parent().and_then(stem).or(Some(name))
        }
        name => name,
    });
    name.filter(|name| name != "-").unwrap_or_else(|| "stdin".to_owned())
}
