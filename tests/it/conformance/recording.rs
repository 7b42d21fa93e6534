//! Finds and reads recordings, plain or compressed.

use std::collections::BTreeSet;
use std::env;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use serde_json::Value;

/// One line of a recording.
pub(crate) struct Case {
    /// Number of the line, from 1.
    pub(crate) line: u64,
    /// What it says.
    pub(crate) value: Value,
}

impl Case {
    /// The case's own `id`, or its line where it has none.
    pub(crate) fn name(&self) -> String {
        match self.value["id"].as_str() {
            Some(id) => id.to_owned(),
            None => format!("line {}", self.line),
        }
    }
}

/// The cases of a recording, named like `quantity/parse`, one after the other.
///
/// None if a folder of somebody's own (`PODTIDE_CONFORMANCE`) holds recordings, but not this one.
pub(crate) fn cases(name: &str) -> Option<impl Iterator<Item = Case>> {
    let lines = BufReader::new(open(name, "jsonl")?).lines();
    let name = name.to_owned();
    let parse = move |(line, text): (u64, std::io::Result<String>)| {
        let text = text.unwrap_or_else(|error| panic!("{name}, line {line}: {error}"));
        let value = serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{name}, line {line}: {error}"));
        Case { line, value }
    };
    Some((1..).zip(lines).map(parse))
}

/// A recording that is one document, named like `live/hpa-edits`; None as with [`cases`].
pub(crate) fn document(name: &str) -> Option<Value> {
    let reader = BufReader::new(open(name, "json")?);
    Some(serde_json::from_reader(reader).unwrap_or_else(|error| panic!("{name}: {error}")))
}

/// Names of all documents of an area, like `live/hpa-edits`, in order; none as with [`cases`].
pub(crate) fn documents(area: &str) -> Vec<String> {
    let files = fs::read_dir(folder().join(area)).into_iter().flatten().flatten();
    let names: BTreeSet<String> = files
        .filter_map(|file| {
            let file = file.file_name().to_string_lossy().into_owned();
            let name = file.strip_suffix(".gz").unwrap_or(&file).strip_suffix(".json")?;
            Some(format!("{area}/{name}"))
        })
        .collect();
    let is_elsewhere = is_somebodys_own() && holds_recordings(&folder());
    assert!(is_elsewhere || !names.is_empty(), "{}: no {area}", folder().display());
    names.into_iter().collect()
}

/// Opens `NAME.EXTENSION`, else `NAME.EXTENSION.gz`.
fn open(name: &str, extension: &str) -> Option<Box<dyn Read>> {
    let folder = folder();
    let plain = folder.join(format!("{name}.{extension}"));
    let compressed = folder.join(format!("{name}.{extension}.gz"));
    if let Ok(file) = File::open(&plain) {
        return Some(Box::new(file));
    }
    match File::open(&compressed) {
        Ok(file) => Some(Box::new(MultiGzDecoder::new(file))),
        Err(_) if is_somebodys_own() && holds_recordings(&folder) => None,
        Err(error) => panic!("{} or {}: {error}", plain.display(), compressed.display()),
    }
}

/// The folder that recordings are read from.
pub(crate) fn folder() -> PathBuf {
    match env::var_os("PODTIDE_CONFORMANCE") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance"),
    }
}

/// Whether `PODTIDE_CONFORMANCE` names the folder.
pub(crate) fn is_somebodys_own() -> bool {
    env::var_os("PODTIDE_CONFORMANCE").is_some()
}

/// Whether any area of the folder has a recording: a mistyped folder must not look like success.
fn holds_recordings(folder: &Path) -> bool {
    let entries = |folder: &Path| fs::read_dir(folder).into_iter().flatten().flatten();
    entries(folder).flat_map(|area| entries(&area.path())).any(|file| {
        let name = file.file_name().to_string_lossy().into_owned();
        [".json", ".jsonl", ".json.gz", ".jsonl.gz"].iter().any(|ending| name.ends_with(ending))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_and_cases_are_found_plain_and_compressed() {
        for document in ["fields/fields", "live/scale-victims"].into_iter().filter_map(document) {
            assert!(document.is_object());
        }
        let first = cases("quantity/parse").and_then(|mut cases| cases.next());
        assert!(first.is_none_or(|case| case.line == 1 && case.name().starts_with("parse-")));
    }
}
