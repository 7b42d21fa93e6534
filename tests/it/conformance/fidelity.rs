//! `docs/fidelity.md`: what is mirrored, from where, how many recordings agree, what is left out.
//!
//! `PODTIDE_FIDELITY=docs/fidelity.md cargo test --test it conformance` writes it, from the heads of
//! the sources and from what each replay comes to. Without that variable each replay compares its
//! own row, and one test the rest, so that nothing is played twice.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::recording;

mod heads;

use heads::Head;

const FILE: &str = "docs/fidelity.md";
/// What writes the document and its charts.
pub(crate) const COMMAND: &str =
    "PODTIDE_FIDELITY=docs/fidelity.md cargo test --test it conformance";

/// The syncs of HPAs in all recordings of a live control plane, which are counted together.
const LIVE_HPA: &str = "live/hpa";
/// How they are compared.
const LIVE_HPA_NOTE: &str = "
`live/hpa` counts the syncs of the HPAs in all recordings of `live`, given the metrics that they read
and the pods as they were. A sync agrees when status (counts, metrics, conditions with reasons and
messages), whether it was written, and events are the same. Of two things the live side alone decides:

- Seconds: a sync is known by its first read, so that an instant that it wrote may be of the next
  second.
- `(combined from similar events): ` before a message: once ten different ones came without a pause
  of ten minutes, the event recorder of client-go adds it or not, because it forgets one of them at
  random each time. Before that it would be a difference.
";

/// How the stories of a live control plane are called, each a recording of its own.
const STORIES: &str = "live/story/";
/// How they are compared, and what they look like.
const STORIES_NOTE: &str = include_str!("fidelity/stories.md");

/// Only one replay at a time changes the file.
static WRITER: Mutex<()> = Mutex::new(());

/// Rows of recordings, by name.
type Rows = BTreeMap<String, String>;

/// Takes in what a replay came to: into the file, or compared with its row there.
pub(crate) fn tell(name: &str, agree: u64, all: u64, notes: &[String]) {
    if recording::is_somebodys_own() {
        return;
    }
    let row = format!("| `{name}` | {agree} | {all} | {} |", notes.join(", "));
    let Some(path) = asked_for() else {
        let committed = rows(&read(&root().join(FILE)));
        assert_eq!(committed.get(name), Some(&row), "{FILE} is not current: {COMMAND}");
        return;
    };
    update(&path, |rows| {
        rows.insert(name.to_owned(), row.clone());
    });
}

#[test]
fn the_document_about_fidelity_is_current() {
    if let Some(path) = asked_for() {
        return update(&path, |_| {});
    }
    let committed = read(&root().join(FILE));
    let current = document(&rows(&committed));
    assert!(committed == current, "{FILE} is not current: {COMMAND}");
}

/// The file that is to be written, if one is.
pub(crate) fn asked_for() -> Option<PathBuf> {
    env::var_os("PODTIDE_FIDELITY").map(|path| root().join(path))
}

/// The project's folder.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

fn update(path: &Path, change: impl FnOnce(&mut Rows)) {
    let _writer = WRITER.lock().unwrap_or_else(PoisonError::into_inner);
    let mut rows = rows(&read(path));
    change(&mut rows);
    fs::write(path, document(&rows)).expect("the document can be written");
}

/// The rows of a document that tell of replays.
fn rows(document: &str) -> Rows {
    let row = |line: &str| {
        let name = line.strip_prefix("| `")?.split('`').next()?;
        is_recording(name).then(|| (name.to_owned(), line.to_owned()))
    };
    document.lines().filter_map(row).collect()
}

fn is_recording(name: &str) -> bool {
    recordings().contains(name)
}

/// Names of all recordings, like `hpa/calculator`; the syncs of live HPAs are one more.
fn recordings() -> BTreeSet<String> {
    let folder = root().join("tests/conformance");
    let mut names = BTreeSet::from([LIVE_HPA.to_owned()]);
    for area in entries(&folder) {
        for file in entries(&area) {
            let name = file.strip_prefix(&folder).expect("it lies inside").to_string_lossy();
            let name = name.trim_end_matches(".gz");
            let stem = name.strip_suffix(".jsonl").or_else(|| name.strip_suffix(".json"));
            names.extend(stem.map(|stem| stem.replace("live/", STORIES)));
        }
    }
    names
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

/// A part of what is simulated.
struct Part {
    title: &'static str,
    /// Sources and their folders that belong to it.
    sources: &'static [&'static str],
    /// How the names of its recordings begin.
    recordings: &'static [&'static str],
}

/// All parts; a source belongs to the first that it fits.
const PARTS: &[Part] = &[
    Part {
        title: "Whole stories of a live control plane",
        sources: &["kube/kubelet/staged"],
        recordings: &[STORIES],
    },
    Part {
        title: "HorizontalPodAutoscaler",
        sources: &["kube/controllers/podautoscaler"],
        recordings: &["hpa/", LIVE_HPA],
    },
    Part {
        title: "Deployments and ReplicaSets",
        sources: &[
            "kube/controllers/deployment",
            "kube/controllers/replica_set",
            "kube/controllers/controller_utils",
            "kube/kubectl/rollout",
            "kube/kubectl/set",
            "kube/kubectl/apply",
        ],
        recordings: &["workloads/functions", "workloads/timelines"],
    },
    Part {
        title: "Budgets, evictions and drains",
        sources: &["kube/controllers/disruption", "kube/apiserver/eviction", "kube/kubectl/drain"],
        recordings: &["workloads/pdb_status", "eviction/"],
    },
    Part {
        title: "Nodes that fail",
        sources: &[
            "kube/controllers/node_lifecycle",
            "kube/controllers/taint_eviction",
            "kube/controllers/pod_gc",
            "kube/apiserver/default_toleration_seconds",
            "kube/kubectl/taint",
            "kube/kubelet/machine",
            "kube/kubelet/node_status",
        ],
        recordings: &[],
    },
    Part { title: "Scheduler", sources: &["kube/scheduler"], recordings: &["scheduler/"] },
    Part {
        title: "Docker Swarm",
        sources: &["kube/swarm", "kube/kubelet/task", "api/swarm"],
        recordings: &["swarm/"],
    },
    Part { title: "Kubelet", sources: &["kube/kubelet"], recordings: &["kubelet/"] },
    Part {
        title: "Endpoints, metrics and the rest of the control plane",
        sources: &["kube"],
        recordings: &[],
    },
    Part {
        title: "Objects and manifests",
        sources: &["api", "manifest"],
        recordings: &["quantity/", "fields/"],
    },
    Part { title: "Elsewhere", sources: &[""], recordings: &[""] },
];

/// The whole document.
fn document(rows: &Rows) -> String {
    let mut text = format!(
        "# Fidelity\n\n\
         Podtide decides as Kubernetes v1.36 does. This is the account: for each part how many cases\n\
         of recordings of Kubernetes' own code agree when they are replayed through Podtide's, which\n\
         upstream files it mirrors, and what it leaves out. What the recordings are stands beside them,\n\
         in `tests/conformance/*/README.md`. Cases that a README says cannot be compared are skipped.\n\n\
         This file is made by a command, from the heads of the sources and from the replays:\n\n    \
         {COMMAND}\n\n{}",
        summary(rows)
    );
    let (mut heads, mut recordings) =
        (heads::all(&root().join("src")), recordings().into_iter().collect::<Vec<String>>());
    for part in PARTS {
        let of_part = |head: &Head| part.sources.iter().any(|start| head.file.starts_with(start));
        let own: Vec<Head> = heads.extract_if(.., |head| of_part(head)).collect();
        let is_own = |name: &String| part.recordings.iter().any(|start| name.starts_with(start));
        let (played, others) = recordings.into_iter().partition::<Vec<String>, _>(is_own);
        recordings = others;
        if !own.is_empty() || !played.is_empty() {
            text.push_str(&section(part.title, &own, &played, rows));
        }
    }
    text
}

/// One line over all recordings.
fn summary(rows: &Rows) -> String {
    let number = |row: &String, column: usize| -> u64 {
        row.split('|').nth(column).and_then(|cell| cell.trim().parse().ok()).unwrap_or(0)
    };
    let sum = |column| rows.values().map(|row| number(row, column)).sum::<u64>();
    let (agree, all) = (sum(2), sum(3));
    format!("**{agree} of {all} cases agree.**\n")
}

fn section(title: &str, heads: &[Head], recordings: &[String], rows: &Rows) -> String {
    let mut text = format!("\n## {title}\n");
    let waiting: Vec<&String> =
        recordings.iter().filter(|name| !rows.contains_key(*name)).collect();
    let played: Vec<&String> = recordings.iter().filter_map(|name| rows.get(name)).collect();
    if !played.is_empty() {
        text.push_str("\n| recording | agree | of | notes |\n|---|---:|---:|---|\n");
        for row in played {
            text.extend([row, "\n"]);
        }
    }
    if recordings.iter().any(|name| name.starts_with(STORIES)) {
        text.push_str(STORIES_NOTE);
    }
    if recordings.iter().any(|name| name == LIVE_HPA) {
        text.push_str(LIVE_HPA_NOTE);
    }
    if !waiting.is_empty() {
        let names: Vec<String> = waiting.iter().map(|name| format!("`{name}`")).collect();
        text.extend(["\nNot replayed yet: ", &names.join(", "), ".\n"]);
    }
    if !heads.is_empty() {
        text.push_str("\n| source | mirrors | left out |\n|---|---|---|\n");
        for head in heads {
            text.push_str(&head.row());
        }
    }
    text
}
