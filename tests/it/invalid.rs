//! Every file in `tests/invalid/scenarios` ends with exit code 2 and what its snapshot shows, quickly
//! and in little memory. A changed snapshot is accepted with
//! `INSTA_UPDATE=always cargo test --test it invalid`.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use super::cli::{podtide, told};

#[test]
fn broken_scenarios_are_told_what_is_wrong_with_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/invalid/scenarios");
    let entries = fs::read_dir(&folder).expect("the folder is part of the project");
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("the folder can be read"))
        .filter(|entry| entry.path().is_file())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert!(names.len() >= 15, "only {} files", names.len());
    for name in names {
        let began = Instant::now();
        let shown = told(podtide().current_dir(&folder).args(["run", &name]));
        assert!(began.elapsed() < Duration::from_secs(2), "{name} took {:?}", began.elapsed());
        assert!(shown.starts_with("exit code 2\n"), "{name} is taken: {shown}");
        assert!(!shown.contains("panicked"), "{name}: {shown}");
        insta::assert_snapshot!(name, shown);
    }
}
