//! `-k FOLDER`: lets the installed kustomize, or kubectl, build a folder.

use std::io;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::files::{Reader, Text, TextKind};
use crate::diagnostic::Diagnostic;

/// The manifests that a folder builds to.
pub fn build(reader: &mut Reader, folder: &Path) -> Option<Text> {
    if let Err(error) = folder.read_dir() {
        reader.cannot_read(folder, &error);
        return None;
    }
    let name = format!("kustomize {}", folder.display());
    match run(folder) {
        Ok(output) if output.status.success() => {
            let id = reader.take(&name, output.stdout, TextKind::Manifest)?;
            Some(Text { id, path: None })
        }
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            let message = format!("cannot build `{}`: {}", folder.display(), reason(&said));
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

/// What a program said when it failed, without what kubectl's log puts before it.
fn reason(said: &str) -> String {
    let last = said.lines().rev().map(str::trim).find(|line| !line.is_empty());
    let last = last.unwrap_or("it gave no reason");
    let of_log = last.split_once(" err=\"").and_then(|(_, rest)| rest.strip_suffix('"'));
    let reason = of_log.map(|reason| reason.replace("\\\"", "\""));
    let reason = reason.unwrap_or_else(|| last.to_owned());
    reason.strip_prefix("Error: ").unwrap_or(&reason).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_told_without_what_a_log_puts_before_it() {
        let log = "E1121 17:10:52.649886   27509 run.go:72] \"command failed\" \
                   err=\"no such file: \\\"a.yaml\\\"\"\n";
        assert_eq!(reason(log), "no such file: \"a.yaml\"");
        assert_eq!(
            reason("Warning: old\nError: accumulating resources\n\n"),
            "accumulating resources"
        );
        assert_eq!(reason(""), "it gave no reason");
    }
}
