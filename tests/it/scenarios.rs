//! Scenarios of the library with their golden summaries. A changed one is accepted with
//! `INSTA_UPDATE=always cargo test --test it scenarios`, and has a line in CHANGELOG.md.

use super::cli::{podtide, told};

fn golden(folder: &str, files: &[&str]) {
    for file in files {
        let path = format!("scenarios/{folder}/{file}.yaml");
        let shown = told(podtide().args(["run", &path, "--assumptions"]));
        assert!(shown.starts_with("exit code 0\n"), "{shown}");
        insta::assert_snapshot!(format!("{folder}-{file}"), shown);
    }
}

#[test]
fn r5_compose() {
    golden("r5-compose", &["scenario", "slow"]);
}
