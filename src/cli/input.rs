//! Everything on the command line that leads to scenarios -> checked scenarios and findings.
//!
//! Manifests that a Scenario names are its own. All others, from files, folders, standard input or
//! kustomize, belong to each Scenario; without a Scenario they are played by themselves.

mod gather;

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Diagnostic, SourceId, SourceMap};
use crate::manifest::{self, Manifests, prevents_run};
use crate::scenario::Scenario;
use crate::scenario::check::{Input, TrafficLine, check};
use crate::scenario::file::{self, ScenarioFile};

use super::args::InputArgs;
use gather::Gatherer;

/// All that was read.
#[derive(Debug)]
pub struct Session {
    /// All texts.
    pub sources: SourceMap,
    /// Everything that is wrong or questionable, each once.
    pub findings: Vec<Diagnostic>,
    /// Scenarios, in the order of the inputs.
    pub scenarios: Vec<Prepared>,
    /// What `--traffic` says.
    lines: Vec<TrafficLine>,
    /// What `--saturate-at` says \[requests/s\].
    saturate_at: Option<f64>,
}

/// A Scenario with everything that it needs.
#[derive(Debug)]
pub struct Prepared {
    /// Name when the Scenario has none.
    pub name: String,
    /// How it was named on the command line.
    pub origin: String,
    /// As written.
    pub file: ScenarioFile,
    /// Its objects.
    pub objects: Manifests,
    /// Manifests that its events apply.
    applied: BTreeMap<String, Manifests>,
    /// Its recordings.
    recordings: BTreeMap<String, SourceId>,
    /// Checked; none when something is wrong.
    pub scenario: Option<Scenario>,
}

impl Session {
    /// Checks a Scenario again with another seed.
    pub fn with_seed(&self, prepared: &Prepared, seed: u64) -> Option<Scenario> {
        let mut file = prepared.file.clone();
        file.set_seed(seed);
        check(&self.input(prepared, &file)).0
    }

    fn input<'a>(&'a self, prepared: &'a Prepared, file: &'a ScenarioFile) -> Input<'a> {
        Input {
            file,
            name: &prepared.name,
            objects: &prepared.objects,
            applied: &prepared.applied,
            recordings: &prepared.recordings,
            sources: &self.sources,
            lines: &self.lines,
            saturate_at: self.saturate_at,
        }
    }

    fn check_all(&mut self) {
        for place in 0..self.scenarios.len() {
            let prepared = &self.scenarios[place];
            let (scenario, findings) = check(&self.input(prepared, &prepared.file));
            self.scenarios[place].scenario = scenario;
            self.findings.extend(findings);
        }
        // Scenarios that share manifests share their findings.
        let mut seen = BTreeSet::new();
        self.findings.retain(|finding| {
            let place =
                finding.labels.first().map(|label| (label.span.source, label.span.bytes.start));
            seen.insert((finding.code, finding.message.clone(), place))
        });
    }

    /// A Scenario without anything that runs tells nothing.
    fn require_workloads(&mut self) {
        for prepared in &self.scenarios {
            let scenario = prepared.scenario.as_ref();
            if scenario.is_some_and(|scenario| scenario.deployments.is_empty()) {
                let message =
                    format!("`{}` has no workload: there is nothing to play", prepared.name);
                self.findings.push(
                    Diagnostic::error("nothing-to-play", message)
                        .help("give a manifest with a Deployment: a file, a folder or `-`"),
                );
            }
        }
    }

    /// Whether nothing may be played: errors, but for those that a real cluster would carry on
    /// with, or with `strict` warnings.
    pub fn is_refused(&self, strict: bool) -> bool {
        let warned = |finding: &Diagnostic| finding.severity > crate::diagnostic::Severity::Note;
        let broken = self.scenarios.iter().any(|prepared| prepared.scenario.is_none());
        broken
            || self.findings.iter().any(prevents_run)
            || (strict && self.findings.iter().any(warned))
    }
}

/// Reads and checks all that the command line names, to be played.
pub fn prepare_to_play(arguments: &InputArgs) -> Session {
    let mut session = prepare(arguments, arguments.strict);
    session.require_workloads();
    session
}

/// Reads and checks all that the command line names.
pub fn prepare(arguments: &InputArgs, strict_fields: bool) -> Session {
    let mut gatherer = Gatherer::new(arguments, strict_fields);
    gatherer.options();
    let texts = gatherer.texts();
    let ids: Vec<SourceId> = texts.iter().map(|text| text.id).collect();
    let (mut documents, findings) = manifest::read(&gatherer.reader.sources, &ids);
    gatherer.reader.findings.extend(findings);
    let scenarios = file::take_scenarios(&mut documents);
    let prepared = gatherer.scenarios(scenarios, documents, &texts);
    let mut session = Session {
        sources: gatherer.reader.sources,
        findings: gatherer.reader.findings,
        scenarios: prepared,
        lines: gatherer.lines,
        saturate_at: gatherer.saturate_at,
    };
    session.check_all();
    session
}
