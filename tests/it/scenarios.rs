//! Scenarios of the library with their golden summaries. A changed one is accepted with
//! `INSTA_UPDATE=always cargo test --test it scenarios`, and has a line in CHANGELOG.md.

use super::cli::{podtide, told};
use std::path::Path;

fn golden(folder: &str, files: &[&str]) {
    for file in files {
        let path = format!("scenarios/{folder}/{file}.yaml");
        let shown = told(podtide().args(["run", &path, "--assumptions"]));
        assert!(shown.starts_with("exit code 0\n"), "{shown}");
        insta::assert_snapshot!(format!("{folder}-{file}"), shown);
    }
}

#[test]
fn r5_release_patterns() {
    golden("r5-release-patterns", &["scenario", "blue-green", "canary"]);
    let files = ["scenario", "blue-green", "canary"]
        .map(|file| format!("scenarios/r5-release-patterns/{file}.yaml"));
    let shown = told(podtide().arg("run").args(files));
    let table = shown.split("\nscenario ").nth(1).expect("a table of all three comes last");
    insta::assert_snapshot!("r5-release-patterns", format!("scenario {table}"));
}

#[test]
fn r5_compose() {
    golden("r5-compose", &["scenario", "slow"]);
    let arguments = ["run", "scenarios/r5-compose/compose.yaml", "--traffic", "100/s"];
    insta::assert_snapshot!("r5-compose-alone", told(podtide().args(arguments)));
}

/// The Scenarios that the table of lessons links to, as `folder/file.yaml`.
fn lessons() -> Vec<String> {
    let table = std::fs::read_to_string("scenarios/README.md").expect("the lessons have a table");
    let targets = table.lines().filter(|line| line.starts_with("| ")).flat_map(|line| {
        line.split("](").skip(1).filter_map(|rest| rest.split(')').next()).map(str::to_owned)
    });
    targets.filter(|target| Path::new(target).extension().is_some_and(|it| it == "yaml")).collect()
}

#[test]
fn each_lesson_shows_what_it_says() {
    let lessons = lessons();
    assert!(!lessons.is_empty(), "the table is read");
    for lesson in lessons {
        let (folder, file) = lesson.split_once('/').expect("a lesson lies in a folder");
        golden(folder, &[file.trim_end_matches(".yaml")]);
    }
}
