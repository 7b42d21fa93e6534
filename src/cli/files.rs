//! Files, folders and standard input -> texts. Every text is limited, whatever it comes from.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use crate::diagnostic::{Diagnostic, SourceId, SourceMap};

/// The largest manifest or Scenario \[bytes\].
pub const MAX_MANIFEST_BYTES: u64 = 32 << 20;
/// The largest recording \[bytes\].
pub const MAX_RECORDING_BYTES: u64 = 64 << 20;
/// All manifests and Scenarios together \[bytes\].
pub const MAX_ALL_BYTES: u64 = 64 << 20;
/// The most files that folders may give.
pub const MAX_FILES: usize = 20_000;

/// Name of the text that came through standard input.
pub const STDIN: &str = "<stdin>";

/// A text that was read, and where it came from.
#[derive(Clone, Debug)]
pub struct Text {
    /// Its number.
    pub id: SourceId,
    /// The file; none for standard input and commands.
    pub path: Option<PathBuf>,
}

/// Reads files, each once.
#[derive(Debug, Default)]
pub struct Reader {
    /// All texts.
    pub sources: SourceMap,
    /// What could not be read.
    pub findings: Vec<Diagnostic>,
    bytes: u64,
    known: BTreeMap<PathBuf, SourceId>,
}

impl Reader {
    /// Reads what was named on the command line or in a Scenario: a file, all YAML and JSON below a
    /// folder, or `-`.
    pub fn read(&mut self, path: &Path) -> Vec<Text> {
        if path.as_os_str() == "-" {
            return self.read_stdin().into_iter().collect();
        }
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => self.read_folder(path),
            Ok(_) => self.read_file(path, MAX_MANIFEST_BYTES).into_iter().collect(),
            Err(error) => {
                self.cannot_read(path, &error);
                Vec::new()
            }
        }
    }

    /// Reads one file of at most so many bytes.
    pub fn read_file(&mut self, path: &Path, limit: u64) -> Option<Text> {
        let identity = identity(path);
        if let Some(id) = self.known.get(&identity) {
            return Some(Text { id: *id, path: Some(path.to_owned()) });
        }
        let name = path.display().to_string();
        let read = File::open(path).and_then(|file| read_limited(file, limit));
        match read {
            Ok(bytes) => {
                let id = self.take(&name, bytes, limit)?;
                self.known.insert(identity, id);
                Some(Text { id, path: Some(path.to_owned()) })
            }
            Err(error) => {
                self.cannot_read(path, &error);
                None
            }
        }
    }

    fn read_stdin(&mut self) -> Option<Text> {
        match read_limited(io::stdin().lock(), MAX_MANIFEST_BYTES) {
            Ok(bytes) => {
                let id = self.take(STDIN, bytes, MAX_MANIFEST_BYTES)?;
                Some(Text { id, path: None })
            }
            Err(error) => {
                self.cannot_read(Path::new(STDIN), &error);
                None
            }
        }
    }

    /// Takes in a text that a command gave.
    pub fn take(&mut self, name: &str, bytes: Vec<u8>, limit: u64) -> Option<SourceId> {
        if bytes.len() as u64 > limit {
            let mebibytes = limit >> 20;
            self.findings.push(
                Diagnostic::error("file", format!("`{name}` is larger than {mebibytes} MiB"))
                    .help("give only what is to be simulated"),
            );
            return None;
        }
        self.bytes += bytes.len() as u64;
        if self.bytes > MAX_ALL_BYTES + MAX_RECORDING_BYTES {
            let mebibytes = (MAX_ALL_BYTES + MAX_RECORDING_BYTES) >> 20;
            let message = format!("all inputs together are larger than {mebibytes} MiB");
            self.findings.push(Diagnostic::error("file", message).help("give fewer files at once"));
            return None;
        }
        match String::from_utf8(bytes) {
            Ok(text) => Some(self.sources.add(name, text)),
            Err(error) => {
                self.findings.push(no_utf8(name, &error));
                None
            }
        }
    }

    fn read_folder(&mut self, folder: &Path) -> Vec<Text> {
        let mut files = Vec::new();
        self.find_files(folder, &mut files);
        if files.is_empty() {
            let message = format!("`{}` has no .yaml, .yml or .json file", folder.display());
            self.findings.push(
                Diagnostic::error("file", message).help("name a folder with manifests in it"),
            );
        }
        files.iter().filter_map(|file| self.read_file(file, MAX_MANIFEST_BYTES)).collect()
    }

    /// All manifests below a folder, in order of their names. Hidden folders are left out, links to
    /// folders are not followed.
    fn find_files(&mut self, folder: &Path, files: &mut Vec<PathBuf>) {
        let mut open = vec![folder.to_owned()];
        while let Some(folder) = open.pop() {
            let entries = match fs::read_dir(&folder).and_then(Iterator::collect) {
                Ok(entries) => entries,
                Err(error) => {
                    self.cannot_read(&folder, &error);
                    continue;
                }
            };
            let entries: Vec<fs::DirEntry> = entries;
            for entry in entries {
                let path = entry.path();
                let hidden = entry.file_name().to_string_lossy().starts_with('.');
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() && !hidden => open.push(path),
                    Ok(kind) if !kind.is_dir() && is_manifest(&path) && path.is_file() => {
                        files.push(path);
                    }
                    _ => {}
                }
            }
            if files.len() + open.len() > MAX_FILES {
                let message = format!("`{}` has more than {MAX_FILES} files", folder.display());
                self.findings.push(Diagnostic::error("file", message).help("name fewer folders"));
                files.clear();
                return;
            }
        }
        files.sort();
    }

    /// Reports a file that cannot be read.
    pub fn cannot_read(&mut self, path: &Path, error: &io::Error) {
        let message = format!("cannot read `{}`: {}", path.display(), in_words(error));
        self.findings.push(Diagnostic::error("file", message));
    }
}

/// What a file is, however it was named.
fn identity(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// An error of the system without its number.
pub fn in_words(error: &io::Error) -> String {
    let text = error.to_string();
    let mut words = text.split(" (os error").next().unwrap_or_default().chars();
    match words.next() {
        Some(first) => first.to_lowercase().chain(words).collect(),
        None => "unknown error".to_owned(),
    }
}

/// Reads one byte more than the limit, so that a text that is too long is noticed.
fn read_limited(source: impl io::Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(limit + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn is_manifest(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| ["yaml", "yml", "json"].contains(&extension))
}

fn no_utf8(name: &str, error: &std::string::FromUtf8Error) -> Diagnostic {
    let at = error.utf8_error().valid_up_to();
    let wide = matches!(error.as_bytes().get(..2), Some([0xff, 0xfe] | [0xfe, 0xff]));
    let kind = if wide { "UTF-16" } else { "no UTF-8 text" };
    Diagnostic::error("file", format!("`{name}` is {kind} (byte {at})"))
        .help("save the file as UTF-8")
}
