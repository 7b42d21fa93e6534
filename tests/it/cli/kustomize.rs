//! `-k FOLDER`, with programs that stand in for kustomize and kubectl.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::{WEB, podtide, told};

/// A folder for programs, and one to build.
fn folders() -> (tempfile::TempDir, tempfile::TempDir) {
    let folder = || tempfile::tempdir().expect("a folder for a test can be made");
    (folder(), folder())
}

/// Puts a program there that runs a line of shell.
fn install(folder: &Path, name: &str, line: &str) {
    let file = folder.join(name);
    fs::write(&file, format!("#!/bin/sh\n{line}\n")).expect("the folder can be written");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("the file is ours");
}

/// What `podtide run -k` says when only those programs are installed.
fn built(programs: &Path, folder: &Path) -> String {
    let mut command = podtide();
    command.env("PATH", programs).args(["run", "--traffic", "constant:100/s", "-k"]).arg(folder);
    told(&mut command)
}

#[test]
fn a_folder_is_built_by_kustomize_or_else_by_kubectl() {
    let (programs, folder) = folders();
    let rendered = folder.path().join("rendered.yaml");
    fs::write(&rendered, WEB).expect("the folder can be written");
    let answer = |verb: &str| {
        let said = "while read -r line || [ -n \"$line\" ]; do printf '%s\\n' \"$line\"; done";
        format!("[ \"$1\" = {verb} ] || exit 1\nIFS=\n{said} < '{}'", rendered.display())
    };
    install(programs.path(), "kubectl", &answer("kustomize"));
    let by_kubectl = built(programs.path(), folder.path());
    assert!(by_kubectl.starts_with("exit code 0\n"), "{by_kubectl}");
    install(programs.path(), "kustomize", &answer("build"));
    install(programs.path(), "kubectl", "exit 3");
    assert_eq!(built(programs.path(), folder.path()), by_kubectl);
}

#[test]
fn what_cannot_be_built_says_why() {
    let (programs, folder) = folders();
    let without = built(programs.path(), folder.path());
    assert!(without.starts_with("exit code 2\n"), "{without}");
    assert!(without.contains("neither `kustomize` nor `kubectl` is installed"), "{without}");
    assert!(without.contains("kubectl kustomize FOLDER | podtide run -"), "{without}");
    install(programs.path(), "kustomize", "echo 'Error: no kustomization.yaml' >&2\nexit 1");
    let failed = built(programs.path(), folder.path());
    assert!(failed.contains(": no kustomization.yaml\n"), "{failed}");
    let missing = built(programs.path(), &folder.path().join("nowhere"));
    assert!(missing.contains("nowhere`: no such file or directory"), "{missing}");
}
