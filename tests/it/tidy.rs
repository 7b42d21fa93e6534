//! The rules of the house that no compiler checks: who imports whom, how long files are, what is
//! documented.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Longest file without its tests [lines].
const LINES_MAX: u32 = 400;

/// Which top modules each top module may import. Arrows go one way; see ARCHITECTURE.md.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("units", &[]),
    ("diagnostic", &[]),
    ("engine", &["units"]),
    ("api", &["units"]),
    ("workload", &["units", "engine"]),
    ("kube", &["units", "engine", "api"]),
    ("manifest", &["units", "diagnostic", "api"]),
    ("scenario", &["units", "diagnostic", "api", "engine", "workload", "manifest", "kube"]),
    ("lint", &["units", "diagnostic", "api", "manifest", "scenario"]),
    ("sim", &["units", "api", "engine", "workload", "kube", "scenario", "recording"]),
    ("recording", &["units", "kube", "workload"]),
    ("report", &["units", "api", "engine", "workload", "kube", "scenario", "recording"]),
    ("explain", &["units", "api", "kube", "scenario", "recording", "sim", "report"]),
    (
        "render",
        &[
            "units",
            "diagnostic",
            "api",
            "workload",
            "kube",
            "scenario",
            "recording",
            "report",
            "explain",
        ],
    ),
];

#[test]
fn imports_go_one_way() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let module = top_module(&path);
        let Some((_, allowed)) = MAY_IMPORT.iter().find(|(name, _)| *name == module) else {
            assert!(
                ["lib", "main", "cli", "tui"].contains(&module.as_str()),
                "`{module}` is not in the table of imports"
            );
            continue;
        };
        for import in imports(without_tests(&text)) {
            if import != module && !allowed.contains(&import.as_str()) {
                wrong.push(format!("{} imports {import}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_are_short_and_lines_too() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let lines = without_tests(&text).lines().count() as u32;
        if lines > LINES_MAX {
            wrong.push(format!("{} has {lines} lines", path.display()));
        }
        for (number, line) in text.lines().enumerate() {
            if line.chars().count() > 100 {
                wrong.push(format!("{}:{} is too long", path.display(), number + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn pure_modules_touch_neither_files_nor_clocks_nor_threads() {
    let banned = ["std::fs", "std::env", "std::time::", "std::thread", "std::net", "std::process"];
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        if ["cli", "tui", "main"].contains(&top_module(&path).as_str()) {
            continue;
        }
        for word in banned.iter().chain(&["HashMap", "HashSet", "println!", "f64::powf", "todo!"]) {
            if without_tests(&text).lines().any(|line| is_code(line) && line.contains(word)) {
                wrong.push(format!("{} uses {word}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_of_the_cluster_name_what_they_mirror() {
    let says: BTreeMap<PathBuf, bool> = sources()
        .filter(|(path, _)| path.starts_with("src/kube/controllers"))
        .map(|(path, text)| {
            let mut head = text.lines().take_while(|line| line.starts_with("//!"));
            (path, head.any(|line| line.contains("Mirrors")))
        })
        .collect();
    // A part of a file that was split says it through the file that it is a part of.
    let is_said = |path: &Path| {
        let whole = path.parent().map(|folder| folder.with_extension("rs"));
        let whole = whole.filter(|whole| whole != Path::new("src/kube/controllers.rs"));
        says[path] || whole.is_some_and(|whole| says.get(&whole).copied().unwrap_or(false))
    };
    let wrong: Vec<_> = says.keys().filter(|path| !is_said(path)).collect();
    assert!(wrong.is_empty(), "these do not say what they mirror: {wrong:?}");
}

#[test]
fn the_map_names_every_top_module() {
    let map = fs::read_to_string("ARCHITECTURE.md").expect("there is a map");
    for (module, _) in MAY_IMPORT {
        if Path::new("src").join(format!("{module}.rs")).exists() {
            assert!(
                map.contains(&format!("`{module}`")),
                "ARCHITECTURE.md is silent on `{module}`"
            );
        }
    }
}

#[test]
fn every_scenario_asks_a_question() {
    for entry in fs::read_dir("scenarios").expect("there are scenarios") {
        let folder = entry.expect("a folder can be listed").path();
        if folder.ends_with("README.md") {
            continue;
        }
        let path = folder.join("scenario.yaml");
        let text = fs::read_to_string(&path).unwrap_or_default();
        let has = |word: &str| {
            text.lines().take_while(|line| line.starts_with('#')).any(|line| line.contains(word))
        };
        assert!(has("Question:") && has("Look for:"), "{} asks nothing", path.display());
    }
}

#[test]
fn exceptions_to_lints_are_expectations() {
    let wrong: Vec<String> = sources()
        .filter(|(_, text)| text.contains("#[allow(") || text.contains("#![allow("))
        .map(|(path, _)| path.display().to_string())
        .collect();
    assert!(wrong.is_empty(), "#[expect(.., reason = ..)] instead of #[allow]: {wrong:?}");
}

/// Every source file with its text.
#[test]
fn links_between_documents_lead_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let list = |folder: &Path| fs::read_dir(folder).expect("a folder of the project");
    let files = list(root).chain(list(&root.join("docs"))).map(|entry| {
        let path = entry.expect("an entry of a folder").path();
        (path.extension().is_some_and(|extension| extension == "md"), path)
    });
    let mut wrong = Vec::new();
    for (_, path) in files.filter(|(is_document, _)| *is_document) {
        let text = fs::read_to_string(&path).expect("a document is text");
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = link.split('#').next().unwrap_or_default();
            let target = path.parent().expect("a file is in a folder").join(file);
            if !link.contains("://") && !target.exists() {
                wrong.push(format!("{}: {link}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn sources() -> impl Iterator<Item = (PathBuf, String)> {
    let mut found = BTreeMap::new();
    collect(Path::new("src"), &mut found);
    found.into_iter()
}

fn collect(folder: &Path, found: &mut BTreeMap<PathBuf, String>) {
    for entry in fs::read_dir(folder).expect("src can be listed") {
        let path = entry.expect("an entry can be read").path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("a source is text");
            found.insert(path, text);
        }
    }
}

/// `src/kube/apiserver/write.rs` belongs to `kube`.
fn top_module(path: &Path) -> String {
    let first = path.components().nth(1).expect("sources lie under src");
    first.as_os_str().to_string_lossy().trim_end_matches(".rs").to_owned()
}

/// Unit tests stand last in a file.
fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(text)
}

fn is_code(line: &str) -> bool {
    !line.trim_start().starts_with("//")
}

/// Top modules named by `crate::` paths in code.
fn imports(text: &str) -> Vec<String> {
    let mut found: Vec<String> = text
        .lines()
        .filter(|line| is_code(line))
        .flat_map(|line| line.split("crate::").skip(1).map(leading_word))
        .filter(|word| !word.is_empty())
        .collect();
    found.sort();
    found.dedup();
    found
}

fn leading_word(text: &str) -> String {
    text.chars().take_while(|&c| c.is_ascii_alphanumeric() || c == '_').collect()
}
