//! Explanations: what `podtide explain` says of well-known situations, that it never errs, and that
//! the lessons of the library are true.

use std::fs;
use std::path::{Path, PathBuf};

use podtide::cli::args::InputArgs;
use podtide::cli::input::prepare_to_play;
use podtide::explain::{self, Explanation, PodUse};
use podtide::kube::controllers::podautoscaler::decision::{Decision, MetricDecision, Path as Way};
use podtide::kube::objects::ids::HpaId;
use podtide::recording::Recording;
use podtide::scenario::Scenario;
use podtide::units::SimTime;

use crate::cli::{podtide, told};
use crate::pipe::{WEB, play, scenario};

/// What the program says of a scenario of the library.
fn explained(file: &str, arguments: &[&str]) -> String {
    let path = format!("scenarios/{file}.yaml");
    told(podtide().args(["explain", &path]).args(arguments))
}

/// Name of the golden text, scenario, what is asked.
type Situation = (&'static str, &'static str, &'static [&'static str]);

const SITUATIONS: &[Situation] = &[
    ("scale-up", "flash-sale/scenario", &["--at", "10m33s", "--hpa", "shop"]),
    ("held-by-window", "flash-sale/scenario", &["--at", "18m20s", "--hpa", "shop"]),
    ("within-tolerance", "flash-sale/scenario", &["--at", "30m"]),
    ("scale-down", "flash-sale/scenario", &["--at", "21m3s"]),
    (
        "at-maximum",
        "flash-sale/scenario",
        &["--at", "10m48s", "--set", "hpa/shop:spec.maxReplicas=7"],
    ),
    ("limited-by-policy", "r4-api/scenario", &["--at", "6m53s"]),
    ("two-metrics-and-window", "r4-api/scenario", &["--at", "36m10s", "--format", "json"]),
    ("missing-samples", "crash-loop-with-hpa/scenario", &["--at", "11m53s", "--hpa", "web"]),
    ("failed-metric", "unready-pods/scenario", &["--at", "14m53s", "--hpa", "web"]),
    ("unready-pods", "unready-pods/scenario", &["--at", "20m54s", "--hpa", "web"]),
    ("pending-pods", "pending-pods/scenario", &["--at", "7m53s", "--hpa", "web"]),
    ("pending-pod", "pending-pods/scenario", &["--at", "12m", "--pod", "web-77bc4c78b4-7749s"]),
    ("evicted-pod", "pdb-with-hpa/scenario", &["--at", "5m2s", "--pod", "web-b94bb5b55-wv4fg"]),
    ("blocked-drain", "pdb-blocks-drain/scenario", &["--at", "5m"]),
    ("victim", "flash-sale/scenario", &["--at", "21m50s", "--pod", "shop-848689d6d9-7749w"]),
    (
        "crash-loop",
        "crash-loop-with-hpa/scenario",
        &["--at", "12m", "--pod", "web-84fccdc58f-hkhfz"],
    ),
    ("rollout", "flash-sale/rollout", &["--at", "20m30s", "--deployment", "shop"]),
    (
        "rollout-stuck",
        "unready-pods/scenario",
        &[
            "--at",
            "17m",
            "--deployment",
            "web",
            "--set",
            "deploy/web:spec.progressDeadlineSeconds=300",
        ],
    ),
    ("release-chosen", "flash-sale/rollout", &["--at", "20m"]),
    ("swarm", "r5-compose/scenario", &["--at", "6m", "--deployment", "shop"]),
];

#[test]
fn situations_of_the_library() {
    for (name, file, arguments) in SITUATIONS {
        let shown = explained(file, arguments);
        assert!(shown.starts_with("exit code 0\n"), "{name}: {shown}");
        assert_eq!(shown, explained(file, arguments), "the same input gives the same bytes");
        insta::assert_snapshot!(format!("explain-{name}"), shown);
    }
}

#[test]
fn what_is_not_there_is_named() {
    let asked: [&[&str]; 8] = [
        &["--at", "10m", "--hpa", "shep"],
        &["--at", "10m", "--hpa", "api"],
        &["--at", "10m", "--deployment", "other/shop"],
        &["--at", "30m", "--pod", "shop-848689d6d9-bbbb8"],
        &["--at", "2h"],
        &["--at", "noon"],
        &[],
        &["--hpa", "shop"],
    ];
    let shown: Vec<String> = asked
        .iter()
        .map(|arguments| {
            let shown = explained("flash-sale/scenario", arguments);
            assert!(shown.starts_with("exit code 2\n"), "{arguments:?}: {shown}");
            format!("{}\n{shown}", arguments.join(" "))
        })
        .collect();
    insta::assert_snapshot!("explain-unknown", shown.join("\n"));
    let none = told(podtide().arg("explain"));
    assert!(none.contains("<FILES>"), "{none}");
    insta::assert_snapshot!("explain-help", told(podtide().args(["explain", "-h"])));
}

#[test]
fn lessons_are_listed_and_read() {
    insta::assert_snapshot!("explain-concepts", told(podtide().args(["explain", "--concept"])));
    let unknown = ["explain", "--concept", "stabilisation"];
    insta::assert_snapshot!("explain-no-such-concept", told(podtide().args(unknown)));
    let alone = ["explain", "--concept", "stabilization", "--format", "json"];
    insta::assert_snapshot!("explain-concept-json", told(podtide().args(alone)));
    let own: Vec<String> = explain::concepts()
        .iter()
        .map(|concept| explained("r4-api/scenario", &["--concept", concept.name]))
        .collect();
    insta::assert_snapshot!("explain-concepts-of-r4", own.join("\n"));
}

#[test]
fn a_lesson_is_printed_and_changes_nothing() {
    let shown = explained("r4-api/scenario", &["--lesson"]);
    insta::assert_snapshot!("explain-lesson", shown);
    let none = explained("flash-sale/rollout", &["--lesson"]);
    assert!(none.ends_with("error: `flash-sale-rollout` has no lesson\n"), "{none}");
    let run = ["run", "scenarios/r4-api/scenario.yaml", "--format", "json"];
    let with = told(podtide().args(run));
    assert_eq!(with, told(podtide().args(run).args(["--set", "lesson="])));
}

/// All Scenarios of the library.
fn library() -> Vec<(PathBuf, Scenario)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut files = Vec::new();
    for folder in fs::read_dir(root).expect("there are scenarios") {
        let folder = folder.expect("a folder can be listed").path();
        let inside = fs::read_dir(&folder).into_iter().flatten();
        files.extend(inside.map(|file| file.expect("a folder can be listed").path()));
    }
    files.retain(|file| {
        fs::read_to_string(file).is_ok_and(|text| text.contains("\nkind: Scenario\n"))
    });
    files.sort();
    let read = |file: PathBuf| {
        let arguments = InputArgs {
            files: vec![file.clone()],
            namespace: "default".to_owned(),
            ..InputArgs::default()
        };
        let session = prepare_to_play(&arguments);
        let prepared = session.scenarios.into_iter().next();
        let scenario = prepared.and_then(|prepared| prepared.scenario);
        (file, scenario.expect("the library can be played"))
    };
    files.into_iter().map(read).collect()
}

#[test]
fn lessons_of_the_library_are_true() {
    let mut count = 0;
    for (file, scenario) in library() {
        if scenario.lesson.is_empty() {
            continue;
        }
        count += 1;
        let steps = scenario.lesson.len();
        assert!((2..=4).contains(&steps), "{} has {steps} steps", file.display());
        let recording = play(&scenario);
        let faults = explain::lesson_faults(&scenario, &recording);
        assert!(faults.is_empty(), "{}: {}", file.display(), faults.join("; "));
        for step in explain::lesson(&scenario, &recording) {
            assert!(step.explanation.is_some(), "{} at {}", file.display(), step.at);
        }
    }
    assert!(count >= 6, "only {count} scenarios have a lesson");
}

/// Numbers that look random, the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end.max(1)
    }
}

#[test]
fn whatever_is_asked_of_the_library_has_an_answer() {
    let mut dice = Dice(7);
    for (file, scenario) in library() {
        let recording = play(&scenario);
        for _ in 0..2 {
            let at = SimTime(dice.below(recording.end.0 as u64 + 1) as i64);
            let shown = explain::at(&scenario, &recording, at);
            assert!(shown.is_ok(), "{} at {at}: {shown:?}", file.display());
            for hpa in &scenario.hpas {
                let name = format!("{}/{}", hpa.metadata.namespace, hpa.metadata.name);
                let shown = explain::hpa(&scenario, &recording, &name, at);
                let shown = shown.unwrap_or_else(|unknown| panic!("{unknown}"));
                agrees(&scenario, &recording, &shown);
            }
            for plan in &scenario.deployments {
                let name = &plan.object.metadata.name;
                assert!(explain::deployment(&scenario, &recording, name, at).is_ok(), "{name}");
            }
            let cluster = recording.state_at(at);
            let pods: Vec<_> = cluster.pods().iter().collect();
            if let Some(pod) = pods.get(dice.below(pods.len() as u64) as usize) {
                let shown = explain::pod(&scenario, &recording, &pod.name, at);
                let shown = shown.unwrap_or_else(|unknown| panic!("{unknown}"));
                assert!(!shown.steps.is_empty() && shown.title.contains(&*pod.name));
            }
        }
    }
}

/// An explanation has the numbers of the decision that it explains.
fn agrees(scenario: &Scenario, recording: &Recording, shown: &Explanation) {
    let id = scenario.hpas.iter().position(|hpa| {
        hpa.metadata.name == shown.name && hpa.metadata.namespace == shown.namespace
    });
    let id = HpaId(id.expect("it is an HPA of the scenario") as u32);
    let is_it = |decision: &&Decision| {
        decision.hpa == id && Some(decision.at.as_secs_f64()) == shown.at_seconds
    };
    let decision = recording.decisions.iter().find(is_it).expect("it is about a sync");
    assert_eq!(shown.replicas, Some(decision.desired), "{shown:#?}");
    assert_eq!(shown.proposal, decision.proposal.map(|proposal| proposal.max(0)));
    assert!(shown.title.contains(&decision.desired.to_string()) || decision.desired == 1);
    if decision.path != Way::Metrics {
        return;
    }
    let reads = shown.steps.iter().filter(|step| step.name == "metrics read");
    for (step, told) in reads.zip(decision.metrics()) {
        if !step.pods.is_empty() && told.basis.is_valid() {
            assert_eq!(groups(&step.pods), groups_of(told), "{shown:#?}");
        }
    }
}

fn groups(pods: &[explain::PodReading]) -> [u32; 4] {
    let of = |group| pods.iter().filter(|pod| pod.group == group).count() as u32;
    [of(PodUse::Counted), of(PodUse::Unready), of(PodUse::Missing), of(PodUse::Ignored)]
}

fn groups_of(told: &MetricDecision) -> [u32; 4] {
    [told.pods.ready, told.pods.unready, told.pods.missing, told.pods.ignored]
}

#[test]
fn every_sync_is_explained_with_its_own_number() {
    let spec = "
  duration: 15m
  seed: 3
  traffic:
    - to: {service: web}
      layers:
        - constant: 60/s
        - spike: {at: 2m, height: 500/s, rise: 30s, hold: 3m, fall: 1m}
  profiles:
    - {deployment: web, cpuPerRequest: 8ms, startup: {time: 20s, cpu: 250m}}
";
    let scenario = scenario(WEB, spec);
    let recording = play(&scenario);
    assert!(recording.decisions.len() > 40);
    for decision in &recording.decisions {
        let shown = explain::hpa(&scenario, &recording, "default/web", decision.at);
        agrees(&scenario, &recording, &shown.unwrap_or_else(|unknown| panic!("{unknown}")));
    }
}

#[test]
fn a_count_outside_the_bounds_needs_no_metrics() {
    let spec = "
  duration: 3m
  traffic: [{to: {service: web}, layers: [{constant: 60/s}]}]
  profiles: [{deployment: web, cpuPerRequest: 8ms}]
  events:
    - {at: 1m, scale: {deployment: web, replicas: 40}}
    - {at: 2m, scale: {deployment: web, replicas: 0}}
";
    let scenario = scenario(WEB, spec);
    let recording = play(&scenario);
    let rescaled = |at: i64| {
        let later = recording.decisions.iter().find(|it| it.at > SimTime::from_secs(at));
        let at = later.expect("a sync comes within 15 s").at;
        explain::hpa(&scenario, &recording, "web", at).unwrap_or_else(|unknown| panic!("{unknown}"))
    };
    let (above, zero) = (rescaled(60), rescaled(120));
    assert!(above.title.ends_with(": 40 -> 30 pods"), "{}", above.title);
    assert_eq!(
        above.steps[0].text,
        "40 pods are above maxReplicas 30: straight to it, without asking metrics"
    );
    assert_eq!(above.question, "why 30 and no longer 40");
    assert!(zero.steps[0].text.contains("scaling is disabled"), "{zero:#?}");
}
