//! The command line as people meet it: what it says, where, and with which exit code.

#[cfg(unix)]
mod kustomize;

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use assert_cmd::Command;

/// The program, in the folder of the project.
pub(crate) fn podtide() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_podtide"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).env_remove("NO_COLOR");
    command
}

/// Exit code, standard output and standard error as one text.
pub(crate) fn told(command: &mut Command) -> String {
    let output = command.output().expect("the program can be started");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let code = output.status.code().map_or("no exit code".to_owned(), |code| code.to_string());
    format!(
        "exit code {code}\n--- stdout\n{}--- stderr\n{}",
        text(&output.stdout),
        text(&output.stderr)
    )
}

const WEB: &str = super::pipe::WEB;

/// Runs with manifests on standard input.
fn piped(arguments: &[&str], stdin: &str) -> String {
    told(podtide().args(arguments).write_stdin(stdin))
}

#[test]
fn help_says_how_it_is_used() {
    insta::assert_snapshot!("help", told(podtide().arg("--help")));
    insta::assert_snapshot!("run-help", told(podtide().args(["run", "--help"])));
    insta::assert_snapshot!("chart-help", told(podtide().args(["chart", "-h"])));
    insta::assert_snapshot!("check-help", told(podtide().args(["check", "-h"])));
}

#[test]
fn wrong_arguments_are_refused() {
    insta::assert_snapshot!("no-command", told(&mut podtide()));
    insta::assert_snapshot!("no-files", told(podtide().arg("run")));
    insta::assert_snapshot!("bad-option", told(podtide().args(["run", "x", "--sed", "1"])));
    let same = ["run", "-", "--runs", "0"];
    assert!(told(podtide().args(same)).starts_with("exit code 2\n"));
}

#[test]
fn manifests_from_standard_input_are_played_with_traffic() {
    let traffic = "stages:100/s@0,600/s@5m,100/s@20m";
    let shown = piped(&["run", "-", "--traffic", traffic, "--assumptions"], WEB);
    assert!(shown.starts_with("exit code 0\n"), "{shown}");
    assert!(shown.contains("cpuPerRequest"), "{shown}");
    assert!(shown.ends_with("--- stderr\n"), "{shown}");
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let traffic = "200/s+spike:800/s@5m,hold=5m+noise:10%";
    for format in ["text", "json", "csv"] {
        let run = |threads: &str| {
            let arguments = [
                "run",
                "-",
                "-t",
                traffic,
                "--format",
                format,
                "--threads",
                threads,
                "--seed",
                "3",
            ];
            piped(&arguments, WEB)
        };
        assert_eq!(run("1"), run("2"), "{format}");
    }
}

#[test]
fn several_runs_give_the_spread() {
    let arguments = ["run", "-", "-t", "200/s+spike:800/s@5m,hold=5m", "--runs", "4"];
    let shown = piped(&arguments, WEB);
    assert!(shown.contains("over 4 runs, seeds 1 to 4"), "{shown}");
    let json = piped(&[&arguments[..], &["--format", "json"]].concat(), WEB);
    let body = json.split("--- stdout\n").nth(1).and_then(|rest| rest.split("--- stderr").next());
    let value: serde_json::Value =
        serde_json::from_str(body.expect("there is a standard output")).expect("it is JSON");
    assert_eq!(value["spread"]["runs"], 4);
    assert_eq!(value["scenario"]["seed"], 1);
}

#[test]
fn edits_change_scenarios_and_manifests() {
    let run = |edits: &[&str]| {
        let mut arguments = vec!["run", "-", "-t", "600/s", "--format", "json"];
        for edit in edits {
            arguments.extend(["--set", edit]);
        }
        piped(&arguments, WEB)
    };
    let shown = run(&["duration=5m", "hpa/web:spec.maxReplicas=4"]);
    assert!(shown.contains("\"durationSeconds\": 300.0"), "{shown}");
    assert!(shown.contains("\"maxReplicas\": 4"), "{shown}");
    insta::assert_snapshot!("bad-edit", run(&["duratoin=5m", "hpa/wob:spec.maxReplicas=4", "x"]));
}

#[test]
fn a_manifest_that_an_event_applies_is_checked_with_all_objects() {
    let folder = tempfile::tempdir().expect("there is room");
    let path = folder.path().join("hpa.yaml");
    let hpa = WEB.split("---\n").find(|text| text.contains("HorizontalPodAutoscaler"));
    let hpa = hpa.expect("there is an HPA").replace("maxReplicas: 30", "maxReplicas: 5");
    let event = format!("apply -f {}", path.display());
    let shown = |hpa: &str| {
        fs::write(&path, hpa).expect("there is room");
        piped(&["run", "-", "-t", "600/s", "--duration", "10m", "--at", "5m", &event], WEB)
    };
    let fine = shown(&hpa);
    assert!(fine.starts_with("exit code 0\n"), "{fine}");
    assert!(!fine.contains("hpa-dangling-target"), "{fine}");
    let wrong = shown(&hpa.replace("kind: Deployment, name: web", "kind: Deployment, name: wob"));
    assert!(wrong.contains("hpa-dangling-target"), "{wrong}");
}

#[test]
fn findings_are_all_shown_at_once() {
    let traffic = "stage:100/s@0";
    insta::assert_snapshot!("bad-traffic", piped(&["run", "-", "--traffic", traffic], WEB));
    let two = WEB.replace("name: web}", "name: wob}") + "---\n" + WEB;
    insta::assert_snapshot!("which-target", piped(&["run", "-", "-t", "100/s"], &two));
    insta::assert_snapshot!("check", piped(&["check", "-", "-t", "100/s"], WEB));
    insta::assert_snapshot!("check-no-traffic", piped(&["check", "-"], WEB));
    insta::assert_snapshot!("check-json", piped(&["check", "-", "--format", "json"], WEB));
    let strict = piped(&["run", "-", "--strict"], WEB);
    assert!(strict.starts_with("exit code 2\n"), "{strict}");
}

#[test]
fn inputs_that_cannot_be_read_are_named() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = |name: &str| folder.path().join(name);
    fs::create_dir(path("empty")).expect("a folder can be made");
    fs::write(path("latin.yaml"), b"name: caf\xe9\n").expect("a file can be written");
    fs::write(path("wide.yaml"), b"\xff\xfek\0i\0").expect("a file can be written");
    let shown =
        told(Command::new(env!("CARGO_BIN_EXE_podtide")).current_dir(folder.path()).args([
            "run",
            "missing.yaml",
            "empty",
            "latin.yaml",
            "wide.yaml",
        ]));
    insta::assert_snapshot!("unreadable", shown);
}

#[test]
fn an_input_without_a_workload_is_refused() {
    insta::assert_snapshot!("nothing-to-play", piped(&["run", "-"], "# no objects\n"));
    let shown = piped(&["chart", "-", "-o", "x.svg"], "replicaCount: 3\n");
    assert!(shown.starts_with("exit code 2\n"), "{shown}");
}

#[test]
fn a_result_that_cannot_be_written_is_an_error() {
    let shown = piped(&["run", "-", "-t", "10/s", "-o", "no/such/folder/x.txt"], WEB);
    insta::assert_snapshot!("unwritable", shown);
    let shown = piped(&["chart", "-", "-t", "10/s", "-o", "picture.gif"], WEB);
    insta::assert_snapshot!("no-picture", shown);
}

#[test]
fn charts_are_written_as_svg_and_png() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    for (name, begin) in [("x.svg", &b"<svg"[..]), ("x.png", b"\x89PNG")] {
        let file = folder.path().join(name);
        let path = file.to_str().expect("the folder's name is text");
        let arguments = ["chart", "-", "-t", "200/s", "-o", path, "--panels", "load,replicas"];
        let shown = piped(&arguments, WEB);
        assert_eq!(shown, "exit code 0\n--- stdout\n--- stderr\n");
        let bytes = fs::read(&file).expect("the picture is there");
        let head = &bytes[..bytes.len().min(200)];
        assert!(head.windows(begin.len()).any(|window| window == begin), "{name}: {head:?}");
    }
}

#[test]
fn a_closed_pipe_is_a_silent_success() {
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_podtide"))
        .arg("schema")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program can be started");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("the program ends");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn the_schema_that_is_checked_in_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/scenario.schema.json");
    let output = podtide().arg("schema").output().expect("the program can be started");
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        let mut file = fs::File::create(&path).expect("the schema can be written");
        file.write_all(&output.stdout).expect("the schema can be written");
    }
    let kept = fs::read(&path).expect("the schema is checked in");
    assert!(kept == output.stdout, "run `podtide schema > assets/scenario.schema.json`");
}

#[test]
fn completions_and_manual_pages_are_made() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let shown = told(podtide().args(["completions", shell]));
        assert!(shown.contains("saturate-at"), "{shell}");
    }
    let page = told(podtide().arg("man"));
    for word in ["podtide\\-run", "podtide\\-chart", "TRAFFIC ON ONE LINE"] {
        assert!(page.contains(word), "{word} is missing");
    }
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().to_str().expect("the folder's name is text");
    assert_eq!(told(podtide().args(["man", "-o", path])), "exit code 0\n--- stdout\n--- stderr\n");
    let pages = fs::read_dir(folder.path()).expect("the folder can be read").count();
    assert!(pages >= 7, "{pages} pages");
}
