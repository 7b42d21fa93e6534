//! What several benchmarks need.

use std::collections::BTreeMap;

use podtide::diagnostic::SourceMap;
use podtide::manifest::{self, Options};
use podtide::scenario::Scenario;
use podtide::scenario::check::{Input, check};
use podtide::scenario::file;

/// A Scenario with its manifests, as one text.
///
/// # Panics
/// When it is wrong.
pub(crate) fn scenario(name: &str, text: String) -> Scenario {
    let mut sources = SourceMap::default();
    let id = sources.add(format!("{name}.yaml"), text);
    let (mut documents, _) = manifest::read(&sources, &[id]);
    let scenarios = file::take_scenarios(&mut documents);
    let (file, findings) = file::parse(&scenarios[0].node, &sources);
    assert!(findings.is_empty(), "{findings:?}");
    let (objects, _) = manifest::decode_documents(documents, &Options::default());
    let input = Input {
        file: &file,
        name,
        objects: &objects,
        applied: &BTreeMap::new(),
        recordings: &BTreeMap::new(),
        sources: &sources,
        lines: &[],
        saturate_at: None,
    };
    let (scenario, findings) = check(&input);
    scenario.unwrap_or_else(|| panic!("{findings:?}"))
}
