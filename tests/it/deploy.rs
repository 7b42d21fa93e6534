//! The files with which Podtide itself is put into containers and clusters.

use podtide::diagnostic::SourceMap;
use podtide::manifest;

use super::cli::{podtide, told};

const JOB: &str = include_str!("../../deploy/job.yaml");
const DOCKERFILE: &str = include_str!("../../Dockerfile");

#[test]
fn the_job_runs_without_rights() {
    let mut sources = SourceMap::default();
    let id = sources.add("job.yaml", JOB.to_owned());
    let (documents, findings) = manifest::read(&sources, &[id]);
    assert!(findings.is_empty(), "{findings:?}");
    assert_eq!(documents.objects.len(), 1);
    for rule in [
        "runAsNonRoot: true",
        "readOnlyRootFilesystem: true",
        "allowPrivilegeEscalation: false",
        "capabilities: {drop: [ALL]}",
        "automountServiceAccountToken: false",
    ] {
        assert!(JOB.contains(rule), "{rule}");
    }
}

#[test]
fn the_image_is_empty_but_for_the_program_and_its_scenarios() {
    let (_, last) = DOCKERFILE.split_once("\nFROM scratch\n").expect("the last stage is empty");
    assert!(last.contains("\nUSER 65532:65532\n"), "{last}");
    let copied: Vec<&str> = last.lines().filter(|line| line.starts_with("COPY")).collect();
    assert_eq!(copied.len(), 2, "{copied:?}");
}

/// A ConfigMap that is mounted is a folder of links into a hidden folder beside them.
#[cfg(unix)]
#[test]
fn a_mounted_config_map_can_be_played() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().expect("a folder for a test can be made");
    let data = folder.path().join("..2026_01_05");
    std::fs::create_dir(&data).expect("the folder is ours");
    std::fs::write(data.join("web.yaml"), super::pipe::WEB).expect("the folder is ours");
    symlink("..2026_01_05", folder.path().join("..data")).expect("the folder is ours");
    symlink("..data/web.yaml", folder.path().join("web.yaml")).expect("the folder is ours");
    let mut command = podtide();
    command.args(["run", "--traffic", "constant:100/s"]).arg(folder.path());
    let shown = told(&mut command);
    assert!(shown.starts_with("exit code 0\n"), "{shown}");
}
