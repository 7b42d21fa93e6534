//! Files, folders and standard input -> texts. Every text is limited, whatever it comes from.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::diagnostic::{Diagnostic, SourceId, SourceMap};

/// All inputs together \[bytes\].
pub const MAX_ALL_BYTES: u64 = 128 << 20;
/// The most values of all manifests and Scenarios together, told by what separates values.
pub const MAX_VALUES: usize = 1_000_000;
/// The most files that folders may give.
pub const MAX_FILES: usize = 20_000;

/// What a text is read as, which decides how large it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextKind {
    /// A manifest or Scenario: a tree is made of it.
    Manifest,
    /// A recording: points are made of it.
    Recording,
}

impl TextKind {
    /// The largest text \[bytes\].
    pub fn max_bytes(self) -> u64 {
        match self {
            TextKind::Manifest => 32 << 20,
            TextKind::Recording => 64 << 20,
        }
    }
}

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
    values: usize,
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
            Ok(_) => self.read_file(path, TextKind::Manifest).into_iter().collect(),
            Err(error) => {
                self.cannot_read(path, &error);
                Vec::new()
            }
        }
    }

    /// Reads one file.
    pub fn read_file(&mut self, path: &Path, kind: TextKind) -> Option<Text> {
        let identity = identity(path);
        if let Some(id) = self.known.get(&identity) {
            return Some(Text { id: *id, path: Some(path.to_owned()) });
        }
        let name = path.display().to_string();
        let read = File::open(path).and_then(|file| read_limited(file, kind));
        match read {
            Ok(bytes) => {
                let id = self.take(&name, bytes, kind)?;
                self.known.insert(identity, id);
                Some(Text { id, path: Some(path.to_owned()) })
            }
            Err(error) => {
                self.cannot_read(path, &error);
                None
            }
        }
    }

    /// Reads standard input, or says again what it said the first time: the player plays its
    /// inputs more than once.
    fn read_stdin(&mut self) -> Option<Text> {
        static SAID: OnceLock<Vec<u8>> = OnceLock::new();
        let read = match SAID.get() {
            Some(bytes) => Ok(bytes.clone()),
            None => read_limited(io::stdin().lock(), TextKind::Manifest),
        };
        match read {
            Ok(bytes) => {
                let bytes = SAID.get_or_init(|| bytes).clone();
                let id = self.take(STDIN, bytes, TextKind::Manifest)?;
                Some(Text { id, path: None })
            }
            Err(error) => {
                self.cannot_read(Path::new(STDIN), &error);
                None
            }
        }
    }

    /// Takes in a text, unless it is too large.
    pub fn take(&mut self, name: &str, bytes: Vec<u8>, kind: TextKind) -> Option<SourceId> {
        let most = kind.max_bytes();
        if bytes.len() as u64 > most {
            self.too_large(format!("`{name}` is larger than {} MiB", most >> 20));
            return None;
        }
        self.bytes += bytes.len() as u64;
        if self.bytes > MAX_ALL_BYTES {
            let message =
                format!("all inputs together are larger than {} MiB", MAX_ALL_BYTES >> 20);
            self.too_large(message);
            return None;
        }
        if kind == TextKind::Manifest {
            self.values += count_separators(&bytes);
            if self.values > MAX_VALUES {
                self.too_large(format!("with `{name}` there are more than {MAX_VALUES} values"));
                return None;
            }
        }
        match String::from_utf8(bytes) {
            Ok(text) => Some(self.sources.add(name, text)),
            Err(error) => {
                self.findings.push(no_utf8(name, &error));
                None
            }
        }
    }

    fn too_large(&mut self, message: String) {
        let finding = Diagnostic::error("too-large", message)
            .help("give only what is simulated: Deployments, HPAs, PDBs, Services and Nodes");
        self.findings.push(finding);
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
        files.iter().filter_map(|file| self.read_file(file, TextKind::Manifest)).collect()
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

/// At most how many values a text has, before any memory is spent on them: each stands behind the
/// beginning of a line, a comma or a bracket.
fn count_separators(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| matches!(byte, b'\n' | b',' | b'[' | b'{')).count()
}

/// Reads one byte more than the limit, so that a text that is too long is noticed.
fn read_limited(source: impl io::Read, kind: TextKind) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(kind.max_bytes() + 1).read_to_end(&mut bytes)?;
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
