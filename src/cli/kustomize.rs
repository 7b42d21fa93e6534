//! `-k FOLDER`: lets the installed kustomize, or kubectl, build a folder.

use std::io;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::files::{Reader, Text, TextKind};
use crate::diagnostic::Diagnostic;

/// The manifests that a folder builds to.
pub fn build(reader: &mut Reader, folder: &Path) -> Option<Text> {
    let name = format!("kustomize {}", folder.display());
    match run(folder) {
        Ok(output) if output.status.success() => {
            let id = reader.take(&name, output.stdout, TextKind::Manifest)?;
            Some(Text { id, path: None })
        }
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            let last =
                said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("no reason");
            let message = format!("cannot build `{}`: {}", folder.display(), last.trim());
            reader.findings.push(Diagnostic::error("kustomize", message));
            None
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            reader.findings.push(
                Diagnostic::error("kustomize", "neither `kustomize` nor `kubectl` is installed")
                    .help(
                        "install one of them, or give what they render: \
                         `kubectl kustomize FOLDER | podtide run -`",
                    ),
            );
            None
        }
        Err(error) => {
            reader.cannot_read(folder, &error);
            None
        }
    }
}

fn run(folder: &Path) -> io::Result<Output> {
    let with = |program: &str, verb: &str| {
        Command::new(program).arg(verb).arg(folder).stdin(Stdio::null()).output()
    };
    match with("kustomize", "build") {
        Err(error) if error.kind() == io::ErrorKind::NotFound => with("kubectl", "kustomize"),
        done => done,
    }
}
