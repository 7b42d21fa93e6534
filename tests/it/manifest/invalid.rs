//! Every file in `tests/invalid/manifests` gives the findings that its snapshot shows, and quickly.
//! A changed snapshot is accepted with `INSTA_UPDATE=always cargo test --test it manifest`.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use podtide::render::diagnostic::all_to_text;

use super::Read;

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/invalid/manifests");
    let entries = fs::read_dir(&folder).expect("the folder is part of the project");
    let mut files: Vec<PathBuf> =
        entries.map(|entry| entry.expect("the folder can be read").path()).collect();
    files.sort();
    files
}

#[test]
fn broken_manifests_are_told_what_is_wrong_with_them() {
    let files = files();
    assert!(files.len() >= 20, "only {} files", files.len());
    for file in files {
        let name = file.file_name().expect("a file has a name").to_string_lossy().into_owned();
        let text = fs::read_to_string(&file).expect("the file is UTF-8");
        let began = Instant::now();
        let read = Read::new(&name, text);
        let shown = all_to_text(&read.findings, &read.sources, false);
        assert!(began.elapsed() < Duration::from_secs(1), "{name} took {:?}", began.elapsed());
        insta::with_settings!({
            omit_expression => true, prepend_module_to_snapshot => false,
            snapshot_path => "../snapshots",
        }, {
            insta::assert_snapshot!(format!("invalid-{name}"), shown);
        });
    }
}
